// SPDX-License-Identifier: GPL-2.0-only
/*
 * work.c - what the benchmark measures: each thing done many times over in rounds,
 * one line a round: nanoseconds of one, and those of them in which the tracer's own
 * process ran, which is our parent or COST_READER.  Under icount a nanosecond of
 * the guest is an instruction.
 *
 * NAME:N does it while N processes live that do nothing, of which the tracer knows.
 *
 * --alone: what shall be the same on every machine.  As a real-time process, so
 * that nobody else runs in a round, the tracer's process neither, and a child only
 * when its parent waits for it; all others have 20 ms before each round.  Eight of
 * what takes a tick of the timer at most: the kernel's caches of stacks and slabs
 * make every second clone 7,000 instructions dearer than the one before it, and
 * every few some others.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"

#define PAGE		4096UL
#define GIB		(1UL << 30)

static void die(const char *what)
{
	fprintf(stderr, "work: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void reap(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		die("a child");
}

static char *map(size_t len, int how)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static char reader_path[64];

static void find_reader(void)
{
	const char *pid = getenv("COST_READER");

	snprintf(reader_path, sizeof(reader_path), "/proc/%d/schedstat",
		 pid ? atoi(pid) : getppid());
}

/* Time that the tracer's process has had, see proc_pid_schedstat(). */
static long long reader_ns(void)
{
	char buf[64] = "";
	int fd = open(reader_path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) <= 0)
		die(reader_path);
	close(fd);
	return atoll(buf);
}

/* What a round took, and that of it in which the tracer's process ran. */
struct took {
	long long ns;
	long long reader;
};

static void start(struct took *t)
{
	t->reader = -reader_ns();
	t->ns = -(long long)now_ns();
}

static void stop(struct took *t)
{
	t->ns += now_ns();
	t->reader += reader_ns();
}

/* Resident base pages. */
static volatile char *resident(size_t len)
{
	char *p = map(len, MAP_PRIVATE);
	size_t i;

	madvise(p, len, MADV_NOHUGEPAGE);
	for (i = 0; i < len; i += PAGE)
		p[i] = 1;
	return p;
}

/* A COW break: a child writes what it shares. */
static void breaks(struct took *t, int n)
{
	volatile char *p = resident(n * PAGE);
	struct took *took = (void *)map(PAGE, MAP_SHARED);
	pid_t pid;
	int i;

	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		/* The tracer shall have done with the clone. */
		usleep(20000);
		start(took);
		for (i = 0; i < n; i++)
			p[i * PAGE] = 2;
		stop(took);
		_exit(0);
	}
	reap(pid);
	*t = *took;
	munmap((void *)p, n * PAGE);
	munmap(took, PAGE);
}

static char *self[] = { "/proc/self/exe", "nothing", NULL };

static void forks(struct took *t, int n, bool exec)
{
	start(t);
	while (n--) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			if (exec)
				execv(self[0], self);
			_exit(exec);
		}
		reap(pid);
	}
	stop(t);
}

static void clones(struct took *t, int n)
{
	forks(t, n, false);
}

static void execs(struct took *t, int n)
{
	forks(t, n, true);
}

/* Of its own, as a child must not return from where vfork() was called. */
static void vforks(struct took *t, volatile int n)
{
	start(t);
	while (n--) {
		pid_t pid = vfork();

		if (pid < 0)
			die("vfork");
		if (!pid) {
			execv(self[0], self);
			_exit(1);
		}
		reap(pid);
	}
	stop(t);
}

static void *no_thread(void *arg)
{
	return arg;
}

static void threads(struct took *t, int n)
{
	start(t);
	while (n--) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, no_thread, NULL) ||
		    pthread_join(thread, NULL))
			die("a thread");
	}
	stop(t);
}

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

/* Two pipes, and how often a byte goes there and back. */
struct pong {
	int there[2];
	int back[2];
	int trips;
};

static void *answer(void *arg)
{
	struct pong *p = arg;
	int i;

	for (i = 0; i < p->trips; i++) {
		take(p->there[0]);
		hand(p->back[1]);
	}
	return NULL;
}

/* On one CPU each trip takes two switches; one before it is for the other's start. */
static void ping(struct took *t, struct pong *p)
{
	int i;

	hand(p->there[1]);
	take(p->back[0]);
	start(t);
	for (i = 1; i < p->trips; i++) {
		hand(p->there[1]);
		take(p->back[0]);
	}
	stop(t);
}

