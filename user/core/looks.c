// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/lane.h"
#include "core/looks.h"
#include "lib/clock.h"
#include "lib/grow.h"
#include "source/look.h"

/* After so long, signals and the rings have a turn. */
#define TURN_NS		2000000

#define UNKNOWN		(~0ULL)

void looks_note(struct looks *q, const struct cleave_attach *a)
{
	if (!a->as || !(a->what & CLEAVE_HAS_FIGURES))
		return;
	if (q->at == q->nr) {
		q->at = 0;
		q->nr = 0;
	}
	q->list = grow(q->list, &q->room, q->nr + 1, sizeof(*q->list));
	q->list[q->nr++] = (struct place) { a->as, a->pid };
}

static int by_space(const void *a, const void *b)
{
	const struct own_look *p = a, *q = b;

	return (p->as > q->as) - (p->as < q->as);
}

/*
 * The ledger counts from the attachment on, and a look comes later.  It is asked
 * after the looks: what was copied while they were taken may be in both.  Once for many
 * of them, as it tells of all there are.  Who is not in it any more has ended; of several
 * in one address space one look is enough.
 */
static void set_copied(struct looks *q, struct lane *l)
{
	struct found *f = &q->found;
	struct snaps *s = &q->snaps;
	unsigned int nr = 0;
	size_t i;

	if (l->src->ops->snapshot(l->src, s))
		s->nr = 0;
	for (i = 0; i < f->nr; i++)
		f->list[i].copied = UNKNOWN;
	qsort(f->list, f->nr, sizeof(f->list[0]), by_space);
	for (i = 0; i < s->nr; i++) {
		const struct own_look key = { .as = s->list[i].fig.as };
		struct own_look *found = bsearch(&key, f->list, f->nr, sizeof(key), by_space);

		if (found)
			found->copied = s->list[i].fig.cow[CLEAVE_COPIED];
	}
	for (i = 0; i < f->nr; i++)
		if (f->list[i].copied != UNKNOWN)
			f->list[nr++] = f->list[i];
	f->nr = nr;
}

void looks_tell(struct looks *q, struct lane *l)
{
	struct found *f = &q->found;
	unsigned int i;

	if (!f->nr)
		return;
	if (!f->snap)
		set_copied(q, l);
	lane_empty(l);
	for (i = 0; i < f->nr; i++)
		lane_own(l, &f->list[i].hdr);
	/* Who is attached to may sleep for long, and nothing else come. */
	lane_flush(l);
	f->nr = 0;
}

/* Of one that has ended, or exec'ed meanwhile, there is nothing to tell. */
static void note_found(struct found *f, const struct place *p, const struct look *look, int err)
{
	if (err == -ESRCH)
		return;
	f->list[f->nr++] = (struct own_look) {
		.hdr = {
			.type = OWN_REC_LOOK,
			.size = sizeof(struct own_look),
			.ts = now_ns(),
		},
		.as = p->as,
		.shared = err ? 0 : look->shared,
		.swap = err ? 0 : look->swap,
		.pid = p->pid,
		.may = !err,
		.snap = f->snap,
	};
}

/* Those who wait may move meanwhile, as more of them come. */
static void step(struct looks *q, struct lane *l)
{
	struct look look;
	int ret;

	if (!q->eyes) {
		q->place = q->list[q->at++];
		q->eyes = look_begin(q->place.pid);
	}
	ret = look_step(q->eyes);
	if (ret > 0)
		return;
	look = look_end(q->eyes);
	q->eyes = NULL;
	note_found(&q->found, &q->place, &look, ret);
	if (q->found.nr == LOOKS_TOLD)
		looks_tell(q, l);
}

bool looks_turn(struct looks *q, struct lane *l)
{
	__u64 until = now_ns() + TURN_NS;

	while (looks_wait(q)) {
		step(q, l);
		if (now_ns() >= until)
			return true;
	}
	looks_tell(q, l);
	return false;
}

static void add_place(void *ctx, pid_t pid, __u64 as)
{
	struct looks *to = ctx;

	if (!as)
		return;
	to->list = grow(to->list, &to->room, to->nr + 1, sizeof(*to->list));
	to->list[to->nr++] = (struct place) { as, pid };
}

static int by_place(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	if (p->as != q->as)
		return p->as < q->as ? -1 : 1;
	return (p->pid > q->pid) - (p->pid < q->pid);
}

/* The first in that address space. */
static const struct place *place_of(const struct looks *places, __u64 as)
{
	size_t low = 0, high = places->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (places->list[mid].as < as)
			low = mid + 1;
		else
			high = mid;
	}
	return low < places->nr && places->list[low].as == as ? &places->list[low] : NULL;
}

void looks_scan(struct looks *q, const struct lane *l, const struct snaps *s)
{
	struct looks places = { .nr = 0 };
	size_t i;

	q->found.snap = true;
	q->at = 0;
	q->nr = 0;
	lane_each(l, add_place, &places);
	if (places.nr)
		qsort(places.list, places.nr, sizeof(*places.list), by_place);
	for (i = 0; i < s->nr; i++) {
		const struct place *p = place_of(&places, s->list[i].fig.as);

		if (p && s->list[i].what & CLEAVE_HAS_FIGURES)
			add_place(q, p->pid, p->as);
	}
	looks_free(&places);
}

void looks_take_back(struct looks *q, struct lane *l)
{
	size_t i;

	for (i = 0; i < q->at; i++) {
		const struct own_look none = {
			.hdr = { .type = OWN_REC_LOOK, .size = sizeof(none), .ts = now_ns() },
			.as = q->list[i].as,
			.pid = q->list[i].pid,
			.snap = true,
		};

		lane_own(l, &none.hdr);
	}
}

void looks_free(struct looks *q)
{
	if (q->eyes)
		look_end(q->eyes);
	free(q->list);
	snaps_free(&q->snaps);
	*q = (struct looks) { .list = NULL };
}
