// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_compare.c - what two backends have to agree in, and what may differ.
 *
 * Build: with user/agg/{families,live}.c, user/compare/compare.c,
 * user/core/{model,cgroups,times,convert,known,flags,schema,schema_json,times_json}.c,
 * user/lib/{json,utf8,hash}.c and user/source/hooks.c.
 */
#include "compare/compare.h"
#include "records.h"
#include "shim.h"

/**
 * struct fix - two models that are compared
 * @text: the differences, as "event pid field a b; "
 * @edges: the same of those that are none
 * @order: types of events as they are shown, by their first letters
 */
struct fix {
	struct sink shown;
	struct known known[2];
	struct compare *c;
	struct model *m[2];
	char text[4096];
	char edges[1024];
	char order[64];
	__u64 events, nr;
	__u64 attached_at, stopping_at;
};

static void list(char *to, size_t size, const struct ev_diff *d, __u32 nr)
{
	__u32 i;

	for (i = 0; i < nr; i++)
		snprintf(to + strlen(to), size - strlen(to), "%s %d %s %.12s %.12s; ",
			 d[i].event, d[i].pid, d[i].field, d[i].value[0] ?: "-",
			 d[i].value[1] ?: "-");
}

static void on_event(struct sink *s, const struct event *e)
{
	static const char letters[EVENT_NR] = {
		[EVENT_CLONE] = 'c', [EVENT_EXEC] = 'x', [EVENT_EXIT] = 'e',
		[EVENT_GONE] = 'g', [EVENT_LOST] = 'l', [EVENT_COMPARE] = '=',
		[EVENT_SUMMARY] = 's', [EVENT_START] = 'S', [EVENT_ATTACH] = 'a',
	};
	struct fix *f = (struct fix *)s;
	size_t n = strlen(f->order);

	if (n + 1 < sizeof(f->order))
		f->order[n] = letters[e->type];
	if (e->type != EVENT_COMPARE)
		return;
	f->events = e->compare.events;
	f->nr = e->compare.nr_differences;
	list(f->text, sizeof(f->text), e->compare.list, e->compare.nr_list);
	list(f->edges, sizeof(f->edges), e->compare.edges, e->compare.nr_edges);
}

static const struct sink_ops ops = { .event = on_event };

static int fix_init(struct kunit *test)
{
	static const char *const name[2] = { "bpf", "module" };
	struct fix *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	const struct known *known[2] = { &f->known[0], &f->known[1] };
	int i;

	test->priv = f;
	f->shown.ops = &ops;
	known_all(&f->known[0]);
	known_all(&f->known[1]);
	f->c = compare_new(name, known, &f->shown);
	for (i = 0; i < 2; i++)
		f->m[i] = model_new(compare_sink(f->c, i), known[i]);
	return f->m[1] ? 0 : -1;
}

static void fix_exit(struct kunit *test)
{
	struct fix *f = test->priv;

	model_free(f->m[0]);
	model_free(f->m[1]);
	compare_free(f->c);
}

#define BOTH(f, a, b)							\
	do {								\
		FEED((f)->m[0], a);					\
		FEED((f)->m[1], b);					\
	} while (0)

/* The end of both, whose totals differ in @copied. */
static void finish(struct fix *f, __u64 copied)
{
	struct event e[2] = { { .type = EVENT_SUMMARY }, { .type = EVENT_SUMMARY } };
	int i;

	e[0].summary.backend = "both";
	e[1].summary.backend = "both";
	e[1].summary.totals.cow[CLEAVE_COPIED] = copied;
	/* Each side has its own. */
	e[1].summary.attach_ns = 5;
	e[1].summary.lost.spaces = 5;
	e[1].summary.totals.records[CLEAVE_REC_CLONE] = 5;
	for (i = 0; i < 2; i++) {
		e[i].summary.attached_at = f->attached_at;
		e[i].summary.stopping_at = f->stopping_at;
		sink_event(compare_sink(f->c, i), &e[i]);
	}
}

/* What was there before is traced; both had attached to all of it @at, until the end. */
static void attach_both(struct fix *f, __u64 at)
{
	const struct event e = { .type = EVENT_START };
	int i;

	f->attached_at = at;
	f->stopping_at = 1000000000;
	for (i = 0; i < 2; i++)
		sink_event(compare_sink(f->c, i), &e);
}

