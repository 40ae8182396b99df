// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach_test.c - processes that were there before: init, which there always is, and
 * what descends from it.
 */
#include <linux/kthread.h>
#include <linux/sched/mm.h>

#include "test.h"
#include "../attach.c"
#include "fixture.h"

static struct task_struct *init_of(struct session *s)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(find_pid_ns(1, s->ns), PIDTYPE_PID);
	rcu_read_unlock();
	return task;
}

static struct cleave_as *as_of(struct session *s, const struct mm_struct *mm)
{
	struct cleave_as *as;

	preempt_disable();
	as = ledger_at(&s->ledger, ledger_find(&s->ledger, mm));
	preempt_enable();
	return as;
}

static bool traces(struct session *s, pid_t tgid)
{
	bool yes;

	preempt_disable();
	yes = ledger_traces(&s->ledger, tgid);
	preempt_enable();
	return yes;
}

static void end_init(struct session *s)
{
	preempt_disable();
	exit_session(s, init_of(s));
	preempt_enable();
}

/*
 * A process that is nobody's but the test's: with init one does not know when it
 * ends or execs.
 */
static struct task_struct *made_up(struct kunit *test, pid_t nr,
				   struct task_struct *parent,
				   struct mm_struct *mm)
{
	struct fixture *f = test->priv;
	struct pid_namespace *ns = f->s->ns;
	struct task_struct *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	struct signal_struct *sig = kunit_kzalloc(test, sizeof(*sig), GFP_KERNEL);
	struct pid *pid = kunit_kzalloc(test, sizeof(*pid) + (ns->level + 1) *
					sizeof(struct upid), GFP_KERNEL);

	if (!p || !sig || !pid)
		return NULL;
	pid->level = ns->level;
	pid->numbers[ns->level] = (struct upid) { .nr = nr, .ns = ns };
	sig->pids[PIDTYPE_TGID] = pid;
	atomic_set(&sig->live, 1);
	INIT_LIST_HEAD(&sig->thread_head);
	list_add_tail(&p->thread_node, &sig->thread_head);
	spin_lock_init(&p->alloc_lock);
	p->signal = sig;
	p->thread_pid = pid;
	p->pid = nr;
	p->tgid = nr;
	p->group_leader = p;
	RCU_INIT_POINTER(p->real_parent, parent);
	p->mm = mm;
#ifdef CONFIG_CGROUPS
	RCU_INIT_POINTER(p->cgroups, rcu_access_pointer(current->cgroups));
#endif
	return p;
}

static u64 sent(struct session *s)
{
	return s->totals.sent[CLEAVE_REC_ATTACH];
}

static void attach_by_pid(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct task_struct *init = init_of(f->s);
	struct cleave_attach *a = first_record(f->s);
	struct cleave_as *as;
	u32 found = 9;

	KUNIT_EXPECT_EQ(test, attach_one(f->s, 0x7ffffff, &found), -ESRCH);
	/* kthreadd: a task without an address space. */
	KUNIT_EXPECT_EQ(test, attach_one(f->s, 2, &found), -ESRCH);
	KUNIT_EXPECT_EQ(test, found, 0U);
	KUNIT_EXPECT_EQ(test, sent(f->s), 0ULL);
	KUNIT_EXPECT_EQ(test, attach_one(f->s, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 1U);
	KUNIT_EXPECT_EQ(test, sent(f->s), 1ULL);
	as = as_of(f->s, init->mm);
	KUNIT_ASSERT_NOT_NULL(test, as);
	KUNIT_EXPECT_EQ(test, (int)a->hdr.type, (int)CLEAVE_REC_ATTACH);
	KUNIT_EXPECT_EQ(test, a->as, as->id);
	KUNIT_EXPECT_EQ(test, a->creator_as, 0ULL);
	KUNIT_EXPECT_EQ(test, a->pid, 1);
	KUNIT_EXPECT_EQ(test, a->ns_pid, 1);
	KUNIT_EXPECT_EQ(test, a->parent_pid, 0);
	/* Init has exec'ed. */
	KUNIT_EXPECT_EQ(test, a->what, 0U);
	KUNIT_EXPECT_EQ(test, as->origin, (u32)CLEAVE_BY_FOUND);
	KUNIT_EXPECT_EQ(test, a->start_ns, init->start_time);
	KUNIT_EXPECT_NE(test, a->vm, 0ULL);
	KUNIT_EXPECT_STREQ(test, a->comm, init->comm);
	/* A second time it is there already. */
	KUNIT_EXPECT_EQ(test, attach_one(f->s, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 0U);
	KUNIT_EXPECT_EQ(test, sent(f->s), 1ULL);
	KUNIT_EXPECT_EQ(test, f->s->ledger.used, 2U);
	end_init(f->s);
	KUNIT_EXPECT_FALSE(test, traces(f->s, 1));
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_EXIT], 1ULL);
}

