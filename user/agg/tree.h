/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tree.h - the processes of a trace, who made whom, folded while it runs: of
 * siblings that are alike, with all below them, only the first few keep a node,
 * so that a thousand short-lived children take the room of ten.
 */
#ifndef CLEAVE_TREE_H
#define CLEAVE_TREE_H

#include "lib/out.h"
#include "core/event.h"

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

/**
 * struct node - a process, or several (figures are sums then)
 * @parent: its creator
 * @first: its first child
 * @last: its last child
 * @next: its next sibling
 * @shared: pages shared at the clone; with NODE_IN_VM the size of the memory
 * @copied: of them copied until exec or end
 * @never: of them never copied
 * @creator: pages that the creator copied meanwhile
 * @fork_ns: time in copy_process()
 * @exec_ns: from the clone to the exec
 * @clone_ts: when it was made
 * @count: processes or threads that this one stands for
 * @open: 1 until it has ended, plus children that are not complete
 * @pid: thread group
 * @status: as wait(2) has it
 * @how: index in tree.how
 * @state: NODE_*
 * @comm: its name
 */
struct node {
	struct node *parent, *first, *last, *next;
	__u64 shared;
	__u64 copied;
	__u64 never;
	__u64 creator;
	__u64 fork_ns;
	__u64 exec_ns;
	__u64 clone_ts;
	__u32 count;
	__u32 open;
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

#define TREE_HOWS	256

/**
 * struct tree - all of them
 * @top: not a process; its children are those whose creator is not traced
 * @how: ways in which tasks were made; number 0 is "was there before"
 * @nr_how: of them in use
 * @nodes: nodes in the tree
 */
struct tree {
	struct node top;
	struct how how[TREE_HOWS];
	unsigned int nr_how;
	size_t nodes;
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
 * tree_print() - as a table with one row a node, and how they were made
 * @t: the tree
 * @out: where to
 * @known: which figures can be trusted
 */
void tree_print(const struct tree *t, struct out *out, const struct known *known);

/**
 * how_label() - the short name that the table has for a way of making tasks
 * @buf: at least 4 bytes
 * @how: index
 *
 * Return: @buf: "a" to "z", "aa", ...
 */
char *how_label(char *buf, unsigned int how);

#endif /* CLEAVE_TREE_H */
