// SPDX-License-Identifier: GPL-2.0-only
/*
 * probes.c - the probes of the module: read the facts, book them in the ledger
 * of every session that traces the address space, write the records.  What the
 * facts mean stands in cleave_rules.h.
 *
 * All of them run in task context with preemption off; those on the page fault
 * path with a page table lock held.  None sleeps, allocates or faults.
 */
#include <linux/binfmts.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>

#include "cleave_rules.h"
#include "caller.h"
#include "compat.h"
#include "frame.h"
#include "hooks.h"
#include "hugetlb.h"
#include "session.h"

static void *arg(struct pt_regs *regs, unsigned int n)
{
	return (void *)regs_get_kernel_argument(regs, n);
}

/* ---- write faults ---- */

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

/* Another task may meet it first: a debugger, say. */
static void lose_found(struct session *s, struct mm_struct *mm, s32 owner)
{
#ifdef CONFIG_MEMCG
	struct task_struct *task;

	if (!owner) {
		task = rcu_dereference_sched(mm->owner);
		owner = task ? task->tgid : 0;
	}
#endif
	if (owner)
		ledger_lose_met(&s->ledger, owner);
}

/*
 * Enter an address space that a whole-system session meets, and the process that
 * it belongs to, if that is the one that runs.
 */
static u32 enter_found(struct session *s, struct mm_struct *mm)
{
	s32 owner = current->mm == mm ? current->tgid : 0;
	u32 slot = ledger_meet(&s->ledger, mm, owner, ktime_get_mono_fast_ns());

	if (!slot)
		lose_found(s, mm, owner);
	else if (owner)
		ledger_note_proc(&s->ledger, owner,
				 ledger_at(&s->ledger, slot)->id);
	return slot;
}

/*
 * A whole-system session is about the tasks of its reader's pid namespace: what is
 * outside of a container is not for the container.
 */
static bool sees_current(const struct session *s)
{
	return s->all && task_pid_nr_ns(current, s->ns);
}

static u32 fault_slot(struct session *s, struct mm_struct *mm)
{
	u32 slot = ledger_find(&s->ledger, mm);

	if (!slot && sees_current(s))
		slot = enter_found(s, mm);
	return slot;
}

static void book_as(struct session *s, struct cleave_as *as, unsigned long addr,
		    u32 outcome)
{
	if (cleave_fault_outcome(as, outcome) && s->breaks)
		send_break(s, as, addr, outcome);
}

static void book_mm(struct mm_struct *mm, unsigned long addr, u32 outcome)
{
	struct session *s;
	u32 i;

	for_each_session(s, i) {
		struct cleave_as *as = ledger_at(&s->ledger, fault_slot(s, mm));

		if (as)
			book_as(s, as, addr, outcome);
	}
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
	struct session *s;
	u32 i;

	for_each_session(s, i) {
		struct cleave_as *as = ledger_at(&s->ledger, fault_slot(s, mm));

		if (!as)
			continue;
		cleave_fault_begins(as);
		traced = true;
	}
	return traced;
}

static void wp_page(unsigned long a0, unsigned long a1, unsigned long a2,
		    unsigned long caller)
{
	struct vm_fault *vmf = (struct vm_fault *)a0;

	if (!fault_begins(vmf->vma->vm_mm))
		return;
	mark_fault(vmf->flags & FAULT_FLAG_UNSHARE);
}

static u32 copy_outcome(const struct vm_area_struct *vma, pte_t pte)
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

/* The page is looked at only where somebody wants to know. */
static void wp_copied(struct vm_area_struct *vma, unsigned long addr, pte_t pte)
{
	u32 outcome = CLEAVE_NR_OUTCOMES, i;
	struct session *s;

	for_each_session(s, i) {
		struct cleave_as *as = ledger_at(&s->ledger,
						 fault_slot(s, vma->vm_mm));

		if (!as)
			continue;
		if (outcome == CLEAVE_NR_OUTCOMES)
			outcome = copy_outcome(vma, pte);
		book_as(s, as, addr, outcome);
	}
}

