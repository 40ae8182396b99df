// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - a line for each thing that happens, as it happens; at the end
 * the tree of processes, the totals, what was lost, and what the words mean.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/flags.h"
#include "lib/fmt.h"
#include "agg/tree.h"
#include "agg/totals.h"
#include "sink/sink.h"

enum colour {
	PLAIN,
	GREEN,
	CYAN,
	YELLOW,
	RED,
	DIM,
	BOLD,
};

struct text_sink {
	struct sink s;
	struct out *out;
	bool colour;
	__u64 start;
	struct tree tree;
};

static const char *paint(const struct text_sink *t, enum colour c)
{
	static const char *const codes[] = {
		[PLAIN] = "\033[0m", [GREEN] = "\033[32m", [CYAN] = "\033[36m",
		[YELLOW] = "\033[33m", [RED] = "\033[31m", [DIM] = "\033[2m",
		[BOLD] = "\033[1m",
	};

	return t->colour ? codes[c] : "";
}

static void heading(struct text_sink *t, const char *text)
{
	fprintf(t->out->f, "\n%s%s%s\n", paint(t, BOLD), text, paint(t, PLAIN));
}

/* The columns that all lines begin with; the caller goes on with the text. */
static void begin(struct text_sink *t, __u64 ts, pid_t pid, struct text comm,
		  enum colour c)
{
	__u64 us = ts > t->start ? (ts - t->start) / 1000 : 0;
	char buf[3 * CLEAVE_COMM_LEN];
	int pad;

	fmt_safe(buf, sizeof(buf), comm.s, comm.len);
	pad = 15 - (int)fmt_width(buf);
	/* Not as a floating point number: that takes longer than all the rest. */
	fprintf(t->out->f, "%s%6llu.%03llu%s %7d %s%*s %s", paint(t, DIM),
		us / 1000, us % 1000, paint(t, PLAIN), pid, buf,
		pad > 0 ? pad : 0, "", paint(t, c));
}

static void finish(struct text_sink *t)
{
	fprintf(t->out->f, "%s\n", paint(t, PLAIN));
}

static void on_start(struct text_sink *t, const struct event *e)
{
	const struct ev_start *s = &e->start;
	__u32 i;

	t->start = e->ts;
	if (s->root)
		tree_add(&t->tree, s->root);
	fprintf(t->out->f, "cleave: tracing with %s on Linux %s%s%s:", s->backend,
		s->kernel, s->has_user ? ", as " : "", s->has_user ? s->user : "");
	for (i = 0; i < s->nr_words; i++) {
		char buf[256];

		fprintf(t->out->f, " %s",
			fmt_safe(buf, sizeof(buf), s->command[i].s,
				 s->command[i].len));
	}
	fprintf(t->out->f, "\n%s%10s %7s %-15s %s%s\n", paint(t, BOLD), "ms",
		"pid", "process", "what happened", paint(t, PLAIN));
}

/* "75 pages (300 KiB)" */
static void put_pages(struct text_sink *t, __u64 pages, bool known)
{
	char buf[FMT_LEN];

	if (known)
		fprintf(t->out->f, "%llu page%s (%s)", pages,
			pages == 1 ? "" : "s", fmt_size(buf, pages));
	else
		fprintf(t->out->f, "an unknown number of pages");
}

static void put_failed_clone(struct text_sink *t, const struct ev_clone *c)
{
	const char *name = strerrorname_np(c->error);

	fprintf(t->out->f, "%s() failed: %s (%s)", call_names[c->call],
		strerror(c->error), name ? name : "?");
}

static void put_own_pages(struct text_sink *t, const struct ev_clone *c)
{
	const struct known *k = t->s.known;
	char size[FMT_LEN];

	fprintf(t->out->f, "forked %d by %s(): shares ", c->child_pid,
		call_names[c->call]);
	put_pages(t, c->pages.shared, k->shared);
	fprintf(t->out->f, " copy-on-write");
	if (c->pages.class[PAGES_anon_huge])
		fprintf(t->out->f, ", %s of them in huge pages",
			fmt_size(size, c->pages.class[PAGES_anon_huge]));
	if (c->pages.class[PAGES_copied])
		fprintf(t->out->f, ", %llu copied at once", c->pages.class[PAGES_copied]);
}

