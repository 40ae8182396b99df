// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach.c - takes processes into the trace that were there before, with what the
 * kernel still knows of them.
 *
 * Each is told by a record of its own, which is begun before the process or its
 * address space can be found in the ledger: so it comes before all that tells of
 * them.
 */
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/timekeeping.h>

#include "cleave_rules.h"
#include "attach.h"
#include "cgroup.h"
#include "leave.h"
#include "probes.h"
#include "stub.h"
#include "traced.h"

/* Who comes to a process that is to be traced. */
enum attach_by {
	BY_PID,	/* its pid was named, or it is just made */
	BY_LOOK,	/* who comes again: so takes none without its record */
};

/**
 * struct found - a process that is to be traced
 * @leader: of its thread group
 * @host: leader of the process whose address space it is in: itself, mostly
 * @mm: that address space, which cannot end meanwhile
 * @kin: what is known of it
 * @maker: slot of the address space that its creator is in, with a reference, or 0
 * @what: CLEAVE_JUST_MADE or 0
 * @by: who comes to it
 */
struct found {
	struct task_struct *leader;
	struct task_struct *host;
	struct mm_struct *mm;
	struct cleave_kin kin;
	u32 maker;
	u32 what;
	enum attach_by by;
};

/*
 * What the kernel still knows; with @mm NULL as far as the task tells.
 *
 * begin_new_exec() clears PF_FORKNOEXEC only some time after exec_mmap(), which
 * takes the old address space down; setup_arg_pages() has not come to the new one
 * then.  Fork copies the old one's arguments.
 */
static void kin_of(struct task_struct *leader, const struct mm_struct *mm,
		   struct cleave_kin *k)
{
	struct task_struct *parent = rcu_dereference(leader->real_parent);
	struct pid *pid = task_tgid(parent);	/* none once it is released */

	KUNIT_STATIC_STUB_REDIRECT(kin_of, leader, mm, k);
	k->forknoexec = READ_ONCE(leader->flags) & PF_FORKNOEXEC &&
			(!mm || READ_ONCE(mm->arg_start));
	k->parent_reaps = parent->signal->is_child_subreaper ||
			  (pid && is_child_reaper(pid));
	k->parent_exec_id = READ_ONCE(leader->parent_exec_id);
	k->self_exec_id = READ_ONCE(parent->self_exec_id);
}

#define GUESTS_MAX	8	/* in a row: each in vfork() */

/*
 * The process that an address space is of.  Until it execs, a child of vfork() is a
 * guest in its parent's, who goes on in it.
 */
static struct task_struct *host_of(struct task_struct *leader,
				   const struct mm_struct *mm)
{
	struct task_struct *parent;
	int i;

	for (i = 0; i < GUESTS_MAX; i++) {
		parent = rcu_dereference(leader->real_parent);
		if (READ_ONCE(parent->mm) != mm)
			break;
		leader = parent->group_leader;
	}
	return leader;
}

/* The entry of what a task is in, which may end at any time; with a reference. */
static u32 hold_mm_of(struct session *s, struct task_struct *task)
{
	struct mm_struct *mm = READ_ONCE(task->mm);
	u32 slot;

	KUNIT_STATIC_STUB_REDIRECT(hold_mm_of, s, task);
	slot = ledger_hold(&s->ledger, mm);
	if (slot && READ_ONCE(task->mm) != mm) {
		ledger_put(&s->ledger, slot);
		return 0;
	}
	return slot;
}

/* Of the host, which the entry is made for. */
static void follow(struct session *s, struct cleave_as *as,
		   const struct cleave_kin *kin, u32 maker)
{
	KUNIT_STATIC_STUB_REDIRECT(follow, s, as, kin, maker);
	if (maker && cleave_kin_creator(kin))
		cleave_as_follow(as, ledger_at(&s->ledger, maker), maker - 1);
}

/*
 * A fresh entry, the host's; or what stands there by then, with a reference for us.
 * 0: there is no room, or what stood there has just gone.
 */
static u32 enter(struct session *s, const struct found *f,
		 const struct cleave_kin *kin, u32 maker)
{
	struct ledger *l = &s->ledger;
	u32 slot = ledger_alloc(l, cleave_kin_origin(kin), 0,
				ktime_get_mono_fast_ns());
	struct cleave_as *as = ledger_at(l, slot);
	u32 stands;

	if (!as)
		return 0;
	cleave_add(&as->refs, 1);
	follow(s, as, kin, maker);
	/* Until then it is one that is being made, see cleave_as_snap(). */
	smp_wmb();
	WRITE_ONCE(as->owner, f->host->tgid);
	stands = ledger_add(l, f->mm, slot);
	if (stands == slot)
		return slot;
	ledger_put(l, slot);
	return stands ? ledger_hold(l, f->mm) : 0;
}