static int fault_enter(struct frame *f, u32 in, struct vm_area_struct *vma,
		       unsigned long addr)
{
	if (!fault_begins(vma->vm_mm))
		return 1;
	f->in = in;
	f->fault = true;
	f->mm = vma->vm_mm;
	f->vma = vma;
	f->addr = addr;
	frame_push(f);
	return 0;
}

static int fault_exit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	frame_pop((struct frame *)ri->data);
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
	return fault_enter((struct frame *)ri->data, CLEAVE_IN_HUGETLB_WP,
			   hf.vma, hf.addr);
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

/*
 * By wp_page_copy(), under the page table lock and behind pte_same(): the entry
 * is still there, and is what was copied.
 */
static void clear_flush(unsigned long a0, unsigned long addr, unsigned long ptep,
			unsigned long caller)
{
	struct vm_area_struct *vma = (struct vm_area_struct *)a0;

	if (caller_of(caller) == CALLER_WP)
		wp_copied(vma, addr, ptep_get((pte_t *)ptep));
	else
		hugetlb_marker(vma, CLEAVE_HUGETLB_COPIED);
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

	return fault_enter((struct frame *)ri->data, CLEAVE_IN_HUGE_WP,
			   vmf->vma, vmf->address);
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
#endif /* without it there is no huge page to see */

/* ---- clone ---- */

/**
 * struct clone_frame - from copy_process() entry to its return, and for
 * copy_huge_pmd() within it
 * @node: in the table of frames; @node.in is CLEAVE_IN_CLONE
 * @start: time of entry
 * @args: argument of copy_process()
 * @range: pages of shared mappings
 * @pages: of the child
 * @per: for each session that traces the creator: which session that was, the
 *	creator's slot and the one that is being made
 */
struct clone_frame {
	struct frame node;
	u64 start;
	struct kernel_clone_args *args;
	struct cleave_range range;
	struct cleave_pages pages;
	struct {
		u64 session;
		u32 parent;
		u32 child;
	} per[MAX_SESSIONS];
};

static bool clone_enter_session(struct session *s, struct clone_frame *cf,
				u64 now)
{
	struct mm_struct *mm = current->mm;
	u32 parent = ledger_find(&s->ledger, mm), child = 0;

	if (!parent && sees_current(s)) {
		if (mm)
			parent = enter_found(s, mm);
	} else if (!parent && !ledger_traces(&s->ledger, current->tgid)) {
		return false;	/* and not one of which the space was lost */
	}
	if (mm && !(cf->args->flags & CLONE_VM)) {
		child = ledger_alloc(&s->ledger, CLEAVE_BY_CLONE, 0, now);
		if (child && parent)
			cleave_as_follow(ledger_at(&s->ledger, child),
					 ledger_at(&s->ledger, parent),
					 parent - 1);
	}
	cf->per[s->index].session = s->id;
	cf->per[s->index].parent = parent;
	cf->per[s->index].child = child;
	return true;
}

static int clone_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct clone_frame *cf = (struct clone_frame *)ri->data;
	bool traced = false;
	struct session *s;
	u64 now = ktime_get_mono_fast_ns();
	u32 i;

	memset(cf, 0, sizeof(*cf));
	cf->args = arg(regs, 3);
	for_each_session(s, i)
		traced |= clone_enter_session(s, cf, now);
	if (!traced)
		return 1;
	cf->node.in = CLEAVE_IN_CLONE;
	frame_push(&cf->node);
	cf->start = ktime_get_mono_fast_ns();
	return 0;
}

static enum cleave_call clone_call(const struct kernel_clone_args *args)
{
	struct cleave_maker m = {
		.kthread = !!args->kthread,
		.io_thread = !!args->io_thread,
		.user_worker = compat_user_worker(args),
		.idle = !!args->idle,
		.fn = !!args->fn,
		.compat = in_ia32_syscall(),
		.syscall = syscall_get_nr(current, task_pt_regs(current)),
	};

	return cleave_call_of(&m);
}

static u64 file_pages(struct mm_struct *mm)
{
	return compat_mm_counter(mm, MM_FILEPAGES) +
	       compat_mm_counter(mm, MM_SHMEMPAGES);
}

static u64 hugetlb_pages(struct mm_struct *mm)
{
#ifdef CONFIG_HUGETLB_PAGE
	return atomic_long_read(&mm->hugetlb_usage);
#else
	return 0;
#endif
}

