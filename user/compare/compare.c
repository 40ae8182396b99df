// SPDX-License-Identifier: GPL-2.0-only
/*
 * compare.c - see compare.h.
 *
 * Events are compared in the form that the JSON view gives them, so a field
 * that is printed cannot be forgotten here.  The n-th event of a type and a pid
 * on one side is matched with the n-th on the other; what has no match yet
 * waits as a string.
 *
 * One figure may differ without an error.  The window of creator_cow closes with
 * the child, on another CPU than the one on which the creator goes on writing:
 * what it breaks between the two backends' looks is in one count and not in the
 * other.  Such an "edge" is told by its size, at most a break for each
 * microsecond between the two, and listed apart.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "sink/json_events.h"

#define BUCKETS		1024

/* More differences than this are counted, but not listed. */
#define LIST_MAX	1000

struct waiting {
	struct waiting *next;
	int side;
	pid_t pid;
	const char *type;
	char *text;
};

struct side {
	struct view v;
	struct compare *c;
	const struct ev_end *end;
	int nr;
};

struct compare {
	const char *name[2];
	struct view *shown;
	struct out *out;
	bool json;
	struct side side[2];
	struct waiting *bucket[BUCKETS];
	struct json_object *list;
	struct json_object *edges;
	size_t events;
	size_t differences;
};

/* Measured by each side's own clock readings, so they differ and may. */
static const char *const ignored[] = { "ts", "duration_ns", "since_clone_ns" };

static void list_add(struct compare *c, struct json_object *list,
		     const char *type, pid_t pid, const char *field,
		     struct json_object *a, struct json_object *b)
{
	struct json_object *d;

	if (json_object_array_length(list) >= LIST_MAX)
		return;
	d = json_object_new_object();
	json_object_object_add(d, "event", json_object_new_string(type));
	json_object_object_add(d, "pid", json_object_new_int(pid));
	json_object_object_add(d, "field", json_object_new_string(field));
	json_object_object_add(d, c->name[0], json_object_get(a));
	json_object_object_add(d, c->name[1], json_object_get(b));
	json_object_array_add(list, d);
}

static void differ(struct compare *c, const char *type, pid_t pid,
		   const char *field, struct json_object *a,
		   struct json_object *b)
{
	c->differences++;
	list_add(c, c->list, type, pid, field, a, b);
}

/* @gap_us: between the two backends' looks at the event */
struct where {
	struct compare *c;
	const char *type;
	pid_t pid;
	__u64 gap_us;
};

static __u64 distance(__u64 a, __u64 b)
{
	return a > b ? a - b : b - a;
}

static bool is_ignored(const char *key)
{
	size_t i;

	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		if (!strcmp(key, ignored[i]))
			return true;
	return false;
}

static __u64 gap_of(struct json_object *a, struct json_object *b,
		    const char *key)
{
	struct json_object *va, *vb;

	if (!json_object_object_get_ex(a, key, &va) ||
	    !json_object_object_get_ex(b, key, &vb))
		return 0;
	return distance(json_object_get_uint64(va), json_object_get_uint64(vb)) /
	       1000;
}

static bool is_edge(const struct where *w, const char *path,
		    struct json_object *a, struct json_object *b)
{
	static const char window[] = "creator_cow.";

	return !strncmp(path, window, sizeof(window) - 1) &&
	       distance(json_object_get_uint64(a), json_object_get_uint64(b)) <=
	       1 + w->gap_us;
}

static void compare_values(const struct where *w, const char *path,
			   struct json_object *a, struct json_object *b);

static void compare_members(const struct where *w, const char *path,
			    struct json_object *a, struct json_object *b,
			    bool only_missing)
{
	json_object_object_foreach(a, key, va) {
		struct json_object *vb = NULL;
		char deeper[256];
		bool there = json_object_object_get_ex(b, key, &vb);

		if (is_ignored(key))
			continue;
		snprintf(deeper, sizeof(deeper), "%s%s%s", path,
			 *path ? "." : "", key);
		if (there && !only_missing)
			compare_values(w, deeper, va, vb);
		else if (!there && only_missing)
			differ(w->c, w->type, w->pid, deeper, NULL, va);
		else if (!there)
			differ(w->c, w->type, w->pid, deeper, va, NULL);
	}
}

