// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - a line for each thing that happens, as it happens; at the end
 * the tree of processes, the totals, what was lost, and what the words mean.
 */
#include <stdlib.h>

#include "core/flags.h"
#include "sink/sink.h"
#include "sink/text.h"
#include "sink/watch.h"

/* Where lines have their text, behind time, pid and name. */
#define TEXT_AT		35

/* The time, with a blank behind it. */
#define TS_COLUMNS	11

/*
 * A failed exec of which nothing more is heard is told after this time, and so are those
 * that were attached to.
 */
#define TRY_NS		100000000ULL

/*
 * By the clock, a while later: by then all records of before have come, so that a report
 * of a recording, which has no clock, has the line in the same place.
 */
#define TRY_LATE_NS	50000000ULL

struct text_sink {
	struct sink s;
	struct page page;
	struct out *out;
	struct line line;
	bool summary_only;
	__u64 start;
	struct tree tree;
	struct tries tries;
	bool named;			/* what is attached to was */
	struct attachments attached;
	struct watch_view view;		/* the last snapshot */
	struct curves curves;		/* all of them */
};

static inline void put_colour(struct text_sink *t, enum colour c)
{
	if (t->page.colour)
		line_str(&t->line, page_paint(&t->page, c));
}

static void put_ts(struct text_sink *t, __u64 ts)
{
	__u64 us = ts > t->start ? (ts - t->start) / 1000 : 0;
	struct line *l = &t->line;
	size_t from;

	l->len = 0;
	put_colour(t, DIM);
	line_right(l, us / 1000, 6);
	from = l->len;
	line_uint(l, 1000 + us % 1000);
	l->buf[from] = '.';
	put_colour(t, PLAIN);
	line_str(l, " ");
}

/* The columns that all lines begin with; the caller goes on with the text. */
static struct line *begin(struct text_sink *t, __u64 ts, pid_t pid, struct text comm,
			  enum colour c)
{
	struct line *l = &t->line;

	put_ts(t, ts);
	line_right(l, pid, 7);
	line_str(l, " ");
	line_fill(l, ' ', 15 - (int)line_safe(l, comm.s, comm.len));
	line_str(l, " ");
	put_colour(t, c);
	return l;
}

/* On a narrow terminal, what does not fit is told below the text. */
static void finish(struct text_sink *t)
{
	struct line *l = &t->line;

	put_colour(t, PLAIN);
	if (t->page.columns) {
		page_wrap(&t->page, l->buf, l->len, TEXT_AT);
		return;
	}
	line_str(l, "\n");
	fwrite_unlocked(l->buf, 1, l->len, t->out->f);
}

static void put_target(struct line *l, const struct ev_start *s)
{
	__u32 i;

	if (s->has_attached)
		line_str(l, s->nr_attached == 1 ? ": process" : ": processes");
	else
		line_str(l, s->has_command ? ":" : ": the whole system");
	if (s->has_cgroup) {
		line_str(l, ", of cgroup ");
		line_safe(l, s->cgroup, strlen(s->cgroup));
	}
	if (s->has_uid) {
		line_str(l, ", of user ");
		line_uint(l, s->uid);
	}
	for (i = 0; i < s->nr_attached; i++) {
		line_str(l, " ");
		line_int(l, s->attached[i]);
	}
	for (i = 0; i < s->nr_words; i++) {
		line_str(l, " ");
		line_safe(l, s->command[i].s, s->command[i].len);
	}
}

