// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_live_agg.c - what a snapshot tells, of figures whose answers are known.
 *
 * Build: with user/agg/{families,live}.c, user/lib/hash.c and -fsanitize-coverage=trace-pc.
 */

#include "agg/live.h"
#include "allocations.h"
#include "shim.h"
#include "steps.h"

#define NOW	5000000000ULL

static int make_agg(struct kunit *test)
{
	test->priv = live_new();
	return test->priv ? 0 : -1;
}

static void drop_agg(struct kunit *test)
{
	live_free(test->priv);
}

static const struct live_look nothing;

/* One that was cloned: @copied by itself, @by_creator by its creator. */
static struct cleave_snap forked(__u64 as, __u64 creator, __u64 copied, __u64 by_creator)
{
	struct cleave_snap s = {
		.fig = { .as = as, .since_clone_ns = 1000, .shared = 75 },
		.creator = creator,
		.what = CLEAVE_HAS_FIGURES | (creator ? 0 : CLEAVE_NO_CREATOR),
	};

	s.fig.cow[CLEAVE_COPIED] = copied;
	s.fig.cow[CLEAVE_REUSED] = 4;
	s.fig.creator_cow[CLEAVE_COPIED] = by_creator;
	return s;
}

static void add(struct live_agg *l, struct cleave_snap snap, const struct live_look *look)
{
	live_add(l, &snap, look);
}

static void one(struct live_agg *l, struct cleave_snap snap, const struct live_look *look,
		struct ev_space *s)
{
	struct ev_snapshot e;

	live_begin(l, NOW);
	add(l, snap, look);
	live_end(l, NULL, &e);
	*s = e.spaces[0];
}

static void cloned(struct kunit *test)
{
	struct proc_ref p = { .id = 7, .space = 2, .pid = 42, .comm = "worker" };
	struct live_look look = { .proc = &p };
	struct ev_space s;

	one(test->priv, forked(2, 1, 10, 20), &look, &s);
	KUNIT_EXPECT_EQ(test, s.space, 2ULL);
	KUNIT_EXPECT_EQ(test, s.id, 7ULL);
	KUNIT_EXPECT_EQ(test, s.pid, 42);
	KUNIT_EXPECT_EQ(test, s.comm.len, 6U);
	KUNIT_EXPECT_EQ(test, memcmp(s.comm.s, "worker", 6), 0);
	KUNIT_EXPECT_EQ(test, s.creator_space, 1ULL);
	KUNIT_EXPECT_FALSE(test, s.attached);
	KUNIT_EXPECT_TRUE(test, s.aged);
	KUNIT_EXPECT_EQ(test, s.age_ns, 1000ULL);
	KUNIT_EXPECT_EQ(test, s.from, SHARED_CLONE);
	KUNIT_EXPECT_TRUE(test, s.base_known);
	KUNIT_EXPECT_TRUE(test, s.estimate_known);
	KUNIT_EXPECT_EQ(test, s.shared, 75ULL);
	KUNIT_EXPECT_EQ(test, s.shared_most, 65ULL);
	KUNIT_EXPECT_EQ(test, s.shared_estimate, 45ULL);
	KUNIT_EXPECT_FALSE(test, s.looked);
	KUNIT_EXPECT_TRUE(test, s.creator_known);
	KUNIT_EXPECT_EQ(test, s.cow[CLEAVE_REUSED], 4ULL);
	KUNIT_EXPECT_EQ(test, s.creator_cow[CLEAVE_COPIED], 20ULL);
}

/* With clones of its own, a page can be copied more than once. */
static void with_clones(struct kunit *test)
{
	struct cleave_snap snap = forked(2, 1, 10, 20);
	struct ev_space s;

	snap.fig.clones = 1;
	one(test->priv, snap, &nothing, &s);
	KUNIT_EXPECT_EQ(test, s.shared_most, 75ULL);
	KUNIT_EXPECT_EQ(test, s.shared_estimate, 45ULL);
	KUNIT_EXPECT_EQ(test, s.clones, 1ULL);
}

