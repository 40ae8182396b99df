// SPDX-License-Identifier: GPL-2.0-only
/* fault.c - write faults, and what comes of each. */
static __always_inline void send_break(struct cleave_as *as, __u64 addr,
				       __u32 outcome)
{
	struct cleave_break *b = rec_reserve(CLEAVE_REC_BREAK, sizeof(*b));
	struct task_struct *task = bpf_get_current_task_btf();

	if (!b)
		return;
	b->as = as->id;
	b->addr = addr & ~((1UL << PAGE_SHIFT) - 1);
	b->pid = seen_pid(task);
	b->tid = seen_tid(task);
	b->outcome = outcome;
	b->rsv = 0;
	rec_commit(b, CLEAVE_REC_BREAK);
}

/* What costs, for those who have asked for it. */
static __noinline void tell_break(struct fault *f, __u32 outcome)
{
	struct cleave_as *as = as_at(f->slot1);

	if (as && want_breaks)
		send_break(as, f->addr, outcome);
	if (want_times)
		clock_break(f, outcome);
}

static __always_inline void book(struct fault *f, __u32 outcome)
{
	struct cleave_as *as = as_at(f->slot1);

	f->in = CLEAVE_IN_NONE;
	if (as && !stopped && cleave_fault_outcome(as, outcome) && want_each)
		tell_break(f, outcome);
}

/* The record of a fault that is still without its outcome. */
static __always_inline struct fault *fault_open(struct task_struct *task,
						__u32 in)
{
	struct fault *f = fault_get(task);

	return f && f->in == in ? f : NULL;
}

static __always_inline void wp_begin(void *ctx, const bool rt)
{
	struct vm_fault *vmf = locked_arg0(ctx, rt);
	struct vm_area_struct *vma = locked_field(vmf, vma, rt);
	struct task_struct *task;
	struct fault *f = fault_begin(locked_field(vma, vm_mm, rt), &task);
	__u64 entry;

	if (!f)
		return;
	entry = locked_field(vmf, orig_pte.pte, rt);
	/* The page is known by its frame: no need to read vmf->address. */
	fault_fill(f, task, CLEAVE_IN_WP, vma, 0, vmf, entry);
	f->outcome = copy_outcome(vma, locked_field(vmf, flags, rt), entry, rt);
	if (want_times)
		clock_start(f);
}

SEC("fentry/do_wp_page")
int wp_enter(void *ctx)
{
	wp_begin(ctx, false);
	return 0;
}

SEC("kprobe/do_wp_page")
int wp_enter_rt(void *ctx)
{
	wp_begin(ctx, true);
	return 0;
}

/* Loaded only where it is asked for: a return costs more than all else. */
static __always_inline void wp_end(__u64 vmf)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fault *f = fault_get(task);

	if (f)
		clock_stop(f, task, vmf);
}

SEC("fexit/do_wp_page")
int BPF_PROG(wp_exit, struct vm_fault *vmf)
{
	wp_end((__u64)vmf);
	return 0;
}

SEC("fexit/do_wp_page")
int BPF_PROG(wp_exit_rt, struct vm_fault *vmf)
{
	wp_end((__u64)vmf);
	return 0;
}

static __always_inline __u32 ask_page(struct fault *f,
				      struct vm_area_struct *vma, const bool rt)
{
	struct vm_fault *vmf = (void *)f->vmf;
	unsigned long page = (unsigned long)BPF_CORE_READ(vmf, page);
	enum cleave_source src;

	learn_vmemmap(vmf, page);
	if (f->outcome != ASK_PAGE)
		return f->outcome;
	src = cleave_source_of(page != 0,
			       !!(locked_field(vma, vm_flags, rt) &
				  (VM_PFNMAP | VM_MIXEDMAP)),
			       page ? page_mapping_word(page) : 0);
	return cleave_copy_outcome(src, 0);
}

static __always_inline void wp_copied(struct fault *f,
				      struct vm_area_struct *vma, const bool rt)
{
	if (f->outcome == ASK_PAGE || !vmemmap)
		book(f, ask_page(f, vma, rt));
	else
		book(f, f->outcome);
}

