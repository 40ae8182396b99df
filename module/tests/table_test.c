// SPDX-License-Identifier: GPL-2.0-only
/* table_test.c - the hash table of the probes. */
#include "test.h"
#include "../table.c"

static void table_set_get_del(struct kunit *test)
{
	static struct table t;

	KUNIT_ASSERT_EQ(test, table_init(&t, 8), 0);
	KUNIT_EXPECT_EQ(test, table_get(&t, 5), 0ULL);
	KUNIT_EXPECT_EQ(test, table_del(&t, 5), 0ULL);
	KUNIT_EXPECT_TRUE(test, table_set(&t, 5, 50));
	KUNIT_EXPECT_EQ(test, table_get(&t, 5), 50ULL);
	KUNIT_EXPECT_EQ(test, table_get(&t, 6), 0ULL);
	KUNIT_EXPECT_TRUE(test, table_set(&t, 5, 51));
	KUNIT_EXPECT_EQ(test, table_get(&t, 5), 51ULL);
	KUNIT_EXPECT_EQ(test, table_del(&t, 5), 51ULL);
	KUNIT_EXPECT_EQ(test, table_get(&t, 5), 0ULL);
	KUNIT_EXPECT_EQ(test, table_del(&t, 5), 0ULL);
	/* 0 is a key as any other. */
	KUNIT_EXPECT_TRUE(test, table_set(&t, 0, ~0ULL));
	KUNIT_EXPECT_EQ(test, table_get(&t, 0), ~0ULL);
	table_destroy(&t);
}

static void table_full(struct kunit *test)
{
	static const u32 sizes[] = { 1, 2, 3, 5, 64, 100 };
	unsigned int i;
	static struct table t;
	u64 k;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_ASSERT_EQ(test, table_init(&t, sizes[i]), 0);
		for (k = 1; k <= sizes[i]; k++)
			KUNIT_EXPECT_TRUE(test, table_set(&t, k, k));
		KUNIT_EXPECT_FALSE(test, table_set(&t, k, k));
		KUNIT_EXPECT_EQ(test, table_get(&t, k), 0ULL);
		/* Replacing needs no room. */
		KUNIT_EXPECT_TRUE(test, table_set(&t, 1, 7));
		KUNIT_EXPECT_EQ(test, table_del(&t, 1), 7ULL);
		KUNIT_EXPECT_TRUE(test, table_set(&t, k, k));
		KUNIT_EXPECT_FALSE(test, table_set(&t, k + 1, k));
		for (k = 2; k <= sizes[i] + 1; k++)
			KUNIT_EXPECT_EQ(test, table_get(&t, k), k);
		table_destroy(&t);
	}
}

/* More keys than buckets: chains, of which each link is taken out in turn. */
static void table_collisions(struct kunit *test)
{
	static struct table t;
	u64 k;
	int out;

	for (out = 1; out <= 3; out++) {
		KUNIT_ASSERT_EQ(test, table_init(&t, 3), 0);
		t.bits = 1;	/* two buckets for three keys */
		for (k = 1; k <= 3; k++)
			KUNIT_ASSERT_TRUE(test, table_set(&t, k << 32, k));
		KUNIT_EXPECT_EQ(test, table_del(&t, (u64)out << 32), (u64)out);
		for (k = 1; k <= 3; k++)
			KUNIT_EXPECT_EQ(test, table_get(&t, k << 32),
					k == (u64)out ? 0 : k);
		table_destroy(&t);
	}
}

static void table_destroy_twice(struct kunit *test)
{
	static struct table t;

	table_destroy(&t);
	KUNIT_ASSERT_EQ(test, table_init(&t, 4), 0);
	table_destroy(&t);
	table_destroy(&t);
	KUNIT_EXPECT_NULL(test, t.nodes);
}

#define KEYS	300
#define NODES	128

