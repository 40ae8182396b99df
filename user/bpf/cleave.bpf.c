// SPDX-License-Identifier: GPL-2.0-only
/*
 * cleave.bpf.c - the probes of the BPF backend.  What they mean stands in
 * cleave_rules.h; here is where the facts are read.
 *
 * Where a program runs decides whether it runs at all.  A trampoline program
 * (fentry, fexit, tp_btf) that is preempted blocks itself on that CPU: BPF takes
 * the next task that comes to it for a recursion and skips it.  A kernel that
 * preempts itself (7.x does, lazily) would lose events that way.  So
 * - what runs under a page table lock, where nothing preempts, is fentry: cheap;
 * - what runs where the kernel can be preempted is a kprobe: these run with
 *   preemption off;
 * - a return can only be fexit; behind each that matters stands a kprobe on what
 *   the kernel calls next ("net"), which does the work if the fexit was skipped.
 *   (It is, too, for who is inside the function when anybody attaches another
 *   program to it: bpf_tramp_image_put() leads him around the fexit programs.)
 * Where the kernel does not preempt itself (no_preempt), the loader attaches the
 * kprobes as fentry, too, which is a third of the price.
 */
#define CLEAVE_BPF
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "cleave_abi.h"
#include "cleave_rules.h"
#include "read.bpf.h"
#include "ledger.bpf.h"
#include "mm.bpf.h"
#include "pid.bpf.h"
#include "fault.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define SIGNAL_GROUP_EXIT	0x00000004
#define TS_COMPAT		0x0002
#define PF_EXITING		0x00000004

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
} ring SEC(".maps");

/* Set by the loader: nothing preempts what runs in the kernel. */
const volatile bool no_preempt;

/* Set by the loader: what programs are run with is nobody's business. */
const volatile bool no_args;

/*
 * Argument @n, in a kprobe @parm, of a function whose entry a program is attached
 * to, be it as a kprobe or as fentry.  (In assembly, or the compiler
 * makes one load of two, at an offset that it chooses; the verifier wants both
 * to be constant.)
 */
#define entry_arg(ctx, n, parm)						\
({									\
	void *__arg;							\
									\
	if (no_preempt)							\
		asm volatile("%0 = *(u64 *)(%1 + %2)"			\
			     : "=r"(__arg) : "r"(ctx), "i"((n) * 8));	\
	else								\
		__arg = (void *)(parm);					\
	__arg;								\
})

#define entry_arg0(ctx) entry_arg(ctx, 0, PT_REGS_PARM1((struct pt_regs *)(ctx)))
#define entry_arg1(ctx) entry_arg(ctx, 1, PT_REGS_PARM2((struct pt_regs *)(ctx)))
#define entry_arg2(ctx) entry_arg(ctx, 2, PT_REGS_PARM3((struct pt_regs *)(ctx)))
#define entry_arg3(ctx) entry_arg(ctx, 3, PT_REGS_PARM4((struct pt_regs *)(ctx)))

/*
 * Where a program puts an exec record together, too large for its stack: one for
 * each program, as one that is preempted shares its CPU with the others, but not
 * with another run of itself.
 */
enum {
	SCRATCH_EXEC_EXIT,
	SCRATCH_EXEC_SET_UP,
	SCRATCH_EXECVE,
	SCRATCH_EXECVEAT,
	NR_SCRATCH
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_SCRATCH);
	__type(key, __u32);
	__type(value, struct cleave_exec);
} exec_scratch SEC(".maps");

/* The process that the adopt iterator takes into the trace. */
__s32 adopt_pid;
__s32 adopt_done;

static __always_inline void *rec_reserve(__u32 type, __u32 size)
{
	struct cleave_hdr *h = bpf_ringbuf_reserve(&ring, size, 0);

	if (!h) {
		cleave_add(&totals.lost[type], 1);
		return NULL;
	}
	h->type = type;
	h->size = size;
	h->cpu = bpf_get_smp_processor_id();
	h->ts = bpf_ktime_get_ns();
	return h;
}

