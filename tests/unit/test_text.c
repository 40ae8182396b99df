// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_text.c - the text: lines, what is folded in them, what is foreign in them,
 * and how it looks on a narrow terminal.
 *
 * Build: with
 * user/sink/{text,text_page,text_tree,text_tries,text_attach,watch_view,watch_print}.c,
 * user/sink/{text_totals,text_times,text_curves}.c,
 * user/agg/{tree,fold,families,live,curves}.c,
 * user/core/{model,cgroups,convert,flags,known,times}.c, user/source/hooks.c and
 * user/lib/{fmt,line,table,utf8,out,hash}.c.
 */
#include <errno.h>
#include <locale.h>

#include "shim.h"
#include "records.h"
#include "sink/sink.h"
#include "sink/text.h"

struct fixture {
	struct known known;
	struct out out;
	struct sink *sink;
	struct model *model;
	char *text;
	size_t len;
};

static struct fixture *fixture_new(struct kunit *test,
				   struct sink *(*make)(struct out *out,
							const struct known *known))
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	known_all(&f->known);
	f->out = (struct out) { .f = open_memstream(&f->text, &f->len), .fd = -1 };
	f->sink = make(&f->out, &f->known);
	f->model = model_new(f->sink, &f->known);
	return f;
}

static void fixture_free(struct fixture *f)
{
	model_free(f->model);
	f->sink->ops->free(f->sink);
	out_close(&f->out);
	free(f->text);
}

static int make_text(struct kunit *test)
{
	setlocale(LC_ALL, "C.UTF-8");
	test->priv = fixture_new(test, sink_text);
	return 0;
}

static void drop(struct kunit *test)
{
	fixture_free(test->priv);
}

static const char *text_of_test(struct fixture *f)
{
	fflush(f->out.f);
	return f->text;
}

static void sum_up(struct fixture *f)
{
	struct event e = { .type = EVENT_SUMMARY, .ts = 9000, .summary.backend = "bpf" };

	sink_event(f->sink, &e);
}

static void lines(struct kunit *test)
{
	static const char text[] =
		"     0.001       1 parent          forked 7 by clone(): shares 75 pages (300 KiB) copy-on-write, 1 copied at once, in 5 ns\n"
		"     0.002       7 before          exec /usr/bin/ls (ls -l), 1.00 us after its fork; of 75 pages (300 KiB) shared, 9 copied, 66 never\n"
		"  1234.567       7 parent          clone() failed: Resource temporarily unavailable (EAGAIN), in 5 ns\n"
		"     0.001       7 parent          started thread 9 by clone3(): same memory (3.13 MiB), in 12.3 us\n"
		"     0.001       7 parent          forked 8 by vfork(): it borrows this memory (3.13 MiB) until it execs, in 5 ns\n"
		"     0.003       8 gone            ended with status 3, its creator waited 2.00 us\n"
		"     0.001       7 parent          forked 9 by vfork(): it borrows this memory (3.13 MiB) until it execs, in 5 ns\n"
		"     0.002       9 before          exec /usr/bin/ls (ls -l), its creator waited 600 ns\n"
		"1234567.890       7 gone            killed by SIGKILL\n";
	struct fixture *f = test->priv;
	struct cleave_clone bad = rec_clone(7, 0, 0), thread = rec_vfork(7, 7, 3);
	struct cleave_exit killed = rec_exit(7, 3, 9);
	struct cleave_exec released = rec_exec(9, 6, 10, 0);

	released.released_ns = 1600;
	bad.child_tid = 0;
	bad.error = EAGAIN;
	bad.has_pages = 0;
	bad.hdr.ts = 1234567000;
	thread.kind = CLEAVE_KIND_THREAD;
	thread.call = CLEAVE_CALL_CLONE3;
	thread.child_tid = 9;
	thread.duration_ns = 12345;
	killed.hdr.ts = 1234567890123;
	FEED(f->model, rec_clone(1, 7, 5));
	FEED(f->model, rec_exec(7, 5, 6, CLEAVE_HAS_FIGURES));
	FEED(f->model, bad);
	FEED(f->model, thread);
	FEED(f->model, rec_vfork(7, 8, 6));
	FEED(f->model, rec_exit(8, 6, 0x300));
	FEED(f->model, rec_vfork(7, 9, 6));
	FEED(f->model, released);
	FEED(f->model, killed);
	KUNIT_EXPECT_STREQ(test, text_of_test(f), text);
}

