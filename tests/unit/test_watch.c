// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_watch.c - rows of a snapshot: what they say, in which order, and what goes
 * where there is little room.
 *
 * Build: with user/sink/{watch_view,watch_print,text_page}.c,
 * user/lib/{hash,fmt,line,table,utf8}.c.
 */

#include <stdlib.h>
#include <time.h>

#include "shim.h"
#include "records.h"
#include "sink/watch.h"

#define MS	1000000ULL
#define BEGIN	(5000 * MS)
#define LINES	64

/**
 * struct fix - a snapshot and what is printed of it
 * @known: all, at first
 * @v: the view
 * @p: the page
 * @e: the snapshot
 * @spaces: in it
 * @families: in it
 * @text: what was printed, a line each
 * @line: these
 * @nr: how many
 */
struct fix {
	struct known known;
	struct watch_view v;
	struct page p;
	struct event e;
	struct ev_space spaces[32];
	struct ev_family families[32];
	char text[16384];
	char *line[LINES];
	size_t nr;
};

static int set_up(struct kunit *test)
{
	struct fix *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct event start = {
		.type = EVENT_START, .ts = BEGIN,
		.start = { .backend = "bpf", .wall_ns = 1700000000000 * MS },
	};

	if (!f)
		return -1;
	setenv("TZ", "UTC", 1);
	test->priv = f;
	known_all(&f->known);
	f->p.known = &f->known;
	watch_init(&f->v, &f->known, WATCH_RATE);
	watch_start(&f->v, &start);
	f->e = (struct event) {
		.type = EVENT_SNAPSHOT, .ts = BEGIN + 1000 * MS,
		.snapshot = {
			.spaces = f->spaces, .families = f->families, .totals_known = true,
		},
	};
	return 0;
}

static void tear_down(struct kunit *test)
{
	watch_free(&((struct fix *)test->priv)->v);
}

static struct text text_of(const char *s)
{
	return (struct text) { s, strlen(s) };
}

/* One more, cloned when tracing began; @copied by itself. */
static struct ev_space *space(struct fix *f, __u64 id, const char *comm, __u64 copied)
{
	struct ev_space *s = &f->spaces[f->e.snapshot.nr_spaces++];

	*s = (struct ev_space) {
		.pid = (pid_t)(100 + id), .space = id, .comm = text_of(comm),
		.aged = true, .age_ns = 1000 * MS, .base_known = true, .from = SHARED_CLONE,
		.shared = 1000, .shared_most = 1000 - copied, .shared_estimate = 990 - copied,
		.estimate_known = true, .creator_known = true, .creator_space = 1,
		.creator_pid = 42,
	};
	s->cow[CLEAVE_COPIED] = copied;
	return s;
}

static struct ev_family *family(struct fix *f, __u64 id, const char *comm, __u64 extra)
{
	struct ev_family *k = &f->families[f->e.snapshot.nr_families++];

	*k = (struct ev_family) {
		.pid = (pid_t)(41 + id), .space = id, .comm = text_of(comm), .children = 2,
		.extra = extra, .peak = 2 * extra,
	};
	return k;
}

static void print(struct fix *f, unsigned int columns, unsigned int lines)
{
	char *at;

	f->p.columns = columns;
	memset(f->text, 0, sizeof(f->text));
	f->p.f = fmemopen(f->text, sizeof(f->text) - 1, "w");
	watch_print(&f->v, &f->p, lines);
	fclose(f->p.f);
	f->nr = 0;
	for (at = f->text; *at && f->nr < LINES;) {
		f->line[f->nr++] = at;
		at = strchr(at, '\n');
		*at++ = '\0';
	}
}