static __always_inline void rec_commit(void *rec, __u32 type)
{
	cleave_add(&totals.sent[type], 1);
	bpf_ringbuf_submit(rec, 0);
}

/* ---- write faults ---- */

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

static __always_inline void book(struct fault *f, __u32 outcome)
{
	struct cleave_as *as = as_at(f->slot1);

	f->in = CLEAVE_IN_NONE;
	if (as && cleave_fault_outcome(as, outcome) && want_breaks)
		send_break(as, f->addr, outcome);
}

/* The record of a fault that is still without its outcome. */
static __always_inline struct fault *fault_open(struct task_struct *task,
						__u32 in)
{
	struct fault *f = fault_get(task);

	return f && f->in == in ? f : NULL;
}

SEC("fentry/do_wp_page")
int BPF_PROG(wp_enter, struct vm_fault *vmf)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct vm_area_struct *vma = vmf->vma;
	struct fault *f = fault_begin(task, vma->vm_mm);
	__u64 entry;

	if (!f)
		return 0;
	entry = vmf->orig_pte.pte;
	/* The page is known by its frame: no need to read vmf->address. */
	fault_fill(f, task, CLEAVE_IN_WP, vma, 0, vmf, entry);
	f->outcome = copy_outcome(vma, vmf->flags, entry);
	return 0;
}

static __always_inline __u32 ask_page(struct fault *f, struct vm_area_struct *vma)
{
	struct vm_fault *vmf = (void *)f->vmf;
	unsigned long page = (unsigned long)BPF_CORE_READ(vmf, page);
	enum cleave_source src;

	learn_vmemmap(vmf, page);
	if (f->outcome != ASK_PAGE)
		return f->outcome;
	src = cleave_source_of(page != 0,
			       !!(vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)),
			       page ? page_mapping_word(page) : 0);
	return cleave_copy_outcome(src, 0);
}

static __always_inline void wp_copied(struct fault *f,
				      struct vm_area_struct *vma)
{
	if (f->outcome == ASK_PAGE || !vmemmap)
		book(f, ask_page(f, vma));
	else
		book(f, f->outcome);
}

/*
 * Fork gives the child a new page only in copy_present_page() and, for hugetlb,
 * hugetlb_install_folio(): because the creator's may be pinned.  Other faults of
 * copy_process() are in the creator's own address space.
 */
static __always_inline struct cleave_as *copied_into(struct task_struct *task,
						     struct vm_area_struct *vma)
{
	struct frame *f;

	if (!clones_on || vma->vm_mm == task->mm)
		return NULL;
	f = frame_cloning(task);
	return f ? as_at(f->child) : NULL;
}

static __always_inline void file_first(struct vm_area_struct *vma)
{
	struct cleave_as *as = as_at(fault_as(vma->vm_mm));

	if (as)
		cleave_fault_outcome(as, CLEAVE_FILE_FIRST);
}

/*
 * The new page of a copy gets its rmap: in wp_page_copy() right behind
 * ptep_clear_flush(), before the old page is let go.  On other faults, too, so
 * an untraced task must be let go at once.
 */
static __always_inline void new_rmap(struct vm_area_struct *vma,
				     unsigned long addr)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fault *f = fault_get(task);
	struct cleave_as *child;

	if (f && f->in == CLEAVE_IN_WP && fault_is_on(f, task, vma, 0, 0)) {
		f->addr = addr;
		wp_copied(f, vma);
		return;
	}
	if (f && f->in == CLEAVE_IN_HUGE_WP &&
	    fault_is_on(f, task, vma, addr, HPAGE_PMD_MASK)) {
		book(f, CLEAVE_HUGE_ZERO);
		return;
	}
	child = copied_into(task, vma);
	if (child)
		cleave_add(&child->copied, 1);
	else if (cleave_is_file_first(CLEAVE_IN_NONE, !!vma->vm_ops,
				      !!(vma->vm_flags &
					 (VM_SHARED | VM_MAYSHARE))))
		file_first(vma);
}