/* All that are found; others may begin meanwhile, but not for ever. */
static u32 look_all(struct kunit *test, struct session *s)
{
	u32 found, all = 0;
	int i = 0;

	do {
		KUNIT_EXPECT_EQ(test, attach_look(s, &found), 0);
		all += found;
	} while (found && ++i < 1000);
	return all;
}

/* Who has loaded this module is one. */
static void attach_looks(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct session *all = fixture_session(CLEAVE_START_ALL);
	u32 found, below;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	KUNIT_EXPECT_EQ(test, look_all(test, f->s), 0U);
	attach_one(f->s, 1, &found);
	below = look_all(test, f->s);
	KUNIT_EXPECT_GT(test, below, 0U);
	KUNIT_EXPECT_EQ(test, sent(f->s) + f->s->totals.lost[CLEAVE_REC_ATTACH],
			1ULL + below);
	KUNIT_EXPECT_FALSE(test, traces(all, 1));
	all->ledger.met = true;
	look_all(test, all);
	KUNIT_EXPECT_FALSE(test, all->ledger.met);
	KUNIT_EXPECT_TRUE(test, traces(all, 1));
	/* No kernel thread is among them. */
	KUNIT_EXPECT_FALSE(test, traces(all, 2));
	KUNIT_EXPECT_FALSE(test, traces(all, current->tgid));
	fixture_end(all);
}

static bool yes(struct task_struct *task)
{
	return true;
}

static int waits;

static int wait_counted(struct session *s)
{
	waits++;
	return 0;
}

