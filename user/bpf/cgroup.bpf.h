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

#endif /* CLEAVE_CGROUP_BPF_H */
