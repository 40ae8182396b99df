// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_spawn.c - the traced command's process, with real ones.
 *
 * Build: with user/target/{spawn,run_as}.c and user/lib/sigchld.c.
 */
#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/status.h"
#include "lib/sigchld.h"
#include "shim.h"
#include "target/spawn.h"

/* What a command has said on standard error, at most this much. */
static char said[256];

/* Have standard error in a file meanwhile. */
static FILE *said_begin(int *old)
{
	FILE *f = tmpfile();

	*old = dup(STDERR_FILENO);
	dup2(fileno(f), STDERR_FILENO);
	return f;
}

static void said_end(FILE *f, int old)
{
	size_t n;

	dup2(old, STDERR_FILENO);
	close(old);
	rewind(f);
	n = fread(said, 1, sizeof(said) - 1, f);
	said[n] = '\0';
	fclose(f);
}

/* Waits until the target is over, or 10 s. */
static void wait_over(struct kunit *test, struct target *t)
{
	while (!t->over) {
		struct pollfd p = { .fd = t->fd, .events = POLLIN };

		KUNIT_ASSERT_EQ(test, poll(&p, 1, 10000), 1);
		t->ops->ready(t);
	}
}

/* Runs a command to its end; returns what cleave's exit status would be. */
static int run(struct kunit *test, char **argv)
{
	struct target *t = target_spawn(argv, NULL);
	sigset_t mask;
	int status, old;
	FILE *f = said_begin(&old);

	sigprocmask(SIG_SETMASK, NULL, &mask);
	KUNIT_EXPECT_EQ(test, t->ops->start(t, &mask), 0);
	KUNIT_EXPECT_EQ(test, t->nr_roots, 1UL);
	t->ops->go(t);
	wait_over(test, t);
	status = t->ops->status(t, 0);
	t->ops->free(t);
	said_end(f, old);
	return status;
}

static int run_sh(struct kunit *test, const char *script)
{
	char *argv[] = { "sh", "-c", (char *)script, NULL };

	return run(test, argv);
}

static void status_is_passed_on(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, run_sh(test, "exit 3"), 3);
	KUNIT_EXPECT_EQ(test, run_sh(test, "kill -9 $$"), 128 + SIGKILL);
}

static void not_found(struct kunit *test)
{
	char *argv[] = { "/nonexistent", NULL };

	KUNIT_EXPECT_EQ(test, run(test, argv), 127);
	KUNIT_EXPECT_STREQ(test, said,
			   "cleave: cannot run '/nonexistent': No such file or directory\n");
}

static void not_executable(struct kunit *test)
{
	char *argv[] = { "/etc/passwd", NULL };

	KUNIT_EXPECT_EQ(test, run(test, argv), 126);
	KUNIT_EXPECT_STREQ(test, said, "cleave: cannot run '/etc/passwd': Permission denied\n");
}

/* Is SIGCHLD (bit 16) ignored in the command?  A shell would set it for itself. */
static int cmd_ignores_sigchld(struct kunit *test)
{
	char *argv[] = { "awk", "/^SigIgn/ { exit substr($2, 12, 1) % 2 }",
			 "/proc/self/status", NULL };

	return run(test, argv);
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
	KUNIT_EXPECT_EQ(test, run_sh(test, "exit 3"), EXIT_CLEAVE);
	KUNIT_EXPECT_STREQ(test, said,
			   "cleave: cannot tell how the command ended: No child processes\n");
	signal(SIGCHLD, SIG_DFL);
}

/* Starts a command that says when it has begun, and lets it go. */
static struct target *begin(struct kunit *test, char *script, int begun[2])
{
	static char *argv[] = { "sh", "-c", NULL, NULL };
	struct target *t;
	sigset_t mask;
	char c;

	argv[2] = script;
	t = target_spawn(argv, NULL);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	KUNIT_EXPECT_EQ(test, pipe(begun), 0);
	dup2(begun[1], 9);
	close(begun[1]);
	KUNIT_EXPECT_EQ(test, t->ops->start(t, &mask), 0);
	close(9);
	t->ops->go(t);
	KUNIT_EXPECT_EQ(test, read(begun[0], &c, 1), 1);
	close(begun[0]);
	return t;
}

static void signals_are_passed_on_once(struct kunit *test)
{
	int begun[2];
	struct target *t = begin(test, "trap 'exit 5' TERM; echo >&9; exec 9>&-; while :; do sleep 0.01; done",
				 begun);

	KUNIT_EXPECT_TRUE(test, t->ops->signal(t, SIGINT));
	KUNIT_EXPECT_TRUE(test, t->ops->signal(t, SIGTERM));
	KUNIT_EXPECT_FALSE(test, t->ops->signal(t, SIGTERM));
	KUNIT_EXPECT_TRUE(test, t->ops->signal(t, SIGQUIT));
	/* As long as it runs, the signal that ends the session is the status. */
	KUNIT_EXPECT_EQ(test, t->ops->status(t, SIGTERM), 128 + SIGTERM);
	wait_over(test, t);
	KUNIT_EXPECT_EQ(test, t->ops->status(t, 0), 5);
	KUNIT_EXPECT_FALSE(test, t->ops->signal(t, SIGINT));
	t->ops->free(t);
}

/* Never let go: it does nothing, and is not there afterwards. */
static void freed_before_it_began(struct kunit *test)
{
	char *argv[] = { "touch", "/tmp/cleave-spawn-must-not-be", NULL };
	struct target *t = target_spawn(argv, NULL);
	sigset_t mask;
	pid_t pid;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	KUNIT_ASSERT_EQ(test, t->ops->start(t, &mask), 0);
	pid = t->roots[0];
	t->ops->free(t);
	KUNIT_EXPECT_EQ(test, kill(pid, 0), -1);
	KUNIT_EXPECT_NE(test, access(argv[1], F_OK), 0);
}

/* As it is held it has them blocked, as we do; let go, it has its own mask, and no program. */
static void signal_comes_before_it_begins(struct kunit *test)
{
	char *argv[] = { "touch", "/tmp/cleave-spawn-must-not-be", NULL };
	struct target *t = target_spawn(argv, NULL);
	sigset_t term, old;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &old);
	KUNIT_ASSERT_EQ(test, t->ops->start(t, &old), 0);
	KUNIT_EXPECT_TRUE(test, t->ops->signal(t, SIGTERM));
	t->ops->go(t);
	wait_over(test, t);
	sigprocmask(SIG_SETMASK, &old, NULL);
	KUNIT_EXPECT_EQ(test, t->ops->status(t, 0), 128 + SIGTERM);
	KUNIT_EXPECT_NE(test, access(argv[1], F_OK), 0);
	t->ops->free(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(status_is_passed_on),
	KUNIT_CASE(not_found),
	KUNIT_CASE(not_executable),
	KUNIT_CASE(sigchld_was_ignored),
	KUNIT_CASE(reaped_by_another),
	KUNIT_CASE(signals_are_passed_on_once),
	KUNIT_CASE(freed_before_it_began),
	KUNIT_CASE(signal_comes_before_it_begins),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_spawn",
	.test_cases = cases,
};

kunit_test_suite(suite);
