/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timed.h - from the entry of a write fault to its return: for probes, preemption
 * off.
 */
#ifndef CLEAVE_TIMED_H
#define CLEAVE_TIMED_H

#include "frame.h"
#include "session.h"
#include "traced.h"

/**
 * struct timed - a fault that sessions want to know the duration of
 * @start_ns: its entry; 0: none did at that time
 * @outcome: enum cleave_outcome; CLEAVE_NR_OUTCOMES: it has broken nothing yet
 * @seen: the sessions that have booked the break
 * @per: for each of them the slot of the address space, and the side
 */
struct timed {
	u64 start_ns;
	u32 outcome;
	struct seen seen;
	struct {
		u32 slot;
		u32 side;
	} per[MAX_SESSIONS];
};

/**
 * struct fault_frame - a task is in a function that handles write faults
 * @node: in the table of frames; its @fault is true
 * @timed: how long
 */
struct fault_frame {
	struct frame node;
	struct timed timed;
};

void timed_begin_now(struct timed *t);
void timed_break(struct session *s, struct cleave_as *as, u32 outcome);
void timed_end(const struct timed *t);
void timed_tell(struct session *s, u32 slot, u32 from, u32 to);

/* The current task enters the function.  Most of the time nobody wants to know. */
static inline void timed_begin(struct timed *t)
{
	t->start_ns = 0;
	if (unlikely(READ_ONCE(sessions_timed)))
		timed_begin_now(t);
}

#endif /* CLEAVE_TIMED_H */
