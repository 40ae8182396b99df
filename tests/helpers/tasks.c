// SPDX-License-Identifier: GPL-2.0-only
/*
 * tasks.c - makes tasks in known ways and numbers, for tests and the demo.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096

static void die(const char *what)
{
	fprintf(stderr, "tasks: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return status;
}

static unsigned char *pages(int n)
{
	unsigned char *p = mmap(NULL, (size_t)n * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	memset(p, 1, (size_t)n * PAGE);
	return p;
}

/* A fork without an exec: the child writes a part of what it shares. */
static int do_fork(int n)
{
	unsigned char *p = pages(n);
	pid_t pid = fork();
	int i;

	if (pid < 0)
		die("fork");
	if (pid)
		return WEXITSTATUS(reap(pid)) != 3;
	for (i = 0; i < n / 4; i++)
		p[i * PAGE] = 2;
	_exit(3);
}

/*
 * Of 2 n pages that are shared with a child, the first half is written while that is
 * there, and the other when it has gone: after the exec that has made us, on the two
 * sides that there are.
 */
static int do_sides(int n)
{
	int fds[2], i;
	unsigned char *p;
	pid_t pid;
	char c;

	/* A huge page that is split is no page of its own yet when the child has gone. */
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		die("prctl");
	p = pages(2 * n);
	if (pipe(fds))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		close(fds[1]);
		if (read(fds[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	close(fds[0]);
	for (i = 0; i < n; i++)
		p[i * PAGE] = 2;
	close(fds[1]);
	if (reap(pid))
		return 1;
	for (; i < 2 * n; i++)
		p[i * PAGE] = 2;
	return 0;
}

static int do_vfork(int n)
{
	pid_t pid;

	(void)n;
	pid = vfork();
	if (pid < 0)
		die("vfork");
	if (!pid) {
		execl("/usr/bin/true", "true", NULL);
		_exit(127);
	}
	return reap(pid);
}

static int do_spawn(int n)
{
	char *argv[] = { "true", NULL }, *envp[] = { NULL };
	pid_t pid;

	(void)n;
	errno = posix_spawn(&pid, "/usr/bin/true", NULL, NULL, argv, envp);
	if (errno)
		die("posix_spawn");
	return reap(pid);
}

static void *thread(void *p)
{
	*(volatile unsigned char *)p = 3;
	return NULL;
}

/* Two threads that write in memory that they share: nothing to copy. */
static int do_threads(int n)
{
	unsigned char *p = pages(n);
	pthread_t t[2];
	int i;

	for (i = 0; i < 2; i++) {
		errno = pthread_create(&t[i], NULL, thread, p + i);
		if (errno)
			die("pthread_create");
	}
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	return p[0] != 3 || p[1] != 3;
}

/* Processes in a row that end at once; 0: until killed. */
static int do_storm(int n)
{
	int i;

	for (i = 0; !n || i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			_exit(0);
		reap(pid);
	}
	return 0;
}

/* Forks, execs and copies on write as fast as can be, until killed. */
static int do_mixed(int n)
{
	unsigned char *p = pages(n);
	int i;

	for (;;) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			for (i = 0; i < n; i++)
				p[i * PAGE] = 2;
			if (rand() % 4)
				_exit(0);
			execl("/usr/bin/true", "true", NULL);
			_exit(127);
		}
		for (i = 0; i < n; i += 2)
			p[i * PAGE] = 3;
		reap(pid);
	}
}

/*
 * Everybody forks until nobody can: a fork bomb that goes out by itself, and tells
 * how many forks have failed.
 */
static int do_bomb(int n)
{
	int *all = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t root = getpid();
	int failed = 0, i;

	if (all == MAP_FAILED)
		die("mmap");
	for (i = 0; i < n && failed < 3; i++) {
		pid_t pid = fork();

		failed = pid ? failed + (pid < 0) : 0;
		if (!pid && i > 4)
			break;
	}
	usleep(200000);
	while (wait(NULL) > 0)
		;
	__atomic_add_fetch(all, failed, __ATOMIC_SEQ_CST);
	if (getpid() == root)
		printf("%d\n", *all);
	return 0;
}

/* That many at the same time. */
static int do_many(int n)
{
	int fds[2], i;
	char c;

	if (pipe(fds))
		die("pipe");
	for (i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid)
			continue;
		close(fds[1]);
		/* Until the write end is gone. */
		_exit(read(fds[0], &c, 1) != 0);
	}
	close(fds[1]);
	for (i = 0; i < n; i++)
		if (wait(NULL) < 0)
			die("wait");
	return 0;
}

static int do_signal(int n)
{
	raise(n);
	return 0;
}

/*
 * Its child writes to a page that a userfaultfd protects, and sleeps in the middle
 * of do_wp_page() until a line comes in.
 */
static int do_uffd(int n)
{
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};
	unsigned char *p = pages(1);
	struct uffdio_register reg = {
		.range = { (unsigned long)p, PAGE }, .mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect wp = {
		.range = reg.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	pthread_t t;
	char c;

	(void)n;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg) ||
	    ioctl(fd, UFFDIO_WRITEPROTECT, &wp))
		die("userfaultfd");
	errno = pthread_create(&t, NULL, thread, p);
	if (errno)
		die("pthread_create");
	usleep(300000);
	printf("asleep\n");
	fflush(stdout);
	if (read(0, &c, 1) < 0)
		die("read");
	wp.mode = 0;
	if (ioctl(fd, UFFDIO_WRITEPROTECT, &wp))
		die("UFFDIO_WRITEPROTECT");
	pthread_join(t, NULL);
	return p[0] != 3;
}

static int do_nothing(int n)
{
	(void)n;
	return 0;
}

struct command {
	const char *name;
	int (*run)(int n);
	int def;
};

static const struct command commands[] = {
	{ "fork", do_fork, 64 },
	{ "sides", do_sides, 64 },
	{ "vfork", do_vfork, 0 },
	{ "spawn", do_spawn, 0 },
	{ "threads", do_threads, 16 },
	{ "storm", do_storm, 100 },
	{ "signal", do_signal, SIGTERM },
	{ "mixed", do_mixed, 32 },
	{ "bomb", do_bomb, 12 },
	{ "many", do_many, 1000 },
	{ "uffd", do_uffd, 0 },
	{ "nothing", do_nothing, 0 },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc > 2 ? atoi(argv[2]) :
					       commands[i].def);
	fprintf(stderr, "usage: tasks fork|sides|vfork|spawn|threads|storm|signal|mixed|bomb|many|uffd|nothing [N]\n");
	return 2;
}
