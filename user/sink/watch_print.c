// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch_print.c - what a snapshot looks like, on a screen and as a block of text.
 */
#include <time.h>

#include "lib/table.h"
#include "sink/watch.h"

#define NS_PER_S	1000000000ULL

/* Further lines of a text that is broken begin here. */
#define INDENT		5

/* Widths that do not change with every figure. */
#define SIZE_COLUMNS	8	/* 1023 KiB */
#define TIME_COLUMNS	7	/* 99.9 ms */

/* First goes what is told elsewhere, or can be reckoned. */
static const struct table_col row_cols[WATCH_NR] = {
#define CLEAVE_X(sym, name, heading) [WATCH_##sym] = { .title = heading, COL_##sym },
#define COL_PROCESS	.left = true
#define COL_OF		.left = true, .drop = 3
#define COL_AGE		.width = TIME_COLUMNS, .drop = 2
#define COL_SHARED	.width = SIZE_COLUMNS, .drop = 7
#define COL_MOST	.width = SIZE_COLUMNS, .drop = 8
#define COL_ESTIMATE	.width = SIZE_COLUMNS, .drop = 4
#define COL_NOW		.width = SIZE_COLUMNS, .drop = 6
#define COL_COPIED	.width = SIZE_COLUMNS
#define COL_CREATOR	.width = SIZE_COLUMNS, .drop = 5
#define COL_RATE	.width = TIME_COLUMNS
#define COL_TOOK	.width = TIME_COLUMNS, .drop = 9
#define COL_CLONES	.drop = 1
	WATCH_COLUMNS(CLEAVE_X)
#undef CLEAVE_X
};

enum {
	KIN_CREATOR,
	KIN_CHILDREN,
	KIN_EXTRA,
	KIN_PEAK,
	KIN_TOOK,
	KIN_NR
};

static const struct table_col kin_cols[KIN_NR] = {
	[KIN_CREATOR] = { .title = "family of", .left = true },
	[KIN_CHILDREN] = { .title = "children", .drop = 1 },
	[KIN_EXTRA] = { .title = "extra", .width = SIZE_COLUMNS },
	[KIN_PEAK] = { .title = "peak", .width = SIZE_COLUMNS },
	[KIN_TOOK] = { .title = "in breaks", .width = TIME_COLUMNS, .drop = 2 },
};

/**
 * struct plan - what goes where there is not room for all
 * @rows: that are shown
 * @kins: that are shown
 * @more_rows: there is room to say how many are not
 * @more_kins: the same
 */
struct plan {
	size_t rows;
	size_t kins;
	bool more_rows;
	bool more_kins;
};

static void put_tenths(struct line *l, __u64 tenths)
{
	if (!tenths || tenths >= 1000) {
		line_uint(l, (tenths + 5) / 10);
		return;
	}
	line_uint(l, tenths / 10);
	line_str(l, ".");
	line_uint(l, tenths % 10);
}

static void put_process(struct line *l, const char *comm, pid_t pid)
{
	if (!pid) {
		line_str(l, "?");
		return;
	}
	line_safe(l, comm, CLEAVE_COMM_LEN);
	line_str(l, " ");
	line_int(l, pid);
}

static void put_pages(struct line *l, __u64 pages, bool known)
{
	if (known)
		line_size(l, pages);
	else
		line_str(l, "?");
}

static void put_took(struct line *l, __u64 ns, bool known)
{
	if (known)
		line_time(l, ns);
	else
		line_str(l, "?");
}

static void put_value(struct line *l, const struct watch_row *r, enum watch_column c)
{
	if (r->unknown & 1U << c) {
		line_str(l, "?");
		return;
	}
	switch (c) {
	case WATCH_PROCESS:
		put_process(l, r->comm, r->pid);
		break;
	case WATCH_OF:
		put_process(l, r->of->comm, r->of->pid);
		break;
	case WATCH_AGE:
	case WATCH_TOOK:
		line_time(l, r->v[c]);
		break;
	case WATCH_RATE:
		put_tenths(l, r->v[c]);
		break;
	case WATCH_CLONES:
		line_uint(l, r->v[c]);
		break;
	default:
		line_size(l, r->v[c]);
		break;
	}
}

