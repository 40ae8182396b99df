// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_tree.c - how the tree of processes folds, and that it stays small.
 *
 * Build: with user/agg/{tree,fold}.c, user/sink/{text_tree,text_page}.c,
 * user/core/flags.c and user/lib/{fmt,line,table,utf8}.c.
 */

#include "shim.h"
#include "records.h"
#include "agg/fold.h"
#include "sink/text.h"
#include "trees.h"

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

static void gone(struct tree *t, struct proc_ref *p)
{
	struct event e = { .type = EVENT_GONE, .gone.proc = p };

	tree_gone(t, &e);
}

static void thread_of(struct tree *t, struct proc_ref *p)
{
	struct event e = {
		.type = EVENT_CLONE,
		.clone = { .parent = p, .made = true, .kind = CLEAVE_KIND_THREAD },
	};

	tree_clone(t, &e);
}

/* Processes and threads that the tree has, or says that it has folded. */
static __u64 told(const struct tree *t)
{
	const struct node *n = t->top.first;
	__u64 sum = 0;

	while (n) {
		sum += n->count;
		if (n->state & NODE_MIXED)
			sum += n->below;
		else if (n->state & NODE_FOLD)
			sum += n->count * n->below;
		else if (n->state & NODE_CHAIN)
			sum += fold_others(n);
		if (n->first) {
			n = n->first;
			continue;
		}
		while (n->parent && !n->next)
			n = n->parent;
		n = n->next;
	}
	return sum;
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
	KUNIT_EXPECT_EQ(test, t->nodes, 1 + 2 * 8 + 1UL);
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
	for (i = 0; i < 2 * TREE_NODES; i++) {
		snprintf(comm, sizeof(comm), "job%d", i);
		clone_of(t, &root, &p, 10 + i, comm);
		end_of(t, &p, 0, 9);
	}
	KUNIT_EXPECT_LE(test, t->nodes, TREE_CROWDED + 1UL);
	KUNIT_EXPECT_EQ(test, told(t), 1 + 2ULL * TREE_NODES);
}

/* More that live than there is room for, and what these make. */
static void bounded_by_the_living(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref root = { .pid = 1, .comm = "sh" }, *p, child;
	unsigned int nr = TREE_NODES + 5000, i;

	p = kunit_kzalloc(test, nr * sizeof(*p), GFP_KERNEL);
	tree_add(t, &root);
	for (i = 0; i < nr; i++)
		clone_of(t, i ? &p[i / 2] : &root, &p[i], 10 + i, "live");
	clone_of(t, &p[nr - 1], &child, 1, "child");
	end_of(t, &child, 0, 9);
	KUNIT_EXPECT_EQ(test, t->nodes, 1UL * TREE_NODES);
	KUNIT_EXPECT_EQ(test, told(t), nr + 2ULL);
	for (i = 0; i < nr; i++)
		end_of(t, &p[i], 0, 9);
	KUNIT_EXPECT_LE(test, t->nodes, 1UL * TREE_NODES);
	KUNIT_EXPECT_EQ(test, told(t), nr + 2ULL);
}

/* Nothing is kept of those whose end is not seen, as of kernel threads. */
static void gone_are_folded(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref root = { .pid = 2, .comm = "kthreadd" }, p;
	int i;

	tree_add(t, &root);
	for (i = 0; i < 1000; i++) {
		clone_of(t, &root, &p, 10 + i, "kworker");
		gone(t, &p);
	}
	KUNIT_EXPECT_EQ(test, t->nodes, 10UL);
	memset(&p, 0, sizeof(p));
	gone(t, &p);
	KUNIT_EXPECT_EQ(test, t->nodes, 10UL);
}

static void threads_have_one_row(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref root = { .pid = 1, .comm = "sh" };
	int i;

	tree_add(t, &root);
	for (i = 0; i < 50; i++)
		thread_of(t, &root);
	KUNIT_EXPECT_EQ(test, t->nodes, 2UL);
	KUNIT_EXPECT_EQ(test, ((struct node *)root.slot[PROC_SLOT_TREE])->first->count, 50U);
}

