// SPDX-License-Identifier: GPL-2.0-only
/*
 * compare.c - see compare.h.
 *
 * Events are compared field by field as the schema lists them, so a field that is
 * printed cannot be forgotten here.  The n-th event of a type and a pid on one side
 * is matched with the n-th on the other; what has no match yet waits as a copy.
 *
 * One figure may differ without an error.  The window of creator_cow closes with
 * the child, on another CPU than the one on which the creator goes on writing:
 * what it breaks between the two backends' looks is in one count and not in the
 * other.  Such an "edge" is told by its size, at most a break for each
 * microsecond between the two, and listed apart.
 *
 * Where what was there before is traced, too, the two begin and end at different times:
 * only processes whose clone was seen are compared.  A clone that one of the two has not
 * seen is a difference if both had attached to all that was there before, and none had
 * been stopped; if not, all that came of it is not compared either.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "core/schema.h"
#include "lib/json.h"
#include "lib/need.h"

#define BUCKETS_FIRST	1024

/* More differences than this are counted, but not listed. */
#define LIST_MAX	1000

#define PATH_MAX_LEN	128

/* A task can be between the probes of the two for a while. */
#define END_NS		100000000ULL

/*
 * An event that waits, with all that it points to behind it.
 * @made: when its process was made; 0: that was not seen
 */
struct waiting {
	struct waiting *next;
	int side;
	pid_t pid;
	__u64 made;
	struct event e;
	char strings[];
};

struct diffs {
	struct ev_diff list[LIST_MAX];
	__u32 nr;
};

struct side {
	struct sink s;
	struct compare *c;
	int nr;
};

struct compare {
	const char *name[2];
	struct sink *shown;
	bool attaches;		/* what was there before is traced, too */
	struct side side[2];
	struct event end[2];
	struct waiting **bucket;
	size_t nr_buckets;
	size_t nr_waiting;
	struct diffs differences;
	struct diffs edges;
	__u64 events;
	__u64 nr_differences;
};

/* One side of what is compared; @base NULL: the other side alone has it. */
struct value {
	const void *base;
	const struct known *known;
};

/*
 * @gap_us: between the two backends' looks at the event
 * @made: the clone of its process was seen: both have counted from the same moment on
 */
struct where {
	struct compare *c;
	const char *event;
	pid_t pid;
	__u64 gap_us;
	bool made;
	bool window;		/* inside of creator_cow */
};

/* As JSON; NULL where it is absent or unknown. */
static char *value_text(const struct field *f, const struct value *v)
{
	struct json j = { 0 };

	if (!v->base || !field_is_present(f, v->base))
		return NULL;
	if (f->type != FIELD_OBJECT && !field_is_known(f, v->base, v->known))
		return NULL;
	schema_json_value(&j, f, v->base,
			  field_is_known(f, v->base, v->known) ? v->known : NULL);
	json_finish(&j, '\0');
	return j.buf;
}

static void list_add(struct diffs *d, const struct where *w, const char *path,
		     char *a, char *b)
{
	if (d->nr == LIST_MAX) {
		free(a);
		free(b);
		return;
	}
	d->list[d->nr++] = (struct ev_diff) {
		.event = w->event,
		.pid = w->pid,
		.field = need(strdup(path)),
		.value = { a, b },
	};
}

static void differ(const struct where *w, const char *path, char *a, char *b)
{
	w->c->nr_differences++;
	list_add(&w->c->differences, w, path, a, b);
}

static __u64 distance(__u64 a, __u64 b)
{
	return a > b ? a - b : b - a;
}

static bool same_text(const struct text *a, const struct text *b)
{
	return a->len == b->len && !memcmp(a->s, b->s, a->len);
}

static bool same(const struct field *f, const void *a, const void *b)
{
	const void *pa = field_at(f, a), *pb = field_at(f, b);
	const struct ev_clone *ca = a, *cb = b;

	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_ARGS:
		return same_text(pa, pb);
	case FIELD_SHARING:
		return flags_resource(f->index, ca->flags, ca->kind) ==
		       flags_resource(f->index, cb->flags, cb->kind);
	default:
		return !memcmp(pa, pb, f->size);
	}
}

static void compare_fields(const struct where *w, const char *path,
			   const struct field *f, const struct value *a,
			   const struct value *b);

