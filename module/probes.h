/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probes.h - the probes of the module, by subject: fault.c, clone.c, attach.c,
 * exec.c, exit.c, switch.c.  They read the facts, book them in the ledger of every session that
 * traces the address space, and write the records.  What the facts mean stands in
 * cleave_rules.h.
 *
 * All of them run in task context with preemption off, switch_probe with interrupts off
 * and the run queue locked.  None sleeps, allocates or faults.
 */
#ifndef CLEAVE_PROBES_H
#define CLEAVE_PROBES_H

#include <linux/kprobes.h>
#include <linux/mm_types.h>

#include "hooks.h"

extern const struct probe_def wp_page_probe, clear_flush_probe,
	set_access_probe, new_rmap_probe, hugetlb_wp_probe, huge_wp_probe,
	pmd_set_access_probe, wp_return_probe;
extern const struct probe_def copy_process_probe, copy_huge_pmd_probe,
	hugetlb_rmap_probe, copy_range_probe, dup_mmap_probe;
extern const struct probe_def wake_probe;
extern const struct probe_def new_exec_probe, exec_release_probe,
	follow_exec_probe, execve_probe, execveat_probe;
extern const struct probe_def exit_mmap_probe, exit_task_probe;
extern const struct probe_def switch_probe;

struct session;

bool is_dead(struct task_struct *task);
void exit_session(struct session *s, struct task_struct *task);
bool clone_copied(const struct vm_area_struct *vma, u64 pages, bool hugetlb);

/* An argument of the probed function. */
static inline void *arg(struct pt_regs *regs, unsigned int n)
{
	return (void *)regs_get_kernel_argument(regs, n);
}

#endif /* CLEAVE_PROBES_H */
