// SPDX-License-Identifier: GPL-2.0-only
/*
 * timed_test.c - made-up faults that are timed: by whom, on which side, and what is
 * told of them.  Not how long they take.
 */
#include "test.h"
#include "../timed.c"
#include "fixture.h"

/* A session that wants to know, with TRACED in it; its slot is 1. */
static struct session *timed_session(struct kunit *test, u32 origin)
{
	struct session *s = fixture_session(CLEAVE_START_TIMES);

	if (IS_ERR(s))
		return NULL;
	preempt_disable();
	ledger_enter(&s->ledger, TRACED, origin, 1, 1);
	preempt_enable();
	return s;
}

static void enter(struct fault_frame *ff)
{
	memset(ff, 0, sizeof(*ff));
	ff->node.fault = true;
	frame_push(&ff->node);
	timed_begin(&ff->timed);
}

static void leave(struct fault_frame *ff)
{
	timed_end(&ff->timed);
	frame_pop(&ff->node);
}

static struct cleave_time read(struct session *s, u32 side, u32 outcome)
{
	struct cleave_time t;

	times_take(&s->ledger.times, 1, side, outcome, &t);
	return t;
}

static void timed_nobody_asks(struct kunit *test)
{
	struct fault_frame ff;

	preempt_disable();
	enter(&ff);
	KUNIT_EXPECT_EQ(test, ff.timed.start_ns, 0ULL);
	KUNIT_EXPECT_NULL(test, timed_now());
	leave(&ff);
	preempt_enable();
}

/* Entered, broken, returned; or only some of that. */
static void timed_counts(struct kunit *test)
{
	struct session *s = timed_session(test, CLEAVE_BY_EXEC);
	struct cleave_as *as;
	struct cleave_time t;
	struct fault_frame ff;

	KUNIT_ASSERT_NOT_NULL(test, s);
	as = ledger_at(&s->ledger, 1);
	preempt_disable();
	/* A try that comes to nothing. */
	enter(&ff);
	leave(&ff);
	enter(&ff);
	timed_break(s, as, CLEAVE_COPIED);
	leave(&ff);
	/* Its entry was missed. */
	timed_break(s, as, CLEAVE_COPIED);
	/* Its return. */
	enter(&ff);
	timed_break(s, as, CLEAVE_REUSED);
	frame_pop(&ff.node);
	preempt_enable();
	t = read(s, CLEAVE_SIDE_AFTER, CLEAVE_COPIED);
	KUNIT_EXPECT_EQ(test, t.breaks, 2ULL);
	KUNIT_EXPECT_EQ(test, t.count, 1ULL);
	KUNIT_EXPECT_EQ(test, t.sum_ns, t.max_ns);
	t = read(s, CLEAVE_SIDE_AFTER, CLEAVE_REUSED);
	KUNIT_EXPECT_EQ(test, t.breaks, 1ULL);
	KUNIT_EXPECT_EQ(test, t.count, 0ULL);
	fixture_end(s);
}

/* The side is that of the break, and not of the return. */
static void timed_sides(struct kunit *test)
{
	struct session *s = timed_session(test, CLEAVE_BY_CLONE);
	struct cleave_as *as, child = { .origin = CLEAVE_BY_CLONE };
	struct fault_frame ff;

	KUNIT_ASSERT_NOT_NULL(test, s);
	as = ledger_at(&s->ledger, 1);
	preempt_disable();
	enter(&ff);
	timed_break(s, as, CLEAVE_COPIED);
	as->state |= CLEAVE_AS_EXECED;
	leave(&ff);
	cleave_as_follow(&child, as, 0);
	enter(&ff);
	timed_break(s, as, CLEAVE_COPIED);
	cleave_as_unfollow(as);
	leave(&ff);
	enter(&ff);
	timed_break(s, as, CLEAVE_COPIED);
	leave(&ff);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, read(s, CLEAVE_SIDE_BEFORE_EXEC, CLEAVE_COPIED).count, 1ULL);
	KUNIT_EXPECT_EQ(test, read(s, CLEAVE_SIDE_CREATOR, CLEAVE_COPIED).count, 1ULL);
	KUNIT_EXPECT_EQ(test, read(s, CLEAVE_SIDE_AFTER, CLEAVE_COPIED).count, 1ULL);
	fixture_end(s);
}

/* One copy, of which nobody knew yet that it came before exec. */
static void expect_carried(struct kunit *test, struct session *s)
{
	struct cleave_time t = read(s, CLEAVE_SIDE_AFTER, CLEAVE_COPIED);

	KUNIT_EXPECT_EQ(test, t.breaks + t.count, 0ULL);
	t = read(s, CLEAVE_SIDE_BEFORE_EXEC, CLEAVE_COPIED);
	KUNIT_EXPECT_EQ(test, t.breaks, 1ULL);
	KUNIT_EXPECT_EQ(test, t.count, 1ULL);
	/* In the sum, where it was when it broke. */
	t = s->ledger.times.total->of[CLEAVE_SIDE_AFTER][CLEAVE_COPIED];
	KUNIT_EXPECT_EQ(test, t.breaks, 1ULL);
	KUNIT_EXPECT_EQ(test, t.count, 1ULL);
}

/* A look comes between a break and its return. */
static void timed_claimed(struct kunit *test)
{
	struct session *s = timed_session(test, CLEAVE_BY_MET);
	struct cleave_as *as;
	struct fault_frame ff;

	KUNIT_ASSERT_NOT_NULL(test, s);
	as = ledger_at(&s->ledger, 1);
	preempt_disable();
	enter(&ff);
	timed_break(s, as, CLEAVE_COPIED);
	KUNIT_EXPECT_TRUE(test, cleave_as_claim(as, CLEAVE_BY_FOUND_FORK));
	times_claimed(&s->ledger.times, 1);
	leave(&ff);
	preempt_enable();
	expect_carried(test, s);
	fixture_end(s);
}