/* What the page tables of @mm, just made by dup_mmap(), hold. */
static void mm_pages(struct mm_struct *mm, const struct cleave_range *range,
		     struct cleave_pages *pages)
{
	struct cleave_range r = *range;

	pages->anon = compat_mm_counter(mm, MM_ANONPAGES);
	pages->file = file_pages(mm);
	pages->swap = compat_mm_counter(mm, MM_SWAPENTS);
	pages->hugetlb = hugetlb_pages(mm);
	cleave_range_next(&r, 0, pages->file, pages->hugetlb);
	cleave_range_apply(&r, pages);
}

static void clone_own_mm(struct session *s, struct cleave_clone *c,
			 const struct clone_frame *cf, struct task_struct *task,
			 u64 now)
{
	u32 parent = cf->per[s->index].parent, child = cf->per[s->index].child;
	struct cleave_as *as = ledger_at(&s->ledger, child);
	struct mm_struct *mm = task->mm;

	c->has_pages = 1;
	c->pages = cf->pages;
	if (!as) {
		ledger_lost(&s->ledger);
		return;
	}
	cleave_as_cloned(as, ledger_at(&s->ledger, parent), task->tgid, now,
			 &c->pages);
	c->as = as->id;
	cleave_add(&s->totals.shared, as->shared);
	ledger_insert(&s->ledger, mm, child);
}

static void clone_drop(struct session *s, u32 child)
{
	struct cleave_as *as = ledger_at(&s->ledger, child);

	if (!as)
		return;
	ledger_unfollow(&s->ledger, as);
	ledger_put(&s->ledger, child);
}

static void clone_child(struct session *s, struct cleave_clone *c,
			struct task_struct *child)
{
	struct pid_namespace *own = task_active_pid_ns(child);

	c->child_pid = task_tgid_nr_ns(child, s->ns);
	c->child_tid = task_pid_nr_ns(child, s->ns);
	c->child_ns_pid = task_tgid_nr_ns(child, own);
	c->child_ns_tid = task_pid_nr_ns(child, own);
}

static void clone_done(struct session *s, struct cleave_clone *c,
		       const struct clone_frame *cf, struct task_struct *child,
		       u64 now)
{
	struct mm_struct *mm = child->mm;

	if (mm && !(c->flags & CLONE_VM))
		clone_own_mm(s, c, cf, child, now);
	else if (mm)
		c->as = c->parent_as;
	c->pages.vm = mm ? mm->total_vm : 0;
	clone_child(s, c, child);
	cleave_add(&s->totals.clones[c->kind], 1);
	if (c->kind != CLEAVE_KIND_THREAD && mm)
		ledger_note_proc(&s->ledger, child->tgid, c->as);
}

/* What only clone3() can ask for. */
static void clone_wishes(struct cleave_clone *c,
			 const struct kernel_clone_args *args)
{
	c->set_tids = args->set_tid_size;
	if (args->set_tid_size)
		c->set_tid = args->set_tid[0];
	if (c->flags & CLONE_INTO_CGROUP)
		c->cgroup_fd = args->cgroup;
}

static void clone_exit_session(struct session *s, const struct clone_frame *cf,
			       struct task_struct *child, u64 now)
{
	struct cleave_as *creator = ledger_at(&s->ledger,
					      cf->per[s->index].parent);
	struct cleave_clone c = { .flags = cf->args->flags }, *rec;

	c.call = clone_call(cf->args);
	c.kind = cleave_kind_of(c.flags, c.call);
	c.duration_ns = now - cf->start;
	c.parent_as = creator ? creator->id : 0;
	c.parent_pid = task_tgid_nr_ns(current, s->ns);
	c.parent_tid = task_pid_nr_ns(current, s->ns);
	c.exit_signal = c.kind == CLEAVE_KIND_THREAD ? -1 :
						       cf->args->exit_signal;
	clone_wishes(&c, cf->args);
	memcpy(c.comm, current->comm, sizeof(c.comm));
	if (IS_ERR(child)) {
		c.error = -PTR_ERR(child);
		clone_drop(s, cf->per[s->index].child);
		cleave_add(&s->totals.clone_errors, 1);
	} else {
		clone_done(s, &c, cf, child, now);
	}
	rec = session_reserve(s, CLEAVE_REC_CLONE, sizeof(*rec));
	if (!rec)
		return;
	c.hdr = rec->hdr;
	*rec = c;
	session_commit(s, rec);
}

