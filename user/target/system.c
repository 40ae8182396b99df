// SPDX-License-Identifier: GPL-2.0-only
/*
 * system.c - see system.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "target/last_signal.h"
#include "target/system.h"

static int system_start(struct target *t, const sigset_t *mask)
{
	int err;

	(void)mask;
	/* Never readable: nothing comes of the target itself. */
	t->fd = eventfd(0, EFD_CLOEXEC);
	if (t->fd >= 0)
		return 0;
	err = -errno;
	fprintf(stderr, "cleave: cannot wait for events: %s\n", strerror(-err));
	return err;
}

static void system_go(struct target *t)
{
	(void)t;
}

static void system_ready(struct target *t)
{
	(void)t;
}

static bool system_signal(struct target *t, int sig)
{
	t->over = true;
	last_signal(sig);
	return true;
}

static int system_status(const struct target *t, int sig)
{
	(void)t;
	(void)sig;
	return 0;
}

static void system_free(struct target *t)
{
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}

static const struct target_ops system_ops = {
	.start = system_start,
	.go = system_go,
	.ready = system_ready,
	.signal = system_signal,
	.status = system_status,
	.free = system_free,
};

struct target *target_system(void)
{
	struct target *t = calloc(1, sizeof(*t));

	if (!t) {
		fprintf(stderr, "cleave: out of memory\n");
		return NULL;
	}
	t->ops = &system_ops;
	t->fd = -1;
	return t;
}
