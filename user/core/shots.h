/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shots.h - snapshots: the ledger's figures of all that are alive, and what looks into
 * page tables have found, as records of a lane.
 *
 * Looks come first, in turns, and the figures of all are read once they are over: so
 * these are of one time.
 */
#ifndef CLEAVE_SHOTS_H
#define CLEAVE_SHOTS_H

#include "core/lane.h"

/**
 * struct shots - snapshots of a lane, one after the other; all zero: none
 * @snaps: the ledger, when it was last read
 * @looks: for the snapshot that is under way
 * @under_way: one is
 * @nr: how many are over
 */
struct shots {
	struct snaps snaps;
	struct looks looks;
	bool under_way;
	__u64 nr;
};

/**
 * shots_begin() - begin a snapshot
 * @s: none is under way
 * @l: the lane
 * @scan: with looks: shots_turn() is to be called as long as it is under way. Without, it
 *	is told at once
 */
void shots_begin(struct shots *s, struct lane *l, bool scan);

/**
 * shots_turn() - go on with it for a short while; once all looks are over it is told
 * @s: one is under way
 * @l: the lane
 */
void shots_turn(struct shots *s, struct lane *l);

/**
 * shots_tell() - tell it with what looks have found by now
 * @s: one is under way; none after this
 * @l: the lane
 */
void shots_tell(struct shots *s, struct lane *l);

/**
 * shots_drop() - give up the one that is under way, if any
 * @s: none is under way after this
 * @l: the lane
 */
void shots_drop(struct shots *s, struct lane *l);

/**
 * shots_free() - forget all
 * @s: snapshots
 */
void shots_free(struct shots *s);

#endif /* CLEAVE_SHOTS_H */