static int clone_exit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct clone_frame *cf = (struct clone_frame *)ri->data;
	struct task_struct *child = (void *)regs_return_value(regs);
	u64 now = ktime_get_mono_fast_ns();
	struct session *s;
	u32 i;

	frame_pop(&cf->node);
	/* Once for all sessions: the counters are of as many parts as CPUs. */
	if (!IS_ERR(child) && child->mm && !(cf->args->flags & CLONE_VM))
		mm_pages(child->mm, &cf->range, &cf->pages);
	for_each_session(s, i)
		if (cf->per[i].session == s->id)
			clone_exit_session(s, cf, child, now);
	return 0;
}

/* The clone that a frame is of, or NULL. */
static struct clone_frame *clone_of(struct frame *f)
{
	if (!f || f->in != CLEAVE_IN_CLONE)
		return NULL;
	return container_of(f, struct clone_frame, node);
}

/* The entry that a clone is making in the next session that traces it. */
static struct cleave_as *child_next(const struct clone_frame *cf, u32 *i,
				    struct session **s)
{
	for (; (*s = session_next(i)); (*i)++)
		if (cf->per[*i].session == (*s)->id && cf->per[*i].child)
			return ledger_at(&(*s)->ledger, cf->per[*i].child);
	return NULL;
}

#define for_each_child(s, i, cf, as)					\
	for ((i) = 0; ((as) = child_next(cf, &(i), &(s))); (i)++)

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
/* Migration entries are counted in MM_ANONPAGES, the huge zero page is not. */
static bool pmd_maps_anon(pmd_t pmd)
{
	if (pmd_none(pmd))
		return false;
	return !pmd_present(pmd) || folio_test_anon(page_folio(pmd_page(pmd)));
}

static int copy_huge_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	*(pmd_t **)ri->data = arg(regs, 2);
	return clone_of(frame_current()) ? 0 : 1;
}

static int copy_huge_exit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct clone_frame *cf = clone_of(frame_current());
	struct cleave_as *as;
	struct session *s;
	u32 i;

	if (!cf || (int)regs_return_value(regs) ||
	    !pmd_maps_anon(READ_ONCE(**(pmd_t **)ri->data)))
		return 0;
	for_each_child(s, i, cf, as)
		cleave_add(&as->huge, HPAGE_PMD_NR);
	return 0;
}
#endif

/*
 * Fork gives the child a new page only in copy_present_page() and, for hugetlb,
 * hugetlb_install_folio(): because the creator's may be pinned.  Other faults of
 * copy_process() are in the creator's own address space.
 *
 * Returns the clone that has just copied a page into @vma, or NULL.
 */
static struct clone_frame *copied_by_fork(struct frame *f,
					  const struct vm_area_struct *vma)
{
	return vma->vm_mm == current->mm ? NULL : clone_of(f);
}

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

static void new_rmap(unsigned long page, unsigned long a1, unsigned long addr,
		     unsigned long ip)
{
	struct vm_area_struct *vma = (struct vm_area_struct *)a1;
	enum caller caller = caller_of(ip);
	struct clone_frame *cf;
	struct cleave_as *as;
	struct session *s;
	struct frame *f;
	u32 i;

	if (caller == CALLER_WP) {
		/* A copy: clear_flush() has told it. */
		WRITE_ONCE(caller_idle[CALLER_IDLE_WP], ip);
		return;
	}
	f = frame_current();
	cf = copied_by_fork(f, vma);
	if (cf) {
		for_each_child(s, i, cf, as)
			cleave_add(&as->copied, 1);
		return;
	}
	/* do_huge_zero_wp_pmd(), since 6.13. */
	if (f && f->in == CLEAVE_IN_HUGE_WP &&
	    marker_counts(f, vma, addr, PMD_MASK))
		book(f, CLEAVE_HUGE_ZERO);
	else
		first_write(vma, addr, ip, caller, f);
}

