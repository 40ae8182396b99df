// SPDX-License-Identifier: GPL-2.0-only
#include "core/left.h"

/* The totals say so, which no full ring can falsify. */
bool left_unknown(const struct session *s)
{
	struct source *src = s->lanes[0].src;
	__u64 made = s->target->nr_roots;
	struct cleave_totals t;

	if (src->ops->totals(src, &t) ||
	    !(t.lost[CLEAVE_REC_CLONE] || t.lost[CLEAVE_REC_ATTACH]))
		return false;
	made += t.sent[CLEAVE_REC_ATTACH] + t.lost[CLEAVE_REC_ATTACH];
	made += t.clones[CLEAVE_KIND_PROCESS] + t.clones[CLEAVE_KIND_VFORK] +
		t.clones[CLEAVE_KIND_VM_SHARER];
	return t.exits < made;
}

/*
 * Processes that are not there any more must not be waited for, nor anybody where no
 * address space is traced any more: whoever may be there now under one of their pids is
 * not ours.
 */
bool left_nobody(const struct session *s)
{
	struct source *src = s->lanes[0].src;
	struct cleave_totals t;
	unsigned int i;

	if (!src->ops->totals(src, &t) && !t.live)
		return true;
	for (i = 0; i < s->nr_lanes; i++)
		lane_mark_gone(&s->lanes[i]);
	for (i = 0; i < s->nr_lanes; i++)
		lane_empty(&s->lanes[i]);
	for (i = 0; i < s->nr_lanes; i++)
		lane_sweep(&s->lanes[i]);
	return false;
}
