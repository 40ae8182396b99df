/* SPDX-License-Identifier: GPL-2.0-only */
/* again.h - what cannot be done in one go. */
#ifndef CLEAVE_AGAIN_H
#define CLEAVE_AGAIN_H

#include <stdbool.h>

/**
 * struct again - how long something has been left; all zero: nothing was yet
 * @until: time at which it is given up
 * @pause: before it is done the next time, in microseconds
 * @last: @until has come, and it is done once more
 */
struct again {
	unsigned long long until;
	unsigned int pause;
	bool last;
};

/**
 * again() - pause for some milliseconds, as something is left that was to be done
 * @a: how long it has been so
 * @ns: for how long it may be; what has been done once is done once more
 *
 * Return: whether it is to be done once more.
 */
bool again(struct again *a, unsigned long long ns);

#endif /* CLEAVE_AGAIN_H */
