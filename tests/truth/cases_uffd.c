// SPDX-License-Identifier: GPL-2.0-only
/*
 * cases_uffd.c - faults that are resolved by user space, and faults that come to
 * nothing.
 */
#define _GNU_SOURCE 1

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "truth.h"

/* Protection from reads as well, newer than the headers this may be built with. */
#ifndef UFFDIO_REGISTER_MODE_RWP
#define UFFD_FEATURE_RWP		(1 << 17)
#define UFFDIO_REGISTER_MODE_RWP	(1UL << 3)
#define UFFDIO_RWPROTECT_MODE_RWP	(1UL << 0)

struct uffdio_rwprotect {
	struct uffdio_range range;
	unsigned long long mode;
};

#define UFFDIO_RWPROTECT	_IOWR(UFFDIO, 0x09, struct uffdio_rwprotect)
#endif

static long uffd;

/* Watches the N pages, and the one behind them. */
static void watch(char *m, unsigned long features, unsigned long mode, const char *none)
{
	struct uffdio_api *api = (void *)ctl->buf;
	struct uffdio_register *reg = (void *)ctl->buf;

	uffd = sys(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		skip("no userfaultfd");
	*api = (struct uffdio_api){ .api = UFFD_API, .features = features };
	if (sys(SYS_ioctl, uffd, UFFDIO_API, api))
		skip(none);
	*reg = (struct uffdio_register){
		.range = { (unsigned long)m, (N + 1) * PG },
		.mode = mode,
	};
	if (sys(SYS_ioctl, uffd, UFFDIO_REGISTER, reg))
		skip(none);
}

static void write_protect(unsigned long from, long n, unsigned long mode)
{
	struct uffdio_writeprotect *wp = (void *)(ctl->buf + 256);

	*wp = (struct uffdio_writeprotect){ .range = { from, n * PG }, .mode = mode };
	must(sys(SYS_ioctl, uffd, UFFDIO_WRITEPROTECT, wp), "UFFDIO_WRITEPROTECT");
}

static void rw_protect(unsigned long from, long n, unsigned long mode)
{
	struct uffdio_rwprotect *rwp = (void *)(ctl->buf + 256);

	*rwp = (struct uffdio_rwprotect){ .range = { from, n * PG }, .mode = mode };
	must(sys(SYS_ioctl, uffd, UFFDIO_RWPROTECT, rwp), "UFFDIO_RWPROTECT");
}

static void copy_in(unsigned long to)
{
	struct uffdio_copy *copy = (void *)(ctl->buf + 256);

	*copy = (struct uffdio_copy){ .dst = to, .src = (unsigned long)ctl, .len = PG };
	must(sys(SYS_ioctl, uffd, UFFDIO_COPY, copy), "UFFDIO_COPY");
}

static void lift_wp(unsigned long page)
{
	write_protect(page, 1, 0);
}

static void lift_rwp(unsigned long page)
{
	rw_protect(page, 1, 0);
}

/* A thread that resolves N faults. */
static void handler(void *arg)
{
	void (*resolve)(unsigned long page) = arg;
	struct uffd_msg *msg = (void *)ctl->buf;
	long left = N;

	advance(1);
	while (left) {
		must(sys(SYS_read, uffd, msg, sizeof(*msg)) - (long)sizeof(*msg),
		     "read of userfaultfd");
		if (msg->event != UFFD_EVENT_PAGEFAULT)
			continue;
		resolve(msg->arg.pagefault.address & -PG);
		left--;
	}
	for (;;)
		sys(SYS_pause);
}

static void write_handled(char *m, void (*resolve)(unsigned long page))
{
	thread_task("handler", THREAD, handler, resolve);
	await(1);
	fill(m, N, 2);
}

static void protect(char *m)
{
	watch(m, 0, UFFDIO_REGISTER_MODE_WP, "no write protection by userfaultfd");
	if (N)
		write_protect((unsigned long)m, N, UFFDIO_WRITEPROTECT_MODE_WP);
}

static void uffd_shared(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		protect(m);
		write_handled(m, lift_wp);
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_NOT_A_BREAK, N);
	cow(c, CLEAVE_COPIED, N);
}

/*
 * The pages are exclusive: the kernel may make them writable at once when the
 * protection is lifted (since 6.2), or leave it to a second fault.
 */
static void uffd_alone(void)
{
	char *m = filled();

	protect(m);
	write_handled(m, lift_wp);
	cow(0, CLEAVE_NOT_A_BREAK, N);
	if (ctl->kernel < 602)
		cow(0, CLEAVE_REUSED, N);
}

