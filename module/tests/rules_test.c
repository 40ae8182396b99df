// SPDX-License-Identifier: GPL-2.0-only
/* rules_test.c - the accounting rules that all three worlds share. */
#include "test.h"
#include "cleave_rules.h"

/* ---- classes of pages ---- */

static void rules_shared(struct kunit *test)
{
	struct cleave_pages p = {
		.anon = 1, .anon_huge = 20, .file = 300, .swap = 4000,
		.hugetlb = 50000, .shmem = 600000, .copied = 7000000, .vm = 80000000,
	};

	KUNIT_EXPECT_EQ(test, cleave_shared(&p), 54321ULL);
}

static void rules_never_copied(struct kunit *test)
{
	static const struct {
		u64 shared, copied, want;
	} c[] = {
		{ 0, 0, 0 }, { 10, 0, 10 }, { 10, 4, 6 }, { 10, 10, 0 },
		{ 10, 11, 0 }, { 0, ~0ULL, 0 }, { ~0ULL, 1, ~0ULL - 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		struct cleave_figures f = { .shared = c[i].shared };

		f.cow[CLEAVE_COPIED] = c[i].copied;
		/* No other outcome counts, nor the creator's. */
		f.cow[CLEAVE_REUSED] = 3;
		f.cow[CLEAVE_FILE] = 3;
		f.creator_cow[CLEAVE_COPIED] = 3;
		KUNIT_EXPECT_EQ(test, cleave_never_copied(&f), c[i].want);
	}
}

static void rules_cloned_splits_pages(struct kunit *test)
{
	struct cleave_as creator = {}, as;
	struct cleave_pages p = { .anon = 1000, .file = 5, .hugetlb = 1024, .shmem = 9 };

	cleave_as_init(&creator, 1, CLEAVE_BY_EXEC, 10, 0);
	cleave_as_init(&as, 2, CLEAVE_BY_CLONE, 0, 100);
	as.huge = 512;
	as.copied = 8;
	as.copied_hugetlb = 512;
	cleave_as_cloned(&as, &creator, 20, 200, &p);
	KUNIT_EXPECT_EQ(test, p.anon_huge, 512ULL);
	KUNIT_EXPECT_EQ(test, p.anon, 480ULL);
	KUNIT_EXPECT_EQ(test, p.hugetlb, 512ULL);
	KUNIT_EXPECT_EQ(test, p.copied, 520ULL);
	KUNIT_EXPECT_EQ(test, p.shmem, 9ULL);
	KUNIT_EXPECT_EQ(test, as.shared, 512ULL + 480 + 512 + 5);
	KUNIT_EXPECT_EQ(test, as.owner, 20);
	KUNIT_EXPECT_EQ(test, as.start_ns, 200ULL);
	KUNIT_EXPECT_EQ(test, creator.clones, 1ULL);
}

/* The kernel's counters are read without a lock: no class goes below 0. */
static void rules_cloned_never_negative(struct kunit *test)
{
	struct cleave_as as;
	struct cleave_pages p = { .anon = 10, .hugetlb = 1 };

	cleave_as_init(&as, 2, CLEAVE_BY_CLONE, 0, 100);
	as.huge = 512;
	as.copied = 7;
	as.copied_hugetlb = 2;
	cleave_as_cloned(&as, NULL, 20, 200, &p);
	KUNIT_EXPECT_EQ(test, p.anon_huge, 10ULL);
	KUNIT_EXPECT_EQ(test, p.anon, 0ULL);
	KUNIT_EXPECT_EQ(test, p.hugetlb, 0ULL);
	KUNIT_EXPECT_EQ(test, p.copied, 1ULL);
	KUNIT_EXPECT_EQ(test, as.shared, 10ULL);
}

/* ---- the life of an entry ---- */

static void rules_init(struct kunit *test)
{
	struct cleave_as as;

	memset(&as, 0xff, sizeof(as));
	cleave_as_init(&as, 7, CLEAVE_BY_FOUND, 42, 1000);
	KUNIT_EXPECT_EQ(test, as.id, 7ULL);
	KUNIT_EXPECT_EQ(test, as.origin, (u32)CLEAVE_BY_FOUND);
	KUNIT_EXPECT_EQ(test, as.owner, 42);
	KUNIT_EXPECT_EQ(test, as.start_ns, 1000ULL);
	KUNIT_EXPECT_EQ(test, as.refs, 1ULL);
	KUNIT_EXPECT_EQ(test, as.creator, 0U);
	KUNIT_EXPECT_EQ(test, as.state, 0U);
	KUNIT_EXPECT_EQ(test, as.cow[CLEAVE_NOT_A_BREAK], 0ULL);
	KUNIT_EXPECT_EQ(test, as.creator_base[CLEAVE_COPIED], 0ULL);
}

static void rules_settle(struct kunit *test)
{
	u64 cow[CLEAVE_NR_OUTCOMES] = {
		[CLEAVE_COPIED] = 3, [CLEAVE_HUGETLB_REUSED] = 2,
		[CLEAVE_FILE_FIRST] = 9, [CLEAVE_NOT_A_BREAK] = 6,
	};

	cleave_settle(cow);
	KUNIT_EXPECT_EQ(test, cow[CLEAVE_COPIED], 3ULL);
	KUNIT_EXPECT_EQ(test, cow[CLEAVE_HUGETLB_REUSED], 2ULL);
	KUNIT_EXPECT_EQ(test, cow[CLEAVE_FILE_FIRST], 9ULL);
	KUNIT_EXPECT_EQ(test, cow[CLEAVE_NOT_A_BREAK], 1ULL);
	/* A call that began before the window. */
	cow[CLEAVE_NOT_A_BREAK] = 4;
	cleave_settle(cow);
	KUNIT_EXPECT_EQ(test, cow[CLEAVE_NOT_A_BREAK], 0ULL);
}

static void rules_fault(struct kunit *test)
{
	struct cleave_as as;
	u64 cow[CLEAVE_NR_OUTCOMES];
	int i;

	cleave_as_init(&as, 1, CLEAVE_BY_CLONE, 1, 1);
	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++) {
		if (i != CLEAVE_FILE_FIRST)
			cleave_fault_begins(&as);
		KUNIT_EXPECT_EQ(test, cleave_fault_outcome(&as, i),
				(int)(i < CLEAVE_FILE_FIRST));
	}
	cleave_as_cow(&as, cow);
	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++)
		KUNIT_EXPECT_EQ(test, cow[i], 1ULL);
}

