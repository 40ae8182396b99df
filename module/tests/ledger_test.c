// SPDX-License-Identifier: GPL-2.0-only
/* ledger_test.c - entries of address spaces: found, referred to, freed. */
#include "test.h"
#include "../ledger.c"
#ifdef CLEAVE_USER
#include "../table.c"
#include "../times.c"
#endif

#define SLOTS	8

static int ledger_setup(struct kunit *test)
{
	struct ledger *l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);

	test->priv = l;
	return l ? ledger_init(l, SLOTS) : -ENOMEM;
}

static void ledger_teardown(struct kunit *test)
{
	ledger_destroy(test->priv);
}

static const struct mm_struct *mm(unsigned long n)
{
	return (const struct mm_struct *)(0xffff888000001000UL + n * 1024);
}

static void ledger_enter_find_remove(struct kunit *test)
{
	struct ledger *l = test->priv;
	u32 slot = ledger_enter(l, mm(1), CLEAVE_BY_EXEC, 42, 1000);
	struct cleave_as *as = ledger_at(l, slot);

	KUNIT_ASSERT_NOT_NULL(test, as);
	KUNIT_EXPECT_NE(test, as->id, 0ULL);
	KUNIT_EXPECT_EQ(test, as->origin, (u32)CLEAVE_BY_EXEC);
	KUNIT_EXPECT_EQ(test, as->owner, 42);
	KUNIT_EXPECT_EQ(test, as->start_ns, 1000ULL);
	KUNIT_EXPECT_EQ(test, as->refs, 1ULL);
	KUNIT_EXPECT_EQ(test, ledger_find(l, mm(1)), slot);
	KUNIT_EXPECT_EQ(test, ledger_find(l, mm(2)), 0U);
	KUNIT_EXPECT_EQ(test, ledger_find(l, NULL), 0U);
	KUNIT_EXPECT_NULL(test, ledger_at(l, 0));
	KUNIT_EXPECT_EQ(test, ledger_remove(l, mm(1)), slot);
	KUNIT_EXPECT_EQ(test, ledger_find(l, mm(1)), 0U);
	KUNIT_EXPECT_EQ(test, ledger_remove(l, mm(1)), 0U);
	/* The index's reference has come to the caller. */
	KUNIT_EXPECT_EQ(test, as->refs, 1ULL);
	ledger_put(l, slot);
	KUNIT_EXPECT_EQ(test, as->id, 0ULL);
}

static void ledger_slots_come_back(struct kunit *test)
{
	struct ledger *l = test->priv;
	u64 last = 0;
	int i;

	for (i = 0; i < 1000; i++) {
		u32 slot = ledger_enter(l, mm(1), CLEAVE_BY_CLONE, i, i);

		KUNIT_ASSERT_NE(test, slot, 0U);
		KUNIT_EXPECT_LE(test, slot, (u32)SLOTS);
		/* Neither slot nor mm is the name of an entry; the id is. */
		KUNIT_EXPECT_GT(test, ledger_at(l, slot)->id, last);
		last = ledger_at(l, slot)->id;
		cleave_add(&ledger_at(l, slot)->cow[CLEAVE_COPIED], 3);
		ledger_put(l, ledger_remove(l, mm(1)));
	}
	KUNIT_EXPECT_EQ(test, l->lost, 0ULL);
	/* Nothing of the one before is left in a slot used again. */
	i = ledger_alloc(l, CLEAVE_BY_CLONE, 1, 1);
	KUNIT_EXPECT_EQ(test, ledger_at(l, i)->cow[CLEAVE_COPIED], 0ULL);
}

