// SPDX-License-Identifier: GPL-2.0-only
/* probes_test.c - the table of probes. */
#include "test.h"
#include "../probes.c"

/* Each is of one kind; a kretprobe's data has room where frames are made of it. */
static void probes_kinds(struct kunit *test)
{
	int i, n = 0;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		const struct probe_def *p = probe_defs[i];

		if (!p)
			continue;
		n++;
		KUNIT_EXPECT_EQ(test, !!p->entry + !!p->hot + !!p->exit + !!p->tracepoint,
				1);
		KUNIT_EXPECT_EQ(test, !!p->enter, !!p->exit);
		KUNIT_EXPECT_EQ(test, !!p->data, !!p->exit);
	}
	KUNIT_EXPECT_GT(test, n, 10);
}

static struct kunit_case probes_cases[] = {
	KUNIT_CASE(probes_kinds),
	{}
};

static struct kunit_suite probes_suite = {
	.name = "cleave_probes",
	.test_cases = probes_cases,
};

kunit_test_suite(probes_suite);
