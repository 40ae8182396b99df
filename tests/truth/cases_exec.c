// SPDX-License-Identifier: GPL-2.0-only
/*
 * cases_exec.c - where the ledger entry of an address space closes: by an exec,
 * by one that fails, by an end of any kind.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <linux/elf.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "truth.h"

static void closes(int t, enum closes how, int status)
{
	pages(t, P_ANON, N);
	T(0)->clones++;
	T(t)->closes = how;
	T(t)->check |= CHECK_STATUS;
	T(t)->status = status;
}

static void exec_untouched(void)
{
	int c;

	filled();
	c = fork_task("child");
	if (c < 0)
		exec_true();
	join(c);
	closes(c, CLOSE_EXEC, 0);
}

static void write_exec(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		fill(m, N, 2);
		exec_true();
	}
	join(c);
	closes(c, CLOSE_EXEC, 0);
	cow(c, CLEAVE_COPIED, N);
}

/* What the parent writes after the child's exec is not the child's doing. */
static void exec_then_parent(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0)
		exec_true();
	join(c);
	fill(m, N, 2);
	closes(c, CLOSE_EXEC, 0);
	cow(0, CLEAVE_REUSED, N);
}

/* Its creator, who notes it down, does not outlive the exec. */
static void thread_exec(void *arg)
{
	await(1);
	fill(arg, N, 2);
	ctl->value[1] = sys(SYS_gettid);
	exec_true();
}

static void exec_by_thread(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		thread_task("thread", THREAD, thread_exec, m);
		advance(1);
		for (;;)
			sys(SYS_pause);
	}
	join(c);
	closes(c, CLOSE_EXEC, 0);
	cow(c, CLEAVE_COPIED, N);
	T(c)->check |= CHECK_EXEC_TID;
	T(c)->exec_tid = (int)ctl->value[1];
}

static void vfork_child(void *arg)
{
	fill(arg, N, 2);
	exec_true();
}

/* It runs in the parent's address space: what it breaks, the parent does. */
static void vfork_exec(void)
{
	char *m = filled();
	int c = fork_task("bystander"), v;

	if (c < 0) {
		await(1);
		finish(0);
	}
	v = thread_task("child", CLONE_VM | CLONE_VFORK | SIGCHLD, vfork_child, m);
	T(v)->kind = "vfork/posix_spawn child";
	T(v)->call = "clone";
	join(v);
	advance(1);
	join(c);
	closes(c, CLOSE_EXIT, 0);
	both(0, c, CLEAVE_COPIED, N);
}

static void vfork_no_break(void)
{
	int v = thread_task("child", CLONE_VM | CLONE_VFORK | SIGCHLD, vfork_child,
			    filled());

	T(v)->kind = "vfork/posix_spawn child";
	join(v);
}

static void spawn(void)
{
	char *argv[] = { "workload", "--true", NULL }, *envp[] = { NULL };
	int t;
	pid_t pid;

	filled();
	t = task_add("child");
	T(t)->closes = CLOSE_NONE;
	T(t)->kind = "vfork/posix_spawn child";
	if (posix_spawn(&pid, self_path, NULL, NULL, argv, envp))
		must(-EIO, "posix_spawn");
	T(t)->pid = pid;
	join(t);
}

static void exec_enoent(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		const char *argv[] = { "none", NULL };

		sys(SYS_execve, "/nowhere/at/all", argv, argv + 1);
		fill(m, N, 2);
		finish(3);
	}
	join(c);
	T(c)->exec_error = ENOENT;
	closes(c, CLOSE_EXIT, 3);
	cow(c, CLEAVE_COPIED, N);
}

