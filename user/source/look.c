// SPDX-License-Identifier: GPL-2.0-only
/*
 * look.c - reads /proc/PID/pagemap: a word for each page, see pagemap_read() in
 * fs/proc/task_mmu.c and Documentation/admin-guide/mm/pagemap.rst.
 *
 * A page counts as shared if its word says present, not of a file (PM_FILE: neither page cache
 * nor shmem), and not mapped once (PM_MMAP_EXCLUSIVE).  What else looks like that:
 *
 * - The zero page, of which vm_normal_page() makes no page, so that neither flag is set.  It is
 *   known by its frame.  The huge one is PM_FILE: pagemap_pmd_range() takes pmd_page() itself,
 *   which is not anonymous.  Split, it is small zero pages (__split_huge_zero_page_pmd()).
 * - Frames without a page, as [vvar] has them: VM_PFNMAP.  Such mappings are passed over.
 *   [vdso] is of pages that are not anonymous, and [vsyscall] is above all that pagemap has.
 *
 * Of a huge page that is mapped as one, pagemap_pmd_range() judged all by the first of its
 * pages before 6.11, though another process may have split its mapping and copied some.  What
 * can be one is therefore counted by /proc/kpagecount.  Of hugetlb pages the flags are those of
 * the whole, which is mapped or copied as one (pagemap_hugetlb_range()), and kpagecount says the
 * same.  Shared mappings have no anonymous pages, so that nobody has to ask which are private.
 *
 * Where anything is, tells PAGEMAP_SCAN (6.7), which walks past holes.  Its PAGE_IS_* do not
 * say how often a page is mapped, so the words of what it finds are read all the same.  Before,
 * smaps tells how much each mapping has: the words of those that have something are read until
 * it has been found.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/need.h"
#include "source/look.h"

#define PM_FRAME		((1ULL << 55) - 1)
#define PM_MMAP_EXCLUSIVE	(1ULL << 56)
#define PM_FILE			(1ULL << 61)
#define PM_SWAP			(1ULL << 62)
#define PM_PRESENT		(1ULL << 63)

/*
 * A swap entry's type is in the lowest bits of its frame (MAX_SWAPFILES_SHIFT).  The highest
 * ones are no swap areas: pages that are being moved, that are poisoned, or on a device, and
 * the last (PTE_MARKER) is for marks without a page, as of userfaultfd and guard regions.
 * MAX_SWAPFILES is 23 where the kernel is built with all of these; whoever has more areas than
 * that at a time is told nothing of the last ones.
 */
#define SWAP_TYPE		31ULL
#define SWAP_AREAS		23
#define SWAP_MARKER		31

/* Those of <linux/fs.h> since 6.7, which is not there everywhere. */
struct region {
	__u64 start, end, categories;
};

struct scan_arg {
	__u64 size, flags, start, end, walk_end, vec, vec_len, max_pages;
	__u64 category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define SCAN_IOCTL		_IOWR('f', 16, struct scan_arg)
#define SCAN_FILE		(1ULL << 2)
#define SCAN_PRESENT		(1ULL << 3)
#define SCAN_SWAPPED		(1ULL << 4)
#define SCAN_PFNZERO		(1ULL << 5)

#define PAGE			4096ULL
#define HUGE_PAGES		512ULL
#define HUGE			(HUGE_PAGES * PAGE)

/* TASK_SIZE_MAX with five levels of page tables and with four. */
#define END_5			((1ULL << 56) - PAGE)
#define END_4			((1ULL << 47) - PAGE)

/* Words that are read at a time. */
#define WORDS			8192ULL
#define REGIONS			512
#define SCAN_PAGES		(1U << 16)	/* that one scan finds */
#define TEXT			65536

/* So many words of nothing are read in a look, before 6.7: of 128 GiB. */
#define EMPTY_MAX		(1ULL << 25)

/* How often words are read again while pages are being moved, and how long apart. */
#define MOVING_TRIES		10
#define MOVING_NS		1000000L

/* Of a line of smaps, no more is needed. */
#define LINE			256

bool look_scans = true;

/**
 * struct vma - a mapping, as smaps tells
 * @start: its first byte
 * @end: behind its last
 * @left: pages in it that are still to be found
 * @skip: whatever it has, is not asked for
 */
struct vma {
	__u64 start, end, left;
	bool skip;
};

/**
 * struct eyes - what a look needs, and how far it has come
 * @l: what it has found
 * @err: why it cannot even begin
 * @pid: of the process
 * @dir: of the task in /proc through which its memory is seen
 * @threads: whose turn comes where @dir has none; NULL: nobody's yet
 * @pagemap: descriptor; -1: @dir is still to be opened
 * @smaps: the same, where there is no PAGEMAP_SCAN; -1: not asked for
 * @counts: of kpagecount; -1: not open yet
 * @zero: frame of the zero page
 * @empty: words that told of nothing
 * @at: pages that are counted next
 * @end: behind the last of these
 * @arg: of the next scan
 * @region: the first of @regions that was not counted
 * @nr_regions: behind the last one
 * @vma: mapping that smaps tells of
 * @line: of smaps, as far as it was read
 * @line_len: its length
 * @text_at: the first byte of @text that was not used
 * @text_len: behind the last one
 * @words: of pagemap
 * @pages: of kpagecount
 * @regions: of PAGEMAP_SCAN
 * @text: of smaps
 */
struct eyes {
	struct look l;
	int err;
	pid_t pid;
	char dir[64];
	DIR *threads;
	int pagemap;
	int smaps;
	int counts;
	__u64 zero;
	__u64 empty;
	__u64 at, end;
	struct scan_arg arg;
	int region, nr_regions;
	struct vma vma;
	char line[LINE];
	size_t line_len;
	ssize_t text_at, text_len;
	__u64 words[WORDS];
	__u64 pages[HUGE_PAGES];
	union {
		struct region regions[REGIONS];
		char text[TEXT];
	};
};

/* @n words from address @at on. */
static int read_words(int fd, __u64 at, __u64 n, __u64 *words)
{
	size_t len = n * sizeof(*words), got = 0;
	ssize_t ret;

	while (got < len) {
		ret = pread(fd, (char *)words + got, len - got, at / PAGE * sizeof(*words) + got);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret < 0)
			return -errno;
		/* Nobody is in this memory any more: mmget_not_zero() in pagemap_read(). */
		if (!ret)
			return -ESRCH;
		got += ret;
	}
	return 0;
}

