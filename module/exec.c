// SPDX-License-Identifier: GPL-2.0-only
/* exec.c - begin_new_exec(), and calls of execve(2) that fail before it. */
#include <linux/binfmts.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "cleave_rules.h"
#include "cgroup.h"
#include "frame.h"
#include "probes.h"
#include "timed.h"
#include "traced.h"
#include "x86.h"

/**
 * struct exec_frame - from begin_new_exec() entry to its return
 * @node: in the table of frames, for exec_mm_release() within it
 * @released: when that was called, 0: not yet
 * @bprm: its argument
 * @comm: of the task before
 * @seen: the sessions that there were
 * @per: for each of them whether it traces the task, the slot of the address space
 *	that is given up, and the task's id before it takes its leader's over
 *	(de_thread())
 */
struct exec_frame {
	struct frame node;
	u64 released;
	struct linux_binprm *bprm;
	char comm[TASK_COMM_LEN];
	struct seen seen;
	struct {
		bool traced;
		u32 old;
		s32 tid;
	} per[MAX_SESSIONS];
};

/* A whole-system session knows what is given up, though it has not met it before. */
static void exec_trace(struct session *s, struct exec_frame *ef)
{
	u32 old = current->mm ? traced_slot(s, current->mm) : 0;
	struct cleave_as *as = ledger_at(&s->ledger, old);

	if (as) {
		cleave_add(&as->refs, 1);
		cleave_as_exec_begins(as, current->tgid);
	}
	ef->per[s->index].traced = as || follows_current(s);
	ef->per[s->index].old = old;
}

static int exec_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct exec_frame *ef = (struct exec_frame *)ri->data;
	struct session *s;
	u32 i;

	memset(ef, 0, sizeof(*ef));
	ef->bprm = arg(regs, 0);
	memcpy(ef->comm, current->comm, sizeof(ef->comm));
	for_each_session(s, i) {
		seen_by(&ef->seen, s);
		ef->per[i].tid = task_pid_nr_ns(current, s->ns);
		exec_trace(s, ef);
	}
	ef->node.in = CLEAVE_IN_NEW_EXEC;
	frame_push(&ef->node);
	return 0;
}

/*
 * exec_mm_release(), by exec_mmap(): wakes the creator that waits in vfork().  The old
 * address space is about to go, and its process may have been attached to since
 * begin_new_exec() was entered: de_thread() can take long.  Or it was just being
 * attached to then, and its address space was not entered yet.
 */
static void exec_released(unsigned long a0, unsigned long a1, unsigned long a2,
			  unsigned long caller)
{
	struct frame *f = frame_current();
	struct exec_frame *ef;
	struct session *s;
	u32 i;

	if (!f || f->in != CLEAVE_IN_NEW_EXEC)
		return;
	ef = container_of(f, struct exec_frame, node);
	ef->released = ktime_get_mono_fast_ns();
	for_each_seen(s, i, &ef->seen)
		if (!ef->per[i].old)
			exec_trace(s, ef);
}

/* What all that have called exec have; counted, though the record be lost. */
static struct cleave_exec *exec_reserve(struct session *s, s32 tid, int error,
					const char *comm)
{
	struct cleave_exec *e;

	cleave_add(error ? &s->totals.exec_errors : &s->totals.execs, 1);
	e = session_reserve(s, CLEAVE_REC_EXEC, sizeof(*e));
	if (!e)
		return NULL;
	e->pid = task_tgid_nr_ns(current, s->ns);
	e->tid = tid;
	e->error = error;
	e->cgroup = cgroup_of(current);
	memcpy(e->comm, comm, sizeof(e->comm));
	return e;
}

static void exec_commit(struct session *s, struct cleave_exec *e)
{
	e->hdr.size = offsetof(struct cleave_exec, args) + e->args_len;
	session_commit(s, e);
}

/*
 * argv as execve() has put it on the new stack: strings in a row from bprm->p,
 * the environment after them up to bprm->exec.
 */
static void exec_args(struct cleave_exec *e, const struct linux_binprm *bprm)
{
	u32 n = CLEAVE_ARGS_LEN, i, seen = 0;

	e->argc = bprm->argc;
	if (bprm->exec - bprm->p < n)
		n = bprm->exec - bprm->p;
	if (copy_from_user_nofault(e->args, (void __user *)bprm->p, n))
		n = 0;
	for (i = 0; i < n && seen < e->argc; i++)
		if (!e->args[i])
			seen++;
	/* The environment is nobody's business. */
	memset(e->args + i, 0, CLEAVE_ARGS_LEN - i);
	e->args_len = i;
	if (seen < e->argc)
		e->what |= CLEAVE_ARGS_CUT;
}

