// SPDX-License-Identifier: GPL-2.0-only
/*
 * ledger.c - the entries of a session's address spaces: found by mm, freed when
 * neither the mm nor a child that looks back at its creator needs them.
 *
 * All functions but init and destroy are for probes: preemption off, no
 * allocation, bounded work.
 */
#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/threads.h>

#include "ledger.h"

/**
 * ledger_init() - an empty ledger; may sleep
 * @l: the ledger, zeroed
 * @max: how many address spaces can be alive in it
 *
 * Return: 0 or -ENOMEM.
 */
int ledger_init(struct ledger *l, u32 max)
{
	raw_spin_lock_init(&l->lock);
	l->max = max;
	l->pool = table_alloc(max, sizeof(*l->pool));
	l->next_free = table_alloc(max, sizeof(*l->next_free));
	l->no_room = table_alloc(BITS_TO_LONGS(PID_MAX_LIMIT),
				 sizeof(*l->no_room));
	if (!l->pool || !l->next_free || !l->no_room ||
	    table_init(&l->index, max) || table_init(&l->procs, max)) {
		ledger_destroy(l);
		return -ENOMEM;
	}
	return 0;
}

/**
 * ledger_destroy() - free it; no probe may use it any more
 * @l: the ledger, initialised or zeroed
 */
void ledger_destroy(struct ledger *l)
{
	table_destroy(&l->index);
	table_destroy(&l->procs);
	kvfree(l->pool);
	kvfree(l->next_free);
	kvfree(l->no_room);
	times_destroy(&l->times);
	l->pool = NULL;
	l->next_free = NULL;
	l->no_room = NULL;
}

static u32 take_slot(struct ledger *l, u64 *id)
{
	u32 slot;

	raw_spin_lock(&l->lock);
	slot = l->free;
	if (slot)
		l->free = l->next_free[slot - 1];
	else if (l->used < l->max)
		slot = ++l->used;
	if (slot)
		*id = ++l->last_id;
	raw_spin_unlock(&l->lock);
	return slot;
}

/**
 * ledger_lost() - count an address space that there is no room for
 * @l: the ledger
 */
void ledger_lost(struct ledger *l)
{
	raw_spin_lock(&l->lock);
	l->lost++;
	raw_spin_unlock(&l->lock);
}

/**
 * ledger_alloc() - a fresh entry that no index knows
 * @l: the ledger
 * @origin: enum cleave_origin
 * @owner: thread group
 * @now: time
 *
 * Return: its slot, 0 if the ledger is full, which the caller counts where it
 * comes to an address space.
 */
u32 ledger_alloc(struct ledger *l, u32 origin, s32 owner, u64 now)
{
	u64 id = 0;
	u32 slot = take_slot(l, &id);

	if (slot)
		cleave_as_init(&l->pool[slot - 1], id, origin, owner, now);
	return slot;
}

/**
 * ledger_put() - give a reference up
 * @l: the ledger
 * @slot: of the entry; free after the last one
 */
void ledger_put(struct ledger *l, u32 slot)
{
	struct cleave_as *as = ledger_at(l, slot);

	if (cleave_dec(&as->refs))
		return;
	as->id = 0;
	/* For cleave_times_snap(), which looks for the id at last. */
	cleave_wmb();
	if (times_wanted(&l->times))
		times_clear(&l->times, slot);
	raw_spin_lock(&l->lock);
	l->next_free[slot - 1] = l->free;
	l->free = slot;
	raw_spin_unlock(&l->lock);
}

/**
 * ledger_unfollow() - an entry is closed and looks at its creator no more
 * @l: the ledger
 * @as: the entry
 */
void ledger_unfollow(struct ledger *l, struct cleave_as *as)
{
	u32 creator = as->creator;

	as->creator = 0;
	if (!creator)
		return;
	cleave_as_unfollow(ledger_at(l, creator));
	ledger_put(l, creator);
}

/**
 * ledger_drop() - give up an entry that is in no index (any more), without a trace
 * @l: the ledger
 * @slot: of the entry, or 0
 */
void ledger_drop(struct ledger *l, u32 slot)
{
	struct cleave_as *as = ledger_at(l, slot);

	if (!as)
		return;
	/* A child may refer to it still. */
	cleave_set(&as->state, CLEAVE_AS_CLOSED);
	ledger_unfollow(l, as);
	ledger_put(l, slot);
}

