/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cleave_times.h - how long breaks take: what is kept of it, in the module, in the
 * BPF programs and in user space.
 *
 * What breaks, the fault's own calls tell; the return of the fault's function tells
 * only how long that took, and where it is not seen the break is one all the same,
 * an untimed one.
 *
 * Most address spaces know a few kinds of breaks, so the cells that their durations
 * are in come from a pool of them all, at the first break of its kind.
 */
#ifndef CLEAVE_TIMES_H
#define CLEAVE_TIMES_H

#include "cleave_rules.h"

/**
 * struct cleave_slot_times - of one entry of the ledger
 * @breaks: by side and outcome
 * @cell: where the durations are, plus one; 0: nowhere
 */
struct cleave_slot_times {
	__u64 breaks[CLEAVE_NR_SIDES][CLEAVE_NR_BREAKS];
	__u32 cell[CLEAVE_NR_SIDES][CLEAVE_NR_BREAKS];
};

/**
 * cleave_time_cells() - how many cells there are
 * @max_as: entries of the ledger
 *
 * Two for each, and some more for a small ledger.  Where they are used up, what is
 * new goes untimed, but for the session's sum.
 */
static inline __u32 cleave_time_cells(__u32 max_as)
{
	return 2 * max_as + CLEAVE_NR_SIDES * CLEAVE_NR_BREAKS;
}

/**
 * cleave_time_bucket() - where in the histogram a duration belongs
 * @ns: the duration
 */
static inline __u32 cleave_time_bucket(__u64 ns)
{
	__u32 bucket = 0, step;

	if (ns >> (CLEAVE_TIME_BUCKETS - 1))
		return CLEAVE_TIME_BUCKETS - 1;
	for (step = CLEAVE_TIME_BUCKETS / 2; step; step /= 2) {
		if (ns >> step) {
			ns >>= step;
			bucket += step;
		}
	}
	return bucket;
}

/* Of those who raise the largest at the same time, so many can come before us. */
#define CLEAVE_TIME_TRIES	32

/**
 * cleave_time_add() - a fault that broke a share has returned
 * @t: of its kind
 * @ns: how long it took
 */
static inline void cleave_time_add(struct cleave_time *t, __u64 ns)
{
	__u64 max = cleave_get(&t->max_ns), was;
	int i;

	cleave_add(&t->count, 1);
	cleave_add(&t->sum_ns, ns);
	cleave_add(&t->hist[cleave_time_bucket(ns)], 1);
	for (i = 0; i < CLEAVE_TIME_TRIES && ns > max; i++) {
		was = cleave_swap_if(&t->max_ns, max, ns);
		if (was == max)
			break;
		max = was;
	}
}

#endif /* CLEAVE_TIMES_H */