/* Leaves its path in ctl->buf. */
static void make_program(const char *content, long len)
{
	char *p = put_str(ctl->buf, tmp_dir);
	long fd;

	p = put_str(p, "/truth-exec-");
	put_num(p, sys(SYS_getpid));
	fd = sys(SYS_open, ctl->buf, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	must(fd, "make an executable");
	must(sys(SYS_write, fd, content, len), "write an executable");
	sys(SYS_close, fd);
}

static long exec_path(const char *path, const char *arg)
{
	const char *argv[] = { "workload", arg, NULL };

	return sys(SYS_execve, path, argv, argv + 2);
}

/* Neither a script nor ELF: no binary format takes it. */
static void exec_enoexec(void)
{
	char *m = filled(), path[64];
	int c;

	make_program("no program", 10);
	put_str(path, ctl->buf);
	c = fork_task("child");
	if (c < 0) {
		if (exec_path(path, NULL) != -ENOEXEC)
			finish(98);
		fill(m, N, 2);
		finish(3);
	}
	join(c);
	T(c)->exec_error = ENOEXEC;
	sys(SYS_unlink, path);
	closes(c, CLOSE_EXIT, 3);
	cow(c, CLEAVE_COPIED, N);
}

/* A well-formed ELF program with the given segment; it is never entered. */
static void make_elf(unsigned long vaddr, unsigned long filesz)
{
	struct {
		struct elf64_hdr e;
		struct elf64_phdr p;
	} *f = (void *)(ctl->buf + PG);

	*f = (typeof(*f)){
		.e = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
				     EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_entry = vaddr,
			.e_phoff = sizeof(struct elf64_hdr),
			.e_ehsize = sizeof(struct elf64_hdr),
			.e_phentsize = sizeof(struct elf64_phdr),
			.e_phnum = 1,
		},
		.p = {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = vaddr,
			.p_filesz = filesz,
			.p_memsz = filesz,
			.p_align = PG,
		},
	};
	make_program((char *)f, sizeof(*f));
}

/* Program headers of a wrong size: refused before begin_new_exec(). */
static void exec_broken_before(void)
{
	char *m = filled(), path[64];
	int c;

	make_program("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\76\0\1\0\0\0", 24);
	put_str(path, ctl->buf);
	c = fork_task("child");
	if (c < 0) {
		if (exec_path(path, NULL) != -ENOEXEC)
			finish(98);
		fill(m, N, 2);
		finish(3);
	}
	join(c);
	T(c)->exec_error = ENOEXEC;
	sys(SYS_unlink, path);
	closes(c, CLOSE_EXIT, 3);
	cow(c, CLEAVE_COPIED, N);
}

/* A segment in the kernel's half: the exec fails with the old space given up. */
static void exec_broken_after(void)
{
	char *m = filled(), path[64];
	int c;

	make_elf(0xffff800000000000UL, 120);
	put_str(path, ctl->buf);
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		exec_path(path, NULL);
		finish(98);
	}
	join(c);
	sys(SYS_unlink, path);
	closes(c, CLOSE_EXEC, 128 + SIGSEGV);
	cow(c, CLEAVE_COPIED, N);
}

static void exec_script(void)
{
	char *m = filled(), path[64];
	char *p;
	int c;

	p = put_str(ctl->buf + PG, "#!");
	p = put_str(p, self_path);
	p = put_str(p, " --true\n");
	make_program(ctl->buf + PG, p - (ctl->buf + PG));
	put_str(path, ctl->buf);
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		exec_path(path, NULL);
		finish(98);
	}
	join(c);
	sys(SYS_unlink, path);
	closes(c, CLOSE_EXEC, 0);
	cow(c, CLEAVE_COPIED, N);
}

/* The kernel's own table of interpreters. */
#define BINFMT		"/proc/sys/fs/binfmt_misc/"

/* Adds a rule; @path: of its file there, by which it is removed again. */
static long binfmt_add(char *path, const char *rule)
{
	char text[128], *p;

	p = put_str(path, BINFMT "truth-");
	put_num(p, sys(SYS_getpid));
	p = put_str(text, ":truth-");
	p = put_num(p, sys(SYS_getpid));
	put_str(p, rule);
	return write_str(BINFMT "register", text);
}

static void exec_binfmt_misc(void)
{
	char path[64], rule[64], *m;
	int c;

	if (binfmt_add(rule, ":M::cleave-truth::/usr/bin/true:"))
		skip("no binfmt_misc");
	make_program("cleave-truth", 12);
	put_str(path, ctl->buf);
	m = filled();
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		exec_path(path, NULL);
		finish(98);
	}
	join(c);
	sys(SYS_unlink, path);
	must(write_str(rule, "-1"), "removing the format");
	closes(c, CLOSE_EXEC, 0);
	cow(c, CLEAVE_COPIED, N);
}

/*
 * A rule with the flag L takes no program: it puts its interpreter aside in
 * bprm->loader, for the format that comes next to use in the place of the program's
 * own, and declines.  @path: where a program has to be for that.
 */
