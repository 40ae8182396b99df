/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h - the parts of the text that come after the lines, and what the lines of
 * failed execs are made of.
 */
#ifndef CLEAVE_TEXT_H
#define CLEAVE_TEXT_H

#include <stdio.h>

#include "agg/curves.h"
#include "agg/tree.h"
#include "lib/line.h"
#include "lib/table.h"

enum colour {
	PLAIN,
	GREEN,
	CYAN,
	YELLOW,
	RED,
	DIM,
	BOLD,
};

/**
 * struct page - what is being written on
 * @f: where to
 * @known: which figures can be trusted
 * @columns: of the terminal; 0: none, or as many as it takes
 * @colour: it has colours, and they are wanted
 * @utf8: it has more than ASCII
 */
struct page {
	FILE *f;
	const struct known *known;
	unsigned int columns;
	bool colour;
	bool utf8;
};

/**
 * page_paint() - what sets a colour
 * @p: the page
 * @c: the colour
 *
 * Return: for printing; "" where there are none.
 */
const char *page_paint(const struct page *p, enum colour c);

/**
 * page_bar() - a number as a bar
 * @p: the page
 * @v: the number; a blank is for 0 alone
 * @most: the largest of those beside it
 *
 * Return: a character, for printing.
 */
const char *page_bar(const struct page *p, __u64 v, __u64 most);

/**
 * page_heading() - of a section
 * @p: the page
 * @text: the heading
 */
void page_heading(const struct page *p, const char *text);

/**
 * page_wrap() - a line, broken between words where the terminal is too narrow
 * @p: the page
 * @s: the line, without newline; may have colours in it
 * @len: its length
 * @indent: columns that the further lines begin with
 */
void page_wrap(const struct page *p, const char *s, size_t len, unsigned int indent);

/**
 * page_lines() - how many lines page_wrap() makes of it
 */
unsigned int page_lines(const struct page *p, const char *s, size_t len, unsigned int indent);

/**
 * text_tree() - the processes as a table with one row a node, and how they were made
 * @p: the page
 * @t: the tree
 * @filtered: of the ways that it does not have, nothing is told
 */
void text_tree(const struct page *p, const struct tree *t, bool filtered);

/**
 * text_totals() - clones, execs, exits; breaks by outcome with their meaning
 * @p: the page
 * @e: the event
 */
void text_totals(const struct page *p, const struct ev_summary *e);

/**
 * text_times() - how long breaks took, where that was asked for
 * @p: the page
 * @t: of the summary
 */
void text_times(const struct page *p, const struct ev_times *t);

/**
 * text_curves() - how sharing decayed, where there was more than one snapshot
 * @p: the page
 * @c: of all of them; sorted
 */
void text_curves(const struct page *p, struct curves *c);

/**
 * switches_text() - how often tasks were switched to
 * @l: written to
 * @s: that, which was asked for
 * @known: it can be trusted
 */
void switches_text(struct line *l, const struct ev_switches *s, bool known);

/**
 * text_lost() - what was lost, zero included
 * @p: the page
 * @e: the event
 */
void text_lost(const struct page *p, const struct ev_lost *e);

/**
 * struct attached - a process that was there before
 * @ts: when it was attached to
 * @pid: thread group
 * @parent_pid: its parent's; 0: not to be seen from here
 * @before_exec: it has not exec'ed since it was made
 * @just_made: by a fork that was under way
 * @no_room: the ledger was full
 * @comm: its name, with a final NUL
 * @parent_comm: its parent's, or ""
 */
struct attached {
	__u64 ts;
	pid_t pid;
	pid_t parent_pid;
	bool before_exec;
	bool just_made;
	bool no_room;
	char comm[CLEAVE_COMM_LEN];
	char parent_comm[CLEAVE_COMM_LEN];
};

/**
 * struct attachments - those that have come and were not told of yet; all zero: none
 * @list: each that has a line of its own
 * @nr: how many
 * @room: for how many @list has room
 * @count: all, and
 * @before_exec: of them
 * @last: when the last one came
 */
struct attachments {
	struct attached *list;
	size_t nr;
	size_t room;
	__u64 count;
	__u64 before_exec;
	__u64 last;
};

/**
 * attachments_add() - one more
 * @a: all of them
 * @e: the event
 * @named: it is to have a line of its own
 */
void attachments_add(struct attachments *a, const struct event *e, bool named);

/**
 * attachments_head() - how many there are
 * @a: all of them
 * @l: written to
 */
void attachments_head(const struct attachments *a, struct line *l);

/**
 * attached_text() - what is known of one
 * @a: the one
 * @l: written to
 */
void attached_text(const struct attached *a, struct line *l);

/**
 * attachments_clear() - they have been told of
 * @a: all of them
 */
void attachments_clear(struct attachments *a);

void attachments_free(struct attachments *a);

/* Calls under way that look along PATH, at most: beyond, the oldest is given up. */
#define TRIES		64

/**
 * struct try - the failed execs of one call, so far
 * @ts: of the last
 * @pid: thread group
 * @tid: the task
 * @nr: how many
 * @error: of the last, or EACCES if one of them was that: what the call will return
 * @comm_len: of @comm
 * @path_len: of @path
 * @comm: name of the process
 * @path: the last that was tried
 */
struct try {
	__u64 ts;
	pid_t pid;
	pid_t tid;
	unsigned int nr;
	int error;
	unsigned int comm_len;
	unsigned int path_len;
	char comm[CLEAVE_COMM_LEN];
	char path[CLEAVE_PATH_LEN];
};

/**
 * struct tries - calls that look along PATH: execs of the same name in one folder
 *	after the other, each failed, by a task that does nothing else meanwhile
 * @list: those under way, oldest first
 * @nr: how many
 * @folded: failed execs that have no line of their own, in all
 */
struct tries {
	struct try list[TRIES];
	unsigned int nr;
	__u64 folded;
};

/**
 * try_begins() - can this failed exec be followed by others of the same call?
 * @x: the exec
 *
 * One with a relative path has a line of its own at once: folders of PATH are absolute.
 * Whether an absolute path was found along PATH, the kernel is not told.
 */
bool try_begins(const struct ev_exec *x);

/**
 * try_goes_on() - is this exec of the same call?
 * @t: those before
 * @x: the exec, failed or not
 */
bool try_goes_on(const struct try *t, const struct ev_exec *x);

/**
 * try_add() - one more
 * @t: those before; all zero: none
 * @x: the exec
 * @ts: when
 */
void try_add(struct try *t, const struct ev_exec *x, __u64 ts);

/**
 * tries_find() - of a task
 * @t: all of them
 * @tid: the task
 */
struct try *tries_find(struct tries *t, pid_t tid);

/**
 * tries_drop() - a call has come to its end
 * @t: all of them
 * @try: the one
 */
void tries_drop(struct tries *t, struct try *try);

/**
 * try_folder() - where the last one looked
 * @t: the tries
 *
 * Return: part of @t->path.
 */
struct text try_folder(const struct try *t);

/**
 * try_name() - what is looked for
 * @path: a path
 */
struct text try_name(struct text path);

#endif /* CLEAVE_TEXT_H */
