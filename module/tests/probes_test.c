// SPDX-License-Identifier: GPL-2.0-only
/*
 * probes_test.c - the probes on faults and clones that are made up: what each
 * nested marker comes to, and for whom.
 */
#include "test.h"
#include "../probes.c"
#include "../stub.h"
#include "cleave_ioctl.h"

#define ADDR	0x7000000000UL
#define TRACED	((struct mm_struct *)0x1000UL)
#define OTHER	((struct mm_struct *)0x2000UL)
/* Return addresses: into do_wp_page(), and into what is none of the fault's. */
#define BY_WP		0xffffffff81001010UL
#define BY_FILE		0xffffffff81002020UL
#define BY_FAULT	0xffffffff81003030UL
#define BY_FAULT_TOO	0xffffffff81003040UL
#define ELSEWHERE	0xffffffff81004040UL

/* A probed call and what it brings along, at its end; a clone's is the largest. */
#define CALL_SIZE	(sizeof(struct kretprobe_instance) + sizeof(struct clone_frame))

struct fixture {
	struct session *s;
	struct mm_struct *met;
	struct vm_area_struct *vma;
	struct page *page;
	struct pt_regs regs;
	u8 *ri;
};

static void no_attach(u64 pretend_missing)
{
}

static void no_detach(void)
{
}

static struct session *start_session(u32 flags)
{
	struct cleave_start start = {
		.size = sizeof(start),
		.abi = CLEAVE_ABI_VERSION,
		.ring_size = 16 * PAGE_SIZE,
		.max_as = 16,
		.flags = flags,
	};

	return session_start(&start);
}

static void end_session(struct session *s)
{
	session_stop(s);
	session_free(s);
}

static void known_caller(unsigned long ip, enum caller caller)
{
	unsigned long *at = &callers[hash_long(ip, CALLER_BITS)];

	while (*at)
		at++;
	*at = ip << CALLER_SHIFT | caller;
}

static int probes_setup(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	kunit_activate_static_stub(test, hooks_attach, no_attach);
	kunit_activate_static_stub(test, hooks_detach, no_detach);
	test->priv = f;
	if (!f)
		return -ENOMEM;
	callers_forget();
	known_caller(BY_WP, CALLER_WP);
	known_caller(BY_FILE, CALLER_FILE);
	known_caller(BY_FAULT, CALLER_FAULT);
	known_caller(BY_FAULT_TOO, CALLER_FAULT);
	known_caller(ELSEWHERE, CALLER_OTHER);
	if (frames_init())
		return -ENOMEM;
	f->vma = kunit_kzalloc(test, sizeof(*f->vma), GFP_KERNEL);
	f->ri = kunit_kzalloc(test, CALL_SIZE, GFP_KERNEL);
	f->met = kunit_kzalloc(test, sizeof(*f->met), GFP_KERNEL);
	f->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	f->s = start_session(0);
	if (!f->vma || !f->ri || !f->met || !f->page || IS_ERR(f->s))
		return -ENOMEM;
	f->vma->vm_mm = TRACED;
	preempt_disable();
	ledger_enter(&f->s->ledger, TRACED, CLEAVE_BY_EXEC, 1, 1);
	preempt_enable();
	return 0;
}

static void probes_teardown(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	if (!IS_ERR_OR_NULL(f->s))
		end_session(f->s);
	if (f->page)
		__free_page(f->page);
	frames_free();
}

static struct kretprobe_instance *ri_of(struct fixture *f)
{
	return (struct kretprobe_instance *)f->ri;
}

static struct frame *frame_of(struct fixture *f)
{
	return (struct frame *)ri_of(f)->data;
}

static u64 counted(struct session *s, u32 outcome)
{
	u64 cow[CLEAVE_NR_OUTCOMES];
	struct cleave_as *as;
	u64 n;

	preempt_disable();
	as = ledger_at(&s->ledger, ledger_find(&s->ledger, TRACED));
	if (as)
		cleave_as_cow(as, cow);
	n = as ? cow[outcome] : ~0ULL;
	preempt_enable();
	return n;
}

/* One fault in do_wp_page(), with at most one marker. */
struct fault {
	const char *name;
	unsigned long mapping;		/* of the page; 1: anonymous, 3: KSM */
	bool no_page, zero_page;
	unsigned long vm_flags;
	unsigned int fault_flags;
	enum { NO_MARKER, CLEARED, ACCESS } marker;
	bool elsewhere;
	u32 want;
};

