/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_SPINLOCK_H
#define SHIM_SPINLOCK_H

#include <linux/kernel.h>
#include <stdlib.h>

/* There is one thread: a lock that is taken twice, or never, is a bug. */
typedef struct {
	bool held;
} raw_spinlock_t;

static inline void raw_spin_lock_init(raw_spinlock_t *l)
{
	l->held = false;
}

static inline void raw_spin_lock(raw_spinlock_t *l)
{
	if (l->held)
		abort();
	l->held = true;
}

static inline void raw_spin_unlock(raw_spinlock_t *l)
{
	if (!l->held)
		abort();
	l->held = false;
}

#define raw_spin_lock_irqsave(l, flags)					\
	do {								\
		(flags) = 1;						\
		raw_spin_lock(l);					\
	} while (0)

#define raw_spin_unlock_irqrestore(l, flags)				\
	do {								\
		if ((flags) != 1)					\
			abort();					\
		raw_spin_unlock(l);					\
	} while (0)

#endif /* SHIM_SPINLOCK_H */
