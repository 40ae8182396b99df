// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_trace.c - "cleave trace" from its command line to its exit status: with real
 * commands, and backends whose records are played.
 *
 * Build: with user/cli/{trace,tracing,trace_args,filter_args,options,tables,sources}.c,
 * user/core/{session,attaching,shots,left,closing}.c,
 * user/core/{start,lane,tell_cgroups,looks,alive,signals,model}.c,
 * user/core/{cgroups,convert,known,flags,layout}.c,
 * user/core/{times,schema,schema_json,times_json}.c,
 * user/sink/{filter,json,sink,recording,text,text_page}.c,
 * user/sink/{text_totals,text_times,text_curves,text_tree}.c,
 * user/sink/{text_tries,text_attach,watch,watch_view,watch_print,watch_screen}.c,
 * user/agg/{tree,fold,families,live,curves}.c, user/compare/compare.c,
 * user/target/{spawn,run_as,system,attach,last_signal}.c,
 * user/lib/{fmt,utf8,json,line,out,table,hash,sigchld,sys}.c,
 * user/source/{cgroup,hooks,snaps,kmod}.c and tests/played/{played,backends,cmd,sysroot}.c.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends.h"
#include "cli/trace.h"
#include "cmd.h"
#include "core/status.h"
#include "lib/sys.h"
#include "shim.h"
#include "sysroot.h"

static int fix_init(struct kunit *test)
{
	struct cmd *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -1;
	test->priv = f;
	plan = (struct plan) { .missing = -1 };
	return cmd_init(f, "trace", trace_main);
}

static void fix_exit(struct kunit *test)
{
	cmd_exit(test->priv);
}

static void statuses(struct kunit *test)
{
	struct cmd *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "-- exit 0"), 0);
	KUNIT_EXPECT_EQ(test, cmd_run(f, "-- exit 7"), 7);
	KUNIT_EXPECT_EQ(test, cmd_run(f, "-- kill -9 $$"), 128 + 9);
	KUNIT_EXPECT_EQ(test, cmd_run(f, "/nonexistent"), EXIT_NOT_FOUND);
	KUNIT_EXPECT_EQ(test, cmd_run(f, "/etc/passwd"), EXIT_CANNOT_RUN);
}

static void called_wrongly(struct kunit *test)
{
	static const char *const wrong[] = {
		"", "--brakes true", "--breaks=2 true", "-q", "-o", "--output", "-d 0 true", "-d inf true",
		"-d 1s true", "-a -x", "-a -u nobody", "-a --backend=both true",
		"--ring-size=5 true", "--max-spaces=0 true", "--backend=kprobe true",
		"--format=xml true", "--backend=both --all true", "--backend=both -d 1 true", "-u nosuchuser true",
		"--pretend-missing=do_nothing true", "--pretend-missing=do_wp_page,do_nothing true",
		"--pretend-missing=do_wp_page, true", "-p", "-p ,", "-p 1x", "-p 0", "-p 1 -p -2",
		"-p 99999999999", "-p 1 true", "-p 1 -a", "-p 1 -u nobody", "-p 1 -x", "-a --scan",
		"-p 8388608", "--interval=0 true", "--interval=1ns true",
		"--interval=0.0001 true", "--kind=fork true", "--min-pages=0 true",
		"--cgroup=a.slice true", "--trace-uid=0 true", "--trace-uid=0 -p 1",
		"-a --trace-uid=nosuchuser", "-a --trace-uid=-1", "-a --trace-uid=4294967295",
		"-a --trace-uid=", "-a --trace-cgroup=/nosuchcgroup", "-a --trace-cgroup=a",
	};
	struct cmd *f = test->priv;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		KUNIT_EXPECT_EQ(test, cmd_run(f, wrong[i]), EXIT_CLEAVE);
		KUNIT_EXPECT_EQ(test, cmd_lines(cmd_err(f)), 1UL);
		KUNIT_EXPECT_EQ(test, strncmp(f->text, "cleave: ", 8), 0);
		KUNIT_EXPECT_STREQ(test, cmd_out(f), "");
	}
}

