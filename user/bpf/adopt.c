// SPDX-License-Identifier: GPL-2.0-only
/* adopt.c - processes that are there before the session, when user space asks. */
#define TASK_NEW	0x00000800

/* What the reader asks for, */
__s32 adopt_pid;	/* this process; 0: look for what descends from traced ones */
bool adopt_silent;	/* without a record: it is the session's own child */
__u32 adopt_enough;	/* so many records at most */
__u64 adopt_since;	/* since then, in one pass or several; 0: from now on */
/* and what came of it. */
__u32 adopt_found;	/* were not traced before */
bool adopt_there;	/* the process adopt_pid is */
__u32 adopt_left;	/* to be looked at again: it was changing */
__u32 adopt_stuck;	/* processes of these that nobody else tells of */

static __always_inline bool adopt_wants(struct task_struct *task)
{
	if (!adopt_pid)
		return !proc_entered(task->tgid) &&
		       ((trace_all && picks(task)) ||
			proc_known(untrusted(task)->real_parent->tgid));
	if (seen_pid(task) != adopt_pid && seen_tid(task) != adopt_pid)
		return false;
	adopt_there = true;
	return !proc_entered(task->tgid);
}

static __always_inline int adopt_one(struct task_struct *task)
{
	/* wake_up_new_task() has not come by yet: copy_process() or it will tell. */
	if (task->__state & TASK_NEW)
		return ADOPT_FAILED;
	if (adopt_silent)
		return adopt_task(ptr_number(task), true);
	return adopt_line(ptr_number(task));
}

/*
 * Is it to be looked at again?  One that was being made had its creator traced while
 * it passed wake_up_new_task(), maybe.  Of one that was made since the look began, the
 * creator was traced before, or was found by this look: then there is another.
 */
static __always_inline bool adopt_is_left(struct task_struct *task)
{
	return untrusted(task)->mm && !adopt_ended(task) &&
	       !proc_entered(task->tgid) && task->start_time <= adopt_since;
}

/* Who makes one tells of it, however long that takes; of threads one is enough. */
static __always_inline void adopt_leave(struct task_struct *task)
{
	if (!adopt_is_left(task))
		return;
	adopt_left++;
	if (task->pid == task->tgid && !(task->__state & TASK_NEW))
		adopt_stuck++;
}

/*
 * Called with each task that the reader's pid namespace has.  A program of its own,
 * run by reading the iterator, as only a program can see another task's mm.
 */
SEC("iter/task")
int adopt(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	/* The read ends, see bpf_iter_run_prog(). */
	if (adopt_full && !adopt_lossy)
		return 1;
	if (!adopt_since)
		adopt_since = bpf_ktime_get_ns();
	if (!task || !untrusted(task)->mm || task->flags & PF_KTHREAD ||
	    !adopt_wants(task))
		return 0;
	switch (adopt_one(task)) {
	case ADOPT_FAILED:
		adopt_leave(task);
		break;
	case ADOPT_DONE:
	case ADOPT_ENDED:
		adopt_found++;
		break;
	}
	/* There is to be room for what else comes. */
	if (adopt_told_of >= adopt_enough)
		adopt_full = true;
	return 0;
}