static void exec_hide_args(struct cleave_exec *e,
			   const struct linux_binprm *bprm)
{
	e->argc = bprm->argc;
	e->what |= CLEAVE_ARGS_HIDDEN;
}

/*
 * The address space that the exec gives up: its figures, if they are its, and
 * its id.  Returns what the record says of them, or 0.
 */
static u32 exec_old(struct session *s, struct cleave_figures *fig, u64 *id,
		    u32 slot, bool failed, u64 now)
{
	struct cleave_as *as = ledger_at(&s->ledger, slot), *creator;
	u32 what = 0;

	if (!as)
		return 0;
	*id = as->id;
	if (times_wanted(&s->ledger.times) &&
	    cleave_as_gives_up(as, current->tgid, failed)) {
		/* What its durations are held against. */
		cleave_as_figures(as, NULL, now, fig);
		timed_tell(s, slot, CLEAVE_SIDE_CREATOR, CLEAVE_SIDE_AFTER);
	}
	if (cleave_as_exec_ends(as, current->tgid, failed)) {
		creator = ledger_at(&s->ledger, as->creator);
		what = cleave_as_figures(as, creator, now, fig);
		cleave_total_figures(&s->totals, fig);
		ledger_unfollow(&s->ledger, as);
		timed_tell(s, slot, CLEAVE_SIDE_BEFORE_EXEC,
			   CLEAVE_SIDE_BEFORE_EXEC);
	}
	ledger_put(&s->ledger, slot);
	return what;
}

static u64 exec_new(struct session *s, u64 now)
{
	struct cleave_as *as;
	u64 id;

	as = ledger_at(&s->ledger,
		       ledger_enter(&s->ledger, current->mm, CLEAVE_BY_EXEC,
				    current->tgid, now));
	id = as ? as->id : 0;
	ledger_note_proc(&s->ledger, current->tgid,
			 as ? id : LEDGER_LOST_NOW);
	return id;
}

static void exec_exit_session(struct session *s, const struct exec_frame *ef,
			      int ret, u64 now)
{
	struct cleave_figures fig = {};
	u64 old_as = 0, new_as = 0;
	struct cleave_exec *e;
	u32 what;

	/* The ledger is kept though the record be lost. */
	what = exec_old(s, &fig, &old_as, ef->per[s->index].old, ret != 0, now);
	if (!ret)
		new_as = exec_new(s, now);
	e = exec_reserve(s, ef->per[s->index].tid, -ret, ef->comm);
	if (!e)
		return;
	e->fig = fig;
	e->what = what;
	e->old_as = old_as;
	e->as = new_as;
	e->released_ns = ret ? 0 : ef->released;
	if (strscpy(e->path, ef->bprm->filename, sizeof(e->path)) < 0)
		e->what |= CLEAVE_PATH_CUT;
	if (!ret && s->no_args)
		exec_hide_args(e, ef->bprm);
	else if (!ret)
		exec_args(e, ef->bprm);
	exec_commit(s, e);
}

/*
 * A process that is traced has exec'ed: has nobody followed it?  One that is just being
 * attached to is not for us: attach_process() looks at what it is in now.
 */
static bool exec_unseen(struct session *s, const struct task_struct *task)
{
	struct ledger *l = &s->ledger;

	return ledger_has_proc(l, task->tgid) &&
	       !ledger_is_claimed(l, task->tgid) &&
	       !ledger_find(l, task->mm) && !ledger_lost_now(l, task->tgid);
}

/*
 * Between exec_mm_release() and where exec_mmap() takes task_lock() are locks that it
 * sleeps for: it may have been attached to even there.  The end of the old address
 * space has been told then, and knew of no exec.  Or behind that: then its new address
 * space has been entered as one that was found, or is about to be.  Of an exec that we
 * have seen begin nobody else tells; and the one with a claim has begun its record, so
 * that this one comes behind it.
 */
static int exec_exit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct exec_frame *ef = (struct exec_frame *)ri->data;
	int ret = regs_return_value(regs);
	u64 now = ktime_get_mono_fast_ns();
	struct session *s;
	struct frame *f;
	u32 i;

	frame_pop(&ef->node);
	f = frame_current();
	if (f && f->in == CLEAVE_IN_EXECVE)
		f->in = CLEAVE_IN_NONE;
	for_each_seen(s, i, &ef->seen)
		if (ef->per[i].traced ||
		    (!ret && ledger_has_proc(&s->ledger, current->tgid)))
			exec_exit_session(s, ef, ret, now);
	return 0;
}

