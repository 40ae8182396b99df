/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_ATOMIC_H
#define SHIM_ATOMIC_H

#include <stdbool.h>
#include <linux/types.h>

typedef struct {
	s64 counter;
} __attribute__((may_alias)) atomic64_t;

static inline void atomic64_add(s64 n, atomic64_t *v)
{
	__atomic_add_fetch(&v->counter, n, __ATOMIC_RELAXED);
}

static inline s64 atomic64_read(const atomic64_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline s64 atomic64_dec_return(atomic64_t *v)
{
	return __atomic_sub_fetch(&v->counter, 1, __ATOMIC_SEQ_CST);
}

static inline bool atomic64_inc_not_zero(atomic64_t *v)
{
	if (!v->counter)
		return false;
	v->counter++;
	return true;
}

static inline s64 atomic64_cmpxchg(atomic64_t *v, s64 old, s64 new)
{
	__atomic_compare_exchange_n(&v->counter, &old, new, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return old;
}

static inline s64 atomic64_xchg(atomic64_t *v, s64 new)
{
	return __atomic_exchange_n(&v->counter, new, __ATOMIC_SEQ_CST);
}

#define smp_rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()	__atomic_thread_fence(__ATOMIC_RELEASE)

typedef struct {
	int counter;
} __attribute__((may_alias)) atomic_t;

static inline int atomic_cmpxchg(atomic_t *v, int old, int new)
{
	__atomic_compare_exchange_n(&v->counter, &old, new, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return old;
}

/* What another task does just before the next of these two. */
static void (*shim_before_bits)(void);

static inline int atomic_fetch_or(int bits, atomic_t *v)
{
	if (shim_before_bits)
		shim_before_bits();
	return __atomic_fetch_or(&v->counter, bits, __ATOMIC_SEQ_CST);
}

static inline int atomic_fetch_andnot(int bits, atomic_t *v)
{
	if (shim_before_bits)
		shim_before_bits();
	return __atomic_fetch_and(&v->counter, ~bits, __ATOMIC_SEQ_CST);
}

#endif /* SHIM_ATOMIC_H */
