// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "agg/fold.h"

/* What a node stands for is no difference between those that it stands for. */
#define STANDS_FOR	(NODE_FOLD | NODE_MIXED | NODE_CHAIN | NODE_HASHED)

static __u64 mix(__u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

__u64 fold_hash(const struct node *n, __u64 sum)
{
	__u64 name[CLEAVE_COMM_LEN / sizeof(__u64)];

	memcpy(name, n->comm, sizeof(name));
	return mix(mix(mix(name[0] + sum) ^ name[1]) +
		   ((__u64)n->status << 32 | n->how << 16 | (n->state & ~STANDS_FOR)));
}

/* The two themselves, what is below them not looked at. */
static bool same(const struct node *a, const struct node *b)
{
	return a->how == b->how && a->status == b->status &&
	       !((a->state ^ b->state) & ~STANDS_FOR) &&
	       !memcmp(a->comm, b->comm, sizeof(a->comm));
}

static struct node **bucket(const struct tree *t, const struct node *parent, __u64 hash)
{
	return &t->kinds[mix(hash + (uintptr_t)parent) % TREE_BUCKETS].first;
}

struct node *fold_first(const struct tree *t, const struct node *parent,
			const struct node *like)
{
	struct node *n = *bucket(t, parent, like->hash);

	while (n && !(n->parent == parent && n->hash == like->hash && same(n, like)))
		n = n->hnext;
	return n;
}

void fold_enter(struct tree *t, struct node *n)
{
	struct node **b = bucket(t, n->parent, n->hash);

	n->state |= NODE_HASHED;
	n->alike = 1;
	n->row = NULL;
	n->hnext = *b;
	*b = n;
}

static void leave(struct tree *t, struct node *n)
{
	struct node **link = bucket(t, n->parent, n->hash);

	while (*link != n)
		link = &(*link)->hnext;
	*link = n->hnext;
	n->state &= ~NODE_HASHED;
}

static void drop_one(struct tree *t, struct node *n)
{
	if (n->state & NODE_HASHED)
		leave(t, n);
	tree_drop(t, n);
}

/* Without recursion: a chain of creators can be of any length. */
static void drop_below(struct tree *t, struct node *top)
{
	struct node *n = top;

	while (top->first) {
		while (n->first)
			n = n->first;
		n = n->parent;
		drop_one(t, n->first);
	}
}

void fold_drop(struct tree *t, struct node *n)
{
	drop_below(t, n);
	drop_one(t, n);
}

static void merge(struct node *into, const struct node *n)
{
	into->shared += n->shared;
	into->copied += n->copied;
	into->never += n->never;
	into->creator += n->creator;
	into->fork_ns += n->fork_ns;
	into->exec_ns += n->exec_ns;
	into->count += n->count;
}

/* No room: one node for all that ended here, whatever it was. */
static struct node *fold_any(struct tree *t, struct node *n)
{
	struct node *parent = n->parent, *into = parent->mixed;

	if (!into) {
		drop_below(t, n);
		n->state |= NODE_FOLD | NODE_MIXED;
		parent->mixed = n;
		return n;
	}
	into->count += n->count;
	into->below += n->below;
	into->state |= n->state & NODE_SHOWN;
	fold_drop(t, n);
	return NULL;
}

/*
 * Among the siblings.  Return: the node, or NULL if it is gone.
 *
 * What stands for generations is not folded again: their figures are summed up
 * already.  It is far down, and what is above it folds.
 */
static struct node *fold(struct tree *t, struct node *n)
{
	bool chain = n->state & NODE_CHAIN;
	struct node *first = chain ? NULL : fold_first(t, n->parent, n);

	if (first && first->row) {
		merge(first->row, n);
		fold_drop(t, n);
		return NULL;
	}
	if (t->nodes > TREE_CROWDED)
		return fold_any(t, n);
	if (chain)
		return n;
	if (!first) {
		fold_enter(t, n);
	} else if (first->alike < TREE_ALIKE) {
		first->alike++;
	} else {
		drop_below(t, n);
		n->state |= NODE_FOLD;
		first->row = n;
	}
	return n;
}

/* A process that is over, and so is all that it made, but perhaps one child. */
static bool is_link(const struct node *n)
{
	return (n->state & (NODE_ENDED | NODE_GONE)) && n->open <= 1 &&
	       !(n->state & NODE_FOLD);
}

/* The child that goes on. */
static struct node *heir_of(const struct node *n)
{
	return n->open ? (struct node *)n->open_xor : n->heir;
}

/* What came of a process besides its heir. */
static void set_side(struct node *n)
{
	if (n->state & NODE_CHAIN)
		return;
	n->side = n->sum;
	if (!n->open && n->heir)
		n->side -= n->heir->hash;
}

static void drop_all_but(struct tree *t, struct node *parent, const struct node *keep)
{
	struct node *c, *next;

	for (c = parent->first; c; c = next) {
		next = c->next;
		if (c != keep)
			fold_drop(t, c);
	}
	parent->mixed = NULL;
	if (parent->heir != keep)
		parent->heir = NULL;
}

/* @heir, the only one left of what @n made, goes to @n's creator. */
static void move_up(struct tree *t, struct node *heir, struct node *n)
{
	struct node *p = n->parent;
	bool hashed = heir->state & NODE_HASHED;

	if (hashed)
		leave(t, heir);
	n->first = NULL;
	n->last = NULL;
	heir->parent = p;
	heir->prev = n;
	n->next = heir;
	p->last = heir;
	if (hashed)
		fold_enter(t, heir);
	if (p->open)
		p->open_xor = (uintptr_t)heir;
	else
		p->heir = heir;
	drop_one(t, n);
}

/*
 * If @n did what its creator @p had done, and is its heir, one node will do for
 * both, and those before it.
 */
static void fold_chain(struct tree *t, struct node *p, struct node *n)
{
	struct node *heir;

	if (p->level < TREE_LEVELS || !is_link(p) || !is_link(n) || heir_of(p) != n)
		return;
	heir = heir_of(n);
	if (!heir || (heir->state & NODE_MIXED) || p->side != n->side || !same(p, n))
		return;
	drop_all_but(t, p, n);
	drop_all_but(t, n, heir);
	if (!p->open)
		p->below -= n->count + n->below;
	p->below += n->below;
	merge(p, n);
	p->state |= NODE_CHAIN;
	move_up(t, heir, n);
}

/* Over, with one child that is not complete: part of a chain perhaps. */
static void linked(struct tree *t, struct node *n)
{
	struct node *heir = heir_of(n);

	set_side(n);
	fold_chain(t, n, heir);
	fold_chain(t, n->parent, n);
}

/* Over, and so is all below it: from now on its creator answers for it. */
static void complete(struct tree *t, struct node *n)
{
	struct node *p = n->parent;
	__u64 i;

	/* As if each generation had its node still. */
	n->hash = fold_hash(n, n->sum);
	set_side(n);
	for (i = 1; i < n->count; i++)
		n->hash = fold_hash(n, n->side + n->hash);
	if (n->heir)
		fold_chain(t, n, n->heir);
	p->open--;
	p->open_xor ^= (uintptr_t)n;
	p->sum += n->hash;
	p->below += n->count + n->below;
	n = fold(t, n);
	if (n && !(n->state & NODE_FOLD) && n->first &&
	    (!p->heir || n->below >= p->heir->below))
		p->heir = n;
}

void fold_over(struct tree *t, struct node *n)
{
	n->open--;
	while (n->parent && !n->open) {
		struct node *p = n->parent;

		complete(t, n);
		n = p;
	}
	if (n->parent && is_link(n))
		linked(t, n);
}

__u64 fold_others(const struct node *n)
{
	const struct node *heir = n->first;

	/* The heir counts as below its creator once it is complete. */
	return n->below - (n->open || !heir ? 0 : heir->count + heir->below);
}
