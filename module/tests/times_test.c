// SPDX-License-Identifier: GPL-2.0-only
/* times_test.c - how long breaks took: what is kept of it, and for how many. */
#include "test.h"
#include "../times.c"
#ifdef CLEAVE_USER
#include "../table.c"
#endif

#define SLOTS	2
#define CELLS	(2 * SLOTS + 33)	/* cleave_time_cells() */
#define BEFORE	CLEAVE_SIDE_BEFORE_EXEC

static int times_setup(struct kunit *test)
{
	struct times *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	test->priv = t;
	return t ? times_init(t, SLOTS) : -ENOMEM;
}

static void times_teardown(struct kunit *test)
{
	if (test->priv)
		times_destroy(test->priv);
}

static void times_buckets(struct kunit *test)
{
	int i;

	KUNIT_EXPECT_EQ(test, cleave_time_bucket(0), 0U);
	for (i = 0; i < CLEAVE_TIME_BUCKETS; i++) {
		KUNIT_EXPECT_EQ(test, cleave_time_bucket(1ULL << i), (u32)i);
		KUNIT_EXPECT_EQ(test, cleave_time_bucket((2ULL << i) - 1), (u32)i);
	}
	/* What is longer than the last. */
	KUNIT_EXPECT_EQ(test, cleave_time_bucket(1ULL << CLEAVE_TIME_BUCKETS), 31U);
	KUNIT_EXPECT_EQ(test, cleave_time_bucket(~0ULL), 31U);
}

static void times_add(struct kunit *test)
{
	struct cleave_time t = {};

	cleave_time_add(&t, 1000);
	cleave_time_add(&t, 5);
	cleave_time_add(&t, 1023);
	cleave_time_add(&t, 1022);
	KUNIT_EXPECT_EQ(test, t.breaks, 0ULL);
	KUNIT_EXPECT_EQ(test, t.count, 4ULL);
	KUNIT_EXPECT_EQ(test, t.sum_ns, 3050ULL);
	KUNIT_EXPECT_EQ(test, t.max_ns, 1023ULL);
	KUNIT_EXPECT_EQ(test, t.hist[2], 1ULL);
	KUNIT_EXPECT_EQ(test, t.hist[9], 3ULL);
}

/* By slot, side and outcome apart, and all of them in the sum. */
static void times_apart(struct kunit *test)
{
	struct times *t = test->priv;
	struct cleave_time r;

	times_break(t, 1, BEFORE, CLEAVE_COPIED);
	times_break(t, 1, BEFORE, CLEAVE_COPIED);
	times_took(t, 1, BEFORE, CLEAVE_COPIED, 100);
	times_break(t, 1, CLEAVE_SIDE_AFTER, CLEAVE_COPIED);
	times_took(t, 1, CLEAVE_SIDE_AFTER, CLEAVE_COPIED, 200);
	times_break(t, 2, BEFORE, CLEAVE_COPIED);
	times_took(t, 2, BEFORE, CLEAVE_COPIED, 400);
	times_break(t, 2, BEFORE, CLEAVE_HUGETLB_REUSED);

	times_take(t, 1, BEFORE, CLEAVE_COPIED, &r);
	KUNIT_EXPECT_EQ(test, r.breaks, 2ULL);
	KUNIT_EXPECT_EQ(test, r.count, 1ULL);
	KUNIT_EXPECT_EQ(test, r.sum_ns, 100ULL);
	times_take(t, 1, CLEAVE_SIDE_AFTER, CLEAVE_COPIED, &r);
	KUNIT_EXPECT_EQ(test, r.breaks, 1ULL);
	KUNIT_EXPECT_EQ(test, r.sum_ns, 200ULL);
	times_take(t, 2, BEFORE, CLEAVE_COPIED, &r);
	KUNIT_EXPECT_EQ(test, r.sum_ns, 400ULL);
	/* Nothing of it was timed. */
	times_take(t, 2, BEFORE, CLEAVE_HUGETLB_REUSED, &r);
	KUNIT_EXPECT_EQ(test, r.breaks, 1ULL);
	KUNIT_EXPECT_EQ(test, r.count, 0ULL);
	KUNIT_EXPECT_EQ(test, r.max_ns, 0ULL);

	r = t->total->of[BEFORE][CLEAVE_COPIED];
	KUNIT_EXPECT_EQ(test, r.breaks, 3ULL);
	KUNIT_EXPECT_EQ(test, r.count, 2ULL);
	KUNIT_EXPECT_EQ(test, r.sum_ns, 500ULL);
	times_reset(t);
	KUNIT_EXPECT_EQ(test, t->total->of[BEFORE][CLEAVE_COPIED].breaks, 0ULL);
}

