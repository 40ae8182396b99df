// SPDX-License-Identifier: GPL-2.0-only
/*
 * cases_kernel.c - writes that the kernel does for a task, or for another one.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "truth.h"

static void read_into(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		long i, fd = sys(SYS_open, "/dev/zero", O_RDONLY);

		must(fd, "open /dev/zero");
		for (i = 0; i < N; i++)
			must(sys(SYS_read, fd, m + i * PG, 1) - 1, "read");
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
}

/* One system call for all: copy_to_user() faults in the middle of its work. */
static void read_into_at_once(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		long fd = sys(SYS_open, "/dev/zero", O_RDONLY), done = 0, n;

		must(fd, "open /dev/zero");
		while (done < N * PG) {
			n = sys(SYS_read, fd, m + done, N * PG - done);
			must(n - 1, "read");
			done += n;
		}
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
}

static void futex_op(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		long i;

		for (i = 0; i < N; i++)
			must(sys(SYS_futex, &ctl->scratch[3], FUTEX_WAKE_OP, 1, 1, m + i * PG,
				 FUTEX_OP(FUTEX_OP_SET, 7, FUTEX_OP_CMP_EQ, 0)),
			     "FUTEX_WAKE_OP");
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
}

static void futex_wait_by(int op)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		long i;

		/* The word is not what is expected: the call returns at once. */
		for (i = 0; i < N; i++)
			sys(SYS_futex, m + i * PG, op, 99, 0);
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	if (op == FUTEX_WAIT)
		cow(c, CLEAVE_COPIED, N);
}

static void futex_wait_private(void)
{
	futex_wait_by(FUTEX_WAIT | FUTEX_PRIVATE_FLAG);
}

/* To find out whether the page is shared, the kernel asks for it to write. */
static void futex_wait(void)
{
	futex_wait_by(FUTEX_WAIT);
}

static void clear_child_tid(void *arg)
{
	(void)arg;
	sys(SYS_exit, 0);
}