static bool begins(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

static bool plain(char c)
{
	return c >= ' ' && c < 0x7f;
}

static void take(struct fix *f)
{
	watch_take(&f->v, &f->e);
}

static void rows(struct kunit *test)
{
	struct fix *f = test->priv;
	struct ev_space *s = space(f, 2, "writer", 100);

	s->creator_cow[CLEAVE_COPIED] = 10;
	s->clones = 3;
	f->e.snapshot.clones = 5;
	f->e.snapshot.lost = 7;
	f->e.snapshot.extra = 110;
	f->e.snapshot.peak = 256;
	family(f, 1, "server", 110);
	take(f);
	print(f, 0, 0);
	KUNIT_ASSERT_EQ(test, f->nr, 6UL);
	KUNIT_EXPECT_STREQ(test, f->line[0],
			   "2023-11-14 22:13:21  1 forked address space before exec, of 1 creator; by bpf");
	KUNIT_EXPECT_STREQ(test, f->line[1],
			   "process     of             age    shared      most  estimate    copied   creator    KiB/s  clones");
	KUNIT_EXPECT_STREQ(test, f->line[2],
			   "writer 102  server 42   1.00 s  3.91 MiB  3.52 MiB  3.48 MiB   400 KiB    40 KiB      440       3");
	KUNIT_EXPECT_STREQ(test, f->line[3],
			   "family of  children     extra      peak");
	KUNIT_EXPECT_STREQ(test, f->line[4],
			   "server 42         2   440 KiB   880 KiB");
	KUNIT_EXPECT_STREQ(test, f->line[5],
			   "all: extra 440 KiB, peak 1.00 MiB; forks/s 5.0; lost 7");
}

static void none(struct kunit *test)
{
	struct fix *f = test->priv;

	take(f);
	print(f, 0, 0);
	KUNIT_ASSERT_EQ(test, f->nr, 3UL);
	KUNIT_EXPECT_STREQ(test, f->line[0],
			   "2023-11-14 22:13:21  0 forked address spaces before exec, of 0 creators; by bpf");
	KUNIT_EXPECT_STREQ(test, f->line[2], "all: extra 0, peak 0; forks/s 0; lost 0");
}

/* The cell of a row that stands below a heading's last letter, without its blanks. */
static const char *cell(struct fix *f, size_t row, enum watch_column c)
{
	static char buf[32];
	const char *head = strstr(f->line[1], watch_names[c]);
	size_t to, from;

	if (!head)
		return "not there";
	to = head - f->line[1] + strlen(watch_names[c]);
	if (c <= WATCH_OF)
		to = head - f->line[1] + strcspn(f->line[row] + (head - f->line[1]), " ");
	for (from = to; from && (f->line[row][from - 1] != ' ' ||
				 (from > 1 && f->line[row][from - 2] != ' ')); from--)
		;
	snprintf(buf, sizeof(buf), "%.*s", (int)(to - from), f->line[row] + from);
	return buf;
}

static void unknown(struct kunit *test)
{
	static const enum watch_column all[] = {
		WATCH_PROCESS, WATCH_OF, WATCH_AGE, WATCH_SHARED, WATCH_MOST, WATCH_ESTIMATE,
		WATCH_CREATOR,
	};
	struct fix *f = test->priv;
	struct ev_space *s = space(f, 2, "", 0);
	size_t i;

	s->pid = 0;
	s->aged = false;
	s->base_known = false;
	s->estimate_known = false;
	s->from = SHARED_UNKNOWN;
	s->creator_known = false;
	s->creator_space = 0;
	s->attached = true;
	f->e.snapshot.totals_known = false;
	take(f);
	print(f, 0, 0);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		KUNIT_EXPECT_STREQ(test, cell(f, 2, all[i]), "?");
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_COPIED), "0");
	KUNIT_EXPECT_STREQ(test, f->line[3], "all: extra 0, peak 0; forks/s ?; lost ?");
}

/* A hook is not in place: what depends on it is not 0. */
static void not_counted(struct kunit *test)
{
	struct fix *f = test->priv;

	f->known.outcome[CLEAVE_COPIED] = false;
	f->known.both_copied = false;
	space(f, 2, "a", 0);
	family(f, 1, "server", 0);
	take(f);
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_SHARED), "3.91 MiB");
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_MOST), "?");
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_COPIED), "?");
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_RATE), "?");
	KUNIT_EXPECT_STREQ(test, f->line[5], "all: extra ?, peak ?; forks/s 0; lost 0");
	f->known.shared = false;
	f->known.clones = false;
	take(f);
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_SHARED), "?");
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_CLONES), "?");
}