static void hugetlb_rmap(unsigned long page, unsigned long vma,
			 unsigned long addr, unsigned long caller)
{
	struct clone_frame *cf = copied_by_fork(frame_current(),
						(struct vm_area_struct *)vma);
	struct cleave_as *as;
	struct session *s;
	u32 i;

	if (!cf)
		return;
	for_each_child(s, i, cf, as)
		cleave_add(&as->copied_hugetlb,
			   compound_nr(compound_head((struct page *)page)));
}

/* copy_page_range(): once for each vma that fork copies the page tables of. */
static void copy_range(unsigned long a0, unsigned long a1, unsigned long a2,
		       unsigned long caller)
{
	struct vm_area_struct *dst = (struct vm_area_struct *)a0;
	struct vm_area_struct *src = (struct vm_area_struct *)a1;
	struct clone_frame *cf = clone_of(frame_current());
	bool shared = src->vm_flags & VM_SHARED;

	if (cf && (shared || cf->range.open))
		cleave_range_next(&cf->range, shared, file_pages(dst->vm_mm),
				  hugetlb_pages(dst->vm_mm));
}

/* uprobe_dup_mmap(): dup_mmap() has just locked the creator's mmap_lock. */
static void dup_mmap(unsigned long oldmm, unsigned long mm, unsigned long a2,
		     unsigned long caller)
{
	struct clone_frame *cf = clone_of(frame_current());
	struct cleave_as *as;
	struct session *s;
	u32 i;

	if (!cf)
		return;
	for_each_child(s, i, cf, as)
		if (cf->per[i].parent)
			cleave_as_window(as, ledger_at(&s->ledger,
						       cf->per[i].parent));
}

/* ---- the end of an address space ---- */

static void send_end(struct session *s, struct cleave_as *as, u32 what,
		     struct cleave_as *creator)
{
	struct cleave_end *e = session_reserve(s, CLEAVE_REC_END, sizeof(*e));

	if (!e)
		return;
	cleave_as_figures(as, creator, e->hdr.ts, &e->fig);
	e->what = what;
	session_commit(s, e);
}

static void mm_exit_session(struct session *s, struct mm_struct *mm)
{
	u32 slot = ledger_remove(&s->ledger, mm);
	struct cleave_as *as = ledger_at(&s->ledger, slot);
	struct cleave_figures fig;
	u32 what;

	if (!as)
		return;
	what = cleave_as_ends(as);
	cleave_total_cow(&s->totals, as);
	if (what & CLEAVE_HAS_FIGURES) {
		send_end(s, as, what, ledger_at(&s->ledger, as->creator));
		cleave_as_figures(as, NULL, 0, &fig);
		cleave_total_figures(&s->totals, &fig);
		ledger_unfollow(&s->ledger, as);
	} else if (what != CLEAVE_TOLD_BY_EXEC) {
		send_end(s, as, what, NULL);
	}
	ledger_put(&s->ledger, slot);
}

static void mm_exit(unsigned long mm, unsigned long a1, unsigned long a2,
		    unsigned long caller)
{
	struct session *s;
	u32 i;

	for_each_session(s, i)
		mm_exit_session(s, (struct mm_struct *)mm);
}

/* ---- exec ---- */

/**
 * struct exec_frame - from begin_new_exec() entry to its return
 * @bprm: its argument
 * @comm: of the task before
 * @per: for each session that traces the task: the session, the slot of the
 *	address space that is given up, and the task's id before it takes its
 *	leader's over (de_thread())
 */
struct exec_frame {
	struct linux_binprm *bprm;
	char comm[TASK_COMM_LEN];
	struct {
		u64 session;
		u32 old;
		s32 tid;
	} per[MAX_SESSIONS];
};

static bool exec_enter_session(struct session *s, struct exec_frame *ef)
{
	u32 old = ledger_find(&s->ledger, current->mm);
	struct cleave_as *as = ledger_at(&s->ledger, old);

	if (!as && !sees_current(s) &&
	    !ledger_traces(&s->ledger, current->tgid))
		return false;	/* and not one of which the space was lost */
	if (as) {
		cleave_add(&as->refs, 1);
		cleave_as_exec_begins(as, current->tgid);
	}
	ef->per[s->index].session = s->id;
	ef->per[s->index].old = old;
	ef->per[s->index].tid = task_pid_nr_ns(current, s->ns);
	return true;
}

