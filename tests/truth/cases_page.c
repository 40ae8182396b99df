// SPDX-License-Identifier: GPL-2.0-only
/*
 * cases_page.c - pages of other kinds: the zero page, files, huge pages, pages
 * merged or pinned.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/vfs.h>

#include "truth.h"

/* The zero page. */

/* The page after those is written: else, fork copies no entries. */
static void zero_child(void)
{
	char *m = anon(N);
	int c;

	fill(m + N * PG, 1, 1);
	peek(m, N);
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
	forked(c, P_ANON, 0);
	cow(c, CLEAVE_ZERO, N);
	both(0, c, CLEAVE_ZERO, N);
}

static void zero_not_copied(void)
{
	char *m = anon(N);
	int c;

	peek(m, N);
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	forked(c, P_ANON, 0);
}

static void zero_alone(void)
{
	char *m = anon(N);

	peek(m, N);
	fill(m, N, 2);
	cow(0, CLEAVE_ZERO, N);
}

static void fresh(void)
{
	char *m = anon(N);

	fill(m, N, 2);
}

/* Private files. */

#define PRIVATE	PROT_READ | PROT_WRITE, MAP_PRIVATE
#define SHARED	PROT_READ | PROT_WRITE, MAP_SHARED

/*
 * What is mapped of it is what is wanted, and no more: the kernel maps the
 * neighbours of a page that is read, up to the end of the mapping.  The last
 * page is written, which makes fork copy the mapping's page table.
 */
static char *file_mixed(const char *dir)
{
	char *m = map_file(tmp_file(dir, N), N, PRIVATE);

	fill(m + N * PG, 1, 1);
	peek(m, N);
	return m;
}

static void file_never_mapped_in(const char *dir)
{
	char *m = map_file(tmp_file(dir, N), N, PRIVATE);
	int c;

	peek(m, N);
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	forked(c, P_FILE, 0);
	cow(c, CLEAVE_FILE_FIRST, N);
}

static void file_written_in(const char *dir)
{
	char *m = map_file(tmp_file(dir, N), N, PRIVATE);
	int c;

	fill(m, N, 1);
	c = fork_task("child");
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
	forked(c, P_ANON, N);
	cow(0, CLEAVE_FILE_FIRST, N);
	cow(c, CLEAVE_COPIED, N);
	both(0, c, CLEAVE_REUSED, N);
}

static void file_child_in(const char *dir)
{
	char *m = file_mixed(dir);
	int c = fork_task("child");

	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	forked(c, P_FILE, N);
	cow(c, CLEAVE_FILE, N);
}

static void file_parent_in(const char *dir)
{
	char *m = file_mixed(dir);
	int c = fork_task("child");

	if (c < 0) {
		await(1);
		fill(m, N, 2);
		finish(0);
	}
	fill(m, N, 2);
	advance(1);
	join(c);
	forked(c, P_FILE, N);
	cow(c, CLEAVE_FILE, N);
	both(0, c, CLEAVE_FILE, N);
}