/* Who closes an entry: its owner's exec, or the end of the address space. */
struct close_case {
	const char *name;
	u32 origin;
	s32 tgid;		/* that execs; the owner is 7 */
	int failed;
	bool ends_within;	/* torn down before the exec returns */
	int by_exec;		/* the exec closes it */
	u32 end;		/* what the end is told */
};

static const struct close_case closes[] = {
	{ "exec_then_end", CLEAVE_BY_CLONE, 7, 0, false, 1, CLEAVE_AFTER_EXEC },
	{ "end_in_exec", CLEAVE_BY_CLONE, 7, 0, true, 1, CLEAVE_TOLD_BY_EXEC },
	{ "failed", CLEAVE_BY_CLONE, 7, 1, false, 0, CLEAVE_HAS_FIGURES },
	{ "failed_past_return", CLEAVE_BY_CLONE, 7, 1, true, 1, CLEAVE_TOLD_BY_EXEC },
	{ "by_other", CLEAVE_BY_CLONE, 8, 0, false, 0, CLEAVE_HAS_FIGURES },
	{ "end_in_others", CLEAVE_BY_CLONE, 8, 0, true, 0, CLEAVE_HAS_FIGURES },
	{ "again", CLEAVE_BY_EXEC, 7, 0, false, 0, 0 },
	{ "end_in_again", CLEAVE_BY_EXEC, 7, 0, true, 0, CLEAVE_TOLD_BY_EXEC },
	{ "found_fails", CLEAVE_BY_FOUND, 7, 1, false, 0, 0 },
};

static void close_name(const struct close_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", c->name);
}

KUNIT_ARRAY_PARAM(closes, closes, close_name);

static void rules_close(struct kunit *test)
{
	const struct close_case *c = test->param_value;
	struct cleave_as as = { .origin = c->origin, .owner = 7 };

	KUNIT_EXPECT_EQ(test, cleave_as_exec_begins(&as, c->tgid), c->tgid == 7);
	if (c->ends_within)
		KUNIT_EXPECT_EQ(test, cleave_as_ends(&as), c->end);
	KUNIT_EXPECT_EQ(test, cleave_as_exec_ends(&as, c->tgid, c->failed), c->by_exec);
	if (!c->ends_within)
		KUNIT_EXPECT_EQ(test, cleave_as_ends(&as), c->end);
}

/* It is known whose it is only while its owner is in an exec. */
static void rules_close_claimed(struct kunit *test)
{
	struct cleave_as as;

	cleave_as_init(&as, 1, CLEAVE_BY_FOUND, 0, 0);
	KUNIT_EXPECT_FALSE(test, cleave_as_exec_begins(&as, 7));
	as.owner = 7;
	as.origin = CLEAVE_BY_FOUND_FORK;
	KUNIT_EXPECT_EQ(test, cleave_as_ends(&as), CLEAVE_HAS_FIGURES);
	KUNIT_EXPECT_FALSE(test, cleave_as_exec_ends(&as, 7, 0));

	cleave_as_init(&as, 1, CLEAVE_BY_FOUND, 0, 0);
	KUNIT_EXPECT_FALSE(test, cleave_as_exec_begins(&as, 7));
	as.owner = 7;
	as.origin = CLEAVE_BY_FOUND_FORK;
	KUNIT_EXPECT_TRUE(test, cleave_as_exec_ends(&as, 7, 0));
	KUNIT_EXPECT_EQ(test, cleave_as_ends(&as), CLEAVE_AFTER_EXEC);
}