static void ledger_full_is_counted(struct kunit *test)
{
	struct ledger *l = test->priv;
	struct cleave_totals t = {};
	u32 slot[SLOTS];
	int i;

	for (i = 0; i < SLOTS; i++) {
		slot[i] = ledger_enter(l, mm(i), CLEAVE_BY_CLONE, i, 0);
		KUNIT_EXPECT_NE(test, slot[i], 0U);
	}
	KUNIT_EXPECT_EQ(test, ledger_enter(l, mm(99), CLEAVE_BY_CLONE, 9, 0), 0U);
	KUNIT_EXPECT_EQ(test, ledger_alloc(l, CLEAVE_BY_CLONE, 9, 0), 0U);
	KUNIT_EXPECT_EQ(test, ledger_find(l, mm(99)), 0U);
	/* Who asks for an entry only knows later whether it comes to a space. */
	ledger_live(l, &t);
	KUNIT_EXPECT_EQ(test, t.as_lost, 1ULL);
	KUNIT_EXPECT_EQ(test, t.live, (u64)SLOTS);
	ledger_put(l, ledger_remove(l, mm(3)));
	KUNIT_EXPECT_EQ(test, ledger_enter(l, mm(99), CLEAVE_BY_CLONE, 9, 0), slot[3]);
}

/* The index can be full while the pool is not: entries that wait for a child. */
static void ledger_index_full(struct kunit *test)
{
	struct ledger *l = test->priv;
	u32 slot;
	int i;

	for (i = 0; i < SLOTS - 1; i++)
		ledger_enter(l, mm(i), CLEAVE_BY_CLONE, i, 0);
	KUNIT_ASSERT_TRUE(test, table_set(&l->index, 1, 1));
	KUNIT_EXPECT_EQ(test, ledger_enter(l, mm(50), CLEAVE_BY_CLONE, 5, 0), 0U);
	KUNIT_EXPECT_EQ(test, l->lost, 1ULL);
	/* The slot was given back. */
	slot = ledger_alloc(l, CLEAVE_BY_CLONE, 5, 0);
	KUNIT_EXPECT_NE(test, slot, 0U);
	KUNIT_EXPECT_FALSE(test, ledger_insert(l, mm(50), slot));
	KUNIT_EXPECT_EQ(test, l->lost, 2ULL);
}

static void ledger_creator_outlives(struct kunit *test)
{
	struct ledger *l = test->priv;
	u32 parent = ledger_enter(l, mm(1), CLEAVE_BY_EXEC, 1, 0);
	u32 child = ledger_enter(l, mm(2), CLEAVE_BY_CLONE, 2, 0);
	struct cleave_as *p = ledger_at(l, parent), *c = ledger_at(l, child);
	struct cleave_figures fig;
	u64 id = p->id;

	cleave_as_follow(c, p, parent - 1);
	KUNIT_EXPECT_EQ(test, c->creator, parent);
	KUNIT_EXPECT_EQ(test, p->refs, 2ULL);
	cleave_add(&p->cow[CLEAVE_COPIED], 5);
	/* The creator ends first; its figures are still there for the child. */
	ledger_put(l, ledger_remove(l, mm(1)));
	KUNIT_EXPECT_EQ(test, p->id, id);
	KUNIT_EXPECT_EQ(test, p->refs, 1ULL);
	cleave_as_figures(c, ledger_at(l, c->creator), 10, &fig);
	KUNIT_EXPECT_EQ(test, fig.creator_cow[CLEAVE_COPIED], 5ULL);
	/* Its mm is used again meanwhile, by another. */
	KUNIT_EXPECT_NE(test, ledger_enter(l, mm(1), CLEAVE_BY_CLONE, 3, 0), parent);
	ledger_unfollow(l, c);
	KUNIT_EXPECT_EQ(test, c->creator, 0U);
	KUNIT_EXPECT_EQ(test, p->id, 0ULL);
	/* A second time there is nothing to give up. */
	ledger_unfollow(l, c);
	KUNIT_EXPECT_EQ(test, c->refs, 1ULL);
}