static bool is_anon(const struct eyes *e, __u64 word)
{
	return (word & PM_PRESENT) && !(word & PM_FILE) && (word & PM_FRAME) != e->zero;
}

static bool is_swap(__u64 word)
{
	return (word & PM_SWAP) && (word & SWAP_TYPE) < SWAP_AREAS;
}

/* Or is poisoned, or on a device, and so it stays. */
static bool is_moving(__u64 word)
{
	return (word & PM_SWAP) && (word & SWAP_TYPE) >= SWAP_AREAS &&
	       (word & SWAP_TYPE) < SWAP_MARKER;
}

static bool any_moving(const struct eyes *e, __u64 n)
{
	__u64 i;

	for (i = 0; i < n; i++)
		if (is_moving(e->words[i]))
			return true;
	return false;
}

static int read_settled(struct eyes *e, __u64 at, __u64 n)
{
	const struct timespec wait = { .tv_nsec = MOVING_NS };
	int tries, err;

	for (tries = 0; ; tries++) {
		err = read_words(e->pagemap, at, n, e->words);
		if (err || tries == MOVING_TRIES || !any_moving(e, n))
			return err;
		nanosleep(&wait, NULL);
	}
}

/* Can these be a huge page that is mapped as one? */
static bool may_be_huge(const struct eyes *e, const __u64 *words)
{
	__u64 frame = words[0] & PM_FRAME;

	return is_anon(e, words[0]) && frame % HUGE_PAGES == 0 &&
	       is_anon(e, words[HUGE_PAGES - 1]) &&
	       (words[HUGE_PAGES - 1] & PM_FRAME) == frame + HUGE_PAGES - 1;
}

/* Has each page's own count decide on PM_MMAP_EXCLUSIVE. */
static int judge_huge(struct eyes *e, __u64 *words)
{
	__u64 i;
	int err;

	if (e->counts < 0)
		e->counts = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	if (e->counts < 0)
		return -errno;
	err = read_words(e->counts, (words[0] & PM_FRAME) * PAGE, HUGE_PAGES, e->pages);
	for (i = 0; !err && i < HUGE_PAGES; i++) {
		/* Unmapped meanwhile: as pagemap has it. */
		if (!e->pages[i] || (words[i] & PM_FRAME) != (words[0] & PM_FRAME) + i)
			continue;
		words[i] &= ~PM_MMAP_EXCLUSIVE;
		if (e->pages[i] == 1)
			words[i] |= PM_MMAP_EXCLUSIVE;
	}
	return err;
}

static int judge_all_huge(struct eyes *e, __u64 at, __u64 n)
{
	__u64 i = (at + HUGE - 1) / HUGE * HUGE / PAGE - at / PAGE;
	int err = 0;

	for (; !err && i + HUGE_PAGES <= n; i += HUGE_PAGES)
		if (may_be_huge(e, e->words + i))
			err = judge_huge(e, e->words + i);
	return err;
}

