/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup.h - where a task is in the unified hierarchy (cgroup version 2), which each
 * task is in, mounted or not.
 */
#ifndef CLEAVE_CGROUP_H
#define CLEAVE_CGROUP_H

#include <linux/cgroup.h>
#include <linux/sched.h>

/**
 * cgroup_of() - id of the cgroup that a task is in
 * @task: the task; RCU lock held, or preemption off
 *
 * An id is not given again while the system runs.  To whoever may look at it, it is the
 * number of the inode of the cgroup's folder.
 *
 * Return: the id, 0 on a kernel without cgroups.
 */
static inline u64 cgroup_of(struct task_struct *task)
{
#ifdef CONFIG_CGROUPS
	return cgroup_id(task_dfl_cgroup(task));
#else
	return 0;
#endif
}

/**
 * cgroup_has() - is a task in a cgroup, or below it?
 * @id: id of the cgroup
 * @task: the task; RCU lock held, or preemption off
 *
 * As cgroup_is_descendant() has it.  A cgroup keeps those above it, so there is a step for
 * each level.
 */
static inline bool cgroup_has(u64 id, struct task_struct *task)
{
#ifdef CONFIG_CGROUPS
	struct cgroup *c;

	for (c = task_dfl_cgroup(task); c; c = cgroup_parent(c))
		if (cgroup_id(c) == id)
			return true;
#endif
	return false;
}

#endif /* CLEAVE_CGROUP_H */
