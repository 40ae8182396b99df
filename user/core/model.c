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
#include <string.h>

#include "agg/live.h"
#include "cleave_rules.h"
#include "core/alive.h"
#include "core/cgroups.h"
#include "core/convert.h"
#include "core/model.h"
#include "core/times.h"
#include "lib/hash.h"
#include "lib/pool.h"

/* Exits that wait for an end that was lost must not pile up. */
#define HELD_MAX	1024

/**
 * struct space - a live address space
 * @node: in the table, by its id in the records
 * @first: of the live processes in it the one that is longest there, or NULL
 * @by_clone: made by a clone and not exec'ed since: its end has figures
 * @attached: it was there before
 * @closed: its end has been seen, before the exit of its last process
 * @has_end: @end is there
 * @base_known: @base is there
 * @looked: @now is there, for the snapshot that is being told
 * @held: the process whose exit waits for its end, or NULL
 * @base: pages that it shared when it was attached to
 * @now: what it shares now, and what is swapped out
 * @end: that end, with figures
 */
struct space {
	struct hash_node node;
	struct proc *first;
	bool by_clone;
	bool attached;
	bool closed;
	bool has_end;
	bool base_known;
	bool looked;
	struct proc *held;
	__u64 base;
	struct {
		__u64 shared;
		__u64 swap;
	} now;
	struct cleave_end end;
};

/**
 * struct proc - a live process, or one whose exit is held back
 * @node: in the table, by its pid; no more once it has ended
 * @ref: what others see of it
 * @as: the address space that it is in, or NULL; that of which it waits for the end
 * @cgroup: that it was last seen in, or NULL
 * @gone: does not exist any more: model_mark_gone()
 * @execed_unseen: an exec was lost
 * @vforked: made by vfork(), and in its creator's memory still
 * @prev: in its list, of those that live or of those whose exits are held back
 * @next: the same
 * @before: in @as, while it lives; a ring: the last one is before the first
 * @behind: the same
 * @made: when its clone returned, with @vforked
 * @since: when it was first heard of; 0: it was there before any record
 * @started_ns: when it began, if it was attached to; else 0
 * @ts: when it ended
 * @status: how it ended
 * @switches: how often its tasks were switched to, once it has
 */
struct proc {
	struct hash_node node;
	struct proc_ref ref;
	struct space *as;
	struct cgroup_name *cgroup;
	bool gone;
	bool execed_unseen;
	bool vforked;
	struct proc *prev, *next;
	struct proc *before, *behind;
	__u64 made;
	__u64 since;
	__u64 started_ns;
	__u64 ts;
	int status;
	__u64 switches[CLEAVE_NR_SWITCHES];
};

/* From the oldest to the newest. */
struct procs {
	struct proc *first, *last;
};

/**
 * struct model - who is there
 * @sink: gets the events
 * @known: which figures can be trusted
 * @procs: processes, by pid
 * @spaces: address spaces, by id
 * @spare_procs: what those that have ended took
 * @spare_spaces: the same
 * @cgroups: those whose paths were told
 * @live: those in @procs; with @most, by when they were last heard of
 * @held: whose exits are held back
 * @nr_held: how many
 * @most: of @procs: model_bound(); 0: any number
 * @given_up: of them, as there were more
 * @now: of the record that is being taken
 * @last_id: of a process
 * @stray: the last end of an unknown space
 * @alive: what makes a snapshot of its records; NULL where none is expected, and until
 *	there is one
 * @snapping: one is being told
 * @spoilt: the one that is told is no whole one: it is passed over up to its end
 * @nr_spoilt: how many were
 * @nr_snaps: address spaces in it so far
 * @timed: model_time()
 * @switches: model_switches()
 * @times: records of how long breaks took, for the event that closes their space
 * @all_times: the same of all, for the snapshot that is being told
 * @e: the event that is being made; too large to be cleared each time
 */
struct model {
	struct sink *sink;
	const struct known *known;
	struct hash procs;
	struct hash spaces;
	struct pool spare_procs;
	struct pool spare_spaces;
	struct cgroup_names cgroups;
	struct procs live;
	struct procs held;
	size_t nr_held;
	size_t most;
	__u64 given_up;
	__u64 now;
	__u64 last_id;
	struct cleave_end stray;
	struct live_agg *alive;
	bool snapping;
	bool spoilt;
	__u64 nr_spoilt;
	size_t nr_snaps;
	bool timed;
	bool switches;
	struct times_kept times;
	struct times_all all_times;
	struct event e;
};