static const struct fault faults[] = {
	{ "anon_copied", 1, .marker = CLEARED, .want = CLEAVE_COPIED },
	{ "anon_reused", 1, .marker = ACCESS, .want = CLEAVE_REUSED },
	{ "zero_inserted", .zero_page = true, .vm_flags = VM_MIXEDMAP,
	  .marker = CLEARED, .want = CLEAVE_NOT_A_BREAK },
	{ "zero", .no_page = true, .marker = CLEARED, .want = CLEAVE_ZERO },
	{ "pfn", .no_page = true, .vm_flags = VM_PFNMAP, .marker = CLEARED,
	  .want = CLEAVE_NOT_A_BREAK },
	{ "mixed", .no_page = true, .vm_flags = VM_MIXEDMAP, .marker = CLEARED,
	  .want = CLEAVE_NOT_A_BREAK },
	{ "file", 0x1000, .marker = CLEARED, .want = CLEAVE_FILE },
	{ "ksm", 3, .marker = CLEARED, .want = CLEAVE_KSM },
	{ "unshare_anon", 1, .fault_flags = FAULT_FLAG_UNSHARE, .marker = CLEARED,
	  .want = CLEAVE_UNSHARE },
	{ "unshare_file", 0x1000, .fault_flags = FAULT_FLAG_UNSHARE, .marker = CLEARED,
	  .want = CLEAVE_UNSHARE },
	{ "notice", 0x1000, .vm_flags = VM_SHARED | VM_MAYSHARE, .marker = ACCESS,
	  .want = CLEAVE_NOT_A_BREAK },
	{ "lost_race", 1, .want = CLEAVE_NOT_A_BREAK },
	{ "reclaim", 1, .marker = CLEARED, .elsewhere = true,
	  .want = CLEAVE_NOT_A_BREAK },
	{ "young", 1, .marker = ACCESS, .elsewhere = true,
	  .want = CLEAVE_NOT_A_BREAK },
};

static void fault_name(const struct fault *t, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", t->name);
}

KUNIT_ARRAY_PARAM(faults, faults, fault_name);

static void marker(struct fixture *f, const struct fault *t)
{
	struct page *page = t->zero_page ? ZERO_PAGE(ADDR) : f->page;
	pte_t pte = pfn_pte(page_to_pfn(page), PAGE_READONLY);
	unsigned long caller = t->elsewhere ? ELSEWHERE : BY_WP;
	unsigned long vma = (unsigned long)f->vma;

	if (t->no_page)
		pte = pte_mkspecial(pte);
	if (t->marker == CLEARED) {
		clear_flush(vma, ADDR, (unsigned long)&pte, caller);
		new_rmap((unsigned long)f->page, vma, ADDR, caller);
	} else if (t->marker == ACCESS) {
		set_access(vma, ADDR, 0, caller);
	}
}

static void wp_fault(struct fixture *f, unsigned int flags)
{
	struct vm_fault vmf = {
		.vma = f->vma,
		.address = ADDR + 8,
		.flags = FAULT_FLAG_WRITE | flags,
	};

	wp_page((unsigned long)&vmf, 0, 0, ELSEWHERE);
}

static void probes_wp(struct kunit *test)
{
	const struct fault *t = test->param_value;
	struct fixture *f = test->priv;
	struct vm_area_struct shaped = { .vm_mm = TRACED };
	u32 i;

	*(unsigned long *)&shaped.vm_flags = t->vm_flags;
	memcpy(f->vma, &shaped, sizeof(shaped));
	page_folio(f->page)->mapping = (struct address_space *)t->mapping;
	preempt_disable();
	wp_fault(f, t->fault_flags);
	marker(f, t);
	preempt_enable();
	page_folio(f->page)->mapping = NULL;
	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++)
		KUNIT_EXPECT_EQ(test, counted(f->s, i), (u64)(i == t->want));
}

/* A fault for a pin that came to nothing must not colour the next one. */
static void probes_unshare_fails(struct kunit *test)
{
	struct fixture *f = test->priv;
	const struct fault t = { .marker = CLEARED, .no_page = true };

	preempt_disable();
	wp_fault(f, FAULT_FLAG_UNSHARE);
	wp_fault(f, 0);
	marker(f, &t);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, counted(f->s, CLEAVE_UNSHARE), 0ULL);
	KUNIT_EXPECT_EQ(test, counted(f->s, CLEAVE_ZERO), 1ULL);
	KUNIT_EXPECT_EQ(test, counted(f->s, CLEAVE_NOT_A_BREAK), 1ULL);
}

