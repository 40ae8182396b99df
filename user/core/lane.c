// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "core/lane.h"

int lane_open(struct lane *l)
{
	l->model = model_new(l->sink, &l->src->known);
	return l->model ? 0 : -ENOMEM;
}

void lane_start(struct lane *l, const struct event *e)
{
	if (l->tap)
		l->tap->ops->start(l->tap, e);
	sink_event(l->sink, e);
}

static void record(void *ctx, const struct cleave_hdr *rec)
{
	model_record(ctx, rec);
}

static void record_tapped(void *ctx, const struct cleave_hdr *rec)
{
	struct lane *l = ctx;

	l->tap->ops->record(l->tap, rec);
	model_record(l->model, rec);
}

static void flush(struct lane *l)
{
	if (l->tap)
		l->tap->ops->flush(l->tap);
	sink_flush(l->sink);
}

size_t lane_drain(struct lane *l, size_t max)
{
	struct source *s = l->src;
	size_t n = l->tap ? s->ops->next(s, max, record_tapped, l) :
			    s->ops->next(s, max, record, l->model);

	if (n)
		flush(l);
	return n;
}

void lane_finish(struct lane *l, const struct event *e)
{
	model_flush(l->model);
	if (l->tap)
		l->tap->ops->end(l->tap, e);
}

void lane_close(struct lane *l)
{
	model_free(l->model);
	l->model = NULL;
}
