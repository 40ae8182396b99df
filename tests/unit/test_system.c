// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_system.c - signals for a target that is the whole system, by a clock of our own.
 *
 * Build: with user/target/{system,last_signal}.c.
 */
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"
#include "target/system.h"

#define MS	1000000

static long now;

/* In the place of the C library's. */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
	(void)clock;
	*ts = (struct timespec) { .tv_nsec = now };
	return 0;
}

/* A process that gets two signals so far apart; its wait status, 0: it went on. */
static int two(int first, int second, int ms)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct target *t = target_system();

		t->ops->signal(t, first);
		now += ms * MS;
		raise(second);
		_exit(t->over && !t->ops->status(t, first) ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void second_signal_ends_the_program(struct kunit *test)
{
	static const int ends[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		/* A shell has two of them ignored in what it does not wait for. */
		signal(ends[i], SIG_DFL);
		KUNIT_EXPECT_EQ(test, WTERMSIG(two(ends[i], ends[i], 50)), ends[i]);
	}
	KUNIT_EXPECT_EQ(test, WTERMSIG(two(SIGTERM, SIGINT, 0)), SIGINT);
}

static void same_signal_at_once_is_the_first(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, two(SIGTERM, SIGTERM, 0), 0);
	KUNIT_EXPECT_EQ(test, two(SIGTERM, SIGTERM, 49), 0);
}

/* As by nohup(1). */
static void ignored_signal_stays_ignored(struct kunit *test)
{
	signal(SIGHUP, SIG_IGN);
	KUNIT_EXPECT_EQ(test, two(SIGTERM, SIGHUP, 50), 0);
	signal(SIGHUP, SIG_DFL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(second_signal_ends_the_program),
	KUNIT_CASE(same_signal_at_once_is_the_first),
	KUNIT_CASE(ignored_signal_stays_ignored),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_system",
	.test_cases = cases,
};

kunit_test_suite(suite);