/*
 * Counts @n pages from address @at on, at most WORDS; a multiple of a huge page's size is
 * never inside of what may be one.  Returns how many there are of those that smaps counts, or
 * an error.
 */
static long count_pages(struct eyes *e, __u64 at, __u64 n)
{
	__u64 i, found = 0;
	int err = read_settled(e, at, n);

	if (!err)
		err = judge_all_huge(e, at, n);
	if (err)
		return err;
	for (i = 0; i < n; i++) {
		if (is_swap(e->words[i])) {
			e->l.swap++;
			found++;
		} else if (is_anon(e, e->words[i])) {
			e->l.shared += !(e->words[i] & PM_MMAP_EXCLUSIVE);
			found++;
		}
	}
	e->empty += n - found;
	return found;
}

/* How many pages from @at to @end to read in one piece, so that none cuts a huge page. */
static __u64 piece(__u64 at, __u64 end)
{
	__u64 stop = at / HUGE * HUGE + WORDS * PAGE;

	return ((stop < end ? stop : end) - at) / PAGE;
}

/*
 * What look_step() and those that it consists of return: there is more to be done; 0: nothing
 * more; or an error.
 */
#define MORE		1

/* Of what is to be counted, one piece. */
static int count_piece(struct eyes *e)
{
	__u64 n = piece(e->at, e->end);
	long found = count_pages(e, e->at, n);

	if (found < 0)
		return found;
	e->at += n * PAGE;
	if (e->smaps < 0)
		return MORE;
	e->vma.left -= (__u64)found < e->vma.left ? (__u64)found : e->vma.left;
	if (!e->vma.left)
		e->at = e->end;
	return e->empty > EMPTY_MAX ? -E2BIG : MORE;
}

/* Returns how many regions there are from e->arg.start on, or an error. */
static int scan(struct eyes *e)
{
	struct scan_arg *arg = &e->arg;
	int n;

	arg->size = sizeof(*arg);
	arg->vec = (unsigned long)e->regions;
	arg->vec_len = REGIONS;
	arg->max_pages = SCAN_PAGES;
	arg->category_inverted = SCAN_FILE | SCAN_PFNZERO;
	arg->category_mask = SCAN_FILE | SCAN_PFNZERO;
	arg->category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED;
	n = ioctl(e->pagemap, SCAN_IOCTL, arg);
	return n < 0 ? -errno : n;
}

/* -ENOTTY, at first: this kernel has it not. */
static int step_by_scan(struct eyes *e)
{
	int n;

	if (e->region < e->nr_regions) {
		const struct region *r = &e->regions[e->region++];

		e->at = r->start;
		e->end = r->end;
		return MORE;
	}
	if (e->arg.start >= e->arg.end)
		return 0;
	n = scan(e);
	if (n == -EFAULT && e->arg.end == END_5) {
		e->arg.end = END_4;
		return MORE;
	}
	if (n < 0)
		return n;
	e->region = 0;
	e->nr_regions = n;
	e->arg.start = e->arg.walk_end;
	return MORE;
}

/* The number of a line "Name:   N kB". */
static bool is_field(const char *line, const char *name, __u64 *pages)
{
	size_t len = strlen(name);

	if (strncmp(line, name, len))
		return false;
	*pages += strtoull(line + len, NULL, 10) * 1024 / PAGE;
	return true;
}

/*
 * show_smap(): a header, as in maps, then the figures of the mapping, VmFlags the last.  Those
 * of smaps_hugetlb_range() stand apart; of the others, "Anonymous" has all PageAnon().
 */
static void smaps_line(struct eyes *e)
{
	struct vma *v = &e->vma;
	unsigned long long start, end;
	const char *line = e->line;

	if (sscanf(line, "%llx-%llx ", &start, &end) == 2) {
		*v = (struct vma) { .start = start, .end = end };
		return;
	}
	if (is_field(line, "Anonymous:", &v->left) || is_field(line, "Swap:", &v->left) ||
	    is_field(line, "Shared_Hugetlb:", &v->left) ||
	    is_field(line, "Private_Hugetlb:", &v->left))
		return;
	if (strncmp(line, "VmFlags:", 8))
		return;
	/* Of VM_PFNMAP, copied pages are not counted either: pagemap_scan_test_walk(). */
	v->skip = strstr(line, " pf") || strstr(line, " sh");
	if (v->skip || !v->left)
		return;
	e->at = v->start;
	e->end = v->end;
}

/*
 * Line by line, of which the rest is dropped where a path is long, up to a mapping that has
 * something in it.
 */
