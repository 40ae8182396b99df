// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_again.c - what cannot be done in one go, and what never can.
 *
 * Build: with user/source/bpf/again.c.
 */
#include "shim.h"

#include "source/bpf/again.h"

#define LONG_NS		600000000000ULL

static void not_given_up(struct kunit *test)
{
	struct again a = { .pause = 0 };
	unsigned int pause;
	int i;

	for (i = 0; i < 6; i++) {
		pause = a.pause;
		KUNIT_EXPECT_TRUE(test, again(&a, LONG_NS));
		KUNIT_EXPECT_GE(test, a.pause, pause);
		KUNIT_EXPECT_FALSE(test, a.last);
	}
	/* Who calls has other things to do as well. */
	KUNIT_EXPECT_LE(test, a.pause, 10000U);
}

/* And not before it was tried twice. */
static void given_up(struct kunit *test)
{
	struct again a = { .pause = 0 };

	KUNIT_EXPECT_TRUE(test, again(&a, 0));
	KUNIT_EXPECT_FALSE(test, again(&a, 0));
	KUNIT_EXPECT_FALSE(test, again(&a, 0));
}

static void given_up_in_time(struct kunit *test)
{
	struct again a = { .pause = 0 };
	int n = 0;

	/* Each time takes a millisecond at least. */
	while (n < 30 && again(&a, 20000000))
		n++;
	KUNIT_EXPECT_GE(test, n, 1);
	KUNIT_EXPECT_LT(test, n, 30);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(not_given_up),
	KUNIT_CASE(given_up),
	KUNIT_CASE(given_up_in_time),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_again",
	.test_cases = cases,
};

kunit_test_suite(suite);
