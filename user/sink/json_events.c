// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "cleave_rules.h"
#include "core/flags.h"
#include "lib/fmt.h"
#include "sink/json_events.h"
#include "core/version.h"

typedef struct json_object json;

/* Every byte of a string can become three (U+FFFD). */
#define UTF8_LEN(n)	(3 * (n) + 1)

static const char *const rec_names[CLEAVE_NR_RECS] = {
	[CLEAVE_REC_CLONE] = "clone",
	[CLEAVE_REC_EXEC] = "exec",
	[CLEAVE_REC_EXIT] = "exit",
	[CLEAVE_REC_END] = "end",
	[CLEAVE_REC_BREAK] = "break",
};

static void put(json *o, const char *name, json *value)
{
	json_object_object_add_ex(o, name, value, JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

static void put_int(json *o, const char *name, __s64 v)
{
	put(o, name, json_object_new_int64(v));
}

static void put_u64(json *o, const char *name, __u64 v)
{
	put(o, name, json_object_new_uint64(v));
}

/* null: the figure depends on a hook that is not in place. */
static void put_known(json *o, const char *name, __u64 v, bool known)
{
	put(o, name, known ? json_object_new_uint64(v) : NULL);
}

static void put_str(json *o, const char *name, const char *s)
{
	put(o, name, json_object_new_string(s));
}

/* A string of the traced program's: may be anything, with no NUL at its end. */
static void put_text(json *o, const char *name, const char *s, size_t max)
{
	char buf[UTF8_LEN(CLEAVE_PATH_LEN)];

	put_str(o, name, fmt_utf8(buf, sizeof(buf), s, max));
}

json *json_event(const char *type, __u64 ts)
{
	json *o = json_object_new_object();

	put_str(o, "type", type);
	put_u64(o, "ts", ts);
	return o;
}

static json *hooks_json(const struct backend_hook *hooks)
{
	json *o = json_object_new_object();
	int i;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		const char *state = hooks[i].attached ? "attached" :
				    hooks[i].needed ? strerror(hooks[i].error) :
				    "not needed";

		put_str(o, hook_names[i], state);
	}
	return o;
}

json *json_start(const struct ev_start *e)
{
	json *o = json_event("start", e->ts);
	json *cmd = json_object_new_array();
	int i;

	put_str(o, "version", CLEAVE_VERSION);
	put_str(o, "backend", e->backend);
	put_str(o, "kernel", e->kernel);
	put(o, "hooks", hooks_json(e->hooks));
	for (i = 0; e->argv[i]; i++) {
		char buf[UTF8_LEN(1024)];

		fmt_utf8(buf, sizeof(buf), e->argv[i], 1024);
		json_object_array_add(cmd, json_object_new_string(buf));
	}
	put(o, "command", cmd);
	put_int(o, "pid", e->root->pid);
	return o;
}

static json *flag_array(__u64 flags)
{
	json *a = json_object_new_array();
	char buf[FLAG_NAME_LEN];
	const char *name;

	while ((name = flags_pop(&flags, buf)))
		json_object_array_add(a, json_object_new_string(name));
	return a;
}

static json *resources_json(const struct cleave_clone *c)
{
	json *o = json_object_new_object();
	int i;

	for (i = 0; i < RES_NR; i++)
		put_str(o, resource_names[i],
			sharing_names[flags_resource(i, c->flags, c->kind)]);
	return o;
}

static json *pages_json(const struct cleave_pages *p, const struct known *k)
{
	json *o = json_object_new_object();
	int i;

	for (i = 0; i < PAGES_NR; i++)
		put_known(o, page_class_names[i], page_class_get(p, i),
			  k->pages[i]);
	put_known(o, "shared", cleave_shared(p), k->shared);
	return o;
}

static void put_clone_ids(json *o, const struct cleave_clone *c)
{
	json *parent = json_object_new_object();
	json *child = json_object_new_object();

	put_int(parent, "pid", c->parent_pid);
	put_int(parent, "tid", c->parent_tid);
	put_text(parent, "comm", c->comm, sizeof(c->comm));
	put(o, "parent", parent);
	if (c->error) {
		json_object_put(child);
		return;
	}
	put_int(child, "pid", c->child_pid);
	put_int(child, "tid", c->child_tid);
	put_int(child, "ns_pid", c->child_ns_pid);
	put_int(child, "ns_tid", c->child_ns_tid);
	put(o, "child", child);
}

json *json_clone(const struct ev_clone *e, const struct known *k)
{
	const struct cleave_clone *c = e->rec;
	json *o = json_event("clone", c->hdr.ts);
	char buf[FLAG_NAME_LEN];

	put_clone_ids(o, c);
	put(o, "flags", flag_array(c->flags));
	snprintf(buf, sizeof(buf), "0x%llx", c->flags);
	put_str(o, "flags_raw", buf);
	put_int(o, "exit_signal", c->exit_signal > 0 ? c->exit_signal : 0);
	put_str(o, "exit_signal_name",
		signal_format(buf, sizeof(buf), c->exit_signal));
	if (c->set_tids) {
		put_int(o, "set_tid", c->set_tid);
		put_int(o, "set_tid_levels", c->set_tids);
	}
	if (c->flags & CLEAVE_F_INTO_CGROUP)
		put_int(o, "cgroup_fd", c->cgroup_fd);
	put_str(o, "call", call_names[c->call]);
	put_str(o, "kind", kind_names[c->kind]);
	put(o, "resources", resources_json(c));
	if (c->has_pages)
		put(o, "pages", pages_json(&c->pages, k));
	else if (!c->error)
		put_u64(o, "vm_pages", c->pages.vm);
	put_u64(o, "duration_ns", c->duration_ns);
	put_int(o, "error", c->error);
	return o;
}

static json *outcomes_json(const __u64 *n, const struct known *k)
{
	json *o = json_object_new_object();
	int i;

	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++)
		put_known(o, outcome_names[i], n[i], k->outcome[i]);
	return o;
}