static void ledger_many_children(struct kunit *test)
{
	struct ledger *l = test->priv;
	u32 parent = ledger_enter(l, mm(0), CLEAVE_BY_EXEC, 1, 0);
	struct cleave_as *p = ledger_at(l, parent);
	u32 child[3];
	int i;

	for (i = 0; i < 3; i++) {
		child[i] = ledger_enter(l, mm(i + 1), CLEAVE_BY_CLONE, i, 0);
		cleave_as_follow(ledger_at(l, child[i]), p, parent - 1);
	}
	KUNIT_EXPECT_EQ(test, p->refs, 4ULL);
	ledger_put(l, ledger_remove(l, mm(0)));
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_NE(test, p->id, 0ULL);
		ledger_unfollow(l, ledger_at(l, child[i]));
	}
	KUNIT_EXPECT_EQ(test, p->id, 0ULL);
}

static void ledger_live_totals(struct kunit *test)
{
	struct ledger *l = test->priv;
	u32 a = ledger_enter(l, mm(1), CLEAVE_BY_CLONE, 1, 0);
	u32 b = ledger_enter(l, mm(2), CLEAVE_BY_CLONE, 2, 0);
	struct cleave_totals t = { .live = 100 };

	KUNIT_ASSERT_NE(test, a, 0U);
	KUNIT_ASSERT_NE(test, b, 0U);
	cleave_add(&ledger_at(l, a)->cow[CLEAVE_COPIED], 3);
	cleave_add(&ledger_at(l, b)->cow[CLEAVE_COPIED], 4);
	/* Calls: the four that copied, and one that was none. */
	cleave_add(&ledger_at(l, b)->cow[CLEAVE_NOT_A_BREAK], 5);
	t.cow[CLEAVE_COPIED] = 10;
	ledger_live(l, &t);
	KUNIT_EXPECT_EQ(test, t.live, 102ULL);
	KUNIT_EXPECT_EQ(test, t.cow[CLEAVE_COPIED], 17ULL);
	KUNIT_EXPECT_EQ(test, t.cow[CLEAVE_NOT_A_BREAK], 1ULL);
	/* One that has closed is in the totals already. */
	ledger_at(l, b)->state |= CLEAVE_AS_CLOSED;
	memset(&t, 0, sizeof(t));
	ledger_live(l, &t);
	KUNIT_EXPECT_EQ(test, t.live, 1ULL);
	KUNIT_EXPECT_EQ(test, t.cow[CLEAVE_COPIED], 3ULL);
	/* And a free one in none. */
	ledger_put(l, ledger_remove(l, mm(1)));
	memset(&t, 0, sizeof(t));
	ledger_live(l, &t);
	KUNIT_EXPECT_EQ(test, t.live, 0ULL);
	KUNIT_EXPECT_EQ(test, t.cow[CLEAVE_COPIED], 0ULL);
}

/* Two threads of it meet with an address space at the same time. */
static void ledger_met_twice(struct kunit *test)
{
	struct ledger *l = test->priv;
	u32 slot = ledger_meet(l, mm(1), 5, 0);
	int i;

	KUNIT_ASSERT_NE(test, slot, 0U);
	KUNIT_EXPECT_EQ(test, ledger_meet(l, mm(1), 5, 0), slot);
	KUNIT_EXPECT_EQ(test, ledger_find(l, mm(1)), slot);
	KUNIT_EXPECT_EQ(test, ledger_at(l, slot)->refs, 1ULL);
	/* None is left behind. */
	for (i = 2; i <= SLOTS; i++)
		KUNIT_EXPECT_NE(test, ledger_meet(l, mm(i), i, 0), 0U);
	/* Full: for the caller to count. */
	KUNIT_EXPECT_EQ(test, ledger_meet(l, mm(99), 9, 0), 0U);
	KUNIT_EXPECT_EQ(test, l->lost, 0ULL);
}

