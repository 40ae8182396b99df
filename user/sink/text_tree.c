// SPDX-License-Identifier: GPL-2.0-only
/*
 * text_tree.c - the tree of processes as a table, and how they were made.
 */
#include <sys/wait.h>

#include "agg/fold.h"
#include "core/flags.h"
#include "lib/table.h"
#include "sink/text.h"

/* Deeper levels keep the indent of this one: the table must stay readable. */
#define LEVELS		TREE_LEVELS

static const struct table_col cols[] = {
	{ .title = "process", .left = true },
	{ .title = "made by", .left = true, .drop = 3 },
	{ .title = "fork took", .drop = 1 },
	{ .title = "shared" },
	{ .title = "copied" },
	{ .title = "never copied" },
	{ .title = "creator copied", .drop = 4 },
	{ .title = "to exec", .drop = 2 },
	{ .title = "end", .left = true },
};

/* What the rows are made of, and where the walk over the tree is. */
struct rows {
	struct table tb;
	const struct page *page;
	const struct tree *tree;
	const char *stroke[LEVELS];
	size_t depth;
	bool used[TREE_HOWS];	/* ways of which there is a row */
};

/*
 * The one after @n in the order of the rows, and NULL after the last below @top.
 * Not by recursion: a chain of creators can be of any length.
 */
static const struct node *next_row(const struct node *n, const struct node *top)
{
	if (n->first)
		return n->first;
	while (n != top && !n->next)
		n = n->parent;
	return n == top ? NULL : n->next;
}

/* The tree's lines: by whether something follows, and for whom. */
enum stroke {
	GOES_ON,
	LAST,
	BELOW_ONE,
	BELOW_LAST,
};

static const char *stroke(const struct rows *r, enum stroke s)
{
	static const char *const ascii[] = { "|- ", "`- ", "|  ", "   " };
	static const char *const lines[] = {
		"\u251c\u2500 ", "\u2514\u2500 ", "\u2502  ", "   ",
	};

	return r->page->utf8 ? lines[s] : ascii[s];
}

/* What stands before a name: a stroke for each creator but the first. */
static void put_indent(struct rows *r, struct line *l, const struct node *n)
{
	size_t i, deep = r->depth < LEVELS ? r->depth : LEVELS;
	bool own = r->depth && r->depth <= LEVELS;

	if (own)
		r->stroke[deep - 1] = stroke(r, n->next ? GOES_ON : LAST);
	for (i = 0; i < deep; i++)
		line_str(l, r->stroke[i]);
	if (own)
		r->stroke[deep - 1] = stroke(r, n->next ? BELOW_ONE : BELOW_LAST);
}

/* Of a row that stands for several: how many, and what else they have made. */
static void put_several(struct line *l, const struct node *n)
{
	__u64 below = n->state & NODE_CHAIN ? fold_others(n) / n->count : n->below;

	line_uint(l, n->count);
	if (n->state & NODE_MIXED)
		line_str(l, " more, various");
	else if (n->state & NODE_CHAIN)
		line_str(l, " generations like this");
	else
		line_str(l, " more like this");
	if (!below)
		return;
	line_str(l, n->state & NODE_MIXED ? ", with " : ", each with ");
	line_uint(l, below);
	line_str(l, n->state & NODE_CHAIN ? " more below" : " below");
}

static void task_cell(struct rows *r, const struct node *n)
{
	struct line *l = table_cell(&r->tb);

	put_indent(r, l, n);
	if (n->state & NODE_THREADS) {
		line_uint(l, n->count);
		line_str(l, n->count == 1 ? " thread" : " threads");
	} else if (n->state & (NODE_FOLD | NODE_CHAIN)) {
		line_str(l, r->page->utf8 ? "\u2026 " : "... ");
		put_several(l, n);
	} else {
		line_safe(l, n->comm, sizeof(n->comm));
		line_str(l, " ");
		line_int(l, n->pid);
	}
}

/* "a" to "z", "aa", ... */
static void put_label(struct line *l, unsigned int how)
{
	unsigned int i = how - 1;
	char c = 'a' + i % 26, before = 'a' + (i / 26 + 25) % 26;

	line_str(l, "[");
	if (i >= 26)
		line_add(l, &before, 1);
	line_add(l, &c, 1);
	line_str(l, "]");
}

