// SPDX-License-Identifier: GPL-2.0-only
#include "lib/table.h"

/* Between columns. */
#define GAP	2

void table_init(struct table *t, const struct table_col *cols, unsigned int nr)
{
	unsigned int c;

	*t = (struct table) { .cols = cols, .nr = nr };
	for (c = 0; c < nr; c++) {
		size_t title = strlen(cols[c].title);

		t->width[c] = cols[c].width > title ? cols[c].width : title;
	}
}

struct line *table_cell(struct table *t)
{
	if (!t->cell)
		t->row.len = 0;
	t->at[t->cell++] = t->row.len;
	return &t->row;
}

static size_t cell_width(const struct table *t, unsigned int c)
{
	return fmt_width(t->row.buf + t->at[c], t->at[c + 1] - t->at[c]);
}

static void fill(FILE *f, size_t n)
{
	while (n--)
		putc_unlocked(' ', f);
}

/* Nothing stands behind a last column that is aligned on the left. */
static void put(struct table *t, unsigned int c, bool last)
{
	size_t have = cell_width(t, c);
	size_t pad = have < t->width[c] ? t->width[c] - have : 0;

	if (!t->cols[c].left)
		fill(t->f, pad);
	fwrite_unlocked(t->row.buf + t->at[c], 1, t->at[c + 1] - t->at[c], t->f);
	if (!last)
		fill(t->f, GAP + (t->cols[c].left ? pad : 0));
}

static unsigned int last_shown(const struct table *t)
{
	unsigned int c = t->nr - 1;

	while (c && t->hidden[c])
		c--;
	return c;
}

void table_row(struct table *t)
{
	unsigned int c, last = last_shown(t);

	t->at[t->cell] = t->row.len;
	t->cell = 0;
	for (c = 0; c < t->nr; c++) {
		if (t->f) {
			if (!t->hidden[c])
				put(t, c, c == last);
		} else if (t->at[c + 1] - t->at[c] > t->width[c]) {
			/* No character takes more columns than bytes. */
			size_t w = cell_width(t, c);

			if (w > t->width[c])
				t->width[c] = w;
		}
	}
	if (t->f)
		putc_unlocked('\n', t->f);
}

static size_t total(const struct table *t)
{
	size_t sum = 0;
	unsigned int c;

	for (c = 0; c < t->nr; c++)
		if (!t->hidden[c])
			sum += t->width[c] + (sum ? GAP : 0);
	return sum;
}

static void leave_out(struct table *t, size_t columns)
{
	unsigned int rank, c;

	for (rank = 1; rank <= t->nr; rank++)
		for (c = 0; c < t->nr; c++)
			if (t->cols[c].drop == rank && total(t) > columns)
				t->hidden[c] = true;
}

void table_print(struct table *t, FILE *f, unsigned int columns, const char *on,
		 const char *off)
{
	unsigned int c;

	if (columns)
		leave_out(t, columns);
	t->f = f;
	for (c = 0; c < t->nr; c++)
		line_str(table_cell(t), t->cols[c].title);
	fputs(on, f);
	table_row(t);
	fputs(off, f);
}

void table_free(struct table *t)
{
	line_free(&t->row);
}
