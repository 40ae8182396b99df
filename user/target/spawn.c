// SPDX-License-Identifier: GPL-2.0-only
/*
 * spawn.c - see spawn.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/status.h"
#include "lib/sigchld.h"
#include "target/spawn.h"

/**
 * struct spawn - the command
 * @t: what the session sees of it
 * @as: whom it is to run as, or NULL
 * @self: the name of whom we run as
 * @pid: its process; 0: not made yet
 * @pidfd: readable once it has ended
 * @go_fd: written to let it go; closed: do nothing
 * @err_fd: gives the errno of a failed exec, or end-of-file
 * @forwarded: a signal was passed on
 * @status: once it is over
 */
struct spawn {
	struct target t;
	const struct run_as *as;
	char self[64];
	pid_t pid;
	int pidfd;
	int go_fd;
	int err_fd;
	bool forwarded;
	int status;
};

static struct spawn *spawn_of(struct target *t)
{
	return (struct spawn *)t;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_pair(int fd[2])
{
	close_fd(&fd[0]);
	close_fd(&fd[1]);
}

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
static void child(const struct spawn *s, int go, int ready, int err,
		  const sigset_t *mask)
{
	char *const *argv = s->t.argv;
	char *path, c = 0;
	int e;

	e = s->as ? run_as_become(s->as) : 0;
	if (e) {
		e = write(err, &e, sizeof(e));
		_exit(EXIT_CLEAVE);
	}
	path = find_program(argv[0]);
	if (read(go, &c, 0) || write(ready, &c, 1) != 1)
		_exit(EXIT_CLEAVE);
	/* End-of-file in place of the byte: cleave is gone, so do nothing. */
	while (read(go, &c, 1) != 1)
		if (errno != EINTR)
			_exit(EXIT_CLEAVE);
	sigchld_give_back();
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(path ?: argv[0], argv);
	e = errno;
	if (write(err, &e, sizeof(e)) < 0)
		_exit(EXIT_CLEAVE);
	_exit(e == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

/* Why the child could not begin, a negative errno. */
static int why_not(struct spawn *s)
{
	int e;

	if (read(s->err_fd, &e, sizeof(e)) != sizeof(e))
		return -ECHILD;
	return e;
}

/* Returns once the child is still. */
static int fork_child(struct spawn *s, const sigset_t *mask)
{
	int go[2] = { -1, -1 }, ready[2] = { -1, -1 }, err[2] = { -1, -1 };
	ssize_t n;
	int e = 0;
	char c;

	if (pipe2(go, O_CLOEXEC) || pipe2(err, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		e = -errno;
	if (!e) {
		s->pid = fork();
		e = s->pid < 0 ? -errno : 0;
	}
	if (e) {
		s->pid = 0;
		close_pair(go);
		close_pair(ready);
		close_pair(err);
		return e;
	}
	if (!s->pid) {
		close(go[1]);
		close(err[0]);
		child(s, go[0], ready[1], err[1], mask);
	}
	s->go_fd = go[1];
	s->err_fd = err[0];
	close(go[0]);
	close(ready[1]);
	close(err[1]);
	do {
		n = read(ready[0], &c, 1);
	} while (n < 0 && errno == EINTR);
	close(ready[0]);
	return n == 1 ? 0 : why_not(s);
}

static int watch(struct spawn *s, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(s->t.fd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static int spawn_start(struct target *t, const sigset_t *mask)
{
	struct spawn *s = spawn_of(t);
	int err = fork_child(s, mask);

	if (!err) {
		s->pidfd = pidfd_open(s->pid, 0);
		t->fd = epoll_create1(EPOLL_CLOEXEC);
		err = s->pidfd < 0 || t->fd < 0 ? -errno : 0;
	}
	if (!err)
		err = watch(s, s->pidfd);
	if (!err)
		err = watch(s, s->err_fd);
	if (err)
		fprintf(stderr, "cleave: cannot make a process for the command%s%s: %s\n",
			s->as ? " as " : "", s->as ? s->as->name : "", strerror(-err));
	t->roots = &s->pid;
	t->nr_roots = 1;
	return err;
}

static void spawn_go(struct target *t)
{
	struct spawn *s = spawn_of(t);

	while (write(s->go_fd, "", 1) < 0 && errno == EINTR)
		;
	close_fd(&s->go_fd);
}

static void exec_done(struct spawn *s)
{
	int e = 0;
	ssize_t n;

	do {
		n = read(s->err_fd, &e, sizeof(e));
	} while (n < 0 && errno == EINTR);
	close_fd(&s->err_fd);
	if (n == sizeof(e))
		fprintf(stderr, "cleave: cannot run '%s': %s\n", s->t.argv[0],
			strerror(e));
}

static void ended(struct spawn *s)
{
	int status;

	/* Why it was not run comes first. */
	if (s->err_fd >= 0)
		exec_done(s);
	close_fd(&s->pidfd);
	s->t.over = true;
	while (waitpid(s->pid, &status, 0) < 0) {
		if (errno == EINTR)
			continue;
		fprintf(stderr, "cleave: cannot tell how the command ended: %s\n",
			strerror(errno));
		s->status = EXIT_CLEAVE;
		return;
	}
	s->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void spawn_ready(struct target *t)
{
	struct spawn *s = spawn_of(t);
	struct epoll_event ev[2];
	int i, n = epoll_wait(t->fd, ev, 2, 0);

	for (i = 0; i < n; i++) {
		if (ev[i].data.fd == s->err_fd)
			exec_done(s);
		else if (ev[i].data.fd == s->pidfd)
			ended(s);
	}
}

static bool spawn_signal(struct target *t, int sig)
{
	struct spawn *s = spawn_of(t);

	if (t->over)
		return false;
	if (sig == SIGINT || sig == SIGQUIT)
		return true;	/* of the terminal: the command has got it, too */
	if (s->forwarded)
		return false;
	kill(s->pid, sig);
	s->forwarded = true;
	return true;
}

static int spawn_status(const struct target *t, int sig)
{
	if (t->over)
		return ((const struct spawn *)t)->status;
	return sig ? 128 + sig : 0;
}

static void spawn_free(struct target *t)
{
	struct spawn *s = spawn_of(t);

	if (s->go_fd >= 0) {
		close_fd(&s->go_fd);
		while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close_fd(&s->err_fd);
	close_fd(&s->pidfd);
	close_fd(&t->fd);
	free(s);
}

static const struct target_ops spawn_ops = {
	.start = spawn_start,
	.go = spawn_go,
	.ready = spawn_ready,
	.signal = spawn_signal,
	.status = spawn_status,
	.free = spawn_free,
};

struct target *target_spawn(char **argv, const struct run_as *as)
{
	struct spawn *s = calloc(1, sizeof(*s));

	if (!s) {
		fprintf(stderr, "cleave: out of memory\n");
		return NULL;
	}
	s->t.ops = &spawn_ops;
	s->t.argv = argv;
	s->as = as;
	/* Under sudo it may come as a surprise. */
	if (as)
		s->t.user = as->name;
	else if (getenv("SUDO_UID"))
		s->t.user = run_as_self(s->self, sizeof(s->self));
	s->t.fd = -1;
	s->pidfd = -1;
	s->go_fd = -1;
	s->err_fd = -1;
	return &s->t;
}
