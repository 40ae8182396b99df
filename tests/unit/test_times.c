// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_times.c - how long breaks took: which records belong to which event or snapshot,
 * when it is unknown, and how it is shown.
 *
 * Build: with user/sink/{text,text_page,text_tree,text_tries}.c,
 * user/sink/{text_totals,text_times,text_curves}.c,
 * user/sink/{text_attach,watch_view,watch_print}.c,
 * user/agg/{tree,fold,families,live,curves}.c,
 * user/core/{model,cgroups,times,times_json,convert,flags,known}.c,
 * user/source/hooks.c and user/lib/{fmt,line,table,utf8,out,hash,json}.c.
 */
#include <locale.h>

#include "core/times.h"
#include "records.h"
#include "shim.h"
#include "sink/sink.h"

#define BEFORE	CLEAVE_SIDE_BEFORE_EXEC
#define CREATOR	CLEAVE_SIDE_CREATOR
#define AFTER	CLEAVE_SIDE_AFTER

/* Remembers the last exec, exit and snapshot, and in which order they came. */
struct log {
	struct sink s;
	struct known known;
	struct model *m;
	char text[256];
	struct ev_times last;
	struct cleave_times of;
};

static void on_event(struct sink *s, const struct event *e)
{
	struct log *l = (struct log *)s;
	const struct ev_times *t = e->type == EVENT_EXEC ? &e->exec.times :
				   e->type == EVENT_EXIT ? &e->exit.times :
							   &e->snapshot.times;
	size_t at = strlen(l->text);

	if (e->type != EVENT_EXEC && e->type != EVENT_EXIT && e->type != EVENT_SNAPSHOT)
		return;
	snprintf(l->text + at, sizeof(l->text) - at, "%s%s ",
		 e->type == EVENT_EXEC ? "exec" : e->type == EVENT_EXIT ? "exit" : "snapshot",
		 !t->there ? "" : t->known ? "+times" : "+unknown");
	l->last = *t;
	if (t->there)
		l->of = *t->of;
}

static const struct sink_ops log_ops = { .event = on_event };

static int make_log(struct kunit *test)
{
	struct log *l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);

	if (!l)
		return -1;
	test->priv = l;
	l->s.ops = &log_ops;
	known_all(&l->known);
	l->m = model_new(&l->s, &l->known);
	model_time(l->m);
	return 0;
}

static void drop_log(struct kunit *test)
{
	struct log *l = test->priv;

	model_free(l->m);
}

static struct cleave_took took(__u64 as, __u32 side, __u32 outcome, __u64 breaks)
{
	struct cleave_took t = {
		.hdr = { .type = CLEAVE_REC_TIMES, .size = sizeof(t) },
		.as = as, .side = side, .outcome = outcome,
		.time = { .breaks = breaks, .count = breaks - 1, .sum_ns = 100 * breaks,
			  .max_ns = 127 },
	};

	t.time.hist[6] = breaks - 1;
	return t;
}

/* rec_exec() and rec_end() have 9 copies. */
static void of_an_exec(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 5));
	FEED(l->m, took(5, BEFORE, CLEAVE_COPIED, 9));
	/* Another's, which comes later. */
	FEED(l->m, took(7, BEFORE, CLEAVE_COPIED, 1));
	FEED(l->m, rec_exec(2, 5, 6, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_STREQ(test, l->text, "exec+times ");
	KUNIT_EXPECT_EQ(test, l->of.of[BEFORE][CLEAVE_COPIED].breaks, 9ULL);
	KUNIT_EXPECT_EQ(test, l->of.of[BEFORE][CLEAVE_COPIED].hist[6], 8ULL);
	KUNIT_EXPECT_EQ(test, times_untimed(&l->of.of[BEFORE][CLEAVE_COPIED]), 1ULL);
}

/* Whichever comes first: the end, or the exit. */
static void of_an_exit(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 5));
	FEED(l->m, took(5, BEFORE, CLEAVE_COPIED, 9));
	FEED(l->m, rec_end(5, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_exit(2, 5, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "exit+times ");
	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_exit(2, 7, 0));
	FEED(l->m, took(7, BEFORE, CLEAVE_COPIED, 9));
	KUNIT_EXPECT_STREQ(test, l->text, "exit+times ");
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_STREQ(test, l->text, "exit+times exit+times ");
}

/* After its exec, too, the end has a word: that of both sides. */
static void after_the_exec(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 5));
	FEED(l->m, rec_exec(2, 5, 6, 0));
	FEED(l->m, rec_exit(2, 6, 0));
	FEED(l->m, took(6, CREATOR, CLEAVE_COPIED, 3));
	FEED(l->m, took(6, AFTER, CLEAVE_COPIED, 6));
	FEED(l->m, rec_end(6, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "exec+unknown exit+times ");
	KUNIT_EXPECT_EQ(test, l->of.of[CREATOR][CLEAVE_COPIED].breaks, 3ULL);
	KUNIT_EXPECT_EQ(test, l->of.of[AFTER][CLEAVE_COPIED].breaks, 6ULL);
}