/*
 * Fork gives the child a new page only in copy_present_page() and, for hugetlb,
 * hugetlb_install_folio(): because the creator's may be pinned.  Other faults of
 * copy_process() are in the creator's own address space.
 */
static __always_inline struct cleave_as *copied_into(struct task_struct *task,
						     struct vm_area_struct *vma,
						     const bool rt)
{
	struct frame *f;

	if (!clones_on || locked_field(vma, vm_mm, rt) == untrusted(task)->mm)
		return NULL;
	f = frame_cloning(task);
	return f ? as_at(f->child) : NULL;
}

static __always_inline struct cleave_as *vma_as(struct vm_area_struct *vma,
						const bool rt)
{
	return as_at(fault_as(locked_field(vma, vm_mm, rt)));
}

/*
 * The first write to a private file page.  Only from there: a page that is swapped
 * in or that userfaultfd brings gets its rmap by the same function.  What calls
 * do_anonymous_page() may have been made one with that, but not one call with
 * another: whether there is a file stands fast for each.
 */
static __always_inline void first_write(void *ctx, struct vm_area_struct *vma,
					const bool rt)
{
	bool has_ops = locked_field(vma, vm_ops, rt);
	struct cleave_as *as;
	__u32 caller;
	__u64 ip;

	if (!has_ops) {
		if (has_rdonly_cast && caller_at(ctx, &ip, rt) == CALLER_FAULT)
			caller_idle = ip;
		return;
	}
	if (!cleave_is_file_first(CLEAVE_IN_NONE, has_ops,
				  !!(locked_field(vma, vm_flags, rt) &
				     (VM_SHARED | VM_MAYSHARE))))
		return;
	as = vma_as(vma, rt);
	caller = as ? caller_at(ctx, &ip, rt) : CALLER_OTHER;
	if (caller == CALLER_FILE || caller == CALLER_FAULT)
		cleave_fault_outcome(as, CLEAVE_FILE_FIRST);
	else if (caller == CALLER_HIDDEN)
		cleave_add(&totals.missed, 1);
}

/*
 * The new page of a copy gets its rmap: in wp_page_copy() right behind
 * ptep_clear_flush(), before the old page is let go.  On other faults, too, so
 * the first touch of anonymous memory must be let go at once.
 */
static __always_inline void new_rmap(void *ctx, const bool rt)
{
	__u64 ip = has_rdonly_cast ? caller_ip(ctx, rt) : 0;
	struct vm_area_struct *vma;
	struct task_struct *task;
	struct cleave_as *child;
	unsigned long addr;
	struct fault *f;

	if (ip && ip == caller_idle)
		return;
	task = bpf_get_current_task_btf();
	vma = locked_arg1(ctx, rt);
	addr = (unsigned long)locked_arg2(ctx, rt);
	f = fault_get(task);
	if (ip && ip == caller_copy) {
		/* That call makes copies alone: this one, or nobody's. */
		if (f && f->in == CLEAVE_IN_WP && fault_is_here(f, task, vma))
			goto copied;
		return;
	}
	if (f && f->in == CLEAVE_IN_WP && fault_is_on(f, task, vma, 0, 0)) {
		if (ip && caller_at(ctx, &ip, rt) == CALLER_WP)
			caller_copy = ip;
		goto copied;
	}
	if (f && f->in == CLEAVE_IN_HUGE_WP &&
	    fault_is_on(f, task, vma, addr, HPAGE_PMD_MASK)) {
		book(f, CLEAVE_HUGE_ZERO);
		return;
	}
	child = copied_into(task, vma, rt);
	if (child)
		cleave_add(&child->copied, 1);
	else
		first_write(ctx, vma, rt);
	return;
copied:
	f->addr = addr;
	wp_copied(f, vma, rt);
}

SEC("fentry/folio_add_new_anon_rmap")
int new_rmap_folio(void *ctx)
{
	new_rmap(ctx, false);
	return 0;
}

SEC("kprobe/folio_add_new_anon_rmap")
int new_rmap_folio_rt(void *ctx)
{
	new_rmap(ctx, true);
	return 0;
}

/* Its name before 4d510f3da4c2 (6.2). */
SEC("fentry/page_add_new_anon_rmap")
int new_rmap_page(void *ctx)
{
	new_rmap(ctx, false);
	return 0;
}