static void never_below_zero(struct kunit *test)
{
	struct ev_space s;

	one(test->priv, forked(2, 1, 70, 6), &nothing, &s);
	KUNIT_EXPECT_EQ(test, s.shared_most, 5ULL);
	KUNIT_EXPECT_EQ(test, s.shared_estimate, 0ULL);
	one(test->priv, forked(2, 1, 76, 6), &nothing, &s);
	KUNIT_EXPECT_EQ(test, s.shared_most, 0ULL);
	KUNIT_EXPECT_EQ(test, s.shared_estimate, 0ULL);
}

static void no_creator(struct kunit *test)
{
	struct cleave_snap snap = forked(2, 0, 10, 20);
	struct ev_snapshot e;
	struct ev_space s;

	one(test->priv, snap, &nothing, &s);
	KUNIT_EXPECT_FALSE(test, s.creator_known);
	KUNIT_EXPECT_EQ(test, s.creator_space, 0ULL);
	KUNIT_EXPECT_EQ(test, s.creator_cow[CLEAVE_COPIED], 0ULL);
	KUNIT_EXPECT_TRUE(test, s.base_known);
	KUNIT_EXPECT_EQ(test, s.shared_most, 65ULL);
	/* What its creator has copied is in it, too. */
	KUNIT_EXPECT_FALSE(test, s.estimate_known);
	live_begin(test->priv, NOW);
	add(test->priv, snap, &nothing);
	live_end(test->priv, NULL, &e);
	KUNIT_EXPECT_EQ(test, e.nr_families, 0U);
	KUNIT_EXPECT_EQ(test, e.extra, 0ULL);
}

static void attached(struct kunit *test)
{
	struct live_look look = { .started_ns = NOW - 300 };
	struct cleave_snap snap = forked(2, 1, 10, 20);
	struct ev_space s;

	snap.what |= CLEAVE_ATTACHED;
	one(test->priv, snap, &look, &s);
	KUNIT_EXPECT_TRUE(test, s.attached);
	KUNIT_EXPECT_EQ(test, s.age_ns, 300ULL);
	KUNIT_EXPECT_EQ(test, s.from, SHARED_UNKNOWN);
	KUNIT_EXPECT_FALSE(test, s.base_known);
	KUNIT_EXPECT_FALSE(test, s.estimate_known);
	look.base_known = true;
	look.base = 1000;
	look.looked = true;
	look.shared_now = 900;
	look.swap_now = 3;
	one(test->priv, snap, &look, &s);
	KUNIT_EXPECT_EQ(test, s.from, SHARED_LOOK);
	KUNIT_EXPECT_EQ(test, s.shared, 1000ULL);
	KUNIT_EXPECT_EQ(test, s.shared_most, 990ULL);
	KUNIT_EXPECT_EQ(test, s.shared_estimate, 970ULL);
	KUNIT_EXPECT_TRUE(test, s.looked);
	KUNIT_EXPECT_EQ(test, s.shared_now, 900ULL);
	KUNIT_EXPECT_EQ(test, s.swap_now, 3ULL);
	/* Its record was lost: when it began, nobody has told. */
	one(test->priv, snap, &nothing, &s);
	KUNIT_EXPECT_FALSE(test, s.aged);
}

/* Where it was counted at the clone, that stands. */
static void clone_before_look(struct kunit *test)
{
	struct live_look look = { .base_known = true, .base = 1000 };
	struct ev_space s;

	one(test->priv, forked(2, 1, 10, 20), &look, &s);
	KUNIT_EXPECT_EQ(test, s.from, SHARED_CLONE);
	KUNIT_EXPECT_EQ(test, s.shared, 75ULL);
}

static const struct ev_family *family(const struct ev_snapshot *e, __u64 space)
{
	__u32 i;

	for (i = 0; i < e->nr_families; i++)
		if (e->families[i].space == space)
			return &e->families[i];
	return NULL;
}

static struct cleave_snap creator(__u64 as)
{
	struct cleave_snap s = { .fig.as = as };

	s.fig.cow[CLEAVE_COPIED] = 500;
	return s;
}

