/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spawn.h - the traced command: made, held until tracing is on, let go.
 */
#ifndef CLEAVE_SPAWN_H
#define CLEAVE_SPAWN_H

#include <signal.h>
#include <sys/types.h>

/**
 * struct spawn - the command
 * @pid: its process
 * @pidfd: readable once it has ended
 * @go_fd: closed or written to let it go
 * @err_fd: gives the errno of a failed exec, or end-of-file
 */
struct spawn {
	pid_t pid;
	int pidfd;
	int go_fd;
	int err_fd;
};

/**
 * spawn_start() - fork a child that waits for spawn_release()
 * @s: filled
 * @argv: command and arguments
 * @mask: signal mask for it
 *
 * Return: 0 or a negative errno.
 */
int spawn_start(struct spawn *s, char **argv, const sigset_t *mask);

/**
 * spawn_release() - let it exec
 * @s: the command
 */
void spawn_release(struct spawn *s);

/**
 * spawn_exec_error() - why it could not be run; once @err_fd is readable
 * @s: the command
 *
 * Return: a positive errno, or 0 where it was run.
 */
int spawn_exec_error(struct spawn *s);

/**
 * spawn_wait() - its exit status, as a shell has it; once @pidfd is readable
 * @s: the command
 *
 * Return: 0 to 255, or a negative errno where nobody can tell.
 */
int spawn_wait(struct spawn *s);

/**
 * spawn_abort() - end it before it was let go
 * @s: the command
 */
void spawn_abort(struct spawn *s);

#endif /* CLEAVE_SPAWN_H */
