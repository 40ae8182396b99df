// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_tree.c - how the tree of processes folds, and that it stays small.
 *
 * Build: with user/agg/tree.c, user/sink/tree_print.c, user/core/flags.c and
 * user/lib/{fmt,utf8}.c.
 */

#include "shim.h"
#include "records.h"
#include "agg/tree.h"

static int make_tree(struct kunit *test)
{
	struct tree *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -1;
	test->priv = t;
	tree_init(t);
	return 0;
}

static void drop_tree(struct kunit *test)
{
	tree_free(test->priv);
}

static void clone_of(struct tree *t, struct proc_ref *parent,
		     struct proc_ref *child, pid_t pid, const char *comm)
{
	struct event e = {
		.type = EVENT_CLONE,
		.clone = {
			.parent = parent, .child = child, .made = true,
			.has_pages = true, .pages.shared = 75,
		},
	};

	memset(child, 0, sizeof(*child));
	child->pid = pid;
	snprintf(child->comm, sizeof(child->comm), "%s", comm);
	tree_clone(t, &e);
}

static void end_of(struct tree *t, struct proc_ref *p, int status, __u64 copied)
{
	struct event e = {
		.type = EVENT_EXIT,
		.exit = {
			.proc = p, .status = status, .closes = true,
			.fig = { .arrived = true, .shared = 75 },
		},
	};

	e.exit.fig.cow[CLEAVE_COPIED] = copied;
	tree_exit(t, &e);
}

static void thousand_alike(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref root = { .pid = 1, .comm = "sh" }, p;
	struct node *n;
	int i;

	tree_add(t, &root);
	for (i = 0; i < 1000; i++) {
		clone_of(t, &root, &p, 10 + i, "true");
		end_of(t, &p, 0, i);
	}
	KUNIT_EXPECT_EQ(test, t->nodes, 10UL);
	n = ((struct node *)root.slot[PROC_SLOT_TREE])->last;
	KUNIT_EXPECT_TRUE(test, n->state & NODE_FOLD);
	KUNIT_EXPECT_EQ(test, n->count, 992U);
	KUNIT_EXPECT_EQ(test, n->shared, 992 * 75ULL);
	KUNIT_EXPECT_EQ(test, n->copied, 999 * 1000 / 2 - 28ULL);
}

static void other_status_is_not_alike(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref root = { .pid = 1, .comm = "sh" }, p;
	int i;

	tree_add(t, &root);
	for (i = 0; i < 100; i++) {
		clone_of(t, &root, &p, 10 + i, "true");
		end_of(t, &p, i == 50 ? 256 : 0, 9);
	}
	KUNIT_EXPECT_EQ(test, t->nodes, 11UL);
}

static void whole_subtrees(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref root = { .pid = 1, .comm = "sh" }, mid, leaf;
	int i;

	tree_add(t, &root);
	for (i = 0; i < 100; i++) {
		clone_of(t, &root, &mid, 1000 + i, "sh");
		clone_of(t, &mid, &leaf, 2000 + i, "ls");
		/* In either order: a creator can end first. */
		if (i & 1) {
			end_of(t, &mid, 0, 9);
			end_of(t, &leaf, 0, 9);
		} else {
			end_of(t, &leaf, 0, 9);
			end_of(t, &mid, 0, 9);
		}
	}
	KUNIT_EXPECT_EQ(test, t->nodes, 1 + 2 * 9UL);
}

static void live_are_never_folded(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref root = { .pid = 1, .comm = "sh" }, p[20];
	int i;

	tree_add(t, &root);
	for (i = 0; i < 20; i++)
		clone_of(t, &root, &p[i], 10 + i, "true");
	KUNIT_EXPECT_EQ(test, t->nodes, 21UL);
	for (i = 0; i < 20; i++)
		end_of(t, &p[i], 0, 9);
	KUNIT_EXPECT_EQ(test, t->nodes, 10UL);
}

static void bounded_whatever_comes(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref root = { .pid = 1, .comm = "sh" }, p;
	char comm[16];
	int i;

	tree_add(t, &root);
	for (i = 0; i < 20000; i++) {
		snprintf(comm, sizeof(comm), "job%d", i);
		clone_of(t, &root, &p, 10 + i, comm);
		end_of(t, &p, 0, 9);
	}
	KUNIT_EXPECT_LE(test, t->nodes, 8200UL);
}

static void threads_have_one_row(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref root = { .pid = 1, .comm = "sh" };
	struct event e = {
		.type = EVENT_CLONE,
		.clone = {
			.parent = &root, .made = true, .kind = CLEAVE_KIND_THREAD,
		},
	};
	int i;

	tree_add(t, &root);
	for (i = 0; i < 50; i++)
		tree_clone(t, &e);
	KUNIT_EXPECT_EQ(test, t->nodes, 2UL);
	KUNIT_EXPECT_EQ(test, ((struct node *)root.slot[PROC_SLOT_TREE])->first->count, 50U);
}

/* What tree_print() makes of it; to be freed. */
static char *printed(const struct tree *t)
{
	struct known known;
	struct out out = { 0 };
	char *text = NULL;
	size_t len;

	known_all(&known);
	out.f = open_memstream(&text, &len);
	tree_print(t, &out, &known);
	fclose(out.f);
	return text;
}

static size_t lines_with(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		n++;
	return n;
}

#define GENERATIONS	20000

/* Each forks the next and ends, as a daemon does that hands over to its heir. */
static void chain_of_creators(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref p[2] = { { .pid = 1, .comm = "sh" } };
	char *text;
	int i;

	tree_add(t, &p[0]);
	for (i = 1; i < GENERATIONS; i++) {
		clone_of(t, &p[(i - 1) & 1], &p[i & 1], 1 + i, "relay");
		end_of(t, &p[(i - 1) & 1], 0, 9);
	}
	text = printed(t);
	KUNIT_EXPECT_EQ(test, lines_with(text, "exit 0"), GENERATIONS - 1UL);
	free(text);
}

/* The same below each of ten siblings: all of it is held against each other. */
static void chains_alike(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref root = { .pid = 1, .comm = "sh" }, p[2];
	int i, k;

	tree_add(t, &root);
	for (k = 0; k < 10; k++) {
		clone_of(t, &root, &p[0], 2, "relay");
		for (i = 1; i < 800; i++) {
			clone_of(t, &p[(i - 1) & 1], &p[i & 1], 1 + i, "relay");
			end_of(t, &p[(i - 1) & 1], 0, 9);
		}
		end_of(t, &p[(i - 1) & 1], 0, 9);
	}
	KUNIT_EXPECT_EQ(test, t->nodes, 1 + 9 * 800UL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(thousand_alike),
	KUNIT_CASE(other_status_is_not_alike),
	KUNIT_CASE(whole_subtrees),
	KUNIT_CASE(live_are_never_folded),
	KUNIT_CASE(bounded_whatever_comes),
	KUNIT_CASE(threads_have_one_row),
	KUNIT_CASE(chain_of_creators),
	KUNIT_CASE(chains_alike),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_tree",
	.init = make_tree,
	.exit = drop_tree,
	.test_cases = cases,
};

kunit_test_suite(suite);
