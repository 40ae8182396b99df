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

#include "lib/clock.h"
#include "target/system.h"

/*
 * timeout(1) sends its signal to its child, and then to the group that it and the
 * child are in: the same signal within this time is the first one once more.
 */
#define TWICE_NS	50000000

static const int ends[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };

static int first;
static __u64 first_at;

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

static void on_second(int sig)
{
	if (sig == first && now_ns() - first_at < TWICE_NS)
		return;
	/* Delivered once this has returned, as it is without this handler. */
	signal(sig, SIG_DFL);
	raise(sig);
}

static bool system_signal(struct target *t, int sig)
{
	struct sigaction sa = { .sa_handler = on_second, .sa_flags = SA_RESTART }, old;
	sigset_t set;
	size_t i;

	t->over = true;
	first = sig;
	first_at = now_ns();
	/* Whoever does not want to wait for the report sends another. */
	sigemptyset(&set);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		sigaddset(&set, ends[i]);
		if (!sigaction(ends[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(ends[i], &sa, NULL);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
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