static void families(struct kunit *test)
{
	struct proc_ref p = { .id = 3, .space = 1, .pid = 41, .comm = "server" };
	struct live_look look = { .proc = &p };
	struct cleave_snap execed = forked(7, 1, 60, 60);
	const struct ev_family *f;
	struct ev_snapshot e;

	execed.what = CLEAVE_AFTER_EXEC;
	live_begin(test->priv, NOW);
	/* In any order: a creator behind its children. */
	add(test->priv, forked(2, 1, 10, 20), &nothing);
	add(test->priv, forked(5, 4, 3, 2), &nothing);
	add(test->priv, forked(3, 1, 11, 9), &nothing);
	add(test->priv, creator(1), &look);
	add(test->priv, forked(6, 2, 1, 1), &nothing);
	add(test->priv, execed, &nothing);
	live_end(test->priv, NULL, &e);
	KUNIT_EXPECT_EQ(test, e.nr_spaces, 4U);
	KUNIT_EXPECT_EQ(test, e.nr_families, 3U);
	f = family(&e, 1);
	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_EXPECT_EQ(test, f->pid, 41);
	KUNIT_EXPECT_EQ(test, f->id, 3ULL);
	KUNIT_EXPECT_EQ(test, f->comm.len, 6U);
	KUNIT_EXPECT_EQ(test, f->children, 2ULL);
	KUNIT_EXPECT_EQ(test, f->extra, 10 + 11 + 20ULL);
	f = family(&e, 4);
	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_EXPECT_EQ(test, f->pid, 0);
	KUNIT_EXPECT_EQ(test, f->comm.len, 0U);
	/* It has ended, and what it had copied with it. */
	KUNIT_EXPECT_EQ(test, f->extra, 3ULL);
	f = family(&e, 2);
	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_EXPECT_EQ(test, f->extra, 2ULL);
	/* What 2 has copied since 6 was made is among what it has copied since it was made. */
	KUNIT_EXPECT_EQ(test, e.extra, 41 + 3 + 1ULL);
	KUNIT_EXPECT_EQ(test, e.peak, e.extra);
	KUNIT_EXPECT_EQ(test, e.spaces[0].creator_pid, 41);
	KUNIT_EXPECT_EQ(test, e.spaces[1].creator_pid, 0);
	KUNIT_EXPECT_EQ(test, e.spaces[2].creator_pid, 41);
}

/* One whose own creator nobody knows is in no family but its own. */
static void creator_of_nobody(struct kunit *test)
{
	struct ev_snapshot e;

	live_begin(test->priv, NOW);
	add(test->priv, forked(2, 0, 10, 0), &nothing);
	add(test->priv, forked(3, 2, 4, 7), &nothing);
	live_end(test->priv, NULL, &e);
	KUNIT_EXPECT_EQ(test, e.nr_families, 1U);
	KUNIT_EXPECT_EQ(test, family(&e, 2)->extra, 11ULL);
	KUNIT_EXPECT_EQ(test, e.extra, 11ULL);
}

static void round_of(struct live_agg *l, __u64 first, __u64 second, struct ev_snapshot *e)
{
	live_begin(l, NOW);
	if (first)
		add(l, forked(2, 1, first, 0), &nothing);
	if (second)
		add(l, forked(4, 3, second, 0), &nothing);
	live_end(l, NULL, e);
}

static void peaks(struct kunit *test)
{
	struct live_agg *l = test->priv;
	struct ev_snapshot e;

	round_of(l, 10, 50, &e);
	round_of(l, 30, 0, &e);
	KUNIT_EXPECT_EQ(test, e.nr_families, 1U);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->peak, 30ULL);
	KUNIT_EXPECT_EQ(test, e.extra, 30ULL);
	KUNIT_EXPECT_EQ(test, e.peak, 60ULL);
	/* One that was gone begins anew; one that stays keeps its peak. */
	round_of(l, 20, 5, &e);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->extra, 20ULL);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->peak, 30ULL);
	KUNIT_EXPECT_EQ(test, family(&e, 3)->peak, 5ULL);
	round_of(l, 0, 0, &e);
	KUNIT_EXPECT_EQ(test, e.nr_families, 0U);
	KUNIT_EXPECT_EQ(test, e.nr_spaces, 0U);
	KUNIT_EXPECT_EQ(test, e.peak, 60ULL);
}

static void leave(struct live_agg *l, __u64 as, __u64 copied, __u64 by_creator)
{
	const struct cleave_snap s = forked(as, 1, copied, by_creator);

	live_leave(l, &s.fig, s.what);
	live_end_of(l, as);
}

static void end_of(struct live_agg *l, struct ev_snapshot *e)
{
	add(l, creator(1), &nothing);
	live_end(l, NULL, e);
}