/* From 128 MiB of pages on. */
static void page_tables(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_clone c = rec_clone(1, 7, 5);
	const char *at;

	c.page_tables = 64 * 4096 - 1;
	FEED(f->model, c);
	KUNIT_EXPECT_NULL(test, strstr(text_of_test(f), "page tables"));
	c.page_tables++;
	c.child_pid++;
	c.child_tid++;
	FEED(f->model, c);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f),
					   "copied at once, by 256 KiB of page tables, in 5 ns\n"));
	f->known.page_tables = false;
	c.child_pid++;
	c.child_tid++;
	FEED(f->model, c);
	at = strstr(text_of_test(f), "256 KiB of page tables");
	KUNIT_ASSERT_NOT_NULL(test, at);
	KUNIT_EXPECT_NULL(test, strstr(at + 20, "tables"));
}

static void start_with(struct fixture *f, const pid_t *attached, __u32 nr)
{
	const struct event e = {
		.type = EVENT_START,
		.start = {
			.backend = "bpf", .kernel = "6.1", .has_attached = nr,
			.attached = attached, .nr_attached = nr,
		},
	};

	sink_event(f->sink, &e);
}

static void attach_some(struct fixture *f)
{
	struct cleave_attach server = rec_attach(20, 1, 40, 0), full = rec_attach(32, 20, 0, 0);

	server.what = 0;
	full.what |= CLEAVE_JUST_MADE;
	memcpy(full.comm, "\x1b[1m", 5);
	FEED(f->model, server);
	FEED(f->model, rec_attach(31, 20, 41, 40));
	FEED(f->model, full);
}

/* Their number comes first; what each shares, once that was looked up. */
static void attached(struct kunit *test)
{
	static const pid_t named[] = { 20, 31 };
	static const char text[] =
		"cleave: tracing with bpf on Linux 6.1: processes 20 31\n"
		"        ms     pid process         what happened\n"
		"attached to 3 processes, 2 before exec:\n"
		"     0.000      20 worker          after exec, child of 1\n"
		"     0.000      31 worker          before exec, child of 20 (worker)\n"
		"     0.000      32 ?[1m            before exec, child of 20 (worker), by a fork that was under way; "
		"no room for it: what it copies is unknown\n"
		"     0.000      31 worker          shares 50 pages (200 KiB) with others, 2 more are swapped out\n"
		"     0.000      31 worker          what it shares is unknown: its page tables may not be read\n"
		"     0.002      31 before          exec /usr/bin/ls (ls -l); "
		"since it was attached to, 9 copied\n";
	struct fixture *f = test->priv;
	struct own_look none = rec_look(31, 41, 0, false);

	none.may = 0;
	start_with(f, named, 2);
	attach_some(f);
	KUNIT_EXPECT_NULL(test, strstr(text_of_test(f), "attached"));
	FEED(f->model, rec_look(31, 41, 50, false));
	FEED(f->model, none);
	FEED(f->model, rec_exec(31, 41, 42, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	KUNIT_EXPECT_STREQ(test, text_of_test(f), text);
}

static void attached_to_all(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_exit late = rec_exit(32, 0, 0);
	const char *at;

	start_with(f, NULL, 0);
	attach_some(f);
	FEED(f->model, rec_clone(20, 33, 43));
	FEED(f->model, rec_look(31, 41, 50, false));
	attach_some(f);
	KUNIT_EXPECT_NULL(test, strstr(text_of_test(f), "attached"));
	late.hdr.ts = 100000701;
	FEED(f->model, late);
	at = strstr(text_of_test(f), "attached");
	KUNIT_ASSERT_NOT_NULL(test, at);
	KUNIT_EXPECT_EQ(test, strncmp(at, "attached to 6 processes, 4 before exec\n", 39), 0);
	/* Those that have done nothing have no row. */
	sum_up(f);
	KUNIT_EXPECT_NULL(test, strstr(text_of_test(f), "worker 31"));
}

/* Nothing follows them for a while. */
static void attached_are_told_by_the_clock(struct kunit *test)
{
	static const pid_t named[] = { 20 };
	struct fixture *f = test->priv;

	start_with(f, named, 1);
	FEED(f->model, rec_attach(20, 1, 40, 0));
	KUNIT_EXPECT_TRUE(test, sink_idle(f->sink, 150000700));
	KUNIT_EXPECT_NULL(test, strstr(text_of_test(f), "attached"));
	KUNIT_EXPECT_FALSE(test, sink_idle(f->sink, 150000701));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f), "attached to 1 process, 1 before"));
}

