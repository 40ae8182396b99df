// SPDX-License-Identifier: GPL-2.0-only
/* timed.c - how long breaks take, from the fault's frame to ledger and records. */
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "timed.h"

/**
 * timed_begin_now() - the current task enters a function that handles write faults
 * @t: in its frame
 */
void timed_begin_now(struct timed *t)
{
	t->outcome = CLEAVE_NR_OUTCOMES;
	memset(&t->seen, 0, sizeof(t->seen));
	t->start_ns = ktime_get_mono_fast_ns();
}

/* Of the fault that the current task is in, if it is timed. */
static struct timed *timed_now(void)
{
	struct frame *f = frame_current();
	struct timed *t;

	if (!f || !f->fault)
		return NULL;
	t = &container_of(f, struct fault_frame, node)->timed;
	return t->start_ns ? t : NULL;
}

/*
 * Something was booked.  A look can find out at any moment that one that was met is before
 * exec: it carries over what it sees, and where it has not seen this, we see what it has
 * found out.
 */
static void timed_settle(struct session *s, u32 slot, u32 side)
{
	if (side == CLEAVE_SIDE_BEFORE_EXEC)
		return;
	/* Pairs with the exchange in claim_entry(). */
	smp_mb();
	if (cleave_as_side(ledger_at(&s->ledger, slot)) ==
	    CLEAVE_SIDE_BEFORE_EXEC)
		times_claimed(&s->ledger.times, slot);
}

/**
 * timed_break() - the fault has broken a share
 * @s: a session that wants to know how long it takes
 * @as: entry of the address space
 * @outcome: enum cleave_outcome, a break
 *
 * The side is that of now: until the fault returns the last child can have gone.
 */
void timed_break(struct session *s, struct cleave_as *as, u32 outcome)
{
	u32 slot = as - s->ledger.pool + 1;
	u32 side = cleave_as_side(as);
	struct timed *t = timed_now();

	times_break(&s->ledger.times, slot, side, outcome);
	timed_settle(s, slot, side);
	if (!t)
		return;
	t->outcome = outcome;
	seen_by(&t->seen, s);
	t->per[s->index].slot = slot;
	t->per[s->index].side = side;
}

/**
 * timed_end() - the function returns
 * @t: in its frame
 *
 * Who was in a fault has kept the address space, and so its slot.
 */
void timed_end(const struct timed *t)
{
	struct session *s;
	u32 i, slot, side;
	u64 ns;

	if (!t->start_ns || t->outcome == CLEAVE_NR_OUTCOMES)
		return;
	ns = ktime_get_mono_fast_ns() - t->start_ns;
	for_each_seen(s, i, &t->seen) {
		slot = t->per[i].slot;
		side = t->per[i].side;
		times_took(&s->ledger.times, slot, side, t->outcome, ns);
		timed_settle(s, slot, side);
	}
}

static void send_took(struct session *s, u32 slot, u32 side, u32 outcome)
{
	struct cleave_took *r = session_reserve(s, CLEAVE_REC_TIMES,
						sizeof(*r));

	if (!r)
		return;
	r->as = ledger_at(&s->ledger, slot)->id;
	r->side = side;
	r->outcome = outcome;
	times_take(&s->ledger.times, slot, side, outcome, &r->time);
	session_commit(s, r);
}

/**
 * timed_tell() - an address space is about to be closed, or given up by its owner
 * @s: the session
 * @slot: of its entry
 * @from: the first side to tell of, enum cleave_side
 * @to: the last
 */
void timed_tell(struct session *s, u32 slot, u32 from, u32 to)
{
	const struct times *t = &s->ledger.times;
	u32 side, o;

	if (!times_wanted(t))
		return;
	for (side = from; side <= to; side++)
		for (o = 0; o < CLEAVE_NR_BREAKS; o++)
			if (cleave_get(&t->slots[slot - 1].breaks[side][o]))
				send_took(s, slot, side, o);
}
