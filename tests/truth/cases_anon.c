// SPDX-License-Identifier: GPL-2.0-only
/*
 * cases_anon.c - private anonymous base pages: who writes what, in which order.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

#include "truth.h"

#define HALF	((N + 1) / 2)

/* The child has to be waited for; it shares n pages. */
static void shares(int t, long n)
{
	pages(t, P_ANON, n);
	T(t)->clones = 0;
	T(0)->clones++;
}

static void child_writes_half(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		fill(m, HALF, 2);
		finish(0);
	}
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, HALF);
}

static void child_writes_all(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
}

/* Who maps what, by /proc/kpagecount: before the child writes and after. */
static void counted_maps(void)
{
	char *m = filled();
	int c = fork_held("child", SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (c < 0) {
		fill(m, N, 2);
		ctl->value[0] = mapped_by(m, N, 1);
		finish(0);
	}
	ctl->value[1] = mapped_by(m, N, 2);
	fork_release(c);
	join(c);
	ctl->value[2] = mapped_by(m, N, 1);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
	oracle("kpagecount 2 at the fork", O_WANT, c, N, ctl->value[1]);
	oracle("kpagecount 1 of the copies", O_WANT, c, N, ctl->value[0]);
	oracle("kpagecount 1 of the creator's", O_WANT, c, N, ctl->value[2]);
}

static void child_writes_none(void)
{
	int c;

	filled();
	c = fork_task("child");
	if (c < 0)
		finish(0);
	join(c);
	shares(c, N);
}

static void parent_writes_half(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		await(1);
		finish(0);
	}
	fill(m, HALF, 2);
	advance(1);
	join(c);
	shares(c, N);
	both(0, c, CLEAVE_COPIED, HALF);
}

static void parent_then_child(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		await(1);
		fill(m, N, 2);
		finish(0);
	}
	fill(m, N, 3);
	advance(1);
	join(c);
	shares(c, N);
	both(0, c, CLEAVE_COPIED, N);
	cow(c, CLEAVE_REUSED, N);
}

static void child_then_parent(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		fill(m, N, 2);
		advance(1);
		await(2);
		finish(0);
	}
	await(1);
	fill(m, N, 3);
	advance(2);
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
	both(0, c, CLEAVE_REUSED, N);
}

/* Even pages: the child first; odd ones: the parent. */
static void interleaved(void)
{
	char *m = filled();
	long odd = N / 2, even = N - odd;
	int c = fork_task("child");

	if (c < 0) {
		fill_step(m, 0, N, 2, 2);
		advance(1);
		await(2);
		fill_step(m, 1, N, 2, 2);
		finish(0);
	}
	await(1);
	fill(m, N, 3);
	advance(2);
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, even);
	cow(c, CLEAVE_REUSED, odd);
	both(0, c, CLEAVE_REUSED, even);
	both(0, c, CLEAVE_COPIED, odd);
}

static void exit_then_parent(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0)
		finish(0);
	join(c);
	fill(m, N, 3);
	shares(c, N);
	cow(0, CLEAVE_REUSED, N);
}

static void orphan_writes(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		ctl->value[0] = sys(SYS_getppid);
		advance(1);
		while (sys(SYS_getppid) == ctl->value[0])
			sys(SYS_sched_yield);
		fill(m, N, 2);
		finish(0);
	}
	await(1);
	shares(c, N);
	cow(c, CLEAVE_REUSED, N);
}

static void same_page_twice(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		fill(m, N, 2);
		fill(m, N, 3);
		finish(0);
	}
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
}

static void read_only(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		peek(m, N);
		finish(0);
	}
	peek(m, N);
	join(c);
	shares(c, N);
}

static void dontfork(void)
{
	char *m = filled();
	int c;

	must(sys(SYS_madvise, m, N * PG, MADV_DONTFORK), "MADV_DONTFORK");
	c = fork_task("child");
	if (c < 0) {
		await(1);
		finish(0);
	}
	fill(m, N, 2);
	advance(1);
	join(c);
	shares(c, 0);
}

