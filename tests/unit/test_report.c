// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_report.c - "cleave report" from its command line to its exit status, of what
 * "cleave record" has written.
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
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends.h"
#include "cli/record.h"
#include "cli/report.h"
#include "cmd.h"
#include "core/status.h"
#include "shim.h"

/**
 * struct fix - a recording, and what is made of it
 * @c: the report
 * @file: the recording
 * @len: its length
 */
struct fix {
	struct cmd c;
	char file[64];
	off_t len;
};

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_size;
}

static int fix_init(struct kunit *test)
{
	struct fix *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -1;
	test->priv = f;
	plan = (struct plan) { .missing = -1 };
	if (cmd_init(&f->c, "record", record_main))
		return -1;
	snprintf(f->file, sizeof(f->file), "%s/file", f->c.dir);
	if (cmd_runf(&f->c, "-o %s true", f->file))
		return -1;
	f->len = size_of(f->file);
	f->c.main = report_main;
	f->c.name = "report";
	return f->len > 0 ? 0 : -1;
}

static void fix_exit(struct kunit *test)
{
	struct fix *f = test->priv;

	unlink(f->file);
	cmd_exit(&f->c);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

static void shows(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "%s", f->file), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_out(&f->c), "ended with status 0"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->c.text, "Totals"));
	KUNIT_EXPECT_STREQ(test, cmd_err(&f->c), "");
	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "-c %s", f->file), 0);
	KUNIT_EXPECT_NULL(test, strstr(cmd_out(&f->c), "ended with status 0"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->c.text, "Totals"));
	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "-f json %s", f->file), 0);
	KUNIT_EXPECT_EQ(test, strncmp(cmd_out(&f->c), "{\"type\":\"start\"", 15), 0);
}

static void called_wrongly(struct kunit *test)
{
	static const char *const wrong[] = {
		"", "a b", "-q a", "--format=xml a", "-o", "--kind=fork a", "--kind= a",
		"--kind=thread,x a", "--min-pages=0 a", "--min-pages=-1 a", "--min-pages=9x a",
		"--cgroup=system.slice a", "--cgroup= a", "--comm= a",
	};
	struct fix *f = test->priv;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		KUNIT_EXPECT_EQ(test, cmd_run(&f->c, wrong[i]), EXIT_CLEAVE);
		KUNIT_EXPECT_EQ(test, cmd_lines(cmd_err(&f->c)), 1UL);
		KUNIT_EXPECT_STREQ(test, cmd_out(&f->c), "");
	}
}

/* Behind the file, too. */
static void options_in_any_order(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "%s --bogus", f->file), EXIT_CLEAVE);
	KUNIT_EXPECT_STREQ(test, cmd_err(&f->c),
			   "cleave: no such option: '--bogus': see cleave report --help\n");
	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "%s -h", f->file), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_out(&f->c), "Usage: cleave report"));
	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "%s -f json", f->file), 0);
	KUNIT_EXPECT_EQ(test, strncmp(cmd_out(&f->c), "{\"type\":\"start\"", 15), 0);
}

static void not_there(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_run(&f->c, "/nonexistent"), EXIT_CLEAVE);
	KUNIT_EXPECT_STREQ(test, cmd_err(&f->c),
			   "cleave: /nonexistent: No such file or directory\n");
}

/* No recording: no report takes the place of one of before. */
static void foreign(struct kunit *test)
{
	struct fix *f = test->priv;

	put(f->file, "{\"type\":\"start\"}\n");
	put(f->c.report, "of yesterday");
	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "-o %s %s", f->c.report, f->file), EXIT_CLEAVE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(&f->c), ": it is no recording of cleave's\n"));
	KUNIT_EXPECT_EQ(test, cmd_lines(f->c.text), 1UL);
	KUNIT_EXPECT_STREQ(test, cmd_contents(&f->c, f->c.report), "of yesterday");
}

/* What can be read is shown. */
static void cut_off(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_ASSERT_EQ(test, truncate(f->file, f->len - 1), 0);
	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "-o %s %s", f->c.report, f->file), EXIT_CLEAVE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(&f->c), ": it is cut off, after 4 records\n"));
	KUNIT_EXPECT_EQ(test, cmd_lines(f->c.text), 1UL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_contents(&f->c, f->c.report),
					   "ended with status 0"));
}

static void damaged(struct kunit *test)
{
	struct fix *f = test->priv;
	int fd = open(f->file, O_RDWR);
	char c;

	KUNIT_ASSERT_EQ(test, pread(fd, &c, 1, f->len - 5), 1);
	c ^= 1;
	KUNIT_ASSERT_EQ(test, pwrite(fd, &c, 1, f->len - 5), 1);
	close(fd);
	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "%s", f->file), EXIT_CLEAVE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(&f->c), "damaged"));
	KUNIT_EXPECT_EQ(test, cmd_lines(f->c.text), 1UL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_out(&f->c), "ended with status 0"));
}