/*
 * It was met before anybody knew what it is: one of those that come to it now finds that
 * out.  It has figures once its creator is known, as far as anybody knows; and none where
 * it is given up in between: the task that we came by cannot exec, but its host can.
 */
static void claim_entry(struct session *s, u32 slot, const struct found *f,
			const struct cleave_kin *kin, u32 maker)
{
	struct cleave_as *as = ledger_at(&s->ledger, slot);

	if (!cleave_as_claim(as, CLEAVE_BY_CLAIMED))
		return;
	follow(s, as, kin, maker);
	WRITE_ONCE(as->owner, f->host->tgid);
	/*
	 * Orders: for cleave_as_snap(), who has figures has its creator and its owner; and
	 * pairs with the barrier in timed_settle().
	 */
	if (!cleave_as_settle(as, cleave_kin_origin(kin)))
		ledger_unfollow(&s->ledger, as);
	else if (times_wanted(&s->ledger.times) && cleave_as_forked(as))
		times_claimed(&s->ledger.times, slot);
}

/* What stands there goes once at most: where an exec tells whose it is. */
static u32 entry_for(struct session *s, const struct found *f,
		     const struct cleave_kin *kin, u32 maker)
{
	u32 slot = 0;
	int i;

	for (i = 0; i < 2 && !slot; i++) {
		slot = ledger_hold(&s->ledger, f->mm);
		if (!slot)
			slot = enter(s, f, kin, maker);
	}
	if (slot)
		claim_entry(s, slot, f, kin, maker);
	return slot;
}

/*
 * The entry of its address space, there already, or entered now; 0: no room.  With a
 * reference, as an exec on another CPU can give it up meanwhile.
 */
static u32 entry_of(struct session *s, const struct found *f)
{
	struct cleave_kin kin;
	u32 slot, maker;

	if (f->host == f->leader)
		return entry_for(s, f, &f->kin, f->maker);
	/* What is just made is in its maker's, which a look has to come to. */
	if (f->what)
		return ledger_hold(&s->ledger, f->mm);
	kin_of(f->host, f->mm, &kin);
	maker = hold_mm_of(s, rcu_dereference(f->host->real_parent));
	slot = entry_for(s, f, &kin, maker);
	if (maker)
		ledger_put(&s->ledger, maker);
	return slot;
}

/*
 * Spaces are counted, not processes: a guest's has been, with its host, and what it was
 * @met in as well.
 */
static void lose(struct session *s, const struct found *f, u64 met)
{
	if (!met && (f->host == f->leader ||
		     !ledger_traces(&s->ledger, f->host->tgid)))
		ledger_lost(&s->ledger);
}

/* Id of the address space that it was made from, as far as that is traced. */
static u64 creator_of(struct session *s, const struct found *f, u32 slot)
{
	struct cleave_snap snap;

	if (!slot || !cleave_kin_creator(&f->kin))
		return 0;
	if (f->host != f->leader)
		return ledger_at(&s->ledger, slot)->id;
	if (!cleave_as_snap(s->ledger.pool, s->ledger.max, slot - 1, 0, &snap))
		return 0;
	return snap.creator;
}

/* As its entry has it, which others may have made that did not know the process. */
static bool has_figures(const struct found *f, const struct cleave_as *as)
{
	if (as && f->host == f->leader)
		return cleave_as_forked(as);
	return f->kin.forknoexec;
}

static void fill(struct session *s, struct cleave_attach *a,
		 const struct found *f, u32 slot)
{
	struct task_struct *leader = f->leader;
	struct cleave_as *as = ledger_at(&s->ledger, slot);
	struct task_struct *parent = rcu_dereference(leader->real_parent);

	a->as = as ? as->id : 0;
	a->creator_as = creator_of(s, f, slot);
	a->start_ns = leader->start_time;
	a->vm = f->mm->total_vm;
	a->cgroup = cgroup_of(leader);
	a->pid = task_tgid_nr_ns(leader, s->ns);
	a->ns_pid = task_tgid_nr_ns(leader, task_active_pid_ns(leader));
	a->parent_pid = task_tgid_nr_ns(parent, s->ns);
	a->what = f->what | (has_figures(f, as) ? CLEAVE_HAS_FIGURES : 0);
	memcpy(a->comm, leader->comm, sizeof(a->comm));
}

