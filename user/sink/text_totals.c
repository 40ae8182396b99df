// SPDX-License-Identifier: GPL-2.0-only
#include "core/flags.h"
#include "sink/text.h"

/* Where what is said begins, behind what it is about. */
#define TEXT_AT		16

/* A line being written. */
struct writer {
	const struct page *page;
	struct line line;
};

static struct line *about(struct writer *w, const char *what)
{
	w->line.len = 0;
	line_str(&w->line, what);
	line_fill(&w->line, ' ', TEXT_AT - (int)w->line.len);
	return &w->line;
}

static void end(struct writer *w)
{
	page_wrap(w->page, w->line.buf, w->line.len, TEXT_AT);
}

static void put_uint(struct line *l, __u64 n, const char *what)
{
	line_uint(l, n);
	line_str(l, what);
}

static void put_failed(struct line *l, __u64 n, bool known)
{
	if (known)
		put_uint(l, n, " failed");
	else
		line_str(l, "an unknown number failed");
}

static void put_clones(struct line *l, const struct ev_totals *t)
{
	bool any = false;
	int i;

	for (i = 0; i < CLEAVE_NR_KINDS; i++) {
		if (!t->clones[i])
			continue;
		put_uint(l, t->clones[i], " ");
		line_str(l, kind_names[i]);
		line_str(l, ", ");
		any = true;
	}
	if (!any)
		line_str(l, "0, ");
	put_failed(l, t->clone_errors, true);
}

static void counts(struct writer *w, const struct ev_totals *t)
{
	const struct known *k = w->page->known;
	struct line *l = about(w, "clones");

	if (k->clones)
		put_clones(l, t);
	else
		line_str(l, "unknown");
	end(w);
	l = about(w, "execs");
	if (k->execs) {
		put_uint(l, t->execs, ", ");
		put_failed(l, t->exec_errors, k->exec_errors);
	} else {
		line_str(l, "unknown");
	}
	end(w);
	l = about(w, "exits");
	if (k->exits)
		line_uint(l, t->exits);
	else
		line_str(l, "unknown");
	end(w);
}

void switches_text(struct line *l, const struct ev_switches *s, bool known)
{
	if (!known) {
		line_str(l, "how often switched to is unknown");
		return;
	}
	line_str(l, "switched to from the same memory ");
	line_uint(l, s->of[CLEAVE_SWITCH_SAME]);
	line_str(l, ", from another ");
	line_uint(l, s->of[CLEAVE_SWITCH_OTHER]);
	line_str(l, ", from a kernel thread ");
	line_uint(l, s->of[CLEAVE_SWITCH_KERNEL]);
}

static void pages(struct writer *w, const char *what, __u64 n, bool known)
{
	struct line *l = about(w, what);

	if (known) {
		put_uint(l, n, n == 1 ? " page (" : " pages (");
		line_size(l, n);
		line_str(l, ")");
	} else {
		line_str(l, "unknown");
	}
	end(w);
}

static const struct table_col outcome_cols[] = {
	{ .title = "breaks", .left = true, .width = 14 },
	{ .title = "before exec", .width = 12 },
	{ .title = "in all", .width = 11 },
	{ .title = "what it means", .left = true, .drop = 1 },
};

static void number(struct line *l, __u64 n, bool known)
{
	if (known)
		line_uint(l, n);
	else
		line_str(l, "unknown");
}

static void outcome_rows(struct table *tb, const struct ev_totals *t, const struct known *k)
{
	int i;

	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++) {
		bool always = i == CLEAVE_COPIED || i == CLEAVE_REUSED;

		if (k->outcome[i] && !always && !t->before_exec[i] && !t->cow[i])
			continue;
		line_str(table_cell(tb), outcome_names[i]);
		number(table_cell(tb), t->before_exec[i], k->outcome[i] && k->before_exec);
		number(table_cell(tb), t->cow[i], k->outcome[i]);
		line_str(table_cell(tb), outcome_words[i]);
		table_row(tb);
	}
}

/* Of a recording that was cut off. */
static void no_end(const struct page *p)
{
	fputs("unknown: the recording has no end\n", p->f);
}

void text_totals(const struct page *p, const struct ev_summary *e)
{
	const struct known *k = p->known;
	const struct ev_totals *t = &e->totals;
	struct writer w = { .page = p, .line.ascii = !p->utf8 };
	struct table tb;
	struct line *l;

	if (!k->totals) {
		no_end(p);
		return;
	}
	l = about(&w, "traced");

	line_time(l, e->duration_ns);
	line_str(l, " with ");
	line_safe(l, e->backend, strlen(e->backend));
	line_str(l, ", after ");
	line_time(l, e->attach_ns);
	line_str(l, " of loading and attaching");
	end(&w);
	counts(&w, t);
	if (e->switches.there) {
		switches_text(about(&w, "tasks"), &e->switches, k->switches);
		end(&w);
	}
	pages(&w, "shared", t->shared, k->shared);
	pages(&w, "copied", t->before_exec[CLEAVE_COPIED],
	      k->outcome[CLEAVE_COPIED] && k->before_exec);
	pages(&w, "never copied", t->never_copied, k->never_in_all);
	line_free(&w.line);
	putc_unlocked('\n', p->f);
	table_init(&tb, outcome_cols, sizeof(outcome_cols) / sizeof(outcome_cols[0]));
	outcome_rows(&tb, t, k);
	table_print(&tb, p->f, p->columns, page_paint(p, BOLD), page_paint(p, PLAIN));
	outcome_rows(&tb, t, k);
	table_free(&tb);
}

void text_lost(const struct page *p, const struct ev_lost *e)
{
	struct writer w = { .page = p };
	struct line *l;

	if (!p->known->totals) {
		no_end(p);
		return;
	}
	l = about(&w, "records");
	put_uint(l, e->records[CLEAVE_REC_CLONE], " clone, ");
	put_uint(l, e->records[CLEAVE_REC_EXEC], " exec, ");
	put_uint(l, e->records[CLEAVE_REC_EXIT], " exit, ");
	put_uint(l, e->records[CLEAVE_REC_END], " end, ");
	if (e->records[CLEAVE_REC_ATTACH])
		put_uint(l, e->records[CLEAVE_REC_ATTACH], " attach, ");
	put_uint(l, e->records[CLEAVE_REC_BREAK],
		 " break (the ring was full: totals are exact all the same); ");
	put_uint(l, e->malformed, " malformed, ");
	put_uint(l, e->unread, " unread");
	end(&w);
	l = about(&w, "address spaces");
	put_uint(l, e->spaces, " (the ledger was full: not in the totals)");
	if (e->spaces)
		line_str(l, "; what they break is not told either, and what they fork has no creator");
	end(&w);
	l = about(&w, "probes");
	put_uint(l, e->missed, " did not run");
	if (e->missed)
		line_str(l, ": where that was a clone, its child and all below it are missing as well");
	end(&w);
	line_free(&w.line);
}