static void on_start(struct text_sink *t, const struct event *e)
{
	const struct ev_start *s = &e->start;
	struct line *l = &t->line;

	t->start = e->ts;
	t->named = s->has_attached;
	t->view.ts = e->ts;
	if (t->summary_only)
		return;
	l->len = 0;
	line_str(l, "cleave: tracing with ");
	line_safe(l, s->backend, strlen(s->backend));
	line_str(l, " on Linux ");
	line_safe(l, s->kernel, strlen(s->kernel));
	if (s->has_user) {
		line_str(l, ", as ");
		line_safe(l, s->user, strlen(s->user));
	}
	put_target(l, s);
	page_wrap(&t->page, l->buf, l->len, 4);
	fprintf(t->page.f, "%s%10s %7s %-15s %s%s\n", page_paint(&t->page, BOLD), "ms",
		"pid", "process", "what happened", page_paint(&t->page, PLAIN));
}

/* "75 pages (300 KiB)" */
static void put_pages(struct line *l, __u64 pages, bool known)
{
	if (!known) {
		line_str(l, "an unknown number of pages");
		return;
	}
	line_uint(l, pages);
	line_str(l, pages == 1 ? " page (" : " pages (");
	line_size(l, pages);
	line_str(l, ")");
}

static void put_failed_clone(struct line *l, const struct ev_clone *c)
{
	const char *name = strerrorname_np(c->error);

	line_str(l, call_names[c->call]);
	line_str(l, "() failed: ");
	line_str(l, strerror(c->error));
	line_str(l, " (");
	line_str(l, name ? name : "?");
	line_str(l, ")");
}

static void put_made(struct line *l, const char *what, pid_t who, const struct ev_clone *c)
{
	line_str(l, what);
	line_int(l, who);
	line_str(l, " by ");
	line_str(l, call_names[c->call]);
	line_str(l, "(): ");
}

/* They explain what a fork takes, where there are many: these are 128 MiB of pages. */
#define MANY_TABLES	(64 * CLEAVE_PAGE)

static void put_own_pages(struct text_sink *t, const struct ev_clone *c)
{
	struct line *l = &t->line;

	put_made(l, "forked ", c->child_pid, c);
	line_str(l, "shares ");
	put_pages(l, c->pages.shared, t->s.known->shared);
	line_str(l, " copy-on-write");
	if (c->pages.class[PAGES_anon_huge]) {
		line_str(l, ", ");
		line_size(l, c->pages.class[PAGES_anon_huge]);
		line_str(l, " of them in huge pages");
	}
	if (c->pages.class[PAGES_copied]) {
		line_str(l, ", ");
		line_uint(l, c->pages.class[PAGES_copied]);
		line_str(l, " copied at once");
	}
	if (t->s.known->page_tables && c->page_tables_bytes >= MANY_TABLES) {
		line_str(l, ", by ");
		line_size(l, c->page_tables_bytes / CLEAVE_PAGE);
		line_str(l, " of page tables");
	}
}

static void put_shared_vm(struct line *l, const struct ev_clone *c)
{
	if (c->kind == CLEAVE_KIND_THREAD) {
		put_made(l, "started thread ", c->child_tid, c);
		line_str(l, "same memory (");
		line_size(l, c->vm_pages);
		line_str(l, ")");
	} else if (c->kind == CLEAVE_KIND_VFORK) {
		put_made(l, "forked ", c->child_pid, c);
		line_str(l, "it borrows this memory (");
		line_size(l, c->vm_pages);
		line_str(l, ") until it execs");
	} else {
		put_made(l, "started ", c->child_tid, c);
		line_str(l, kind_names[c->kind]);
	}
}

static void on_clone(struct text_sink *t, const struct event *e)
{
	const struct ev_clone *c = &e->clone;
	struct line *l = begin(t, e->ts, c->parent_pid, c->comm, c->made ? GREEN : RED);

	if (!c->made)
		put_failed_clone(l, c);
	else if (c->has_pages)
		put_own_pages(t, c);
	else
		put_shared_vm(l, c);
	line_str(l, ", in ");
	line_time(l, c->duration_ns);
	finish(t);
}

