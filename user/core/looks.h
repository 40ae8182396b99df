/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * looks.h - who is to be looked at, and what a look has found, as records of a lane.
 *
 * A look goes through page tables, so it takes time, in which the rings fill: it is cut
 * into turns.  What it has found is told after all that the ring had by then: who has
 * exec'ed before it was taken is known to have done so.
 */
#ifndef CLEAVE_LOOKS_H
#define CLEAVE_LOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/layout.h"
#include "source/snaps.h"

struct eyes;
struct lane;

/* An address space, and a process that is in it. */
struct place {
	__u64 as;
	pid_t pid;
};

/* Looks that are told at once, at most. */
#define LOOKS_TOLD	64

/**
 * struct found - what looks have found, until it is told
 * @list: records
 * @nr: how many
 * @snap: for a snapshot
 */
struct found {
	struct own_look list[LOOKS_TOLD];
	unsigned int nr;
	bool snap;
};

/**
 * struct looks - those who wait for a look; all zero: nobody
 * @list: who
 * @at: the first that has not had it
 * @nr: behind the last one
 * @room: for how many @list has room
 * @eyes: of the look that is under way, or NULL
 * @place: what it looks at
 * @found: by looks at those in front of @at
 * @snaps: the ledger, after some looks
 */
struct looks {
	struct place *list;
	size_t at;
	size_t nr;
	size_t room;
	struct eyes *eyes;
	struct place place;
	struct found found;
	struct snaps snaps;
};

/**
 * looks_note() - a process was attached to: it waits for a look, if it is before exec
 * @q: those who wait
 * @a: the record
 */
void looks_note(struct looks *q, const struct cleave_attach *a);

/**
 * looks_wait() - does anybody wait for one, or for the end of it?
 * @q: those who wait
 */
static inline bool looks_wait(const struct looks *q)
{
	return q->eyes || q->at < q->nr;
}

/**
 * looks_turn() - look at those who wait, for a short while
 * @q: those who wait
 * @l: the lane, which gets the records
 *
 * Return: whether there is more to do.
 */
bool looks_turn(struct looks *q, struct lane *l);

/**
 * looks_tell() - tell what was found so far
 * @q: those who wait
 * @l: the lane, which gets the records
 */
void looks_tell(struct looks *q, struct lane *l);

/**
 * looks_scan() - for a snapshot, all address spaces that are before exec wait for a look
 * @q: nobody waits
 * @l: the lane, which knows who is where
 * @s: the ledger
 */
void looks_scan(struct looks *q, const struct lane *l, const struct snaps *s);

/**
 * looks_take_back() - what was told of a scan that was not told in full is of none
 * @q: of looks_scan(); to be freed, or used for another scan
 * @l: the lane, which gets records that say so
 */
void looks_take_back(struct looks *q, struct lane *l);

/**
 * looks_free() - forget all, a look that is under way as well
 * @q: those who wait
 */
void looks_free(struct looks *q);

#endif /* CLEAVE_LOOKS_H */
