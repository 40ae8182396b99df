// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_filter.c - what of a small trace is shown, by name, cgroup, kind and pages; and that
 * all of it is counted.
 *
 * Build: with user/sink/{filter,text,text_page,text_tree,text_tries,text_attach}.c,
 * user/sink/{watch_view,watch_print,text_totals,text_times,text_curves}.c,
 * user/agg/{tree,fold,families,live,curves}.c,
 * user/core/{model,cgroups,convert,flags,known,times}.c, user/source/hooks.c and
 * user/lib/{fmt,line,table,utf8,out,hash}.c.
 */
#include <locale.h>

#include "records.h"
#include "shim.h"
#include "sink/filter.h"

/* What comes through, in short; in brackets what comes past it. */
struct log {
	struct sink s;
	char text[1024];
	struct ev_snapshot last;
	__u64 spaces[4];
	struct ev_summary sum;
	bool flushed;
};

struct fix {
	struct log *log;
	struct filter f;
	struct sink *filter;
	struct known known;
	struct model *m;
};

static void put(struct log *l, const char *before, const struct event *e, const char *behind)
{
	size_t at = strlen(l->text);
	char what[64] = "";

	switch (e->type) {
	case EVENT_CLONE:
		snprintf(what, sizeof(what), "clone%d", e->clone.child_tid);
		break;
	case EVENT_EXEC:
		snprintf(what, sizeof(what), "exec%d", e->exec.pid);
		break;
	case EVENT_EXIT:
		snprintf(what, sizeof(what), "exit%d", e->exit.pid);
		break;
	case EVENT_GONE:
		snprintf(what, sizeof(what), "gone%d", e->gone.pid);
		break;
	case EVENT_BREAK:
		snprintf(what, sizeof(what), "break%d", e->brk.tid);
		break;
	case EVENT_ATTACH:
		snprintf(what, sizeof(what), "attach%d", e->attach.pid);
		break;
	case EVENT_LOOK:
		snprintf(what, sizeof(what), "look%d", e->look.pid);
		break;
	default:
		return;
	}
	snprintf(l->text + at, sizeof(l->text) - at, "%s%s%s%s", at ? " " : "", before, what,
		 behind);
}

static void log_event(struct sink *s, const struct event *e)
{
	struct log *l = (struct log *)s;
	__u32 i;

	put(l, "", e, "");
	if (e->type == EVENT_SUMMARY)
		l->sum = e->summary;
	if (e->type != EVENT_SNAPSHOT)
		return;
	l->last = e->snapshot;
	for (i = 0; i < e->snapshot.nr_spaces && i < 4; i++)
		l->spaces[i] = e->snapshot.spaces[i].space;
}

static void log_aside(struct sink *s, const struct event *e)
{
	put((struct log *)s, "[", e, "]");
}

static void log_flush(struct sink *s)
{
	((struct log *)s)->flushed = true;
}

static void log_free(struct sink *s)
{
	free(s);
}

static const struct sink_ops log_ops = {
	.event = log_event,
	.aside = log_aside,
	.flush = log_flush,
	.free = log_free,
};

static int fix_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct fix), GFP_KERNEL);
	return 0;
}

static void fix_exit(struct kunit *test)
{
	struct fix *f = test->priv;

	model_free(f->m);
	if (f->filter)
		f->filter->ops->free(f->filter);
}

static void begin(struct fix *f, const struct filter *how)
{
	fix_exit(&(struct kunit) { .priv = f });
	known_all(&f->known);
	f->log = calloc(1, sizeof(*f->log));
	f->log->s.ops = &log_ops;
	f->log->s.known = &f->known;
	f->f = *how;
	f->filter = sink_filter(&f->log->s, &f->f);
	f->m = model_new(f->filter, &f->known);
}

static void clone_in(struct fix *f, pid_t parent, pid_t child, __u64 as, __u64 cgroup,
		     __u64 pages)
{
	struct cleave_clone c = rec_clone(parent, child, as);

	c.cgroup = cgroup;
	c.pages = (struct cleave_pages) { .anon = pages };
	FEED(f->m, c);
}

static void exec_in(struct fix *f, pid_t pid, __u64 as, __u64 cgroup, const char *path)
{
	struct cleave_exec x = rec_exec(pid, as, as + 100, 0);

	x.cgroup = cgroup;
	snprintf(x.path, sizeof(x.path), "%s", path);
	snprintf(x.comm, sizeof(x.comm), "parent");
	FEED(f->m, x);
}

/*
 * 1, in /a: forks 2, which makes and moves to /a/b and execs "gcc"; 3 by vfork(), which
 * execs "gdb" in /ab; a thread, 4; 5, which is somewhere.
 */