/*
 * One that was met ends, or is given up by its owner's exec, before a look has come to
 * it: without figures, and it stays so.
 */
static void rules_close_met(struct kunit *test)
{
	struct cleave_as as;
	int i;

	for (i = 0; i < 4; i++) {
		cleave_as_init(&as, 1, CLEAVE_BY_MET, 7, 0);
		if (i != 1)
			KUNIT_EXPECT_TRUE(test, cleave_as_exec_begins(&as, 7));
		if (i < 2)
			KUNIT_EXPECT_EQ(test, cleave_as_ends(&as),
					i ? 0 : CLEAVE_TOLD_BY_EXEC);
		else if (i == 2)
			KUNIT_EXPECT_FALSE(test, cleave_as_exec_ends(&as, 7, 0));
		else
			KUNIT_EXPECT_TRUE(test, cleave_as_gives_up(&as, 7, 0));
		KUNIT_EXPECT_FALSE(test, cleave_as_claim(&as,
							 CLEAVE_BY_FOUND_FORK));
		KUNIT_EXPECT_FALSE(test, cleave_as_forked(&as));
	}
	/* Who goes on in it, or is in it with another, gives nothing up. */
	cleave_as_init(&as, 1, CLEAVE_BY_MET, 7, 0);
	cleave_as_exec_begins(&as, 7);
	KUNIT_EXPECT_FALSE(test, cleave_as_gives_up(&as, 7, 1));
	KUNIT_EXPECT_FALSE(test, cleave_as_exec_ends(&as, 7, 1));
	KUNIT_EXPECT_FALSE(test, cleave_as_gives_up(&as, 8, 0));
	KUNIT_EXPECT_FALSE(test, cleave_as_exec_ends(&as, 8, 0));
	KUNIT_EXPECT_TRUE(test, cleave_as_claim(&as, CLEAVE_BY_FOUND_FORK));
	KUNIT_EXPECT_FALSE(test, cleave_as_claim(&as, CLEAVE_BY_FOUND));
	KUNIT_EXPECT_EQ(test, cleave_as_ends(&as), CLEAVE_HAS_FIGURES);
}

#ifdef CLEAVE_USER

/*
 * The one comes at the last moment before the other's step: what that has read
 * before is worth nothing, only what the step itself returns.
 */
static struct cleave_as raced;
static int raced_failed, raced_closed;

static void end_meanwhile(void)
{
	shim_before_bits = NULL;
	raced_closed += !!(cleave_as_ends(&raced) & CLEAVE_HAS_FIGURES);
}

static void exec_meanwhile(void)
{
	shim_before_bits = NULL;
	raced_closed += cleave_as_exec_ends(&raced, 7, raced_failed);
}

static void rules_close_race(struct kunit *test)
{
	int i;

	for (i = 0; i < 4; i++) {
		raced = (struct cleave_as){ .origin = CLEAVE_BY_CLONE, .owner = 7 };
		raced_failed = i & 1;
		raced_closed = 0;
		cleave_as_exec_begins(&raced, 7);
		shim_before_bits = i & 2 ? exec_meanwhile : end_meanwhile;
		if (i & 2)
			raced_closed += !!(cleave_as_ends(&raced) &
					   CLEAVE_HAS_FIGURES);
		else
			raced_closed += cleave_as_exec_ends(&raced, 7, raced_failed);
		KUNIT_EXPECT_NULL(test, shim_before_bits);
		KUNIT_EXPECT_EQ(test, raced_closed, 1);
	}
}

#endif

