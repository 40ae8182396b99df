/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * times.bpf.h - how long breaks took, by address space and in all.
 *
 * Where the session does not want to know, the verifier takes all of it out of the
 * programs, and the maps have one entry.
 */
#ifndef CLEAVE_TIMES_BPF_H
#define CLEAVE_TIMES_BPF_H

/* Set by the loader. */
const volatile bool want_times;
const volatile __u32 max_cells = 1;

#define NR_KINDS_TIMED	(CLEAVE_NR_SIDES * CLEAVE_NR_BREAKS)

/* By slot of the ledger.  Mapped by the reader, as the next one: for snapshots. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct cleave_slot_times);
} slot_times SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct cleave_time);
} time_cells SEC(".maps");

/* Cells given back; those above cells_used were never taken. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(value_size, sizeof(__u32));
} cell_free SEC(".maps");

__u32 cells_used;

struct cleave_times times_total;
struct cleave_time times_nobodys;	/* what there is no cell for */

/* Side and outcome as one number. */
static __always_inline __u32 kind_timed(__u32 side, __u32 outcome)
{
	return side * CLEAVE_NR_BREAKS + outcome;
}

/* Of @kind, or NULL where there is none such. */
static __always_inline struct cleave_time *total_time(__u32 kind)
{
	/* clang knows better, but not the verifier. */
	barrier_var(kind);
	if (kind >= NR_KINDS_TIMED)
		return NULL;
	return &((struct cleave_time *)times_total.of)[kind];
}

static __always_inline struct cleave_slot_times *slot_times_at(__u32 slot1)
{
	__u32 slot = slot1 - 1;

	return bpf_map_lookup_elem(&slot_times, &slot);
}

static __always_inline struct cleave_time *cell_at(__u32 cell1)
{
	__u32 cell = cell1 - 1;

	return cell1 ? bpf_map_lookup_elem(&time_cells, &cell) : NULL;
}

/* Plus one; 0: there is none left. */
static __always_inline __u32 cell_take(void)
{
	__u32 cell;

	if (!bpf_map_pop_elem(&cell_free, &cell))
		return cell + 1;
	if (cells_used >= max_cells)
		return 0;
	cell = __sync_fetch_and_add(&cells_used, 1);
	return cell < max_cells ? cell + 1 : 0;
}

static __always_inline void cell_put(__u32 cell1)
{
	__u32 cell = cell1 - 1;

	bpf_map_push_elem(&cell_free, &cell, BPF_ANY);
}

/* Two tasks can come for the first one at once: the other one's stands. */
static __always_inline struct cleave_time *cell_make(__u32 *at)
{
	__u32 cell1 = cell_take(), there;
	struct cleave_time *t = cell_at(cell1);

	if (!t)
		return NULL;
	__builtin_memset(t, 0, sizeof(*t));
	there = __sync_val_compare_and_swap(at, 0, cell1);
	if (!there)
		return t;
	cell_put(cell1);
	return cell_at(there);
}

/* A break, of which it is not known yet how long it takes. */
static __always_inline void times_break(__u32 slot1, __u32 kind)
{
	struct cleave_slot_times *of = slot_times_at(slot1);
	struct cleave_time *total = total_time(kind);

	if (!of || !total || kind >= NR_KINDS_TIMED)
		return;
	cleave_add(&((__u64 *)of->breaks)[kind], 1);
	cleave_add(&total->breaks, 1);
}

/* And now it is: @ns. */
static __always_inline void times_took(__u32 slot1, __u32 kind, __u64 ns)
{
	struct cleave_slot_times *of = slot_times_at(slot1);
	struct cleave_time *total = total_time(kind), *t;
	__u32 *at;

	if (!of || !total || kind >= NR_KINDS_TIMED)
		return;
	at = &((__u32 *)of->cell)[kind];
	t = cell_at(*(volatile __u32 *)at);
	if (!t)
		t = cell_make(at);
	if (t)
		cleave_time_add(t, ns);
	cleave_time_add(total, ns);
}

/*
 * A kind of the other sides, counted from 0.  Their cells stay: who is about to add to one
 * may have seen it.
 */
static long times_claimed_step(__u32 i, struct cleave_slot_times **of)
{
	__u32 before = i % CLEAVE_NR_BREAKS, kind = CLEAVE_NR_BREAKS + i, *at;
	struct cleave_time *from, *to;

	/* clang knows better, but not the verifier. */
	barrier_var(before);
	barrier_var(kind);
	if (before >= CLEAVE_NR_BREAKS || kind >= NR_KINDS_TIMED)
		return 1;
	from = cell_at(((__u32 *)(*of)->cell)[kind]);
	if (from && cleave_get(&from->count)) {
		at = &((__u32 *)(*of)->cell)[before];
		to = cell_at(*(volatile __u32 *)at);
		if (!to)
			to = cell_make(at);
		if (!to)
			to = &times_nobodys;
		cleave_time_carry_all(from, to);
	}
	/* At last: records that are told in between lack breaks, and are not whole. */
	cleave_time_carry(&((__u64 *)(*of)->breaks)[kind],
			  &((__u64 *)(*of)->breaks)[before]);
	return 0;
}

/*
 * An address space turns out to be one before exec: what was booked on other sides is on
 * this one, as all figures of it are.  Not so in the session's sum: that may have begun anew
 * since.  (Verified once in a program, and not at each call.)
 */
__noinline int times_claimed(__u32 slot1)
{
	struct cleave_slot_times *of;

	if (!want_times)
		return 0;
	of = slot_times_at(slot1);
	if (of)
		bpf_loop(NR_KINDS_TIMED - CLEAVE_NR_BREAKS, times_claimed_step,
			 &of, 0);
	return 0;
}

static long times_clear_step(__u32 kind, struct cleave_slot_times **of)
{
	__u32 *at;

	if (kind >= NR_KINDS_TIMED)
		return 1;
	at = &((__u32 *)(*of)->cell)[kind];
	if (*at)
		cell_put(*at);
	return 0;
}

/* An entry of the ledger is free. */
static __noinline void times_clear(__u32 slot1)
{
	struct cleave_slot_times *of = slot_times_at(slot1);

	if (!of)
		return;
	bpf_loop(NR_KINDS_TIMED, times_clear_step, &of, 0);
	__builtin_memset(of, 0, sizeof(*of));
}

#endif /* CLEAVE_TIMES_BPF_H */