/* They have come and gone between two snapshots, or before the first. */
static void peaks_between(struct kunit *test)
{
	struct live_agg *l = test->priv;
	struct ev_snapshot e;

	live_enter(l, 2, 1, 100);
	live_enter(l, 3, 1, 200);
	leave(l, 2, 30, 5);
	live_begin(l, NOW);
	add(l, forked(3, 1, 10, 2), &nothing);
	end_of(l, &e);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->extra, 12ULL);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->peak, 35ULL);
	KUNIT_EXPECT_EQ(test, e.extra, 12ULL);
	KUNIT_EXPECT_EQ(test, e.peak, 35ULL);
	/* To what was last heard of the other one comes what this one has copied. */
	live_enter(l, 4, 1, 300);
	leave(l, 4, 40, 1);
	live_begin(l, NOW);
	add(l, forked(3, 1, 11, 3), &nothing);
	end_of(l, &e);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->extra, 14ULL);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->peak, 10 + 2 + 40ULL);
	/* What its creator has copied since then is in the older one's window, too. */
	live_enter(l, 5, 1, 400);
	leave(l, 5, 40, 20);
	live_begin(l, NOW);
	add(l, forked(3, 1, 11, 23), &nothing);
	end_of(l, &e);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->peak, 11 + 40 + 20ULL);
	KUNIT_EXPECT_EQ(test, e.peak, 71ULL);
}

/* A page counts once in a peak, too. */
static void peaks_of_generations(struct kunit *test)
{
	struct live_agg *l = test->priv;
	struct cleave_snap s = forked(3, 2, 1, 50);
	struct ev_snapshot e;

	live_enter(l, 2, 1, 100);
	live_enter(l, 3, 2, 200);
	live_leave(l, &s.fig, s.what);
	live_gone(l, 3);
	live_begin(l, NOW);
	add(l, forked(2, 1, 50, 7), &nothing);
	end_of(l, &e);
	KUNIT_EXPECT_EQ(test, e.extra, 57ULL);
	KUNIT_EXPECT_EQ(test, e.peak, 57ULL);
	s = forked(2, 1, 60, 7);
	live_leave(l, &s.fig, s.what);
	live_begin(l, NOW);
	end_of(l, &e);
	KUNIT_EXPECT_EQ(test, e.extra, 0ULL);
	KUNIT_EXPECT_EQ(test, e.peak, 67ULL);
}

/* Of a creator that lives it is kept, whether it has children or not. */
static void peaks_stay(struct kunit *test)
{
	struct live_agg *l = test->priv;
	struct ev_snapshot e;

	live_enter(l, 2, 1, 100);
	leave(l, 2, 30, 5);
	live_begin(l, NOW);
	end_of(l, &e);
	KUNIT_EXPECT_EQ(test, e.nr_families, 0U);
	live_enter(l, 3, 1, 200);
	live_begin(l, NOW);
	add(l, forked(3, 1, 1, 0), &nothing);
	end_of(l, &e);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->peak, 35ULL);
	/* It has exec'ed: what it copied before is there no more. */
	live_gone(l, 1);
	live_begin(l, NOW);
	add(l, forked(3, 1, 2, 4), &nothing);
	live_end(l, NULL, &e);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->extra, 2ULL);
	leave(l, 3, 2, 4);
	live_enter(l, 4, 1, 300);
	live_begin(l, NOW);
	add(l, forked(4, 1, 1, 0), &nothing);
	live_end(l, NULL, &e);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->peak, 1ULL);
}

/*
 * Made as the ledger was being read, one is in the next snapshot only; one that was in
 * the last has ended, and nobody has told.
 */
static void not_in_a_snapshot(struct kunit *test)
{
	struct live_agg *l = test->priv;
	struct ev_snapshot e;

	live_enter(l, 2, 1, 100);
	live_enter(l, 3, 1, 200);
	live_begin(l, NOW);
	add(l, forked(2, 1, 50, 0), &nothing);
	end_of(l, &e);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->children, 1ULL);
	live_begin(l, NOW);
	add(l, forked(3, 1, 5, 1), &nothing);
	end_of(l, &e);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->extra, 6ULL);
	leave(l, 3, 20, 2);
	live_begin(l, NOW);
	end_of(l, &e);
	KUNIT_EXPECT_EQ(test, e.peak, 50ULL);
	KUNIT_EXPECT_EQ(test, e.extra, 0ULL);
}

