// SPDX-License-Identifier: GPL-2.0-only
/* exec.c - begin_new_exec(), and system calls that fail before it. */
/* Set by the loader: what programs are run with is nobody's business. */
const volatile bool no_args;

#define PF_EXITING		0x00000004

/*
 * Where a program puts an exec record together, too large for its stack: one for
 * each program, as one that is preempted shares its CPU with the others, but not
 * with another run of itself.
 */
enum {
	SCRATCH_EXEC_EXIT,
	SCRATCH_EXEC_SET_UP,
	SCRATCH_FOLLOW_EXEC,
	SCRATCH_EXECVE,
	SCRATCH_EXECVEAT,
	NR_SCRATCH
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_SCRATCH);
	__type(key, __u32);
	__type(value, struct cleave_exec);
} exec_scratch SEC(".maps");

/* An exec whose fexit was skipped has failed: the entry is no longer in it. */
static __always_inline void exec_give_up(struct task_struct *task,
					 struct frame *f)
{
	struct cleave_as *as = as_at(f->old);

	f->execing = 0;
	if (as && cleave_as_exec_ends(as, task->tgid, 1))
		total_figures(as);
	as_put(f->old);
	f->old = 0;
}

/* And its error is not known any more. */
static __always_inline void exec_left_over(struct task_struct *task,
					   struct frame *f)
{
	if (!f->execing)
		return;
	exec_give_up(task, f);
	f->in_execve = 0;
	if (f->exec_traced)
		cleave_add(&totals.missed, 1);
}

/*
 * What a task gives up that is in begin_new_exec(), and whether it is traced.  A
 * whole-system session knows that though it has not met it before.
 */
static __always_inline void exec_trace(struct task_struct *task,
				       struct frame *f)
{
	struct mm_struct *mm = untrusted(task)->mm;
	__u32 old = as_find(mm);
	struct cleave_as *as = as_at(old);

	/* What it gives up has an end to be told of. */
	if (!as && sees(task) && mm) {
		old = as_found(mm);
		as = as_at(old);
	}
	if (as && as_tell(as)) {
		cleave_add(&as->refs, 1);
		cleave_as_exec_begins(as, task->tgid);
		f->old = old;
	}
	f->exec_traced = f->old || sees(task) || proc_traced(task);
}

/*
 * Any task, as it may be attached to before it is out again: de_thread() can take
 * long, and nobody else has its id then and when it came.
 */
SEC("kprobe/begin_new_exec")
int exec_enter(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct frame *f;

	if (stopped)
		return 0;
	/* de_thread(): a thread that is not the leader takes the leader's pid. */
	fault_drop(task);
	f = frame_try(task);
	if (!f) {
		if (as_find(untrusted(task)->mm) || sees(task) || proc_traced(task))
			cleave_add(&totals.missed, 1);
		return 0;
	}
	exec_left_over(task, f);
	f->execing = seen_tid(task);
	f->exec_start = bpf_ktime_get_ns();
	f->old = 0;
	f->released = 0;
	bpf_probe_read_kernel(f->old_comm, sizeof(f->old_comm), task->comm);
	exec_trace(task, f);
	return 0;
}

/*
 * exec_mmap() gives the old address space up; vfork's creator is let go on.  Who is
 * attached to since it came, or was only claimed then, is to be told as the others.
 */
static __always_inline void exec_release(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct frame *f = task->flags & PF_EXITING ? NULL : frame_get(task);

	if (!f || !f->execing || stopped)
		return;
	f->released = bpf_ktime_get_ns();
	if (!f->old)
		exec_trace(task, f);
}

SEC("kprobe/exec_mm_release")
int exec_released(void *ctx)
{
	exec_release();
	return 0;
}

/* Since 7.3, and exit_mm() calls it, too. */
SEC("kprobe/mm_exit_exec_release")
int exec_released_exit(void *ctx)
{
	exec_release();
	return 0;
}

struct args_walk {
	struct cleave_exec *e;
	__u32 n;
	__u32 seen;
};

/* One byte of the strings; ends behind the last argument. */
static long args_step(__u32 i, struct args_walk *w)
{
	if (i >= w->n || i >= CLEAVE_ARGS_LEN || w->seen >= w->e->argc)
		return 1;
	if (!w->e->args[i])
		w->seen++;
	w->e->args_len = i + 1;
	return 0;
}

/*
 * argv as execve() has put it on the new stack: strings in a row from bprm->p,
 * the environment after them up to bprm->exec.
 */
static __always_inline void exec_args(struct cleave_exec *e,
				      struct linux_binprm *bprm)
{
	__u64 p = read_field(bprm, p), end = read_field(bprm, exec);
	struct args_walk w = { .e = e, .n = CLEAVE_ARGS_LEN };