static void made_cells(struct rows *r, const struct node *n)
{
	bool made = (n->state & NODE_MADE) && !(n->state & NODE_MIXED);
	struct line *l = table_cell(&r->tb);

	if (!made) {
		line_str(l, n->state & NODE_ATTACHED ? "attached" : "-");
	} else if (n->how) {
		r->used[n->how] = true;
		line_str(l, call_names[r->tree->how[n->how].call]);
		line_str(l, " ");
		put_label(l, n->how);
	} else {
		line_str(l, "?");
	}
	l = table_cell(&r->tb);
	if (made)
		line_time(l, n->fork_ns / n->count);
	else
		line_str(l, "-");
}

static void pages_cell(struct rows *r, __u64 pages, bool there, bool known)
{
	struct line *l = table_cell(&r->tb);

	if (!there) {
		line_str(l, "-");
	} else if (known) {
		line_uint(l, pages);
		line_str(l, " (");
		line_size(l, pages);
		line_str(l, ")");
	} else {
		line_str(l, "unknown");
	}
}

static void page_cells(struct rows *r, const struct node *n)
{
	const struct known *k = r->page->known;
	/* Of those that have little in common there is no mean. */
	bool mixed = n->state & NODE_MIXED;
	bool figures = (n->state & NODE_FIGURES) && !mixed;
	bool attached = n->state & NODE_ATTACHED;

	if ((n->state & NODE_IN_VM) && !mixed) {
		struct line *l = table_cell(&r->tb);

		line_str(l, "all (");
		line_size(l, n->shared / n->count);
		line_str(l, ")");
	} else {
		pages_cell(r, n->shared / n->count,
			   (n->state & NODE_OWN_PAGES) && !mixed, k->shared && !attached);
	}
	pages_cell(r, n->copied / n->count, figures, k->outcome[CLEAVE_COPIED]);
	pages_cell(r, n->never / n->count, figures, k->never_copied && !attached);
	pages_cell(r, n->creator / n->count, figures,
		   k->creator && !(n->state & NODE_NO_CREATOR) && k->outcome[CLEAVE_COPIED]);
}

static const char *no_exec_word(const struct known *k, const struct node *n)
{
	if (!(n->state & NODE_MADE))
		return "-";
	if (n->state & NODE_EXECED)
		return "not seen";
	return k->execs ? "no exec" : "unknown";
}

static void end_cells(struct rows *r, const struct node *n)
{
	const struct known *k = r->page->known;
	bool nobody = n->state & (NODE_THREADS | NODE_MIXED);
	struct line *l = table_cell(&r->tb);
	char buf[FLAG_NAME_LEN];

	if (!nobody && (n->state & NODE_EXEC_TIME))
		line_time(l, n->exec_ns / n->count);
	else
		line_str(l, nobody ? "-" : no_exec_word(k, n));
	l = table_cell(&r->tb);
	if (nobody) {
		line_str(l, "-");
	} else if (!(n->state & NODE_ENDED)) {
		line_str(l, k->exits ? "not seen" : "unknown");
	} else if (WIFSIGNALED(n->status)) {
		line_str(l, signal_format(buf, sizeof(buf), WTERMSIG(n->status)));
	} else {
		line_str(l, "exit ");
		line_int(l, WEXITSTATUS(n->status));
	}
}

static void all_rows(struct rows *r)
{
	const struct node *top = &r->tree->top, *n = top->first, *next;

	r->depth = 0;
	while (n) {
		task_cell(r, n);
		made_cells(r, n);
		page_cells(r, n);
		end_cells(r, n);
		table_row(&r->tb);
		next = next_row(n, top);
		if (next && next->parent == n)
			r->depth++;
		for (; next && n->parent != next->parent && next->parent != n; n = n->parent)
			r->depth--;
		n = next;
	}
}

/* What all namespaces have in common, or SHARING_NR. */
static enum sharing namespaces_of(const struct how *how)
{
	enum sharing s = flags_resource(RES_MNT_NS, how->flags, how->kind);
	int i;

