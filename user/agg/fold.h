/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fold.h - how the tree stays small: which nodes can stand for more than one
 * process, found without looking at all others.
 *
 * Each complete node has a hash of what makes it like others, with all below it,
 * made of those of its children. The first of a kind among siblings is in a hash
 * table; it knows the row that further ones are added to.
 */
#ifndef CLEAVE_FOLD_H
#define CLEAVE_FOLD_H

#include "agg/tree.h"

/**
 * fold_hash() - of what makes a node like others
 * @n: the node
 * @sum: hashes of its children, added up
 */
__u64 fold_hash(const struct node *n, __u64 sum);

/**
 * fold_first() - the first of a kind
 * @t: the tree
 * @parent: among its children
 * @like: like this one, whose hash is set
 *
 * Return: the node or NULL.
 */
struct node *fold_first(const struct tree *t, const struct node *parent,
			const struct node *like);

/**
 * fold_enter() - make a node the first of its kind
 * @t: the tree
 * @n: the node, its hash set
 */
void fold_enter(struct tree *t, struct node *n);

/**
 * fold_over() - a process is over: fold it, and what is complete by that
 * @t: the tree
 * @n: its node; can be gone afterwards
 */
void fold_over(struct tree *t, struct node *n);

/**
 * fold_drop() - take a node out of the tree, with all below it
 * @t: the tree
 * @n: the node
 */
void fold_drop(struct tree *t, struct node *n);

/**
 * fold_others() - what generations that have one node have made besides their heirs
 * @n: the node, with NODE_CHAIN
 */
__u64 fold_others(const struct node *n);

#endif /* CLEAVE_FOLD_H */
