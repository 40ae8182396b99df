// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "core/lane.h"
#include "core/layout.h"
#include "lib/clock.h"

/* What a process is called before its first exec. */
#define ROOT_COMM	"cleave"

/* So many processes whose exits were lost may be there before anybody looks. */
#define TIDY_LEAST	4096

void lane_name_cgroups(struct lane *l)
{
	l->cgroups = need(calloc(1, sizeof(*l->cgroups)));
}

int lane_open(struct lane *l)
{
	l->tidy_at = TIDY_LEAST;
	if (!l->sink)
		return 0;
	l->model = model_new(l->sink, &l->src->known);
	if (!l->model)
		return -ENOMEM;
	if (l->src->times)
		model_time(l->model);
	if (l->follows)
		model_follow(l->model);
	if (l->src->switches)
		model_switches(l->model);
	return 0;
}

struct proc_ref *lane_root(struct lane *l, pid_t pid)
{
	if (l->model)
		return model_add_root(l->model, pid, ROOT_COMM);
	alive_add(&l->alive, pid);
	return NULL;
}

size_t lane_live(const struct lane *l)
{
	return l->model ? model_live(l->model) : l->alive.pids.count;
}

void lane_start(struct lane *l, const struct event *e)
{
	if (l->tap)
		l->tap->ops->start(l->tap, e);
	if (l->sink)
		sink_event(l->sink, e);
}

static void hand_on(struct lane *l, const struct cleave_hdr *rec)
{
	if (l->tap)
		l->tap->ops->record(l->tap, rec);
	if (l->model)
		model_record(l->model, rec);
	else
		alive_record(&l->alive, rec);
}

static void take(void *ctx, const struct cleave_hdr *rec)
{
	struct lane *l = ctx;
	const struct cleave_hdr *cgroup = l->cgroups ? cgroups_tell(l->cgroups, rec) : NULL;

	if (cgroup)
		hand_on(l, cgroup);
	/* Who is attached to is to be looked at. */
	if (l->looks && rec->type == CLEAVE_REC_ATTACH)
		looks_note(l->looks, (const void *)rec);
	hand_on(l, rec);
}

void lane_flush(struct lane *l)
{
	if (l->tap)
		l->tap->ops->flush(l->tap);
	if (l->sink)
		sink_flush(l->sink);
}

size_t lane_drain(struct lane *l, size_t max)
{
	size_t n = l->src->ops->next(l->src, max, take, l);

	if (n)
		lane_flush(l);
	return n;
}

void lane_empty(struct lane *l)
{
	lane_drain(l, l->src->room / sizeof(struct cleave_hdr));
}

void lane_failed(const struct lane *l)
{
	fprintf(stderr, "cleave: %s: %s\n", l->src->name, backend_error());
}

void lane_own(struct lane *l, const struct cleave_hdr *rec)
{
	take(l, rec);
}

void lane_each(const struct lane *l, void (*each)(void *ctx, pid_t pid, __u64 as), void *ctx)
{
	if (l->model)
		model_each(l->model, each, ctx);
	else
		alive_each(&l->alive, each, ctx);
}

void lane_mark_gone(struct lane *l)
{
	if (l->model)
		model_mark_gone(l->model);
	else
		alive_mark_gone(&l->alive);
}

static void gone(void *ctx, pid_t pid)
{
	const struct own_gone rec = {
		.hdr = { .type = OWN_REC_GONE, .size = sizeof(rec), .ts = now_ns() },
		.pid = pid,
	};

	lane_own(ctx, &rec.hdr);
}

void lane_sweep(struct lane *l)
{
	if (l->model)
		model_sweep_gone(l->model, gone, l);
	else
		alive_sweep_gone(&l->alive, gone, l);
}

void lane_tidy(struct lane *l)
{
	if (lane_live(l) < l->tidy_at)
		return;
	lane_mark_gone(l);
	/* Those that have ended as they should have their exits in the ring, at most. */
	lane_empty(l);
	lane_sweep(l);
	l->tidy_at = 2 * lane_live(l) + TIDY_LEAST;
}

bool lane_idle(struct lane *l, __u64 now)
{
	bool waits = l->tap && l->tap->ops->idle(l->tap, now);

	return (l->sink && sink_idle(l->sink, now)) || waits;
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
	alive_free(&l->alive);
	if (l->cgroups)
		cgroups_told_free(l->cgroups);
	free(l->cgroups);
	l->cgroups = NULL;
}