static void looked_up(struct kunit *test)
{
	struct fix *f = test->priv;
	struct ev_space *s = space(f, 2, "a", 0);

	take(f);
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_NOW), "not there");
	KUNIT_EXPECT_NULL(test, strchr(f->line[2], '*'));
	s->attached = true;
	s->from = SHARED_LOOK;
	s->looked = true;
	s->shared_now = 5;
	space(f, 3, "b", 0);
	take(f);
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_NOW), "20 KiB");
	KUNIT_EXPECT_STREQ(test, cell(f, 3, WATCH_NOW), "?");
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_SHARED), "3.91 MiB*");
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->line[4], "*: when it was attached to"));
}

static void again(struct fix *f, unsigned int ms)
{
	f->e.ts += ms * MS;
	take(f);
}

/* KiB copied a second, by both sides, since the snapshot before. */
static void rates(struct kunit *test)
{
	struct fix *f = test->priv;
	struct ev_space *s = space(f, 2, "a", 100);

	take(f);
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_RATE), "400");
	again(f, 1000);
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_RATE), "0");
	s->cow[CLEAVE_COPIED] += 1;
	s->creator_cow[CLEAVE_COPIED] += 2;
	again(f, 500);
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_RATE), "24.0");
	s->cow[CLEAVE_COPIED] += 1;
	again(f, 1000000);
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_RATE), "0.1");
	/* No time has gone by. */
	again(f, 0);
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_RATE), "?");
}

/* What its creator copies is in neither figure, so neither is known. */
static void of_an_unknown_creator(struct kunit *test)
{
	struct fix *f = test->priv;
	struct ev_space *s = space(f, 2, "a", 100);

	s->creator_known = false;
	s->creator_space = 0;
	s->estimate_known = false;
	take(f);
	s->cow[CLEAVE_COPIED] += 5;
	again(f, 1000);
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_MOST), "3.52 MiB");
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_ESTIMATE), "?");
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_COPIED), "420 KiB");
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_RATE), "?");
}

static void rates_of_new_ones(struct kunit *test)
{
	struct fix *f = test->priv;
	struct ev_space *s;

	take(f);
	/* Made since then: all is of this second. */
	s = space(f, 2, "new", 10);
	s->age_ns = 400 * MS;
	/* It was there, and nobody knows what it had copied by then. */
	s = space(f, 3, "old", 10);
	s->age_ns = 1500 * MS;
	s = space(f, 4, "attached", 10);
	s->attached = true;
	again(f, 1000);
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_RATE), "40.0");
	KUNIT_EXPECT_STREQ(test, cell(f, 3, WATCH_RATE), "?");
	KUNIT_EXPECT_STREQ(test, cell(f, 4, WATCH_RATE), "?");
	again(f, 1000);
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 3, WATCH_RATE), "0");
}

/* Pids of the rows, in their order. */
static const char *order(struct fix *f, enum watch_column sort)
{
	static char buf[256];
	size_t i, len = 0;

	f->v.sort = sort;
	take(f);
	buf[0] = '\0';
	for (i = 0; i < f->v.nr_rows; i++)
		len += snprintf(buf + len, sizeof(buf) - len, "%d ", f->v.rows[i]->pid);
	return buf;
}

