// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "agg/fold.h"
#include "lib/need.h"

void tree_init(struct tree *t)
{
	memset(t, 0, sizeof(*t));
	t->kinds = need(calloc(TREE_BUCKETS, sizeof(t->kinds[0])));
	t->nr_how = 1;
	t->top.open = 1;
}

void tree_free(struct tree *t)
{
	struct node *n = t->top.first;

	while (n) {
		struct node *gone = n;

		if (n->first) {
			n = n->first;
			continue;
		}
		n = n->next ? n->next : n->parent;
		if (n == gone->parent)
			n->first = NULL;
		free(gone);
		if (n == &t->top)
			break;
	}
	while (t->spare) {
		n = t->spare;
		t->spare = n->next;
		free(n);
	}
	free(t->kinds);
}

static bool is_how(const struct how *how, const struct ev_clone *c)
{
	return how->flags == c->flags && how->exit_signal == c->exit_signal &&
	       how->call == c->call && how->kind == c->kind;
}

/* Number 0 also stands for all that the table has no room for. */
static unsigned int how_of(struct tree *t, const struct ev_clone *c)
{
	unsigned int i;

	if (t->last_how && is_how(&t->how[t->last_how], c))
		return t->last_how;
	for (i = 1; i < t->nr_how; i++)
		if (is_how(&t->how[i], c))
			break;
	if (i == TREE_HOWS) {
		t->other_ways++;
		return 0;
	}
	if (i == t->nr_how) {
		t->nr_how++;
		t->how[i] = (struct how) {
			.flags = c->flags,
			.exit_signal = c->exit_signal,
			.call = c->call,
			.kind = c->kind,
		};
	}
	t->last_how = i;
	return i;
}

/* Filled up with NULs, to be compared at once. */
static void set_name(struct node *n, const char *comm)
{
	memset(n->comm, 0, sizeof(n->comm));
	memcpy(n->comm, comm, strnlen(comm, sizeof(n->comm) - 1));
}

static struct node *node_new(struct tree *t, struct node *parent)
{
	struct node *n = t->spare;

	if (n)
		t->spare = n->next;
	else
		n = need(malloc(sizeof(*n)));
	memset(n, 0, sizeof(*n));
	n->parent = parent;
	n->level = parent->level + 1;
	n->prev = parent->last;
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	t->nodes++;
	return n;
}

void tree_drop(struct tree *t, struct node *n)
{
	struct node *parent = n->parent;

	if (n->prev)
		n->prev->next = n->next;
	else
		parent->first = n->next;
	if (n->next)
		n->next->prev = n->prev;
	else
		parent->last = n->prev;
	n->next = t->spare;
	t->spare = n;
	t->nodes--;
}

/* Where the tree is full: all live processes that find no room have one node. */
static struct node *no_room(struct tree *t)
{
	struct node *n = t->top.mixed;

	if (!n) {
		n = node_new(t, &t->top);
		n->state = NODE_FOLD | NODE_MIXED;
		t->top.mixed = n;
	}
	return n;
}

/* What is aside stays without, unless something else is shown of it. */
static void mark(const struct tree *t, struct node *n)
{
	if (!t->aside)
		n->state |= NODE_SHOWN;
}

/* A process that was made by @parent. */
static struct node *add(struct tree *t, struct node *parent, struct proc_ref *p)
{
	struct node *n;

	if ((parent->state & NODE_MIXED) || t->nodes >= TREE_NODES - 1) {
		n = no_room(t);
		n->count++;
		p->slot[PROC_SLOT_TREE] = n;
		return n;
	}
	n = node_new(t, parent);
	n->pid = p->pid;
	n->count = 1;
	n->open = 1;
	parent->open++;
	parent->open_xor ^= (uintptr_t)n;
	set_name(n, p->comm);
	p->slot[PROC_SLOT_TREE] = n;
	return n;
}

struct node *tree_add(struct tree *t, struct proc_ref *p)
{
	return add(t, &t->top, p);
}

static struct node *node_of(struct tree *t, struct proc_ref *p)
{
	struct node *n = p->slot[PROC_SLOT_TREE];

	return n ? n : tree_add(t, p);
}

void tree_attach(struct tree *t, const struct event *e)
{
	const struct ev_attach *a = &e->attach;
	struct node *n = a->proc->slot[PROC_SLOT_TREE];

	if (n || !t->named)
		return;
	n = add(t, a->parent ? node_of(t, a->parent) : &t->top, a->proc);
	mark(t, n);
	if (n->state & NODE_MIXED)
		return;
	n->state |= NODE_ATTACHED | (a->before_exec ? NODE_OWN_PAGES : 0);
}

