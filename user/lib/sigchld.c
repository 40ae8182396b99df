// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <stdbool.h>

#include "lib/sigchld.h"

static bool was_ignored;

void sigchld_take(void)
{
	was_ignored = signal(SIGCHLD, SIG_DFL) == SIG_IGN;
}

void sigchld_give_back(void)
{
	if (was_ignored)
		signal(SIGCHLD, SIG_IGN);
}