static void wipeonfork(void)
{
	char *m = filled();
	int c;

	must(sys(SYS_madvise, m, N * PG, MADV_WIPEONFORK), "MADV_WIPEONFORK");
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		advance(1);
		await(2);
		finish(0);
	}
	await(1);
	fill(m, N, 2);
	advance(2);
	join(c);
	shares(c, 0);
}

static void munmap_in_child(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		if (N)
			must(sys(SYS_munmap, m, N * PG), "munmap");
		advance(1);
		await(2);
		finish(0);
	}
	await(1);
	fill(m, N, 3);
	advance(2);
	join(c);
	shares(c, N);
	both(0, c, CLEAVE_REUSED, N);
}

static void mprotect_twice(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		must(sys(SYS_mprotect, m, N * PG, PROT_READ), "mprotect");
		must(sys(SYS_mprotect, m, N * PG, PROT_READ | PROT_WRITE), "mprotect");
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
}

static void dontneed(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		must(sys(SYS_madvise, m, N * PG, MADV_DONTNEED), "MADV_DONTNEED");
		fill(m, N, 2);
		advance(1);
		await(2);
		finish(0);
	}
	await(1);
	fill(m, N, 3);
	advance(2);
	join(c);
	shares(c, N);
	both(0, c, CLEAVE_REUSED, N);
}

/* The kernel frees no page that is shared: it stays, and is copied. */
static void madv_free(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		must(sys(SYS_madvise, m, N * PG, MADV_FREE), "MADV_FREE");
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
}

static void mremap_in_child(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		long to = sys(SYS_mremap, m, (N + 1) * PG, (N + 1) * PG,
			      MREMAP_MAYMOVE | MREMAP_FIXED, 0x200000000000L);

		must(to, "mremap");
		fill((char *)to, N, 2);
		finish(0);
	}
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
}

/* Below the stack as it is: the mapping grows, whatever the stack pointer. */
static void stack_pages(void)
{
	char *m = (char *)(((long)main_stack & -PG) - (64 + N) * PG);
	int c;

	fill(m, N, 1);
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
}

static void brk_heap(void)
{
	long m = (sys(SYS_brk, 0) + PG - 1) & -PG;
	int c;

	if (sys(SYS_brk, m + N * PG) != m + N * PG)
		must(-ENOMEM, "brk");
	fill((char *)m, N, 1);
	c = fork_task("child");
	if (c < 0) {
		fill((char *)m, N, 2);
		finish(0);
	}
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
}

/* parent - child - grandchild, all sharing the same pages. */
static void three_generations(void)
{
	char *m = filled();
	int c = fork_task("child"), g;

	if (c < 0) {
		g = fork_task("grandchild");
		if (g < 0) {
			fill(m, N, 2);
			advance(1);
			await(2);
			finish(0);
		}
		await(1);
		fill(m, N, 3);
		advance(2);
		join(g);
		advance(3);
		await(4);
		finish(0);
	}
	g = c + 1;
	await(3);
	fill(m, N, 4);
	advance(4);
	join(c);
	shares(c, N);
	T(c)->clones = 1;
	pages(g, P_ANON, N);
	cow(g, CLEAVE_COPIED, N);
	both(c, g, CLEAVE_COPIED, N);
	both(0, c, CLEAVE_REUSED, N);
}

static void two_children(void)
{
	char *m = filled();
	int a = fork_task("first"), b;

	if (a < 0) {
		await(1);
		fill(m, N, 2);
		advance(2);
		await(3);
		finish(0);
	}
	b = fork_task("second");
	if (b < 0) {
		await(2);
		fill(m, N, 2);
		advance(3);
		finish(0);
	}
	fill(m, N, 3);
	advance(1);
	join(a);
	join(b);
	shares(a, N);
	shares(b, N);
	cow(0, CLEAVE_COPIED, N);
	creator_cow(a, CLEAVE_COPIED, N);
	creator_cow(b, CLEAVE_COPIED, N);
	cow(a, CLEAVE_COPIED, N);
	cow(b, CLEAVE_REUSED, N);
}