/*
 * It was in begin_new_exec() before that was probed.  The end of its old address space
 * has been told, and its id is the leader's by now.  Where there is no probe, no exec is
 * told of, and it goes on in its new address space all the same.
 */
static void follow_session(struct session *s, struct linux_binprm *bprm)
{
	u64 now = ktime_get_mono_fast_ns();
	struct exec_frame ef = { .bprm = bprm };

	if (hook_error(CLEAVE_HOOK_NEW_EXEC)) {
		exec_new(s, now);
		return;
	}
	ef.per[s->index].tid = task_tgid_nr_ns(current, s->ns);
	exec_exit_session(s, &ef, 0, now);
}

/* A traced process has exec'ed, and nobody has told so. */
static void follow_exec(void *data, struct task_struct *task, pid_t old_pid,
			struct linux_binprm *bprm)
{
	struct session *s;
	u32 i;

	preempt_disable_notrace();
	for_each_session(s, i)
		if (exec_unseen(s, task))
			follow_session(s, bprm);
	preempt_enable_notrace();
}

/**
 * struct execve_frame - from the entry of execve(2) to its return
 * @node: in the table of frames; its @in is CLEAVE_IN_EXECVE until
 *	begin_new_exec() has reported the call
 * @path: argument of the system call, in user space
 */
struct execve_frame {
	struct frame node;
	const char __user *path;
};

static bool current_traced(void)
{
	struct session *s;
	u32 i;

	for_each_session(s, i)
		if (ledger_find(&s->ledger, current->mm) || follows_current(s))
			return true;
	return false;
}

static int execve_enter_path(struct kretprobe_instance *ri, unsigned long path)
{
	struct execve_frame *xf = (struct execve_frame *)ri->data;

	if (!current->mm || !current_traced())
		return 1;
	memset(xf, 0, sizeof(*xf));
	xf->path = (const char __user *)path;
	xf->node.in = CLEAVE_IN_EXECVE;
	frame_push(&xf->node);
	return 0;
}

/* The wrappers of system calls take the user's registers. */
static int execve_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct pt_regs *user = arg(regs, 0);

	return execve_enter_path(ri, x86_syscall_arg0(user));
}

static int execveat_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct pt_regs *user = arg(regs, 0);

	return execve_enter_path(ri, x86_syscall_arg1(user));
}

/* Up to its NUL; a page at a time, as the next one need not be there. */
static void user_path(struct cleave_exec *e, const char __user *from)
{
	unsigned long n = PAGE_SIZE - offset_in_page(from);
	u32 len = sizeof(e->path) - 1;

	n = min_t(unsigned long, n, len);
	if (copy_from_user_nofault(e->path, from, n))
		return;
	if (n < len && strnlen(e->path, n) == n &&
	    copy_from_user_nofault(e->path + n, from + n, len - n))
		return;
	n = strnlen(e->path, len);
	memset(e->path + n, 0, sizeof(e->path) - n);
	if (n == len)
		e->what |= CLEAVE_PATH_CUT;
}

static void execve_failed(struct session *s, const char __user *path, int error)
{
	struct cleave_as *as = ledger_at(&s->ledger,
					 traced_slot(s, current->mm));
	struct cleave_exec *e;

	if (!as && !follows_current(s))
		return;
	e = exec_reserve(s, task_pid_nr_ns(current, s->ns), error, current->comm);
	if (!e)
		return;
	e->as = as ? as->id : 0;
	e->old_as = e->as;
	user_path(e, path);
	exec_commit(s, e);
}

static int execve_exit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct execve_frame *xf = (struct execve_frame *)ri->data;
	long ret = regs_return_value(regs);
	struct session *s;
	u32 i;

	frame_pop(&xf->node);
	if (ret >= 0 || xf->node.in != CLEAVE_IN_EXECVE)
		return 0;
	for_each_session(s, i)
		execve_failed(s, xf->path, -ret);
	return 0;
}

const struct probe_def new_exec_probe = {
	.enter = exec_enter,
	.exit = exec_exit,
	.data = sizeof(struct exec_frame),
};

const struct probe_def exec_release_probe = { .entry = exec_released };

const struct probe_def follow_exec_probe = { .tracepoint = follow_exec };

const struct probe_def execve_probe = {
	.enter = execve_enter,
	.exit = execve_exit,
	.data = sizeof(struct execve_frame),
};

const struct probe_def execveat_probe = {
	.enter = execveat_enter,
	.exit = execve_exit,
	.data = sizeof(struct execve_frame),
};