/* They were in the ledger when that was read, and their ends in the ring. */
static void ended_meanwhile(struct kunit *test)
{
	struct live_agg *l = test->priv;
	struct cleave_snap shared = creator(1), left;
	struct ev_snapshot e;
	__u64 i;

	live_enter(l, 2, 1, 100);
	live_enter(l, 3, 1, 200);
	live_enter(l, 4, 1, 300);
	leave(l, 2, 30, 5);
	left = forked(3, 1, 10, 0);
	live_leave(l, &left.fig, left.what);
	live_begin(l, NOW);
	for (i = 2; i <= 4; i++)
		add(l, forked(i, 1, 1, 0), &nothing);
	end_of(l, &e);
	KUNIT_ASSERT_EQ(test, e.nr_spaces, 1U);
	KUNIT_EXPECT_EQ(test, e.spaces[0].space, 4ULL);
	KUNIT_EXPECT_EQ(test, family(&e, 1)->children, 1ULL);
	KUNIT_EXPECT_EQ(test, e.extra, 1ULL);
	/* A creator that has ended is not there either; one that was left by an exec is. */
	live_end_of(l, 1);
	live_begin(l, NOW);
	add(l, forked(4, 1, 1, 2), &nothing);
	end_of(l, &e);
	KUNIT_EXPECT_EQ(test, e.extra, 1ULL);
	shared.what = CLEAVE_AFTER_EXEC;
	live_begin(l, NOW);
	add(l, forked(4, 1, 1, 2), &nothing);
	add(l, shared, &nothing);
	live_end(l, NULL, &e);
	KUNIT_EXPECT_EQ(test, e.extra, 3ULL);
	/* Of those that have ended there can be any number. */
	for (i = 10; i < 10000; i++)
		live_end_of(l, i);
	live_begin(l, NOW);
	for (i = 9000; i < 10000; i++)
		add(l, forked(i, 1, 1, 0), &nothing);
	live_end(l, NULL, &e);
	KUNIT_EXPECT_EQ(test, e.nr_spaces, 0U);
}

/* The last one that is left is not searched for, from whichever end they go. */
static void many_leave(struct kunit *test)
{
	struct live_agg *l = test->priv;
	unsigned long few = 0;
	unsigned int nr, i;

	for (nr = 1000; nr <= 100000; nr *= 100) {
		steps = 0;
		for (i = 0; i < nr; i++)
			live_enter(l, 2 + i, 1, i);
		for (i = 0; i < nr / 2; i++) {
			leave(l, 2 + i, 1, 1);
			leave(l, nr + 1 - i, 1, 1);
		}
		if (!few)
			few = steps;
	}
	KUNIT_EXPECT_LE(test, steps, 110 * few);
}

/* As old as no other, in no order. */
static __u64 mixed(unsigned int i)
{
	return i * 2654435761U;
}

/* Those that a snapshot meets come as they lie in the ledger. */
static unsigned long meet_mixed(struct live_agg *l, unsigned int nr)
{
	struct ev_snapshot e;
	unsigned int i;

	steps = 0;
	live_begin(l, 1ULL << 40);
	for (i = 0; i < nr; i++) {
		struct cleave_snap s = forked(2 + i, 1, 1, 0);

		s.fig.since_clone_ns = mixed(i);
		add(l, s, &nothing);
	}
	end_of(l, &e);
	return steps;
}

static void many_in_any_order(struct kunit *test)
{
	struct live_agg *l = test->priv;
	unsigned long met, told;
	unsigned int i;

	/* Once more, as the table was small. */
	meet_mixed(l, 500);
	meet_mixed(l, 0);
	met = meet_mixed(l, 500);
	meet_mixed(l, 0);
	/* 20 times as many; each a logarithm of them, at most. */
	KUNIT_EXPECT_LE(test, meet_mixed(l, 10000), 40 * met);
	steps = 0;
	for (i = 0; i < 500; i++)
		live_enter(l, 1000002 + i, 1, mixed(i));
	told = steps;
	steps = 0;
	for (; i < 10000; i++)
		live_enter(l, 1000002 + i, 1, mixed(i));
	KUNIT_EXPECT_LE(test, steps, 40 * told);
}

