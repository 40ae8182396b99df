// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_test.c - faults that are made up: what each nested marker comes to, and for
 * whom.
 */
#include "test.h"
#include "../fault.c"
#include "fixture.h"

/* One fault in do_wp_page(), with at most one marker. */
struct fault {
	const char *name;
	unsigned long mapping;		/* of the page; 1: anonymous, 3: KSM */
	bool no_page, zero_page;
	unsigned long vm_flags;
	unsigned int fault_flags;
	enum { NO_MARKER, CLEARED, ACCESS } marker;
	bool elsewhere;
	u32 want;
};

static const struct fault faults[] = {
	{ "anon_copied", 1, .marker = CLEARED, .want = CLEAVE_COPIED },
	{ "anon_reused", 1, .marker = ACCESS, .want = CLEAVE_REUSED },
	{ "zero_inserted", .zero_page = true, .vm_flags = VM_MIXEDMAP,
	  .marker = CLEARED, .want = CLEAVE_NOT_A_BREAK },
	{ "zero", .no_page = true, .marker = CLEARED, .want = CLEAVE_ZERO },
	{ "pfn", .no_page = true, .vm_flags = VM_PFNMAP, .marker = CLEARED,
	  .want = CLEAVE_NOT_A_BREAK },
	{ "mixed", .no_page = true, .vm_flags = VM_MIXEDMAP, .marker = CLEARED,
	  .want = CLEAVE_NOT_A_BREAK },
	{ "file", 0x1000, .marker = CLEARED, .want = CLEAVE_FILE },
	{ "ksm", 3, .marker = CLEARED, .want = CLEAVE_KSM },
	{ "unshare_anon", 1, .fault_flags = FAULT_FLAG_UNSHARE, .marker = CLEARED,
	  .want = CLEAVE_UNSHARE },
	{ "unshare_file", 0x1000, .fault_flags = FAULT_FLAG_UNSHARE, .marker = CLEARED,
	  .want = CLEAVE_UNSHARE },
	{ "notice", 0x1000, .vm_flags = VM_SHARED | VM_MAYSHARE, .marker = ACCESS,
	  .want = CLEAVE_NOT_A_BREAK },
	{ "lost_race", 1, .want = CLEAVE_NOT_A_BREAK },
	{ "reclaim", 1, .marker = CLEARED, .elsewhere = true,
	  .want = CLEAVE_NOT_A_BREAK },
	{ "young", 1, .marker = ACCESS, .elsewhere = true,
	  .want = CLEAVE_NOT_A_BREAK },
};

static void fault_name(const struct fault *t, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", t->name);
}

KUNIT_ARRAY_PARAM(faults, faults, fault_name);

static void marker(struct fixture *f, const struct fault *t)
{
	struct page *page = t->zero_page ? ZERO_PAGE(ADDR) : f->page;
	pte_t pte = pfn_pte(page_to_pfn(page), PAGE_READONLY);
	unsigned long caller = t->elsewhere ? ELSEWHERE : BY_WP;

	if (t->no_page)
		pte = pte_mkspecial(pte);
	if (t->marker == CLEARED) {
		clear_flush(f->vma, ADDR, &pte, caller);
		new_rmap(f->vma, ADDR, caller);
	} else if (t->marker == ACCESS) {
		set_access((unsigned long)f->vma, ADDR, 0, caller);
	}
}

static void wp_fault(struct fixture *f, unsigned int flags)
{
	struct vm_fault vmf = {
		.vma = f->vma,
		.address = ADDR + 8,
		.flags = FAULT_FLAG_WRITE | flags,
	};

	wp_page(&vmf);
}

static void fault_wp(struct kunit *test)
{
	const struct fault *t = test->param_value;
	struct fixture *f = test->priv;
	struct vm_area_struct shaped = { .vm_mm = TRACED };
	u32 i;

	*(unsigned long *)&shaped.vm_flags = t->vm_flags;
	memcpy(f->vma, &shaped, sizeof(shaped));
	page_folio(f->page)->mapping = (struct address_space *)t->mapping;
	preempt_disable();
	wp_fault(f, t->fault_flags);
	marker(f, t);
	preempt_enable();
	page_folio(f->page)->mapping = NULL;
	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++)
		KUNIT_EXPECT_EQ(test, fixture_counted(f->s, i), (u64)(i == t->want));
}