/* Breaks of the creator count for each child while it lives in what it got. */
static void rules_windows(struct kunit *test)
{
	struct cleave_as creator, a, b;
	struct cleave_figures f;

	cleave_as_init(&creator, 1, CLEAVE_BY_EXEC, 1, 0);
	cleave_add(&creator.cow[CLEAVE_COPIED], 100);
	cleave_as_init(&a, 2, CLEAVE_BY_CLONE, 2, 0);
	cleave_as_follow(&a, &creator, 0);
	cleave_add(&creator.cow[CLEAVE_COPIED], 10);
	cleave_as_init(&b, 3, CLEAVE_BY_CLONE, 3, 0);
	cleave_as_follow(&b, &creator, 0);
	cleave_add(&creator.cow[CLEAVE_COPIED], 1);
	cleave_add(&creator.cow[CLEAVE_REUSED], 2);
	KUNIT_EXPECT_EQ(test, creator.refs, 3ULL);
	KUNIT_EXPECT_EQ(test, a.creator, 1U);

	KUNIT_EXPECT_EQ(test, cleave_as_figures(&a, &creator, 0, &f), CLEAVE_HAS_FIGURES);
	KUNIT_EXPECT_EQ(test, f.creator_cow[CLEAVE_COPIED], 11ULL);
	KUNIT_EXPECT_EQ(test, f.creator_cow[CLEAVE_REUSED], 2ULL);
	cleave_as_figures(&b, &creator, 0, &f);
	KUNIT_EXPECT_EQ(test, f.creator_cow[CLEAVE_COPIED], 1ULL);
	KUNIT_EXPECT_EQ(test, f.creator_cow[CLEAVE_REUSED], 2ULL);

	/* dup_mmap() opens it anew: what was before is not due to this clone. */
	cleave_as_window(&a, &creator);
	cleave_add(&creator.cow[CLEAVE_COPIED], 5);
	cleave_as_figures(&a, &creator, 0, &f);
	KUNIT_EXPECT_EQ(test, f.creator_cow[CLEAVE_COPIED], 5ULL);
	KUNIT_EXPECT_EQ(test, f.creator_cow[CLEAVE_REUSED], 0ULL);
	KUNIT_EXPECT_EQ(test, creator.refs, 3ULL);
	cleave_as_figures(&b, &creator, 0, &f);
	KUNIT_EXPECT_EQ(test, f.creator_cow[CLEAVE_COPIED], 6ULL);
}

static void rules_figures(struct kunit *test)
{
	struct cleave_as as;
	struct cleave_figures f;
	int i;

	memset(&f, 0xff, sizeof(f));
	cleave_as_init(&as, 9, CLEAVE_BY_CLONE, 2, 1000);
	as.shared = 77;
	as.clones = 3;
	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++)
		as.cow[i] = 10 + i;
	/* Calls: those with an outcome, and 22 more. */
	as.cow[CLEAVE_NOT_A_BREAK] = 11 * 10 + 55 + 22;
	KUNIT_EXPECT_EQ(test, cleave_as_figures(&as, NULL, 1500, &f),
			CLEAVE_HAS_FIGURES | CLEAVE_NO_CREATOR);
	KUNIT_EXPECT_EQ(test, f.as, 9ULL);
	KUNIT_EXPECT_EQ(test, f.since_clone_ns, 500ULL);
	KUNIT_EXPECT_EQ(test, f.shared, 77ULL);
	KUNIT_EXPECT_EQ(test, f.clones, 3ULL);
	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++) {
		KUNIT_EXPECT_EQ(test, f.cow[i], 10ULL + i);
		KUNIT_EXPECT_EQ(test, f.creator_cow[i], 0ULL);
	}
}

/* One that was there before: before exec or not, and by whom it was made. */
static void rules_attached(struct kunit *test)
{
	struct cleave_kin kin = { .forknoexec = 1, .parent_exec_id = 3, .self_exec_id = 3 };
	struct cleave_as as;
	struct cleave_figures f;

	KUNIT_EXPECT_TRUE(test, cleave_kin_creator(&kin));
	KUNIT_EXPECT_EQ(test, cleave_kin_origin(&kin), CLEAVE_BY_FOUND_FORK);
	kin.parent_reaps = 1;
	KUNIT_EXPECT_FALSE(test, cleave_kin_creator(&kin));
	kin.parent_reaps = 0;
	kin.self_exec_id = 4;
	KUNIT_EXPECT_FALSE(test, cleave_kin_creator(&kin));
	KUNIT_EXPECT_EQ(test, cleave_kin_origin(&kin), CLEAVE_BY_FOUND_FORK);
	kin.self_exec_id = 3;
	kin.forknoexec = 0;
	KUNIT_EXPECT_FALSE(test, cleave_kin_creator(&kin));
	KUNIT_EXPECT_EQ(test, cleave_kin_origin(&kin), CLEAVE_BY_FOUND);

	cleave_as_init(&as, 1, CLEAVE_BY_FOUND_FORK, 7, 0);
	KUNIT_EXPECT_EQ(test, cleave_as_figures(&as, NULL, 0, &f),
			CLEAVE_HAS_FIGURES | CLEAVE_NO_CREATOR | CLEAVE_ATTACHED);
	KUNIT_EXPECT_TRUE(test, cleave_as_exec_begins(&as, 7));
	KUNIT_EXPECT_TRUE(test, cleave_as_exec_ends(&as, 7, 0));
	KUNIT_EXPECT_EQ(test, cleave_as_ends(&as), CLEAVE_AFTER_EXEC);

	cleave_as_init(&as, 2, CLEAVE_BY_FOUND_FORK, 7, 0);
	KUNIT_EXPECT_EQ(test, cleave_as_ends(&as), CLEAVE_HAS_FIGURES);
	cleave_as_init(&as, 3, CLEAVE_BY_FOUND, 7, 0);
	KUNIT_EXPECT_FALSE(test, cleave_as_exec_ends(&as, 7, 0));
	KUNIT_EXPECT_EQ(test, cleave_as_ends(&as), 0U);
}

