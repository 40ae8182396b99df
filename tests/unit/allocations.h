/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * allocations.h - how often memory was asked for: AddressSanitizer, with which the
 * tests are built, calls a function of ours each time.
 */
#ifndef CLEAVE_TEST_ALLOCATIONS_H
#define CLEAVE_TEST_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

static unsigned long allocations;

/* Not in every compiler's headers. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *p,
								size_t size),
					      void (*on_free)(const volatile void *p));

static void count_malloc(const volatile void *p, size_t size)
{
	(void)p;
	(void)size;
	allocations++;
}

static void count_free(const volatile void *p)
{
	(void)p;
}

/* From now on @allocations counts; returns whether it does. */
static inline bool count_allocations(void)
{
	return __sanitizer_install_malloc_and_free_hooks(count_malloc, count_free);
}

#endif /* CLEAVE_TEST_ALLOCATIONS_H */