/* An exec of one that came from an exec is the last word on it. */
static void of_an_exec_again(struct kunit *test)
{
	struct cleave_exec x = rec_exec(2, 6, 7, 0);
	struct log *l = test->priv;

	FEED(l->m, took(6, AFTER, CLEAVE_COPIED, 9));
	FEED(l->m, x);
	KUNIT_EXPECT_STREQ(test, l->text, "exec+times ");
	/* Somebody else is in it: nothing is told yet. */
	x = rec_exec(2, 7, 8, 0);
	x.fig = (struct cleave_figures) { 0 };
	FEED(l->m, x);
	KUNIT_EXPECT_STREQ(test, l->text, "exec+times exec ");
}

/* One record of them, or all, or the end. */
static void lost(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 5));
	FEED(l->m, took(5, BEFORE, CLEAVE_COPIED, 8));
	FEED(l->m, rec_exec(2, 5, 6, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_exit(2, 6, 0));
	FEED(l->m, rec_end(6, 0));
	FEED(l->m, rec_clone(1, 3, 7));
	FEED(l->m, took(7, BEFORE, CLEAVE_COPIED, 9));
	FEED(l->m, rec_exit(3, 7, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "exec+unknown exit+unknown ");
	model_flush(l->m);
	KUNIT_EXPECT_STREQ(test, l->text, "exec+unknown exit+unknown exit+unknown ");
}

/* What an exec has told a part of cannot be held against anything. */
static void left_to_others(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 5));
	FEED(l->m, rec_exit(2, 5, 0));
	FEED(l->m, took(5, AFTER, CLEAVE_COPIED, 9));
	FEED(l->m, rec_end(5, CLEAVE_AFTER_EXEC));
	KUNIT_EXPECT_STREQ(test, l->text, "exit+unknown ");
}