SEC("kprobe/page_add_new_anon_rmap")
int new_rmap_page_rt(void *ctx)
{
	new_rmap(ctx, true);
	return 0;
}

static __always_inline void hugetlb_marker(struct vm_area_struct *vma,
					   __u32 outcome)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fault *f = fault_open(task, CLEAVE_IN_HUGETLB_WP);

	/* A huge page of whatever size: the vma is enough. */
	if (f && fault_is_on(f, task, vma, f->addr, ~0UL))
		book(f, outcome);
}

static __always_inline void new_hugetlb_rmap(void *ctx, const bool rt)
{
	struct vm_area_struct *vma = locked_arg1(ctx, rt);
	struct cleave_as *child = copied_into(bpf_get_current_task_btf(), vma, rt);

	if (child)
		cleave_add(&child->copied_hugetlb, hugetlb_pages(vma));
	else
		hugetlb_marker(vma, CLEAVE_HUGETLB_COPIED);
}

SEC("fentry/hugetlb_add_new_anon_rmap")
int hugetlb_rmap(void *ctx)
{
	new_hugetlb_rmap(ctx, false);
	return 0;
}

SEC("kprobe/hugetlb_add_new_anon_rmap")
int hugetlb_rmap_rt(void *ctx)
{
	new_hugetlb_rmap(ctx, true);
	return 0;
}

/* Its name before 9d5fafd5d882 (6.8). */
SEC("fentry/hugepage_add_new_anon_rmap")
int hugetlb_rmap_page(void *ctx)
{
	new_hugetlb_rmap(ctx, false);
	return 0;
}

SEC("kprobe/hugepage_add_new_anon_rmap")
int hugetlb_rmap_page_rt(void *ctx)
{
	new_hugetlb_rmap(ctx, true);
	return 0;
}

/*
 * wp_page_reuse() of a private mapping; the shared ones come here from
 * wp_page_shared(), wp_pfn_shared() and stay "not a break".
 */
static __always_inline void wp_reused(void *ctx, const bool rt)
{
	struct task_struct *task = bpf_get_current_task_btf();
	unsigned long addr = (unsigned long)locked_arg1(ctx, rt);
	struct vm_area_struct *vma = locked_arg0(ctx, rt);
	struct fault *f = fault_get(task);

	if (!f || !f->in)
		return;
	if (f->in == CLEAVE_IN_HUGETLB_WP)
		hugetlb_marker(vma, CLEAVE_HUGETLB_REUSED);
	if (f->in != CLEAVE_IN_WP ||
	    locked_field(vma, vm_flags, rt) & (VM_SHARED | VM_MAYSHARE) ||
	    !fault_is_on(f, task, vma, 0, 0))
		return;
	f->addr = addr;
	book(f, CLEAVE_REUSED);
}

SEC("fentry/ptep_set_access_flags")
int set_access(void *ctx)
{
	wp_reused(ctx, false);
	return 0;
}

SEC("kprobe/ptep_set_access_flags")
int set_access_rt(void *ctx)
{
	wp_reused(ctx, true);
	return 0;
}

/* The function returns; it can have called no marker. */
static __always_inline void fault_leave(__u32 in, __u64 vmf)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fault *f = fault_get(task);

	if (!f)
		return;
	if (f->in == in)
		f->in = CLEAVE_IN_NONE;
	clock_stop(f, task, vmf);
}

SEC("kprobe/do_huge_pmd_wp_page")
int huge_wp_enter(void *ctx)
{
	struct vm_fault *vmf = entry_arg0(ctx);
	struct vm_area_struct *vma = read_field(vmf, vma);
	struct task_struct *task;
	struct fault *f = fault_begin(read_field(vma, vm_mm), &task);

	if (!f)
		return 0;
	fault_fill(f, task, CLEAVE_IN_HUGE_WP, vma, read_field(vmf, address),
		   vmf, read_field(vmf, orig_pte.pte));
	if (want_times)
		clock_start(f);
	return 0;
}

/* A huge PMD can be split for other reasons as well, by the same task. */
SEC("fexit/do_huge_pmd_wp_page")
int BPF_PROG(huge_wp_exit, struct vm_fault *vmf)
{
	fault_leave(CLEAVE_IN_HUGE_WP, (__u64)vmf);
	return 0;
}

