// SPDX-License-Identifier: GPL-2.0-only
/*
 * table.c - hash table for probes: all memory is there before the first probe
 * runs, so that nothing is allocated, and no reclaim entered, inside a fault.
 */
#include <linux/atomic.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "stub.h"
#include "table.h"

#define TABLE_LOOKS	4	/* without the lock */

static struct table_lock *lock_of(struct table *t, u32 bucket)
{
	return &t->locks[bucket % TABLE_LOCKS];
}

/**
 * table_alloc() - zeroed memory for what probes use; may sleep
 * @n: how many
 * @size: of one, in bytes
 *
 * Return: to be freed with kvfree(), or NULL.
 */
void *table_alloc(u32 n, size_t size)
{
	KUNIT_STATIC_STUB_REDIRECT(table_alloc, n, size);
	return kvcalloc(n, size, GFP_KERNEL_ACCOUNT);
}

/**
 * table_init() - an empty table; may sleep
 * @t: the table
 * @max: how many keys it can hold
 *
 * Return: 0 or -ENOMEM.
 */
int table_init(struct table *t, u32 max)
{
	u32 i;

	t->max = max;
	t->bits = max > 2 ? ilog2(roundup_pow_of_two(max)) : 1;
	t->nodes = table_alloc(max, sizeof(*t->nodes));
	t->heads = table_alloc(1U << t->bits, sizeof(*t->heads));
	if (!t->nodes || !t->heads) {
		table_destroy(t);
		return -ENOMEM;
	}
	for (i = 0; i < TABLE_LOCKS; i++) {
		raw_spin_lock_init(&t->locks[i].lock);
		seqcount_init(&t->locks[i].seq);
	}
	raw_spin_lock_init(&t->free_lock);
	for (i = 0; i < max; i++)
		t->nodes[i].next = i + 1 < max ? i + 2 : 0;
	t->free = 1;
	return 0;
}

/**
 * table_counted() - have counters for each key that will be entered; may sleep
 * @t: the table, initialised and empty
 * @nr: how many for each
 *
 * Return: 0 or -ENOMEM.
 */
int table_counted(struct table *t, u32 nr)
{
	t->nr_counts = nr;
	t->counts = table_alloc(t->max, nr * sizeof(*t->counts));
	return t->counts ? 0 : -ENOMEM;
}

/**
 * table_destroy() - free it; no probe may use it any more
 * @t: the table, initialised or zeroed
 */
void table_destroy(struct table *t)
{
	kvfree(t->nodes);
	kvfree(t->heads);
	kvfree(t->counts);
	t->nodes = NULL;
	t->heads = NULL;
	t->counts = NULL;
}

static u64 *counts_of(struct table *t, u32 n)
{
	return &t->counts[(n - 1) * t->nr_counts];
}

static u32 node_get(struct table *t)
{
	u32 n;

	raw_spin_lock(&t->free_lock);
	n = t->free;
	if (n)
		t->free = t->nodes[n - 1].next;
	raw_spin_unlock(&t->free_lock);
	return n;
}

static void node_put(struct table *t, u32 n)
{
	raw_spin_lock(&t->free_lock);
	t->nodes[n - 1].next = t->free;
	t->free = n;
	raw_spin_unlock(&t->free_lock);
}

/* Where the key's node hangs, or the final 0 of the chain; lock held. */
static u32 *find_link(struct table *t, u32 bucket, u64 key)
{
	u32 *link = &t->heads[bucket];

	while (*link && t->nodes[*link - 1].key != key)
		link = &t->nodes[*link - 1].next;
	return link;
}

/* Its node, for one who only looks; what it finds counts if @seq is still @start. */
static u32 look(const struct table *t, u32 bucket, u64 key,
		const seqcount_t *seq, unsigned int start)
{
	u32 n = READ_ONCE(t->heads[bucket]);

	while (n) {
		const struct table_node *node = &t->nodes[n - 1];

		if (READ_ONCE(node->key) == key)
			return n;
		n = READ_ONCE(node->next);
		/* A node that was taken out leads to the free ones, a long way. */
		if (read_seqcount_retry(seq, start))
			break;
	}
	return 0;
}

static u64 val_of(const struct table *t, u32 n)
{
	return n ? READ_ONCE(t->nodes[n - 1].val) : 0;
}

/*
 * Takes no lock: the threads of a process come here on every fault, all with the
 * same key.  Unless others change the bucket all the time, or one that changes it
 * has lost its (virtual) CPU.
 */
static u32 find(struct table *t, u32 bucket, u64 key, u64 *val)
{
	struct table_lock *l = lock_of(t, bucket);
	unsigned long flags;
	u32 n;
	int i;

	for (i = 0; i < TABLE_LOOKS; i++) {
		unsigned int start = raw_seqcount_begin(&l->seq);

		n = look(t, bucket, key, &l->seq, start);
		*val = val_of(t, n);
		if (!read_seqcount_retry(&l->seq, start))
			return n;
	}
	raw_spin_lock_irqsave(&l->lock, flags);
	n = look(t, bucket, key, &l->seq, raw_seqcount_begin(&l->seq));
	*val = val_of(t, n);
	raw_spin_unlock_irqrestore(&l->lock, flags);
	return n;
}