/* It is named, wherever it stands. */
static void bad_option_is_named(struct kunit *test)
{
	static const struct { const char *line, *says; } bad[] = {
		{ "--brakes true", "no such option: '--brakes': did you mean --breaks?" },
		{ "--brakes", "no such option: '--brakes': did you mean --breaks?" },
		{ "-x --bogus true", "no such option: '--bogus': see cleave trace --help" },
		{ "-x --bogus=1 true", "no such option: '--bogus': see cleave trace --help" },
		{ "-o f -f json -q true", "no such option: '-q': see cleave trace --help" },
		{ "-xcq true", "no such option: '-q': see cleave trace --help" },
		{ "-xo", "-o needs an argument, FILE" },
		{ "-x -c -o", "-o needs an argument, FILE" },
		{ "-x --output", "--output needs an argument, FILE" },
		{ "-o f --ring", "--ring-size needs an argument, SIZE" },
		{ "-fjson --breaks=2 true", "--breaks takes no argument" },
		{ "-c --b true", "'--b' can be more than one option: see cleave trace --help" },
		{ "-x --u true", "'--u' can be more than one option: see cleave trace --help" },
		{ "-c --format xml true", "unknown format 'xml': use text or json" },
	};
	struct cmd *f = test->priv;
	char line[256];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		KUNIT_EXPECT_EQ(test, cmd_run(f, bad[i].line), EXIT_CLEAVE);
		snprintf(line, sizeof(line), "cleave: %s\n", bad[i].says);
		KUNIT_EXPECT_STREQ(test, cmd_err(f), line);
	}
}

static void help(struct kunit *test)
{
	static const char *const ways[] = {
		"-h", "--help", "-?", "--hel", "-o f -h", "-xh", "-o f --ring-size=4K -c --help",
	};
	struct cmd *f = test->priv;
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		KUNIT_EXPECT_EQ(test, cmd_run(f, ways[i]), 0);
		KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_out(f), "Usage: cleave trace"));
		KUNIT_EXPECT_STREQ(test, cmd_err(f), "");
	}
	/* A command's own is the command's. */
	KUNIT_EXPECT_EQ(test, cmd_runf(f, "-o %s false -h", f->report), 1);
}

static void streams_are_the_commands(struct kunit *test)
{
	struct cmd *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_runf(f, "-o %s -- echo out; echo err >&2", f->report), 0);
	KUNIT_EXPECT_STREQ(test, cmd_out(f), "out\n");
	KUNIT_EXPECT_STREQ(test, cmd_err(f), "err\n");
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_contents(f, f->report), "ended with status 0"));
}

static void report_on_standard_output(struct kunit *test)
{
	struct cmd *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "-f json -o - true"), 0);
	KUNIT_EXPECT_EQ(test, strncmp(cmd_out(f), "{\"type\":\"start\"", 15), 0);
	KUNIT_EXPECT_STREQ(test, cmd_err(f), "");
}

/* A report of before is kept where nothing can be traced. */
static void file_is_not_emptied_in_vain(struct kunit *test)
{
	struct cmd *f = test->priv;
	FILE *old = fopen(f->report, "w");

	fputs("of yesterday", old);
	fclose(old);
	plan.cannot = "bpf";
	KUNIT_EXPECT_EQ(test, cmd_runf(f, "--backend=bpf -o %s true", f->report), EXIT_CLEAVE);
	KUNIT_EXPECT_STREQ(test, cmd_err(f), "cleave: bpf: it has a cold\n");
	KUNIT_EXPECT_STREQ(test, cmd_contents(f, f->report), "of yesterday");
	KUNIT_EXPECT_EQ(test, cmd_runf(f, "--backend=both -o %s true", f->report), EXIT_CLEAVE);
	KUNIT_EXPECT_STREQ(test, cmd_contents(f, f->report), "of yesterday");
}