/*
 * Trace it from here on.  RCU lock held, preemption off.  Returns 1, 0 where
 * another has done so, or the session's namespace does not see it, -ESRCH where it has
 * ended, or -EAGAIN: not now, as there is no room for its record.
 */
static int attach(struct session *s, const struct found *f)
{
	pid_t tgid = f->leader->tgid;
	struct cleave_attach *a;
	u32 slot;
	u64 met;

	if (!task_tgid_nr_ns(f->leader, s->ns))
		return 0;
	a = session_try_reserve(s, CLEAVE_REC_ATTACH, sizeof(*a));
	if (!a && f->by == BY_LOOK)
		return ledger_is_entered(&s->ledger, tgid) ? 0 : -EAGAIN;
	if (!ledger_claim(&s->ledger, tgid, &met)) {
		if (a)
			session_discard(s, a);
		return 0;
	}
	/* Its end may have been told before, as of one that was met. */
	if (!met && is_dead(f->leader)) {
		ledger_disclaim(&s->ledger, tgid);
		if (a)
			session_discard(s, a);
		return -ESRCH;
	}
	slot = entry_of(s, f);
	ledger_claimed(&s->ledger, tgid,
		       slot ? ledger_at(&s->ledger, slot)->id : 0);
	if (!slot)
		lose(s, f, met);
	if (a) {
		fill(s, a, f, slot);
		session_commit(s, a);
	} else {
		cleave_add(&s->totals.lost[CLEAVE_REC_ATTACH], 1);
	}
	/*
	 * Its exit comes after ledger_claimed() and finds the process, or has
	 * come before and did not: then nobody else tells it.
	 */
	smp_mb();
	if (is_dead(f->leader))
		exit_session(s, f->leader);
	if (slot)
		ledger_put(&s->ledger, slot);
	return 1;
}

/* Returns as attach(); RCU lock held, preemption off. */
static int attach_found(struct session *s, struct task_struct *leader,
			struct mm_struct *mm, enum attach_by by)
{
	struct found f = {
		.leader = leader,
		.host = host_of(leader, mm),
		.mm = mm,
		.by = by,
	};
	int ret;

	/* Nothing of what follows is for what is traced. */
	if (ledger_is_entered(&s->ledger, leader->tgid))
		return 0;
	kin_of(leader, mm, &f.kin);
	f.maker = hold_mm_of(s, rcu_dereference(leader->real_parent));
	ret = attach(s, &f);
	if (f.maker)
		ledger_put(&s->ledger, f.maker);
	return ret;
}

/*
 * Through the address space that a thread is in; returns as attach(), or -ESRCH
 * where that is none.  Until task_unlock(), exit_mm() and exec_mmap() cannot give
 * it up, so its exit_mmap() is yet to come.
 */
static int attach_through(struct session *s, struct task_struct *leader,
			  struct task_struct *t, enum attach_by by)
{
	int ret = -ESRCH;

	task_lock(t);
	if (t->mm) {
		preempt_disable();
		ret = attach_found(s, leader, t->mm, by);
		preempt_enable();
	}
	task_unlock(t);
	return ret;
}

/*
 * Returns 1 for one that was not traced before, 0 for one that was, or that the
 * session's namespace does not see, -ESRCH: it has no address space (any more),
 * or -EAGAIN, as attach().  RCU lock held.
 *
 * As find_lock_task_mm() of mm/oom_kill.c, which modules cannot call: a leader may be
 * dead while others of its threads go on.  (And for_each_thread() names
 * tasklist_lock, which modules cannot see, where RCU is checked.)
 */
static int attach_process(struct session *s, struct task_struct *leader,
			  enum attach_by by)
{
	struct task_struct *t;
	int ret;

	/* A kernel thread may use another's for a time: kthread_use_mm(). */
	if (leader->flags & PF_KTHREAD || is_dead(leader))
		return -ESRCH;
	list_for_each_entry_rcu(t, &leader->signal->thread_head, thread_node) {
		ret = attach_through(s, leader, t, by);
		if (ret != -ESRCH)
			return ret;
	}
	return -ESRCH;
}

/* Who has made a process, where that is to be entered before it; else NULL. */
static struct task_struct *maker_of(struct session *s, struct task_struct *leader)
{
	struct task_struct *maker;
	struct cleave_kin kin;
	bool entered;

	if (!s->all)
		return NULL;
	kin_of(leader, NULL, &kin);
	maker = rcu_dereference(leader->real_parent)->group_leader;
	if (!cleave_kin_creator(&kin) || !task_tgid_nr_ns(maker, s->ns) ||
	    (s->picks && !traced_picks(s, maker)))
		return NULL;
	preempt_disable();
	entered = ledger_is_entered(&s->ledger, maker->tgid);
	preempt_enable();
	return entered ? NULL : maker;
}