/* Such a one is for copy_process() or wake_up_new_task() to tell. */
static void attach_being_made(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct session *all = fixture_session(CLEAVE_START_ALL);
	u32 found;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	kunit_activate_static_stub(test, is_being_made, yes);
	kunit_activate_static_stub(test, await_wakes, wait_counted);
	waits = 0;
	KUNIT_EXPECT_EQ(test, attach_look(all, &found), 0);
	KUNIT_EXPECT_EQ(test, waits, 1);
	KUNIT_EXPECT_EQ(test, found, 0U);
	KUNIT_EXPECT_EQ(test, sent(all), 0ULL);
	KUNIT_EXPECT_EQ(test, attach_one(all, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 0U);
	/* Where nobody traces who makes it, nobody else would. */
	KUNIT_EXPECT_EQ(test, attach_one(f->s, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 1U);
	kunit_deactivate_static_stub(test, is_being_made);
	KUNIT_EXPECT_EQ(test, attach_one(all, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 1U);
	fixture_end(all);
}

static int wait_is;
static struct leave *waited_for;

static int wait_told(struct leave *l, unsigned int ms)
{
	waited_for = l;
	return wait_is;
}

/* However long it takes, each look is short, and all of them wait for the same. */
static void attach_waits_in_turns(struct kunit *test)
{
	struct session *all = fixture_session(CLEAVE_START_ALL);
	struct leave *l;
	u32 found = 9;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	kunit_activate_static_stub(test, is_being_made, yes);
	kunit_activate_static_stub(test, leave_wait, wait_told);
	wait_is = -EAGAIN;
	KUNIT_EXPECT_EQ(test, attach_look(all, &found), -EAGAIN);
	KUNIT_EXPECT_EQ(test, found, 0U);
	l = all->leaving;
	KUNIT_EXPECT_NOT_NULL(test, l);
	wait_is = -ERESTARTSYS;
	KUNIT_EXPECT_EQ(test, attach_look(all, &found), -ERESTARTSYS);
	KUNIT_EXPECT_PTR_EQ(test, waited_for, l);
	KUNIT_EXPECT_PTR_EQ(test, all->leaving, l);
	/* A full ring is something else. */
	KUNIT_EXPECT_EQ(test, all->full_looks, 0U);
	wait_is = 0;
	KUNIT_EXPECT_EQ(test, attach_look(all, &found), 0);
	KUNIT_EXPECT_PTR_EQ(test, waited_for, l);
	KUNIT_EXPECT_NULL(test, all->leaving);
	/* The wait is over, and what was made meanwhile is there. */
	wait_is = -EAGAIN;
	KUNIT_EXPECT_EQ(test, attach_look(all, &found), -EAGAIN);
	kunit_deactivate_static_stub(test, is_being_made);
	wait_is = 0;
	KUNIT_EXPECT_EQ(test, attach_look(all, &found), 0);
	KUNIT_EXPECT_GT(test, found, 0U);
	fixture_end(all);
}

/* Whoever is traced since then can be making one that it does not wait for. */
static void attach_wait_is_void(struct kunit *test)
{
	struct session *all = fixture_session(CLEAVE_START_ALL);
	u32 found;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	kunit_activate_static_stub(test, is_being_made, yes);
	kunit_activate_static_stub(test, leave_wait, wait_told);
	wait_is = -EAGAIN;
	KUNIT_EXPECT_EQ(test, attach_look(all, &found), -EAGAIN);
	kunit_deactivate_static_stub(test, is_being_made);
	KUNIT_EXPECT_EQ(test, attach_one(all, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 1U);
	KUNIT_EXPECT_NULL(test, all->leaving);
	/* One that nobody comes back to goes with the session. */
	kunit_activate_static_stub(test, is_being_made, yes);
	KUNIT_EXPECT_EQ(test, attach_look(all, &found), -EAGAIN);
	KUNIT_EXPECT_NOT_NULL(test, all->leaving);
	fixture_end(all);
}

/* What began since the look did cannot have been missed, and is not waited for. */
static void attach_just_begun(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct task_struct *p = made_up(test, 1000, init_of(f->s), f->met);
	struct look look = { .began = 100 };

	KUNIT_ASSERT_NOT_NULL(test, p);
	kunit_activate_static_stub(test, is_being_made, yes);
	rcu_read_lock();
	p->start_time = 100;
	look_at(f->s, &look, p);
	KUNIT_EXPECT_EQ(test, look.being_made, 0U);
	p->start_time = 99;
	look_at(f->s, &look, p);
	KUNIT_EXPECT_EQ(test, look.being_made, 1U);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, look.found, 0U);
}

/* It may stop while a look is under way. */
static void attach_stopped(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct session *all = fixture_session(CLEAVE_START_ALL);
	u32 found;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	session_stop(all);
	KUNIT_EXPECT_EQ(test, attach_look(all, &found), -EINVAL);
	KUNIT_EXPECT_EQ(test, found, 0U);
	KUNIT_EXPECT_EQ(test, attach_one(all, 1, &found), -EINVAL);
	KUNIT_EXPECT_EQ(test, found, 0U);
	KUNIT_EXPECT_EQ(test, sent(all), 0ULL);
	session_free(all);
	/* Another goes on. */
	KUNIT_EXPECT_EQ(test, attach_one(f->s, 1, &found), 0);
}

/* Counted once, and its exit is told. */
static void attach_no_room(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_attach *a = first_record(f->s);
	u32 found;

	fixture_fill(f->s);
	KUNIT_EXPECT_EQ(test, attach_one(f->s, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 1U);
	KUNIT_EXPECT_EQ(test, attach_one(f->s, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 0U);
	KUNIT_EXPECT_EQ(test, f->s->ledger.lost, 1ULL);
	KUNIT_EXPECT_EQ(test, sent(f->s), 1ULL);
	KUNIT_EXPECT_EQ(test, a->as, 0ULL);
	KUNIT_EXPECT_EQ(test, a->pid, 1);
	end_init(f->s);
	KUNIT_EXPECT_EQ(test, f->s->totals.exits, 1ULL);
}

static void fill_ring(struct session *s)
{
	preempt_disable();
	while (session_try_reserve(s, CLEAVE_REC_ATTACH, PAGE_SIZE))
		;
	while (session_try_reserve(s, CLEAVE_REC_ATTACH,
				   sizeof(struct cleave_hdr)))
		;
	preempt_enable();
}

/* As is a record that there is no room for: by whom the process is for. */
static void attach_record_lost(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct task_struct *p = made_up(test, 1000, init_of(f->s), f->met);
	struct found found = { .leader = p, .host = p, .mm = f->met };
	u64 *lost = &f->s->totals.lost[CLEAVE_REC_ATTACH];

	KUNIT_ASSERT_NOT_NULL(test, p);
	fill_ring(f->s);
	preempt_disable();
	rcu_read_lock();
	/* A look comes again. */
	found.by = BY_LOOK;
	KUNIT_EXPECT_EQ(test, attach(f->s, &found), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, traces(f->s, 1000));
	KUNIT_EXPECT_EQ(test, f->s->ledger.used, 1U);
	KUNIT_EXPECT_EQ(test, *lost, 0ULL);
	/* To one that was met as well. */
	ledger_note_met(&f->s->ledger, 1000, 1);
	KUNIT_EXPECT_EQ(test, attach(f->s, &found), -EAGAIN);
	found.by = BY_PID;
	KUNIT_EXPECT_EQ(test, attach(f->s, &found), 1);
	KUNIT_EXPECT_EQ(test, *lost, 1ULL);
	KUNIT_EXPECT_EQ(test, attach(f->s, &found), 0);
	found.by = BY_LOOK;
	KUNIT_EXPECT_EQ(test, attach(f->s, &found), 0);
	KUNIT_EXPECT_EQ(test, *lost, 1ULL);
	rcu_read_unlock();
	preempt_enable();
	KUNIT_EXPECT_EQ(test, sent(f->s), 0ULL);
}

static void empty_ring(struct session *s)
{
	WRITE_ONCE(*s->ring.consumer_pos, *s->ring.producer_pos);
}

/* Nobody is taken without a record, until there is no end of it. */
static void attach_ring_full(struct kunit *test)
{
	struct session *all = fixture_session(CLEAVE_START_ALL);
	u64 *lost = &all->totals.lost[CLEAVE_REC_ATTACH];
	u32 found, i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	fill_ring(all);
	for (i = 0; i < FULL_LOOKS; i++) {
		KUNIT_ASSERT_EQ(test, attach_look(all, &found), -EAGAIN);
		KUNIT_ASSERT_EQ(test, found, 0U);
	}
	KUNIT_EXPECT_FALSE(test, traces(all, 1));
	KUNIT_EXPECT_EQ(test, *lost, 0ULL);
	KUNIT_EXPECT_EQ(test, attach_look(all, &found), 0);
	KUNIT_EXPECT_GT(test, found, 0U);
	KUNIT_EXPECT_TRUE(test, traces(all, 1));
	KUNIT_EXPECT_EQ(test, *lost, (u64)found);
	/* One that found something begins anew. */
	KUNIT_EXPECT_EQ(test, all->full_looks, 0U);
	fixture_end(all);
}

/* However small the ring is, each is told of, if it is emptied between two looks. */
static void attach_ring_small(struct kunit *test)
{
	struct cleave_start start = {
		.size = sizeof(start),
		.abi = CLEAVE_ABI_VERSION,
		.ring_size = PAGE_SIZE,
		.max_as = FIXTURE_SLOTS,
		.flags = CLEAVE_START_ALL,
	};
	struct session *all = session_start(&start);
	u32 found, told = 0, most = 1, i = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	KUNIT_EXPECT_EQ(test, enough(all), 21U);
	/* As if it were smaller: there are not that many, perhaps. */
	all->ring.mask = 2 * 2 * (sizeof(struct cleave_attach) +
				  CLEAVE_RING_HDR_SZ) - 1;
	KUNIT_EXPECT_EQ(test, enough(all), 2U);
	all->ring.mask = PAGE_SIZE - 1;
	do {
		KUNIT_EXPECT_EQ(test, attach_look(all, &found), 0);
		told += found;
		most = max(most, found);
		empty_ring(all);
	} while (found && ++i < 1000);
	KUNIT_EXPECT_TRUE(test, traces(all, 1));
	KUNIT_EXPECT_EQ(test, sent(all), (u64)told);
	KUNIT_EXPECT_EQ(test, all->totals.lost[CLEAVE_REC_ATTACH], 0ULL);
	/* One process more at most has its line of creators with it. */
	KUNIT_EXPECT_LE(test, most, 21U + CLEAVE_KIN_MAX);
	fixture_end(all);
}

static int lives;

static bool dies(struct task_struct *task)
{
	return lives-- <= 0;
}

/* Its end comes before it is noted, or just then: nothing is left for its pid. */
static void attach_exits(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 found;

	kunit_activate_static_stub(test, is_dead, dies);
	lives = 0;
	KUNIT_EXPECT_EQ(test, attach_one(f->s, 1, &found), -ESRCH);
	KUNIT_EXPECT_EQ(test, sent(f->s), 0ULL);
	KUNIT_EXPECT_EQ(test, f->s->ledger.used, 1U);
	lives = 1;
	KUNIT_EXPECT_EQ(test, attach_one(f->s, 1, &found), -ESRCH);
	KUNIT_EXPECT_EQ(test, sent(f->s), 0ULL);
	KUNIT_EXPECT_FALSE(test, traces(f->s, 1));
	lives = 2;
	KUNIT_EXPECT_EQ(test, attach_one(f->s, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 1U);
	KUNIT_EXPECT_EQ(test, sent(f->s), 1ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_EXIT], 1ULL);
	KUNIT_EXPECT_FALSE(test, traces(f->s, 1));
	/* The end of one that was met was left to the claim. */
	preempt_disable();
	ledger_note_met(&f->s->ledger, 1, 1);
	preempt_enable();
	lives = 1;
	KUNIT_EXPECT_EQ(test, attach_one(f->s, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, sent(f->s), 2ULL);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_EXIT], 2ULL);
	KUNIT_EXPECT_FALSE(test, traces(f->s, 1));
}

static struct session *asked_in;
static u64 refs_then;

/* Asked for the last time as it has been told of. */
static bool lives_on(struct task_struct *task)
{
	struct ledger *l = &asked_in->ledger;
	struct cleave_as *as = ledger_at(l, ledger_find(l, task->mm));

	refs_then = as ? as->refs : 0;
	return false;
}

/*
 * An exec on another CPU can give the entry up that it is told in: it is not another's
 * before that, whether it was entered now or was there.
 */
static void attach_holds_entry(struct kunit *test)
{
	struct session *all = fixture_session(CLEAVE_START_ALL);
	struct fixture *f = test->priv;
	struct mm_struct *mm = init_of(f->s)->mm;
	u32 found;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	kunit_activate_static_stub(test, is_dead, lives_on);
	preempt_disable();
	ledger_meet(&all->ledger, mm, 1, 1);
	preempt_enable();
	for (asked_in = f->s; asked_in; asked_in = asked_in == all ? NULL : all) {
		refs_then = 0;
		KUNIT_EXPECT_EQ(test, attach_one(asked_in, 1, &found), 0);
		KUNIT_EXPECT_EQ(test, found, 1U);
		KUNIT_EXPECT_EQ(test, refs_then, 2ULL);
		KUNIT_EXPECT_EQ(test, as_of(asked_in, mm)->refs, 1ULL);
	}
	fixture_end(all);
}

/* A kernel thread is made as others are, and by one that has not exec'ed. */
static void attach_knows_kin(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_kin k;

	f->met->arg_start = ADDR;
	rcu_read_lock();
	kin_of(current, f->met, &k);
	KUNIT_EXPECT_TRUE(test, k.forknoexec);
	KUNIT_EXPECT_FALSE(test, k.parent_reaps);
	KUNIT_EXPECT_EQ(test, k.parent_exec_id, k.self_exec_id);
	/* An exec is under way, and has put a new address space in its place. */
	f->met->arg_start = 0;
	kin_of(current, f->met, &k);
	KUNIT_EXPECT_FALSE(test, k.forknoexec);
	f->met->arg_start = ADDR;
	kin_of(init_of(f->s), f->met, &k);
	KUNIT_EXPECT_FALSE(test, k.forknoexec);
	rcu_read_unlock();
}

static struct cleave_kin made_up_kin;

static void kin_made_up(struct task_struct *leader, const struct mm_struct *mm,
			struct cleave_kin *k)
{
	*k = made_up_kin;
}

/* Its parent is in the address space TRACED. */
static u32 hold_traced(struct session *s, struct task_struct *task)
{
	return ledger_hold(&s->ledger, TRACED);
}

static const struct kin_case {
	const char *what;
	struct cleave_kin kin;
	u32 says;
	bool creator;
} kin_cases[] = {
	{ "before exec", { 1, 0, 7, 7 }, CLEAVE_HAS_FIGURES, true },
	{ "after exec", { 0, 0, 7, 7 }, 0, false },
	{ "given to a reaper", { 1, 1, 7, 7 }, CLEAVE_HAS_FIGURES, false },
	{ "its parent has exec'ed", { 1, 0, 7, 8 }, CLEAVE_HAS_FIGURES, false },
};

static void describe(const struct kin_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", c->what);
}

KUNIT_ARRAY_PARAM(kins, kin_cases, describe);

static void attach_kin(struct kunit *test)
{
	const struct kin_case *c = test->param_value;
	struct fixture *f = test->priv;
	struct cleave_attach *a = first_record(f->s);
	struct cleave_as *parent = as_of(f->s, TRACED), *as;
	u32 found;

	made_up_kin = c->kin;
	kunit_activate_static_stub(test, kin_of, kin_made_up);
	kunit_activate_static_stub(test, hold_mm_of, hold_traced);
	cleave_add(&parent->cow[CLEAVE_COPIED], 3);
	KUNIT_ASSERT_EQ(test, attach_one(f->s, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, a->what, c->says);
	KUNIT_EXPECT_EQ(test, a->creator_as, c->creator ? parent->id : 0);
	as = as_of(f->s, init_of(f->s)->mm);
	KUNIT_ASSERT_NOT_NULL(test, as);
	KUNIT_EXPECT_EQ(test, !!cleave_as_forked(as), !!c->says);
	/* What it holds is its creator, and nothing else is held. */
	KUNIT_EXPECT_EQ(test, parent->refs, c->creator ? 2ULL : 1ULL);
	KUNIT_EXPECT_EQ(test, as->refs, 1ULL);
	/* The window begins here. */
	KUNIT_EXPECT_EQ(test, as->creator_base[CLEAVE_COPIED],
			c->creator ? 3ULL : 0ULL);
}

static const struct met_case {
	const char *what;
	s32 owner;	/* of its entry */
	bool noted;	/* and it was there as well */
} met_cases[] = {
	{ "by others", 0, false },
	{ "in its own", 1, true },
	{ "as a guest", 0, true },
};

static void describe_met(const struct met_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", c->what);
}

KUNIT_ARRAY_PARAM(mets, met_cases, describe_met);

/* Its entry, of which a look will find that it comes from TRACED, and before exec. */
static struct cleave_as *meet_init(struct kunit *test, pid_t owner, bool noted)
{
	struct fixture *f = test->priv;
	struct mm_struct *mm = init_of(f->s)->mm;

	made_up_kin = (struct cleave_kin) { .forknoexec = 1 };
	kunit_activate_static_stub(test, kin_of, kin_made_up);
	kunit_activate_static_stub(test, hold_mm_of, hold_traced);
	preempt_disable();
	ledger_meet(&f->s->ledger, mm, owner, 1);
	if (noted)
		ledger_note_met(&f->s->ledger, 1, 2);
	preempt_enable();
	return as_of(f->s, mm);
}

/* Whoever met it before did not know what it is. */
static void attach_claims_entry(struct kunit *test)
{
	const struct met_case *c = test->param_value;
	struct fixture *f = test->priv;
	struct mm_struct *mm = init_of(f->s)->mm;
	struct cleave_attach *a = first_record(f->s);
	struct cleave_as *as = meet_init(test, c->owner, c->noted);
	u32 found;

	KUNIT_EXPECT_EQ(test, as->origin, (u32)CLEAVE_BY_MET);
	KUNIT_ASSERT_EQ(test, attach_one(f->s, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 1U);
	KUNIT_EXPECT_PTR_EQ(test, as_of(f->s, mm), as);
	KUNIT_EXPECT_EQ(test, as->owner, 1);
	KUNIT_EXPECT_EQ(test, as->origin, (u32)CLEAVE_BY_FOUND_FORK);
	KUNIT_EXPECT_EQ(test, a->as, as->id);
	KUNIT_EXPECT_EQ(test, a->what, CLEAVE_HAS_FIGURES);
	KUNIT_EXPECT_EQ(test, a->creator_as, as_of(f->s, TRACED)->id);
	KUNIT_EXPECT_EQ(test, as_of(f->s, TRACED)->children, 1ULL);
	/* Once. */
	KUNIT_ASSERT_EQ(test, attach_one(f->s, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 0U);
	KUNIT_EXPECT_EQ(test, as_of(f->s, TRACED)->children, 1ULL);
	end_init(f->s);
	KUNIT_EXPECT_EQ(test, f->s->totals.sent[CLEAVE_REC_EXIT], 1ULL);
}

/* Its host has exec'ed before all of that was there. */
static void follow_and_leave(struct session *s, struct cleave_as *as,
			     const struct cleave_kin *kin, u32 maker)
{
	cleave_as_follow(as, ledger_at(&s->ledger, maker), maker - 1);
	cleave_as_exec_ends(as, as->owner, 0);
}

static void attach_claims_left(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_attach *a = first_record(f->s);
	struct cleave_as *as = meet_init(test, 1, false);
	u32 found;

	kunit_activate_static_stub(test, follow, follow_and_leave);
	KUNIT_ASSERT_EQ(test, attach_one(f->s, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 1U);
	KUNIT_EXPECT_EQ(test, as->origin, (u32)CLEAVE_BY_FOUND);
	KUNIT_EXPECT_EQ(test, as->creator, 0U);
	KUNIT_EXPECT_EQ(test, a->creator_as, 0ULL);
	KUNIT_EXPECT_EQ(test, a->what, 0U);
	KUNIT_EXPECT_EQ(test, as_of(f->s, TRACED)->children, 0ULL);
	KUNIT_EXPECT_EQ(test, as_of(f->s, TRACED)->refs, 1ULL);
}

/* What it has broken before that is on the side that all its figures are of. */
static void attach_carries_times(struct kunit *test)
{
	static const struct {
		u32 forknoexec, before, after;
	} cases[] = { { 1, 1, 0 }, { 0, 0, 1 } };
	struct fixture *f = test->priv;
	struct mm_struct *mm = init_of(f->s)->mm;
	struct session *s;
	struct times *t;
	u32 i, found;

	kunit_activate_static_stub(test, kin_of, kin_made_up);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		s = fixture_session(CLEAVE_START_TIMES);
		KUNIT_ASSERT_FALSE(test, IS_ERR(s));
		t = &s->ledger.times;
		made_up_kin = (struct cleave_kin) {
			.forknoexec = cases[i].forknoexec, .parent_reaps = 1,
		};
		preempt_disable();
		times_break(t, ledger_meet(&s->ledger, mm, 1, 1),
			    CLEAVE_SIDE_AFTER, CLEAVE_COPIED);
		preempt_enable();
		KUNIT_EXPECT_EQ(test, attach_one(s, 1, &found), 0);
		KUNIT_EXPECT_EQ(test, found, 1U);
		KUNIT_EXPECT_EQ(test, t->slots[0].breaks[CLEAVE_SIDE_BEFORE_EXEC]
				[CLEAVE_COPIED], (u64)cases[i].before);
		KUNIT_EXPECT_EQ(test, t->slots[0].breaks[CLEAVE_SIDE_AFTER]
				[CLEAVE_COPIED], (u64)cases[i].after);
		fixture_end(s);
	}
}

/* What there was no room for as it was met is not counted again. */
static void attach_met_lost(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_attach *a = first_record(f->s);
	u32 found;

	fixture_fill(f->s);
	preempt_disable();
	KUNIT_EXPECT_FALSE(test, ledger_lose_met(&f->s->ledger, 1));
	preempt_enable();
	KUNIT_EXPECT_EQ(test, attach_one(f->s, 1, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 1U);
	KUNIT_EXPECT_EQ(test, f->s->ledger.lost, 1ULL);
	KUNIT_EXPECT_EQ(test, a->as, 0ULL);
}

/* Made by its parent, but for those that init has made: that may not have. */
static void kin_of_line(struct task_struct *leader, const struct mm_struct *mm,
			struct cleave_kin *k)
{
	*k = (struct cleave_kin) {
		.forknoexec = leader->tgid != 1,
		.parent_reaps = rcu_dereference(leader->real_parent)->tgid == 1,
	};
}

static const struct line_case {
	const char *what;
	bool met;
} line_cases[] = {
	{ "as it was met before", true },
	{ "asked for", false },
};

static void describe_line(const struct line_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", c->what);
}

KUNIT_ARRAY_PARAM(lines, line_cases, describe_line);

/* A child that comes first has its creator and that one's entered before it. */
static void attach_in_line(struct kunit *test)
{
	const struct line_case *c = test->param_value;
	struct fixture *f = test->priv;
	struct session *all = fixture_session(CLEAVE_START_ALL);
	struct cleave_attach *a = first_record(all);
	struct task_struct *p = init_of(f->s);
	struct mm_struct *mm;
	u32 makers = 0;
	u64 creator = 0;
	pid_t nr;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	for (nr = 1000; nr < 1003; nr++) {
		mm = kunit_kzalloc(test, sizeof(*mm), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, mm);
		p = made_up(test, nr, p, mm);
		KUNIT_ASSERT_NOT_NULL(test, p);
	}
	kunit_activate_static_stub(test, kin_of, kin_of_line);
	preempt_disable();
	if (c->met) {
		ledger_meet(&all->ledger, mm, 1002, 1);
		ledger_note_met(&all->ledger, 1002, 1);
		/* And one of its creators. */
		ledger_note_met(&all->ledger, 1000, 0);
	}
	preempt_enable();
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, attach_makers(all, p, BY_PID, &makers), 0);
	KUNIT_EXPECT_EQ(test, makers, 2U);
	KUNIT_EXPECT_EQ(test, attach_process(all, p, BY_PID), 1);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, sent(all), 3ULL);
	KUNIT_EXPECT_FALSE(test, traces(all, 1));
	for (nr = 1000; nr < 1003; nr++) {
		KUNIT_EXPECT_EQ(test, a->pid, nr);
		KUNIT_EXPECT_NE(test, a->as, 0ULL);
		KUNIT_EXPECT_EQ(test, a->creator_as, creator);
		creator = a->as;
		a = (void *)a + sizeof(*a) + CLEAVE_RING_HDR_SZ;
	}
	/* Of a session of some processes they are not. */
	rcu_read_lock();
	makers = 0;
	KUNIT_EXPECT_EQ(test, attach_makers(f->s, p, BY_PID, &makers), 0);
	KUNIT_EXPECT_EQ(test, makers, 0U);
	rcu_read_unlock();
	fixture_end(all);
}

static void wake_by_current(struct task_struct *child)
{
	preempt_disable();
	wake((unsigned long)child, 0, 0, ELSEWHERE);
	preempt_enable();
}

/* By a creator without an entry. */
static void attach_at_wake(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct task_struct *init = init_of(f->s);
	struct cleave_attach *a = first_record(f->s);

	wake_by_current(init);
	KUNIT_EXPECT_EQ(test, sent(f->s), 0ULL);
	preempt_disable();
	ledger_note_proc(&f->s->ledger, current->tgid, 0);
	preempt_enable();
	/* Kernel threads are told by copy_process() or not at all. */
	wake_by_current(current);
	KUNIT_EXPECT_EQ(test, sent(f->s), 0ULL);
	wake_by_current(init);
	wake_by_current(init);
	KUNIT_EXPECT_EQ(test, sent(f->s), 1ULL);
	KUNIT_EXPECT_EQ(test, a->pid, 1);
	KUNIT_EXPECT_EQ(test, a->what, CLEAVE_JUST_MADE | CLEAVE_HAS_FIGURES);
	KUNIT_EXPECT_EQ(test, a->creator_as, 0ULL);
	KUNIT_EXPECT_EQ(test, as_of(f->s, init->mm)->origin,
			(u32)CLEAVE_BY_FOUND_FORK);
}

/* What is made in the creator's address space joins it, another follows it. */
static void attach_at_wake_by_init(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct task_struct *init = init_of(f->s);
	struct task_struct *child = made_up(test, 1000, init, f->met);
	struct cleave_attach *a = first_record(f->s), *b;
	struct mm_struct *mm = get_task_mm(init);
	struct cleave_as *as;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	KUNIT_ASSERT_NOT_NULL(test, child);
	preempt_disable();
	ledger_enter(&f->s->ledger, mm, CLEAVE_BY_EXEC, 1, 1);
	preempt_enable();
	as = as_of(f->s, mm);
	kthread_use_mm(mm);
	wake_by_current(init);
	wake_by_current(child);
	kthread_unuse_mm(mm);
	mmput(mm);
	KUNIT_EXPECT_EQ(test, a->pid, 1);
	KUNIT_EXPECT_EQ(test, a->as, as->id);
	KUNIT_EXPECT_EQ(test, a->creator_as, as->id);
	KUNIT_EXPECT_EQ(test, as->origin, (u32)CLEAVE_BY_EXEC);
	b = (void *)a + sizeof(*a) + CLEAVE_RING_HDR_SZ;
	KUNIT_EXPECT_EQ(test, sent(f->s), 2ULL);
	KUNIT_EXPECT_EQ(test, b->pid, child->tgid);
	KUNIT_EXPECT_EQ(test, b->creator_as, as->id);
	KUNIT_EXPECT_NE(test, b->as, as->id);
	KUNIT_EXPECT_EQ(test, b->what, CLEAVE_JUST_MADE | CLEAVE_HAS_FIGURES);
	KUNIT_EXPECT_EQ(test, as->refs, 2ULL);
	/* A look passes them over. */
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, attach_process(f->s, child, BY_PID), 0);
	rcu_read_unlock();
}

static struct kunit_case attach_cases[] = {
	KUNIT_CASE(attach_by_pid),
	KUNIT_CASE(attach_looks),
	KUNIT_CASE(attach_being_made),
	KUNIT_CASE(attach_waits_in_turns),
	KUNIT_CASE(attach_wait_is_void),
	KUNIT_CASE(attach_just_begun),
	KUNIT_CASE(attach_stopped),
	KUNIT_CASE(attach_no_room),
	KUNIT_CASE(attach_record_lost),
	KUNIT_CASE(attach_ring_full),
	KUNIT_CASE(attach_ring_small),
	KUNIT_CASE(attach_exits),
	KUNIT_CASE(attach_holds_entry),
	KUNIT_CASE(attach_knows_kin),
	KUNIT_CASE_PARAM(attach_kin, kins_gen_params),
	KUNIT_CASE_PARAM(attach_claims_entry, mets_gen_params),
	KUNIT_CASE(attach_claims_left),
	KUNIT_CASE(attach_carries_times),
	KUNIT_CASE(attach_met_lost),
	KUNIT_CASE_PARAM(attach_in_line, lines_gen_params),
	KUNIT_CASE(attach_at_wake),
	KUNIT_CASE(attach_at_wake_by_init),
	{}
};

static struct kunit_suite attach_suite = {
	.name = "cleave_attach",
	.init = fixture_setup,
	.exit = fixture_teardown,
	.test_cases = attach_cases,
};

kunit_test_suite(attach_suite);