SEC("fentry/folio_add_new_anon_rmap")
int BPF_PROG(new_rmap_folio, void *folio, struct vm_area_struct *vma,
	     unsigned long addr)
{
	new_rmap(vma, addr);
	return 0;
}

/* Its name before 4d510f3da4c2 (6.2). */
SEC("fentry/page_add_new_anon_rmap")
int BPF_PROG(new_rmap_page, void *page, struct vm_area_struct *vma,
	     unsigned long addr)
{
	new_rmap(vma, addr);
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

static __always_inline void new_hugetlb_rmap(struct vm_area_struct *vma)
{
	struct cleave_as *child = copied_into(bpf_get_current_task_btf(), vma);

	if (child)
		cleave_add(&child->copied_hugetlb, hugetlb_pages(vma));
	else
		hugetlb_marker(vma, CLEAVE_HUGETLB_COPIED);
}

SEC("fentry/hugetlb_add_new_anon_rmap")
int BPF_PROG(hugetlb_rmap, void *folio, struct vm_area_struct *vma)
{
	new_hugetlb_rmap(vma);
	return 0;
}

/* Its name before 9d5fafd5d882 (6.8). */
SEC("fentry/hugepage_add_new_anon_rmap")
int BPF_PROG(hugetlb_rmap_page, void *page, struct vm_area_struct *vma)
{
	new_hugetlb_rmap(vma);
	return 0;
}

/*
 * wp_page_reuse() of a private mapping; the shared ones come here from
 * wp_page_shared(), wp_pfn_shared() and stay "not a break".
 */
SEC("fentry/ptep_set_access_flags")
int BPF_PROG(set_access, struct vm_area_struct *vma, unsigned long addr)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fault *f = fault_get(task);

	if (!f || !f->in)
		return 0;
	if (f->in == CLEAVE_IN_HUGETLB_WP)
		hugetlb_marker(vma, CLEAVE_HUGETLB_REUSED);
	if (f->in != CLEAVE_IN_WP ||
	    vma->vm_flags & (VM_SHARED | VM_MAYSHARE) ||
	    !fault_is_on(f, task, vma, 0, 0))
		return 0;
	f->addr = addr;
	book(f, CLEAVE_REUSED);
	return 0;
}

SEC("kprobe/do_huge_pmd_wp_page")
int huge_wp_enter(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct vm_fault *vmf = entry_arg0(ctx);
	struct vm_area_struct *vma = read_field(vmf, vma);
	struct fault *f = fault_begin(task, read_field(vma, vm_mm));

	if (f)
		fault_fill(f, task, CLEAVE_IN_HUGE_WP, vma,
			   read_field(vmf, address), vmf,
			   read_field(vmf, orig_pte.pte));
	return 0;
}

