// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <stddef.h>

#include "lib/clock.h"
#include "target/last_signal.h"

/*
 * timeout(1) sends its signal to its child, and then to the group that it and the
 * child are in: the same signal within this time is the first one once more.
 */
#define TWICE_NS	50000000

static const int ends[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };

static int first;
static __u64 first_at;

static void on_second(int sig)
{
	if (sig == first && now_ns() - first_at < TWICE_NS)
		return;
	/* Delivered once this has returned, as it is without this handler. */
	signal(sig, SIG_DFL);
	raise(sig);
}

void last_signal(int sig)
{
	struct sigaction sa = { .sa_handler = on_second, .sa_flags = SA_RESTART }, old;
	sigset_t set;
	size_t i;

	first = sig;
	first_at = now_ns();
	sigemptyset(&set);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		sigaddset(&set, ends[i]);
		if (!sigaction(ends[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(ends[i], &sa, NULL);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}
