// SPDX-License-Identifier: GPL-2.0-only
/* switch_test.c - which switches are counted, of whom, and what their exit tells. */
#include "test.h"
#include "../switch.c"
#include "fixture.h"

#define TGID	5

/**
 * struct tasks - what is switched from and to
 * @task: of the process TGID, in TRACED
 * @kthread: in no memory, with TRACED left in place
 */
struct tasks {
	struct task_struct *task;
	struct task_struct *kthread;
};

static bool tasks_make(struct kunit *test, struct tasks *t)
{
	t->task = kunit_kzalloc(test, sizeof(*t->task), GFP_KERNEL);
	t->kthread = kunit_kzalloc(test, sizeof(*t->kthread), GFP_KERNEL);
	if (!t->task || !t->kthread)
		return false;
	t->task->tgid = TGID;
	t->task->mm = TRACED;
	t->task->active_mm = TRACED;
	t->kthread->active_mm = TRACED;
	return true;
}

static void switch_to(struct task_struct *from, struct task_struct *to, int times)
{
	unsigned long flags;

	local_irq_save(flags);
	while (times--)
		task_switch(NULL, false, from, to, 0);
	local_irq_restore(flags);
}

static void switch_counted(struct kunit *test)
{
	struct session *s = fixture_session(CLEAVE_START_SWITCHES);
	struct fixture *f = test->priv;
	struct cleave_exit *e;
	struct tasks t;

	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	KUNIT_ASSERT_TRUE(test, tasks_make(test, &t));
	/* Nobody traces it yet. */
	switch_to(t.task, t.task, 1);
	preempt_disable();
	ledger_set_proc(&s->ledger, TGID, 7);
	ledger_set_proc(&f->s->ledger, TGID, 7);
	preempt_enable();
	switch_to(t.task, t.task, 4);
	switch_to(t.kthread, t.task, 2);
	t.kthread->active_mm = OTHER;
	switch_to(t.kthread, t.task, 1);
	/* An exec changes nothing. */
	preempt_disable();
	ledger_set_proc(&s->ledger, TGID, 8);
	preempt_enable();
	t.kthread->mm = OTHER;
	switch_to(t.kthread, t.task, 1);
	/* Not to a kernel thread, nor to who is about to end. */
	switch_to(t.task, t.kthread, 1);
	t.task->flags = PF_EXITING;
	switch_to(t.kthread, t.task, 1);
	KUNIT_EXPECT_EQ(test, s->totals.switches[CLEAVE_SWITCH_SAME], 4ULL);
	KUNIT_EXPECT_EQ(test, s->totals.switches[CLEAVE_SWITCH_OTHER], 2ULL);
	KUNIT_EXPECT_EQ(test, s->totals.switches[CLEAVE_SWITCH_KERNEL], 2ULL);
	/* And not for a session that has not asked. */
	KUNIT_EXPECT_EQ(test, f->s->totals.switches[CLEAVE_SWITCH_SAME], 0ULL);

	t.task->signal = current->signal;
	t.task->group_leader = t.task;
	preempt_disable();
	exit_session(s, t.task);
	exit_session(f->s, t.task);
	preempt_enable();
	e = first_record(s);
	KUNIT_EXPECT_EQ(test, e->hdr.type, (u16)CLEAVE_REC_EXIT);
	KUNIT_EXPECT_EQ(test, e->as, 8ULL);
	KUNIT_EXPECT_EQ(test, e->switches[CLEAVE_SWITCH_SAME], 4ULL);
	KUNIT_EXPECT_EQ(test, e->switches[CLEAVE_SWITCH_OTHER], 2ULL);
	KUNIT_EXPECT_EQ(test, e->switches[CLEAVE_SWITCH_KERNEL], 2ULL);
	e = first_record(f->s);
	KUNIT_EXPECT_EQ(test, e->switches[CLEAVE_SWITCH_SAME], 0ULL);
	fixture_end(s);
}

static struct kunit_case switch_cases[] = {
	KUNIT_CASE(switch_counted),
	{}
};

static struct kunit_suite switch_suite = {
	.name = "cleave_switch",
	.init = fixture_setup,
	.exit = fixture_teardown,
	.test_cases = switch_cases,
};

kunit_test_suite(switch_suite);
