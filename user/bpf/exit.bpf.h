/* SPDX-License-Identifier: GPL-2.0-only */
/* exit.bpf.h - the record of a process that has ended. */
#ifndef CLEAVE_EXIT_BPF_H
#define CLEAVE_EXIT_BPF_H

#define SIGNAL_GROUP_EXIT	0x00000004

/* wait_task_zombie()'s choice of the status. */
static __always_inline __s32 exit_status(struct task_struct *task)
{
	struct signal_struct *sig = read_field(task, signal);

	if (read_field(sig, flags) & SIGNAL_GROUP_EXIT)
		return read_field(sig, group_exit_code);
	return BPF_CORE_READ(task, group_leader, exit_code);
}

/* By any task of it. */
static __always_inline void exit_send(struct task_struct *task, __u64 as_id)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	__u32 tgid = read_field(task, tgid);
	struct cleave_exit *e;

	cleave_add(&totals.exits, 1);
	e = rec_reserve(CLEAVE_REC_EXIT, sizeof(*e));
	if (!e) {
		switches_drop(tgid);
		return;
	}
	e->as = as_id;
	e->pid = seen_pid(task);
	e->status = exit_status(task);
	bpf_probe_read_kernel(e->comm, sizeof(e->comm), leader->comm);
	switches_end(tgid, e->switches);
	rec_commit(e, CLEAVE_REC_EXIT);
}

#endif /* CLEAVE_EXIT_BPF_H */