static void table_random(struct kunit *test)
{
	u64 *model = kunit_kzalloc(test, KEYS * sizeof(*model), GFP_KERNEL);
	struct rnd rnd = { .state = 3 };
	int i, used = 0, refused = 0;
	static struct table t;

	KUNIT_ASSERT_NOT_NULL(test, model);
	KUNIT_ASSERT_EQ(test, table_init(&t, NODES), 0);
	for (i = 0; i < 200000; i++) {
		u32 n = rnd_below(&rnd, KEYS);
		u64 key = 0xffff888000000000ULL + n * 64;
		u64 val = 1 + rnd_below(&rnd, 1000);
		bool fits = model[n] || used < NODES;

		switch (rnd_below(&rnd, 5)) {
		case 0:
			KUNIT_ASSERT_EQ(test, table_del(&t, key), model[n]);
			used -= model[n] != 0;
			model[n] = 0;
			break;
		case 1:
		case 2:
			KUNIT_ASSERT_EQ(test, table_get(&t, key), model[n]);
			break;
		default:
			KUNIT_ASSERT_EQ(test, table_set(&t, key, val), fits);
			refused += !fits;
			if (!fits)
				break;
			used += !model[n];
			model[n] = val;
			break;
		}
	}
	KUNIT_EXPECT_GT(test, refused, 100);
	table_destroy(&t);
}

/* Only what is as expected. */
static void table_swap_take(struct kunit *test)
{
	static struct table t;

	KUNIT_ASSERT_EQ(test, table_init(&t, 4), 0);
	KUNIT_EXPECT_FALSE(test, table_swap(&t, 7, 5, 6));
	KUNIT_EXPECT_EQ(test, table_get(&t, 7), 0ULL);
	table_set(&t, 7, 5);
	KUNIT_EXPECT_FALSE(test, table_swap(&t, 7, 6, 8));
	KUNIT_EXPECT_EQ(test, table_get(&t, 7), 5ULL);
	KUNIT_EXPECT_TRUE(test, table_swap(&t, 7, 5, 6));
	KUNIT_EXPECT_EQ(test, table_take(&t, 7, 6, NULL), 6ULL);
	KUNIT_EXPECT_EQ(test, table_get(&t, 7), 6ULL);
	KUNIT_EXPECT_EQ(test, table_take(&t, 7, 5, NULL), 6ULL);
	KUNIT_EXPECT_EQ(test, table_get(&t, 7), 0ULL);
	KUNIT_EXPECT_EQ(test, table_take(&t, 7, 5, NULL), 0ULL);
	table_destroy(&t);
}

/*
 * One who looks stands on a node that is taken out meanwhile and becomes one of
 * another chain: he must find his way out, and see that he has to look again.
 */
static void table_look_beside_changes(struct kunit *test)
{
	const seqcount_t *seq;
	unsigned int start;
	static struct table t;
	u32 bucket, node;
	u64 other = 1;

	KUNIT_ASSERT_EQ(test, table_init(&t, 16), 0);
	bucket = table_bucket(&t, 0);
	seq = &lock_of(&t, bucket)->seq;
	while (table_bucket(&t, other) == bucket)
		other++;
	KUNIT_ASSERT_TRUE(test, table_set(&t, 0, 5));
	node = t.heads[bucket];

	start = raw_seqcount_begin(seq);
	KUNIT_EXPECT_EQ(test, look(&t, bucket, 0, seq, start), node);
	KUNIT_EXPECT_FALSE(test, read_seqcount_retry(seq, start));
	/* Another chain's changes are not his. */
	KUNIT_ASSERT_TRUE(test, table_set(&t, other, 6));
	KUNIT_EXPECT_EQ(test, table_del(&t, other), 6ULL);
	KUNIT_EXPECT_FALSE(test, read_seqcount_retry(seq, start));

	KUNIT_EXPECT_EQ(test, table_del(&t, 0), 5ULL);
	t.heads[bucket] = node;		/* as he has read it */
	KUNIT_EXPECT_TRUE(test, read_seqcount_retry(seq, start));
	KUNIT_EXPECT_EQ(test, look(&t, bucket, ~0ULL, seq, start), 0U);
	KUNIT_ASSERT_TRUE(test, table_set(&t, other, 7));
	KUNIT_EXPECT_EQ(test, t.heads[table_bucket(&t, other)], node);
	KUNIT_EXPECT_EQ(test, look(&t, bucket, 0, seq, start), 0U);
	t.heads[bucket] = 0;

	/* What is new, and what is replaced, too. */
	start = raw_seqcount_begin(seq);
	KUNIT_ASSERT_TRUE(test, table_set(&t, 0, 8));
	KUNIT_EXPECT_TRUE(test, read_seqcount_retry(seq, start));
	start = raw_seqcount_begin(seq);
	KUNIT_ASSERT_TRUE(test, table_set(&t, 0, 9));
	KUNIT_EXPECT_TRUE(test, read_seqcount_retry(seq, start));
	table_destroy(&t);
}

