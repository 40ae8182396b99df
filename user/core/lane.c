// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "core/lane.h"
#include "core/layout.h"
#include "lib/clock.h"

/* What a process is called before its first exec. */
#define ROOT_COMM	"cleave"

/* So many processes whose exits were lost may be there before anybody looks. */
#define TIDY_LEAST	4096

int lane_open(struct lane *l)
{
	if (!l->sink)
		return 0;
	l->tidy_at = TIDY_LEAST;
	l->model = model_new(l->sink, &l->src->known);
	return l->model ? 0 : -ENOMEM;
}

struct proc_ref *lane_root(struct lane *l, pid_t pid)
{
	l->live++;
	return l->model ? model_add_root(l->model, pid, ROOT_COMM) : NULL;
}

bool lane_live(const struct lane *l)
{
	return l->model ? model_live(l->model) : l->live > 0;
}

void lane_start(struct lane *l, const struct event *e)
{
	if (l->tap)
		l->tap->ops->start(l->tap, e);
	if (l->sink)
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

/* Nobody wants events: all that matters is who is left. */
static void record_only(void *ctx, const struct cleave_hdr *rec)
{
	struct lane *l = ctx;

	l->tap->ops->record(l->tap, rec);
	if (rec->type == CLEAVE_REC_CLONE)
		l->live += clone_makes_process((const void *)rec);
	else if (rec->type == CLEAVE_REC_EXIT)
		l->live--;
}

static void flush(struct lane *l)
{
	if (l->tap)
		l->tap->ops->flush(l->tap);
	if (l->sink)
		sink_flush(l->sink);
}

size_t lane_drain(struct lane *l, size_t max)
{
	struct source *s = l->src;
	size_t n;

	if (!l->tap)
		n = s->ops->next(s, max, record, l->model);
	else
		n = s->ops->next(s, max, l->model ? record_tapped : record_only, l);
	if (n)
		flush(l);
	return n;
}

static void gone(void *ctx, pid_t pid)
{
	struct lane *l = ctx;
	const struct own_gone rec = {
		.hdr = { .type = OWN_REC_GONE, .size = sizeof(rec), .ts = now_ns() },
		.pid = pid,
	};

	if (l->tap)
		record_tapped(l, &rec.hdr);
	else
		record(l->model, &rec.hdr);
}

void lane_sweep(struct lane *l)
{
	model_sweep_gone(l->model, gone, l);
}

void lane_tidy(struct lane *l)
{
	if (!l->model || model_live(l->model) < l->tidy_at)
		return;
	model_mark_gone(l->model);
	/* Those that have ended as they should have their exits in the ring, at most. */
	lane_drain(l, l->src->room / sizeof(struct cleave_hdr));
	lane_sweep(l);
	l->tidy_at = 2 * model_live(l->model) + TIDY_LEAST;
}

void lane_finish(struct lane *l, const struct event *e)
{
	if (l->model)
		model_flush(l->model);
	if (l->tap)
		l->tap->ops->end(l->tap, e);
}

void lane_lost(struct lane *l, const struct event *e)
{
	struct event lost = { .type = EVENT_LOST, .ts = e->ts };

	lost.lost = e->summary.lost;
	if (l->sink)
		sink_event(l->sink, &lost);
}

void lane_summary(struct lane *l, const struct event *e)
{
	if (l->sink)
		sink_event(l->sink, e);
}

void lane_close(struct lane *l)
{
	model_free(l->model);
	l->model = NULL;
}