	e->argc = read_field(bprm, argc);
	if (no_args) {
		e->what |= CLEAVE_ARGS_HIDDEN;
		return;
	}
	if (end - p < w.n)
		w.n = end - p;
	if (bpf_probe_read_user(e->args, w.n & (CLEAVE_ARGS_LEN * 2 - 1),
				(void *)p))
		w.n = 0;
	bpf_loop(CLEAVE_ARGS_LEN, args_step, &w, 0);
	if (w.seen < e->argc)
		e->what |= CLEAVE_ARGS_CUT;
}

/* The address space that the exec gives up: its figures, if they are its. */
static __always_inline void exec_old(struct cleave_exec *e, struct frame *f,
				     __s32 tgid, int failed, __u64 now)
{
	struct cleave_as *as = as_at(f->old), *creator;

	if (!as)
		return;
	e->old_as = as->id;
	if (want_times && cleave_as_gives_up(as, tgid, failed)) {
		/* What its durations are held against. */
		cleave_as_figures(as, NULL, now, &e->fig);
		times_tell(f->old, CLEAVE_SIDE_CREATOR, CLEAVE_SIDE_AFTER);
	}
	if (cleave_as_exec_ends(as, tgid, failed)) {
		creator = as_at(as->creator);
		e->what |= cleave_as_figures(as, creator, now, &e->fig);
		cleave_total_figures(&totals, &e->fig);
		as_unfollow(as);
		times_tell(f->old, CLEAVE_SIDE_BEFORE_EXEC,
			   CLEAVE_SIDE_BEFORE_EXEC);
	}
	as_put(f->old);
	f->old = 0;
}

static __always_inline void exec_send(struct cleave_exec *e)
{
	__u32 len = e->args_len;

	len = (len & (CLEAVE_ARGS_LEN * 2 - 1)) +
	      __builtin_offsetof(struct cleave_exec, args);
	if (len > sizeof(*e))
		len = sizeof(*e);
	e->hdr.type = CLEAVE_REC_EXEC;
	e->hdr.size = len;
	e->hdr.cpu = bpf_get_smp_processor_id();
	cleave_add(&totals.sent[CLEAVE_REC_EXEC], 1);
	if (!bpf_ringbuf_output(&ring, e, len, 0))
		return;
	cleave_add(&totals.sent[CLEAVE_REC_EXEC], -1);
	cleave_add(&totals.lost[CLEAVE_REC_EXEC], 1);
}

/* begin_new_exec() has returned @ret. */
static __always_inline void exec_end(struct task_struct *task, struct frame *f,
				     struct linux_binprm *bprm, int ret,
				     __u32 scratch)
{
	struct cleave_exec *e;
	struct cleave_as *new;
	bool known = !ret && proc_execs(task->tgid);

	if (!f->exec_traced && !known) {
		f->execing = 0;
		return;
	}
	e = bpf_map_lookup_elem(&exec_scratch, &scratch);
	if (!e)
		return;
	__builtin_memset(e, 0, __builtin_offsetof(struct cleave_exec, path));
	e->hdr.ts = bpf_ktime_get_ns();
	e->pid = seen_pid(task);
	e->tid = f->execing;
	e->error = -ret;
	e->cgroup = cgroup_of(task);
	__builtin_memcpy(e->comm, f->old_comm, sizeof(e->comm));
	if (bpf_probe_read_kernel_str(e->path, sizeof(e->path),
				      read_field(bprm, filename)) == sizeof(e->path))
		e->what |= CLEAVE_PATH_CUT;
	f->execing = 0;
	f->in_execve = 0;
	exec_old(e, f, task->tgid, ret != 0, e->hdr.ts);
	if (ret) {
		cleave_add(&totals.exec_errors, 1);
		exec_send(e);
		return;
	}
	e->released_ns = f->released;
	new = as_at(as_enter(untrusted(task)->mm, CLEAVE_BY_EXEC, task->tgid,
			     f->exec_start));
	e->as = new ? new->id : 0;
	proc_set(task->tgid, new ? e->as : PROC_LOST_NOW);
	exec_args(e, bprm);
	cleave_add(&totals.execs, 1);
	exec_send(e);
}

SEC("fexit/begin_new_exec")
int BPF_PROG(exec_exit, struct linux_binprm *bprm, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct frame *f = frame_get(task);

	if (f && f->execing && !stopped)
		exec_end(task, f, bprm, ret, SCRATCH_EXEC_EXIT);
	return 0;
}

/* Net: a binary format's next call after begin_new_exec() has succeeded. */
SEC("kprobe/setup_new_exec")
int exec_set_up(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct linux_binprm *bprm = entry_arg0(ctx);
	struct frame *f = frame_get(task);

	if (!f || !f->execing || stopped)
		return 0;
	exec_end(task, f, bprm, 0, SCRATCH_EXEC_SET_UP);
	return 0;
}