static void rmap_by(struct fixture *f, unsigned long caller, unsigned long flags,
		    bool ops)
{
	static const struct vm_operations_struct none;
	struct vm_area_struct shaped = {
		.vm_mm = TRACED, .vm_ops = ops ? &none : NULL,
	};

	*(unsigned long *)&shaped.vm_flags = flags;
	memcpy(f->vma, &shaped, sizeof(shaped));
	preempt_disable();
	new_rmap((unsigned long)f->page, (unsigned long)f->vma, ADDR, caller);
	preempt_enable();
}

/* Only what the fault itself maps; not what is swapped in or copied in. */
static void probes_file_first(struct kunit *test)
{
	struct fixture *f = test->priv;

	rmap_by(f, ELSEWHERE, 0, true);
	rmap_by(f, BY_FILE, VM_SHARED, true);
	rmap_by(f, BY_FILE, 0, false);
	rmap_by(f, BY_FAULT, 0, false);
	KUNIT_EXPECT_EQ(test, counted(f->s, CLEAVE_FILE_FIRST), 0ULL);
	rmap_by(f, BY_FILE, 0, true);
	KUNIT_EXPECT_EQ(test, counted(f->s, CLEAVE_FILE_FIRST), 1ULL);
	rmap_by(f, BY_FAULT_TOO, 0, true);
	KUNIT_EXPECT_EQ(test, counted(f->s, CLEAVE_FILE_FIRST), 2ULL);
}

/* What is passed over from then on is one call for anonymous memory. */
static void probes_idle(struct kunit *test)
{
	struct fixture *f = test->priv;

	rmap_by(f, ELSEWHERE, 0, false);
	rmap_by(f, BY_FILE, 0, true);
	rmap_by(f, BY_FAULT_TOO, 0, true);
	KUNIT_EXPECT_EQ(test, caller_idle[CALLER_IDLE_ANON], 0UL);
	rmap_by(f, BY_FAULT, 0, false);
	rmap_by(f, BY_WP, 0, false);
	KUNIT_EXPECT_TRUE(test, caller_is_idle(BY_FAULT));
	KUNIT_EXPECT_TRUE(test, caller_is_idle(BY_WP));
	KUNIT_EXPECT_FALSE(test, caller_is_idle(BY_FAULT_TOO));
	KUNIT_EXPECT_FALSE(test, caller_is_idle(BY_FILE));
	KUNIT_EXPECT_FALSE(test, caller_is_idle(ELSEWHERE));
}

/* ---- for whom ---- */

static int enter_by(struct fixture *f, struct mm_struct *mm)
{
	int ret;

	preempt_disable();
	f->vma->vm_mm = mm;
	ret = fault_enter(frame_of(f), CLEAVE_IN_HUGE_WP, f->vma, ADDR);
	if (!ret)
		fault_exit(ri_of(f), &f->regs);
	preempt_enable();
	return ret;
}

static void probes_filter(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, enter_by(f, OTHER), 1);
	KUNIT_EXPECT_EQ(test, f->s->ledger.used, 1U);
	KUNIT_EXPECT_EQ(test, enter_by(f, TRACED), 0);
	KUNIT_EXPECT_EQ(test, counted(f->s, CLEAVE_NOT_A_BREAK), 1ULL);
}

