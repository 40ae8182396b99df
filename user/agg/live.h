/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * live.h - from what the ledger has of those that are alive to what a snapshot tells:
 * who still shares how much, and what that has cost each family.
 */
#ifndef CLEAVE_LIVE_AGG_H
#define CLEAVE_LIVE_AGG_H

#include "core/event.h"

struct live_agg;

/**
 * struct live_look - what the model knows of an address space beside its figures
 * @proc: a process in it, or NULL
 * @started_ns: when that one began, where it was attached to; else 0
 * @base_known: @base is
 * @base: pages that it shared when it was attached to
 * @looked: @shared_now and @swap_now are
 * @shared_now: pages that it shares now
 * @swap_now: pages that are swapped out now
 */
struct live_look {
	struct proc_ref *proc;
	__u64 started_ns;
	bool base_known;
	bool looked;
	__u64 base;
	__u64 shared_now;
	__u64 swap_now;
};

/**
 * live_new() - nothing is known yet
 *
 * Return: it, or NULL without memory.
 */
struct live_agg *live_new(void);

/**
 * live_time() - how long breaks took is in the figures
 * @l: it
 */
void live_time(struct live_agg *l);

/**
 * live_begin() - a snapshot begins
 * @l: it
 * @ts: its time
 */
void live_begin(struct live_agg *l, __u64 ts);

/**
 * live_add() - an address space of it, in any order; passed over where it has ended since
 * it was read
 * @l: it
 * @snap: its figures
 * @look: what else is known of it
 */
void live_add(struct live_agg *l, const struct cleave_snap *snap, const struct live_look *look);

/**
 * live_enter() - an address space begins that shares with its creator, between snapshots
 * @l: it
 * @space: the address space
 * @creator: its creator's; 0: not known
 * @since: when it was made, or attached to
 */
void live_enter(struct live_agg *l, __u64 space, __u64 creator, __u64 since);

/**
 * live_leave() - one has exec'ed or ended: the moment before, peaks can have been higher
 * @l: it
 * @fig: what it came to
 * @what: of the record that has @fig
 */
void live_leave(struct live_agg *l, const struct cleave_figures *fig, __u32 what);

/**
 * live_end_of() - an address space has ended, whatever it was
 * @l: it
 * @space: the address space
 */
void live_end_of(struct live_agg *l, __u64 space);

/**
 * live_gone() - nobody is known to be in an address space any more
 * @l: it
 * @space: the address space
 */
void live_gone(struct live_agg *l, __u64 space);

/**
 * live_end() - all of the snapshot is there
 * @l: it
 * @t: totals at that time, or NULL where they are not known
 * @e: filled, all but @ts and @type; what it points to is valid until live_begin()
 *
 * Work is in proportion to the number of address spaces, or, where many of a family have
 * gone, to that and its logarithm.  A family's peak is kept as long as its creator lives,
 * or any of its children.
 */
void live_end(struct live_agg *l, const struct cleave_totals *t, struct ev_snapshot *e);

/**
 * live_drop() - no more of the snapshot is to come: it is as if it had not begun
 * @l: it
 */
void live_drop(struct live_agg *l);

/**
 * live_free() - free it
 * @l: it or NULL
 */
void live_free(struct live_agg *l);

#endif /* CLEAVE_LIVE_AGG_H */
