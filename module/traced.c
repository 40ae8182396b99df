// SPDX-License-Identifier: GPL-2.0-only
/* traced.c - a whole-system session enters what it meets. */
#include <linux/cred.h>
#include <linux/mm_types.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "attach.h"
#include "cgroup.h"
#include "probes.h"
#include "stub.h"
#include "traced.h"

/**
 * traced_owner() - a task of the process that an address space belongs to
 * @mm: the address space, which another task may meet first: a debugger, say
 *
 * Return: the task, or NULL: not known.
 */
struct task_struct *traced_owner(const struct mm_struct *mm)
{
	KUNIT_STATIC_STUB_REDIRECT(traced_owner, mm);
#ifdef CONFIG_MEMCG
	return rcu_dereference_sched(mm->owner);
#else
	return NULL;
#endif
}

/* A kernel thread may use another's for a time: kthread_use_mm(). */
static struct task_struct *process_of(const struct mm_struct *mm)
{
	if (current->mm == mm && !(current->flags & PF_KTHREAD))
		return current;
	return traced_owner(mm);
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

/* Is the memory that the current task has come to for the session? */
static bool picks_owner(const struct session *s, struct task_struct *owner,
			const struct mm_struct *mm)
{
	return owner ? traced_picks(s, owner) : current->mm == mm;
}

/**
 * traced_meet() - enter an address space that a whole-system session meets
 * @s: the session
 * @mm: the address space
 *
 * And the process that it belongs to, as attach_look() would.
 *
 * Return: its slot, 0 where there is no room for it, or it is not for the session.
 */
u32 traced_meet(struct session *s, struct mm_struct *mm)
{
	struct task_struct *task;
	s32 owner;
	u32 slot;

	if (!sees_current(s))
		return 0;
	task = process_of(mm);
	/* It writes to user space still: nobody tells of its end any more. */
	if (task && is_dead(task))
		task = NULL;
	if (s->picks && !picks_owner(s, task, mm))
		return 0;
	if (task && READ_ONCE(task->mm) == mm) {
		attach_met(s, task, mm);
		slot = ledger_find(&s->ledger, mm);
		if (slot)
			return slot;
	}
	owner = task ? task->tgid : 0;
	slot = ledger_meet(&s->ledger, mm, owner, ktime_get_mono_fast_ns());
	if (!slot && owner)
		ledger_lose_met(&s->ledger, owner);
	else if (slot && task == current)
		ledger_note_proc(&s->ledger, owner,
				 ledger_at(&s->ledger, slot)->id);
	return slot;
}