static void compare_values(const struct where *w, const char *path,
			   struct json_object *a, struct json_object *b)
{
	if (!a || !b)
		return;		/* unknown to one of the two */
	if (json_object_is_type(a, json_type_object) &&
	    json_object_is_type(b, json_type_object)) {
		compare_members(w, path, a, b, false);
		compare_members(w, path, b, a, true);
	} else if (!json_object_equal(a, b)) {
		if (is_edge(w, path, a, b))
			list_add(w->c, w->c->edges, w->type, w->pid, path, a, b);
		else
			differ(w->c, w->type, w->pid, path, a, b);
	}
}

static void compare_texts(struct compare *c, const char *type, pid_t pid,
			  const char *a, const char *b)
{
	struct where w = { .c = c, .type = type, .pid = pid };
	struct json_object *oa = json_tokener_parse(a);
	struct json_object *ob = json_tokener_parse(b);
	__u64 since = gap_of(oa, ob, "since_clone_ns");

	w.gap_us = gap_of(oa, ob, "ts");
	if (since > w.gap_us)
		w.gap_us = since;
	compare_values(&w, "", oa, ob);
	json_object_put(oa);
	json_object_put(ob);
}

static void append(struct waiting **link, const char *type, pid_t pid, int side,
		   const char *text)
{
	struct waiting *w = calloc(1, sizeof(*w));

	while (*link)
		link = &(*link)->next;
	if (w)
		w->text = strdup(text);
	if (!w || !w->text) {
		fprintf(stderr, "cleave: out of memory\n");
		abort();
	}
	w->side = side;
	w->pid = pid;
	w->type = type;
	*link = w;
}

static void match(struct side *s, const char *type, pid_t pid, const char *text)
{
	struct compare *c = s->c;
	struct waiting **first = &c->bucket[(unsigned int)pid % BUCKETS];
	struct waiting **link = first, *w;

	while (*link && ((*link)->pid != pid || (*link)->side == s->nr ||
			 strcmp((*link)->type, type)))
		link = &(*link)->next;
	w = *link;
	if (!w) {
		append(first, type, pid, s->nr, text);
		return;
	}
	*link = w->next;
	c->events++;
	if (s->nr)
		compare_texts(c, type, pid, w->text, text);
	else
		compare_texts(c, type, pid, text, w->text);
	free(w->text);
	free(w);
}

static void take(struct view *v, const char *type, pid_t pid,
		 struct json_object *o)
{
	match((struct side *)v, type, pid,
	      json_object_to_json_string_ext(o, JSON_STYLE));
	json_object_put(o);
}

/* The view that the user sees, on the first side only. */
static struct view *shown(struct view *v)
{
	struct side *s = (struct side *)v;

	return s->nr ? NULL : s->c->shown;
}

static void on_start(struct view *v, const struct ev_start *e)
{
	struct view *sv = shown(v);

	if (sv)
		sv->ops->start(sv, e);
}

static void on_clone(struct view *v, const struct ev_clone *e)
{
	struct view *sv = shown(v);
	pid_t id = e->rec->error ? e->rec->parent_tid : e->rec->child_tid;

	if (sv)
		sv->ops->clone(sv, e);
	take(v, "clone", id, json_clone(e, v->known));
}

static void on_exec(struct view *v, const struct ev_exec *e)
{
	struct view *sv = shown(v);

	if (sv)
		sv->ops->exec(sv, e);
	take(v, "exec", e->rec->pid, json_exec(e, v->known));
}

static void on_end_of_process(struct view *v, const struct ev_exit *e)
{
	struct view *sv = shown(v);

	take(v, "exit", e->proc->pid, json_exit(e, v->known));
	if (sv)
		sv->ops->exit(sv, e);
}

static void on_break(struct view *v, const struct ev_break *e)
{
	struct view *sv = shown(v);

	if (sv)
		sv->ops->brk(sv, e);
	take(v, "break", e->rec->tid, json_break(e));
}

static void compare_totals(struct compare *c)
{
	struct where w = { .c = c, .type = "summary" };
	struct json_object *sum[2], *totals[2];
	int i;

	for (i = 0; i < 2; i++) {
		sum[i] = json_summary(c->side[i].end, c->side[i].v.known);
		json_object_object_get_ex(sum[i], "totals", &totals[i]);
		/* How many records there were depends on what was lost. */
		json_object_object_del(totals[i], "records");
	}
	compare_values(&w, "totals", totals[0], totals[1]);
	for (i = 0; i < 2; i++)
		json_object_put(sum[i]);
}

