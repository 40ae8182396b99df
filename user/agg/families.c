// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "agg/families.h"

static __u64 by_creator_of(const struct member *m)
{
	return m->lives && m->oldest ? m->oldest->by_creator : 0;
}

__u64 families_extra(const struct member *m)
{
	return m->by_children + by_creator_of(m);
}

/*
 * After each change of a creator or its children.  What one has copied that is a child
 * itself is in its creator's sum already.
 */
static void count(struct families *f, struct member *m)
{
	__u64 now = m->by_children + (m->creator ? 0 : by_creator_of(m));

	f->extra += now - m->counted;
	m->counted = now;
}

static void note(struct families *f, struct member *m)
{
	__u64 extra = families_extra(m);

	if (m->peak < extra)
		m->peak = extra;
	if (f->peak < f->extra)
		f->peak = f->extra;
}

static struct member *get(struct families *f, __u64 space)
{
	struct member *m = families_find(f, space);

	if (m)
		return m;
	m = pool_get(&f->spare, sizeof(*m));
	*m = (struct member) { .fresh = !f->telling, .lives = true };
	hash_add(&f->members, &m->node, space);
	return m;
}

/* A creator without children is kept as long as it lives: others can follow. */
static void put(struct families *f, struct member *m)
{
	if (m->creator || m->oldest || m->lives)
		return;
	hash_del(&f->members, &m->node);
	pool_put(&f->spare, m);
}

static bool is_older(const struct member *a, const struct member *b)
{
	return a->since != b->since ? a->since < b->since : a->node.key < b->node.key;
}

/* Of two heaps, neither of which is in another; one of @a or @b is the new top. */
static struct member *join(struct member *a, struct member *b)
{
	struct member *top = is_older(b, a) ? b : a, *other = top == a ? b : a;

	other->prev = top;
	other->next = top->below;
	if (other->next)
		other->next->prev = other;
	top->below = other;
	return top;
}

static struct member *take_first(struct member **list)
{
	struct member *m = *list;

	*list = m->next;
	m->next = NULL;
	m->prev = NULL;
	return m;
}

/* Those that were below one that is no more: in pairs first, which keeps the heap low. */
static struct member *join_all(struct member *list)
{
	struct member *pairs = NULL, *top = NULL;

	while (list) {
		struct member *m = take_first(&list);

		if (list)
			m = join(m, take_first(&list));
		m->next = pairs;
		pairs = m;
	}
	while (pairs) {
		struct member *m = take_first(&pairs);

		top = top ? join(top, m) : m;
	}
	return top;
}

/*
 * Children can come in any order, as the first snapshot has them, and so many that none may
 * be searched for.  A pairing heap tells at once which is the oldest.
 */
static void link_child(struct member *creator, struct member *m)
{
	struct member *oldest = creator->oldest;

	m->creator = creator;
	m->below = NULL;
	m->next = NULL;
	m->prev = NULL;
	creator->oldest = oldest ? join(oldest, m) : m;
	/* What is in a younger one's window is in its, too. */
	if (oldest && creator->oldest == m)
		m->by_creator = oldest->by_creator;
}

static void unlink_child(struct member *m)
{
	struct member *creator = m->creator, *rest = join_all(m->below);

	m->creator = NULL;
	if (creator->oldest == m) {
		creator->oldest = rest;
		return;
	}
	if (m->prev->below == m)
		m->prev->below = m->next;
	else
		m->prev->next = m->next;
	if (m->next)
		m->next->prev = m->prev;
	if (rest)
		creator->oldest = join(creator->oldest, rest);
}

static void set_copied(struct families *f, struct member *m, __u64 copied)
{
	m->creator->by_children += copied - m->copied;
	m->copied = copied;
	count(f, m->creator);
}

/* The windows of all children end now; the oldest one's may have been read a while ago. */
static void set_by_creator(struct families *f, struct member *m, __u64 pages)
{
	struct member *oldest = m->creator->oldest;

	if (m->by_creator < pages)
		m->by_creator = pages;
	if (oldest->by_creator < pages)
		oldest->by_creator = pages;
	count(f, m->creator);
}

static void take_out(struct families *f, struct member *m)
{
	struct member *creator = m->creator;

	set_copied(f, m, 0);
	unlink_child(m);
	m->by_creator = 0;
	count(f, creator);
	count(f, m);
}

static void out(struct families *f, struct member *m)
{
	struct member *creator = m->creator;

	take_out(f, m);
	put(f, creator);
}

void families_enter(struct families *f, __u64 space, __u64 creator, __u64 since)
{
	struct member *m;

	if (!creator || creator == space)
		return;
	m = get(f, space);
	/* Of each process in it that was attached to there is a record. */
	if (m->creator && m->creator->node.key == creator)
		return;
	if (m->creator)
		out(f, m);
	m->since = since;
	link_child(get(f, creator), m);
	count(f, m->creator);
	count(f, m);
}

void families_heard(struct families *f, __u64 space, __u64 copied, __u64 by_creator)
{
	struct member *m = families_find(f, space);

	if (!m || !m->creator)
		return;
	set_copied(f, m, copied);
	set_by_creator(f, m, by_creator);
}

void families_leave(struct families *f, __u64 space, __u64 copied, __u64 by_creator)
{
	struct member *m = families_find(f, space), *creator;

	if (!m || !m->creator)
		return;
	creator = m->creator;
	set_copied(f, m, copied);
	set_by_creator(f, m, by_creator);
	/* Of one that is a child itself, this tells how much it has copied at least. */
	if (creator->creator && creator->copied < by_creator) {
		set_copied(f, creator, by_creator);
		note(f, creator->creator);
	}
	note(f, creator);
	out(f, m);
	put(f, m);
}

void families_out(struct families *f, __u64 space)
{
	struct member *m = families_find(f, space);

	if (!m || !m->creator)
		return;
	out(f, m);
	put(f, m);
}

void families_gone(struct families *f, __u64 space)
{
	struct member *m = families_find(f, space);

	if (!m)
		return;
	m->lives = false;
	count(f, m);
	if (m->creator)
		out(f, m);
	put(f, m);
}

static void begin(struct hash_node *n, void *ctx)
{
	struct member *m = (struct member *)n;

	(void)ctx;
	m->proc = NULL;
	m->told = 0;
	m->in_children = (struct cleave_spent) { .breaks = 0 };
	m->in_it = (struct cleave_spent) { .breaks = 0 };
}

void families_begin(struct families *f)
{
	f->round++;
	f->telling = true;
	hash_each(&f->members, begin, NULL);
}

void families_met(struct families *f, __u64 space, struct proc_ref *proc,
		  const struct cleave_spent *took)
{
	struct member *m = families_find(f, space);

	if (!m)
		return;
	m->proc = proc;
	m->in_it = *took;
	m->round = f->round;
	m->fresh = false;
	m->lives = true;
	count(f, m);
}

/* Frees nobody: whoever walks over the table may take out no other one. */
static void sweep(struct hash_node *n, void *ctx)
{
	struct member *m = (struct member *)n;

	if (!families_is_met(ctx, m) && !m->fresh) {
		m->lives = false;
		count(ctx, m);
		if (m->creator)
			take_out(ctx, m);
	}
	m->fresh = false;
}

static void settle(struct hash_node *n, void *ctx)
{
	struct member *m = (struct member *)n;

	note(ctx, m);
	put(ctx, m);
}

void families_end(struct families *f)
{
	hash_each(&f->members, sweep, f);
	hash_each(&f->members, settle, f);
	f->telling = false;
}

void families_free(struct families *f)
{
	hash_free_all(&f->members);
	pool_free(&f->spare);
}
