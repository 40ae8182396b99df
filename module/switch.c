// SPDX-License-Identifier: GPL-2.0-only
/*
 * switch.c - how often the tasks of traced processes are switched to, and from which
 * memory.
 *
 * __schedule() calls this with the run queue locked and interrupts off.  So it takes
 * no lock that anybody holds with interrupts on, which an interrupt could come into
 * that waits for the run queue.
 */
#include <linux/sched.h>

#include "cleave_rules.h"
#include "probes.h"
#include "session.h"

static void count(struct session *s, pid_t tgid, enum cleave_switch from)
{
	if (s->switches && table_count(&s->ledger.procs, tgid, from))
		cleave_add(&s->totals.switches[from], 1);
}

/*
 * The process is in the table for as long as it has a task that is not about to end,
 * see exit_session().
 */
static void task_switch(void *data, bool preempt, struct task_struct *prev,
			struct task_struct *next, unsigned int prev_state)
{
	enum cleave_switch from;
	struct session *s;
	u32 i;

	if (!cleave_switch_counts(next->mm, next->flags))
		return;
	from = cleave_switch_of(next->mm, prev->mm, prev->active_mm);
	for_each_session(s, i)
		count(s, next->tgid, from);
}

const struct probe_def switch_probe = {
	.tracepoint = task_switch,
	.on_request = true,
};