static void loader_rule(char *rule, char *path)
{
	char *p;

	if (write_str(BINFMT "status", "1"))
		skip("no binfmt_misc");
	if (binfmt_add(rule, ":E::cleave-truth::/lib64/ld-linux-x86-64.so.2:L"))
		skip("binfmt_misc has no rules for loaders");
	p = put_str(path, tmp_dir);
	p = put_str(p, "/truth-");
	p = put_num(p, sys(SYS_getpid));
	put_str(p, ".cleave-truth");
}

static void exec_loader(void)
{
	char path[64], rule[64], *m;
	int c;

	loader_rule(rule, path);
	must(sys(SYS_symlink, "/usr/bin/true", path), "symlink");
	m = filled();
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		exec_path(path, NULL);
		finish(98);
	}
	join(c);
	sys(SYS_unlink, path);
	must(write_str(rule, "-1"), "removing the rule");
	closes(c, CLOSE_EXEC, 0);
	cow(c, CLEAVE_COPIED, N);
}

/* Nothing takes the program that the loader was put aside for. */
static void exec_loader_pending(void)
{
	char path[64], rule[64], *m;
	int c;

	loader_rule(rule, path);
	make_program("no program", 10);
	must(sys(SYS_rename, ctl->buf, path), "rename");
	m = filled();
	c = fork_task("child");
	if (c < 0) {
		if (exec_path(path, NULL) != -ENOEXEC)
			finish(98);
		fill(m, N, 2);
		finish(3);
	}
	join(c);
	T(c)->exec_error = ENOEXEC;
	sys(SYS_unlink, path);
	must(write_str(rule, "-1"), "removing the rule");
	closes(c, CLOSE_EXIT, 3);
	cow(c, CLEAVE_COPIED, N);
}

/* The arguments of a 32-bit execve(), where such a program could have them. */
struct low {
	char path[256];
	char arg[16];
	unsigned int argv[3];
};

static struct low *low_args(const char *path, const char *arg)
{
	struct low *low;

	if (read_num("/proc/sys/abi/vsyscall32") < 0)
		skip("no 32-bit system calls");
	low = (struct low *)sys(SYS_mmap, 0, PG, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	must((long)low, "mmap in low memory");
	put_str(low->path, path);
	put_str(low->arg, arg);
	low->argv[0] = (unsigned int)(long)low->path;
	low->argv[1] = (unsigned int)(long)low->arg;
	return low;
}

/* As a 32-bit program calls it. */
static long exec_low(const struct low *low)
{
	long ret = 11;		/* execve */

	__asm__ volatile("int $0x80"
			 : "+a"(ret)
			 : "b"(low->path), "c"(low->argv), "d"(low->argv + 2)
			 : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

/* The new program's first exec fails: by the other call, and that is told. */
static void exec_compat(void)
{
	struct low *low = low_args(self_path, "--nowhere");
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		fill(m, N, 2);
		exec_low(low);
		finish(98);
	}
	join(c);
	T(c)->exec_error = ENOENT;
	closes(c, CLOSE_EXEC, 0);
	cow(c, CLEAVE_COPIED, N);
}

/* Of the two that fail, the first is not told: what a 32-bit program does is not. */
static void exec_compat_enoent(void)
{
	struct low *low = low_args("/nowhere/at/all", "");
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		if (exec_low(low) != -ENOENT || exec_path(low->path, NULL) != -ENOENT)
			finish(98);
		fill(m, N, 2);
		finish(3);
	}
	join(c);
	T(c)->exec_error = ENOENT;
	closes(c, CLOSE_EXIT, 3);
	cow(c, CLEAVE_COPIED, N);
}

static void fexecve_fd(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		const char *argv[] = { "workload", "--true", NULL };
		long fd = sys(SYS_open, self_path, O_RDONLY | O_CLOEXEC);

		must(fd, "open");
		fill(m, N, 2);
		sys(SYS_execveat, fd, "", argv, argv + 2, AT_EMPTY_PATH);
		finish(98);
	}
	join(c);
	closes(c, CLOSE_EXEC, 0);
	cow(c, CLEAVE_COPIED, N);
}

static void killed(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		fill(m, N, 2);
		advance(1);
		for (;;)
			sys(SYS_pause);
	}
	await(1);
	sys(SYS_kill, T(c)->pid, SIGKILL);
	join(c);
	closes(c, CLOSE_EXIT, 128 + SIGKILL);
	cow(c, CLEAVE_COPIED, N);
}

