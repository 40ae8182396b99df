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

#define NR_ENDS	(sizeof(ends) / sizeof(ends[0]))

static struct sigaction before[NR_ENDS];
static int first;
static __u64 first_at;

static void on_second(int sig)
{
	size_t i;

	if (sig == first && now_ns() - first_at < TWICE_NS)
		return;
	/*
	 * Delivered once this has returned, as it is without this handler: there may be
	 * one that gives a terminal back.
	 */
	for (i = 0; i < NR_ENDS; i++)
		if (ends[i] == sig)
			sigaction(sig, &before[i], NULL);
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
	for (i = 0; i < NR_ENDS; i++) {
		sigaddset(&set, ends[i]);
		/* Two can have come at the same time. */
		if (sigaction(ends[i], NULL, &old) || old.sa_handler == SIG_IGN ||
		    old.sa_handler == on_second)
			continue;
		before[i] = old;
		sigaction(ends[i], &sa, NULL);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}