/* A clone's return comes to an mm that another task has met meanwhile. */
static void ledger_clone_stands(struct kunit *test)
{
	struct ledger *l = test->priv;
	u32 other = ledger_enter(l, mm(9), CLEAVE_BY_EXEC, 9, 0);
	u32 met = ledger_alloc(l, CLEAVE_BY_FOUND_FORK, 5, 0), made, child;
	struct cleave_as *o = ledger_at(l, other);
	struct cleave_totals t = {};

	cleave_as_follow(ledger_at(l, met), o, other - 1);
	KUNIT_ASSERT_EQ(test, ledger_add(l, mm(1), met), met);
	KUNIT_EXPECT_EQ(test, o->refs, 2ULL);
	made = ledger_alloc(l, CLEAVE_BY_CLONE, 5, 0);
	KUNIT_EXPECT_TRUE(test, ledger_insert(l, mm(1), made));
	KUNIT_EXPECT_EQ(test, ledger_find(l, mm(1)), made);
	/* Of the other nothing is left. */
	KUNIT_EXPECT_EQ(test, ledger_at(l, met)->id, 0ULL);
	KUNIT_EXPECT_EQ(test, o->refs, 1ULL);
	/* But where it has a child: that goes on, and the other is not alive. */
	met = ledger_meet(l, mm(2), 6, 0);
	child = ledger_enter(l, mm(3), CLEAVE_BY_CLONE, 7, 0);
	cleave_as_follow(ledger_at(l, child), ledger_at(l, met), met - 1);
	made = ledger_enter(l, mm(2), CLEAVE_BY_CLONE, 6, 0);
	KUNIT_EXPECT_EQ(test, ledger_find(l, mm(2)), made);
	KUNIT_EXPECT_NE(test, ledger_at(l, met)->id, 0ULL);
	ledger_live(l, &t);
	KUNIT_EXPECT_EQ(test, t.live, 4ULL);
	ledger_unfollow(l, ledger_at(l, child));
	KUNIT_EXPECT_EQ(test, ledger_at(l, met)->id, 0ULL);
}

static void ledger_held(struct kunit *test)
{
	struct ledger *l = test->priv;
	u32 slot = ledger_enter(l, mm(1), CLEAVE_BY_EXEC, 1, 0);
	struct cleave_as *as = ledger_at(l, slot);

	KUNIT_EXPECT_EQ(test, ledger_hold(l, mm(2)), 0U);
	KUNIT_EXPECT_EQ(test, ledger_hold(l, NULL), 0U);
	KUNIT_EXPECT_EQ(test, ledger_hold(l, mm(1)), slot);
	KUNIT_EXPECT_EQ(test, as->refs, 2ULL);
	/* It ends meanwhile. */
	ledger_put(l, ledger_remove(l, mm(1)));
	KUNIT_EXPECT_NE(test, as->id, 0ULL);
	KUNIT_EXPECT_EQ(test, ledger_hold(l, mm(1)), 0U);
	ledger_put(l, slot);
	KUNIT_EXPECT_EQ(test, as->id, 0ULL);
	/* A free entry that an index still leads to is nobody's. */
	KUNIT_ASSERT_TRUE(test, table_set(&l->index, (unsigned long)mm(1), slot));
	KUNIT_EXPECT_EQ(test, ledger_hold(l, mm(1)), 0U);
	KUNIT_EXPECT_EQ(test, as->refs, 0ULL);
}