static void attached_in_the_tree(struct kunit *test)
{
	static const char cells[] =
		"gone 31  attached          -  unknown  9 (36 KiB)       unknown      3 (12 KiB)";
	static const pid_t named[] = { 20 };
	struct fixture *f = test->priv;
	const char *row;

	start_with(f, named, 1);
	attach_some(f);
	FEED(f->model, rec_exit(31, 41, 0));
	FEED(f->model, rec_end(41, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	sum_up(f);
	row = strstr(text_of_test(f), "\nworker 20 ");
	KUNIT_ASSERT_NOT_NULL(test, row);
	row = strstr(row, "gone 31 ");
	KUNIT_ASSERT_NOT_NULL(test, row);
	KUNIT_EXPECT_EQ(test, strncmp(row, cells, strlen(cells)), 0);
}

static void snapshots(struct kunit *test)
{
	static const char first[] =
		"     0.002                         0 are forked and before exec; "
		"extra memory 0 pages (0)\n";
	static const char second[] =
		"     0.002                         1 is forked and before exec; "
		"extra memory 6 pages (24 KiB)\n";
	struct fixture *f = test->priv;
	const char *end;

	start_with(f, NULL, 0);
	FEED(f->model, rec_snapped(0, true));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f), first));
	FEED(f->model, rec_clone(1, 7, 41));
	FEED(f->model, rec_snap(40, 0, 0));
	FEED(f->model, rec_snap(41, 40, CLEAVE_HAS_FIGURES));
	FEED(f->model, rec_snapped(0, true));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f), second));
	sum_up(f);
	end = strstr(text_of_test(f), "\nAlive at the end\n");
	KUNIT_ASSERT_NOT_NULL(test, end);
	KUNIT_EXPECT_NOT_NULL(test, strstr(end, "\nparent 7 "));
}

static void snapshots_with_times(struct kunit *test)
{
	static const char line[] =
		"extra memory 6 pages (24 KiB); 15.0 us in breaks\n";
	const struct cleave_spent child = { 5, 5, 12000, 4000 }, creator = { 2, 1, 3000, 3000 };
	struct fixture *f = test->priv;
	const char *end;

	model_time(f->model);
	start_with(f, NULL, 0);
	FEED(f->model, rec_clone(1, 7, 41));
	FEED(f->model, rec_timed(40, 0, 0, creator));
	FEED(f->model, rec_timed(41, 40, CLEAVE_HAS_FIGURES, child));
	FEED(f->model, rec_snapped(0, true));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f), line));
	sum_up(f);
	end = strstr(text_of_test(f), "\nAlive at the end\n");
	KUNIT_ASSERT_NOT_NULL(test, end);
	KUNIT_EXPECT_NOT_NULL(test, strstr(end, "12.0 us"));
}

static void try_path(struct fixture *f, pid_t tid, const char *path, int error, __u64 ts)
{
	struct cleave_exec x = rec_exec(tid, 5, error ? 5 : 6, 0);

	x.hdr.ts = ts;
	x.error = error;
	snprintf(x.path, sizeof(x.path), "%s", path);
	model_record(f->model, &x.hdr);
}

