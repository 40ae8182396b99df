// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.c - see model.h.
 *
 * The one join: an exit and the end of its address space are two records. Which
 * comes first depends on the kernel (the end in 6.x, the exit in 7.x), and the
 * end can come much later than the exit where something else still holds the
 * address space. The exit of an address space's last process is held back until
 * both are there.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cleave_rules.h"
#include "core/layout.h"
#include "core/model.h"

#define BUCKETS		1024

/* Exits that wait for an end that was lost must not pile up. */
#define HELD_MAX	1024

/**
 * struct space - a live address space
 * @next: in the bucket
 * @id: as in the records
 * @users: live processes in it
 * @by_clone: made by a clone and not exec'ed since: its end has figures
 * @closed: its end has been seen, before the exit of its last process
 * @fig: from that end, or NULL
 * @held: the exit that waits for its end, or NULL
 */
struct space {
	struct space *next;
	__u64 id;
	unsigned int users;
	bool by_clone;
	bool closed;
	struct cleave_figures *fig;
	struct held *held;
};

struct proc {
	struct proc *next;
	struct space *as;
	bool gone;		/* does not exist any more: model_mark_gone() */
	bool execed_unseen;
	struct proc_ref ref;
};

struct held {
	struct held *prev, *next;
	struct space *as;
	struct proc *proc;
	__u64 ts;
	int status;
};

struct model {
	struct sink *sink;
	const struct known *known;
	struct proc *procs[BUCKETS];
	struct space *spaces[BUCKETS];
	struct held held;		/* head of a ring of them, oldest first */
	size_t nr_held;
	size_t live;
	__u64 last_id;			/* of a process */
	struct cleave_figures stray;	/* the last end of an unknown space */
};

static void *need(void *p)
{
	if (!p) {
		fprintf(stderr, "cleave: out of memory\n");
		abort();
	}
	return p;
}

static struct space **space_slot(struct model *m, __u64 id)
{
	struct space **s = &m->spaces[id % BUCKETS];

	while (*s && (*s)->id != id)
		s = &(*s)->next;
	return s;
}

static struct space *space_find(struct model *m, __u64 id)
{
	return id ? *space_slot(m, id) : NULL;
}

static struct space *space_get(struct model *m, __u64 id)
{
	struct space **s;

	if (!id)
		return NULL;
	s = space_slot(m, id);
	if (!*s) {
		*s = need(calloc(1, sizeof(**s)));
		(*s)->id = id;
	}
	return *s;
}

static void space_drop_if_unused(struct model *m, struct space *as)
{
	struct space **s;

	if (!as || as->users || as->held)
		return;
	s = space_slot(m, as->id);
	*s = as->next;
	free(as->fig);
	free(as);
}

static struct proc **proc_slot(struct model *m, pid_t pid)
{
	struct proc **p = &m->procs[(unsigned int)pid % BUCKETS];

	while (*p && (*p)->ref.pid != pid)
		p = &(*p)->next;
	return p;
}

static void set_comm(struct proc *p, const char *comm)
{
	snprintf(p->ref.comm, sizeof(p->ref.comm), "%.*s",
		 CLEAVE_COMM_LEN - 1, comm);
}

static void proc_enter(struct model *m, struct proc *p, __u64 id)
{
	struct space *old = p->as;

	p->as = space_get(m, id);
	p->ref.space = id;
	if (p->as)
		p->as->users++;
	if (old) {
		old->users--;
		space_drop_if_unused(m, old);
	}
}

static struct proc *proc_new(struct model *m, pid_t pid, const char *comm)
{
	struct proc **slot = proc_slot(m, pid);
	struct proc *p = need(calloc(1, sizeof(*p)));

	p->ref.id = ++m->last_id;
	p->ref.pid = pid;
	set_comm(p, comm);
	p->next = *slot;
	*slot = p;
	m->live++;
	return p;
}

/* Take it out of the table: its pid may be used again from now on. */
static void proc_unhash(struct model *m, struct proc *p)
{
	*proc_slot(m, p->ref.pid) = p->next;
	m->live--;
}

/* The process of a record, made up where its clone was not seen. */
static struct proc *proc_get(struct model *m, pid_t pid, const char *comm)
{
	struct proc *p = *proc_slot(m, pid);

	return p ? p : proc_new(m, pid, comm);
}

/* Text of a record: it may fill its array. */
static struct text text_of(const char *s, size_t size)
{
	return (struct text) { s, strnlen(s, size) };
}

