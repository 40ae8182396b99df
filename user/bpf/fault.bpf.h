/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fault.bpf.h - the write fault that a task is in, for the nested calls that tell
 * what comes of it.
 *
 * Nothing runs when the fault's function returns (a program costs more than all
 * else here), so a fault that came to nothing stays on record: fault_is_on()
 * tells it from the one that is going on.
 */
#ifndef CLEAVE_FAULT_BPF_H
#define CLEAVE_FAULT_BPF_H

/**
 * struct fault - the last write fault of a task in a traced address space
 * @task: whose it is; 0: nobody's
 * @mm: of the fault, and with it
 * @slot1: slot + 1 of its entry, so that the next fault need not look it up
 * @as_id: of that entry, to see that the slot is still its
 * @in: enum cleave_in; CLEAVE_IN_NONE once the outcome is booked
 * @outcome: of a copy, if one is made, as far as known at entry; ASK_PAGE: it
 *	depends on the page
 * @vma: vmf->vma
 * @addr: vmf->address; of do_wp_page() what its marker is about
 * @vmf: the fault, on the task's own stack; 0 where there is none
 * @entry: vmf->orig_pte
 * @done: faults that the task had behind it
 */
struct fault {
	__u64 task;
	__u64 mm;
	__u64 vma;
	__u64 addr;
	__u64 vmf;
	__u64 entry;
	__u32 slot1;
	__u32 as_id;
	__u16 in;
	__u16 outcome;
	__u32 done;
};

#define ASK_PAGE	CLEAVE_NR_OUTCOMES

#define NR_FAULTS	16384

/*
 * One for each task: a lookup in an array is a few instructions, one in task
 * storage a hundred.  By its pid, as those are given out in a row: of so many that
 * live none gets in another's way.  A task that finds its place taken all the same
 * has its own in fault_spill.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NR_FAULTS);
	__type(key, __u32);
	__type(value, struct fault);
} fault_by_pid SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct fault);
} fault_spill SEC(".maps");

bool fault_spilled;	/* fault_spill is not empty */

static __always_inline struct fault *fault_place(struct task_struct *task)
{
	__u32 i = task->pid & (NR_FAULTS - 1);

	return bpf_map_lookup_elem(&fault_by_pid, &i);
}

/* That of the current task, or NULL. */
static __always_inline struct fault *fault_get(struct task_struct *task)
{
	struct fault *f = fault_place(task);

	if (f && f->task == (__u64)task)
		return f;
	if (!fault_spilled)
		return NULL;
	return bpf_task_storage_get(&fault_spill, task, NULL, 0);
}

/* The same, made if need be. */
static __always_inline struct fault *fault_make(struct task_struct *task)
{
	struct fault *f = fault_place(task);

	if (f && f->task == (__u64)task)
		return f;
	if (f && !f->task &&
	    !__sync_val_compare_and_swap(&f->task, 0, (__u64)task))
		return f;
	fault_spilled = true;
	f = bpf_task_storage_get(&fault_spill, task, NULL,
				 BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!f)
		cleave_add(&totals.missed, 1);
	return f;
}

/* The task ends, or may be about to get another pid: its place is free. */
static __always_inline void fault_drop(struct task_struct *task)
{
	struct fault *f = fault_place(task);

	if (!f || f->task != (__u64)task)
		return;
	f->in = CLEAVE_IN_NONE;
	f->mm = 0;
	__sync_lock_test_and_set(&f->task, 0);
}

static __always_inline __u32 fault_as(struct mm_struct *mm)
{
	__u32 slot1 = as_maybe(mm) ? as_find(mm) : 0;

	if (!slot1 && sees(bpf_get_current_task_btf()))
		slot1 = as_found(mm);
	return slot1;
}

/* The entry that the task's last fault was in, if @mm is its. */
static __always_inline struct cleave_as *fault_same_as(struct fault *f,
						       struct mm_struct *mm)
{
	struct cleave_as *as;

	if (f->mm != (__u64)mm || stopped)
		return NULL;
	as = as_at(f->slot1);
	if (!as || (__u32)as->id != f->as_id || as->state & CLEAVE_AS_CLOSED)
		return NULL;
	return as;
}

