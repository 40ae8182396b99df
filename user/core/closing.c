// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <time.h>

#include "core/closing.h"
#include "core/convert.h"
#include "lib/clock.h"

/* A record that was begun when we stopped is waited for, this often for 1 ms. */
#define LAST_LOOKS	1000

/*
 * Stop the source and take what is still in it.  What lies behind a record that is
 * never finished stays there, and is counted.
 */
static __u64 stop(struct lane *lane)
{
	struct source *src = lane->src;
	unsigned int looks = 0;
	__u64 left;

	if (src->ops->stop(src))
		lane_failed(lane);
	for (;;) {
		/* A whole ring at most: one that could not be stopped goes on. */
		lane_empty(lane);
		left = src->ops->left(src);
		if (!left || looks++ == LAST_LOOKS)
			return left;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}

static void take_times(const struct lane *lane, struct cleave_times *buf, struct ev_times *to)
{
	struct source *src = lane->src;

	to->there = src->times;
	to->of = buf;
	if (!to->there)
		return;
	to->known = !src->ops->times(src, buf);
	if (!to->known)
		lane_failed(lane);
}

static void summarise(const struct session *s, const struct lane *lane, const struct marks *m,
		      __u64 left, struct event *e)
{
	struct ev_summary *sum = &e->summary;
	struct source *src = lane->src;
	struct cleave_totals totals = { 0 };

	if (src->ops->totals(src, &totals))
		lane_failed(lane);
	sum->backend = s->backend;
	sum->duration_ns = e->ts - m->start;
	sum->attach_ns = src->attach_ns;
	sum->attached_at = m->attached;
	sum->stopping_at = m->stopping;
	convert_totals(&sum->totals, &totals);
	convert_lost(&sum->lost, &totals);
	sum->switches.there = src->switches;
	memcpy(sum->switches.of, totals.switches, sizeof(sum->switches.of));
	sum->lost.malformed = src->malformed;
	sum->lost.unread = left;
}

void closing(const struct session *s, const struct marks *m)
{
	struct cleave_times times[s->nr_lanes];
	struct event end[s->nr_lanes];
	__u64 left[s->nr_lanes], now;
	unsigned int i;

	for (i = 0; i < s->nr_lanes; i++)
		left[i] = stop(&s->lanes[i]);
	now = now_ns();
	for (i = 0; i < s->nr_lanes; i++) {
		end[i] = (struct event) { .type = EVENT_SUMMARY, .ts = now };
		summarise(s, &s->lanes[i], m, left[i], &end[i]);
		take_times(&s->lanes[i], &times[i], &end[i].summary.times);
		lane_finish(&s->lanes[i], &end[i]);
	}
	for (i = 0; i < s->nr_lanes; i++)
		lane_lost(&s->lanes[i], &end[i]);
	for (i = 0; i < s->nr_lanes; i++)
		lane_summary(&s->lanes[i], &end[i]);
}
