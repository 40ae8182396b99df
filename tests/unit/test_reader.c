// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_reader.c - the reader on a ring of the test's own making.
 *
 * Build: with user/source/reader.c and user/core/{layout,flags}.c.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "shim.h"
#include "source/reader.h"

#define PAGE		4096
#define RING		4096UL

struct ring {
	int fd;
	unsigned long *cons;
	unsigned long *prod;
	unsigned char *data;
	struct reader r;
	unsigned int seen;
	__u32 last_cpu;
	unsigned long cons_seen;	/* consumer position at the last record */
	const void *last;
	__u32 late;			/* commit this record from the callback */
	unsigned long late_pos;
};

/* [consumer page][producer page][data][the same data again] */
static int ring_init(struct kunit *test)
{
	struct ring *g = kunit_kzalloc(test, sizeof(*g), GFP_KERNEL);

	if (!g)
		return -1;
	test->priv = g;
	g->fd = memfd_create("ring", MFD_CLOEXEC);
	if (g->fd < 0 || ftruncate(g->fd, 2 * PAGE + RING))
		return -1;
	g->cons = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd, 0);
	g->prod = g->cons + PAGE / sizeof(*g->cons);
	g->data = mmap(NULL, 2 * RING, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mmap(g->data, RING, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
	     g->fd, 2 * PAGE);
	mmap(g->data + RING, RING, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
	     g->fd, 2 * PAGE);
	reader_init(&g->r, g->cons, g->prod, g->data, RING);
	return 0;
}

static void ring_exit(struct kunit *test)
{
	struct ring *g = test->priv;

	munmap(g->cons, 2 * PAGE);
	munmap(g->data, 2 * RING);
	close(g->fd);
}

static unsigned long put_len(struct ring *g, const void *rec, __u32 len, __u32 bits)
{
	unsigned long pos = *g->prod;
	unsigned char *p = g->data + (pos & (RING - 1));

	memcpy(p + CLEAVE_RING_HDR_SZ, rec, len);
	*(__u32 *)p = len | bits;
	*g->prod = pos + ((len + CLEAVE_RING_HDR_SZ + 7) & ~7UL);
	return pos;
}

static unsigned long put_break(struct ring *g, __u32 nr, __u32 bits)
{
	struct cleave_break e = {
		.hdr = { .type = CLEAVE_REC_BREAK, .size = sizeof(e), .cpu = nr },
	};

	return put_len(g, &e, sizeof(e), bits);
}

static void commit(struct ring *g, unsigned long pos)
{
	*(__u32 *)(g->data + (pos & (RING - 1))) &= ~CLEAVE_RING_BUSY;
}

static void take(void *ctx, const struct cleave_hdr *rec)
{
	struct ring *g = ctx;

	g->seen++;
	g->last_cpu = rec->cpu;
	g->last = rec;
	g->cons_seen = *g->cons;
}

static size_t consume(struct ring *g, size_t max)
{
	return reader_consume(&g->r, max, take, g);
}

static void empty(struct kunit *test)
{
	struct ring *g = test->priv;

	KUNIT_EXPECT_EQ(test, consume(g, 100), 0UL);
	KUNIT_EXPECT_EQ(test, *g->cons, 0UL);
}

static void never_copies(struct kunit *test)
{
	struct ring *g = test->priv;

	put_break(g, 7, 0);
	KUNIT_EXPECT_EQ(test, consume(g, 100), 1UL);
	KUNIT_EXPECT_PTR_EQ(test, g->last, g->data + CLEAVE_RING_HDR_SZ);
	KUNIT_EXPECT_EQ(test, *g->cons, *g->prod);
}

