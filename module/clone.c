// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone.c - copy_process(): who makes whom, and what page tables the child gets.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/timekeeping.h>
#include <asm/syscall.h>

#include "cleave_rules.h"
#include "cgroup.h"
#include "compat.h"
#include "frame.h"
#include "probes.h"
#include "traced.h"
#include "x86.h"

/**
 * struct clone_frame - from copy_process() entry to its return, and for
 * copy_huge_pmd() within it
 * @node: in the table of frames; @node.in is CLEAVE_IN_CLONE
 * @start: time of entry
 * @args: argument of copy_process()
 * @range: pages of shared mappings
 * @pages: of the child
 * @page_tables: of the child, in bytes
 * @seen: the sessions that trace the creator
 * @per: for each of them the creator's slot and the one that is being made
 */
struct clone_frame {
	struct frame node;
	u64 start;
	struct kernel_clone_args *args;
	struct cleave_range range;
	struct cleave_pages pages;
	u64 page_tables;
	struct seen seen;
	struct {
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
			parent = traced_meet(s, mm);
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
	seen_by(&cf->seen, s);
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
		.compat = x86_compat_syscall(),
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
	c->page_tables = cf->page_tables;
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
	c->cgroup = cgroup_of(child);
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
		ledger_drop(&s->ledger, cf->per[s->index].child);
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
	if (!IS_ERR(child) && child->mm && !(cf->args->flags & CLONE_VM)) {
		mm_pages(child->mm, &cf->range, &cf->pages);
		cf->page_tables = mm_pgtables_bytes(child->mm);
	}
	for_each_seen(s, i, &cf->seen)
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
	for (; (*s = seen_next(&cf->seen, i)); (*i)++)
		if (cf->per[*i].child)
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

const struct probe_def copy_huge_pmd_probe = {
	.enter = copy_huge_enter,
	.exit = copy_huge_exit,
	.data = sizeof(pmd_t *),
};
#endif

/**
 * clone_copied() - has fork given the child a new page just now?
 * @vma: that gets it
 * @pages: base pages of it
 * @hugetlb: it is a hugetlb one
 *
 * Only in copy_present_page() and, for hugetlb, hugetlb_install_folio(): because
 * the creator's may be pinned.  Other faults of copy_process() are in the
 * creator's own address space.
 *
 * Return: true if so, which is counted.
 */
bool clone_copied(const struct vm_area_struct *vma, u64 pages, bool hugetlb)
{
	struct clone_frame *cf = clone_of(frame_current());
	struct cleave_as *as;
	struct session *s;
	u32 i;

	if (!cf || vma->vm_mm == current->mm)
		return false;
	for_each_child(s, i, cf, as)
		cleave_add(hugetlb ? &as->copied_hugetlb : &as->copied, pages);
	return true;
}

static void hugetlb_rmap(unsigned long page, unsigned long vma,
			 unsigned long addr, unsigned long caller)
{
	clone_copied((struct vm_area_struct *)vma,
		     compound_nr(compound_head((struct page *)page)), true);
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

const struct probe_def hugetlb_rmap_probe = { .entry = hugetlb_rmap };
const struct probe_def copy_range_probe = { .entry = copy_range };
const struct probe_def dup_mmap_probe = { .entry = dup_mmap };

const struct probe_def copy_process_probe = {
	.enter = clone_enter,
	.exit = clone_exit,
	.data = sizeof(struct clone_frame),
};
