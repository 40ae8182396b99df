// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "core/times.h"

/* The records of one address space come in a row: those that wait for long were lost. */
#define KEPT_MAX	1024

/* An address space that has not been told of yet. */
struct kept {
	struct hash_node node;	/* by its id */
	struct cleave_times times;
};

void times_keep(struct times_kept *k, const struct cleave_took *r)
{
	struct kept *s = (struct kept *)hash_find(&k->spaces, r->as);

	if (!s) {
		if (k->spaces.count == KEPT_MAX)
			hash_free_all(&k->spaces);
		s = pool_get(&k->spare, sizeof(*s));
		memset(&s->times, 0, sizeof(s->times));
		hash_add(&k->spaces, &s->node, r->as);
	}
	s->times.of[r->side][r->outcome] = r->time;
}

/* What there is of an address space, and no more from now on. */
static const struct cleave_times *take(struct times_kept *k, __u64 space)
{
	struct kept *s = (struct kept *)hash_find(&k->spaces, space);

	if (!s) {
		memset(&k->out, 0, sizeof(k->out));
		return &k->out;
	}
	k->out = s->times;
	times_drop(k, space);
	return &k->out;
}

/*
 * Are these all?  No record is written of what did not break, so only the figures
 * tell whether one was lost.
 */
static bool is_whole(const struct cleave_times *t, const __u64 *cow, unsigned int from,
		     unsigned int to)
{
	unsigned int side, o;
	__u64 n;

	for (o = 0; o < CLEAVE_NR_BREAKS; o++) {
		n = 0;
		for (side = from; side <= to; side++)
			n += t->of[side][o].breaks;
		if (n != cow[o])
			return false;
	}
	return true;
}

static bool before_exec_whole(const struct cleave_times *t, const __u64 *cow)
{
	return is_whole(t, cow, CLEAVE_SIDE_BEFORE_EXEC, CLEAVE_SIDE_BEFORE_EXEC);
}

static bool others_whole(const struct cleave_times *t, const __u64 *cow)
{
	return is_whole(t, cow, CLEAVE_SIDE_CREATOR, CLEAVE_SIDE_AFTER);
}

void times_of_exec(struct times_kept *k, struct ev_times *to, const struct cleave_exec *x)
{
	to->there = x->fig.as;
	if (!to->there)
		return;
	to->of = take(k, x->fig.as);
	to->known = x->what & CLEAVE_HAS_FIGURES ? before_exec_whole(to->of, x->fig.cow) :
						   others_whole(to->of, x->fig.cow);
}

void times_of_end(struct times_kept *k, struct ev_times *to, __u64 space,
		  const struct cleave_end *end)
{
	to->there = true;
	to->of = take(k, space);
	if (!end || end->what & CLEAVE_AFTER_EXEC)
		to->known = false;	/* an exec has told of a part of its figures */
	else if (end->what & CLEAVE_HAS_FIGURES)
		to->known = before_exec_whole(to->of, end->fig.cow);
	else
		to->known = others_whole(to->of, end->fig.cow);
}

void times_drop(struct times_kept *k, __u64 space)
{
	struct kept *s = (struct kept *)hash_find(&k->spaces, space);

	if (!s)
		return;
	hash_del(&k->spaces, &s->node);
	pool_put(&k->spare, s);
}

void times_all_begin(struct times_all *a)
{
	if (a->nr)
		memset(a, 0, sizeof(*a));
}

void times_all_take(struct times_all *a, const struct own_took *r)
{
	a->of.of[r->side][r->outcome] = r->time;
	a->nr++;
}

void times_all_tell(const struct times_all *a, const struct own_snapped *end,
		    struct ev_times *to)
{
	to->there = true;
	to->known = end->took && end->took - 1 == a->nr;
	to->of = &a->of;
}

void times_free(struct times_kept *k)
{
	hash_free_all(&k->spaces);
	pool_free(&k->spare);
}
