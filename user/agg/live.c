// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "agg/families.h"
#include "agg/live.h"
#include "lib/grow.h"

/*
 * The ledger is read before the ring is emptied, so that ends come before the figures of
 * those that have ended.  So many of the last are known: more than a ring of the default
 * size has room for.  Of one before them there is a row of nobody.
 */
#define ENDED		4096

/**
 * struct met - an address space of this snapshot, forked or not: it can be a creator's
 * @space: its identity
 * @proc: a process in it, or NULL
 * @took: how long breaks in it took, as a creator's
 */
struct met {
	__u64 space;
	struct proc_ref *proc;
	struct cleave_spent took;
};

/**
 * struct live_agg - what a snapshot is made of; arrays are used again
 * @timed: live_time()
 * @ts: time of the snapshot
 * @met: all address spaces
 * @nr_met: how many
 * @met_room: there is room for
 * @spaces: those that were forked
 * @nr_spaces: how many
 * @spaces_room: there is room for
 * @told: families, as they are told
 * @told_room: there is room for
 * @before_exec: how long breaks in @spaces took
 * @creator: and in all of @met, as creators'
 * @families: who is in them, and what they came to
 * @ended: address spaces that have exec'ed or ended, by their identity: the last of them
 * @ends: these
 * @nr_ends: how many there were in all
 */
struct live_agg {
	bool timed;
	__u64 ts;
	struct met *met;
	size_t nr_met;
	size_t met_room;
	struct ev_space *spaces;
	size_t nr_spaces;
	size_t spaces_room;
	struct ev_family *told;
	size_t told_room;
	struct cleave_spent before_exec;
	struct cleave_spent creator;
	struct families families;
	struct hash ended;
	struct hash_node ends[ENDED];
	__u64 nr_ends;
};

struct live_agg *live_new(void)
{
	return calloc(1, sizeof(struct live_agg));
}

void live_time(struct live_agg *l)
{
	l->timed = true;
}

void live_begin(struct live_agg *l, __u64 ts)
{
	l->ts = ts;
	families_begin(&l->families);
	l->nr_met = 0;
	l->nr_spaces = 0;
	l->before_exec = (struct cleave_spent) { .breaks = 0 };
	l->creator = (struct cleave_spent) { .breaks = 0 };
}

static __u64 less(__u64 pages, __u64 gone)
{
	return pages > gone ? pages - gone : 0;
}

static void spend(struct cleave_spent *to, const struct cleave_spent *more)
{
	to->breaks += more->breaks;
	to->count += more->count;
	to->sum_ns += more->sum_ns;
	if (to->max_ns < more->max_ns)
		to->max_ns = more->max_ns;
}

static struct ev_spent spent(const struct cleave_spent *s)
{
	return (struct ev_spent) {
		.count = s->count, .untimed = less(s->breaks, s->count),
		.sum_ns = s->sum_ns, .max_ns = s->max_ns,
	};
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
	s->cgroup = p->cgroup;
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
		.took = {
			.known = l->timed,
			.before_exec = spent(&snap->took[CLEAVE_SIDE_BEFORE_EXEC]),
		},
	};
	memcpy(s->cow, fig->cow, sizeof(s->cow));
	if (s->creator_known)
		memcpy(s->creator_cow, fig->creator_cow, sizeof(s->creator_cow));
	set_proc(s, look->proc);
	set_shared(s, look, fig->shared);
	set_age(s, look, fig->since_clone_ns, l->ts);
}

/* By its clone's record it is in there already, unless that was lost, or told no creator. */
static void set_family(struct live_agg *l, const struct ev_space *s, __u64 since,
		       const struct cleave_spent *took)
{
	struct families *f = &l->families;
	struct member *creator, *m = families_find(f, s->space);
	__u64 now = m && m->creator ? m->creator->node.key : 0;

	if (!s->creator_space || s->creator_space == s->space) {
		families_out(f, s->space);
		return;
	}
	if (now != s->creator_space)
		families_enter(f, s->space, s->creator_space, less(l->ts, since));
	families_heard(f, s->space, s->cow[CLEAVE_COPIED], s->creator_cow[CLEAVE_COPIED]);
	creator = families_find(f, s->creator_space);
	creator->told++;
	spend(&creator->in_children, took);
}

static void note_end(struct live_agg *l, __u64 space)
{
	struct hash_node *n;

	if (hash_find(&l->ended, space))
		return;
	n = &l->ends[l->nr_ends++ % ENDED];
	if (l->nr_ends > ENDED)
		hash_del(&l->ended, n);
	hash_add(&l->ended, n, space);
}

