// SPDX-License-Identifier: GPL-2.0-only
/* json.c - one JSON object a line.  Keeps nothing. */
#include <stdlib.h>

#include "core/schema.h"
#include "lib/json.h"
#include "sink/sink.h"

/* What of all that happens in between is told. */
enum between {
	TELL_ALL,
	TELL_NOTHING,
	TELL_SNAPSHOTS,
};

struct json_sink {
	struct sink s;
	struct out *out;
	enum between between;
	struct json line;
};

/* The beginning and the end are told in any case. */
static bool is_told(const struct json_sink *j, enum event_type type)
{
	if (j->between == TELL_ALL || type == EVENT_START || type >= EVENT_LOST)
		return true;
	return j->between == TELL_SNAPSHOTS && type == EVENT_SNAPSHOT;
}

static void json_event(struct sink *s, const struct event *e)
{
	struct json_sink *j = (struct json_sink *)s;

	if (!is_told(j, e->type))
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

static struct sink *make(struct out *out, const struct known *known, enum between between)
{
	struct json_sink *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->s.ops = &json_ops;
	j->s.known = known;
	j->out = out;
	j->between = between;
	return &j->s;
}

struct sink *sink_json(struct out *out, const struct known *known)
{
	return make(out, known, TELL_ALL);
}

struct sink *sink_json_summary(struct out *out, const struct known *known)
{
	return make(out, known, TELL_NOTHING);
}

struct sink *sink_json_snapshots(struct out *out, const struct known *known)
{
	return make(out, known, TELL_SNAPSHOTS);
}
