/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reader.h - takes records out of a ring laid out as a BPF ring buffer.
 *
 * The one reader for both backends: it never spins (its caller waits with
 * epoll), never copies a record and trusts nothing that it finds in one.
 */
#ifndef CLEAVE_READER_H
#define CLEAVE_READER_H

#include <stddef.h>

#include "cleave_abi.h"

/**
 * struct reader - one mapped ring
 * @consumer: position up to which records were taken, ours to write
 * @producer: position up to which records were reserved
 * @data: record data, mapped twice in a row so that no record wraps
 * @size: bytes of @data, once
 * @taken: records handed out
 * @malformed: records that were not what their header says; never handed out
 * @map: what reader_open() mapped, NULL after reader_init()
 * @map_len: its length
 */
struct reader {
	unsigned long *consumer;
	const unsigned long *producer;
	const unsigned char *data;
	size_t size;
	__u64 taken;
	__u64 malformed;
	void *map;
	size_t map_len;
};

/* Called with each record, in the order of the ring; valid only meanwhile. */
typedef void (*reader_cb)(void *ctx, const struct cleave_hdr *rec);

/**
 * reader_init() - read a ring that is in memory already
 * @r: the reader
 * @consumer: the consumer's page
 * @producer: the producer's page
 * @data: the data pages, mapped twice in a row
 * @size: bytes of data, a power of two
 */
void reader_init(struct reader *r, void *consumer, const void *producer,
		 const void *data, size_t size);

/**
 * reader_open() - map the ring behind a file descriptor
 * @r: the reader
 * @fd: of the module's device or of a BPF ring buffer map
 * @size: bytes of data, a power of two
 *
 * Return: 0 or a negative errno.
 */
int reader_open(struct reader *r, int fd, size_t size);

/**
 * reader_consume() - take what is there
 * @r: the reader
 * @max: take no more records than this
 * @cb: called with each
 * @ctx: passed to @cb
 *
 * Return: the number of records taken, malformed ones included. Fewer than @max
 * means that the ring was empty (or its next record still being written) after
 * the consumer's position had been published: the producer will wake us.
 */
size_t reader_consume(struct reader *r, size_t max, reader_cb cb, void *ctx);

/**
 * reader_backlog() - bytes of records that were reserved and not yet taken
 * @r: the reader
 */
size_t reader_backlog(const struct reader *r);

/**
 * reader_left() - records in the ring that cannot be taken: the first of them is
 * still being written, and whoever writes it will not go on
 * @r: the reader; nobody writes to its ring any more
 */
__u64 reader_left(const struct reader *r);

/**
 * reader_close() - unmap; safe on a zeroed reader
 * @r: the reader
 */
void reader_close(struct reader *r);

#endif /* CLEAVE_READER_H */