/* One caller has the process, and is waited for by its end. */
static void ledger_claims(struct kunit *test)
{
	struct ledger *l = test->priv;
	u64 as = 99, met = 99;
	int i;

	KUNIT_EXPECT_FALSE(test, ledger_is_claimed(l, 7));
	KUNIT_EXPECT_FALSE(test, ledger_is_entered(l, 7));
	KUNIT_EXPECT_TRUE(test, ledger_claim(l, 7, &met));
	KUNIT_EXPECT_FALSE(test, ledger_claim(l, 7, &met));
	KUNIT_EXPECT_EQ(test, met, 0ULL);
	KUNIT_EXPECT_TRUE(test, ledger_is_claimed(l, 7));
	KUNIT_EXPECT_FALSE(test, ledger_is_entered(l, 7));
	KUNIT_EXPECT_FALSE(test, ledger_end_proc(l, 7, &as, NULL));
	KUNIT_EXPECT_FALSE(test, ledger_end_lost(l, 7));
	KUNIT_EXPECT_TRUE(test, ledger_traces(l, 7));
	ledger_claimed(l, 7, 11);
	KUNIT_EXPECT_FALSE(test, ledger_is_claimed(l, 7));
	KUNIT_EXPECT_TRUE(test, ledger_is_entered(l, 7));
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(l, 7, &as, NULL));
	KUNIT_EXPECT_EQ(test, as, 11ULL);
	/* It does not come back. */
	ledger_claimed(l, 7, 11);
	KUNIT_EXPECT_FALSE(test, ledger_traces(l, 7));
	/* What an exec has told meanwhile is newer. */
	KUNIT_EXPECT_TRUE(test, ledger_claim(l, 7, &met));
	ledger_note_proc(l, 7, 12);
	ledger_claimed(l, 7, 11);
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(l, 7, &as, NULL));
	KUNIT_EXPECT_EQ(test, as, 12ULL);
	for (i = 1; i <= SLOTS; i++)
		KUNIT_EXPECT_TRUE(test, ledger_claim(l, i, &met));
	/* Without room in the table, too. */
	KUNIT_EXPECT_TRUE(test, ledger_claim(l, 99, &met));
	KUNIT_EXPECT_FALSE(test, ledger_claim(l, 99, &met));
	ledger_claimed(l, 99, 11);
	KUNIT_EXPECT_FALSE(test, ledger_end_proc(l, 99, &as, NULL));
	KUNIT_EXPECT_TRUE(test, ledger_end_lost(l, 99));
	/* Taken back, nothing is left of it. */
	KUNIT_EXPECT_TRUE(test, ledger_claim(l, 99, &met));
	ledger_disclaim(l, 99);
	ledger_disclaim(l, 1);
	KUNIT_EXPECT_FALSE(test, ledger_traces(l, 99));
	KUNIT_EXPECT_FALSE(test, ledger_traces(l, 1));
}

/* It is traced, as its end is to be told; and a look can claim it, once. */
static void ledger_met_before(struct kunit *test)
{
	struct ledger *l = test->priv;
	u64 as = 99, met = 99;

	ledger_note_met(l, 7, 11);
	KUNIT_EXPECT_TRUE(test, ledger_traces(l, 7));
	KUNIT_EXPECT_FALSE(test, ledger_is_entered(l, 7));
	KUNIT_EXPECT_FALSE(test, ledger_is_claimed(l, 7));
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(l, 7, &as, NULL));
	KUNIT_EXPECT_EQ(test, as, 11ULL);
	ledger_note_met(l, 7, 11);
	KUNIT_EXPECT_TRUE(test, ledger_claim(l, 7, &met));
	KUNIT_EXPECT_EQ(test, met, LEDGER_MET | 11);
	KUNIT_EXPECT_FALSE(test, ledger_claim(l, 7, &met));
	/* Nor is the claim forgotten where it is met once more. */
	ledger_note_met(l, 7, 12);
	KUNIT_EXPECT_TRUE(test, ledger_is_claimed(l, 7));
	ledger_claimed(l, 7, 11);
	KUNIT_EXPECT_TRUE(test, ledger_is_entered(l, 7));
	KUNIT_EXPECT_FALSE(test, ledger_claim(l, 7, &met));
	/* An exec comes before the look. */
	ledger_note_met(l, 8, 12);
	ledger_note_proc(l, 8, 13);
	KUNIT_EXPECT_TRUE(test, ledger_is_entered(l, 8));
	KUNIT_EXPECT_FALSE(test, ledger_claim(l, 8, &met));
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(l, 8, &as, NULL));
	KUNIT_EXPECT_EQ(test, as, 13ULL);
}

