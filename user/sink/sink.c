// SPDX-License-Identifier: GPL-2.0-only
/* sink.c - the table of sinks. */
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
	{ "json-snapshots", sink_json_snapshots },
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

void sink_free(struct sink *s)
{
	if (s)
		s->ops->free(s);
}
