// SPDX-License-Identifier: GPL-2.0-only
/*
 * workload.c - does things of which the figures are known in advance, and says
 * what they are: one JSON object a line for each run of a case.  See truth.h.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

struct ctl *ctl;
const char *self_path;
const char *disk_dir;
const char *tmp_dir = "/tmp";
char *main_stack;

#define SIZES_MAX	16
#define REPORT_MAX	65536

static const struct truth_case *const tables[] = {
	anon_cases, exec_cases, page_cases, large_cases, swap_cases, kernel_cases, uffd_cases,
	clone_cases,
};

static const char *const outcome_names[] = {
#define X(sym, name, what) name,
	CLEAVE_OUTCOMES(X)
#undef X
};

static const char *const class_names[P_NR] = {
	"anon", "anon_huge", "file", "swap", "hugetlb", "shmem", "copied_at_clone",
};

static const char *const close_names[] = { "exit", "exec", "none", "failed" };

static const char *const oracle_names[] = {
	"want", "delta", "least", "pages", "cow", "cow_delta", "note",
};

static const struct truth_case *case_at(int index)
{
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct truth_case *c;

		for (c = tables[i]; c->name; c++)
			if (!index--)
				return c;
	}
	return NULL;
}

static const struct truth_case *find_case(const char *name, int *index)
{
	const struct truth_case *c;

	for (c = attach_cases; c->name; c++) {
		*index = (int)(c - attach_cases);
		if (!strcmp(c->name, name))
			return c;
	}
	for (*index = 0; (c = case_at(*index)); ++*index)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* A report is put together here, since libc's buffers are the host's own. */
static char report[REPORT_MAX];
static size_t report_len;

__attribute__((format(printf, 1, 2)))
static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_len += vsnprintf(report + report_len, REPORT_MAX - report_len, fmt, ap);
	va_end(ap);
	if (report_len >= REPORT_MAX)
		abort();
}

static void say_numbers(const char *name, const char *const *names, const long *n,
			int nr)
{
	const char *sep = "";
	int i;

	say(",\"%s\":{", name);
	for (i = 0; i < nr; i++) {
		if (!n[i])
			continue;
		if (n[i] <= ANY / 2)
			say("%s\"%s\":\"any\"", sep, names[i]);
		else
			say("%s\"%s\":%ld", sep, names[i], n[i]);
		sep = ",";
	}
	say("}");
}

static void say_task(const struct task *t)
{
	say("{\"role\":\"%s\",\"pid\":%d,\"closes\":\"%s\",\"clones\":%ld", t->role,
	    t->pid, close_names[t->closes], t->clones);
	if (t->tid)
		say(",\"tid\":%d", t->tid);
	if (t->call)
		say(",\"call\":\"%s\"", t->call);
	if (t->kind)
		say(",\"kind\":\"%s\"", t->kind);
	if (t->check & CHECK_FLAGS)
		say(",\"flags_raw\":\"0x%lx\"", t->flags);
	if (t->check & CHECK_SIGNAL)
		say(",\"exit_signal\":%d", t->exit_signal);
	if (t->check & CHECK_SET_TID)
		say(",\"set_tid\":%d", t->set_tid);
	if (t->check & CHECK_CGROUP)
		say(",\"cgroup_fd\":%d", t->cgroup_fd);
	if (t->check & CHECK_NS_PID)
		say(",\"ns_pid\":%d", t->ns_pid);
	if (t->check & CHECK_STATUS)
		say(",\"exit_code\":%d", t->status);
	if (t->check & CHECK_EXEC_TID)
		say(",\"exec_tid\":%d", t->exec_tid);
	if (t->exec_error)
		say(",\"exec_error\":%d", t->exec_error);
	if (t->check & CHECK_PARENT)
		say(",\"parent_tid\":%d", t->parent_tid);
	if (t->closes == CLOSE_FAILED)
		say(",\"error\":%d", t->error);
	if (t->attached)
		say(",\"attached\":true,\"before_exec\":%s,\"creator\":%d,\"looked\":%ld",
		    t->before_exec ? "true" : "false", t->creator, t->looked);
	say_numbers("pages", class_names, t->pages, P_NR);
	say_numbers("cow", outcome_names, t->cow, CLEAVE_NR_OUTCOMES);
	say_numbers("creator_cow", outcome_names, t->creator_cow, CLEAVE_NR_OUTCOMES);
	say("}");
}

static void say_oracle(const struct oracle *o)
{
	const char *const *names = o->kind == O_PAGES ? class_names : outcome_names;
	int i, first = 1;

	say("{\"name\":\"%s\",\"kind\":\"%s\",\"task\":%d,\"value\":%ld", o->name,
	    oracle_names[o->kind], o->task, o->value);
	if (o->kind == O_WANT || o->kind == O_DELTA ||
	    o->kind == O_LEAST || o->kind == O_NOTE) {
		say(",\"want\":%ld}", o->want);
		return;
	}
	say(",\"of\":[");
	for (i = 0; i < 64; i++) {
		if (!(o->want & (1L << i)))
			continue;
		say("%s\"%s\"", first ? "" : ",", names[i]);
		first = 0;
	}
	say("]}");
}