static void found_in_the_third(struct kunit *test)
{
	struct fixture *f = test->priv;

	try_path(f, 7, "/usr/local/bin/ls", ENOENT, 1000);
	try_path(f, 8, "/usr/local/bin/cat", ENOENT, 1500);
	try_path(f, 7, "/root/bin/ls", EACCES, 2000);
	KUNIT_EXPECT_STREQ(test, text_of_test(f), "");
	try_path(f, 7, "/bin/ls", 0, 3000);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f), "), found in the 3rd of 3 folders\n"));
	KUNIT_EXPECT_PTR_EQ(test, strchr(f->text, '\n'), &f->text[f->len - 1]);
	try_path(f, 8, "/bin/cat", 0, 4000);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f), "cat (ls -l), found in the 2nd of 2"));
	sum_up(f);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f), ": 3 had no line of their own\n"));
}

static void found_nowhere(struct kunit *test)
{
	static const char text[] =
		"     0.003       7 before          exec ls failed: Permission denied, in 3 folders, the last /bin\n"
		"     0.003       7 gone            ended with status 127\n";
	struct fixture *f = test->priv;

	try_path(f, 7, "/usr/local/bin/ls", ENOENT, 1000);
	try_path(f, 7, "/root/ls", EACCES, 2000);
	try_path(f, 7, "/bin/ls", ENOENT, 3000);
	FEED(f->model, rec_exit(7, 5, 127 << 8));
	KUNIT_EXPECT_STREQ(test, text_of_test(f), text);
}

/* Nothing is folded that is not of one call. */
static void tries_of_their_own(struct kunit *test)
{
	static const char text[] =
		"     0.001       7 before          exec /bin/a failed: No such file or directory\n"
		"     0.002       7 before          exec /bin/b failed: No such file or directory\n"
		"     0.003       7 before          exec /bin/b failed: No such file or directory\n"
		"     0.004       7 parent          forked 8 by clone(): shares 75 pages (300 KiB) copy-on-write, 1 copied at once, in 5 ns\n"
		"     0.005       7 before          exec /usr/bin/b (ls -l)\n"
		"     0.006       7 before          exec /bin/c failed: Argument list too long\n"
		"     0.007       7 before          exec c failed: No such file or directory\n"
		"     0.008       7 before          exec ./d failed: No such file or directory\n";
	struct fixture *f = test->priv;
	struct cleave_clone c = rec_clone(7, 8, 9);

	try_path(f, 7, "/bin/a", ENOENT, 1000);
	try_path(f, 7, "/bin/b", ENOENT, 2000);	/* another name */
	try_path(f, 7, "/bin/b", ENOENT, 3000);	/* the same once more */
	c.hdr.ts = 4000;
	model_record(f->model, &c.hdr);		/* something else between */
	try_path(f, 7, "/usr/bin/b", 0, 5000);
	try_path(f, 7, "/bin/c", E2BIG, 6000);	/* does not look on */
	try_path(f, 7, "c", ENOENT, 7000);	/* no folder */
	try_path(f, 7, "./d", ENOENT, 8000);	/* no folder of PATH */
	KUNIT_EXPECT_STREQ(test, text_of_test(f), text);
}

static void tries_are_told_in_time(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_clone c = rec_clone(1, 2, 3);
	size_t n = 0;
	const char *s;
	int i;

	try_path(f, 7, "/bin/a", ENOENT, 1000);
	c.hdr.ts = 100001001;
	model_record(f->model, &c.hdr);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f), "/bin/a failed"));
	for (i = 0; i < 2 * TRIES; i++)
		try_path(f, 100 + i, "/bin/b", ENOENT, 100002000 + i);
	for (s = text_of_test(f); (s = strstr(s, "/bin/b failed")); s++)
		n++;
	KUNIT_EXPECT_EQ(test, n, 1UL * TRIES);
	sum_up(f);
	for (n = 0, s = text_of_test(f); (s = strstr(s, "/bin/b failed")); s++)
		n++;
	KUNIT_EXPECT_EQ(test, n, 2UL * TRIES);
}

