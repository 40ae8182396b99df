/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_TABLE_H
#define CLEAVE_TABLE_H

#include <linux/hash.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define TABLE_LOCKS	64

struct table_node {
	u64 key;
	u64 val;
	u32 next;	/* index + 1 */
};

/**
 * struct table_lock - of the buckets that share it
 * @lock: of those that change a chain; interrupts off: who counts has the lock of a run
 *	queue, which an interrupt may wait for
 * @seq: changes with a chain, for those that only look
 */
struct table_lock {
	raw_spinlock_t lock;
	seqcount_t seq;
};

/**
 * struct table - a hash of u64 to u64 that never allocates
 * @nodes: all there will ever be
 * @heads: buckets, index + 1 of the first node
 * @locks: of the buckets, shared
 * @free_lock: of @free
 * @free: nodes not in use
 * @bits: log2 of the number of buckets
 * @max: number of nodes
 * @counts: counters that go with each key, or NULL
 * @nr_counts: how many of a key
 */
struct table {
	struct table_node *nodes;
	u32 *heads;
	struct table_lock locks[TABLE_LOCKS];
	raw_spinlock_t free_lock;
	u32 free;
	u32 bits;
	u32 max;
	u64 *counts;
	u32 nr_counts;
};

enum table_how {
	TABLE_ADD	= 1,	/* what is not there */
	TABLE_REPLACE	= 2,	/* what is there */
	TABLE_SET	= TABLE_ADD | TABLE_REPLACE,
};

void *table_alloc(u32 n, size_t size);
int table_init(struct table *t, u32 max);
int table_counted(struct table *t, u32 nr);
void table_destroy(struct table *t);
u64 table_look(struct table *t, u32 bucket, u64 key);
bool table_put(struct table *t, u64 key, u64 val, enum table_how how, u64 *was);
bool table_set(struct table *t, u64 key, u64 val);
u64 table_add(struct table *t, u64 key, u64 val);
bool table_swap(struct table *t, u64 key, u64 old, u64 val);
bool table_count(struct table *t, u64 key, u32 which);
u64 table_take(struct table *t, u64 key, u64 keep, u64 *counts);

static inline u32 table_bucket(const struct table *t, u64 key)
{
	return hash_64(key, t->bits);
}

/**
 * table_glance() - look a key up, at its first place only
 * @t: the table
 * @key: the key
 * @val: its value, 0 where it is not there
 *
 * What is not there costs one load in most cases: untraced tasks come here.  And
 * most of what is there has a bucket of its own.
 *
 * The key must not be deleted meanwhile: that of an mm goes in exit_mmap(), when
 * nobody faults in it any more.
 *
 * Return: false if that does not tell: for table_get() to find out.
 */
static __always_inline bool table_glance(const struct table *t, u64 key,
					 u64 *val)
{
	u32 bucket = table_bucket(t, key), n = READ_ONCE(t->heads[bucket]);
	const struct table_node *node;
	const seqcount_t *seq;
	unsigned int start;

	*val = 0;
	if (!n)
		return true;
	seq = &t->locks[bucket % TABLE_LOCKS].seq;
	start = raw_seqcount_begin(seq);
	node = &t->nodes[n - 1];
	if (READ_ONCE(node->key) != key)
		return false;
	*val = READ_ONCE(node->val);
	return !read_seqcount_retry(seq, start);
}

/**
 * table_get() - look a key up
 * @t: the table
 * @key: the key
 *
 * Return: its value, 0 where it is not there.
 */
static inline u64 table_get(struct table *t, u64 key)
{
	u64 val;

	if (likely(table_glance(t, key, &val)))
		return val;
	return table_look(t, table_bucket(t, key), key);
}

/**
 * table_del() - take a key out
 * @t: the table
 * @key: the key
 *
 * Return: the value that it had, 0 where it was not there.
 */
static inline u64 table_del(struct table *t, u64 key)
{
	return table_take(t, key, 0, NULL);
}

#endif /* CLEAVE_TABLE_H */