/* No breaks, and so no records: that is known. */
static void none(struct kunit *test)
{
	struct cleave_end e = rec_end(5, CLEAVE_HAS_FIGURES);
	struct log *l = test->priv;

	e.fig.cow[CLEAVE_COPIED] = 0;
	e.fig.cow[CLEAVE_NOT_A_BREAK] = 5;
	e.fig.cow[CLEAVE_FILE_FIRST] = 5;
	FEED(l->m, rec_clone(1, 2, 5));
	FEED(l->m, e);
	FEED(l->m, rec_exit(2, 5, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "exit+times ");
}

/* Records whose events never come do not pile up. */
static void bounded(struct kunit *test)
{
	struct times_kept k = { 0 };
	struct ev_times t;
	struct cleave_end e = rec_end(1, CLEAVE_HAS_FIGURES);
	struct cleave_took r;
	__u64 as;

	for (as = 1; as <= 5000; as++) {
		r = took(as, BEFORE, CLEAVE_COPIED, 9);
		times_keep(&k, &r);
		KUNIT_EXPECT_LE(test, k.spaces.count, (size_t)1024);
	}
	times_of_end(&k, &t, 1, &e);
	KUNIT_EXPECT_FALSE(test, t.known);
	times_of_end(&k, &t, 5000, &e);
	KUNIT_EXPECT_TRUE(test, t.known);
	times_drop(&k, 4999);
	times_of_end(&k, &t, 4999, &e);
	KUNIT_EXPECT_FALSE(test, t.known);
	times_free(&k);
}

/* All that were told in one, and no others. */
static void of_a_snapshot(struct kunit *test)
{
	struct log *l = test->priv;
	struct own_snapped end = rec_snapped(1, true);

	end.took = 3;
	FEED(l->m, rec_took(BEFORE, CLEAVE_COPIED, 9));
	FEED(l->m, rec_snap(5, 0, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_took(AFTER, CLEAVE_ZERO, 2));
	FEED(l->m, end);
	KUNIT_EXPECT_STREQ(test, l->text, "snapshot+times ");
	KUNIT_EXPECT_EQ(test, l->of.of[BEFORE][CLEAVE_COPIED].hist[6], 9ULL);
	KUNIT_EXPECT_EQ(test, l->of.of[AFTER][CLEAVE_ZERO].breaks, 3ULL);
	/* In the next there are none. */
	end.took = 1;
	FEED(l->m, end);
	KUNIT_EXPECT_STREQ(test, l->text, "snapshot+times snapshot+times ");
	KUNIT_EXPECT_EQ(test, l->of.of[BEFORE][CLEAVE_COPIED].breaks, 0ULL);
}

static void of_a_snapshot_lost(struct kunit *test)
{
	struct log *l = test->priv;
	struct own_snapped end = rec_snapped(1, true);

	/* By a cleave that did not tell; and one record is missing. */
	FEED(l->m, end);
	end.took = 3;
	FEED(l->m, rec_took(BEFORE, CLEAVE_COPIED, 9));
	FEED(l->m, end);
	KUNIT_EXPECT_STREQ(test, l->text, "snapshot+unknown snapshot+unknown ");
	/* Another record within: there is no snapshot up to its end. */
	FEED(l->m, rec_took(BEFORE, CLEAVE_COPIED, 9));
	FEED(l->m, rec_clone(1, 2, 5));
	FEED(l->m, rec_took(AFTER, CLEAVE_COPIED, 9));
	FEED(l->m, end);
	KUNIT_EXPECT_STREQ(test, l->text, "snapshot+unknown snapshot+unknown ");
}

static struct cleave_times some(void)
{
	struct cleave_times t = { 0 };

	t.of[BEFORE][CLEAVE_COPIED] = took(1, 0, 0, 41).time;
	t.of[BEFORE][CLEAVE_COPIED].hist[6] = 35;
	t.of[BEFORE][CLEAVE_COPIED].hist[8] = 5;
	t.of[BEFORE][CLEAVE_COPIED].sum_ns = 4000;
	t.of[CREATOR][CLEAVE_REUSED].breaks = 2;
	return t;
}

static void as_json(struct kunit *test)
{
#define NONE	"0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"
	static const char *const parts[] = {
		"{\"before_exec\":{\"copied\":{\"count\":40,\"untimed\":1,\"sum_ns\":4000,",
		"\"max_ns\":127,\"histogram\":[0,0,0,0,0,0,35,0,5," NONE "]},\"zero\":null},",
		"\"creator\":{\"reused\":{\"count\":0,\"untimed\":2,\"sum_ns\":0,\"max_ns\":0,",
		"\"histogram\":[0,0,0,0,0,0,0,0,0," NONE "]},\"zero\":null},",
		"\"after\":{\"zero\":null}}",
	};
	size_t i, at = 0;
	struct log *l = test->priv;
	struct cleave_times t = some();
	struct json j = { 0 };

	t.of[AFTER][CLEAVE_ZERO].breaks = 1;
	l->known.outcome[CLEAVE_ZERO] = false;
	times_json(&j, &t, &l->known);
	json_finish(&j, '\0');
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		KUNIT_EXPECT_EQ(test, strncmp(j.buf + at, parts[i], strlen(parts[i])), 0);
		at += strlen(parts[i]);
	}
	KUNIT_EXPECT_EQ(test, strlen(j.buf), at);
	json_free(&j);
}

static void in_text(struct kunit *test, const char *locale, bool known, const char *want)
{
	struct log *l = test->priv;
	char *text = NULL;
	size_t len;
	struct cleave_times t = some();
	struct out out = { .fd = -1 };
	struct event e = {
		.type = EVENT_SUMMARY, .ts = 9000,
		.summary = { .backend = "bpf",
			     .times = { .there = true, .known = known, .of = &t } },
	};
	struct sink *sink;

	setlocale(LC_ALL, locale);
	out.f = open_memstream(&text, &len);
	sink = sink_text(&out, &l->known);
	sink_event(sink, &e);
	fflush(out.f);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, want));
	if (!strstr(text, want))
		kunit_info(test, "%s", text);
	sink->ops->free(sink);
	out_close(&out);
	free(text);
}

static void as_text(struct kunit *test)
{
	static const char text[] =
		"Time in breaks\n"
		"breaks          side            timed  untimed     mean  largest  spread\n"
		"copied          before_exec        40        1   100 ns   127 ns  █ ▂\n"
		"reused          creator             0        2  unknown  unknown  ";

	in_text(test, "C.UTF-8", true, text);
	in_text(test, "C.UTF-8", true,
		"\nspread: how many took how long, each column twice the time of the one before, from 64 ns to 512 ns\n");
	in_text(test, "C", true, "  # :\n");
	in_text(test, "C.UTF-8", false, "Time in breaks\nunknown\n");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(of_an_exec),
	KUNIT_CASE(of_an_exit),
	KUNIT_CASE(after_the_exec),
	KUNIT_CASE(of_an_exec_again),
	KUNIT_CASE(lost),
	KUNIT_CASE(left_to_others),
	KUNIT_CASE(none),
	KUNIT_CASE(bounded),
	KUNIT_CASE(of_a_snapshot),
	KUNIT_CASE(of_a_snapshot_lost),
	KUNIT_CASE(as_json),
	KUNIT_CASE(as_text),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_times",
	.init = make_log,
	.exit = drop_log,
	.test_cases = cases,
};

kunit_test_suite(suite);
