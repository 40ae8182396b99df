/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * curves.h - how the sharing of families decays: what each shared still, and what it
 * took in memory, over all snapshots, in so many points as have room in a line.
 */
#ifndef CLEAVE_CURVES_H
#define CLEAVE_CURVES_H

#include "core/event.h"

#define CURVES		16	/* families: those with the most extra memory */
#define CURVE_POINTS	24

/**
 * struct curve_point - a family at some time
 * @there: it was in the snapshot
 * @shared_known: @shared is: of all its children the estimate was
 * @shared: pages that its children still share, by the estimate
 * @extra: as in struct ev_family
 */
struct curve_point {
	bool there;
	bool shared_known;
	__u64 shared;
	__u64 extra;
};

/**
 * struct curve - a family
 * @space: of its creator
 * @pid: of its creator, or 0
 * @comm: its name, with a final NUL
 * @round: the last snapshot that it was in
 * @peak: the most that was seen of @last.extra
 * @shared_seen: there was a snapshot in which @last.shared was known
 * @shared_most: the most that was seen of it
 * @last: as it was then
 * @at: the last of each step
 */
struct curve {
	__u64 space;
	pid_t pid;
	char comm[CLEAVE_COMM_LEN];
	__u64 round;
	__u64 peak;
	bool shared_seen;
	__u64 shared_most;
	struct curve_point last;
	struct curve_point at[CURVE_POINTS];
};

/**
 * struct curves - of all families; all zero: of none
 * @nr: snapshots so far
 * @step: so many of them have a point, a power of two
 * @from: time of the first
 * @to: time of the last
 * @list: the families
 * @nr_list: how many
 * @others: there were more
 */
struct curves {
	__u64 nr;
	__u64 step;
	__u64 from;
	__u64 to;
	struct curve list[CURVES];
	unsigned int nr_list;
	bool others;
};

/**
 * curves_take() - one more snapshot
 * @c: the curves
 * @e: the event; nothing in it is kept
 */
void curves_take(struct curves *c, const struct event *e);

/**
 * curves_sort() - the most extra memory first
 * @c: the curves; no snapshot is to follow
 */
void curves_sort(struct curves *c);

/**
 * curves_points() - how many points there are
 * @c: the curves
 */
static inline unsigned int curves_points(const struct curves *c)
{
	return c->nr ? (unsigned int)((c->nr - 1) / c->step) + 1 : 0;
}

#endif /* CLEAVE_CURVES_H */