/* The next address space in a slot finds it empty, however often. */
static void times_slot_again(struct kunit *test)
{
	struct times *t = test->priv;
	struct cleave_time r;
	int i;

	for (i = 0; i < 10 * CELLS; i++) {
		times_take(t, 1, BEFORE, i % CLEAVE_NR_BREAKS, &r);
		KUNIT_EXPECT_EQ(test, r.breaks + r.count + r.sum_ns + r.max_ns, 0ULL);
		times_break(t, 1, BEFORE, i % CLEAVE_NR_BREAKS);
		times_took(t, 1, BEFORE, i % CLEAVE_NR_BREAKS, 8);
		times_take(t, 1, BEFORE, i % CLEAVE_NR_BREAKS, &r);
		KUNIT_EXPECT_EQ(test, r.count, 1ULL);
		KUNIT_EXPECT_EQ(test, r.hist[3], 1ULL);
		times_clear(t, 1);
	}
	KUNIT_EXPECT_EQ(test, t->used, 1U);
}

/* More kinds of breaks than there are cells: those go untimed, but not the sum. */
static void times_cells_run_out(struct kunit *test)
{
	struct times *t = test->priv;
	u64 breaks = 0, timed = 0, total = 0;
	struct cleave_time r;
	u32 slot, side, o;

	for (slot = 1; slot <= SLOTS; slot++)
		for (side = 0; side < CLEAVE_NR_SIDES; side++)
			for (o = 0; o < CLEAVE_NR_BREAKS; o++) {
				times_break(t, slot, side, o);
				times_took(t, slot, side, o, 1);
				times_take(t, slot, side, o, &r);
				breaks += r.breaks;
				timed += r.count;
			}
	for (side = 0; side < CLEAVE_NR_SIDES; side++)
		for (o = 0; o < CLEAVE_NR_BREAKS; o++)
			total += t->total->of[side][o].count;
	KUNIT_EXPECT_EQ(test, breaks, 2 * 33ULL);
	KUNIT_EXPECT_EQ(test, timed, (u64)CELLS);
	KUNIT_EXPECT_EQ(test, total, 2 * 33ULL);
	/* And there are some again. */
	times_clear(t, 1);
	times_took(t, 2, CLEAVE_SIDE_AFTER, CLEAVE_HUGETLB_REUSED, 1);
	times_take(t, 2, CLEAVE_SIDE_AFTER, CLEAVE_HUGETLB_REUSED, &r);
	KUNIT_EXPECT_EQ(test, r.count, 1ULL);
}

