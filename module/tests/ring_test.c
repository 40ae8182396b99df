// SPDX-License-Identifier: GPL-2.0-only
/* ring_test.c - the producers' side of the ring against a reader of the test's. */
#include "test.h"
#include "../ring.c"

#define SIZE	4096UL
#define MASK	(SIZE - 1)
#define HDR	CLEAVE_RING_HDR_SZ
#define GUARD	0xa5

/*
 * Not mapped twice but twice as long: a record that would wrap lies in the
 * second half instead, which no other record starts in.
 */
struct fixture {
	struct ring r;
	unsigned long cons;
	unsigned long prod;
	u8 data[2 * SIZE + 64] __aligned(8);
};

static int ring_setup(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	memset(f->data, GUARD, sizeof(f->data));
	ring_init(&f->r, &f->cons, &f->prod, f->data, SIZE);
	test->priv = f;
	return 0;
}

static u32 word_at(struct fixture *f, unsigned long pos)
{
	return *(u32 *)(f->data + (pos & MASK));
}

static unsigned long room_of(u32 word)
{
	return round_up((word & ~(CLEAVE_RING_BUSY | CLEAVE_RING_DISCARD)) + HDR, 8UL);
}

/* What a reader does: steps over all that is committed; returns how many. */
static int consume(struct fixture *f)
{
	int n = 0;

	while (f->cons != f->prod) {
		u32 word = word_at(f, f->cons);

		if (word & CLEAVE_RING_BUSY)
			break;
		n += !(word & CLEAVE_RING_DISCARD);
		f->cons += room_of(word);
	}
	return n;
}

static bool guard_intact(struct fixture *f)
{
	int i;

	for (i = 0; i < 64; i++)
		if (f->data[2 * SIZE + i] != GUARD)
			return false;
	return true;
}

static void ring_lengths(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 len;

	for (len = 0; len <= 40; len++) {
		unsigned long at = f->prod;
		u8 *rec = ring_reserve(&f->r, len);

		KUNIT_ASSERT_NOT_NULL(test, rec);
		KUNIT_EXPECT_PTR_EQ(test, rec, f->data + (at & MASK) + HDR);
		KUNIT_EXPECT_EQ(test, word_at(f, at), len | CLEAVE_RING_BUSY);
		KUNIT_EXPECT_EQ(test, f->prod, at + (len + HDR + 7) / 8 * 8);
		ring_commit(&f->r, rec);
		KUNIT_EXPECT_EQ(test, word_at(f, at), len);
	}
	KUNIT_EXPECT_EQ(test, consume(f), 41);
	KUNIT_EXPECT_EQ(test, f->cons, f->prod);
}

static void ring_too_long(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_NULL(test, ring_reserve(&f->r, SIZE));
	KUNIT_EXPECT_NULL(test, ring_reserve(&f->r, SIZE - HDR + 1));
	KUNIT_EXPECT_NULL(test, ring_reserve(&f->r, CLEAVE_RING_DISCARD - 1));
	KUNIT_EXPECT_EQ(test, f->prod, 0UL);
	KUNIT_EXPECT_NOT_NULL(test, ring_reserve(&f->r, SIZE - HDR));
	KUNIT_EXPECT_EQ(test, f->prod, SIZE);
}

static void ring_exact_fill(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i;

	for (i = 0; i < (int)(SIZE / 64); i++) {
		void *rec = ring_reserve(&f->r, 64 - HDR);

		KUNIT_ASSERT_NOT_NULL(test, rec);
		memset(rec, i, 64 - HDR);
		ring_commit(&f->r, rec);
	}
	KUNIT_EXPECT_EQ(test, f->prod, SIZE);
	KUNIT_EXPECT_NULL(test, ring_reserve(&f->r, 0));
	/* One byte less than a record needs is not enough. */
	f->cons = 56;
	KUNIT_EXPECT_NULL(test, ring_reserve(&f->r, 64 - HDR));
	f->cons = 64;
	KUNIT_EXPECT_NOT_NULL(test, ring_reserve(&f->r, 64 - HDR));
	KUNIT_EXPECT_NULL(test, ring_reserve(&f->r, 0));
}

static void ring_wrap(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i;

	for (i = 0; i < 1000; i++) {
		unsigned long at = f->prod;
		u8 *rec = ring_reserve(&f->r, 1000);

		KUNIT_ASSERT_NOT_NULL(test, rec);
		KUNIT_EXPECT_PTR_EQ(test, rec, f->data + (at & MASK) + HDR);
		memset(rec, i, 1000);
		ring_commit(&f->r, rec);
		KUNIT_EXPECT_EQ(test, consume(f), 1);
	}
	KUNIT_EXPECT_TRUE(test, guard_intact(f));
}

