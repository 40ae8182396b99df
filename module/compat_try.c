// SPDX-License-Identifier: GPL-2.0-only
/*
 * compat_try.c - what the kernel has, tried by compiling: Kbuild does so with TRY_
 * and each of the words below, and defines COMPAT_ with that word where it succeeds.
 * No part of the module.
 *
 * Versions tell less: distributions backport, and much of this was changed in the
 * middle of a stable series.
 */
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#if defined(TRY_HEADERS)
/* Nothing at all: if that fails, it is not for what the kernel lacks. */

#elif defined(TRY_BASICS)
/*
 * c89357e27f20 "mm: support GUP-triggered unsharing of anonymous pages" (5.19),
 * 36cb0e1cda64 "fork: Explicity test for idle tasks in copy_thread" (5.19)
 */
bool try(const struct kernel_clone_args *args)
{
	return args->kthread && args->idle && args->fn && FAULT_FLAG_UNSHARE != 0;
}

#elif defined(TRY_PERCPU_RSS)
/* f1a7941243c1 "mm: convert mm's rss stats into percpu_counter" (6.2) */
s64 try(struct mm_struct *mm)
{
	return percpu_counter_sum(&mm->rss_stat[MM_ANONPAGES]);
}

#elif defined(TRY_FTRACE_ARGUMENT)
/* 94d095ffa0e1 "ftrace: abstract DYNAMIC_FTRACE_WITH_ARGS accesses" (6.2) */
unsigned long try(struct ftrace_regs *fregs)
{
	return ftrace_regs_get_argument(fregs, 0);
}

#elif defined(TRY_USER_WORKER)
/* 54e6842d0775 "fork/vm: Move common PF_IO_WORKER behavior to new flag" (6.4) */
bool try(const struct kernel_clone_args *args)
{
	return args->user_worker;
}

#elif defined(TRY_PTE_DEVMAP)
/* until "mm: remove devmap related functions and page table bits" (6.17) */
bool try(pte_t pte)
{
	return pte_devmap(pte);
}

#elif defined(TRY_VM_FLAGS_CLEAR)
/* bc292ab00f6c "mm: introduce vma->vm_flags wrapper functions" (6.3) */
void try(struct vm_area_struct *vma)
{
	vm_flags_clear(vma, VM_MAYWRITE);
}

#elif defined(TRY_EXIT_GROUP_DEAD)
/* "exit: move and extend sched_process_exit() tracepoint" (6.16) */
#include <trace/events/sched.h>

static void probe(void *data, struct task_struct *task, bool group_dead)
{
}

int try(void)
{
	return register_trace_sched_process_exit(probe, NULL);
}

#endif
