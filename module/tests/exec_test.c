// SPDX-License-Identifier: GPL-2.0-only
/* exec_test.c - execs that are made up, of a task without an address space. */
#include <linux/kthread.h>
#include <linux/pid_namespace.h>
#include <linux/sched/mm.h>

#include "test.h"
#include "../exec.c"
#include "fixture.h"

static_assert(sizeof(struct exec_frame) <= CALL_DATA);

static int is_missing(unsigned int hook)
{
	return -ENOENT;
}

static int is_there(unsigned int hook)
{
	return 0;
}

/* An exec of which the return was seen is not counted again by the tracepoint. */
static void exec_lost_once(struct kunit *test)
{
	struct fixture *f = test->priv;

	fixture_fill(f->s);
	kunit_activate_static_stub(test, hook_error, is_missing);
	preempt_disable();
	KUNIT_EXPECT_EQ(test, exec_new(f->s, 1), 0ULL);
	follow_exec(NULL, current, 0, NULL);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, f->s->ledger.lost, 1ULL);
	/* One that only the tracepoint has seen is. */
	follow_exec(NULL, current, 0, NULL);
	KUNIT_EXPECT_EQ(test, f->s->ledger.lost, 2ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.execs, 0ULL);
}

/* A process of which the address space was lost execs. */
static void exec_of_lost(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct linux_binprm *bprm = kunit_kzalloc(test, sizeof(*bprm), GFP_KERNEL);
	struct cleave_exec *e;

	KUNIT_ASSERT_NOT_NULL(test, bprm);
	bprm->filename = "/bin/true";
	fixture_fill(f->s);
	f->regs.di = (unsigned long)bprm;
	f->regs.ax = 0;
	preempt_disable();
	KUNIT_EXPECT_EQ(test, exec_enter(f->ri, &f->regs), 0);
	exec_exit(f->ri, &f->regs);
	KUNIT_EXPECT_EQ(test, f->s->totals.execs, 0ULL);
	ledger_note_proc(&f->s->ledger, current->tgid, 0);
	KUNIT_EXPECT_EQ(test, exec_enter(f->ri, &f->regs), 0);
	exec_exit(f->ri, &f->regs);
	preempt_enable();
	e = first_record(f->s);
	KUNIT_EXPECT_EQ(test, f->s->totals.execs, 1ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_EXEC], 1ULL);
	KUNIT_EXPECT_EQ(test, e->old_as, 0ULL);
	KUNIT_EXPECT_STREQ(test, e->path, "/bin/true");
	KUNIT_EXPECT_EQ(test, f->s->ledger.lost, 1ULL);
}

static u64 released(struct kunit *test, bool release, long ret)
{
	struct fixture *f = test->priv;
	struct linux_binprm *bprm = kunit_kzalloc(test, sizeof(*bprm), GFP_KERNEL);
	struct session *s = fixture_session(0);
	u64 at = ~0ULL;

	KUNIT_ASSERT_NOT_NULL(test, bprm);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	bprm->filename = "/bin/true";
	f->regs.di = (unsigned long)bprm;
	preempt_disable();
	ledger_note_proc(&s->ledger, current->tgid, 0);
	if (!exec_enter(f->ri, &f->regs)) {
		if (release)
			exec_released((unsigned long)current, 0, 0, ELSEWHERE);
		f->regs.ax = ret;
		exec_exit(f->ri, &f->regs);
		at = ((struct cleave_exec *)first_record(s))->released_ns;
	}
	preempt_enable();
	fixture_end(s);
	return at;
}