/* All is counted, whatever of it is shown. */
static void filtered(struct kunit *test)
{
	static const char *const none[] = {
		"--comm=no?e", "--kind=vhost,idle", "--min-pages=999999", "--cgroup=/none/",
	};
	struct fix *f = test->priv;
	char all[8192], *totals;
	size_t i;

	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "%s", f->file), 0);
	totals = strstr(cmd_out(&f->c), "\nclones ");
	KUNIT_ASSERT_NOT_NULL(test, totals);
	snprintf(all, sizeof(all), "%.*s", (int)strcspn(totals + 1, "\n") + 1, totals);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "%s %s", none[i], f->file), 0);
		KUNIT_EXPECT_NULL(test, strstr(cmd_out(&f->c), "ended with status 0"));
		KUNIT_EXPECT_NOT_NULL(test, strstr(f->c.text, all));
		KUNIT_EXPECT_NOT_NULL(test, strstr(f->c.text, " left out, as the options ask for"));
	}
	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "--comm=* %s", f->file), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_out(&f->c), "ended with status 0"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->c.text, "\n0 events are left out"));
	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "-f json --comm=nobody %s", f->file), 0);
	KUNIT_EXPECT_NULL(test, strstr(cmd_out(&f->c), "{\"type\":\"exit\""));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->c.text, "\"left_out\":"));
}

/* By whatever name. */
static void not_over_the_recording(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_ASSERT_EQ(test, link(f->file, f->c.report), 0);
	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "-o %s %s", f->file, f->file), EXIT_CLEAVE);
	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "-o %s %s", f->c.report, f->file), EXIT_CLEAVE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(&f->c), "this is the recording itself"));
	KUNIT_EXPECT_EQ(test, cmd_lines(f->c.text), 1UL);
	KUNIT_EXPECT_EQ(test, size_of(f->file), f->len);
}

static void new_file_is_private(struct kunit *test)
{
	struct fix *f = test->priv;
	mode_t old = umask(0);
	struct stat st;

	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "-o %s %s", f->c.report, f->file), 0);
	KUNIT_EXPECT_EQ(test, stat(f->c.report, &st), 0);
	KUNIT_EXPECT_EQ(test, st.st_mode & 07777, 0600);
	KUNIT_EXPECT_GT(test, st.st_size, 0);
	KUNIT_EXPECT_EQ(test, cmd_files(&f->c), 2UL);
	umask(old);
}

static void device_is_opened_as_it_is(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_runf(&f->c, "-o /dev/full %s", f->file), EXIT_CLEAVE);
	KUNIT_EXPECT_STREQ(test, cmd_err(&f->c),
			   "cleave: the report could not be written: No space left on device\n");
}

/* Interrupted while it reads what never ends: the report of before stays, alone. */
static void interrupted(struct kunit *test)
{
	struct fix *f = test->priv;
	char head[32768], line[256];
	int fifo, from = open(f->file, O_RDONLY), tries;
	ssize_t n = read(from, head, sizeof(head));
	pid_t pid;

	close(from);
	unlink(f->file);
	KUNIT_ASSERT_EQ(test, n, f->len);
	KUNIT_ASSERT_EQ(test, mkfifo(f->file, 0600), 0);
	put(f->c.report, "of yesterday");
	snprintf(line, sizeof(line), "-o %s %s", f->c.report, f->file);
	pid = cmd_begin(&f->c, line);
	fifo = open(f->file, O_WRONLY);
	/* All but the trailer's last bytes: it waits for more, its report begun. */
	KUNIT_EXPECT_EQ(test, write(fifo, head, n - 8), n - 8);
	for (tries = 0; cmd_files(&f->c) < 3 && tries < 5000; tries++)
		usleep(1000);
	KUNIT_EXPECT_EQ(test, cmd_files(&f->c), 3UL);
	kill(pid, SIGINT);
	KUNIT_EXPECT_EQ(test, cmd_end(pid), 1000 + SIGINT);
	close(fifo);
	KUNIT_EXPECT_EQ(test, cmd_files(&f->c), 2UL);
	KUNIT_EXPECT_STREQ(test, cmd_contents(&f->c, f->c.report), "of yesterday");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(shows),
	KUNIT_CASE(called_wrongly),
	KUNIT_CASE(options_in_any_order),
	KUNIT_CASE(not_there),
	KUNIT_CASE(foreign),
	KUNIT_CASE(cut_off),
	KUNIT_CASE(damaged),
	KUNIT_CASE(filtered),
	KUNIT_CASE(not_over_the_recording),
	KUNIT_CASE(new_file_is_private),
	KUNIT_CASE(device_is_opened_as_it_is),
	KUNIT_CASE(interrupted),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_report",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