static void auto_takes_what_there_is(struct kunit *test)
{
	struct cmd *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "true"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "tracing with bpf"));
	plan.cannot = "bpf";
	KUNIT_EXPECT_EQ(test, cmd_run(f, "true"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "tracing with module"));
}

static void report_cannot_be_written(struct kunit *test)
{
	struct cmd *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "-o /dev/full -- exit 3"), EXIT_CLEAVE);
	KUNIT_EXPECT_STREQ(test, cmd_err(f),
			   "cleave: the report could not be written: No space left on device\n");
	KUNIT_EXPECT_EQ(test, cmd_run(f, "-o /nonexistent/x true"), EXIT_CLEAVE);
	KUNIT_EXPECT_EQ(test, cmd_lines(cmd_err(f)), 1UL);
}

/* Nobody reads the report: neither cleave nor the command dies of it. */
static void report_into_a_closed_pipe(struct kunit *test)
{
	struct cmd *f = test->priv;
	int p[2];

	KUNIT_ASSERT_EQ(test, pipe(p), 0);
	close(p[0]);
	KUNIT_EXPECT_EQ(test, cmd_runf(f, "-o /proc/self/fd/%d -- echo out", p[1]), EXIT_CLEAVE);
	KUNIT_EXPECT_STREQ(test, cmd_out(f), "out\n");
	KUNIT_EXPECT_STREQ(test, cmd_err(f),
			   "cleave: the report could not be written: Broken pipe\n");
	close(p[1]);
}

static void both_agree(struct kunit *test)
{
	struct cmd *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "--backend=both -- exit 3"), 3);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "backends agree"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "tracing with both"));
}

static void both_differ(struct kunit *test)
{
	struct cmd *f = test->priv;

	plan.differs = 512;
	KUNIT_EXPECT_EQ(test, cmd_run(f, "--backend=both -- exit 3"), EXIT_CLEAVE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "BACKENDS DIFFER"));
	KUNIT_EXPECT_EQ(test, cmd_run(f, "--backend=both -f json true"), EXIT_CLEAVE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "\"nr_differences\":1"));
}

static void what_is_unknown_is_null(struct kunit *test)
{
	struct cmd *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "-f json true"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "\"cow\":{\"copied\":9"));
	plan.missing = CLEAVE_HOOK_WP_PAGE;
	KUNIT_EXPECT_EQ(test, cmd_run(f, "-f json true"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "\"cow\":{\"copied\":null"));
	KUNIT_EXPECT_EQ(test, cmd_run(f, "true"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "an unknown number copied"));
}

/* CMD's own are left out as well; that there are some is told. */
static void without_arguments(struct kunit *test)
{
	struct cmd *f = test->priv;

	plan.exec = true;
	KUNIT_EXPECT_EQ(test, cmd_run(f, "-f json -- : needle"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "\"command\":[\"sh\",\"-c\",\": needle\"]"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "\"argv\":["));
	KUNIT_EXPECT_EQ(test, cmd_run(f, "-f json --no-args -- : needle"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "\"command\":[\"sh\"],"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "\"argv\":null,\"argc\":"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "\"argv_cut\":null"));
	KUNIT_EXPECT_EQ(test, cmd_run(f, "-- : needle"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "exec /usr/bin/ls ("));
	KUNIT_EXPECT_EQ(test, cmd_run(f, "--no-args -- : needle"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "exec /usr/bin/ls"));
	KUNIT_EXPECT_NULL(test, strstr(f->text, "exec /usr/bin/ls ("));
	KUNIT_EXPECT_NULL(test, strstr(f->text, "needle"));
}

/* Until the time is up; nobody is told of as the first process. */
static void whole_system_for_a_while(struct kunit *test)
{
	struct cmd *f = test->priv;
	const char *at;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "-a -d 0.05 -f json"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "\"command\":null"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "{\"type\":\"clone\""));
	at = strstr(f->text, "{\"type\":\"summary\"");
	KUNIT_ASSERT_NOT_NULL(test, at);
	at = strstr(at, "\"duration_ns\":");
	KUNIT_EXPECT_GE(test, strtoull(at + 14, NULL, 10), 50000000ULL);
	KUNIT_EXPECT_EQ(test, cmd_run(f, "-a -d 0.05"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), ": the whole system\n"));
}

