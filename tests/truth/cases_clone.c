// SPDX-License-Identifier: GPL-2.0-only
/*
 * cases_clone.c - each call that makes a task, with each kind of argument: what
 * its record says, and the records of those that fail.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "truth.h"

#define F_AUTOREAP	(1UL << 34)	/* since 7.0 */

/* What the record of a clone must say. */
static void record(int t, const char *call, const char *kind, unsigned long flags,
		   int sig)
{
	T(t)->call = call;
	T(t)->kind = kind;
	T(t)->flags = flags;
	T(t)->exit_signal = sig;
	T(t)->check |= CHECK_FLAGS | CHECK_SIGNAL;
}

/* The child that writes n of the pages that it shares. */
static void wrote(int t, long n)
{
	pages(t, P_ANON, N);
	cow(t, CLEAVE_COPIED, n);
	T(0)->clones++;
}

/* A process that is not ours to wait for, but is waited for. */
static void vanish(int t)
{
	while (sys(SYS_kill, T(t)->pid, 0) != -ESRCH)
		sys(SYS_sched_yield);
}

static void by_syscall(long nr, unsigned long flags, int sig, const char *call)
{
	char *m = filled();
	int c = fork_held("child", nr, flags | sig, 0, 0, 0, 0);

	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	fork_release(c);
	if (flags & CLONE_PARENT)
		vanish(c);
	else
		join(c);
	record(c, call, "process", flags, sig);
	wrote(c, N);
}

static void clone_fork(void)
{
	char *m = filled();
	int c = fork_held("child", SYS_fork, 0, 0, 0, 0, 0);

	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	fork_release(c);
	join(c);
	record(c, "fork", "process", 0, SIGCHLD);
	wrote(c, N);
}

static void clone_plain(void)
{
	by_syscall(SYS_clone, 0, SIGCHLD, "clone");
}

/* Blocked: it would end the parent. */
static void block(int sig)
{
	unsigned long *set = (unsigned long *)ctl->buf;

	*set = 1UL << (sig - 1);
	must(sys(SYS_rt_sigprocmask, SIG_BLOCK, set, 0, 8), "rt_sigprocmask");
}

static void clone_sigusr1(void)
{
	block(SIGUSR1);
	by_syscall(SYS_clone, 0, SIGUSR1, "clone");
}

static void clone_rt_signal(void)
{
	block(40);
	by_syscall(SYS_clone, 0, 40, "clone");
}

static void clone_no_signal(void)
{
	by_syscall(SYS_clone, 0, 0, "clone");
}

static void clone_shares(void)
{
	by_syscall(SYS_clone, CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | CLONE_IO, SIGCHLD,
		   "clone");
}

/* Flags that do nothing by themselves, one of them no longer anywhere. */
static void clone_idle_flags(void)
{
	by_syscall(SYS_clone, CLONE_UNTRACED | CLONE_DETACHED | CLONE_PTRACE, SIGCHLD,
		   "clone");
}

static void clone_parent(void)
{
	by_syscall(SYS_clone, CLONE_PARENT, SIGCHLD, "clone");
}

static void clone_namespaces(void)
{
	by_syscall(SYS_clone, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP,
		   SIGCHLD, "clone");
}

static void clone_newuser(void)
{
	by_syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNET, SIGCHLD, "clone");
}

/* The words are in shared memory: writing them breaks nothing. */
static void clone_tid_words(void)
{
	unsigned long flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
	char *m = filled();
	int c = fork_held("child", SYS_clone, flags | SIGCHLD, 0, (long)&ctl->scratch[0],
			  (long)&ctl->scratch[1], 0);

	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	oracle("the word of CLONE_PARENT_SETTID", O_WANT, c, T(c)->pid, ctl->scratch[0]);
	fork_release(c);
	join(c);
	record(c, "clone", "process", flags, SIGCHLD);
	wrote(c, N);
}

/* The same words in shared pages: the kernel writes them for the child. */
static void clone_tid_breaks(void)
{
	unsigned long flags = CLONE_CHILD_SETTID;
	char *m = filled();
	int c = fork_held("child", SYS_clone, flags | SIGCHLD, 0, 0,
			  N ? (long)m : (long)&ctl->scratch[1], 0);

	if (c < 0)
		finish(0);
	fork_release(c);
	join(c);
	record(c, "clone", "process", flags, SIGCHLD);
	wrote(c, N ? 1 : 0);
}

