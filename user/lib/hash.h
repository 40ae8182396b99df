/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hash.h - a table by a number that grows and shrinks with what is in it, so that a
 * look takes as long whatever there is.  Its nodes lie in what it keeps.
 */
#ifndef CLEAVE_HASH_H
#define CLEAVE_HASH_H

#include <stddef.h>

#include "cleave_abi.h"
#include "lib/need.h"

#define HASH_LEAST	64	/* buckets */

struct hash_node {
	struct hash_node *next;
	__u64 key;
};

/**
 * struct hash - the table; all zero: empty
 * @bucket: chains
 * @bits: logarithm of their number
 * @count: nodes
 */
struct hash {
	struct hash_node **bucket;
	unsigned int bits;
	size_t count;
};

static inline size_t hash_size(const struct hash *h)
{
	return h->bucket ? (size_t)1 << h->bits : 0;
}

/* Keys are numbers that were given one after the other: any spread will do. */
static inline struct hash_node **hash_slot(const struct hash *h, __u64 key)
{
	return &h->bucket[key * 0x9e3779b97f4a7c15ULL >> (64 - h->bits)];
}

/**
 * hash_find() - by its key
 * @h: the table
 * @key: the key
 *
 * Return: the node, or NULL.
 */
static inline struct hash_node *hash_find(const struct hash *h, __u64 key)
{
	struct hash_node *n = h->bucket ? *hash_slot(h, key) : NULL;

	while (n && n->key != key)
		n = n->next;
	return n;
}

/**
 * hash_resize() - have room for so many
 * @h: the table
 * @bits: logarithm of the number of buckets
 */
void hash_resize(struct hash *h, unsigned int bits);

/**
 * hash_add() - put a node in
 * @h: the table
 * @n: the node
 * @key: its key, which is not in there yet
 */
static inline void hash_add(struct hash *h, struct hash_node *n, __u64 key)
{
	struct hash_node **slot;

	/* Not in hash_del(): whoever walks over the table may take out. */
	if (h->count >= hash_size(h))
		hash_resize(h, h->bucket ? h->bits + 1 : 6);
	else if (hash_size(h) > HASH_LEAST && h->count < hash_size(h) / 8)
		hash_resize(h, h->bits - 1);
	slot = hash_slot(h, key);
	n->key = key;
	n->next = *slot;
	*slot = n;
	h->count++;
}

/**
 * hash_del() - take a node out
 * @h: the table
 * @n: a node that is in there
 */
static inline void hash_del(struct hash *h, struct hash_node *n)
{
	struct hash_node **link = hash_slot(h, n->key);

	while (*link != n)
		link = &(*link)->next;
	*link = n->next;
	h->count--;
}

/**
 * hash_each() - call a function with each node, in no order
 * @h: the table
 * @each: it may take out the node that it gets; nothing else, and put nothing in
 * @ctx: for @each
 */
void hash_each(const struct hash *h, void (*each)(struct hash_node *n, void *ctx),
	       void *ctx);

/**
 * hash_free() - free the table, not what is in it
 * @h: the table
 */
void hash_free(struct hash *h);

/**
 * hash_free_all() - free the table and what is in it
 * @h: the table; each node is the first member of what malloc() gave for it
 */
void hash_free_all(struct hash *h);

#endif /* CLEAVE_HASH_H */
