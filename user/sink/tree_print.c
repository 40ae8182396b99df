// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree_print.c - the tree of processes as a table.  The table is made twice:
 * once to find the widths of its columns, once to print them.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "core/flags.h"
#include "lib/fmt.h"
#include "agg/fold.h"

enum col {
	COL_TASK,
	COL_MADE,
	COL_FORK,
	COL_SHARED,
	COL_COPIED,
	COL_NEVER,
	COL_CREATOR,
	COL_EXEC,
	COL_END,
	COL_NR
};

static const char *const titles[COL_NR] = {
	"process", "made by", "fork took", "shared", "copied", "never copied",
	"creator copied", "to exec", "end",
};

#define CELL_LEN	224

struct table {
	FILE *f;		/* NULL while widths are found */
	const struct known *known;
	const struct tree *tree;
	bool utf8;
	size_t width[COL_NR];
};

typedef char row_t[COL_NR][CELL_LEN];

static void cell_set(char *cell, const char *text)
{
	snprintf(cell, CELL_LEN, "%s", text);
}

static bool left_aligned(enum col c)
{
	return c == COL_TASK || c == COL_MADE || c == COL_END;
}

static void put_cell(FILE *f, const char *s, size_t width, bool left, bool last)
{
	size_t have = fmt_width(s);
	int pad = have < width ? width - have : 0;

	if (left)
		fprintf(f, "%s%*s", s, last ? 0 : pad + 2, "");
	else
		fprintf(f, "%*s%s%s", pad, "", s, last ? "" : "  ");
}

static void put_row(struct table *tb, const row_t row)
{
	int c;

	for (c = 0; c < COL_NR; c++) {
		size_t w = fmt_width(row[c]);

		if (tb->f)
			put_cell(tb->f, row[c], tb->width[c], left_aligned(c),
				 c == COL_NR - 1);
		else if (w > tb->width[c])
			tb->width[c] = w;
	}
	if (tb->f)
		fputc('\n', tb->f);
}

static void pages_cell(char *cell, __u64 pages, bool known)
{
	char size[FMT_LEN];

	if (known)
		snprintf(cell, CELL_LEN, "%llu (%s)", pages, fmt_size(size, pages));
	else
		snprintf(cell, CELL_LEN, "unknown");
}

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

/* Of a row that stands for several: how many, and what else they have made. */
static void row_cell(char *cell, const char *prefix, const char *dots,
		     const struct node *n)
{
	const char *what = n->state & NODE_MIXED ? "more, various" :
			   n->state & NODE_CHAIN ? "generations like this" :
						   "more like this";
	__u64 below = n->state & NODE_CHAIN ? fold_others(n) / n->count : n->below;
	int at;

	at = snprintf(cell, CELL_LEN, "%s%s %llu %s", prefix, dots, n->count, what);
	if (below && at < CELL_LEN)
		snprintf(cell + at, CELL_LEN - at, ", %s %llu%s below",
			 n->state & NODE_MIXED ? "with" : "each with", below,
			 n->state & NODE_CHAIN ? " more" : "");
}

static void task_cell(const struct table *tb, char *cell, const char *prefix,
		      const struct node *n)
{
	char comm[3 * CLEAVE_COMM_LEN];

	if (n->state & NODE_THREADS)
		snprintf(cell, CELL_LEN, "%s%llu thread%s", prefix, n->count,
			 n->count == 1 ? "" : "s");
	else if (n->state & (NODE_FOLD | NODE_CHAIN))
		row_cell(cell, prefix, tb->utf8 ? "\u2026" : "...", n);
	else
		snprintf(cell, CELL_LEN, "%s%s %d", prefix,
			 fmt_safe(comm, sizeof(comm), n->comm, sizeof(n->comm)), n->pid);
}

static void made_cells(const struct table *tb, row_t row, const struct node *n)
{
	const struct how *how = &tb->tree->how[n->how];
	char label[4], buf[FMT_LEN];

	if (!(n->state & NODE_MADE) || (n->state & NODE_MIXED)) {
		cell_set(row[COL_MADE], "-");
		cell_set(row[COL_FORK], "-");
		return;
	}
	if (n->how)
		snprintf(row[COL_MADE], CELL_LEN, "%s [%s]", call_names[how->call],
			 how_label(label, n->how));
	else
		cell_set(row[COL_MADE], "?");
	cell_set(row[COL_FORK], fmt_time(buf, n->fork_ns / n->count));
}

static void page_cells(const struct table *tb, row_t row, const struct node *n)
{
	const struct known *k = tb->known;
	char buf[FMT_LEN];

	/* Of those that have little in common there is no mean. */
	if (n->state & NODE_MIXED)
		return;
	if (n->state & NODE_IN_VM)
		snprintf(row[COL_SHARED], CELL_LEN, "all (%s)",
			 fmt_size(buf, n->shared / n->count));
	else if (n->state & NODE_OWN_PAGES)
		pages_cell(row[COL_SHARED], n->shared / n->count, k->shared);
	if (!(n->state & NODE_FIGURES))
		return;
	pages_cell(row[COL_COPIED], n->copied / n->count,
		   k->outcome[CLEAVE_COPIED]);
	pages_cell(row[COL_NEVER], n->never / n->count, k->never_copied);
	pages_cell(row[COL_CREATOR], n->creator / n->count,
		   k->creator && k->outcome[CLEAVE_COPIED]);
}

