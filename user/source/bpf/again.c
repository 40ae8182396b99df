// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <unistd.h>

#include "lib/clock.h"
#include "source/bpf/again.h"

#define PAUSE_US	1000
#define LONGEST_US	64000

int again(int (*pass)(void *ctx), void *ctx, unsigned long long ns)
{
	__u64 until = now_ns() + ns;
	useconds_t pause = PAUSE_US;
	int left = pass(ctx);
	bool last = false;

	while (left > 0 && !last) {
		usleep(pause);
		if (pause < LONGEST_US)
			pause *= 2;
		last = now_ns() >= until;
		left = pass(ctx);
	}
	return left;
}
