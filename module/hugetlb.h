/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_HUGETLB_H
#define CLEAVE_HUGETLB_H

#include <linux/mm_types.h>
#include <linux/ptrace.h>

/**
 * struct hugetlb_fault - what hugetlb_wp() is called for
 * @vma: of the fault
 * @addr: of the fault
 * @fresh: hugetlb_no_page() has mapped the page just now: no break
 */
struct hugetlb_fault {
	struct vm_area_struct *vma;
	unsigned long addr;
	bool fresh;
};

bool hugetlb_args(struct pt_regs *regs, struct hugetlb_fault *f);

#endif /* CLEAVE_HUGETLB_H */