/**
 * ledger_insert() - make an entry findable by its mm, which a clone or an exec has made
 * @l: the ledger
 * @mm: the mm
 * @slot: of the entry
 *
 * Who has made it knows best: another task, that had to do with it before, may have
 * entered it as one that was found; that entry goes without a trace.
 *
 * Return: false if the index is full (which is counted).
 */
bool ledger_insert(struct ledger *l, const struct mm_struct *mm, u32 slot)
{
	u64 was;

	if (!table_put(&l->index, (unsigned long)mm, slot, TABLE_SET, &was)) {
		ledger_lost(l);
		return false;
	}
	ledger_drop(l, was);
	return true;
}

/**
 * ledger_add() - make an entry findable by its mm, which was there before
 * @l: the ledger
 * @mm: the mm
 * @slot: of the entry; given up where there is another, or no room
 *
 * Its threads can meet with it at the same time: all get the same entry.
 *
 * Return: the slot of the one that is there now, 0 if the index is full, which the
 * caller counts.
 */
u32 ledger_add(struct ledger *l, const struct mm_struct *mm, u32 slot)
{
	u32 there = table_add(&l->index, (unsigned long)mm, slot);

	if (there != slot)
		ledger_drop(l, slot);
	return there;
}

/**
 * ledger_hold() - find an mm that may end at any time, and keep its entry
 * @l: the ledger
 * @mm: or NULL
 *
 * It may end, and its entry be another's, between the look at the index and the
 * reference: so the index is asked again.
 *
 * Return: the slot, with a reference that the caller gives up, or 0.
 */
u32 ledger_hold(struct ledger *l, const struct mm_struct *mm)
{
	u32 slot = ledger_find(l, mm);

	if (!slot ||
	    !atomic64_inc_not_zero((atomic64_t *)&ledger_at(l, slot)->refs))
		return 0;
	if (ledger_find(l, mm) == slot)
		return slot;
	ledger_put(l, slot);
	return 0;
}

/**
 * ledger_enter() - alloc and insert
 * @l: the ledger
 * @mm: the mm
 * @origin: enum cleave_origin
 * @owner: thread group
 * @now: time
 *
 * Return: the slot, 0 if the ledger is full (which is counted).
 */
u32 ledger_enter(struct ledger *l, const struct mm_struct *mm, u32 origin,
		 s32 owner, u64 now)
{
	u32 slot = ledger_alloc(l, origin, owner, now);

	if (!slot) {
		ledger_lost(l);
	} else if (!ledger_insert(l, mm, slot)) {
		ledger_put(l, slot);
		return 0;
	}
	return slot;
}

/**
 * ledger_meet() - enter an address space that was there before
 * @l: the ledger
 * @mm: the mm
 * @owner: thread group
 * @now: time
 *
 * Return: the slot, 0 if the ledger is full, which the caller counts: it knows
 * whether this one has been counted.
 */
u32 ledger_meet(struct ledger *l, const struct mm_struct *mm, s32 owner, u64 now)
{
	u32 slot = ledger_alloc(l, CLEAVE_BY_MET, owner, now);

	return slot ? ledger_add(l, mm, slot) : 0;
}

/**
 * ledger_remove() - the mm has ended; the index's reference goes to the caller
 * @l: the ledger
 * @mm: the mm
 *
 * Return: its slot, 0 where it was not traced.
 */
u32 ledger_remove(struct ledger *l, const struct mm_struct *mm)
{
	return table_del(&l->index, (unsigned long)mm);
}

/**
 * ledger_set_proc() - a traced process is in this address space now
 * @l: the ledger
 * @tgid: its thread group
 * @as: id of the address space; 0 where the ledger had no room for it, and
 *	LEDGER_LOST_NOW where that has just been counted
 *
 * Return: false if there is no room.
 */
bool ledger_set_proc(struct ledger *l, pid_t tgid, u64 as)
{
	return table_set(&l->procs, tgid, as + 1);
}

/**
 * ledger_note_proc() - the same; without room for it that at least is noted
 * @l: the ledger
 * @tgid: its thread group
 * @as: as for ledger_set_proc()
 *
 * Its exit event will then be lost, see ledger_end_lost(); unless it finds room
 * later, at an exec.
 */
