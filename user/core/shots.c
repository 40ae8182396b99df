// SPDX-License-Identifier: GPL-2.0-only
#include "core/layout.h"
#include "core/shots.h"
#include "lib/clock.h"

static bool read_ledger(struct shots *s, const struct lane *l)
{
	if (!l->src->ops->snapshot(l->src, &s->snaps))
		return true;
	lane_failed(l);
	return false;
}

/* As own_snapped.took has it. */
static __u32 tell_times(struct lane *l, __u64 ts)
{
	struct own_took r = {
		.hdr = { .type = OWN_REC_TOOK, .size = sizeof(r), .ts = ts },
	};
	struct cleave_times times;
	__u32 told = 1;

	if (!l->src->times || l->src->ops->times(l->src, &times))
		return 0;
	for (r.side = 0; r.side < CLEAVE_NR_SIDES; r.side++)
		for (r.outcome = 0; r.outcome < CLEAVE_NR_BREAKS; r.outcome++) {
			r.time = times.of[r.side][r.outcome];
			if (!r.time.breaks)
				continue;
			lane_own(l, &r.hdr);
			told++;
		}
	return told;
}

static void snapped(struct lane *l, __u64 ts)
{
	struct own_snapped end = {
		.hdr = { .type = OWN_REC_SNAPPED, .size = sizeof(end), .ts = ts },
	};
	struct cleave_totals t;
	int i;

	end.took = tell_times(l, ts);
	end.known = !l->src->ops->totals(l->src, &t);
	if (end.known) {
		end.clones = t.clones[CLEAVE_KIND_PROCESS];
		end.lost = t.as_lost + t.missed;
		for (i = 0; i < CLEAVE_NR_RECS; i++)
			end.lost += t.lost[i];
	}
	lane_own(l, &end.hdr);
}

/* Behind all that the ring had by then, so that whoever is in it is known. */
static void tell_ledger(const struct shots *s, struct lane *l)
{
	__u64 ts = now_ns();
	size_t i;

	lane_empty(l);
	for (i = 0; i < s->snaps.nr; i++) {
		const struct own_snap snap = {
			.hdr = { .type = OWN_REC_SNAP, .size = sizeof(snap), .ts = ts },
			.snap = s->snaps.list[i],
		};

		lane_own(l, &snap.hdr);
	}
	snapped(l, ts);
	lane_flush(l);
}

void shots_tell(struct shots *s, struct lane *l)
{
	if (l->looks)
		looks_tell(l->looks, l);
	looks_tell(&s->looks, l);
	looks_free(&s->looks);
	if (read_ledger(s, l))
		tell_ledger(s, l);
	s->under_way = false;
	s->nr++;
}

void shots_begin(struct shots *s, struct lane *l, bool scan)
{
	s->under_way = true;
	if (!scan) {
		shots_tell(s, l);
		return;
	}
	if (!read_ledger(s, l))
		s->snaps.nr = 0;
	lane_empty(l);
	looks_scan(&s->looks, l, &s->snaps);
}

void shots_turn(struct shots *s, struct lane *l)
{
	if (!looks_turn(&s->looks, l))
		shots_tell(s, l);
}

void shots_drop(struct shots *s, struct lane *l)
{
	if (!s->under_way)
		return;
	looks_take_back(&s->looks, l);
	looks_free(&s->looks);
	s->under_way = false;
}

void shots_free(struct shots *s)
{
	looks_free(&s->looks);
	snaps_free(&s->snaps);
}
