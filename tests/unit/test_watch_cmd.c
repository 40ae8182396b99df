// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_watch_cmd.c - "cleave watch" from its command line to its exit status: with real
 * commands, and backends whose records and snapshots are played.
 *
 * Build: with user/cli/{watch,tracing,trace_args,filter_args,options,tables,sources}.c,
 * user/core/{session,attaching,shots,left,closing}.c,
 * user/core/{start,lane,tell_cgroups,looks,alive,signals,model}.c,
 * user/core/{cgroups,convert,known,flags,layout}.c,
 * user/core/{times,schema,schema_json,times_json}.c,
 * user/sink/{filter,json,sink,recording,text}.c,
 * user/sink/{text_page,text_totals,text_times,text_curves,text_tree,text_tries,text_attach}.c,
 * user/sink/{watch,watch_view,watch_print,watch_screen}.c,
 * user/agg/{tree,fold,families,live,curves}.c, user/compare/compare.c,
 * user/target/{spawn,run_as,system,attach,last_signal}.c,
 * user/lib/{fmt,utf8,json,line,out,table,hash,sigchld,sys}.c,
 * user/source/{cgroup,hooks,snaps,kmod}.c and
 * tests/played/{played,backends,cmd}.c.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends.h"
#include "cli/watch.h"
#include "cmd.h"
#include "core/status.h"
#include "shim.h"

static const struct cleave_snap snaps[] = {
	{ .fig = { .as = 17, .shared = 75 }, .creator = 16, .what = CLEAVE_HAS_FIGURES },
	{ .fig = { .as = 16 } },
};

static int fix_init(struct kunit *test)
{
	struct cmd *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -1;
	test->priv = f;
	plan = (struct plan) { .missing = -1, .snaps = snaps, .nr_snaps = 2 };
	return cmd_init(f, "watch", watch_main);
}

static void fix_exit(struct kunit *test)
{
	cmd_exit(test->priv);
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

static void called_wrongly(struct kunit *test)
{
	static const char *const wrong[] = {
		"", "-i 1", "-a -i 0", "-a -i x", "-a -n 0", "-a -n -1", "-a -n 1x", "-a -s copies",
		"-a -b both", "-a -f xml", "-a -c", "-a --breaks", "-p 0", "-p 1 true", "-p 1 -a",
		"-n 1 -u nobody -a", "-a -s in-breaks",
	};
	struct cmd *f = test->priv;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		KUNIT_EXPECT_EQ(test, cmd_run(f, wrong[i]), EXIT_CLEAVE);
		KUNIT_EXPECT_EQ(test, cmd_lines(cmd_err(f)), 1UL);
		KUNIT_EXPECT_EQ(test, strncmp(f->text, "cleave: ", 8), 0);
		KUNIT_EXPECT_STREQ(test, cmd_out(f), "");
	}
	cmd_run(f, "-a -s copies");
	KUNIT_EXPECT_STREQ(test, cmd_err(f),
			   "cleave: unknown column 'copies': use process, of, age, shared, most, estimate, now, copied, creator, KiB/s, in-breaks or clones\n");
	cmd_run(f, "");
	KUNIT_EXPECT_STREQ(test, cmd_err(f),
			   "cleave: no command to trace: cleave watch [options] -- CMD ..., -p PID for what runs, or -a for the whole system\n");
}

/* So many, and no more; then what was lost. */
static void blocks(struct kunit *test)
{
	struct cmd *f = test->priv;
	const char *text;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "-a -i 0.01 -n 3"), 0);
	KUNIT_EXPECT_STREQ(test, cmd_err(f), "");
	text = cmd_out(f);
	KUNIT_EXPECT_EQ(test, count(text, "\nprocess "), 3UL);
	KUNIT_EXPECT_EQ(test, count(text, "\nall: "), 3UL);
	KUNIT_EXPECT_EQ(test, count(text, "\nwatched "), 1UL);
	KUNIT_EXPECT_EQ(test, count(text, "1 forked address space before exec, of 1 creator"), 3UL);
	KUNIT_EXPECT_NULL(test, strchr(text, '\033'));
}

