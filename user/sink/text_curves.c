// SPDX-License-Identifier: GPL-2.0-only
/* text_curves.c - how sharing decayed: a row for each family. */
#include "sink/text.h"

enum {
	COL_FAMILY,
	COL_SHARED,
	COL_SHARED_MOST,
	COL_SHARED_LAST,
	COL_EXTRA,
	COL_EXTRA_PEAK,
	COL_EXTRA_LAST,
	NR_COLS
};

/* On 80 columns there are both curves, and what is shared at the end. */
static const struct table_col curve_cols[NR_COLS] = {
	[COL_FAMILY] = { .title = "family of", .left = true },
	[COL_SHARED] = { .title = "still shared", .left = true },
	[COL_SHARED_MOST] = { .title = "most", .drop = 1 },
	[COL_SHARED_LAST] = { .title = "last", .drop = 4 },
	[COL_EXTRA] = { .title = "extra memory", .left = true },
	[COL_EXTRA_PEAK] = { .title = "peak", .drop = 3 },
	[COL_EXTRA_LAST] = { .title = "last", .drop = 2 },
};

/**
 * struct series - one of the two curves of a family
 * @known: @v is
 * @v: its points
 * @most: of these: what is highest in the line
 */
struct series {
	bool known[CURVE_POINTS];
	__u64 v[CURVE_POINTS];
	__u64 most;
};

static void make_series(struct series *s, const struct curve *k, bool shared)
{
	unsigned int i;

	*s = (struct series) { .most = 0 };
	for (i = 0; i < CURVE_POINTS; i++) {
		const struct curve_point *at = &k->at[i];

		s->known[i] = !shared || at->shared_known;
		s->v[i] = shared ? at->shared : at->extra;
		if (at->there && s->known[i] && s->most < s->v[i])
			s->most = s->v[i];
	}
}

/* Nothing where it was not there; "_" is none. */
static void put_curve(struct line *l, const struct page *p, const struct curve *k,
		      const struct series *s, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!k->at[i].there)
			line_str(l, " ");
		else if (!s->known[i])
			line_str(l, "?");
		else if (!s->v[i])
			line_str(l, "_");
		else
			line_str(l, page_bar(p, s->v[i], s->most));
	}
}

static void put_pages(struct line *l, __u64 pages, bool known)
{
	if (known)
		line_size(l, pages);
	else
		line_str(l, "?");
}

static void put_family(struct line *l, const struct curve *k)
{
	if (!k->pid) {
		line_str(l, "?");
		return;
	}
	line_safe(l, k->comm, sizeof(k->comm));
	line_str(l, " ");
	line_int(l, k->pid);
}

static void put_row(struct table *tb, const struct page *p, const struct curve *k,
		    unsigned int nr)
{
	bool shared = p->known->both_never, extra = p->known->both_copied;
	struct series s;
	struct line *l;

	put_family(table_cell(tb), k);
	make_series(&s, k, true);
	l = table_cell(tb);
	if (shared)
		put_curve(l, p, k, &s, nr);
	else
		line_str(l, "?");
	put_pages(table_cell(tb), k->shared_most, shared && k->shared_seen);
	put_pages(table_cell(tb), k->last.shared, shared && k->last.shared_known);
	make_series(&s, k, false);
	l = table_cell(tb);
	if (extra)
		put_curve(l, p, k, &s, nr);
	else
		line_str(l, "?");
	put_pages(table_cell(tb), k->peak, extra);
	put_pages(table_cell(tb), k->last.extra, extra);
	table_row(tb);
}

static void put_scale(const struct page *p, const struct curves *c)
{
	struct line l = { .ascii = !p->utf8 };

	line_uint(&l, c->nr);
	line_str(&l, " snapshots in ");
	line_time(&l, c->to - c->from);
	if (c->step > 1) {
		line_str(&l, "; one character for ");
		line_uint(&l, c->step);
		line_str(&l, " of them");
	}
	if (c->others)
		line_str(&l, "; other families had less extra memory");
	page_wrap(p, l.buf, l.len, 4);
	line_free(&l);
}

void text_curves(const struct page *p, struct curves *c)
{
	unsigned int i, nr = curves_points(c);
	struct table tb;

	if (c->nr < 2 || !c->nr_list)
		return;
	page_heading(p, "How sharing decayed");
	curves_sort(c);
	table_init(&tb, curve_cols, NR_COLS);
	tb.row.ascii = !p->utf8;
	for (i = 0; i < c->nr_list; i++)
		put_row(&tb, p, &c->list[i], nr);
	table_print(&tb, p->f, p->columns, page_paint(p, BOLD), page_paint(p, PLAIN));
	for (i = 0; i < c->nr_list; i++)
		put_row(&tb, p, &c->list[i], nr);
	table_free(&tb);
	put_scale(p, c);
}