/* No further event will come. */
static void finish(struct compare *c)
{
	int i;

	for (i = 0; i < BUCKETS; i++) {
		struct waiting *w;

		for (w = c->bucket[i]; w; w = w->next) {
			struct json_object *o = json_tokener_parse(w->text);

			differ(c, w->type, w->pid, "(the whole event)",
			       w->side ? NULL : o, w->side ? o : NULL);
			json_object_put(o);
		}
	}
	compare_totals(c);
}

static void print_list(FILE *f, struct json_object *list)
{
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *d = json_object_array_get_idx(list, i);

		fprintf(f, "  %s\n", json_object_to_json_string_ext(d, JSON_STYLE));
	}
}

static void report_text(struct compare *c)
{
	FILE *f = c->out->f;
	size_t n = json_object_array_length(c->list);
	size_t edges = json_object_array_length(c->edges);

	if (c->differences)
		fprintf(f, "\nBACKENDS DIFFER: %zu differences, %zu events compared (%s, %s)\n",
			c->differences, c->events, c->name[0], c->name[1]);
	else
		fprintf(f, "\nbackends agree: %zu events compared (%s, %s)\n",
			c->events, c->name[0], c->name[1]);
	print_list(f, c->list);
	if (c->differences > n)
		fprintf(f, "  and %zu more\n", c->differences - n);
	if (!edges)
		return;
	fprintf(f, "At the edge of %zu windows the creator was writing while the child ended (no error):\n",
		edges);
	print_list(f, c->edges);
}

static void report_json(struct compare *c, __u64 ts)
{
	struct json_object *o = json_event("compare", ts);

	json_object_object_add(o, "events", json_object_new_uint64(c->events));
	json_object_object_add(o, "nr_differences",
			       json_object_new_uint64(c->differences));
	json_object_object_add(o, "differences", json_object_get(c->list));
	json_object_object_add(o, "edges", json_object_get(c->edges));
	fprintf(c->out->f, "%s\n", json_object_to_json_string_ext(o, JSON_STYLE));
	json_object_put(o);
}

static void on_lost(struct view *v, const struct ev_end *e)
{
	struct side *s = (struct side *)v;
	struct view *sv = shown(v);

	s->end = e;
	if (sv) {
		sv->ops->lost(sv, e);
		return;
	}
	finish(s->c);
	if (s->c->json)
		report_json(s->c, e->ts);
}

static void on_summary(struct view *v, const struct ev_end *e)
{
	struct side *s = (struct side *)v;
	struct view *sv = shown(v);

	if (sv)
		sv->ops->summary(sv, e);
	else if (!s->c->json)
		report_text(s->c);
}

static void on_flush(struct view *v)
{
	struct view *sv = shown(v);

	if (sv && sv->ops->flush)
		sv->ops->flush(sv);
}

static const struct view_ops compare_ops = {
	.start = on_start,
	.clone = on_clone,
	.exec = on_exec,
	.exit = on_end_of_process,
	.brk = on_break,
	.lost = on_lost,
	.summary = on_summary,
	.flush = on_flush,
};

struct compare *compare_new(const char *const name[2],
			    const struct known *const known[2],
			    struct view *shown, struct out *out, bool json)
{
	struct compare *c = calloc(1, sizeof(*c));
	int i;

	if (!c)
		return NULL;
	c->shown = shown;
	c->out = out;
	c->json = json;
	c->list = json_object_new_array();
	c->edges = json_object_new_array();
	for (i = 0; i < 2; i++) {
		c->name[i] = name[i];
		c->side[i].v.ops = &compare_ops;
		c->side[i].v.known = known[i];
		c->side[i].c = c;
		c->side[i].nr = i;
	}
	return c;
}

struct view *compare_view(struct compare *c, int side)
{
	return &c->side[side].v;
}

size_t compare_differences(const struct compare *c)
{
	return c->differences;
}

void compare_free(struct compare *c)
{
	int i;

	if (!c)
		return;
	for (i = 0; i < BUCKETS; i++) {
		while (c->bucket[i]) {
			struct waiting *w = c->bucket[i];

			c->bucket[i] = w->next;
			free(w->text);
			free(w);
		}
	}
	json_object_put(c->list);
	json_object_put(c->edges);
	free(c);
}
