// SPDX-License-Identifier: GPL-2.0-only
/* leave_test.c - a wait to its end, and one that is given up. */
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "test.h"
#include "../leave.c"

static void leave_to_its_end(struct kunit *test)
{
	struct leave *l = leave_begin();
	int err = -EAGAIN, i;

	KUNIT_ASSERT_NOT_NULL(test, l);
	for (i = 0; err == -EAGAIN && i < 600; i++)
		err = leave_wait(l, 100);
	KUNIT_EXPECT_EQ(test, err, 0);
	/* Whoever comes later does not wait. */
	KUNIT_EXPECT_EQ(test, leave_wait(l, 0), 0);
	leave_put(l);
	leave_put(NULL);
}

/* One that nobody calls back. */
static void leave_takes_longer(struct kunit *test)
{
	struct leave l = { .refs = REFCOUNT_INIT(2) };

	init_completion(&l.done);
	KUNIT_EXPECT_EQ(test, leave_wait(&l, 1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, leave_wait(&l, 1), -EAGAIN);
	leave_done(&l.rcu);
	KUNIT_EXPECT_EQ(test, leave_wait(&l, 1), 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&l.refs), 1U);
}

struct waiter {
	struct leave l;
	int err;
};

/* Signalled before it waits. */
static int wait_in_thread(void *data)
{
	struct waiter *w = data;

	allow_signal(SIGINT);
	send_sig(SIGINT, current, 1);
	WRITE_ONCE(w->err, leave_wait(&w->l, 60000));
	while (!kthread_should_stop())
		schedule_timeout_idle(1);
	return 0;
}

/* By any signal, not only by one that kills. */
static void leave_interrupted(struct kunit *test)
{
	struct waiter w = { .err = 1 };
	struct task_struct *t;
	int i;

	init_completion(&w.l.done);
	t = kthread_run(wait_in_thread, &w, "cleave-wait");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t));
	for (i = 0; READ_ONCE(w.err) == 1 && i < 50 * HZ; i++)
		schedule_timeout_idle(1);
	KUNIT_EXPECT_EQ(test, READ_ONCE(w.err), -ERESTARTSYS);
	kthread_stop(t);
}

static struct kunit_case leave_cases[] = {
	KUNIT_CASE(leave_to_its_end),
	KUNIT_CASE(leave_takes_longer),
	KUNIT_CASE(leave_interrupted),
	{}
};

static struct kunit_suite leave_suite = {
	.name = "cleave_leave",
	.test_cases = leave_cases,
};

kunit_test_suite(leave_suite);
