// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_look.c - what a process shares, of memory that is made for it.
 *
 * A process, the maker, makes memory and forks a child.  Both then do one step at a time, as
 * they are told, and wait in read() otherwise.  What a step must change in what the child
 * shares is known to the page; what it shares to begin with, stack and data, is not.  We have
 * no page in common with them, or what we write would change it, too.
 *
 * Without ASan, of which each process has 16 TiB with pages here and there: before 6.7 that is
 * too much to be searched.
 *
 * Build: with user/source/look.c and -fno-sanitize=address.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"
#include "source/look.h"

#define PG	4096L
#define N	1000L		/* pages of most mappings */
#define HUGES	4L
#define HUGE_PG	512L
#define TIB	(1L << 40)
#define FARS	16

enum step {
	NOTHING,
	WRITE_PRIVATE,		/* 300 pages */
	READ_ZERO,		/* 200 more */
	WRITE_ZERO,		/* 100 of 300 */
	WRITE_SHARED,
	WRITE_FILE,		/* 40 pages that were written before, and 40 that were not */
	UNMAP_PRIVATE,
	READ_HUGE_ZERO,
	WRITE_HUGE,		/* one page of the second */
	SPLIT_HUGE,		/* the third, by protecting a page of it */
	WRITE_FAR,		/* the last page of each */
	END,
};

/* One of the two, driven by pipes. */
struct actor {
	pid_t pid;
	int say[2], done[2];
};

struct world {
	struct actor maker, child;
	volatile char *private, *zero, *shared, *file, *huge, *huge_zero, *far[FARS];
	pid_t *child_pid;	/* where both may write */
};

static struct world w;

static int look_shared(pid_t pid, struct look *l)
{
	struct eyes *e = look_begin(pid);
	struct look found;
	int ret;

	do
		ret = look_step(e);
	while (ret > 0);
	found = look_end(e);
	if (!ret)
		*l = found;
	return ret;
}

static volatile char *map(long size, int flags, int fd)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p == MAP_FAILED)
		_exit(3);
	madvise(p, size, MADV_NOHUGEPAGE);
	return p;
}

static volatile char *map_anon(long size, int flags)
{
	return map(size, MAP_ANONYMOUS | MAP_NORESERVE | flags, -1);
}

static volatile char *map_huge(long n)
{
	char *p = (char *)map_anon((n + 1) * HUGE_PG * PG, MAP_PRIVATE);

	p = (char *)(((unsigned long)p + HUGE_PG * PG - 1) & -(HUGE_PG * PG));
	madvise(p, n * HUGE_PG * PG, MADV_HUGEPAGE);
	return p;
}

static volatile char *map_file(void)
{
	char path[] = "/tmp/test-look-XXXXXX";
	int fd = mkstemp(path);
	volatile char *p;

	if (fd < 0 || unlink(path) || ftruncate(fd, N * PG))
		_exit(3);
	p = map(N * PG, MAP_PRIVATE, fd);
	close(fd);
	return p;
}

static void write_pages(volatile char *p, long from, long to)
{
	for (; from < to; from++)
		p[from * PG] = (char)(p[from * PG] + 1);
}

static void read_pages(volatile char *p, long from, long to)
{
	for (; from < to; from++)
		(void)p[from * PG];
}

static void make(void)
{
	long i;

	w.private = map_anon(N * PG, MAP_PRIVATE);
	write_pages(w.private, 0, N);
	w.zero = map_anon(N * PG, MAP_PRIVATE);
	read_pages(w.zero, 0, 100);
	w.shared = map_anon(N * PG, MAP_SHARED);
	write_pages(w.shared, 0, N);
	w.file = map_file();
	write_pages(w.file, 0, 100);
	read_pages(w.file, 100, N);
	w.huge = map_huge(HUGES);
	write_pages(w.huge, 0, HUGES * HUGE_PG);
	w.huge_zero = map_huge(1);
	for (i = 0; i < FARS; i++) {
		w.far[i] = map_anon(TIB, MAP_PRIVATE);
		/* Else they are one mapping with the one beside it. */
		madvise((char *)w.far[i], TIB, i % 2 ? MADV_DONTDUMP : MADV_DODUMP);
		w.far[i][0] = 1;
	}
}

static void do_step(enum step step)
{
	long i;

	switch (step) {
	case NOTHING:
		/* The loader writes when a function is called first. */
		mprotect(NULL, 0, PROT_READ);
		munmap(NULL, 0);
		break;
	case WRITE_PRIVATE:
		write_pages(w.private, 100, 400);
		break;
	case READ_ZERO:
		read_pages(w.zero, 100, 300);
		break;
	case WRITE_ZERO:
		write_pages(w.zero, 0, 100);
		break;
	case WRITE_SHARED:
		write_pages(w.shared, 0, N);
		break;
	case WRITE_FILE:
		write_pages(w.file, 60, 140);
		break;
	case UNMAP_PRIVATE:
		munmap((char *)w.private, N * PG);
		break;
	case READ_HUGE_ZERO:
		read_pages(w.huge_zero, 0, HUGE_PG);
		break;
	case WRITE_HUGE:
		write_pages(w.huge + HUGE_PG * PG, 0, 1);
		break;
	case SPLIT_HUGE:
		mprotect((char *)w.huge + (2 * HUGE_PG + 7) * PG, PG, PROT_READ);
		break;
	case WRITE_FAR:
		for (i = 0; i < FARS; i++)
			w.far[i][TIB - PG] = 1;
		break;
	case END:
		_exit(0);
	}
}

