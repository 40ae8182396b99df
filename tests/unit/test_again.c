// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_again.c - what cannot be done in one go, and what never can.
 *
 * Build: with user/source/bpf/again.c.
 */
#include "shim.h"

#include <errno.h>

#include "source/bpf/again.h"

/* What each pass leaves; the last of them again and again. */
struct passes {
	int left[4];
	int nr;
	int done;
};

static int pass(void *ctx)
{
	struct passes *p = ctx;
	int i = p->done++;

	return p->left[i < p->nr ? i : p->nr - 1];
}

#define LONG_NS		600000000000ULL

static void done_at_once(struct kunit *test)
{
	struct passes p = { .left = { 0 }, .nr = 1 };

	KUNIT_EXPECT_EQ(test, again(pass, &p, LONG_NS), 0);
	KUNIT_EXPECT_EQ(test, p.done, 1);
}

static void done_in_the_end(struct kunit *test)
{
	struct passes p = { .left = { 3, 1, 1, 0 }, .nr = 4 };

	KUNIT_EXPECT_EQ(test, again(pass, &p, LONG_NS), 0);
	KUNIT_EXPECT_EQ(test, p.done, 4);
}

/* It is told how much, and not given up before it was tried twice. */
static void never_done(struct kunit *test)
{
	struct passes p = { .left = { 7, 2 }, .nr = 2 };

	KUNIT_EXPECT_EQ(test, again(pass, &p, 0), 2);
	KUNIT_EXPECT_EQ(test, p.done, 2);
	p.done = 0;
	KUNIT_EXPECT_EQ(test, again(pass, &p, 20000000), 2);
	KUNIT_EXPECT_GE(test, p.done, 2);
}

static void failed(struct kunit *test)
{
	struct passes p = { .left = { 1, -EIO, 0 }, .nr = 3 };

	KUNIT_EXPECT_EQ(test, again(pass, &p, LONG_NS), -EIO);
	KUNIT_EXPECT_EQ(test, p.done, 2);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(done_at_once),
	KUNIT_CASE(done_in_the_end),
	KUNIT_CASE(never_done),
	KUNIT_CASE(failed),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_again",
	.test_cases = cases,
};

kunit_test_suite(suite);
