// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_spawn.c - the traced command's process, with real ones.
 *
 * Build: with user/target/spawn.c and user/lib/sigchld.c.
 */
#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sigchld.h"
#include "shim.h"
#include "target/spawn.h"

/* Runs a command to its end; returns what spawn_wait() says, or -1000. */
static int run(struct kunit *test, char **argv, int *exec_error)
{
	struct pollfd p = { .events = POLLIN };
	struct spawn s = { 0 };
	sigset_t mask;
	int status;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	KUNIT_ASSERT_EQ(test, spawn_start(&s, argv, &mask), 0);
	spawn_release(&s);
	*exec_error = spawn_exec_error(&s);
	p.fd = s.pidfd;
	KUNIT_EXPECT_EQ(test, poll(&p, 1, 10000), 1);
	status = spawn_wait(&s);
	close(s.pidfd);
	return status;
}

static int run_sh(struct kunit *test, const char *script)
{
	char *argv[] = { "sh", "-c", (char *)script, NULL };
	int exec_error, status = run(test, argv, &exec_error);

	KUNIT_EXPECT_EQ(test, exec_error, 0);
	return status;
}

static void status_is_passed_on(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, run_sh(test, "exit 3"), 3);
	KUNIT_EXPECT_EQ(test, run_sh(test, "kill -9 $$"), 128 + SIGKILL);
}

static void not_found(struct kunit *test)
{
	char *argv[] = { "/nonexistent", NULL };
	int exec_error;

	KUNIT_EXPECT_EQ(test, run(test, argv, &exec_error), 127);
	KUNIT_EXPECT_EQ(test, exec_error, ENOENT);
}

static void not_executable(struct kunit *test)
{
	char *argv[] = { "/etc/passwd", NULL };
	int exec_error;

	KUNIT_EXPECT_EQ(test, run(test, argv, &exec_error), 126);
	KUNIT_EXPECT_EQ(test, exec_error, EACCES);
}

/* Is SIGCHLD (bit 16) ignored in the command?  A shell would set it for itself. */
static int cmd_ignores_sigchld(struct kunit *test)
{
	char *argv[] = { "awk", "/^SigIgn/ { exit substr($2, 12, 1) % 2 }",
			 "/proc/self/status", NULL };
	int exec_error;

	return run(test, argv, &exec_error);
}

/* The kernel would reap the command before anybody has asked for its status. */
static void sigchld_was_ignored(struct kunit *test)
{
	signal(SIGCHLD, SIG_IGN);
	sigchld_take();
	KUNIT_EXPECT_EQ(test, run_sh(test, "exit 3"), 3);
	/* The command finds it as we did. */
	KUNIT_EXPECT_EQ(test, cmd_ignores_sigchld(test), 1);
	signal(SIGCHLD, SIG_DFL);
	sigchld_take();
	KUNIT_EXPECT_EQ(test, cmd_ignores_sigchld(test), 0);
}

/* Whoever reaped it: that it has ended is known, its status is not. */
static void reaped_by_another(struct kunit *test)
{
	signal(SIGCHLD, SIG_IGN);
	KUNIT_EXPECT_LT(test, run_sh(test, "exit 3"), 0);
	signal(SIGCHLD, SIG_DFL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(status_is_passed_on),
	KUNIT_CASE(not_found),
	KUNIT_CASE(not_executable),
	KUNIT_CASE(sigchld_was_ignored),
	KUNIT_CASE(reaped_by_another),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_spawn",
	.test_cases = cases,
};

kunit_test_suite(suite);
