// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_attach.c - what is said of a process that cannot be attached to, of this system and
 * of one that is made up.
 *
 * Build: with user/target/attach.c, user/lib/sys.c and tests/played/sysroot.c.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sys.h"
#include "shim.h"
#include "sysroot.h"
#include "target/attach.h"

#define NOBODY	(1 << 23)	/* above the largest pid */

static char said[1024];
static int result;

/* What is printed to stderr meanwhile is in @said. */
static void check(const pid_t *pids, size_t nr)
{
	FILE *f = tmpfile();
	int err = dup(STDERR_FILENO);

	dup2(fileno(f), STDERR_FILENO);
	result = attach_check(pids, nr);
	dup2(err, STDERR_FILENO);
	close(err);
	rewind(f);
	said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
	fclose(f);
}

static pid_t child(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;)
		pause();
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void may_be(struct kunit *test)
{
	pid_t two[] = { child(), child() };

	check(two, 2);
	KUNIT_EXPECT_EQ(test, result, 0);
	KUNIT_EXPECT_STREQ(test, said, "");
	end(two[0]);
	end(two[1]);
}

static void none_there(struct kunit *test)
{
	const pid_t pids[] = { NOBODY, NOBODY + 1 };

	check(pids, 2);
	KUNIT_EXPECT_EQ(test, result, -1);
	KUNIT_EXPECT_STREQ(test, said,
			   "cleave: cannot trace process 8388608: there is none\n"
			   "cleave: cannot trace process 8388609: there is none\n");
}

static void ourselves(struct kunit *test)
{
	const pid_t pid = getpid();

	check(&pid, 1);
	KUNIT_EXPECT_EQ(test, result, -1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(said, ": it is cleave itself\n"));
}

static void zombie(struct kunit *test)
{
	pid_t pid = fork();
	siginfo_t si;

	if (!pid)
		_exit(0);
	waitid(P_PID, pid, &si, WEXITED | WNOWAIT);
	check(&pid, 1);
	KUNIT_EXPECT_EQ(test, result, -1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(said, "(a zombie)\n"));
	waitpid(pid, NULL, 0);
}

static void *goes_on(void *to)
{
	pid_t tid = gettid();

	if (write(*(int *)to, &tid, sizeof(tid)) != sizeof(tid))
		_exit(1);
	for (;;)
		pause();
}

/* Its leader ends, and the thread goes on; returns both. */
static pid_t without_leader(pid_t *tid)
{
	pthread_t thread;
	char path[64], state[256] = "";
	int to[2], tries;
	pid_t pid;

	if (pipe(to))
		return 0;
	pid = fork();
	if (!pid) {
		pthread_create(&thread, NULL, goes_on, &to[1]);
		syscall(SYS_exit, 0);
	}
	if (read(to[0], tid, sizeof(*tid)) != sizeof(*tid))
		*tid = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (tries = 0; tries < 10000 && !strstr(state, ") Z"); tries++) {
		sys_line(path, state, sizeof(state));
		usleep(1000);
	}
	close(to[0]);
	close(to[1]);
	return pid;
}

/* Of a thread the process is named; with a leader that has ended, it may be. */
static void threads(struct kunit *test)
{
	pid_t tid = 0, pid = without_leader(&tid);
	char line[128];

	check(&pid, 1);
	KUNIT_EXPECT_EQ(test, result, 0);
	check(&tid, 1);
	KUNIT_EXPECT_EQ(test, result, -1);
	snprintf(line, sizeof(line),
		 "cleave: cannot trace process %d: it is a thread of process %d: name that\n",
		 tid, pid);
	KUNIT_EXPECT_STREQ(test, said, line);
	end(pid);
}

/* One with a name that looks like the rest of the line. */
static void kernel_thread(struct kunit *test)
{
	struct sysroot root;
	const pid_t pid = 70;

	KUNIT_ASSERT_EQ(test, sysroot_init(&root), 0);
	sysroot_file(&root, "/proc/70/status", "Name:\tk) S\nTgid:\t70\nPid:\t70\nThreads:\t1\n");
	sysroot_file(&root, "/proc/70/stat", "70 (k) S 1 0) I 2 0 0 0 -1 69238880 0 0\n");
	check(&pid, 1);
	KUNIT_EXPECT_EQ(test, result, -1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(said, ": it is a kernel thread, "));
	sysroot_file(&root, "/proc/70/stat", "70 (k) S 1 0) S 2 0 0 0 -1 4194560 0 0\n");
	check(&pid, 1);
	KUNIT_EXPECT_EQ(test, result, 0);
	sysroot_exit(&root);
}

static void add(struct sysroot *root, pid_t pid, pid_t parent)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	snprintf(text, sizeof(text), "Name:\ts\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\n", pid, pid,
		 parent);
	sysroot_file(root, path, text);
}

/* 900 makes 70 and 80, pids having begun anew; 70 makes 60, and that one 50. */
static void order(struct kunit *test)
{
	pid_t pids[] = { 50, 60, 80, 20, 70, 900, 10 };
	const pid_t in_order[] = { 20, 900, 10, 80, 70, 60, 50 };
	struct sysroot root;

	KUNIT_ASSERT_EQ(test, sysroot_init(&root), 0);
	add(&root, 900, 1);
	add(&root, 80, 900);
	add(&root, 70, 900);
	add(&root, 60, 70);
	add(&root, 50, 60);
	add(&root, 20, 7);
	attach_order(pids, 7);
	KUNIT_EXPECT_EQ(test, memcmp(pids, in_order, sizeof(pids)), 0);
	attach_order(pids, 0);
	sysroot_exit(&root);
}

/* One ends, and its pid is given to what another has made, while this is read. */
static void order_in_a_ring(struct kunit *test)
{
	pid_t pids[] = { 5, 6 };
	struct sysroot root;

	KUNIT_ASSERT_EQ(test, sysroot_init(&root), 0);
	add(&root, 5, 6);
	add(&root, 6, 5);
	attach_order(pids, 2);
	KUNIT_EXPECT_EQ(test, pids[0] + pids[1], 11);
	sysroot_exit(&root);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(may_be),
	KUNIT_CASE(none_there),
	KUNIT_CASE(ourselves),
	KUNIT_CASE(zombie),
	KUNIT_CASE(threads),
	KUNIT_CASE(kernel_thread),
	KUNIT_CASE(order),
	KUNIT_CASE(order_in_a_ring),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_attach",
	.test_cases = cases,
};

kunit_test_suite(suite);
