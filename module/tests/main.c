// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - cleave-selftest.ko (on a kernel without KUnit): loading it runs the
 * suites and prints KTAP to the log.  cleave-kunit.ko: KUnit itself does that.
 */
#include <linux/module.h>

#include "leave.h"

#ifdef CLEAVE_SELFTEST
#define CLEAVE_SELFTEST_MAIN
#include "shim.h"

#define SUITES(X)							\
	X(attach) X(caller) X(clone) X(counter) X(exec) X(exit) X(fault) X(frame) X(hooks)	\
	X(hugetlb) X(layout) X(leave) X(ledger) X(probes) X(ring) X(rules) X(session)	\
	X(switch) X(table) X(timed) X(times) X(traced)

#define X(name)	extern struct kunit_suite *const name##_suite_ptr;
SUITES(X)
#undef X

static int __init selftest_init(void)
{
#define X(name)	name##_suite_ptr,
	struct kunit_suite *suites[] = { SUITES(X) };
#undef X

	kunit_main_(suites, ARRAY_SIZE(suites));
	return 0;
}

module_init(selftest_init);
#endif

/* A test may have given up a wait. */
static void __exit tests_exit(void)
{
	leave_exit();
}

module_exit(tests_exit);

MODULE_DESCRIPTION("cleave: self-tests");
MODULE_LICENSE("GPL");
