/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - all that differs between the kernels that cleave builds for, each
 * with what made the difference.
 */
#ifndef CLEAVE_COMPAT_H
#define CLEAVE_COMPAT_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/version.h>

#if !defined(CONFIG_FUNCTION_TRACER) || !defined(CONFIG_DYNAMIC_FTRACE)
#error "cleave needs a kernel with CONFIG_FUNCTION_TRACER and CONFIG_DYNAMIC_FTRACE"
#endif
#ifndef CONFIG_KRETPROBES
#error "cleave needs a kernel with CONFIG_KPROBES and CONFIG_KRETPROBES"
#endif
#ifndef CONFIG_TRACEPOINTS
#error "cleave needs a kernel with CONFIG_TRACEPOINTS"
#endif

/* f1a7941243c1 "mm: convert mm's rss stats into percpu_counter" (6.2) */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define COMPAT_PERCPU_RSS
#endif

static inline u64 compat_mm_counter(struct mm_struct *mm, int member)
{
#ifdef COMPAT_PERCPU_RSS
	s64 n = percpu_counter_sum(&mm->rss_stat[member]);
#else
	s64 n = atomic_long_read(&mm->rss_stat.count[member]);
#endif
	return n > 0 ? n : 0;
}

/*
 * 94d095ffa0e1 "ftrace: abstract DYNAMIC_FTRACE_WITH_ARGS accesses" (6.2); before
 * it the registers stand in there as they are.
 */
static inline unsigned long compat_ftrace_arg(struct ftrace_regs *fregs, int n)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return ftrace_regs_get_argument(fregs, n);
#else
	return regs_get_kernel_argument(&fregs->regs, n);
#endif
}

/*
 * Names before 4d510f3da4c2 "mm: rmap: introduce folio_add_new_anon_rmap" (6.2)
 * and 9d5fafd5d882 "mm/rmap: introduce hugetlb_add_new_anon_rmap" (6.8): tried
 * where the new name is not there.
 */
static inline const char *compat_old_name(const char *name)
{
	if (!strcmp(name, "folio_add_new_anon_rmap"))
		return "page_add_new_anon_rmap";
	if (!strcmp(name, "hugetlb_add_new_anon_rmap"))
		return "hugepage_add_new_anon_rmap";
	return NULL;
}

/* 54e6842d0775 "fork/vm: Move common PF_IO_WORKER behavior to new flag" (6.4) */
static inline bool compat_user_worker(const struct kernel_clone_args *args)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return args->user_worker;
#else
	return false;
#endif
}

/*
 * Does the entry map a page that the kernel refcounts, as vm_normal_page() says?
 * The zero page and raw frames are special; devmap was one more kind until
 * "mm: remove devmap related functions and page table bits" (6.17).
 */
static inline bool compat_pte_normal(pte_t pte)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
	if (pte_devmap(pte))
		return false;
#endif
	return pte_present(pte) && !pte_special(pte) &&
	       !is_zero_pfn(pte_pfn(pte));
}

/* bc292ab00f6c "mm: introduce vma->vm_flags wrapper functions" (6.3) */
static inline void compat_vm_flags_clear(struct vm_area_struct *vma,
					 vm_flags_t flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_clear(vma, flags);
#else
	vma->vm_flags &= ~flags;
#endif
}

/*
 * The prototype of the sched_process_exit tracepoint: group_dead came with
 * "exit: move and extend sched_process_exit() tracepoint" (6.16).
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define COMPAT_EXIT_PROBE(name, task)					\
	name(void *data, struct task_struct *(task), bool group_dead)
#else
#define COMPAT_EXIT_PROBE(name, task)					\
	name(void *data, struct task_struct *(task))
#endif

#endif /* CLEAVE_COMPAT_H */