static void rules_snap(struct kunit *test)
{
	struct cleave_pages pages = { .anon = 10 };
	struct cleave_as pool[3] = {};
	struct cleave_snap snap;

	KUNIT_EXPECT_FALSE(test, cleave_as_snap(pool, 3, 0, 9, &snap));
	cleave_as_init(&pool[1], 5, CLEAVE_BY_EXEC, 7, 1);
	KUNIT_EXPECT_TRUE(test, cleave_as_snap(pool, 3, 1, 9, &snap));
	KUNIT_EXPECT_EQ(test, snap.fig.as, 5ULL);
	KUNIT_EXPECT_EQ(test, snap.creator, 0ULL);
	KUNIT_EXPECT_EQ(test, snap.what, 0U);

	/* While copy_process() makes it, it is not there yet. */
	cleave_as_init(&pool[0], 6, CLEAVE_BY_CLONE, 0, 2);
	cleave_as_follow(&pool[0], &pool[1], 1);
	KUNIT_EXPECT_FALSE(test, cleave_as_snap(pool, 3, 0, 9, &snap));
	/* Nor one that was found, until it is known who its creator is. */
	pool[0].origin = CLEAVE_BY_FOUND_FORK;
	KUNIT_EXPECT_FALSE(test, cleave_as_snap(pool, 3, 0, 9, &snap));
	pool[0].origin = CLEAVE_BY_CLONE;
	cleave_as_cloned(&pool[0], &pool[1], 8, 3, &pages);
	cleave_add(&pool[1].cow[CLEAVE_COPIED], 4);
	cleave_add(&pool[0].cow[CLEAVE_COPIED], 2);
	KUNIT_EXPECT_TRUE(test, cleave_as_snap(pool, 3, 0, 9, &snap));
	KUNIT_EXPECT_EQ(test, snap.what, CLEAVE_HAS_FIGURES);
	KUNIT_EXPECT_EQ(test, snap.creator, 5ULL);
	KUNIT_EXPECT_EQ(test, snap.fig.shared, 10ULL);
	KUNIT_EXPECT_EQ(test, snap.fig.since_clone_ns, 6ULL);
	KUNIT_EXPECT_EQ(test, snap.fig.cow[CLEAVE_COPIED], 2ULL);
	KUNIT_EXPECT_EQ(test, snap.fig.creator_cow[CLEAVE_COPIED], 4ULL);
	/* The time was read before the clone. */
	KUNIT_EXPECT_TRUE(test, cleave_as_snap(pool, 3, 0, 2, &snap));
	KUNIT_EXPECT_EQ(test, snap.fig.since_clone_ns, 0ULL);

	/* Its owner has exec'ed, and another task lives on in it. */
	cleave_as_exec_begins(&pool[0], 8);
	cleave_as_exec_ends(&pool[0], 8, 0);
	pool[0].creator = 0;
	KUNIT_EXPECT_TRUE(test, cleave_as_snap(pool, 3, 0, 9, &snap));
	KUNIT_EXPECT_EQ(test, snap.what, CLEAVE_AFTER_EXEC);
	cleave_as_ends(&pool[0]);
	KUNIT_EXPECT_FALSE(test, cleave_as_snap(pool, 3, 0, 9, &snap));

	cleave_as_init(&pool[2], 7, CLEAVE_BY_FOUND_FORK, 9, 2);
	KUNIT_EXPECT_TRUE(test, cleave_as_snap(pool, 3, 2, 9, &snap));
	KUNIT_EXPECT_EQ(test, snap.what,
			CLEAVE_HAS_FIGURES | CLEAVE_NO_CREATOR | CLEAVE_ATTACHED);
}

static void rules_totals(struct kunit *test)
{
	struct cleave_totals t = { .ends = 1, .never_copied = 1 };
	struct cleave_figures f = { .shared = 50 };
	struct cleave_as as = {};
	int i;

	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++) {
		f.cow[i] = i + 1;
		as.cow[i] = 100 + i;
		t.before_exec[i] = 1000;
		t.cow[i] = 2000;
	}
	as.cow[CLEAVE_NOT_A_BREAK] = 11 * 100 + 55 + 112;
	cleave_total_figures(&t, &f);
	KUNIT_EXPECT_EQ(test, t.ends, 2ULL);
	KUNIT_EXPECT_EQ(test, t.never_copied, 50ULL);
	cleave_total_cow(&t, &as);
	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++) {
		KUNIT_EXPECT_EQ(test, t.before_exec[i], 1001ULL + i);
		KUNIT_EXPECT_EQ(test, t.cow[i], 2100ULL + i);
	}
}