/* After an exec, others can be in it still. */
static bool has_ended(const struct live_agg *l, const struct cleave_snap *snap)
{
	return !(snap->what & CLEAVE_AFTER_EXEC) && hash_find(&l->ended, snap->fig.as);
}

void live_add(struct live_agg *l, const struct cleave_snap *snap, const struct live_look *look)
{
	const struct cleave_spent *took = &snap->took[CLEAVE_SIDE_BEFORE_EXEC];
	const struct cleave_spent *creator = &snap->took[CLEAVE_SIDE_CREATOR];
	struct ev_space *s;

	if (has_ended(l, snap))
		return;
	l->met = grow(l->met, &l->met_room, l->nr_met + 1, sizeof(*l->met));
	l->met[l->nr_met++] = (struct met) { snap->fig.as, look->proc, *creator };
	spend(&l->creator, creator);
	if (!(snap->what & CLEAVE_HAS_FIGURES)) {
		families_out(&l->families, snap->fig.as);
		return;
	}
	l->spaces = grow(l->spaces, &l->spaces_room, l->nr_spaces + 1, sizeof(*l->spaces));
	s = &l->spaces[l->nr_spaces++];
	set_space(l, s, snap, look);
	spend(&l->before_exec, took);
	set_family(l, s, snap->fig.since_clone_ns, took);
}

void live_enter(struct live_agg *l, __u64 space, __u64 creator, __u64 since)
{
	families_enter(&l->families, space, creator, since);
}

void live_leave(struct live_agg *l, const struct cleave_figures *fig, __u32 what)
{
	families_leave(&l->families, fig->as, fig->cow[CLEAVE_COPIED],
		       what & CLEAVE_NO_CREATOR ? 0 : fig->creator_cow[CLEAVE_COPIED]);
	note_end(l, fig->as);
}

void live_end_of(struct live_agg *l, __u64 space)
{
	families_gone(&l->families, space);
	note_end(l, space);
}

void live_gone(struct live_agg *l, __u64 space)
{
	families_gone(&l->families, space);
}

/* Creators can have come after their children. */
static void name_creators(struct live_agg *l)
{
	size_t i;

	for (i = 0; i < l->nr_spaces; i++) {
		struct ev_space *s = &l->spaces[i];
		struct member *m = families_find(&l->families, s->creator_space);

		if (m && m->proc)
			s->creator_pid = m->proc->pid;
	}
}

struct telling {
	struct live_agg *l;
	struct ev_snapshot *e;
};

static void tell_family(struct hash_node *n, void *ctx)
{
	const struct member *m = (struct member *)n;
	struct telling *t = ctx;
	struct ev_family *told;

	if (!m->told)
		return;
	told = &t->l->told[t->e->nr_families++];
	*told = (struct ev_family) {
		.space = n->key, .children = m->told, .extra = families_extra(m), .peak = m->peak,
		.took = {
			.known = t->l->timed,
			.creator_known = families_is_met(&t->l->families, m),
			.before_exec = spent(&m->in_children), .creator = spent(&m->in_it),
		},
	};
	if (m->proc) {
		told->pid = m->proc->pid;
		told->id = m->proc->id;
		told->comm = (struct text) { m->proc->comm,
					     strnlen(m->proc->comm, sizeof(m->proc->comm)) };
	}
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
	struct families *f = &l->families;
	size_t i;

	for (i = 0; i < l->nr_met; i++)
		families_met(f, l->met[i].space, l->met[i].proc, &l->met[i].took);
	families_end(f);
	name_creators(l);
	l->told = grow(l->told, &l->told_room, f->members.count, sizeof(*l->told));
	*e = (struct ev_snapshot) {
		.spaces = l->spaces, .nr_spaces = l->nr_spaces, .families = l->told,
		.extra = f->extra, .peak = f->peak,
		.took = {
			.known = l->timed, .creator_known = true,
			.before_exec = spent(&l->before_exec), .creator = spent(&l->creator),
		},
	};
	hash_each(&f->members, tell_family, &telling);
	set_totals(e, t);
}

void live_drop(struct live_agg *l)
{
	families_drop(&l->families);
}

void live_free(struct live_agg *l)
{
	if (!l)
		return;
	families_free(&l->families);
	hash_free(&l->ended);
	free(l->met);
	free(l->spaces);
	free(l->told);
	free(l);
}
