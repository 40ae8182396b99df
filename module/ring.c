// SPDX-License-Identifier: GPL-2.0-only
/* ring.c - the producers' side of a ring buffer that user space maps. */
#include <linux/kernel.h>
#include <linux/spinlock.h>

#include "cleave_abi.h"
#include "ring.h"

/* struct bpf_ringbuf_hdr */
struct rec_hdr {
	u32 len;
	u32 rsv;
};

static struct rec_hdr *hdr_at(struct ring *r, u64 pos)
{
	return (struct rec_hdr *)(r->data + (pos & r->mask));
}

static u64 rec_room(u32 len)
{
	return round_up((len & ~CLEAVE_RING_BUSY) + CLEAVE_RING_HDR_SZ, 8);
}

/**
 * ring_init() - an empty ring on given memory
 * @r: the ring
 * @consumer_pos: first word of the consumer page, 0
 * @producer_pos: first word of the producer page, 0
 * @data: @size bytes, mapped twice in a row
 * @size: a power of two
 */
void ring_init(struct ring *r, unsigned long *consumer_pos,
	       unsigned long *producer_pos, void *data, size_t size)
{
	raw_spin_lock_init(&r->lock);
	r->mask = size - 1;
	r->pending = 0;
	r->consumer_pos = consumer_pos;
	r->producer_pos = producer_pos;
	r->data = data;
}

/**
 * ring_reserve() - room for one record
 * @r: the ring
 * @len: bytes
 *
 * Any context but NMI.  The record is busy, which stops the reader in front of
 * it, until ring_commit(); the caller must not sleep before.
 *
 * A reader that lies about its position can only overwrite its own records:
 * what is still being written is protected by @pending, which follows the busy
 * bits and not the reader (cfa1a2329a69 "bpf: Fix overrunning reservations in
 * ringbuf").
 *
 * Return: the record, or NULL if the ring is full.
 */
void *ring_reserve(struct ring *r, u32 len)
{
	u64 cons, prod, next, room = rec_room(len);
	struct rec_hdr *hdr;
	unsigned long flags;

	if (room > r->mask + 1)
		return NULL;
	/* Pairs with the reader's release: it has done with what lies before. */
	cons = smp_load_acquire(r->consumer_pos);
	raw_spin_lock_irqsave(&r->lock, flags);
	prod = *r->producer_pos;
	next = prod + room;
	while (r->pending < prod) {
		u32 word = READ_ONCE(hdr_at(r, r->pending)->len);

		if (word & CLEAVE_RING_BUSY)
			break;
		r->pending += rec_room(word & ~CLEAVE_RING_DISCARD);
	}
	if (next - cons > r->mask + 1 || next - r->pending > r->mask + 1) {
		raw_spin_unlock_irqrestore(&r->lock, flags);
		return NULL;
	}
	hdr = hdr_at(r, prod);
	hdr->len = len | CLEAVE_RING_BUSY;
	hdr->rsv = 0;
	/* Pairs with the reader's load-acquire: the busy bit comes first. */
	smp_store_release(r->producer_pos, next);
	raw_spin_unlock_irqrestore(&r->lock, flags);
	return hdr + 1;
}

static bool ring_end(struct ring *r, void *rec, u32 flags)
{
	struct rec_hdr *hdr = (struct rec_hdr *)rec - 1;
	u64 pos = (u8 *)hdr - r->data;

	/* A full barrier: the record before its length, that before the check. */
	xchg(&hdr->len, (hdr->len & ~CLEAVE_RING_BUSY) | flags);
	/* Pairs with the reader's release, as in bpf_ringbuf_commit(). */
	return (smp_load_acquire(r->consumer_pos) & r->mask) == pos;
}

/**
 * ring_commit() - hand a record to the reader
 * @r: the ring
 * @rec: from ring_reserve()
 *
 * Return: true if the reader stands in front of this record and so may be
 * asleep: once a batch, whatever the rate.
 */
bool ring_commit(struct ring *r, void *rec)
{
	return ring_end(r, rec, 0);
}

/**
 * ring_discard() - have the reader pass over a record
 * @r: the ring
 * @rec: from ring_reserve()
 *
 * Return: as for ring_commit().
 */
bool ring_discard(struct ring *r, void *rec)
{
	return ring_end(r, rec, CLEAVE_RING_DISCARD);
}

/**
 * ring_has_data() - is there something to read?
 * @r: the ring
 */
bool ring_has_data(const struct ring *r)
{
	/* As ringbuf_avail_data_sz(): both ends as published, in this order. */
	u64 cons = smp_load_acquire(r->consumer_pos);

	/* Pairs with the release in ring_reserve(). */
	return smp_load_acquire(r->producer_pos) != cons;
}
