// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile.c - uses /dev/cleave as nobody should: wrong arguments, random ones,
 * positions of its own making, deaths at any moment, and no memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleave_ioctl.h"
#include "rand.h"

#define PAGE	4096UL
#define RING	(4 * PAGE)

static int failures;

static void die(const char *what)
{
	fprintf(stderr, "hostile: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int dev_open(void)
{
	int fd = open("/dev/" CLEAVE_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/" CLEAVE_DEVICE);
	return fd;
}

static struct cleave_start good(void)
{
	return (struct cleave_start) {
		.size = sizeof(struct cleave_start),
		.abi = CLEAVE_ABI_VERSION,
		.ring_size = RING,
		.max_as = 64,
	};
}

static int started(void)
{
	struct cleave_start s = good();
	int fd = dev_open();

	if (ioctl(fd, CLEAVE_IOC_START, &s))
		die("START");
	return fd;
}

/* ---- what each wrong argument is answered with ---- */

__attribute__((format(printf, 3, 4)))
static void want(long ret, int error, const char *fmt, ...)
{
	int got = ret < 0 ? errno : 0;
	va_list ap;

	if (got == error)
		return;
	failures++;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(": %s, not %s\n", got ? strerrorname_np(got) : "success",
	       error ? strerrorname_np(error) : "success");
}

static void abi_start(void)
{
	struct {
		struct cleave_start s;
		char tail[2 * PAGE];
	} big = { .s = good() };
	int fd = dev_open();

#define TRY(field, value, error)					\
	do {								\
		big.s = good();						\
		big.s.field = (value);					\
		want(ioctl(fd, CLEAVE_IOC_START, &big), error,		\
		     "START with %s = %s", #field, #value);		\
	} while (0)

	TRY(size, 0, EINVAL);
	TRY(size, sizeof(big.s) - 1, EINVAL);
	TRY(size, PAGE + 1, E2BIG);
	TRY(size, ~0U, E2BIG);
	TRY(abi, 0, EPROTO);
	TRY(abi, CLEAVE_ABI_VERSION + 1, EPROTO);
	TRY(ring_size, 0, EINVAL);
	TRY(ring_size, PAGE - 1, EINVAL);
	TRY(ring_size, PAGE / 2, EINVAL);
	TRY(ring_size, 3 * PAGE, EINVAL);
	TRY(ring_size, 2UL * CLEAVE_RING_MAX, EINVAL);
	TRY(ring_size, 1UL << 63, EINVAL);
	TRY(max_as, 0, EINVAL);
	TRY(max_as, CLEAVE_AS_MAX + 1, EINVAL);
	TRY(flags, CLEAVE_START_SWITCHES << 1, EINVAL);
	TRY(flags, 1U << 31, EINVAL);
#undef TRY
	/* Larger than the module knows: taken only if the rest says nothing. */
	big.s = good();
	big.s.size = sizeof(big.s) + 8;
	big.tail[7] = 1;
	want(ioctl(fd, CLEAVE_IOC_START, &big), E2BIG, "START with a tail");
	want(ioctl(fd, CLEAVE_IOC_START, NULL), EFAULT, "START of NULL");
	want(ioctl(fd, CLEAVE_IOC_START, 0xffff888000000000UL), EFAULT,
	     "START of a kernel address");
	big.tail[7] = 0;
	want(ioctl(fd, CLEAVE_IOC_START, &big), 0, "START with an empty tail");
	want(ioctl(fd, CLEAVE_IOC_START, &big), EBUSY, "a second START");
	close(fd);
}

static void abi_others(void)
{
	struct cleave_get_totals t = { .size = sizeof(t) };
	struct cleave_get_hooks h = { .size = sizeof(h) };
	__s32 pid = getpid();
	int fd = dev_open();

	want(ioctl(fd, CLEAVE_IOC_ROOT, &pid), ENOTCONN, "ROOT before START");
	want(ioctl(fd, CLEAVE_IOC_TOTALS, &t), ENOTCONN, "TOTALS before START");
	want(ioctl(fd, CLEAVE_IOC_HOOKS, &h), ENOTCONN, "HOOKS before START");
	want(ioctl(fd, CLEAVE_IOC_STOP), ENOTCONN, "STOP before START");
	close(fd);
	fd = started();
	want(ioctl(fd, _IO('c', 0x7f)), ENOTTY, "an ioctl that is none");
	want(ioctl(fd, TCGETS, &t), ENOTTY, "a terminal's ioctl");
	want(ioctl(fd, CLEAVE_IOC_TOTALS, NULL), EFAULT, "TOTALS of NULL");
	t.size = sizeof(t) - 1;
	want(ioctl(fd, CLEAVE_IOC_TOTALS, &t), EINVAL, "TOTALS too small");
	t.size = sizeof(t);
	want(ioctl(fd, CLEAVE_IOC_TOTALS, &t), 0, "TOTALS");
	h.size = 0;
	want(ioctl(fd, CLEAVE_IOC_HOOKS, &h), EINVAL, "HOOKS too small");
	h.size = sizeof(h);
	want(ioctl(fd, CLEAVE_IOC_HOOKS, &h), 0, "HOOKS");
	want(ioctl(fd, CLEAVE_IOC_ROOT, NULL), EFAULT, "ROOT of NULL");
	pid = 0;
	want(ioctl(fd, CLEAVE_IOC_ROOT, &pid), ESRCH, "ROOT of 0");
	pid = -1;
	want(ioctl(fd, CLEAVE_IOC_ROOT, &pid), ESRCH, "ROOT of -1");
	pid = 0x7fffffff;
	want(ioctl(fd, CLEAVE_IOC_ROOT, &pid), ESRCH, "ROOT of nobody");
	pid = getpid();
	want(ioctl(fd, CLEAVE_IOC_ROOT, &pid), 0, "ROOT of oneself");
	want(read(fd, &t, sizeof(t)), EINVAL, "read");
	want(write(fd, &t, sizeof(t)), EINVAL, "write");
	want(lseek(fd, 1, SEEK_SET), ESPIPE, "lseek");
	want(ioctl(fd, CLEAVE_IOC_STOP), 0, "STOP");
	want(ioctl(fd, CLEAVE_IOC_STOP), 0, "a second STOP");
	close(fd);
}

static void abi_attach(void)
{
	struct {
		struct cleave_get_attach a;
		__u64 tail;
	} big = { .a.size = sizeof(big.a) };
	int fd = dev_open();

	want(ioctl(fd, CLEAVE_IOC_ATTACH, &big), ENOTCONN, "ATTACH before START");
	close(fd);
	fd = started();
#define TRY(field, value, error)					\
	do {								\
		big.a = (struct cleave_get_attach) { .size = sizeof(big.a) }; \
		big.a.field = (value);					\
		want(ioctl(fd, CLEAVE_IOC_ATTACH, &big), error,		\
		     "ATTACH with %s = %s", #field, #value);		\
	} while (0)

	TRY(size, 0, EINVAL);
	TRY(size, sizeof(big.a) - 1, EINVAL);
	TRY(size, PAGE + 1, E2BIG);
	TRY(rsv, 1, EINVAL);
	TRY(pid, -1, EINVAL);
	TRY(pid, -0x7fffffff - 1, EINVAL);
	TRY(pid, 0x7fffffff, ESRCH);
	TRY(pid, 2, ESRCH);
	TRY(pid, 0, 0);
	want(big.a.found ? -1 : 0, 0, "nothing descends from nothing");
	TRY(pid, getpid(), 0);
	want(big.a.found == 1 ? 0 : -1, 0, "ATTACH to oneself");
	TRY(pid, getpid(), 0);
	want(big.a.found ? -1 : 0, 0, "ATTACH to oneself again");
	big.a.size = sizeof(big);
	big.tail = 1;
	want(ioctl(fd, CLEAVE_IOC_ATTACH, &big), E2BIG, "ATTACH with a tail");
	big.tail = 0;
	want(ioctl(fd, CLEAVE_IOC_ATTACH, &big), 0, "ATTACH with an empty tail");
	want(ioctl(fd, CLEAVE_IOC_ATTACH, NULL), EFAULT, "ATTACH of NULL");
	ioctl(fd, CLEAVE_IOC_STOP);
	TRY(pid, 1, EINVAL);
#undef TRY
	close(fd);
}

static void abi_snapshot(void)
{
	static struct cleave_snap snaps[64];
	struct {
		struct cleave_get_snap g;
		__u64 tail;
	} big = { .g.size = sizeof(big.g) };
	__s32 pid = getpid();
	int fd = dev_open();

	want(ioctl(fd, CLEAVE_IOC_SNAPSHOT, &big), ENOTCONN, "SNAPSHOT before START");
	close(fd);
	fd = started();
	ioctl(fd, CLEAVE_IOC_ROOT, &pid);
#define TRY(field, value, error)					\
	do {								\
		big.g = (struct cleave_get_snap) {			\
			.size = sizeof(big.g), .nr = 64,		\
			.snaps = (unsigned long)snaps,			\
		};							\
		big.g.field = (value);					\
		want(ioctl(fd, CLEAVE_IOC_SNAPSHOT, &big), error,	\
		     "SNAPSHOT with %s = %s", #field, #value);		\
	} while (0)

	TRY(size, 0, EINVAL);
	TRY(size, sizeof(big.g) - 1, EINVAL);
	TRY(size, PAGE + 1, E2BIG);
	TRY(nr, 0, EINVAL);
	TRY(rsv, 1, EINVAL);
	TRY(snaps, 0, EFAULT);
	TRY(snaps, 0xffff888000000000UL, EFAULT);
	TRY(snaps, ~0UL, EFAULT);
	TRY(first, ~0U, 0);
	want(big.g.nr || big.g.first ? -1 : 0, 0, "a SNAPSHOT from behind the last");
	TRY(nr, ~0U, 0);
	want(big.g.nr == 1 && !big.g.first && snaps[0].fig.as ? 0 : -1, 0,
	     "a SNAPSHOT of one");
	big.g.size = sizeof(big);
	big.tail = 1;
	want(ioctl(fd, CLEAVE_IOC_SNAPSHOT, &big), E2BIG, "SNAPSHOT with a tail");
	want(ioctl(fd, CLEAVE_IOC_SNAPSHOT, NULL), EFAULT, "SNAPSHOT of NULL");
	ioctl(fd, CLEAVE_IOC_STOP);
	TRY(nr, 1, 0);
	want(big.g.nr == 1 ? 0 : -1, 0, "a SNAPSHOT after STOP");
#undef TRY
	close(fd);
}

static void map_one(int fd, int prot, int flags, unsigned long len,
		    unsigned long pages, int error, const char *what)
{
	void *p = mmap(NULL, len, prot, flags, fd, pages * PAGE);

	want(p == MAP_FAILED ? -1 : 0, error, "mmap of %s", what);
	if (p != MAP_FAILED)
		munmap(p, len);
}

static void abi_mmap(void)
{
	unsigned long all = 2 * PAGE + 2 * RING;
	int fd = dev_open(), rw = PROT_READ | PROT_WRITE;
	char *p;

	map_one(fd, rw, MAP_SHARED, PAGE, 0, ENOTCONN, "a session that is none");
	close(fd);
	fd = started();
	map_one(fd, rw, MAP_SHARED, PAGE, 0, 0, "the consumer page");
	map_one(fd, rw, MAP_SHARED, 2 * PAGE, 0, EPERM, "two pages to write");
	map_one(fd, rw, MAP_SHARED, PAGE, 1, EPERM, "the producer page to write");
	map_one(fd, rw, MAP_SHARED, PAGE, 2, EPERM, "data to write");
	map_one(fd, PROT_READ, MAP_PRIVATE, PAGE, 0, EPERM, "a private page");
	map_one(fd, PROT_READ | PROT_EXEC, MAP_SHARED, PAGE, 1, EPERM, "code");
	map_one(fd, PROT_READ, MAP_SHARED, all, 0, 0, "all to read");
	map_one(fd, PROT_READ, MAP_SHARED, all + PAGE, 0, EINVAL, "more than all");
	map_one(fd, PROT_READ, MAP_SHARED, PAGE, all / PAGE, EINVAL, "what lies behind");
	map_one(fd, PROT_READ, MAP_SHARED, PAGE, 1UL << 40, EINVAL, "far behind");
	p = mmap(NULL, all - PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	want(mprotect(p, PAGE, rw), EACCES, "mprotect to write");
	want(mprotect(p, PAGE, PROT_READ | PROT_EXEC), EACCES, "mprotect to execute");
	/* It stays valid when the session has stopped and its file is closed. */
	ioctl(fd, CLEAVE_IOC_STOP);
	close(fd);
	want(((volatile char *)p)[0] < -1 ? -1 : 0, 0, "a mapping of a closed file");
	munmap(p, all - PAGE);
}

static int do_abi(long n)
{
	(void)n;
	abi_start();
	abi_others();
	abi_attach();
	abi_snapshot();
	abi_mmap();
	return failures != 0;
}

/* ---- a million calls, random or almost right ---- */

#define FDS	6

static int fuzz_fd[FDS];
static long fuzz_calls;

static void random_start(struct rnd *r, struct cleave_start *s)
{
	static const unsigned long sizes[] = { 0, 1, PAGE, 2 * PAGE, RING, RING + 1, 64 << 20 };

	*s = good();
	switch (rnd_below(r, 8)) {
	case 0:
		s->size = rnd_below(r, 2 * PAGE);
		break;
	case 1:
		s->abi = rnd_below(r, 4);
		break;
	case 2:
		s->ring_size = sizes[rnd_below(r, 6)];
		break;
	case 3:
		s->max_as = rnd_below(r, 1000);
		break;
	case 4:
		s->flags = 1U << rnd_below(r, 32);
		break;
	case 5:
		s->flags = rnd_below(r, 4);
		break;
	case 6:
		s->pretend_missing = 1ULL << rnd_below(r, 64);
		break;
	}
}

static void fuzz_ioctl(struct rnd *r, int fd)
{
	union {
		struct cleave_start s;
		struct cleave_get_totals t;
		struct cleave_get_hooks h;
		struct cleave_get_attach a;
		struct cleave_get_snap n;
		__s32 pid;
		char bytes[2 * PAGE];
	} arg;
	static const unsigned long known[] = {
		CLEAVE_IOC_ROOT, CLEAVE_IOC_TOTALS, CLEAVE_IOC_HOOKS, CLEAVE_IOC_RESET,
	};
	static char snaps[PAGE];
	void *where = rnd_below(r, 20) ? (void *)&arg :
		      (void *)((unsigned long)rnd_below(r, ~0U) << rnd_below(r, 33));

	memset(&arg, rnd_below(r, 3) ? 0 : rnd_below(r, 256), 64);
	switch (rnd_below(r, 8)) {
	case 0:
		/* Costs a grace period each time. */
		if (rnd_below(r, 60))
			return;
		random_start(r, &arg.s);
		ioctl(fd, CLEAVE_IOC_START, where);
		return;
	case 1:
		ioctl(fd, rnd_below(r, ~0U), where);
		return;
	case 2:
		ioctl(fd, _IOC(rnd_below(r, 4), 'c', rnd_below(r, 256), rnd_below(r, 1 << 14)),
		      where);
		return;
	case 3:
		arg.a.size = rnd_below(r, 8) ? sizeof(arg.a) : rnd_below(r, 2 * PAGE);
		arg.a.pid = rnd_below(r, 4) ? (int)rnd_below(r, 400) : (int)rnd_below(r, ~0U);
		arg.a.rsv = !rnd_below(r, 8);
		ioctl(fd, CLEAVE_IOC_ATTACH, where);
		return;
	case 4:
		arg.n.size = rnd_below(r, 8) ? sizeof(arg.n) : rnd_below(r, 2 * PAGE);
		arg.n.first = rnd_below(r, 4) ? rnd_below(r, 64) : rnd_below(r, ~0U);
		arg.n.nr = rnd_below(r, PAGE / sizeof(struct cleave_snap) + 1);
		arg.n.snaps = (unsigned long)snaps;
		arg.n.rsv = !rnd_below(r, 8);
		ioctl(fd, CLEAVE_IOC_SNAPSHOT, where);
		return;
	default:
		arg.t.size = rnd_below(r, 4) ? sizeof(arg.t) : rnd_below(r, ~0U);
		if (!rnd_below(r, 3))
			arg.h.size = sizeof(arg.h);
		if (!rnd_below(r, 4))
			arg.pid = rnd_below(r, 400);
		ioctl(fd, known[rnd_below(r, 4)], where);
	}
}

static void fuzz_mmap(struct rnd *r, int fd)
{
	unsigned long len = PAGE * (1 + rnd_below(r, 12));
	unsigned long off = rnd_below(r, 8) ? rnd_below(r, 14) : rnd_below(r, ~0U);
	char *p = mmap(NULL, len, rnd_below(r, 8), rnd_below(r, 4) ? MAP_SHARED : MAP_PRIVATE,
		       fd, off * PAGE);

	if (p == MAP_FAILED)
		return;
	mprotect(p, len, rnd_below(r, 8));
	madvise(p, len, rnd_below(r, 26));
	munmap(p, rnd_below(r, 2) ? len : PAGE);
	munmap(p, len);
}

static void fuzz_rest(struct rnd *r, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = rnd_below(r, 1 << 11) };
	char buf[64];
	int d;

	switch (rnd_below(r, 6)) {
	case 0:
		poll(&pfd, 1, 0);
		break;
	case 1:
		d = read(fd, buf, rnd_below(r, sizeof(buf)));
		(void)d;
		break;
	case 2:
		d = write(fd, buf, rnd_below(r, sizeof(buf)));
		(void)d;
		break;
	case 3:
		fcntl(fd, F_SETFL, rnd_below(r, 2) ? O_NONBLOCK : 0);
		break;
	case 4:
		d = dup(fd);
		if (d >= 0)
			close(d);
		break;
	case 5:
		fsync(fd);
		break;
	}
}

/* Another open in the place of one: what the others use goes away under them. */
static void fuzz_reopen(struct rnd *r)
{
	int fd = dev_open();

	if (rnd_below(r, 2)) {
		struct cleave_start s = good();

		ioctl(fd, CLEAVE_IOC_START, &s);
	}
	dup2(fd, fuzz_fd[1 + rnd_below(r, FDS - 1)]);
	close(fd);
}

static void *fuzz_thread(void *seed)
{
	struct rnd r = { .state = 77 + (long)seed };
	long i;

	for (i = 0; i < fuzz_calls; i++) {
		int fd = fuzz_fd[rnd_below(&r, FDS)];

		if (!rnd_below(&r, 2000))
			fuzz_reopen(&r);
		switch (rnd_below(&r, 8)) {
		case 0:
			fuzz_mmap(&r, fd);
			break;
		case 1:
			fuzz_rest(&r, fd);
			break;
		default:
			fuzz_ioctl(&r, fd);
		}
	}
	return NULL;
}

#define THREADS	4

static int do_fuzz(long n)
{
	pthread_t t[THREADS];
	long i;

	/* One stays open, so that the hooks stay. */
	fuzz_fd[0] = started();
	for (i = 1; i < FDS; i++)
		fuzz_fd[i] = dev_open();
	fuzz_calls = n / THREADS;
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, fuzz_thread, (void *)i))
			die("pthread_create");
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	printf("%ld calls by %d threads\n", fuzz_calls * THREADS, THREADS);
	return 0;
}

/* ---- a reader that writes what it likes where it may ---- */

static int do_scribble(long n)
{
	struct rnd r = { .state = 5 };
	struct cleave_get_totals t = { .size = sizeof(t) };
	__s32 pid = getpid();
	int fd = started();
	volatile unsigned long *cons = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					    MAP_SHARED, fd, 0);
	const volatile unsigned long *prod = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	unsigned long made = 0;
	long i;

	if (cons == MAP_FAILED || prod == MAP_FAILED)
		die("mmap");
	if (ioctl(fd, CLEAVE_IOC_ROOT, &pid))
		die("ROOT");
	for (i = 0; i < n; i++) {
		pid_t child = fork();

		if (!child)
			_exit(0);
		made += child > 0;
		switch (rnd_below(&r, 4)) {
		case 0:
			*cons = (unsigned long)rnd_below(&r, ~0U) << 32 | rnd_below(&r, ~0U);
			break;
		case 1:
			*cons = *prod + rnd_below(&r, 1 << 16);
			break;
		case 2:
			*cons = *prod - rnd_below(&r, 1 << 16);
			break;
		case 3:
			memset((void *)cons, rnd_below(&r, 256), PAGE);
			break;
		}
		waitpid(child, NULL, 0);
	}
	if (ioctl(fd, CLEAVE_IOC_TOTALS, &t))
		die("TOTALS");
	if (t.totals.clones[CLEAVE_KIND_PROCESS] != made || t.totals.exits != made ||
	    t.totals.sent[CLEAVE_REC_CLONE] + t.totals.lost[CLEAVE_REC_CLONE] != made) {
		printf("%lu made, but %llu clones and %llu exits counted\n", made,
		       t.totals.clones[CLEAVE_KIND_PROCESS], t.totals.exits);
		return 1;
	}
	printf("%lu processes, %llu clone records sent, %llu lost\n", made,
	       t.totals.sent[CLEAVE_REC_CLONE], t.totals.lost[CLEAVE_REC_CLONE]);
	return 0;
}

/* ---- readers killed at any moment ---- */

static void read_for_ever(void)
{
	__s32 pid = getppid();
	int fd = dev_open();
	struct cleave_start s = good();
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	volatile unsigned long *cons, *prod;

	ioctl(fd, CLEAVE_IOC_START, &s);
	cons = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	prod = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	ioctl(fd, CLEAVE_IOC_ROOT, &pid);
	for (;;) {
		poll(&pfd, 1, 1);
		if (cons != MAP_FAILED && prod != MAP_FAILED)
			*cons = *prod;
	}
}

static void kill_readers(long n, unsigned long seed)
{
	struct rnd r = { .state = seed };
	long i;

	for (i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid)
			read_for_ever();
		if (pid < 0)
			die("fork");
		/* Most before it has come far, some at work. */
		usleep(rnd_below(&r, 1 + (1 << rnd_below(&r, 14))));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	_exit(0);
}

#define KILLERS	6	/* as many readers at a time, of the eight that there can be */

static int do_readers(long n)
{
	int held = started(), bad = 0, status;
	long i;

	for (i = 0; i < KILLERS; i++)
		if (!fork())
			kill_readers(n / KILLERS, 100 + i);
	for (i = 0; i < KILLERS; i++)
		bad |= wait(&status) < 0 || status;
	close(held);
	printf("%ld readers killed\n", n / KILLERS * KILLERS);
	return bad;
}

/* ---- no memory: each allocation of a task in turn fails (fail-nth) ---- */

/* One for each task; opened before anything is to fail. */
static int nth_fd = -1;

static void open_nth(void)
{
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0)
		die("fail-nth");
}

/* Reading user memory is one of the things that can fail: then it is over. */
static void set_nth(long n)
{
	char buf[24];
	int len = snprintf(buf, sizeof(buf), "%ld", n);

	if (nth_fd < 0)
		open_nth();
	while (pwrite(nth_fd, buf, len, 0) != len)
		if (errno != EFAULT)
			die("fail-nth");
}

/* What is left of it: 0 if what was done before has failed. */
static long get_nth(void)
{
	char buf[24] = "";

	if (pread(nth_fd, buf, sizeof(buf) - 1, 0) < 0)
		return 1;	/* it is this call that has */
	return atol(buf);
}

/* No more failures: get_nth(). */
static long end_nth(void)
{
	long left = get_nth();

	set_nth(0);
	return left;
}

static int allowed(int error)
{
	return !error || error == ENOMEM || error == EFAULT || error == EINTR;
}

/*
 * All that a reader does; returns the first errno.  @attaches: the hooks are
 * attached by this session, and detached: then nothing fails from there on, as
 * __disarm_kprobe_ftrace() allocates, warns where it cannot, and leaves the probe
 * behind.  @left: 0 if the @nth allocation was come to.
 */
static int use_device(long nth, bool attaches, long *left)
{
	struct cleave_start s = good();
	struct cleave_get_totals t = { .size = sizeof(t) };
	struct cleave_get_hooks h = { .size = sizeof(h) };
	struct cleave_get_attach a = { .size = sizeof(a) };
	struct cleave_snap snap[2];
	struct cleave_get_snap n = { .size = sizeof(n), .nr = 2,
				     .snaps = (unsigned long)snap };
	struct pollfd pfd = { .events = POLLIN };
	__s32 pid = getpid();
	void *cons, *data;
	int error = 0, fd;

#define STEP(cond)	do { if (!error && !(cond)) error = errno; } while (0)
	set_nth(nth);
	fd = open("/dev/" CLEAVE_DEVICE, O_RDWR | O_CLOEXEC);
	STEP(fd >= 0);
	STEP(!ioctl(fd, CLEAVE_IOC_START, &s));
	if (attaches)
		*left = end_nth();
	cons = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	STEP(cons != MAP_FAILED);
	data = mmap(NULL, PAGE + 2 * RING, PROT_READ, MAP_SHARED, fd, PAGE);
	STEP(data != MAP_FAILED);
	STEP(!ioctl(fd, CLEAVE_IOC_ROOT, &pid));
	STEP(!ioctl(fd, CLEAVE_IOC_ATTACH, &a));
	STEP(!ioctl(fd, CLEAVE_IOC_SNAPSHOT, &n));
	STEP(!ioctl(fd, CLEAVE_IOC_HOOKS, &h));
	pfd.fd = fd;
	STEP(poll(&pfd, 1, 0) >= 0);
	STEP(!ioctl(fd, CLEAVE_IOC_TOTALS, &t));
	STEP(!ioctl(fd, CLEAVE_IOC_STOP));
#undef STEP
	if (fd >= 0)
		close(fd);
	if (cons != MAP_FAILED)
		munmap(cons, PAGE);
	if (data != MAP_FAILED)
		munmap(data, PAGE + 2 * RING);
	if (!attaches)
		*left = end_nth();
	return error;
}

#define FAR	1000000L

/* Each allocation in turn, or every @step-th. */
static int fail_device(bool attaches, long step)
{
	long n, left, tried = 0, bad = 0, errors = 0;

	for (n = 1;; n += step) {
		int error = use_device(n, attaches, &left);

		if (left)
			break;
		tried++;
		errors += error != 0;
		if (!allowed(error)) {
			printf("allocation %ld fails with %s\n", n, strerrorname_np(error));
			bad++;
		}
	}
	printf("%ld allocations made to fail %s: %ld errors to user space\n", tried,
	       attaches ? "while hooks attach" : "besides", errors);
	return bad || tried < 10;
}

static int do_faildevice(long step)
{
	int held, bad;

	/* Attaching makes most of the allocations. */
	bad = fail_device(true, step);
	held = started();
	bad |= fail_device(false, 1);
	close(held);
	return bad;
}

static int load(const char *ko)
{
	int fd = open(ko, O_RDONLY | O_CLOEXEC), error = 0;

	if (syscall(SYS_finit_module, fd, "", 0))
		error = errno;
	close(fd);
	return error;
}

/* The last allocations of a load are those of the module itself. */
static int do_failload(long n)
{
	const char *ko = getenv("CLEAVE_TEST_KO");
	long all, i, bad = 0, errors = 0;

	set_nth(FAR);
	if (load(ko))
		die("finit_module");
	all = FAR - get_nth();
	set_nth(0);
	if (syscall(SYS_delete_module, "cleave", 0))
		die("delete_module");
	for (i = all > n ? all - n : 1; i <= all; i++) {
		int error;

		set_nth(i);
		error = load(ko);
		set_nth(0);
		errors += error != 0;
		if (!allowed(error)) {
			printf("allocation %ld: %s\n", i, strerrorname_np(error));
			bad++;
		}
		if (!error && syscall(SYS_delete_module, "cleave", 0))
			die("delete_module");
	}
	printf("of %ld allocations at load the last %ld made to fail, %ld errors\n", all, n,
	       errors);
	return bad != 0;
}

/* The n-th allocation of a fork fails: what each fork has returned. */
static int do_failfork(long n)
{
	long i, failed = 0, left = 0;

	for (i = 1; i <= n && !left; i++) {
		int status;
		pid_t pid;

		set_nth(i);
		pid = syscall(SYS_fork);
		if (!pid)
			_exit(0);
		left = end_nth();
		failed += pid < 0;
		if (pid > 0)
			waitpid(pid, &status, 0);
	}
	printf("%ld tried, %ld failed\n", i - 1, failed);
	return 0;
}

/* The first allocation of each write fault fails once: the page is copied once. */
static int do_failwrite(long n)
{
	volatile char *p = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;
	long i;

	madvise((void *)p, n * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < n; i++)
		p[i * PAGE] = 1;
	printf("%#lx\n", (unsigned long)p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		open_nth();
		for (i = 0; i < n; i++) {
			set_nth(1);
			p[i * PAGE] = 2;
			set_nth(0);
		}
		_exit(3);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status) != 3;
}

static const struct command {
	const char *name;
	int (*run)(long n);
	long def;
} commands[] = {
	{ "abi", do_abi, 0 },
	{ "fuzz", do_fuzz, 1000000 },
	{ "scribble", do_scribble, 2000 },
	{ "readers", do_readers, 10000 },
	{ "faildevice", do_faildevice, 1 },
	{ "failload", do_failload, 100 },
	{ "failfork", do_failfork, 1000 },
	{ "failwrite", do_failwrite, 100 },
};

/*
 * After a fork the kernel writes into glibc's area for restartable sequences; if
 * that finds no memory it kills: rseq_handle_notify_resume(), force_sigsegv().
 */
static void without_rseq(char **argv)
{
	if (getenv("GLIBC_TUNABLES"))
		return;
	setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
	execv("/proc/self/exe", argv);
	die("execv");
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc > 1 && !strncmp(argv[1], "fail", 4))
		without_rseq(argv);

	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc > 2 ? atol(argv[2]) : commands[i].def);
	fprintf(stderr, "usage: hostile abi|fuzz|scribble|readers|fail... [N]\n");
	return 2;
}
