// SPDX-License-Identifier: GPL-2.0-only
/*
 * switches.c - two threads, or two processes, that hand a byte to and fro on one CPU: for
 * each process a line that says how often its tasks have been switched to, at least and
 * at most.
 *
 * The kernel counts for each task how often another went on in its place, voluntarily or
 * not: ++*switch_count in __schedule(), right before the tracepoint.  Who runs has been
 * switched to once more than that.  By the task itself that is exact, but what comes
 * between its look and its end is not in it; by its parent, who waits for it, that is in
 * it, and what comes when the task has begun to end is, too.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "switches: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static long away(const struct rusage *u)
{
	return u->ru_nvcsw + u->ru_nivcsw;
}

/* How often the calling thread has been switched to. */
static long switched_to(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_THREAD, &u))
		die("getrusage");
	return away(&u) + 1;
}

static int there[2], back[2];
static long trips;

static void hand(int fd)
{
	if (write(fd, "", 1) != 1)
		die("write");
}

static void take(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		die("read");
}

static void ping(void)
{
	long i;

	for (i = 0; i < trips; i++) {
		hand(there[1]);
		take(back[0]);
	}
}

static void pong(void)
{
	long i;

	for (i = 0; i < trips; i++) {
		take(there[0]);
		hand(back[1]);
	}
}

/* What a process has seen of itself, for its parent. */
static int told[2];

static void tell(long n)
{
	if (write(told[1], &n, sizeof(n)) != sizeof(n))
		die("write");
}

static pid_t make(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

/* Before it has ended nobody else tells. */
static void wait_for(const char *what, pid_t pid, int tasks)
{
	struct rusage u;
	int status;
	long least;

	if (read(told[0], &least, sizeof(least)) != sizeof(least))
		die("read");
	if (wait4(pid, &status, 0, &u) != pid || status)
		die("a child");
	/* Of the last time that each was switched to it has not gone away yet. */
	printf("%s %d %ld %ld\n", what, pid, least, away(&u) + tasks);
}

static void *other_thread(void *arg)
{
	long *n = arg;

	pong();
	*n = switched_to();
	return NULL;
}

static void threads(void)
{
	pthread_t thread;
	long n;

	if (pthread_create(&thread, NULL, other_thread, &n))
		die("pthread_create");
	ping();
	if (pthread_join(thread, NULL))
		die("pthread_join");
	tell(n + switched_to());
}

static char *self;

/* What was counted before an exec is the process's, too. */
static void execs(void)
{
	char fd[16], n[16];

	ping();
	snprintf(fd, sizeof(fd), "%d", told[1]);
	snprintf(n, sizeof(n), "%ld", trips);
	execl(self, self, "nap", n, fd, NULL);
	die("execl");
}

static int nap(const char *n, const char *fd)
{
	long i;

	told[1] = atoi(fd);
	for (i = 0; i < atol(n); i++)
		usleep(100);
	tell(switched_to());
	return 0;
}

/* A process, and one beside it that answers. */
static void two(const char *what, void (*run)(void))
{
	pid_t a, b;

	if (pipe(there) || pipe(back))
		die("pipe");
	a = make();
	if (!a) {
		run();
		tell(switched_to());
		_exit(0);
	}
	b = make();
	if (!b) {
		pong();
		/* The other one first. */
		take(there[0]);
		tell(switched_to());
		_exit(0);
	}
	wait_for(what, a, 1);
	hand(there[1]);
	wait_for("answers", b, 1);
}

static void one(const char *what, void (*run)(void), int tasks)
{
	pid_t pid;

	if (pipe(there) || pipe(back))
		die("pipe");
	pid = make();
	if (!pid) {
		run();
		_exit(0);
	}
	wait_for(what, pid, tasks);
}

int main(int argc, char **argv)
{
	cpu_set_t cpu;

	if (argc == 4 && !strcmp(argv[1], "nap"))
		return nap(argv[2], argv[3]);
	if (argc != 3)
		return 2;
	self = argv[0];
	trips = atol(argv[2]);
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu) || pipe(told))
		die("sched_setaffinity");
	/* A child must not print what lies here. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(argv[1], "threads"))
		one("threads", threads, 2);
	else if (!strcmp(argv[1], "processes"))
		two("process", ping);
	else if (!strcmp(argv[1], "exec"))
		two("execs", execs);
	else
		return 2;
	return 0;
}