/* All kinds of a side in one, as long as the entry is the same and has not ended. */
static void times_snaps(struct kunit *test)
{
	struct cleave_snap snap = { .fig.as = 5, .what = CLEAVE_HAS_FIGURES };
	struct times *t = test->priv;
	const struct cleave_spent *took = snap.took;
	struct cleave_as as = {};

	cleave_as_init(&as, 5, CLEAVE_BY_CLONE, 7, 1);
	times_break(t, 1, BEFORE, CLEAVE_COPIED);
	times_took(t, 1, BEFORE, CLEAVE_COPIED, 100);
	times_break(t, 1, BEFORE, CLEAVE_COPIED);
	times_break(t, 1, BEFORE, CLEAVE_REUSED);
	times_took(t, 1, BEFORE, CLEAVE_REUSED, 70);
	times_break(t, 1, CLEAVE_SIDE_AFTER, CLEAVE_HUGETLB_REUSED);
	times_break(t, 2, BEFORE, CLEAVE_COPIED);
	times_took(t, 2, BEFORE, CLEAVE_COPIED, 1000);
	KUNIT_EXPECT_TRUE(test, times_snap(t, &as, 1, &snap));
	KUNIT_EXPECT_EQ(test, took[BEFORE].breaks, 3ULL);
	KUNIT_EXPECT_EQ(test, took[BEFORE].count, 2ULL);
	KUNIT_EXPECT_EQ(test, took[BEFORE].sum_ns, 170ULL);
	KUNIT_EXPECT_EQ(test, took[BEFORE].max_ns, 100ULL);
	KUNIT_EXPECT_EQ(test, took[CLEAVE_SIDE_CREATOR].breaks, 0ULL);
	KUNIT_EXPECT_EQ(test, took[CLEAVE_SIDE_AFTER].breaks, 1ULL);
	KUNIT_EXPECT_EQ(test, took[CLEAVE_SIDE_AFTER].count, 0ULL);
	KUNIT_EXPECT_EQ(test, snap.what, CLEAVE_HAS_FIGURES);

	/* An exec tells of them now, or has. */
	cleave_as_exec_ends(&as, 7, 0);
	KUNIT_EXPECT_TRUE(test, times_snap(t, &as, 1, &snap));
	KUNIT_EXPECT_EQ(test, snap.what, CLEAVE_AFTER_EXEC);
	/* The entry is another's, or an end tells. */
	as.id = 6;
	KUNIT_EXPECT_FALSE(test, times_snap(t, &as, 1, &snap));
	as.id = 5;
	cleave_as_ends(&as);
	KUNIT_EXPECT_FALSE(test, times_snap(t, &as, 1, &snap));
}

/* Who has mapped some of the cells only: a break is told of, and not its time. */
static void times_snaps_cells(struct kunit *test)
{
	struct cleave_snap snap = { .fig.as = 5 };
	struct times *t = test->priv;
	struct cleave_as as = { .id = 5 };

	times_break(t, 1, BEFORE, CLEAVE_COPIED);
	times_took(t, 1, BEFORE, CLEAVE_COPIED, 100);
	times_break(t, 1, BEFORE, CLEAVE_ZERO);
	times_took(t, 1, BEFORE, CLEAVE_ZERO, 200);
	KUNIT_EXPECT_TRUE(test, cleave_times_snap(&as, &t->slots[0], t->cells, 1,
						  &snap));
	KUNIT_EXPECT_EQ(test, snap.took[BEFORE].breaks, 2ULL);
	KUNIT_EXPECT_EQ(test, snap.took[BEFORE].count, 1ULL);
	KUNIT_EXPECT_EQ(test, snap.took[BEFORE].sum_ns, 100ULL);
}

/* Another task has made the cell meanwhile: ours goes back. */
static void times_cell_race(struct kunit *test)
{
	struct times *t = test->priv;
	u32 *at = &t->slots[0].cell[BEFORE][CLEAVE_COPIED];

	KUNIT_EXPECT_EQ(test, make_cell(t, at), 1U);
	KUNIT_EXPECT_EQ(test, make_cell(t, at), 1U);
	KUNIT_EXPECT_EQ(test, *at, 1U);
	KUNIT_EXPECT_EQ(test, t->free, 2U);
}