/* There is room for what it is in only later. */
static void ledger_met_again(struct kunit *test)
{
	struct ledger *l = test->priv;
	u64 as = 99, met = 99;

	ledger_lose_met(l, 7);
	ledger_note_met(l, 7, 11);
	KUNIT_EXPECT_TRUE(test, ledger_claim(l, 7, &met));
	KUNIT_EXPECT_EQ(test, met, LEDGER_MET | 11);
	ledger_note_proc(l, 8, 0);
	ledger_note_met(l, 8, 12);
	KUNIT_EXPECT_TRUE(test, ledger_is_entered(l, 8));
	ledger_note_proc(l, 9, LEDGER_LOST_NOW);
	ledger_note_met(l, 9, 13);
	KUNIT_EXPECT_TRUE(test, ledger_is_entered(l, 9));
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(l, 8, &as, NULL));
	KUNIT_EXPECT_EQ(test, as, 12ULL);
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(l, 9, &as, NULL));
	KUNIT_EXPECT_EQ(test, as, 13ULL);
}

/* In parts, and those that end meanwhile or are free are not in it. */
static void ledger_snaps(struct kunit *test)
{
	struct ledger *l = test->priv;
	struct cleave_snap snap[4];
	u32 slot[4], i;

	for (i = 0; i < 4; i++)
		slot[i] = ledger_enter(l, mm(i), CLEAVE_BY_CLONE, i + 1, 10);
	cleave_as_follow(ledger_at(l, slot[2]), ledger_at(l, slot[0]), slot[0] - 1);
	cleave_add(&ledger_at(l, slot[2])->cow[CLEAVE_COPIED], 3);
	i = 0;
	KUNIT_EXPECT_EQ(test, ledger_snap(l, &i, snap, 4, 30), 4U);
	KUNIT_EXPECT_EQ(test, i, 4U);
	KUNIT_EXPECT_EQ(test, snap[2].fig.as, ledger_at(l, slot[2])->id);
	KUNIT_EXPECT_EQ(test, snap[2].creator, ledger_at(l, slot[0])->id);
	KUNIT_EXPECT_EQ(test, snap[2].what, CLEAVE_HAS_FIGURES);
	KUNIT_EXPECT_EQ(test, snap[2].fig.cow[CLEAVE_COPIED], 3ULL);
	KUNIT_EXPECT_EQ(test, snap[2].fig.since_clone_ns, 20ULL);
	ledger_put(l, ledger_remove(l, mm(1)));
	i = 0;
	KUNIT_EXPECT_EQ(test, ledger_snap(l, &i, snap, 1, 30), 1U);
	KUNIT_EXPECT_EQ(test, snap[0].fig.as, ledger_at(l, slot[0])->id);
	KUNIT_EXPECT_EQ(test, i, 1U);
	KUNIT_EXPECT_EQ(test, ledger_snap(l, &i, snap, 2, 30), 2U);
	KUNIT_EXPECT_EQ(test, snap[0].fig.as, ledger_at(l, slot[2])->id);
	KUNIT_EXPECT_EQ(test, snap[1].fig.as, ledger_at(l, slot[3])->id);
	KUNIT_EXPECT_EQ(test, i, 4U);
	KUNIT_EXPECT_EQ(test, ledger_snap(l, &i, snap, 2, 30), 0U);
	i = ~0U;
	KUNIT_EXPECT_EQ(test, ledger_snap(l, &i, snap, 2, 30), 0U);
}