static void put_shared_vm(struct text_sink *t, const struct ev_clone *c)
{
	char size[FMT_LEN];

	if (c->kind == CLEAVE_KIND_THREAD)
		fprintf(t->out->f, "started thread %d by %s(): same memory (%s)",
			c->child_tid, call_names[c->call],
			fmt_size(size, c->vm_pages));
	else if (c->kind == CLEAVE_KIND_VFORK)
		fprintf(t->out->f,
			"forked %d by %s(): it borrows this memory (%s) until it execs",
			c->child_pid, call_names[c->call],
			fmt_size(size, c->vm_pages));
	else
		fprintf(t->out->f, "started %d by %s(): %s", c->child_tid,
			call_names[c->call], kind_names[c->kind]);
}

static void on_clone(struct text_sink *t, const struct event *e)
{
	const struct ev_clone *c = &e->clone;
	char buf[FMT_LEN];

	begin(t, e->ts, c->parent_pid, c->comm, c->made ? GREEN : RED);
	if (!c->made)
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
static void put_figures(struct text_sink *t, const struct ev_figures *f)
{
	const struct known *k = t->s.known;
	__u64 creator = f->creator_cow[CLEAVE_COPIED];

	fprintf(t->out->f, "; of ");
	put_pages(t, f->shared, k->shared);
	fprintf(t->out->f, " shared, ");
	if (k->outcome[CLEAVE_COPIED])
		fprintf(t->out->f, "%llu copied", f->cow[CLEAVE_COPIED]);
	else
		fprintf(t->out->f, "an unknown number copied");
	if (k->never_copied)
		fprintf(t->out->f, ", %llu never", f->never_copied);
	if (k->outcome[CLEAVE_COPIED] && k->creator && creator)
		fprintf(t->out->f, "; its creator copied %llu", creator);
}

static void put_args(struct text_sink *t, const struct ev_exec *x)
{
	size_t at = 0;

	while (at < x->args.len) {
		size_t n = strnlen(x->args.s + at, x->args.len - at);
		char buf[CLEAVE_ARGS_LEN];

		fmt_safe(buf, sizeof(buf), x->args.s + at, n);
		fprintf(t->out->f, "%s%s", at ? " " : "", buf);
		at += n + 1;
	}
	if (x->args_cut)
		fprintf(t->out->f, " ...");
}

static void on_exec(struct text_sink *t, const struct event *e)
{
	const struct ev_exec *x = &e->exec;
	char buf[CLEAVE_PATH_LEN];

	begin(t, e->ts, x->pid, x->comm, x->error ? RED : CYAN);
	fprintf(t->out->f, "exec %s",
		fmt_safe(buf, sizeof(buf), x->path.s, x->path.len));
	if (x->error) {
		fprintf(t->out->f, " failed: %s", strerror(x->error));
	} else {
		fprintf(t->out->f, " (");
		put_args(t, x);
		fprintf(t->out->f, ")");
	}
	if (x->closes) {
		fprintf(t->out->f, ", %s after its fork",
			fmt_time(buf, x->fig.since_clone_ns));
		put_figures(t, &x->fig);
	}
	finish(t);
	tree_exec(&t->tree, e);
}

static void on_exit_of(struct text_sink *t, const struct event *e)
{
	const struct ev_exit *x = &e->exit;
	char buf[FMT_LEN];

	begin(t, e->ts, x->pid, x->comm, x->signaled ? RED : PLAIN);
	if (x->signaled)
		fprintf(t->out->f, "killed by %s",
			signal_format(buf, sizeof(buf), x->signal));
	else
		fprintf(t->out->f, "ended with status %d", x->exit_code);
	if (x->fig.arrived)
		put_figures(t, &x->fig);
	else if (x->closes)
		fprintf(t->out->f, "; what it copied is unknown");
	finish(t);
	tree_exit(&t->tree, e);
}

static void on_break(struct text_sink *t, const struct event *e)
{
	const struct ev_break *b = &e->brk;

	begin(t, e->ts, b->pid, (struct text) { "", 0 }, YELLOW);
	fprintf(t->out->f, "wrote at 0x%llx: %s (%s)", b->addr,
		outcome_names[b->outcome], outcome_words[b->outcome]);
	if (b->tid != b->pid)
		fprintf(t->out->f, ", thread %d", b->tid);
	finish(t);
}

static void legend(struct text_sink *t)
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

static void put_diffs(FILE *f, const struct ev_compare *c, const struct ev_diff *d,
		      __u32 nr)
{
	__u32 i;

	for (i = 0; i < nr; i++)
		fprintf(f, "  {\"event\":\"%s\",\"pid\":%d,\"field\":\"%s\",\"%s\":%s,\"%s\":%s}\n",
			d[i].event, d[i].pid, d[i].field,
			c->name[0], d[i].value[0] ? d[i].value[0] : "null",
			c->name[1], d[i].value[1] ? d[i].value[1] : "null");
}

static void put_compare(FILE *f, const struct ev_compare *c)
{
	if (c->nr_differences)
		fprintf(f, "\nBACKENDS DIFFER: %llu differences, %llu events compared (%s, %s)\n",
			c->nr_differences, c->events, c->name[0], c->name[1]);
	else
		fprintf(f, "\nbackends agree: %llu events compared (%s, %s)\n",
			c->events, c->name[0], c->name[1]);
	put_diffs(f, c, c->list, c->nr_list);
	if (c->nr_differences > c->nr_list)
		fprintf(f, "  and %llu more\n", c->nr_differences - c->nr_list);
	if (!c->nr_edges)
		return;
	fprintf(f, "At the edge of %u windows the creator was writing while the child ended (no error):\n",
		c->nr_edges);
	put_diffs(f, c, c->edges, c->nr_edges);
}

static void on_summary(struct text_sink *t, const struct event *e)
{
	const struct ev_summary *s = &e->summary;

	heading(t, "Processes");
	tree_print(&t->tree, t->out, t->s.known);
	heading(t, "Totals");
	totals_print(t->out->f, s, t->s.known);
	heading(t, "Lost");
	lost_print(t->out->f, &s->lost);
	legend(t);
	if (s->compare)
		put_compare(t->out->f, s->compare);
}

static void text_event(struct sink *s, const struct event *e)
{
	struct text_sink *t = (struct text_sink *)s;

	switch (e->type) {
	case EVENT_START:
		on_start(t, e);
		break;
	case EVENT_CLONE:
		on_clone(t, e);
		break;
	case EVENT_EXEC:
		on_exec(t, e);
		break;
	case EVENT_EXIT:
		on_exit_of(t, e);
		break;
	case EVENT_GONE:	/* no line: there is nothing that has happened */
		tree_gone(&t->tree, e);
		break;
	case EVENT_BREAK:
		on_break(t, e);
		break;
	case EVENT_SUMMARY:
		on_summary(t, e);
		break;
	default:		/* the summary says it */
		break;
	}
}

static void text_flush(struct sink *s)
{
	out_flush(((struct text_sink *)s)->out);
}

static void text_free(struct sink *s)
{
	struct text_sink *t = (struct text_sink *)s;

	tree_free(&t->tree);
	free(t);
}

static const struct sink_ops text_ops = {
	.event = text_event,
	.flush = text_flush,
	.free = text_free,
};

struct sink *sink_text(struct out *out, const struct known *known)
{
	struct text_sink *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->s.ops = &text_ops;
	t->s.known = known;
	t->out = out;
	t->colour = out_colour(out);
	tree_init(&t->tree);
	return &t->s;
}