/* What became of the pages that a clone had shared. */
static void put_figures(struct text_sink *t, const struct ev_figures *f)
{
	const struct known *k = t->s.known;
	__u64 creator = f->creator_cow[CLEAVE_COPIED];
	struct line *l = &t->line;

	if (f->clone_seen) {
		line_str(l, "; of ");
		put_pages(l, f->shared, k->shared);
		line_str(l, " shared, ");
	} else {
		line_str(l, "; since it was attached to, ");
	}
	if (k->outcome[CLEAVE_COPIED])
		line_uint(l, f->cow[CLEAVE_COPIED]);
	else
		line_str(l, "an unknown number");
	line_str(l, " copied");
	if (k->never_copied && f->clone_seen) {
		line_str(l, ", ");
		line_uint(l, f->never_copied);
		line_str(l, " never");
	}
	if (k->outcome[CLEAVE_COPIED] && k->creator && f->creator_known && creator) {
		line_str(l, "; its creator copied ");
		line_uint(l, creator);
	}
}

/* How long a creator has slept in vfork(). */
static void put_wait(struct line *l, const struct ev_wait *w, bool known)
{
	if (!w->there || !w->known || !known)
		return;
	line_str(l, ", its creator waited ");
	line_time(l, w->ns);
}

static void put_args(struct line *l, const struct ev_exec *x)
{
	size_t at = 0;

	line_str(l, " (");
	while (at < x->args.len) {
		size_t n = strnlen(x->args.s + at, x->args.len - at);

		if (at)
			line_str(l, " ");
		line_safe(l, x->args.s + at, n);
		at += n + 1;
	}
	if (x->args_cut)
		line_str(l, at ? " ..." : "...");
	line_str(l, ")");
}

/* "1st", "2nd", "3rd", "11th" */
static void put_ordinal(struct line *l, unsigned int n)
{
	static const char *const suffix[] = { "th", "st", "nd", "rd" };
	bool teen = n / 10 % 10 == 1;

	line_uint(l, n);
	line_str(l, suffix[!teen && n % 10 < 4 ? n % 10 : 0]);
}

static void put_path(struct line *l, const char *s, size_t len, bool cut)
{
	line_str(l, "exec ");
	line_safe(l, s, len);
	if (cut)
		line_str(l, "...");
}

/* The failed execs of a call that looked along PATH, in one line. */
static void tell_try(struct text_sink *t, struct try *try)
{
	struct text comm = { try->comm, try->comm_len };
	struct text path = { try->path, try->path_len };
	struct line *l = begin(t, try->ts, try->pid, comm, RED);

	if (try->nr > 1) {
		path = try_name(path);
		t->tries.folded += try->nr - 1;
	}
	put_path(l, path.s, path.len, false);
	line_str(l, " failed: ");
	line_str(l, strerror(try->error));
	if (try->nr > 1) {
		line_str(l, ", in ");
		line_uint(l, try->nr);
		line_str(l, " folders, the last ");
		path = try_folder(try);
		line_safe(l, path.s, path.len);
	}
	finish(t);
	tries_drop(&t->tries, try);
}

static void tell_late(struct text_sink *t, __u64 now)
{
	struct tries *tries = &t->tries;
	unsigned int i = 0;

	while (i < tries->nr) {
		if (now > tries->list[i].ts + TRY_NS)
			tell_try(t, &tries->list[i]);
		else
			i++;
	}
}

/* What is known of a call under way was all of it if its task does something else. */
static void tell_tries(struct text_sink *t, const struct event *e)
{
	struct tries *tries = &t->tries;
	struct try *try = NULL;
	unsigned int i;

	tell_late(t, e->ts);
	if (e->type == EVENT_CLONE)
		try = tries_find(tries, e->clone.parent_tid);
	if (try)
		tell_try(t, try);
	if (e->type != EVENT_EXIT && e->type != EVENT_GONE)
		return;
	for (i = tries->nr; i--;)
		if (tries->list[i].pid == (e->type == EVENT_EXIT ? e->exit.pid : e->gone.pid))
			tell_try(t, &tries->list[i]);
}

