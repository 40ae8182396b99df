// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_text.c - a line for each thing that happens, as it happens; at the end
 * the tree of processes, the totals, what was lost, and what the words mean.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cleave_rules.h"
#include "core/flags.h"
#include "lib/fmt.h"
#include "agg/tree.h"
#include "agg/view_totals.h"

enum colour {
	PLAIN,
	GREEN,
	CYAN,
	YELLOW,
	RED,
	DIM,
	BOLD,
};

struct text_view {
	struct view v;
	struct out *out;
	bool colour;
	__u64 start;
	struct tree tree;
};

static const char *paint(const struct text_view *t, enum colour c)
{
	static const char *const codes[] = {
		[PLAIN] = "\033[0m", [GREEN] = "\033[32m", [CYAN] = "\033[36m",
		[YELLOW] = "\033[33m", [RED] = "\033[31m", [DIM] = "\033[2m",
		[BOLD] = "\033[1m",
	};

	return t->colour ? codes[c] : "";
}

static struct text_view *text_of(struct view *v)
{
	return (struct text_view *)v;
}

static void heading(struct text_view *t, const char *text)
{
	fprintf(t->out->f, "\n%s%s%s\n", paint(t, BOLD), text, paint(t, PLAIN));
}

/* The columns that all lines begin with; the caller goes on with the text. */
static void begin(struct text_view *t, __u64 ts, pid_t pid, const char *comm,
		  enum colour c)
{
	__u64 us = ts > t->start ? (ts - t->start) / 1000 : 0;
	char buf[3 * CLEAVE_COMM_LEN];
	int pad;

	fmt_safe(buf, sizeof(buf), comm, CLEAVE_COMM_LEN);
	pad = 15 - (int)fmt_width(buf);
	/* Not as a floating point number: that takes longer than all the rest. */
	fprintf(t->out->f, "%s%6llu.%03llu%s %7d %s%*s %s", paint(t, DIM),
		us / 1000, us % 1000, paint(t, PLAIN), pid, buf,
		pad > 0 ? pad : 0, "", paint(t, c));
}

static void finish(struct text_view *t)
{
	fprintf(t->out->f, "%s\n", paint(t, PLAIN));
}

static void on_start(struct view *v, const struct ev_start *e)
{
	struct text_view *t = text_of(v);
	int i;

	t->start = e->ts;
	tree_add(&t->tree, e->root);
	fprintf(t->out->f, "cleave: tracing with %s on Linux %s:", e->backend,
		e->kernel);
	for (i = 0; e->argv[i]; i++) {
		char buf[256];

		fprintf(t->out->f, " %s",
			fmt_safe(buf, sizeof(buf), e->argv[i], sizeof(buf)));
	}
	fprintf(t->out->f, "\n%s%10s %7s %-15s %s%s\n", paint(t, BOLD), "ms",
		"pid", "process", "what happened", paint(t, PLAIN));
}

/* "75 pages (300 KiB)" */
static void put_pages(struct text_view *t, __u64 pages, bool known)
{
	char buf[FMT_LEN];

	if (known)
		fprintf(t->out->f, "%llu page%s (%s)", pages,
			pages == 1 ? "" : "s", fmt_size(buf, pages));
	else
		fprintf(t->out->f, "an unknown number of pages");
}

static void put_failed_clone(struct text_view *t, const struct cleave_clone *c)
{
	const char *name = strerrorname_np(c->error);

	fprintf(t->out->f, "%s() failed: %s (%s)", call_names[c->call],
		strerror(c->error), name ? name : "?");
}

static void put_own_pages(struct text_view *t, const struct cleave_clone *c)
{
	const struct known *k = t->v.known;
	char size[FMT_LEN];

	fprintf(t->out->f, "forked %d by %s(): shares ", c->child_pid,
		call_names[c->call]);
	put_pages(t, cleave_shared(&c->pages), k->shared);
	fprintf(t->out->f, " copy-on-write");
	if (c->pages.anon_huge)
		fprintf(t->out->f, ", %s of them in huge pages",
			fmt_size(size, c->pages.anon_huge));
	if (c->pages.copied)
		fprintf(t->out->f, ", %llu copied at once", c->pages.copied);
}

static void put_shared_vm(struct text_view *t, const struct cleave_clone *c)
{
	char size[FMT_LEN];

	if (c->kind == CLEAVE_KIND_THREAD)
		fprintf(t->out->f, "started thread %d by %s(): same memory (%s)",
			c->child_tid, call_names[c->call],
			fmt_size(size, c->pages.vm));
	else if (c->kind == CLEAVE_KIND_VFORK)
		fprintf(t->out->f,
			"forked %d by %s(): it borrows this memory (%s) until it execs",
			c->child_pid, call_names[c->call],
			fmt_size(size, c->pages.vm));
	else
		fprintf(t->out->f, "started %d by %s(): %s", c->child_tid,
			call_names[c->call], kind_names[c->kind]);
}

static void on_clone(struct view *v, const struct ev_clone *e)
{
	struct text_view *t = text_of(v);
	const struct cleave_clone *c = e->rec;
	char buf[FMT_LEN];

	begin(t, c->hdr.ts, c->parent_pid, c->comm, c->error ? RED : GREEN);
	if (c->error)
		put_failed_clone(t, c);
	else if (c->has_pages)
		put_own_pages(t, c);
	else
		put_shared_vm(t, c);
	fprintf(t->out->f, ", in %s", fmt_time(buf, c->duration_ns));
	finish(t);
	tree_clone(&t->tree, e);
}