static struct text comm_of(const struct proc *p)
{
	return text_of(p->ref.comm, sizeof(p->ref.comm));
}

static void emit(struct model *m, const struct event *e)
{
	sink_event(m->sink, e);
}

/* Its exit was lost: nothing can be said of its end but that it was. */
static void proc_forget(struct model *m, struct proc *p, __u64 ts)
{
	struct event e = {
		.type = EVENT_GONE,
		.ts = ts,
		.gone = {
			.proc = &p->ref,
			.pid = p->ref.pid,
			.id = p->ref.id,
			.comm = comm_of(p),
		},
	};

	proc_unhash(m, p);
	emit(m, &e);
	proc_enter(m, p, 0);
	free(p);
}

static void set_figures(struct ev_figures *to, const struct cleave_figures *f)
{
	to->arrived = f;
	if (!f)
		return;
	to->since_clone_ns = f->since_clone_ns;
	to->shared = f->shared;
	to->never_copied = cleave_never_copied(f);
	to->clones = f->clones;
	memcpy(to->cow, f->cow, sizeof(to->cow));
	memcpy(to->creator_cow, f->creator_cow, sizeof(to->creator_cow));
}

static void emit_exit(struct model *m, struct proc *p, __u64 ts, int status,
		      bool closes, const struct cleave_figures *fig)
{
	struct event e = { .type = EVENT_EXIT, .ts = ts };
	struct ev_exit *x = &e.exit;

	x->proc = &p->ref;
	x->pid = p->ref.pid;
	x->id = p->ref.id;
	x->space = p->ref.space;
	x->comm = comm_of(p);
	x->status = status;
	x->signaled = WIFSIGNALED(status);
	x->signal = x->signaled ? WTERMSIG(status) : 0;
	x->exit_code = x->signaled ? 128 + x->signal : WEXITSTATUS(status);
	x->closes = closes;
	x->execed_unseen = p->execed_unseen;
	if (closes)
		set_figures(&x->fig, fig);
	emit(m, &e);
	free(p);
}

static void hold(struct model *m, struct proc *p, struct space *as, __u64 ts,
		 int status)
{
	struct held *h = need(calloc(1, sizeof(*h)));

	*h = (struct held) { .as = as, .proc = p, .ts = ts, .status = status };
	h->next = &m->held;
	h->prev = m->held.prev;
	h->prev->next = h;
	h->next->prev = h;
	m->nr_held++;
	as->held = h;
}

static void release(struct model *m, struct held *h,
		    const struct cleave_figures *fig)
{
	struct space *as = h->as;

	h->prev->next = h->next;
	h->next->prev = h->prev;
	m->nr_held--;
	emit_exit(m, h->proc, h->ts, h->status, as->by_clone, fig);
	as->held = NULL;
	space_drop_if_unused(m, as);
	free(h);
}

static void set_pages(struct ev_pages *to, const struct cleave_pages *p)
{
	int i;

	for (i = 0; i < PAGES_NR; i++)
		to->class[i] = page_class_get(p, i);
	to->shared = cleave_shared(p);
}

static void set_clone(struct ev_clone *e, const struct cleave_clone *c)
{
	e->made = !c->error;
	e->has_pages = c->has_pages;
	e->has_vm = !c->error && !c->has_pages;
	e->has_set_tid = c->set_tids;
	e->has_cgroup = c->flags & CLEAVE_F_INTO_CGROUP;
	e->call = c->call;
	e->kind = c->kind;
	e->parent_pid = c->parent_pid;
	e->parent_tid = c->parent_tid;
	e->child_pid = c->child_pid;
	e->child_tid = c->child_tid;
	e->child_ns_pid = c->child_ns_pid;
	e->child_ns_tid = c->child_ns_tid;
	e->parent_space = c->parent_as;
	e->child_space = c->as;
	e->comm = text_of(c->comm, sizeof(c->comm));
	e->flags = c->flags;
	e->exit_signal = c->exit_signal > 0 ? c->exit_signal : 0;
	e->error = c->error;
	e->set_tid = c->set_tid;
	e->set_tid_levels = c->set_tids;
	e->cgroup_fd = c->cgroup_fd;
	set_pages(&e->pages, &c->pages);
	e->vm_pages = c->pages.vm;
	e->duration_ns = c->duration_ns;
}