static struct space *space_find(struct model *m, __u64 id)
{
	return id ? (struct space *)hash_find(&m->spaces, id) : NULL;
}

static struct space *space_get(struct model *m, __u64 id)
{
	struct space *s = space_find(m, id);

	if (s || !id)
		return s;
	s = pool_get(&m->spare_spaces, sizeof(*s));
	/* Not @end, which is long: @has_end says whether it is there. */
	s->first = NULL;
	s->by_clone = false;
	s->attached = false;
	s->closed = false;
	s->has_end = false;
	s->base_known = false;
	s->looked = false;
	s->held = NULL;
	hash_add(&m->spaces, &s->node, id);
	return s;
}

static void space_drop_if_unused(struct model *m, struct space *as)
{
	if (!as || as->first || as->held)
		return;
	if (m->alive)
		live_gone(m->alive, as->node.key);
	hash_del(&m->spaces, &as->node);
	pool_put(&m->spare_spaces, as);
}

static void space_set_end(struct space *as, const struct cleave_end *end)
{
	if (as->has_end)
		return;
	as->has_end = true;
	as->end = *end;
}

static void procs_add(struct procs *l, struct proc *p)
{
	p->prev = l->last;
	p->next = NULL;
	if (p->prev)
		p->prev->next = p;
	else
		l->first = p;
	l->last = p;
}

static void procs_del(struct procs *l, struct proc *p)
{
	if (p->prev)
		p->prev->next = p->next;
	else
		l->first = p->next;
	if (p->next)
		p->next->prev = p->prev;
	else
		l->last = p->prev;
}

/* It was seen in the cgroup of this id; 0: it was not said in which. */
static void set_cgroup(struct model *m, struct proc *p, __u64 id)
{
	if (!id || (p->cgroup && p->cgroup->node.key == id))
		return;
	cgroup_put(p->cgroup);
	p->cgroup = cgroup_hold(&m->cgroups, id);
	p->ref.cgroup = cgroup_text(p->cgroup);
}

static void proc_free(struct model *m, struct proc *p)
{
	cgroup_put(p->cgroup);
	pool_put(&m->spare_procs, p);
}

static struct proc *proc_find(struct model *m, pid_t pid)
{
	return (struct proc *)hash_find(&m->procs, (__u32)pid);
}

/* A name as records have them: it may fill its array. */
static void set_comm(struct proc *p, const char comm[CLEAVE_COMM_LEN])
{
	memcpy(p->ref.comm, comm, CLEAVE_COMM_LEN);
	p->ref.comm[CLEAVE_COMM_LEN - 1] = '\0';
}

static void space_join(struct space *as, struct proc *p)
{
	struct proc *first = as->first;

	if (!first) {
		as->first = p;
		first = p;
		p->before = p;
	}
	p->behind = first;
	p->before = first->before;
	first->before->behind = p;
	first->before = p;
}

static void space_leave(struct space *as, struct proc *p)
{
	p->before->behind = p->behind;
	p->behind->before = p->before;
	if (as->first == p)
		as->first = p->behind != p ? p->behind : NULL;
}

static void proc_enter(struct model *m, struct proc *p, __u64 id)
{
	struct space *old = p->as;

	p->as = space_get(m, id);
	p->ref.space = id;
	if (old)
		space_leave(old, p);
	if (p->as)
		space_join(p->as, p);
	if (old != p->as)
		space_drop_if_unused(m, old);
}

static struct proc *proc_new(struct model *m, pid_t pid, const char *comm)
{
	struct proc *p = pool_get(&m->spare_procs, sizeof(*p));

	*p = (struct proc) { .ref = { .id = ++m->last_id, .pid = pid }, .since = m->now };
	set_comm(p, comm);
	hash_add(&m->procs, &p->node, (__u32)pid);
	procs_add(&m->live, p);
	return p;
}