static void act(struct actor *a)
{
	char step;

	while (read(a->say[0], &step, 1) == 1) {
		do_step(step);
		if (write(a->done[1], &step, 1) != 1)
			break;
	}
	_exit(2);
}

static void run_maker(void)
{
	pid_t pid;

	make();
	pid = fork();
	if (!pid)
		act(&w.child);
	*w.child_pid = pid;
	if (pid < 0)
		_exit(3);
	act(&w.maker);
}

static void tell(struct kunit *test, struct actor *a, enum step step)
{
	char c = (char)step;

	KUNIT_ASSERT_EQ(test, write(a->say[1], &c, 1), 1);
	if (step != END)
		KUNIT_ASSERT_EQ(test, read(a->done[0], &c, 1), 1);
}

/* Writes to all that we may write to: then none of it is another's. */
static int touch_own(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	char line[512], perms[5];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %4s", &from, &to, perms) != 3 || strcmp(perms, "rw-p"))
			continue;
		for (; from < to; from += PG)
			__atomic_fetch_or((char *)from, 0, __ATOMIC_SEQ_CST);
	}
	return f ? fclose(f) : -1;
}

static int fix_init(struct kunit *test)
{
	struct look l;
	int err = look_shared(getpid(), &l), i;

	look_scans = true;
	if (err == -EACCES || err == -EPERM || err == -EOPNOTSUPP)
		kunit_skip(test, "page tables or frames may not be read: error %d", err);
	w = (struct world) {};
	w.child_pid = mmap(NULL, PG, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w.child_pid == MAP_FAILED || pipe(w.maker.say) || pipe(w.maker.done) ||
	    pipe(w.child.say) || pipe(w.child.done))
		return -1;
	w.maker.pid = fork();
	if (!w.maker.pid)
		run_maker();
	if (w.maker.pid < 0)
		return -1;
	/* Twice: whatever a step itself writes to is written to then. */
	for (i = 0; i < 2; i++) {
		tell(test, &w.maker, NOTHING);
		tell(test, &w.child, NOTHING);
	}
	w.child.pid = *w.child_pid;
	return touch_own();
}

static void close_both(int *fds)
{
	close(fds[0]);
	close(fds[1]);
}

static void fix_exit(struct kunit *test)
{
	if (w.maker.pid <= 0)
		return;
	if (w.child.pid)
		kill(w.child.pid, SIGKILL);
	kill(w.maker.pid, SIGKILL);
	waitpid(w.maker.pid, NULL, 0);
	close_both(w.maker.say);
	close_both(w.maker.done);
	close_both(w.child.say);
	close_both(w.child.done);
	munmap(w.child_pid, PG);
}

static long shared_by(struct kunit *test, pid_t pid)
{
	struct look l = {};

	KUNIT_EXPECT_EQ(test, look_shared(pid, &l), 0);
	KUNIT_EXPECT_EQ(test, l.swap, 0ULL);
	return (long)l.shared;
}

/* By how much a step changes what the child shares. */
static long change(struct kunit *test, struct actor *a, enum step step)
{
	long before = shared_by(test, w.child.pid);

	tell(test, a, step);
	return shared_by(test, w.child.pid) - before;
}

static void check_steps(struct kunit *test)
{
	long all = shared_by(test, w.child.pid);

	/* All that was made and written, stack and data, and no more. */
	KUNIT_EXPECT_GE(test, all, N + 100 + HUGES * HUGE_PG + FARS);
	KUNIT_EXPECT_LT(test, all, 3 * N + 100 + HUGES * HUGE_PG + FARS);
	KUNIT_EXPECT_EQ(test, change(test, &w.child, NOTHING), 0);
	KUNIT_EXPECT_EQ(test, change(test, &w.child, WRITE_PRIVATE), -300);
	/* 200 of which the child has written before. */
	KUNIT_EXPECT_EQ(test, change(test, &w.maker, WRITE_PRIVATE), 0);
	KUNIT_EXPECT_EQ(test, change(test, &w.child, READ_ZERO), 0);
	KUNIT_EXPECT_EQ(test, change(test, &w.child, WRITE_ZERO), 0);
	KUNIT_EXPECT_EQ(test, change(test, &w.child, WRITE_SHARED), 0);
	KUNIT_EXPECT_EQ(test, change(test, &w.child, WRITE_FILE), -40);
	KUNIT_EXPECT_EQ(test, change(test, &w.child, READ_HUGE_ZERO), 0);
	KUNIT_EXPECT_EQ(test, change(test, &w.maker, WRITE_HUGE), -1);
	KUNIT_EXPECT_EQ(test, change(test, &w.child, SPLIT_HUGE), 0);
	KUNIT_EXPECT_EQ(test, change(test, &w.maker, UNMAP_PRIVATE), -700);
	KUNIT_EXPECT_EQ(test, change(test, &w.child, UNMAP_PRIVATE), 0);
}

