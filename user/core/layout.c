// SPDX-License-Identifier: GPL-2.0-only
#include "core/flags.h"
#include "core/known.h"
#include "core/layout.h"

#define FIELD(type, member, kind_, ...)					\
	{ .name = #member, .offset = offsetof(struct type, member),	\
	  .size = sizeof(((struct type *)0)->member), .kind = LAYOUT_##kind_, \
	  __VA_ARGS__ }

#define NAMES(which)	.names = LAYOUT_##which
#define UNKNOWN(member)	.known = offsetof(struct known, member)
#define END		{ .kind = LAYOUT_END }

/* One for each outcome: their number may grow, and what was not counted is unknown. */
#define CELL(type, member, sym, name_)					\
	{ .name = #member "." name_, .kind = LAYOUT_UINT, .size = sizeof(__u64), \
	  .known = offsetof(struct known, outcome[CLEAVE_##sym]),		\
	  .offset = offsetof(struct type, member) + CLEAVE_##sym * sizeof(__u64) },

#define FIGURES(type, fig)						\
	FIELD(type, fig.as, UINT),					\
	FIELD(type, fig.since_clone_ns, UINT),				\
	FIELD(type, fig.shared, UINT),					\
	FIELD(type, fig.clones, UINT)

static const struct layout_field clone_fields[] = {
	FIELD(cleave_clone, flags, UINT),
	FIELD(cleave_clone, duration_ns, UINT),
	FIELD(cleave_clone, as, UINT),
	FIELD(cleave_clone, parent_as, UINT),
	FIELD(cleave_clone, pages.anon, UINT),
	FIELD(cleave_clone, pages.anon_huge, UINT),
	FIELD(cleave_clone, pages.file, UINT),
	FIELD(cleave_clone, pages.swap, UINT),
	FIELD(cleave_clone, pages.hugetlb, UINT),
	FIELD(cleave_clone, pages.shmem, UINT),
	FIELD(cleave_clone, pages.copied, UINT),
	FIELD(cleave_clone, pages.vm, UINT),
	FIELD(cleave_clone, page_tables, UINT, UNKNOWN(page_tables)),
	FIELD(cleave_clone, cgroup, UINT, UNKNOWN(cgroups)),
	FIELD(cleave_clone, parent_pid, INT),
	FIELD(cleave_clone, parent_tid, INT),
	FIELD(cleave_clone, child_pid, INT),
	FIELD(cleave_clone, child_tid, INT),
	FIELD(cleave_clone, child_ns_pid, INT),
	FIELD(cleave_clone, child_ns_tid, INT),
	FIELD(cleave_clone, error, INT),
	FIELD(cleave_clone, exit_signal, INT),
	FIELD(cleave_clone, call, UINT, NAMES(CALLS)),
	FIELD(cleave_clone, kind, UINT, NAMES(KINDS)),
	FIELD(cleave_clone, has_pages, UINT),
	FIELD(cleave_clone, set_tids, UINT),
	FIELD(cleave_clone, set_tid, INT),
	FIELD(cleave_clone, cgroup_fd, INT),
	FIELD(cleave_clone, comm, BYTES),
	END
};

static const struct layout_field exec_fields[] = {
	FIGURES(cleave_exec, fig),
#define CLEAVE_X(sym, name, what)					\
	CELL(cleave_exec, fig.cow, sym, name)				\
	CELL(cleave_exec, fig.creator_cow, sym, name)
	CLEAVE_OUTCOMES(CLEAVE_X)
#undef CLEAVE_X
	FIELD(cleave_exec, as, UINT),
	FIELD(cleave_exec, old_as, UINT),
	FIELD(cleave_exec, released_ns, UINT, UNKNOWN(vfork_exec)),
	FIELD(cleave_exec, cgroup, UINT, UNKNOWN(cgroups)),
	FIELD(cleave_exec, pid, INT),
	FIELD(cleave_exec, tid, INT),
	FIELD(cleave_exec, error, INT),
	FIELD(cleave_exec, what, UINT),
	FIELD(cleave_exec, argc, UINT),
	FIELD(cleave_exec, args_len, UINT),
	FIELD(cleave_exec, comm, BYTES),
	FIELD(cleave_exec, path, BYTES),
	FIELD(cleave_exec, args, REST),
	END
};

/* The same for what a task was switched to from. */
#define SWITCH(type, member, sym, name_)				\
	{ .name = #member "." name_, .kind = LAYOUT_UINT, .size = sizeof(__u64), \
	  .known = offsetof(struct known, switches),			\
	  .offset = offsetof(struct type, member) +			\
		    CLEAVE_SWITCH_##sym * sizeof(__u64) },

static const struct layout_field exit_fields[] = {
	FIELD(cleave_exit, as, UINT),
	FIELD(cleave_exit, pid, INT),
	FIELD(cleave_exit, status, INT),
	FIELD(cleave_exit, comm, BYTES),
#define CLEAVE_X(sym, name, what) SWITCH(cleave_exit, switches, sym, name)
	CLEAVE_SWITCHES(CLEAVE_X)
#undef CLEAVE_X
	END
};

static const struct layout_field end_fields[] = {
	FIGURES(cleave_end, fig),
#define CLEAVE_X(sym, name, what)					\
	CELL(cleave_end, fig.cow, sym, name)				\
	CELL(cleave_end, fig.creator_cow, sym, name)
	CLEAVE_OUTCOMES(CLEAVE_X)
#undef CLEAVE_X
	FIELD(cleave_end, what, UINT),
	END
};

static const struct layout_field break_fields[] = {
	FIELD(cleave_break, as, UINT),
	FIELD(cleave_break, addr, UINT),
	FIELD(cleave_break, pid, INT),
	FIELD(cleave_break, tid, INT),
	FIELD(cleave_break, outcome, UINT, NAMES(OUTCOMES)),
	END
};

static const struct layout_field attach_fields[] = {
	FIELD(cleave_attach, as, UINT),
	FIELD(cleave_attach, creator_as, UINT),
	FIELD(cleave_attach, start_ns, UINT),
	FIELD(cleave_attach, vm, UINT),
	FIELD(cleave_attach, cgroup, UINT, UNKNOWN(cgroups)),
	FIELD(cleave_attach, pid, INT),
	FIELD(cleave_attach, ns_pid, INT),
	FIELD(cleave_attach, parent_pid, INT),
	FIELD(cleave_attach, what, UINT),
	FIELD(cleave_attach, comm, BYTES),
	END
};

/* How long breaks of one kind took: of an address space, or of all. */
#define TIMED(type)							\
	FIELD(type, side, UINT, NAMES(SIDES)),				\
	FIELD(type, outcome, UINT, NAMES(OUTCOMES)),			\
	FIELD(type, time.breaks, UINT),					\
	FIELD(type, time.count, UINT),					\
	FIELD(type, time.sum_ns, UINT),					\
	FIELD(type, time.max_ns, UINT),					\
	FIELD(type, time.hist, BYTES)

static const struct layout_field took_fields[] = {
	FIELD(cleave_took, as, UINT),
	TIMED(cleave_took),
	END
};

static const struct layout_field gone_fields[] = {
	FIELD(own_gone, pid, INT),
	END
};

static const struct layout_field look_fields[] = {
	FIELD(own_look, as, UINT),
	FIELD(own_look, shared, UINT),
	FIELD(own_look, swap, UINT),
	FIELD(own_look, copied, UINT),
	FIELD(own_look, pid, INT),
	FIELD(own_look, may, UINT),
	FIELD(own_look, snap, UINT),
	END
};

/* How long breaks took on a side. */
#define SPENT(sym, name_, member)					\
	{ .name = "snap.took." name_ "." #member, .kind = LAYOUT_UINT,	\
	  .size = sizeof(__u64), .known = offsetof(struct known, snap_times), \
	  .offset = offsetof(struct own_snap,				\
			     snap.took[CLEAVE_SIDE_##sym].member) },

static const struct layout_field snap_fields[] = {
	FIGURES(own_snap, snap.fig),
#define CLEAVE_X(sym, name, what)					\
	CELL(own_snap, snap.fig.cow, sym, name)				\
	CELL(own_snap, snap.fig.creator_cow, sym, name)
	CLEAVE_OUTCOMES(CLEAVE_X)
#undef CLEAVE_X
	FIELD(own_snap, snap.creator, UINT),
	FIELD(own_snap, snap.what, UINT),
#define CLEAVE_X(sym, name, what)					\
	SPENT(sym, name, breaks)					\
	SPENT(sym, name, count)						\
	SPENT(sym, name, sum_ns)					\
	SPENT(sym, name, max_ns)
	CLEAVE_SIDES(CLEAVE_X)
#undef CLEAVE_X
	END
};

static const struct layout_field snapped_fields[] = {
	FIELD(own_snapped, clones, UINT),
	FIELD(own_snapped, lost, UINT),
	FIELD(own_snapped, known, UINT),
	FIELD(own_snapped, took, UINT, UNKNOWN(snap_all_times)),
	END
};

static const struct layout_field all_took_fields[] = {
	TIMED(own_took),
	END
};

static const struct layout_field cgroup_fields[] = {
	FIELD(own_cgroup, id, UINT),
	FIELD(own_cgroup, path, REST),
	END
};

#define WHOLE(name_, type_, struct_, fields_)				\
	{ .name = name_, .type = type_, .size = sizeof(struct struct_),	\
	  .least = sizeof(struct struct_), .fields = fields_ }

const struct layout layouts[] = {
	WHOLE("clone", CLEAVE_REC_CLONE, cleave_clone, clone_fields),
	{ .name = "exec", .type = CLEAVE_REC_EXEC, .size = sizeof(struct cleave_exec),
	  .least = offsetof(struct cleave_exec, args), .fields = exec_fields },
	WHOLE("exit", CLEAVE_REC_EXIT, cleave_exit, exit_fields),
	WHOLE("end", CLEAVE_REC_END, cleave_end, end_fields),
	WHOLE("break", CLEAVE_REC_BREAK, cleave_break, break_fields),
	WHOLE("attach", CLEAVE_REC_ATTACH, cleave_attach, attach_fields),
	WHOLE("times", CLEAVE_REC_TIMES, cleave_took, took_fields),
	WHOLE("gone", OWN_REC_GONE, own_gone, gone_fields),
	WHOLE("look", OWN_REC_LOOK, own_look, look_fields),
	WHOLE("snap", OWN_REC_SNAP, own_snap, snap_fields),
	WHOLE("snapped", OWN_REC_SNAPPED, own_snapped, snapped_fields),
	{ .name = "cgroup", .type = OWN_REC_CGROUP, .size = sizeof(struct own_cgroup),
	  .least = offsetof(struct own_cgroup, path), .fields = cgroup_fields },
	WHOLE("took", OWN_REC_TOOK, own_took, all_took_fields),
	{ 0 }
};

const char *const layout_names_name[LAYOUT_NR_NAMES] = {
	[LAYOUT_CALLS] = "calls",
	[LAYOUT_KINDS] = "kinds",
	[LAYOUT_OUTCOMES] = "outcomes",
	[LAYOUT_SIDES] = "sides",
};

const char *const *const layout_names[LAYOUT_NR_NAMES] = {
	[LAYOUT_CALLS] = call_names,
	[LAYOUT_KINDS] = kind_names,
	[LAYOUT_OUTCOMES] = outcome_names,
	[LAYOUT_SIDES] = side_names,
};

const __u8 layout_nr_names[LAYOUT_NR_NAMES] = {
	[LAYOUT_CALLS] = CLEAVE_NR_CALLS,
	[LAYOUT_KINDS] = CLEAVE_NR_KINDS,
	[LAYOUT_OUTCOMES] = CLEAVE_NR_OUTCOMES,
	[LAYOUT_SIDES] = CLEAVE_NR_SIDES,
};

const struct layout *layout_of(unsigned int type)
{
	const struct layout *l;

	for (l = layouts; l->name; l++)
		if (l->type == type)
			return l;
	return NULL;
}

static bool timed_valid(__u32 side, __u32 outcome)
{
	return side < CLEAVE_NR_SIDES && outcome < CLEAVE_NR_BREAKS;
}

static bool body_valid(const struct cleave_hdr *hdr)
{
	switch (hdr->type) {
	case CLEAVE_REC_CLONE: {
		const struct cleave_clone *c = (const void *)hdr;

		return c->call < CLEAVE_NR_CALLS && c->kind < CLEAVE_NR_KINDS;
	}
	case CLEAVE_REC_EXEC: {
		const struct cleave_exec *e = (const void *)hdr;

		return e->args_len <= CLEAVE_ARGS_LEN &&
		       hdr->size >= offsetof(struct cleave_exec, args) + e->args_len;
	}
	case CLEAVE_REC_BREAK: {
		const struct cleave_break *b = (const void *)hdr;

		return b->outcome < CLEAVE_NR_OUTCOMES;
	}
	case OWN_REC_CGROUP:
		return hdr->size < sizeof(struct own_cgroup);
	case CLEAVE_REC_TIMES: {
		const struct cleave_took *t = (const void *)hdr;

		return timed_valid(t->side, t->outcome);
	}
	case OWN_REC_TOOK: {
		const struct own_took *t = (const void *)hdr;

		return timed_valid(t->side, t->outcome);
	}
	default:
		return true;
	}
}

bool record_valid(const struct cleave_hdr *hdr, size_t len)
{
	const struct layout *l;

	if (len < sizeof(*hdr))
		return false;
	l = layout_of(hdr->type);
	return l && hdr->size >= l->least && hdr->size <= len && body_valid(hdr);
}