/* Breaks, and what was timed of them, is all on one side; in the sum it stays. */
static void times_carried(struct kunit *test)
{
	struct times *t = test->priv;
	struct cleave_time r;
	u32 side;

	for (side = 0; side < CLEAVE_NR_SIDES; side++) {
		times_break(t, 1, side, CLEAVE_COPIED);
		times_break(t, 1, side, CLEAVE_COPIED);
		times_took(t, 1, side, CLEAVE_COPIED, 1 << side);
	}
	times_break(t, 1, CLEAVE_SIDE_AFTER, CLEAVE_HUGETLB_REUSED);
	times_break(t, 2, CLEAVE_SIDE_AFTER, CLEAVE_COPIED);
	times_took(t, 2, CLEAVE_SIDE_AFTER, CLEAVE_COPIED, 2);
	times_reset(t);
	times_claimed(t, 1);
	/* And again, where something was under way. */
	times_took(t, 1, CLEAVE_SIDE_AFTER, CLEAVE_COPIED, 64);
	times_claimed(t, 1);

	times_take(t, 1, BEFORE, CLEAVE_COPIED, &r);
	KUNIT_EXPECT_EQ(test, r.breaks, 6ULL);
	KUNIT_EXPECT_EQ(test, r.count, 4ULL);
	KUNIT_EXPECT_EQ(test, r.sum_ns, 71ULL);
	KUNIT_EXPECT_EQ(test, r.max_ns, 64ULL);
	KUNIT_EXPECT_EQ(test, r.hist[0] + r.hist[1] + r.hist[2] + r.hist[6], 4ULL);
	times_take(t, 1, BEFORE, CLEAVE_HUGETLB_REUSED, &r);
	KUNIT_EXPECT_EQ(test, r.breaks, 1ULL);
	KUNIT_EXPECT_EQ(test, r.count, 0ULL);
	times_take(t, 1, CLEAVE_SIDE_AFTER, CLEAVE_COPIED, &r);
	KUNIT_EXPECT_EQ(test, r.breaks + r.count + r.sum_ns + r.max_ns, 0ULL);
	KUNIT_EXPECT_EQ(test, r.hist[2] + r.hist[6], 0ULL);
	times_take(t, 2, CLEAVE_SIDE_AFTER, CLEAVE_COPIED, &r);
	KUNIT_EXPECT_EQ(test, r.breaks, 1ULL);
	KUNIT_EXPECT_EQ(test, r.count, 1ULL);
	KUNIT_EXPECT_EQ(test, t->total->of[BEFORE][CLEAVE_COPIED].count, 0ULL);
	KUNIT_EXPECT_EQ(test, t->total->of[CLEAVE_SIDE_AFTER][CLEAVE_COPIED].count,
			1ULL);
}

/* No cell is left for the other side: what was timed goes untimed. */
static void times_carried_without_room(struct kunit *test)
{
	struct times *t = test->priv;
	struct cleave_time r;

	times_break(t, 1, CLEAVE_SIDE_AFTER, CLEAVE_COPIED);
	times_took(t, 1, CLEAVE_SIDE_AFTER, CLEAVE_COPIED, 5);
	t->used = CELLS;
	times_claimed(t, 1);
	times_take(t, 1, BEFORE, CLEAVE_COPIED, &r);
	KUNIT_EXPECT_EQ(test, r.breaks, 1ULL);
	KUNIT_EXPECT_EQ(test, r.count, 0ULL);
	times_take(t, 1, CLEAVE_SIDE_AFTER, CLEAVE_COPIED, &r);
	KUNIT_EXPECT_EQ(test, r.breaks + r.count, 0ULL);
}

static void times_not_wanted(struct kunit *test)
{
	struct times none = {};

	KUNIT_EXPECT_FALSE(test, times_wanted(&none));
	KUNIT_EXPECT_TRUE(test, times_wanted(test->priv));
	times_reset(&none);
	times_destroy(&none);
}

static struct kunit_case times_cases[] = {
	KUNIT_CASE(times_buckets),
	KUNIT_CASE(times_add),
	KUNIT_CASE(times_apart),
	KUNIT_CASE(times_slot_again),
	KUNIT_CASE(times_cells_run_out),
	KUNIT_CASE(times_snaps),
	KUNIT_CASE(times_snaps_cells),
	KUNIT_CASE(times_cell_race),
	KUNIT_CASE(times_carried),
	KUNIT_CASE(times_carried_without_room),
	KUNIT_CASE(times_not_wanted),
	{}
};

static struct kunit_suite times_suite = {
	.name = "cleave_times",
	.init = times_setup,
	.exit = times_teardown,
	.test_cases = times_cases,
};

kunit_test_suite(times_suite);
