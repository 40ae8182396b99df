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

/* It is @ns at least. */
static inline void cleave_time_raise(struct cleave_time *t, __u64 ns)
{
	__u64 max = cleave_get(&t->max_ns), was;
	int i;

	for (i = 0; i < CLEAVE_TIME_TRIES && ns > max; i++) {
		was = cleave_swap_if(&t->max_ns, max, ns);
		if (was == max)
			break;
		max = was;
	}
}

/**
 * cleave_time_add() - a fault that broke a share has returned
 * @t: of its kind
 * @ns: how long it took
 */
static inline void cleave_time_add(struct cleave_time *t, __u64 ns)
{
	cleave_add(&t->sum_ns, ns);
	cleave_add(&t->hist[cleave_time_bucket(ns)], 1);
	cleave_time_raise(t, ns);
	/* At last: cleave_time_carry_all() takes it first. */
	cleave_add(&t->count, 1);
}

/* One number; and 0 as well: a verifier that has to ask takes its time. */
static inline void cleave_time_carry(__u64 *from, __u64 *to)
{
	cleave_add(to, cleave_swap(from, 0));
}

/**
 * cleave_time_carry_all() - all durations of one kind go to another side
 * @from: of an address space, on the old side
 * @to: the same on the new side; or of nobody, where there is no room for it
 *
 * What comes to @from meanwhile is carried by whoever has brought it, in the same way: so
 * each is carried once.
 */
static inline void cleave_time_carry_all(struct cleave_time *from,
					 struct cleave_time *to)
{
	int i;

	cleave_time_carry(&from->count, &to->count);
	cleave_time_carry(&from->sum_ns, &to->sum_ns);
	for (i = 0; i < CLEAVE_TIME_BUCKETS; i++)
		cleave_time_carry(&from->hist[i], &to->hist[i]);
	cleave_time_raise(to, cleave_swap(&from->max_ns, 0));
}

static inline void cleave_spend(struct cleave_spent *to,
				const struct cleave_time *cell,
				const __u64 *breaks)
{
	__u64 max;

	if (cell) {
		to->count += cleave_get(&cell->count);
		to->sum_ns += cleave_get(&cell->sum_ns);
		max = cleave_get(&cell->max_ns);
		if (to->max_ns < max)
			to->max_ns = max;
	}
	/* Each is counted before it is timed: so there are no less of them. */
	cleave_rmb();
	to->breaks += cleave_get(breaks);
}

/**
 * cleave_times_told() - the end of an address space is about to take what is known of it
 * @as: the entry
 *
 * Before the state says that it is closed.  A snapshot has its times from before that, or
 * has no such entry.
 */
static inline void cleave_times_told(struct cleave_as *as)
{
	cleave_set(&as->state, CLEAVE_AS_TIMES_TOLD);
}

/**
 * cleave_times_snap() - how long the breaks in an address space took until now
 * @as: its entry
 * @of: of the same slot
 * @cells: the cells
 * @nr: how many of them can be read: all that were taken when the snapshot began
 * @snap: cleave_as_snap() has filled it; @took and @what are set
 *
 * As that one without a lock: a cell is in its entry until that is given up, which
 * the entry's id tells.  Who takes times has first had the state say so.
 *
 * Return: false if it has ended, or is about to: see cleave_times_told().
 */
static inline int cleave_times_snap(const struct cleave_as *as,
				    const struct cleave_slot_times *of,
				    const struct cleave_time *cells, __u32 nr,
				    struct cleave_snap *snap)
{
	__u32 side, o, cell, state;

	for (side = 0; side < CLEAVE_NR_SIDES; side++)
		for (o = 0; o < CLEAVE_NR_BREAKS; o++) {
			cell = *(const volatile __u32 *)&of->cell[side][o];
			cleave_spend(&snap->took[side],
				     cell && cell <= nr ? &cells[cell - 1] :
							  (void *)0,
				     &of->breaks[side][o]);
		}
	/* What is carried over at this moment can be seen on its way. */
	for (side = 0; side < CLEAVE_NR_SIDES; side++)
		if (snap->took[side].breaks < snap->took[side].count)
			snap->took[side].breaks = snap->took[side].count;
	cleave_rmb();
	state = *(const volatile __u32 *)&as->state;
	if (state & CLEAVE_AS_EXECED)
		snap->what = CLEAVE_AFTER_EXEC;
	return !(state & (CLEAVE_AS_CLOSED | CLEAVE_AS_TIMES_TOLD)) &&
	       cleave_get(&as->id) == snap->fig.as;
}

#endif /* CLEAVE_TIMES_H */