/* ---- what a fault came to ---- */

static void rules_sources(struct kunit *test)
{
	static const struct {
		int has_page, pfnmap;
		unsigned long mapping;
		enum cleave_source want;
	} c[] = {
		{ 1, 0, 0xffff888000000001UL, CLEAVE_SRC_ANON },
		{ 1, 0, 0xffff888000000003UL, CLEAVE_SRC_KSM },
		{ 1, 0, 0xffff888000000000UL, CLEAVE_SRC_FILE },
		/* PAGE_MAPPING_MOVABLE alone is a driver's page. */
		{ 1, 0, 0xffff888000000002UL, CLEAVE_SRC_FILE },
		{ 1, 1, 0xffff888000000001UL, CLEAVE_SRC_ANON },
		{ 1, 0, 0, CLEAVE_SRC_FILE },
		{ 0, 0, 0, CLEAVE_SRC_ZERO },
		{ 0, 0, 1, CLEAVE_SRC_ZERO },
		{ 0, 1, 0, CLEAVE_SRC_PFN },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++)
		KUNIT_EXPECT_EQ(test, cleave_source_of(c[i].has_page, c[i].pfnmap,
						       c[i].mapping), c[i].want);
}

static void rules_outcomes(struct kunit *test)
{
	static const enum cleave_outcome want[] = {
		[CLEAVE_SRC_ANON] = CLEAVE_COPIED,
		[CLEAVE_SRC_ZERO] = CLEAVE_ZERO,
		[CLEAVE_SRC_FILE] = CLEAVE_FILE,
		[CLEAVE_SRC_KSM] = CLEAVE_KSM,
		[CLEAVE_SRC_PFN] = CLEAVE_NOT_A_BREAK,
	};
	int i;

	for (i = CLEAVE_SRC_ANON; i <= CLEAVE_SRC_PFN; i++) {
		KUNIT_EXPECT_EQ(test, cleave_copy_outcome(i, 0), want[i]);
		KUNIT_EXPECT_EQ(test, cleave_copy_outcome(i, 1), CLEAVE_UNSHARE);
	}
}

