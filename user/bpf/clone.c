// SPDX-License-Identifier: GPL-2.0-only
/* clone.c - copy_process(), and what fork copies. */
/* Which entry is about to be copied is all that is asked: no return to be missed. */
SEC("kprobe/copy_huge_pmd")
int BPF_KPROBE(copy_huge, void *dst_mm, void *src_mm, void *dst_pmd,
	       void *src_pmd)
{
	struct frame *f = frame_cloning(bpf_get_current_task_btf());

	if (f)
		f->src_pmd = (__u64)src_pmd;
	return 0;
}

/*
 * copy_huge_pmd() puts a page table by for each huge entry that it copies, under
 * both page table locks.  The huge zero page is not counted in MM_ANONPAGES.
 */
SEC("fentry/pgtable_trans_huge_deposit")
int BPF_PROG(deposit, struct mm_struct *mm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct cleave_as *child;
	struct frame *f;

	if (mm == untrusted(task)->mm)
		return 0;
	f = frame_cloning(task);
	if (!f || (f->src_pmd && pmd_maps_zero((__u64 *)f->src_pmd)))
		return 0;
	child = as_at(f->child);
	if (child)
		cleave_add(&child->huge, HPAGE_PMD_NR);
	return 0;
}

/* Once for each vma that fork copies the page tables of. */
SEC("kprobe/copy_page_range")
int copy_range(void *ctx)
{
	struct vm_area_struct *dst = entry_arg0(ctx), *src = entry_arg1(ctx);
	struct frame *f = frame_cloning(bpf_get_current_task_btf());
	struct mm_struct *mm;
	bool shared;

	if (!f)
		return 0;
	shared = read_field(src, vm_flags) & VM_SHARED;
	if (!shared && !f->range.open)
		return 0;
	mm = read_field(dst, vm_mm);
	cleave_range_next(&f->range, shared, file_pages(mm),
			  mm_hugetlb_pages(mm));
	return 0;
}

/* dup_mmap() has just locked the creator's mmap_lock. */
SEC("kprobe/uprobe_dup_mmap")
int dup_mmap(void *ctx)
{
	struct frame *f = frame_cloning(bpf_get_current_task_btf());
	struct cleave_as *as, *creator;

	if (!f)
		return 0;
	as = as_at(f->child);
	creator = as_at(f->parent);
	if (as && creator)
		cleave_as_window(as, creator);
	return 0;
}

/* A clone that came to nothing: its entry, and the creator's reference. */
static __always_inline void clone_drop(struct frame *f)
{
	struct cleave_as *as = as_at(f->child);

	if (!as)
		return;
	as_unfollow(as);
	as_put(f->child);
	f->child = 0;
}

/* A failed clone whose fexit was skipped: its error is not known any more. */
static __always_inline void clone_left_over(struct frame *f)
{
	if (!f->cloning)
		return;
	f->cloning = 0;
	__sync_fetch_and_add(&clones_on, -1);
	clone_drop(f);
	cleave_add(&totals.missed, 1);
}

SEC("kprobe/copy_process")
int clone_enter(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct kernel_clone_args *args = entry_arg3(ctx);
	struct mm_struct *mm = untrusted(task)->mm;
	struct cleave_as *as, *creator;
	__u32 parent = as_find(mm);
	struct frame *f;

	if (!parent && sees(task) && mm)
		parent = as_found(mm);
	creator = as_at(parent);
	if (creator && !as_tell(creator))
		parent = 0;
	if (!parent && !sees(task) && !proc_traced(task))
		return 0;
	f = frame_make(task);
	if (!f)
		return 0;
	clone_left_over(f);
	__sync_fetch_and_add(&clones_on, 1);
	f->parent = parent;
	f->child = 0;
	f->clone_args = (__u64)args;
	f->src_pmd = 0;
	__builtin_memset(&f->range, 0, sizeof(f->range));
	if (mm && !(read_field(args, flags) & CLEAVE_F_VM)) {
		f->child = as_alloc(CLEAVE_BY_CLONE, 0);
		as = as_at(f->child);
		creator = as_at(parent);
		if (as && creator)
			cleave_as_follow(as, creator, parent - 1);
	}
	f->clone_start = bpf_ktime_get_ns();
	f->cloning = 1;
	return 0;
}