static void sorted(struct kunit *test)
{
	struct fix *f = test->priv;
	struct ev_space *s;

	family(f, 1, "server", 0);
	family(f, 9, "apache", 0);
	space(f, 2, "c", 5);
	s = space(f, 3, "a", 5);
	s->creator_cow[CLEAVE_COPIED] = 1;
	s->clones = 4;
	s = space(f, 4, "b", 300);
	s->creator_space = 9;
	s->age_ns = 3000 * MS;
	s = space(f, 5, "a", 4);
	s->base_known = false;
	s->creator_space = 0;
	KUNIT_EXPECT_STREQ(test, order(f, WATCH_RATE), "104 103 102 105 ");
	f->e.ts += 1000 * MS;
	/* All have a rate of 0: what was copied decides. */
	KUNIT_EXPECT_STREQ(test, order(f, WATCH_RATE), "104 103 102 105 ");
	KUNIT_EXPECT_STREQ(test, order(f, WATCH_PROCESS), "103 105 104 102 ");
	KUNIT_EXPECT_STREQ(test, order(f, WATCH_OF), "104 103 102 105 ");
	KUNIT_EXPECT_STREQ(test, order(f, WATCH_CLONES), "103 104 102 105 ");
	KUNIT_EXPECT_STREQ(test, order(f, WATCH_MOST), "103 102 104 105 ");
	KUNIT_EXPECT_STREQ(test, order(f, WATCH_AGE), "104 103 102 105 ");
	KUNIT_EXPECT_STREQ(test, order(f, WATCH_CREATOR), "103 104 102 105 ");
}

/* What its creator copies nobody knows, but what it copies itself. */
static void unknown_and_busy(struct kunit *test)
{
	struct fix *f = test->priv;
	struct ev_space *idle, *busy;

	idle = space(f, 2, "idle", 100);
	idle->creator_cow[CLEAVE_COPIED] = 7;
	busy = space(f, 3, "busy", 10);
	busy->creator_known = false;
	busy->creator_space = 0;
	KUNIT_EXPECT_STREQ(test, order(f, WATCH_RATE), "102 103 ");
	f->e.ts += 1000 * MS;
	busy->cow[CLEAVE_COPIED] += 20;
	KUNIT_EXPECT_STREQ(test, order(f, WATCH_RATE), "103 102 ");
	print(f, 0, 0);
	KUNIT_EXPECT_STREQ(test, cell(f, 2, WATCH_RATE), "?");
	KUNIT_EXPECT_STREQ(test, cell(f, 3, WATCH_RATE), "0");
	/* Equally busy, as far as anybody knows. */
	f->e.ts += 1000 * MS;
	busy->cow[CLEAVE_COPIED] += 20;
	idle->cow[CLEAVE_COPIED] += 20;
	KUNIT_EXPECT_STREQ(test, order(f, WATCH_RATE), "102 103 ");
}

static void columns_by_name(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, watch_column("process"), WATCH_PROCESS);
	KUNIT_EXPECT_EQ(test, watch_column("KiB/s"), WATCH_RATE);
	KUNIT_EXPECT_EQ(test, watch_column("kib/s"), WATCH_RATE);
	KUNIT_EXPECT_EQ(test, watch_column("in-breaks"), WATCH_TOOK);
	KUNIT_EXPECT_EQ(test, watch_column("clones"), WATCH_CLONES);
	KUNIT_EXPECT_EQ(test, watch_column("clone"), -1);
	KUNIT_EXPECT_EQ(test, watch_column(""), -1);
}

/* A column of its own, where it was asked for; and what both sides took, by family and in all. */
static void in_breaks(struct kunit *test)
{
	struct fix *f = test->priv;
	struct ev_took *of = &f->e.snapshot.took;

	space(f, 2, "a", 1)->took.before_exec.sum_ns = 2 * MS;
	space(f, 3, "b", 0)->took.before_exec.sum_ns = 300 * MS;
	family(f, 1, "server", 0)->took.before_exec.sum_ns = 302 * MS;
	take(f);
	print(f, 0, 0);
	KUNIT_EXPECT_NULL(test, strstr(f->text, "in breaks"));
	KUNIT_EXPECT_NULL(test, strstr(f->line[4], "in breaks"));
	KUNIT_EXPECT_NULL(test, strstr(f->line[6], "in breaks"));

	of->known = true;
	of->creator_known = true;
	of->before_exec.sum_ns = 302 * MS;
	of->creator.sum_ns = 5000 * MS;
	f->spaces[0].took.known = true;
	f->spaces[1].took.known = true;
	f->families[0].took = *of;
	take(f);
	print(f, 0, 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->line[1], "    KiB/s  in breaks  clones"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->line[2], "  2.00 ms       0"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->line[3], "   300 ms       0"));
	KUNIT_EXPECT_STREQ(test, f->line[4],
			   "family of  children     extra      peak  in breaks");
	KUNIT_EXPECT_STREQ(test, f->line[5],
			   "server 42         2         0         0     5.30 s");
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->line[6], "peak 0; in breaks 5.30 s; forks/s"));
	KUNIT_EXPECT_STREQ(test, order(f, WATCH_TOOK), "103 102 ");
	/* The creator has ended. */
	f->families[0].took.creator_known = false;
	take(f);
	print(f, 0, 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->line[5], "     302 ms"));
}

