/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * records.h - records as a kernel would send them, for the tests of the model
 * and of the views.
 */
#ifndef CLEAVE_TEST_RECORDS_H
#define CLEAVE_TEST_RECORDS_H

#include <string.h>

#include "cleave_rules.h"
#include "core/model.h"

static inline struct cleave_clone rec_clone(pid_t parent, pid_t child, __u64 as)
{
	struct cleave_clone c = {
		.hdr = { .type = CLEAVE_REC_CLONE, .size = sizeof(c), .ts = 1000 },
		.flags = 0x1200000,
		.duration_ns = 5,
		.as = as,
		.pages = { .anon = 70, .file = 5, .shmem = 9, .copied = 1, .vm = 800 },
		.parent_pid = parent,
		.parent_tid = parent,
		.child_pid = child,
		.child_tid = child,
		.child_ns_pid = child,
		.child_ns_tid = child,
		.exit_signal = 17,
		.call = CLEAVE_CALL_CLONE,
		.kind = CLEAVE_KIND_PROCESS,
		.has_pages = 1,
		.comm = "parent",
	};

	return c;
}

/* vfork(): the child runs in @as, which is the creator's. */
static inline struct cleave_clone rec_vfork(pid_t parent, pid_t child, __u64 as)
{
	struct cleave_clone c = rec_clone(parent, child, as);

	c.flags = 0x4100;
	c.kind = CLEAVE_KIND_VFORK;
	c.call = CLEAVE_CALL_VFORK;
	c.parent_as = as;
	c.has_pages = 0;
	c.pages = (struct cleave_pages) { .vm = 800 };
	return c;
}

static inline struct cleave_exit rec_exit(pid_t pid, __u64 as, int status)
{
	struct cleave_exit e = {
		.hdr = { .type = CLEAVE_REC_EXIT, .size = sizeof(e), .ts = 3000 },
		.as = as,
		.pid = pid,
		.status = status,
		.comm = "gone",
	};

	return e;
}

static inline struct cleave_end rec_end(__u64 as, __u32 what)
{
	struct cleave_end e = {
		.hdr = { .type = CLEAVE_REC_END, .size = sizeof(e), .ts = 3001 },
		.fig = { .as = as, .since_clone_ns = 2001, .shared = 75 },
		.what = what,
	};

	e.fig.cow[CLEAVE_COPIED] = 9;
	e.fig.creator_cow[CLEAVE_COPIED] = 3;
	return e;
}

static inline struct cleave_exec rec_exec(pid_t pid, __u64 old_as, __u64 as,
					  __u32 what)
{
	struct cleave_exec x = {
		.hdr = { .type = CLEAVE_REC_EXEC,
			 .size = offsetof(struct cleave_exec, args) + 6,
			 .ts = 2000 },
		.fig = { .as = old_as, .since_clone_ns = 1000, .shared = 75 },
		.as = as,
		.old_as = old_as,
		.pid = pid,
		.tid = pid,
		.what = what,
		.argc = 2,
		.args_len = 6,
		.comm = "before",
		.path = "/usr/bin/ls",
		.args = "ls\0-l",
	};

	x.fig.cow[CLEAVE_COPIED] = 9;
	return x;
}

/* One that is before exec, cloned from what is in @creator. */
static inline struct cleave_attach rec_attach(pid_t pid, pid_t parent, __u64 as, __u64 creator)
{
	struct cleave_attach a = {
		.hdr = { .type = CLEAVE_REC_ATTACH, .size = sizeof(a), .ts = 700 },
		.as = as,
		.creator_as = creator,
		.start_ns = 300,
		.vm = 900,
		.pid = pid,
		.ns_pid = pid,
		.parent_pid = parent,
		.what = CLEAVE_HAS_FIGURES,
		.comm = "worker",
	};

	return a;
}

static inline struct own_look rec_look(pid_t pid, __u64 as, __u64 shared, bool snap)
{
	struct own_look l = {
		.hdr = { .type = OWN_REC_LOOK, .size = sizeof(l), .ts = 800 },
		.as = as,
		.shared = shared,
		.swap = 2,
		.pid = pid,
		.may = 1,
		.snap = snap,
	};

	return l;
}

static inline struct own_snap rec_snap(__u64 as, __u64 creator, __u32 what)
{
	struct own_snap s = {
		.hdr = { .type = OWN_REC_SNAP, .size = sizeof(s), .ts = 2200 },
		.snap = {
			.fig = { .as = as, .since_clone_ns = 1200, .shared = 75 },
			.creator = creator,
			.what = what,
		},
	};

	s.snap.fig.cow[CLEAVE_COPIED] = 4;
	s.snap.fig.creator_cow[CLEAVE_COPIED] = 2;
	return s;
}

/* The same with how long breaks took: its own, or those of a creator. */
static inline struct own_snap rec_timed(__u64 as, __u64 creator, __u32 what,
					struct cleave_spent took)
{
	struct own_snap s = rec_snap(as, creator, what);

	s.snap.took[what & CLEAVE_HAS_FIGURES ? CLEAVE_SIDE_BEFORE_EXEC :
						CLEAVE_SIDE_CREATOR] = took;
	return s;
}

static inline struct own_snapped rec_snapped(__u64 clones, bool known)
{
	struct own_snapped s = {
		.hdr = { .type = OWN_REC_SNAPPED, .size = sizeof(s), .ts = 2200 },
		.clones = clones,
		.lost = 3,
		.known = known,
	};

	return s;
}

/* How long all breaks took until a snapshot. */
static inline struct own_took rec_took(__u32 side, __u32 outcome, __u64 count)
{
	struct own_took t = {
		.hdr = { .type = OWN_REC_TOOK, .size = sizeof(t), .ts = 2200 },
		.side = side,
		.outcome = outcome,
		.time = { .breaks = count + 1, .count = count, .sum_ns = 70 * count,
			  .max_ns = 100 },
	};

	t.time.hist[6] = count;
	return t;
}

static inline struct own_cgroup rec_cgroup(__u64 id, const char *path)
{
	struct own_cgroup c = {
		.hdr = { .type = OWN_REC_CGROUP, .ts = 900 },
		.id = id,
	};

	c.hdr.size = offsetof(struct own_cgroup, path) + strlen(path);
	memcpy(c.path, path, strlen(path));
	return c;
}

static inline void known_all(struct known *k)
{
	memset(k, true, sizeof(*k));
}

#define FEED(m, rec)							\
	do {								\
		__typeof__(rec) rec_ = (rec);				\
									\
		model_record(m, &rec_.hdr);				\
	} while (0)

#endif /* CLEAVE_TEST_RECORDS_H */