static void file_shared_in(const char *dir, int notices)
{
	char *m = map_file(tmp_file(dir, N), N, SHARED);
	int c;

	peek(m, N);
	c = fork_task("child");
	if (c < 0) {
		peek(m, N);
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	forked(c, P_SHMEM, 0);
	if (notices)
		cow(c, CLEAVE_NOT_A_BREAK, N);
}

static void need_disk(void)
{
	struct statfs *f = (struct statfs *)ctl->buf;

	if (!disk_dir)
		skip("no folder on a disk: TRUTH_DISK is not set");
	must(sys(SYS_statfs, disk_dir, f), "statfs");
	if (f->f_type != EXT4_SUPER_MAGIC)
		skip("TRUTH_DISK is not on ext4");
}

static void tmpfs_never_mapped(void) { file_never_mapped_in(tmp_dir); }
static void tmpfs_written(void) { file_written_in(tmp_dir); }
static void tmpfs_child(void) { file_child_in(tmp_dir); }
static void tmpfs_parent(void) { file_parent_in(tmp_dir); }
static void tmpfs_shared(void) { file_shared_in(tmp_dir, 0); }
static void disk_never_mapped(void) { need_disk(); file_never_mapped_in(disk_dir); }
static void disk_written(void) { need_disk(); file_written_in(disk_dir); }
static void disk_child(void) { need_disk(); file_child_in(disk_dir); }
static void disk_parent(void) { need_disk(); file_parent_in(disk_dir); }
static void disk_shared(void) { need_disk(); file_shared_in(disk_dir, 1); }

static void shared_anon(void)
{
	char *m = (char *)sys(SYS_mmap, 0, (N + 1) * PG, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int c;

	fill(m, N, 1);
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	fill(m, N, 3);
	join(c);
	forked(c, P_SHMEM, 0);
}

/* Transparent huge pages: the size is their number. */

static char *thp(int write)
{
	char *m;
	long i;

	if (read_num("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size") != HUGE_PG)
		skip("no transparent huge pages");
	sys(SYS_prctl, PR_SET_THP_DISABLE, 0, 0, 0, 0);
	m = aligned(N * PER_HUGE, HUGE_PG);
	if (N && sys(SYS_madvise, m, N * HUGE_PG, MADV_HUGEPAGE))
		skip("MADV_HUGEPAGE fails");
	for (i = 0; i < N; i++) {
		if (write)
			fill(m + i * HUGE_PG, 1, 1);
		else
			peek(m + i * HUGE_PG, 1);
	}
	if (write && proc_field(0, "smaps_rollup", "AnonHugePages:") != N * HUGE_PG / 1024)
		skip("no huge pages to be had");
	return m;
}

static void one_each(char *m)
{
	fill_step(m, 0, N * PER_HUGE, PER_HUGE, 2);
}

static void thp_child_one(void)
{
	char *m = thp(1);
	int c = fork_task("child");

	if (c < 0) {
		one_each(m);
		finish(0);
	}
	join(c);
	forked(c, P_ANON_HUGE, N * PER_HUGE);
	cow(c, CLEAVE_HUGE_SPLIT, N);
	cow(c, CLEAVE_COPIED, N);
}

static void thp_child_all(void)
{
	char *m = thp(1);
	int c = fork_task("child");

	if (c < 0) {
		fill(m, N * PER_HUGE, 2);
		finish(0);
	}
	join(c);
	forked(c, P_ANON_HUGE, N * PER_HUGE);
	cow(c, CLEAVE_HUGE_SPLIT, N);
	cow(c, CLEAVE_COPIED, N * PER_HUGE);
}

static void thp_parent_after(void)
{
	char *m = thp(1);
	int c = fork_task("child");

	if (c < 0)
		finish(0);
	join(c);
	fill(m, N * PER_HUGE, 2);
	forked(c, P_ANON_HUGE, N * PER_HUGE);
	cow(0, CLEAVE_HUGE_REUSED, N);
}

static void thp_parent_one(void)
{
	char *m = thp(1);
	int c = fork_task("child");

	if (c < 0) {
		await(1);
		finish(0);
	}
	one_each(m);
	advance(1);
	join(c);
	forked(c, P_ANON_HUGE, N * PER_HUGE);
	both(0, c, CLEAVE_HUGE_SPLIT, N);
	both(0, c, CLEAVE_COPIED, N);
}

/* Split already when it is forked: base pages, of a large folio. */
static void thp_split_before(void)
{
	char *m = thp(1);
	long i;
	int c;

	for (i = 0; i < N; i++)
		must(sys(SYS_mprotect, m + i * HUGE_PG, PG, PROT_READ), "mprotect");
	c = fork_task("child");
	if (c < 0) {
		for (i = 0; i < N; i++)
			fill(m + i * HUGE_PG + PG, 7, 2);
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N * PER_HUGE);
	cow(c, CLEAVE_COPIED, 7 * N);
}

static void huge_zero(void)
{
	char *m;
	int c;

	if (read_num("/sys/kernel/mm/transparent_hugepage/use_zero_page") != 1)
		skip("no huge zero page");
	m = thp(0);
	c = fork_task("child");
	if (c < 0) {
		one_each(m);
		one_each(m + PG);
		finish(0);
	}
	join(c);
	forked(c, P_ANON_HUGE, 0);
	if (ctl->kernel >= 613) {
		cow(c, CLEAVE_HUGE_ZERO, N);
		return;
	}
	cow(c, CLEAVE_HUGE_SPLIT, N);
	cow(c, CLEAVE_ZERO, 2 * N);
}

/* hugetlb: the size is the number of its pages. */

static char *hugetlb_filled(void)
{
	static const char path[] = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
	char *m;
	long i;

	if (read_num(path) < 16 && write_str(path, "16"))
		skip("no hugetlb pages can be had");
	if (read_num("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages") < 3 * N)
		skip("not enough hugetlb pages");
	m = (char *)sys(SYS_mmap, 0, (N + 1) * HUGE_PG, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1, 0);
	must((long)m, "mmap of hugetlb pages");
	for (i = 0; i < N; i++)
		fill(m + i * HUGE_PG, 1, 1);
	return m;
}

static void hugetlb_child(void)
{
	char *m = hugetlb_filled();
	int c = fork_task("child");

	if (c < 0) {
		one_each(m);
		one_each(m + PG);
		advance(1);
		await(2);
		finish(0);
	}
	await(1);
	one_each(m);
	advance(2);
	join(c);
	forked(c, P_HUGETLB, N * PER_HUGE);
	cow(c, CLEAVE_HUGETLB_COPIED, N);
	both(0, c, CLEAVE_HUGETLB_REUSED, N);
}

static void hugetlb_parent(void)
{
	char *m = hugetlb_filled();
	int c = fork_task("child");

	if (c < 0) {
		await(1);
		one_each(m);
		finish(0);
	}
	one_each(m);
	advance(1);
	join(c);
	forked(c, P_HUGETLB, N * PER_HUGE);
	cow(c, CLEAVE_HUGETLB_REUSED, N);
	both(0, c, CLEAVE_HUGETLB_COPIED, N);
}

/* KSM: one more page than is written, for the first to be merged with. */

static void merge(char *m)
{
	static const struct timespec { long s, ns; } nap = { 0, 20000000 };
	int i;

	if (write_str("/sys/kernel/mm/ksm/pages_to_scan", "10000") ||
	    write_str("/sys/kernel/mm/ksm/sleep_millisecs", "1"))
		skip("no KSM");
	must(sys(SYS_madvise, m, (N + 1) * PG, MADV_MERGEABLE), "MADV_MERGEABLE");
	write_str("/sys/kernel/mm/ksm/run", "1");
	for (i = 0; i < 500; i++) {
		if (!N || read_num("/proc/self/ksm_merging_pages") == N + 1)
			break;
		sys(SYS_nanosleep, &nap, 0);
	}
	write_str("/sys/kernel/mm/ksm/run", "0");
	if (i == 500)
		skip("ksmd has not merged the pages within 10 s");
}

static void ksm_alone(void)
{
	char *m = anon(N);

	fill(m, N + 1, 0x5a);
	merge(m);
	fill(m, N, 2);
	cow(0, CLEAVE_KSM, N);
}

static void ksm_child(void)
{
	char *m = anon(N);
	int c;

	fill(m, N + 1, 0x5a);
	merge(m);
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_KSM, N);
}

static void unshare_self(void)
{
	char *m = anon(N);
	int c;

	fill(m, N, 1);
	c = fork_task("child");
	if (c < 0) {
		read_by_pin((int)sys(SYS_getpid), m, N);
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_UNSHARE, N);
	/* The copy is exclusive, but not made writable: that is left to the write. */
	cow(c, CLEAVE_REUSED, N);
}

static void unshare_by_parent(void)
{
	char *m = anon(N);
	int c;

	fill(m, N, 1);
	c = fork_task("child");
	if (c < 0) {
		await(1);
		finish(0);
	}
	read_by_pin(T(c)->pid, m, N);
	advance(1);
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_UNSHARE, N);
}

