/* SPDX-License-Identifier: GPL-2.0-only */
/* again.h - what cannot be done in one go. */
#ifndef CLEAVE_AGAIN_H
#define CLEAVE_AGAIN_H

/**
 * again() - do something until nothing is left of it, with pauses
 * @pass: does it; returns how much is left, or a negative errno
 * @ctx: for it
 * @ns: after so long it is left; what has been done once is done once more
 *
 * Return: how much is left, mostly 0, or a negative errno of @pass.
 */
int again(int (*pass)(void *ctx), void *ctx, unsigned long long ns);

#endif /* CLEAVE_AGAIN_H */
