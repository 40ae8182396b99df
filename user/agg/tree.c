// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agg/tree.h"

/* Siblings that are alike and have a node of their own. */
#define FOLD_AFTER	8

/* From here on whatever is complete is folded, alike or not. */
#define NODES_MAX	8192

void tree_init(struct tree *t)
{
	memset(t, 0, sizeof(*t));
	t->nr_how = 1;
	t->top.open = 1;
}

/* All below @n, without recursion: a chain of creators can be of any length. */
static void free_below(struct tree *t, struct node *n)
{
	struct node *c = n;

	for (;;) {
		struct node *gone = c;

		if (c->first) {
			c = c->first;
			continue;
		}
		if (c == n)
			break;
		c = c->parent;
		c->first = gone->next;
		free(gone);
		t->nodes--;
	}
	n->last = NULL;
}

void tree_free(struct tree *t)
{
	free_below(t, &t->top);
}

char *how_label(char *buf, unsigned int how)
{
	unsigned int i = how - 1;

	if (i < 26)
		snprintf(buf, 4, "%c", 'a' + i);
	else
		snprintf(buf, 4, "%c%c", 'a' + (i / 26 - 1) % 26, 'a' + i % 26);
	return buf;
}

/* Number 0 also stands for all that the table has no room for. */
static unsigned int how_of(struct tree *t, const struct ev_clone *c)
{
	struct how how = {
		.flags = c->flags,
		.exit_signal = c->exit_signal,
		.call = c->call,
		.kind = c->kind,
	};
	unsigned int i;

	for (i = 1; i < t->nr_how; i++)
		if (t->how[i].flags == how.flags && t->how[i].call == how.call &&
		    t->how[i].kind == how.kind &&
		    t->how[i].exit_signal == how.exit_signal)
			return i;
	if (i == TREE_HOWS)
		return 0;
	t->how[t->nr_how++] = how;
	return i;
}

static struct node *node_new(struct tree *t, struct node *parent, const char *comm)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n) {
		fprintf(stderr, "cleave: out of memory\n");
		abort();
	}
	snprintf(n->comm, sizeof(n->comm), "%.*s", CLEAVE_COMM_LEN - 1, comm);
	n->parent = parent;
	n->count = 1;
	n->open = 1;
	parent->open++;
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	t->nodes++;
	return n;
}

static void unlink_node(struct tree *t, struct node *n)
{
	struct node *parent = n->parent, *prev = NULL, **link = &parent->first;

	while (*link != n) {
		prev = *link;
		link = &(*link)->next;
	}
	*link = n->next;
	if (parent->last == n)
		parent->last = prev;
	free_below(t, n);
	free(n);
	t->nodes--;
}

struct node *tree_add(struct tree *t, struct proc_ref *p)
{
	struct node *n = node_new(t, &t->top, p->comm);

	n->pid = p->pid;
	p->slot[PROC_SLOT_TREE] = n;
	return n;
}

static struct node *node_of(struct tree *t, struct proc_ref *p)
{
	struct node *n = p->slot[PROC_SLOT_TREE];

	return n ? n : tree_add(t, p);
}

/* All threads that a process makes in one way have one node. */
static void add_thread(struct tree *t, struct node *parent,
		       const struct ev_clone *c)
{
	unsigned int how = how_of(t, c);
	struct node *n = parent->first;

	while (n && !((n->state & NODE_THREADS) && n->how == how))
		n = n->next;
	if (!n) {
		n = node_new(t, parent, "");
		n->state = NODE_THREADS | NODE_IN_VM | NODE_MADE;
		n->how = how;
		n->count = 0;
		n->open = 0;	/* ends with its process */
		parent->open--;
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
	n = node_new(t, parent, c->child->comm);
	n->pid = c->child->pid;
	n->how = how_of(t, c);
	n->fork_ns = c->duration_ns;
	n->clone_ts = e->ts;
	n->state = NODE_MADE | (c->has_pages ? NODE_OWN_PAGES : NODE_IN_VM);
	n->shared = c->has_pages ? c->pages.shared : c->vm_pages;
	c->child->slot[PROC_SLOT_TREE] = n;
}

static void set_figures(struct node *n, const struct ev_figures *f)
{
	n->state |= NODE_FIGURES;
	n->shared = f->shared;
	n->copied = f->cow[CLEAVE_COPIED];
	n->never = f->never_copied;
	n->creator = f->creator_cow[CLEAVE_COPIED];
}

void tree_exec(struct tree *t, const struct event *e)
{
	const struct ev_exec *x = &e->exec;
	struct node *n = node_of(t, x->proc);

	if (x->error)
		return;
	if ((n->state & (NODE_MADE | NODE_EXECED)) == NODE_MADE) {
		n->state |= NODE_EXEC_TIME;
		n->exec_ns = e->ts - n->clone_ts;
	}
	n->state |= NODE_EXECED;
	snprintf(n->comm, sizeof(n->comm), "%s", x->proc->comm);
	if (x->closes)
		set_figures(n, &x->fig);
}

/* Alike in all but the pid and the figures, and in what is below not looked at. */
static bool same(const struct node *a, const struct node *b)
{
	return a->how == b->how && a->status == b->status &&
	       (a->state & ~NODE_FOLD) == (b->state & ~NODE_FOLD) &&
	       !a->first == !b->first && !strcmp(a->comm, b->comm);
}

/* With all below them: both trees are walked in step. */
static bool alike(const struct node *a, const struct node *b)
{
	const struct node *x = a, *y = b;

	if (!same(a, b))
		return false;
	for (;;) {
		if (x->first) {
			x = x->first;
			y = y->first;
		} else {
			while (x != a && !x->next && !y->next) {
				x = x->parent;
				y = y->parent;
			}
			if (x == a)
				return true;
			x = x->next;
			y = y->next;
		}
		if (!x || !y || x->count != y->count || !same(x, y))
			return false;
	}
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
static void fold_any(struct tree *t, struct node *n)
{
	struct node *s = n->parent->first;

	while (s && (s == n || !(s->state & NODE_MIXED)))
		s = s->next;
	if (!s) {
		free_below(t, n);
		n->state |= NODE_FOLD | NODE_MIXED;
		return;
	}
	merge(s, n);
	unlink_node(t, n);
}

static void fold(struct tree *t, struct node *n)
{
	struct node *s, *row = NULL;
	unsigned int nr = 0;

	if (t->nodes > NODES_MAX) {
		fold_any(t, n);
		return;
	}
	for (s = n->parent->first; s; s = s->next) {
		if (s == n || s->open || !alike(s, n))
			continue;
		if (s->state & NODE_FOLD)
			row = s;
		else
			nr++;
	}
	if (nr < FOLD_AFTER)
		return;
	if (!row) {
		n->state |= NODE_FOLD;
		return;
	}
	merge(row, n);
	unlink_node(t, n);
}

void tree_exit(struct tree *t, const struct event *e)
{
	const struct ev_exit *x = &e->exit;
	struct node *n = node_of(t, x->proc);

	n->status = x->status;
	n->state |= NODE_ENDED;
	if (x->execed_unseen)
		n->state |= NODE_EXECED;
	snprintf(n->comm, sizeof(n->comm), "%s", x->proc->comm);
	if (x->fig.arrived)
		set_figures(n, &x->fig);
	/* Complete with all below it, perhaps its creator too: fold upwards. */
	while (n->parent && --n->open == 0) {
		struct node *parent = n->parent;

		fold(t, n);
		n = parent;
	}
}