/* Of the root, each has begun to count at another time. */
static void switches_since_the_clone(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_exit root[2] = { rec_exit(1, 5, 0), rec_exit(1, 5, 0) };
	struct cleave_exit child[2] = { rec_exit(2, 7, 0), rec_exit(2, 7, 0) };
	int i;

	for (i = 0; i < 2; i++) {
		model_switches(f->m[i]);
		root[i].switches[CLEAVE_SWITCH_SAME] = 5 + i;
		child[i].switches[CLEAVE_SWITCH_OTHER] = 6 + i;
		FEED(f->m[i], rec_clone(1, 2, 7));
		FEED(f->m[i], child[i]);
		FEED(f->m[i], rec_end(7, CLEAVE_HAS_FIGURES));
		FEED(f->m[i], root[i]);
	}
	finish(f, 0);
	KUNIT_EXPECT_STREQ(test, f->text, "exit 2 switches.other_memory 6 7; ");
}

/* Each has attached to it at another time, and has other figures. */
static void attached_is_not_compared(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_break b = {
		.hdr = { .type = CLEAVE_REC_BREAK, .size = sizeof(b), .ts = 1500 },
		.as = 7, .pid = 2, .tid = 2,
	};

	attach_both(f, 900);
	BOTH(f, rec_attach(2, 1, 7, 0), rec_attach(2, 1, 70, 0));
	FEED(f->m[0], b);
	FEED(f->m[0], rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	FEED(f->m[0], rec_exit(2, 8, 0));
	finish(f, 3);
	KUNIT_EXPECT_STREQ(test, f->text, "");
	KUNIT_EXPECT_EQ(test, f->events, 0ULL);
	KUNIT_EXPECT_STREQ(test, f->order, "Saxe=s");
}

static void what_it_makes_is(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_exec a = rec_exec(3, 9, 10, CLEAVE_HAS_FIGURES), b = a;

	attach_both(f, 900);
	BOTH(f, rec_attach(2, 1, 7, 0), rec_attach(2, 1, 70, 0));
	BOTH(f, rec_clone(2, 3, 9), rec_clone(2, 3, 9));
	b.fig.cow[CLEAVE_COPIED]++;
	BOTH(f, a, b);
	/* One of the two has not seen this one. */
	FEED(f->m[1], rec_clone(2, 4, 10));
	finish(f, 3);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "exec 3 never_copied 66 65; exec 3 cow.copied 9 10; "
			   "clone 4 (the whole event) - {\"type\":\"clo; ");
}

/* Begun before the second had attached, which has attached to what came of it. */
static void made_before_both(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_clone failed = rec_clone(2, 0, 0);

	failed.error = 11;
	failed.child_tid = 0;
	attach_both(f, 996);
	FEED(f->m[0], rec_attach(2, 1, 7, 0));
	FEED(f->m[0], failed);
	FEED(f->m[0], rec_clone(2, 3, 9));
	BOTH(f, rec_exec(3, 9, 10, CLEAVE_HAS_FIGURES),
	     rec_exec(3, 90, 100, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	BOTH(f, rec_exit(3, 10, 0), rec_exit(3, 100, 0));
	finish(f, 0);
	KUNIT_EXPECT_STREQ(test, f->text, "");
	KUNIT_EXPECT_EQ(test, f->events, 0ULL);
}

static void seen_as_one_is_stopped(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_exit late = rec_exit(3, 9, 0);

	late.hdr.ts = 1000000000 - 50000000;
	attach_both(f, 900);
	BOTH(f, rec_clone(2, 3, 9), rec_clone(2, 3, 9));
	FEED(f->m[1], late);
	model_flush(f->m[1]);
	finish(f, 0);
	KUNIT_EXPECT_STREQ(test, f->text, "");
	KUNIT_EXPECT_EQ(test, f->events, 1ULL);
}

static void agree(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_clone a = rec_clone(1, 2, 7), b = rec_clone(1, 2, 70);

	b.hdr.ts += 5;
	b.duration_ns += 7;
	BOTH(f, a, b);
	BOTH(f, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES), rec_exec(2, 70, 80, CLEAVE_HAS_FIGURES));
	BOTH(f, rec_exit(2, 8, 0), rec_exit(2, 80, 0));
	finish(f, 0);
	KUNIT_EXPECT_STREQ(test, f->text, "");
	KUNIT_EXPECT_EQ(test, f->events, 3ULL);
	KUNIT_EXPECT_STREQ(test, f->order, "cxe=s");
}

static void figures_differ(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_exec a = rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES), b = a;

	b.fig.cow[CLEAVE_COPIED]++;
	b.args[0] = 'L';
	BOTH(f, a, b);
	finish(f, 3);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "exec 2 argv [\"ls\",\"-l\"] [\"Ls\",\"-l\"]; "
			   "exec 2 never_copied 66 65; exec 2 cow.copied 9 10; "
			   "summary 0 totals.cow.copied 0 3; ");
	KUNIT_EXPECT_EQ(test, f->nr, 4ULL);
}

