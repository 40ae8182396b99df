// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch_view.c - a snapshot as rows: what is a second's, and in which order.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/grow.h"
#include "sink/watch.h"

const char *const watch_names[WATCH_NR + 1] = {
#define CLEAVE_X(sym, name, title) name,
	WATCH_COLUMNS(CLEAVE_X)
#undef CLEAVE_X
};

int watch_column(const char *name)
{
	int i;

	for (i = 0; i < WATCH_NR; i++)
		if (!strcasecmp(watch_names[i], name))
			return i;
	return -1;
}

/**
 * struct seen - an address space, from one snapshot to the next
 * @node: by its identity
 * @round: the last snapshot that it was in
 * @copied: pages that it had copied by then
 * @by_creator: and its creator meanwhile
 */
struct seen {
	struct hash_node node;
	__u64 round;
	__u64 copied;
	__u64 by_creator;
};

void watch_init(struct watch_view *v, const struct known *known, enum watch_column sort)
{
	*v = (struct watch_view) { .known = known, .sort = sort };
}

void watch_start(struct watch_view *v, const struct event *e)
{
	v->ts = e->ts;
	v->backend = e->start.backend;
	v->wall_ns = e->start.wall_ns ? e->start.wall_ns - e->ts : 0;
}

static __u64 less(__u64 now, __u64 before)
{
	return now > before ? now - before : 0;
}

/* Tenths a second of what is counted; false: there was no time to count in. */
static bool per_second(__u64 n, __u64 ns, __u64 *tenths)
{
	__u64 ms = ns / 1000000;

	if (!ms)
		return false;
	*tenths = (n * 10000 + ms / 2) / ms;
	/* Few are not none. */
	if (n && !*tenths)
		*tenths = 1;
	return true;
}

static void copy_name(char to[CLEAVE_COMM_LEN], struct text comm)
{
	size_t n = comm.len < CLEAVE_COMM_LEN - 1 ? comm.len : CLEAVE_COMM_LEN - 1;

	if (n)
		memcpy(to, comm.s, n);
	to[n] = '\0';
}

static int by_space(const void *a, const void *b)
{
	const struct watch_kin *l = a, *r = b;

	return l->space < r->space ? -1 : l->space > r->space;
}

static int by_extra(const void *a, const void *b)
{
	const struct watch_kin *l = *(struct watch_kin *const *)a;
	const struct watch_kin *r = *(struct watch_kin *const *)b;

	if (l->extra != r->extra)
		return l->extra > r->extra ? -1 : 1;
	return by_space(l, r);
}

/* Of both sides; what has ended is in neither. */
static __u64 took_of(const struct watch_view *v, const struct ev_took *took)
{
	if (!took->known || !v->known->snap_times)
		return 0;
	return took->before_exec.sum_ns + (took->creator_known ? took->creator.sum_ns : 0);
}

static void take_kins(struct watch_view *v, const struct ev_snapshot *e)
{
	size_t i, nr = e->nr_families;

	v->nr_kins = nr;
	v->kin_room = grow(v->kin_room, &v->room[0], nr, sizeof(*v->kin_room));
	v->kins = grow(v->kins, &v->room[1], nr, sizeof(*v->kins));
	for (i = 0; i < nr; i++) {
		const struct ev_family *f = &e->families[i];
		struct watch_kin *k = &v->kin_room[i];

		*k = (struct watch_kin) {
			.space = f->space, .pid = f->pid, .children = f->children,
			.extra = f->extra, .peak = f->peak, .took = took_of(v, &f->took),
		};
		copy_name(k->comm, f->comm);
	}
	qsort(v->kin_room, nr, sizeof(*v->kin_room), by_space);
	for (i = 0; i < nr; i++)
		v->kins[i] = &v->kin_room[i];
	qsort(v->kins, nr, sizeof(*v->kins), by_extra);
}

static const struct watch_kin *kin_of(const struct watch_view *v, __u64 space)
{
	struct watch_kin key = { .space = space }, *k;

	if (!space)
		return NULL;
	k = bsearch(&key, v->kin_room, v->nr_kins, sizeof(key), by_space);
	return k && k->pid ? k : NULL;
}

/*
 * Of one that was not there before, all was copied since then, if it was made since
 * then.  Of one that was there unseen nobody knows when it was.
 */
static bool is_new(const struct watch_view *v, const struct ev_space *s, __u64 ns)
{
	return v->round == 1 || (!s->attached && s->aged && s->age_ns <= ns);
}

/*
 * KiB a second, of it and its creator: who forks to write a snapshot does the copying
 * itself.
 */
static bool set_rate(struct watch_view *v, const struct ev_space *s, __u64 ns, __u64 *tenths)
{
	struct seen *seen = (struct seen *)hash_find(&v->seen, s->space);
	__u64 copied = s->cow[CLEAVE_COPIED];
	__u64 by_creator = s->creator_known ? s->creator_cow[CLEAVE_COPIED] : 0;
	bool known = seen || is_new(v, s, ns);
	__u64 n;

	if (!seen) {
		seen = pool_get(&v->pool, sizeof(*seen));
		*seen = (struct seen) { .round = 0 };
		hash_add(&v->seen, &seen->node, s->space);
	}
	n = less(copied, seen->copied) + less(by_creator, seen->by_creator);
	seen->round = v->round;
	seen->copied = copied;
	seen->by_creator = by_creator;
	return known && per_second(n * (CLEAVE_PAGE / 1024), ns, tenths);
}

static void set(struct watch_row *r, enum watch_column c, __u64 value, bool known)
{
	r->v[c] = known ? value : 0;
	if (!known)
		r->unknown |= 1U << c;
}

