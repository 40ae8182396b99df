// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader.c - see reader.h.  The protocol is that of kernel/bpf/ringbuf.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/layout.h"
#include "source/reader.h"

#define LEN_MASK	(~(CLEAVE_RING_BUSY | CLEAVE_RING_DISCARD))

/* So much space is given back at a time. */
#define BATCH		64

void reader_init(struct reader *r, void *consumer, const void *producer,
		 const void *data, size_t size)
{
	*r = (struct reader) {
		.consumer = consumer,
		.producer = producer,
		.data = data,
		.size = size,
	};
}

int reader_open(struct reader *r, int fd, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *cons, *prod;

	cons = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (cons == MAP_FAILED)
		return -errno;
	prod = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, fd, page);
	if (prod == MAP_FAILED) {
		int err = -errno;

		munmap(cons, page);
		return err;
	}
	reader_init(r, cons, prod, (unsigned char *)prod + page, size);
	r->map = prod;
	r->map_len = page + 2 * size;
	return 0;
}

void reader_close(struct reader *r)
{
	if (r->map) {
		munmap(r->map, r->map_len);
		munmap(r->consumer, sysconf(_SC_PAGESIZE));
	}
	memset(r, 0, sizeof(*r));
}

/*
 * Give the space back, and only then look whether there is more: the producer
 * wakes a consumer only if it finds that it had caught up, so a record that is
 * written between our last look and this store would go unnoticed.  The fence
 * orders the store before the loads that follow (it pairs with the xchg in
 * bpf_ringbuf_commit()).
 */
static void publish(struct reader *r, unsigned long pos)
{
	__atomic_store_n(r->consumer, pos, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* What a record takes in the ring, by its length word. */
static size_t room_of(__u32 word)
{
	return ((word & LEN_MASK) + CLEAVE_RING_HDR_SZ + 7) & ~7UL;
}

/* What became of the record at a position. */
enum step {
	STEP_NONE,		/* there is none, or it is still being written */
	STEP_SKIPPED,
	STEP_TAKEN,
};

static enum step step(struct reader *r, unsigned long *pos, reader_cb cb, void *ctx)
{
	unsigned long end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
	const unsigned char *p = r->data + (*pos & (r->size - 1));
	const struct cleave_hdr *rec = (const void *)(p + CLEAVE_RING_HDR_SZ);
	size_t len, room;
	__u32 word;

	if (*pos == end)
		return STEP_NONE;
	word = __atomic_load_n((const __u32 *)p, __ATOMIC_ACQUIRE);
	if (word & CLEAVE_RING_BUSY)
		return STEP_NONE;
	len = word & LEN_MASK;
	room = room_of(word);
	if (room > end - *pos) {
		/* Where the next one starts is anyone's guess: resynchronise. */
		*pos = end;
		r->malformed++;
		return STEP_TAKEN;
	}
	*pos += room;
	if (word & CLEAVE_RING_DISCARD)
		return STEP_SKIPPED;
	if (record_valid(rec, len) && rec->type < CLEAVE_NR_RECS) {
		r->taken++;
		cb(ctx, rec);
	} else {
		r->malformed++;
	}
	return STEP_TAKEN;
}

size_t reader_consume(struct reader *r, size_t max, reader_cb cb, void *ctx)
{
	unsigned long pos = *r->consumer;
	unsigned int pending = 0;
	size_t n = 0;

	while (n < max) {
		enum step s = step(r, &pos, cb, ctx);

		if (s == STEP_NONE) {
			if (!pending)
				break;
			publish(r, pos);
			pending = 0;
			continue;
		}
		n += s == STEP_TAKEN;
		if (++pending == BATCH) {
			publish(r, pos);
			pending = 0;
		}
	}
	if (pending)
		publish(r, pos);
	return n;
}

size_t reader_backlog(const struct reader *r)
{
	return __atomic_load_n(r->producer, __ATOMIC_RELAXED) - *r->consumer;
}

__u64 reader_left(const struct reader *r)
{
	unsigned long end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
	unsigned long pos = *r->consumer;
	__u64 n = 0;

	while (pos != end) {
		const unsigned char *p = r->data + (pos & (r->size - 1));
		__u32 word = __atomic_load_n((const __u32 *)p, __ATOMIC_ACQUIRE);

		n += !(word & CLEAVE_RING_DISCARD);
		if (room_of(word) > end - pos)
			break;
		pos += room_of(word);
	}
	return n;
}
