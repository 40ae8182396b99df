// SPDX-License-Identifier: GPL-2.0-only
/* sink.c - the table of sinks, and the one that feeds several. */
#include <stdlib.h>
#include <string.h>

#include "sink/sink.h"

struct format {
	const char *name;
	struct sink *(*make)(struct out *out, const struct known *known);
};

static const struct format formats[] = {
	{ "text", sink_text },
	{ "summary", sink_summary },
	{ "json", sink_json },
	{ "json-summary", sink_json_summary },
};

#define NR_FORMATS	(sizeof(formats) / sizeof(formats[0]))

struct sink *sink_new(const char *format, struct out *out, const struct known *known)
{
	size_t i;

	for (i = 0; i < NR_FORMATS; i++)
		if (!strcmp(formats[i].name, format))
			return formats[i].make(out, known);
	return NULL;
}

const char *const *sink_names(void)
{
	static const char *names[NR_FORMATS + 1];
	size_t i;

	for (i = 0; i < NR_FORMATS; i++)
		names[i] = formats[i].name;
	return names;
}

void sink_free(struct sink *s)
{
	if (s)
		s->ops->free(s);
}

struct tee {
	struct sink s;
	unsigned int nr;
	struct sink *to[];
};

static void tee_event(struct sink *s, const struct event *e)
{
	struct tee *t = (struct tee *)s;
	unsigned int i;

	for (i = 0; i < t->nr; i++)
		sink_event(t->to[i], e);
}

static void tee_flush(struct sink *s)
{
	struct tee *t = (struct tee *)s;
	unsigned int i;

	for (i = 0; i < t->nr; i++)
		sink_flush(t->to[i]);
}

static bool tee_idle(struct sink *s, __u64 now)
{
	struct tee *t = (struct tee *)s;
	bool waits = false;
	unsigned int i;

	for (i = 0; i < t->nr; i++)
		waits |= sink_idle(t->to[i], now);
	return waits;
}

static void tee_free(struct sink *s)
{
	struct tee *t = (struct tee *)s;
	unsigned int i;

	for (i = 0; i < t->nr; i++)
		sink_free(t->to[i]);
	free(t);
}

static const struct sink_ops tee_ops = {
	.event = tee_event,
	.flush = tee_flush,
	.idle = tee_idle,
	.free = tee_free,
};

struct sink *sink_tee(struct sink *const *sinks, unsigned int nr)
{
	struct tee *t = calloc(1, sizeof(*t) + nr * sizeof(t->to[0]));

	if (!t)
		return NULL;
	t->s.ops = &tee_ops;
	t->nr = nr;
	memcpy(t->to, sinks, nr * sizeof(t->to[0]));
	return &t->s;
}
