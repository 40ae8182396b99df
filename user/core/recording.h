/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recording.h - the form of a recording.  Documentation/recording.md describes it.
 *
 * A magic word, then blocks, each with its length and checksum: a header, which says
 * what is in the records; records; and a trailer.
 */
#ifndef CLEAVE_RECORDING_H
#define CLEAVE_RECORDING_H

#include "cleave_abi.h"

#define RECORDING_MAGIC		"cleave recording"
#define RECORDING_MAGIC_LEN	16

/* Goes up where a reader of the one before would misread it. */
#define RECORDING_FORMAT	1

#define BLOCK_MAGIC		0x4b4c4243U	/* "CBLK" */

/* No block is longer, packed or not. */
#define BLOCK_MAX		(1U << 20)

/* Records gather until there are so many bytes of them, or 0.1 s have gone by. */
#define BLOCK_SIZE		(64U * 1024)

enum block_kind {
	BLOCK_HEADER = 1,	/* JSON */
	BLOCK_RECORDS,
	BLOCK_TRAILER,		/* JSON; nothing comes behind it */
};

/* A reader that does not know the kind of a block may go on if it has this bit. */
#define BLOCK_OPTIONAL		0x8000

enum block_packing {
	BLOCK_STORED,
	BLOCK_ZSTD,		/* one frame */
};

/**
 * struct block - in front of each block
 * @magic: BLOCK_MAGIC
 * @crc: CRC-32 (as zlib has it) of all behind it, up to the block's end
 * @kind: enum block_kind
 * @packing: enum block_packing
 * @seq: 0 for the header, then one more for each
 * @stored: bytes that follow
 * @length: what they become when unpacked
 * @records: how many are in it
 * @rsv: 0
 */
struct block {
	__u32 magic;
	__u32 crc;
	__u16 kind;
	__u16 packing;
	__u32 seq;
	__u32 stored;
	__u32 length;
	__u32 records;
	__u32 rsv;
};

_Static_assert(sizeof(struct block) == 32, "the form of a recording");

/* What the checksum is over, of struct block. */
#define BLOCK_CRC_FROM		8

#endif /* CLEAVE_RECORDING_H */