/* The same where there is more than one session, and one of them with breaks told. */
static void fault_wp_for_two(struct kunit *test)
{
	struct session *s = fixture_session(CLEAVE_START_BREAKS);
	const struct fault t = { .marker = CLEARED, .no_page = true };
	struct fixture *f = test->priv;

	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	preempt_disable();
	ledger_enter(&s->ledger, TRACED, CLEAVE_BY_EXEC, 1, 1);
	wp_fault(f, 0);
	marker(f, &t);
	wp_fault(f, FAULT_FLAG_UNSHARE);
	marker(f, &t);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_ZERO), 1ULL);
	KUNIT_EXPECT_EQ(test, fixture_counted(s, CLEAVE_ZERO), 1ULL);
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_UNSHARE), 1ULL);
	KUNIT_EXPECT_EQ(test, fixture_counted(s, CLEAVE_UNSHARE), 1ULL);
	KUNIT_EXPECT_EQ(test, s->totals.sent[CLEAVE_REC_BREAK], 2ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_BREAK], 0ULL);
	fixture_end(s);
}

/* A caller that has not been asked for yet is found out, and counts. */
static void fault_caller_is_learnt(struct kunit *test)
{
	const struct fault t = { .marker = CLEARED, .no_page = true };
	unsigned long *at = &callers[hash_long(BY_WP, CALLER_BITS)];
	struct fixture *f = test->priv;
	unsigned long word = *at;
	bool known;

	*at = 0;
	at[1] = word;
	known = caller_is(BY_WP, CALLER_WP);
	preempt_disable();
	wp_fault(f, 0);
	marker(f, &t);
	preempt_enable();
	KUNIT_EXPECT_FALSE(test, known);
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_ZERO), 1ULL);
}

/* A fault for a pin that came to nothing must not colour the next one. */
static void fault_unshare_fails(struct kunit *test)
{
	struct fixture *f = test->priv;
	const struct fault t = { .marker = CLEARED, .no_page = true };

	preempt_disable();
	wp_fault(f, FAULT_FLAG_UNSHARE);
	wp_fault(f, 0);
	marker(f, &t);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_UNSHARE), 0ULL);
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_ZERO), 1ULL);
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_NOT_A_BREAK), 1ULL);
}

static void rmap_by(struct fixture *f, unsigned long caller, unsigned long flags,
		    bool ops)
{
	static const struct vm_operations_struct none;
	struct vm_area_struct shaped = {
		.vm_mm = TRACED, .vm_ops = ops ? &none : NULL,
	};

	*(unsigned long *)&shaped.vm_flags = flags;
	memcpy(f->vma, &shaped, sizeof(shaped));
	preempt_disable();
	new_rmap(f->vma, ADDR, caller);
	preempt_enable();
}

/* Only what the fault itself maps; not what is swapped in or copied in. */
static void fault_file_first(struct kunit *test)
{
	struct fixture *f = test->priv;

	rmap_by(f, ELSEWHERE, 0, true);
	rmap_by(f, BY_FILE, VM_SHARED, true);
	rmap_by(f, BY_FILE, 0, false);
	rmap_by(f, BY_FAULT, 0, false);
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_FILE_FIRST), 0ULL);
	rmap_by(f, BY_FILE, 0, true);
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_FILE_FIRST), 1ULL);
	rmap_by(f, BY_FAULT_TOO, 0, true);
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_FILE_FIRST), 2ULL);
}

/* What is passed over from then on is one call for anonymous memory. */
static void fault_idle(struct kunit *test)
{
	struct fixture *f = test->priv;

	rmap_by(f, ELSEWHERE, 0, false);
	rmap_by(f, BY_FILE, 0, true);
	rmap_by(f, BY_FAULT_TOO, 0, true);
	KUNIT_EXPECT_EQ(test, caller_idle[CALLER_IDLE_ANON], 0UL);
	rmap_by(f, BY_FAULT, 0, false);
	rmap_by(f, BY_WP, 0, false);
	KUNIT_EXPECT_TRUE(test, caller_is_idle(BY_FAULT));
	KUNIT_EXPECT_TRUE(test, caller_is_idle(BY_WP));
	KUNIT_EXPECT_FALSE(test, caller_is_idle(BY_FAULT_TOO));
	KUNIT_EXPECT_FALSE(test, caller_is_idle(BY_FILE));
	KUNIT_EXPECT_FALSE(test, caller_is_idle(ELSEWHERE));
}

static int enter_by(struct fixture *f, struct mm_struct *mm)
{
	int ret;

	preempt_disable();
	f->vma->vm_mm = mm;
	ret = fault_enter(f->ri, CLEAVE_IN_HUGE_WP, f->vma, ADDR);
	if (!ret)
		fault_exit(f->ri, &f->regs);
	preempt_enable();
	return ret;
}