/* The kernel clears the word of a thread that ends. */
static void child_cleartid(void)
{
	char *m = filled();
	char *stack = anon(4);
	int c;

	fill(stack, 4, 0);
	c = fork_task("child");
	if (c < 0) {
		long i;

		fill(stack, 4, 1);
		for (i = 0; i < N; i++) {
			volatile int *word = (volatile int *)(m + i * PG);

			/*
			 * Read first: if that made the entry accessed while the
			 * thread's fault copies the page, the copy would be void
			 * and the fault repeated.
			 */
			if (!*word)
				finish(98);
			must(raw_thread(THREAD | CLONE_CHILD_CLEARTID, stack + 4 * PG,
					clear_child_tid, NULL, (int *)(m + i * PG)),
			     "clone of a thread");
			while (*word)
				sys(SYS_sched_yield);
		}
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
}

/* The stopped child's pages are written by its parent, in the child's space. */
static int stopped_child(char *m, int prot)
{
	int c = fork_task("child");

	if (c < 0) {
		if (prot != (PROT_READ | PROT_WRITE))
			must(sys(SYS_mprotect, m, N * PG, prot), "mprotect");
		must(sys(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0), "PTRACE_TRACEME");
		sys(SYS_kill, sys(SYS_getpid), SIGSTOP);
		finish(0);
	}
	must(sys(SYS_wait4, T(c)->pid, &ctl->scratch[5], __WALL, 0), "wait4");
	return c;
}

static void let_go(int c)
{
	must(sys(SYS_ptrace, PTRACE_DETACH, T(c)->pid, 0, 0), "PTRACE_DETACH");
	join(c);
}

static void poke(int c, char *m, long times)
{
	long i;

	for (i = 0; i < N * times; i++)
		must(sys(SYS_ptrace, PTRACE_POKEDATA, T(c)->pid, m + i % N * PG, 7),
		     "PTRACE_POKEDATA");
}

static void ptrace_poke(void)
{
	char *m = filled();
	int c = stopped_child(m, PROT_READ | PROT_WRITE);

	poke(c, m, 1);
	let_go(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
}

static void ptrace_poke_ro(void)
{
	char *m = filled();
	int c = stopped_child(m, PROT_READ);

	poke(c, m, 2);
	let_go(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
}

/* As a debugger sets breakpoints: a private, read-only file page. */
static void ptrace_poke_file(void)
{
	char *m = map_file(tmp_file(tmp_dir, N), N, PROT_READ, MAP_PRIVATE);
	int c;

	c = fork_task("child");
	if (c < 0) {
		peek(m, N + 1);
		must(sys(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0), "PTRACE_TRACEME");
		sys(SYS_kill, sys(SYS_getpid), SIGSTOP);
		finish(0);
	}
	must(sys(SYS_wait4, T(c)->pid, &ctl->scratch[5], __WALL, 0), "wait4");
	poke(c, m, 2);
	let_go(c);
	forked(c, P_FILE, 0);
	cow(c, CLEAVE_FILE, N);
}

static void proc_mem(void)
{
	char *m = filled();
	int c = fork_task("child");
	char path[64], *p;
	long fd, i;

	if (c < 0) {
		await(1);
		finish(0);
	}
	p = put_str(path, "/proc/");
	p = put_num(p, T(c)->pid);
	put_str(p, "/mem");
	fd = sys(SYS_open, path, O_RDWR);
	must(fd, "open /proc/PID/mem");
	for (i = 0; i < N; i++)
		must(sys(SYS_pwrite64, fd, "x", 1, m + i * PG) - 1, "write to /proc/PID/mem");
	sys(SYS_close, fd);
	advance(1);
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
}

static void vm_writev(void)
{
	char *m = filled();
	int c = fork_task("child");
	struct iovec from, to;

	if (c < 0) {
		await(1);
		finish(0);
	}
	from = (struct iovec){ m, N * PG };
	to = from;
	if (N)
		must(sys(SYS_process_vm_writev, T(c)->pid, &from, 1, &to, 1, 0) - N * PG,
		     "process_vm_writev");
	advance(1);
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
}

static void populate_write(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		must(sys(SYS_madvise, m, N * PG, 23 /* MADV_POPULATE_WRITE */),
		     "MADV_POPULATE_WRITE");
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
}

static void mlocked(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		must(sys(SYS_mlock, m, N * PG), "mlock");
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
	ctl->note = "mlock of a writable private mapping faults its pages in for writing";
}

/* Without write access for a while, alone: nothing is shared. */
static void mprotect_alone(void)
{
	char *m = filled();

	must(sys(SYS_mprotect, m, N * PG, PROT_READ), "mprotect");
	must(sys(SYS_mprotect, m, N * PG, PROT_READ | PROT_WRITE), "mprotect");
	fill(m, N, 2);
	ctl->note = "since 5.19, mprotect itself makes exclusive pages writable again";
}

/* Memory pressure: the child's copies are reclaimed while it makes more. */

static void pressure(void)
{
	char path[64], limit[24], back[64];
	char *m;
	int c;

	if (!proc_field(0, "../meminfo", "SwapTotal:"))
		skip("no swap: neither zram nor a swap file could be set up");
	put_num(limit, 4 * (1L << 20) + N * PG);
	new_cgroup("+memory", path);
	cgroup_write(path, "memory.max", limit);
	put_str(back, path);
	cgroup_write(path, "cgroup.procs", "0");
	m = filled();
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	must(write_str("/sys/fs/cgroup/cgroup.procs", "0"), "leaving a cgroup");
	sys(SYS_rmdir, back);
	/* How many of them were swapped out already by the fork is not known. */
	pages(c, P_ANON, ANY);
	pages(c, P_SWAP, ANY);
	T(0)->clones++;
	cow(c, CLEAVE_COPIED, N);
	T(c)->cow[CLEAVE_REUSED] = ANY;
	T(c)->creator_cow[CLEAVE_REUSED] = ANY;
	T(c)->creator_cow[CLEAVE_COPIED] = ANY;
	T(0)->cow[CLEAVE_REUSED] = ANY;
	T(0)->cow[CLEAVE_COPIED] = ANY;
	ctl->note = "stack and data may be swapped as well; the child's copies must be exact";
}

/* A packet socket's ring: a shared mapping whose page tables fork does copy. */
static void packet_ring(void)
{
	struct tpacket_req req = {
		.tp_block_size = PG, .tp_block_nr = N,
		.tp_frame_size = PG, .tp_frame_nr = N,
	};
	long fd = sys(SYS_socket, AF_PACKET, SOCK_RAW, 0);
	char *m = filled();
	int c;

	if (fd < 0)
		skip("no packet sockets");
	if (N) {
		must(sys(SYS_setsockopt, fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)),
		     "PACKET_RX_RING");
		must(sys(SYS_mmap, 0, N * PG, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
		     "mmap of a packet ring");
	}
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	pages(c, P_SHMEM, N);
	cow(c, CLEAVE_COPIED, N);
}

/* Delay accounting counts each call of wp_page_copy(), whatever it is for. */
static void wpcopy(void)
{
	char *m = filled(), *z = anon(N);
	int c;

	if (wpcopy_count() < 0)
		skip("no delay accounting");
	c = fork_task("child");
	if (c < 0) {
		ctl->value[0] = wpcopy_count();
		fill(m, N, 2);
		peek(z, N);
		fill(z, N, 2);
		ctl->value[0] = wpcopy_count() - ctl->value[0];
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
	cow(c, CLEAVE_ZERO, N);
	oracle("delay accounting's wpcopy", O_DELTA, c, 2 * N, ctl->value[0]);
	ctl->note = "wpcopy counts the zero page's replacement as a copy, too";
}

/* Killed for memory, with copies made: its figures are those of any death. */
static void oom_killed(void)
{
	char path[64], limit[24], *m = filled();
	int c;

	put_num(limit, 8 * (1L << 20) + N * PG);
	new_cgroup("+memory", path);
	cgroup_write(path, "memory.max", limit);
	cgroup_write(path, "memory.swap.max", "0");
	c = fork_task("child");
	if (c < 0) {
		cgroup_write(path, "cgroup.procs", "0");
		fill(m, N, 2);
		for (;;)
			fill(anon(1024), 1024, 1);
	}
	join(c);
	sys(SYS_rmdir, path);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
	T(c)->check |= CHECK_STATUS;
	T(c)->status = 128 + SIGKILL;
}

const struct truth_case kernel_cases[] = {
	{ "read_into", "the child reads into shared pages, one call a page", read_into, 0 },
	{ "read_into_at_once", "the child reads into shared pages in one call",
	  read_into_at_once, 0 },
	{ "futex_op", "the child's FUTEX_WAKE_OP writes to shared pages", futex_op, 0 },
	{ "futex_wait", "the child's FUTEX_WAIT asks for them to write", futex_wait, 0 },
	{ "futex_wait_private", "FUTEX_WAIT with FUTEX_PRIVATE_FLAG only reads",
	  futex_wait_private, 0 },
	{ "child_cleartid", "the kernel clears a word for each thread that ends",
	  child_cleartid, 100 },
	{ "ptrace_poke", "the parent pokes into the child", ptrace_poke, 0 },
	{ "ptrace_poke_ro", "the parent pokes twice into read-only pages of the child",
	  ptrace_poke_ro, 0 },
	{ "ptrace_poke_file", "the same, into pages of a file that the child has read",
	  ptrace_poke_file, 0 },
	{ "proc_mem", "the parent writes to /proc/PID/mem", proc_mem, 0 },
	{ "vm_writev", "the parent calls process_vm_writev()", vm_writev, 0 },
	{ "populate_write", "the child calls MADV_POPULATE_WRITE", populate_write, 0 },
	{ "mlock", "the child locks shared pages", mlocked, 0 },
	{ "mprotect_alone", "pages that are not shared, read-only for a while",
	  mprotect_alone, 0 },
	{ "packet_ring", "the ring of a packet socket is mapped at the fork", packet_ring, 0 },
	{ "wpcopy", "shared pages and the zero page, by delay accounting", wpcopy, 0 },
	{ "oom_killed", "the child writes, then is killed for memory", oom_killed, 0 },
	{ "pressure", "the child writes all while its copies are swapped out", pressure, 0 },
	{ .name = NULL }
};