static const char *play(struct fix *f)
{
	struct cleave_exit x = rec_exit(3, 103, 0);
	struct cleave_clone c;

	FEED(f->m, rec_cgroup(70, "/a"));
	FEED(f->m, rec_cgroup(71, "/a/b"));
	FEED(f->m, rec_cgroup(72, "/ab"));
	clone_in(f, 1, 2, 2, 70, 1000);
	exec_in(f, 2, 2, 71, "/usr/bin/gcc");
	c = rec_vfork(1, 3, 1);
	c.cgroup = 70;
	FEED(f->m, c);
	exec_in(f, 3, 1, 72, "/usr/bin/gdb");
	c = rec_vfork(1, 4, 1);
	c.kind = CLEAVE_KIND_THREAD;
	c.child_pid = 1;
	c.cgroup = 70;
	FEED(f->m, c);
	clone_in(f, 5, 6, 6, 0, 999);
	memcpy(x.comm, "gdb", 4);
	FEED(f->m, x);
	return f->log->text;
}

#define CHECK(test, want, ...)						\
	do {								\
		begin((test)->priv, &(struct filter) { __VA_ARGS__ });	\
		KUNIT_EXPECT_STREQ(test, play((test)->priv), want);	\
	} while (0)

static void nothing_to_filter(struct kunit *test)
{
	struct fix *f = test->priv;

	begin(f, &(struct filter) { .comm = NULL });
	KUNIT_EXPECT_PTR_EQ(test, f->filter, &f->log->s);
	KUNIT_EXPECT_NULL(test, sink_filter(NULL, &f->f));
}

/* By its name of now, and of an exec before it, too. */
static void by_name(struct kunit *test)
{
	CHECK(test, "[clone2] exec2 [clone3] [exec3] [clone4] [clone6] [exit3]", .comm = "gcc");
	CHECK(test, "[clone2] exec2 [clone3] exec3 [clone4] [clone6] exit3", .comm = "g[cd]?");
	CHECK(test, "clone2 exec2 clone3 exec3 clone4 clone6 [exit3]", .comm = "par*");
	CHECK(test, "[clone2] [exec2] [clone3] [exec3] [clone4] [clone6] [exit3]", .comm = "g");
}

/* With what is below it, and not with what has a name that begins so. */
static void by_cgroup(struct kunit *test)
{
	CHECK(test, "clone2 exec2 clone3 [exec3] clone4 [clone6] [exit3]", .cgroup = "/a");
	CHECK(test, "[clone2] exec2 [clone3] [exec3] [clone4] [clone6] [exit3]",
	      .cgroup = "/a/b");
	CHECK(test, "[clone2] [exec2] [clone3] exec3 [clone4] [clone6] exit3",
	      .cgroup = "/ab");
	CHECK(test, "clone2 exec2 clone3 exec3 clone4 [clone6] exit3", .cgroup = "/");
}

static void by_kind(struct kunit *test)
{
	CHECK(test, "clone2 exec2 [clone3] [exec3] [clone4] clone6 [exit3]",
	      .kinds = 1U << CLEAVE_KIND_PROCESS);
	CHECK(test, "[clone2] [exec2] clone3 exec3 clone4 [clone6] exit3",
	      .kinds = 1U << CLEAVE_KIND_VFORK | 1U << CLEAVE_KIND_THREAD);
}

static void by_pages(struct kunit *test)
{
	CHECK(test, "clone2 exec2 [clone3] [exec3] [clone4] [clone6] [exit3]",
	      .min_pages = 1000);
	CHECK(test, "clone2 exec2 [clone3] [exec3] [clone4] clone6 [exit3]", .min_pages = 999);
}

/* Each condition has to fit. */
static void by_several(struct kunit *test)
{
	CHECK(test, "[clone2] exec2 [clone3] [exec3] [clone4] [clone6] [exit3]", .comm = "g*",
	      .cgroup = "/a");
	CHECK(test, "[clone2] [exec2] [clone3] exec3 [clone4] [clone6] exit3", .comm = "g*",
	      .kinds = 1U << CLEAVE_KIND_VFORK);
}

/* Figures that are not known fit nothing. */
static void unknown(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_break b = {
		.hdr = { .type = CLEAVE_REC_BREAK, .size = sizeof(b) }, .pid = 9, .tid = 9,
	};

	begin(f, &(struct filter) { .min_pages = 1 });
	f->known.shared = false;
	KUNIT_EXPECT_STREQ(test, play(f),
			   "[clone2] [exec2] [clone3] [exec3] [clone4] [clone6] [exit3]");
	begin(f, &(struct filter) { .comm = "*" });
	FEED(f->m, b);
	KUNIT_EXPECT_STREQ(test, f->log->text, "[break9]");
}

