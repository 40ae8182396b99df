// SPDX-License-Identifier: GPL-2.0-only
/* counter_test.c - reading an mm's counters, which are kept per CPU since 6.2. */
#include "test.h"
#include <linux/smp.h>
#include "compat.h"

static int counter_setup(struct kunit *test)
{
	struct mm_struct *mm = kunit_kzalloc(test, sizeof(*mm), GFP_KERNEL);

	test->priv = mm;
	if (!mm)
		return -ENOMEM;
#ifdef COMPAT_PERCPU_RSS
	return percpu_counter_init(&mm->rss_stat[MM_ANONPAGES], 0, GFP_KERNEL);
#else
	return 0;
#endif
}

static void counter_teardown(struct kunit *test)
{
#ifdef COMPAT_PERCPU_RSS
	struct mm_struct *mm = test->priv;

	if (mm)
		percpu_counter_destroy(&mm->rss_stat[MM_ANONPAGES]);
#endif
}

static void add(struct mm_struct *mm, long n)
{
#ifdef COMPAT_PERCPU_RSS
	percpu_counter_add_batch(&mm->rss_stat[MM_ANONPAGES], n, 1 << 20);
#else
	atomic_long_add(n, &mm->rss_stat.count[MM_ANONPAGES]);
#endif
}

static void add_here(void *mm)
{
	add(mm, 1 + smp_processor_id());
}

/* Less than a batch on each CPU: the central count knows of none of it. */
static void counter_sums_all_cpus(struct kunit *test)
{
	struct mm_struct *mm = test->priv;
	u64 want = 0;
	int cpu;

	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, add_here, mm, 1);
		want += 1 + cpu;
	}
	KUNIT_EXPECT_EQ(test, compat_mm_counter(mm, MM_ANONPAGES), want);
#ifdef COMPAT_PERCPU_RSS
	KUNIT_EXPECT_EQ(test, (u64)percpu_counter_read(&mm->rss_stat[MM_ANONPAGES]),
			0ULL);
#endif
}

/* Counters of a live mm can be seen below 0 for a moment. */
static void counter_never_negative(struct kunit *test)
{
	struct mm_struct *mm = test->priv;

	add(mm, -3);
	KUNIT_EXPECT_EQ(test, compat_mm_counter(mm, MM_ANONPAGES), 0ULL);
	add(mm, 5);
	KUNIT_EXPECT_EQ(test, compat_mm_counter(mm, MM_ANONPAGES), 2ULL);
}

static struct kunit_case counter_cases[] = {
	KUNIT_CASE(counter_sums_all_cpus),
	KUNIT_CASE(counter_never_negative),
	{}
};

static struct kunit_suite counter_suite = {
	.name = "cleave_counter",
	.init = counter_setup,
	.exit = counter_teardown,
	.test_cases = counter_cases,
};

kunit_test_suite(counter_suite);