static void put_row(struct table *tb, const struct watch_row *r)
{
	enum watch_column c;

	for (c = 0; c < WATCH_NR; c++) {
		struct line *l = table_cell(tb);

		put_value(l, r, c);
		if (c == WATCH_SHARED && r->from_look)
			line_str(l, "*");
	}
	table_row(tb);
}

static void put_more(const struct page *p, size_t n)
{
	fprintf(p->f, "%s %zu more\n", p->utf8 ? "\u2026" : "...", n);
}

static void put_rows(const struct watch_view *v, const struct page *p,
		     const struct plan *plan)
{
	struct table tb;
	size_t i;

	table_init(&tb, row_cols, WATCH_NR);
	tb.row.ascii = !p->utf8;
	tb.hidden[WATCH_NOW] = !v->looked;
	tb.hidden[WATCH_TOOK] = !v->timed;
	for (i = 0; i < plan->rows; i++)
		put_row(&tb, v->rows[i]);
	table_print(&tb, p->f, p->columns, page_paint(p, BOLD), page_paint(p, PLAIN));
	for (i = 0; i < plan->rows; i++) {
		bool hot = v->rows[i]->v[WATCH_RATE];

		fputs(hot ? page_paint(p, YELLOW) : "", p->f);
		put_row(&tb, v->rows[i]);
		fputs(hot ? page_paint(p, PLAIN) : "", p->f);
	}
	table_free(&tb);
	if (plan->more_rows)
		put_more(p, v->nr_rows - plan->rows);
}

static void put_kin(struct table *tb, const struct watch_kin *k, const struct known *is)
{
	bool known = is->both_copied;

	put_process(table_cell(tb), k->comm, k->pid);
	line_uint(table_cell(tb), k->children);
	put_pages(table_cell(tb), k->extra, known);
	put_pages(table_cell(tb), k->peak, known);
	put_took(table_cell(tb), k->took, is->snap_times);
	table_row(tb);
}

static void put_kins(const struct watch_view *v, const struct page *p,
		     const struct plan *plan)
{
	struct table tb;
	size_t i;

	if (!plan->kins)
		return;
	table_init(&tb, kin_cols, KIN_NR);
	tb.row.ascii = !p->utf8;
	tb.hidden[KIN_TOOK] = !v->timed;
	for (i = 0; i < plan->kins; i++)
		put_kin(&tb, v->kins[i], v->known);
	table_print(&tb, p->f, p->columns, page_paint(p, BOLD), page_paint(p, PLAIN));
	for (i = 0; i < plan->kins; i++)
		put_kin(&tb, v->kins[i], v->known);
	table_free(&tb);
	if (plan->more_kins)
		put_more(p, v->nr_kins - plan->kins);
}

static void put_count(struct line *l, __u64 n, const char *one, const char *several)
{
	line_uint(l, n);
	line_str(l, n == 1 ? one : several);
}