/* Return: whether this exec may be one of several, to be told when that is known. */
static bool keep_try(struct text_sink *t, const struct event *e, struct try **before)
{
	const struct ev_exec *x = &e->exec;
	struct tries *tries = &t->tries;
	struct try *try = tries->nr ? tries_find(tries, x->tid) : NULL;

	if (try && !try_goes_on(try, x)) {
		tell_try(t, try);
		try = NULL;
	}
	*before = try;
	if (!x->error || !try_begins(x))
		return false;
	if (!try) {
		if (tries->nr == TRIES)
			tell_try(t, &tries->list[0]);
		try = &tries->list[tries->nr++];
		*try = (struct try) { 0 };
	}
	try_add(try, x, e->ts);
	return true;
}

static void on_exec(struct text_sink *t, const struct event *e)
{
	const struct ev_exec *x = &e->exec;
	struct try *before;
	struct line *l;

	if (keep_try(t, e, &before))
		return;
	l = begin(t, e->ts, x->pid, x->comm, x->error ? RED : CYAN);
	put_path(l, x->path.s, x->path.len, x->path_cut);
	if (x->error) {
		line_str(l, " failed: ");
		line_str(l, strerror(x->error));
	} else if (t->s.known->args) {
		put_args(l, x);
	}
	if (before) {
		line_str(l, ", found in the ");
		put_ordinal(l, before->nr + 1);
		line_str(l, " of ");
		line_uint(l, before->nr + 1);
		line_str(l, " folders");
		t->tries.folded += before->nr;
		tries_drop(&t->tries, before);
	}
	put_wait(l, &x->wait, t->s.known->vfork_exec);
	if (x->closes && x->fig.clone_seen) {
		line_str(l, ", ");
		line_time(l, x->fig.since_clone_ns);
		line_str(l, " after its fork");
	}
	if (x->closes)
		put_figures(t, &x->fig);
	finish(t);
}

static void on_exit_of(struct text_sink *t, const struct event *e)
{
	const struct ev_exit *x = &e->exit;
	struct line *l = begin(t, e->ts, x->pid, x->comm, x->signaled ? RED : PLAIN);
	char buf[FLAG_NAME_LEN];

	if (x->signaled) {
		line_str(l, "killed by ");
		line_str(l, signal_format(buf, sizeof(buf), x->signal));
	} else {
		line_str(l, "ended with status ");
		line_int(l, x->exit_code);
	}
	put_wait(l, &x->wait, true);
	if (x->fig.arrived)
		put_figures(t, &x->fig);
	else if (x->closes)
		line_str(l, "; what it copied is unknown");
	if (x->switches.there) {
		line_str(l, "; ");
		switches_text(l, &x->switches, t->s.known->switches);
	}
	finish(t);
}

static void on_break(struct text_sink *t, const struct event *e)
{
	const struct ev_break *b = &e->brk;
	struct line *l = begin(t, e->ts, b->pid, (struct text) { "", 0 }, YELLOW);

	line_str(l, "wrote at ");
	line_hex(l, b->addr);
	line_str(l, ": ");
	line_str(l, outcome_names[b->outcome]);
	line_str(l, " (");
	line_str(l, outcome_words[b->outcome]);
	line_str(l, ")");
	if (b->tid != b->pid) {
		line_str(l, ", thread ");
		line_int(l, b->tid);
	}
	finish(t);
}

static void tell_attached(struct text_sink *t)
{
	struct attachments *a = &t->attached;
	struct line *l = &t->line;
	size_t i;

	l->len = 0;
	attachments_head(a, l);
	page_wrap(&t->page, l->buf, l->len, 4);
	for (i = 0; i < a->nr; i++) {
		const struct attached *one = &a->list[i];
		struct text comm = { one->comm, strnlen(one->comm, sizeof(one->comm)) };

		begin(t, one->ts, one->pid, comm, GREEN);
		attached_text(one, l);
		finish(t);
	}
	attachments_clear(a);
}