/* Positions grow for ever; here beyond 4 GiB. */
static void ring_far_positions(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i;

	f->cons = (1UL << 32) - 2048;
	f->prod = f->cons;
	f->r.pending = f->cons;
	for (i = 0; i < 100; i++) {
		void *rec = ring_reserve(&f->r, 120);

		KUNIT_ASSERT_NOT_NULL(test, rec);
		ring_commit(&f->r, rec);
		KUNIT_EXPECT_EQ(test, consume(f), 1);
	}
	KUNIT_EXPECT_EQ(test, f->prod, (1UL << 32) - 2048 + 100 * 128);
}

static void ring_busy_blocks_reader(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *a = ring_reserve(&f->r, 100);
	void *b = ring_reserve(&f->r, 100);
	void *c;

	ring_commit(&f->r, b);
	KUNIT_EXPECT_EQ(test, consume(f), 0);
	c = ring_reserve(&f->r, 100);
	KUNIT_EXPECT_NOT_NULL(test, c);
	ring_commit(&f->r, c);
	KUNIT_EXPECT_EQ(test, consume(f), 0);
	KUNIT_EXPECT_TRUE(test, ring_has_data(&f->r));
	ring_commit(&f->r, a);
	KUNIT_EXPECT_EQ(test, consume(f), 3);
	KUNIT_EXPECT_FALSE(test, ring_has_data(&f->r));
}

/* What is taken back wakes the reader, too, who passes over it. */
static void ring_discards(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *a = ring_reserve(&f->r, 24), *b = ring_reserve(&f->r, 8), *c;
	int i;

	KUNIT_EXPECT_FALSE(test, ring_commit(&f->r, b));
	KUNIT_EXPECT_TRUE(test, ring_discard(&f->r, a));
	KUNIT_EXPECT_EQ(test, word_at(f, 0), 24 | CLEAVE_RING_DISCARD);
	KUNIT_EXPECT_EQ(test, consume(f), 1);
	KUNIT_EXPECT_EQ(test, f->cons, f->prod);
	/* Its room is used again. */
	for (i = 0; i < (int)(10 * SIZE / 32); i++) {
		c = ring_reserve(&f->r, 24);
		KUNIT_ASSERT_NOT_NULL(test, c);
		ring_discard(&f->r, c);
		KUNIT_ASSERT_EQ(test, consume(f), 0);
	}
	KUNIT_EXPECT_EQ(test, f->cons, f->prod);
}

static void ring_wakes_when_caught_up(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *a = ring_reserve(&f->r, 24);
	void *b = ring_reserve(&f->r, 24);
	void *c = ring_reserve(&f->r, 24);

	KUNIT_EXPECT_FALSE(test, ring_commit(&f->r, b));
	KUNIT_EXPECT_TRUE(test, ring_commit(&f->r, a));
	KUNIT_EXPECT_FALSE(test, ring_commit(&f->r, c));
	consume(f);
	a = ring_reserve(&f->r, 24);
	KUNIT_EXPECT_TRUE(test, ring_commit(&f->r, a));
}

/* All room but what is still being written can be had again. */
static void ring_pending_protects(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *busy, *rec;

	rec = ring_reserve(&f->r, 1024 - HDR);
	busy = ring_reserve(&f->r, 1024 - HDR);
	ring_commit(&f->r, rec);
	/* A reader that claims to be ahead of what is being written. */
	f->cons = f->prod;
	rec = ring_reserve(&f->r, 2048 - HDR);
	KUNIT_ASSERT_NOT_NULL(test, rec);
	ring_commit(&f->r, rec);
	f->cons = f->prod;
	/* 1024 bytes are left in front of the busy one, where the ring wraps. */
	KUNIT_EXPECT_NULL(test, ring_reserve(&f->r, 1025));
	rec = ring_reserve(&f->r, 1024 - HDR);
	KUNIT_EXPECT_PTR_EQ(test, rec, f->data + HDR);
	f->cons = f->prod;
	KUNIT_EXPECT_NULL(test, ring_reserve(&f->r, 0));
	ring_commit(&f->r, busy);
	/* Now the oldest that is busy is the one at the start. */
	KUNIT_EXPECT_NOT_NULL(test, ring_reserve(&f->r, 3072 - HDR));
	KUNIT_EXPECT_NULL(test, ring_reserve(&f->r, 0));
}

static void ring_reader_far_behind(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *rec;

	f->cons = -(unsigned long)SIZE;
	KUNIT_EXPECT_NULL(test, ring_reserve(&f->r, 0));
	f->cons = -(unsigned long)SIZE + 8;
	rec = ring_reserve(&f->r, 0);
	KUNIT_ASSERT_NOT_NULL(test, rec);
	KUNIT_EXPECT_NULL(test, ring_reserve(&f->r, 0));
	KUNIT_EXPECT_FALSE(test, ring_commit(&f->r, rec));
}

/* ---- many random operations against a model ---- */

#define MAX_BUSY	24

struct busy {
	u8 *rec;
	u32 len;
	unsigned long pos;
	u8 fill;
};

static bool filled(const struct busy *b)
{
	u32 i;

	for (i = 0; i < b->len; i++)
		if (b->rec[i] != b->fill)
			return false;
	return true;
}

