// SPDX-License-Identifier: GPL-2.0-only
#include "core/alive.h"
#include "core/model.h"

struct one {
	struct hash_node node;	/* by its pid */
	bool gone;
};

void alive_add(struct alive *a, pid_t pid)
{
	struct one *o;

	if (hash_find(&a->pids, (__u32)pid))
		return;
	o = pool_get(&a->spare, sizeof(*o));
	o->gone = false;
	hash_add(&a->pids, &o->node, (__u32)pid);
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
static void anew(struct alive *a, pid_t pid)
{
	del(a, pid);
	alive_add(a, pid);
}

void alive_record(struct alive *a, const struct cleave_hdr *rec)
{
	const struct cleave_clone *c = (const void *)rec;

	switch (rec->type) {
	case CLEAVE_REC_CLONE:
		alive_add(a, c->parent_pid);
		if (clone_makes_process(c))
			anew(a, c->child_pid);
		break;
	case CLEAVE_REC_EXEC:
		alive_add(a, ((const struct cleave_exec *)rec)->pid);
		break;
	case CLEAVE_REC_ATTACH:
		alive_add(a, ((const struct cleave_attach *)rec)->pid);
		break;
	case CLEAVE_REC_EXIT:
		del(a, ((const struct cleave_exit *)rec)->pid);
		break;
	case OWN_REC_GONE:
		del(a, ((const struct own_gone *)rec)->pid);
		break;
	}
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

static void free_one(struct hash_node *n, void *ctx)
{
	(void)ctx;
	free(n);
}

void alive_free(struct alive *a)
{
	hash_each(&a->pids, free_one, NULL);
	hash_free(&a->pids);
	pool_free(&a->spare);
}
