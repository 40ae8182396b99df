/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_RING_H
#define CLEAVE_RING_H

#include <linux/spinlock.h>
#include <linux/types.h>

/**
 * struct ring - many producers, one consumer in user space
 * @lock: orders the producers
 * @mask: bytes of record data, minus one
 * @pending: position of the oldest record that is reserved and not committed
 * @consumer_pos: in a page that user space writes: never to be trusted
 * @producer_pos: in a page that user space only reads
 * @data: records, mapped twice in a row so that none is ever split
 *
 * The layout and the protocol are those of kernel/bpf/ringbuf.c.
 */
struct ring {
	raw_spinlock_t lock;
	u64 mask;
	u64 pending;
	unsigned long *consumer_pos;
	unsigned long *producer_pos;
	u8 *data;
};

void ring_init(struct ring *r, unsigned long *consumer_pos,
	       unsigned long *producer_pos, void *data, size_t size);
void *ring_reserve(struct ring *r, u32 len);
bool ring_commit(struct ring *r, void *rec);
bool ring_discard(struct ring *r, void *rec);
bool ring_has_data(const struct ring *r);

#endif /* CLEAVE_RING_H */
