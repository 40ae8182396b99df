/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch.h - snapshots as people look at them: a row for each address space that was
 * forked and lives, a line for each family, and one for all.  On a terminal they are a
 * screen that is drawn anew; else a block of text each.
 */
#ifndef CLEAVE_WATCH_H
#define CLEAVE_WATCH_H

#include "lib/hash.h"
#include "lib/pool.h"
#include "sink/sink.h"
#include "sink/text.h"
#include "sink/watch_columns.h"

/**
 * struct watch_kin - a family
 * @space: of the creator
 * @pid: of the creator, or 0
 * @comm: its name, with a final NUL
 * @children: how many
 * @extra: pages
 * @peak: pages
 * @took: nanoseconds in breaks, with struct watch_view.timed
 */
struct watch_kin {
	__u64 space;
	pid_t pid;
	char comm[CLEAVE_COMM_LEN];
	__u64 children;
	__u64 extra;
	__u64 peak;
	__u64 took;
};

/**
 * struct watch_row - an address space
 * @of: its creator, where that has a name; NULL
 * @space: identity
 * @pid: of a process in it, or 0
 * @comm: its name, with a final NUL
 * @unknown: a bit for each column
 * @from_look: what it shared was looked up, not counted
 * @busy: tenths of KiB/s that were copied at least: its own, where nobody knows the rest
 * @v: what the columns show: pages, nanoseconds, tenths of KiB/s
 */
struct watch_row {
	const struct watch_kin *of;
	__u64 space;
	pid_t pid;
	char comm[CLEAVE_COMM_LEN];
	unsigned int unknown;
	bool from_look;
	__u64 busy;
	__u64 v[WATCH_NR];
};

/**
 * struct watch_view - the last snapshot
 * @known: which figures can be trusted
 * @sort: column by which rows are sorted
 * @backend: name, or NULL
 * @ts: its time
 * @wall_ns: what is to be added to have the time of day; 0: not known
 * @rows: sorted
 * @nr_rows: how many
 * @kins: sorted, the most extra memory first
 * @nr_kins: how many
 * @extra: pages, in all
 * @peak: the most of them
 * @took: nanoseconds in breaks, in all, with @timed
 * @timed: how long breaks took was asked for
 * @looked: some are looked at anew each time
 * @forks: tenths a second, since the one before
 * @forks_known: @forks is
 * @clones: in all
 * @lost: in all
 * @totals_known: these two are
 * @left_out: rows that are not to be shown
 */
struct watch_view {
	const struct known *known;
	enum watch_column sort;
	const char *backend;
	__u64 ts;
	__u64 wall_ns;
	struct watch_row **rows;
	size_t nr_rows;
	struct watch_kin **kins;
	size_t nr_kins;
	__u64 extra;
	__u64 peak;
	__u64 took;
	bool timed;
	bool looked;
	__u64 forks;
	bool forks_known;
	__u64 clones;
	__u64 lost;
	bool totals_known;
	__u64 left_out;
	/* its own */
	__u64 round;
	struct watch_row *row_room;
	struct watch_kin *kin_room;
	size_t room[4];
	struct hash seen;
	struct pool pool;
};

/**
 * watch_init() - nothing has been seen
 * @v: filled
 * @known: which figures can be trusted; kept
 * @sort: column to sort by
 */
void watch_init(struct watch_view *v, const struct known *known, enum watch_column sort);

/**
 * watch_start() - tracing begins, and what is counted per second is from here on
 * @v: the view
 * @e: the event
 */
void watch_start(struct watch_view *v, const struct event *e);

/**
 * watch_take() - a snapshot in the place of the one before
 * @v: the view
 * @e: the event; nothing in it is kept
 */
void watch_take(struct watch_view *v, const struct event *e);

/**
 * watch_free() - free what it has in memory
 * @v: the view
 */
void watch_free(struct watch_view *v);

/**
 * watch_print() - print it
 * @v: the view
 * @p: where to
 * @lines: that there is room for; those that hurt least are left out; 0: any number
 */
void watch_print(const struct watch_view *v, const struct page *p, unsigned int lines);

/**
 * watch_end() - print what all of it came to, in a line
 * @v: the view
 * @p: where to
 * @e: the summary
 */
void watch_end(const struct watch_view *v, const struct page *p, const struct event *e);

struct screen;

/**
 * screen_open() - take the terminal
 * @out: it
 *
 * What is written to standard error while it is taken comes when it is given back, where
 * both are the same.  It is given back whatever ends the program, but for SIGKILL.
 *
 * Return: the screen, or NULL where the terminal cannot be drawn on.
 */
struct screen *screen_open(const struct out *out);

/**
 * screen_show() - draw
 * @s: the screen
 * @v: what; with @ts 0: that there is nothing yet
 */
void screen_show(struct screen *s, const struct watch_view *v);

/**
 * screen_fd() - readable when screen_ready() is to be called
 */
int screen_fd(const struct screen *s);

/**
 * screen_ready() - a key was pressed, or the terminal's size has changed
 * @s: the screen
 * @v: what is shown
 *
 * Return: false: it is to end.
 */
bool screen_ready(struct screen *s, const struct watch_view *v);

/**
 * screen_close() - give the terminal back; safe on NULL
 */
void screen_close(struct screen *s);

/**
 * sink_watch() - the sink
 * @out: where to
 * @known: which figures can be trusted; kept
 * @sort: column to sort by
 * @screen: @out may be taken where it is a terminal
 *
 * Return: the sink, or NULL without memory.
 */
struct sink *sink_watch(struct out *out, const struct known *known, enum watch_column sort,
			bool screen);

#endif /* CLEAVE_WATCH_H */