static void wraps(struct kunit *test)
{
	struct ring *g = test->priv;
	__u32 i;

	/* 56 bytes each: they do not divide the ring, so some straddle its end. */
	for (i = 0; i < 1000; i++) {
		put_break(g, i, 0);
		KUNIT_ASSERT_EQ(test, consume(g, 100), 1UL);
		KUNIT_ASSERT_EQ(test, g->last_cpu, i);
	}
	KUNIT_EXPECT_EQ(test, g->r.malformed, 0ULL);
	KUNIT_EXPECT_EQ(test, *g->cons, 56000UL);
}

static void busy_stops(struct kunit *test)
{
	struct ring *g = test->priv;
	unsigned long pos;

	put_break(g, 1, 0);
	pos = put_break(g, 2, CLEAVE_RING_BUSY);
	put_break(g, 3, 0);
	KUNIT_EXPECT_EQ(test, consume(g, 100), 1UL);
	KUNIT_EXPECT_EQ(test, *g->cons, pos);
	commit(g, pos);
	KUNIT_EXPECT_EQ(test, consume(g, 100), 2UL);
	KUNIT_EXPECT_EQ(test, g->last_cpu, 3U);
}

static void take_and_commit(void *ctx, const struct cleave_hdr *rec)
{
	struct ring *g = ctx;

	take(ctx, rec);
	if (g->late && rec->cpu == g->late) {
		g->late = 0;
		commit(g, g->late_pos);
	}
}

/* What is committed while we read is taken in the same call. */
static void late_commit(struct kunit *test)
{
	struct ring *g = test->priv;

	put_break(g, 1, 0);
	g->late = 1;
	g->late_pos = put_break(g, 2, CLEAVE_RING_BUSY);
	KUNIT_EXPECT_EQ(test, reader_consume(&g->r, 100, take_and_commit, g), 2UL);
}

static void discarded(struct kunit *test)
{
	struct ring *g = test->priv;

	put_break(g, 1, CLEAVE_RING_DISCARD);
	put_break(g, 2, 0);
	put_break(g, 3, CLEAVE_RING_DISCARD);
	KUNIT_EXPECT_EQ(test, consume(g, 100), 1UL);
	KUNIT_EXPECT_EQ(test, g->last_cpu, 2U);
	KUNIT_EXPECT_EQ(test, *g->cons, *g->prod);
}

static void stops_at_max(struct kunit *test)
{
	struct ring *g = test->priv;
	__u32 i;

	for (i = 0; i < 10; i++)
		put_break(g, i, 0);
	KUNIT_EXPECT_EQ(test, consume(g, 4), 4UL);
	KUNIT_EXPECT_EQ(test, *g->cons, 4 * 56UL);
	KUNIT_EXPECT_EQ(test, consume(g, 100), 6UL);
}

static void space_comes_back_in_batches(struct kunit *test)
{
	struct ring *g = test->priv;
	__u32 i;

	for (i = 0; i < 70; i++)
		put_break(g, i, 0);
	KUNIT_EXPECT_EQ(test, consume(g, 100), 70UL);
	/* The 70th was read when the first 64 had been given back. */
	KUNIT_EXPECT_EQ(test, g->cons_seen, 64 * 56UL);
}

struct bad {
	const char *name;
	__u16 type;
	__u16 size;
	__u32 len;
};

static const struct bad bad_cases[] = {
	{ "no such type", 77, 48, 48 },
	{ "type none", CLEAVE_REC_NONE, 48, 48 },
	{ "shorter than its type", CLEAVE_REC_BREAK, 40, 48 },
	{ "longer than its slot", CLEAVE_REC_BREAK, 56, 48 },
	{ "slot shorter than a header", CLEAVE_REC_BREAK, 48, 8 },
	{ "clone of the size of a break", CLEAVE_REC_CLONE, 48, 48 },
};

static void bad_desc(const struct bad *b, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", b->name);
}

KUNIT_ARRAY_PARAM(bad, bad_cases, bad_desc)

