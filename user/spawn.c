// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

static void child(int go, int err, char **argv, const sigset_t *mask)
{
	char c;
	int e;

	/* End-of-file in place of the byte: cleave is gone, so do nothing. */
	while (read(go, &c, 1) != 1)
		if (errno != EINTR)
			_exit(126);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	e = errno;
	if (write(err, &e, sizeof(e)) < 0)
		_exit(126);
	_exit(e == ENOENT ? 127 : 126);
}

int spawn_start(struct spawn *s, char **argv, const sigset_t *mask)
{
	int go[2], err[2], e;

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(err, O_CLOEXEC)) {
		e = -errno;
		goto close_go;
	}
	s->pid = fork();
	if (s->pid < 0) {
		e = -errno;
		goto close_err;
	}
	if (!s->pid) {
		close(go[1]);
		close(err[0]);
		child(go[0], err[1], argv, mask);
	}
	close(go[0]);
	close(err[1]);
	s->go_fd = go[1];
	s->err_fd = err[0];
	s->pidfd = pidfd_open(s->pid, 0);
	if (s->pidfd < 0) {
		e = -errno;
		spawn_abort(s);
		return e;
	}
	return 0;

close_err:
	close(err[0]);
	close(err[1]);
close_go:
	close(go[0]);
	close(go[1]);
	return e;
}

void spawn_release(struct spawn *s)
{
	while (write(s->go_fd, "", 1) < 0 && errno == EINTR)
		;
	close(s->go_fd);
	s->go_fd = -1;
}

int spawn_exec_error(struct spawn *s)
{
	int e = 0;
	ssize_t n;

	do {
		n = read(s->err_fd, &e, sizeof(e));
	} while (n < 0 && errno == EINTR);
	close(s->err_fd);
	s->err_fd = -1;
	return n == sizeof(e) ? e : 0;
}

void spawn_abort(struct spawn *s)
{
	close(s->go_fd);
	close(s->err_fd);
	if (s->pidfd >= 0)
		close(s->pidfd);
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