static __always_inline enum cleave_call clone_call(struct kernel_clone_args *args)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	struct cleave_maker m = {
		.kthread = BPF_CORE_READ_BITFIELD_PROBED(args, kthread),
		.io_thread = BPF_CORE_READ_BITFIELD_PROBED(args, io_thread),
		.idle = !!read_field(args, idle),
		.fn = !!read_field(args, fn),
		.compat = IS_COMPAT(task),
		.syscall = SYSCALL_NR(regs),
	};

	if (bpf_core_field_exists(args->user_worker))
		m.user_worker = BPF_CORE_READ_BITFIELD_PROBED(args, user_worker);
	return cleave_call_of(&m);
}

static __always_inline void clone_child(struct cleave_clone *c,
					struct task_struct *child)
{
	c->child_pid = seen_pid(child);
	c->child_tid = seen_tid(child);
	c->child_ns_tid = own_pid(child);
	c->child_ns_pid = c->child_pid == c->child_tid ? c->child_ns_tid :
			  own_pid(read_field(child, group_leader));
}

/* The clone has made page tables: count them and enter the address space. */
static __always_inline void clone_own_mm(struct cleave_clone *c,
					 struct frame *f, struct mm_struct *mm,
					 __s32 tgid, __u64 now)
{
	struct cleave_as *as = as_at(f->child);

	c->has_pages = 1;
	mm_pages(mm, &f->range, &c->pages);
	c->page_tables = read_field(mm, pgtables_bytes.counter);
	if (as && !as_insert(mm, f->child, f->clone_start)) {
		clone_drop(f);
		as = NULL;
	}
	if (!as) {
		as_lose(mm, true);
		return;
	}
	cleave_as_cloned(as, as_at(f->parent), tgid, now, &c->pages);
	c->as = as->id;
	cleave_add(&totals.shared, as->shared);
}

static __always_inline void count_clone(__u32 kind)
{
	/* clang knows the range and would drop the check that the verifier needs. */
	barrier_var(kind);
	if (kind < CLEAVE_NR_KINDS)
		cleave_add(&totals.clones[kind], 1);
}

static __always_inline void clone_done(struct cleave_clone *c, struct frame *f,
				       struct task_struct *child, __u64 now)
{
	struct mm_struct *mm = read_field(child, mm);
	__s32 tgid = read_field(child, tgid);

	clone_child(c, child);
	c->cgroup = cgroup_of(child);
	c->pages.vm = mm ? read_field(mm, total_vm) : 0;
	if (mm && !(c->flags & CLEAVE_F_VM))
		clone_own_mm(c, f, mm, tgid, now);
	else if (mm)
		c->as = c->parent_as;
	count_clone(c->kind);
	if (c->kind != CLEAVE_KIND_THREAD && mm)
		proc_set(tgid, c->as);
}

/* What only clone3() can ask for. */
static __always_inline void clone_wishes(struct cleave_clone *c,
					 struct kernel_clone_args *args)
{
	c->set_tids = read_field(args, set_tid_size);
	if (c->set_tids)
		bpf_probe_read_kernel(&c->set_tid, sizeof(c->set_tid),
				      read_field(args, set_tid));
	if (c->flags & CLEAVE_F_INTO_CGROUP)
		c->cgroup_fd = read_field(args, cgroup);
}

/*
 * Where a program puts a clone record together: on the stack it would leave no room
 * for what is called.  One for each program, as exec_scratch.
 */
enum {
	SCRATCH_CLONE_EXIT,
	SCRATCH_CLONE_FAILED,
	SCRATCH_CLONE_WOKEN,
	NR_CLONE_SCRATCH
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_CLONE_SCRATCH);
	__type(key, __u32);
	__type(value, struct cleave_clone);
} clone_scratch SEC(".maps");