static void malformed(struct kunit *test)
{
	const struct bad *b = test->param_value;
	struct ring *g = test->priv;
	struct cleave_break e = { .hdr = { .type = b->type, .size = b->size } };

	put_len(g, &e, b->len, 0);
	put_break(g, 5, 0);
	KUNIT_EXPECT_EQ(test, consume(g, 100), 2UL);
	KUNIT_EXPECT_EQ(test, g->r.malformed, 1ULL);
	KUNIT_EXPECT_EQ(test, g->seen, 1U);
	KUNIT_EXPECT_EQ(test, g->last_cpu, 5U);
}

static void args_beyond_the_record(struct kunit *test)
{
	struct ring *g = test->priv;
	struct cleave_exec x = {
		.hdr = { .type = CLEAVE_REC_EXEC,
			 .size = offsetof(struct cleave_exec, args) + 8 },
		.args_len = 9,
	};

	put_len(g, &x, x.hdr.size, 0);
	x.args_len = 8;
	put_len(g, &x, x.hdr.size, 0);
	consume(g, 100);
	KUNIT_EXPECT_EQ(test, g->r.malformed, 1ULL);
	KUNIT_EXPECT_EQ(test, g->r.taken, 1ULL);
}

static void enums_out_of_range(struct kunit *test)
{
	struct ring *g = test->priv;
	struct cleave_clone c = {
		.hdr = { .type = CLEAVE_REC_CLONE, .size = sizeof(c) },
		.kind = CLEAVE_NR_KINDS,
	};
	struct cleave_break b = {
		.hdr = { .type = CLEAVE_REC_BREAK, .size = sizeof(b) },
		.outcome = CLEAVE_NR_OUTCOMES,
	};

	put_len(g, &c, sizeof(c), 0);
	put_len(g, &b, sizeof(b), 0);
	consume(g, 100);
	KUNIT_EXPECT_EQ(test, g->r.malformed, 2ULL);
	KUNIT_EXPECT_EQ(test, g->seen, 0U);
}

static void length_beyond_the_producer(struct kunit *test)
{
	struct ring *g = test->priv;
	unsigned long pos = put_break(g, 1, 0);

	*(__u32 *)(g->data + pos) = 100000;
	KUNIT_EXPECT_EQ(test, consume(g, 100), 1UL);
	KUNIT_EXPECT_EQ(test, g->r.malformed, 1ULL);
	KUNIT_EXPECT_EQ(test, *g->cons, *g->prod);
	put_break(g, 2, 0);
	KUNIT_EXPECT_EQ(test, consume(g, 100), 1UL);
	KUNIT_EXPECT_EQ(test, g->last_cpu, 2U);
}

static void what_is_left(struct kunit *test)
{
	struct ring *g = test->priv;
	unsigned long pos;

	put_break(g, 1, 0);
	pos = put_break(g, 2, CLEAVE_RING_BUSY);
	put_break(g, 3, CLEAVE_RING_DISCARD);
	put_break(g, 4, 0);
	consume(g, 100);
	KUNIT_EXPECT_EQ(test, reader_left(&g->r), 2ULL);
	commit(g, pos);
	consume(g, 100);
	KUNIT_EXPECT_EQ(test, reader_left(&g->r), 0ULL);
	KUNIT_EXPECT_EQ(test, g->r.taken, 3ULL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(empty),
	KUNIT_CASE(never_copies),
	KUNIT_CASE(wraps),
	KUNIT_CASE(busy_stops),
	KUNIT_CASE(late_commit),
	KUNIT_CASE(discarded),
	KUNIT_CASE(stops_at_max),
	KUNIT_CASE(space_comes_back_in_batches),
	KUNIT_CASE_PARAM(malformed, bad_gen_params),
	KUNIT_CASE(args_beyond_the_record),
	KUNIT_CASE(enums_out_of_range),
	KUNIT_CASE(length_beyond_the_producer),
	KUNIT_CASE(what_is_left),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_reader",
	.init = ring_init,
	.exit = ring_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