static void take_clone(struct model *m, const struct cleave_clone *c)
{
	struct proc *parent = proc_get(m, c->parent_pid, c->comm);
	struct event e = { .type = EVENT_CLONE, .ts = c->hdr.ts };
	struct proc *child = NULL;

	if (!parent->as && c->parent_as)
		proc_enter(m, parent, c->parent_as);
	if (clone_makes_process(c)) {
		struct proc *stale = *proc_slot(m, c->child_pid);

		if (stale && stale != parent)
			proc_forget(m, stale, c->hdr.ts);
		child = proc_new(m, c->child_pid, c->comm);
		proc_enter(m, child, c->as);
		if (child->as && c->has_pages)
			child->as->by_clone = true;
	}
	set_clone(&e.clone, c);
	e.clone.parent = &parent->ref;
	e.clone.parent_id = parent->ref.id;
	e.clone.child = child ? &child->ref : NULL;
	e.clone.child_id = child ? child->ref.id : parent->ref.id;
	emit(m, &e);
}

/* The name that the kernel gives: the last part of the path, cut. */
static void comm_of_path(struct proc *p, const char *path)
{
	char buf[CLEAVE_PATH_LEN];
	const char *slash;

	snprintf(buf, sizeof(buf), "%.*s", CLEAVE_PATH_LEN - 1, path);
	slash = strrchr(buf, '/');
	set_comm(p, slash ? slash + 1 : buf);
}

static void set_exec(struct ev_exec *e, const struct cleave_exec *x)
{
	e->pid = x->pid;
	e->tid = x->tid;
	e->space = x->error ? x->old_as : x->as;
	e->old_space = x->error ? 0 : x->old_as;
	e->comm = text_of(x->comm, sizeof(x->comm));
	e->path = text_of(x->path, sizeof(x->path));
	e->path_cut = x->what & CLEAVE_PATH_CUT;
	e->args_cut = x->what & CLEAVE_ARGS_CUT;
	e->args = (struct text) { x->args, x->args_len };
	e->argc = x->argc;
	e->error = x->error;
	e->closes = x->what & CLEAVE_HAS_FIGURES;
	if (e->closes)
		set_figures(&e->fig, &x->fig);
}

static void take_exec(struct model *m, const struct cleave_exec *x)
{
	struct proc *p = proc_get(m, x->pid, x->comm);
	struct space *old = space_find(m, x->old_as);
	struct event e = { .type = EVENT_EXEC, .ts = x->hdr.ts };

	if (!x->error) {
		if (old && (x->what & CLEAVE_HAS_FIGURES))
			old->by_clone = false;
		proc_enter(m, p, x->as);
		if (x->path[0])
			comm_of_path(p, x->path);
	}
	set_exec(&e.exec, x);
	e.exec.proc = &p->ref;
	e.exec.id = p->ref.id;
	emit(m, &e);
}

static void take_exit(struct model *m, const struct cleave_exit *x)
{
	struct proc *p = proc_get(m, x->pid, x->comm);
	struct space *as;

	if (x->comm[0])
		set_comm(p, x->comm);
	/* Where an exec was lost, the record knows better than we do. */
	if (x->as && (!p->as || p->as->id != x->as)) {
		p->execed_unseen = p->as;
		proc_enter(m, p, x->as);
	}
	proc_unhash(m, p);
	as = p->as;
	if (as && !as->by_clone && m->stray.as == as->id) {
		as->by_clone = true;
		as->closed = true;
		as->fig = need(malloc(sizeof(*as->fig)));
		*as->fig = m->stray;
		memset(&m->stray, 0, sizeof(m->stray));
	}
	if (as)
		as->users--;
	p->as = NULL;
	if (!as || as->users || !as->by_clone)
		emit_exit(m, p, x->hdr.ts, x->status, false, NULL);
	else if (as->closed || !m->known->ends)
		emit_exit(m, p, x->hdr.ts, x->status, true, as->fig);
	else
		hold(m, p, as, x->hdr.ts, x->status);
	space_drop_if_unused(m, as);
	if (m->nr_held > HELD_MAX)
		release(m, m->held.next, NULL);
}