/* A call that is followed by nothing at all is told by the clock. */
static void tries_are_told_by_the_clock(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_FALSE(test, sink_idle(f->sink, 500));
	try_path(f, 7, "/bin/a", ENOENT, 1000);
	try_path(f, 8, "/bin/b", ENOENT, 2000);
	try_path(f, 7, "/usr/bin/a", ENOENT, 50000000);
	KUNIT_EXPECT_TRUE(test, sink_idle(f->sink, 150000000));
	KUNIT_EXPECT_STREQ(test, text_of_test(f), "");
	/* Not behind one that began before it and goes on. */
	KUNIT_EXPECT_TRUE(test, sink_idle(f->sink, 150002001));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f), "exec /bin/b failed"));
	KUNIT_EXPECT_NULL(test, strstr(f->text, "exec a failed"));
	KUNIT_EXPECT_FALSE(test, sink_idle(f->sink, 200000001));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f), "exec a failed: No such file"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, ", in 2 folders"));
}

static void what_is_cut(struct kunit *test)
{
	static const char text[] =
		"     0.002       7 before          exec /usr/bin/ls... (ls -l ...)\n"
		"     0.002       7 before          exec /usr/bin/ls... (...)\n";
	struct fixture *f = test->priv;
	struct cleave_exec x = rec_exec(7, 5, 6, CLEAVE_PATH_CUT | CLEAVE_ARGS_CUT);

	model_record(f->model, &x.hdr);
	x.args_len = 0;
	x.hdr.size = offsetof(struct cleave_exec, args);
	model_record(f->model, &x.hdr);
	KUNIT_EXPECT_STREQ(test, text_of_test(f), text);
}

/* Each of these alone, in the place of everything that a program can name. */
static const char *const hostile[] = {
	"\033[31mred", "\a", "a\nb", "\r", "\177", "\23331m", "\302\23331m",
	"\xc2\x80", "\342\200\256evil", "\xe2\x81\xa6", "\xe2\x81\xa9", "\xe2\x80\x8e",
	"\xe2\x80\x8f", "\xd8\x9c", "\xe2\x80\xaa", "\xe2\x80\xa8", "\xff\xfe", "\xc0\x9b",
	"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x80",
};

#define NR_HOSTILE	(sizeof(hostile) / sizeof(hostile[0]))

static bool harmless(const char *s)
{
	static const char *const bad[] = {
		"\xc2\x80", "\xc2\x9b", "\xe2\x80\xa8", "\xe2\x80\xaa", "\xe2\x80\xae",
		"\xe2\x81\xa6", "\xe2\x81\xa9", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xd8\x9c",
	};
	wchar_t wide[4096];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (strstr(s, bad[i]))
			return false;
	for (i = 0; s[i]; i++)
		if (((unsigned char)s[i] < 0x20 && s[i] != '\n') || s[i] == 0x7f)
			return false;
	/* Valid to its end, whatever its length. */
	while (*s) {
		size_t n = strcspn(s, "\n");
		char line[4096];

		if (n >= sizeof(line))
			return false;
		memcpy(line, s, n);
		line[n] = '\0';
		if (mbstowcs(wide, line, 4096) == (size_t)-1)
			return false;
		s += n + (s[n] == '\n');
	}
	return true;
}

static void feed_hostile(struct fixture *f, const char *evil)
{
	struct cleave_clone c = rec_clone(1, 7, 5);
	struct cleave_exec x = rec_exec(7, 5, 6, CLEAVE_HAS_FIGURES);
	struct cleave_exit e = rec_exit(7, 6, 0);
	struct text word = { evil, strlen(evil) };
	struct event start = {
		.type = EVENT_START,
		.start = { .backend = evil, .kernel = evil, .command = &word, .nr_words = 1 },
	};
	struct event end = { .type = EVENT_SUMMARY, .summary.backend = evil };

	sink_event(f->sink, &start);
	snprintf(c.comm, sizeof(c.comm), "%s", evil);
	snprintf(x.comm, sizeof(x.comm), "%s", evil);
	snprintf(e.comm, sizeof(e.comm), "%s", evil);
	snprintf(x.path, sizeof(x.path), "/%s/%s", evil, evil);
	x.args_len = snprintf(x.args, sizeof(x.args), "%s", evil) + 1;
	model_record(f->model, &c.hdr);
	x.error = ENOENT;
	model_record(f->model, &x.hdr);
	c.child_pid = 8;
	c.child_tid = 8;
	c.parent_tid = 7;
	c.parent_pid = 7;
	model_record(f->model, &c.hdr);
	x.error = 0;
	model_record(f->model, &x.hdr);
	model_record(f->model, &e.hdr);
	sink_event(f->sink, &end);
}

