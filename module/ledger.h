/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_LEDGER_H
#define CLEAVE_LEDGER_H

#include <linux/bits.h>
#include <linux/mm_types.h>
#include <linux/spinlock.h>

#include "cleave_rules.h"
#include "table.h"
#include "times.h"

/**
 * struct ledger - the address spaces of one session
 * @pool: entries; a slot is an index into it, plus one, so that 0 is "none"
 * @next_free: chain of the free ones
 * @index: mm to slot
 * @procs: thread group to id of the address space it is in, plus one; counts how often
 *	its tasks are switched to, where the session wants to know
 * @no_room: one bit for each thread group that there may be: there was no room for
 *	it in @procs
 * @times: how long breaks took, where the session wants to know
 * @lock: of @free and @used
 * @free: first free entry
 * @used: entries above were never used
 * @max: size of the pool
 * @last_id: ids are never reused
 * @lost: address spaces that did not fit
 * @met: processes are noted that no look has come to
 */
struct ledger {
	struct cleave_as *pool;
	u32 *next_free;
	struct table index;
	struct table procs;
	unsigned long *no_room;
	struct times times;
	raw_spinlock_t lock;
	u32 free;
	u32 used;
	u32 max;
	u64 last_id;
	u64 lost;
	bool met;
};

/* Instead of an id, in ledger_set_proc(). */
#define LEDGER_LOST_NOW	(~0ULL - 1)
/* And between ledger_claim() and ledger_claimed(). */
#define LEDGER_CLAIMED	(~0ULL - 2)
/* With the id: a whole-system session has met it, and no look has come to it yet. */
#define LEDGER_MET	BIT_ULL(62)

int ledger_init(struct ledger *l, u32 max);
void ledger_destroy(struct ledger *l);
u32 ledger_alloc(struct ledger *l, u32 origin, s32 owner, u64 now);
void ledger_put(struct ledger *l, u32 slot);
void ledger_unfollow(struct ledger *l, struct cleave_as *as);
void ledger_lost(struct ledger *l);
u32 ledger_meet(struct ledger *l, const struct mm_struct *mm, s32 owner, u64 now);
u32 ledger_enter(struct ledger *l, const struct mm_struct *mm, u32 origin,
		 s32 owner, u64 now);
void ledger_drop(struct ledger *l, u32 slot);
bool ledger_insert(struct ledger *l, const struct mm_struct *mm, u32 slot);
u32 ledger_add(struct ledger *l, const struct mm_struct *mm, u32 slot);
u32 ledger_hold(struct ledger *l, const struct mm_struct *mm);
u32 ledger_remove(struct ledger *l, const struct mm_struct *mm);
bool ledger_set_proc(struct ledger *l, pid_t tgid, u64 as);
void ledger_note_proc(struct ledger *l, pid_t tgid, u64 as);
void ledger_note_met(struct ledger *l, pid_t tgid, u64 as);
bool ledger_lose_met(struct ledger *l, pid_t tgid);
bool ledger_claim(struct ledger *l, pid_t tgid, u64 *met);
void ledger_claimed(struct ledger *l, pid_t tgid, u64 as);
void ledger_disclaim(struct ledger *l, pid_t tgid);
bool ledger_is_claimed(struct ledger *l, pid_t tgid);
bool ledger_is_entered(struct ledger *l, pid_t tgid);
bool ledger_has_proc(struct ledger *l, pid_t tgid);
bool ledger_traces(struct ledger *l, pid_t tgid);
bool ledger_lost_now(struct ledger *l, pid_t tgid);
bool ledger_end_proc(struct ledger *l, pid_t tgid, u64 *as, u64 *switches);
bool ledger_end_lost(struct ledger *l, pid_t tgid);
void ledger_live(struct ledger *l, struct cleave_totals *t);
u32 ledger_snap(struct ledger *l, u32 *i, struct cleave_snap *snaps, u32 nr,
		u64 now);

/**
 * ledger_at() - the entry of a slot
 * @l: the ledger
 * @slot: or 0
 *
 * Return: the entry, NULL for slot 0.
 */
static inline struct cleave_as *ledger_at(struct ledger *l, u32 slot)
{
	return slot ? &l->pool[slot - 1] : NULL;
}

/**
 * ledger_find() - the slot of an mm
 * @l: the ledger
 * @mm: or NULL
 *
 * Return: the slot, 0 where the mm is not traced.
 */
static inline u32 ledger_find(struct ledger *l, const struct mm_struct *mm)
{
	return mm ? table_get(&l->index, (unsigned long)mm) : 0;
}

#endif /* CLEAVE_LEDGER_H */