static pid_t somebody(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;)
		pause();
}

static void end_of(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* As pidof(8) and pgrep(1) have them, too; each once. */
static void pids(struct kunit *test)
{
	char *argv[] = { "trace", "-p", "3 4\n5,,6", "-p3,7", NULL };
	const pid_t want[] = { 3, 4, 5, 6, 7 };
	struct trace_opts o;

	trace_parse(&o, 4, argv);
	KUNIT_ASSERT_EQ(test, o.nr_pids, 5UL);
	KUNIT_EXPECT_EQ(test, memcmp(o.pids, want, sizeof(want)), 0);
	free(o.pids);
}

static void attached_until_it_ends(struct kunit *test)
{
	struct cmd *f = test->priv;
	pid_t a = somebody(), b = somebody();
	char line[128];

	snprintf(line, sizeof(line), "-p %d,%d -p %d -f json", a, b, a);
	KUNIT_EXPECT_EQ(test, cmd_run(f, line), 0);
	snprintf(line, sizeof(line), "\"command\":null,\"attached\":[%d,%d]}", a, b);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), line));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "{\"type\":\"attach\""));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "{\"type\":\"snapshot\""));
	snprintf(line, sizeof(line), "-p %d", a);
	KUNIT_EXPECT_EQ(test, cmd_run(f, line), 0);
	snprintf(line, sizeof(line), ": process %d\n", a);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), line));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "attached to 1 process, 0 before exec:\n"));
	end_of(a);
	end_of(b);
}

/* What was there has not the same figures in both; what it has made has. */
static void both_attached(struct kunit *test)
{
	struct cmd *f = test->priv;
	pid_t pid = somebody();
	char line[128];

	plan.differs = 3 << 8;
	snprintf(line, sizeof(line), "--backend=both -p %d -d 10", pid);
	KUNIT_EXPECT_EQ(test, cmd_run(f, line), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "backends agree: 2 events compared"));
	end_of(pid);
}

/* Begun, and told of it. */
static pid_t begin_system(struct kunit *test, const char *options)
{
	struct cmd *f = test->priv;
	char line[128];
	pid_t pid;
	int tries;

	snprintf(line, sizeof(line), "-a %s -o %s", options, f->report);
	pid = cmd_begin(f, line);
	for (tries = 0; tries < 5000 && !strstr(cmd_contents(f, f->report), "forked"); tries++)
		usleep(1000);
	return pid;
}

static void whole_system_until_a_signal(struct kunit *test)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	struct cmd *f = test->priv;
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		pid_t pid = begin_system(test, "");

		kill(pid, ends[i]);
		KUNIT_EXPECT_EQ(test, cmd_end(pid), 0);
		KUNIT_EXPECT_STREQ(test, cmd_err(f), "");
		KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_contents(f, f->report), "Totals"));
		unlink(f->report);
	}
}

/* What is in the pipe, until a word has come; then no more fits in. */
static void read_and_fill(int fd, const char *word)
{
	char text[4096] = "";
	size_t at = 0;
	int tries;

	for (tries = 0; tries < 30000 && !strstr(text, word); tries++) {
		ssize_t n = read(fd, text + at, sizeof(text) - 1 - at);

		at += n > 0 ? n : 0;
		text[at] = '\0';
		usleep(n > 0 ? 0 : 1000);
	}
	while (write(fd, "", 1) == 1)
		;
}