/* Whichever go first, the oldest of those that are left is the one. */
static void oldest_of_many(struct kunit *test)
{
	struct live_agg *l = test->priv;
	const unsigned int nr = 100;
	struct ev_snapshot e;
	unsigned int i, k;

	for (i = 0; i < nr; i++)
		live_enter(l, 2 + i, 1, i * 7 % nr);
	/* Each tells what its creator has copied since then, the youngest first. */
	for (i = 0; i < nr; i++) {
		live_begin(l, NOW);
		for (k = i; k < nr; k++)
			add(l, forked(2 + k * 43 % nr, 1, 0, nr - k), &nothing);
		end_of(l, &e);
		KUNIT_ASSERT_EQ(test, family(&e, 1)->extra, 1ULL * nr - i);
		leave(l, 2 + i * 43 % nr, 0, nr - i);
	}
}

static void totals(struct kunit *test)
{
	struct cleave_totals t = { .as_lost = 1000, .missed = 100, .clone_errors = 9 };
	struct ev_snapshot e;

	t.clones[CLEAVE_KIND_PROCESS] = 17;
	t.clones[CLEAVE_KIND_THREAD] = 400;
	t.clones[CLEAVE_KIND_VFORK] = 30;
	t.lost[CLEAVE_REC_CLONE] = 10;
	t.lost[CLEAVE_NR_RECS - 1] = 1;
	live_begin(test->priv, NOW);
	live_end(test->priv, &t, &e);
	KUNIT_EXPECT_TRUE(test, e.totals_known);
	KUNIT_EXPECT_EQ(test, e.clones, 17ULL);
	KUNIT_EXPECT_EQ(test, e.lost, 1111ULL);
	live_begin(test->priv, NOW);
	live_end(test->priv, NULL, &e);
	KUNIT_EXPECT_FALSE(test, e.totals_known);
}

/* Spaces whose identities are @from and on, each fifth one a creator of four. */
static unsigned long work(struct live_agg *l, __u64 from, unsigned int nr,
			  struct ev_snapshot *e)
{
	unsigned int i;

	steps = 0;
	live_begin(l, NOW);
	for (i = 0; i < nr; i++)
		add(l, i % 5 ? forked(from + i, from + i - i % 5, 1, 1) : creator(from + i),
		    &nothing);
	live_end(l, NULL, e);
	return steps;
}

static void linear(struct kunit *test)
{
	struct live_agg *l = test->priv;
	unsigned long few, many;
	struct ev_snapshot e;

	few = work(l, 1, 1000, &e);
	KUNIT_EXPECT_EQ(test, e.nr_families, 200U);
	few = work(l, 1, 1000, &e);
	work(l, 1, 100000, &e);
	many = work(l, 1, 100000, &e);
	KUNIT_EXPECT_EQ(test, e.nr_families, 20000U);
	KUNIT_EXPECT_EQ(test, e.extra, 20000 * 5ULL);
	KUNIT_EXPECT_LE(test, many, 110 * few);
}

/* All others each time: memory is that of the first. */
static void reused(struct kunit *test)
{
	struct live_agg *l = test->priv;
	struct ev_snapshot e;
	unsigned int i;

	work(l, 1, 1000, &e);
	work(l, 1000000, 1000, &e);
	if (!count_allocations())
		kunit_skip(test, "allocations cannot be counted");
	for (i = 2; i < 10; i++) {
		work(l, 1000000ULL * i, 1000, &e);
		KUNIT_EXPECT_EQ(test, e.nr_families, 200U);
	}
	/* The table of families may grow and shrink. */
	KUNIT_EXPECT_LE(test, allocations, 8 * 4UL);
}

static struct cleave_snap timed(struct cleave_snap s, enum cleave_side side, __u64 sum)
{
	s.took[side] = (struct cleave_spent) {
		.breaks = 5, .count = 4, .sum_ns = sum, .max_ns = sum / 2,
	};
	return s;
}

static void expect_spent(struct kunit *test, const struct ev_spent *s, __u64 nr, __u64 sum,
			 __u64 max)
{
	KUNIT_EXPECT_EQ(test, s->count, 4 * nr);
	KUNIT_EXPECT_EQ(test, s->untimed, nr);
	KUNIT_EXPECT_EQ(test, s->sum_ns, sum);
	KUNIT_EXPECT_EQ(test, s->max_ns, max);
}