static void take_row(struct watch_view *v, struct watch_row *r, const struct ev_space *s,
		     __u64 ns)
{
	const struct known *k = v->known;
	bool copied = k->outcome[CLEAVE_COPIED];
	bool shared = s->base_known && (s->from != SHARED_CLONE || k->shared);
	__u64 rate = 0;
	bool rated = set_rate(v, s, ns, &rate);

	*r = (struct watch_row) {
		.of = kin_of(v, s->creator_space), .space = s->space, .pid = s->pid,
		.from_look = s->base_known && s->from == SHARED_LOOK,
		.busy = copied ? rate : 0,
	};
	copy_name(r->comm, s->comm);
	set(r, WATCH_PROCESS, s->pid, s->pid);
	set(r, WATCH_OF, r->of ? r->of->pid : 0, r->of);
	set(r, WATCH_AGE, s->age_ns, s->aged);
	set(r, WATCH_SHARED, s->shared, shared);
	set(r, WATCH_MOST, s->shared_most, shared && copied);
	set(r, WATCH_ESTIMATE, s->shared_estimate, s->estimate_known && shared && k->both_copied);
	set(r, WATCH_NOW, s->shared_now, s->looked);
	set(r, WATCH_COPIED, s->cow[CLEAVE_COPIED], copied);
	set(r, WATCH_CREATOR, s->creator_cow[CLEAVE_COPIED], s->creator_known && k->both_copied);
	set(r, WATCH_RATE, rate, rated && s->creator_known && k->both_copied);
	set(r, WATCH_TOOK, s->took.before_exec.sum_ns, s->took.known && k->snap_times);
	set(r, WATCH_CLONES, s->clones, k->clones);
	v->looked |= s->looked;
}

/* Names upwards; of the same, by pid. */
static int by_name(const char *a, pid_t a_pid, const char *b, pid_t b_pid)
{
	int d = strncmp(a, b, CLEAVE_COMM_LEN);

	return d ? d : a_pid < b_pid ? -1 : a_pid > b_pid;
}

static int by_most(__u64 a, __u64 b)
{
	return a > b ? -1 : a < b;
}

/*
 * Figures downwards: what is most comes first; what is unknown, last.  But of a rate it is
 * known how much it is at least, and who copies most is not to be out of sight.
 */
static int by(const struct watch_row *a, const struct watch_row *b, enum watch_column c)
{
	unsigned int bit = 1U << c;

	if (c == WATCH_RATE)
		return by_most(a->busy, b->busy);
	if ((a->unknown ^ b->unknown) & bit)
		return a->unknown & bit ? 1 : -1;
	if (a->unknown & bit)
		return 0;
	if (c == WATCH_PROCESS)
		return by_name(a->comm, a->pid, b->comm, b->pid);
	if (c == WATCH_OF)
		return by_name(a->of->comm, a->of->pid, b->of->comm, b->of->pid);
	return by_most(a->v[c], b->v[c]);
}

static int compare(const void *l, const void *r, void *ctx)
{
	static const enum watch_column then[] = { WATCH_RATE, WATCH_COPIED, WATCH_CREATOR };
	const struct watch_row *a = *(struct watch_row *const *)l;
	const struct watch_row *b = *(struct watch_row *const *)r;
	int d = by(a, b, *(const enum watch_column *)ctx);
	size_t i;

	for (i = 0; !d && i < sizeof(then) / sizeof(then[0]); i++)
		d = by(a, b, then[i]);
	/* So that none changes its place without need. */
	return d ? d : a->space < b->space ? -1 : a->space > b->space;
}

static void take_rows(struct watch_view *v, const struct ev_snapshot *e, __u64 ns)
{
	size_t i, nr = e->nr_spaces;

	v->nr_rows = nr;
	v->row_room = grow(v->row_room, &v->room[2], nr, sizeof(*v->row_room));
	v->rows = grow(v->rows, &v->room[3], nr, sizeof(*v->rows));
	v->looked = false;
	for (i = 0; i < nr; i++) {
		take_row(v, &v->row_room[i], &e->spaces[i], ns);
		v->rows[i] = &v->row_room[i];
	}
	qsort_r(v->rows, nr, sizeof(*v->rows), compare, &v->sort);
}

static void forget(struct hash_node *n, void *ctx)
{
	struct watch_view *v = ctx;
	struct seen *seen = (struct seen *)n;

	if (seen->round == v->round)
		return;
	hash_del(&v->seen, n);
	pool_put(&v->pool, seen);
}

static void take_totals(struct watch_view *v, const struct ev_snapshot *e, __u64 ns)
{
	__u64 before = v->clones;
	bool known = e->totals_known && v->known->clones &&
		     (v->round == 1 || v->totals_known);

	v->timed = e->took.known;
	v->took = took_of(v, &e->took);
	v->extra = e->extra;
	v->peak = e->peak;
	v->totals_known = e->totals_known;
	v->left_out = e->left_out;
	v->clones = e->clones;
	v->lost = e->lost;
	v->forks_known = known && per_second(less(e->clones, before), ns, &v->forks);
}

void watch_take(struct watch_view *v, const struct event *e)
{
	__u64 ns = v->ts ? less(e->ts, v->ts) : 0;

	v->ts = e->ts;
	v->round++;
	take_kins(v, &e->snapshot);
	take_rows(v, &e->snapshot, ns);
	hash_each(&v->seen, forget, v);
	take_totals(v, &e->snapshot, ns);
}

void watch_free(struct watch_view *v)
{
	hash_free_all(&v->seen);
	pool_free(&v->pool);
	free(v->rows);
	free(v->row_room);
	free(v->kins);
	free(v->kin_room);
}
