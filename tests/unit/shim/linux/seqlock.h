/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_SEQLOCK_H
#define SHIM_SEQLOCK_H

#include <linux/kernel.h>
#include <stdlib.h>

/* There is one thread: one that looks while it changes would wait for ever. */
typedef struct {
	unsigned int sequence;
} seqcount_t;

static inline void seqcount_init(seqcount_t *s)
{
	s->sequence = 0;
}

static inline unsigned int raw_seqcount_begin(const seqcount_t *s)
{
	if (s->sequence & 1)
		abort();
	return s->sequence;
}

static inline bool read_seqcount_retry(const seqcount_t *s, unsigned int start)
{
	return s->sequence != start;
}

static inline void write_seqcount_begin(seqcount_t *s)
{
	if (s->sequence++ & 1)
		abort();
}

static inline void write_seqcount_end(seqcount_t *s)
{
	if (!(s->sequence++ & 1))
		abort();
}

#endif /* SHIM_SEQLOCK_H */