/* Set by the loader: begin_new_exec() is probed. */
const volatile bool tells_execs = true;

/*
 * It was in begin_new_exec() before that was probed.  The end of its old address space
 * has been told, and its id is the leader's by now.
 */
static __always_inline void exec_begun_before(struct task_struct *task,
					      struct frame *f, __u64 now)
{
	f->execing = seen_tid(task);
	f->exec_traced = 0;
	f->exec_start = now;
	f->released = 0;
	f->old = 0;
	__builtin_memset(f->old_comm, 0, sizeof(f->old_comm));
}

/*
 * A traced process has exec'ed, and nobody has told so.  Who is just adopting it looks
 * where it was before, and nobody would come again: that one's claim ends here, too.
 * Where begin_new_exec() could not be probed, no exec is told of, and it goes on in its
 * new address space all the same.
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(follow_exec, struct task_struct *tsk, int old_pid,
	     struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 now = bpf_ktime_get_ns();
	__u32 tgid = task->tgid;
	__u64 *word = proc_word(tgid), was;
	struct cleave_as *as;
	struct frame *f;

	if (!word)
		return 0;
	was = *(volatile __u64 *)word;
	if (stopped || was == PROC_NONE(tgid) || as_find(untrusted(task)->mm))
		return 0;
	if (was == PROC_LOST_NOW) {
		*word = 0;
		return 0;
	}
	f = tells_execs ? frame_make(task) : NULL;
	if (f) {
		if (!f->execing)
			exec_begun_before(task, f, now);
		exec_end(task, f, bprm, 0, SCRATCH_FOLLOW_EXEC);
		return 0;
	}
	if (!proc_execs(tgid))
		return 0;
	as = as_at(as_enter(untrusted(task)->mm, CLEAVE_BY_EXEC, tgid, now));
	if (as)
		proc_set(tgid, as->id);
	return 0;
}

/* A call that fails can have been told of by nobody, as its return was skipped. */
static __always_inline void execve_left_over(struct frame *f)
{
	if (!f->in_execve)
		return;
	f->in_execve = 0;
	cleave_add(&totals.missed, 1);
}

static __always_inline void execve_begin(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct frame *f;

	if (!as_find(untrusted(task)->mm) && !sees(task) && !proc_traced(task))
		return;
	f = frame_make(task);
	if (!f)
		return;
	exec_left_over(task, f);
	execve_left_over(f);
	f->in_execve = 1;
}

/* execve(2) has failed; if not in begin_new_exec(), nobody has told yet. */
static __always_inline void execve_end(const char *path, long ret,
				       __u32 scratch)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct frame *f = frame_get(task);
	struct mm_struct *mm;
	struct cleave_as *as;
	struct cleave_exec *e;

	if (!f || !f->in_execve || stopped)
		return;
	f->in_execve = 0;
	e = bpf_map_lookup_elem(&exec_scratch, &scratch);
	if (ret >= 0 || !e)
		return;
	mm = untrusted(task)->mm;
	as = as_at(as_find(mm));
	if (!as && sees(task))
		as = as_at(as_found(mm));
	if (f->execing)
		exec_give_up(task, f);
	__builtin_memset(e, 0, __builtin_offsetof(struct cleave_exec, args));
	e->hdr.ts = bpf_ktime_get_ns();
	e->as = as ? as->id : 0;
	e->old_as = e->as;
	e->pid = seen_pid(task);
	e->tid = seen_tid(task);
	e->error = -ret;
	e->cgroup = cgroup_of(task);
	bpf_probe_read_kernel(e->comm, sizeof(e->comm), task->comm);
	if (bpf_probe_read_user_str(e->path, sizeof(e->path), path) ==
	    sizeof(e->path))
		e->what |= CLEAVE_PATH_CUT;
	cleave_add(&totals.exec_errors, 1);
	exec_send(e);
}

SEC("kprobe/__x64_sys_execve")
int execve_enter(void *ctx)
{
	execve_begin();
	return 0;
}

SEC("kprobe/__x64_sys_execveat")
int execveat_enter(void *ctx)
{
	execve_begin();
	return 0;
}

/* The wrappers of system calls take the user's registers. */
SEC("fexit/__x64_sys_execve")
int BPF_PROG(execve_exit, struct pt_regs *regs, long ret)
{
	execve_end((const char *)SYSCALL_ARG0(regs), ret, SCRATCH_EXECVE);
	return 0;
}

SEC("fexit/__x64_sys_execveat")
int BPF_PROG(execveat_exit, struct pt_regs *regs, long ret)
{
	execve_end((const char *)SYSCALL_ARG1(regs), ret, SCRATCH_EXECVEAT);
	return 0;
}
