// SPDX-License-Identifier: GPL-2.0-only
#include "core/alive.h"
#include "core/model.h"

/* @as: the address space that it is in; 0: not known */
struct one {
	struct hash_node node;	/* by its pid */
	__u64 as;
	bool gone;
};

static struct one *get(struct alive *a, pid_t pid)
{
	struct one *o = (struct one *)hash_find(&a->pids, (__u32)pid);

	if (o)
		return o;
	o = pool_get(&a->spare, sizeof(*o));
	o->as = 0;
	o->gone = false;
	hash_add(&a->pids, &o->node, (__u32)pid);
	return o;
}

void alive_add(struct alive *a, pid_t pid)
{
	get(a, pid);
}

static void del(struct alive *a, pid_t pid)
{
	struct hash_node *n = hash_find(&a->pids, (__u32)pid);

	if (!n)
		return;
	hash_del(&a->pids, n);
	pool_put(&a->spare, n);
}

/* The exit of the one before was lost. */
static void anew(struct alive *a, pid_t pid, __u64 as)
{
	del(a, pid);
	get(a, pid)->as = as;
}

static void clone_record(struct alive *a, const struct cleave_clone *c)
{
	struct one *parent = get(a, c->parent_pid);

	if (c->parent_as)
		parent->as = c->parent_as;
	if (clone_makes_process(c))
		anew(a, c->child_pid, c->as);
}

static void exec_record(struct alive *a, const struct cleave_exec *x)
{
	struct one *o = get(a, x->pid);

	if (!x->error)
		o->as = x->as;
}

void alive_record(struct alive *a, const struct cleave_hdr *rec)
{
	const struct cleave_attach *t = (const void *)rec;

	switch (rec->type) {
	case CLEAVE_REC_CLONE:
		clone_record(a, (const void *)rec);
		break;
	case CLEAVE_REC_EXEC:
		exec_record(a, (const void *)rec);
		break;
	case CLEAVE_REC_ATTACH:
		anew(a, t->pid, t->as);
		break;
	case CLEAVE_REC_EXIT:
		del(a, ((const struct cleave_exit *)rec)->pid);
		break;
	case OWN_REC_GONE:
		del(a, ((const struct own_gone *)rec)->pid);
		break;
	}
}

/* Whom to tell of those that are there. */
struct visit {
	void (*each)(void *ctx, pid_t pid, __u64 as);
	void *ctx;
};

static void visit(struct hash_node *n, void *ctx)
{
	const struct visit *v = ctx;

	v->each(v->ctx, (pid_t)n->key, ((struct one *)n)->as);
}

void alive_each(const struct alive *a, void (*each)(void *ctx, pid_t pid, __u64 as), void *ctx)
{
	struct visit v = { .each = each, .ctx = ctx };

	hash_each(&a->pids, visit, &v);
}

static void mark(struct hash_node *n, void *ctx)
{
	(void)ctx;
	((struct one *)n)->gone = pid_is_gone((pid_t)n->key);
}

void alive_mark_gone(struct alive *a)
{
	hash_each(&a->pids, mark, NULL);
}

/* Whom to tell of those that are gone. */
struct teller {
	void (*gone)(void *ctx, pid_t pid);
	void *ctx;
};

static void tell(struct hash_node *n, void *ctx)
{
	const struct teller *t = ctx;

	if (((struct one *)n)->gone)
		t->gone(t->ctx, (pid_t)n->key);
}

void alive_sweep_gone(struct alive *a, void (*gone)(void *ctx, pid_t pid), void *ctx)
{
	struct teller t = { .gone = gone, .ctx = ctx };

	hash_each(&a->pids, tell, &t);
}

void alive_free(struct alive *a)
{
	hash_free_all(&a->pids);
	pool_free(&a->spare);
}