/*
 * Those that were named come one after the other.  Of the whole system many come as they
 * are found at work, before it is looked through.
 */
static bool all_attached(const struct text_sink *t, const struct event *e)
{
	if (e->ts > t->attached.last + TRY_NS)
		return true;
	return t->named && e->type != EVENT_ATTACH;
}

/* Of the whole system there are too many. */
static void on_look(struct text_sink *t, const struct event *e)
{
	const struct ev_look *x = &e->look;
	struct text comm = { x->proc->comm, strnlen(x->proc->comm, sizeof(x->proc->comm)) };
	struct line *l;

	if (!t->named)
		return;
	l = begin(t, e->ts, x->pid, comm, PLAIN);
	if (!x->may) {
		line_str(l, "what it shares is unknown: its page tables may not be read");
	} else {
		line_str(l, "shares ");
		put_pages(l, x->shared, true);
		line_str(l, " with others");
	}
	if (x->may && x->swap) {
		line_str(l, ", ");
		line_uint(l, x->swap);
		line_str(l, " more are swapped out");
	}
	finish(t);
}

/* Of all that live, on both sides. */
static void put_took(struct line *l, const struct ev_took *took, const struct known *k)
{
	line_str(l, "; ");
	if (k->snap_times)
		line_time(l, took->before_exec.sum_ns + took->creator.sum_ns);
	else
		line_str(l, "unknown time");
	line_str(l, " in breaks");
}

/* The last one is told of in full, at the end. */
static void on_snapshot(struct text_sink *t, const struct event *e)
{
	const struct ev_snapshot *s = &e->snapshot;
	const struct known *k = t->s.known;
	bool known = k->both_copied;
	__u64 all = s->nr_spaces + s->left_out;
	struct line *l = &t->line;

	put_ts(t, e->ts);
	line_fill(l, ' ', TEXT_AT - TS_COLUMNS);
	line_uint(l, all);
	line_str(l, all == 1 ? " is" : " are");
	line_str(l, " forked and before exec; extra memory ");
	put_pages(l, s->extra, known);
	if (known && s->peak > s->extra) {
		line_str(l, ", ");
		line_size(l, s->peak);
		line_str(l, " at its peak");
	}
	if (s->took.known)
		put_took(l, &s->took, k);
	finish(t);
}

/* What waits for an event like this one, or for the time. */
static void tell_waiting(struct text_sink *t, const struct event *e)
{
	if (t->attached.count && all_attached(t, e))
		tell_attached(t);
	if (t->tries.nr)
		tell_tries(t, e);
}

/* The line of an event, before the tree forgets what has ended. */
static void tell(struct text_sink *t, const struct event *e)
{
	tell_waiting(t, e);
	switch (e->type) {
	case EVENT_CLONE:
		on_clone(t, e);
		break;
	case EVENT_EXEC:
		on_exec(t, e);
		break;
	case EVENT_EXIT:
		on_exit_of(t, e);
		break;
	case EVENT_BREAK:
		on_break(t, e);
		break;
	case EVENT_ATTACH:
		attachments_add(&t->attached, e, t->named);
		break;
	case EVENT_LOOK:
		on_look(t, e);
		break;
	case EVENT_SNAPSHOT:
		on_snapshot(t, e);
		break;
	default:		/* no line: the summary says it, or there is nothing to say */
		break;
	}
}

static void legend(const struct page *p)
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

	page_heading(p, "What the words mean");
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		page_wrap(p, lines[i], strlen(lines[i]), 16);
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

/* What the filter has not let through. */
static void put_left_out(const struct page *p, __u64 n, const char *what, const char *more)
{
	fprintf(p->f, "%llu %s%s left out, as the options ask for%s\n", n, what,
		n == 1 ? " is" : "s are", more);
}

