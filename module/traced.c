// SPDX-License-Identifier: GPL-2.0-only
/* traced.c - a whole-system session enters what it meets. */
#include <linux/mm_types.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "traced.h"

/* Another task may meet it first: a debugger, say. */
static void lose_found(struct session *s, struct mm_struct *mm, s32 owner)
{
#ifdef CONFIG_MEMCG
	struct task_struct *task;

	if (!owner) {
		task = rcu_dereference_sched(mm->owner);
		owner = task ? task->tgid : 0;
	}
#endif
	if (owner)
		ledger_lose_met(&s->ledger, owner);
}

/**
 * traced_meet() - enter an address space that a whole-system session meets
 * @s: the session
 * @mm: the address space
 *
 * And the process that it belongs to, if that is the one that runs.
 *
 * Return: its slot, 0 where there is no room for it, or it is not for the session.
 */
u32 traced_meet(struct session *s, struct mm_struct *mm)
{
	s32 owner = current->mm == mm ? current->tgid : 0;
	u32 slot;

	if (!sees_current(s))
		return 0;
	slot = ledger_meet(&s->ledger, mm, owner, ktime_get_mono_fast_ns());
	if (!slot)
		lose_found(s, mm, owner);
	else if (owner)
		ledger_note_proc(&s->ledger, owner,
				 ledger_at(&s->ledger, slot)->id);
	return slot;
}
