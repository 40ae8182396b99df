// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/live.h"
#include "source/reader.h"
#include "source/selftest.h"

struct live {
	struct source s;
	struct backend b;
	struct reader r;
	bool no_args;
};

static struct live *live_of(struct source *s)
{
	return (struct live *)s;
}

static size_t live_next(struct source *s, size_t max, source_cb cb, void *ctx)
{
	struct reader *r = &live_of(s)->r;
	size_t n = reader_consume(r, max, cb, ctx);

	s->taken = r->taken;
	s->malformed = r->malformed;
	return n;
}

static size_t live_backlog(const struct source *s)
{
	return reader_backlog(&((const struct live *)s)->r);
}

static int live_add_root(struct source *s, pid_t pid)
{
	struct backend *b = &live_of(s)->b;

	return b->ops->add_root(b, pid);
}

static int live_attach(struct source *s, pid_t pid)
{
	struct backend *b = &live_of(s)->b;

	return b->ops->attach(b, pid);
}

static int live_look(struct source *s)
{
	struct backend *b = &live_of(s)->b;

	return b->ops->look(b);
}

static bool live_met(const struct source *s)
{
	const struct backend *b = &((const struct live *)s)->b;

	return b->ops->met(b);
}

static int live_snapshot(struct source *s, struct snaps *to)
{
	struct backend *b = &live_of(s)->b;

	return b->ops->snapshot(b, to);
}

/* Which figures can be trusted may be found out while they are counted. */
static void look_at_hooks(struct live *l)
{
	memcpy(l->s.hooks, l->b.hooks, sizeof(l->s.hooks));
	known_init(&l->s.known, l->s.hooks);
	l->s.known.args = !l->no_args;
}

static int live_totals(struct source *s, struct cleave_totals *t)
{
	struct live *l = live_of(s);
	int err = l->b.ops->totals(&l->b, t);

	if (!err)
		look_at_hooks(l);
	return err;
}

static int live_times(struct source *s, struct cleave_times *t)
{
	struct backend *b = &live_of(s)->b;

	return b->ops->times(b, t);
}

static int live_stop(struct source *s)
{
	struct backend *b = &live_of(s)->b;

	return b->ops->stop(b);
}

static __u64 live_left(const struct source *s)
{
	return reader_left(&((const struct live *)s)->r);
}

static void live_close(struct source *s)
{
	struct live *l = live_of(s);

	reader_close(&l->r);
	l->b.ops->close(&l->b);
	free(l);
}

static const struct source_ops live_ops = {
	.next = live_next,
	.backlog = live_backlog,
	.add_root = live_add_root,
	.attach = live_attach,
	.look = live_look,
	.met = live_met,
	.snapshot = live_snapshot,
	.totals = live_totals,
	.times = live_times,
	.stop = live_stop,
	.left = live_left,
	.close = live_close,
};

static void describe(struct live *l, const struct backend_cfg *cfg)
{
	l->s.ops = &live_ops;
	l->s.name = l->b.ops->name;
	l->s.fd = l->b.ring_fd;
	l->s.room = l->b.ring_size;
	l->s.attach_ns = l->b.attach_ns;
	l->no_args = cfg->no_args;
	l->s.times = cfg->times;
	l->s.switches = cfg->switches;
	look_at_hooks(l);
}

struct source *live_open(const struct backend_ops *ops, const struct backend_cfg *cfg,
			 char *why)
{
	struct live *l = calloc(1, sizeof(*l));
	int err;

	if (!l) {
		snprintf(why, SOURCE_WHY, "out of memory");
		return NULL;
	}
	l->b.ops = ops;
	l->b.ring_fd = -1;
	err = ops->probe();
	if (!err)
		err = ops->open(&l->b, cfg);
	if (err) {
		snprintf(why, SOURCE_WHY, "%s", backend_error());
		free(l);
		return NULL;
	}
	describe(l, cfg);
	err = reader_open(&l->r, l->b.ring_fd, l->b.ring_size);
	if (err) {
		snprintf(why, SOURCE_WHY, "cannot map the ring: %s", strerror(-err));
		live_close(&l->s);
		return NULL;
	}
	return &l->s;
}

int live_selftest(struct source *s, char *why)
{
	struct live *l = live_of(s);
	int err = selftest_run(&l->b, &l->r, &s->known, why, SOURCE_WHY);

	/* What is counted from here on is the user's. */
	l->r.taken = 0;
	return err;
}
