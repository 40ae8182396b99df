/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - where records come from: a backend with its ring, or a recording.
 *
 * A source hands out records as they were written, checked, in their order; what
 * they mean is not its business.
 */
#ifndef CLEAVE_SOURCE_H
#define CLEAVE_SOURCE_H

#include "core/known.h"
#include "source/backend.h"

/* Room for one line that says why a source cannot be opened. */
#define SOURCE_WHY	512

/* Called with each record; valid only meanwhile. */
typedef void (*source_cb)(void *ctx, const struct cleave_hdr *rec);

struct source;

/**
 * struct source_ops - what a source does
 *
 * Functions that return an int return 0, those that find something how much of it, or a
 * negative errno and, where they fail, leave one line for the user in backend_error().
 *
 * @next: hand out at most so many records; returns how many were taken, malformed
 *	ones included. Fewer than asked for: there are no more now, and once there
 *	are, @fd will tell.
 * @backlog: bytes of records that lie there
 * @add_root: trace this process and all that it will make
 * @attach: trace this process, which is there already, and what it will make; 1, or 0
 *	where it is traced already; -ESRCH, -EAGAIN as in struct backend_ops. NULL, as the
 *	next three, where all has happened before (a recording).
 * @look: attach to all that descend from traced processes, or to all there are, where
 *	all are traced; returns as in struct backend_ops. To be repeated until that is
 *	none, with what has come taken in between.
 * @met: as in struct backend_ops
 * @snapshot: fill @to with the address spaces that are alive, in the order of the
 *	ledger's slots; what it had before is gone. Answers after @stop, too
 * @totals: the exact counters; answers after @stop, too
 * @times: how long breaks took, with @times
 * @stop: nothing more will be written, once this has returned
 * @left: records that were begun and cannot be taken; after @stop
 * @close: free everything, the source too
 */
struct source_ops {
	size_t (*next)(struct source *s, size_t max, source_cb cb, void *ctx);
	size_t (*backlog)(const struct source *s);
	int (*add_root)(struct source *s, pid_t pid);
	int (*attach)(struct source *s, pid_t pid);
	int (*look)(struct source *s);
	bool (*met)(const struct source *s);
	int (*snapshot)(struct source *s, struct snaps *to);
	int (*totals)(struct source *s, struct cleave_totals *t);
	int (*times)(struct source *s, struct cleave_times *t);
	int (*stop)(struct source *s);
	__u64 (*left)(const struct source *s);
	void (*close)(struct source *s);
};

/**
 * struct source - base of every source
 * @ops: what it does
 * @name: of the backend that wrote the records: "bpf" or "module"
 * @fd: readable when there are records
 * @room: bytes of records that have room until some are lost
 * @hooks: state of each hook
 * @known: which of its figures can be trusted
 * @times: how long breaks took was asked for
 * @switches: how often tasks were switched to was
 * @attach_ns: what loading and attaching took
 * @taken: records handed out
 * @malformed: records that were not what their header says; never handed out
 */
struct source {
	const struct source_ops *ops;
	const char *name;
	int fd;
	size_t room;
	struct backend_hook hooks[CLEAVE_NR_HOOKS];
	struct known known;
	bool times;
	bool switches;
	__u64 attach_ns;
	__u64 taken;
	__u64 malformed;
};

#endif /* CLEAVE_SOURCE_H */