static void pong_open(struct pong *p, int n)
{
	if (pipe(p->there) || pipe(p->back))
		die("pipe");
	p->trips = 1 + n / 2;
}

static void pong_close(struct pong *p)
{
	close(p->there[0]);
	close(p->there[1]);
	close(p->back[0]);
	close(p->back[1]);
}

static void thread_switches(struct took *t, int n)
{
	pthread_t thread;
	struct pong p;

	pong_open(&p, n);
	if (pthread_create(&thread, NULL, answer, &p))
		die("a thread");
	ping(t, &p);
	if (pthread_join(thread, NULL))
		die("a thread");
	pong_close(&p);
}

static void process_switches(struct took *t, int n)
{
	struct pong p;
	pid_t pid;

	pong_open(&p, n);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		answer(&p);
		_exit(0);
	}
	ping(t, &p);
	reap(pid);
	pong_close(&p);
}

#define ROUNDS	300	/* at most */

static const struct what {
	const char *name;
	void (*run)(struct took *t, int n);
	int n;		/* how often in a round */
	int rounds;
	int resident;	/* a GiB is, all the while */
} whats[] = {
	{ "break", breaks, 1000, 9, 0 },
	/* One by one: every few are longer by a tick of the timer and its RCU. */
	{ "clone", clones, 1, ROUNDS, 0 },
	{ "exec", execs, 1, 150, 0 },
	{ "vfork", vforks, 1, 150, 0 },
	{ "thread", threads, 1, ROUNDS, 0 },
	{ "gib", clones, 1, 5, 1 },
	{ "tswitch", thread_switches, 1000, 9, 0 },
	{ "pswitch", process_switches, 1000, 9, 0 },
};

/* Address spaces that live on; they end with us. */
static pid_t *idle(int n)
{
	pid_t *pids = calloc(n + 1, sizeof(*pids)), me = getpid();
	int i;

	if (!pids)
		die("calloc");
	for (i = 0; i < n; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			die("fork");
		if (!pids[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			while (getppid() == me)
				pause();
			_exit(0);
		}
	}
	return pids;
}

static void end_idle(pid_t *pids)
{
	int i;

	for (i = 0; pids[i]; i++)
		kill(pids[i], SIGKILL);
	for (i = 0; pids[i]; i++)
		waitpid(pids[i], NULL, 0);
	free(pids);
}

static bool is_alone;

static void alone(void)
{
	const struct sched_param p = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &p))
		die("sched_setscheduler");
	is_alone = true;
}

static void round_of(const struct what *w, struct took *t, int n)
{
	if (is_alone)
		usleep(20000);
	w->run(t, n);
}

static void measure(const struct what *w, const char *name, int nr_idle)
{
	int i, n = is_alone && w->n == 1 ? 8 : w->n;
	int rounds = is_alone && w->rounds > 50 ? 50 : w->rounds;
	volatile char *gib = w->resident ? resident(GIB) : NULL;
	pid_t *pids = idle(nr_idle);
	struct took took[ROUNDS];

	round_of(w, took, n);	/* to warm up */
	for (i = 0; i < rounds; i++)
		round_of(w, &took[i], n);
	/* Now only: it wakes the process that reads it. */
	for (i = 0; i < rounds; i++)
		printf("%s %.1f %.1f\n", name, (double)took[i].ns / n,
		       (double)took[i].reader / n);
	fflush(stdout);
	end_idle(pids);
	if (gib)
		munmap((void *)gib, GIB);
}

int main(int argc, char **argv)
{
	size_t i;
	int a = 1;

	if (argc > 1 && !strcmp(argv[1], "nothing"))
		return 0;
	find_reader();
	if (argc > 1 && !strcmp(argv[1], "--alone")) {
		alone();
		a++;
	}
	for (; a < argc; a++) {
		size_t len = strcspn(argv[a], ":");

		for (i = 0; i < sizeof(whats) / sizeof(whats[0]); i++)
			if (strlen(whats[i].name) == len &&
			    !strncmp(argv[a], whats[i].name, len))
				break;
		if (i == sizeof(whats) / sizeof(whats[0])) {
			fprintf(stderr, "work: no '%s'\n", argv[a]);
			return 2;
		}
		measure(&whats[i], argv[a], argv[a][len] ? atoi(argv[a] + len + 1) : 0);
	}
	return 0;
}
