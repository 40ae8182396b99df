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

/* Those that are named; one that has ended in the meantime is told of once. */
static int attach_named(const struct lane *lane, const struct target *t, bool first,
			struct way *w)
{
	size_t i, gone = 0;

	for (i = 0; i < t->nr_attached && !w->enough; i++) {
		int n = lane->src->ops->attach(lane->src, t->attached[i]);

		if (n == -ESRCH) {
			gone++;
			if (first)
				fprintf(stderr, "cleave: process %d has ended before it could be traced\n",
					t->attached[i]);
		} else if (n < 0) {
			lane_failed(lane);
			return -1;
		}
		step_done(w);
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