/* The process of a record, made up where its clone was not seen. */
static struct proc *proc_get(struct model *m, pid_t pid, const char *comm)
{
	struct proc *p = proc_find(m, pid);

	if (!p)
		return proc_new(m, pid, comm);
	if (m->most) {
		procs_del(&m->live, p);
		procs_add(&m->live, p);
	}
	return p;
}

/* Take it out of the table: its pid may be used again from now on. */
static void proc_unhash(struct model *m, struct proc *p)
{
	hash_del(&m->procs, &p->node);
	procs_del(&m->live, p);
}

static struct text comm_of(const struct proc *p)
{
	return convert_text(p->ref.comm, sizeof(p->ref.comm));
}

static void emit(struct model *m)
{
	sink_event(m->sink, &m->e);
}

/* Its exit was lost: nothing can be said of its end but that it was. */
static void proc_forget(struct model *m, struct proc *p, __u64 ts)
{
	m->e.type = EVENT_GONE;
	m->e.ts = ts;
	m->e.gone = (struct ev_gone) {
		.proc = &p->ref,
		.pid = p->ref.pid,
		.id = p->ref.id,
		.comm = comm_of(p),
		.cgroup = p->ref.cgroup,
	};
	proc_unhash(m, p);
	emit(m);
	proc_enter(m, p, 0);
	proc_free(m, p);
}

/*
 * @last: nobody else is in its address space; @closes: nor does that come from an
 * exec.  @end: that of the address space, or NULL where that was lost.
 */
static void emit_exit(struct model *m, struct proc *p, bool last, bool closes,
		      const struct cleave_end *end)
{
	struct ev_exit *x = &m->e.exit;

	m->e.type = EVENT_EXIT;
	m->e.ts = p->ts;
	x->proc = &p->ref;
	x->pid = p->ref.pid;
	x->id = p->ref.id;
	x->space = p->ref.space;
	x->comm = comm_of(p);
	x->cgroup = p->ref.cgroup;
	convert_status(x, p->status);
	x->closes = closes;
	x->execed_unseen = p->execed_unseen;
	x->wait = (struct ev_wait) {
		.there = p->vforked && !p->execed_unseen,
		.known = true,
		.ns = p->ts - p->made,
	};
	if (closes && end)
		convert_figures(&x->fig, &end->fig, end->what);
	else
		x->fig.arrived = false;
	x->times.there = false;
	if (last && m->timed)
		times_of_end(&m->times, &x->times, p->ref.space, end);
	x->switches.there = m->switches;
	memcpy(x->switches.of, p->switches, sizeof(x->switches.of));
	emit(m);
	proc_free(m, p);
}

static void unhold(struct model *m, struct proc *p)
{
	procs_del(&m->held, p);
	m->nr_held--;
	p->as->held = NULL;
}

/* One waits already?  It was not the last: the clone of this one was lost. */
static void hold(struct model *m, struct proc *p)
{
	struct proc *before = p->as->held;

	if (before) {
		unhold(m, before);
		emit_exit(m, before, false, false, NULL);
	}
	procs_add(&m->held, p);
	m->nr_held++;
	p->as->held = p;
}

static void release(struct model *m, struct proc *p, const struct cleave_end *end)
{
	struct space *as = p->as;

	unhold(m, p);
	emit_exit(m, p, true, as->by_clone, end);
	space_drop_if_unused(m, as);
}

/* In a process that is there already; or nothing, where the clone failed. */
static bool is_thread(const struct cleave_clone *c)
{
	return c->error || c->child_pid != c->child_tid;
}

/*
 * Where @creator is not what the record has, an exec was lost, and nobody tells of that
 * address space's end: by a snapshot it is known whether it is there.
 */
static void begin_sharing(struct model *m, struct space *as, const struct space *creator,
			  __u64 creator_as, __u64 ts)
{
	as->by_clone = true;
	if (m->alive && creator && creator->node.key == creator_as)
		live_enter(m->alive, as->node.key, creator_as, ts);
}

/*
 * cgroup_css_set_fork(): a task begins in the cgroup of the one that makes it, but where
 * that names another.
 */