/* The only way from do_huge_pmd_wp_page() to VM_FAULT_FALLBACK. */
SEC("kprobe/__split_huge_pmd")
int split_pmd(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fault *f = fault_open(task, CLEAVE_IN_HUGE_WP);
	unsigned long addr = (unsigned long)entry_arg2(ctx);
	struct vm_area_struct *vma = entry_arg0(ctx);

	if (f && fault_is_on(f, task, vma, addr, HPAGE_PMD_MASK))
		book(f, CLEAVE_HUGE_SPLIT);
	return 0;
}

SEC("fentry/pmdp_set_access_flags")
int BPF_PROG(pmd_set_access, struct vm_area_struct *vma, unsigned long addr)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fault *f = fault_open(task, CLEAVE_IN_HUGE_WP);

	if (f && fault_is_on(f, task, vma, addr, HPAGE_PMD_MASK))
		book(f, CLEAVE_HUGE_REUSED);
	return 0;
}

/* Set by the loader: how many arguments hugetlb_wp() has. */
const volatile __u32 hugetlb_args = 1;

/*
 * The fault is the last argument: behind the page cache's page (6.10) or, since
 * that is no longer passed on, alone.
 */
static __always_inline void hugetlb_begin(void *ctx, const bool rt)
{
	struct vm_fault *vmf = locked_arg0(ctx, rt);
	struct task_struct *task;
	struct vm_area_struct *vma;
	struct fault *f;
	__u64 entry;

	/* Or two loads become one, from where the verifier cannot tell. */
	barrier_var(vmf);
	if (hugetlb_args != 1)
		vmf = locked_arg1(ctx, rt);
	entry = fault_entry((__u64)vmf);
	/*
	 * hugetlb_no_page() maps a page and comes here at once: no break.  There was
	 * no entry, or userfaultfd's marker.
	 */
	if (!(entry & PAGE_PRESENT))
		return;
	vma = read_field(vmf, vma);
	f = fault_begin(read_field(vma, vm_mm), &task);
	if (!f)
		return;
	fault_fill(f, task, CLEAVE_IN_HUGETLB_WP, vma,
		   read_field(vmf, address), vmf, entry);
	if (want_times)
		clock_start(f);
}

SEC("fentry/hugetlb_wp")
int hugetlb_enter(void *ctx)
{
	hugetlb_begin(ctx, false);
	return 0;
}

/* Its return is asked for only where its time is. */
SEC("kprobe/hugetlb_wp")
int hugetlb_enter_rt(void *ctx)
{
	hugetlb_begin(ctx, true);
	return 0;
}

static __always_inline void hugetlb_leave(__u64 *args)
{
	fault_leave(CLEAVE_IN_HUGETLB_WP, hugetlb_args == 1 ? args[0] : args[1]);
}

SEC("fexit/hugetlb_wp")
int hugetlb_exit(void *ctx)
{
	hugetlb_leave(ctx);
	return 0;
}

SEC("fexit/hugetlb_wp")
int hugetlb_exit_rt(void *ctx)
{
	hugetlb_leave(ctx);
	return 0;
}

/*
 * Up to 6.10 hugetlb_wp() took seven arguments one by one, more than a BPF
 * trampoline of 6.1 can pass on: kprobes there.
 */
SEC("kprobe/hugetlb_wp")
int BPF_KPROBE(hugetlb_kenter, void *mm, struct vm_area_struct *vma,
	       unsigned long addr)
{
	unsigned long page = PARM6(ctx);
	struct task_struct *task;
	struct fault *f;

	/* hugetlb_no_page() passes its new page as that of the page cache. */
	if (page && page_mapping_word(page) & CLEAVE_MAPPING_ANON)
		return 0;
	f = fault_begin(read_field(vma, vm_mm), &task);
	if (!f)
		return 0;
	fault_fill(f, task, CLEAVE_IN_HUGETLB_WP, vma, addr, NULL, 0);
	if (want_times)
		clock_start(f);
	return 0;
}

SEC("kretprobe/hugetlb_wp")
int BPF_KRETPROBE(hugetlb_kexit)
{
	fault_leave(CLEAVE_IN_HUGETLB_WP, 0);
	return 0;
}
