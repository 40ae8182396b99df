// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugetlb.c - what hugetlb_wp() is called with.
 *
 * It is static, so nothing at compile time tells its arguments, and they changed
 * three times, in stable kernels, too:
 *
 *	(mm, vma, address, ptep, flags, pagecache_page, ptl)
 *	(pagecache_folio, vmf)		since 6.10
 *	(vmf)				since 2025
 *
 * Which one it is shows in each call.  vmf is a local variable of hugetlb_fault(),
 * so it lies on the stack of the task that runs; an mm, a vma or a folio never
 * does, nor does NULL, which the folio mostly is.  An argument that one form has
 * and the other has not is never looked at before that is settled.
 */
#include <linux/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>

#include "hugetlb.h"

static bool on_stack(unsigned long p)
{
	unsigned long stack = (unsigned long)task_stack_page(current);

	return p >= stack &&
	       p <= stack + THREAD_SIZE - sizeof(struct vm_fault);
}

/* Reads without faulting, should there be a form that nobody knows yet. */
static bool is_hugetlb_vma(struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long start, end;
	vm_flags_t flags;

	if (copy_from_kernel_nofault(&start, &vma->vm_start, sizeof(start)) ||
	    copy_from_kernel_nofault(&end, &vma->vm_end, sizeof(end)) ||
	    copy_from_kernel_nofault(&flags, (void *)&vma->vm_flags,
				     sizeof(flags)))
		return false;
	return addr >= start && addr < end && flags & VM_HUGETLB;
}

static bool by_vmf(const struct vm_fault *vmf, struct hugetlb_fault *f)
{
	f->vma = vmf->vma;
	f->addr = vmf->address;
	f->fresh = !pte_present(vmf->orig_pte);
	return is_hugetlb_vma(f->vma, f->addr);
}

/* hugetlb_no_page() hands its new anonymous page on as that of the page cache. */
static bool by_seven(struct pt_regs *regs, struct hugetlb_fault *f)
{
	struct page *page = (void *)regs_get_kernel_argument(regs, 5);
	struct mm_struct *mm;

	f->vma = (void *)regs_get_kernel_argument(regs, 1);
	f->addr = regs_get_kernel_argument(regs, 2);
	if (!is_hugetlb_vma(f->vma, f->addr) ||
	    copy_from_kernel_nofault(&mm, &f->vma->vm_mm, sizeof(mm)) ||
	    (unsigned long)mm != regs_get_kernel_argument(regs, 0))
		return false;
	f->fresh = page && PageAnon(page);
	return true;
}

/**
 * hugetlb_args() - read the arguments of hugetlb_wp() at its entry
 * @regs: registers
 * @f: filled
 *
 * Return: false if they are in none of the known forms.
 */
bool hugetlb_args(struct pt_regs *regs, struct hugetlb_fault *f)
{
	unsigned long first = regs_get_kernel_argument(regs, 0);
	unsigned long second = regs_get_kernel_argument(regs, 1);

	if (on_stack(first))
		return by_vmf((void *)first, f);
	if (on_stack(second))
		return by_vmf((void *)second, f);
	return by_seven(regs, f);
}
