// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "agg/curves.h"

static struct curve *find(struct curves *c, __u64 space)
{
	unsigned int i;

	for (i = 0; i < c->nr_list; i++)
		if (c->list[i].space == space)
			return &c->list[i];
	return NULL;
}

/* Those that are gone make room first, and then those that matter least. */
static bool matters_less(const struct curves *c, const struct curve *a, const struct curve *b)
{
	if (a->peak != b->peak)
		return a->peak < b->peak;
	return a->round != c->nr && b->round == c->nr;
}

/* NULL: all that are there matter more. */
static struct curve *room_for(struct curves *c, const struct ev_family *f)
{
	struct curve *least = c->list;
	unsigned int i;

	if (c->nr_list < CURVES)
		return &c->list[c->nr_list++];
	c->others = true;
	for (i = 1; i < CURVES; i++)
		if (matters_less(c, &c->list[i], least))
			least = &c->list[i];
	return least->peak < f->peak ? least : NULL;
}

/* Of two points the later stands for both. */
static void halve(struct curve *k)
{
	unsigned int i;

	for (i = 0; i < CURVE_POINTS / 2; i++) {
		const struct curve_point *late = &k->at[2 * i + 1];

		k->at[i] = late->there ? *late : k->at[2 * i];
	}
	memset(&k->at[i], 0, (CURVE_POINTS - i) * sizeof(k->at[0]));
}

static void make_room(struct curves *c)
{
	unsigned int i;

	if (!c->step)
		c->step = 1;
	if (c->nr / c->step < CURVE_POINTS)
		return;
	for (i = 0; i < c->nr_list; i++)
		halve(&c->list[i]);
	c->step *= 2;
}

static void set_last(const struct curves *c, struct curve *k, const struct ev_family *f)
{
	size_t n = f->comm.len < CLEAVE_COMM_LEN - 1 ? f->comm.len : CLEAVE_COMM_LEN - 1;

	/* Once its creator has ended, it has the name still. */
	if (f->pid) {
		k->pid = f->pid;
		memcpy(k->comm, f->comm.s, n);
		k->comm[n] = '\0';
	}
	if (k->peak < f->peak)
		k->peak = f->peak;
	k->round = c->nr;
	k->last = (struct curve_point) {
		.there = true, .shared_known = true, .extra = f->extra,
	};
}

static void take_known(struct curves *c, const struct ev_family *f)
{
	struct curve *k = find(c, f->space);

	if (k)
		set_last(c, k, f);
}

static void take_new(struct curves *c, const struct ev_family *f)
{
	struct curve *k = find(c, f->space) ? NULL : room_for(c, f);

	if (!k)
		return;
	*k = (struct curve) { .space = f->space };
	set_last(c, k, f);
}

/* In any order: those that are new have to come to more than the others by now. */
static void take_families(struct curves *c, const struct ev_snapshot *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_families; i++)
		take_known(c, &s->families[i]);
	for (i = 0; i < s->nr_families; i++)
		take_new(c, &s->families[i]);
}

static void take_space(struct curves *c, const struct ev_space *s)
{
	struct curve *k = s->creator_space ? find(c, s->creator_space) : NULL;

	if (!k || k->round != c->nr)
		return;
	k->last.shared += s->estimate_known ? s->shared_estimate : 0;
	k->last.shared_known &= s->estimate_known;
}

/* Of the points, some are to make room for others: what was most is kept apart. */
static void add_point(struct curve *k, size_t at)
{
	k->at[at] = k->last;
	if (!k->last.shared_known)
		return;
	k->shared_seen = true;
	if (k->shared_most < k->last.shared)
		k->shared_most = k->last.shared;
}

void curves_take(struct curves *c, const struct event *e)
{
	const struct ev_snapshot *s = &e->snapshot;
	unsigned int i;
	size_t at;

	make_room(c);
	at = c->nr / c->step;
	c->nr++;
	if (c->nr == 1)
		c->from = e->ts;
	c->to = e->ts;
	take_families(c, s);
	for (i = 0; i < s->nr_spaces; i++)
		take_space(c, &s->spaces[i]);
	for (i = 0; i < c->nr_list; i++)
		if (c->list[i].round == c->nr)
			add_point(&c->list[i], at);
}

static int by_peak(const void *a, const void *b)
{
	const struct curve *l = a, *r = b;

	if (l->peak != r->peak)
		return l->peak > r->peak ? -1 : 1;
	return l->space < r->space ? -1 : l->space > r->space;
}

void curves_sort(struct curves *c)
{
	qsort(c->list, c->nr_list, sizeof(c->list[0]), by_peak);
}
