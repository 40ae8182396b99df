// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.c - write faults: which outcome each has, told by the call that only that
 * outcome makes, and in which address space.
 *
 * All of it runs with a page table lock held.
 */
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>

#include "cleave_rules.h"
#include "caller.h"
#include "compat.h"
#include "frame.h"
#include "hooks.h"
#include "hugetlb.h"
#include "probes.h"
#include "timed.h"
#include "traced.h"

static void send_break(struct session *s, const struct cleave_as *as,
		       unsigned long addr, u32 outcome)
{
	struct cleave_break *b = session_reserve(s, CLEAVE_REC_BREAK,
						 sizeof(*b));

	if (!b)
		return;
	b->as = as->id;
	b->addr = addr & PAGE_MASK;
	b->pid = task_tgid_nr_ns(current, s->ns);
	b->tid = task_pid_nr_ns(current, s->ns);
	b->outcome = outcome;
	session_commit(s, b);
}

/* What costs, for those who have asked for it. */
static noinline void tell_break(struct session *s, struct cleave_as *as,
				unsigned long addr, u32 outcome)
{
	if (s->breaks)
		send_break(s, as, addr, outcome);
	if (times_wanted(&s->ledger.times))
		timed_break(s, as, outcome);
}

static __always_inline void book_as(struct session *s, struct cleave_as *as,
				    unsigned long addr, u32 outcome)
{
	if (cleave_fault_outcome(as, outcome) && unlikely(s->each))
		tell_break(s, as, addr, outcome);
}

static void book_mm(struct mm_struct *mm, unsigned long addr, u32 outcome)
{
	struct cleave_as *as;
	struct session *s;
	u32 i;

	for_each_traced(s, i, as, mm)
		book_as(s, as, addr, outcome);
}

static void book(struct frame *f, u32 outcome)
{
	f->in = CLEAVE_IN_NONE;
	book_mm(f->mm, f->addr, outcome);
}

/* Is there a session that traces the address space?  Those that do count it. */
static bool fault_begins(struct mm_struct *mm)
{
	bool traced = false;
	struct cleave_as *as;
	struct session *s;
	u32 i;

	for_each_traced(s, i, as, mm) {
		cleave_fault_begins(as);
		traced = true;
	}
	return traced;
}

/*
 * What comes with every fault is called with the page table lock held, so nobody is
 * preempted: but where that lock can sleep.
 */
static __always_inline void hot_begin(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_disable_notrace();
	lockdep_assert_preemption_disabled();
}

static __always_inline void hot_end(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_enable_notrace();
}

static noinline void wp_page_any(const struct vm_fault *vmf)
{
	if (fault_begins(vmf->vma->vm_mm))
		mark_fault(vmf->flags & FAULT_FLAG_UNSHARE);
}

static __always_inline void wp_page(const struct vm_fault *vmf)
{
	struct cleave_as *as;
	struct session *s;

	if (unlikely(!traced_glance(vmf->vma->vm_mm, &s, &as))) {
		wp_page_any(vmf);
	} else if (as) {
		cleave_fault_begins(as);
		mark_fault(vmf->flags & FAULT_FLAG_UNSHARE);
	}
}

static void notrace wp_page_called(unsigned long ip, unsigned long caller,
				   struct ftrace_ops *ops,
				   struct ftrace_regs *fregs)
{
	hot_begin();
	wp_page((struct vm_fault *)compat_ftrace_arg(fregs, 0));
	hot_end();
}

static __always_inline u32 copy_outcome(const struct vm_area_struct *vma,
					pte_t pte)
{
	bool normal = compat_pte_normal(pte);
	unsigned long mapping = 0;
	enum cleave_source src;

	if (normal)
		mapping = (unsigned long)page_folio(pte_page(pte))->mapping;
	src = cleave_source_of(normal,
			       !!(vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)),
			       mapping);
	return cleave_copy_outcome(src, mark_is_set());
}

static noinline void wp_copied_any(struct vm_area_struct *vma,
				   unsigned long addr, pte_t pte)
{
	u32 outcome = copy_outcome(vma, pte), i;
	struct cleave_as *as;
	struct session *s;

	for_each_traced(s, i, as, vma->vm_mm)
		book_as(s, as, addr, outcome);
}

