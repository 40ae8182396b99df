/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * traced.h - which sessions trace what: by the address space, or because they
 * have seen the call begin.  For probes, preemption off.
 */
#ifndef CLEAVE_TRACED_H
#define CLEAVE_TRACED_H

#include <linux/mm_types.h>
#include <linux/sched.h>

#include "session.h"

bool traced_own(const struct mm_struct *mm);
u32 traced_meet(struct session *s, struct mm_struct *mm);

bool traced_picks(const struct session *s, struct task_struct *task);

/*
 * A whole-system session is about the tasks of its reader's pid namespace: what is
 * outside of a container is not for the container.  And it may be about some only.
 */
static inline bool sees_current(const struct session *s)
{
	return s->all && task_pid_nr_ns(current, s->ns) &&
	       (!s->picks || traced_picks(s, current));
}

/* Is its process traced, though there be no room for its address space? */
static inline bool follows_current(struct session *s)
{
	return sees_current(s) || ledger_traces(&s->ledger, current->tgid);
}

/**
 * traced_slot() - the slot of an address space in a session
 * @s: the session
 * @mm: the address space
 *
 * Return: the slot, 0 where the session does not trace it.
 */
static inline u32 traced_slot(struct session *s, struct mm_struct *mm)
{
	u32 slot = ledger_find(&s->ledger, mm);

	if (!slot && s->all)
		slot = traced_meet(s, mm);
	return slot;
}

/**
 * traced_next() - the entry of an address space in the next session that traces it
 * @s: set to the session
 * @i: in the array of sessions, where to begin; set to its own
 * @mm: the address space
 *
 * Return: the entry, or NULL behind the last.
 */
static inline struct cleave_as *traced_next(struct session **s, u32 *i,
					    struct mm_struct *mm)
{
	for (; (*s = session_next(i)); (*i)++) {
		u32 slot = traced_slot(*s, mm);

		if (slot)
			return ledger_at(&(*s)->ledger, slot);
	}
	return NULL;
}

#define for_each_traced(s, i, as, mm)					\
	for ((i) = 0; ((as) = traced_next(&(s), &(i), (mm))); (i)++)

/**
 * traced_glance() - the same for the one session that there mostly is
 * @mm: the address space
 * @s: set to the session
 * @as: its entry, NULL where it is not traced
 *
 * For what comes with every fault: who goes on with noinline functions in the last
 * place only, where there is more to be done, needs no register saved.
 *
 * Return: false if this does not tell: for_each_traced() does.
 */
static __always_inline bool traced_glance(struct mm_struct *mm,
					  struct session **s,
					  struct cleave_as **as)
{
	unsigned long live = sessions_now();
	u64 slot;

	*as = NULL;
	if (!live)
		return true;
	if (live & (live - 1))
		return false;
	*s = sessions[__ffs(live)];
	if (!table_glance(&(*s)->ledger.index, (unsigned long)mm, &slot))
		return false;
	if (!slot)
		return !(*s)->all;
	*as = &(*s)->ledger.pool[slot - 1];
	return true;
}

/**
 * struct seen - the sessions that have seen a call begin
 * @id: of each, by its index
 *
 * Until it returns one of them may have ended, and another come in its place.
 */
struct seen {
	u64 id[MAX_SESSIONS];
};

static inline void seen_by(struct seen *seen, const struct session *s)
{
	seen->id[s->index] = s->id;
}

/**
 * seen_next() - the next session that has seen the call begin
 * @seen: those that have
 * @i: in the array of sessions, where to begin; set to its own
 *
 * Return: the session, or NULL behind the last.
 */
static inline struct session *seen_next(const struct seen *seen, u32 *i)
{
	struct session *s;

	for (; (s = session_next(i)); (*i)++)
		if (seen->id[*i] == s->id)
			return s;
	return NULL;
}

#define for_each_seen(s, i, seen)					\
	for ((i) = 0; ((s) = seen_next((seen), &(i))); (i)++)

#endif /* CLEAVE_TRACED_H */
