/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_TABLE_H
#define CLEAVE_TABLE_H

#include <linux/spinlock.h>
#include <linux/types.h>

#define TABLE_LOCKS	64

struct table_node {
	u64 key;
	u64 val;
	u32 next;	/* index + 1 */
};

/**
 * struct table - a hash of u64 to u64 that never allocates
 * @nodes: all there will ever be
 * @heads: buckets, index + 1 of the first node
 * @locks: of the buckets, shared; taken with preemption off, never in interrupts
 * @free_lock: of @free
 * @free: nodes not in use
 * @bits: log2 of the number of buckets
 * @max: number of nodes
 */
struct table {
	struct table_node *nodes;
	u32 *heads;
	raw_spinlock_t locks[TABLE_LOCKS];
	raw_spinlock_t free_lock;
	u32 free;
	u32 bits;
	u32 max;
};

void *table_alloc(u32 n, size_t size);
int table_init(struct table *t, u32 max);
void table_destroy(struct table *t);
u64 table_get(struct table *t, u64 key);
bool table_set(struct table *t, u64 key, u64 val);
u64 table_del(struct table *t, u64 key);

#endif /* CLEAVE_TABLE_H */
