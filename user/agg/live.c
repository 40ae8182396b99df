// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "agg/live.h"
#include "lib/grow.h"
#include "lib/hash.h"
#include "lib/pool.h"

/**
 * struct family - a creator, from the first snapshot in which it has children to the
 * last
 * @node: by the identity of its address space
 * @proc: a process in that, in this snapshot; else NULL
 * @lives: the address space is alive, in this snapshot
 * @told: it is a child itself, so that what it has copied is in its creator's family
 * @round: the last snapshot in which it had children
 * @children: how many
 * @by_children: pages that these have copied
 * @by_creator: pages that it has copied since the oldest of them was made; with it, they
 *	are given back
 * @peak: the most that both came to
 */
struct family {
	struct hash_node node;
	struct proc_ref *proc;
	bool lives;
	bool told;
	__u64 round;
	__u64 children;
	__u64 by_children;
	__u64 by_creator;
	__u64 peak;
};

/* An address space of this snapshot, forked or not: it can be a creator's. */
struct met {
	__u64 space;
	struct proc_ref *proc;
};

/**
 * struct live_agg - what a snapshot is made of; arrays are used again
 * @ts: time of the snapshot
 * @round: its number
 * @met: all address spaces
 * @nr_met: how many
 * @met_room: there is room for
 * @spaces: those that were forked
 * @nr_spaces: how many
 * @spaces_room: there is room for
 * @told: families, as they are told
 * @told_room: there is room for
 * @families: struct family
 * @pool: of these
 * @peak: the most that all families came to
 */
struct live_agg {
	__u64 ts;
	__u64 round;
	struct met *met;
	size_t nr_met;
	size_t met_room;
	struct ev_space *spaces;
	size_t nr_spaces;
	size_t spaces_room;
	struct ev_family *told;
	size_t told_room;
	struct hash families;
	struct pool pool;
	__u64 peak;
};

struct live_agg *live_new(void)
{
	return calloc(1, sizeof(struct live_agg));
}

void live_begin(struct live_agg *l, __u64 ts)
{
	l->ts = ts;
	l->round++;
	l->nr_met = 0;
	l->nr_spaces = 0;
}

static struct family *family_of(struct live_agg *l, __u64 creator)
{
	struct family *f = (struct family *)hash_find(&l->families, creator);

	if (!f) {
		f = pool_get(&l->pool, sizeof(*f));
		*f = (struct family) { .proc = NULL };
		hash_add(&l->families, &f->node, creator);
	}
	if (f->round != l->round) {
		f->round = l->round;
		f->proc = NULL;
		f->lives = false;
		f->told = false;
		f->children = 0;
		f->by_children = 0;
		f->by_creator = 0;
	}
	return f;
}

static __u64 less(__u64 pages, __u64 gone)
{
	return pages > gone ? pages - gone : 0;
}

/* What has not been counted cannot be taken off: the estimate is the higher then. */
static void set_shared(struct ev_space *s, const struct live_look *look, __u64 at_clone)
{
	__u64 copied = s->cow[CLEAVE_COPIED];

	if (!s->attached) {
		s->from = SHARED_CLONE;
		s->shared = at_clone;
	} else if (look->base_known) {
		s->from = SHARED_LOOK;
		s->shared = look->base;
	}
	s->base_known = s->from != SHARED_UNKNOWN;
	s->estimate_known = s->base_known && s->creator_known;
	/* Of a page that it shared anew, with a clone of its own, it makes another copy. */
	s->shared_most = s->clones ? s->shared : less(s->shared, copied);
	s->shared_estimate = less(less(s->shared, copied), s->creator_cow[CLEAVE_COPIED]);
}

static void set_age(struct ev_space *s, const struct live_look *look, __u64 since, __u64 ts)
{
	s->aged = !s->attached || look->started_ns;
	if (!s->attached)
		s->age_ns = since;
	else if (s->aged)
		s->age_ns = less(ts, look->started_ns);
}

static void set_proc(struct ev_space *s, struct proc_ref *p)
{
	if (!p)
		return;
	s->proc = p;
	s->pid = p->pid;
	s->id = p->id;
	s->comm = (struct text) { p->comm, strnlen(p->comm, sizeof(p->comm)) };
}

static void set_space(struct live_agg *l, struct ev_space *s, const struct cleave_snap *snap,
		      const struct live_look *look)
{
	const struct cleave_figures *fig = &snap->fig;

	*s = (struct ev_space) {
		.space = fig->as,
		.creator_space = snap->creator,
		.attached = snap->what & CLEAVE_ATTACHED,
		.creator_known = !(snap->what & CLEAVE_NO_CREATOR),
		.looked = look->looked,
		.shared_now = look->shared_now,
		.swap_now = look->swap_now,
		.clones = fig->clones,
	};
	memcpy(s->cow, fig->cow, sizeof(s->cow));
	if (s->creator_known)
		memcpy(s->creator_cow, fig->creator_cow, sizeof(s->creator_cow));
	set_proc(s, look->proc);
	set_shared(s, look, fig->shared);
	set_age(s, look, fig->since_clone_ns, l->ts);
}