static void compare_leaf(const struct where *w, const char *path,
			 const struct field *f, const struct value *a,
			 const struct value *b)
{
	char *ta, *tb;

	if (!field_is_known(f, a->base, a->known) ||
	    !field_is_known(f, b->base, b->known))
		return;		/* unknown to one of the two */
	if (same(f, a->base, b->base))
		return;
	ta = value_text(f, a);
	tb = value_text(f, b);
	if (w->window &&
	    distance(field_uint(f, a->base), field_uint(f, b->base)) <= 1 + w->gap_us)
		list_add(&w->c->edges, w, path, ta, tb);
	else
		differ(w, path, ta, tb);
}

/* The struct that a field's own fields lie in, and what of them is known. */
static struct value inside(const struct field *f, const struct value *v)
{
	bool ok = field_is_known(f, v->base, v->known);

	return (struct value) { field_at(f, v->base), ok ? v->known : NULL };
}

static void compare_inside(const struct where *w, const char *path,
			   const struct field *f, const struct value *a,
			   const struct value *b)
{
	struct value ia = inside(f, a), ib = inside(f, b);
	struct where deeper = *w;

	if (f->type == FIELD_OBJECT && f->known == offsetof(struct known, creator))
		deeper.window = true;
	compare_fields(&deeper, path, f->sub, &ia, &ib);
}

/* One side alone has it: all members of a group, or the whole field. */
static void only_one(const struct where *w, const char *path, const struct field *f,
		     const struct value *a, const struct value *b)
{
	static const struct value nothing;

	if (f->type == FIELD_GROUP) {
		const struct value *have = field_is_present(f, a->base) ? a : b;
		struct value v = inside(f, have);

		compare_fields(w, path, f->sub, have == a ? &v : &nothing,
			       have == b ? &v : &nothing);
		return;
	}
	differ(w, path, value_text(f, a), value_text(f, b));
}

static void compare_field(const struct where *w, const char *path,
			  const struct field *f, const struct value *a,
			  const struct value *b)
{
	bool there_a = a->base && field_is_present(f, a->base);
	bool there_b = b->base && field_is_present(f, b->base);

	if (!there_a && !there_b)
		return;
	if (there_a != there_b)
		only_one(w, path, f, a, b);
	else if (f->sub && f->type != FIELD_LIST)
		compare_inside(w, path, f, a, b);
	else
		compare_leaf(w, path, f, a, b);
}

static void compare_fields(const struct where *w, const char *path,
			   const struct field *f, const struct value *a,
			   const struct value *b)
{
	for (; f->type != FIELD_END; f++) {
		char deeper[PATH_MAX_LEN];

		if (f->flags & FIELD_NOT_COMPARED ||
		    (f->flags & FIELD_SINCE_MADE && !w->made))
			continue;
		snprintf(deeper, sizeof(deeper), "%s%s%s", path,
			 *path && *f->name ? "." : "", f->name);
		compare_field(w, deeper, f, a, b);
	}
}

/* Of events of one type that have figures. */
static __u64 since_clone(const struct event *e)
{
	if (e->type == EVENT_EXEC && e->exec.closes)
		return e->exec.fig.since_clone_ns;
	if (e->type == EVENT_EXIT && e->exit.fig.arrived)
		return e->exit.fig.since_clone_ns;
	return 0;
}

static __u64 gap_us(const struct event *a, const struct event *b)
{
	__u64 gap = distance(a->ts, b->ts), sa = since_clone(a), sb = since_clone(b);

	if (sa && sb && distance(sa, sb) > gap)
		gap = distance(sa, sb);
	return gap / 1000;
}

static void compare_events(struct compare *c, pid_t pid, bool made,
			   const struct event *a, const struct event *b)
{
	const struct schema *s = &schemas[a->type];
	struct where w = {
		.c = c, .event = s->name, .pid = pid, .gap_us = gap_us(a, b),
		.made = made,
	};
	struct value va = { event_base(a), c->side[0].s.known };
	struct value vb = { event_base(b), c->side[1].s.known };

	compare_fields(&w, "", s->fields, &va, &vb);
}

/*
 * What an event points to: how long it is, and, where @to is not NULL, a copy of it
 * there, with the event pointing to that.
 */
