/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view.h - what happened, as the model tells it to a view, and the views.
 *
 * Events come in the order of the ring, a parent's before its children's. What
 * they point to is valid only during the call.
 */
#ifndef CLEAVE_VIEW_H
#define CLEAVE_VIEW_H

#include <stdbool.h>
#include <sys/types.h>

#include "source/backend.h"
#include "core/known.h"
#include "lib/out.h"

/**
 * struct proc_ref - a process, as views know it
 * @pid: thread group; can be used again once the process has ended
 * @comm: its name, with a final NUL
 * @node: the view's own, NULL at first; belongs to this process alone
 */
struct proc_ref {
	pid_t pid;
	char comm[CLEAVE_COMM_LEN];
	void *node;
};

/**
 * struct ev_start - tracing is about to begin
 * @ts: CLOCK_MONOTONIC, nanoseconds
 * @backend: name; "both" where two are compared
 * @hooks: struct backend.hooks of the backend that is shown
 * @kernel: release
 * @argv: the command
 * @root: its process
 */
struct ev_start {
	__u64 ts;
	const char *backend;
	const struct backend_hook *hooks;
	const char *kernel;
	char *const *argv;
	struct proc_ref *root;
};

/**
 * struct ev_clone - a clone, successful or not
 * @rec: the record
 * @parent: the creator's process
 * @child: the new process; NULL where none was made: a thread, a failure
 */
struct ev_clone {
	const struct cleave_clone *rec;
	struct proc_ref *parent;
	struct proc_ref *child;
};

/**
 * struct ev_exec - an exec, successful or not
 * @rec: the record
 * @proc: the process
 */
struct ev_exec {
	const struct cleave_exec *rec;
	struct proc_ref *proc;
};

/**
 * struct ev_exit - the end of a process
 * @ts: when
 * @proc: the process; gone after the call
 * @status: as wait(2) has it
 * @closes: it was the last user of an address space that a clone made and that
 *	never exec'ed
 * @has_fig: @closes, and the figures have arrived
 * @execed_unseen: it ended in another address space than it was last seen in:
 *	an exec was lost
 * @fig: those of the address space
 */
struct ev_exit {
	__u64 ts;
	struct proc_ref *proc;
	int status;
	bool closes;
	bool has_fig;
	bool execed_unseen;
	struct cleave_figures fig;
};

/**
 * struct ev_break - one break
 * @rec: the record
 */
struct ev_break {
	const struct cleave_break *rec;
};

/**
 * struct ev_end - the trace has ended
 * @ts: when
 * @duration_ns: from the start event to here
 * @attach_ns: what loading and attaching took, before that
 * @backend: as in the start event
 * @totals: of the backend that is shown
 * @malformed: records that the reader refused
 * @unread: records that were begun and never finished, and those behind them
 */
struct ev_end {
	__u64 ts;
	__u64 duration_ns;
	__u64 attach_ns;
	const char *backend;
	const struct cleave_totals *totals;
	__u64 malformed;
	__u64 unread;
};

struct view;

struct view_ops {
	void (*start)(struct view *v, const struct ev_start *e);
	void (*clone)(struct view *v, const struct ev_clone *e);
	void (*exec)(struct view *v, const struct ev_exec *e);
	void (*exit)(struct view *v, const struct ev_exit *e);
	void (*brk)(struct view *v, const struct ev_break *e);
	void (*lost)(struct view *v, const struct ev_end *e);
	void (*summary)(struct view *v, const struct ev_end *e);
	void (*flush)(struct view *v);	/* no more for now; may be NULL */
	void (*free)(struct view *v);
};

/**
 * struct view - base of every view
 * @ops: what it does
 * @known: which figures can be trusted
 */
struct view {
	const struct view_ops *ops;
	const struct known *known;
};

/**
 * view_text() - lines as things happen, then the tree of processes and totals
 * @out: where to
 * @known: which figures can be trusted; kept
 *
 * Return: the view (to be freed with ops->free), or NULL without memory.
 */
struct view *view_text(struct out *out, const struct known *known);

/**
 * view_json() - one JSON object a line
 * @out: where to
 * @known: which figures can be trusted; kept
 *
 * Return: the view (to be freed with ops->free), or NULL without memory.
 */
struct view *view_json(struct out *out, const struct known *known);

#endif /* CLEAVE_VIEW_H */