/* Of an outcome breaks are not counted: so neither is the time of all. */
static void in_breaks_unknown(struct kunit *test)
{
	struct fix *f = test->priv;

	f->known.snap_times = false;
	f->e.snapshot.took.known = true;
	space(f, 2, "a", 1)->took = (struct ev_took) { .known = true, .before_exec.sum_ns = MS };
	family(f, 1, "server", 0)->took = f->spaces[0].took;
	take(f);
	print(f, 0, 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->line[2], "  ?       0"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->line[4], "  ?"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->line[5], "; in breaks ?;"));
}

static void families_by_extra(struct kunit *test)
{
	struct fix *f = test->priv;

	family(f, 1, "least", 1);
	family(f, 2, "most", 300);
	family(f, 3, "between", 2)->pid = 0;
	take(f);
	print(f, 0, 0);
	KUNIT_EXPECT_TRUE(test, begins(f->line[3], "most 43 "));
	KUNIT_EXPECT_TRUE(test, begins(f->line[4], "? "));
	KUNIT_EXPECT_TRUE(test, begins(f->line[5], "least 42 "));
}

static void hostile_names(struct kunit *test)
{
	struct fix *f = test->priv;
	char long_name[40];
	size_t i, k;

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	space(f, 2, "\033[2J\nline", 3);
	space(f, 3, "\377\376\23331m", 2);
	space(f, 4, long_name, 1);
	family(f, 1, "\r\033]0;title\007", 5);
	take(f);
	print(f, 0, 0);
	KUNIT_ASSERT_EQ(test, f->nr, 8UL);
	for (i = 0; i < f->nr; i++)
		for (k = 0; f->line[i][k]; k++)
			KUNIT_EXPECT_TRUE(test, plain(f->line[i][k]));
	KUNIT_EXPECT_TRUE(test, begins(f->line[2], "?[2J?line 102 "));
	KUNIT_EXPECT_TRUE(test, begins(f->line[4], "xxxxxxxxxxxxxxx 104 "));
	KUNIT_EXPECT_TRUE(test, begins(f->line[6], "??]0;title? 42 "));
}

static void fill(struct fix *f, unsigned int nr_spaces, unsigned int nr_families)
{
	unsigned int i;

	for (i = 0; i < nr_spaces; i++)
		space(f, 10 + i, "worker", 100 - i);
	for (i = 0; i < nr_families; i++)
		family(f, 1 + i, "server", 100 - i);
	take(f);
}

/* Of the rows: what stands above may take several lines. */
static const char *heading(const struct fix *f)
{
	size_t i;

	for (i = 0; i < f->nr; i++)
		if (begins(f->line[i], "process "))
			return f->line[i];
	return "";
}

