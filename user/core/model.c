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
	struct view *view;
	const struct known *known;
	struct proc *procs[BUCKETS];
	struct space *spaces[BUCKETS];
	struct held held;		/* head of a ring of them, oldest first */
	size_t nr_held;
	size_t live;
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

/* Its exit was lost: nothing can be said of its end but that it was. */
static void proc_forget(struct model *m, struct proc *p)
{
	proc_unhash(m, p);
	proc_enter(m, p, 0);
	free(p);
}

static void emit_exit(struct model *m, struct proc *p, __u64 ts, int status,
		      bool closes, const struct cleave_figures *fig)
{
	struct ev_exit e = {
		.ts = ts,
		.proc = &p->ref,
		.status = status,
		.closes = closes,
		.has_fig = fig,
		.execed_unseen = p->execed_unseen,
	};

	if (fig)
		e.fig = *fig;
	m->view->ops->exit(m->view, &e);
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

/* Threads live in a process that is there already. */
static bool makes_process(const struct cleave_clone *c)
{
	return !c->error && c->child_tid && c->child_pid == c->child_tid;
}

static void take_clone(struct model *m, const struct cleave_clone *c)
{
	struct proc *parent = proc_get(m, c->parent_pid, c->comm);
	struct proc *child = NULL;
	struct ev_clone e = { .rec = c, .parent = &parent->ref };

	if (!parent->as && c->parent_as)
		proc_enter(m, parent, c->parent_as);
	if (makes_process(c)) {
		struct proc *stale = *proc_slot(m, c->child_pid);

		if (stale && stale != parent)
			proc_forget(m, stale);
		child = proc_new(m, c->child_pid, c->comm);
		proc_enter(m, child, c->as);
		if (child->as && c->has_pages)
			child->as->by_clone = true;
		e.child = &child->ref;
	}
	m->view->ops->clone(m->view, &e);
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

static void take_exec(struct model *m, const struct cleave_exec *x)
{
	struct proc *p = proc_get(m, x->pid, x->comm);
	struct space *old = space_find(m, x->old_as);
	struct ev_exec e = { .rec = x, .proc = &p->ref };

	if (!x->error) {
		if (old && (x->what & CLEAVE_HAS_FIGURES))
			old->by_clone = false;
		proc_enter(m, p, x->as);
		if (x->path[0])
			comm_of_path(p, x->path);
	}
	m->view->ops->exec(m->view, &e);
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

void model_record(struct model *m, const struct cleave_hdr *rec)
{
	struct ev_break e = { .rec = (const void *)rec };

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
		m->view->ops->brk(m->view, &e);
		break;
	}
}

struct model *model_new(struct view *view, const struct known *known)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->view = view;
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

void model_sweep_gone(struct model *m)
{
	struct proc *p, *next;
	int i;

	for (i = 0; i < BUCKETS; i++) {
		for (p = m->procs[i]; p; p = next) {
			next = p->next;
			if (p->gone)
				proc_forget(m, p);
		}
	}
}

void model_flush(struct model *m)
{
	/* release() takes what it frees off the list, which the analyzer misses. */
	while (m->held.next != &m->held)
		release(m, m->held.next, NULL);	/* NOLINT(clang-analyzer-unix.Malloc) */
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
