/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ledger.bpf.h - the ledger in BPF maps: entries by slot, found by mm; the state of
 * a task that is inside a traced function.
 *
 * Entries live in an array and not in the hash itself, because the entry of a
 * creator that has ended must stay for the children that still look back at it.
 */
#ifndef CLEAVE_LEDGER_BPF_H
#define CLEAVE_LEDGER_BPF_H

/* Set by the loader. */
const volatile __u32 max_as = 1;
const volatile bool trace_all;
const volatile bool want_breaks;
const volatile bool want_each;	/* breaks, or how long they take */
const volatile __u32 nr_cpus = 1;

/* mm -> slot + 1 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u64);
	__type(value, __u32);
} as_index SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct cleave_as);
} as_pool SEC(".maps");

/* Slots given back; those above as_used were never taken. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(value_size, sizeof(__u32));
} as_free SEC(".maps");

/*
 * Address spaces that a whole-system session has met and that there was no room
 * for, so that each is counted once and not at every fault.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u64);
	__type(value, __u32);
} no_room SEC(".maps");

/**
 * struct frame - a task that makes another or execs
 * @cloning: in copy_process()
 * @execing: in begin_new_exec(), its id before that
 * @exec_traced: and traced, as far as is known yet
 * @clone_start: time of entry
 * @exec_start: the same
 * @released: when the exec let go of the old address space; 0: not yet
 * @parent: slot + 1 of the creator's address space
 * @child: slot + 1 of the one that is being made
 * @old: slot + 1 of the one that an exec gives up
 * @in_execve: in an execve(2) or execveat(2) that nobody has told of yet
 * @clone_args: argument of copy_process()
 * @src_pmd: argument of copy_huge_pmd()
 * @range: pages of shared mappings that the clone copied the entries of
 * @old_comm: of the task before its exec
 */
struct frame {
	__u32 cloning;
	__u32 execing;
	__u32 exec_traced;
	__u64 clone_start;
	__u64 exec_start;
	__u64 released;
	__u32 parent;
	__u32 child;
	__u32 old;
	__u32 in_execve;
	__u64 clone_args;
	__u64 src_pmd;
	struct cleave_range range;
	char old_comm[CLEAVE_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct frame);
} frames SEC(".maps");

struct cleave_totals totals;
/*
 * Set by the reader: count nothing more.  It then waits for the programs that have
 * not seen this, so whatever counts or sends must look here first, or what leads
 * to it.
 */
bool stopped;
__u64 last_id;
__u32 as_used;
__u32 clones_on;	/* traced tasks that are in copy_process() */

#define EEXIST		17

#define HASH_SIZE	4096

/*
 * 12 bits of a kernel address (2^32 divided by the golden ratio).  The verifier
 * lets nobody multiply a pointer, but the privileged copy its lower half.
 */
static __always_inline __u32 hash_ptr(const void *p)
{
	__u32 low;

	asm volatile("%0 = %1" : "=w"(low) : "w"((__u32)(__u64)p));
	return low * 0x9E3779B9U >> 20;
}

/*
 * How many traced address spaces have this hash: most of the untraced have one
 * that none has, and are let go without a look into as_index.  (Static, so that
 * libbpf does not map it: it tells something of where the mms lie.)
 */
static volatile __u32 mm_filter[HASH_SIZE] SEC(".data.secret") = {};

/* May @mm be traced?  Not: for sure. */
static __always_inline bool as_maybe(struct mm_struct *mm)
{
	return trace_all || mm_filter[hash_ptr(mm)];
}

