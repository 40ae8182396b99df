/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lane.h - one source, the model of what its records tell, and who gets that.
 */
#ifndef CLEAVE_LANE_H
#define CLEAVE_LANE_H

#include "core/model.h"
#include "core/tap.h"
#include "source/source.h"

/**
 * struct lane - where records come from, and where they go
 * @src: where from
 * @sink: gets the events
 * @tap: gets the records, or NULL
 * @model: makes events of records; of lane_open()
 */
struct lane {
	struct source *src;
	struct sink *sink;
	struct tap *tap;
	struct model *model;
};

/**
 * lane_open() - make the model
 * @l: the rest is filled
 *
 * Return: 0 or a negative errno.
 */
int lane_open(struct lane *l);

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
 * lane_finish() - no further record will come: report what was held back, and the
 * end of the lane's tap
 * @l: the lane
 * @e: the summary
 */
void lane_finish(struct lane *l, const struct event *e);

/**
 * lane_close() - free the model; source, sink and tap are the caller's
 * @l: the lane
 */
void lane_close(struct lane *l);

#endif /* CLEAVE_LANE_H */
