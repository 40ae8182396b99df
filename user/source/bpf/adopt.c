// SPDX-License-Identifier: GPL-2.0-only
/* adopt.c - processes that are there before the session, found by the task iterator. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "source/bpf/again.h"
#include "source/bpf/priv.h"
#include "cleave.skel.h"

/*
 * A process that execs or has only just been made while it is looked at can be found a
 * moment later, or is told of by then.  There are no more of these than when the look
 * began, so nothing comes near this; but where the machine does not get on, it ends.
 */
#define LONGEST_NS	10000000000ULL

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

/* Returns how many are to be looked at again. */
static int pass(void *ctx)
{
	struct bpf_priv *p = ctx;
	int err;

	p->skel->bss->adopt_there = false;
	p->skel->bss->adopt_left = 0;
	err = run_iter(p);
	return err ? err : (int)p->skel->bss->adopt_left;
}

/* Returns how many are left. */
static int adopt(struct bpf_priv *p, pid_t pid, bool silent)
{
	p->skel->bss->adopt_pid = pid;
	p->skel->bss->adopt_silent = silent;
	p->skel->bss->adopt_found = 0;
	p->skel->bss->adopt_since = 0;
	return again(pass, p, LONGEST_NS);
}

static int adopt_one(struct backend *b, pid_t pid, bool silent)
{
	struct bpf_priv *p = b->priv;
	int left = adopt(p, pid, silent);

	if (left < 0)
		return left;
	if (p->skel->bss->adopt_found)
		return 1;
	if (left)
		return backend_fail(-EAGAIN, "cannot trace process %d: it does not get on", pid);
	if (p->skel->bss->adopt_there)
		return 0;
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

/* Whoever is left is one whose attachment is lost. */
int bpf_look(struct backend *b)
{
	struct bpf_priv *p = b->priv;
	int left = adopt(p, 0, false);

	if (left < 0)
		return left;
	cleave_add(&p->skel->bss->totals.lost[CLEAVE_REC_ATTACH], left);
	return (int)p->skel->bss->adopt_found;
}
