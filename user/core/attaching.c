// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "core/attaching.h"

/**
 * struct way - of attaching to all
 * @between: as for attaching()
 * @ctx: the same
 * @enough: it has said so
 */
struct way {
	bool (*between)(void *ctx);
	void *ctx;
	bool enough;
};

static void step_done(struct way *w)
{
	w->enough = !w->between(w->ctx);
}

/* One that is about to change can be attached to in another step. */
static int attach_one(const struct lane *lane, pid_t pid, struct way *w)
{
	int n;

	do {
		n = lane->src->ops->attach(lane->src, pid);
		step_done(w);
	} while (n == -EAGAIN && !w->enough);
	return n == -EAGAIN ? 0 : n;
}

/* Those that are named; one that has ended in the meantime is told of once. */
static int attach_named(const struct lane *lane, const struct target *t, bool first,
			struct way *w)
{
	size_t i, gone = 0;

	for (i = 0; i < t->nr_attached && !w->enough; i++) {
		int n = attach_one(lane, t->attached[i], w);

		if (n == -ESRCH) {
			gone++;
			if (first)
				fprintf(stderr, "cleave: process %d has ended before it could be traced\n",
					t->attached[i]);
		} else if (n < 0) {
			lane_failed(lane);
			return -1;
		}
	}
	/* Of what the first has still seen, the other one has nothing: no error. */
	return first && gone && gone == t->nr_attached ? -1 : 0;
}

/* A clone that was under way at one look has come out by the next, or at its end. */
static int attach_found(const struct lane *lane, struct way *w)
{
	int n = 1;

	while (n > 0 && !w->enough) {
		n = lane->src->ops->look(lane->src);
		step_done(w);
	}
	if (n < 0)
		lane_failed(lane);
	return n < 0 ? -1 : 0;
}

int attaching(const struct session *s, bool (*between)(void *ctx), void *ctx)
{
	struct way w = { .between = between, .ctx = ctx };
	unsigned int i;

	for (i = 0; i < s->nr_lanes && !w.enough; i++)
		if (attach_named(&s->lanes[i], s->target, !i, &w) ||
		    attach_found(&s->lanes[i], &w))
			return -1;
	return 0;
}
