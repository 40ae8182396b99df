/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pid.bpf.h - pids as the reader's namespace and the task's own see them.
 */
#ifndef CLEAVE_PID_BPF_H
#define CLEAVE_PID_BPF_H

#define MAX_PID_NS_LEVEL	33		/* the initial one and 32 below it */
#define PROC_PID_INIT_INO	0xEFFFFFFCU

/* Inode of the reader's pid namespace: pids in records are as it sees them. */
const volatile __u32 reader_ns = PROC_PID_INIT_INO;

/* pid_nr_ns(): the number of @pid in the reader's namespace, 0: not seen there. */
static __noinline __s32 pid_nr_reader(struct pid *pid)
{
	unsigned int level = read_field(pid, level), i;
	unsigned long at = (unsigned long)pid +
			   bpf_core_field_offset(struct pid, numbers);

	for (i = 0; i < MAX_PID_NS_LEVEL && i <= level; i++) {
		struct upid *u = (struct upid *)at;

		if (BPF_CORE_READ(u, ns, ns.inum) == reader_ns)
			return read_field(u, nr);
		at += bpf_core_type_size(struct upid);
	}
	return 0;
}

static __always_inline __s32 seen_tid(struct task_struct *task)
{
	if (reader_ns == PROC_PID_INIT_INO)
		return read_field(task, pid);
	return pid_nr_reader(BPF_CORE_READ(task, thread_pid));
}

static __always_inline __s32 seen_pid(struct task_struct *task)
{
	if (reader_ns == PROC_PID_INIT_INO)
		return read_field(task, tgid);
	return pid_nr_reader(BPF_CORE_READ(task, group_leader, thread_pid));
}

/* pid_nr() of the innermost namespace: what the task itself sees. */
static __always_inline __s32 own_pid(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct upid *u = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
			 read_field(pid, level) *
			 bpf_core_type_size(struct upid);

	return read_field(u, nr);
}

/*
 * A whole-system session is about the tasks of its reader's pid namespace: what is
 * outside of a container is not for the container.  And it may be about some only.
 */
static __always_inline bool sees(struct task_struct *task)
{
	return trace_all && !stopped &&
	       (reader_ns == PROC_PID_INIT_INO || seen_tid(task)) && picks(task);
}

#endif /* CLEAVE_PID_BPF_H */