/* Nobody else has the page any more: nothing to copy, nothing made writable. */
static void unshare_exclusive(void)
{
	char *m = anon(N);
	int c;

	fill(m, N, 1);
	c = fork_task("child");
	if (c < 0)
		finish(0);
	join(c);
	read_by_pin((int)sys(SYS_getpid), m, N);
	fill(m, N, 2);
	forked(c, P_ANON, N);
	cow(0, CLEAVE_NOT_A_BREAK, N);
	cow(0, CLEAVE_REUSED, N);
}

/* Pinned pages are copied by fork itself. */

static int uring(unsigned int flags)
{
	struct io_uring_params *p = (void *)ctl->buf;
	long fd;

	*p = (struct io_uring_params){ .flags = flags };
	fd = sys(SYS_io_uring_setup, 4, p);
	if (fd < 0)
		skip("io_uring is not available");
	return (int)fd;
}

static void pinned_at_fork(void)
{
	char *m = anon(N);
	struct iovec v = { m, N * PG };
	int c, fd = uring(0);

	fill(m, N, 1);
	if (N && sys(SYS_io_uring_register, fd, IORING_REGISTER_BUFFERS, &v, 1) < 0)
		skip("IORING_REGISTER_BUFFERS fails");
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	fill(m, N, 3);
	join(c);
	forked(c, P_COPIED, N);
}