/* What became of the pages that a clone had shared. */
static void put_figures(struct text_view *t, const struct cleave_figures *f)
{
	const struct known *k = t->v.known;
	__u64 creator = f->creator_cow[CLEAVE_COPIED];

	fprintf(t->out->f, "; of ");
	put_pages(t, f->shared, k->shared);
	fprintf(t->out->f, " shared, ");
	if (k->outcome[CLEAVE_COPIED])
		fprintf(t->out->f, "%llu copied", f->cow[CLEAVE_COPIED]);
	else
		fprintf(t->out->f, "an unknown number copied");
	if (k->never_copied)
		fprintf(t->out->f, ", %llu never", cleave_never_copied(f));
	if (k->outcome[CLEAVE_COPIED] && k->creator && creator)
		fprintf(t->out->f, "; its creator copied %llu", creator);
}

static void put_args(struct text_view *t, const struct cleave_exec *x)
{
	size_t at = 0;

	while (at < x->args_len) {
		size_t n = strnlen(x->args + at, x->args_len - at);
		char buf[CLEAVE_ARGS_LEN];

		fmt_safe(buf, sizeof(buf), x->args + at, n);
		fprintf(t->out->f, "%s%s", at ? " " : "", buf);
		at += n + 1;
	}
	if (x->what & CLEAVE_ARGS_CUT)
		fprintf(t->out->f, " ...");
}

static void on_exec(struct view *v, const struct ev_exec *e)
{
	struct text_view *t = text_of(v);
	const struct cleave_exec *x = e->rec;
	char buf[CLEAVE_PATH_LEN];

	begin(t, x->hdr.ts, x->pid, x->comm, x->error ? RED : CYAN);
	fprintf(t->out->f, "exec %s",
		fmt_safe(buf, sizeof(buf), x->path, sizeof(x->path)));
	if (x->error) {
		fprintf(t->out->f, " failed: %s", strerror(x->error));
	} else {
		fprintf(t->out->f, " (");
		put_args(t, x);
		fprintf(t->out->f, ")");
	}
	if (x->what & CLEAVE_HAS_FIGURES) {
		fprintf(t->out->f, ", %s after its fork",
			fmt_time(buf, x->fig.since_clone_ns));
		put_figures(t, &x->fig);
	}
	finish(t);
	tree_exec(&t->tree, e);
}

static void on_end_of_process(struct view *v, const struct ev_exit *e)
{
	struct text_view *t = text_of(v);
	bool bad = WIFSIGNALED(e->status);
	char buf[FMT_LEN];

	begin(t, e->ts, e->proc->pid, e->proc->comm, bad ? RED : PLAIN);
	if (bad)
		fprintf(t->out->f, "killed by %s",
			signal_format(buf, sizeof(buf), WTERMSIG(e->status)));
	else
		fprintf(t->out->f, "ended with status %d",
			WEXITSTATUS(e->status));
	if (e->has_fig)
		put_figures(t, &e->fig);
	else if (e->closes)
		fprintf(t->out->f, "; what it copied is unknown");
	finish(t);
	tree_exit(&t->tree, e);
}

static void on_break(struct view *v, const struct ev_break *e)
{
	struct text_view *t = text_of(v);
	const struct cleave_break *b = e->rec;

	begin(t, b->hdr.ts, b->pid, "", YELLOW);
	fprintf(t->out->f, "wrote at 0x%llx: %s (%s)", b->addr,
		outcome_names[b->outcome], outcome_words[b->outcome]);
	if (b->tid != b->pid)
		fprintf(t->out->f, ", thread %d", b->tid);
	finish(t);
}

static void on_lost(struct view *v, const struct ev_end *e)
{
	(void)v;
	(void)e;	/* printed below the totals */
}

static void legend(struct text_view *t)
{
	static const char *const lines[] = {
		"fork            make a process with its own view of the creator's memory; nothing is copied yet",
		"copy-on-write   both see the same pages, write-protected; a page is copied when one of the two writes",
		"thread, vfork   the new task runs in the creator's memory itself: nothing to copy, ever",
		"exec            throw the memory away and start a program: what was not copied by then never will be",
		"shared          pages that creator and child had in common when the child was made",
		"copied          of those, pages that the child wrote to before its exec (or end)",
		"never copied    shared minus copied: what copy-on-write saved",
		"creator copied  pages that the creator wrote to while the child still had them",
		"fork took       time inside copy_process(); to exec: from there to the exec",
		"page            4 KiB of mapped memory",
	};
	size_t i;

	heading(t, "What the words mean");
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		fprintf(t->out->f, "%s\n", lines[i]);
}

static void on_summary(struct view *v, const struct ev_end *e)
{
	struct text_view *t = text_of(v);

	heading(t, "Processes");
	tree_print(&t->tree, t->out, v->known);
	heading(t, "Totals");
	totals_print(t->out->f, e, v->known);
	heading(t, "Lost");
	lost_print(t->out->f, e);
	legend(t);
}

static void on_flush(struct view *v)
{
	out_flush(text_of(v)->out);
}

static void text_free(struct view *v)
{
	tree_free(&text_of(v)->tree);
	free(v);
}

static const struct view_ops text_ops = {
	.start = on_start,
	.clone = on_clone,
	.exec = on_exec,
	.exit = on_end_of_process,
	.brk = on_break,
	.lost = on_lost,
	.summary = on_summary,
	.flush = on_flush,
	.free = text_free,
};

struct view *view_text(struct out *out, const struct known *known)
{
	struct text_view *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->v.ops = &text_ops;
	t->v.known = known;
	t->out = out;
	t->colour = out_colour(out);
	tree_init(&t->tree);
	return &t->v;
}