/* The second is made after the first's pages have been broken. */
static void children_in_turn(void)
{
	char *m = filled();
	int a = fork_task("first"), b;

	if (a < 0) {
		fill(m, N, 2);
		advance(1);
		await(2);
		finish(0);
	}
	await(1);
	b = fork_task("second");
	if (b < 0) {
		fill(m, N, 2);
		advance(2);
		await(3);
		finish(0);
	}
	join(a);
	fill(m, N, 3);
	advance(3);
	join(b);
	shares(a, N);
	shares(b, N);
	cow(a, CLEAVE_COPIED, N);
	cow(b, CLEAVE_COPIED, N);
	both(0, b, CLEAVE_REUSED, N);
}

static void writer(void *arg)
{
	fill(arg, N, 2);
	advance(ctl->step + 1);
	for (;;)
		sys(SYS_pause);
}

static void thread_writes(void)
{
	char *m = filled();
	int c = fork_task("child"), t;

	if (c < 0) {
		t = thread_task("thread", THREAD, writer, m);
		T(t)->kind = "thread";
		await(1);
		finish(0);
	}
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
}

static void sharer(void *arg)
{
	fill(arg, N, 2);
	finish(0);
}

/* A process of its own in the child's address space. */
static void vm_sharer_writes(void)
{
	char *m = filled();
	int c = fork_task("child"), t;

	if (c < 0) {
		t = thread_task("sharer", CLONE_VM | SIGCHLD, sharer, m);
		T(t)->kind = "process in shared memory";
		T(t)->call = "clone";
		join(t);
		finish(0);
	}
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
}

/* The sharer lives on: the address space ends with it, not with the child. */
static void sharer_lives_on(void *arg)
{
	await(1);
	while (sys(SYS_getppid) == ctl->value[0])
		sys(SYS_sched_yield);
	fill(arg, N, 2);
	advance(2);
	finish(0);
}

static void vm_sharer_outlives(void)
{
	char *m = filled();
	int c = fork_task("child"), t;

	if (c < 0) {
		ctl->value[0] = sys(SYS_getpid);
		t = thread_task("sharer", CLONE_VM | SIGCHLD, sharer_lives_on, m);
		T(t)->kind = "process in shared memory";
		/* The last process in it reports the end of the address space. */
		T(t)->closes = CLOSE_EXIT;
		advance(1);
		finish(0);
	}
	join(c);
	await(2);
	shares(c, N);
	T(c)->closes = CLOSE_NONE;
	cow(c + 1, CLEAVE_COPIED, N);
	ctl->note = "the figures of the child's address space come with its last process";
}

static void racer(void *arg)
{
	ctl->scratch[0] = 1;
	while (!ctl->scratch[1])
		;
	fill(arg, N, 2);
	advance(1);
	for (;;)
		sys(SYS_pause);
}

static void threads_race(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		any_cpu();
		thread_task("racer", THREAD, racer, m);
		while (!ctl->scratch[0])
			sys(SYS_sched_yield);
		ctl->scratch[1] = 1;
		fill(m, N, 2);
		await(1);
		finish(0);
	}
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
	T(c)->cow[CLEAVE_NOT_A_BREAK] = ANY;
}

static void pagemap_oracle(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		fill(m, HALF, 2);
		advance(1);
		await(2);
		finish(0);
	}
	await(1);
	oracle("pagemap: frames that differ", O_WANT, c, HALF,
	       pagemap_differ(0, T(c)->pid, m, N));
	oracle("smaps: Anonymous", O_NOTE, c, 0,
	       proc_field(T(c)->pid, "smaps_rollup", "Anonymous:") / 4);
	oracle("smaps: Private_Dirty", O_DELTA, c, HALF,
	       proc_field(T(c)->pid, "smaps_rollup", "Private_Dirty:") / 4);
	advance(2);
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, HALF);
}