void live_add(struct live_agg *l, const struct cleave_snap *snap, const struct live_look *look)
{
	struct ev_space *s;
	struct family *f;

	l->met = grow(l->met, &l->met_room, l->nr_met + 1, sizeof(*l->met));
	l->met[l->nr_met++] = (struct met) { snap->fig.as, look->proc };
	if (!(snap->what & CLEAVE_HAS_FIGURES))
		return;
	l->spaces = grow(l->spaces, &l->spaces_room, l->nr_spaces + 1, sizeof(*l->spaces));
	s = &l->spaces[l->nr_spaces++];
	set_space(l, s, snap, look);
	if (!s->creator_space)
		return;
	f = family_of(l, s->creator_space);
	f->children++;
	f->by_children += s->cow[CLEAVE_COPIED];
	/* Their windows end now: the oldest one's has most in it. */
	if (f->by_creator < s->creator_cow[CLEAVE_COPIED])
		f->by_creator = s->creator_cow[CLEAVE_COPIED];
}

static struct family *family_now(const struct live_agg *l, __u64 space)
{
	struct family *f = (struct family *)hash_find(&l->families, space);

	return f && f->round == l->round ? f : NULL;
}

/* Creators can have come after their children. */
static void name_creators(struct live_agg *l)
{
	struct family *f;
	size_t i;

	for (i = 0; i < l->nr_met; i++) {
		f = family_now(l, l->met[i].space);
		if (!f)
			continue;
		f->lives = true;
		f->proc = l->met[i].proc;
	}
	for (i = 0; i < l->nr_spaces; i++) {
		struct ev_space *s = &l->spaces[i];

		if (!s->creator_space)
			continue;
		f = family_now(l, s->creator_space);
		if (f->proc)
			s->creator_pid = f->proc->pid;
		f = family_now(l, s->space);
		if (f)
			f->told = true;
	}
}

struct telling {
	struct live_agg *l;
	struct ev_snapshot *e;
};

static void tell_family(struct hash_node *n, void *ctx)
{
	struct telling *t = ctx;
	struct live_agg *l = t->l;
	struct family *f = (struct family *)n;
	__u64 by_creator = f->lives ? f->by_creator : 0;
	__u64 extra = f->by_children + by_creator;
	struct ev_family *told;

	if (f->round != l->round) {
		hash_del(&l->families, n);
		pool_put(&l->pool, f);
		return;
	}
	if (f->peak < extra)
		f->peak = extra;
	told = &l->told[t->e->nr_families++];
	*told = (struct ev_family) {
		.space = n->key, .children = f->children, .extra = extra, .peak = f->peak,
	};
	if (f->proc) {
		told->pid = f->proc->pid;
		told->id = f->proc->id;
		told->comm = (struct text) { f->proc->comm,
					     strnlen(f->proc->comm, sizeof(f->proc->comm)) };
	}
	/* A page that one has copied is there once, whatever families it is told in. */
	t->e->extra += f->by_children + (f->told ? 0 : by_creator);
}

static void set_totals(struct ev_snapshot *e, const struct cleave_totals *t)
{
	int i;

	e->totals_known = t;
	if (!t)
		return;
	e->clones = t->clones[CLEAVE_KIND_PROCESS];
	e->lost = t->as_lost + t->missed;
	for (i = 0; i < CLEAVE_NR_RECS; i++)
		e->lost += t->lost[i];
}

void live_end(struct live_agg *l, const struct cleave_totals *t, struct ev_snapshot *e)
{
	struct telling telling = { .l = l, .e = e };

	name_creators(l);
	l->told = grow(l->told, &l->told_room, l->families.count, sizeof(*l->told));
	*e = (struct ev_snapshot) {
		.spaces = l->spaces, .nr_spaces = l->nr_spaces, .families = l->told,
	};
	hash_each(&l->families, tell_family, &telling);
	if (l->peak < e->extra)
		l->peak = e->extra;
	e->peak = l->peak;
	set_totals(e, t);
}

static void free_family(struct hash_node *n, void *ctx)
{
	(void)ctx;
	free(n);
}

void live_free(struct live_agg *l)
{
	if (!l)
		return;
	hash_each(&l->families, free_family, NULL);
	hash_free(&l->families);
	pool_free(&l->pool);
	free(l->met);
	free(l->spaces);
	free(l->told);
	free(l);
}
