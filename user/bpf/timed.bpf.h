/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timed.bpf.h - how long a break takes: from the entry of a write fault's function
 * to its return, and to the records.
 */
#ifndef CLEAVE_TIMED_BPF_H
#define CLEAVE_TIMED_BPF_H

/**
 * struct fault_clock - the time of a task's write fault, beside its struct fault
 * @start: of its entry; 0: it has returned
 * @slot1: slot + 1 of the address space; 0: it has broken nothing yet
 * @kind: kind_timed() of the break
 */
struct fault_clock {
	__u64 start;
	__u32 slot1;
	__u32 kind;
};

/* As fault_by_pid, with as many entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct fault_clock);
} clock_by_pid SEC(".maps");

/* Of those that have their faults in fault_spill. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct fault_clock);
} clock_spill SEC(".maps");

static __always_inline struct fault_clock *clock_of(struct fault *f,
						    struct task_struct *task,
						    __u64 flags)
{
	__u32 i = task->pid & (NR_FAULTS - 1);

	if (f->task)
		return bpf_map_lookup_elem(&clock_by_pid, &i);
	return bpf_task_storage_get(&clock_spill, task, NULL, flags);
}

/* The task enters the function.  Apart, so that it costs no register where not. */
static __noinline void clock_start(struct fault *f)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fault_clock *c;

	c = clock_of(f, task, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!c)
		return;
	c->slot1 = 0;
	c->start = bpf_ktime_get_ns();
}

/*
 * Something was booked.  A look can find out at any moment that one that was met is before
 * exec: it carries over what it sees, and where it has not seen this, we see what it has
 * found out.
 */
static __always_inline void clock_settle(__u32 slot1, __u32 kind)
{
	struct cleave_as *as = kind < CLEAVE_NR_BREAKS ? NULL : as_at(slot1);

	if (as && cleave_as_side(as) == CLEAVE_SIDE_BEFORE_EXEC)
		times_claimed(slot1);
}

/*
 * It has broken a share.  The side is that of now: until the fault returns the last
 * child can have gone.
 */
static __noinline void clock_break(struct fault *f, __u32 outcome)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 slot1 = f->slot1, kind;
	struct cleave_as *as = as_at(slot1);
	struct fault_clock *c;

	if (!as)
		return;
	kind = kind_timed(cleave_as_side(as), outcome);
	times_break(slot1, kind);
	clock_settle(slot1, kind);
	c = clock_of(f, task, 0);
	if (!c)
		return;
	c->kind = kind;
	c->slot1 = slot1;
}

/*
 * And returns.  A return that was skipped leaves a clock running: it is not that of
 * this call if the task has done a fault since, or not this one.  @vmf: the argument,
 * 0 where there is none.
 */
static __always_inline void clock_stop(struct fault *f, struct task_struct *task,
				       __u64 vmf)
{
	struct fault_clock *c;
	__u64 now;

	if (!want_times || stopped)
		return;
	now = bpf_ktime_get_ns();
	c = clock_of(f, task, 0);
	if (!c || !c->start)
		return;
	if (c->slot1 && f->vmf == vmf && f->done == faults_done(task)) {
		times_took(c->slot1, c->kind, now - c->start);
		clock_settle(c->slot1, c->kind);
	}
	c->start = 0;
}

/**
 * struct tell - an address space is about to be closed
 * @as: its id
 * @slot1: slot + 1 of its entry
 * @first: the first kind to tell of
 */
struct tell {
	__u64 as;
	__u32 slot1;
	__u32 first;
};

static long tell_step(__u32 i, struct tell *w)
{
	struct cleave_slot_times *of = slot_times_at(w->slot1);
	__u32 kind = w->first + i;
	struct cleave_time *cell;
	struct cleave_took *r;
	__u64 breaks;

	if (!of || kind >= NR_KINDS_TIMED)
		return 1;
	breaks = ((__u64 *)of->breaks)[kind];
	if (!breaks)
		return 0;
	r = rec_reserve(CLEAVE_REC_TIMES, sizeof(*r));
	if (!r)
		return 0;
	r->as = w->as;
	r->side = kind / CLEAVE_NR_BREAKS;
	r->outcome = kind % CLEAVE_NR_BREAKS;
	cell = cell_at(((__u32 *)of->cell)[kind]);
	if (cell) {
		__builtin_memcpy(&r->time, cell, sizeof(r->time));
		__builtin_memset(cell, 0, sizeof(*cell));
	} else {
		__builtin_memset(&r->time, 0, sizeof(r->time));
	}
	/* What comes now is told another time. */
	r->time.breaks = __sync_lock_test_and_set(&((__u64 *)of->breaks)[kind], 0);
	rec_commit(r, CLEAVE_REC_TIMES);
	return 0;
}

/* Of the sides from @from to @to. */
static __noinline void times_tell_now(__u32 slot1, __u32 from, __u32 to)
{
	struct cleave_as *as = as_at(slot1);
	struct tell w = {};

	if (!as)
		return;
	w.as = as->id;
	w.slot1 = slot1;
	w.first = kind_timed(from, 0);
	bpf_loop((to - from + 1) * CLEAVE_NR_BREAKS, tell_step, &w, 0);
}

static __always_inline void times_tell(__u32 slot1, __u32 from, __u32 to)
{
	if (want_times)
		times_tell_now(slot1, from, to);
}

#endif /* CLEAVE_TIMED_BPF_H */