/* What text_tree() makes of it; to be freed. */
static char *printed(const struct tree *t)
{
	struct known known;
	char *text = NULL;
	size_t len;
	struct page page = {
		.f = open_memstream(&text, &len),
		.known = &known,
	};

	known_all(&known);
	text_tree(&page, t, false);
	fclose(page.f);
	return text;
}

static size_t lines_with(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		n++;
	return n;
}

#define GENERATIONS	1000000

/*
 * Each makes the next and ends, as a daemon does that hands over to its heir.
 * With @ls also something that comes to an end at once, before or after that.
 */
static void relay(struct tree *t, struct proc_ref *root, int nr, const char *comm,
		  bool ls)
{
	struct proc_ref p[2] = { *root }, other;
	char name[16];
	int i;

	for (i = 1; i < nr; i++) {
		struct proc_ref *creator = i == 1 ? root : &p[(i - 1) & 1];

		snprintf(name, sizeof(name), comm, i);
		clone_of(t, creator, &p[i & 1], 1 + i, name);
		if (ls)
			clone_of(t, creator, &other, 1, "ls");
		if (i & 2)
			end_of(t, creator, 0, 9);
		if (ls)
			end_of(t, &other, 0, 1);
		if (!(i & 2))
			end_of(t, creator, 0, 9);
	}
	*root = p[(i - 1) & 1];
}

static void chain_of_creators(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref p = { .pid = 1, .comm = "relay" };
	char *text;

	tree_add(t, &p);
	relay(t, &p, GENERATIONS, "relay", false);
	KUNIT_EXPECT_LE(test, t->nodes, TREE_LEVELS + 4UL);
	text = printed(t);
	KUNIT_EXPECT_EQ(test, lines_with(text, "999984 generations like this"), 1UL);
	free(text);
	end_of(t, &p, 0, 9);
	KUNIT_EXPECT_LE(test, t->nodes, TREE_LEVELS + 4UL);
	KUNIT_EXPECT_EQ(test, told(t), 1ULL * GENERATIONS);
}

static void chain_with_others(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref p = { .pid = 1, .comm = "relay" };
	char *text;

	tree_add(t, &p);
	relay(t, &p, 1000, "relay", true);
	text = printed(t);
	KUNIT_EXPECT_EQ(test,
			lines_with(text, "984 generations like this, each with 1 more below"),
			1UL);
	free(text);
	end_of(t, &p, 0, 9);
	KUNIT_EXPECT_LE(test, t->nodes, 2 * TREE_LEVELS + 8UL);
	KUNIT_EXPECT_EQ(test, told(t), 1000 + 999ULL);
}

/* Each waits for the next: the last one ends first. */
static void chain_from_its_end(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref *p;
	int i, nr = 10000;
	char *text;

	p = kunit_kzalloc(test, nr * sizeof(*p), GFP_KERNEL);
	p[0] = (struct proc_ref) { .pid = 1, .comm = "nested" };
	tree_add(t, &p[0]);
	for (i = 1; i < nr; i++)
		clone_of(t, &p[i - 1], &p[i], 1 + i, "nested");
	while (i--)
		end_of(t, &p[i], 0, i);
	/* The last has made none, so the last but one is not like the others. */
	KUNIT_EXPECT_EQ(test, t->nodes, TREE_LEVELS + 2UL);
	KUNIT_EXPECT_EQ(test, told(t), 1ULL * nr);
	text = printed(t);
	KUNIT_EXPECT_EQ(test, lines_with(text, "9983 generations like this"), 1UL);
	free(text);
}