/* Before its first instruction, smaps counts in the child what fork shared. */
static void smaps_oracle(void)
{
	char *m = filled();
	int c = fork_held("child", SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	oracle("smaps: Anonymous", O_PAGES, c, 1 << P_ANON | 1 << P_ANON_HUGE,
	       proc_field(T(c)->pid, "smaps_rollup", "Anonymous:") / 4);
	oracle("smaps: Swap", O_PAGES, c, 1 << P_SWAP,
	       proc_field(T(c)->pid, "smaps_rollup", "Swap:") / 4);
	fork_release(c);
	join(c);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
}

static void minflt_oracle(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		long before;

		/* Fork has not copied what maps the program: its faults come first. */
		fill(m, 0, 2);
		minor_faults();
		before = minor_faults();
		fill(m, N, 2);
		ctl->value[0] = minor_faults() - before;
		finish(0);
	}
	join(c);
	/* Faults that break nothing, such as one that finds it done, count, too. */
	oracle("getrusage: ru_minflt", O_LEAST, c, N, ctl->value[0]);
	shares(c, N);
	cow(c, CLEAVE_COPIED, N);
}

const struct truth_case anon_cases[] = {
	{ "child_writes_half", "the child writes half of the pages", child_writes_half, 0 },
	{ "child_writes_all", "the child writes all pages", child_writes_all, 0 },
	{ "counted_maps", "the child writes all pages; kpagecount before and after",
	  counted_maps, 0 },
	{ "child_writes_none", "nobody writes", child_writes_none, 0 },
	{ "parent_writes_half", "the parent writes half of the pages", parent_writes_half, 0 },
	{ "parent_then_child", "the parent writes all, then the child", parent_then_child, 0 },
	{ "child_then_parent", "the child writes all, then the parent", child_then_parent, 0 },
	{ "interleaved", "the child first on even pages, the parent on odd ones",
	  interleaved, 0 },
	{ "exit_then_parent", "the child ends, then the parent writes", exit_then_parent, 0 },
	{ "orphan_writes", "the parent ends, then the child writes", orphan_writes, 0 },
	{ "same_page_twice", "the child writes each page twice", same_page_twice, 0 },
	{ "read_only", "both read", read_only, 0 },
	{ "dontfork", "MADV_DONTFORK", dontfork, 0 },
	{ "wipeonfork", "MADV_WIPEONFORK, both write", wipeonfork, 0 },
	{ "munmap_in_child", "the child unmaps, then the parent writes", munmap_in_child, 0 },
	{ "mprotect_twice", "the child protects, unprotects and writes", mprotect_twice, 0 },
	{ "dontneed", "MADV_DONTNEED in the child, then both write", dontneed, 0 },
	{ "madv_free", "MADV_FREE in the child, then it writes", madv_free, 0 },
	{ "mremap_in_child", "the child moves the pages and writes", mremap_in_child, 0 },
	{ "stack_pages", "pages of the stack", stack_pages, 1500 },
	{ "brk_heap", "pages of the heap", brk_heap, 0 },
	{ "three_generations", "grandchild, child, parent write in turn", three_generations, 0 },
	{ "two_children", "the parent, then two children write", two_children, 0 },
	{ "children_in_turn", "a second fork after the first child has written",
	  children_in_turn, 0 },
	{ "thread_writes", "a thread of the child writes", thread_writes, 0 },
	{ "vm_sharer_writes", "a CLONE_VM process of the child's writes", vm_sharer_writes, 0 },
	{ "vm_sharer_outlives", "it writes after the child has ended", vm_sharer_outlives, 0 },
	{ "threads_race", "two threads of the child write the same pages at once",
	  threads_race, 0 },
	{ "pagemap_oracle", "pagemap and smaps of a child that wrote half", pagemap_oracle, 0 },
	{ "smaps_oracle", "smaps of a child before its first instruction", smaps_oracle, 0 },
	{ "minflt_oracle", "minor faults of a child that wrote all", minflt_oracle, 0 },
	{ .name = NULL }
};