static void steps(struct kunit *test)
{
	check_steps(test);
}

static void steps_without_scan(struct kunit *test)
{
	look_scans = false;
	check_steps(test);
}

static void writes_of_the_creator(struct kunit *test)
{
	long before;

	KUNIT_EXPECT_EQ(test, change(test, &w.maker, WRITE_PRIVATE), -300);
	before = shared_by(test, w.child.pid);
	tell(test, &w.maker, END);
	waitpid(w.maker.pid, NULL, 0);
	/* Nobody but the child has what it made. */
	KUNIT_EXPECT_LE(test, shared_by(test, w.child.pid),
			before - (N - 300 + 100 + HUGES * HUGE_PG + FARS));
}

static long cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool kernel_scans(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	uname(&u);
	if (sscanf(u.release, "%d.%d", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 7);
}

/* All words of these would be 32 GiB. */
static void far_between(struct kunit *test)
{
	struct look l;
	long start = cpu_ms();

	shared_by(test, w.child.pid);
	look_scans = false;
	shared_by(test, w.child.pid);
	KUNIT_EXPECT_LT(test, cpu_ms() - start, 2000);

	/* What lies at both ends. */
	tell(test, &w.maker, WRITE_FAR);
	KUNIT_EXPECT_EQ(test, look_shared(w.maker.pid, &l), -E2BIG);
	look_scans = true;
	KUNIT_EXPECT_EQ(test, look_shared(w.maker.pid, &l), kernel_scans() ? 0 : -E2BIG);
}

static void *wait_for(void *fd)
{
	char c;

	_exit(read(*(int *)fd, &c, 1) != 1);
}

/* A process whose first thread has ended. */
static void run_dead_leader(int *fds)
{
	pthread_t t;

	if (pthread_create(&t, NULL, wait_for, fds))
		_exit(3);
	pthread_exit(NULL);
}

static void await_state(pid_t pid, char state)
{
	char path[64], text[256] = "", *p;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		fd = open(path, O_RDONLY);
		if (read(fd, text, sizeof(text) - 1) < 0)
			return;
		close(fd);
		p = strrchr(text, ')');
		usleep(1000);
	} while (p && p[2] != state);
}

static void dead_leader(struct kunit *test)
{
	int fds[2], status = -1;
	pid_t pid;

	KUNIT_ASSERT_EQ(test, pipe(fds), 0);
	pid = fork();
	if (!pid)
		run_dead_leader(fds);
	await_state(pid, 'Z');
	KUNIT_EXPECT_GT(test, shared_by(test, pid), 0);
	KUNIT_EXPECT_EQ(test, write(fds[1], "x", 1), 1);
	waitpid(pid, &status, 0);
	KUNIT_EXPECT_EQ(test, status, 0);
	close_both(fds);
}

static void without_memory(struct kunit *test)
{
	struct look l = { 7, 7 };
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	await_state(pid, 'Z');
	KUNIT_EXPECT_EQ(test, look_shared(pid, &l), -ESRCH);
	waitpid(pid, NULL, 0);
	KUNIT_EXPECT_EQ(test, look_shared(pid, &l), -ESRCH);
	KUNIT_EXPECT_EQ(test, look_shared(-1, &l), -ESRCH);
	KUNIT_EXPECT_EQ(test, l.shared, 7ULL);
}

static void not_permitted(struct kunit *test)
{
	int status = -1, err;
	struct look l;
	pid_t pid = fork();

	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(0);
		err = look_shared(w.child.pid, &l);
		_exit(err == -EACCES || err == -EPERM ? 4 : 5);
	}
	waitpid(pid, &status, 0);
	KUNIT_EXPECT_EQ(test, WEXITSTATUS(status), 4);
}

#define MANY	20000L

/* None takes long, and it can be left at each of them. */
static void cut_into_steps(struct kunit *test)
{
	volatile char *many = map_anon(MANY * PG, MAP_PRIVATE);
	struct eyes *e = look_begin(getpid());
	unsigned int steps = 0, i;
	int ret;

	write_pages(many, 0, MANY);
	do {
		ret = look_step(e);
		steps++;
	} while (ret > 0);
	KUNIT_EXPECT_EQ(test, ret, 0);
	/* Of 8,192 pages each. */
	KUNIT_EXPECT_GT(test, steps, 3U);
	look_end(e);
	e = look_begin(getpid());
	for (i = 0; i < steps / 2; i++)
		KUNIT_EXPECT_EQ(test, look_step(e), 1);
	look_end(e);
	munmap((void *)many, MANY * PG);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(steps),
	KUNIT_CASE(steps_without_scan),
	KUNIT_CASE(writes_of_the_creator),
	KUNIT_CASE(far_between),
	KUNIT_CASE(cut_into_steps),
	KUNIT_CASE(dead_leader),
	KUNIT_CASE(without_memory),
	KUNIT_CASE(not_permitted),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_look",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
