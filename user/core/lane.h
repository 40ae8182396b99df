/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lane.h - one source, the model of what its records tell, and who gets that.
 */
#ifndef CLEAVE_LANE_H
#define CLEAVE_LANE_H

#include "core/alive.h"
#include "core/looks.h"
#include "core/model.h"
#include "core/tap.h"
#include "core/tell_cgroups.h"
#include "source/source.h"

/**
 * struct lane - where records come from, and where they go
 * @src: where from
 * @sink: gets the events; NULL where nobody wants them, and none are made
 * @tap: gets the records, or NULL
 * @model: makes events of records; of lane_open(), where there is a sink
 * @alive: else: who is there
 * @follows: snapshots are to come, or may
 * @cgroups: those that were told of, where records come from this system; NULL
 * @looks: those who wait for a look, where these are wanted; NULL
 * @tidy_at: processes that are to be there when lane_tidy() looks again
 */
struct lane {
	struct source *src;
	struct sink *sink;
	struct tap *tap;
	struct model *model;
	struct alive alive;
	bool follows;
	struct cgroups_told *cgroups;
	struct looks *looks;
	size_t tidy_at;
};

/**
 * lane_open() - make the model
 * @l: the rest is filled
 *
 * Return: 0 or a negative errno.
 */
int lane_open(struct lane *l);

/**
 * lane_name_cgroups() - have records come with the paths of the cgroups in them
 * @l: the lane; its source is of this system
 */
void lane_name_cgroups(struct lane *l);

/**
 * lane_root() - a process that is there before any record of it
 * @l: the lane
 * @pid: the process
 *
 * Return: the process for the start event, or NULL where there is no model.
 */
struct proc_ref *lane_root(struct lane *l, pid_t pid);

/**
 * lane_live() - processes that have not ended, as far as records tell
 * @l: the lane
 */
size_t lane_live(const struct lane *l);

/**
 * lane_start() - tell of the beginning
 * @l: the lane
 * @e: the event
 */
void lane_start(struct lane *l, const struct event *e);

/**
 * lane_drain() - take records from the source
 * @l: the lane
 * @max: no more than this
 *
 * Return: how many there were.
 */
size_t lane_drain(struct lane *l, size_t max);

/**
 * lane_empty() - take all that the source has, or what a whole ring takes, where more
 * comes meanwhile
 * @l: the lane
 */
void lane_empty(struct lane *l);

/**
 * lane_failed() - tell the user why the source's last function has failed
 * @l: the lane
 */
void lane_failed(const struct lane *l);

/**
 * lane_own() - take a record of cleave's own
 * @l: the lane
 * @rec: the record
 */
void lane_own(struct lane *l, const struct cleave_hdr *rec);

/**
 * lane_flush() - no more records for now: have them written out
 * @l: the lane
 */
void lane_flush(struct lane *l);

/**
 * lane_each() - all processes that have not ended, as far as records tell
 * @l: the lane
 * @each: called with each, and the address space that it is in, or 0
 * @ctx: for @each
 */
void lane_each(const struct lane *l, void (*each)(void *ctx, pid_t pid, __u64 as), void *ctx);

/**
 * lane_mark_gone() - mark the processes that do not exist any more
 * @l: the lane; its source is of this system
 *
 * To be followed by draining, as model_mark_gone() says, and by lane_sweep().
 */
void lane_mark_gone(struct lane *l);

/**
 * lane_sweep() - forget the processes that are marked and that no exit has been seen
 * of since; a recording gets to know
 * @l: the lane
 */
void lane_sweep(struct lane *l);

/**
 * lane_tidy() - forget processes whose exits were lost, whenever there are twice as
 * many as at the last look: so a look costs each of them little
 * @l: the lane; its source is of this system
 */
void lane_tidy(struct lane *l);

/**
 * lane_idle() - it is that late: tell what has waited long enough
 * @l: the lane
 * @now: of now_ns()
 *
 * Return: whether something still waits, so that it is to be asked again.
 */
bool lane_idle(struct lane *l, __u64 now);

/**
 * lane_finish() - no further record will come: report what was held back, and the
 * end of the lane's tap
 * @l: the lane
 * @e: the summary
 */
void lane_finish(struct lane *l, const struct event *e);

/**
 * lane_lost() - tell what was lost; after all lanes have finished
 * @l: the lane
 * @e: the summary
 */
void lane_lost(struct lane *l, const struct event *e);

/**
 * lane_summary() - tell the summary; after all lanes have told what was lost
 * @l: the lane
 * @e: the event
 */
void lane_summary(struct lane *l, const struct event *e);

/**
 * lane_close() - free the model; source, sink and tap are the caller's
 * @l: the lane
 */
void lane_close(struct lane *l);

#endif /* CLEAVE_LANE_H */