static void smaps_text(struct eyes *e)
{
	while (e->text_at < e->text_len && e->at >= e->end) {
		char c = e->text[e->text_at++];

		if (c != '\n') {
			if (e->line_len < LINE - 1)
				e->line[e->line_len++] = c;
			continue;
		}
		e->line[e->line_len] = '\0';
		e->line_len = 0;
		smaps_line(e);
	}
}

static int step_by_smaps(struct eyes *e)
{
	ssize_t n;

	if (e->text_at < e->text_len) {
		smaps_text(e);
		return MORE;
	}
	n = read(e->smaps, e->text, TEXT);
	if (n < 0)
		return errno == EINTR ? MORE : -errno;
	e->text_at = 0;
	e->text_len = n;
	return n ? MORE : 0;
}

/* Where we see no frames, the word has 0 for it. */
static int zero_frame(__u64 *frame)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), err;
	volatile char *page;
	__u64 word;

	if (fd < 0)
		return errno == ENOENT ? -EOPNOTSUPP : -errno;
	page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED) {
		err = -errno;
		close(fd);
		return err;
	}
	(void)*page;
	err = read_words(fd, (unsigned long)page, 1, &word);
	munmap((void *)page, PAGE);
	close(fd);
	*frame = word & PM_FRAME;
	return err ? err : *frame ? 0 : -EPERM;
}

static int open_in(const struct eyes *e, const char *name)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", e->dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENOENT ? -ESRCH : -errno;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int open_smaps(struct eyes *e)
{
	e->text_at = 0;
	e->text_len = 0;
	e->line_len = 0;
	e->vma = (struct vma) {};
	e->smaps = open_in(e, "smaps");
	return e->smaps < 0 ? e->smaps : MORE;
}

/* Of memory that nobody is in any more pagemap has nothing.  What was opened stays what it is. */
static int check_memory(const struct eyes *e)
{
	__u64 word;

	return read_words(e->pagemap, 0, 1, &word);
}

static int open_task(struct eyes *e)
{
	int err;

	e->l = (struct look) {};
	e->at = 0;
	e->end = 0;
	e->region = 0;
	e->nr_regions = 0;
	e->arg = (struct scan_arg) { .end = END_5 };
	e->pagemap = open_in(e, "pagemap");
	if (e->pagemap < 0)
		return e->pagemap;
	/*
	 * In memory that nobody is in, PAGEMAP_SCAN oopses kernels without "proc: fix the issue
	 * of proc_mem_open returning NULL".
	 */
	err = check_memory(e);
	if (err)
		return err;
	return look_scans ? MORE : open_smaps(e);
}

static int step_in_task(struct eyes *e)
{
	int ret;

	if (e->at < e->end)
		return count_piece(e);
	if (e->smaps >= 0)
		ret = step_by_smaps(e);
	else
		ret = step_by_scan(e);
	if (ret == -ENOTTY && e->smaps < 0)
		return open_smaps(e);
	/*
	 * To the scan, memory that nobody is in any more has nothing in it.  It cannot have
	 * been like that before if it is not now.
	 */
	return ret ? ret : check_memory(e);
}

static void close_task(struct eyes *e)
{
	close_fd(&e->smaps);
	close_fd(&e->pagemap);
}

/* A thread that has ended has no memory, but another may. */
static bool next_thread(struct eyes *e)
{
	char path[32];
	struct dirent *d;

	if (!e->threads) {
		snprintf(path, sizeof(path), "/proc/%d/task", e->pid);
		e->threads = opendir(path);
	}
	while (e->threads && (d = readdir(e->threads))) {
		if (d->d_name[0] == '.' || strtol(d->d_name, NULL, 10) == e->pid)
			continue;
		snprintf(e->dir, sizeof(e->dir), "/proc/%d/task/%.16s", e->pid, d->d_name);
		return true;
	}
	return false;
}

struct eyes *look_begin(pid_t pid)
{
	struct eyes *e = need(malloc(sizeof(*e)));

	e->pid = pid;
	snprintf(e->dir, sizeof(e->dir), "/proc/%d", pid);
	e->threads = NULL;
	e->pagemap = -1;
	e->smaps = -1;
	e->counts = -1;
	e->empty = 0;
	e->err = zero_frame(&e->zero);
	return e;
}

int look_step(struct eyes *e)
{
	int ret = e->err;

	if (!ret)
		ret = e->pagemap < 0 ? open_task(e) : step_in_task(e);
	if (ret != -ESRCH)
		return ret;
	close_task(e);
	return next_thread(e) ? MORE : -ESRCH;
}

struct look look_end(struct eyes *e)
{
	struct look l = e->l;

	close_task(e);
	close_fd(&e->counts);
	if (e->threads)
		closedir(e->threads);
	free(e);
	return l;
}