/* All of them different: the first have nodes, the others are counted. */
static void chain_of_all_sorts(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref p = { .pid = 1, .comm = "relay" };
	unsigned int nr = 2 * TREE_NODES;

	tree_add(t, &p);
	relay(t, &p, nr, "relay%d", false);
	KUNIT_EXPECT_LE(test, t->nodes, 1UL * TREE_NODES);
	KUNIT_EXPECT_EQ(test, told(t), 1ULL * nr);
}

/* The same below each of ten siblings, whatever of it was folded when. */
static void chains_alike(struct kunit *test)
{
	struct tree *t = test->priv;
	struct proc_ref root = { .pid = 1, .comm = "sh" }, p;
	unsigned long one = 0;
	int k;

	tree_add(t, &root);
	for (k = 0; k < 1000; k++) {
		clone_of(t, &root, &p, 2, "relay");
		relay(t, &p, 100, "relay", k & 1);
		end_of(t, &p, 0, 9);
		if (k == 1)
			one = t->nodes;
	}
	/* Those with and those without another child: eight each, and a row. */
	KUNIT_EXPECT_EQ(test, t->nodes, 1 + (one - 1) * 8 + 2);
	KUNIT_EXPECT_EQ(test, told(t), 1 + 1000 * 100 + 500 * 99ULL);
}

static unsigned int random_below(unsigned int n)
{
	static unsigned int x = 1;

	x = x * 1664525 + 1013904223;
	return (x >> 8) % n;
}

/*
 * Whatever happens: nobody is lost. Processes of few kinds make others and end,
 * with a preference for the last ones so that there are long chains, too.
 */
static void anything(struct kunit *test)
{
	static const char *const comms[] = { "a", "b", "c", "d" };
	struct tree *t = test->priv;
	struct proc_ref *p, other;
	unsigned int i, k, live = 1, made = 1, room = 100;

	p = kunit_kzalloc(test, room * sizeof(*p), GFP_KERNEL);
	p[0] = (struct proc_ref) { .pid = 1, .comm = "init" };
	tree_add(t, &p[0]);
	for (i = 0; i < 300000; i++) {
		k = random_below(3) ? live - 1 : random_below(live);
		switch (live == room ? 1 : live == 1 ? 0 : random_below(4)) {
		case 0:
		case 3:
			clone_of(t, &p[k], &p[live], 2 + i,
				 comms[random_below(i & 4096 ? 1 : 4)]);
			live++;
			made++;
			break;
		case 1:
			k = k ? k : 1;
			if (random_below(9))
				end_of(t, &p[k], 0, 9);
			else
				gone(t, &p[k]);
			other = p[--live];
			p[k] = other;
			break;
		case 2:
			if (random_below(20))
				break;
			thread_of(t, &p[k]);
			made++;
			break;
		}
	}
	KUNIT_EXPECT_EQ(test, told(t), 1ULL * made);
	while (live)
		end_of(t, &p[--live], 0, 9);
	KUNIT_EXPECT_EQ(test, told(t), 1ULL * made);
	KUNIT_EXPECT_LE(test, t->nodes, 1UL * TREE_NODES);
	kunit_info(test, "%u processes and threads in %zu nodes", made, t->nodes);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(thousand_alike),
	KUNIT_CASE(other_status_is_not_alike),
	KUNIT_CASE(whole_subtrees),
	KUNIT_CASE(live_are_never_folded),
	KUNIT_CASE(bounded_whatever_comes),
	KUNIT_CASE(bounded_by_the_living),
	KUNIT_CASE(gone_are_folded),
	KUNIT_CASE(threads_have_one_row),
	KUNIT_CASE(chain_of_creators),
	KUNIT_CASE(chain_with_others),
	KUNIT_CASE(chain_from_its_end),
	KUNIT_CASE(chain_of_all_sorts),
	KUNIT_CASE(chains_alike),
	KUNIT_CASE(anything),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_tree",
	.init = make_tree,
	.exit = drop_tree,
	.test_cases = cases,
};

kunit_test_suite(suite);
