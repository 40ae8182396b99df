// SPDX-License-Identifier: GPL-2.0-only
/* adopt.c - processes that are there before the session. */
/* The process that the adopt iterator takes into the trace. */
__s32 adopt_pid;
__s32 adopt_done;

/*
 * Take the process adopt_pid into the trace.  A program of its own, run by
 * reading the iterator, as only a program can see another task's mm.
 */
SEC("iter/task")
int adopt(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct cleave_as *as;
	__u32 slot1;

	if (!task || seen_tid(task) != adopt_pid || !task->mm)
		return 0;
	slot1 = as_find(task->mm);
	if (!slot1)
		slot1 = as_enter(task->mm, CLEAVE_BY_FOUND, task->tgid);
	as = as_at(slot1);
	if (!as)
		return 0;
	proc_set(task->tgid, as->id);
	adopt_done = adopt_pid;
	return 0;
}