static int exec_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct exec_frame *ef = (struct exec_frame *)ri->data;
	bool traced = false;
	struct session *s;
	u32 i;

	memset(ef, 0, sizeof(*ef));
	ef->bprm = arg(regs, 0);
	memcpy(ef->comm, current->comm, sizeof(ef->comm));
	for_each_session(s, i)
		traced |= exec_enter_session(s, ef);
	return traced ? 0 : 1;
}

/*
 * argv as execve() has put it on the new stack: strings in a row from bprm->p,
 * the environment after them up to bprm->exec.
 */
static void exec_args(struct cleave_exec *e, const struct linux_binprm *bprm)
{
	u32 n = CLEAVE_ARGS_LEN, i, seen = 0;

	e->argc = bprm->argc;
	if (bprm->exec - bprm->p < n)
		n = bprm->exec - bprm->p;
	if (copy_from_user_nofault(e->args, (void __user *)bprm->p, n))
		n = 0;
	for (i = 0; i < n && seen < e->argc; i++)
		if (!e->args[i])
			seen++;
	/* The environment is nobody's business. */
	memset(e->args + i, 0, CLEAVE_ARGS_LEN - i);
	e->args_len = i;
	if (seen < e->argc)
		e->what |= CLEAVE_ARGS_CUT;
}

static void exec_hide_args(struct cleave_exec *e,
			   const struct linux_binprm *bprm)
{
	e->argc = bprm->argc;
	e->what |= CLEAVE_ARGS_HIDDEN;
}

/*
 * The address space that the exec gives up: its figures, if they are its, and
 * its id.  Returns CLEAVE_HAS_FIGURES or 0.
 */
static u32 exec_old(struct session *s, struct cleave_figures *fig, u64 *id,
		    u32 slot, bool failed, u64 now)
{
	struct cleave_as *as = ledger_at(&s->ledger, slot);
	u32 what = 0;

	if (!as)
		return 0;
	*id = as->id;
	if (cleave_as_exec_ends(as, current->tgid, failed)) {
		cleave_as_figures(as, ledger_at(&s->ledger, as->creator), now,
				  fig);
		what = CLEAVE_HAS_FIGURES;
		cleave_total_figures(&s->totals, fig);
		ledger_unfollow(&s->ledger, as);
	}
	ledger_put(&s->ledger, slot);
	return what;
}

static u64 exec_new(struct session *s, u64 now)
{
	struct cleave_as *as;
	u64 id;

	as = ledger_at(&s->ledger,
		       ledger_enter(&s->ledger, current->mm, CLEAVE_BY_EXEC,
				    current->tgid, now));
	id = as ? as->id : 0;
	ledger_note_proc(&s->ledger, current->tgid,
			 as ? id : LEDGER_LOST_NOW);
	return id;
}

static void exec_exit_session(struct session *s, const struct exec_frame *ef,
			      int ret, u64 now)
{
	struct cleave_figures fig = {};
	u64 old_as = 0, new_as = 0;
	struct cleave_exec *e;
	u32 what;

	/* The ledger is kept though the record be lost. */
	what = exec_old(s, &fig, &old_as, ef->per[s->index].old, ret != 0, now);
	if (!ret)
		new_as = exec_new(s, now);
	cleave_add(ret ? &s->totals.exec_errors : &s->totals.execs, 1);
	e = session_reserve(s, CLEAVE_REC_EXEC, sizeof(*e));
	if (!e)
		return;
	e->fig = fig;
	e->what = what;
	e->old_as = old_as;
	e->as = new_as;
	e->pid = task_tgid_nr_ns(current, s->ns);
	e->tid = ef->per[s->index].tid;
	e->error = -ret;
	memcpy(e->comm, ef->comm, sizeof(e->comm));
	if (strscpy(e->path, ef->bprm->filename, sizeof(e->path)) < 0)
		e->what |= CLEAVE_PATH_CUT;
	if (!ret && s->no_args)
		exec_hide_args(e, ef->bprm);
	else if (!ret)
		exec_args(e, ef->bprm);
	e->hdr.size = offsetof(struct cleave_exec, args) + e->args_len;
	session_commit(s, e);
}

