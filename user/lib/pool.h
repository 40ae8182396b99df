/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool.h - things of one size that come and go: some of those that have gone are kept,
 * so that the next ones ask nobody for memory.
 */
#ifndef CLEAVE_POOL_H
#define CLEAVE_POOL_H

#include <stddef.h>

#include "lib/need.h"

/* So many are kept at most. */
#define POOL_MAX	1024

/* One that has gone. */
struct pool_spare {
	struct pool_spare *next;
};

/**
 * struct pool - those that have gone; all zero: none
 * @first: the last of them to go
 * @nr: how many
 */
struct pool {
	struct pool_spare *first;
	unsigned int nr;
};

/**
 * pool_get() - memory, with anything in it; ends the program where there is none
 * @p: the pool
 * @size: the same each time
 */
static inline void *pool_get(struct pool *p, size_t size)
{
	struct pool_spare *s = p->first;

	if (!s)
		return need(malloc(size));
	p->first = s->next;
	p->nr--;
	return s;
}

/**
 * pool_put() - it is not used any more
 * @p: the pool
 * @it: of pool_get()
 */
static inline void pool_put(struct pool *p, void *it)
{
	struct pool_spare *s = it;

	if (p->nr == POOL_MAX) {
		free(it);
		return;
	}
	s->next = p->first;
	p->first = s;
	p->nr++;
}

/**
 * pool_free() - free those that are kept
 * @p: the pool
 */
static inline void pool_free(struct pool *p)
{
	while (p->first) {
		struct pool_spare *s = p->first;

		p->first = s->next;
		free(s);
	}
	p->nr = 0;
}

#endif /* CLEAVE_POOL_H */
