// SPDX-License-Identifier: GPL-2.0-only
/* exit.c - the end of a task, and of an address space. */

static __always_inline void send_end(struct cleave_as *as, __u32 what,
				     struct cleave_as *creator)
{
	struct cleave_end *e = rec_reserve(CLEAVE_REC_END, sizeof(*e));

	if (!e)
		return;
	e->what = what;
	what = cleave_as_figures(as, creator, e->hdr.ts, &e->fig);
	if (e->what & CLEAVE_HAS_FIGURES)
		e->what = what;
	e->rsv = 0;
	rec_commit(e, CLEAVE_REC_END);
}

SEC("kprobe/exit_mmap")
int mm_exit(void *ctx)
{
	struct mm_struct *mm = entry_arg0(ctx);
	__u32 slot1 = as_find(mm), what;
	struct cleave_as *as = as_at(slot1);

	as_lost_ends(mm);
	if (!as || !as_remove(mm) || !as_tell(as))
		return 0;
	if (want_times)
		cleave_times_told(as);
	/* Before the state says so: an exec under way may then be the last word. */
	times_tell(slot1, CLEAVE_SIDE_CREATOR, CLEAVE_SIDE_AFTER);
	what = cleave_as_ends(as);
	total_cow(as);
	if (what & CLEAVE_HAS_FIGURES) {
		times_tell(slot1, CLEAVE_SIDE_BEFORE_EXEC,
			   CLEAVE_SIDE_BEFORE_EXEC);
		send_end(as, what, as_at(as->creator));
		total_figures(as);
	} else if (what != CLEAVE_TOLD_BY_EXEC) {
		send_end(as, what, NULL);
	}
	as_put(slot1);
	return 0;
}

/* A task ends, and with it, maybe, its process; that is told once only. */
static __always_inline void exit_task(struct task_struct *task)
{
	__u32 tgid = task->tgid;
	__u64 as;

	fault_drop(task);
	if (stopped || untrusted(task)->signal->live.counter)
		return;
	if (proc_ends(tgid, &as)) {
		exit_send(task, as);
	} else if (proc_lost_ends(tgid)) {
		cleave_add(&totals.exits, 1);
		cleave_add(&totals.lost[CLEAVE_REC_EXIT], 1);
	}
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(task_exit, struct task_struct *task)
{
	exit_task(task);
	return 0;
}

/* Net: do_exit() gives the files up a little later. */
SEC("kprobe/exit_files")
int task_gone(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct frame *f;

	if (stopped || entry_arg0(ctx) != (void *)bpf_get_current_task() ||
	    !(task->flags & PF_EXITING))
		return 0;
	f = frame_get(task);
	if (f) {
		clone_left_over(f);
		exec_left_over(task, f);
		execve_left_over(f);
	}
	exit_task(task);
	return 0;
}
