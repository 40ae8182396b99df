/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tree.h - the processes of a trace, who made whom, folded while it runs: of
 * siblings that are alike, with all below them, only the first few keep a node,
 * and of a long row of creators that are alike only the first ones, so that a
 * thousand short-lived children take the room of ten.
 *
 * It keeps TREE_NODES nodes at most. An event costs the same however many there
 * are, and however they are related.
 */
#ifndef CLEAVE_TREE_H
#define CLEAVE_TREE_H

#include <stdint.h>

#include "core/event.h"

/* Nodes, at most: what finds no room is counted in a row of various ones. */
#define TREE_NODES	100000

/* From here on whatever is complete is folded, alike or not. */
#define TREE_CROWDED	75000

/* Siblings that are alike and have a node of their own. */
#define TREE_ALIKE	8

/* Levels on which creators and what they made are never folded into one. */
#define TREE_LEVELS	16

/* node.state */
#define NODE_OWN_PAGES	(1U << 0)	/* made with page tables of its own */
#define NODE_IN_VM	(1U << 1)	/* shares all of its creator's memory */
#define NODE_FIGURES	(1U << 2)	/* its address space has closed */
#define NODE_EXECED	(1U << 3)
#define NODE_EXEC_TIME	(1U << 4)	/* time from clone to exec is known */
#define NODE_ENDED	(1U << 5)
#define NODE_THREADS	(1U << 6)	/* threads that were made alike, in one */
#define NODE_FOLD	(1U << 7)	/* stands for @count siblings */
#define NODE_MIXED	(1U << 8)	/* ... that are not alike */
#define NODE_MADE	(1U << 9)	/* its clone was seen */
#define NODE_GONE	(1U << 10)	/* no longer there, its end was not seen */
#define NODE_CHAIN	(1U << 11)	/* stands for @count generations */
#define NODE_HASHED	(1U << 12)	/* first of its kind: in tree.kinds */
#define NODE_NO_CREATOR	(1U << 13)	/* @creator is unknown */
#define NODE_ATTACHED	(1U << 14)	/* was there before: @shared and @never are unknown */
#define NODE_SHOWN	(1U << 15)	/* an event of it was to be shown */

/**
 * struct node - a process, or several (figures are sums then)
 * @parent: its creator
 * @first: its first child
 * @last: its last child
 * @prev: its previous sibling
 * @next: its next sibling
 * @hnext: with NODE_HASHED: the next in the bucket
 * @row: with NODE_HASHED: the sibling that stands for others of this kind
 * @mixed: the child that stands for others of any kind
 * @heir: the child that most has come from, once both are complete
 * @open_xor: the addresses of its open children: of a single one, just that
 * @sum: hashes of its complete children, added up
 * @side: of them without that of @heir
 * @hash: what it has in common with those alike, and all below it; once complete
 * @shared: pages shared at the clone; with NODE_IN_VM the size of the memory
 * @copied: of them copied until exec or end
 * @never: of them never copied
 * @creator: pages that the creator copied meanwhile
 * @fork_ns: time in copy_process()
 * @exec_ns: from the clone to the exec
 * @clone_ts: when it was made
 * @count: processes or threads that this one stands for
 * @below: processes and threads below it that are complete
 * @open: 1 until it has ended, plus children that are not complete
 * @alike: with NODE_HASHED: siblings of its kind with a node of their own
 * @level: creators above it when it was made
 * @pid: thread group
 * @status: as wait(2) has it
 * @how: index in tree.how
 * @state: NODE_*
 * @comm: its name, filled up with NULs
 */
struct node {
	struct node *parent, *first, *last, *prev, *next;
	struct node *hnext;
	struct node *row;
	struct node *mixed;
	struct node *heir;
	uintptr_t open_xor;
	__u64 sum;
	__u64 side;
	__u64 hash;
	__u64 shared;
	__u64 copied;
	__u64 never;
	__u64 creator;
	__u64 fork_ns;
	__u64 exec_ns;
	__u64 clone_ts;
	__u64 count;
	__u64 below;
	__u32 open;
	__u32 alike;
	__u32 level;
	pid_t pid;
	int status;
	__u16 how;
	__u16 state;
	char comm[CLEAVE_COMM_LEN];
};

/* A way of making tasks: all that is not of the one task. */
struct how {
	__u64 flags;
	int exit_signal;	/* 0: none */
	__u8 call;
	__u8 kind;
};

struct bucket {
	struct node *first;	/* further ones by hnext */
};

#define TREE_HOWS	256
#define TREE_BUCKETS	32768

/**
 * struct tree - all of them
 * @top: not a process; its children are those whose creator is not traced
 * @kinds: hash table: of complete siblings that are alike, the first
 * @spare: nodes to be used again, by their @next
 * @how: ways in which tasks were made; number 0 is "was there before"
 * @nr_how: of them in use
 * @last_how: the one that was looked for last
 * @nodes: nodes in the tree
 * @named: what was there before was named, so that all of it has a node
 * @aside: the event at hand is not to be shown
 * @other_ways: tasks that were made in a way for which @how had no room
 * @lost_threads: threads for whose row there was no room
 */
struct tree {
	struct node top;
	struct bucket *kinds;
	struct node *spare;
	struct how how[TREE_HOWS];
	unsigned int nr_how;
	unsigned int last_how;
	size_t nodes;
	bool named;
	bool aside;
	__u64 other_ways;
	__u64 lost_threads;
};

void tree_init(struct tree *t);
void tree_free(struct tree *t);

/**
 * tree_add() - a process whose clone was not seen
 * @t: the tree
 * @p: the process; its slot is set
 */
struct node *tree_add(struct tree *t, struct proc_ref *p);

/**
 * tree_attach() - a process that was there before
 * @t: the tree
 * @e: the event
 *
 * Where the whole system is traced, only those have a node that do something.
 */
void tree_attach(struct tree *t, const struct event *e);

/**
 * tree_clone() - a successful clone, of a process or of a thread
 * @t: the tree
 * @e: the event
 */
void tree_clone(struct tree *t, const struct event *e);

/**
 * tree_exec() - a successful exec
 * @t: the tree
 * @e: the event
 */
void tree_exec(struct tree *t, const struct event *e);

/**
 * tree_exit() - the end of a process; its node may be gone afterwards
 * @t: the tree
 * @e: the event
 */
void tree_exit(struct tree *t, const struct event *e);

/**
 * tree_gone() - a process that is no longer there, though no end was seen
 * @t: the tree
 * @e: the event
 */
void tree_gone(struct tree *t, const struct event *e);

/**
 * tree_event() - any event: whoever has a tree gives it all of them
 * @t: the tree
 * @e: the event
 */
void tree_event(struct tree *t, const struct event *e);

/**
 * tree_aside() - an event that is not to be shown
 * @t: the tree
 * @e: the event
 */
void tree_aside(struct tree *t, const struct event *e);

/**
 * tree_keep_shown() - drop all nodes of which no event was to be shown, but for those of
 * whom others come; after the last event
 * @t: the tree
 *
 * Return: how many were dropped.
 */
size_t tree_keep_shown(struct tree *t);

/**
 * tree_drop() - take a node without children out of the tree, to be used again
 * @t: the tree
 * @n: the node
 */
void tree_drop(struct tree *t, struct node *n);

#endif /* CLEAVE_TREE_H */