static void take_end(struct model *m, const struct cleave_end *x)
{
	bool figures = (x->what & CLEAVE_HAS_FIGURES) &&
		       !(x->what & CLEAVE_AFTER_EXEC);
	struct space *as = space_find(m, x->fig.as);

	if (!as) {
		if (figures)
			m->stray = x->fig;
		return;
	}
	if (!figures)
		as->by_clone = false;
	if (as->held) {
		release(m, as->held, figures ? &x->fig : NULL);
		return;
	}
	as->closed = true;
	if (figures && !as->fig) {
		as->fig = need(malloc(sizeof(*as->fig)));
		*as->fig = x->fig;
	}
}

static void take_break(struct model *m, const struct cleave_break *b)
{
	struct event e = {
		.type = EVENT_BREAK,
		.ts = b->hdr.ts,
		.brk = {
			.outcome = b->outcome,
			.addr = b->addr,
			.space = b->as,
			.pid = b->pid,
			.tid = b->tid,
		},
	};

	emit(m, &e);
}

static void take_gone(struct model *m, const struct own_gone *g)
{
	struct proc *p = *proc_slot(m, g->pid);

	if (p)
		proc_forget(m, p, g->hdr.ts);
}

void model_record(struct model *m, const struct cleave_hdr *rec)
{
	switch (rec->type) {
	case CLEAVE_REC_CLONE:
		take_clone(m, (const void *)rec);
		break;
	case CLEAVE_REC_EXEC:
		take_exec(m, (const void *)rec);
		break;
	case CLEAVE_REC_EXIT:
		take_exit(m, (const void *)rec);
		break;
	case CLEAVE_REC_END:
		take_end(m, (const void *)rec);
		break;
	case CLEAVE_REC_BREAK:
		take_break(m, (const void *)rec);
		break;
	case OWN_REC_GONE:
		take_gone(m, (const void *)rec);
		break;
	}
}

struct model *model_new(struct sink *sink, const struct known *known)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->sink = sink;
	m->known = known;
	m->held.next = &m->held;
	m->held.prev = &m->held;
	return m;
}

struct proc_ref *model_add_root(struct model *m, pid_t pid, const char *comm)
{
	return &proc_get(m, pid, comm)->ref;
}

size_t model_live(const struct model *m)
{
	return m->live;
}

void model_mark_gone(struct model *m)
{
	struct proc *p;
	int i;

	for (i = 0; i < BUCKETS; i++)
		for (p = m->procs[i]; p; p = p->next)
			p->gone = kill(p->ref.pid, 0) && errno == ESRCH;
}

void model_sweep_gone(struct model *m, void (*gone)(void *ctx, pid_t pid), void *ctx)
{
	struct proc *p, *next;
	int i;

	for (i = 0; i < BUCKETS; i++) {
		for (p = m->procs[i]; p; p = next) {
			next = p->next;
			if (p->gone)
				gone(ctx, p->ref.pid);
		}
	}
}

void model_flush(struct model *m)
{
	/* release() takes what it frees off the list, which the analyzer misses. */
	while (m->held.next != &m->held)
		release(m, m->held.next, NULL);	/* NOLINT(clang-analyzer-unix.Malloc) */
}

void model_totals(struct ev_totals *to, const struct cleave_totals *t)
{
	memcpy(to->clones, t->clones, sizeof(to->clones));
	to->clone_errors = t->clone_errors;
	to->execs = t->execs;
	to->exec_errors = t->exec_errors;
	to->exits = t->exits;
	to->spaces_closed = t->ends;
	to->shared = t->shared;
	to->never_copied = t->never_copied;
	memcpy(to->before_exec, t->before_exec, sizeof(to->before_exec));
	memcpy(to->cow, t->cow, sizeof(to->cow));
	memcpy(to->records, t->sent, sizeof(to->records));
}

void model_lost(struct ev_lost *to, const struct cleave_totals *t)
{
	memcpy(to->records, t->lost, sizeof(to->records));
	to->spaces = t->as_lost;
	to->missed = t->missed;
}

void model_free(struct model *m)
{
	int i;

	if (!m)
		return;
	while (m->held.next != &m->held) {
		struct held *h = m->held.next;

		m->held.next = h->next;
		h->as->held = NULL;
		free(h->proc);
		free(h);
	}
	for (i = 0; i < BUCKETS; i++) {
		while (m->procs[i]) {
			struct proc *p = m->procs[i];

			m->procs[i] = p->next;
			free(p);
		}
		while (m->spaces[i]) {
			struct space *s = m->spaces[i];

			m->spaces[i] = s->next;
			free(s->fig);
			free(s);
		}
	}
	free(m);
}