static void waits_for_its_like(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_exit first = rec_exit(2, 8, 0), second = rec_exit(2, 8, 256);

	/* The second side comes much later, and in another order of processes. */
	FEED(f->m[0], first);
	FEED(f->m[0], rec_exit(3, 8, 0));
	FEED(f->m[0], second);
	FEED(f->m[1], rec_exit(3, 8, 0));
	FEED(f->m[1], first);
	FEED(f->m[1], second);
	finish(f, 0);
	KUNIT_EXPECT_STREQ(test, f->text, "");
	KUNIT_EXPECT_EQ(test, f->events, 3ULL);
}

static void one_side_alone(struct kunit *test)
{
	struct fix *f = test->priv;

	FEED(f->m[1], rec_exit(2, 8, 0));
	finish(f, 0);
	KUNIT_EXPECT_STREQ(test, f->text, "exit 2 (the whole event) - {\"type\":\"exi; ");
}

static void present_in_one(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_clone a = rec_clone(1, 2, 7), b = a;

	b.has_pages = 0;
	BOTH(f, a, b);
	BOTH(f, rec_exec(3, 7, 8, CLEAVE_HAS_FIGURES), rec_exec(3, 7, 8, 0));
	finish(f, 0);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "clone 2 pages {\"anon\":70,\" -; clone 2 vm_pages - 800; "
			   "clone 2 page_tables_bytes 0 -; exec 3 shared 75 -; exec 3 never_copied 66 -; exec 3 clones 0 -; "
			   "exec 3 cow {\"copied\":9, -; exec 3 creator_cow {\"copied\":0, -; ");
}

/* A break for each microsecond between the two looks, and one more. */
static void edge(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_exec a = rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES), b = a;

	b.hdr.ts += 2000;
	b.fig.creator_cow[CLEAVE_COPIED] = 3;
	BOTH(f, a, b);
	a.pid = 3;
	b.pid = 3;
	b.fig.creator_cow[CLEAVE_COPIED] = 4;
	BOTH(f, a, b);
	finish(f, 0);
	KUNIT_EXPECT_STREQ(test, f->edges, "exec 2 creator_cow.copied 0 3; ");
	KUNIT_EXPECT_STREQ(test, f->text, "exec 3 creator_cow.copied 0 4; ");
}

static void unknown_to_one(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_exec a = rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES), b = a;

	f->known[1].outcome[CLEAVE_COPIED] = false;
	f->known[1].never_copied = false;
	b.fig.cow[CLEAVE_COPIED] = 0;
	BOTH(f, a, b);
	finish(f, 3);
	KUNIT_EXPECT_STREQ(test, f->text, "");
}

static void many_wait(struct kunit *test)
{
	struct fix *f = test->priv;
	int i;

	for (i = 0; i < 10000; i++)
		FEED(f->m[0], rec_exit(1 + i, 8, i << 8));
	for (i = 9999; i >= 0; i--)
		FEED(f->m[1], rec_exit(1 + i, 8, i << 8));
	FEED(f->m[1], rec_exit(7, 8, 0));
	memset(f->order, 0, sizeof(f->order));
	finish(f, 0);
	KUNIT_EXPECT_EQ(test, f->events, 10000ULL);
	KUNIT_EXPECT_EQ(test, f->nr, 1ULL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(agree),
	KUNIT_CASE(figures_differ),
	KUNIT_CASE(waits_for_its_like),
	KUNIT_CASE(one_side_alone),
	KUNIT_CASE(present_in_one),
	KUNIT_CASE(edge),
	KUNIT_CASE(unknown_to_one),
	KUNIT_CASE(many_wait),
	KUNIT_CASE(switches_since_the_clone),
	KUNIT_CASE(attached_is_not_compared),
	KUNIT_CASE(what_it_makes_is),
	KUNIT_CASE(made_before_both),
	KUNIT_CASE(seen_as_one_is_stopped),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_compare",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