/* A huge PMD can be split for other reasons as well, by the same task. */
SEC("fexit/do_huge_pmd_wp_page")
int BPF_PROG(huge_wp_exit, struct vm_fault *vmf)
{
	struct fault *f = fault_open(bpf_get_current_task_btf(),
				     CLEAVE_IN_HUGE_WP);

	if (f)
		f->in = CLEAVE_IN_NONE;
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

/*
 * The fault is the last argument: behind the page cache's page (6.10) or, since
 * that is no longer passed on, alone.
 */
SEC("fentry/hugetlb_wp")
int hugetlb_enter(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct vm_area_struct *vma;
	struct vm_fault *vmf;
	struct fault *f;
	__u64 arg, entry;

	if (bpf_get_func_arg(ctx, bpf_get_func_arg_cnt(ctx) - 1, &arg))
		return 0;
	vmf = (void *)arg;
	entry = fault_entry(arg);
	/* hugetlb_no_page() maps a page and comes here at once: no break. */
	if (!entry)
		return 0;
	vma = read_field(vmf, vma);
	f = fault_begin(task, read_field(vma, vm_mm));
	if (f)
		fault_fill(f, task, CLEAVE_IN_HUGETLB_WP, vma,
			   read_field(vmf, address), vmf, entry);
	return 0;
}

static __always_inline void hugetlb_leave(void)
{
	struct fault *f = fault_open(bpf_get_current_task_btf(),
				     CLEAVE_IN_HUGETLB_WP);

	if (f)
		f->in = CLEAVE_IN_NONE;
}

SEC("fexit/hugetlb_wp")
int hugetlb_exit(void *ctx)
{
	hugetlb_leave();
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
	unsigned long page = ctx->r9;	/* the sixth argument, of x86-64 */
	struct task_struct *task = bpf_get_current_task_btf();
	struct fault *f;

	/* hugetlb_no_page() passes its new page as that of the page cache. */
	if (page && page_mapping_word(page) & CLEAVE_MAPPING_ANON)
		return 0;
	f = fault_begin(task, read_field(vma, vm_mm));
	if (f)
		fault_fill(f, task, CLEAVE_IN_HUGETLB_WP, vma, addr, NULL, 0);
	return 0;
}

SEC("kretprobe/hugetlb_wp")
int BPF_KRETPROBE(hugetlb_kexit)
{
	hugetlb_leave();
	return 0;
}

/* ---- clone ---- */

/*
 * copy_huge_pmd() puts a page table by for each huge entry that it copies, under
 * both page table locks.  That of the huge zero page is taken off again when the
 * function returns, as it is not counted in MM_ANONPAGES.
 */
SEC("fentry/pgtable_trans_huge_deposit")
int BPF_PROG(deposit, struct mm_struct *mm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct cleave_as *child;
	struct frame *f;

	if (mm == task->mm)
		return 0;
	f = frame_cloning(task);
	if (!f)
		return 0;
	child = as_at(f->child);
	if (child)
		cleave_add(&child->huge, HPAGE_PMD_NR);
	return 0;
}

static __always_inline void huge_copied(struct frame *f, __u64 *dst_pmd)
{
	struct cleave_as *child = as_at(f->child);

	if (child && pmd_maps_zero(dst_pmd))
		cleave_add(&child->huge, -HPAGE_PMD_NR);
}

SEC("fexit/copy_huge_pmd")
int BPF_PROG(copy_huge_exit, void *dst_mm, void *src_mm, void *dst_pmd,
	     void *src_pmd, unsigned long addr, void *dst_vma, void *src_vma,
	     int ret)
{
	struct frame *f = frame_cloning(bpf_get_current_task_btf());

	if (f && !ret)
		huge_copied(f, dst_pmd);
	return 0;
}

/* The same where a trampoline cannot pass seven arguments (before 6.6). */
SEC("kprobe/copy_huge_pmd")
int BPF_KPROBE(copy_huge_kenter, void *dst_mm, void *src_mm, void *dst_pmd)
{
	struct frame *f = frame_cloning(bpf_get_current_task_btf());

	if (f)
		f->dst_pmd = (__u64)dst_pmd;
	return 0;
}

SEC("kretprobe/copy_huge_pmd")
int BPF_KRETPROBE(copy_huge_kexit, int ret)
{
	struct frame *f = frame_cloning(bpf_get_current_task_btf());

	if (f && !ret && f->dst_pmd)
		huge_copied(f, (__u64 *)f->dst_pmd);
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
	struct cleave_as *as, *creator;
	__u32 parent = as_find(task->mm);
	struct frame *f;

	if (!parent && sees(task) && task->mm)
		parent = as_found(task->mm);
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
	__builtin_memset(&f->range, 0, sizeof(f->range));
	if (task->mm && !(read_field(args, flags) & CLEAVE_F_VM)) {
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
		.compat = !!(task->thread_info.status & TS_COMPAT),
		.syscall = read_field(regs, orig_ax),
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
	if (!as) {
		as_lose(mm);
		return;
	}
	cleave_as_cloned(as, as_at(f->parent), tgid, now, &c->pages);
	c->as = as->id;
	cleave_add(&totals.shared, as->shared);
	if (as_insert(mm, f->child))
		as_lose(mm);
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

/* copy_process() has made @child, or failed with @error. */
static __always_inline void clone_end(struct task_struct *task,
				      struct frame *f,
				      struct task_struct *child, int error)
{
	struct kernel_clone_args *args = (void *)f->clone_args;
	struct cleave_as *parent = as_at(f->parent);
	__u64 now = bpf_ktime_get_ns();
	struct cleave_clone c = {}, *rec;

	f->cloning = 0;
	__sync_fetch_and_add(&clones_on, -1);
	c.flags = read_field(args, flags);
	c.call = clone_call(args);
	c.kind = cleave_kind_of(c.flags, c.call);
	c.duration_ns = now - f->clone_start;
	c.parent_as = parent ? parent->id : 0;
	c.parent_pid = seen_pid(task);
	c.parent_tid = seen_tid(task);
	c.exit_signal = c.kind == CLEAVE_KIND_THREAD ? -1 :
			read_field(args, exit_signal);
	c.error = error;
	clone_wishes(&c, args);
	bpf_probe_read_kernel(c.comm, sizeof(c.comm), task->comm);
	if (error) {
		clone_drop(f);
		cleave_add(&totals.clone_errors, 1);
	} else {
		clone_done(&c, f, child, now);
	}
	rec = rec_reserve(CLEAVE_REC_CLONE, sizeof(*rec));
	if (!rec)
		return;
	c.hdr = rec->hdr;
	__builtin_memcpy(rec, &c, sizeof(c));
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
		clone_end(task, f, NULL, -ret);
		return 0;
	}
	clone_end(task, f, child, 0);
	return 0;
}

/* Net: a failure is followed by nothing else. */
SEC("fexit/kernel_clone")
int BPF_PROG(clone_failed, struct kernel_clone_args *args, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct frame *f = frame_cloning(task);

	if (f && f->clone_args == (__u64)args && (int)ret < 0)
		clone_end(task, f, NULL, -(int)ret);
	return 0;
}

/* Net: every new task comes by here, woken by the one that made it. */
SEC("kprobe/wake_up_new_task")
int clone_woken(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *child = entry_arg0(ctx);
	struct frame *f = frame_cloning(task);

	if (!f)
		return 0;
	clone_end(task, f, child, 0);
	return 0;
}

/* ---- the end of an address space ---- */

static __always_inline void send_end(struct cleave_as *as, __u32 what,
				     struct cleave_as *creator)
{
	struct cleave_end *e = rec_reserve(CLEAVE_REC_END, sizeof(*e));

	if (!e)
		return;
	cleave_as_figures(as, creator, e->hdr.ts, &e->fig);
	e->what = what;
	e->rsv = 0;
	rec_commit(e, CLEAVE_REC_END);
}

/* Book the figures of an entry that is closed without a record of them. */
static __always_inline void total_figures(struct cleave_as *as)
{
	struct cleave_figures fig;

	cleave_as_figures(as, NULL, 0, &fig);
	cleave_total_figures(&totals, &fig);
	as_unfollow(as);
}

SEC("kprobe/exit_mmap")
int mm_exit(void *ctx)
{
	struct mm_struct *mm = entry_arg0(ctx);
	__u32 slot1 = as_find(mm), what;
	struct cleave_as *as = as_at(slot1);

	lost_no_more((__u64)mm);
	if (!as)
		return 0;
	as_remove(mm);
	what = cleave_as_ends(as);
	cleave_total_cow(&totals, as);
	if (what & CLEAVE_HAS_FIGURES) {
		send_end(as, what, as_at(as->creator));
		total_figures(as);
	} else if (what != CLEAVE_TOLD_BY_EXEC) {
		send_end(as, what, NULL);
	}
	as_put(slot1);
	return 0;
}

/* ---- exec ---- */

/* A failed exec whose fexit was skipped. */
static __always_inline void exec_left_over(struct task_struct *task,
					   struct frame *f)
{
	struct cleave_as *as;

	if (!f->execing)
		return;
	f->execing = 0;
	as = as_at(f->old);
	if (as && cleave_as_exec_ends(as, task->tgid, 1))
		total_figures(as);
	as_put(f->old);
	f->old = 0;
	cleave_add(&totals.missed, 1);
}

SEC("kprobe/begin_new_exec")
int exec_enter(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 old = as_find(task->mm);
	struct cleave_as *as = as_at(old);
	struct frame *f;

	if (!as && !sees(task) && !proc_traced(task))
		return 0;
	/* de_thread(): a thread that is not the leader takes the leader's pid. */
	fault_drop(task);
	f = frame_make(task);
	if (!f)
		return 0;
	exec_left_over(task, f);
	f->exec_told = 0;
	f->execing = seen_tid(task);
	f->old = old;
	bpf_probe_read_kernel(f->old_comm, sizeof(f->old_comm), task->comm);
	if (as) {
		cleave_add(&as->refs, 1);
		cleave_as_exec_begins(as, task->tgid);
	}
	return 0;
}

struct args_walk {
	struct cleave_exec *e;
	__u32 n;
	__u32 seen;
};

/* One byte of the strings; ends behind the last argument. */
static long args_step(__u32 i, struct args_walk *w)
{
	if (i >= w->n || i >= CLEAVE_ARGS_LEN || w->seen >= w->e->argc)
		return 1;
	if (!w->e->args[i])
		w->seen++;
	w->e->args_len = i + 1;
	return 0;
}

/*
 * argv as execve() has put it on the new stack: strings in a row from bprm->p,
 * the environment after them up to bprm->exec.
 */
static __always_inline void exec_args(struct cleave_exec *e,
				      struct linux_binprm *bprm)
{
	__u64 p = read_field(bprm, p), end = read_field(bprm, exec);
	struct args_walk w = { .e = e, .n = CLEAVE_ARGS_LEN };

	e->argc = read_field(bprm, argc);
	if (no_args) {
		e->what |= CLEAVE_ARGS_HIDDEN;
		return;
	}
	if (end - p < w.n)
		w.n = end - p;
	if (bpf_probe_read_user(e->args, w.n & (CLEAVE_ARGS_LEN * 2 - 1),
				(void *)p))
		w.n = 0;
	bpf_loop(CLEAVE_ARGS_LEN, args_step, &w, 0);
	if (w.seen < e->argc)
		e->what |= CLEAVE_ARGS_CUT;
}

/* The address space that the exec gives up: its figures, if they are its. */
static __always_inline void exec_old(struct cleave_exec *e, struct frame *f,
				     __s32 tgid, int failed, __u64 now)
{
	struct cleave_as *as = as_at(f->old);

	if (!as)
		return;
	e->old_as = as->id;
	if (cleave_as_exec_ends(as, tgid, failed)) {
		cleave_as_figures(as, as_at(as->creator), now, &e->fig);
		e->what |= CLEAVE_HAS_FIGURES;
		cleave_total_figures(&totals, &e->fig);
		as_unfollow(as);
	}
	as_put(f->old);
	f->old = 0;
}

static __always_inline void exec_send(struct cleave_exec *e)
{
	__u32 len = e->args_len;

	len = (len & (CLEAVE_ARGS_LEN * 2 - 1)) +
	      __builtin_offsetof(struct cleave_exec, args);
	if (len > sizeof(*e))
		len = sizeof(*e);
	e->hdr.type = CLEAVE_REC_EXEC;
	e->hdr.size = len;
	e->hdr.cpu = bpf_get_smp_processor_id();
	cleave_add(&totals.sent[CLEAVE_REC_EXEC], 1);
	if (!bpf_ringbuf_output(&ring, e, len, 0))
		return;
	cleave_add(&totals.sent[CLEAVE_REC_EXEC], -1);
	cleave_add(&totals.lost[CLEAVE_REC_EXEC], 1);
}

#define NR_EXECVE	59
#define NR_EXECVEAT	322

/*
 * Is the task in a system call whose return execve_exit() or execveat_exit() will
 * see?  Programs are also run by 32-bit ones and by the kernel itself.
 */
static __always_inline bool in_execve(struct task_struct *task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	unsigned long nr = read_field(regs, orig_ax);

	return !(task->thread_info.status & TS_COMPAT) &&
	       (nr == NR_EXECVE || nr == NR_EXECVEAT);
}

/* begin_new_exec() has returned @ret. */
static __always_inline void exec_end(struct task_struct *task, struct frame *f,
				     struct linux_binprm *bprm, int ret,
				     __u32 scratch)
{
	struct cleave_exec *e;
	struct cleave_as *new;

	e = bpf_map_lookup_elem(&exec_scratch, &scratch);
	if (!e)
		return;
	__builtin_memset(e, 0, __builtin_offsetof(struct cleave_exec, path));
	e->hdr.ts = bpf_ktime_get_ns();
	e->pid = seen_pid(task);
	e->tid = f->execing;
	e->error = -ret;
	__builtin_memcpy(e->comm, f->old_comm, sizeof(e->comm));
	if (bpf_probe_read_kernel_str(e->path, sizeof(e->path),
				      read_field(bprm, filename)) == sizeof(e->path))
		e->what |= CLEAVE_PATH_CUT;
	f->execing = 0;
	f->exec_told = in_execve(task);
	exec_old(e, f, task->tgid, ret != 0, e->hdr.ts);
	if (ret) {
		cleave_add(&totals.exec_errors, 1);
		exec_send(e);
		return;
	}
	new = as_at(as_enter(task->mm, CLEAVE_BY_EXEC, task->tgid));
	e->as = new ? new->id : 0;
	proc_set(task->tgid, e->as);
	exec_args(e, bprm);
	cleave_add(&totals.execs, 1);
	exec_send(e);
}

SEC("fexit/begin_new_exec")
int BPF_PROG(exec_exit, struct linux_binprm *bprm, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct frame *f = frame_get(task);

	if (f && f->execing)
		exec_end(task, f, bprm, ret, SCRATCH_EXEC_EXIT);
	return 0;
}

/* Net: a binary format's next call after begin_new_exec() has succeeded. */
SEC("kprobe/setup_new_exec")
int exec_set_up(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct linux_binprm *bprm = entry_arg0(ctx);
	struct frame *f = frame_get(task);

	if (!f || !f->execing)
		return 0;
	exec_end(task, f, bprm, 0, SCRATCH_EXEC_SET_UP);
	return 0;
}

/*
 * A traced process has exec'ed, and begin_new_exec() could not be probed: go on
 * in its new address space all the same.
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(follow_exec, struct task_struct *tsk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 tgid = task->tgid;
	struct cleave_as *as;

	if (stopped || !bpf_map_lookup_elem(&procs, &tgid) ||
	    as_find(task->mm))
		return 0;
	as = as_at(as_enter(task->mm, CLEAVE_BY_EXEC, tgid));
	if (as)
		proc_set(tgid, as->id);
	return 0;
}

/* execve(2) has failed; if not in begin_new_exec(), nobody has told yet. */
static __always_inline void execve_end(const char *path, long ret,
				       __u32 scratch)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct cleave_as *as = as_at(as_find(task->mm));
	struct cleave_exec *e;
	struct frame *f;

	if (!as)
		return;
	f = frame_get(task);
	if (f && f->exec_told) {
		f->exec_told = 0;
		return;
	}
	e = bpf_map_lookup_elem(&exec_scratch, &scratch);
	if (ret >= 0 || !e)
		return;
	__builtin_memset(e, 0, __builtin_offsetof(struct cleave_exec, args));
	e->hdr.ts = bpf_ktime_get_ns();
	e->as = as->id;
	e->old_as = as->id;
	e->pid = seen_pid(task);
	e->tid = seen_tid(task);
	e->error = -ret;
	bpf_probe_read_kernel(e->comm, sizeof(e->comm), task->comm);
	if (bpf_probe_read_user_str(e->path, sizeof(e->path), path) ==
	    sizeof(e->path))
		e->what |= CLEAVE_PATH_CUT;
	cleave_add(&totals.exec_errors, 1);
	exec_send(e);
}

/* The wrappers of system calls take the user's registers. */
SEC("fexit/__x64_sys_execve")
int BPF_PROG(execve_exit, struct pt_regs *regs, long ret)
{
	execve_end((const char *)regs->di, ret, SCRATCH_EXECVE);
	return 0;
}

SEC("fexit/__x64_sys_execveat")
int BPF_PROG(execveat_exit, struct pt_regs *regs, long ret)
{
	execve_end((const char *)regs->si, ret, SCRATCH_EXECVEAT);
	return 0;
}

/* ---- exit ---- */

/* wait_task_zombie()'s choice of the status. */
static __always_inline __s32 exit_status(struct task_struct *task)
{
	struct signal_struct *sig = task->signal;

	if (sig->flags & SIGNAL_GROUP_EXIT)
		return sig->group_exit_code;
	return task->group_leader->exit_code;
}

/* Is there anything left to report of the end of @task?  Once only. */
static __always_inline bool exit_due(struct task_struct *task, __u64 *as_id)
{
	__u32 tgid = task->tgid;
	__u64 *as;

	if (stopped || task->signal->live.counter)
		return false;
	as = bpf_map_lookup_elem(&procs, &tgid);
	if (!as) {
		lost_no_more(tgid);
		return false;
	}
	*as_id = *as;
	return !bpf_map_delete_elem(&procs, &tgid);
}

static __always_inline void exit_send(struct task_struct *task, __u64 as_id)
{
	struct cleave_exit *e;

	cleave_add(&totals.exits, 1);
	e = rec_reserve(CLEAVE_REC_EXIT, sizeof(*e));
	if (!e)
		return;
	e->as = as_id;
	e->pid = seen_pid(task);
	e->status = exit_status(task);
	bpf_probe_read_kernel(e->comm, sizeof(e->comm),
			      task->group_leader->comm);
	rec_commit(e, CLEAVE_REC_EXIT);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(task_exit, struct task_struct *task)
{
	__u64 as_id = 0;

	fault_drop(task);
	if (exit_due(task, &as_id))
		exit_send(task, as_id);
	return 0;
}

/* Net: do_exit() gives the files up a little later. */
SEC("kprobe/exit_files")
int task_gone(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct frame *f;
	__u64 as_id = 0;

	if (entry_arg0(ctx) != (void *)bpf_get_current_task() ||
	    !(task->flags & PF_EXITING))
		return 0;
	fault_drop(task);
	f = frame_get(task);
	if (f) {
		clone_left_over(f);
		exec_left_over(task, f);
	}
	if (exit_due(task, &as_id))
		exit_send(task, as_id);
	return 0;
}

/* ---- roots ---- */

/*
 * Take the process adopt_pid into the trace.  A program of its own, run by
 * reading the iterator, as only a program can see another task's mm.
 */
SEC("iter/task")
int adopt(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct cleave_as *as;
	__u32 slot1;

	if (!task || seen_tid(task) != adopt_pid || !task->mm)
		return 0;
	slot1 = as_find(task->mm);
	if (!slot1)
		slot1 = as_enter(task->mm, CLEAVE_BY_FOUND, task->tgid);
	as = as_at(slot1);
	if (!as)
		return 0;
	proc_set(task->tgid, as->id);
	adopt_done = adopt_pid;
	return 0;
}
