// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "lib/clock.h"
#include "source/bpf/again.h"

/* No longer than that: meanwhile nobody reads the ring. */
#define PAUSE_US	1000
#define LONGEST_US	8000

bool again(struct again *a, unsigned long long ns)
{
	if (!a->pause) {
		a->until = now_ns() + ns;
		a->pause = PAUSE_US;
	}
	if (a->last)
		return false;
	usleep(a->pause);
	if (a->pause < LONGEST_US)
		a->pause *= 2;
	a->last = now_ns() >= a->until;
	return true;
}
