// SPDX-License-Identifier: GPL-2.0-only
/* clone_test.c - clones that are made up, of a task without an address space. */
#include "test.h"
#include "../clone.c"
#include "fixture.h"

static_assert(sizeof(struct clone_frame) <= CALL_DATA);

static void clone_by(struct fixture *f, struct kernel_clone_args *args, long ret)
{
	f->regs.cx = (unsigned long)args;
	preempt_disable();
	if (!clone_enter(f->ri, &f->regs)) {
		f->regs.ax = ret;
		clone_exit(f->ri, &f->regs);
	}
	preempt_enable();
}

static struct cleave_clone *first_clone(struct session *s)
{
	return first_record(s);
}

static void clone_kthread(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct kernel_clone_args args = { .flags = CLONE_VM | CLONE_UNTRACED };
	struct session *all = fixture_session(CLEAVE_START_ALL);
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
	fixture_end(all);
}

static void clone_fails(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct kernel_clone_args args = { .exit_signal = 17 };
	struct session *all = fixture_session(CLEAVE_START_ALL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	clone_by(f, &args, -EAGAIN);
	KUNIT_EXPECT_EQ(test, all->totals.clone_errors, 1ULL);
	KUNIT_EXPECT_EQ(test, first_clone(all)->error, EAGAIN);
	KUNIT_EXPECT_EQ(test, first_clone(all)->exit_signal, 17);
	KUNIT_EXPECT_EQ(test, first_clone(all)->child_pid, 0);
	fixture_end(all);
}

/* What a process does whose address space found the ledger full is told. */
static void clone_of_lost(struct kunit *test)
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

/* The entry was asked for and not there; whether there is a child shows later. */
static void clone_is_lost(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_clone c = {};
	struct clone_frame cf = {};

	fixture_fill(f->s);
	preempt_disable();
	KUNIT_EXPECT_EQ(test, ledger_alloc(&f->s->ledger, CLEAVE_BY_CLONE, 0, 1), 0U);
	KUNIT_EXPECT_EQ(test, f->s->ledger.lost, 0ULL);
	clone_own_mm(f->s, &c, &cf, current, 1);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, f->s->ledger.lost, 1ULL);
}

/* A session that begins while a clone is under way has not seen it begin. */
static void clone_late_session(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct kernel_clone_args args = {};
	struct session *all = fixture_session(CLEAVE_START_ALL), *late;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	args.kthread = 1;
	f->regs.cx = (unsigned long)&args;
	preempt_disable();
	KUNIT_EXPECT_EQ(test, clone_enter(f->ri, &f->regs), 0);
	preempt_enable();
	fixture_end(all);
	/* In the same place of the array. */
	late = fixture_session(CLEAVE_START_ALL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(late));
	f->regs.ax = (unsigned long)current;
	preempt_disable();
	clone_exit(f->ri, &f->regs);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, late->totals.clones[CLEAVE_KIND_KTHREAD], 0ULL);
	KUNIT_EXPECT_EQ(test, late->totals.sent[CLEAVE_REC_CLONE], 0ULL);
	fixture_end(late);
}

static struct kunit_case clone_cases[] = {
	KUNIT_CASE(clone_kthread),
	KUNIT_CASE(clone_fails),
	KUNIT_CASE(clone_of_lost),
	KUNIT_CASE(clone_is_lost),
	KUNIT_CASE(clone_late_session),
	{}
};

static struct kunit_suite clone_suite = {
	.name = "cleave_clone",
	.init = fixture_setup,
	.exit = fixture_teardown,
	.test_cases = clone_cases,
};

kunit_test_suite(clone_suite);