static void probes_filter_all(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct session *all = start_session(CLEAVE_START_ALL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	KUNIT_EXPECT_EQ(test, enter_by(f, OTHER), 0);
	KUNIT_EXPECT_EQ(test, all->ledger.used, 1U);
	KUNIT_EXPECT_EQ(test, f->s->ledger.used, 1U);
	/* An address space that both trace counts for both. */
	KUNIT_EXPECT_EQ(test, enter_by(f, TRACED), 0);
	KUNIT_EXPECT_EQ(test, counted(f->s, CLEAVE_NOT_A_BREAK), 1ULL);
	KUNIT_EXPECT_EQ(test, counted(all, CLEAVE_NOT_A_BREAK), 1ULL);
	end_session(all);
}

static void probes_no_session(struct kunit *test)
{
	struct fixture *f = test->priv;

	session_stop(f->s);
	KUNIT_EXPECT_EQ(test, enter_by(f, TRACED), 1);
	preempt_disable();
	wp_fault(f, 0);
	set_access((unsigned long)f->vma, ADDR, 0, BY_WP);
	set_access((unsigned long)f->vma, ADDR, 0, ELSEWHERE);
	mm_exit((unsigned long)TRACED, 0, 0, ELSEWHERE);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, counted(f->s, CLEAVE_NOT_A_BREAK), 0ULL);
	KUNIT_EXPECT_EQ(test, counted(f->s, CLEAVE_REUSED), 0ULL);
}

static void probes_break_record(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct session *s = start_session(CLEAVE_START_BREAKS);
	struct cleave_break *b;

	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	preempt_disable();
	ledger_enter(&s->ledger, TRACED, CLEAVE_BY_EXEC, 1, 1);
	book_mm(TRACED, ADDR + 8, CLEAVE_COPIED);
	/* No breaks: no records. */
	book_mm(TRACED, ADDR, CLEAVE_NOT_A_BREAK);
	book_mm(TRACED, ADDR, CLEAVE_FILE_FIRST);
	preempt_enable();
	b = (struct cleave_break *)(s->ring.data + CLEAVE_RING_HDR_SZ);
	KUNIT_EXPECT_EQ(test, s->totals.sent[CLEAVE_REC_BREAK], 1ULL);
	KUNIT_EXPECT_EQ(test, b->addr, (u64)ADDR);
	KUNIT_EXPECT_EQ(test, b->outcome, (u32)CLEAVE_COPIED);
	KUNIT_EXPECT_EQ(test, b->tid, current->pid);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_BREAK], 0ULL);
	end_session(s);
}

/* ---- clones, of a task that has no address space ---- */

static void clone_by(struct fixture *f, struct kernel_clone_args *args, long ret)
{
	f->regs.cx = (unsigned long)args;
	preempt_disable();
	if (!clone_enter(ri_of(f), &f->regs)) {
		f->regs.ax = ret;
		clone_exit(ri_of(f), &f->regs);
	}
	preempt_enable();
}

static struct cleave_clone *first_clone(struct session *s)
{
	return (struct cleave_clone *)(s->ring.data + CLEAVE_RING_HDR_SZ);
}

static void probes_clone_kthread(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct kernel_clone_args args = { .flags = CLONE_VM | CLONE_UNTRACED };
	struct session *all = start_session(CLEAVE_START_ALL);
	struct cleave_clone *c;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	args.kthread = 1;
	clone_by(f, &args, (long)current);
	c = first_clone(all);
	KUNIT_EXPECT_EQ(test, all->totals.clones[CLEAVE_KIND_KTHREAD], 1ULL);
	KUNIT_EXPECT_EQ(test, (int)c->kind, (int)CLEAVE_KIND_KTHREAD);
	KUNIT_EXPECT_EQ(test, c->flags, (u64)args.flags);
	KUNIT_EXPECT_EQ(test, c->child_tid, current->pid);
	KUNIT_EXPECT_EQ(test, c->as, 0ULL);
	KUNIT_EXPECT_EQ(test, (int)c->has_pages, 0);
	/* The session with roots does not trace the creator. */
	KUNIT_EXPECT_EQ(test, f->s->totals.clones[CLEAVE_KIND_KTHREAD], 0ULL);
	end_session(all);
}