/* The frame of the current task, which is traced or may be soon; or NULL. */
static __always_inline struct frame *frame_try(struct task_struct *task)
{
	return bpf_task_storage_get(&frames, task, NULL,
				    BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* The same, of one that is traced. */
static __always_inline struct frame *frame_make(struct task_struct *task)
{
	struct frame *f = frame_try(task);

	if (!f)
		cleave_add(&totals.missed, 1);
	return f;
}

static __always_inline struct frame *frame_get(struct task_struct *task)
{
	return bpf_task_storage_get(&frames, task, NULL, 0);
}

/* The same, if the task is in copy_process() and traced. */
static __always_inline struct frame *frame_cloning(struct task_struct *task)
{
	struct frame *f = clones_on && !stopped ? frame_get(task) : NULL;

	return f && f->cloning ? f : NULL;
}

static __always_inline struct cleave_as *as_at(__u32 slot1)
{
	__u32 slot = slot1 - 1;

	return slot1 ? bpf_map_lookup_elem(&as_pool, &slot) : NULL;
}

/* Slot + 1 of the entry of @mm, 0 where it has none. */
static __always_inline __u32 as_find(struct mm_struct *mm)
{
	__u64 key = (__u64)mm;
	__u32 *slot1;

	if (!key || stopped)
		return 0;
	slot1 = bpf_map_lookup_elem(&as_index, &key);
	return slot1 ? *slot1 : 0;
}

/*
 * There is no room for an address space.  A clone or an exec has made it and
 * counts it: it is @new.  A fault that meets it may not be the first; nor does it
 * count one that cannot be remembered.
 */
static __always_inline void as_lose(struct mm_struct *mm, bool new)
{
	__u64 key = (__u64)mm;
	__u32 one = 1;

	any_lost = true;
	if (trace_all && bpf_map_update_elem(&no_room, &key, &one,
					     new ? BPF_ANY : BPF_NOEXIST) && !new)
		return;
	cleave_add(&totals.as_lost, 1);
}

/* @mm has ended. */
static __always_inline void as_lost_ends(struct mm_struct *mm)
{
	__u64 key = (__u64)mm;

	if (trace_all && any_lost)
		bpf_map_delete_elem(&no_room, &key);
}

/* A fresh entry that is in no index; 0: the ledger is full. */
static __always_inline __u32 as_alloc(__u32 origin, __s32 owner)
{
	struct cleave_as *as;
	__u32 slot;

	if (stopped)
		return 0;
	if (bpf_map_pop_elem(&as_free, &slot)) {
		if (as_used >= max_as)
			return 0;
		slot = __sync_fetch_and_add(&as_used, 1);
		if (slot >= max_as)
			return 0;
	}
	as = bpf_map_lookup_elem(&as_pool, &slot);
	if (!as)
		return 0;
	cleave_as_init(as, __sync_fetch_and_add(&last_id, 1) + 1, origin, owner,
		       bpf_ktime_get_ns());
	return slot + 1;
}

static __always_inline void as_put(__u32 slot1)
{
	struct cleave_as *as = as_at(slot1);
	__u32 slot = slot1 - 1;

	if (!as || cleave_dec(&as->refs))
		return;
	as->id = 0;
	/* For cleave_times_snap(), which looks for the id at last. */
	cleave_wmb();
	if (want_times)
		times_clear(slot1);
	bpf_map_push_elem(&as_free, &slot, BPF_ANY);
}

/* A reference, which only an entry in use can give. */
static __always_inline bool as_get(struct cleave_as *as)
{
	__u64 refs = cleave_get(&as->refs), was;
	int i;

	for (i = 0; i < 8 && refs; i++) {
		was = __sync_val_compare_and_swap(&as->refs, refs, refs + 1);
		if (was == refs)
			return true;
		refs = was;
	}
	return false;
}

/* cleave_as.state, and nobody else's business: */
#define AS_TOLD		(1U << 30)	/* there is, or will be, a record of it */
#define AS_UNDONE	(1U << 31)	/* as_undo() has taken it back */

/*
 * Who is about to tell of an entry says so first: then it is not taken back.  False
 * where it has been: then there is none.
 */
static __always_inline bool as_tell(struct cleave_as *as)
{
	__u32 state = *(volatile __u32 *)&as->state;

	if (!(state & AS_TOLD))
		state = cleave_set(&as->state, AS_TOLD);
	return !(state & AS_UNDONE);
}

/* Give up an entry that never came into use, or the creator of one. */
static __always_inline void as_unfollow(struct cleave_as *as)
{
	__u32 slot1 = __sync_lock_test_and_set(&as->creator, 0);
	struct cleave_as *creator = as_at(slot1);

	if (!creator)
		return;
	cleave_as_unfollow(creator);
	as_put(slot1);
}

/* Give up an entry that is in no index (any more), without a trace. */
static __always_inline void as_drop(__u32 slot1)
{
	struct cleave_as *as = as_at(slot1);

	if (!as)
		return;
	cleave_set(&as->state, CLEAVE_AS_CLOSED);
	as_unfollow(as);
	as_put(slot1);
}

/*
 * What has figures on its stack is apart, so that they are not there when other
 * functions are called, too: there are 512 bytes for all.
 */
static __noinline void total_cow(struct cleave_as *as)
{
	cleave_total_cow(&totals, as);
}

/* Book the figures of an entry that is closed without a record of them. */
static __noinline void total_figures(struct cleave_as *as)
{
	struct cleave_figures fig;

	cleave_as_figures(as, NULL, 0, &fig);
	cleave_total_figures(&totals, &fig);
	as_unfollow(as);
}

/*
 * A clone or an exec, under way since @since, has made an mm that is @slot1's.  If
 * that was met meanwhile it is the same address space; if not, the end of an older
 * one was not seen.
 */
static __noinline void as_replaced(__u32 slot1, __u64 since)
{
	struct cleave_as *as = as_at(slot1);
	__u32 what;

	/* as_undo() gives up the index's reference, if it comes first. */
	if (!as || !as_tell(as))
		return;
	if (as->start_ns >= since) {
		as_drop(slot1);
		return;
	}
	what = cleave_as_ends(as);
	total_cow(as);
	if (what & CLEAVE_HAS_FIGURES)
		total_figures(as);
	if (what != CLEAVE_TOLD_BY_EXEC)
		cleave_add(&totals.lost[CLEAVE_REC_END], 1);
	as_put(slot1);
}

/*
 * Have @mm found by @slot1.  Two tasks can meet an address space at once: then
 * the other one's entry stands.  Not so where a clone or an exec has made it: that
 * began at @new, and knows best; 0: nothing has.  Returns slot + 1 of what stands
 * there now.
 */
static __always_inline __u32 as_insert(struct mm_struct *mm, __u32 slot1,
				       __u64 new)
{
	__u64 key = (__u64)mm;
	__u32 *at, old;

	/* Before the entry can be found, so that none is overlooked. */
	__sync_fetch_and_add(&mm_filter[hash_ptr(mm)], 1);
	if (!bpf_map_update_elem(&as_index, &key, &slot1, BPF_NOEXIST))
		return slot1;
	__sync_fetch_and_add(&mm_filter[hash_ptr(mm)], -1);
	at = bpf_map_lookup_elem(&as_index, &key);
	if (!at)
		return 0;	/* full */
	old = *at;
	if (!new)
		return old;
	if (bpf_map_update_elem(&as_index, &key, &slot1, BPF_EXIST))
		return 0;
	as_replaced(old, new);
	return slot1;
}

/* True for one caller only, who gives up the index's reference. */
static __always_inline bool as_remove(struct mm_struct *mm)
{
	__u64 key = (__u64)mm;

	if (bpf_map_delete_elem(&as_index, &key))
		return false;
	__sync_fetch_and_add(&mm_filter[hash_ptr(mm)], -1);
	return true;
}

/*
 * Take back as_insert(), but where somebody tells of the entry, be it its end.  (The
 * address may be another mm's by now, and the index have that one's entry.)
 */
static __always_inline bool as_undo(struct mm_struct *mm, __u32 slot1)
{
	struct cleave_as *as = as_at(slot1);

	if (!as || __sync_val_compare_and_swap(&as->state, 0,
					       CLEAVE_AS_CLOSED | AS_UNDONE))
		return false;
	if (as_find(mm) == slot1)
		as_remove(mm);
	as_drop(slot1);
	return true;
}

/*
 * Enter an address space that no clone of this session made; @new as above.  Who has met
 * one counts it where there is no room, as he knows whose it is.
 */
static __always_inline __u32 as_enter(struct mm_struct *mm, __u32 origin,
				      __s32 owner, __u64 new)
{
	__u32 slot1 = as_alloc(origin, owner), stands = 0;

	if (stopped)
		return 0;
	if (slot1) {
		stands = as_insert(mm, slot1, new);
		if (stands != slot1)
			as_put(slot1);
	}
	if (!stands && new)
		as_lose(mm, true);
	return stands;
}

/* Is the task in a traced process, though not in an entry of the ledger? */
static __always_inline bool proc_traced(struct task_struct *task)
{
	return any_lost && !stopped && proc_known(task->tgid);
}

#endif /* CLEAVE_LEDGER_BPF_H */
