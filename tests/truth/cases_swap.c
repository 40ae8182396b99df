// SPDX-License-Identifier: GPL-2.0-only
/*
 * cases_swap.c - pages that are swapped out, and how they come back: by a read, by
 * a write, by swapoff.
 */
#define _GNU_SOURCE 1

#include <sched.h>
#include <sys/mman.h>

#include "truth.h"

static void need_swap(void)
{
	if (proc_field(0, "../meminfo", "SwapTotal:") == 0)
		skip("no swap: neither zram nor a swap file could be set up");
}

static char *swap_out(char *m)
{
	int i;

	for (i = 0; i < 50 && pagemap_count(m, N, PM_SWAP) < N; i++)
		sys(SYS_madvise, m, N * PG, 21 /* MADV_PAGEOUT */);
	if (pagemap_count(m, N, PM_SWAP) < N)
		skip("the pages are not swapped out");
	return m;
}

static char *anon_out(void)
{
	need_swap();
	return swap_out(filled());
}

/*
 * Pages of a private file mapping that have been written, as those of a program's
 * data are: anonymous, in an area that has a file.
 */
static char *file_out(void)
{
	char *m;

	need_swap();
	m = map_file(tmp_file(tmp_dir, N), N, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	fill(m, N, 1);
	cow(0, CLEAVE_FILE_FIRST, N);
	return swap_out(m);
}

static void swap_read_only(void)
{
	char *m = anon_out();
	int c = fork_task("child");

	if (c < 0) {
		peek(m, N);
		finish(0);
	}
	join(c);
	forked(c, P_SWAP, N);
}

static void child_writes(char *m)
{
	int c = fork_task("child");

	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	forked(c, P_SWAP, N);
	cow(c, CLEAVE_COPIED, N);
}

static void swap_child(void)
{
	child_writes(anon_out());
}

static void swap_read_write(void)
{
	char *m = anon_out();
	int c = fork_task("child");

	if (c < 0) {
		peek(m, N);
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	forked(c, P_SWAP, N);
	cow(c, CLEAVE_COPIED, N);
}

/* What comes back is the page that was there before: no file's page is copied. */
static void swap_file_read(void)
{
	peek(file_out(), N);
}

/*
 * Nobody else had the page, and its swap entry says so (pte_swp_exclusive()): so
 * do_swap_page() maps it writable, and does not call do_wp_page().
 */
static void swap_file_write(void)
{
	fill(file_out(), N, 2);
}

static void swap_file_child(void)
{
	child_writes(file_out());
}

/* The first device of /proc/swaps, which stands in its second line. */
static char *swap_device(char *path)
{
	char *from = read_text("/proc/swaps"), *to = path;

	while (*from && *from++ != '\n')
		;
	while (*from > ' ')
		*to++ = *from++;
	*to = 0;
	if (!has_prefix(path, "/dev/zram"))
		skip("the swap is none that can be turned off here");
	return path;
}

/*
 * All that is swapped out comes back, into whatever address spaces it is of, and
 * by the task that turns the swap off.
 */
static void swap_off_and_on(const char *m)
{
	char path[64];

	must(sys(SYS_swapoff, swap_device(path)), "swapoff");
	must(sys(SYS_swapon, path, 0), "swapon");
	must(-pagemap_count(m, N, PM_SWAP), "swapoff of all pages");
}

/* unuse_pte() maps them write-protected, whoever has them: a write is a fault. */
static void swapoff_file(void)
{
	char *m = file_out();

	swap_off_and_on(m);
	fill(m, N, 2);
	cow(0, CLEAVE_REUSED, N);
}

static void swapoff_child_in(char *m)
{
	int c = fork_task("child");

	if (c < 0) {
		await(1);
		fill(m, N, 2);
		finish(0);
	}
	swap_off_and_on(m);
	advance(1);
	join(c);
	forked(c, P_SWAP, N);
	cow(c, CLEAVE_COPIED, N);
}

static void swapoff_child(void)
{
	swapoff_child_in(anon_out());
}

static void swapoff_file_child(void)
{
	swapoff_child_in(file_out());
}

const struct truth_case swap_cases[] = {
	{ "swap_read_only", "swapped out before the fork: the child reads", swap_read_only, 0 },
	{ "swap_child", "swapped out before the fork: the child writes", swap_child, 0 },
	{ "swap_read_write", "swapped out before the fork: the child reads, then writes",
	  swap_read_write, 0 },
	{ "swap_file_read", "written pages of a private file are swapped out, and read",
	  swap_file_read, 0 },
	{ "swap_file_write", "written pages of a private file are swapped out, and written",
	  swap_file_write, 0 },
	{ "swap_file_child", "the same before the fork: the child writes", swap_file_child, 0 },
	{ "swapoff_file", "written pages of a private file come back by swapoff, then a write",
	  swapoff_file, 0 },
	{ "swapoff_child", "shared pages come back by the parent's swapoff: the child writes",
	  swapoff_child, 0 },
	{ "swapoff_file_child", "the same, of a private file that was written",
	  swapoff_file_child, 0 },
	{ .name = NULL }
};