/* The side of a break is that of before the look; the look has come as it is booked. */
static void break_behind_look(struct times *t, u32 slot, u32 side, u32 outcome)
{
	struct ledger *l = container_of(t, struct ledger, times);

	cleave_as_claim(ledger_at(l, slot), CLEAVE_BY_FOUND_FORK);
	times_claimed(t, slot);
	cleave_add(&t->slots[slot - 1].breaks[side][outcome], 1);
	cleave_add(&t->total->of[side][outcome].breaks, 1);
}

static void timed_claimed_within(struct kunit *test)
{
	struct session *s = timed_session(test, CLEAVE_BY_MET);
	struct fault_frame ff;

	KUNIT_ASSERT_NOT_NULL(test, s);
	kunit_activate_static_stub(test, times_break, break_behind_look);
	preempt_disable();
	enter(&ff);
	timed_break(s, ledger_at(&s->ledger, 1), CLEAVE_COPIED);
	leave(&ff);
	preempt_enable();
	expect_carried(test, s);
	fixture_end(s);
}

/* A session that has come since is not the one that has seen it break. */
static void timed_other_session(struct kunit *test)
{
	struct session *s = timed_session(test, CLEAVE_BY_EXEC), *other;
	struct fault_frame ff;

	KUNIT_ASSERT_NOT_NULL(test, s);
	preempt_disable();
	enter(&ff);
	timed_break(s, ledger_at(&s->ledger, 1), CLEAVE_COPIED);
	preempt_enable();
	fixture_end(s);
	other = timed_session(test, CLEAVE_BY_EXEC);
	KUNIT_ASSERT_NOT_NULL(test, other);
	preempt_disable();
	leave(&ff);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, read(other, CLEAVE_SIDE_AFTER, CLEAVE_COPIED).count, 0ULL);
	fixture_end(other);
}

static void timed_records(struct kunit *test)
{
	struct session *s = timed_session(test, CLEAVE_BY_EXEC);
	struct cleave_took *r;
	struct fault_frame ff;

	KUNIT_ASSERT_NOT_NULL(test, s);
	preempt_disable();
	enter(&ff);
	timed_break(s, ledger_at(&s->ledger, 1), CLEAVE_HUGE_SPLIT);
	leave(&ff);
	timed_tell(s, 1, CLEAVE_SIDE_BEFORE_EXEC, CLEAVE_SIDE_BEFORE_EXEC);
	KUNIT_EXPECT_EQ(test, s->totals.sent[CLEAVE_REC_TIMES], 0ULL);
	timed_tell(s, 1, CLEAVE_SIDE_CREATOR, CLEAVE_SIDE_AFTER);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, s->totals.sent[CLEAVE_REC_TIMES], 1ULL);
	r = first_record(s);
	KUNIT_EXPECT_EQ(test, r->as, ledger_at(&s->ledger, 1)->id);
	KUNIT_EXPECT_EQ(test, r->side, (u32)CLEAVE_SIDE_AFTER);
	KUNIT_EXPECT_EQ(test, r->outcome, (u32)CLEAVE_HUGE_SPLIT);
	KUNIT_EXPECT_EQ(test, r->time.breaks, 1ULL);
	KUNIT_EXPECT_EQ(test, r->time.count, 1ULL);
	fixture_end(s);
}

/* In a snapshot there are as many as the ledger has counted, and in the next more. */
static void timed_snapshots(struct kunit *test)
{
	struct session *s = timed_session(test, CLEAVE_BY_EXEC);
	const struct cleave_spent *took;
	struct cleave_snap snap;
	struct fault_frame ff;
	u32 i, n;

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (n = 1; n <= 2; n++) {
		preempt_disable();
		enter(&ff);
		timed_break(s, ledger_at(&s->ledger, 1), CLEAVE_COPIED);
		leave(&ff);
		preempt_enable();
		i = 0;
		KUNIT_EXPECT_EQ(test, ledger_snap(&s->ledger, &i, &snap, 1, 9), 1U);
		took = &snap.took[CLEAVE_SIDE_AFTER];
		KUNIT_EXPECT_EQ(test, took->breaks, (u64)n);
		KUNIT_EXPECT_EQ(test, took->count, (u64)n);
		KUNIT_EXPECT_GE(test, took->sum_ns, took->max_ns);
	}
	/* Also where an exec has taken what is there; until the end is about to. */
	preempt_disable();
	timed_tell(s, 1, CLEAVE_SIDE_CREATOR, CLEAVE_SIDE_AFTER);
	preempt_enable();
	i = 0;
	KUNIT_EXPECT_EQ(test, ledger_snap(&s->ledger, &i, &snap, 1, 9), 1U);
	cleave_times_told(ledger_at(&s->ledger, 1));
	i = 0;
	KUNIT_EXPECT_EQ(test, ledger_snap(&s->ledger, &i, &snap, 1, 9), 0U);
	fixture_end(s);
}

static struct kunit_case timed_cases[] = {
	KUNIT_CASE(timed_nobody_asks),
	KUNIT_CASE(timed_counts),
	KUNIT_CASE(timed_sides),
	KUNIT_CASE(timed_claimed),
	KUNIT_CASE(timed_claimed_within),
	KUNIT_CASE(timed_other_session),
	KUNIT_CASE(timed_records),
	KUNIT_CASE(timed_snapshots),
	{}
};

static struct kunit_suite timed_suite = {
	.name = "cleave_timed",
	.init = fixture_setup,
	.exit = fixture_teardown,
	.test_cases = timed_cases,
};

kunit_test_suite(timed_suite);