/* Each key has its own, which begin anew with it and go with it. */
static void table_counts(struct kunit *test)
{
	u64 counts[2] = { 7, 7 };
	static struct table t;
	int i;

	KUNIT_ASSERT_EQ(test, table_init(&t, 2), 0);
	KUNIT_ASSERT_EQ(test, table_counted(&t, 2), 0);
	KUNIT_EXPECT_FALSE(test, table_count(&t, 5, 0));
	KUNIT_ASSERT_TRUE(test, table_set(&t, 5, 50));
	KUNIT_ASSERT_TRUE(test, table_set(&t, 6, 60));
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, table_count(&t, 5, 0));
	KUNIT_EXPECT_TRUE(test, table_count(&t, 5, 1));
	KUNIT_EXPECT_TRUE(test, table_count(&t, 6, 1));
	KUNIT_EXPECT_FALSE(test, table_count(&t, 7, 1));
	/* What is replaced keeps them. */
	KUNIT_ASSERT_TRUE(test, table_set(&t, 5, 51));
	KUNIT_EXPECT_EQ(test, table_take(&t, 5, 0, counts), 51ULL);
	KUNIT_EXPECT_EQ(test, counts[0], 3ULL);
	KUNIT_EXPECT_EQ(test, counts[1], 1ULL);
	/* The next one, of the same number or in the same place, begins at 0. */
	KUNIT_ASSERT_TRUE(test, table_set(&t, 5, 52));
	KUNIT_EXPECT_TRUE(test, table_count(&t, 5, 1));
	KUNIT_EXPECT_EQ(test, table_take(&t, 5, 0, counts), 52ULL);
	KUNIT_EXPECT_EQ(test, counts[0], 0ULL);
	KUNIT_EXPECT_EQ(test, counts[1], 1ULL);
	KUNIT_EXPECT_EQ(test, table_take(&t, 6, 0, counts), 60ULL);
	KUNIT_EXPECT_EQ(test, counts[1], 1ULL);
	/* What is not there says nothing. */
	KUNIT_EXPECT_EQ(test, table_take(&t, 6, 0, counts), 0ULL);
	KUNIT_EXPECT_EQ(test, counts[1], 1ULL);
	table_destroy(&t);
	/* A table without counters has none to give. */
	KUNIT_ASSERT_EQ(test, table_init(&t, 2), 0);
	KUNIT_ASSERT_TRUE(test, table_set(&t, 5, 50));
	KUNIT_EXPECT_EQ(test, table_take(&t, 5, 0, counts), 50ULL);
	KUNIT_EXPECT_EQ(test, counts[1], 1ULL);
	table_destroy(&t);
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(table_set_get_del),
	KUNIT_CASE(table_full),
	KUNIT_CASE(table_collisions),
	KUNIT_CASE(table_destroy_twice),
	KUNIT_CASE(table_random),
	KUNIT_CASE(table_swap_take),
	KUNIT_CASE(table_look_beside_changes),
	KUNIT_CASE(table_counts),
	{}
};

static struct kunit_suite table_suite = {
	.name = "cleave_table",
	.test_cases = table_cases,
};

kunit_test_suite(table_suite);