/* The report cannot be finished, as nobody reads it: who does not want to wait need not. */
static void second_signal_ends_it_at_once(struct kunit *test)
{
	struct cmd *f = test->priv;
	int fd, tries, status = 0;
	char line[128];
	pid_t pid;

	KUNIT_ASSERT_EQ(test, mkfifo(f->report, 0600), 0);
	fd = open(f->report, O_RDWR | O_NONBLOCK);
	KUNIT_ASSERT_GE(test, fd, 0);
	snprintf(line, sizeof(line), "-a -o %s", f->report);
	pid = cmd_begin(f, line);
	read_and_fill(fd, "forked");
	for (tries = 0; tries < 1500 && !waitpid(pid, &status, WNOHANG); tries++) {
		kill(pid, SIGTERM);
		usleep(20000);
	}
	if (tries == 1500) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	close(fd);
	KUNIT_EXPECT_EQ(test, WTERMSIG(status), SIGTERM);
}

/* The command goes on. */
static void time_is_up_for_a_command(struct kunit *test)
{
	struct cmd *f = test->priv;
	int tries;
	pid_t pid;

	KUNIT_EXPECT_EQ(test, cmd_runf(f, "-d 0.05 -o %s -- echo $$; exec sleep 1000",
				       f->report), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "cleave: the time is up: sh goes on"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_contents(f, f->report), "Totals"));
	for (tries = 0; tries < 5000 && !strchr(cmd_out(f), '\n'); tries++)
		usleep(1000);
	pid = atoi(f->text);
	KUNIT_ASSERT_GT(test, pid, 1);
	KUNIT_EXPECT_EQ(test, kill(pid, 0), 0);
	kill(pid, SIGKILL);
	/* One that has ended before has its status. */
	KUNIT_EXPECT_EQ(test, cmd_run(f, "-d 1000 -- exit 3"), 3);
}

/* Told to, cleave has it loaded; only where it is to be used. */
static void module_is_loaded(struct kunit *test)
{
	struct cmd *f = test->priv;
	char path[SYS_PATH];
	struct sysroot t;

	KUNIT_ASSERT_EQ(test, sysroot_init(&t), 0);
	sysroot_file(&t, "/sbin/modprobe", "#!/bin/sh\necho no such thing\nexit 1\n");
	chmod(sys_path(path, "/sbin/modprobe"), 0755);
	KUNIT_EXPECT_EQ(test, cmd_run(f, "--backend=module true"), 0);
	KUNIT_EXPECT_EQ(test, cmd_run(f, "--backend=bpf --load-module true"), 0);
	KUNIT_EXPECT_EQ(test, cmd_run(f, "--backend=module --load-module true"), EXIT_CLEAVE);
	KUNIT_EXPECT_STREQ(test, cmd_err(f),
			   "cleave: module: the module cannot be loaded: no such thing\n");
	/* It has no signal blocked. */
	sysroot_file(&t, "/sbin/modprobe",
		     "#!/bin/sh\nexec grep -q '^SigBlk:[[:space:]]*0*$' /proc/self/status\n");
	KUNIT_EXPECT_EQ(test, cmd_run(f, "--backend=module --load-module true"), 0);
	sysroot_exit(&t);
}

static void what_was_lost_is_told(struct kunit *test)
{
	struct cmd *f = test->priv;

	plan.lost = 17;
	KUNIT_EXPECT_EQ(test, cmd_run(f, "true"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "0 clone, 0 exec, 17 exit"));
}

/* Under sudo it is said whom the command runs as. */
static void user_is_told(struct kunit *test)
{
	struct cmd *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "-f json true"), 0);
	KUNIT_EXPECT_NULL(test, strstr(cmd_err(f), "],\"user\":\""));
	setenv("SUDO_UID", "1000", 1);
	KUNIT_EXPECT_EQ(test, cmd_run(f, "-f json true"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), "],\"user\":\""));
}

