// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach.c - processes to be attached to, in known states.  They say a word when
 * they are there, and go on by lines of standard input.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096

static void die(const char *what)
{
	fprintf(stderr, "attach: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Without stdio, whose locks a fork that is under way holds. */
static void say(const char *line)
{
	if (write(1, line, strlen(line)) < 0)
		die("write");
}

/* The next line of standard input, or its end. */
static void await_line(void)
{
	char c;

	while (read(0, &c, 1) == 1 && c != '\n')
		;
}

/* Its end alone: lines may be left in it. */
static void await_end(void)
{
	struct pollfd in = { .fd = 0 };

	poll(&in, 1, -1);
}

static pid_t make(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return status;
}

static volatile unsigned char *pages(int n)
{
	unsigned char *p = mmap(NULL, (size_t)n * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	memset(p, 1, (size_t)n * PAGE);
	return p;
}

static void start(pthread_t *t, void *(*fn)(void *), void *arg)
{
	errno = pthread_create(t, NULL, fn, arg);
	if (errno)
		die("pthread_create");
}

/* Lives on behind its leader; at a line, it forks. */
static void *orphan(void *arg)
{
	pid_t pid;

	(void)arg;
	await_line();
	pid = make();
	if (!pid)
		_exit(3);
	exit(WEXITSTATUS(reap(pid)));
}

static int do_leaderless(int n)
{
	pthread_t t;

	(void)n;
	start(&t, orphan, NULL);
	say("there\n");
	pthread_exit(NULL);
}

/* So many of each one's children are there at a time. */
#define KEPT	4

static void grow(int n, int level)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	pid_t kept[KEPT] = { 0 }, pid;
	int i;

	for (i = 0; !poll(&in, 1, 0); i++) {
		bool stays = level && i % n == 0;
		pid_t *slot = &kept[i / n % KEPT];

		if (stays && *slot) {
			kill(*slot, SIGKILL);
			reap(*slot);
		}
		pid = make();
		if (!pid && !stays)
			_exit(0);
		if (!pid) {
			/* And all that it has made. */
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			grow(n, level - 1);
			return;
		}
		if (stays)
			*slot = pid;
		else
			reap(pid);
	}
}

/*
 * Forks all the while until a line comes: each @n-th child stays for a while, and does the
 * same; the others end at once.  All end with standard input.  Nice, as there are more of
 * them than processors: whoever is to attach to them shall have the time that it needs.
 */
static int do_grow(int n)
{
	if (setpriority(PRIO_PROCESS, 0, 19))
		die("setpriority");
	say("there\n");
	grow(n, 2);
	await_end();
	while (wait(NULL) > 0)
		;
	return 0;
}

/* So many children that do nothing until the end of standard input. */
static int do_many(int n)
{
	while (n-- > 0) {
		if (!make()) {
			await_end();
			return 0;
		}
	}
	say("there\n");
	await_end();
	while (wait(NULL) > 0)
		;
	return 0;
}

static void *forks(void *arg)
{
	pid_t pid = make();

	(void)arg;
	if (!pid) {
		await_line();
		_exit(4);
	}
	exit(WEXITSTATUS(reap(pid)));
}

/*
 * A fork that does not get any further until a line comes: dup_mmap() waits in
 * dup_userfaultfd_complete() for somebody to read of it.  Its child ends at a second.
 */
static int do_held(int n)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_EVENT_FORK };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_register reg = {
		.range = { (unsigned long)pages(1), PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct pollfd event = { .fd = fd, .events = POLLIN };
	struct uffd_msg msg;
	pthread_t t;

	pages(n);
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		die("userfaultfd");
	start(&t, forks, NULL);
	if (poll(&event, 1, -1) != 1)
		die("poll");
	say("held\n");
	await_line();
	if (read(fd, &msg, sizeof(msg)) != sizeof(msg) || msg.event != UFFD_EVENT_FORK)
		die("read of the userfaultfd");
	close((int)msg.arg.fork.ufd);
	pthread_join(t, NULL);
	return 1;
}

/* With a pid that is free and lower than its parent's. */
static pid_t make_lower(void)
{
	pid_t pid, low = getpid();
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&low,
		.set_tid_size = 1,
	};

	do {
		low--;
		pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	} while (pid < 0 && errno == EEXIST && low > 1);
	if (pid < 0)
		die("clone3");
	return pid;
}

/* Its child comes first, to whoever goes by pids.  Both end with standard input. */
static int do_lower(int n)
{
	pid_t pid;

	(void)n;
	pages(1);
	pid = make_lower();
	if (!pid) {
		await_line();
		_exit(5);
	}
	say("there\n");
	return WEXITSTATUS(reap(pid));
}

static void *wait_for_death(void *arg)
{
	pause();
	return arg;
}

/* Its thread is followed before there is an end of it. */
static void exec_when_told(const int *told, const int *tid)
{
	char c;
	pthread_t t;

	start(&t, wait_for_death, NULL);
	if (write(tid[1], "x", 1) != 1 || read(told[0], &c, 1) != 1)
		die("pipe");
	execl("/bin/true", "true", (char *)NULL);
	die("exec");
}

/* The one beside the leader. */
static pid_t other_thread(pid_t pid)
{
	char path[64];
	struct dirent *e;
	pid_t tid = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	if (!d)
		die(path);
	while ((e = readdir(d)))
		if (atoi(e->d_name) && atoi(e->d_name) != pid)
			tid = atoi(e->d_name);
	closedir(d);
	return tid;
}

/*
 * Its child's exec does not get any further until a line comes: de_thread() waits for
 * a thread that its tracer keeps from ending.
 */
static int do_exec(int n)
{
	int told[2], made[2], status;
	pid_t pid, tid;
	char c;

	(void)n;
	if (pipe(told) || pipe(made))
		die("pipe");
	pid = make();
	if (!pid)
		exec_when_told(told, made);
	if (read(made[0], &c, 1) != 1)
		die("read");
	tid = other_thread(pid);
	if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)PTRACE_O_TRACEEXIT))
		die("PTRACE_SEIZE");
	if (write(told[1], "x", 1) != 1)
		die("write");
	if (waitpid(tid, &status, __WALL) != tid ||
	    status >> 8 != (SIGTRAP | PTRACE_EVENT_EXIT << 8))
		die("waitpid");
	say("held\n");
	await_line();
	if (ptrace(PTRACE_CONT, tid, NULL, NULL) || waitpid(tid, &status, __WALL) != tid)
		die("PTRACE_CONT");
	return WEXITSTATUS(reap(pid));
}