/* @f is NULL where the figures have been lost: all are unknown then. */
static void put_figures(json *o, const struct cleave_figures *f,
			const struct known *k)
{
	static const struct cleave_figures no_figures;
	static const struct known nothing;
	bool arrived = f;

	if (!arrived) {
		f = &no_figures;
		k = &nothing;
	}
	put_known(o, "since_clone_ns", f->since_clone_ns, arrived);
	put_known(o, "shared", f->shared, k->shared);
	put_known(o, "never_copied", cleave_never_copied(f), k->never_copied);
	put_known(o, "clones", f->clones, arrived);
	put(o, "cow", outcomes_json(f->cow, k));
	put(o, "creator_cow", outcomes_json(f->creator_cow, k->creator ? k : &nothing));
}

static json *args_json(const struct cleave_exec *x)
{
	json *a = json_object_new_array();
	size_t at = 0;

	while (at < x->args_len) {
		size_t n = strnlen(x->args + at, x->args_len - at);
		char buf[UTF8_LEN(CLEAVE_ARGS_LEN)];

		fmt_utf8(buf, sizeof(buf), x->args + at, n);
		json_object_array_add(a, json_object_new_string(buf));
		at += n + 1;
	}
	return a;
}

json *json_exec(const struct ev_exec *e, const struct known *k)
{
	const struct cleave_exec *x = e->rec;
	json *o = json_event("exec", x->hdr.ts);

	put_int(o, "pid", x->pid);
	put_int(o, "tid", x->tid);
	put_text(o, "comm", x->comm, sizeof(x->comm));
	put_text(o, "filename", x->path, sizeof(x->path));
	put(o, "argv", args_json(x));
	put_int(o, "argc", x->argc);
	put(o, "argv_cut", json_object_new_boolean(x->what & CLEAVE_ARGS_CUT));
	put_int(o, "error", x->error);
	if (x->what & CLEAVE_HAS_FIGURES)
		put_figures(o, &x->fig, k);
	return o;
}

static void put_status(json *o, int status)
{
	char buf[FLAG_NAME_LEN];

	if (WIFSIGNALED(status)) {
		put_int(o, "exit_code", 128 + WTERMSIG(status));
		put_str(o, "signal",
			signal_format(buf, sizeof(buf), WTERMSIG(status)));
	} else {
		put_int(o, "exit_code", WEXITSTATUS(status));
	}
}

json *json_exit(const struct ev_exit *e, const struct known *k)
{
	json *o = json_event("exit", e->ts);

	put_int(o, "pid", e->proc->pid);
	put_text(o, "comm", e->proc->comm, sizeof(e->proc->comm));
	put_status(o, e->status);
	if (e->closes)
		put_figures(o, e->has_fig ? &e->fig : NULL, k);
	return o;
}

json *json_break(const struct ev_break *e)
{
	const struct cleave_break *b = e->rec;
	json *o = json_event("break", b->hdr.ts);
	char buf[FLAG_NAME_LEN];

	put_str(o, "outcome", outcome_names[b->outcome]);
	snprintf(buf, sizeof(buf), "0x%llx", b->addr);
	put_str(o, "addr", buf);
	put_int(o, "pid", b->pid);
	put_int(o, "tid", b->tid);
	return o;
}

static json *records_json(const __u64 *n)
{
	json *o = json_object_new_object();
	int i;

	for (i = CLEAVE_REC_CLONE; i < CLEAVE_NR_RECS; i++)
		put_u64(o, rec_names[i], n[i]);
	return o;
}

static void put_lost(json *o, const struct ev_end *e)
{
	put(o, "records", records_json(e->totals->lost));
	put_u64(o, "address_spaces", e->totals->as_lost);
	put_u64(o, "probes_missed", e->totals->missed);
	put_u64(o, "malformed", e->malformed);
	put_u64(o, "unread", e->unread);
}

json *json_lost(const struct ev_end *e)
{
	json *o = json_event("lost", e->ts);

	put_lost(o, e);
	return o;
}

static json *totals_json(const struct cleave_totals *t, const struct known *k)
{
	static const struct known nothing;
	json *clones = json_object_new_object();
	json *o = json_object_new_object();
	int i;

	for (i = 0; i < CLEAVE_NR_KINDS; i++)
		put_known(clones, kind_names[i], t->clones[i], k->clones);
	put(o, "clones", clones);
	put_known(o, "clone_errors", t->clone_errors, k->clones);
	put_known(o, "execs", t->execs, k->execs);
	put_known(o, "exec_errors", t->exec_errors, k->exec_errors);
	put_known(o, "exits", t->exits, k->exits);
	put_known(o, "address_spaces_closed", t->ends, k->before_exec);
	put_known(o, "shared", t->shared, k->shared);
	put_known(o, "never_copied", t->never_copied,
		  k->never_copied && k->before_exec);
	put(o, "before_exec",
	    outcomes_json(t->before_exec, k->before_exec ? k : &nothing));
	put(o, "cow", outcomes_json(t->cow, k));
	put(o, "records", records_json(t->sent));
	return o;
}

json *json_summary(const struct ev_end *e, const struct known *k)
{
	json *o = json_event("summary", e->ts);
	json *lost = json_object_new_object();

	put_str(o, "backend", e->backend);
	put_u64(o, "duration_ns", e->duration_ns);
	put_u64(o, "attach_ns", e->attach_ns);
	put(o, "totals", totals_json(e->totals, k));
	put_lost(lost, e);
	put(o, "lost", lost);
	return o;
}
