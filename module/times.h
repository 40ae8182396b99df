/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_TIMES_POOL_H
#define CLEAVE_TIMES_POOL_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include "cleave_times.h"

/**
 * struct times - how long breaks took in the address spaces of one session
 * @slots: by slot of the ledger; NULL: nobody wants to know
 * @cells: durations of one kind of break in one of them
 * @next_free: chain of the free ones
 * @total: of the session
 * @nobodys: what was timed, and has no cell to be carried to
 * @lock: of @free and @used
 * @free: first free cell, plus one
 * @used: cells above were never used
 * @max: how many there are
 */
struct times {
	struct cleave_slot_times *slots;
	struct cleave_time *cells;
	u32 *next_free;
	struct cleave_times *total;
	struct cleave_time nobodys;
	raw_spinlock_t lock;
	u32 free;
	u32 used;
	u32 max;
};

int times_init(struct times *t, u32 max_as);
void times_destroy(struct times *t);
void times_reset(struct times *t);
void times_break(struct times *t, u32 slot, u32 side, u32 outcome);
void times_took(struct times *t, u32 slot, u32 side, u32 outcome, u64 ns);
void times_claimed(struct times *t, u32 slot);
void times_take(struct times *t, u32 slot, u32 side, u32 outcome,
		struct cleave_time *to);
bool times_snap(const struct times *t, const struct cleave_as *as, u32 slot,
		struct cleave_snap *snap);
void times_clear(struct times *t, u32 slot);

/* Does the session want to know? */
static inline bool times_wanted(const struct times *t)
{
	return t->slots;
}

#endif /* CLEAVE_TIMES_POOL_H */
