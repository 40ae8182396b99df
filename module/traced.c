// SPDX-License-Identifier: GPL-2.0-only
/* traced.c - a whole-system session enters what it meets. */
#include <linux/cred.h>
#include <linux/mm_types.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "cgroup.h"
#include "probes.h"
#include "stub.h"
#include "traced.h"

/**
 * traced_own() - is the current task one of a process that an address space is of?
 * @mm: the address space
 *
 * A kernel thread may use another's for a time (kthread_use_mm()).  And who ends writes
 * to user space still, when nobody tells of its end any more.
 */
bool traced_own(const struct mm_struct *mm)
{
	KUNIT_STATIC_STUB_REDIRECT(traced_own, mm);
	return current->mm == mm && !(current->flags & PF_KTHREAD) &&
	       !is_dead(current);
}

/**
 * traced_picks() - is a task one of those that a whole-system session is about?
 * @s: the session, with @s->picks
 * @task: the task; RCU lock held, or preemption off
 *
 * At this moment: whoever was picked stays traced, with all that it makes.
 */
bool traced_picks(const struct session *s, struct task_struct *task)
{
	if (s->cgroup && !cgroup_has(s->cgroup, task))
		return false;
	return !s->by_uid || uid_eq(task_uid(task), s->uid);
}

/* A child of vfork() is a guest in its parent's, until it execs, and owns nothing. */
static bool is_guest(const struct mm_struct *mm)
{
	bool guest;

	KUNIT_STATIC_STUB_REDIRECT(is_guest, mm);

	rcu_read_lock();
	guest = READ_ONCE(rcu_dereference(current->real_parent)->mm) == mm;
	rcu_read_unlock();
	return guest;
}

/**
 * traced_meet() - enter an address space that a whole-system session meets
 * @s: the session
 * @mm: the address space
 *
 * And note the process, so that its end is told: no more, as who comes here is in a
 * fault.  What made it, and what else the kernel knows of it, a look finds out, which
 * comes to each and sees by the note what is left to do.  Memory of others, a debugger's
 * for one, is entered as nobody's; where the session is about some processes only, it is
 * left to those.  What there is no room for is counted once, with whose it is: not with a
 * guest, nor with others.
 *
 * Return: its slot, 0 where there is no room for it, or it is not for the session.
 */
u32 traced_meet(struct session *s, struct mm_struct *mm)
{
	bool own = traced_own(mm), host = own && !is_guest(mm);
	u32 slot;

	if (!sees_current(s) || (s->picks && !own))
		return 0;
	slot = ledger_meet(&s->ledger, mm, host ? current->tgid : 0,
			   ktime_get_mono_fast_ns());
	if (slot && own)
		ledger_note_met(&s->ledger, current->tgid,
				ledger_at(&s->ledger, slot)->id);
	else if (!slot && host && ledger_lose_met(&s->ledger, current->tgid))
		cleave_add(&s->totals.lost[CLEAVE_REC_ATTACH], 1);
	return slot;
}
