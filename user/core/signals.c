// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <time.h>

#include "core/signals.h"

void signals_block(struct signals *s)
{
	sigset_t all;

	sigemptyset(&s->ours);
	sigaddset(&s->ours, SIGINT);
	sigaddset(&s->ours, SIGQUIT);
	sigaddset(&s->ours, SIGTERM);
	sigaddset(&s->ours, SIGHUP);
	/*
	 * A report into a closed pipe must not kill us.  Blocked rather than
	 * ignored: the command gets the old mask back, and what is ignored
	 * would stay so over its exec.
	 */
	all = s->ours;
	sigaddset(&all, SIGPIPE);
	sigprocmask(SIG_BLOCK, &all, &s->old);
}

int signals_pending(const struct signals *s)
{
	const struct timespec now = { 0 };
	int sig = sigtimedwait(&s->ours, NULL, &now);

	return sig > 0 ? sig : 0;
}
