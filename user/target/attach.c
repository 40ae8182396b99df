// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/need.h"
#include "lib/sys.h"
#include "target/attach.h"

/* PF_KTHREAD of the kernel's sched.h. */
#define KERNEL_THREAD	0x00200000

/**
 * struct who - what /proc says of a task
 * @tgid: its process
 * @threads: how many that has, with a leader that has ended
 * @state: one letter
 * @flags: task_struct.flags
 */
struct who {
	pid_t tgid;
	unsigned int threads;
	char state;
	unsigned long flags;
};

/* The number in a line of /proc/PID/status. */
static long status_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtol(at + strlen(name), NULL, 10) : 0;
}

static bool read_file(pid_t pid, const char *name, char *buf, size_t len)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	n = sys_read(path, buf, len - 1);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* false: there is no such task. */
static bool find(pid_t pid, struct who *w)
{
	char text[4096];
	const char *at;

	if (!read_file(pid, "status", text, sizeof(text)))
		return false;
	w->tgid = (pid_t)status_of(text, "\nTgid:");
	w->threads = (unsigned int)status_of(text, "\nThreads:");
	if (!read_file(pid, "stat", text, sizeof(text)))
		return false;
	/* A name can have anything in it, but what follows it has no parenthesis. */
	at = strrchr(text, ')');
	return at && sscanf(at, ") %c %*d %*d %*d %*d %*d %lu", &w->state, &w->flags) == 2;
}

static int refuse(pid_t pid, const char *why)
{
	fprintf(stderr, "cleave: cannot trace process %d: %s\n", pid, why);
	return -1;
}

static int check(pid_t pid)
{
	struct who w = { 0 };

	if (!find(pid, &w))
		return refuse(pid, "there is none");
	if (w.tgid == getpid())
		return refuse(pid, "it is cleave itself");
	if (w.tgid != pid) {
		fprintf(stderr, "cleave: cannot trace process %d: it is a thread of process %d: name that\n",
			pid, w.tgid);
		return -1;
	}
	if (w.flags & KERNEL_THREAD)
		return refuse(pid, "it is a kernel thread, which has no memory of its own");
	/* Of a process whose leader has ended, other threads can go on. */
	if ((w.state == 'Z' || w.state == 'X') && w.threads < 2)
		return refuse(pid, "it has ended, and waits for its parent to notice (a zombie)");
	return 0;
}

int attach_check(const pid_t *pids, size_t nr)
{
	int err = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		err |= check(pids[i]);
	return err;
}

/**
 * struct named - one of the processes that were named
 * @pid: its own
 * @parent: of its parent
 * @at: where it was named
 * @line: how many of those that it descends from, from parent to parent, were named
 */
struct named {
	pid_t pid;
	pid_t parent;
	size_t at;
	size_t line;
};

static int by_pid(const void *a, const void *b)
{
	const struct named *p = a, *q = b;

	return (p->pid > q->pid) - (p->pid < q->pid);
}

static int by_line(const void *a, const void *b)
{
	const struct named *p = a, *q = b;

	if (p->line != q->line)
		return p->line < q->line ? -1 : 1;
	return (p->at > q->at) - (p->at < q->at);
}

static pid_t parent_of(pid_t pid)
{
	char text[4096];

	return read_file(pid, "status", text, sizeof(text)) ?
	       (pid_t)status_of(text, "\nPPid:") : 0;
}

/* They may change while they are read: a line is no longer than there are processes. */
static size_t line_of(const struct named *list, size_t nr, const struct named *n)
{
	size_t line = 0;

	while (n && line < nr) {
		const struct named parent = { .pid = n->parent };

		n = bsearch(&parent, list, nr, sizeof(parent), by_pid);
		line += !!n;
	}
	return line;
}

void attach_order(pid_t *pids, size_t nr)
{
	struct named *list;
	size_t i;

	if (nr < 2)
		return;
	list = need(calloc(nr, sizeof(*list)));
	for (i = 0; i < nr; i++)
		list[i] = (struct named) {
			.pid = pids[i], .parent = parent_of(pids[i]), .at = i,
		};
	qsort(list, nr, sizeof(*list), by_pid);
	for (i = 0; i < nr; i++)
		list[i].line = line_of(list, nr, &list[i]);
	qsort(list, nr, sizeof(*list), by_line);
	for (i = 0; i < nr; i++)
		pids[i] = list[i].pid;
	free(list);
}
