// SPDX-License-Identifier: GPL-2.0-only
/* exit_test.c - the end of address spaces and of processes. */
#include "test.h"
#include "../exit.c"
#include "fixture.h"

static void exit_mm(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_end *e;
	u32 slot;

	preempt_disable();
	slot = ledger_enter(&f->s->ledger, OTHER, CLEAVE_BY_CLONE, 5, 1);
	ledger_at(&f->s->ledger, slot)->shared = 10;
	cleave_add(&ledger_at(&f->s->ledger, slot)->cow[CLEAVE_COPIED], 1);
	cleave_fault_begins(ledger_at(&f->s->ledger, slot));
	mm_exit((unsigned long)OTHER, 0, 0, ELSEWHERE);
	/* Of no interest to anybody. */
	mm_exit((unsigned long)OTHER, 0, 0, ELSEWHERE);
	preempt_enable();
	e = first_record(f->s);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_END], 1ULL);
	/* Nobody is known to have made it. */
	KUNIT_EXPECT_EQ(test, e->what, CLEAVE_HAS_FIGURES | CLEAVE_NO_CREATOR);
	KUNIT_EXPECT_EQ(test, e->fig.shared, 10ULL);
	KUNIT_EXPECT_EQ(test, e->fig.cow[CLEAVE_COPIED], 1ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.never_copied, 9ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.before_exec[CLEAVE_COPIED], 1ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.cow[CLEAVE_COPIED], 1ULL);
}

/* What was before exec goes before the END that has the figures. */
static void exit_mm_timed(struct kunit *test)
{
	struct session *s = fixture_session(CLEAVE_START_TIMES);
	struct cleave_took *r;
	struct cleave_hdr *end;
	u32 slot;

	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	preempt_disable();
	slot = ledger_enter(&s->ledger, OTHER, CLEAVE_BY_CLONE, 5, 1);
	times_break(&s->ledger.times, slot, CLEAVE_SIDE_BEFORE_EXEC, CLEAVE_COPIED);
	mm_exit((unsigned long)OTHER, 0, 0, ELSEWHERE);
	preempt_enable();
	r = first_record(s);
	end = (void *)r + sizeof(*r) + CLEAVE_RING_HDR_SZ;
	KUNIT_EXPECT_EQ(test, r->hdr.type, (u16)CLEAVE_REC_TIMES);
	KUNIT_EXPECT_EQ(test, r->side, (u32)CLEAVE_SIDE_BEFORE_EXEC);
	KUNIT_EXPECT_EQ(test, end->type, (u16)CLEAVE_REC_END);
	/* The slot is free, and so is what was kept for it. */
	KUNIT_EXPECT_EQ(test, s->ledger.times.slots[slot - 1].breaks
			[CLEAVE_SIDE_BEFORE_EXEC][CLEAVE_COPIED], 0ULL);
	fixture_end(s);
}

static void exit_no_session(struct kunit *test)
{
	struct fixture *f = test->priv;

	session_stop(f->s);
	preempt_disable();
	mm_exit((unsigned long)TRACED, 0, 0, ELSEWHERE);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_END], 0ULL);
	KUNIT_EXPECT_EQ(test, fixture_counted(f->s, CLEAVE_COPIED), 0ULL);
}

/* More processes than there is room for: those that end untold are counted. */
static void exit_procs_full(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 *lost = &f->s->totals.lost[CLEAVE_REC_EXIT];
	struct task_struct *task = kunit_kzalloc(test, sizeof(*task), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, task);
	preempt_disable();
	for (i = 1; i <= 16 + 3; i++)
		ledger_note_proc(&f->s->ledger, i, 0);
	KUNIT_EXPECT_EQ(test, *lost, 0ULL);
	for (i = 16 + 1; i <= 16 + 4; i++) {
		task->tgid = i;
		exit_session(f->s, task);
	}
	KUNIT_EXPECT_EQ(test, *lost, 3ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.exits, 3ULL);
	/* The next process of that number is another. */
	task->tgid = 16 + 1;
	exit_session(f->s, task);
	KUNIT_EXPECT_EQ(test, *lost, 3ULL);
	/* One ends and another, that there was no room for, execs: that is told. */
	ledger_note_proc(&f->s->ledger, 16 + 1, 0);
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(&f->s->ledger, 5, &(u64) { 0 }, NULL));
	ledger_note_proc(&f->s->ledger, 16 + 1, 7);
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(&f->s->ledger, 16 + 1, &(u64) { 0 }, NULL));
	exit_session(f->s, task);
	KUNIT_EXPECT_EQ(test, *lost, 3ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.exits, 3ULL);
	preempt_enable();
}

static struct kunit_case exit_cases[] = {
	KUNIT_CASE(exit_mm),
	KUNIT_CASE(exit_mm_timed),
	KUNIT_CASE(exit_no_session),
	KUNIT_CASE(exit_procs_full),
	{}
};

static struct kunit_suite exit_suite = {
	.name = "cleave_exit",
	.init = fixture_setup,
	.exit = fixture_teardown,
	.test_cases = exit_cases,
};

kunit_test_suite(exit_suite);