static void report_case(const struct truth_case *c, const char *run, int status)
{
	int i;

	say("{\"case\":\"%s\",\"what\":\"%s\",\"size\":%ld,", c->name, c->what, N);
	say("\"run\":\"%s\",\"host\":%d,\"kernel\":%d", run, getpid(), ctl->kernel);
	if (ctl->skip)
		say(",\"skip\":\"%s\"", ctl->skip);
	if (ctl->note)
		say(",\"note\":\"%s\"", ctl->note);
	if (ctl->fail)
		say(",\"fail\":\"%s: %s\"", ctl->fail, strerror((int)-ctl->fail_code));
	else if (status && !ctl->skip)
		say(",\"fail\":\"the case ended with status %#x\"", status);
	say(",\"tasks\":[");
	for (i = 0; i < ctl->nr_tasks; i++) {
		say("%s", i ? "," : "");
		say_task(T(i));
	}
	say("],\"oracles\":[");
	for (i = 0; i < ctl->nr_oracles; i++) {
		say("%s", i ? "," : "");
		say_oracle(&ctl->oracle[i]);
	}
	say("]}\n");
}

static int kernel_version(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	uname(&u);
	if (sscanf(u.release, "%d.%d", &major, &minor) != 2)
		return 0;
	return major * 100 + minor;
}

/*
 * On one CPU, as a page that has just been made waits in a list of the CPU that
 * made it, with a reference by which the kernel elsewhere cannot see that it has
 * become exclusive: whether it is copied or reused then depends on the CPU.
 */
static void bind_to_cpu(int index)
{
	cpu_set_t all, one;
	int cpu = 0;

	sched_getaffinity(0, sizeof(all), &all);
	index %= CPU_COUNT(&all);
	while (!CPU_ISSET(cpu, &all) || index-- > 0)
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

/* The kernel would write to the thread descriptor whenever it moves a task. */
static void rseq_off(void)
{
	char *self = __builtin_thread_pointer();

	if (__rseq_size)
		sys(SYS_rseq, self + __rseq_offset, 32, 1, RSEQ_SIG);
}

static void run_parent(const struct truth_case *c)
{
	touch_own();
	c->run();
	finish(0);
}

static void run_host_case(void *arg)
{
	int t = fork_task("parent");
	long pid;

	if (t < 0)
		run_parent(arg);
	while ((pid = sys(SYS_wait4, -1, &ctl->scratch[14], __WALL, 0)) != -ECHILD)
		if (pid == T(t)->pid)
			ctl->scratch[13] = ctl->scratch[14];
}

/*
 * Cases run on a stack of which each frame always has the same offset in its
 * page: on the one that exec makes, the arguments and chance decide on how many
 * pages a task writes to.
 */
static char case_stack[16 * PG] __attribute__((aligned(PG)));

static int host(const struct truth_case *c, const char *run, int out)
{
	ctl->kernel = kernel_version();
	ctl->cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	disk_dir = getenv("TRUTH_DISK");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	rseq_off();
	own_init();
	main_stack = __builtin_frame_address(0);
	raw_on_stack(case_stack + sizeof(case_stack), run_host_case, (void *)c);
	report_case(c, run, ctl->scratch[13]);
	return write(out, report, report_len) == (ssize_t)report_len ? 0 : 1;
}

static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED) {
		perror("workload: mmap");
		exit(1);
	}
	return p;
}

static int host_main(char **argv)
{
	int index, out = atoi(argv[4]);
	const struct truth_case *c = find_case(argv[1], &index);

	ctl = shared(sizeof(*ctl));
	ctl->size = atol(argv[2]);
	return host(c, argv[3], out);
}

