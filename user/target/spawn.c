// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sigchld.h"
#include "target/spawn.h"

/*
 * Where execvp() would find @name, looked up here so that the trace does not
 * begin with the failed attempts of our own.  NULL: it would not be found.
 */
static char *find_program(const char *name)
{
	const char *dir = getenv("PATH") ?: "/bin:/usr/bin";
	struct stat st;
	char *path;

	if (strchr(name, '/'))
		return strdup(name);
	while (*name) {
		size_t n = strcspn(dir, ":");

		if (asprintf(&path, "%.*s%s%s", (int)n, dir, n ? "/" : "./",
			     name) < 0)
			return NULL;
		if (!access(path, X_OK) && !stat(path, &st) &&
		    S_ISREG(st.st_mode))
			return path;
		free(path);
		if (!dir[n])
			break;
		dir += n + 1;
	}
	return NULL;
}

/*
 * From the byte in @ready to the one from @go the child writes to no memory that
 * it has not written to before: two backends that begin to look at it one after
 * the other see the same.  (The empty read has read() bound by the linker.)
 */
static void child(int go, int ready, int err, const char *path, char **argv,
		  const sigset_t *mask)
{
	char c = 0;
	int e;

	if (read(go, &c, 0) || write(ready, &c, 1) != 1)
		_exit(126);
	/* End-of-file in place of the byte: cleave is gone, so do nothing. */
	while (read(go, &c, 1) != 1)
		if (errno != EINTR)
			_exit(126);
	sigchld_give_back();
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(path, argv);
	e = errno;
	if (write(err, &e, sizeof(e)) < 0)
		_exit(126);
	_exit(e == ENOENT ? 127 : 126);
}

int spawn_start(struct spawn *s, char **argv, const sigset_t *mask)
{
	int go[2], ready[2], err[2], e;
	char *path;
	char c;

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(err, O_CLOEXEC)) {
		e = -errno;
		goto close_go;
	}
	if (pipe2(ready, O_CLOEXEC)) {
		e = -errno;
		goto close_err;
	}
	path = find_program(argv[0]);
	s->pid = fork();
	if (s->pid < 0) {
		e = -errno;
		free(path);
		goto close_ready;
	}
	if (!s->pid) {
		close(go[1]);
		close(err[0]);
		child(go[0], ready[1], err[1], path ?: argv[0], argv, mask);
	}
	free(path);
	close(go[0]);
	close(ready[1]);
	close(err[1]);
	while (read(ready[0], &c, 1) < 0 && errno == EINTR)
		;
	close(ready[0]);
	s->go_fd = go[1];
	s->err_fd = err[0];
	s->pidfd = pidfd_open(s->pid, 0);
	if (s->pidfd < 0) {
		e = -errno;
		spawn_abort(s);
		return e;
	}
	return 0;

close_ready:
	close(ready[0]);
	close(ready[1]);
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

int spawn_wait(struct spawn *s)
{
	int status;

	while (waitpid(s->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
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
