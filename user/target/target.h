/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target.h - what is traced, and when that is over.
 *
 * A session asks a target for the processes to begin with, tells it when tracing is
 * on, and then waits for it beside its sources: until the target is over, and all
 * that was traced has ended, or a signal ends it.
 */
#ifndef CLEAVE_TARGET_H
#define CLEAVE_TARGET_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct target;

/**
 * struct target_ops - what a target does
 *
 * @start: have the roots there, as still as can be; returns 0 or a negative errno
 *	after one line on stderr
 * @go: tracing is on
 * @ready: @fd is readable
 * @signal: cleave got this signal; false: it ends the session
 * @status: the exit status that cleave is to have; the argument is the signal that
 *	has ended the session, or 0: it was the target itself, or its time is up
 * @free: end what was not let go, and free all
 */
struct target_ops {
	int (*start)(struct target *t, const sigset_t *mask);
	void (*go)(struct target *t);
	void (*ready)(struct target *t);
	bool (*signal)(struct target *t, int sig);
	int (*status)(const struct target *t, int sig);
	void (*free)(struct target *t);
};

/**
 * struct target - base of every target
 * @ops: what it does
 * @fd: readable when the target has something to do; after @start
 * @argv: the command, or NULL where there is none
 * @roots: processes to begin with, which hold still; after @start
 * @nr_roots: their number
 * @attached: processes that are there already and go on meanwhile; the session is over
 *	once they have ended, and all that they made. Without them and @roots it is the
 *	whole system
 * @nr_attached: their number
 * @user: whom the command runs as, where that is to be told, or NULL
 * @over: nothing more comes of the target itself; what it made may go on
 */
struct target {
	const struct target_ops *ops;
	int fd;
	char *const *argv;
	const pid_t *roots;
	size_t nr_roots;
	const pid_t *attached;
	size_t nr_attached;
	const char *user;
	bool over;
};

#endif /* CLEAVE_TARGET_H */