static void run_host(const struct truth_case *c, int index, long size, const char *run,
		     int out)
{
	char size_arg[24], out_arg[16];
	int status;
	pid_t pid;

	snprintf(size_arg, sizeof(size_arg), "%ld", size);
	snprintf(out_arg, sizeof(out_arg), "%d", out);
	pid = fork();
	if (!pid) {
		bind_to_cpu(index);
		execl(self_path, "workload", "--host", c->name, size_arg, run, out_arg,
		      (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		dprintf(out, "{\"case\":\"%s\",\"size\":%ld,\"run\":\"%s\",\"host\":%d,", c->name,
			size, run, pid);
		dprintf(out, "\"fail\":\"the host failed\",\"tasks\":[],\"oracles\":[]}\n");
	}
}

static void time_host(const struct truth_case *c, int index, long size, const char *run,
		      int out)
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	run_host(c, index, size, run, out);
	clock_gettime(CLOCK_MONOTONIC, &end);
	dprintf(out, "{\"took\":%.3f}\n", (double)(end.tv_sec - start.tv_sec) +
		(double)(end.tv_nsec - start.tv_nsec) / 1e9);
}

/* Is it one of the cases, by comma, that are run with LARGE pages as well? */
static const char *large = "";

#define LARGE	100000

static int is_large(const char *name)
{
	size_t len = strlen(name);
	const char *p;

	for (p = strstr(large, name); p; p = strstr(p + 1, name))
		if ((p == large || p[-1] == ',') && (!p[len] || p[len] == ','))
			return 1;
	return 0;
}

static void run_case(const struct truth_case *c, int index, const long *sizes, int nr, int out)
{
	long done = -1;
	int i;

	time_host(c, index, 0, "base", out);
	for (i = 0; i < nr; i++) {
		long size = c->cap && sizes[i] > c->cap ? c->cap : sizes[i];

		if (size != done)
			time_host(c, index, size, "size", out);
		done = size;
	}
	if (is_large(c->name))
		time_host(c, index, LARGE, "size", out);
}

/* All at a time, each waiting in its middle to be attached to. */
static int run_attached(const long *sizes, int nr, int out)
{
	const struct truth_case *c;
	int i, status = 0;

	for (c = attach_cases; c->name; c++) {
		for (i = -1; i < nr; i++) {
			long size = i < 0 ? 0 : sizes[i] < c->cap ? sizes[i] : c->cap;

			if (i > 0 && size == (sizes[i - 1] < c->cap ? sizes[i - 1] : c->cap))
				continue;
			if (fork())
				continue;
			run_host(c, (int)(c - attach_cases), size, i < 0 ? "base" : "size", out);
			_exit(0);
		}
	}
	while (wait(&i) > 0)
		status |= i;
	return status ? 1 : 0;
}

static void list(void)
{
	const struct truth_case *c;
	int i;

	for (i = 0; (c = case_at(i)); i++)
		printf("%-24s %s\n", c->name, c->what);
}

static int usage(FILE *f, int status)
{
	fprintf(f, "Usage: workload [--list] [--size N]... [--large CASE,...] [-o FILE] [CASE]...\n"
		"       workload --attach [--size N]... [-o FILE]\n"
		"Runs cases of which the figures are known in advance, each with each size\n"
		"(0, 1, 7, 1000; those after --large with 100000 as well) and first with 0, and\n"
		"writes what must have been counted, one JSON object a line, to FILE or\n"
		"descriptor 3.  With --attach, all cases of that at a time: each writes the pids\n"
		"that are there in its middle, a line, and waits for the end of standard input.\n");
	return status;
}

static int run_all(char **names, int nr_names, const long *sizes, int nr, int out)
{
	const struct truth_case *c;
	int i, index;

	for (i = 0; !nr_names && (c = case_at(i)); i++)
		run_case(c, i, sizes, nr, out);
	for (i = 0; i < nr_names; i++) {
		c = find_case(names[i], &index);
		if (!c) {
			fprintf(stderr, "workload: no case %s\n", names[i]);
			return 2;
		}
		run_case(c, index, sizes, nr, out);
	}
	return 0;
}

/* See cases_attach.c. */
static int held(void)
{
	char c = 'x';

	return write(HELD_UP, &c, 1) != 1 || read(HELD_GO, &c, 1) != 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "size", required_argument, NULL, 's' },
		{ "large", required_argument, NULL, 'L' },
		{ "attach", no_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ },
	};
	static char path[4096];
	long sizes[SIZES_MAX] = { 0, 1, 7, 1000 };
	int nr = 4, given = 0, out = 3, attach = 0, opt;

	if (argc > 1 && !strcmp(argv[1], "--true"))
		return 0;
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return 1;
	self_path = path;
	if (argc == 2 && !strcmp(argv[1], "--again"))
		return execl(path, "workload", "--true", (char *)NULL);
	if (argc == 2 && !strcmp(argv[1], "--held"))
		return held();
	if (argc == 2 && !strcmp(argv[1], "--nowhere")) {
		execl("/nowhere/at/all", "none", (char *)NULL);
		return errno != ENOENT;
	}
	if (argc == 6 && !strcmp(argv[1], "--host"))
		return host_main(argv + 1);
	while ((opt = getopt_long(argc, argv, "o:s:", options, NULL)) != -1) {
		switch (opt) {
		case 'l':
			list();
			return 0;
		case 's':
			if (given == SIZES_MAX)
				return usage(stderr, 2);
			sizes[given++] = atol(optarg);
			nr = given;
			break;
		case 'L':
			large = optarg;
			break;
		case 'a':
			attach = 1;
			break;
		case 'o':
			out = open(optarg, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
			if (out < 0) {
				perror(optarg);
				return 1;
			}
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
	}
	if (attach)
		return run_attached(sizes, nr, out);
	return run_all(argv + optind, argc - optind, sizes, nr, out);
}
