/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - all that differs between the kernels that cleave builds for.  Which
 * it is, Kbuild tries; compat_try.c has what made the difference.
 */
#ifndef CLEAVE_COMPAT_H
#define CLEAVE_COMPAT_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/sched/task.h>
#include <linux/string.h>

static inline u64 compat_mm_counter(struct mm_struct *mm, int member)
{
#ifdef COMPAT_PERCPU_RSS
	s64 n = percpu_counter_sum(&mm->rss_stat[member]);
#else
	s64 n = atomic_long_read(&mm->rss_stat.count[member]);
#endif
	return n > 0 ? n : 0;
}

/* Before there was a function for it, the registers stood in there as they are. */
static inline unsigned long compat_ftrace_arg(struct ftrace_regs *fregs, int n)
{
#ifdef COMPAT_FTRACE_ARGUMENT
	return ftrace_regs_get_argument(fregs, n);
#else
	return regs_get_kernel_argument(&fregs->regs, n);
#endif
}

/*
 * Names before 4d510f3da4c2 "mm: rmap: introduce folio_add_new_anon_rmap" (6.2)
 * and 9d5fafd5d882 "mm/rmap: introduce hugetlb_add_new_anon_rmap" (6.8), and the
 * one that exec_mm_release() has since 7.3: tried where the first is not there.
 */
static inline const char *compat_other_name(const char *name)
{
	if (!strcmp(name, "folio_add_new_anon_rmap"))
		return "page_add_new_anon_rmap";
	if (!strcmp(name, "hugetlb_add_new_anon_rmap"))
		return "hugepage_add_new_anon_rmap";
	if (!strcmp(name, "exec_mm_release"))
		return "mm_exit_exec_release";
	return NULL;
}

static inline bool compat_user_worker(const struct kernel_clone_args *args)
{
#ifdef COMPAT_USER_WORKER
	return args->user_worker;
#else
	return false;
#endif
}

/*
 * Does the entry map a page that the kernel refcounts, as vm_normal_page() says?
 * The zero page and raw frames are special; devmap was one more kind.
 */
static inline bool compat_pte_normal(pte_t pte)
{
#ifdef COMPAT_PTE_DEVMAP
	if (pte_devmap(pte))
		return false;
#endif
	return pte_present(pte) && !pte_special(pte) &&
	       !is_zero_pfn(pte_pfn(pte));
}

static inline void compat_vm_flags_clear(struct vm_area_struct *vma,
					 vm_flags_t flags)
{
#ifdef COMPAT_VM_FLAGS_CLEAR
	vm_flags_clear(vma, flags);
#else
	vma->vm_flags &= ~flags;
#endif
}

/* The prototype of the sched_process_exit tracepoint. */
#ifdef COMPAT_EXIT_GROUP_DEAD
#define COMPAT_EXIT_PROBE(name, task)					\
	name(void *data, struct task_struct *(task), bool group_dead)
#else
#define COMPAT_EXIT_PROBE(name, task)					\
	name(void *data, struct task_struct *(task))
#endif

#endif /* CLEAVE_COMPAT_H */
