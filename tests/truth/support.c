// SPDX-License-Identifier: GPL-2.0-only
/*
 * support.c - see truth.h.  All of it runs inside cases: nothing here may call
 * libc, and what is waited for lies in shared memory.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "truth.h"

struct range {
	char *from, *to;
};

static struct range own[16];
static int nr_own;

char *put_str(char *p, const char *s)
{
	while (*s)
		*p++ = *s++;
	*p = 0;
	return p;
}

char *put_num(char *p, long n)
{
	char digits[24];
	int i = 0;

	if (n < 0) {
		*p++ = '-';
		n = -n;
	}
	do {
		digits[i++] = '0' + n % 10;
		n /= 10;
	} while (n);
	while (i)
		*p++ = digits[--i];
	*p = 0;
	return p;
}

int has_prefix(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return 0;
	return 1;
}

void finish(int code)
{
	for (;;)
		sys(SYS_exit_group, code);
}

void skip(const char *why)
{
	ctl->skip = why;
	finish(0);
}

void must(long ret, const char *what)
{
	if (ret >= 0)
		return;
	ctl->fail = what;
	ctl->fail_code = ret;
	finish(99);
}

/* A page at a time, and nothing but the page: volatile keeps it from memset(). */
void fill_step(char *m, long first, long n, long step, int value)
{
	long i;

	for (i = first; i < n; i += step)
		*(volatile char *)(m + i * PG) = (char)value;
}

void fill(char *m, long n, int value)
{
	fill_step(m, 0, n, 1, value);
}

int peek(const char *m, long n)
{
	int sum = 0;
	long i;

	for (i = 0; i < n; i++)
		sum += *(const volatile char *)(m + i * PG);
	return sum;
}

/* A read-only pin has the page unshared; process_vm_readv() is one. */
void read_by_pin(int pid, char *m, long n)
{
	long i;

	for (i = 0; i < n; i++) {
		struct iovec from = { m + i * PG, 1 };
		struct iovec to = { (void *)&ctl->scratch[2], 1 };

		must(sys(SYS_process_vm_readv, pid, &to, 1, &from, 1, 0) - 1,
		     "process_vm_readv");
	}
}