void ledger_note_proc(struct ledger *l, pid_t tgid, u64 as)
{
	if (!ledger_set_proc(l, tgid, as))
		set_bit(tgid, l->no_room);
	else if (as && test_bit(tgid, l->no_room))
		clear_bit(tgid, l->no_room);
}

static bool is_met(u64 val)
{
	return val >> 40 == LEDGER_MET >> 40;
}

/**
 * ledger_note_met() - the current process is met in this address space
 * @l: the ledger
 * @tgid: its thread group
 * @as: id of the address space
 *
 * Its end is told, and a look that comes to it can claim it: as it can one that there
 * is no room for here.  Who is just claimed is told of by the one with the claim.
 */
void ledger_note_met(struct ledger *l, pid_t tgid, u64 as)
{
	u64 met = LEDGER_MET + as + 1, was;

	if (test_bit(tgid, l->no_room))
		return;
	was = table_add(&l->procs, tgid, met);
	/* There was no room for what it is in; now there is. */
	if (is_met(was))
		table_swap(&l->procs, tgid, was, met);
	else if (was && was != LEDGER_CLAIMED + 1)
		table_swap(&l->procs, tgid, was, as + 1);
	if (!was || is_met(was))
		WRITE_ONCE(l->met, true);
}

/**
 * ledger_lose_met() - the current process is met, and there is no room for its address
 *	space
 * @l: the ledger
 * @tgid: its thread group
 *
 * Counts that: once, and not in each of its faults.
 *
 * Return: true, once, where there is no room for the process either: no look can claim
 * it any more.
 */
bool ledger_lose_met(struct ledger *l, pid_t tgid)
{
	u64 was;

	if (ledger_traces(l, tgid))
		return false;
	if (table_put(&l->procs, tgid, LEDGER_MET + 1, TABLE_ADD, &was)) {
		if (!was) {
			ledger_lost(l);
			WRITE_ONCE(l->met, true);
		}
		return false;
	}
	if (test_and_set_bit(tgid, l->no_room))
		return false;
	ledger_lost(l);
	return true;
}

/**
 * ledger_claim() - a process is to be traced that was there before
 * @l: the ledger
 * @tgid: its thread group
 * @met: filled with what was noted of one that was met, else with 0
 *
 * Who is told so enters its address space, and says so with ledger_claimed().
 *
 * Return: true for one caller only, false for all where it is traced already.
 */
bool ledger_claim(struct ledger *l, pid_t tgid, u64 *met)
{
	u64 val = table_get(&l->procs, tgid), was;

	*met = 0;
	/* Again where what it is in has found room in between. */
	for (; is_met(val); val = table_get(&l->procs, tgid)) {
		if (!table_swap(&l->procs, tgid, val, LEDGER_CLAIMED + 1))
			continue;
		*met = val - 1;
		return true;
	}
	if (ledger_traces(l, tgid))
		return false;
	if (table_put(&l->procs, tgid, LEDGER_CLAIMED + 1, TABLE_ADD, &was))
		return !was;
	return !test_and_set_bit(tgid, l->no_room);
}

/**
 * ledger_claimed() - which address space it is in
 * @l: the ledger
 * @tgid: its thread group
 * @as: id of the address space, 0 where the ledger had no room for it
 *
 * An exec may have told of a newer one meanwhile.  And the process may have ended,
 * see ledger_end_proc().
 */
void ledger_claimed(struct ledger *l, pid_t tgid, u64 as)
{
	table_swap(&l->procs, tgid, LEDGER_CLAIMED + 1, as + 1);
}

/**
 * ledger_disclaim() - it is not to be traced after all, as it has ended
 * @l: the ledger
 * @tgid: its thread group; not met before it was claimed
 */
void ledger_disclaim(struct ledger *l, pid_t tgid)
{
	table_del(&l->procs, tgid);
	ledger_end_lost(l, tgid);
}

/**
 * ledger_is_claimed() - is somebody about to enter its address space?
 * @l: the ledger
 * @tgid: its thread group
 *
 * Return: false also for one that there was no room for among the processes.
 */
bool ledger_is_claimed(struct ledger *l, pid_t tgid)
{
	return table_get(&l->procs, tgid) == LEDGER_CLAIMED + 1;
}

/**
 * ledger_is_entered() - is a process traced, and has no look to come to it?
 * @l: the ledger
 * @tgid: its thread group
 */
