/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tap.h - who wants the records themselves, and not what the model makes of them.
 */
#ifndef CLEAVE_TAP_H
#define CLEAVE_TAP_H

#include "core/event.h"

struct tap;

/**
 * struct tap_ops - what becomes of the records
 *
 * @start: tracing is about to begin
 * @record: each record, before the model gets it, those of lane.h too
 * @flush: no more for now
 * @idle: it is that late: as a sink's
 * @end: no record will come any more; the event is the summary
 */
struct tap_ops {
	void (*start)(struct tap *t, const struct event *e);
	void (*record)(struct tap *t, const struct cleave_hdr *rec);
	void (*flush)(struct tap *t);
	bool (*idle)(struct tap *t, __u64 now);
	void (*end)(struct tap *t, const struct event *e);
};

/**
 * struct tap - base of whatever takes records
 * @ops: what it does
 */
struct tap {
	const struct tap_ops *ops;
};

#endif /* CLEAVE_TAP_H */
