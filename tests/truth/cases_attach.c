// SPDX-License-Identifier: GPL-2.0-only
/*
 * cases_attach.c - cleave attaches in the middle: what was before, it cannot know, and
 * what comes after must be counted to the page.
 *
 * In all of these the same happens, and they differ in where they stop and wait for
 * cleave.
 */
#define _GNU_SOURCE 1

#include "truth.h"

enum point {
	BEFORE_FORK,
	AFTER_FORK,
	AFTER_CHILD,		/* has written the first half */
	AFTER_CREATOR,		/* has written the second half */
	AFTER_EXEC,
};

/* The first half are copies; the second half, which its creator has copied, is its own. */
static void run_child(char *m, long half)
{
	const char *argv[] = { "workload", "--held", NULL };
	const char *envp[] = { NULL };

	touch_own();
	advance(1);
	await(2);
	fill(m, half, 2);
	advance(3);
	await(4);
	fill(m + half * PG, N - half, 2);
	must(sys(SYS_dup2, ctl->scratch[5], HELD_UP), "dup2");
	must(sys(SYS_dup2, ctl->scratch[6], HELD_GO), "dup2");
	must(sys(SYS_execve, self_path, argv, envp), "execve");
	finish(99);
}

/* Of both sides. */
static long shared_at(enum point point, long half)
{
	switch (point) {
	case AFTER_FORK:
		return N;
	case AFTER_CHILD:
		return N - half;
	default:
		return 0;
	}
}

static void expect(enum point point, int c, long half)
{
	T(0)->attached = 1;
	T(0)->before_exec = 1;
	T(0)->creator = -1;
	T(0)->looked = shared_at(point, half);
	T(0)->clones = point == BEFORE_FORK;
	T(c)->attached = point != BEFORE_FORK;
	T(c)->before_exec = point != AFTER_EXEC;
	T(c)->creator = point == AFTER_EXEC ? -1 : 0;
	T(c)->looked = shared_at(point, half);
	T(c)->closes = point == AFTER_EXEC ? CLOSE_NONE : CLOSE_EXEC;
	if (point == BEFORE_FORK)
		pages(c, P_ANON, N);
	if (point <= AFTER_FORK)
		cow(c, CLEAVE_COPIED, half);
	if (point <= AFTER_CHILD)
		both(0, c, CLEAVE_COPIED, N - half);
	if (point <= AFTER_CREATOR)
		cow(c, CLEAVE_REUSED, N - half);
	/* What the child had of it is gone with its exec. */
	cow(0, CLEAVE_REUSED, half);
}

static void stop_at(enum point point, enum point here, int c)
{
	if (point == here)
		stop_for_attach(c < 0 ? 0 : T(c)->pid);
}

static void attach(enum point point)
{
	char *m = filled();
	long half = N / 2;
	int c;

	must(sys(SYS_pipe, &ctl->scratch[4]), "pipe");
	must(sys(SYS_pipe, &ctl->scratch[6]), "pipe");
	stop_at(point, BEFORE_FORK, -1);
	c = fork_task("child");
	if (c < 0)
		run_child(m, half);
	await(1);
	stop_at(point, AFTER_FORK, c);
	advance(2);
	await(3);
	stop_at(point, AFTER_CHILD, c);
	fill(m + half * PG, N - half, 3);
	stop_at(point, AFTER_CREATOR, c);
	advance(4);
	must(sys(SYS_read, ctl->scratch[4], ctl->buf, 1) - 1, "what the child's program says");
	stop_at(point, AFTER_EXEC, c);
	fill(m, half, 3);
	must(sys(SYS_write, ctl->scratch[7], "x", 1), "write");
	join(c);
	expect(point, c, half);
}

static void attach_before_fork(void)
{
	attach(BEFORE_FORK);
}

static void attach_after_fork(void)
{
	attach(AFTER_FORK);
}

static void attach_after_child(void)
{
	attach(AFTER_CHILD);
}

static void attach_after_creator(void)
{
	attach(AFTER_CREATOR);
}

static void attach_after_exec(void)
{
	attach(AFTER_EXEC);
}

/* No more than that: all of them are there at a time. */
#define CAP	1000

const struct truth_case attach_cases[] = {
	{ "attach_before_fork", "attached to before the fork", attach_before_fork, CAP },
	{ "attach_after_fork", "attached to after the fork", attach_after_fork, CAP },
	{ "attach_after_child", "attached to after the child's writes", attach_after_child, CAP },
	{ "attach_after_creator", "attached to after the creator's writes", attach_after_creator,
	  CAP },
	{ "attach_after_exec", "attached to after the child's exec", attach_after_exec, CAP },
	{ },
};