static size_t move_texts(struct event *e, const struct field *f, void *base, char *to)
{
	size_t len = 0;

	for (; f->type != FIELD_END; f++) {
		struct text *t = (void *)((char *)base + f->offset);

		if (f->type == FIELD_OBJECT) {
			len += move_texts(e, f->sub, t, to ? to + len : NULL);
		} else if (f->type == FIELD_TEXT || f->type == FIELD_ARGS) {
			if (to) {
				memcpy(to + len, t->s, t->len);
				t->s = to + len;
			}
			len += t->len;
		}
	}
	return len;
}

static struct waiting *keep(const struct event *e, pid_t pid, int side, __u64 made)
{
	const struct field *f = schemas[e->type].fields;
	struct event copy = *e;
	struct waiting *w;

	w = need(malloc(sizeof(*w) + move_texts(&copy, f, &copy.start, NULL)));
	w->next = NULL;
	w->side = side;
	w->pid = pid;
	w->made = made;
	w->e = copy;
	move_texts(&w->e, f, &w->e.start, w->strings);
	return w;
}

static struct waiting **bucket_of(struct compare *c, pid_t pid)
{
	return &c->bucket[(unsigned int)pid & (c->nr_buckets - 1)];
}

static void append(struct compare *c, struct waiting *w)
{
	struct waiting **link = bucket_of(c, w->pid);

	while (*link)
		link = &(*link)->next;
	w->next = NULL;
	*link = w;
}

static void grow(struct compare *c)
{
	size_t i, old_nr = c->nr_buckets;
	struct waiting **old = c->bucket;

	c->nr_buckets = old_nr ? 2 * old_nr : BUCKETS_FIRST;
	c->bucket = need(calloc(c->nr_buckets, sizeof(*c->bucket)));
	for (i = 0; i < old_nr; i++) {
		struct waiting *w, *next;

		for (w = old[i]; w; w = next) {
			next = w->next;
			append(c, w);
		}
	}
	free(old);
}

static void match(struct side *s, const struct event *e, pid_t pid, __u64 made)
{
	struct compare *c = s->c;
	struct waiting **link = bucket_of(c, pid), *w;

	while (*link && ((*link)->pid != pid || (*link)->side == s->nr ||
			 (*link)->e.type != e->type))
		link = &(*link)->next;
	w = *link;
	if (!w) {
		if (c->nr_waiting++ == c->nr_buckets)
			grow(c);
		append(c, keep(e, pid, s->nr, made));
		return;
	}
	*link = w->next;
	c->nr_waiting--;
	c->events++;
	if (s->nr)
		compare_events(c, pid, made && w->made, &w->e, e);
	else
		compare_events(c, pid, made && w->made, e, &w->e);
	free(w);
}

/* The process or task that an event is matched by; false: it is not compared. */
static bool key_of(const struct event *e, pid_t *pid)
{
	switch (e->type) {
	case EVENT_CLONE:
		*pid = e->clone.made ? e->clone.child_tid : e->clone.parent_tid;
		return true;
	case EVENT_EXEC:
		*pid = e->exec.pid;
		return true;
	case EVENT_EXIT:
		*pid = e->exit.pid;
		return true;
	case EVENT_BREAK:
		*pid = e->brk.tid;
		return true;
	default:
		return false;
	}
}

static struct proc_ref *proc_of(const struct event *e)
{
	switch (e->type) {
	case EVENT_CLONE:
		return e->clone.parent;
	case EVENT_EXEC:
		return e->exec.proc;
	case EVENT_EXIT:
		return e->exit.proc;
	case EVENT_BREAK:
		return e->brk.proc;
	default:
		return NULL;
	}
}

/*
 * When the making of an event's process or thread began; 0: that was not seen.  One
 * that has failed to make another counts itself: it can have failed before, too.
 */
static __u64 made_at(const struct event *e)
{
	struct proc_ref *p = proc_of(e);

	if (e->type == EVENT_CLONE && e->clone.made) {
		__u64 began = e->ts - e->clone.duration_ns;

		if (e->clone.child)
			e->clone.child->slot[PROC_SLOT_COMPARE] = (void *)(uintptr_t)began;
		return began;
	}
	return p ? (uintptr_t)p->slot[PROC_SLOT_COMPARE] : 0;
}

static char *event_text(const struct event *e, const struct known *known)
{
	struct json j = { 0 };

	schema_json(&j, e, known);
	json_finish(&j, '\0');
	return j.buf;
}

