// SPDX-License-Identifier: GPL-2.0-only
#include "core/flags.h"
#include "core/times.h"
#include "sink/text.h"

enum {
	COL_OUTCOME,
	COL_SIDE,
	COL_COUNT,
	COL_UNTIMED,
	COL_MEAN,
	COL_LARGEST,
	COL_SPREAD,
	NR_COLS
};

static const struct table_col time_cols[NR_COLS] = {
	[COL_OUTCOME] = { .title = "breaks", .left = true, .width = 14 },
	[COL_SIDE] = { .title = "side", .left = true, .width = 11 },
	[COL_COUNT] = { .title = "timed", .width = 8 },
	[COL_UNTIMED] = { .title = "untimed", .drop = 2 },
	[COL_MEAN] = { .title = "mean" },
	[COL_LARGEST] = { .title = "largest" },
	[COL_SPREAD] = { .title = "spread", .left = true, .drop = 1 },
};

/* The buckets that any row has something in. */
struct span {
	int from;
	int to;
};

static bool is_told(const struct cleave_times *t, const struct known *k, int side, int o)
{
	return k->outcome[o] && t->of[side][o].breaks;
}

static struct span span_of(const struct cleave_times *t, const struct known *k)
{
	struct span s = { CLEAVE_TIME_BUCKETS, -1 };
	int side, o, i;

	for (side = 0; side < CLEAVE_NR_SIDES; side++)
		for (o = 0; o < CLEAVE_NR_BREAKS; o++)
			for (i = 0; i < CLEAVE_TIME_BUCKETS; i++) {
				if (!is_told(t, k, side, o) || !t->of[side][o].hist[i])
					continue;
				if (i < s.from)
					s.from = i;
				if (i > s.to)
					s.to = i;
			}
	return s;
}

static void put_spread(struct line *l, const struct page *p, const struct cleave_time *t,
		       const struct span *s)
{
	__u64 most = 1;
	int i;

	for (i = s->from; i <= s->to; i++)
		if (t->hist[i] > most)
			most = t->hist[i];
	for (i = s->from; i <= s->to; i++)
		line_str(l, page_bar(p, t->hist[i], most));
}

static void put_time(struct line *l, __u64 ns, bool known)
{
	if (known)
		line_time(l, ns);
	else
		line_str(l, "unknown");
}

static void rows(struct table *tb, const struct page *p, const struct cleave_times *times,
		 const struct span *s)
{
	int side, o;

	for (o = 0; o < CLEAVE_NR_BREAKS; o++)
		for (side = 0; side < CLEAVE_NR_SIDES; side++) {
			const struct cleave_time *t = &times->of[side][o];

			if (!is_told(times, p->known, side, o))
				continue;
			line_str(table_cell(tb), outcome_names[o]);
			line_str(table_cell(tb), side_names[side]);
			line_uint(table_cell(tb), t->count);
			line_uint(table_cell(tb), times_untimed(t));
			put_time(table_cell(tb), t->count ? t->sum_ns / t->count : 0, t->count);
			put_time(table_cell(tb), t->max_ns, t->count);
			put_spread(table_cell(tb), p, t, s);
			table_row(tb);
		}
}

static void explain(const struct page *p, const struct span *s)
{
	struct line l = { .ascii = !p->utf8 };

	line_str(&l, "spread: how many took how long, each column twice the time of the one before, from ");
	line_time(&l, 1ULL << s->from);
	line_str(&l, " to ");
	line_time(&l, 2ULL << s->to);
	putc_unlocked('\n', p->f);
	page_wrap(p, l.buf, l.len, 0);
	line_free(&l);
}

void text_times(const struct page *p, const struct ev_times *t)
{
	struct span s;
	struct table tb;

	if (!t->there)
		return;
	page_heading(p, "Time in breaks");
	if (!t->known) {
		fputs("unknown\n", p->f);
		return;
	}
	s = span_of(t->of, p->known);
	table_init(&tb, time_cols, NR_COLS);
	rows(&tb, p, t->of, &s);
	table_print(&tb, p->f, p->columns, page_paint(p, BOLD), page_paint(p, PLAIN));
	rows(&tb, p, t->of, &s);
	table_free(&tb);
	if (s.to >= 0)
		explain(p, &s);
}
