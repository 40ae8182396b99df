// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_fmt.c - sizes and times in three digits.
 *
 * Build: with user/lib/{fmt,utf8}.c.
 */
#include "lib/fmt.h"
#include "shim.h"

struct fmt_case {
	__u64 n;
	const char *text;
};

static const struct fmt_case sizes[] = {
	{ 0, "0" },
	{ 1, "4 KiB" },
	{ 255, "1020 KiB" },
	{ 256, "1.00 MiB" },
	{ 257, "1.00 MiB" },
	{ 2558, "9.99 MiB" },
	{ 2559, "10.0 MiB" },
	{ 25587, "99.9 MiB" },
	{ 25588, "100 MiB" },
	{ 262015, "1023 MiB" },
	{ 262016, "1.00 GiB" },
	{ 1ULL << 40, "4.00 PiB" },
};

static const struct fmt_case times[] = {
	{ 0, "0 ns" },
	{ 999, "999 ns" },
	{ 1000, "1.00 us" },
	{ 1005, "1.01 us" },
	{ 9994, "9.99 us" },
	{ 9995, "10.0 us" },
	{ 99949, "99.9 us" },
	{ 99950, "100 us" },
	{ 999499, "999 us" },
	{ 999500, "1.00 ms" },
	{ 999499999, "999 ms" },
	{ 999500000, "1.00 s" },
	{ 86400000000000ULL, "86400 s" },
};

static void fmt_desc(const struct fmt_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", c->text);
}

KUNIT_ARRAY_PARAM(size, sizes, fmt_desc);
KUNIT_ARRAY_PARAM(time, times, fmt_desc);

static void size_reads(struct kunit *test)
{
	const struct fmt_case *c = test->param_value;
	char buf[FMT_LEN];

	KUNIT_EXPECT_STREQ(test, fmt_size(buf, c->n), c->text);
}

static void time_reads(struct kunit *test)
{
	const struct fmt_case *c = test->param_value;
	char buf[FMT_LEN];

	KUNIT_EXPECT_STREQ(test, fmt_time(buf, c->n), c->text);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(size_reads, size_gen_params),
	KUNIT_CASE_PARAM(time_reads, time_gen_params),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_fmt",
	.test_cases = cases,
};

kunit_test_suite(suite);
