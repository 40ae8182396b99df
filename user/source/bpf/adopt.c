// SPDX-License-Identifier: GPL-2.0-only
/* adopt.c - processes that are there before the session, found by the task iterator. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "source/bpf/priv.h"
#include "cleave.skel.h"

/*
 * A process that execs, ends or has only just been made while it is looked at can be
 * found a moment later, or is told of by then.
 */
#define TRIES		100
#define PAUSE_US	1000

static int iter_failed(const char *what)
{
	return backend_fail(-errno, "cannot %s the task iterator: %s", what, strerror(errno));
}

/* Have the program see each task once.  Its link stays: most of the cost is there. */
static int run_iter(struct bpf_priv *p)
{
	char buf[64];
	int fd, n;

	if (!p->adopt_link)
		p->adopt_link = bpf_program__attach_iter(p->skel->progs.adopt, NULL);
	if (!p->adopt_link)
		return iter_failed("attach");
	fd = bpf_iter_create(bpf_link__fd(p->adopt_link));
	if (fd < 0)
		return iter_failed("make");
	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)));
	if (n < 0)
		n = iter_failed("read");
	close(fd);
	return n;
}

static int adopt(struct bpf_priv *p, pid_t pid, bool silent)
{
	int tries, err, found = 0;

	p->skel->bss->adopt_pid = pid;
	p->skel->bss->adopt_silent = silent;
	for (tries = 0; tries < TRIES; tries++) {
		if (tries)
			usleep(PAUSE_US);
		p->skel->bss->adopt_there = false;
		p->skel->bss->adopt_found = 0;
		p->skel->bss->adopt_again = false;
		err = run_iter(p);
		if (err)
			return err;
		found += p->skel->bss->adopt_found;
		if (!p->skel->bss->adopt_again)
			break;
	}
	return found;
}

static int adopt_one(struct backend *b, pid_t pid, bool silent)
{
	struct bpf_priv *p = b->priv;
	int n = adopt(p, pid, silent);

	if (n || p->skel->bss->adopt_there)
		return n;
	return backend_fail(-ESRCH, "no process %d to trace", pid);
}

int bpf_add_root(struct backend *b, pid_t pid)
{
	int n = adopt_one(b, pid, true);

	return n < 0 ? n : 0;
}

int bpf_adopt(struct backend *b, pid_t pid)
{
	return adopt_one(b, pid, false);
}

int bpf_look(struct backend *b)
{
	return adopt(b->priv, 0, false);
}
