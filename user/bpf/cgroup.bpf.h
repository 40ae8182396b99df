/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup.bpf.h - where a task is in the unified hierarchy (cgroup version 2), which each
 * task is in, mounted or not.
 */
#ifndef CLEAVE_CGROUP_BPF_H
#define CLEAVE_CGROUP_BPF_H

/* cgroup_id(task_dfl_cgroup()); 0 on a kernel without cgroups. */
static __always_inline __u64 cgroup_of(struct task_struct *task)
{
	if (!bpf_core_field_exists(task->cgroups))
		return 0;
	return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

/* Of the whole system, those that are in this cgroup, or below it; 0: in any; */
const volatile __u64 pick_cgroup;
/* and those of this user; both by what they are as they are met. */
const volatile bool pick_by_uid;
const volatile __u32 pick_uid;

#define CGROUP_LEVELS	4096	/* no path is longer */

struct levels {
	struct cgroup *cgroup;
	bool found;
};

static long level_up(__u32 i, struct levels *l)
{
	struct cgroup *cgroup = l->cgroup;
	struct cgroup_subsys_state *parent;

	if (BPF_CORE_READ(cgroup, kn, id) == pick_cgroup) {
		l->found = true;
		return 1;
	}
	/* cgroup_parent() */
	parent = BPF_CORE_READ(cgroup, self.parent);
	if (!parent)
		return 1;
	l->cgroup = (void *)parent - bpf_core_field_offset(struct cgroup, self);
	return 0;
}

/* cgroup_is_descendant(), by the id of the ancestor. */
__noinline int cgroup_picks(__u64 of_task)
{
	struct task_struct *task = (void *)of_task;
	struct levels l = {};

	if (!bpf_core_field_exists(task->cgroups))
		return 0;
	l.cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	bpf_loop(CGROUP_LEVELS, level_up, &l, 0);
	return l.found;
}

/* Is not all of the system traced, but some of it? */
static __always_inline bool picks_some(void)
{
	return pick_cgroup || pick_by_uid;
}

/* Is a task one of those, at this moment?  Whoever was picked stays traced. */
static __always_inline bool picks(struct task_struct *task)
{
	if (pick_cgroup && !cgroup_picks(ptr_number(task)))
		return false;
	return !pick_by_uid || BPF_CORE_READ(task, real_cred, uid.val) == pick_uid;
}

#endif /* CLEAVE_CGROUP_BPF_H */
