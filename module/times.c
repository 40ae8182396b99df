// SPDX-License-Identifier: GPL-2.0-only
/*
 * times.c - how long breaks took, by address space and in all.
 *
 * All functions but init, destroy and reset are for probes: preemption off, no
 * allocation, bounded work.
 */
#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "stub.h"
#include "table.h"
#include "times.h"

/**
 * times_init() - room for a ledger's address spaces; may sleep
 * @t: zeroed
 * @max_as: size of the ledger
 *
 * Return: 0, or -ENOMEM: for times_destroy() all the same.
 */
int times_init(struct times *t, u32 max_as)
{
	raw_spin_lock_init(&t->lock);
	t->max = cleave_time_cells(max_as);
	t->cells = table_alloc(t->max, sizeof(*t->cells));
	t->next_free = table_alloc(t->max, sizeof(*t->next_free));
	t->total = table_alloc(1, sizeof(*t->total));
	t->slots = table_alloc(max_as, sizeof(*t->slots));
	return t->cells && t->next_free && t->total && t->slots ? 0 : -ENOMEM;
}

/**
 * times_destroy() - free it; no probe may use it any more
 * @t: initialised or zeroed
 */
void times_destroy(struct times *t)
{
	kvfree(t->slots);
	kvfree(t->cells);
	kvfree(t->next_free);
	kvfree(t->total);
	memset(t, 0, sizeof(*t));
}

/**
 * times_reset() - zero the session's sum
 * @t: initialised or zeroed
 */
void times_reset(struct times *t)
{
	if (t->total)
		memset(t->total, 0, sizeof(*t->total));
}

/* Plus one; 0: there is none left. */
static u32 take_cell(struct times *t)
{
	u32 cell;

	raw_spin_lock(&t->lock);
	cell = t->free;
	if (cell)
		t->free = t->next_free[cell - 1];
	else if (t->used < t->max)
		cell = ++t->used;
	raw_spin_unlock(&t->lock);
	return cell;
}

static void put_cell(struct times *t, u32 cell)
{
	raw_spin_lock(&t->lock);
	t->next_free[cell - 1] = t->free;
	t->free = cell;
	raw_spin_unlock(&t->lock);
}

/* Two tasks can come for the first one at once: the other one's stands. */
static u32 make_cell(struct times *t, u32 *at)
{
	u32 cell = take_cell(t), there;

	if (!cell)
		return 0;
	memset(&t->cells[cell - 1], 0, sizeof(*t->cells));
	there = cmpxchg(at, 0, cell);
	if (!there)
		return cell;
	put_cell(t, cell);
	return there;
}

/**
 * times_break() - a break, of which it is not known yet how long it takes
 * @t: the session's
 * @slot: of the address space
 * @side: enum cleave_side
 * @outcome: enum cleave_outcome, a break
 */
void times_break(struct times *t, u32 slot, u32 side, u32 outcome)
{
	KUNIT_STATIC_STUB_REDIRECT(times_break, t, slot, side, outcome);
	cleave_add(&t->slots[slot - 1].breaks[side][outcome], 1);
	cleave_add(&t->total->of[side][outcome].breaks, 1);
}

/**
 * times_took() - and now it is
 * @t: the session's
 * @slot: as for times_break()
 * @side: the same
 * @outcome: the same
 * @ns: how long
 */
void times_took(struct times *t, u32 slot, u32 side, u32 outcome, u64 ns)
{
	u32 *at = &t->slots[slot - 1].cell[side][outcome];
	u32 cell = READ_ONCE(*at) ?: make_cell(t, at);

	if (cell)
		cleave_time_add(&t->cells[cell - 1], ns);
	cleave_time_add(&t->total->of[side][outcome], ns);
}

/* The cell stays where it is: somebody may be about to add to it. */
static void carry(struct times *t, u32 slot, u32 side, u32 outcome)
{
	struct cleave_slot_times *of = &t->slots[slot - 1];
	u32 *at = &of->cell[CLEAVE_SIDE_BEFORE_EXEC][outcome], to;
	u32 from = READ_ONCE(of->cell[side][outcome]);

	if (from && cleave_get(&t->cells[from - 1].count)) {
		to = READ_ONCE(*at) ?: make_cell(t, at);
		cleave_time_carry_all(&t->cells[from - 1],
				      to ? &t->cells[to - 1] : &t->nobodys);
	}
	/* At last: records that are told in between lack breaks, and are not whole. */
	cleave_time_carry(&of->breaks[side][outcome],
			  &of->breaks[CLEAVE_SIDE_BEFORE_EXEC][outcome]);
}

/**
 * times_claimed() - an address space turns out to be one before exec
 * @t: the session's
 * @slot: of the address space
 *
 * What was booked on other sides is on this one, as all figures of it are.  Not so in the
 * session's sum: that may have begun anew since.
 */
void times_claimed(struct times *t, u32 slot)
{
	u32 side, o;

	for (side = CLEAVE_SIDE_CREATOR; side <= CLEAVE_SIDE_AFTER; side++)
		for (o = 0; o < CLEAVE_NR_BREAKS; o++)
			carry(t, slot, side, o);
}

/**
 * times_take() - what is known of one kind of break in an address space
 * @t: the session's
 * @slot: of the address space
 * @side: enum cleave_side
 * @outcome: enum cleave_outcome, a break
 * @to: filled; begins anew
 *
 * Not while somebody is in a fault there, but for one who stays in an address space
 * that its owner gives up: some of his breaks can then be told as untimed, and timed
 * later on.
 */
void times_take(struct times *t, u32 slot, u32 side, u32 outcome,
		struct cleave_time *to)
{
	struct cleave_slot_times *of = &t->slots[slot - 1];
	u32 cell = READ_ONCE(of->cell[side][outcome]);

	if (cell) {
		*to = t->cells[cell - 1];
		memset(&t->cells[cell - 1], 0, sizeof(*to));
	} else {
		memset(to, 0, sizeof(*to));
	}
	to->breaks = xchg(&of->breaks[side][outcome], 0);
}

/**
 * times_snap() - what the ledger has told of an address space, with how long its
 *	breaks took; needs no preemption off
 * @t: the session's
 * @as: its entry
 * @slot: of that
 * @snap: of cleave_as_snap(); filled
 *
 * Return: false if it has ended meanwhile.
 */
bool times_snap(const struct times *t, const struct cleave_as *as, u32 slot,
		struct cleave_snap *snap)
{
	return cleave_times_snap(as, &t->slots[slot - 1], t->cells, t->max,
				 snap);
}

/**
 * times_clear() - an entry of the ledger is free
 * @t: the session's
 * @slot: of the entry
 */
void times_clear(struct times *t, u32 slot)
{
	struct cleave_slot_times *of = &t->slots[slot - 1];
	u32 i, *cell = &of->cell[0][0];

	for (i = 0; i < CLEAVE_NR_SIDES * CLEAVE_NR_BREAKS; i++)
		if (cell[i])
			put_cell(t, cell[i]);
	memset(of, 0, sizeof(*of));
}