/* By what is asked for. */
static void timed(struct kunit *test)
{
	struct cmd *f = test->priv;
	const char *text;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "-a -i 0.01 -n 2 --times -s in-breaks"), 0);
	KUNIT_EXPECT_STREQ(test, cmd_err(f), "");
	text = cmd_out(f);
	KUNIT_EXPECT_EQ(test, count(text, "  in breaks  clones\n"), 2UL);
	KUNIT_EXPECT_EQ(test, count(text, "; in breaks "), 2UL);
	cmd_run(f, "-a -s in-breaks");
	KUNIT_EXPECT_STREQ(test, cmd_err(f),
			   "cleave: to sort by in-breaks, they have to be timed: --times\n");
}

/* The snapshots between the beginning and the end, and nothing else. */
static void objects(struct kunit *test)
{
	struct cmd *f = test->priv;
	const char *text;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "-a -i 0.01 -n 4 -f json"), 0);
	text = cmd_out(f);
	KUNIT_EXPECT_EQ(test, cmd_lines(text), 4 + 3UL);
	KUNIT_EXPECT_EQ(test, count(text, "{\"type\":\"snapshot\","), 4UL);
	KUNIT_EXPECT_EQ(test, count(text, "{\"type\":\"start\","), 1UL);
	KUNIT_EXPECT_EQ(test, count(text, "{\"type\":\"lost\","), 1UL);
	KUNIT_EXPECT_EQ(test, count(text, "{\"type\":\"summary\","), 1UL);
}

/* Its own output is its own. */
static void command(struct kunit *test)
{
	struct cmd *f = test->priv;
	const char *text;

	plan.status = 7 << 8;
	KUNIT_EXPECT_EQ(test, cmd_runf(f, "-i 0.01 -- echo own; until [ $(grep -c ^process %s) -gt 1 ]; do sleep 0.01; done; exit 7",
				       f->stream[1]), 7);
	KUNIT_EXPECT_STREQ(test, cmd_out(f), "own\n");
	text = cmd_err(f);
	KUNIT_EXPECT_GT(test, count(text, "\nprocess "), 1UL);
	KUNIT_EXPECT_EQ(test, count(text, "\nwatched "), 1UL);
}

static void leaves_the_command(struct kunit *test)
{
	struct cmd *f = test->priv;
	const char *says;
	pid_t pid;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "-i 0.01 -n 1 -- exec sleep 100"), 0);
	KUNIT_EXPECT_EQ(test, count(cmd_err(f), "\nall: "), 1UL);
	says = strstr(f->text, "cleave: that was the last snapshot: ");
	KUNIT_ASSERT_NOT_NULL(test, says);
	says = strstr(says, " as process ");
	KUNIT_ASSERT_NOT_NULL(test, says);
	pid = (pid_t)strtol(says + strlen(" as process "), NULL, 10);
	KUNIT_ASSERT_GT(test, pid, 1);
	KUNIT_EXPECT_EQ(test, kill(pid, SIGKILL), 0);
}

static void to_a_file(struct kunit *test)
{
	struct cmd *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_runf(f, "-a -i 0.01 -n 1 -o %s", f->report), 0);
	KUNIT_EXPECT_STREQ(test, cmd_out(f), "");
	KUNIT_EXPECT_EQ(test, count(cmd_contents(f, f->report), "\nwatched "), 1UL);
	unlink(f->report);
}

/* Until somebody has seen enough. */
static void interrupted(struct kunit *test)
{
	struct cmd *f = test->priv;
	pid_t pid = cmd_begin(f, "-a -i 0.01");
	unsigned int i;

	for (i = 0; i < 2000 && count(cmd_out(f), "\nall: ") < 3; i++)
		usleep(10000);
	kill(pid, SIGINT);
	KUNIT_EXPECT_EQ(test, cmd_end(pid), 0);
	KUNIT_EXPECT_GE(test, count(cmd_out(f), "\nall: "), 3UL);
	KUNIT_EXPECT_EQ(test, count(f->text, "\nwatched "), 1UL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(called_wrongly),
	KUNIT_CASE(blocks),
	KUNIT_CASE(timed),
	KUNIT_CASE(objects),
	KUNIT_CASE(command),
	KUNIT_CASE(leaves_the_command),
	KUNIT_CASE(to_a_file),
	KUNIT_CASE(interrupted),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_watch_cmd",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