static void protect_all(char *m)
{
	watch(m, UFFD_FEATURE_RWP, UFFDIO_REGISTER_MODE_RWP,
	      "no protection from reads by userfaultfd");
	if (N)
		rw_protect((unsigned long)m, N, UFFDIO_RWPROTECT_MODE_RWP);
}

/*
 * handle_pte_fault() leaves such a fault to do_uffd_rwp(): do_wp_page() is called
 * once, by the fault that follows when the protection is lifted.
 */
static void uffd_rwp_shared(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0) {
		protect_all(m);
		write_handled(m, lift_rwp);
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
}

/*
 * mrwprotect_range() has pages that nobody else has made writable at once, by
 * MM_CP_TRY_CHANGE_WRITABLE.
 */
static void uffd_rwp_alone(void)
{
	char *m = filled();

	protect_all(m);
	write_handled(m, lift_rwp);
}

/* Pages that the parent wants from userfaultfd, in a private mapping of tmpfs. */
static char *missing_file(void)
{
	int fd = tmp_file(tmp_dir, N);
	char *m = map_file(fd, N, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	/* Holes again: what is in the page cache is not missing. */
	must(sys(SYS_ftruncate, fd, 0), "ftruncate");
	must(sys(SYS_ftruncate, fd, (N + 1) * PG), "ftruncate");
	watch(m, 0, UFFDIO_REGISTER_MODE_MISSING,
	      "userfaultfd does not take a private mapping of this file system");
	return m;
}

/* Anonymous pages in an area that has a file, and not made of the file's. */
static void uffd_file_copy(void)
{
	char *m = missing_file();
	long i;
	int c;

	for (i = 0; i < N; i++)
		copy_in((unsigned long)m + i * PG);
	c = fork_task("child");
	if (c < 0) {
		fill(m, N, 2);
		finish(0);
	}
	join(c);
	forked(c, P_ANON, N);
	cow(c, CLEAVE_COPIED, N);
}

/* The same, by a write that has waited for the page in shmem_fault(). */
static void uffd_file_fault(void)
{
	write_handled(missing_file(), copy_in);
}

/*
 * A fault for a pin that finds the page exclusive: a call of do_wp_page() that comes
 * to nothing.  After it, what is made at the same address must not be taken for
 * what it came to.
 */
static void come_to_nothing(char *page)
{
	read_by_pin((int)sys(SYS_getpid), page, 1);
}

/* Pages that a child had, too, and that are therefore still write-protected. */
static char *protected_exclusive(void)
{
	char *m = filled();
	int c = fork_task("child");

	if (c < 0)
		finish(0);
	join(c);
	forked(c, P_ANON, N);
	return m;
}

static void anew_after_nothing(void)
{
	char *m = protected_exclusive();
	long i;

	for (i = 0; i < N; i++) {
		come_to_nothing(m + i * PG);
		must(sys(SYS_madvise, m + i * PG, PG, MADV_DONTNEED), "madvise");
		m[i * PG] = 2;
	}
	cow(0, CLEAVE_NOT_A_BREAK, N);
}

static void uffd_after_nothing(void)
{
	char *m = protected_exclusive();
	long i;

	watch(m, 0, UFFDIO_REGISTER_MODE_MISSING, "no missing pages by userfaultfd");
	for (i = 0; i < N; i++) {
		come_to_nothing(m + i * PG);
		must(sys(SYS_madvise, m + i * PG, PG, MADV_DONTNEED), "madvise");
		copy_in((unsigned long)m + i * PG);
	}
	cow(0, CLEAVE_NOT_A_BREAK, N);
}

const struct truth_case uffd_cases[] = {
	{ "uffd_shared", "userfaultfd protects shared pages in the child, which writes",
	  uffd_shared, 0 },
	{ "uffd_alone", "userfaultfd protects pages that are not shared", uffd_alone, 0 },
	{ "uffd_rwp_shared", "userfaultfd protects shared pages from reads, too: the child writes",
	  uffd_rwp_shared, 0 },
	{ "uffd_rwp_alone", "the same of pages that are not shared", uffd_rwp_alone, 0 },
	{ "uffd_file_copy", "userfaultfd fills a private file mapping: the child writes",
	  uffd_file_copy, 0 },
	{ "uffd_file_fault", "a write to a private file mapping waits for userfaultfd's page",
	  uffd_file_fault, 0 },
	{ "anew_after_nothing", "new pages where a fault came to nothing",
	  anew_after_nothing, 0 },
	{ "uffd_after_nothing", "the same by userfaultfd, without a fault",
	  uffd_after_nothing, 0 },
	{ .name = NULL }
};