/* A step is bounded however little there is to be found. */
static void ledger_snaps_few(struct kunit *test)
{
	static struct ledger many;
	struct cleave_snap snap[2];
	u32 i, n = 0, steps = 0;

	KUNIT_ASSERT_EQ(test, ledger_init(&many, 3 * SNAP_LOOKS), 0);
	for (i = 0; i < 3 * SNAP_LOOKS; i++)
		ledger_enter(&many, mm(i), CLEAVE_BY_EXEC, 1, 1);
	for (i = 1; i < 3 * SNAP_LOOKS; i++)
		ledger_put(&many, ledger_remove(&many, mm(i)));
	for (i = 0; i < many.used; steps++)
		n += ledger_snap(&many, &i, snap, 2, 1);
	KUNIT_EXPECT_EQ(test, n, 1U);
	KUNIT_EXPECT_EQ(test, steps, 3U);
	ledger_destroy(&many);
	memset(&many, 0, sizeof(many));
}

static void ledger_procs(struct kunit *test)
{
	struct ledger *l = test->priv;
	u64 as = 99;

	KUNIT_EXPECT_FALSE(test, ledger_lost_now(l, 7));
	ledger_set_proc(l, 7, LEDGER_LOST_NOW);
	KUNIT_EXPECT_TRUE(test, ledger_lost_now(l, 7));
	KUNIT_EXPECT_FALSE(test, ledger_lost_now(l, 7));
	ledger_set_proc(l, 7, LEDGER_LOST_NOW);
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(l, 7, &as, NULL));
	KUNIT_EXPECT_EQ(test, as, 0ULL);
	as = 99;
	KUNIT_EXPECT_FALSE(test, ledger_end_proc(l, 7, &as, NULL));
	KUNIT_EXPECT_EQ(test, as, 99ULL);
	/* Traced, though the ledger had no room for its address space. */
	KUNIT_EXPECT_TRUE(test, ledger_set_proc(l, 7, 0));
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(l, 7, &as, NULL));
	KUNIT_EXPECT_EQ(test, as, 0ULL);
	ledger_set_proc(l, 7, 11);
	ledger_set_proc(l, 7, 12);
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(l, 7, &as, NULL));
	KUNIT_EXPECT_EQ(test, as, 12ULL);
	KUNIT_EXPECT_FALSE(test, ledger_end_proc(l, 7, &as, NULL));
}

/* Counted once for each process, whether that has room or not. */
static void ledger_met_lost(struct kunit *test)
{
	struct ledger *l = test->priv;
	u64 as, met;
	int i;

	for (i = 1; i <= SLOTS + 3; i++) {
		KUNIT_EXPECT_EQ(test, ledger_lose_met(l, i), i > SLOTS);
		KUNIT_EXPECT_FALSE(test, ledger_lose_met(l, i));
	}
	KUNIT_EXPECT_EQ(test, l->lost, SLOTS + 3ULL);
	KUNIT_EXPECT_TRUE(test, ledger_traces(l, 1));
	KUNIT_EXPECT_TRUE(test, ledger_traces(l, SLOTS + 3));
	KUNIT_EXPECT_FALSE(test, ledger_traces(l, SLOTS + 4));
	/* Where there is no room to say that it was met, no look can claim it. */
	KUNIT_EXPECT_FALSE(test, ledger_is_entered(l, 1));
	KUNIT_EXPECT_TRUE(test, ledger_is_entered(l, SLOTS + 3));
	KUNIT_EXPECT_FALSE(test, ledger_claim(l, SLOTS + 3, &met));
	/* Nothing of it is left for the next of that number. */
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(l, 1, &as, NULL));
	KUNIT_EXPECT_FALSE(test, ledger_end_lost(l, 1));
	KUNIT_EXPECT_TRUE(test, ledger_end_lost(l, SLOTS + 3));
	KUNIT_EXPECT_FALSE(test, ledger_traces(l, 1));
	KUNIT_EXPECT_FALSE(test, ledger_traces(l, SLOTS + 3));
	ledger_lose_met(l, 1);
	ledger_lose_met(l, SLOTS + 3);
	KUNIT_EXPECT_EQ(test, l->lost, SLOTS + 5ULL);
	/* One of which the last exec was counted is not counted again. */
	ledger_end_proc(l, 1, &as, NULL);
	ledger_note_proc(l, 1, LEDGER_LOST_NOW);
	ledger_lose_met(l, 1);
	KUNIT_EXPECT_EQ(test, l->lost, SLOTS + 5ULL);
}