/* When vfork's creator goes on is told, unless that was not seen, or it does not. */
static void exec_releases(struct kunit *test)
{
	u64 before = ktime_get_mono_fast_ns(), at = released(test, true, 0);

	KUNIT_EXPECT_GE(test, at, before);
	KUNIT_EXPECT_LE(test, at, ktime_get_mono_fast_ns());
	KUNIT_EXPECT_EQ(test, released(test, false, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, released(test, true, -ENOMEM), 0ULL);
	KUNIT_EXPECT_NULL(test, frame_current());
	/* In none. */
	preempt_disable();
	exec_released((unsigned long)current, 0, 0, ELSEWHERE);
	preempt_enable();
}

/* Faults and calls within it are in frames of their own, or in none. */
static void exec_is_no_fault(struct kunit *test)
{
	struct frame outer = { .in = CLEAVE_IN_EXECVE };
	struct fixture *f = test->priv;
	struct linux_binprm *bprm = kunit_kzalloc(test, sizeof(*bprm), GFP_KERNEL);
	struct frame *in;

	KUNIT_ASSERT_NOT_NULL(test, bprm);
	bprm->filename = "/bin/true";
	f->regs.di = (unsigned long)bprm;
	preempt_disable();
	ledger_note_proc(&f->s->ledger, current->tgid, 0);
	frame_push(&outer);
	KUNIT_EXPECT_EQ(test, exec_enter(f->ri, &f->regs), 0);
	in = frame_current();
	KUNIT_EXPECT_EQ(test, in->in, (u32)CLEAVE_IN_NEW_EXEC);
	KUNIT_EXPECT_FALSE(test, in->fault);
	f->regs.ax = -ENOMEM;
	exec_exit(f->ri, &f->regs);
	/* The call has been reported. */
	KUNIT_EXPECT_PTR_EQ(test, frame_current(), &outer);
	KUNIT_EXPECT_EQ(test, outer.in, (u32)CLEAVE_IN_NONE);
	frame_pop(&outer);
	preempt_enable();
}

/*
 * Who is in an address space, and execs; within, @before is called before that is
 * given up, and @behind when it is gone.
 */
static struct cleave_exec *exec_in(struct kunit *test, struct session *s,
				   struct mm_struct *mm,
				   void (*before)(struct session *s),
				   void (*behind)(struct session *s))
{
	struct fixture *f = test->priv;
	struct linux_binprm *bprm = kunit_kzalloc(test, sizeof(*bprm), GFP_KERNEL);

	if (!bprm)
		return NULL;
	bprm->filename = "/bin/true";
	f->regs.di = (unsigned long)bprm;
	f->regs.ax = 0;
	kthread_use_mm(mm);
	preempt_disable();
	KUNIT_EXPECT_EQ(test, exec_enter(f->ri, &f->regs), 0);
	if (before)
		before(s);
	exec_released((unsigned long)current, 0, 0, ELSEWHERE);
	if (behind)
		behind(s);
	exec_exit(f->ri, &f->regs);
	preempt_enable();
	kthread_unuse_mm(mm);
	return first_record(s);
}

static struct mm_struct *mm_of_init(void)
{
	struct mm_struct *mm = NULL;
	struct task_struct *init;

	rcu_read_lock();
	init = pid_task(find_pid_ns(1, &init_pid_ns), PIDTYPE_PID);
	if (init)
		mm = get_task_mm(init);
	rcu_read_unlock();
	return mm;
}

/* Of one that was under way before there was a probe, the tracepoint tells. */
static void exec_begun_before(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct linux_binprm *bprm = kunit_kzalloc(test, sizeof(*bprm), GFP_KERNEL);
	struct mm_struct *mm = mm_of_init();
	struct cleave_exec *e;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	KUNIT_ASSERT_NOT_NULL(test, bprm);
	bprm->filename = "/bin/true";
	kunit_activate_static_stub(test, hook_error, is_there);
	kthread_use_mm(mm);
	preempt_disable();
	ledger_note_proc(&f->s->ledger, current->tgid, 5);
	follow_exec(NULL, current, 0, bprm);
	/* Once. */
	follow_exec(NULL, current, 0, bprm);
	preempt_enable();
	kthread_unuse_mm(mm);
	mmput(mm);
	e = first_record(f->s);
	KUNIT_EXPECT_EQ(test, f->s->totals.execs, 1ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_EXEC], 1ULL);
	KUNIT_EXPECT_EQ(test, e->old_as, 0ULL);
	KUNIT_EXPECT_NE(test, e->as, 0ULL);
	KUNIT_EXPECT_EQ(test, e->tid, task_tgid_nr_ns(current, f->s->ns));
	KUNIT_EXPECT_STREQ(test, e->path, "/bin/true");
}

static void attach_to_it(struct session *s)
{
	u32 slot = ledger_meet(&s->ledger, current->mm, current->tgid, 1);

	ledger_note_proc(&s->ledger, current->tgid,
			 ledger_at(&s->ledger, slot)->id);
}

/* What an exec gives up has an entry, though nobody has met it before. */
static void exec_is_met(struct kunit *test)
{
	struct session *all = fixture_session(CLEAVE_START_ALL);
	struct mm_struct *mm = mm_of_init();
	struct cleave_exec *e;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	KUNIT_ASSERT_NOT_NULL(test, mm);
	e = exec_in(test, all, mm, NULL, NULL);
	KUNIT_ASSERT_NOT_NULL(test, e);
	KUNIT_EXPECT_EQ(test, all->totals.execs, 1ULL);
	KUNIT_EXPECT_EQ(test, e->old_as, 1ULL);
	KUNIT_EXPECT_EQ(test, e->as, 2ULL);
	fixture_end(all);
	mmput(mm);
}

/* One that is attached to while it execs is told as any other. */
static void exec_attached_within(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct mm_struct *mm = mm_of_init();
	struct cleave_exec *e;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	e = exec_in(test, f->s, mm, attach_to_it, NULL);
	KUNIT_ASSERT_NOT_NULL(test, e);
	KUNIT_EXPECT_EQ(test, f->s->totals.execs, 1ULL);
	KUNIT_EXPECT_EQ(test, e->old_as, 2ULL);
	KUNIT_EXPECT_EQ(test, e->as, 3ULL);
	mmput(mm);
}

static void enter_it(struct session *s)
{
	u32 slot = ledger_meet(&s->ledger, current->mm, current->tgid, 1);

	ledger_claimed(&s->ledger, current->tgid,
		       ledger_at(&s->ledger, slot)->id);
}

