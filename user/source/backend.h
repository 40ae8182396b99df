/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * backend.h - one interface to the two independent backends: the module behind
 * /dev/cleave and the BPF programs.  Both write the records of cleave_abi.h
 * into a ring of the same layout, so that one reader drains either.
 */
#ifndef CLEAVE_BACKEND_H
#define CLEAVE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cleave_abi.h"
#include "source/snaps.h"

#define BACKEND_RING_DEFAULT	(1U << 20)	/* bytes of records */
#define BACKEND_AS_DEFAULT	16384		/* address spaces alive at a time */

/**
 * struct backend_cfg - what a session is to do
 * @ring_size: bytes of record data, a power of two, at least a page
 * @max_as: size of the ledger, in address spaces
 * @all: trace the whole system; else the roots and what descends from them
 * @cgroup: of the whole system what is in the cgroup of this id, or below it, as it is met,
 *	and what that makes; 0: in any
 * @by_uid: the same for those of whom @uid is the real user id
 * @uid: that
 * @breaks: one record for every break
 * @times: how long breaks take
 * @switches: how often tasks are switched to
 * @no_args: leave the arguments out of exec records (only their number is told)
 * @pretend_missing: hooks to treat as not attachable, a bit each (a test of the
 *	reports about them)
 */
struct backend_cfg {
	size_t ring_size;
	unsigned int max_as;
	bool all;
	__u64 cgroup;
	bool by_uid;
	__u32 uid;
	bool breaks;
	bool times;
	bool switches;
	bool no_args;
	unsigned long long pretend_missing;
};

/**
 * struct backend_hook - what became of one entry of CLEAVE_HOOKS
 * @attached: the probe is in place
 * @needed: this backend counts by it; false where it has another way, so that
 *	nothing is missing
 * @error: errno of the attach where !@attached
 * @also: figures that this backend misses without it besides hook_figures, or ""
 */
struct backend_hook {
	bool attached;
	bool needed;
	int error;
	const char *also;
};

struct backend;

/**
 * struct backend_ops - a backend
 *
 * All functions return 0, those that find something how much of it, or a negative
 * errno and, where they fail, leave one line for the user in backend_error().
 *
 * @name: "module" or "bpf"
 * @probe: can it be used on this system by this user?  Cheap.
 * @open: load, attach, make the ring; tracing starts here
 * @add_root: trace the process @pid (and all it will make) from now on
 * @attach: trace the process @pid, which is there already, by any of its threads, and
 *	tell of it by a record; returns 1, or 0 where it is traced already. -ESRCH: it is
 *	not there, or has no memory of its own (any more). -EAGAIN, without a line: it is
 *	about to change; to be repeated
 * @look: the same with all that descend from traced processes, in a whole-system
 *	session with all there are; returns how many were not traced before, are about to
 *	change or are yet to be told of. Until that is none, there may be more: the ring
 *	is to be emptied in between
 * @met: has a whole-system session met a process that no look has come to?  Cheap
 * @snapshot: fill @to with the address spaces that are alive; answers after @stop, too
 * @reset: zero all totals; to be called with no root alive (after self-test)
 * @totals: read the exact counters, of live address spaces too
 * @times: read how long breaks took, of a session with backend_cfg.times
 * @stop: detach; totals() still answers afterwards
 * @close: free everything
 */
struct backend_ops {
	const char *name;
	int (*probe)(void);
	int (*open)(struct backend *b, const struct backend_cfg *cfg);
	int (*add_root)(struct backend *b, pid_t pid);
	int (*attach)(struct backend *b, pid_t pid);
	int (*look)(struct backend *b);
	bool (*met)(const struct backend *b);
	int (*snapshot)(struct backend *b, struct snaps *to);
	int (*reset)(struct backend *b);
	int (*totals)(struct backend *b, struct cleave_totals *totals);
	int (*times)(struct backend *b, struct cleave_times *times);
	int (*stop)(struct backend *b);
	void (*close)(struct backend *b);
};

/**
 * struct backend - one open session
 * @ops: of which kind
 * @ring_fd: to mmap and to poll: consumer page at offset 0, then producer
 *	page and twice the data pages at offset 4096, as a BPF ring buffer
 * @ring_size: bytes of record data
 * @hooks: state of each hook, valid after open; totals() looks again
 * @attach_ns: time that open() spent loading and attaching
 * @priv: the backend's own
 */
struct backend {
	const struct backend_ops *ops;
	int ring_fd;
	size_t ring_size;
	struct backend_hook hooks[CLEAVE_NR_HOOKS];
	unsigned long long attach_ns;
	void *priv;
};

extern const struct backend_ops backend_module;
extern const struct backend_ops backend_bpf;

/* Names and figures of CLEAVE_HOOKS (hooks.c). */
extern const char *const hook_names[CLEAVE_NR_HOOKS];
extern const char *const hook_figures[CLEAVE_NR_HOOKS];
extern const char *const hook_bpf_figures[CLEAVE_NR_HOOKS];

/* What became of a hook in words: "attached", "not needed", or why it is missing. */
const char *hook_state(const struct backend_hook *h);

/* The last failure of a backend in one line, ready to print; never NULL. */
const char *backend_error(void);
int backend_fail(int err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* CLEAVE_BACKEND_H */