static void clone_cgroups(struct model *m, struct proc *parent, struct proc *child,
			  const struct cleave_clone *c)
{
	struct cgroup_name *name = cgroup_hold(&m->cgroups, c->cgroup);

	if (!(c->flags & CLEAVE_F_INTO_CGROUP))
		set_cgroup(m, parent, c->cgroup);
	if (child)
		set_cgroup(m, child, c->cgroup);
	m->e.clone.parent_cgroup = parent->ref.cgroup;
	m->e.clone.child_cgroup = cgroup_text(name);
	cgroup_put(name);
}

static void take_clone(struct model *m, const struct cleave_clone *c)
{
	struct proc *parent = proc_get(m, c->parent_pid, c->comm), *child = NULL;
	struct ev_clone *e = &m->e.clone;

	if (!parent->as && c->parent_as)
		proc_enter(m, parent, c->parent_as);
	if (clone_makes_process(c)) {
		struct proc *stale = proc_find(m, c->child_pid);

		if (stale && stale != parent)
			proc_forget(m, stale, c->hdr.ts);
		child = proc_new(m, c->child_pid, c->comm);
		proc_enter(m, child, c->as);
		if (child->as && c->has_pages)
			begin_sharing(m, child->as, parent->as, c->parent_as, c->hdr.ts);
		child->ref.made = true;
		child->ref.kind = c->kind;
		child->ref.shared_known = true;
		child->ref.shared = c->has_pages ? cleave_shared(&c->pages) : 0;
		child->vforked = c->flags & CLEAVE_F_VFORK;
		child->made = c->hdr.ts;
	}
	convert_clone(&m->e, c);
	clone_cgroups(m, parent, child, c);
	e->parent = &parent->ref;
	e->parent_id = parent->ref.id;
	e->child = child ? &child->ref : NULL;
	if (child)
		e->child_id = child->ref.id;
	else
		e->child_id = is_thread(c) ? parent->ref.id : ++m->last_id;
	emit(m);
}

/* The name that the kernel gives: the last part of the path, cut. */
static void comm_of_path(struct proc *p, const char *path)
{
	const char *end = path + strnlen(path, CLEAVE_PATH_LEN), *name = end;
	size_t len;

	while (name > path && name[-1] != '/')
		name--;
	len = end - name;
	if (len > CLEAVE_COMM_LEN - 1)
		len = CLEAVE_COMM_LEN - 1;
	memcpy(p->ref.comm, name, len);
	p->ref.comm[len] = '\0';
}

/* Until an exec lets go of its memory, the creator of this one sleeps in vfork(). */
static void set_wait(struct ev_wait *w, struct proc *p, const struct cleave_exec *x)
{
	*w = (struct ev_wait) {
		.there = p->vforked && !x->error,
		.known = x->released_ns,
		.ns = x->released_ns - p->made,
	};
	if (!x->error)
		p->vforked = false;
}

/*
 * Is anybody left in memory that was not cloned?  Of that an exec has no figures, and
 * nothing else tells in time that it has ended.
 */
static void note_left(struct model *m, __u64 old)
{
	if (m->alive && !space_find(m, old))
		live_end_of(m->alive, old);
}

static void take_exec(struct model *m, const struct cleave_exec *x)
{
	struct proc *p = proc_get(m, x->pid, x->comm);
	struct space *old = space_find(m, x->old_as);
	bool cloned = !old || old->by_clone;
	char before[CLEAVE_COMM_LEN];

	/* As far as is known, where the kernel side came too late for it. */
	memcpy(before, x->comm[0] ? x->comm : p->ref.comm, sizeof(before));
	if (m->alive && x->what & CLEAVE_HAS_FIGURES)
		live_leave(m->alive, &x->fig, x->what);
	if (!x->error) {
		if (old && (x->what & CLEAVE_HAS_FIGURES))
			old->by_clone = false;
		proc_enter(m, p, x->as);
		if (!cloned)
			note_left(m, x->old_as);
		if (x->path[0])
			comm_of_path(p, x->path);
	}
	set_cgroup(m, p, x->cgroup);
	convert_exec(&m->e, x);
	m->e.exec.comm = convert_text(before, sizeof(before));
	m->e.exec.cgroup = p->ref.cgroup;
	m->e.exec.times.there = false;
	if (m->timed)
		times_of_exec(&m->times, &m->e.exec.times, x);
	set_wait(&m->e.exec.wait, p, x);
	m->e.exec.proc = &p->ref;
	m->e.exec.id = p->ref.id;
	emit(m);
}