static void rules_markers(struct kunit *test)
{
	static const struct {
		unsigned int flags;
		unsigned long fvma, faddr, vma, addr, mask;
		int want;
	} c[] = {
		{ 0, 1, 0x7000, 1, 0x7000, ~0xfffUL, 1 },
		{ 0, 1, 0x7abc, 1, 0x7000, ~0xfffUL, 1 },
		{ 0, 1, 0x7fff, 1, 0x8000, ~0xfffUL, 0 },
		{ 0, 1, 0x7000, 2, 0x7000, ~0xfffUL, 0 },
		{ 0x800, 1, 0x7000, 1, 0x7000, ~0xfffUL, 0 },
		{ ~0x800U, 1, 0x7000, 1, 0x7000, ~0xfffUL, 1 },
		{ 0, 1, 0x3fffff, 1, 0x200000, ~0x1fffffUL, 1 },
		{ 0, 1, 0x400000, 1, 0x200000, ~0x1fffffUL, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++)
		KUNIT_EXPECT_EQ(test, !!cleave_marker_counts(c[i].flags, c[i].fvma,
							     c[i].faddr, c[i].vma,
							     c[i].addr, c[i].mask),
				c[i].want);
}

/* ---- how a task was made ---- */

static void rules_syscalls(struct kunit *test)
{
	static const struct {
		int nr, compat;
		enum cleave_call want;
	} c[] = {
		{ 56, 0, CLEAVE_CALL_CLONE }, { 57, 0, CLEAVE_CALL_FORK },
		{ 58, 0, CLEAVE_CALL_VFORK }, { 435, 0, CLEAVE_CALL_CLONE3 },
		{ 2, 1, CLEAVE_CALL_FORK }, { 120, 1, CLEAVE_CALL_CLONE },
		{ 190, 1, CLEAVE_CALL_VFORK }, { 435, 1, CLEAVE_CALL_CLONE3 },
		/* What the other one has by these numbers is something else. */
		{ 2, 0, CLEAVE_CALL_UNKNOWN }, { 120, 0, CLEAVE_CALL_UNKNOWN },
		{ 190, 0, CLEAVE_CALL_UNKNOWN }, { 56, 1, CLEAVE_CALL_UNKNOWN },
		{ 57, 1, CLEAVE_CALL_UNKNOWN }, { 58, 1, CLEAVE_CALL_UNKNOWN },
		{ 0, 0, CLEAVE_CALL_UNKNOWN }, { -1, 0, CLEAVE_CALL_UNKNOWN },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++)
		KUNIT_EXPECT_EQ(test, cleave_syscall_call(c[i].nr, c[i].compat),
				c[i].want);
}

static void rules_calls(struct kunit *test)
{
	static const struct {
		struct cleave_maker m;
		enum cleave_call want;
	} c[] = {
		{ { .syscall = 57 }, CLEAVE_CALL_FORK },
		{ { .syscall = 56, .compat = 1 }, CLEAVE_CALL_UNKNOWN },
		{ { .syscall = 2, .compat = 1 }, CLEAVE_CALL_FORK },
		{ { .idle = 1, .kthread = 1, .fn = 1 }, CLEAVE_CALL_IDLE },
		{ { .kthread = 1, .fn = 1, .syscall = 57 }, CLEAVE_CALL_KTHREAD },
		{ { .io_thread = 1, .user_worker = 1, .fn = 1 }, CLEAVE_CALL_IO_WORKER },
		{ { .user_worker = 1, .fn = 1 }, CLEAVE_CALL_USER_WORKER },
		{ { .fn = 1, .syscall = 57 }, CLEAVE_CALL_UMH },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++)
		KUNIT_EXPECT_EQ(test, cleave_call_of(&c[i].m), c[i].want);
}

static void rules_kinds(struct kunit *test)
{
	static const struct {
		u64 flags;
		enum cleave_call call;
		enum cleave_kind want;
	} c[] = {
		{ 0x1200000, CLEAVE_CALL_CLONE, CLEAVE_KIND_PROCESS },
		{ 0, CLEAVE_CALL_FORK, CLEAVE_KIND_PROCESS },
		/* CLONE_VFORK without CLONE_VM copies: a process that is waited for. */
		{ 0x4000, CLEAVE_CALL_CLONE, CLEAVE_KIND_PROCESS },
		{ 0x4100, CLEAVE_CALL_VFORK, CLEAVE_KIND_VFORK },
		{ 0x4100, CLEAVE_CALL_CLONE3, CLEAVE_KIND_VFORK },
		{ 0x100, CLEAVE_CALL_CLONE, CLEAVE_KIND_VM_SHARER },
		{ 0x3d0f00, CLEAVE_CALL_CLONE3, CLEAVE_KIND_THREAD },
		{ 0x14900, CLEAVE_CALL_CLONE, CLEAVE_KIND_THREAD },
		{ 0x3d0f00, CLEAVE_CALL_UNKNOWN, CLEAVE_KIND_THREAD },
		{ 0x100, CLEAVE_CALL_KTHREAD, CLEAVE_KIND_KTHREAD },
		{ 0x10900, CLEAVE_CALL_IO_WORKER, CLEAVE_KIND_IO_WORKER },
		{ 0x10900, CLEAVE_CALL_USER_WORKER, CLEAVE_KIND_USER_WORKER },
		{ 0x100, CLEAVE_CALL_UMH, CLEAVE_KIND_UMH },
		{ 0x100, CLEAVE_CALL_IDLE, CLEAVE_KIND_IDLE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++)
		KUNIT_EXPECT_EQ(test, cleave_kind_of(c[i].flags, c[i].call), c[i].want);
}

/* Before exec; else by whether a child is in its window. */
static void rules_sides(struct kunit *test)
{
	struct cleave_as creator, a, b;

	cleave_as_init(&creator, 1, CLEAVE_BY_EXEC, 10, 0);
	cleave_as_init(&a, 2, CLEAVE_BY_CLONE, 0, 0);
	cleave_as_init(&b, 3, CLEAVE_BY_FOUND_FORK, 0, 0);
	KUNIT_EXPECT_EQ(test, (int)cleave_as_side(&creator), CLEAVE_SIDE_AFTER);
	cleave_as_follow(&a, &creator, 0);
	cleave_as_follow(&b, &creator, 0);
	KUNIT_EXPECT_EQ(test, (int)cleave_as_side(&creator), CLEAVE_SIDE_CREATOR);
	KUNIT_EXPECT_EQ(test, (int)cleave_as_side(&a), CLEAVE_SIDE_BEFORE_EXEC);
	KUNIT_EXPECT_EQ(test, (int)cleave_as_side(&b), CLEAVE_SIDE_BEFORE_EXEC);
	cleave_as_unfollow(&creator);
	KUNIT_EXPECT_EQ(test, (int)cleave_as_side(&creator), CLEAVE_SIDE_CREATOR);
	cleave_as_unfollow(&creator);
	KUNIT_EXPECT_EQ(test, (int)cleave_as_side(&creator), CLEAVE_SIDE_AFTER);
	/* One that is left to others by its owner's exec, with a child of its own. */
	cleave_as_follow(&b, &a, 0);
	KUNIT_EXPECT_EQ(test, (int)cleave_as_side(&a), CLEAVE_SIDE_BEFORE_EXEC);
	cleave_as_exec_ends(&a, 0, 0);
	KUNIT_EXPECT_EQ(test, (int)cleave_as_side(&a), CLEAVE_SIDE_CREATOR);
	cleave_as_unfollow(&a);
	KUNIT_EXPECT_EQ(test, (int)cleave_as_side(&a), CLEAVE_SIDE_AFTER);
	/* Its owner execs; and fails, with no way back. */
	KUNIT_EXPECT_TRUE(test, cleave_as_gives_up(&creator, 10, 0));
	KUNIT_EXPECT_FALSE(test, cleave_as_gives_up(&creator, 11, 0));
	KUNIT_EXPECT_FALSE(test, cleave_as_gives_up(&creator, 10, 1));
	creator.state = CLEAVE_AS_CLOSED;
	KUNIT_EXPECT_TRUE(test, cleave_as_gives_up(&creator, 10, 1));
	KUNIT_EXPECT_FALSE(test, cleave_as_gives_up(&a, 0, 0));
	/* An exec under way is a reference, and no child. */
	cleave_add(&creator.refs, 1);
	KUNIT_EXPECT_EQ(test, (int)cleave_as_side(&creator), CLEAVE_SIDE_AFTER);
}

static void rules_switches(struct kunit *test)
{
	const char a[1], b[1];	/* two memories */

	KUNIT_EXPECT_TRUE(test, cleave_switch_counts(a, 0));
	KUNIT_EXPECT_TRUE(test, cleave_switch_counts(a, ~CLEAVE_PF_EXITING));
	/* A kernel thread, and a task that ends, before and after exit_mm(). */
	KUNIT_EXPECT_FALSE(test, cleave_switch_counts(NULL, 0));
	KUNIT_EXPECT_FALSE(test, cleave_switch_counts(a, CLEAVE_PF_EXITING));
	KUNIT_EXPECT_FALSE(test, cleave_switch_counts(NULL, CLEAVE_PF_EXITING));

	KUNIT_EXPECT_EQ(test, cleave_switch_of(a, a, a), CLEAVE_SWITCH_SAME);
	KUNIT_EXPECT_EQ(test, cleave_switch_of(a, b, b), CLEAVE_SWITCH_OTHER);
	/* A kernel thread leaves what was there, and does not count as its task. */
	KUNIT_EXPECT_EQ(test, cleave_switch_of(a, NULL, a), CLEAVE_SWITCH_KERNEL);
	KUNIT_EXPECT_EQ(test, cleave_switch_of(a, NULL, b), CLEAVE_SWITCH_OTHER);
	/* But one that has taken a memory on is in it: kthread_use_mm(). */
	KUNIT_EXPECT_EQ(test, cleave_switch_of(a, a, NULL), CLEAVE_SWITCH_SAME);
	KUNIT_EXPECT_EQ(test, cleave_switch_of(a, b, a), CLEAVE_SWITCH_OTHER);
}

static struct kunit_case rules_cases[] = {
	KUNIT_CASE(rules_shared),
	KUNIT_CASE(rules_never_copied),
	KUNIT_CASE(rules_cloned_splits_pages),
	KUNIT_CASE(rules_cloned_never_negative),
	KUNIT_CASE(rules_init),
	KUNIT_CASE(rules_settle),
	KUNIT_CASE(rules_fault),
	KUNIT_CASE_PARAM(rules_close, closes_gen_params),
	KUNIT_CASE(rules_close_claimed),
	KUNIT_CASE(rules_close_met),
#ifdef CLEAVE_USER
	KUNIT_CASE(rules_close_race),
#endif
	KUNIT_CASE(rules_windows),
	KUNIT_CASE(rules_sides),
	KUNIT_CASE(rules_figures),
	KUNIT_CASE(rules_attached),
	KUNIT_CASE(rules_snap),
	KUNIT_CASE(rules_totals),
	KUNIT_CASE(rules_sources),
	KUNIT_CASE(rules_outcomes),
	KUNIT_CASE(rules_markers),
	KUNIT_CASE(rules_syscalls),
	KUNIT_CASE(rules_calls),
	KUNIT_CASE(rules_kinds),
	KUNIT_CASE(rules_switches),
	{}
};

static struct kunit_suite rules_suite = {
	.name = "cleave_rules",
	.test_cases = rules_cases,
};

kunit_test_suite(rules_suite);
