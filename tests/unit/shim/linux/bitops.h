/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_BITOPS_H
#define SHIM_BITOPS_H

#include <stdbool.h>

#define BITS_PER_LONG		64
#define BITS_TO_LONGS(n)	(((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define SHIM_BIT(nr)		(1UL << (nr) % BITS_PER_LONG)

static inline bool test_bit(long nr, const unsigned long *at)
{
	return __atomic_load_n(&at[nr / BITS_PER_LONG], __ATOMIC_RELAXED) & SHIM_BIT(nr);
}

static inline bool test_and_set_bit(long nr, unsigned long *at)
{
	return __atomic_fetch_or(&at[nr / BITS_PER_LONG], SHIM_BIT(nr), __ATOMIC_SEQ_CST) &
	       SHIM_BIT(nr);
}

static inline bool test_and_clear_bit(long nr, unsigned long *at)
{
	return __atomic_fetch_and(&at[nr / BITS_PER_LONG], ~SHIM_BIT(nr), __ATOMIC_SEQ_CST) &
	       SHIM_BIT(nr);
}

static inline void set_bit(long nr, unsigned long *at)
{
	test_and_set_bit(nr, at);
}

static inline void clear_bit(long nr, unsigned long *at)
{
	test_and_clear_bit(nr, at);
}

#endif /* SHIM_BITOPS_H */