/* Of the children, of their creator, and of all that are alive. */
static void times_add_up(struct kunit *test)
{
	struct live_agg *l = test->priv;
	const struct ev_family *f;
	struct ev_snapshot e;
	int round;

	live_time(l);
	/* The one before is in none of it. */
	for (round = 0; round < 2; round++) {
		live_begin(l, NOW);
		add(l, timed(forked(2, 1, 0, 0), CLEAVE_SIDE_BEFORE_EXEC, 100), &nothing);
		add(l, timed(creator(1), CLEAVE_SIDE_CREATOR, 1000), &nothing);
		add(l, timed(forked(3, 1, 0, 0), CLEAVE_SIDE_BEFORE_EXEC, 300), &nothing);
		add(l, timed(forked(4, 0, 0, 0), CLEAVE_SIDE_BEFORE_EXEC, 50), &nothing);
		add(l, timed(creator(9), CLEAVE_SIDE_AFTER, 7), &nothing);
		live_end(l, NULL, &e);
	}
	KUNIT_ASSERT_EQ(test, e.nr_spaces, 3U);
	KUNIT_EXPECT_TRUE(test, e.spaces[1].took.known);
	expect_spent(test, &e.spaces[1].took.before_exec, 1, 300, 150);
	KUNIT_ASSERT_EQ(test, e.nr_families, 1U);
	f = e.families;
	KUNIT_EXPECT_TRUE(test, f->took.known);
	KUNIT_EXPECT_TRUE(test, f->took.creator_known);
	expect_spent(test, &f->took.before_exec, 2, 400, 150);
	expect_spent(test, &f->took.creator, 1, 1000, 500);
	KUNIT_EXPECT_TRUE(test, e.took.known);
	KUNIT_EXPECT_TRUE(test, e.took.creator_known);
	expect_spent(test, &e.took.before_exec, 3, 450, 150);
	expect_spent(test, &e.took.creator, 1, 1000, 500);
}

/* What a creator took that has ended nobody knows; and nothing, where nobody has asked. */
static void times_of_the_ended(struct kunit *test)
{
	struct live_agg *l = test->priv;
	struct ev_snapshot e;

	live_begin(l, NOW);
	add(l, forked(2, 1, 0, 0), &nothing);
	live_end(l, NULL, &e);
	KUNIT_EXPECT_FALSE(test, e.took.known);
	KUNIT_EXPECT_FALSE(test, e.spaces[0].took.known);
	KUNIT_EXPECT_FALSE(test, e.families[0].took.known);
	live_time(l);
	live_begin(l, NOW);
	add(l, timed(forked(2, 1, 0, 0), CLEAVE_SIDE_BEFORE_EXEC, 100), &nothing);
	live_end(l, NULL, &e);
	KUNIT_ASSERT_EQ(test, e.nr_families, 1U);
	KUNIT_EXPECT_TRUE(test, e.families[0].took.known);
	KUNIT_EXPECT_FALSE(test, e.families[0].took.creator_known);
	expect_spent(test, &e.families[0].took.before_exec, 1, 100, 50);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(cloned),
	KUNIT_CASE(with_clones),
	KUNIT_CASE(never_below_zero),
	KUNIT_CASE(no_creator),
	KUNIT_CASE(attached),
	KUNIT_CASE(clone_before_look),
	KUNIT_CASE(families),
	KUNIT_CASE(creator_of_nobody),
	KUNIT_CASE(peaks),
	KUNIT_CASE(peaks_between),
	KUNIT_CASE(peaks_of_generations),
	KUNIT_CASE(peaks_stay),
	KUNIT_CASE(not_in_a_snapshot),
	KUNIT_CASE(ended_meanwhile),
	KUNIT_CASE(many_leave),
	KUNIT_CASE(many_in_any_order),
	KUNIT_CASE(oldest_of_many),
	KUNIT_CASE(totals),
	KUNIT_CASE(linear),
	KUNIT_CASE(reused),
	KUNIT_CASE(times_add_up),
	KUNIT_CASE(times_of_the_ended),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_live_agg",
	.init = make_agg,
	.exit = drop_agg,
	.test_cases = cases,
};

kunit_test_suite(suite);