/* A writing pin is a write. */
static void pinned_by_child(void)
{
	char *m = anon(N);
	int c;

	fill(m, N, 1);
	c = fork_task("child");
	if (c < 0) {
		struct iovec v = { m, N * PG };
		int fd = uring(0);

		if (N && sys(SYS_io_uring_register, fd, IORING_REGISTER_BUFFERS, &v, 1) < 0)
			skip("IORING_REGISTER_BUFFERS fails");
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
}

#define HUGE_CAP	3

const struct truth_case page_cases[] = {
	{ "zero_child", "the zero page: child, then parent write", zero_child, 0 },
	{ "zero_not_copied", "the zero page in a mapping never written: the child writes",
	  zero_not_copied, 0 },
	{ "zero_alone", "the zero page, without a fork", zero_alone, 0 },
	{ "fresh", "pages never touched before are written", fresh, 0 },
	{ "tmpfs_never_mapped", "private tmpfs file, read by the parent: the child writes",
	  tmpfs_never_mapped, 0 },
	{ "tmpfs_written", "private tmpfs file, written before the fork: both write",
	  tmpfs_written, 0 },
	{ "tmpfs_child", "private tmpfs file, entries copied by fork: the child writes",
	  tmpfs_child, 0 },
	{ "tmpfs_parent", "the same, first the parent writes, then the child", tmpfs_parent, 0 },
	{ "tmpfs_shared", "shared tmpfs file, read, then written by the child",
	  tmpfs_shared, 0 },
	{ "ext4_never_mapped", "private ext4 file, read by the parent: the child writes",
	  disk_never_mapped, 0 },
	{ "ext4_written", "private ext4 file, written before the fork: both write",
	  disk_written, 0 },
	{ "ext4_child", "private ext4 file, entries copied by fork: the child writes",
	  disk_child, 0 },
	{ "ext4_parent", "the same, first the parent writes, then the child", disk_parent, 0 },
	{ "ext4_shared", "shared ext4 file, read, then written: notices", disk_shared, 0 },
	{ "shared_anon", "shared anonymous memory, both write", shared_anon, 0 },
	{ "thp_child_one", "huge pages: the child writes one page of each",
	  thp_child_one, HUGE_CAP },
	{ "thp_child_all", "huge pages: the child writes all of each", thp_child_all, HUGE_CAP },
	{ "thp_parent_one", "huge pages: the parent writes one page of each",
	  thp_parent_one, HUGE_CAP },
	{ "thp_parent_after", "huge pages: the child ends, then the parent writes",
	  thp_parent_after, HUGE_CAP },
	{ "thp_split_before", "huge pages mapped by base pages: the child writes 7 of each",
	  thp_split_before, HUGE_CAP },
	{ "huge_zero", "the huge zero page: the child writes two pages of each",
	  huge_zero, HUGE_CAP },
	{ "hugetlb_child", "hugetlb: the child writes, then the parent",
	  hugetlb_child, HUGE_CAP },
	{ "hugetlb_parent", "hugetlb: the parent writes, then the child",
	  hugetlb_parent, HUGE_CAP },
	{ "ksm_alone", "pages merged by KSM are written, without a fork", ksm_alone, 0 },
	{ "ksm_child", "pages merged by KSM: the child writes", ksm_child, 0 },
	{ "unshare_self", "the child pins shared pages for reading, then writes",
	  unshare_self, 0 },
	{ "unshare_by_parent", "the parent pins shared pages of the child for reading",
	  unshare_by_parent, 0 },
	{ "unshare_exclusive", "the last owner pins pages for reading, then writes",
	  unshare_exclusive, 0 },
	{ "pinned_at_fork", "pages pinned in the parent at the fork, both write",
	  pinned_at_fork, 0 },
	{ "pinned_by_child", "the child pins shared pages for writing, then writes",
	  pinned_by_child, 0 },
	{ .name = NULL }
};
