// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_json.c - one JSON object a line.  Keeps nothing.
 */
#include <stdlib.h>

#include "sink/json_events.h"

struct json_view {
	struct view v;
	struct out *out;
};

static void line(struct view *v, struct json_object *o)
{
	struct json_view *j = (struct json_view *)v;

	fputs(json_object_to_json_string_ext(o, JSON_STYLE), j->out->f);
	fputc('\n', j->out->f);
	json_object_put(o);
}

static void on_start(struct view *v, const struct ev_start *e)
{
	line(v, json_start(e));
}

static void on_clone(struct view *v, const struct ev_clone *e)
{
	line(v, json_clone(e, v->known));
}

static void on_exec(struct view *v, const struct ev_exec *e)
{
	line(v, json_exec(e, v->known));
}

static void on_end_of_process(struct view *v, const struct ev_exit *e)
{
	line(v, json_exit(e, v->known));
}

static void on_break(struct view *v, const struct ev_break *e)
{
	line(v, json_break(e));
}

static void on_lost(struct view *v, const struct ev_end *e)
{
	line(v, json_lost(e));
}

static void on_summary(struct view *v, const struct ev_end *e)
{
	line(v, json_summary(e, v->known));
}

static void on_flush(struct view *v)
{
	out_flush(((struct json_view *)v)->out);
}

static void json_free(struct view *v)
{
	free(v);
}

static const struct view_ops json_ops = {
	.start = on_start,
	.clone = on_clone,
	.exec = on_exec,
	.exit = on_end_of_process,
	.brk = on_break,
	.lost = on_lost,
	.summary = on_summary,
	.flush = on_flush,
	.free = json_free,
};

struct view *view_json(struct out *out, const struct known *known)
{
	struct json_view *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->v.ops = &json_ops;
	j->v.known = known;
	j->out = out;
	return &j->v;
}