/* All threads that a process makes in one way have one node. */
static void add_thread(struct tree *t, struct node *parent,
		       const struct ev_clone *c)
{
	struct node like = {
		.state = NODE_THREADS | NODE_IN_VM | NODE_MADE |
			 (t->aside ? 0 : NODE_SHOWN),
		.how = how_of(t, c),
	};
	struct node *n;

	like.hash = fold_hash(&like, 0);
	parent->below++;
	if (parent->state & NODE_MIXED)
		return;
	parent->sum += like.hash;
	n = fold_first(t, parent, &like);
	if (!n) {
		if (t->nodes >= TREE_NODES - 1) {
			t->lost_threads++;
			return;
		}
		n = node_new(t, parent);
		n->state = like.state;
		n->how = like.how;
		n->hash = like.hash;
		fold_enter(t, n);
	}
	n->count++;
	n->shared += c->vm_pages;
	n->fork_ns += c->duration_ns;
}

void tree_clone(struct tree *t, const struct event *e)
{
	const struct ev_clone *c = &e->clone;
	struct node *parent = node_of(t, c->parent);
	struct node *n;

	if (!c->made)
		return;
	if (!c->child) {
		add_thread(t, parent, c);
		return;
	}
	n = add(t, parent, c->child);
	mark(t, n);
	if (n->state & NODE_MIXED)
		return;
	n->how = how_of(t, c);
	n->fork_ns = c->duration_ns;
	n->clone_ts = e->ts;
	n->state |= NODE_MADE | (c->has_pages ? NODE_OWN_PAGES : NODE_IN_VM);
	n->shared = c->has_pages ? c->pages.shared : c->vm_pages;
}

static void set_figures(struct node *n, const struct ev_figures *f)
{
	n->state |= NODE_FIGURES | (f->creator_known ? 0 : NODE_NO_CREATOR) |
		    (f->clone_seen ? 0 : NODE_ATTACHED | NODE_OWN_PAGES);
	n->shared = f->shared;
	n->copied = f->cow[CLEAVE_COPIED];
	n->never = f->never_copied;
	n->creator = f->creator_cow[CLEAVE_COPIED];
}

void tree_exec(struct tree *t, const struct event *e)
{
	const struct ev_exec *x = &e->exec;
	struct node *n = node_of(t, x->proc);

	mark(t, n);
	if (x->error || (n->state & NODE_MIXED))
		return;
	if ((n->state & (NODE_MADE | NODE_EXECED)) == NODE_MADE) {
		n->state |= NODE_EXEC_TIME;
		n->exec_ns = e->ts - n->clone_ts;
	}
	n->state |= NODE_EXECED;
	set_name(n, x->proc->comm);
	if (x->closes)
		set_figures(n, &x->fig);
}

void tree_exit(struct tree *t, const struct event *e)
{
	const struct ev_exit *x = &e->exit;
	struct node *n = node_of(t, x->proc);

	mark(t, n);
	if (n->state & NODE_MIXED)
		return;
	n->status = x->status;
	n->state |= NODE_ENDED;
	if (x->execed_unseen)
		n->state |= NODE_EXECED;
	set_name(n, x->proc->comm);
	if (x->fig.arrived)
		set_figures(n, &x->fig);
	fold_over(t, n);
}

void tree_gone(struct tree *t, const struct event *e)
{
	struct node *n = e->gone.proc->slot[PROC_SLOT_TREE];

	/* Of one that nothing was told of there is nothing to tell. */
	if (!n)
		return;
	mark(t, n);
	if (n->state & NODE_MIXED)
		return;
	n->state |= NODE_GONE;
	fold_over(t, n);
}

void tree_event(struct tree *t, const struct event *e)
{
	switch (e->type) {
	case EVENT_START:
		t->named = e->start.has_attached;
		if (e->start.root)
			tree_add(t, e->start.root);
		break;
	case EVENT_ATTACH:
		tree_attach(t, e);
		break;
	case EVENT_CLONE:
		tree_clone(t, e);
		break;
	case EVENT_EXEC:
		tree_exec(t, e);
		break;
	case EVENT_EXIT:
		tree_exit(t, e);
		break;
	case EVENT_GONE:
		tree_gone(t, e);
		break;
	default:
		break;
	}
}

void tree_aside(struct tree *t, const struct event *e)
{
	t->aside = true;
	tree_event(t, e);
	t->aside = false;
}

/* The one behind @n and all below it. */
static struct node *next_beside(const struct tree *t, struct node *n)
{
	while (n != &t->top && !n->next)
		n = n->parent;
	return n == &t->top ? NULL : n->next;
}

/* Creators come before what they have made, so those of one that is marked are, too. */
static void mark_creators(struct tree *t)
{
	struct node *n = t->top.first, *p;

	while (n) {
		if (n->state & NODE_SHOWN)
			for (p = n->parent; p != &t->top && !(p->state & NODE_SHOWN);
			     p = p->parent)
				p->state |= NODE_SHOWN;
		n = n->first ? n->first : next_beside(t, n);
	}
}

size_t tree_keep_shown(struct tree *t)
{
	struct node *n = t->top.first, *next;
	size_t before = t->nodes;

	mark_creators(t);
	while (n) {
		bool shown = n->state & NODE_SHOWN;

		next = shown && n->first ? n->first : next_beside(t, n);
		if (!shown)
			fold_drop(t, n);
		n = next;
	}
	return before - t->nodes;
}
