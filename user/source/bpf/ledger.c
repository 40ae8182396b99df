// SPDX-License-Identifier: GPL-2.0-only
/* ledger.c - the programs' ledger, read in their memory: no call for each entry. */
#include "lib/clock.h"
#include "source/bpf/priv.h"
#include "cleave_times.h"
#include "cleave.skel.h"

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

int bpf_map_ledger(struct bpf_priv *p, unsigned int *used)
{
	const struct array pool = {
		.fd = bpf_map__fd(p->skel->maps.as_pool),
		.size = sizeof(struct cleave_as), .max = p->max_as,
	};

	*used = least(p->skel->bss->as_used, p->max_as);
	return mapped_grow(&p->pool, &pool, *used);
}

/**
 * struct seen - what of it is mapped
 * @used: entries
 * @cells: of the times that breaks took. One that is taken later on is for a kind of which
 *	none had been timed by now
 */
struct seen {
	unsigned int used;
	unsigned int cells;
};

static int map_times(struct bpf_priv *p, struct seen *seen)
{
	const struct array slots = {
		.fd = bpf_map__fd(p->skel->maps.slot_times),
		.size = sizeof(struct cleave_slot_times), .max = p->max_as,
	};
	const struct array cells = {
		.fd = bpf_map__fd(p->skel->maps.time_cells),
		.size = sizeof(struct cleave_time), .max = cleave_time_cells(p->max_as),
	};
	int err;

	seen->cells = least(p->skel->bss->cells_used, cells.max);
	err = mapped_grow(&p->slot_times, &slots, seen->used);
	return err ? err : mapped_grow(&p->cells, &cells, seen->cells);
}

static int map_all(struct bpf_priv *p, struct seen *seen)
{
	int err = bpf_map_ledger(p, &seen->used);

	seen->cells = 0;
	return err || !p->times ? err : map_times(p, seen);
}

/* An entry may follow one that was not taken yet when we looked how many there are. */
static int map_creator(struct bpf_priv *p, unsigned int i, struct seen *seen)
{
	const struct cleave_as *as = (const struct cleave_as *)p->pool.at + i;

	if (*(const volatile __u32 *)&as->creator <= seen->used)
		return 0;
	return map_all(p, seen);
}

static bool snap_one(const struct bpf_priv *p, unsigned int i, const struct seen *seen,
		     __u64 now, struct cleave_snap *snap)
{
	const struct cleave_slot_times *times = p->slot_times.at;
	struct cleave_as *pool = p->pool.at;

	if (!cleave_as_snap(pool, seen->used, i, now, snap))
		return false;
	return !p->times ||
	       cleave_times_snap(&pool[i], &times[i], p->cells.at, seen->cells, snap);
}

int bpf_snapshot(struct backend *b, struct snaps *to)
{
	struct bpf_priv *p = b->priv;
	__u64 now = now_ns();
	struct seen seen;
	unsigned int i;
	int err = map_all(p, &seen);

	to->nr = 0;
	for (i = 0; !err && i < seen.used; i++) {
		err = snaps_grow(to);
		if (!err)
			err = map_creator(p, i, &seen);
		if (!err && snap_one(p, i, &seen, now, to->list + to->nr))
			to->nr++;
	}
	return err;
}