/* The page is looked at only where somebody wants to know. */
static __always_inline void wp_copied(struct vm_area_struct *vma,
				      unsigned long addr, pte_t pte)
{
	struct cleave_as *as;
	struct session *s;

	if (unlikely(!traced_glance(vma->vm_mm, &s, &as)))
		wp_copied_any(vma, addr, pte);
	else if (as)
		book_as(s, as, addr, copy_outcome(vma, pte));
}

static void fault_push(struct fault_frame *ff, u32 in,
		       struct vm_area_struct *vma, unsigned long addr)
{
	struct frame *f = &ff->node;

	f->in = in;
	f->fault = true;
	f->mm = vma->vm_mm;
	f->vma = vma;
	f->addr = addr;
	frame_push(f);
	timed_begin(&ff->timed);
}

static int fault_enter(struct kretprobe_instance *ri, u32 in,
		       struct vm_area_struct *vma, unsigned long addr)
{
	if (!fault_begins(vma->vm_mm))
		return 1;
	fault_push((struct fault_frame *)ri->data, in, vma, addr);
	return 0;
}

static int fault_exit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct fault_frame *ff = (struct fault_frame *)ri->data;

	timed_end(&ff->timed);
	frame_pop(&ff->node);
	return 0;
}

static int hugetlb_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct hugetlb_fault hf;

	if (!hugetlb_args(regs, &hf)) {
		hook_unknown_args(CLEAVE_HOOK_HUGETLB_WP);
		return 1;
	}
	/* hugetlb_no_page() maps a page and comes here at once: no break. */
	if (hf.fresh)
		return 1;
	return fault_enter(ri, CLEAVE_IN_HUGETLB_WP, hf.vma, hf.addr);
}

/* Is it in one that wants to know how long its breaks take? */
static bool mm_is_timed(struct mm_struct *mm)
{
	struct cleave_as *as;
	struct session *s;
	u32 i;

	for_each_traced(s, i, as, mm)
		if (times_wanted(&s->ledger.times))
			return true;
	return false;
}

/* The call is counted by wp_page_called(); this is for its return alone. */
static int wp_return_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct vm_fault *vmf = arg(regs, 0);

	if (!mm_is_timed(vmf->vma->vm_mm))
		return 1;
	fault_push((struct fault_frame *)ri->data, CLEAVE_IN_WP, vmf->vma,
		   vmf->address);
	return 0;
}

static bool marker_counts(const struct frame *f, struct vm_area_struct *vma,
			  unsigned long addr, unsigned long mask)
{
	return cleave_marker_counts(current->flags, (unsigned long)f->vma,
				    f->addr, (unsigned long)vma, addr, mask);
}

static void hugetlb_marker(struct vm_area_struct *vma, u32 outcome)
{
	struct frame *f = frame_current();

	/* A huge page of whatever size: the vma is enough. */
	if (f && f->in == CLEAVE_IN_HUGETLB_WP &&
	    marker_counts(f, vma, f->addr, ~0UL))
		book(f, outcome);
}

static noinline void clear_flush_any(struct vm_area_struct *vma,
				     unsigned long addr, pte_t *ptep,
				     unsigned long caller)
{
	if (caller_of(caller) == CALLER_WP)
		wp_copied_any(vma, addr, ptep_get(ptep));
	else
		hugetlb_marker(vma, CLEAVE_HUGETLB_COPIED);
}

/*
 * By wp_page_copy(), under the page table lock and behind pte_same(): the entry
 * is still there, and is what was copied.
 */
static __always_inline void clear_flush(struct vm_area_struct *vma,
					unsigned long addr, pte_t *ptep,
					unsigned long caller)
{
	if (likely(caller_is(caller, CALLER_WP)))
		wp_copied(vma, addr, ptep_get(ptep));
	else
		clear_flush_any(vma, addr, ptep, caller);
}

static void notrace clear_flush_called(unsigned long ip, unsigned long caller,
				       struct ftrace_ops *ops,
				       struct ftrace_regs *fregs)
{
	hot_begin();
	clear_flush((struct vm_area_struct *)compat_ftrace_arg(fregs, 0),
		    compat_ftrace_arg(fregs, 1),
		    (pte_t *)compat_ftrace_arg(fregs, 2), caller);
	hot_end();
}

/*
 * wp_page_reuse() of a private mapping; the shared ones come here from
 * wp_page_shared(), wp_pfn_shared() and stay "not a break".
 */