/*
 * See cleave_kin_creator().  The eldest first; @found is raised by how many were
 * not traced before.  Returns 0, or -EAGAIN, as attach().  RCU lock held.
 */
static int attach_makers(struct session *s, struct task_struct *leader,
			 enum attach_by by, u32 *found)
{
	struct task_struct *line[CLEAVE_KIN_MAX];
	int n = 0, ret;

	while (n < CLEAVE_KIN_MAX && (leader = maker_of(s, leader)))
		line[n++] = leader;
	while (n--) {
		ret = attach_process(s, line[n], by);
		if (ret == -EAGAIN)
			return ret;
		if (ret > 0)
			(*found)++;
	}
	return 0;
}

/* ---- what user space asks for ---- */

/* Does it descend from what is traced, as far as the kernel still knows? */
static bool descends(struct session *s, struct task_struct *leader)
{
	bool traced;

	if (s->all && (!s->picks || traced_picks(s, leader)))
		return true;
	preempt_disable();
	traced = ledger_traces(&s->ledger,
			       rcu_dereference(leader->real_parent)->tgid);
	preempt_enable();
	return traced;
}

/*
 * Set by sched_fork(), cleared by wake_up_new_task().  Its creator is in
 * copy_process(), or about to wake it: one of the two will tell of it.
 */
static bool is_being_made(struct task_struct *task)
{
	KUNIT_STATIC_STUB_REDIRECT(is_being_made, task);
	return READ_ONCE(task->__state) & TASK_NEW;
}

/**
 * attach_one() - trace a process that is there
 * @s: the session; may sleep
 * @nr: pid of any of its threads, in the session's pid namespace
 * @found: filled with 1 if it was not traced before
 *
 * Return: 0, -ESRCH, or -EINVAL where the session has stopped.
 */
int attach_one(struct session *s, pid_t nr, u32 *found)
{
	struct task_struct *task, *leader;
	int ret = -ESRCH;
	u32 makers = 0;

	rcu_read_lock();
	/* session_stop() waits for those that see it live. */
	task = pid_task(find_pid_ns(nr, s->ns), PIDTYPE_PID);
	if (!READ_ONCE(s->live)) {
		ret = -EINVAL;
	} else if (task) {
		leader = task->group_leader;
		if (is_being_made(leader) && descends(s, leader)) {
			ret = 0;
		} else {
			attach_makers(s, leader, BY_PID, &makers);
			ret = attach_process(s, leader, BY_PID);
		}
	}
	rcu_read_unlock();
	*found = ret > 0;
	/* What it makes just now may not be among what a look waits for. */
	if (ret > 0)
		leave_put(xchg(&s->leaving, NULL));
	return ret < 0 ? ret : 0;
}

/**
 * struct look - through all processes that a pid namespace has
 * @by: BY_LOOK, or BY_PID: records may be lost
 * @began: time
 * @nr: pid to go on with
 * @enough: how many are found at most
 * @found: processes that were not traced before
 * @being_made: processes that were passed over, and may have been missed
 * @full: there was no room for a record
 */
struct look {
	enum attach_by by;
	u64 began;
	int nr;
	u32 enough;
	u32 found;
	u32 being_made;
	bool full;
};

static void look_at(struct session *s, struct look *look,
		    struct task_struct *leader)
{
	int ret;

	if (is_being_made(leader)) {
		/* Who makes it was traced before: that sees what came since. */
		if (leader->start_time < look->began)
			look->being_made++;
		return;
	}
	ret = attach_makers(s, leader, look->by, &look->found);
	if (!ret)
		ret = attach_process(s, leader, look->by);
	if (ret > 0)
		look->found++;
	look->full = ret == -EAGAIN;
}

/* The next pid, as next_tgid() of fs/proc/base.c; false behind the last. */
static bool look_next(struct session *s, struct look *look)
{
	struct task_struct *leader;
	struct pid *pid;

	rcu_read_lock();
	/* session_stop() waits for those that see it live. */
	pid = READ_ONCE(s->live) ? find_ge_pid(look->nr, s->ns) : NULL;
	if (pid) {
		look->nr = pid_nr_ns(pid, s->ns) + 1;
		leader = pid_task(pid, PIDTYPE_TGID);
		if (leader && descends(s, leader))
			look_at(s, look, leader);
	}
	rcu_read_unlock();
	return pid;
}

/* Half a ring of records: there is to be room for what else comes. */
static u32 enough(const struct session *s)
{
	return (s->ring.mask + 1) / 2 /
	       (sizeof(struct cleave_attach) + CLEAVE_RING_HDR_SZ);
}

