// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_record.c - "cleave record" from its command line to a file that can be read.
 *
 * Build: with user/cli/{report,record,tracing,trace_args,filter_args,options,tables,sources}.c,
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
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends.h"
#include "cli/record.h"
#include "cli/report.h"
#include "cmd.h"
#include "core/status.h"
#include "shim.h"

static int fix_init(struct kunit *test)
{
	struct cmd *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	if (!c)
		return -1;
	test->priv = c;
	plan = (struct plan) { .missing = -1 };
	return cmd_init(c, "record", record_main);
}

static void fix_exit(struct kunit *test)
{
	cmd_exit(test->priv);
}

/* What a report of the file says: 0, and on standard output. */
static int report(struct cmd *c, const char *options)
{
	int status;

	c->main = report_main;
	status = cmd_runf(c, "%s %s", options, c->report);
	c->main = record_main;
	return status;
}

static void records(struct kunit *test)
{
	struct cmd *c = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_runf(c, "-o %s -- echo out; exit 3", c->report), 3);
	KUNIT_EXPECT_STREQ(test, cmd_out(c), "out\n");
	KUNIT_EXPECT_STREQ(test, cmd_err(c), "");
	KUNIT_EXPECT_EQ(test, report(c, ""), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_out(c), "ended with status 0"));
}

/* What a report has of it is as unknown as it was. */
static void without_arguments(struct kunit *test)
{
	struct cmd *c = test->priv;

	plan.exec = true;
	KUNIT_EXPECT_EQ(test, cmd_runf(c, "--no-args -o %s -- exit 0", c->report), 0);
	KUNIT_EXPECT_EQ(test, report(c, "-f json"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_out(c), "\"command\":[\"sh\"],"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(c->text, "\"argv\":null,\"argc\":"));
	KUNIT_EXPECT_EQ(test, report(c, ""), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_out(c), "exec /usr/bin/ls"));
	KUNIT_EXPECT_NULL(test, strstr(c->text, "exec /usr/bin/ls ("));
}

/* The view is that of a trace, and the file is the same as without it. */
static void shown_meanwhile(struct kunit *test)
{
	struct cmd *c = test->priv;
	char shown[8192];

	KUNIT_EXPECT_EQ(test, cmd_runf(c, "-f json -o %s -- echo out; exit 3", c->report), 3);
	KUNIT_EXPECT_STREQ(test, cmd_out(c), "out\n");
	snprintf(shown, sizeof(shown), "%s", cmd_err(c));
	KUNIT_EXPECT_EQ(test, strncmp(shown, "{\"type\":\"start\"", 15), 0);
	KUNIT_EXPECT_EQ(test, report(c, "-f json"), 0);
	KUNIT_EXPECT_STREQ(test, cmd_out(c), shown);
	unlink(c->report);
	KUNIT_EXPECT_EQ(test, cmd_runf(c, "-f text -o %s true", c->report), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(c), "ended with status 0"));
	KUNIT_EXPECT_EQ(test, report(c, ""), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_out(c), "ended with status 0"));
}

static void whole_system(struct kunit *test)
{
	struct cmd *c = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_runf(c, "-a -d 0.05 -o %s", c->report), 0);
	KUNIT_EXPECT_STREQ(test, cmd_err(c), "");
	KUNIT_EXPECT_EQ(test, report(c, "-f json"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_out(c), "\"command\":null"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(c->text, "{\"type\":\"clone\""));
	KUNIT_EXPECT_EQ(test, report(c, ""), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_out(c), ": the whole system\n"));
}

static void called_wrongly(struct kunit *test)
{
	static const char *const wrong[] = {
		"", "true", "-o", "-o f", "-c -o f true", "--backend=both -o f true",
	};
	struct cmd *c = test->priv;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		KUNIT_EXPECT_EQ(test, cmd_run(c, wrong[i]), EXIT_CLEAVE);
		KUNIT_EXPECT_EQ(test, cmd_lines(cmd_err(c)), 1UL);
	}
}

/* The command is not run in vain. */
static void not_to_a_terminal(struct kunit *test)
{
	struct cmd *c = test->priv;
	int pty = posix_openpt(O_RDWR | O_NOCTTY);
	char buf[64];

	KUNIT_ASSERT_GE(test, pty, 0);
	KUNIT_ASSERT_EQ(test, grantpt(pty) | unlockpt(pty), 0);
	KUNIT_EXPECT_EQ(test, cmd_runf(c, "-o %s -- echo out", ptsname(pty)), EXIT_CLEAVE);
	KUNIT_EXPECT_STREQ(test, cmd_out(c), "");
	KUNIT_EXPECT_STREQ(test, cmd_err(c),
			   "cleave: a recording is not for a terminal: name a file, or redirect the output\n");
	fcntl(pty, F_SETFL, O_NONBLOCK);
	KUNIT_EXPECT_LE(test, read(pty, buf, sizeof(buf)), 0L);
	close(pty);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(records),
	KUNIT_CASE(without_arguments),
	KUNIT_CASE(shown_meanwhile),
	KUNIT_CASE(whole_system),
	KUNIT_CASE(called_wrongly),
	KUNIT_CASE(not_to_a_terminal),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_record",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