static void set_access(unsigned long a0, unsigned long addr, unsigned long a2,
		       unsigned long caller)
{
	struct vm_area_struct *vma = (struct vm_area_struct *)a0;

	if (caller_of(caller) != CALLER_WP)
		hugetlb_marker(vma, CLEAVE_HUGETLB_REUSED);
	else if (!(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		book_mm(vma->vm_mm, addr, CLEAVE_REUSED);
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
static int huge_wp_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct vm_fault *vmf = arg(regs, 0);

	return fault_enter(ri, CLEAVE_IN_HUGE_WP, vmf->vma, vmf->address);
}

/* The only way to VM_FAULT_FALLBACK is through __split_huge_pmd(). */
static int huge_wp_exit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct frame *f = (struct frame *)ri->data;

	if (f->in && regs_return_value(regs) & (__force u32)VM_FAULT_FALLBACK)
		book(f, CLEAVE_HUGE_SPLIT);
	return fault_exit(ri, regs);
}

static void huge_marker(unsigned long vma, unsigned long addr, u32 outcome)
{
	struct frame *f = frame_current();

	if (f && f->in == CLEAVE_IN_HUGE_WP &&
	    marker_counts(f, (struct vm_area_struct *)vma, addr, PMD_MASK))
		book(f, outcome);
}

static void pmd_set_access(unsigned long vma, unsigned long addr,
			   unsigned long a2, unsigned long caller)
{
	huge_marker(vma, addr, CLEAVE_HUGE_REUSED);
}

const struct probe_def huge_wp_probe = {
	.enter = huge_wp_enter,
	.exit = huge_wp_exit,
	.data = sizeof(struct fault_frame),
};

const struct probe_def pmd_set_access_probe = { .entry = pmd_set_access };
#endif /* without it there is no huge page to see */

/*
 * The first write to a private file page.  Only from there: a page that is swapped
 * in or that userfaultfd brings gets its rmap by the same function.  What calls
 * do_anonymous_page() may have been made one with that, but not one call with
 * another: whether there is a file stands fast for each.
 */
static void first_write(struct vm_area_struct *vma, unsigned long addr,
			unsigned long ip, enum caller caller,
			const struct frame *f)
{
	if (caller != CALLER_FILE && caller != CALLER_FAULT)
		return;
	if (!vma->vm_ops) {
		if (caller == CALLER_FAULT)
			WRITE_ONCE(caller_idle[CALLER_IDLE_ANON], ip);
		return;
	}
	if (cleave_is_file_first(f && f->fault ? CLEAVE_IN_WP : CLEAVE_IN_NONE,
				 1, !!(vma->vm_flags &
				       (VM_SHARED | VM_MAYSHARE))))
		book_mm(vma->vm_mm, addr, CLEAVE_FILE_FIRST);
}

static noinline void new_rmap(struct vm_area_struct *vma, unsigned long addr,
			      unsigned long ip)
{
	enum caller caller = caller_of(ip);
	struct frame *f;

	if (caller == CALLER_WP) {
		/* A copy: clear_flush() has told it. */
		WRITE_ONCE(caller_idle[CALLER_IDLE_WP], ip);
		return;
	}
	if (clone_copied(vma, 1, false))
		return;
	f = frame_current();
	/* do_huge_zero_wp_pmd(), since 6.13. */
	if (f && f->in == CLEAVE_IN_HUGE_WP &&
	    marker_counts(f, vma, addr, PMD_MASK))
		book(f, CLEAVE_HUGE_ZERO);
	else
		first_write(vma, addr, ip, caller, f);
}

/* Every first touch of memory on this machine comes here. */
static void notrace new_rmap_called(unsigned long ip, unsigned long caller,
				    struct ftrace_ops *ops,
				    struct ftrace_regs *fregs)
{
	if (likely(caller_is_idle(caller)))
		return;
	preempt_disable_notrace();
	new_rmap((struct vm_area_struct *)compat_ftrace_arg(fregs, 1),
		 compat_ftrace_arg(fregs, 2), caller);
	preempt_enable_notrace();
}

const struct probe_def wp_page_probe = { .hot = wp_page_called };
const struct probe_def clear_flush_probe = { .hot = clear_flush_called };
const struct probe_def set_access_probe = { .entry = set_access };
const struct probe_def new_rmap_probe = { .hot = new_rmap_called };

const struct probe_def hugetlb_wp_probe = {
	.enter = hugetlb_enter,
	.exit = fault_exit,
	.data = sizeof(struct fault_frame),
};

const struct probe_def wp_return_probe = {
	.enter = wp_return_enter,
	.exit = fault_exit,
	.data = sizeof(struct fault_frame),
};