/*
 * A step for each pid, whatever comes and goes meanwhile: nobody is kept from
 * running, and no lock is held for longer than a step takes.
 */
static int look_through(struct session *s, struct look *look)
{
	look->began = ktime_get_ns();
	look->nr = 1;
	look->being_made = 0;
	look->full = false;
	look->enough = enough(s);
	while (!look->full && look->found < look->enough &&
	       look_next(s, look)) {
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return READ_ONCE(s->live) ? 0 : -EINVAL;
}

/*
 * So long a look waits at a time for tasks to leave wake_up_new_task().  Who looks has
 * signals blocked, maybe, that are to end it: so that it gets a turn in between.
 */
#define WAKES_MS	100

/*
 * All that were in wake_up_new_task() when the wait began have left it: a look that has
 * given up goes on with its own.  Returns 0, -ENOMEM, or as leave_wait().
 */
static int await_wakes(struct session *s)
{
	struct leave *l;
	int err;

	KUNIT_STATIC_STUB_REDIRECT(await_wakes, s);
	l = xchg(&s->leaving, NULL) ?: leave_begin();
	if (!l)
		return -ENOMEM;
	err = leave_wait(l, WAKES_MS);
	/* Another may have come to wait meanwhile: that one's is as good. */
	leave_put(err ? xchg(&s->leaving, l) : l);
	return err;
}

/*
 * Looks in a row that find a full ring and nothing else: then records are lost.
 * The ring is emptied between two of them, but others may be as fast to fill it.
 */
#define FULL_LOOKS	100

/**
 * attach_look() - trace all that descends from what is traced
 * @s: the session; may sleep
 * @found: filled with the number of those that were not traced before
 *
 * One that was passed over, as it was being made, may have passed our probe in
 * wake_up_new_task() just before its creator was traced.  It is not being made any
 * more once all that were in that function have left it: that can take some time, and
 * is seldom needed.  If it takes longer than %WAKES_MS, the next look goes on waiting,
 * and does not begin anew.
 *
 * Who looks empties the ring in between: so one look finds no more than there is
 * room for, and the next goes on.
 *
 * Whoever is met before it begins is there for it; for those that are met from then on
 * there may have to be another, which the device says (EPOLLPRI).
 *
 * Return: 0, -EAGAIN (none was found by now: the ring is full, or a fork is still
 * under way), -EINTR or -ERESTARTSYS (a signal has come), -ENOMEM, or -EINVAL where the
 * session has stopped.
 */
int attach_look(struct session *s, u32 *found)
{
	struct look look = {
		.by = READ_ONCE(s->full_looks) < FULL_LOOKS ? BY_LOOK : BY_PID,
	};
	bool waits = READ_ONCE(s->leaving);
	int err = 0;

	WRITE_ONCE(s->ledger.met, false);
	if (!waits)
		err = look_through(s, &look);
	if (waits || (!err && !look.found && !look.full && look.being_made)) {
		err = await_wakes(s);
		if (!err)
			err = look_through(s, &look);
	}
	if (!err && !look.found && look.full) {
		WRITE_ONCE(s->full_looks, s->full_looks + 1);
		err = -EAGAIN;
	} else {
		WRITE_ONCE(s->full_looks, 0);
	}
	*found = look.found;
	return err;
}

/* ---- what a fork makes that was under way ---- */

static bool traces_current(struct session *s)
{
	return follows_current(s) || ledger_find(&s->ledger, current->mm);
}

static void wake_session(struct session *s, struct task_struct *child)
{
	struct found f = {
		.leader = child,
		.host = child->mm == current->mm ? current->group_leader :
						   child,
		.mm = child->mm,
		.kin.forknoexec = 1,
		.what = CLEAVE_JUST_MADE,
	};

	/* Told by copy_process()'s return, mostly. */
	if (!traces_current(s) || ledger_traces(&s->ledger, child->tgid))
		return;
	if (current->mm)
		f.maker = traced_slot(s, current->mm);
	rcu_read_lock();
	attach(s, &f);
	rcu_read_unlock();
}

/* wake_up_new_task(): the child has not run yet. */
static void wake(unsigned long task, unsigned long a1, unsigned long a2,
		 unsigned long caller)
{
	struct task_struct *child = (struct task_struct *)task;
	struct session *s;
	u32 i;

	if (!child->mm || !thread_group_leader(child))
		return;
	for_each_session(s, i)
		wake_session(s, child);
}

const struct probe_def wake_probe = { .entry = wake };