static void unmatched(struct compare *c, const struct waiting *w)
{
	struct where where = {
		.c = c, .event = schemas[w->e.type].name, .pid = w->pid,
	};
	char *text = event_text(&w->e, c->side[w->side].s.known);

	differ(&where, "(the whole event)", w->side ? NULL : text,
	       w->side ? text : NULL);
}

/* Before both had begun, or from when one of them was about to end. */
static bool at_the_edge(const struct compare *c, const struct waiting *w)
{
	const struct ev_summary *s = &c->end[0].summary;

	return c->attaches &&
	       (w->made < s->attached_at || w->e.ts + END_NS >= s->stopping_at);
}

/* No further event will come: what is left has no partner. */
static void finish(struct compare *c)
{
	struct where where = { .c = c, .event = schemas[EVENT_SUMMARY].name };
	struct value a = { &c->end[0].summary, c->side[0].s.known };
	struct value b = { &c->end[1].summary, c->side[1].s.known };
	size_t i;

	for (i = 0; i < c->nr_buckets; i++) {
		const struct waiting *w;

		for (w = c->bucket[i]; w; w = w->next)
			if (!at_the_edge(c, w))
				unmatched(c, w);
	}
	if (c->attaches)
		return;
	compare_fields(&where, "", schemas[EVENT_SUMMARY].fields, &a, &b);
}

/* The outcome comes in front of the summary, and is a part of it. */
static void report(struct compare *c)
{
	struct event e = {
		.type = EVENT_COMPARE,
		.ts = c->end[0].ts,
		.compare = {
			.name = { c->name[0], c->name[1] },
			.events = c->events,
			.nr_differences = c->nr_differences,
			.list = c->differences.list,
			.nr_list = c->differences.nr,
			.edges = c->edges.list,
			.nr_edges = c->edges.nr,
		},
	};

	sink_event(c->shown, &e);
	c->end[0].summary.compare = &e.compare;
	sink_event(c->shown, &c->end[0]);
}

static void side_event(struct sink *sink, const struct event *e)
{
	struct side *s = (struct side *)sink;
	struct compare *c = s->c;
	__u64 made;
	pid_t pid;

	if (e->type == EVENT_START)
		c->attaches = !e->start.has_command;
	if (e->type == EVENT_SUMMARY) {
		c->end[s->nr] = *e;
		if (!s->nr)
			return;
		finish(c);
		report(c);
		return;
	}
	made = made_at(e);
	if ((made || !c->attaches) && key_of(e, &pid))
		match(s, e, pid, made);
	if (!s->nr)
		sink_event(c->shown, e);
}

static void side_flush(struct sink *sink)
{
	struct side *s = (struct side *)sink;

	if (!s->nr)
		sink_flush(s->c->shown);
}

static bool side_idle(struct sink *sink, __u64 now)
{
	struct side *s = (struct side *)sink;

	return !s->nr && sink_idle(s->c->shown, now);
}

static const struct sink_ops side_ops = {
	.event = side_event,
	.flush = side_flush,
	.idle = side_idle,
};

struct compare *compare_new(const char *const name[2],
			    const struct known *const known[2],
			    struct sink *shown)
{
	struct compare *c = calloc(1, sizeof(*c));
	int i;

	if (!c)
		return NULL;
	c->shown = shown;
	grow(c);
	for (i = 0; i < 2; i++) {
		c->name[i] = name[i];
		c->side[i].s.ops = &side_ops;
		c->side[i].s.known = known[i];
		c->side[i].c = c;
		c->side[i].nr = i;
	}
	return c;
}

struct sink *compare_sink(struct compare *c, int side)
{
	return &c->side[side].s;
}

static void diffs_free(struct diffs *d)
{
	__u32 i;

	for (i = 0; i < d->nr; i++) {
		free((char *)d->list[i].field);
		free((char *)d->list[i].value[0]);
		free((char *)d->list[i].value[1]);
	}
}

__u64 compare_differences(const struct compare *c)
{
	return c->nr_differences;
}

void compare_free(struct compare *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->nr_buckets; i++) {
		while (c->bucket[i]) {
			struct waiting *w = c->bucket[i];

			c->bucket[i] = w->next;
			free(w);
		}
	}
	free(c->bucket);
	diffs_free(&c->differences);
	diffs_free(&c->edges);
	free(c);
}