/* The end of this address space came when nobody was known to be in it. */
static void take_stray(struct model *m, struct space *as)
{
	if (as->by_clone || m->stray.fig.as != as->node.key)
		return;
	as->by_clone = true;
	as->closed = true;
	space_set_end(as, &m->stray);
	m->stray.fig.as = 0;
}

/* Has the end of an address space something to say of its last exit? */
static bool end_matters(const struct model *m, const struct space *as)
{
	return as->by_clone || m->timed;
}

static void take_exit(struct model *m, const struct cleave_exit *x)
{
	struct proc *p = proc_get(m, x->pid, x->comm);
	struct space *as;

	if (x->comm[0])
		set_comm(p, x->comm);
	/* Where an exec was lost, the record knows better than we do. */
	if (x->as && (!p->as || p->as->node.key != x->as)) {
		p->execed_unseen = p->as;
		proc_enter(m, p, x->as);
	}
	proc_unhash(m, p);
	p->ts = x->hdr.ts;
	p->status = x->status;
	memcpy(p->switches, x->switches, sizeof(p->switches));
	as = p->as;
	if (as) {
		take_stray(m, as);
		space_leave(as, p);
	}
	if (!as || as->first || !end_matters(m, as))
		emit_exit(m, p, false, false, NULL);
	else if (as->closed || !m->known->ends)
		emit_exit(m, p, true, as->by_clone, as->has_end ? &as->end : NULL);
	else
		hold(m, p);
	space_drop_if_unused(m, as);
	if (m->nr_held > HELD_MAX)
		release(m, m->held.first, NULL);
}

static void take_end(struct model *m, const struct cleave_end *x)
{
	bool figures = (x->what & CLEAVE_HAS_FIGURES) &&
		       !(x->what & CLEAVE_AFTER_EXEC);
	struct space *as = space_find(m, x->fig.as);

	if (m->alive && figures)
		live_leave(m->alive, &x->fig, x->what);
	if (m->alive)
		live_end_of(m->alive, x->fig.as);
	if (!as) {
		if (figures)
			m->stray = *x;
		else
			times_drop(&m->times, x->fig.as);
		return;
	}
	if (!figures)
		as->by_clone = false;
	if (as->held) {
		release(m, as->held, end_matters(m, as) ? x : NULL);
		return;
	}
	as->closed = true;
	if (end_matters(m, as))
		space_set_end(as, x);
}

/* Whoever is not known stays so: he need not be traced, and no end of his would come. */
static void take_break(struct model *m, const struct cleave_break *b)
{
	struct proc *p = proc_find(m, b->pid);

	convert_break(&m->e, b);
	m->e.brk.proc = p ? &p->ref : NULL;
	m->e.brk.id = p ? p->ref.id : 0;
	emit(m);
}

static void take_gone(struct model *m, const struct own_gone *g)
{
	struct proc *p = proc_find(m, g->pid);

	if (p)
		proc_forget(m, p, g->hdr.ts);
}

/*
 * Is it another one that has this pid now?  What was heard of before can be the same
 * process: one that was met, and has exec'ed just before it was attached to.
 */
static bool is_another(const struct proc *p, const struct cleave_attach *x)
{
	if (p->started_ns)
		return p->started_ns != x->start_ns;
	return p->since && p->since < x->start_ns;
}

static struct proc *attached(struct model *m, const struct cleave_attach *x)
{
	struct proc *p = proc_find(m, x->pid);

	if (p && is_another(p, x))
		proc_forget(m, p, x->hdr.ts);
	p = proc_get(m, x->pid, x->comm);
	set_comm(p, x->comm);
	set_cgroup(m, p, x->cgroup);
	p->started_ns = x->start_ns;
	if (p->ref.space != x->as)
		proc_enter(m, p, x->as);
	if (p->as) {
		p->as->attached = true;
		if (x->what & CLEAVE_HAS_FIGURES)
			begin_sharing(m, p->as, space_find(m, x->creator_as), x->creator_as,
				      x->hdr.ts);
	}
	return p;
}

