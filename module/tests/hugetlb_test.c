// SPDX-License-Identifier: GPL-2.0-only
/* hugetlb_test.c - the forms of hugetlb_wp()'s arguments, each on every kernel. */
#include <linux/pagemap.h>
#include "test.h"
#include "../hugetlb.c"

#define ADDR	0x7000000000UL

struct fixture {
	struct vm_area_struct *vma;
	struct pt_regs regs;
	struct hugetlb_fault f;
};

static int hugetlb_setup(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct vm_area_struct shaped = {
		.vm_start = ADDR, .vm_end = ADDR + 4 * PMD_SIZE,
		.vm_mm = (struct mm_struct *)0x1000UL,
	};

	test->priv = f;
	if (!f)
		return -ENOMEM;
	*(vm_flags_t *)&shaped.vm_flags = VM_HUGETLB;
	f->vma = kunit_kzalloc(test, sizeof(*f->vma), GFP_KERNEL);
	if (!f->vma)
		return -ENOMEM;
	memcpy(f->vma, &shaped, sizeof(shaped));
	/* What is no argument is whatever was left there. */
	memset(&f->regs, 0xa5, sizeof(f->regs));
	return 0;
}

static void hugetlb_vmf(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vm_fault vmf = {
		.vma = f->vma, .address = ADDR + PMD_SIZE + 8,
		.orig_pte = pfn_pte(1, PAGE_READONLY),
	};

	f->regs.di = (unsigned long)&vmf;
	KUNIT_ASSERT_TRUE(test, hugetlb_args(&f->regs, &f->f));
	KUNIT_EXPECT_PTR_EQ(test, f->f.vma, f->vma);
	KUNIT_EXPECT_EQ(test, f->f.addr, ADDR + PMD_SIZE + 8);
	KUNIT_EXPECT_FALSE(test, f->f.fresh);
	vmf.orig_pte = __pte(0);
	KUNIT_ASSERT_TRUE(test, hugetlb_args(&f->regs, &f->f));
	KUNIT_EXPECT_TRUE(test, f->f.fresh);
}

/* The folio is NULL for most. */
static void hugetlb_folio_vmf(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vm_fault vmf = {
		.vma = f->vma, .address = ADDR,
		.orig_pte = pfn_pte(1, PAGE_READONLY),
	};
	unsigned long folio[] = { 0, (unsigned long)page_folio(ZERO_PAGE(0)) };
	int i;

	for (i = 0; i < ARRAY_SIZE(folio); i++) {
		memset(&f->f, 0, sizeof(f->f));
		f->regs.di = folio[i];
		f->regs.si = (unsigned long)&vmf;
		KUNIT_ASSERT_TRUE(test, hugetlb_args(&f->regs, &f->f));
		KUNIT_EXPECT_PTR_EQ(test, f->f.vma, f->vma);
		KUNIT_EXPECT_EQ(test, f->f.addr, ADDR);
		KUNIT_EXPECT_FALSE(test, f->f.fresh);
	}
}

static void hugetlb_seven(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->regs.di = (unsigned long)f->vma->vm_mm;
	f->regs.si = (unsigned long)f->vma;
	f->regs.dx = ADDR + PMD_SIZE;
	f->regs.r9 = 0;
	KUNIT_ASSERT_TRUE(test, hugetlb_args(&f->regs, &f->f));
	KUNIT_EXPECT_PTR_EQ(test, f->f.vma, f->vma);
	KUNIT_EXPECT_EQ(test, f->f.addr, ADDR + PMD_SIZE);
	KUNIT_EXPECT_FALSE(test, f->f.fresh);
	/* Of another address space: it is something else. */
	f->regs.di = 0x2000;
	KUNIT_EXPECT_FALSE(test, hugetlb_args(&f->regs, &f->f));
}

/* A form to come: told, and nothing is touched that may not be there. */
static void hugetlb_unknown(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned long on_stack[sizeof(struct vm_fault) / sizeof(long)];

	KUNIT_EXPECT_FALSE(test, hugetlb_args(&f->regs, &f->f));
	f->regs.di = 0;
	f->regs.si = 0;
	KUNIT_EXPECT_FALSE(test, hugetlb_args(&f->regs, &f->f));
	memset(on_stack, 0xa5, sizeof(on_stack));
	f->regs.di = (unsigned long)on_stack;
	KUNIT_EXPECT_FALSE(test, hugetlb_args(&f->regs, &f->f));
	/* No memory of hugetlb pages. */
	*(vm_flags_t *)&f->vma->vm_flags = 0;
	on_stack[0] = (unsigned long)f->vma;
	KUNIT_EXPECT_FALSE(test, hugetlb_args(&f->regs, &f->f));
}

static struct kunit_case hugetlb_cases[] = {
	KUNIT_CASE(hugetlb_vmf),
	KUNIT_CASE(hugetlb_folio_vmf),
	KUNIT_CASE(hugetlb_seven),
	KUNIT_CASE(hugetlb_unknown),
	{}
};

static struct kunit_suite hugetlb_suite = {
	.name = "cleave_hugetlb",
	.init = hugetlb_setup,
	.test_cases = hugetlb_cases,
};

kunit_test_suite(hugetlb_suite);
