/* SPDX-License-Identifier: GPL-2.0-only */
/* rand.h - numbers that are the same in every run, in the kernel or not. */
#ifndef CLEAVE_RAND_H
#define CLEAVE_RAND_H

struct rnd {
	unsigned long long state;
};

/* xorshift64* */
static inline unsigned int rnd_below(struct rnd *r, unsigned int n)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (r->state * 0x2545f4914f6cdd1dULL >> 32) % n;
}

#endif /* CLEAVE_RAND_H */