static void take_attach(struct model *m, const struct cleave_attach *x)
{
	struct proc *p = attached(m, x);
	struct proc *parent = x->parent_pid ? proc_find(m, x->parent_pid) : NULL;

	convert_attach(&m->e, x);
	m->e.attach.proc = &p->ref;
	m->e.attach.id = p->ref.id;
	m->e.attach.cgroup = p->ref.cgroup;
	m->e.attach.parent = parent && parent != p ? &parent->ref : NULL;
	emit(m);
}

/* It may not be read, or the scan was given up: then what was told before is of that, too. */
static void take_no_look(struct model *m, const struct own_look *l)
{
	struct space *as = space_find(m, l->as);

	if (as)
		as->looked = false;
}

/* It has exec'ed or ended since?  Then it is of a memory that matters no more. */
static void take_look(struct model *m, const struct own_look *l)
{
	struct proc *p = proc_find(m, l->pid);
	struct space *as = p ? p->as : NULL;

	if (l->snap && !l->may) {
		take_no_look(m, l);
		return;
	}
	if (!as || as->node.key != l->as)
		return;
	if (l->snap) {
		as->looked = true;
		as->now.shared = l->shared;
		as->now.swap = l->swap;
		return;
	}
	as->base_known = l->may;
	/* At most: what was copied before the look came to it can have been shared. */
	as->base = l->shared + l->copied;
	p->ref.shared_known = l->may;
	p->ref.shared = as->base;
	m->e.type = EVENT_LOOK;
	m->e.ts = l->hdr.ts;
	m->e.look = (struct ev_look) {
		.proc = &p->ref,
		.pid = l->pid,
		.id = p->ref.id,
		.space = l->as,
		.may = l->may,
		.shared = l->shared,
		.swap = l->swap,
	};
	emit(m);
}

static void snapshot_begin(struct model *m, __u64 ts)
{
	if (m->snapping)
		return;
	model_follow(m);
	live_begin(m->alive, ts);
	times_all_begin(&m->all_times);
	m->snapping = true;
	m->nr_snaps = 0;
}

/*
 * All its records come in one go (tell_ledger()), but in a recording that was made up or
 * damaged anything can lie between: what its rows have of processes would not last then.
 */
static void spoil_snapshot(struct model *m, const struct cleave_hdr *rec)
{
	if (!m->snapping || rec->type == OWN_REC_SNAP || rec->type == OWN_REC_TOOK ||
	    rec->type == OWN_REC_SNAPPED)
		return;
	live_drop(m->alive);
	m->snapping = false;
	m->spoilt = true;
	m->nr_spoilt++;
}

static void take_snap(struct model *m, const struct own_snap *s)
{
	struct space *as = space_find(m, s->snap.fig.as);
	struct live_look look = { 0 };
	struct proc *p = NULL;

	if (m->spoilt)
		return;
	if (as) {
		/* The last one has exited, but the address space is there still. */
		p = as->first ? as->first : as->held;
		look.base_known = as->base_known;
		look.base = as->base;
		look.looked = as->looked;
		look.shared_now = as->now.shared;
		look.swap_now = as->now.swap;
		as->looked = false;
	}
	if (p) {
		look.proc = &p->ref;
		look.started_ns = p->started_ns;
	}
	snapshot_begin(m, s->hdr.ts);
	/* Of a recording that has no end of it. */
	if (m->most && m->nr_snaps++ >= m->most)
		return;
	live_add(m->alive, &s->snap, &look);
}

static void take_took(struct model *m, const struct own_took *t)
{
	if (m->spoilt)
		return;
	snapshot_begin(m, t->hdr.ts);
	times_all_take(&m->all_times, t);
}

static void take_snapped(struct model *m, const struct own_snapped *s)
{
	const struct cleave_totals t = {
		.clones[CLEAVE_KIND_PROCESS] = s->clones,
		.as_lost = s->lost,
	};

	if (m->spoilt) {
		m->spoilt = false;
		return;
	}
	snapshot_begin(m, s->hdr.ts);
	m->snapping = false;
	m->e.type = EVENT_SNAPSHOT;
	m->e.ts = s->hdr.ts;
	live_end(m->alive, s->known ? &t : NULL, &m->e.snapshot);
	if (m->timed)
		times_all_tell(&m->all_times, s, &m->e.snapshot.times);
	emit(m);
}