/* Random clones and ends; a model knows who must still be there. */

#define MMS	20

static void ledger_random(struct kunit *test)
{
	struct ledger *l = test->priv;
	struct rnd rnd = { .state = 11 };
	u64 id[MMS] = {}, last = 0;
	u32 slot[MMS] = {};
	int i, step, lost = 0;

	for (step = 0; step < 50000; step++) {
		u32 n = rnd_below(&rnd, MMS), from = rnd_below(&rnd, MMS);

		if (slot[n] && rnd_below(&rnd, 2)) {
			KUNIT_ASSERT_EQ(test, ledger_remove(l, mm(n)), slot[n]);
			ledger_unfollow(l, ledger_at(l, slot[n]));
			ledger_put(l, slot[n]);
			slot[n] = 0;
		} else if (!slot[n]) {
			slot[n] = ledger_enter(l, mm(n), CLEAVE_BY_CLONE, n, 0);
			lost += !slot[n];
			if (!slot[n])
				continue;
			id[n] = ledger_at(l, slot[n])->id;
			KUNIT_ASSERT_GT(test, id[n], last);
			last = id[n];
			if (slot[from] && from != n)
				cleave_as_follow(ledger_at(l, slot[n]),
						 ledger_at(l, slot[from]),
						 slot[from] - 1);
		}
		for (i = 0; i < MMS; i++) {
			KUNIT_ASSERT_EQ(test, ledger_find(l, mm(i)), slot[i]);
			if (slot[i])
				KUNIT_ASSERT_EQ(test, ledger_at(l, slot[i])->id, id[i]);
		}
	}
	KUNIT_EXPECT_EQ(test, l->lost, (u64)lost);
	KUNIT_EXPECT_GT(test, lost, 100);
	for (i = 0; i < MMS; i++) {
		if (!slot[i])
			continue;
		ledger_remove(l, mm(i));
		ledger_unfollow(l, ledger_at(l, slot[i]));
		ledger_put(l, slot[i]);
	}
	/* Every reference has been given back. */
	for (i = 0; i < SLOTS; i++)
		KUNIT_EXPECT_NE(test, ledger_alloc(l, CLEAVE_BY_CLONE, 0, 0), 0U);
}

static struct kunit_case ledger_cases[] = {
	KUNIT_CASE(ledger_enter_find_remove),
	KUNIT_CASE(ledger_slots_come_back),
	KUNIT_CASE(ledger_full_is_counted),
	KUNIT_CASE(ledger_index_full),
	KUNIT_CASE(ledger_creator_outlives),
	KUNIT_CASE(ledger_many_children),
	KUNIT_CASE(ledger_live_totals),
	KUNIT_CASE(ledger_met_twice),
	KUNIT_CASE(ledger_clone_stands),
	KUNIT_CASE(ledger_held),
	KUNIT_CASE(ledger_claims),
	KUNIT_CASE(ledger_met_before),
	KUNIT_CASE(ledger_met_again),
	KUNIT_CASE(ledger_snaps),
	KUNIT_CASE(ledger_snaps_few),
	KUNIT_CASE(ledger_procs),
	KUNIT_CASE(ledger_met_lost),
	KUNIT_CASE(ledger_random),
	{}
};

static struct kunit_suite ledger_suite = {
	.name = "cleave_ledger",
	.init = ledger_setup,
	.exit = ledger_teardown,
	.test_cases = ledger_cases,
};

kunit_test_suite(ledger_suite);