/* A fault of a task whose last one was in another address space, if any. */
static __noinline struct fault *fault_enter_new(struct mm_struct *mm)
{
	__u32 slot1 = fault_as(mm);
	struct cleave_as *as = as_at(slot1);
	struct fault *f;

	if (!as)
		return NULL;
	f = fault_make(bpf_get_current_task_btf());
	if (!f)
		return NULL;
	f->mm = (__u64)mm;
	f->slot1 = slot1;
	f->as_id = as->id;
	return f;
}

/* What a copy will come to, as far as the entry and the vma tell. */
static __always_inline __u32 copy_outcome(struct vm_area_struct *vma,
					  unsigned int flags, __u64 entry,
					  const bool rt)
{
	unsigned long vm_flags = locked_field(vma, vm_flags, rt);
	unsigned long mixed = vm_flags & (VM_PFNMAP | VM_MIXEDMAP);

	if (flags & FAULT_FLAG_UNSHARE)
		return CLEAVE_UNSHARE;
	if (entry & PAGE_SPECIAL)
		return cleave_copy_outcome(cleave_source_of(0, !!mixed, 0), 0);
	if (!locked_field(vma, vm_ops, rt) && !mixed && !(vm_flags & VM_MERGEABLE))
		return CLEAVE_COPIED;	/* anonymous, and KSM does not come here */
	return ASK_PAGE;
}

/*
 * Enter a fault of @mm; returns the task's record, and @task, or NULL if it is not
 * traced: for most that are not, before anything else is asked for.
 */
static __always_inline struct fault *fault_begin(struct mm_struct *mm,
						 struct task_struct **task)
{
	struct cleave_as *as;
	struct fault *f;

	if (!as_maybe(mm))
		return NULL;
	*task = bpf_get_current_task_btf();
	f = fault_get(*task);
	as = f ? fault_same_as(f, mm) : NULL;
	if (!as) {
		f = fault_enter_new(mm);
		as = f ? as_at(f->slot1) : NULL;
		if (!as)
			return NULL;
	}
	cleave_fault_begins(as);
	return f;
}

/* vmf->orig_pte, or orig_pmd, which lies at the same place. */
static __always_inline __u64 fault_entry(__u64 vmf)
{
	return read_field((struct vm_fault *)vmf, orig_pte.pte);
}

static __always_inline __u32 faults_done(struct task_struct *task)
{
	return task->min_flt + task->maj_flt;
}

static __always_inline void fault_fill(struct fault *f, struct task_struct *task,
				       __u32 in, void *vma, unsigned long addr,
				       void *vmf, __u64 entry)
{
	f->vma = (__u64)vma;
	f->addr = addr;
	f->vmf = (__u64)vmf;
	f->entry = entry;
	f->in = in;
	f->done = faults_done(task);
}

#define ENTRY_SAME	(PTE_PFN_MASK | PAGE_PRESENT | PAGE_RW)

/*
 * Is the fault on record the one that calls, and the call about its page?
 *
 * mm_account_fault() counts a fault that is done; one that is to be tried again
 * it does not, but __handle_mm_fault() makes a new vmf for it, with an empty
 * orig_pte until handle_pte_fault() has read it anew.  That goes to do_wp_page()
 * again, and so to a new record, unless the entry is writable by then or another.
 * Other bits may change on the way: do_wp_page() takes _PAGE_UFFD_WP off.
 */
static __always_inline bool fault_is_on(struct fault *f,
					struct task_struct *task, void *vma,
					unsigned long addr, unsigned long mask)
{
	if (!cleave_marker_counts(task->flags, f->vma, f->addr,
				  (unsigned long)vma, addr, mask))
		return false;
	if (f->done != faults_done(task))
		return false;
	return !f->vmf || !((f->entry ^ fault_entry(f->vmf)) & ENTRY_SAME);
}

/*
 * The same where do_wp_page() is known to make the call: if the fault is traced, it
 * has put itself on record just before.  (If not, another's may be there.)
 */
static __always_inline bool fault_is_here(struct fault *f,
					  struct task_struct *task, void *vma)
{
	return f->vma == (__u64)vma && f->done == faults_done(task);
}

#endif /* CLEAVE_FAULT_BPF_H */