/* Not while a record is being taken: it has more than one process. */
static void give_up(struct model *m, __u64 ts)
{
	while (m->procs.count > m->most) {
		proc_forget(m, m->live.first, ts);
		m->given_up++;
	}
}

void model_record(struct model *m, const struct cleave_hdr *rec)
{
	spoil_snapshot(m, rec);
	m->now = rec->ts;
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
	case CLEAVE_REC_TIMES:
		times_keep(&m->times, (const void *)rec);
		break;
	case CLEAVE_REC_ATTACH:
		take_attach(m, (const void *)rec);
		break;
	case OWN_REC_GONE:
		take_gone(m, (const void *)rec);
		break;
	case OWN_REC_LOOK:
		take_look(m, (const void *)rec);
		break;
	case OWN_REC_SNAP:
		take_snap(m, (const void *)rec);
		break;
	case OWN_REC_TOOK:
		take_took(m, (const void *)rec);
		break;
	case OWN_REC_CGROUP:
		cgroup_learn(&m->cgroups, (const void *)rec);
		break;
	case OWN_REC_SNAPPED:
		take_snapped(m, (const void *)rec);
		break;
	}
	if (m->most)
		give_up(m, rec->ts);
}

struct model *model_new(struct sink *sink, const struct known *known)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->sink = sink;
	m->known = known;
	return m;
}

void model_follow(struct model *m)
{
	if (m->alive)
		return;
	m->alive = need(live_new());
	if (m->timed)
		live_time(m->alive);
}

void model_time(struct model *m)
{
	m->timed = true;
	if (m->alive)
		live_time(m->alive);
}

void model_switches(struct model *m)
{
	m->switches = true;
}

void model_bound(struct model *m, size_t most)
{
	m->most = most;
}

__u64 model_given_up(const struct model *m)
{
	return m->given_up;
}

__u64 model_spoilt(const struct model *m)
{
	return m->nr_spoilt;
}

struct proc_ref *model_add_root(struct model *m, pid_t pid, const char *comm)
{
	char buf[CLEAVE_COMM_LEN] = "";

	strncpy(buf, comm, sizeof(buf) - 1);
	return &proc_get(m, pid, buf)->ref;
}

size_t model_live(const struct model *m)
{
	return m->procs.count;
}

void model_each(const struct model *m, void (*each)(void *ctx, pid_t pid, __u64 as), void *ctx)
{
	const struct proc *p;

	for (p = m->live.first; p; p = p->next)
		each(ctx, p->ref.pid, p->ref.space);
}

static void mark_gone(struct hash_node *n, void *ctx)
{
	struct proc *p = (struct proc *)n;

	(void)ctx;
	p->gone = pid_is_gone(p->ref.pid);
}

void model_mark_gone(struct model *m)
{
	hash_each(&m->procs, mark_gone, NULL);
}

/* Whom to tell of those that are gone. */
struct teller {
	void (*gone)(void *ctx, pid_t pid);
	void *ctx;
};

static void tell_gone(struct hash_node *n, void *ctx)
{
	const struct proc *p = (struct proc *)n;
	const struct teller *t = ctx;

	if (p->gone)
		t->gone(t->ctx, p->ref.pid);
}

void model_sweep_gone(struct model *m, void (*gone)(void *ctx, pid_t pid), void *ctx)
{
	struct teller t = { .gone = gone, .ctx = ctx };

	hash_each(&m->procs, tell_gone, &t);
}

void model_flush(struct model *m)
{
	while (m->held.first)
		release(m, m->held.first, NULL);
}

static void free_space(struct hash_node *n, void *ctx)
{
	struct space *as = (struct space *)n;

	(void)ctx;
	free(as->held);
	free(as);
}

void model_free(struct model *m)
{
	if (!m)
		return;
	hash_free_all(&m->procs);
	hash_each(&m->spaces, free_space, NULL);
	hash_free(&m->spaces);
	live_free(m->alive);
	cgroup_names_free(&m->cgroups);
	times_free(&m->times);
	pool_free(&m->spare_procs);
	pool_free(&m->spare_spaces);
	free(m);
}
