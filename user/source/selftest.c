// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest.c - see selftest.h.  A helper, the root of this one trace, forks with
 * the raw system call; its child writes to a page that the two share.  When the
 * child has gone, the helper writes to others, which it has to itself by then.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "source/selftest.h"

#define LIMIT_MS	5000
#define TURN		4096

/*
 * More than the 31 (a folio_batch) that wait for their place in the LRU lists of a CPU, which
 * have a reference more and can be copied; the helper stays on one.  And so few that all
 * records of them fit into the smallest ring.
 */
#define PAGES		40

/* What was seen of the helper. */
struct seen {
	pid_t helper;
	pid_t child;
	__u64 as;
	__u64 helper_as;
	bool clone;
	bool flags;
	bool child_exit;
	bool helper_exit;
	bool end;
	bool helper_end;
	__u64 copied;
	__u64 reused;
};

int ftrace_enabled(void)
{
	FILE *f = fopen("/proc/sys/kernel/ftrace_enabled", "re");
	int v = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%d", &v) != 1)
		v = -1;
	fclose(f);
	return v;
}

static void stay_on_this_cpu(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	CPU_ZERO(&one);
	if (cpu >= 0 && cpu < CPU_SETSIZE) {
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
	}
}

/* Never returns.  Until the byte comes nothing that is traced happens. */
static void helper(int go)
{
	size_t page = sysconf(_SC_PAGESIZE);
	volatile char *p;
	pid_t child;
	size_t i;
	char c;

	stay_on_this_cpu();
	if (read(go, &c, 1) != 1)
		_exit(1);
	p = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		_exit(1);
	madvise((void *)p, PAGES * page, MADV_NOHUGEPAGE);
	for (i = 0; i < PAGES; i++)
		p[i * page] = 1;
	child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!child) {
		p[0] = 2;
		syscall(SYS_exit_group, 0);
	}
	if (child < 0 || waitpid(child, NULL, 0) != child)
		_exit(1);
	for (i = 0; i < PAGES; i++)
		p[i * page] = 3;
	_exit(0);
}

static void look(void *ctx, const struct cleave_hdr *rec)
{
	struct seen *s = ctx;

	if (rec->type == CLEAVE_REC_CLONE) {
		const struct cleave_clone *c = (const void *)rec;

		if (c->parent_pid != s->helper || c->error)
			return;
		s->clone = true;
		s->child = c->child_pid;
		s->as = c->as;
		s->helper_as = c->parent_as;
		s->flags = !c->flags && c->exit_signal == SIGCHLD &&
			   c->kind == CLEAVE_KIND_PROCESS;
	} else if (rec->type == CLEAVE_REC_EXIT) {
		const struct cleave_exit *e = (const void *)rec;

		s->child_exit |= s->child && e->pid == s->child;
		s->helper_exit |= e->pid == s->helper;
	} else if (rec->type == CLEAVE_REC_END) {
		const struct cleave_end *e = (const void *)rec;

		if (s->as && e->fig.as == s->as) {
			s->end = true;
			s->copied = e->fig.cow[CLEAVE_COPIED];
		} else if (s->helper_as && e->fig.as == s->helper_as) {
			s->helper_end = true;
			s->reused = e->fig.cow[CLEAVE_REUSED];
		}
	}
}

/* The first thing that is missing, or NULL. */
static const char *missing(const struct backend *b, const struct known *known,
			   const struct seen *s)
{
	const struct backend_hook *h = b->hooks;

	if (h[CLEAVE_HOOK_COPY_PROCESS].attached) {
		if (!s->clone)
			return "the probe on copy_process did not fire";
		if (!s->flags)
			return "the probe on copy_process saw other flags than were passed";
		if (known->ends && (!s->end || !s->helper_end))
			return "the probe on exit_mmap did not fire";
		if (known->ends && known->outcome[CLEAVE_COPIED] && !s->copied)
			return "the probes on do_wp_page and ptep_clear_flush did not fire";
		if (known->ends && known->outcome[CLEAVE_REUSED] && !s->reused)
			return "the probes on do_wp_page and ptep_set_access_flags did not fire";
	}
	if (h[CLEAVE_HOOK_EXIT_TASK].attached) {
		if (!s->helper_exit || (s->clone && !s->child_exit))
			return "the probe on sched_process_exit did not fire";
	}
	return NULL;
}

static long long now_ms(void)
{
	return now_ns() / 1000000;
}

static const char *wait_for_records(struct backend *b, struct reader *r,
				    const struct known *known, struct seen *s)
{
	struct pollfd p = { .fd = b->ring_fd, .events = POLLIN };
	long long end = now_ms() + LIMIT_MS;
	const char *what;

	for (;;) {
		size_t n = reader_consume(r, TURN, look, s);
		long long left = end - now_ms();

		what = missing(b, known, s);
		if (!what || left <= 0)
			return what;
		if (n < TURN)
			poll(&p, 1, left < 100 ? left : 100);
	}
}

static int traced(struct backend *b, struct reader *r, const struct known *known,
		  struct seen *s, int go_fd, const char **what)
{
	int err = b->ops->add_root(b, s->helper);

	if (err) {
		*what = backend_error();
		return err;
	}
	if (write(go_fd, "", 1) != 1)
		return -errno;
	*what = wait_for_records(b, r, known, s);
	return *what ? -ENODATA : 0;
}

static void swallow(void *ctx, const struct cleave_hdr *rec)
{
	(void)ctx;
	(void)rec;
}

static void explain(char *why, size_t len, const char *what)
{
	const char *hint = "";

	if (!ftrace_enabled())
		hint = "; kernel.ftrace_enabled is 0: set it to 1 with sysctl";
	snprintf(why, len, "self-test failed: %s%s", what, hint);
}

int selftest_run(struct backend *b, struct reader *r, const struct known *known,
		 char *why, size_t len)
{
	const char *what = "cannot make a process";
	struct seen s = { 0 };
	int go[2], err;

	if (pipe2(go, O_CLOEXEC)) {
		err = -errno;
		snprintf(why, len, "self-test failed: cannot make a pipe: %s",
			 strerror(-err));
		return err;
	}
	s.helper = fork();
	if (!s.helper) {
		close(go[1]);
		helper(go[0]);
	}
	close(go[0]);
	if (s.helper < 0) {
		err = -errno;
		close(go[1]);
		explain(why, len, what);
		return err;
	}
	what = "cannot start the helper";
	err = traced(b, r, known, &s, go[1], &what);
	close(go[1]);
	while (waitpid(s.helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (!err) {
		/* A whole ring at most: with --all it need never be empty. */
		reader_consume(r, r->size / sizeof(struct cleave_hdr), swallow,
			       NULL);
		err = b->ops->reset(b);
		what = backend_error();
	}
	if (err)
		explain(why, len, what);
	return err;
}
