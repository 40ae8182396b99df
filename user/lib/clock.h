/* SPDX-License-Identifier: GPL-2.0-only */
/* clock.h - the clock that records carry, and the one on the wall. */
#ifndef CLEAVE_CLOCK_H
#define CLEAVE_CLOCK_H

#include <time.h>

#include "cleave_abi.h"

/**
 * now_ns() - nanoseconds of CLOCK_MONOTONIC
 */
static inline __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/**
 * wall_ns() - nanoseconds of CLOCK_REALTIME, since 1970
 */
static inline __u64 wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

#endif /* CLEAVE_CLOCK_H */