/* The bytes of the ring that a record takes, header too, modulo its size. */
static bool overlap(const struct busy *a, const struct busy *b)
{
	unsigned long gap = (b->pos - a->pos) & MASK;

	return gap < room_of(a->len) || SIZE - gap < room_of(b->len);
}

static void take_out(struct busy *busy, int *n, int i)
{
	busy[i] = busy[--*n];
}

/* An honest reader: every record arrives, in order, as it was written. */
static void ring_random_honest(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rnd rnd = { .state = 1 };
	struct busy busy[MAX_BUSY];
	int i, step, n = 0, full = 0;
	long made = 0, seen = 0;

	for (step = 0; step < 100000; step++) {
		u32 len = rnd_below(&rnd, 8) ? rnd_below(&rnd, 200) :
					       rnd_below(&rnd, 1500);

		switch (rnd_below(&rnd, 5)) {
		case 0:
		case 1: {
			struct busy b = { .len = len, .pos = f->prod,
					  .fill = rnd_below(&rnd, 256) };
			bool fits = f->prod - f->cons + room_of(len) <= SIZE;

			if (n == MAX_BUSY)
				break;
			b.rec = ring_reserve(&f->r, len);
			/* With an honest reader nothing else decides. */
			KUNIT_ASSERT_EQ(test, !!b.rec, fits);
			full += !fits;
			if (!fits)
				break;
			memset(b.rec, b.fill, len);
			busy[n++] = b;
			made++;
			break;
		}
		case 2:
		case 3: {
			bool at_reader;

			if (!n)
				break;
			i = rnd_below(&rnd, n);
			KUNIT_ASSERT_TRUE(test, filled(&busy[i]));
			at_reader = (f->cons & MASK) == (busy[i].pos & MASK);
			KUNIT_ASSERT_EQ(test, ring_commit(&f->r, busy[i].rec),
					at_reader);
			take_out(busy, &n, i);
			break;
		}
		default:
			seen += consume(f);
			break;
		}
	}
	while (n)
		ring_commit(&f->r, busy[--n].rec);
	seen += consume(f);
	KUNIT_EXPECT_EQ(test, seen, made);
	KUNIT_EXPECT_EQ(test, f->cons, f->prod);
	KUNIT_EXPECT_GT(test, full, 100);
	KUNIT_EXPECT_TRUE(test, guard_intact(f));
}

/* A reader that writes anything: nothing busy is ever handed out again. */
static void ring_random_hostile(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rnd rnd = { .state = 7 };
	struct busy busy[MAX_BUSY];
	int i, step, n = 0, made = 0;

	for (step = 0; step < 200000; step++) {
		u32 len = rnd_below(&rnd, 600);

		switch (rnd_below(&rnd, 6)) {
		case 0:
			f->cons = (unsigned long)rnd_below(&rnd, ~0U) << 32 |
				  rnd_below(&rnd, ~0U);
			break;
		case 1:
			f->cons = f->prod + rnd_below(&rnd, 3 * SIZE);
			break;
		case 2:
			f->cons = f->prod - rnd_below(&rnd, 3 * SIZE);
			break;
		case 3:
			if (!n)
				break;
			i = rnd_below(&rnd, n);
			KUNIT_ASSERT_TRUE(test, filled(&busy[i]));
			ring_commit(&f->r, busy[i].rec);
			take_out(busy, &n, i);
			break;
		default: {
			struct busy b = { .len = len, .pos = f->prod,
					  .fill = rnd_below(&rnd, 256) };

			if (n == MAX_BUSY)
				break;
			b.rec = ring_reserve(&f->r, len);
			if (!b.rec)
				break;
			made++;
			KUNIT_ASSERT_GE(test, b.rec - f->data, (long)HDR);
			KUNIT_ASSERT_LE(test, b.rec - f->data + len, (long)(2 * SIZE));
			for (i = 0; i < n; i++)
				KUNIT_ASSERT_FALSE(test, overlap(&busy[i], &b));
			memset(b.rec, b.fill, len);
			busy[n++] = b;
			break;
		}
		}
	}
	KUNIT_EXPECT_GT(test, made, 1000);
	KUNIT_EXPECT_TRUE(test, guard_intact(f));
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(ring_lengths),
	KUNIT_CASE(ring_too_long),
	KUNIT_CASE(ring_exact_fill),
	KUNIT_CASE(ring_wrap),
	KUNIT_CASE(ring_far_positions),
	KUNIT_CASE(ring_busy_blocks_reader),
	KUNIT_CASE(ring_discards),
	KUNIT_CASE(ring_wakes_when_caught_up),
	KUNIT_CASE(ring_pending_protects),
	KUNIT_CASE(ring_reader_far_behind),
	KUNIT_CASE(ring_random_honest),
	KUNIT_CASE(ring_random_hostile),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "cleave_ring",
	.init = ring_setup,
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);
