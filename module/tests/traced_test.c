// SPDX-License-Identifier: GPL-2.0-only
/* traced_test.c - which sessions trace an address space. */
#include "test.h"
#include "../traced.c"
#include "fixture.h"

/* How many sessions trace it? */
static int traced_by(struct mm_struct *mm)
{
	struct cleave_as *as;
	struct session *s;
	int n = 0;
	u32 i;

	preempt_disable();
	for_each_traced(s, i, as, mm)
		n++;
	preempt_enable();
	return n;
}

static void traced_filter(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, traced_by(OTHER), 0);
	KUNIT_EXPECT_EQ(test, f->s->ledger.used, 1U);
	KUNIT_EXPECT_EQ(test, traced_by(TRACED), 1);
	session_stop(f->s);
	KUNIT_EXPECT_EQ(test, traced_by(TRACED), 0);
}

/* It tells for one session; otherwise, and where it is not sure, it says so. */
static void traced_at_a_glance(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cleave_as *as, *there;
	struct session *s, *other;

	preempt_disable();
	there = ledger_at(&f->s->ledger, ledger_find(&f->s->ledger, TRACED));
	KUNIT_EXPECT_TRUE(test, traced_glance(TRACED, &s, &as));
	KUNIT_EXPECT_PTR_EQ(test, as, there);
	KUNIT_EXPECT_PTR_EQ(test, s, f->s);
	KUNIT_EXPECT_TRUE(test, traced_glance(OTHER, &s, &as));
	KUNIT_EXPECT_PTR_EQ(test, as, NULL);
	preempt_enable();
	other = fixture_session(0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	KUNIT_EXPECT_FALSE(test, traced_glance(TRACED, &s, &as));
	fixture_end(other);
	session_stop(f->s);
	KUNIT_EXPECT_TRUE(test, traced_glance(TRACED, &s, &as));
	KUNIT_EXPECT_PTR_EQ(test, as, NULL);
	/* Whoever is not there yet may have to be entered. */
	other = fixture_session(CLEAVE_START_ALL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	KUNIT_EXPECT_FALSE(test, traced_glance(OTHER, &s, &as));
	KUNIT_EXPECT_EQ(test, traced_by(OTHER), 1);
	KUNIT_EXPECT_TRUE(test, traced_glance(OTHER, &s, &as));
	KUNIT_EXPECT_PTR_NE(test, as, NULL);
	fixture_end(other);
}

static void traced_filter_all(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct session *all = fixture_session(CLEAVE_START_ALL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	KUNIT_EXPECT_EQ(test, traced_by(OTHER), 1);
	KUNIT_EXPECT_EQ(test, all->ledger.used, 1U);
	KUNIT_EXPECT_EQ(test, f->s->ledger.used, 1U);
	/* An address space that both trace counts for both. */
	KUNIT_EXPECT_EQ(test, traced_by(TRACED), 2);
	fixture_end(all);
}

static bool is_own(const struct mm_struct *mm)
{
	return true;
}

/* Is the current process traced, with a look yet to come? */
static bool is_noted(struct session *s)
{
	bool noted;

	preempt_disable();
	noted = ledger_traces(&s->ledger, current->tgid) &&
		!ledger_is_entered(&s->ledger, current->tgid);
	preempt_enable();
	return noted;
}

/* Spaces are counted, not the faults in one; and not by another task. */
static void traced_lost_all(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct session *all = fixture_session(CLEAVE_START_ALL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	fixture_fill(all);
	traced_by(f->met);
	KUNIT_EXPECT_EQ(test, all->ledger.lost, 0ULL);
	kunit_activate_static_stub(test, traced_own, is_own);
	/* A guest has a host, who is counted. */
	kunit_activate_static_stub(test, is_guest, is_own);
	traced_by(f->met);
	KUNIT_EXPECT_EQ(test, all->ledger.lost, 0ULL);
	KUNIT_EXPECT_FALSE(test, is_noted(all));
	kunit_deactivate_static_stub(test, is_guest);
	KUNIT_EXPECT_FALSE(test, all->ledger.met);
	traced_by(f->met);
	KUNIT_EXPECT_TRUE(test, all->ledger.met);
	all->ledger.met = false;
	traced_by(f->met);
	KUNIT_EXPECT_EQ(test, all->ledger.lost, 1ULL);
	KUNIT_EXPECT_TRUE(test, is_noted(all));
	/* A look has come, or will. */
	KUNIT_EXPECT_FALSE(test, all->ledger.met);
	KUNIT_EXPECT_EQ(test, all->totals.lost[CLEAVE_REC_ATTACH], 0ULL);
	fixture_end(all);
}

/* Nor is there room for the process: then it is told of neither now nor by a look. */
static void traced_lost_both(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct session *all = fixture_session(CLEAVE_START_ALL);
	pid_t nr;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	fixture_fill(all);
	preempt_disable();
	for (nr = 1; nr <= FIXTURE_SLOTS; nr++)
		ledger_set_proc(&all->ledger, PID_MAX_LIMIT + nr, 0);
	preempt_enable();
	kunit_activate_static_stub(test, traced_own, is_own);
	traced_by(f->met);
	traced_by(f->met);
	KUNIT_EXPECT_EQ(test, all->ledger.lost, 1ULL);
	KUNIT_EXPECT_EQ(test, all->totals.lost[CLEAVE_REC_ATTACH], 1ULL);
	fixture_end(all);
}

/* Its process is noted, for a look to come to; if that does not, its end is told. */
static void traced_notes_met(struct kunit *test)
{
	struct session *all = fixture_session(CLEAVE_START_ALL);
	struct cleave_exit *e = first_record(all);
	struct cleave_as *as;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	KUNIT_EXPECT_EQ(test, traced_by(OTHER), 1);
	KUNIT_EXPECT_FALSE(test, is_noted(all));
	KUNIT_EXPECT_FALSE(test, all->ledger.met);
	kunit_activate_static_stub(test, traced_own, is_own);
	KUNIT_EXPECT_EQ(test, traced_by(TRACED), 2);
	KUNIT_EXPECT_TRUE(test, is_noted(all));
	KUNIT_EXPECT_TRUE(test, all->ledger.met);
	KUNIT_EXPECT_EQ(test, all->totals.sent[CLEAVE_REC_ATTACH], 0ULL);
	preempt_disable();
	as = ledger_at(&all->ledger, ledger_find(&all->ledger, TRACED));
	KUNIT_EXPECT_EQ(test, as->origin, (u32)CLEAVE_BY_MET);
	KUNIT_EXPECT_EQ(test, as->owner, current->tgid);
	as = ledger_at(&all->ledger, ledger_find(&all->ledger, OTHER));
	KUNIT_EXPECT_EQ(test, as->owner, 0);
	exit_session(all, current);
	exit_session(all, current);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, all->totals.sent[CLEAVE_REC_EXIT], 1ULL);
	KUNIT_EXPECT_EQ(test, e->as, 2ULL);
	fixture_end(all);
}

/* What the parent is in, too, is that one's. */
static void traced_meets_guest(struct kunit *test)
{
	struct task_struct *parent = rcu_access_pointer(current->real_parent);
	struct fixture *f = test->priv;

	KUNIT_EXPECT_TRUE(test, is_guest(parent->mm));
	KUNIT_EXPECT_FALSE(test, is_guest(f->met));
}

#define NO_CGROUP	(~0ULL)
#define ROOT_CGROUP	1	/* kernfs_create_root(): the first id */

static void picks(struct kunit *test, struct session *s, u64 cgroup, bool by_uid,
		  kuid_t uid, bool want)
{
	s->picks = true;
	s->cgroup = cgroup;
	s->by_uid = by_uid;
	s->uid = uid;
	preempt_disable();
	KUNIT_EXPECT_EQ(test, traced_picks(s, current), want);
	KUNIT_EXPECT_EQ(test, sees_current(s), want);
	KUNIT_EXPECT_EQ(test, follows_current(s), want);
	preempt_enable();
}

/* By what a task is at this moment; each that is asked for has to be so. */
static void traced_picked(struct kunit *test)
{
	struct session *all = fixture_session(CLEAVE_START_ALL);
	kuid_t own = current_uid(), other = KUIDT_INIT(__kuid_val(own) + 1);
	u64 cgroup;

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	preempt_disable();
	cgroup = cgroup_of(current);
	preempt_enable();
	if (cgroup) {
		picks(test, all, cgroup, false, other, true);
		picks(test, all, ROOT_CGROUP, false, other, true);
		picks(test, all, cgroup, true, own, true);
		picks(test, all, cgroup, true, other, false);
	}
	picks(test, all, NO_CGROUP, false, own, false);
	picks(test, all, NO_CGROUP, true, own, false);
	picks(test, all, 0, true, own, true);
	picks(test, all, 0, true, other, false);
	fixture_end(all);
}

/* Memory that is not the task's own is left to whose it is. */
static void traced_picked_own(struct kunit *test)
{
	struct session *all = fixture_session(CLEAVE_START_ALL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	all->picks = true;
	all->by_uid = true;
	all->uid = current_uid();
	KUNIT_EXPECT_EQ(test, traced_by(OTHER), 0);
	KUNIT_EXPECT_EQ(test, all->ledger.used, 0U);
	kunit_activate_static_stub(test, traced_own, is_own);
	KUNIT_EXPECT_EQ(test, traced_by(OTHER), 1);
	fixture_end(all);
}

/* Another session has come in the place of one that has seen a call begin. */
static void traced_seen(struct kunit *test)
{
	struct session *one = fixture_session(0), *other;
	struct fixture *f = test->priv;
	struct seen seen = {};
	u32 i = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(one));
	seen_by(&seen, one);
	KUNIT_EXPECT_PTR_EQ(test, seen_next(&seen, &i), one);
	seen_by(&seen, f->s);
	i = 0;
	KUNIT_EXPECT_PTR_EQ(test, seen_next(&seen, &i), f->s);
	fixture_end(one);
	other = fixture_session(0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	i = f->s->index + 1;
	KUNIT_EXPECT_PTR_EQ(test, seen_next(&seen, &i), NULL);
	fixture_end(other);
}

static struct kunit_case traced_cases[] = {
	KUNIT_CASE(traced_filter),
	KUNIT_CASE(traced_at_a_glance),
	KUNIT_CASE(traced_filter_all),
	KUNIT_CASE(traced_lost_all),
	KUNIT_CASE(traced_lost_both),
	KUNIT_CASE(traced_notes_met),
	KUNIT_CASE(traced_meets_guest),
	KUNIT_CASE(traced_picked),
	KUNIT_CASE(traced_picked_own),
	KUNIT_CASE(traced_seen),
	{}
};

static struct kunit_suite traced_suite = {
	.name = "cleave_traced",
	.init = fixture_setup,
	.exit = fixture_teardown,
	.test_cases = traced_cases,
};

kunit_test_suite(traced_suite);