/* It is claimed before, and has an entry only then. */
static void exec_claimed_before(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct mm_struct *mm = mm_of_init();
	struct cleave_exec *e;
	u64 met;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	preempt_disable();
	KUNIT_EXPECT_TRUE(test, ledger_claim(&f->s->ledger, current->tgid, &met));
	preempt_enable();
	e = exec_in(test, f->s, mm, enter_it, NULL);
	KUNIT_ASSERT_NOT_NULL(test, e);
	KUNIT_EXPECT_EQ(test, f->s->totals.execs, 1ULL);
	KUNIT_EXPECT_EQ(test, e->old_as, 2ULL);
	KUNIT_EXPECT_EQ(test, e->as, 3ULL);
	mmput(mm);
}

static void attach_and_end(struct session *s)
{
	attach_to_it(s);
	ledger_drop(&s->ledger, ledger_remove(&s->ledger, current->mm));
}

static void claim_it(struct session *s)
{
	u64 met;

	ledger_claim(&s->ledger, current->tgid, &met);
}

static const struct late_case {
	const char *what;
	void (*behind)(struct session *s);
	u64 as;	/* that the exec tells of; 0: it is not told */
} late_cases[] = {
	{ "never", NULL, 0 },
	{ "to the old one", attach_and_end, 3 },
	{ "to the new one", attach_to_it, 3 },
	{ "just now", claim_it, 2 },
};

static void describe_late(const struct late_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", c->what);
}

KUNIT_ARRAY_PARAM(lates, late_cases, describe_late);

/* One is attached to after the last look at what it gives up. */
static void exec_attached_late(struct kunit *test)
{
	const struct late_case *c = test->param_value;
	struct fixture *f = test->priv;
	struct mm_struct *mm = mm_of_init();
	struct cleave_exec *e;
	u64 as = 0;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	e = exec_in(test, f->s, mm, NULL, c->behind);
	KUNIT_ASSERT_NOT_NULL(test, e);
	KUNIT_EXPECT_EQ(test, f->s->totals.execs, c->as ? 1ULL : 0ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_EXEC],
			c->as ? 1ULL : 0ULL);
	if (c->as) {
		KUNIT_EXPECT_EQ(test, e->old_as, 0ULL);
		KUNIT_EXPECT_EQ(test, e->as, c->as);
		KUNIT_EXPECT_EQ(test, e->what & CLEAVE_HAS_FIGURES, 0U);
	}
	/* Who has claimed it comes too late with what it was in. */
	preempt_disable();
	ledger_claimed(&f->s->ledger, current->tgid, 9);
	ledger_end_proc(&f->s->ledger, current->tgid, &as, NULL);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, as, c->as);
	mmput(mm);
}

/* Before the tracepoint: what is told is where it is by then. */
static void exec_attached_last(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct mm_struct *mm = mm_of_init();

	KUNIT_ASSERT_NOT_NULL(test, mm);
	kunit_activate_static_stub(test, hook_error, is_there);
	kthread_use_mm(mm);
	preempt_disable();
	attach_to_it(f->s);
	follow_exec(NULL, current, 0, NULL);
	preempt_enable();
	kthread_unuse_mm(mm);
	mmput(mm);
	KUNIT_EXPECT_EQ(test, f->s->totals.execs, 0ULL);
}

/* A process of which the address space was lost fails to exec. */
static void exec_of_lost_fails(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_exec *e;

	fixture_fill(f->s);
	preempt_disable();
	execve_failed(f->s, NULL, ENOENT);
	KUNIT_EXPECT_EQ(test, f->s->totals.exec_errors, 0ULL);
	ledger_note_proc(&f->s->ledger, current->tgid, 0);
	execve_failed(f->s, NULL, ENOENT);
	preempt_enable();
	e = first_record(f->s);
	KUNIT_EXPECT_EQ(test, f->s->totals.exec_errors, 1ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_EXEC], 1ULL);
	KUNIT_EXPECT_EQ(test, e->error, ENOENT);
	KUNIT_EXPECT_EQ(test, e->as, 0ULL);
}

static struct kunit_case exec_cases[] = {
	KUNIT_CASE(exec_lost_once),
	KUNIT_CASE(exec_begun_before),
	KUNIT_CASE(exec_of_lost),
	KUNIT_CASE(exec_of_lost_fails),
	KUNIT_CASE(exec_releases),
	KUNIT_CASE(exec_is_no_fault),
	KUNIT_CASE(exec_is_met),
	KUNIT_CASE(exec_attached_within),
	KUNIT_CASE(exec_claimed_before),
	KUNIT_CASE_PARAM(exec_attached_late, lates_gen_params),
	KUNIT_CASE(exec_attached_last),
	{}
};

static struct kunit_suite exec_suite = {
	.name = "cleave_exec",
	.init = fixture_setup,
	.exit = fixture_teardown,
	.test_cases = exec_cases,
};

kunit_test_suite(exec_suite);