/* What is left out, and in which order: what stays fits. */
static void narrow(struct kunit *test)
{
	struct fix *f = test->priv;
	unsigned int columns;

	fill(f, 3, 2);
	f->spaces[0].looked = true;
	f->e.ts += 1000 * MS;
	take(f);
	for (columns = 200; columns >= 33; columns--) {
		size_t i;

		print(f, columns, 0);
		for (i = 0; i < f->nr; i++)
			KUNIT_EXPECT_LE(test, strlen(f->line[i]), (size_t)columns);
		KUNIT_EXPECT_NOT_NULL(test, strstr(heading(f), "  copied"));
		KUNIT_EXPECT_NOT_NULL(test, strstr(heading(f), "  KiB/s"));
	}
	print(f, 105, 0);
	KUNIT_EXPECT_NULL(test, strstr(f->line[1], "clones"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->line[1], "age"));
	print(f, 80, 0);
	KUNIT_EXPECT_STREQ(test, heading(f),
			   "process       shared      most  estimate       now    copied   creator    KiB/s");
	print(f, 75, 0);
	KUNIT_EXPECT_STREQ(test, heading(f),
			   "process       shared      most       now    copied   creator    KiB/s");
	print(f, 33, 0);
	KUNIT_EXPECT_STREQ(test, heading(f), "process       copied    KiB/s");
}

/* Never more lines than there are; what is left out is said. */
static void short_of_lines(struct kunit *test)
{
	struct fix *f = test->priv;
	unsigned int lines;

	fill(f, 20, 10);
	for (lines = 3; lines < 40; lines++) {
		print(f, 0, lines);
		KUNIT_EXPECT_LE(test, f->nr, (size_t)lines);
		if (lines >= 34)
			KUNIT_EXPECT_EQ(test, f->nr, 34UL);
		else if (lines > 4)
			KUNIT_EXPECT_EQ(test, f->nr, (size_t)lines);
		KUNIT_EXPECT_TRUE(test, begins(f->line[f->nr - 1], "all: "));
	}
	print(f, 0, 15);
	KUNIT_EXPECT_TRUE(test, begins(f->line[2], "worker 110 "));
	KUNIT_EXPECT_STREQ(test, f->line[9], "... 13 more");
	KUNIT_EXPECT_TRUE(test, begins(f->line[11], "server 42 "));
	KUNIT_EXPECT_STREQ(test, f->line[13], "... 8 more");
}

/* All others each time: what is kept of those that are gone is nothing. */
static void forgotten(struct kunit *test)
{
	struct fix *f = test->priv;
	unsigned int i, k;

	for (i = 0; i < 100; i++) {
		f->e.snapshot.nr_spaces = 0;
		for (k = 0; k < 32; k++)
			space(f, 2 + i * 32 + k, "job", 1);
		again(f, 1000);
		KUNIT_EXPECT_EQ(test, f->v.seen.count, 32UL);
	}
}

static void the_end(struct kunit *test)
{
	struct fix *f = test->priv;
	struct event e = {
		.type = EVENT_SUMMARY,
		.summary = { .backend = "bpf", .duration_ns = 2500 * MS },
	};

	e.summary.lost.records[CLEAVE_REC_EXIT] = 4;
	e.summary.lost.spaces = 3;
	e.summary.lost.missed = 2;
	e.summary.lost.unread = 1;
	f->e.snapshot.peak = 256;
	take(f);
	f->p.f = fmemopen(f->text, sizeof(f->text), "w");
	watch_end(&f->v, &f->p, &e);
	fclose(f->p.f);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "watched 2.50 s with bpf; extra memory at its peak 1.00 MiB; lost 10\n");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(rows),
	KUNIT_CASE(none),
	KUNIT_CASE(unknown),
	KUNIT_CASE(not_counted),
	KUNIT_CASE(looked_up),
	KUNIT_CASE(rates),
	KUNIT_CASE(of_an_unknown_creator),
	KUNIT_CASE(rates_of_new_ones),
	KUNIT_CASE(sorted),
	KUNIT_CASE(unknown_and_busy),
	KUNIT_CASE(columns_by_name),
	KUNIT_CASE(in_breaks),
	KUNIT_CASE(in_breaks_unknown),
	KUNIT_CASE(families_by_extra),
	KUNIT_CASE(hostile_names),
	KUNIT_CASE(narrow),
	KUNIT_CASE(short_of_lines),
	KUNIT_CASE(forgotten),
	KUNIT_CASE(the_end),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_watch",
	.init = set_up,
	.exit = tear_down,
	.test_cases = cases,
};

kunit_test_suite(suite);
