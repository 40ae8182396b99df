// SPDX-License-Identifier: GPL-2.0-only
/* leave.c - see leave.h. */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>

#include "leave.h"
#include "stub.h"

/**
 * struct leave - a wait
 * @rcu: of the callback
 * @done: it has been called
 * @refs: the waiter's and the callback's
 */
struct leave {
	struct rcu_head rcu;
	struct completion done;
	refcount_t refs;
};

static void leave_done(struct rcu_head *rcu)
{
	struct leave *l = container_of(rcu, struct leave, rcu);

	complete_all(&l->done);
	leave_put(l);
}

/**
 * leave_begin() - from now on; may sleep
 *
 * Waits for tasks that the kernel has to let run, not for any that sleeps;
 * unregister_ftrace_function() does the same at the end of each session.  A busy
 * machine can take long to let all of them run: so this is not
 * synchronize_rcu_tasks(), which no signal ends.
 *
 * Return: for leave_put(); NULL without memory.
 */
struct leave *leave_begin(void)
{
	struct leave *l = kmalloc(sizeof(*l), GFP_KERNEL);

	if (!l)
		return NULL;
	init_completion(&l->done);
	refcount_set(&l->refs, 2);
	call_rcu_tasks(&l->rcu, leave_done);
	return l;
}

/**
 * leave_wait() - wait for the end of it
 * @l: of leave_begin()
 * @ms: no longer than this
 *
 * Return: 0: all have left; -EAGAIN: not yet; -ERESTARTSYS: a signal has come.
 */
int leave_wait(struct leave *l, unsigned int ms)
{
	long left;

	KUNIT_STATIC_STUB_REDIRECT(leave_wait, l, ms);
	left = wait_for_completion_interruptible_timeout(&l->done,
							 msecs_to_jiffies(ms));
	if (left < 0)
		return left;
	return left ? 0 : -EAGAIN;
}

/**
 * leave_put() - nobody waits any more; it comes to its end all the same
 * @l: of leave_begin(), or NULL
 */
void leave_put(struct leave *l)
{
	if (l && refcount_dec_and_test(&l->refs))
		kfree(l);
}

/**
 * leave_exit() - the module is about to go; may sleep
 *
 * What was given up is called back all the same.
 */
void leave_exit(void)
{
#ifdef CONFIG_TASKS_RCU
	rcu_barrier_tasks();
#else
	rcu_barrier();	/* call_rcu_tasks() is call_rcu() then */
#endif
}
