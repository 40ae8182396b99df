// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_tree_steps.c - what the tree takes for an event does not depend on how many
 * are alive, or were: counted in basic blocks.
 *
 * Build: with user/agg/{tree,fold}.c and -fsanitize-coverage=trace-pc.
 */
#include "shim.h"
#include "records.h"
#include "steps.h"
#include "trees.h"

#define MOST	100000
#define TIMES	1000

static struct proc_ref siblings[MOST];

static void end_of(struct tree *t, struct proc_ref *p)
{
	struct event e = { .type = EVENT_EXIT, .exit.proc = p };

	tree_exit(t, &e);
}

enum kind {
	ALIKE,
	DIFFERENT,
	THREADED,
	CHAINED,
};

/* A process of one of the kinds, made and ended. */
static void once(struct tree *t, struct proc_ref *parent, enum kind kind, int i)
{
	struct event e = { .type = EVENT_CLONE, .clone.made = true };
	struct proc_ref p, heir;
	char comm[16] = "alike";

	if (kind == DIFFERENT)
		snprintf(comm, sizeof(comm), "job%d", i);
	clone_of(t, parent, &p, 10, comm);
	e.clone.parent = &p;
	if (kind == THREADED)
		tree_clone(t, &e);
	if (kind == CHAINED) {
		clone_of(t, &p, &heir, 11, comm);
		end_of(t, &p);
		p = heir;
	}
	end_of(t, &p);
}

/* Mean steps for one beside @nr siblings, alive or not. */
static unsigned long beside(int nr, bool alive, enum kind kind)
{
	struct proc_ref root = { .pid = 1, .comm = "sh" };
	unsigned long took;
	struct tree t;
	char comm[16];
	int i;

	tree_init(&t);
	tree_add(&t, &root);
	for (i = 0; i < nr; i++) {
		snprintf(comm, sizeof(comm), "old%d", i);
		clone_of(&t, &root, &siblings[i], 1000 + i, comm);
	}
	for (i = 0; i < nr && !alive; i++)
		end_of(&t, &siblings[i]);
	steps = 0;
	for (i = 0; i < TIMES; i++)
		once(&t, &root, kind, i);
	took = steps / TIMES;
	tree_free(&t);
	return took;
}

/* Nearly as many as fit, and more. */
static void by_siblings(struct kunit *test)
{
	enum kind kind;
	int alive;

	for (kind = ALIKE; kind <= CHAINED; kind++) {
		for (alive = 0; alive < 2; alive++) {
			unsigned long few = beside(10, alive, kind);
			unsigned long many = beside(TREE_CROWDED - 10, alive, kind);
			unsigned long most = beside(MOST, alive, kind);

			kunit_info(test, "kind %d, %s: %lu, %lu, %lu steps", kind,
				   alive ? "alive" : "ended", few, many, most);
			KUNIT_EXPECT_GT(test, few, 20UL);
			KUNIT_EXPECT_LE(test, many, 2 * few);
			KUNIT_EXPECT_LE(test, most, 2 * few);
		}
	}
}

/* All siblings end, first to last and last to first: for each the same. */
static void by_order(struct kunit *test)
{
	unsigned long took[2][2];
	int nr, i, order;

	for (order = 0; order < 2; order++) {
		for (nr = 10; nr <= MOST; nr = nr == 10 ? MOST : nr + 1) {
			struct proc_ref root = { .pid = 1, .comm = "sh" };
			struct tree t;

			tree_init(&t);
			tree_add(&t, &root);
			for (i = 0; i < nr; i++)
				clone_of(&t, &root, &siblings[i], 1000 + i, "alike");
			steps = 0;
			for (i = 0; i < nr; i++)
				end_of(&t, &siblings[order ? nr - 1 - i : i]);
			took[order][nr == MOST] = steps / nr;
			tree_free(&t);
		}
		KUNIT_EXPECT_LE(test, took[order][1], 2 * took[order][0]);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(by_siblings),
	KUNIT_CASE(by_order),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_tree_steps",
	.test_cases = cases,
};

kunit_test_suite(suite);
