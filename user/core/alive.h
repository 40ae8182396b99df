/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * alive.h - which processes are there, as far as records tell: of a lane without a
 * model, as a recording makes no events.  It knows whom a model would know.
 */
#ifndef CLEAVE_ALIVE_H
#define CLEAVE_ALIVE_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>

#include "lib/hash.h"
#include "lib/pool.h"

/**
 * struct alive - the processes; all zero: none
 * @pids: by their pids
 * @spare: what those that have ended took
 */
struct alive {
	struct hash pids;
	struct pool spare;
};

/**
 * alive_add() - a process is there; it may have been known
 * @a: all of them
 * @pid: the process
 */
void alive_add(struct alive *a, pid_t pid);

/**
 * alive_record() - what a record tells of who is there
 * @a: all of them
 * @rec: the record, already checked
 */
void alive_record(struct alive *a, const struct cleave_hdr *rec);

/**
 * alive_each() - all that are there
 * @a: all of them
 * @each: called with each, and the address space that it is in, or 0
 * @ctx: for @each
 */
void alive_each(const struct alive *a, void (*each)(void *ctx, pid_t pid, __u64 as), void *ctx);

/**
 * alive_mark_gone() - mark the processes that do not exist any more
 * @a: all of them
 *
 * As model_mark_gone().
 */
void alive_mark_gone(struct alive *a);

/**
 * alive_sweep_gone() - name those that are still marked
 * @a: all of them
 * @gone: called with each; is to make an OWN_REC_GONE of it, which forgets it
 * @ctx: for @gone
 */
void alive_sweep_gone(struct alive *a, void (*gone)(void *ctx, pid_t pid), void *ctx);

/**
 * alive_free() - free what it has in memory
 * @a: all of them
 */
void alive_free(struct alive *a);

/**
 * pid_is_gone() - is nobody there under this pid?
 * @pid: of a process of this system
 */
static inline bool pid_is_gone(pid_t pid)
{
	return kill(pid, 0) && errno == ESRCH;
}

#endif /* CLEAVE_ALIVE_H */