static void probes_clone_fails(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct kernel_clone_args args = { .exit_signal = 17 };
	struct session *all = start_session(CLEAVE_START_ALL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	clone_by(f, &args, -EAGAIN);
	KUNIT_EXPECT_EQ(test, all->totals.clone_errors, 1ULL);
	KUNIT_EXPECT_EQ(test, first_clone(all)->error, EAGAIN);
	KUNIT_EXPECT_EQ(test, first_clone(all)->exit_signal, 17);
	KUNIT_EXPECT_EQ(test, first_clone(all)->child_pid, 0);
	end_session(all);
}

/* What a process does whose address space found the ledger full is told. */
static void probes_clone_of_lost(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct kernel_clone_args args = { .flags = CLONE_VM };

	args.kthread = 1;
	clone_by(f, &args, (long)current);
	KUNIT_EXPECT_EQ(test, f->s->totals.clones[CLEAVE_KIND_KTHREAD], 0ULL);
	preempt_disable();
	ledger_set_proc(&f->s->ledger, current->tgid, 0);
	preempt_enable();
	clone_by(f, &args, (long)current);
	KUNIT_EXPECT_EQ(test, f->s->totals.clones[CLEAVE_KIND_KTHREAD], 1ULL);
	KUNIT_EXPECT_EQ(test, first_clone(f->s)->parent_as, 0ULL);
}

static void fill_ledger(struct session *s)
{
	preempt_disable();
	while (ledger_alloc(&s->ledger, CLEAVE_BY_EXEC, 1, 1))
		;
	preempt_enable();
	s->ledger.lost = 0;
}

/* An exec of which the return was seen is not counted again by the tracepoint. */
static void probes_lost_once(struct kunit *test)
{
	struct fixture *f = test->priv;

	fill_ledger(f->s);
	preempt_disable();
	KUNIT_EXPECT_EQ(test, exec_new(f->s, 1), 0ULL);
	follow_exec(NULL, current, 0, NULL);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, f->s->ledger.lost, 1ULL);
	/* One that only the tracepoint has seen is. */
	follow_exec(NULL, current, 0, NULL);
	KUNIT_EXPECT_EQ(test, f->s->ledger.lost, 2ULL);
}

/* Spaces are counted, not the faults in one: here by another task. */
static void probes_lost_all(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct session *all = start_session(CLEAVE_START_ALL);
	u64 lost = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	fill_ledger(all);
	enter_by(f, f->met);
	KUNIT_EXPECT_EQ(test, all->ledger.lost, 0ULL);
#ifdef CONFIG_MEMCG
	rcu_assign_pointer(f->met->owner, current);
	lost = 1;
#endif
	enter_by(f, f->met);
	enter_by(f, f->met);
	KUNIT_EXPECT_EQ(test, all->ledger.lost, lost);
	end_session(all);
}

/* The entry was asked for and not there; whether there is a child shows later. */
static void probes_lost_clone(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_clone c = {};
	struct clone_frame cf = {};

	fill_ledger(f->s);
	preempt_disable();
	KUNIT_EXPECT_EQ(test, ledger_alloc(&f->s->ledger, CLEAVE_BY_CLONE, 0, 1), 0U);
	KUNIT_EXPECT_EQ(test, f->s->ledger.lost, 0ULL);
	clone_own_mm(f->s, &c, &cf, current, 1);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, f->s->ledger.lost, 1ULL);
}

/* A process of which the address space was lost execs. */
static void probes_exec_of_lost(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct linux_binprm *bprm = kunit_kzalloc(test, sizeof(*bprm), GFP_KERNEL);
	struct cleave_exec *e;

	KUNIT_ASSERT_NOT_NULL(test, bprm);
	bprm->filename = "/bin/true";
	fill_ledger(f->s);
	f->regs.di = (unsigned long)bprm;
	f->regs.ax = 0;
	preempt_disable();
	KUNIT_EXPECT_EQ(test, exec_enter(ri_of(f), &f->regs), 1);
	ledger_note_proc(&f->s->ledger, current->tgid, 0);
	KUNIT_EXPECT_EQ(test, exec_enter(ri_of(f), &f->regs), 0);
	exec_exit(ri_of(f), &f->regs);
	preempt_enable();
	e = (struct cleave_exec *)(f->s->ring.data + CLEAVE_RING_HDR_SZ);
	KUNIT_EXPECT_EQ(test, f->s->totals.execs, 1ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_EXEC], 1ULL);
	KUNIT_EXPECT_EQ(test, e->old_as, 0ULL);
	KUNIT_EXPECT_STREQ(test, e->path, "/bin/true");
	KUNIT_EXPECT_EQ(test, f->s->ledger.lost, 1ULL);
}