static void another_user(struct kunit *test)
{
	struct cmd *f = test->priv;

	if (geteuid()) {
		KUNIT_EXPECT_EQ(test, cmd_run(f, "-u nobody true"), EXIT_CLEAVE);
		return;
	}
	chmod(f->dir, 0755);
	KUNIT_EXPECT_EQ(test, cmd_runf(f, "-o %s -u nobody -- id -un; id -rG; grep CapEff /proc/self/status",
				       f->report), 0);
	KUNIT_EXPECT_STREQ(test, cmd_out(f), "nobody\n65534\nCapEff:\t0000000000000000\n");
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_contents(f, f->report), ", as nobody:"));
	KUNIT_EXPECT_EQ(test, cmd_runf(f, "-o %s -u 65534 -- exit 4", f->report), 4);
	/* What only root may run cannot be run. */
	KUNIT_EXPECT_EQ(test, cmd_runf(f, "-o %s -u nobody /root/nothing", f->report),
			EXIT_CANNOT_RUN);
}

static void options_reach_the_backend(struct kunit *test)
{
	struct cmd *f = test->priv;
	struct trace_opts o;
	char *argv[] = { "trace", "--breaks", "--all", "--no-args", "--ring-size=64K", "--max-spaces=5",
			 "true", "-x", NULL };

	(void)f;
	trace_parse(&o, 8, argv);
	KUNIT_EXPECT_TRUE(test, o.sources.cfg.breaks);
	KUNIT_EXPECT_TRUE(test, o.sources.cfg.all);
	KUNIT_EXPECT_TRUE(test, o.sources.cfg.no_args);
	KUNIT_EXPECT_EQ(test, o.sources.cfg.ring_size, 65536UL);
	KUNIT_EXPECT_EQ(test, o.sources.cfg.max_as, 5U);
	KUNIT_EXPECT_FALSE(test, o.exit_with_cmd);
	KUNIT_EXPECT_STREQ(test, o.argv[1], "-x");
	KUNIT_EXPECT_FALSE(test, o.sources.cfg.by_uid);
	KUNIT_EXPECT_EQ(test, o.sources.cfg.cgroup, 0ULL);
}

/* One by his number need not be known here. */
static void picked_by_user(struct kunit *test)
{
	char *argv[] = { "trace", "-a", "--trace-uid=7", NULL };
	struct cmd *f = test->priv;
	struct trace_opts o;

	KUNIT_EXPECT_EQ(test, cmd_run(f, "-a --trace-uid=4294967294 -d 0.1 -f json"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), ",\"trace_uid\":4294967294"));
	KUNIT_EXPECT_EQ(test, cmd_run(f, "-a --trace-uid=root -d 0.1"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(cmd_err(f), ": the whole system, of user 0\n"));
	trace_parse(&o, 3, argv);
	KUNIT_EXPECT_TRUE(test, o.sources.cfg.by_uid);
	KUNIT_EXPECT_EQ(test, o.sources.cfg.uid, 7U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(statuses),
	KUNIT_CASE(called_wrongly),
	KUNIT_CASE(bad_option_is_named),
	KUNIT_CASE(help),
	KUNIT_CASE(streams_are_the_commands),
	KUNIT_CASE(report_on_standard_output),
	KUNIT_CASE(file_is_not_emptied_in_vain),
	KUNIT_CASE(auto_takes_what_there_is),
	KUNIT_CASE(report_cannot_be_written),
	KUNIT_CASE(report_into_a_closed_pipe),
	KUNIT_CASE(both_agree),
	KUNIT_CASE(both_differ),
	KUNIT_CASE(what_is_unknown_is_null),
	KUNIT_CASE(without_arguments),
	KUNIT_CASE(whole_system_for_a_while),
	KUNIT_CASE(pids),
	KUNIT_CASE(attached_until_it_ends),
	KUNIT_CASE(both_attached),
	KUNIT_CASE(whole_system_until_a_signal),
	KUNIT_CASE(second_signal_ends_it_at_once),
	KUNIT_CASE(time_is_up_for_a_command),
	KUNIT_CASE(module_is_loaded),
	KUNIT_CASE(what_was_lost_is_told),
	KUNIT_CASE(user_is_told),
	KUNIT_CASE(another_user),
	KUNIT_CASE(options_reach_the_backend),
	KUNIT_CASE(picked_by_user),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_trace",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
