/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <errno.h>
#include <linux/types.h>

#define round_up(x, n)		((((x) - 1) | ((__typeof__(x))(n) - 1)) + 1)

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#define __aligned(n)		__attribute__((__aligned__(n)))

#define likely(x)		(x)

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	((void)(*(volatile __typeof__(x) *)&(x) = (v)))
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define cmpxchg(p, old, new)	__sync_val_compare_and_swap((p), (old), (new))
#define xchg(p, v)		__atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)

#endif /* SHIM_KERNEL_H */
