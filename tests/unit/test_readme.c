// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_readme.c - the README has the options that the commands have, and no others.
 *
 * Build: with
 * user/cli/{report,record,trace,watch,tracing,trace_args,filter_args,options,tables,sources}.c,
 * user/core/{session,attaching,shots,left,closing}.c,
 * user/core/{start,lane,tell_cgroups,looks,alive,signals,model}.c,
 * user/core/{cgroups,convert,known,flags,layout}.c,
 * user/core/{replay,times,schema,schema_json,times_json}.c,
 * user/sink/{filter,json,sink,recording,text,text_page}.c,
 * user/sink/{text_totals,text_times,text_curves,text_tree}.c,
 * user/sink/{text_tries,text_attach,watch,watch_view,watch_print,watch_screen}.c,
 * user/agg/{tree,fold,families,live,curves}.c, user/compare/compare.c,
 * user/target/{spawn,run_as,system,attach,last_signal}.c,
 * user/lib/{fmt,utf8,json,line,out,table,hash,sigchld,sys}.c,
 * user/source/{cgroup,hooks,snaps,kmod,file,file_header}.c and
 * tests/played/{played,backends,cmd}.c.
 */
#include <string.h>

#include "cli/record.h"
#include "cli/report.h"
#include "cli/trace.h"
#include "cli/watch.h"
#include "cmd.h"
#include "shim.h"

#define OPTIONS	32

/**
 * struct table - the options of a command, without those that all have
 * @row: how its row in the README begins
 * @letter: of those that have one
 * @nr: how many
 */
struct table {
	char row[OPTIONS][64];
	char letter[OPTIONS];
	size_t nr;
};

/* Part of the README, from one line to another. */
static char part[16384];

static const char *readme(struct kunit *test, const char *from, const char *to)
{
	static char all[65536];
	FILE *f = fopen("README.md", "r");
	const char *a, *b;
	size_t n;

	KUNIT_EXPECT_NOT_NULL(test, f);
	n = f ? fread(all, 1, sizeof(all) - 1, f) : 0;
	all[n] = '\0';
	if (f)
		fclose(f);
	a = strstr(all, from);
	b = a ? strstr(a, to) : NULL;
	KUNIT_EXPECT_NOT_NULL(test, b);
	snprintf(part, sizeof(part), "%.*s", b ? (int)(b - a) : 0, a ? a : "");
	return part;
}

static void read_table(struct kunit *test, struct table *t, const char *name,
		       int (*main)(int argc, char **argv))
{
	struct cmd c = { 0 };
	char *line, *save;

	*t = (struct table) { .nr = 0 };
	KUNIT_ASSERT_EQ(test, cmd_init(&c, name, main), 0);
	KUNIT_EXPECT_EQ(test, cmd_run(&c, "--tables"), 0);
	cmd_out(&c);
	for (line = strtok_r(c.text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *what = strsep(&line, "\t"), *letter = strsep(&line, "\t");
		char *option = strsep(&line, "\t"), *arg = strsep(&line, "\t");

		if (strcmp(what, "option") != 0 || !strcmp(option, "help") ||
		    !strcmp(option, "usage") || !strcmp(option, "version"))
			continue;
		KUNIT_ASSERT_LT(test, t->nr, (size_t)OPTIONS);
		snprintf(t->row[t->nr], sizeof(t->row[0]), "\n| %s%s%s`--%s%s",
			 *letter ? "`-" : "", letter, *letter ? "`, " : "", option,
			 *arg ? "=" : "` |");
		t->letter[t->nr++] = *letter;
	}
	cmd_exit(&c);
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

static void trace_options(struct kunit *test)
{
	const char *text = readme(test, "\n## cleave trace\n", "\n## cleave record");
	struct table t;
	size_t i;

	read_table(test, &t, "trace", trace_main);
	KUNIT_EXPECT_GT(test, t.nr, 10UL);
	for (i = 0; i < t.nr; i++)
		if (count(text, t.row[i]) != 1)
			kunit_fail_(test, __FILE__, __LINE__, "no row, or several: %s",
				    t.row[i] + 1);
	KUNIT_EXPECT_EQ(test, count(text, "\n| `-"), t.nr);
}

/* "the same options but for --summary" */
static void record_options(struct kunit *test)
{
	struct table trace, record;
	size_t i, k;

	KUNIT_EXPECT_NOT_NULL(test, strstr(readme(test, "\n## cleave record", "\n## JSON"),
					   "with the same options but for `--summary`"));
	read_table(test, &trace, "trace", trace_main);
	read_table(test, &record, "record", record_main);
	KUNIT_EXPECT_EQ(test, record.nr + 1, trace.nr);
	for (i = 0; i < record.nr; i++) {
		for (k = 0; k < trace.nr; k++)
			if (!strcmp(record.row[i], trace.row[k]))
				break;
		KUNIT_EXPECT_LT(test, k, trace.nr);
	}
}

/* The line that shows the call has their letters, or else their names. */
static void report_options(struct kunit *test)
{
	const char *text = readme(test, "\ncleave report ", " FILE\n");
	char word[64];
	struct table t;
	size_t i;

	read_table(test, &t, "report", report_main);
	KUNIT_EXPECT_EQ(test, count(text, "[-"), t.nr);
	for (i = 0; i < t.nr; i++) {
		snprintf(word, sizeof(word), "[-%c", t.letter[i]);
		if (!t.letter[i])
			snprintf(word, sizeof(word), "[%s", strchr(t.row[i], '`') + 1);
		KUNIT_EXPECT_EQ(test, count(text, word), 1UL);
	}
}

/* Those that trace has not. */
static void watch_options(struct kunit *test)
{
	const char *text = readme(test, "\n## cleave watch\n", "\n## JSON");
	struct table trace, watch;
	size_t i, k, own = 0;

	read_table(test, &trace, "trace", trace_main);
	read_table(test, &watch, "watch", watch_main);
	for (i = 0; i < watch.nr; i++) {
		for (k = 0; k < trace.nr; k++)
			if (!strcmp(watch.row[i], trace.row[k]))
				break;
		if (k < trace.nr)
			continue;
		own++;
		if (count(text, watch.row[i]) != 1)
			kunit_fail_(test, __FILE__, __LINE__, "no row, or several: %s",
				    watch.row[i] + 1);
	}
	KUNIT_EXPECT_EQ(test, own, 2UL);
	KUNIT_EXPECT_EQ(test, count(text, "\n| `-"), own);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(trace_options),
	KUNIT_CASE(record_options),
	KUNIT_CASE(report_options),
	KUNIT_CASE(watch_options),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_readme",
	.test_cases = cases,
};

kunit_test_suite(suite);