static void nothing_foreign_gets_through(struct kunit *test)
{
	struct fixture *f = test->priv;
	size_t i;

	for (i = 0; i < NR_HOSTILE; i++)
		feed_hostile(f, hostile[i]);
	KUNIT_EXPECT_TRUE(test, harmless(text_of_test(f)));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "(?[31mred)"));
}

/* In a locale without UTF-8, only ASCII. */
static void only_ascii(struct kunit *test)
{
	struct fixture *f;
	size_t i;

	setlocale(LC_ALL, "C");
	f = fixture_new(test, sink_text);
	for (i = 0; i < NR_HOSTILE; i++)
		feed_hostile(f, hostile[i]);
	feed_hostile(f, "\xc3\xa4");
	for (i = 0; text_of_test(f)[i]; i++)
		if ((unsigned char)f->text[i] >= 0x7f)
			break;
	KUNIT_EXPECT_EQ(test, i, f->len);
	fixture_free(f);
}

static void summary_alone(struct kunit *test)
{
	struct fixture *f = fixture_new(test, sink_summary);

	feed_hostile(f, "ok");
	KUNIT_EXPECT_EQ(test, strncmp(text_of_test(f), "\nProcesses\n", 11), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "\u2514\u2500 ok 8 "));
	fixture_free(f);
}

static void wrapped(struct kunit *test)
{
	static const char text[] =
		"\033[2mone\033[0m two \xc3\xa4\xc3\xa4\xc3\xa4 four five-is-too-long-for-it";
	static const char want[] =
		"\033[2mone\033[0m two \xc3\xa4\xc3\xa4\xc3\xa4\n"
		"  four\n"
		"  five-is-to\n"
		"  o-long-for\n"
		"  -it\n";
	char *got = NULL;
	size_t len;
	struct page p = { .f = open_memstream(&got, &len), .columns = 12 };

	page_wrap(&p, text, sizeof(text) - 1, 2);
	fclose(p.f);
	KUNIT_EXPECT_STREQ(test, got, want);
	free(got);
}

/* Every line fits, and says what did not. */
static void narrow(struct kunit *test)
{
	struct tree *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct proc_ref root = { .pid = 149, .comm = "bash" }, child = { .pid = 150, .comm = "ls" };
	struct event e = {
		.type = EVENT_CLONE,
		.clone = {
			.parent = &root, .child = &child, .made = true, .has_pages = true,
			.pages.shared = 12345, .flags = 0x3d0f00, .duration_ns = 1234567,
		},
	};
	struct fixture *f = test->priv;
	struct page p = { .f = f->out.f, .known = &f->known };
	unsigned int wide = 0, columns;
	const char *s;

	tree_init(t);
	tree_add(t, &root);
	tree_clone(t, &e);
	for (columns = 70; columns <= 130; columns += 30) {
		p.columns = columns;
		rewind(f->out.f);
		text_tree(&p, t, false);
		for (s = text_of_test(f); *s; s += strcspn(s, "\n") + 1)
			KUNIT_EXPECT_LE(test, strcspn(s, "\n"), 1UL * columns);
		wide += !strstr(f->text, "left out");
	}
	KUNIT_EXPECT_EQ(test, wide, 1U);
	tree_free(t);
}