static int exec_exit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct exec_frame *ef = (struct exec_frame *)ri->data;
	int ret = regs_return_value(regs);
	u64 now = ktime_get_mono_fast_ns();
	struct frame *f = frame_current();
	struct session *s;
	u32 i;

	if (f && f->in == CLEAVE_IN_EXECVE)
		f->in = CLEAVE_IN_NONE;
	for_each_session(s, i)
		if (ef->per[i].session == s->id)
			exec_exit_session(s, ef, ret, now);
	return 0;
}

/*
 * A traced process has exec'ed, and begin_new_exec() could not be probed: go on
 * in its new address space all the same.
 */
static void follow_exec(void *data, struct task_struct *task, pid_t old_pid,
			struct linux_binprm *bprm)
{
	struct session *s;
	u32 i;

	preempt_disable_notrace();
	for_each_session(s, i)
		if (ledger_has_proc(&s->ledger, task->tgid) &&
		    !ledger_find(&s->ledger, task->mm) &&
		    !ledger_lost_now(&s->ledger, task->tgid))
			exec_new(s, ktime_get_mono_fast_ns());
	preempt_enable_notrace();
}

/**
 * struct execve_frame - from the entry of execve(2) to its return
 * @node: in the table of frames; its @in is CLEAVE_IN_EXECVE until
 *	begin_new_exec() has reported the call
 * @path: argument of the system call, in user space
 */
struct execve_frame {
	struct frame node;
	const char __user *path;
};

static bool mm_traced(struct mm_struct *mm)
{
	struct session *s;
	u32 i;

	for_each_session(s, i)
		if (ledger_find(&s->ledger, mm) || sees_current(s))
			return true;
	return false;
}

static int execve_enter_path(struct kretprobe_instance *ri, unsigned long path)
{
	struct execve_frame *xf = (struct execve_frame *)ri->data;

	if (!current->mm || !mm_traced(current->mm))
		return 1;
	memset(xf, 0, sizeof(*xf));
	xf->path = (const char __user *)path;
	xf->node.in = CLEAVE_IN_EXECVE;
	frame_push(&xf->node);
	return 0;
}

/* The wrappers of system calls take the user's registers. */
static int execve_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct pt_regs *user = arg(regs, 0);

	return execve_enter_path(ri, user->di);
}

static int execveat_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct pt_regs *user = arg(regs, 0);

	return execve_enter_path(ri, user->si);
}

/* Up to its NUL; a page at a time, as the next one need not be there. */
static void user_path(struct cleave_exec *e, const char __user *from)
{
	unsigned long n = PAGE_SIZE - offset_in_page(from);
	u32 len = sizeof(e->path) - 1;

	n = min_t(unsigned long, n, len);
	if (copy_from_user_nofault(e->path, from, n))
		return;
	if (n < len && strnlen(e->path, n) == n &&
	    copy_from_user_nofault(e->path + n, from + n, len - n))
		return;
	n = strnlen(e->path, len);
	memset(e->path + n, 0, sizeof(e->path) - n);
	if (n == len)
		e->what |= CLEAVE_PATH_CUT;
}

static void execve_failed(struct session *s, const char __user *path, int error)
{
	struct cleave_as *as = ledger_at(&s->ledger, ledger_find(&s->ledger,
								 current->mm));
	struct cleave_exec *e;

	if (!as)
		return;
	cleave_add(&s->totals.exec_errors, 1);
	e = session_reserve(s, CLEAVE_REC_EXEC, sizeof(*e));
	if (!e)
		return;
	e->as = as->id;
	e->old_as = as->id;
	e->pid = task_tgid_nr_ns(current, s->ns);
	e->tid = task_pid_nr_ns(current, s->ns);
	e->error = error;
	memcpy(e->comm, current->comm, sizeof(e->comm));
	user_path(e, path);
	e->hdr.size = offsetof(struct cleave_exec, args);
	session_commit(s, e);
}