static const char *no_exec_word(const struct known *k, const struct node *n)
{
	if (n->state & NODE_EXECED)
		return "not seen";
	return k->execs ? "no exec" : "unknown";
}

static void end_cells(const struct known *k, row_t row, const struct node *n)
{
	char buf[FMT_LEN];

	if (n->state & (NODE_THREADS | NODE_MIXED))
		return;
	if (n->state & NODE_EXEC_TIME)
		cell_set(row[COL_EXEC], fmt_time(buf, n->exec_ns / n->count));
	else if (n->state & NODE_MADE)
		cell_set(row[COL_EXEC], no_exec_word(k, n));
	if (!(n->state & NODE_ENDED))
		cell_set(row[COL_END], k->exits ? "not seen" : "unknown");
	else if (WIFSIGNALED(n->status))
		signal_format(row[COL_END], CELL_LEN, WTERMSIG(n->status));
	else
		snprintf(row[COL_END], CELL_LEN, "exit %d", WEXITSTATUS(n->status));
}

static void node_row(struct table *tb, const char *prefix, const struct node *n)
{
	row_t row;
	int c;

	for (c = 0; c < COL_NR; c++)
		cell_set(row[c], "-");
	task_cell(tb, row[COL_TASK], prefix, n);
	made_cells(tb, row, n);
	page_cells(tb, row, n);
	end_cells(tb->known, row, n);
	put_row(tb, row);
}

/* Deeper levels keep the indent of this one: the table must stay readable. */
#define LEVELS		16

/* An indent is made of these: by whether something follows, and for whom. */
enum stroke {
	GOES_ON,
	LAST,
	BELOW_ONE,
	BELOW_LAST,
};

static const char *stroke(const struct table *tb, enum stroke s)
{
	static const char *const ascii[] = { "|- ", "`- ", "|  ", "   " };
	static const char *const lines[] = {
		"\u251c\u2500 ", "\u2514\u2500 ", "\u2502  ", "   ",
	};

	return tb->utf8 ? lines[s] : ascii[s];
}

/* What stands before a name: a stroke for each creator but the first. */
static void join(char *buf, const char *const *part, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf = stpcpy(buf, part[i]);
	*buf = '\0';
}

static void rows(struct table *tb)
{
	const struct node *top = &tb->tree->top, *n = top->first, *next;
	const char *part[LEVELS];
	char indent[LEVELS * sizeof("\u251c\u2500 ")];
	size_t depth;

	for (depth = 0; depth < LEVELS; depth++)
		part[depth] = "";
	depth = 0;
	while (n) {
		bool own = depth && depth <= LEVELS;

		if (own)
			part[depth - 1] = stroke(tb, n->next ? GOES_ON : LAST);
		join(indent, part, depth < LEVELS ? depth : LEVELS);
		if (own)
			part[depth - 1] = stroke(tb, n->next ? BELOW_ONE : BELOW_LAST);
		node_row(tb, indent, n);
		next = next_row(n, top);
		if (!next)
			break;
		if (next->parent == n)
			depth++;
		for (; n->parent != next->parent && next->parent != n; n = n->parent)
			depth--;
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

static void how_list(FILE *f, const struct how *how, enum sharing s)
{
	enum sharing ns = namespaces_of(how);
	bool any = false;
	int i;

	for (i = 0; i < RES_NR; i++) {
		if (flags_resource(i, how->flags, how->kind) != s)
			continue;
		if (ns != SHARING_NR && i > RES_MNT_NS)
			break;
		fprintf(f, "%s%s", any ? ", " : "",
			ns != SHARING_NR && i == RES_MNT_NS ?
			"all namespaces" : resource_words[i]);
		any = true;
	}
	fputs(any ? "\n" : "nothing\n", f);
}

static void how_print(FILE *f, const struct how *how, unsigned int nr)
{
	char flags[1024], label[4], sig[FLAG_NAME_LEN];
	const char *who = flags_idiom(how->flags, how->exit_signal);

	fprintf(f, "[%s] %s, made by %s%s%s%s\n", how_label(label, nr),
		kind_names[how->kind], call_names[how->call],
		who ? " (the same flags as " : "", who ? who : "", who ? ")" : "");
	fprintf(f, "    flags   %s, exit signal %s\n",
		flags_format(flags, sizeof(flags), how->flags),
		signal_format(sig, sizeof(sig), how->exit_signal));
	fprintf(f, "    shared  ");
	how_list(f, how, SHARING_SHARED);
	fprintf(f, "    copied  ");
	how_list(f, how, SHARING_COPIED);
	fprintf(f, "    new     ");
	how_list(f, how, SHARING_NEW);
}

void tree_print(const struct tree *t, struct out *out, const struct known *known)
{
	struct table tb = { .known = known, .tree = t, .utf8 = fmt_is_utf8() };
	row_t head;
	unsigned int i;
	int pass;

	for (i = 0; i < COL_NR; i++)
		cell_set(head[i], titles[i]);
	for (pass = 0; pass < 2; pass++) {
		tb.f = pass ? out->f : NULL;
		put_row(&tb, head);
		rows(&tb);
	}
	if (t->nr_how > 1)
		fprintf(out->f, "\nHow they were made\n");
	for (i = 1; i < t->nr_how; i++)
		how_print(out->f, &t->how[i], i);
}