/* More processes than there is room for: those that end untold are counted. */
static void probes_procs_full(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 *lost = &f->s->totals.lost[CLEAVE_REC_EXIT];
	struct task_struct *task = kunit_kzalloc(test, sizeof(*task), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, task);
	preempt_disable();
	for (i = 1; i <= 16 + 3; i++)
		ledger_note_proc(&f->s->ledger, i, 0);
	KUNIT_EXPECT_EQ(test, *lost, 0ULL);
	for (i = 16 + 1; i <= 16 + 4; i++) {
		task->tgid = i;
		exit_session(f->s, task);
	}
	KUNIT_EXPECT_EQ(test, *lost, 3ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.exits, 3ULL);
	/* The next process of that number is another. */
	task->tgid = 16 + 1;
	exit_session(f->s, task);
	KUNIT_EXPECT_EQ(test, *lost, 3ULL);
	/* One ends and another, that there was no room for, execs: that is told. */
	ledger_note_proc(&f->s->ledger, 16 + 1, 0);
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(&f->s->ledger, 5, &(u64) { 0 }));
	ledger_note_proc(&f->s->ledger, 16 + 1, 7);
	KUNIT_EXPECT_TRUE(test, ledger_end_proc(&f->s->ledger, 16 + 1, &(u64) { 0 }));
	exit_session(f->s, task);
	KUNIT_EXPECT_EQ(test, *lost, 3ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.exits, 3ULL);
	preempt_enable();
}

/* A session that begins while a clone is under way has not seen it begin. */
static void probes_clone_late_session(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct kernel_clone_args args = {};
	struct session *all = start_session(CLEAVE_START_ALL), *late;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	args.kthread = 1;
	f->regs.cx = (unsigned long)&args;
	preempt_disable();
	KUNIT_EXPECT_EQ(test, clone_enter(ri_of(f), &f->regs), 0);
	preempt_enable();
	end_session(all);
	/* In the same place of the array. */
	late = start_session(CLEAVE_START_ALL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(late));
	f->regs.ax = (unsigned long)current;
	preempt_disable();
	clone_exit(ri_of(f), &f->regs);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, late->totals.clones[CLEAVE_KIND_KTHREAD], 0ULL);
	KUNIT_EXPECT_EQ(test, late->totals.sent[CLEAVE_REC_CLONE], 0ULL);
	end_session(late);
}

/* ---- the end of an address space ---- */

static void probes_mm_exit(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_end *e;
	u32 slot;

	preempt_disable();
	slot = ledger_enter(&f->s->ledger, OTHER, CLEAVE_BY_CLONE, 5, 1);
	ledger_at(&f->s->ledger, slot)->shared = 10;
	book_mm(OTHER, ADDR, CLEAVE_COPIED);
	mm_exit((unsigned long)OTHER, 0, 0, ELSEWHERE);
	/* Of no interest to anybody. */
	mm_exit((unsigned long)OTHER, 0, 0, ELSEWHERE);
	preempt_enable();
	e = (struct cleave_end *)(f->s->ring.data + CLEAVE_RING_HDR_SZ);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_END], 1ULL);
	KUNIT_EXPECT_EQ(test, e->what, CLEAVE_HAS_FIGURES);
	KUNIT_EXPECT_EQ(test, e->fig.shared, 10ULL);
	KUNIT_EXPECT_EQ(test, e->fig.cow[CLEAVE_COPIED], 1ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.never_copied, 9ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.before_exec[CLEAVE_COPIED], 1ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.cow[CLEAVE_COPIED], 1ULL);
}

static struct kunit_case probes_cases[] = {
	KUNIT_CASE_PARAM(probes_wp, faults_gen_params),
	KUNIT_CASE(probes_unshare_fails),
	KUNIT_CASE(probes_file_first),
	KUNIT_CASE(probes_idle),
	KUNIT_CASE(probes_filter),
	KUNIT_CASE(probes_filter_all),
	KUNIT_CASE(probes_no_session),
	KUNIT_CASE(probes_break_record),
	KUNIT_CASE(probes_clone_kthread),
	KUNIT_CASE(probes_clone_fails),
	KUNIT_CASE(probes_clone_of_lost),
	KUNIT_CASE(probes_lost_once),
	KUNIT_CASE(probes_lost_all),
	KUNIT_CASE(probes_lost_clone),
	KUNIT_CASE(probes_exec_of_lost),
	KUNIT_CASE(probes_procs_full),
	KUNIT_CASE(probes_clone_late_session),
	KUNIT_CASE(probes_mm_exit),
	{}
};

static struct kunit_suite probes_suite = {
	.name = "cleave_probes",
	.init = probes_setup,
	.exit = probes_teardown,
	.test_cases = probes_cases,
};

kunit_test_suite(probes_suite);
