// SPDX-License-Identifier: GPL-2.0-only
/* adopt.c - processes that are there before the session, found by the task iterator. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "source/bpf/priv.h"
#include "cleave.skel.h"

/*
 * A process that execs or has only just been made while it is looked at can be found a
 * moment later, or is told of by then.  There are no more of these than when the look
 * began, so nothing comes near this; but where the machine does not get on, it ends.
 * Meanwhile the caller has its turns.
 */
#define LONGEST_NS	10000000000ULL

/*
 * Looks in a row that find a full ring and nothing else: then records are lost.  The
 * ring is emptied between two of them, but others may be as fast to fill it.
 */
#define FULL_LOOKS	100

static int iter_failed(const char *what)
{
	return backend_fail(-errno, "cannot %s the task iterator: %s", what, strerror(errno));
}

/* There was no room for another record: the rest is for the next look. */
static bool ended_early(const struct bpf_priv *p)
{
	return p->skel->bss->adopt_full && !p->skel->bss->adopt_lossy;
}

/*
 * Have the program see each task once, as far as there is room.  Its link stays: most of
 * the cost is there.
 */
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
	while (n > 0 || (n < 0 && (errno == EINTR || (errno == EAGAIN && !ended_early(p)))));
	if (n < 0 && errno == EAGAIN)
		n = 0;
	if (n < 0)
		n = iter_failed("read");
	close(fd);
	return n;
}

/**
 * struct ask - what the programs are to do
 * @pid: trace this process; 0: look for all that are to be traced
 * @silent: without a record: it is our own child
 * @lossy: where there is no room for a record, without one
 * @enough: records at most
 */
struct ask {
	pid_t pid;
	bool silent;
	bool lossy;
	unsigned int enough;
};

/*
 * Have what is asked for done once.  Returns how many are to be looked at again, and
 * who was found is in the programs' memory.  Where some are left it is the same look
 * that goes on.
 */
static int pass(struct bpf_priv *p, const struct ask *ask)
{
	int err;

	if (!p->again.pause)
		p->skel->bss->adopt_since = 0;
	p->skel->bss->adopt_pid = ask->pid;
	p->skel->bss->adopt_silent = ask->silent;
	p->skel->bss->adopt_lossy = ask->lossy;
	p->skel->bss->adopt_enough = ask->enough;
	p->skel->bss->adopt_told_of = 0;
	p->skel->bss->adopt_full = false;
	p->skel->bss->adopt_there = false;
	p->skel->bss->adopt_found = 0;
	p->skel->bss->adopt_left = 0;
	p->skel->bss->adopt_stuck = 0;
	err = run_iter(p);
	return err ? err : (int)p->skel->bss->adopt_left;
}

static bool once_more(struct bpf_priv *p)
{
	return again(&p->again, LONGEST_NS);
}

static int done(struct bpf_priv *p, int ret)
{
	p->again = (struct again) { .pause = 0 };
	return ret;
}

static int adopt_one(struct bpf_priv *p, pid_t pid, bool silent)
{
	const struct ask ask = { .pid = pid, .silent = silent, .enough = UINT_MAX };
	int left = pass(p, &ask);

	if (left < 0)
		return done(p, left);
	if (p->skel->bss->adopt_found)
		return done(p, 1);
	if (left && once_more(p))
		return -EAGAIN;
	done(p, 0);
	if (left)
		return backend_fail(-ETIMEDOUT, "cannot trace process %d: it does not get on", pid);
	if (p->skel->bss->adopt_there)
		return 0;
	return backend_fail(-ESRCH, "no process %d to trace", pid);
}

int bpf_add_root(struct backend *b, pid_t pid)
{
	int n;

	do
		n = adopt_one(b->priv, pid, true);
	while (n == -EAGAIN);
	return n < 0 ? n : 0;
}

int bpf_adopt(struct backend *b, pid_t pid)
{
	return adopt_one(b->priv, pid, false);
}

bool bpf_met(const struct backend *b)
{
	const struct bpf_priv *p = b->priv;

	return *(volatile bool *)&p->skel->bss->proc_met;
}

/* Half a ring of records: there is to be room for what else comes. */
static unsigned int enough(const struct backend *b)
{
	return b->ring_size / 2 / (sizeof(struct cleave_attach) + CLEAVE_RING_HDR_SZ);
}

/* Whoever is left in the end is one whose attachment is lost. */
static int look_is_over(struct bpf_priv *p, int left)
{
	if (left && once_more(p))
		return left;
	if (left)
		cleave_add(&p->skel->bss->totals.lost[CLEAVE_REC_ATTACH],
			   p->skel->bss->adopt_stuck);
	return done(p, 0);
}

int bpf_look(struct backend *b)
{
	struct bpf_priv *p = b->priv;
	const struct ask ask = {
		.lossy = p->full_looks >= FULL_LOOKS,
		.enough = p->full_looks >= FULL_LOOKS ? UINT_MAX : enough(b),
	};
	int left;

	/* Who is met from here on may be missed. */
	*(volatile bool *)&p->skel->bss->proc_met = false;
	left = pass(p, &ask);
	if (left < 0)
		return done(p, left);
	if (p->skel->bss->adopt_found) {
		p->full_looks = 0;
		return done(p, p->skel->bss->adopt_found);
	}
	/* There is one that is yet to be told of, once the ring has been emptied. */
	if (ended_early(p)) {
		p->full_looks++;
		return done(p, 1);
	}
	p->full_looks = 0;
	return look_is_over(p, left);
}
