// SPDX-License-Identifier: GPL-2.0-only
/* exit.c - the end of an address space, and of a process. */
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "cleave_rules.h"
#include "compat.h"
#include "frame.h"
#include "probes.h"
#include "session.h"
#include "stub.h"
#include "timed.h"

static void send_end(struct session *s, struct cleave_as *as, u32 what,
		     struct cleave_as *creator)
{
	struct cleave_end *e = session_reserve(s, CLEAVE_REC_END, sizeof(*e));

	if (!e)
		return;
	e->what = what;
	what = cleave_as_figures(as, creator, e->hdr.ts, &e->fig);
	if (e->what & CLEAVE_HAS_FIGURES)
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
	if (times_wanted(&s->ledger.times))
		cleave_times_told(as);
	/* Before the state says so: an exec under way may then be the last word. */
	timed_tell(s, slot, CLEAVE_SIDE_CREATOR, CLEAVE_SIDE_AFTER);
	what = cleave_as_ends(as);
	cleave_total_cow(&s->totals, as);
	if (what & CLEAVE_HAS_FIGURES) {
		timed_tell(s, slot, CLEAVE_SIDE_BEFORE_EXEC,
			   CLEAVE_SIDE_BEFORE_EXEC);
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

/* wait_task_zombie()'s choice of the status. */
static int exit_status(struct task_struct *task)
{
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		return task->signal->group_exit_code;
	return task->group_leader->exit_code;
}

/**
 * is_dead() - has the last task of a process begun to end?
 * @task: one of them
 */
bool is_dead(struct task_struct *task)
{
	KUNIT_STATIC_STUB_REDIRECT(is_dead, task);
	return !atomic_read(&task->signal->live);
}

/**
 * exit_session() - tell a session that a process has ended, if it traces it
 * @s: the session
 * @task: one of the process
 *
 * Whoever comes first: then it is traced no more.
 */
void exit_session(struct session *s, struct task_struct *task)
{
	u64 switches[CLEAVE_NR_SWITCHES] = {};
	struct cleave_exit *e;
	u64 as = 0;

	if (!ledger_end_proc(&s->ledger, task->tgid, &as, switches)) {
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
	memcpy(e->switches, switches, sizeof(e->switches));
	session_commit(s, e);
}

static void COMPAT_EXIT_PROBE(task_exit, task)
{
	struct session *s;
	u32 i;

	frames_drop();
	if (!is_dead(task))
		return;
	preempt_disable_notrace();
	for_each_session(s, i)
		exit_session(s, task);
	preempt_enable_notrace();
}

const struct probe_def exit_mmap_probe = { .entry = mm_exit };
const struct probe_def exit_task_probe = { .tracepoint = task_exit };