static void fault_kills(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		fill(m, N, 2);
		__asm__ volatile("movb $1, 8");
		finish(98);
	}
	join(c);
	closes(c, CLOSE_EXIT, 128 + SIGSEGV);
	cow(c, CLEAVE_COPIED, N);
}

/* The child forks before it execs: the grandchild goes on with its pages. */
static void fork_then_exec(void)
{
	char *m = filled();
	int c = fork_task("child"), g;

	if (c < 0) {
		g = fork_task("grandchild");
		if (g < 0) {
			await(1);
			fill(m, N, 2);
			finish(0);
		}
		exec_true();
	}
	join(c);
	advance(1);
	/* Not ours to wait for: the host does. */
	g = c + 1;
	closes(c, CLOSE_EXEC, 0);
	T(c)->clones = 1;
	while (!sys(SYS_kill, T(g)->pid, 0))
		sys(SYS_sched_yield);
	pages(g, P_ANON, N);
	cow(g, CLEAVE_COPIED, N);
}

/* An exec in a process that has its address space from an exec: no figures. */
static void exec_twice(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		const char *argv[] = { "workload", "--again", NULL };

		fill(m, N, 2);
		sys(SYS_execve, self_path, argv, argv + 2);
		finish(98);
	}
	join(c);
	closes(c, CLOSE_EXEC, 0);
	cow(c, CLEAVE_COPIED, N);
}

/* Its last thread ends later than its leader. */
static void late_thread(void *arg)
{
	await(1);
	fill(arg, N, 2);
	finish(5);
}

static void leader_ends_first(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		thread_task("thread", THREAD, late_thread, m);
		advance(1);
		for (;;)
			sys(SYS_exit, 0);
	}
	join(c);
	closes(c, CLOSE_EXIT, 5);
	cow(c, CLEAVE_COPIED, N);
}

const struct truth_case exec_cases[] = {
	{ "exec_untouched", "fork and exec, nothing written between", exec_untouched, 0 },
	{ "write_exec", "the child writes, then execs", write_exec, 0 },
	{ "exec_then_parent", "the child execs, then the parent writes", exec_then_parent, 0 },
	{ "exec_by_thread", "a thread of the child writes and execs", exec_by_thread, 0 },
	{ "exec_twice", "the child writes, execs, and execs again", exec_twice, 0 },
	{ "fork_then_exec", "the child forks and execs, then the grandchild writes",
	  fork_then_exec, 0 },
	{ "vfork_exec", "a vfork child writes pages shared with another, then execs",
	  vfork_exec, 0 },
	{ "vfork_no_break", "a vfork child writes pages shared with nobody, then execs",
	  vfork_no_break, 0 },
	{ "posix_spawn", "posix_spawn()", spawn, 0 },
	{ "exec_enoent", "an exec of nothing fails, then the child writes and exits",
	  exec_enoent, 0 },
	{ "exec_enoexec", "an exec of what is no program fails, then it writes",
	  exec_enoexec, 0 },
	{ "exec_broken_before", "an exec of a cut-off ELF file fails, then it writes",
	  exec_broken_before, 0 },
	{ "exec_broken_after", "the child writes; its exec fails with no way back",
	  exec_broken_after, 0 },
	{ "exec_script", "the child writes and execs a #! script", exec_script, 0 },
	{ "exec_binfmt_misc", "the child writes and execs a file that binfmt_misc knows",
	  exec_binfmt_misc, 0 },
	{ "exec_loader", "the child writes and execs a file with a loader of binfmt_misc's",
	  exec_loader, 0 },
	{ "exec_loader_pending", "an exec fails that has such a loader, then it writes",
	  exec_loader_pending, 0 },
	{ "exec_compat", "the child writes and execs by the 32-bit call, then an exec fails",
	  exec_compat, 0 },
	{ "exec_compat_enoent", "a 32-bit exec fails, then a 64-bit one, then it writes",
	  exec_compat_enoent, 0 },
	{ "fexecve", "the child writes and execs a file descriptor", fexecve_fd, 0 },
	{ "killed", "the child writes and is killed", killed, 0 },
	{ "fault_kills", "the child writes and faults", fault_kills, 0 },
	{ "leader_ends_first", "the child's leader ends, then its thread writes",
	  leader_ends_first, 0 },
	{ .name = NULL }
};