/* A child on the creator's stack: it must do nothing but end. */
static void clone_vfork(void)
{
	int c = task_add("child");
	long pid = SYS_vfork;

	__asm__ volatile("syscall\n\t"
			 "testq	%%rax, %%rax\n\t"
			 "jnz	1f\n\t"
			 "xorl	%%edi, %%edi\n\t"
			 "movl	$231, %%eax\n\t"	/* exit_group(0) */
			 "syscall\n\t"
			 "hlt\n"
			 "1:\n"
			 : "+a"(pid) : : "rcx", "r11", "rdi", "memory");
	must(pid, "vfork");
	T(c)->pid = (int)pid;
	T(c)->closes = CLOSE_NONE;
	join(c);
	record(c, "vfork", "vfork/posix_spawn child", CLONE_VFORK | CLONE_VM, SIGCHLD);
}

static void ends(void *arg)
{
	(void)arg;
	sys(SYS_exit, 0);
}

static void in_same_space(unsigned long flags, int sig, const char *kind)
{
	int t = thread_task("task", (long)flags | sig, ends, NULL);

	if (flags & CLONE_THREAD)
		while (sys(SYS_tgkill, T(t)->pid, T(t)->tid, 0) != -ESRCH)
			sys(SYS_sched_yield);
	else
		join(t);
	record(t, "clone", kind, flags, sig);
}

static void clone_thread(void)
{
	in_same_space(THREAD, 0, "thread");
}

static void clone_vm(void)
{
	in_same_space(CLONE_VM, SIGCHLD, "process in shared memory");
}

static void clone_vm_sighand(void)
{
	in_same_space(CLONE_VM | CLONE_SIGHAND, SIGCHLD, "process in shared memory");
}

static void clone_vm_vfork(void)
{
	in_same_space(CLONE_VM | CLONE_VFORK, SIGCHLD, "vfork/posix_spawn child");
}

/* clone3: its arguments lie in shared memory. */

static struct clone_args *args3(unsigned long flags, int sig)
{
	struct clone_args *a = (void *)(ctl->buf + 2 * PG);

	*a = (struct clone_args){ .flags = flags, .exit_signal = sig };
	return a;
}

static int held3(struct clone_args *a)
{
	return fork_held("child", SYS_clone3, (long)a, sizeof(*a), 0, 0, 0);
}

static void by_clone3(unsigned long flags, int sig)
{
	char *m = filled();
	struct clone_args *a = args3(flags, sig);
	int c;

	a->pidfd = (unsigned long)&ctl->scratch[0];
	c = held3(a);
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	fork_release(c);
	join(c);
	record(c, "clone3", "process", flags, sig);
	wrote(c, N);
}

static void clone3_plain(void)
{
	by_clone3(0, SIGCHLD);
}

static void clone3_signal(void)
{
	block(SIGUSR2);
	by_clone3(0, SIGUSR2);
}

static void clone3_sighand(void)
{
	by_clone3(CLONE_CLEAR_SIGHAND, SIGCHLD);
}

static void clone3_pidfd(void)
{
	by_clone3(CLONE_PIDFD, SIGCHLD);
}

static void clone3_newtime(void)
{
	by_clone3(CLONE_NEWTIME, SIGCHLD);
}

static void clone3_autoreap(void)
{
	char *m;
	int c;

	if (ctl->kernel < 700)
		skip("CLONE_AUTOREAP is newer than this kernel");
	m = filled();
	c = held3(args3(F_AUTOREAP, 0));
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	fork_release(c);
	vanish(c);
	record(c, "clone3", "process", F_AUTOREAP, 0);
	wrote(c, N);
}

/* Not in use by anything, and far from what will be next. */
static int free_pid(void)
{
	long pid = sys(SYS_getpid) + 9000;

	while (sys(SYS_kill, pid, 0) != -ESRCH)
		pid++;
	return (int)pid;
}

static void clone3_set_tid(void)
{
	char *m = filled();
	struct clone_args *a = args3(0, SIGCHLD);
	int c, want = free_pid();

	ctl->scratch[0] = want;
	a->set_tid = (unsigned long)&ctl->scratch[0];
	a->set_tid_size = 1;
	c = held3(a);
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	oracle("the pid that was asked for", O_WANT, c, want, T(c)->pid);
	fork_release(c);
	join(c);
	record(c, "clone3", "process", 0, SIGCHLD);
	T(c)->check |= CHECK_NS_PID | CHECK_SET_TID;
	T(c)->ns_pid = want;
	T(c)->set_tid = want;
	wrote(c, N);
}