/* What is behind a loss is said only where there is one. */
static void lost(struct kunit *test)
{
	static const char spaces[] = "3 (the ledger was full: not in the totals); what they break";
	static const char probes[] = "2 did not run: where that was a clone, its child";
	struct fixture *f = test->priv;
	struct page p = { .f = f->out.f, .columns = 200, .known = &f->known };
	struct ev_lost e = {};

	text_lost(&p, &e);
	KUNIT_EXPECT_NULL(test, strstr(text_of_test(f), "missing as well"));
	KUNIT_EXPECT_NULL(test, strstr(f->text, "has no creator"));
	e.spaces = 3;
	e.missed = 2;
	text_lost(&p, &e);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f), spaces));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, probes));
}

static void end_with(struct fixture *f, pid_t pid, __u64 as, __u32 what)
{
	FEED(f->model, rec_clone(1, pid, as));
	FEED(f->model, rec_exit(pid, as, 0));
	FEED(f->model, rec_end(as, what));
}

/* What a creator without an entry broke is unknown, in the line and in the tree. */
static void lost_creator(struct kunit *test)
{
	struct fixture *f = test->priv;
	const char *row;
	size_t mark;

	end_with(f, 7, 5, CLEAVE_HAS_FIGURES);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f), "; its creator copied 3"));
	mark = f->len;
	end_with(f, 8, 6, CLEAVE_HAS_FIGURES | CLEAVE_NO_CREATOR);
	KUNIT_EXPECT_NULL(test, strstr(text_of_test(f) + mark, "its creator copied"));
	sum_up(f);
	row = strstr(text_of_test(f) + mark, "gone 8  clone");
	KUNIT_ASSERT_NOT_NULL(test, row);
	KUNIT_EXPECT_NOT_NULL(test, memmem(row, strcspn(row, "\n"), "unknown", 7));
}

/* What has no row and no letter is counted. */
static void full_tree(struct kunit *test)
{
	struct tree *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct proc_ref root = { .pid = 149, .comm = "bash" };
	struct proc_ref *child = kunit_kzalloc(test, TREE_NODES * sizeof(*child), GFP_KERNEL);
	struct event e = {
		.type = EVENT_CLONE, .clone = { .parent = &root, .made = true },
	};
	struct fixture *f = test->priv;
	struct page p = { .f = f->out.f, .known = &f->known };
	int i;

	tree_init(t);
	tree_add(t, &root);
	for (i = 0; i < TREE_NODES; i++) {
		e.clone.child = &child[i];
		e.clone.flags = i < 300 ? i << 8 : 0;
		tree_clone(t, &e);
	}
	/* Of one whose creator has a row, and of one whose creator has none. */
	e.clone.child = NULL;
	tree_clone(t, &e);
	e.clone.parent = &child[TREE_NODES - 1];
	tree_clone(t, &e);
	text_tree(&p, t, false);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text_of_test(f),
					   "\n1 thread has no row, as there are too many\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "2 more, various, with 1 below"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "\n[iu] "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "\n?   made in other ways"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "there are too many of: 45\n"));
	tree_free(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(lines),
	KUNIT_CASE(found_in_the_third),
	KUNIT_CASE(found_nowhere),
	KUNIT_CASE(tries_of_their_own),
	KUNIT_CASE(tries_are_told_in_time),
	KUNIT_CASE(tries_are_told_by_the_clock),
	KUNIT_CASE(what_is_cut),
	KUNIT_CASE(nothing_foreign_gets_through),
	KUNIT_CASE(only_ascii),
	KUNIT_CASE(summary_alone),
	KUNIT_CASE(wrapped),
	KUNIT_CASE(narrow),
	KUNIT_CASE(lost),
	KUNIT_CASE(lost_creator),
	KUNIT_CASE(page_tables),
	KUNIT_CASE(attached),
	KUNIT_CASE(attached_to_all),
	KUNIT_CASE(attached_are_told_by_the_clock),
	KUNIT_CASE(attached_in_the_tree),
	KUNIT_CASE(snapshots),
	KUNIT_CASE(snapshots_with_times),
	KUNIT_CASE(full_tree),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_text",
	.init = make_text,
	.exit = drop,
	.test_cases = cases,
};

kunit_test_suite(suite);