/* A fault of which the return is seen, too. */
static void fault_framed(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, enter_by(f, OTHER), 1);
	KUNIT_EXPECT_EQ(test, enter_by(f, TRACED), 0);
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_NOT_A_BREAK), 1ULL);
}

static void fault_no_session(struct kunit *test)
{
	struct fixture *f = test->priv;

	session_stop(f->s);
	KUNIT_EXPECT_EQ(test, enter_by(f, TRACED), 1);
	preempt_disable();
	wp_fault(f, 0);
	set_access((unsigned long)f->vma, ADDR, 0, BY_WP);
	set_access((unsigned long)f->vma, ADDR, 0, ELSEWHERE);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_NOT_A_BREAK), 0ULL);
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_REUSED), 0ULL);
}

static void fault_break_record(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct session *s = fixture_session(CLEAVE_START_BREAKS);
	struct cleave_break *b;

	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	preempt_disable();
	ledger_enter(&s->ledger, TRACED, CLEAVE_BY_EXEC, 1, 1);
	book_mm(TRACED, ADDR + 8, CLEAVE_COPIED);
	/* No breaks: no records. */
	book_mm(TRACED, ADDR, CLEAVE_NOT_A_BREAK);
	book_mm(TRACED, ADDR, CLEAVE_FILE_FIRST);
	preempt_enable();
	b = first_record(s);
	KUNIT_EXPECT_EQ(test, s->totals.sent[CLEAVE_REC_BREAK], 1ULL);
	KUNIT_EXPECT_EQ(test, b->addr, (u64)ADDR);
	KUNIT_EXPECT_EQ(test, b->outcome, (u32)CLEAVE_COPIED);
	KUNIT_EXPECT_EQ(test, b->tid, current->pid);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_BREAK], 0ULL);
	fixture_end(s);
}

/* The whole of a call that breaks a share: two see it begin, and one of them end. */
static void timed_fault(struct fixture *f, int *entered)
{
	const struct fault t = { .marker = CLEARED, .no_page = true };
	struct vm_fault vmf = { .vma = f->vma, .flags = FAULT_FLAG_WRITE };

	memset(&f->regs, 0, sizeof(f->regs));
	f->regs.di = (unsigned long)&vmf;
	preempt_disable();
	wp_page(&vmf);
	*entered = wp_return_enter(f->ri, &f->regs);
	marker(f, &t);
	if (!*entered)
		fault_exit(f->ri, &f->regs);
	preempt_enable();
}

static void fault_timed(struct kunit *test)
{
	struct session *s = fixture_session(CLEAVE_START_TIMES);
	struct fixture *f = test->priv;
	struct cleave_time t;
	int entered;

	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	/* Traced by one that does not want to know: of no interest. */
	timed_fault(f, &entered);
	KUNIT_EXPECT_EQ(test, entered, 1);
	preempt_disable();
	ledger_enter(&s->ledger, TRACED, CLEAVE_BY_CLONE, 1, 1);
	preempt_enable();
	timed_fault(f, &entered);
	KUNIT_EXPECT_EQ(test, entered, 0);
	KUNIT_EXPECT_EQ(test, fixture_counted(s, CLEAVE_ZERO), 1ULL);
	KUNIT_EXPECT_EQ(test, fixture_counted(s, CLEAVE_NOT_A_BREAK), 0ULL);
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_ZERO), 2ULL);
	times_take(&s->ledger.times, 1, CLEAVE_SIDE_BEFORE_EXEC, CLEAVE_ZERO, &t);
	KUNIT_EXPECT_EQ(test, t.breaks, 1ULL);
	KUNIT_EXPECT_EQ(test, t.count, 1ULL);
	fixture_end(s);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE_PARAM(fault_wp, faults_gen_params),
	KUNIT_CASE(fault_wp_for_two),
	KUNIT_CASE(fault_caller_is_learnt),
	KUNIT_CASE(fault_unshare_fails),
	KUNIT_CASE(fault_file_first),
	KUNIT_CASE(fault_idle),
	KUNIT_CASE(fault_framed),
	KUNIT_CASE(fault_no_session),
	KUNIT_CASE(fault_break_record),
	KUNIT_CASE(fault_timed),
	{}
};

static struct kunit_suite fault_suite = {
	.name = "cleave_fault",
	.init = fixture_setup,
	.exit = fixture_teardown,
	.test_cases = fault_cases,
};

kunit_test_suite(fault_suite);