static void clone3_cgroup(void)
{
	char path[64], *m;
	struct clone_args *a;
	long fd;
	int c;

	new_cgroup("+pids", path);
	fd = sys(SYS_open, path, O_RDONLY | O_DIRECTORY);
	must(fd, "open a cgroup");
	m = filled();
	a = args3(CLONE_INTO_CGROUP, SIGCHLD);
	a->cgroup = fd;
	c = held3(a);
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	fork_release(c);
	join(c);
	sys(SYS_rmdir, path);
	record(c, "clone3", "process", CLONE_INTO_CGROUP, SIGCHLD);
	T(c)->check |= CHECK_CGROUP;
	T(c)->cgroup_fd = fd;
	wrote(c, N);
}

static void clone_newpid(void)
{
	char *m = filled();
	int c = fork_held("child", SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

	if (c < 0) {
		fill(m, N, 2);
		finish((int)sys(SYS_getpid));
	}
	fork_release(c);
	join(c);
	record(c, "clone", "process", CLONE_NEWPID, SIGCHLD);
	T(c)->check |= CHECK_NS_PID | CHECK_STATUS;
	T(c)->ns_pid = 1;
	T(c)->status = 1;
	wrote(c, N);
}

/* Its pid as we see it: the child itself, in a namespace of its own, cannot. */
static long child_of(int pid)
{
	char path[64], *p = put_str(path, "/proc/");

	p = put_num(p, pid);
	p = put_str(p, "/task/");
	p = put_num(p, pid);
	put_str(p, "/children");
	return read_num(path);
}

static void newpid_grandchild(void)
{
	char *m = filled();
	int c = fork_held("child", SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0), g;

	if (c < 0) {
		g = fork_task("grandchild");
		if (g < 0) {
			await(1);
			fill(m, N, 2);
			finish((int)sys(SYS_getpid));
		}
		ctl->value[0] = T(g)->pid;
		ctl->value[1] = 1;
		must(sys(SYS_wait4, -1, &ctl->scratch[5], __WALL, 0), "wait4");
		finish(0);
	}
	fork_release(c);
	while (!*(volatile long *)&ctl->value[1])
		sys(SYS_sched_yield);
	g = c + 1;
	oracle("its pid in the namespace", O_WANT, c, 2, ctl->value[0]);
	T(g)->pid = (int)child_of(T(c)->pid);
	if (T(g)->pid <= 0)
		skip("/proc/PID/task/TID/children is not there");
	advance(1);
	join(c);
	record(c, "clone", "process", CLONE_NEWPID, SIGCHLD);
	wrote(c, 0);
	T(c)->clones = 1;
	record(g, "clone", "process", 0, SIGCHLD);
	pages(g, P_ANON, N);
	cow(g, CLEAVE_COPIED, N);
	T(g)->check |= CHECK_NS_PID | CHECK_STATUS;
	T(g)->ns_pid = 2;
	T(g)->status = 2;
}

/* The thread that polls for submissions: made by create_io_thread(). */
static void clone_io_worker(void)
{
	struct io_uring_params *p = (void *)ctl->buf;
	char file[32];
	long fd;
	int t;

	*p = (struct io_uring_params){ .flags = IORING_SETUP_SQPOLL };
	fd = sys(SYS_io_uring_setup, 4, p);
	if (fd < 0)
		skip("io_uring is not available");
	t = task_add("worker");
	T(t)->closes = CLOSE_NONE;
	put_num(put_str(file, "fdinfo/"), fd);
	T(t)->pid = (int)sys(SYS_getpid);
	/* Until it runs, this is -1, or the pid of the task that makes it. */
	do {
		T(t)->tid = (int)proc_field(0, file, "SqThread:");
	} while (T(t)->tid <= 1 || T(t)->tid == T(t)->pid);
	record(t, "create_io_thread", "io_uring worker", CLONE_VM | CLONE_FS | CLONE_FILES |
	       CLONE_SIGHAND | CLONE_THREAD | CLONE_IO | CLONE_UNTRACED, 0);
}

#define VHOST_OWN	0xaf01		/* VHOST_SET_OWNER */

/* The tid of this process's only other thread. */
static int other_thread(void)
{
	struct dirent64 { long ino, off; unsigned short len; char type, name[]; } *d;
	long fd = sys(SYS_open, "/proc/self/task", O_RDONLY | O_DIRECTORY), n, at;
	int self = (int)sys(SYS_getpid), found = 0;

	must(fd, "open /proc/self/task");
	n = sys(SYS_getdents64, fd, ctl->buf, sizeof(ctl->buf));
	for (at = 0; at < n; at += d->len) {
		const char *p;
		int tid = 0;

		d = (struct dirent64 *)(ctl->buf + at);
		for (p = d->name; *p >= '0' && *p <= '9'; p++)
			tid = tid * 10 + *p - '0';
		if (tid && tid != self)
			found = tid;
	}
	sys(SYS_close, fd);
	return found;
}

static void clone_vhost_worker(void)
{
	long fd = sys(SYS_open, "/dev/vhost-vsock", O_RDWR);
	int t;

	if (fd < 0)
		skip("no /dev/vhost-vsock");
	if (ctl->kernel < 604)
		skip("before 6.4 the worker is a thread of the kernel's, not the caller's");
	must(sys(SYS_ioctl, fd, VHOST_OWN), "VHOST_SET_OWNER");
	t = task_add("worker");
	T(t)->closes = CLOSE_NONE;
	T(t)->pid = (int)sys(SYS_getpid);
	T(t)->tid = other_thread();
	record(t, "vhost_task_create", "vhost worker", CLONE_VM | CLONE_FS |
	       CLONE_SIGHAND | CLONE_THREAD | CLONE_UNTRACED, 0);
	sys(SYS_close, fd);
}

/* Clones that fail. */

static void failed(const char *call, unsigned long flags, int sig, long ret, int error)
{
	int t = task_add("failed");

	oracle("errno", O_WANT, t, error, -ret);
	T(t)->pid = (int)sys(SYS_getpid);
	T(t)->closes = CLOSE_FAILED;
	T(t)->error = error;
	T(t)->call = call;
	T(t)->flags = flags;
	T(t)->exit_signal = sig;
	T(t)->check |= CHECK_FLAGS | CHECK_SIGNAL;
}

/* Refused before anything is copied: what is written then was never shared. */
static void refused(unsigned long flags)
{
	char *m = filled();
	long ret = sys(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (!ret)
		finish(0);
	fill(m, N, 2);
	failed("clone", flags, flags & CLONE_THREAD ? 0 : SIGCHLD, ret, EINVAL);
}

static void einval_newns_fs(void)
{
	refused(CLONE_NEWNS | CLONE_FS);
}

static void einval_sighand(void)
{
	refused(CLONE_SIGHAND);
}

static void einval_thread(void)
{
	refused(CLONE_VM | CLONE_THREAD);
}

static void einval_newpid_thread(void)
{
	refused(THREAD | CLONE_NEWPID);
}

static void einval_clone3(void)
{
	char *m = filled();
	unsigned long flags = CLONE_CLEAR_SIGHAND | CLONE_SIGHAND | CLONE_VM;
	struct clone_args *a = args3(flags, SIGCHLD);
	long ret = sys(SYS_clone3, a, sizeof(*a));

	if (!ret)
		finish(0);
	fill(m, N, 2);
	oracle("errno", O_WANT, 0, EINVAL, -ret);
	ctl->note = "clone3 itself refuses it: copy_process() is not called, there is no record";
}

/*
 * The limit is looked at before anything is copied.  The user is nobody, as root
 * may make any number.
 */
static void eagain_rlimit(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		struct rlimit *r = (struct rlimit *)ctl->buf;
		long ret;

		*r = (struct rlimit){ 0, 0 };
		must(sys(SYS_setresuid, 65534, 65534, 65534), "setresuid");
		must(sys(SYS_prlimit64, 0, RLIMIT_NPROC, r, 0), "RLIMIT_NPROC");
		ret = sys(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		if (!ret)
			finish(0);
		fill(m, N, 2);
		failed("clone", 0, SIGCHLD, ret, EAGAIN);
		finish(0);
	}
	join(c);
	wrote(c, N);
}

/* These fail late: the page tables had been copied and are thrown away again. */
static void failed_late(char *m)
{
	touch_own();
	fill(m, N, 2);
	cow(0, CLEAVE_REUSED, N);
}

static void eagain_pids_max(void)
{
	char path[64], *m;
	long ret;

	new_cgroup("+pids", path);
	cgroup_write(path, "cgroup.procs", "0");
	cgroup_write(path, "pids.max", "1");
	m = filled();
	touch_own();
	ret = sys(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!ret)
		finish(0);
	failed_late(m);
	must(write_str("/sys/fs/cgroup/cgroup.procs", "0"), "leaving a cgroup");
	sys(SYS_rmdir, path);
	failed("clone", 0, SIGCHLD, ret, EAGAIN);
}

static void eexist_set_tid(void)
{
	char *m = filled();
	struct clone_args *a = args3(0, SIGCHLD);
	long ret;

	ctl->scratch[0] = 1;
	a->set_tid = (unsigned long)&ctl->scratch[0];
	a->set_tid_size = 1;
	touch_own();
	ret = sys(SYS_clone3, a, sizeof(*a));
	if (!ret)
		finish(0);
	failed_late(m);
	failed("clone3", 0, SIGCHLD, ret, EEXIST);
}

static void ebadf_cgroup(void)
{
	char *m = filled();
	struct clone_args *a = args3(CLONE_INTO_CGROUP, SIGCHLD);
	long ret;

	a->cgroup = 999;
	touch_own();
	ret = sys(SYS_clone3, a, sizeof(*a));
	if (!ret)
		finish(0);
	failed_late(m);
	failed("clone3", CLONE_INTO_CGROUP, SIGCHLD, ret, EBADF);
}

#define CAP	7

const struct truth_case clone_cases[] = {
	{ "clone_fork", "fork(2)", clone_fork, CAP },
	{ "clone_vfork", "vfork(2)", clone_vfork, 1 },
	{ "clone_plain", "clone(2) with SIGCHLD", clone_plain, CAP },
	{ "clone_sigusr1", "exit signal SIGUSR1", clone_sigusr1, CAP },
	{ "clone_rt_signal", "exit signal 40", clone_rt_signal, CAP },
	{ "clone_no_signal", "no exit signal", clone_no_signal, CAP },
	{ "clone_shares", "shared files, fs, semaphore undo, I/O context", clone_shares, CAP },
	{ "clone_idle_flags", "UNTRACED, DETACHED, PTRACE", clone_idle_flags, CAP },
	{ "clone_parent", "CLONE_PARENT", clone_parent, CAP },
	{ "clone_namespaces", "NEWNS, NEWUTS, NEWIPC, NEWCGROUP", clone_namespaces, CAP },
	{ "clone_newuser", "NEWUSER, NEWNET", clone_newuser, CAP },
	{ "clone_tid_words", "PARENT_SETTID, CHILD_SETTID, CHILD_CLEARTID",
	  clone_tid_words, CAP },
	{ "clone_tid_breaks", "CHILD_SETTID breaks a shared page", clone_tid_breaks, CAP },
	{ "clone_thread", "a thread", clone_thread, 1 },
	{ "clone_vm", "CLONE_VM alone", clone_vm, 1 },
	{ "clone_vm_sighand", "CLONE_VM and CLONE_SIGHAND", clone_vm_sighand, 1 },
	{ "clone_vm_vfork", "CLONE_VM and CLONE_VFORK", clone_vm_vfork, 1 },
	{ "clone3_plain", "clone3(2)", clone3_plain, CAP },
	{ "clone3_signal", "clone3 with exit signal SIGUSR2", clone3_signal, CAP },
	{ "clone3_sighand", "CLEAR_SIGHAND", clone3_sighand, CAP },
	{ "clone3_pidfd", "PIDFD", clone3_pidfd, CAP },
	{ "clone3_newtime", "NEWTIME, in the signal's bits", clone3_newtime, CAP },
	{ "clone3_autoreap", "AUTOREAP", clone3_autoreap, CAP },
	{ "clone3_set_tid", "the pid is given", clone3_set_tid, CAP },
	{ "clone3_cgroup", "INTO_CGROUP", clone3_cgroup, CAP },
	{ "clone_newpid", "NEWPID: 1 in its own namespace", clone_newpid, CAP },
	{ "newpid_grandchild", "NEWPID: its child is 2 there", newpid_grandchild, CAP },
	{ "clone_vhost_worker", "the worker of a vhost device", clone_vhost_worker, 1 },
	{ "clone_io_worker", "the thread of an io_uring", clone_io_worker, 1 },
	{ "einval_newns_fs", "EINVAL: NEWNS and FS", einval_newns_fs, CAP },
	{ "einval_sighand", "EINVAL: SIGHAND without VM", einval_sighand, CAP },
	{ "einval_thread", "EINVAL: THREAD without SIGHAND", einval_thread, CAP },
	{ "einval_newpid_thread", "EINVAL: THREAD with NEWPID", einval_newpid_thread, CAP },
	{ "einval_clone3", "EINVAL of clone3 itself: no record", einval_clone3, CAP },
	{ "eagain_rlimit", "EAGAIN by RLIMIT_NPROC", eagain_rlimit, CAP },
	{ "eagain_pids_max", "EAGAIN by pids.max, after the copy", eagain_pids_max, CAP },
	{ "eexist_set_tid", "EEXIST by set_tid, after the copy", eexist_set_tid, CAP },
	{ "ebadf_cgroup", "EBADF by INTO_CGROUP, after the copy", ebadf_cgroup, CAP },
	{ .name = NULL }
};