/* copy_process() has made @child, or failed with @error. */
static __always_inline void clone_end(struct task_struct *task,
				      struct frame *f,
				      struct task_struct *child, int error,
				      __u32 scratch)
{
	struct kernel_clone_args *args = (void *)f->clone_args;
	struct cleave_as *parent = as_at(f->parent);
	__u64 now = bpf_ktime_get_ns();
	struct cleave_clone *c, *rec;

	c = bpf_map_lookup_elem(&clone_scratch, &scratch);
	if (!c)
		return;
	__builtin_memset(c, 0, sizeof(*c));
	f->cloning = 0;
	__sync_fetch_and_add(&clones_on, -1);
	c->flags = read_field(args, flags);
	c->call = clone_call(args);
	c->kind = cleave_kind_of(c->flags, c->call);
	c->duration_ns = now - f->clone_start;
	c->parent_as = parent ? parent->id : 0;
	c->parent_pid = seen_pid(task);
	c->parent_tid = seen_tid(task);
	c->exit_signal = c->kind == CLEAVE_KIND_THREAD ? -1 :
			read_field(args, exit_signal);
	c->error = error;
	clone_wishes(c, args);
	bpf_probe_read_kernel(c->comm, sizeof(c->comm), task->comm);
	if (error) {
		clone_drop(f);
		cleave_add(&totals.clone_errors, 1);
	} else {
		clone_done(c, f, child, now);
	}
	rec = rec_reserve(CLEAVE_REC_CLONE, sizeof(*rec));
	if (!rec)
		return;
	c->hdr = rec->hdr;
	__builtin_memcpy(rec, c, sizeof(*c));
	rec_commit(rec, CLEAVE_REC_CLONE);
}

SEC("fexit/copy_process")
int BPF_PROG(clone_exit, void *pid, int trace, int node,
	     struct kernel_clone_args *args, struct task_struct *child)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct frame *f = frame_cloning(task);
	long ret = (long)child;

	if (!f)
		return 0;
	if (ret < 0 && ret >= -4095) {
		clone_end(task, f, NULL, -ret, SCRATCH_CLONE_EXIT);
		return 0;
	}
	clone_end(task, f, child, 0, SCRATCH_CLONE_EXIT);
	return 0;
}

/* Net: a failure is followed by nothing else. */
SEC("fexit/kernel_clone")
int BPF_PROG(clone_failed, struct kernel_clone_args *args, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct frame *f = frame_cloning(task);

	if (f && f->clone_args == (__u64)args && (int)ret < 0)
		clone_end(task, f, NULL, -(int)ret, SCRATCH_CLONE_FAILED);
	return 0;
}

/* A clone that began before its creator was traced tells of its child nowhere else. */
static __always_inline bool clone_untold(struct task_struct *task,
					 struct task_struct *child)
{
	if (stopped || !BPF_CORE_READ(child, mm) ||
	    BPF_CORE_READ(child, group_leader) != child ||
	    proc_known(read_field(child, tgid)))
		return false;
	return as_find(untrusted(task)->mm) || sees(task) || proc_traced(task);
}

/* Apart, as there is more than that in its caller: see total_cow(). */
static __noinline void clone_end_woken(struct task_struct *task,
				       struct frame *f,
				       struct task_struct *child)
{
	clone_end(task, f, child, 0, SCRATCH_CLONE_WOKEN);
}

/*
 * Every new task comes by here, woken by the one that made it.  A net for
 * copy_process(), too.
 */
SEC("kprobe/wake_up_new_task")
int clone_woken(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *child = entry_arg0(ctx);
	struct frame *f = frame_cloning(task);
	struct mm_struct *mm;

	if (f) {
		clone_end_woken(task, f, child);
		return 0;
	}
	if (!clone_untold(task, child))
		return 0;
	/* What it was made from comes first. */
	mm = untrusted(task)->mm;
	if (mm && !as_find(mm) && sees(task))
		as_found(mm);
	adopt_child(ptr_number(child));
	return 0;
}
