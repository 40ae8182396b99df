/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * times.h - how long breaks took: the records of it, and the event that they belong to.
 */
#ifndef CLEAVE_CORE_TIMES_H
#define CLEAVE_CORE_TIMES_H

#include "core/event.h"
#include "core/known.h"
#include "core/layout.h"
#include "lib/hash.h"
#include "lib/json.h"
#include "lib/pool.h"

/**
 * struct times_kept - records whose event is still to come
 * @spaces: address spaces that there are some of, by id
 * @spare: what those took whose events have come
 * @out: of the last event
 */
struct times_kept {
	struct hash spaces;
	struct pool spare;
	struct cleave_times out;
};

/**
 * struct times_all - how long all breaks took until a snapshot; zeroed: it has none yet
 * @nr: records so far
 * @of: by side and outcome
 */
struct times_all {
	__u32 nr;
	struct cleave_times of;
};

/**
 * times_keep() - take a record
 * @k: where to
 * @r: the record
 */
void times_keep(struct times_kept *k, const struct cleave_took *r);

/**
 * times_of_exec() - what belongs to an exec
 * @k: the records before it; those that are asked for go
 * @to: filled
 * @x: the exec
 */
void times_of_exec(struct times_kept *k, struct ev_times *to, const struct cleave_exec *x);

/**
 * times_of_end() - what belongs to the exit of an address space's last process
 * @k: the records before; those that are asked for go
 * @to: filled
 * @space: the address space
 * @end: its end; NULL: that was lost
 */
void times_of_end(struct times_kept *k, struct ev_times *to, __u64 space,
		  const struct cleave_end *end);

/**
 * times_drop() - no event will ask for them
 * @k: the records
 * @space: an address space that nobody is known to have been in
 */
void times_drop(struct times_kept *k, __u64 space);

/**
 * times_all_begin() - a snapshot begins
 * @a: emptied
 */
void times_all_begin(struct times_all *a);

/**
 * times_all_take() - take a record of the snapshot
 * @a: where to
 * @r: the record
 */
void times_all_take(struct times_all *a, const struct own_took *r);

/**
 * times_all_tell() - all of the snapshot is there
 * @a: its records
 * @end: the one that ends it
 * @to: filled; not known where records are missing, or there never were any
 */
void times_all_tell(const struct times_all *a, const struct own_snapped *end,
		    struct ev_times *to);

/**
 * times_free() - free what is kept
 * @k: zeroed, or in use
 */
void times_free(struct times_kept *k);

/**
 * times_untimed() - breaks of which no return was seen
 * @t: of one kind
 */
static inline __u64 times_untimed(const struct cleave_time *t)
{
	/* Read while they were counted, it can be the other way round. */
	return t->breaks > t->count ? t->breaks - t->count : 0;
}

/**
 * times_json() - as an object by side, and in that by outcome
 * @j: written to
 * @t: how long they took; where there were no breaks, nothing is written
 * @known: which outcomes can be trusted
 */
void times_json(struct json *j, const struct cleave_times *t, const struct known *known);

#endif /* CLEAVE_CORE_TIMES_H */