static void on_summary(struct text_sink *t, const struct event *e)
{
	const struct ev_summary *s = &e->summary;
	const struct page *p = &t->page;

	if (t->attached.count)
		tell_attached(t);
	while (t->tries.nr)
		tell_try(t, &t->tries.list[0]);
	page_heading(p, "Processes");
	if (s->has_left_out)
		put_left_out(p, tree_keep_shown(&t->tree), "row", "");
	text_tree(p, &t->tree, s->has_left_out);
	if (t->view.nr_rows) {
		page_heading(p, "Alive at the end");
		watch_print(&t->view, p, 0);
	}
	text_curves(p, &t->curves);
	page_heading(p, "Totals");
	text_totals(p, s);
	if (t->tries.folded)
		fprintf(p->f, "\nexecs that failed because a program was looked for in several folders: %llu had no line of their own\n",
			t->tries.folded);
	if (s->has_left_out) {
		putc_unlocked('\n', p->f);
		put_left_out(p, s->left_out, "event", ": the totals have them all the same");
	}
	text_times(p, &s->times);
	page_heading(p, "Lost");
	text_lost(p, &s->lost);
	legend(p);
	if (s->compare)
		put_compare(p->f, s->compare);
}

static void on_figures(struct text_sink *t, const struct event *e)
{
	watch_take(&t->view, e);
	curves_take(&t->curves, e);
}

static void text_event(struct sink *s, const struct event *e)
{
	struct text_sink *t = (struct text_sink *)s;

	if (!t->summary_only)
		tell(t, e);
	tree_event(&t->tree, e);
	if (e->type == EVENT_START)
		on_start(t, e);
	else if (e->type == EVENT_SNAPSHOT)
		on_figures(t, e);
	else if (e->type == EVENT_SUMMARY)
		on_summary(t, e);
}

/* Who asks for some of the processes is to see whose they are. */
static void text_aside(struct sink *s, const struct event *e)
{
	struct text_sink *t = (struct text_sink *)s;

	if (!t->summary_only)
		tell_waiting(t, e);
	tree_aside(&t->tree, e);
}

static void text_flush(struct sink *s)
{
	out_flush(((struct text_sink *)s)->out);
}

static bool text_idle(struct sink *s, __u64 now)
{
	struct text_sink *t = (struct text_sink *)s;
	unsigned int nr = t->tries.nr;
	bool attached = t->attached.count;

	if (!nr && !attached)
		return false;
	if (attached && now - TRY_LATE_NS > t->attached.last + TRY_NS)
		tell_attached(t);
	tell_late(t, now - TRY_LATE_NS);
	if (t->tries.nr < nr || attached != !!t->attached.count)
		out_flush(t->out);
	return t->tries.nr || t->attached.count;
}

static void text_free(struct sink *s)
{
	struct text_sink *t = (struct text_sink *)s;

	tree_free(&t->tree);
	watch_free(&t->view);
	attachments_free(&t->attached);
	line_free(&t->line);
	free(t);
}

static const struct sink_ops text_ops = {
	.event = text_event,
	.aside = text_aside,
	.flush = text_flush,
	.idle = text_idle,
	.free = text_free,
};

static struct sink *make(struct out *out, const struct known *known, bool summary_only)
{
	struct text_sink *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->s.ops = &text_ops;
	t->s.known = known;
	t->out = out;
	t->summary_only = summary_only;
	t->page = (struct page) {
		.f = out->f,
		.known = known,
		.columns = out_columns(out),
		.colour = out_colour(out),
		.utf8 = fmt_is_utf8(),
	};
	t->line.ascii = !t->page.utf8;
	tree_init(&t->tree);
	watch_init(&t->view, known, WATCH_COPIED);
	return &t->s;
}

struct sink *sink_text(struct out *out, const struct known *known)
{
	return make(out, known, false);
}

struct sink *sink_summary(struct out *out, const struct known *known)
{
	return make(out, known, true);
}