/**
 * table_look() - look a key up in a bucket; for table_get()
 * @t: the table
 * @bucket: of the key
 * @key: the key
 *
 * Return: its value, 0 where it is not there.
 */
u64 table_look(struct table *t, u32 bucket, u64 key)
{
	u64 val;

	find(t, bucket, key, &val);
	return val;
}

/**
 * table_count() - add one to a counter of a key
 * @t: the table, with counters
 * @key: the key, which must not be deleted meanwhile
 * @which: of its counters
 *
 * In any context but an NMI's, with the lock of a run queue held or not.
 *
 * Return: is the key there?
 */
bool table_count(struct table *t, u64 key, u32 which)
{
	u32 bucket = table_bucket(t, key), n;
	u64 val;

	/* Every task that is switched to comes here, traced or not. */
	if (!READ_ONCE(t->heads[bucket]))
		return false;
	n = find(t, bucket, key, &val);
	if (n)
		atomic64_add(1, (atomic64_t *)&counts_of(t, n)[which]);
	return n;
}

/**
 * table_put() - enter or replace, in one step
 * @t: the table
 * @key: the key
 * @val: not 0
 * @how: which of the two, or both
 * @was: filled with the value that was there, 0: none
 *
 * Return: is it there now?  Not where the table is full, or where it is only to be
 * replaced and is not there.
 */
bool table_put(struct table *t, u64 key, u64 val, enum table_how how, u64 *was)
{
	u32 bucket = table_bucket(t, key);
	struct table_lock *l = lock_of(t, bucket);
	unsigned long flags;
	u32 *link, n;

	raw_spin_lock_irqsave(&l->lock, flags);
	link = find_link(t, bucket, key);
	n = *link;
	*was = n ? t->nodes[n - 1].val : 0;
	if (!n && how & TABLE_ADD)
		n = node_get(t);
	if (n && !*link && t->counts)
		memset(counts_of(t, n), 0, t->nr_counts * sizeof(u64));
	if (n && (!*link || how & TABLE_REPLACE)) {
		write_seqcount_begin(&l->seq);
		if (!*link) {
			t->nodes[n - 1].key = key;
			t->nodes[n - 1].next = 0;
			WRITE_ONCE(*link, n);
		}
		t->nodes[n - 1].val = val;
		write_seqcount_end(&l->seq);
	}
	raw_spin_unlock_irqrestore(&l->lock, flags);
	return n;
}

/**
 * table_set() - enter or replace
 * @t: the table
 * @key: the key
 * @val: not 0
 *
 * Return: false if the table is full.
 */
bool table_set(struct table *t, u64 key, u64 val)
{
	u64 was;

	return table_put(t, key, val, TABLE_SET, &was);
}

/**
 * table_add() - enter what is not there
 * @t: the table
 * @key: the key
 * @val: not 0
 *
 * Return: what is there now, which others may have entered before; 0 if the table
 * is full.
 */
u64 table_add(struct table *t, u64 key, u64 val)
{
	u64 was;

	if (!table_put(t, key, val, TABLE_ADD, &was))
		return 0;
	return was ?: val;
}

/**
 * table_swap() - replace one value by another, in one step
 * @t: the table
 * @key: the key
 * @old: the value that it must have
 * @val: not 0
 *
 * Return: false where it has another, or is not there.
 */
bool table_swap(struct table *t, u64 key, u64 old, u64 val)
{
	u32 bucket = table_bucket(t, key);
	struct table_lock *l = lock_of(t, bucket);
	unsigned long flags;
	bool done;
	u32 n;

	raw_spin_lock_irqsave(&l->lock, flags);
	n = *find_link(t, bucket, key);
	done = n && t->nodes[n - 1].val == old;
	if (done) {
		write_seqcount_begin(&l->seq);
		t->nodes[n - 1].val = val;
		write_seqcount_end(&l->seq);
	}
	raw_spin_unlock_irqrestore(&l->lock, flags);
	return done;
}

/**
 * table_take() - take a key out, unless it has a certain value
 * @t: the table
 * @key: the key
 * @keep: with this one it stays; 0: with none
 * @counts: filled with the key's counters, where the table has some and the key is taken
 *	out; or NULL
 *
 * Return: the value that it had, 0 where it was not there.
 */
u64 table_take(struct table *t, u64 key, u64 keep, u64 *counts)
{
	u32 bucket = table_bucket(t, key);
	struct table_lock *l = lock_of(t, bucket);
	unsigned long flags;
	u64 val = 0;
	u32 *link, n;

	/* Every process that ends comes here, traced or not. */
	if (!READ_ONCE(t->heads[bucket]))
		return 0;
	raw_spin_lock_irqsave(&l->lock, flags);
	link = find_link(t, bucket, key);
	n = *link;
	if (n)
		val = t->nodes[n - 1].val;
	if (n && val != keep) {
		if (counts && t->counts)
			memcpy(counts, counts_of(t, n),
			       t->nr_counts * sizeof(u64));
		write_seqcount_begin(&l->seq);
		WRITE_ONCE(*link, t->nodes[n - 1].next);
		write_seqcount_end(&l->seq);
		node_put(t, n);
	}
	raw_spin_unlock_irqrestore(&l->lock, flags);
	return val;
}
