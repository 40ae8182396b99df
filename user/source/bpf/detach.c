// SPDX-License-Identifier: GPL-2.0-only
/*
 * detach.c - nobody waits for the end of BPF programs.
 *
 * Each detach waits for an RCU-tasks grace period, a tenth of a second, and ftrace
 * lets none overlap: some two seconds in all.  So a child of ours that holds the
 * links, too, is the last to let go of them.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "source/bpf/detach.h"

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/*
 * Nothing of the parent's stays open but the links (which libbpf keeps off the
 * standard streams) and @parent: who waits for the end of its output would wait
 * for us.  That the parent is done shows as the end of @parent.
 */
static void child(const int *links, int n, int parent)
{
	unsigned int from = 1;
	char c;
	int i;

	setsid();
	dup2(parent, 0);
	for (i = 0; i < n; i++) {
		unsigned int fd = links[i];

		if (fd > from)
			close_range(from, fd - 1, 0);
		from = fd + 1;
	}
	close_range(from, ~0U, 0);
	while (read(0, &c, 1) > 0)
		;
	_exit(0);
}

int detach_behind(int *links, int n)
{
	int fds[2];
	pid_t pid;

	if (!n || pipe2(fds, O_CLOEXEC))
		return -1;
	qsort(links, n, sizeof(*links), by_number);
	pid = fork();
	if (!pid)
		child(links, n, fds[0]);
	close(fds[0]);
	if (pid > 0)
		return fds[1];
	close(fds[1]);
	return -1;
}
