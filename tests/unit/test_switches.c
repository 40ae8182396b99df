// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_switches.c - how often tasks were switched to: of which exit, when it is unknown,
 * and how it is shown.
 *
 * Build: with user/sink/{json,text,text_page,text_tree,text_tries}.c,
 * user/sink/{text_totals,text_times,text_curves}.c,
 * user/sink/{text_attach,watch_view,watch_print}.c,
 * user/agg/{tree,fold,families,live,curves}.c,
 * user/core/{model,cgroups,times,times_json,convert,flags,known}.c,
 * user/core/{schema,schema_json}.c,
 * user/source/hooks.c and user/lib/{fmt,line,table,utf8,out,hash,json}.c.
 */
#include <locale.h>

#include "records.h"
#include "shim.h"
#include "sink/sink.h"

#define AS_JSON	"\"switches\":{\"same_memory\":10,\"other_memory\":20,\"kernel\":30}"
#define NO_JSON	"\"switches\":{\"same_memory\":null,\"other_memory\":null,\"kernel\":null}"

/* What is shown of a process's exit, and of the summary. */
struct shown {
	struct known known;
	bool wanted;
	char *text;
	size_t len;
};

static void play(struct shown *s, struct sink *sink)
{
	struct model *m = model_new(sink, &s->known);
	struct cleave_exit x = rec_exit(2, 8, 0);
	struct event e = {
		.type = EVENT_SUMMARY, .ts = 9000,
		.summary = { .backend = "bpf",
			     .switches = { .there = s->wanted, .of = { 10, 20, 30 } } },
	};

	if (s->wanted)
		model_switches(m);
	x.switches[CLEAVE_SWITCH_SAME] = 10;
	x.switches[CLEAVE_SWITCH_OTHER] = 20;
	x.switches[CLEAVE_SWITCH_KERNEL] = 30;
	FEED(m, rec_clone(1, 2, 7));
	FEED(m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES));
	FEED(m, x);
	model_flush(m);
	sink_event(sink, &e);
	model_free(m);
}

static void show(struct kunit *test, bool json, bool wanted, bool known)
{
	struct shown *s = test->priv;
	struct out out = { .fd = -1 };
	struct sink *sink;

	free(s->text);
	known_all(&s->known);
	s->known.switches = known;
	s->wanted = wanted;
	out.f = open_memstream(&s->text, &s->len);
	sink = json ? sink_json(&out, &s->known) : sink_text(&out, &s->known);
	play(s, sink);
	fflush(out.f);
	sink->ops->free(sink);
	out_close(&out);
}

static unsigned int times(const char *text, const char *part)
{
	unsigned int n = 0;

	while ((text = strstr(text, part))) {
		text += strlen(part);
		n++;
	}
	return n;
}

static void as_json(struct kunit *test)
{
	struct shown *s = test->priv;

	show(test, true, true, true);
	KUNIT_EXPECT_EQ(test, times(s->text, AS_JSON), 2U);
	show(test, true, true, false);
	KUNIT_EXPECT_EQ(test, times(s->text, NO_JSON), 2U);
	show(test, true, false, true);
	KUNIT_EXPECT_EQ(test, times(s->text, "switches"), 0U);
}

static void as_text(struct kunit *test)
{
	static const char how[] =
		"switched to from the same memory 10, from another 20, from a kernel thread 30\n";
	struct shown *s = test->priv;

	setlocale(LC_ALL, "C.UTF-8");
	show(test, false, true, true);
	KUNIT_EXPECT_EQ(test, times(s->text, how), 2U);
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->text, "ended with status 0; switched to"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->text, "\ntasks           switched to from"));
	show(test, false, true, false);
	KUNIT_EXPECT_EQ(test, times(s->text, "how often switched to is unknown\n"), 2U);
	KUNIT_EXPECT_EQ(test, times(s->text, "from the same memory"), 0U);
	show(test, false, false, true);
	KUNIT_EXPECT_EQ(test, times(s->text, "switched"), 0U);
}

static int setup(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct shown), GFP_KERNEL);
	return test->priv ? 0 : -1;
}

static void teardown(struct kunit *test)
{
	struct shown *s = test->priv;

	free(s->text);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(as_json),
	KUNIT_CASE(as_text),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_switches_shown",
	.init = setup,
	.exit = teardown,
	.test_cases = cases,
};

kunit_test_suite(suite);