char *anon_flags(long n, int flags)
{
	long m = sys(SYS_mmap, 0, (n + 1) * PG, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	must(m, "mmap");
	if (!(flags & MAP_HUGETLB))
		sys(SYS_madvise, m, (n + 1) * PG, MADV_NOHUGEPAGE);
	return (char *)m;
}

char *anon(long n)
{
	return anon_flags(n, 0);
}

char *filled(void)
{
	char *m = anon(N);

	fill(m, N, 1);
	return m;
}

/* n pages on a boundary of align bytes; the rest stays untouched. */
char *aligned(long n, long align)
{
	long m = sys(SYS_mmap, 0, n * PG + 2 * align, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(m, "mmap");
	return (char *)((m + align - 1) & -align);
}

/* A file of n + 1 pages in the page cache, without a name. */
int tmp_file(const char *dir, long n)
{
	char *p = put_str(ctl->buf, dir);
	long fd, i;

	p = put_str(p, "/truth-");
	put_num(p, sys(SYS_getpid));
	fd = sys(SYS_open, ctl->buf, O_RDWR | O_CREAT | O_TRUNC, 0600);
	must(fd, "open a temporary file");
	sys(SYS_unlink, ctl->buf);
	must(sys(SYS_ftruncate, fd, (n + 1) * PG), "ftruncate");
	for (i = 0; i <= n; i++)
		must(sys(SYS_pwrite64, fd, "x", 1, i * PG), "pwrite");
	return (int)fd;
}

char *map_file(int fd, long n, int prot, int flags)
{
	long m = sys(SYS_mmap, 0, (n + 1) * PG, prot, flags, fd, 0);

	must(m, "mmap of a file");
	return (char *)m;
}

/* Break or populate all that the process itself writes to: stack and data. */
void touch_own(void)
{
	int i;

	for (i = 0; i < nr_own; i++) {
		char *p;

		for (p = own[i].from; p < own[i].to; p += PG)
			__asm__ volatile("lock; orb $0, (%0)" : : "r"(p) : "memory");
	}
}

static char *parse_hex(char *p, unsigned long *n)
{
	*n = 0;
	for (;; p++) {
		if (*p >= '0' && *p <= '9')
			*n = *n * 16 + *p - '0';
		else if (*p >= 'a' && *p <= 'f')
			*n = *n * 16 + *p - 'a' + 10;
		else
			return p;
	}
}

static long read_all(const char *path)
{
	long fd = sys(SYS_open, path, O_RDONLY), n, all = 0;

	if (fd < 0)
		return fd;
	do {
		n = sys(SYS_read, fd, ctl->buf + all, sizeof(ctl->buf) - 1 - all);
		all += n > 0 ? n : 0;
	} while (n > 0);
	sys(SYS_close, fd);
	ctl->buf[all] = 0;
	return n < 0 ? n : all;
}

/* Private, writable mappings, to be called before there are any others. */
void own_init(void)
{
	char *p = ctl->buf;

	must(read_all("/proc/self/maps"), "/proc/self/maps");
	while (*p) {
		unsigned long from, to;

		p = parse_hex(p, &from);
		p = parse_hex(p + 1, &to);
		if (p[2] == 'w' && p[4] == 'p' && nr_own < 16)
			own[nr_own++] = (struct range) { (char *)from, (char *)to };
		while (*p && *p++ != '\n')
			;
	}
	touch_own();
}

/*
 * To be called by a task of a case that has made no pages yet: what it has been
 * given, it breaks now, where pages become exclusive for sure.
 */
void any_cpu(void)
{
	unsigned long *mask = (unsigned long *)ctl->buf;

	touch_own();
	*mask = ~0UL;
	must(sys(SYS_sched_setaffinity, 0, sizeof(*mask), mask), "sched_setaffinity");
}

int task_add(const char *role)
{
	int t = ctl->nr_tasks++;

	T(t)->role = role;
	return t;
}

/* In the child, it returns once fork_release() has been called for it: -1. */
int fork_held(const char *role, long nr, long a, long b, long c, long d, long e)
{
	int t = task_add(role);
	long pid = raw_clone_held(nr, a, b, c, d, e, &ctl->go[t]);

	if (!pid)
		return -1;
	must(pid, "clone");
	T(t)->pid = (int)pid;
	touch_own();
	return t;
}

void fork_release(int t)
{
	ctl->go[t] = 1;
	raw_futex_wake(&ctl->go[t]);
}

/* fork(): -1 in the child. */
int fork_task(const char *role)
{
	int t = fork_held(role, SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (t >= 0)
		fork_release(t);
	return t;
}

/*
 * Says who is there, and goes on when whoever reads that closes standard input.
 */
void stop_for_attach(int child)
{
	char *p = put_num(ctl->buf, sys(SYS_getpid));

	if (child)
		p = put_num(put_str(p, " "), child);
	p = put_str(p, "\n");
	must(sys(SYS_write, 1, ctl->buf, p - ctl->buf), "write to standard output");
	must(sys(SYS_read, 0, ctl->buf, 1), "read of standard input");
}

#define STACK	(16 * PG)

/* A task in this address space, on a stack of its own that is already there. */
int thread_task(const char *role, long flags, void (*fn)(void *), void *arg)
{
	char *stack = anon(STACK / PG);
	int t = task_add(role);
	long tid;

	fill(stack, STACK / PG, 0);
	T(t)->closes = CLOSE_NONE;
	tid = raw_thread(flags, stack + STACK, fn, arg, NULL);
	must(tid, "clone of a thread");
	T(t)->pid = (int)tid;
	if (flags & CLONE_THREAD) {
		T(t)->pid = (int)sys(SYS_getpid);
		T(t)->tid = (int)tid;
	}
	return t;
}

void await(int step)
{
	int seen;

	while ((seen = ctl->step) < step)
		raw_futex_wait(&ctl->step, seen);
}

void advance(int step)
{
	ctl->step = step;
	raw_futex_wake(&ctl->step);
}

/* Afterwards, the address space of the process is gone. */
void join(int t)
{
	long ret;

	do {
		ret = sys(SYS_wait4, T(t)->pid, &ctl->scratch[15], __WALL, 0);
	} while (ret == -EINTR);
	must(ret, "wait4");
}

void exec_true(void)
{
	const char *argv[] = { "workload", "--true", NULL };
	const char *envp[] = { NULL };

	must(sys(SYS_execve, self_path, argv, envp), "execve");
	finish(99);
}

void oracle(const char *name, enum oracle_kind kind, int task, long want, long value)
{
	ctl->oracle[ctl->nr_oracles++] =
		(struct oracle) { name, kind, task, want, value };
}

static char *proc_path(char *buf, int pid, const char *file)
{
	char *p = put_str(buf, "/proc/");

	p = pid ? put_num(p, pid) : put_str(p, "self");
	p = put_str(p, "/");
	put_str(p, file);
	return buf;
}

/* The sum of all lines "field: N". */
long proc_field(int pid, const char *file, const char *field)
{
	char path[64], *p = ctl->buf;
	long sum = 0;

	must(read_all(proc_path(path, pid, file)), "read from /proc");
	while (*p) {
		if (has_prefix(p, field)) {
			long n = 0;

			while (*p && *p != '\n' && (*p < '0' || *p > '9'))
				p++;
			while (*p >= '0' && *p <= '9')
				n = n * 10 + *p++ - '0';
			sum += n;
		}
		while (*p && *p++ != '\n')
			;
	}
	return sum;
}

static unsigned long pagemap_entry(long fd, const char *m)
{
	unsigned long *e = (unsigned long *)ctl->buf;

	must(sys(SYS_pread64, fd, e, 8, (unsigned long)m / PG * 8) - 8, "pagemap");
	return *e;
}

#define PM_PFN	((1UL << 55) - 1)

/* Pages that the two do not share. */
long pagemap_differ(int pid_a, int pid_b, const char *m, long n)
{
	char path[64];
	long a = sys(SYS_open, proc_path(path, pid_a, "pagemap"), O_RDONLY);
	long b = sys(SYS_open, proc_path(path, pid_b, "pagemap"), O_RDONLY);
	long i, differ = 0;

	must(a, "open pagemap");
	must(b, "open pagemap");
	for (i = 0; i < n; i++)
		differ += (pagemap_entry(a, m + i * PG) & PM_PFN) !=
			  (pagemap_entry(b, m + i * PG) & PM_PFN);
	sys(SYS_close, a);
	sys(SYS_close, b);
	return differ;
}

long pagemap_count(const char *m, long n, unsigned long mask)
{
	long fd = sys(SYS_open, "/proc/self/pagemap", O_RDONLY);
	long i, count = 0;

	must(fd, "open pagemap");
	for (i = 0; i < n; i++)
		count += (pagemap_entry(fd, m + i * PG) & mask) == mask;
	sys(SYS_close, fd);
	return count;
}

/* Calls @is for what /proc/FILE has of each page, and sums up. */
static long sum_pages(const char *m, long n, const char *file,
		      int (*is)(unsigned long value, long arg), long arg)
{
	long map = sys(SYS_open, "/proc/self/pagemap", O_RDONLY);
	long fd = sys(SYS_open, file, O_RDONLY);
	unsigned long *e = (unsigned long *)ctl->buf;
	long i, found = 0;

	must(map, "open pagemap");
	must(fd, file);
	for (i = 0; i < n; i++) {
		unsigned long pfn = pagemap_entry(map, m + i * PG) & PM_PFN;

		must(sys(SYS_pread64, fd, e, 8, pfn * 8) - 8, file);
		found += is(*e, arg);
	}
	sys(SYS_close, map);
	sys(SYS_close, fd);
	return found;
}

static int is_count(unsigned long value, long count)
{
	return value == (unsigned long)count;
}

/* Pages that exactly @count page tables map. */
long mapped_by(const char *m, long n, long count)
{
	return sum_pages(m, n, "/proc/kpagecount", is_count, count);
}

static int has_flag(unsigned long value, long mask)
{
	return (value & (unsigned long)mask) != 0;
}

/* Pages that are part of a large folio. */
long compound_pages(const char *m, long n)
{
	return sum_pages(m, n, "/proc/kpageflags", has_flag,
			 1L << 15 | 1L << 16 /* KPF_COMPOUND_HEAD, _TAIL */);
}

long minor_faults(void)
{
	struct rusage *u = (struct rusage *)ctl->buf;

	sys(SYS_getrusage, RUSAGE_SELF, u);
	return u->ru_minflt;
}

/* The file's text, in ctl->buf. */
char *read_text(const char *path)
{
	must(read_all(path), path);
	return ctl->buf;
}

long read_num(const char *path)
{
	long n = 0, ret = read_all(path);
	char *p = ctl->buf;

	if (ret < 0)
		return ret;
	while (*p >= '0' && *p <= '9')
		n = n * 10 + *p++ - '0';
	return n;
}

int write_str(const char *path, const char *s)
{
	long fd = sys(SYS_open, path, O_WRONLY), ret, n = 0;

	if (fd < 0)
		return (int)fd;
	while (s[n])
		n++;
	ret = sys(SYS_write, fd, s, n);
	sys(SYS_close, fd);
	return ret < 0 ? (int)ret : 0;
}

#define CGROUP	"/sys/fs/cgroup/truth-"

/* A new one; its path is left in @path. */
char *new_cgroup(const char *controller, char *path)
{
	char *p;

	if (write_str("/sys/fs/cgroup/cgroup.subtree_control", controller))
		skip("the cgroup controller is not available");
	p = put_str(path, CGROUP);
	put_num(p, sys(SYS_getpid));
	must(sys(SYS_mkdir, path, 0755), "mkdir of a cgroup");
	return path;
}

void cgroup_write(const char *path, const char *file, const char *value)
{
	char full[128], *p = put_str(full, path);

	p = put_str(p, "/");
	put_str(p, file);
	must(write_str(full, value), file);
}