static int sum(volatile unsigned char *p, int n)
{
	int i, all = 0;

	for (i = 0; i < n; i++)
		all += p[i * PAGE];
	return all;
}

/* For each line, forks a child that writes to its pages, and looks at its own. */
static int do_serve(int n)
{
	volatile unsigned char *p = pages(n);
	char c;
	int i;

	say("there\n");
	while (read(0, &c, 1) == 1) {
		pid_t pid = make();

		for (i = pid ? n / 2 : 0; i < n; i++)
			p[i * PAGE] = pid ? 1 : 2;
		if (!pid)
			_exit(sum(p, n) == 2 * n ? 0 : 1);
		say(reap(pid) || sum(p, n) != n ? "wrong\n" : "right\n");
	}
	return 0;
}

struct command {
	const char *name;
	int (*run)(int n);
	int def;
};

static const struct command commands[] = {
	{ "leaderless", do_leaderless, 0 },
	{ "grow", do_grow, 20 },
	{ "many", do_many, 1000 },
	{ "held", do_held, 64 },
	{ "lower", do_lower, 0 },
	{ "exec", do_exec, 0 },
	{ "serve", do_serve, 64 },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc > 2 ? atoi(argv[2]) : commands[i].def);
	fprintf(stderr, "usage: attach leaderless|grow|many|held|lower|exec|serve [N]\n");
	return 2;
}