static int execve_exit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct execve_frame *xf = (struct execve_frame *)ri->data;
	long ret = regs_return_value(regs);
	struct session *s;
	u32 i;

	frame_pop(&xf->node);
	if (ret >= 0 || xf->node.in != CLEAVE_IN_EXECVE)
		return 0;
	for_each_session(s, i)
		execve_failed(s, xf->path, -ret);
	return 0;
}

/* ---- exit ---- */

/* wait_task_zombie()'s choice of the status. */
static int exit_status(struct task_struct *task)
{
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		return task->signal->group_exit_code;
	return task->group_leader->exit_code;
}

static void exit_session(struct session *s, struct task_struct *task)
{
	struct cleave_exit *e;
	u64 as = 0;

	if (!ledger_end_proc(&s->ledger, task->tgid, &as)) {
		if (ledger_end_lost(&s->ledger, task->tgid)) {
			cleave_add(&s->totals.exits, 1);
			cleave_add(&s->totals.lost[CLEAVE_REC_EXIT], 1);
		}
		return;
	}
	cleave_add(&s->totals.exits, 1);
	e = session_reserve(s, CLEAVE_REC_EXIT, sizeof(*e));
	if (!e)
		return;
	e->as = as;
	e->pid = task_tgid_nr_ns(task, s->ns);
	e->status = exit_status(task);
	memcpy(e->comm, task->group_leader->comm, sizeof(e->comm));
	session_commit(s, e);
}

static void COMPAT_EXIT_PROBE(task_exit, task)
{
	struct session *s;
	u32 i;

	frames_drop();
	if (atomic_read(&task->signal->live))
		return;
	preempt_disable_notrace();
	for_each_session(s, i)
		exit_session(s, task);
	preempt_enable_notrace();
}

const struct probe_def probe_defs[CLEAVE_NR_HOOKS] = {
	[CLEAVE_HOOK_CLEAR_FLUSH] = { .entry = clear_flush, .hot = true },
	[CLEAVE_HOOK_SET_ACCESS] = { .entry = set_access },
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	[CLEAVE_HOOK_PMD_SET_ACCESS] = { .entry = pmd_set_access },
	[CLEAVE_HOOK_HUGE_WP] = {
		.enter = huge_wp_enter, .exit = huge_wp_exit,
		.data = sizeof(struct frame),
	},
	[CLEAVE_HOOK_COPY_HUGE_PMD] = {
		.enter = copy_huge_enter, .exit = copy_huge_exit,
		.data = sizeof(pmd_t *),
	},
#endif
	[CLEAVE_HOOK_WP_PAGE] = { .entry = wp_page, .hot = true },
	[CLEAVE_HOOK_HUGETLB_WP] = {
		.enter = hugetlb_enter, .exit = fault_exit,
		.data = sizeof(struct frame),
	},
	[CLEAVE_HOOK_NEW_RMAP] = { .entry = new_rmap, .hot = true },
	[CLEAVE_HOOK_HUGETLB_RMAP] = { .entry = hugetlb_rmap },
	[CLEAVE_HOOK_COPY_RANGE] = { .entry = copy_range },
	[CLEAVE_HOOK_DUP_MMAP] = { .entry = dup_mmap },
	[CLEAVE_HOOK_EXIT_MMAP] = { .entry = mm_exit },
	[CLEAVE_HOOK_EXIT_TASK] = { .tracepoint = task_exit },
	[CLEAVE_HOOK_FOLLOW_EXEC] = { .tracepoint = follow_exec },
	[CLEAVE_HOOK_EXECVE] = {
		.enter = execve_enter, .exit = execve_exit,
		.data = sizeof(struct execve_frame),
	},
	[CLEAVE_HOOK_EXECVEAT] = {
		.enter = execveat_enter, .exit = execve_exit,
		.data = sizeof(struct execve_frame),
	},
	[CLEAVE_HOOK_NEW_EXEC] = {
		.enter = exec_enter, .exit = exec_exit,
		.data = sizeof(struct exec_frame),
	},
	[CLEAVE_HOOK_COPY_PROCESS] = {
		.enter = clone_enter, .exit = clone_exit,
		.data = sizeof(struct clone_frame),
	},
};