/* Of what was there before, what it shares is looked up; how it was made, nobody knows. */
static void attached(struct kunit *test)
{
	struct fix *f = test->priv;

	begin(f, &(struct filter) { .min_pages = 50 });
	FEED(f->m, rec_attach(20, 1, 40, 0));
	FEED(f->m, rec_attach(30, 20, 41, 40));
	FEED(f->m, rec_look(20, 40, 49, false));
	FEED(f->m, rec_look(30, 41, 50, false));
	FEED(f->m, rec_exit(30, 41, 0));
	FEED(f->m, rec_end(41, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	KUNIT_EXPECT_STREQ(test, f->log->text,
			   "[attach20] [attach30] [look20] look30 exit30");
	begin(f, &(struct filter) { .kinds = 1U << CLEAVE_KIND_PROCESS });
	FEED(f->m, rec_attach(30, 20, 41, 40));
	KUNIT_EXPECT_STREQ(test, f->log->text, "[attach30]");
}

static const struct ev_snapshot *snap(struct fix *f, const struct filter *how)
{
	begin(f, how);
	play(f);
	clone_in(f, 1, 7, 7, 70, 10);
	clone_in(f, 6, 8, 8, 0, 10);
	FEED(f->m, rec_snap(7, 1, CLEAVE_HAS_FIGURES));
	FEED(f->m, rec_snap(8, 6, CLEAVE_HAS_FIGURES));
	FEED(f->m, rec_snap(9, 6, CLEAVE_HAS_FIGURES));
	FEED(f->m, rec_snapped(3, true));
	return &f->log->last;
}

/* Rows and families are chosen; the sums are of all. */
static void snapshots(struct kunit *test)
{
	struct fix *f = test->priv;
	const struct ev_snapshot *s;
	__u64 extra, peak;

	s = snap(f, &(struct filter) { .comm = NULL });
	KUNIT_EXPECT_FALSE(test, s->has_left_out);
	KUNIT_EXPECT_EQ(test, s->nr_spaces, 3U);
	KUNIT_EXPECT_EQ(test, s->nr_families, 2U);
	extra = s->extra;
	peak = s->peak;
	/* Each of the three has copied 4. */
	KUNIT_EXPECT_GE(test, extra, 3 * 4ULL);
	s = snap(f, &(struct filter) { .cgroup = "/a" });
	KUNIT_EXPECT_TRUE(test, s->has_left_out);
	KUNIT_EXPECT_EQ(test, s->nr_spaces, 1U);
	KUNIT_EXPECT_EQ(test, f->log->spaces[0], 7ULL);
	KUNIT_EXPECT_EQ(test, s->left_out, 2ULL);
	KUNIT_EXPECT_EQ(test, s->nr_families, 1U);
	KUNIT_EXPECT_EQ(test, s->extra, extra);
	KUNIT_EXPECT_EQ(test, s->peak, peak);
}

static void sums(struct kunit *test)
{
	struct event e = { .type = EVENT_SUMMARY, .summary.totals.exits = 17 };
	struct fix *f = test->priv;

	begin(f, &(struct filter) { .comm = "gcc" });
	play(f);
	sink_event(f->filter, &e);
	KUNIT_EXPECT_TRUE(test, f->log->sum.has_left_out);
	KUNIT_EXPECT_EQ(test, f->log->sum.left_out, 6ULL);
	KUNIT_EXPECT_EQ(test, f->log->sum.totals.exits, 17ULL);
	sink_flush(f->filter);
	KUNIT_EXPECT_TRUE(test, f->log->flushed);
	KUNIT_EXPECT_EQ(test, sink_fd(f->filter), -1);
	KUNIT_EXPECT_FALSE(test, sink_idle(f->filter, 1));
}

/* The rows of those that are shown, and of those that they come from. */
static void text(struct kunit *test)
{
	struct event start = { .type = EVENT_START, .ts = 500, .start.backend = "bpf",
			       .start.kernel = "6.1" };
	struct event end = { .type = EVENT_SUMMARY, .ts = 9000, .summary.backend = "bpf" };
	const struct filter how = { .comm = "gcc" };
	struct out out = { .fd = -1 };
	struct known known;
	struct fix *f = test->priv;
	struct sink *s;
	char *made = NULL;
	size_t len = 0;

	setlocale(LC_ALL, "C");
	known_all(&known);
	out.f = open_memstream(&made, &len);
	s = sink_filter(sink_text(&out, &known), &how);
	f->m = model_new(s, &known);
	f->log = calloc(1, sizeof(*f->log));
	sink_event(s, &start);
	play(f);
	free(f->log);
	sink_event(s, &end);
	fflush(out.f);
	KUNIT_EXPECT_NOT_NULL(test, strstr(made, "exec /usr/bin/gcc"));
	KUNIT_EXPECT_NULL(test, strstr(made, "exec /usr/bin/gdb"));
	KUNIT_EXPECT_NULL(test, strstr(made, "forked 6"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(made, "\n4 rows are left out, as the options "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(made, "\nparent 1 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(made, "\n`- gcc 2  clone [a] "));
	KUNIT_EXPECT_NULL(test, strstr(made, "gdb 3"));
	KUNIT_EXPECT_NULL(test, strstr(made, "1 thread"));
	KUNIT_EXPECT_NULL(test, strstr(made, "[b] "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(made, "\n6 events are left out, as the options "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(made, ": the totals have them all the same\n"));
	model_free(f->m);
	f->m = NULL;
	f->filter = NULL;
	s->ops->free(s);
	out_close(&out);
	free(made);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(nothing_to_filter),
	KUNIT_CASE(by_name),
	KUNIT_CASE(by_cgroup),
	KUNIT_CASE(by_kind),
	KUNIT_CASE(by_pages),
	KUNIT_CASE(by_several),
	KUNIT_CASE(unknown),
	KUNIT_CASE(attached),
	KUNIT_CASE(snapshots),
	KUNIT_CASE(sums),
	KUNIT_CASE(text),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_filter",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