static void put_time_of_day(struct line *l, const struct watch_view *v)
{
	time_t now = (v->wall_ns + v->ts) / NS_PER_S;
	char buf[32];
	struct tm tm;

	if (v->wall_ns && localtime_r(&now, &tm) &&
	    strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S  ", &tm))
		line_str(l, buf);
}

static void make_head(struct line *l, const struct watch_view *v)
{
	put_time_of_day(l, v);
	put_count(l, v->nr_rows, " forked address space before exec, of ",
		  " forked address spaces before exec, of ");
	put_count(l, v->nr_kins, " creator", " creators");
	if (v->left_out) {
		line_str(l, "; ");
		line_uint(l, v->left_out);
		line_str(l, " more left out");
	}
	if (v->backend) {
		line_str(l, "; by ");
		line_safe(l, v->backend, strlen(v->backend));
	}
}

static bool any_from_look(const struct watch_view *v)
{
	size_t i;

	for (i = 0; i < v->nr_rows; i++)
		if (v->rows[i]->from_look)
			return true;
	return false;
}

static void put_lost(struct line *l, const struct watch_view *v)
{
	line_str(l, "lost ");
	if (v->totals_known)
		line_uint(l, v->lost);
	else
		line_str(l, "?");
}

static void make_tail(struct line *l, const struct watch_view *v)
{
	bool known = v->known->both_copied;

	line_str(l, "all: extra ");
	put_pages(l, v->extra, known);
	line_str(l, ", peak ");
	put_pages(l, v->peak, known);
	if (v->timed) {
		line_str(l, "; in breaks ");
		put_took(l, v->took, v->known->snap_times);
	}
	line_str(l, "; forks/s ");
	if (v->forks_known)
		put_tenths(l, v->forks);
	else
		line_str(l, "?");
	line_str(l, "; ");
	put_lost(l, v);
	if (any_from_look(v))
		line_str(l, "; *: when it was attached to");
}

/* Of @nr, in @room lines: one less, where one is to say how many there are more. */
static size_t shown(size_t nr, size_t room, bool *more)
{
	*more = nr > room && room;
	return nr <= room ? nr : room - *more;
}

/* Families have a third of the room at least, if they need it. */
static void make_plan(struct plan *plan, const struct watch_view *v, size_t room)
{
	size_t kins = v->nr_kins ? v->nr_kins + 1 : 0, most = room / 3;

	if (v->nr_rows + most < room)
		most = room - v->nr_rows;
	if (kins > most)
		kins = most;
	/* A heading with nothing below it helps nobody. */
	if (kins < 2 || (kins == 2 && v->nr_kins > 1))
		kins = 0;
	plan->rows = shown(v->nr_rows, room - kins, &plan->more_rows);
	plan->kins = shown(v->nr_kins, kins ? kins - 1 : 0, &plan->more_kins);
}

void watch_print(const struct watch_view *v, const struct page *p, unsigned int lines)
{
	struct line head = { .ascii = !p->utf8 }, tail = { .ascii = !p->utf8 };
	struct plan plan = { .rows = v->nr_rows, .kins = v->nr_kins };
	unsigned int taken;

	make_head(&head, v);
	make_tail(&tail, v);
	/* One is the heading of the rows. */
	taken = page_lines(p, head.buf, head.len, INDENT) + 1 +
		page_lines(p, tail.buf, tail.len, INDENT);
	if (lines)
		make_plan(&plan, v, lines > taken ? lines - taken : 0);
	page_wrap(p, head.buf, head.len, INDENT);
	put_rows(v, p, &plan);
	put_kins(v, p, &plan);
	page_wrap(p, tail.buf, tail.len, INDENT);
	line_free(&head);
	line_free(&tail);
}

static __u64 lost_of(const struct ev_lost *e)
{
	__u64 sum = e->spaces + e->missed + e->malformed + e->unread;
	int i;

	for (i = 0; i < CLEAVE_NR_RECS; i++)
		sum += e->records[i];
	return sum;
}

void watch_end(const struct watch_view *v, const struct page *p, const struct event *e)
{
	const struct ev_summary *s = &e->summary;
	struct line l = { .ascii = !p->utf8 };

	line_str(&l, "watched ");
	line_time(&l, s->duration_ns);
	line_str(&l, " with ");
	line_safe(&l, s->backend, strlen(s->backend));
	line_str(&l, "; extra memory at its peak ");
	put_pages(&l, v->peak, v->known->both_copied);
	line_str(&l, "; lost ");
	line_uint(&l, lost_of(&s->lost));
	page_wrap(p, l.buf, l.len, INDENT);
	line_free(&l);
}
