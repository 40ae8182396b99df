// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/need.h"
#include "played.h"
#include "source/look.h"

/* Below that from which on a session lets records gather. */
#define PLAYED_ROOM	32768

static struct played *played_of(struct source *s)
{
	return (struct played *)s;
}

static void arm(int fd, bool on)
{
	eventfd_t n;

	if (on)
		eventfd_write(fd, 1);
	else
		eventfd_read(fd, &n);
}

static size_t played_next(struct source *s, size_t max, source_cb cb, void *ctx)
{
	struct played *p = played_of(s);
	size_t n = 0;

	while (n < max && p->at < p->len) {
		const struct cleave_hdr *rec = (const void *)(p->buf + p->at);

		p->at += (rec->size + 7U) & ~7U;
		cb(ctx, rec);
		n++;
	}
	s->taken += n;
	if (n < max) {
		p->at = 0;
		p->len = 0;
		arm(s->fd, false);
	}
	return n;
}

static size_t played_backlog(const struct source *s)
{
	const struct played *p = (const struct played *)s;

	return p->len - p->at;
}

static int played_add_root(struct source *s, pid_t pid)
{
	struct played *p = played_of(s);

	if (p->root_error)
		return backend_fail(p->root_error, "no process %d to trace", pid);
	p->roots++;
	if (p->on_root)
		p->on_root(p, pid);
	return 0;
}

static int played_attach(struct source *s, pid_t pid)
{
	struct played *p = played_of(s);

	if (p->attach_agains) {
		p->attach_agains--;
		return -EAGAIN;
	}
	if (p->attach_error)
		return backend_fail(p->attach_error, "no process %d to trace", pid);
	if (p->on_attach)
		p->on_attach(p, pid);
	return 1;
}

static int played_look(struct source *s)
{
	struct played *p = played_of(s);

	if (p->mets)
		p->mets--;
	if (p->on_attach)
		p->on_attach(p, 0);
	if (p->looks == PLAYED_LOOKS || !p->found[p->looks])
		return 0;
	return p->found[p->looks++];
}

static bool played_met(const struct source *s)
{
	return ((const struct played *)s)->mets;
}

int played_look_error;
unsigned int played_looked;

unsigned int played_look_steps;
void (*played_on_step)(void);

/* In the place of source/look.c: what is shared is the pid, so that it can be told. */
struct eyes {
	pid_t pid;
	unsigned int steps;
};

struct eyes *look_begin(pid_t pid)
{
	struct eyes *e = need(malloc(sizeof(*e)));

	played_looked++;
	*e = (struct eyes) { pid, played_look_steps };
	return e;
}

int look_step(struct eyes *e)
{
	const struct timespec turn = { .tv_nsec = 2000000 };

	if (!e->steps)
		return played_look_error;
	e->steps--;
	if (played_on_step)
		played_on_step();
	nanosleep(&turn, NULL);
	return 1;
}

struct look look_end(struct eyes *e)
{
	const struct look l = { .shared = (__u64)e->pid, .swap = 1 };

	free(e);
	return l;
}

static int played_snapshot(struct source *s, struct snaps *to)
{
	struct played *p = played_of(s);

	to->nr = 0;
	while (to->nr < p->nr_snaps) {
		if (snaps_grow(to))
			return -ENOMEM;
		to->list[to->nr] = p->snaps[to->nr];
		to->nr++;
	}
	return 0;
}

static int played_totals(struct source *s, struct cleave_totals *t)
{
	struct played *p = played_of(s);

	if (p->totals_error)
		return backend_fail(p->totals_error, "no totals");
	*t = p->totals;
	return 0;
}

static int played_times(struct source *s, struct cleave_times *t)
{
	struct played *p = played_of(s);

	if (p->totals_error)
		return backend_fail(p->totals_error, "no times");
	*t = p->times;
	return 0;
}

static int played_stop(struct source *s)
{
	played_of(s)->stopped = true;
	return 0;
}

static __u64 played_left(const struct source *s)
{
	struct played *p = (struct played *)s;

	return p->left ? p->left-- : 0;
}

static void played_close(struct source *s)
{
	close(s->fd);
	free(played_of(s)->buf);
	free(s);
}

static const struct source_ops played_ops = {
	.next = played_next,
	.backlog = played_backlog,
	.add_root = played_add_root,
	.attach = played_attach,
	.look = played_look,
	.met = played_met,
	.snapshot = played_snapshot,
	.totals = played_totals,
	.times = played_times,
	.stop = played_stop,
	.left = played_left,
	.close = played_close,
};

struct played *played_new(const char *name)
{
	struct played *p = need(calloc(1, sizeof(*p)));
	int i;

	p->s.ops = &played_ops;
	p->s.name = name;
	p->s.room = PLAYED_ROOM;
	p->s.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		p->s.hooks[i] = (struct backend_hook) { true, true, 0, "" };
	known_init(&p->s.known, p->s.hooks);
	return p;
}

void played_put(struct played *p, const void *rec)
{
	const struct cleave_hdr *hdr = rec;
	size_t size = (hdr->size + 7U) & ~7U;

	if (p->len + size > p->room) {
		p->room = 2 * p->room + size;
		p->buf = need(realloc(p->buf, p->room));
	}
	memcpy(p->buf + p->len, rec, hdr->size);
	p->len += size;
	arm(p->s.fd, true);
}

static struct script *script_of(struct target *t)
{
	return (struct script *)t;
}

static int script_start(struct target *t, const sigset_t *mask)
{
	(void)mask;
	t->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (t->nr_attached)
		return 0;
	t->roots = &script_of(t)->root;
	t->nr_roots = 1;
	return 0;
}

static void script_go(struct target *t)
{
	script_of(t)->gone_on = true;
	arm(t->fd, true);
}

static void script_ready(struct target *t)
{
	struct script *s = script_of(t);

	arm(t->fd, false);
	if (s->step(s))
		arm(t->fd, true);
	s->at++;
}

static bool script_signal(struct target *t, int sig)
{
	struct script *s = script_of(t);

	s->got = sig;
	return s->takes & 1UL << sig;
}

static int script_status(const struct target *t, int sig)
{
	return t->over || !sig ? ((const struct script *)t)->status : 128 + sig;
}

static void script_free(struct target *t)
{
	if (t->fd >= 0)
		close(t->fd);
}

static const struct target_ops script_ops = {
	.start = script_start,
	.go = script_go,
	.ready = script_ready,
	.signal = script_signal,
	.status = script_status,
	.free = script_free,
};

void script_init(struct script *s, pid_t root, bool (*step)(struct script *s), void *ctx)
{
	static char *argv[] = { "script", NULL };

	*s = (struct script) {
		.t = { .ops = &script_ops, .fd = -1, .argv = argv },
		.step = step,
		.root = root,
		.ctx = ctx,
	};
}
