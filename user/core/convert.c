// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/wait.h>

#include "cleave_rules.h"
#include "core/convert.h"

struct text convert_text(const char *s, size_t size)
{
	return (struct text) { s, strnlen(s, size) };
}

static void convert_pages(struct ev_pages *to, const struct cleave_pages *p)
{
	CLEAVE_ASSERT(PAGES_NR == 7);

	to->class[PAGES_anon] = p->anon;
	to->class[PAGES_anon_huge] = p->anon_huge;
	to->class[PAGES_file] = p->file;
	to->class[PAGES_swap] = p->swap;
	to->class[PAGES_hugetlb] = p->hugetlb;
	to->class[PAGES_shmem] = p->shmem;
	to->class[PAGES_copied] = p->copied;
	to->shared = cleave_shared(p);
}

void convert_clone(struct event *e, const struct cleave_clone *c)
{
	struct ev_clone *to = &e->clone;

	e->type = EVENT_CLONE;
	e->ts = c->hdr.ts;
	to->made = !c->error;
	to->has_pages = c->has_pages;
	to->has_vm = !c->error && !c->has_pages;
	to->has_set_tid = c->set_tids;
	to->has_cgroup = c->flags & CLEAVE_F_INTO_CGROUP;
	to->call = c->call;
	to->kind = c->kind;
	to->parent_pid = c->parent_pid;
	to->parent_tid = c->parent_tid;
	to->child_pid = c->child_pid;
	to->child_tid = c->child_tid;
	to->child_ns_pid = c->child_ns_pid;
	to->child_ns_tid = c->child_ns_tid;
	to->parent_space = c->parent_as;
	to->child_space = c->as;
	to->comm = convert_text(c->comm, sizeof(c->comm));
	to->flags = c->flags;
	to->exit_signal = c->exit_signal > 0 ? c->exit_signal : 0;
	to->error = c->error;
	to->set_tid = c->set_tid;
	to->set_tid_levels = c->set_tids;
	to->cgroup_fd = c->cgroup_fd;
	convert_pages(&to->pages, &c->pages);
	to->vm_pages = c->pages.vm;
	to->page_tables_bytes = c->page_tables;
	to->duration_ns = c->duration_ns;
}

void convert_exec(struct event *e, const struct cleave_exec *x)
{
	struct ev_exec *to = &e->exec;

	e->type = EVENT_EXEC;
	e->ts = x->hdr.ts;
	to->pid = x->pid;
	to->tid = x->tid;
	to->space = x->error ? x->old_as : x->as;
	to->old_space = x->error ? 0 : x->old_as;
	to->comm = convert_text(x->comm, sizeof(x->comm));
	to->path = convert_text(x->path, sizeof(x->path));
	to->path_cut = x->what & CLEAVE_PATH_CUT;
	to->args_cut = x->what & CLEAVE_ARGS_CUT;
	to->args = (struct text) { x->args, x->args_len };
	to->argc = x->argc;
	to->error = x->error;
	to->closes = x->what & CLEAVE_HAS_FIGURES;
	if (to->closes)
		convert_figures(&to->fig, &x->fig, x->what);
	else
		to->fig.arrived = false;
}

void convert_attach(struct event *e, const struct cleave_attach *x)
{
	e->type = EVENT_ATTACH;
	e->ts = x->hdr.ts;
	e->attach = (struct ev_attach) {
		.pid = x->pid,
		.ns_pid = x->ns_pid,
		.parent_pid = x->parent_pid,
		.space = x->as,
		.creator_space = x->creator_as,
		.before_exec = x->what & CLEAVE_HAS_FIGURES,
		.just_made = x->what & CLEAVE_JUST_MADE,
		.started_ns = x->start_ns,
		.vm_pages = x->vm,
		.comm = convert_text(x->comm, sizeof(x->comm)),
	};
}

void convert_break(struct event *e, const struct cleave_break *b)
{
	e->type = EVENT_BREAK;
	e->ts = b->hdr.ts;
	e->brk = (struct ev_break) {
		.outcome = b->outcome,
		.addr = b->addr,
		.space = b->as,
		.pid = b->pid,
		.tid = b->tid,
	};
}

void convert_status(struct ev_exit *e, int status)
{
	e->status = status;
	e->signaled = WIFSIGNALED(status);
	e->signal = e->signaled ? WTERMSIG(status) : 0;
	e->exit_code = e->signaled ? 128 + e->signal : WEXITSTATUS(status);
}

void convert_figures(struct ev_figures *to, const struct cleave_figures *f, __u32 what)
{
	to->arrived = true;
	to->clone_seen = !(what & CLEAVE_ATTACHED);
	to->creator_known = !(what & CLEAVE_NO_CREATOR);
	to->since_clone_ns = f->since_clone_ns;
	to->shared = f->shared;
	to->never_copied = cleave_never_copied(f);
	to->clones = f->clones;
	memcpy(to->cow, f->cow, sizeof(to->cow));
	memcpy(to->creator_cow, f->creator_cow, sizeof(to->creator_cow));
}

void convert_totals(struct ev_totals *to, const struct cleave_totals *t)
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

void convert_lost(struct ev_lost *to, const struct cleave_totals *t)
{
	memcpy(to->records, t->lost, sizeof(to->records));
	to->spaces = t->as_lost;
	to->missed = t->missed;
}
