/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * met.bpf.h - what a whole-system session does when it meets an address space that is
 * not in the ledger: in a fault, a clone or an exec.
 *
 * It enters that, and notes the process, so that its end is told: no more, as each
 * program that can meet one carries all of this, and the verifier's time is spent on it
 * again and again.  What made the process, and what else the kernel knows of it, a look
 * finds out, which comes to each and sees by the notes what is left to do.
 */
#ifndef CLEAVE_MET_BPF_H
#define CLEAVE_MET_BPF_H

#define PF_KTHREAD	0x00200000

/*
 * Is the current task one of the process that an address space is of?  A kernel thread
 * may use another's for a time (kthread_use_mm()), and who ends writes to user space
 * still, when nobody tells of its end any more.
 */
static __always_inline bool met_own(struct task_struct *task,
				    struct mm_struct *mm)
{
	struct signal_struct *sig = read_field(task, signal);

	return BPF_CORE_READ(task, mm) == mm &&
	       !(read_field(task, flags) & PF_KTHREAD) &&
	       read_field(sig, live.counter);
}

/* A child of vfork() is a guest in its parent's, until it execs, and owns nothing. */
static __always_inline bool met_guest(struct task_struct *task,
				      struct mm_struct *mm)
{
	return BPF_CORE_READ(task, real_parent, mm) == mm;
}

/*
 * The current task is one that sees() is true of.  Where that is about some tasks only, memory
 * of others that it comes to (a debugger's) is left to those.  Returns slot + 1.
 */
__noinline __u32 as_met(__u64 of_mm)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = (void *)of_mm;
	__u32 slot1, tgid = 0;
	struct cleave_as *as;

	if (!trace_all || !mm || stopped)
		return 0;
	if (met_own(task, mm))
		tgid = read_field(task, tgid);
	else if (picks_some())
		return 0;
	slot1 = as_enter(mm, CLEAVE_BY_MET, met_guest(task, mm) ? 0 : tgid, 0);
	as = as_at(slot1);
	/* Once; memory of others is counted with whose it is. */
	if (!slot1 && tgid)
		as_lose(mm, false);
	if (tgid)
		proc_meet(tgid, as ? as->id : 0);
	return slot1;
}

static __always_inline __u32 as_found(struct mm_struct *mm)
{
	return as_met(ptr_number(mm));
}

#endif /* CLEAVE_MET_BPF_H */