	for (i = RES_MNT_NS; i < RES_NR; i++)
		if (flags_resource(i, how->flags, how->kind) != s)
			return SHARING_NR;
	return s;
}

static void put_resources(struct line *l, const struct how *how, enum sharing s)
{
	enum sharing ns = namespaces_of(how);
	bool any = false;
	int i;

	for (i = 0; i < RES_NR; i++) {
		if (flags_resource(i, how->flags, how->kind) != s)
			continue;
		if (ns != SHARING_NR && i > RES_MNT_NS)
			break;
		if (any)
			line_str(l, ", ");
		line_str(l, ns != SHARING_NR && i == RES_MNT_NS ?
			 "all namespaces" : resource_words[i]);
		any = true;
	}
	if (!any)
		line_str(l, "nothing");
}

static void how_line(const struct page *p, struct line *l, const char *what,
		     const struct how *how, enum sharing s)
{
	l->len = 0;
	line_str(l, what);
	put_resources(l, how, s);
	page_wrap(p, l->buf, l->len, strlen(what));
}

static void put_how(const struct page *p, struct line *l, const struct how *how,
		    unsigned int nr)
{
	const char *who = flags_idiom(how->flags, how->exit_signal);
	char flags[1024], sig[FLAG_NAME_LEN];

	l->len = 0;
	put_label(l, nr);
	line_str(l, " ");
	line_str(l, kind_names[how->kind]);
	line_str(l, ", made by ");
	line_str(l, call_names[how->call]);
	if (who) {
		line_str(l, " (the same flags as ");
		line_str(l, who);
		line_str(l, ")");
	}
	page_wrap(p, l->buf, l->len, 4);
	l->len = 0;
	line_str(l, "    flags   ");
	line_str(l, flags_format(flags, sizeof(flags), how->flags));
	line_str(l, ", exit signal ");
	line_str(l, signal_format(sig, sizeof(sig), how->exit_signal));
	page_wrap(p, l->buf, l->len, 12);
	how_line(p, l, "    shared  ", how, SHARING_SHARED);
	how_line(p, l, "    copied  ", how, SHARING_COPIED);
	how_line(p, l, "    new     ", how, SHARING_NEW);
}

/* What the terminal had no room for. */
static void put_hidden(const struct page *p, struct line *l, const struct table *tb)
{
	unsigned int c;

	l->len = 0;
	for (c = 0; c < tb->nr; c++) {
		if (!tb->hidden[c])
			continue;
		line_str(l, l->len ? ", " : "left out, as the terminal is narrow: ");
		line_str(l, tb->cols[c].title);
	}
	if (l->len)
		page_wrap(p, l->buf, l->len, 4);
}

/* What the tree had no room for. */
static void put_no_row(const struct page *p, struct line *l, const struct tree *t)
{
	if (!t->lost_threads)
		return;
	l->len = 0;
	line_uint(l, t->lost_threads);
	line_str(l, t->lost_threads == 1 ? " thread has" : " threads have");
	line_str(l, " no row, as there are too many");
	page_wrap(p, l->buf, l->len, 4);
}

static void put_other_ways(const struct page *p, struct line *l, const struct tree *t)
{
	if (!t->other_ways)
		return;
	l->len = 0;
	line_str(l, "?   made in other ways, which there are too many of: ");
	line_uint(l, t->other_ways);
	page_wrap(p, l->buf, l->len, 4);
}

void text_tree(const struct page *p, const struct tree *t, bool filtered)
{
	struct rows r = { .page = p, .tree = t };
	struct line *l = &r.tb.row;
	unsigned int i;

	table_init(&r.tb, cols, sizeof(cols) / sizeof(cols[0]));
	l->ascii = !p->utf8;
	all_rows(&r);
	table_print(&r.tb, p->f, p->columns, page_paint(p, BOLD), page_paint(p, PLAIN));
	all_rows(&r);
	put_hidden(p, l, &r.tb);
	put_no_row(p, l, t);
	if (t->nr_how > 1)
		page_heading(p, "How they were made");
	for (i = 1; i < t->nr_how; i++)
		if (r.used[i] || !filtered)
			put_how(p, l, &t->how[i], i);
	put_other_ways(p, l, t);
	table_free(&r.tb);
}
