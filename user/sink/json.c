// SPDX-License-Identifier: GPL-2.0-only
/* json.c - one JSON object a line.  Keeps nothing. */
#include <stdlib.h>

#include "core/schema.h"
#include "lib/json.h"
#include "sink/sink.h"

struct json_sink {
	struct sink s;
	struct out *out;
	bool summary;		/* nothing of what happens in between */
	struct json line;
};

/* What a summary has: the beginning and the end. */
static bool is_frame(enum event_type type)
{
	return type == EVENT_START || type >= EVENT_LOST;
}

static void json_event(struct sink *s, const struct event *e)
{
	struct json_sink *j = (struct json_sink *)s;

	if (j->summary && !is_frame(e->type))
		return;
	json_clear(&j->line);
	schema_json(&j->line, e, s->known);
	json_finish(&j->line, '\n');
	fwrite_unlocked(j->line.buf, 1, json_len(&j->line), j->out->f);
}

static void json_flush(struct sink *s)
{
	out_flush(((struct json_sink *)s)->out);
}

static void json_sink_free(struct sink *s)
{
	struct json_sink *j = (struct json_sink *)s;

	json_free(&j->line);
	free(j);
}

static const struct sink_ops json_ops = {
	.event = json_event,
	.flush = json_flush,
	.free = json_sink_free,
};

static struct sink *make(struct out *out, const struct known *known, bool summary)
{
	struct json_sink *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->s.ops = &json_ops;
	j->s.known = known;
	j->out = out;
	j->summary = summary;
	return &j->s;
}

struct sink *sink_json(struct out *out, const struct known *known)
{
	return make(out, known, false);
}

struct sink *sink_json_summary(struct out *out, const struct known *known)
{
	return make(out, known, true);
}