bool ledger_is_entered(struct ledger *l, pid_t tgid)
{
	u64 val = table_get(&l->procs, tgid);

	if (!val)
		return test_bit(tgid, l->no_room);
	return val != LEDGER_CLAIMED + 1 && !is_met(val);
}

/**
 * ledger_has_proc() - is a process in the table of the traced?
 * @l: the ledger
 * @tgid: its thread group
 */
bool ledger_has_proc(struct ledger *l, pid_t tgid)
{
	return table_get(&l->procs, tgid) != 0;
}

/**
 * ledger_traces() - is a process traced, though there be no room for it?
 * @l: the ledger
 * @tgid: its thread group
 */
bool ledger_traces(struct ledger *l, pid_t tgid)
{
	return ledger_has_proc(l, tgid) || test_bit(tgid, l->no_room);
}

/**
 * ledger_lost_now() - was the address space of a process counted as lost just now?
 * @l: the ledger
 * @tgid: its thread group
 *
 * Return: true once, for one that ledger_set_proc() was told so of.
 */
bool ledger_lost_now(struct ledger *l, pid_t tgid)
{
	if (table_get(&l->procs, tgid) != LEDGER_LOST_NOW + 1)
		return false;
	ledger_set_proc(l, tgid, 0);
	return true;
}

/**
 * ledger_end_proc() - a process has ended
 * @l: the ledger
 * @tgid: its thread group
 * @as: filled with the id of the address space it was in
 * @switches: filled with how often its tasks were switched to, by enum cleave_switch,
 *	where the session wants to know; or NULL
 *
 * One that is claimed stays: who has claimed it looks for its end once it is known
 * what it was in.
 *
 * Return: was it in the table of the traced, and is no more?
 */
bool ledger_end_proc(struct ledger *l, pid_t tgid, u64 *as, u64 *switches)
{
	u64 val = table_take(&l->procs, tgid, LEDGER_CLAIMED + 1, switches);

	if (!val || val == LEDGER_CLAIMED + 1)
		return false;
	*as = val - 1 == LEDGER_LOST_NOW ? 0 : (val - 1) & ~LEDGER_MET;
	ledger_end_lost(l, tgid);
	return true;
}

/**
 * ledger_end_lost() - a process has ended that is not in that table
 * @l: the ledger
 * @tgid: its thread group
 *
 * Return: was it traced, and there was no room for it?
 */
bool ledger_end_lost(struct ledger *l, pid_t tgid)
{
	return test_bit(tgid, l->no_room) &&
	       test_and_clear_bit(tgid, l->no_room);
}

/**
 * ledger_live() - add what live address spaces hold to totals
 * @l: the ledger
 * @t: the totals
 */
void ledger_live(struct ledger *l, struct cleave_totals *t)
{
	u32 i, used = READ_ONCE(l->used);
	int o;

	for (i = 0; i < used; i++) {
		struct cleave_as *as = &l->pool[i];
		u64 cow[CLEAVE_NR_OUTCOMES];

		if (!as->id || as->state & CLEAVE_AS_CLOSED)
			continue;
		t->live++;
		cleave_as_cow(as, cow);
		for (o = 0; o < CLEAVE_NR_OUTCOMES; o++)
			t->cow[o] += cow[o];
	}
	t->as_lost += READ_ONCE(l->lost);
}

static bool snap_one(struct ledger *l, u32 i, struct cleave_snap *snap, u64 now)
{
	if (!cleave_as_snap(l->pool, l->max, i, now, snap))
		return false;
	return !times_wanted(&l->times) ||
	       times_snap(&l->times, &l->pool[i], i + 1, snap);
}

/* Entries that ledger_snap() looks at: its caller may have to let others run. */
#define SNAP_LOOKS	1024

/**
 * ledger_snap() - figures of live address spaces; needs no preemption off
 * @l: the ledger
 * @i: where to begin; filled with where to go on, the number of entries at the end
 * @snaps: filled
 * @nr: how many there is room for
 * @now: time
 *
 * Return: how many there are.
 */
u32 ledger_snap(struct ledger *l, u32 *i, struct cleave_snap *snaps, u32 nr,
		u64 now)
{
	u32 used = READ_ONCE(l->used), looks = SNAP_LOOKS, n = 0;

	for (; *i < used && n < nr && looks; (*i)++, looks--)
		n += snap_one(l, *i, &snaps[n], now);
	return n;
}
