// SPDX-License-Identifier: GPL-2.0-only
/*
 * session_test.c - the life of sessions: memory, roots, the ring and what is lost,
 * and when hooks come and go.
 */
#include "test.h"
#include "../session.c"
#include "../stub.h"

#define RING	PAGE_SIZE
#define AS_MAX	4

static int nr_attach, nr_detach, nr_time_on, nr_time_off, nr_switch_on, nr_switch_off;
static int allocs_left;		/* until one fails; -1: never */
static size_t ledger_bytes;	/* of all tables */

static void fake_attach(u64 pretend_missing)
{
	nr_attach++;
}

static void fake_detach(void)
{
	nr_detach++;
}

static void fake_time(bool on)
{
	if (on)
		nr_time_on++;
	else
		nr_time_off++;
}

static void fake_switch(bool on)
{
	if (on)
		nr_switch_on++;
	else
		nr_switch_off++;
}

static bool may_alloc(void)
{
	return allocs_left < 0 || allocs_left-- > 0;
}

static void *fake_alloc(u32 n, size_t size)
{
	ledger_bytes += n * size;
	return may_alloc() ? kvcalloc(n, size, GFP_KERNEL) : NULL;
}

static struct page *fake_page(void)
{
	return may_alloc() ? alloc_page(GFP_KERNEL | __GFP_ZERO) : NULL;
}

static void *fake_map(struct page **pages, unsigned int n)
{
	return may_alloc() ? vmap(pages, n, VM_MAP | VM_USERMAP, PAGE_KERNEL) : NULL;
}

static int session_setup(struct kunit *test)
{
	nr_attach = 0;
	nr_detach = 0;
	nr_time_on = 0;
	nr_time_off = 0;
	nr_switch_on = 0;
	nr_switch_off = 0;
	allocs_left = -1;
	ledger_bytes = 0;
	kunit_activate_static_stub(test, hooks_attach, fake_attach);
	kunit_activate_static_stub(test, hooks_detach, fake_detach);
	kunit_activate_static_stub(test, hooks_time, fake_time);
	kunit_activate_static_stub(test, hooks_switch, fake_switch);
	kunit_activate_static_stub(test, table_alloc, fake_alloc);
	kunit_activate_static_stub(test, ring_page, fake_page);
	kunit_activate_static_stub(test, ring_map, fake_map);
	return 0;
}

static const struct cleave_start start = {
	.size = sizeof(start),
	.abi = CLEAVE_ABI_VERSION,
	.ring_size = RING,
	.max_as = AS_MAX,
};

static const struct cleave_start start_timed = {
	.size = sizeof(start_timed),
	.abi = CLEAVE_ABI_VERSION,
	.ring_size = RING,
	.max_as = AS_MAX,
	.flags = CLEAVE_START_TIMES,
};

static const struct cleave_start start_switches = {
	.size = sizeof(start_switches),
	.abi = CLEAVE_ABI_VERSION,
	.ring_size = RING,
	.max_as = AS_MAX,
	.flags = CLEAVE_START_SWITCHES,
};

static void end(struct session *s)
{
	session_stop(s);
	session_free(s);
}

static void session_hooks_come_and_go(struct kunit *test)
{
	struct session *a = session_start(&start), *b;

	KUNIT_ASSERT_FALSE(test, IS_ERR(a));
	KUNIT_EXPECT_EQ(test, nr_attach, 1);
	b = session_start(&start);
	KUNIT_ASSERT_FALSE(test, IS_ERR(b));
	KUNIT_EXPECT_EQ(test, nr_attach, 1);
	KUNIT_EXPECT_NE(test, a->id, b->id);
	KUNIT_EXPECT_NE(test, a->index, b->index);
	end(a);
	KUNIT_EXPECT_EQ(test, nr_detach, 0);
	session_stop(b);
	KUNIT_EXPECT_EQ(test, nr_detach, 1);
	session_stop(b);
	KUNIT_EXPECT_EQ(test, nr_detach, 1);
	session_free(b);
}

/* What is for durations comes with the first that wants them, and goes with the last. */
static void session_times_come_and_go(struct kunit *test)
{
	struct session *plain = session_start(&start);
	struct session *a = session_start(&start_timed);
	struct session *b = session_start(&start_timed);
	struct cleave_times *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(plain) || IS_ERR(a) || IS_ERR(b) || !t);
	KUNIT_EXPECT_EQ(test, nr_time_on, 1);
	KUNIT_EXPECT_FALSE(test, plain->each);
	KUNIT_EXPECT_TRUE(test, a->each);
	KUNIT_EXPECT_EQ(test, session_times(plain, t), -ENODATA);
	a->ledger.times.total->of[0][0].breaks = 3;
	KUNIT_EXPECT_EQ(test, session_times(a, t), 0);
	KUNIT_EXPECT_EQ(test, t->of[0][0].breaks, 3ULL);
	session_reset(plain);
	session_reset(a);
	KUNIT_EXPECT_EQ(test, session_times(a, t), 0);
	KUNIT_EXPECT_EQ(test, t->of[0][0].breaks, 0ULL);
	end(a);
	end(plain);
	KUNIT_EXPECT_EQ(test, nr_time_off, 0);
	end(b);
	KUNIT_EXPECT_EQ(test, nr_time_on, 1);
	KUNIT_EXPECT_EQ(test, nr_time_off, 1);
}

/* And what is for switches. */
static void session_switches_come_and_go(struct kunit *test)
{
	struct session *plain = session_start(&start);
	struct session *a = session_start(&start_switches);
	struct session *b = session_start(&start_switches);
	struct cleave_totals t;

	KUNIT_ASSERT_FALSE(test, IS_ERR(plain) || IS_ERR(a) || IS_ERR(b));
	KUNIT_EXPECT_EQ(test, nr_switch_on, 1);
	KUNIT_EXPECT_NULL(test, plain->ledger.procs.counts);
	KUNIT_EXPECT_NOT_NULL(test, a->ledger.procs.counts);
	a->totals.switches[CLEAVE_SWITCH_OTHER] = 3;
	session_totals(a, &t);
	KUNIT_EXPECT_EQ(test, t.switches[CLEAVE_SWITCH_OTHER], 3ULL);
	session_reset(a);
	session_totals(a, &t);
	KUNIT_EXPECT_EQ(test, t.switches[CLEAVE_SWITCH_OTHER], 0ULL);
	end(plain);
	end(a);
	KUNIT_EXPECT_EQ(test, nr_switch_off, 0);
	end(b);
	KUNIT_EXPECT_EQ(test, nr_switch_on, 1);
	KUNIT_EXPECT_EQ(test, nr_switch_off, 1);
}

static void session_found_by_probes(struct kunit *test)
{
	struct session *a = session_start(&start), *b = session_start(&start), *s;
	u32 i, n = 0;

	preempt_disable();
	for_each_session(s, i)
		n += s == a || s == b;
	preempt_enable();
	KUNIT_EXPECT_EQ(test, n, 2U);
	session_stop(a);
	preempt_disable();
	for_each_session(s, i)
		KUNIT_EXPECT_PTR_EQ(test, s, b);
	preempt_enable();
	session_free(a);
	end(b);
	i = 0;
	preempt_disable();
	KUNIT_EXPECT_NULL(test, session_next(&i));
	preempt_enable();
}

static void session_too_many(struct kunit *test)
{
	struct session *s[MAX_SESSIONS], *more;
	int i;

	for (i = 0; i < MAX_SESSIONS; i++) {
		s[i] = session_start(&start);
		KUNIT_EXPECT_FALSE(test, IS_ERR(s[i]));
	}
	more = session_start(&start);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(more), -EUSERS);
	end(s[3]);
	more = session_start(&start);
	KUNIT_EXPECT_FALSE(test, IS_ERR(more));
	s[3] = more;
	for (i = 0; i < MAX_SESSIONS; i++)
		end(s[i]);
	KUNIT_EXPECT_EQ(test, nr_attach, 1);
	KUNIT_EXPECT_EQ(test, nr_detach, 1);
}

static void session_pretend_alone(struct kunit *test)
{
	struct cleave_start pretend = start;
	struct session *a = session_start(&start);

	pretend.pretend_missing = 1;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(session_start(&pretend)), -EBUSY);
	end(a);
	a = session_start(&pretend);
	KUNIT_EXPECT_FALSE(test, IS_ERR(a));
	end(a);
}

/* Each allocation in turn fails: all that came before it is freed again. */
static int starts_at(struct kunit *test, const struct cleave_start *how)
{
	struct session *s;
	int n;

	for (n = 0; n < 100; n++) {
		allocs_left = n;
		s = session_start(how);
		if (!IS_ERR(s))
			break;
		KUNIT_EXPECT_EQ(test, PTR_ERR(s), (long)-ENOMEM);
		KUNIT_EXPECT_EQ(test, nr_attach, 0);
	}
	if (!IS_ERR(s))
		end(s);
	KUNIT_EXPECT_EQ(test, nr_attach, 1);
	KUNIT_EXPECT_EQ(test, nr_detach, 1);
	return n;
}

static void session_no_memory(struct kunit *test)
{
	/* Pool, chain, notes, two tables of two, three pages, and their mapping. */
	KUNIT_EXPECT_EQ(test, starts_at(test, &start), 3 + 4 + 3 + 1);
}

static void session_no_memory_for_times(struct kunit *test)
{
	/* Slots, cells, their chain and the sum besides. */
	KUNIT_EXPECT_EQ(test, starts_at(test, &start_timed), 3 + 4 + 3 + 1 + 4);
	KUNIT_EXPECT_EQ(test, nr_time_on, 1);
}

static void session_roots(struct kunit *test)
{
	struct session *s = session_start(&start);

	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	KUNIT_EXPECT_EQ(test, session_root(s, 0x7ffffff), -ESRCH);
	/* kthreadd: a task without an address space. */
	KUNIT_EXPECT_EQ(test, session_root(s, 2), -ESRCH);
	KUNIT_EXPECT_EQ(test, session_root(s, 1), 0);
	KUNIT_EXPECT_EQ(test, s->ledger.used, 1U);
	/* A second time it is there already. */
	KUNIT_EXPECT_EQ(test, session_root(s, 1), 0);
	KUNIT_EXPECT_EQ(test, s->ledger.used, 1U);
	end(s);
}

static bool dead(struct task_struct *task)
{
	return true;
}

/* One that has ended in between leaves nothing: its pid is another's soon. */
static void session_root_gone(struct kunit *test)
{
	struct session *s = session_start(&start);

	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	kunit_activate_static_stub(test, is_dead, dead);
	KUNIT_EXPECT_EQ(test, session_root(s, 1), -ESRCH);
	KUNIT_EXPECT_FALSE(test, ledger_has_proc(&s->ledger, 1));
	end(s);
}

static void session_root_ledger_full(struct kunit *test)
{
	struct session *s = session_start(&start);
	int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	preempt_disable();
	for (i = 0; i < AS_MAX; i++)
		ledger_alloc(&s->ledger, CLEAVE_BY_CLONE, 1, 1);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, session_root(s, 1), -ENOSPC);
	end(s);
}

static void session_ring(struct kunit *test)
{
	struct session *s = session_start(&start);
	struct cleave_totals t;
	struct cleave_exit *e;
	int n, i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	preempt_disable();
	e = session_reserve(s, CLEAVE_REC_EXIT, sizeof(*e));
	preempt_enable();
	KUNIT_ASSERT_NOT_NULL(test, e);
	KUNIT_EXPECT_EQ(test, (int)e->hdr.type, (int)CLEAVE_REC_EXIT);
	KUNIT_EXPECT_EQ(test, (size_t)e->hdr.size, sizeof(*e));
	KUNIT_EXPECT_NE(test, e->hdr.ts, 0ULL);
	/* Nothing of what was in the ring before is left in it. */
	for (i = 0; i < CLEAVE_COMM_LEN; i++)
		KUNIT_EXPECT_EQ(test, (int)e->comm[i], 0);
	preempt_disable();
	session_commit(s, e);
	for (n = 1; n < 1000; n++) {
		e = session_reserve(s, CLEAVE_REC_EXIT, sizeof(*e));
		if (!e)
			break;
		session_commit(s, e);
	}
	session_reserve(s, CLEAVE_REC_CLONE, sizeof(struct cleave_clone));
	preempt_enable();
	session_totals(s, &t);
	KUNIT_EXPECT_EQ(test, t.sent[CLEAVE_REC_EXIT],
			(u64)(RING / (sizeof(*e) + CLEAVE_RING_HDR_SZ)));
	KUNIT_EXPECT_EQ(test, t.sent[CLEAVE_REC_EXIT], (u64)n);
	KUNIT_EXPECT_EQ(test, t.lost[CLEAVE_REC_EXIT], 1ULL);
	KUNIT_EXPECT_EQ(test, t.lost[CLEAVE_REC_CLONE], 1ULL);
	session_reset(s);
	session_totals(s, &t);
	KUNIT_EXPECT_EQ(test, t.lost[CLEAVE_REC_EXIT], 0ULL);
	end(s);
}

/* A process without room in the table that ends, before and after a reset. */
static void session_reset_keeps_processes(struct kunit *test)
{
	struct session *s = session_start(&start);
	struct cleave_totals t;
	int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	preempt_disable();
	for (i = 1; i <= start.max_as + 1; i++)
		ledger_note_proc(&s->ledger, i, 0);
	preempt_enable();
	session_reset(s);
	preempt_disable();
	ledger_end_proc(&s->ledger, 1, &(u64) { 0 }, NULL);
	ledger_note_proc(&s->ledger, i - 1, 5);
	preempt_enable();
	session_totals(s, &t);
	KUNIT_EXPECT_EQ(test, t.lost[CLEAVE_REC_EXIT], 0ULL);
	end(s);
}

static int made_up_error(unsigned int hook)
{
	return hook == CLEAVE_HOOK_HUGETLB_WP ? -EPROTO : 0;
}

/* What turned out while it ran is still to be known when it has stopped. */
static void session_hooks_at_the_end(struct kunit *test)
{
	struct session *s = session_start(&start);

	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	kunit_activate_static_stub(test, hook_error, made_up_error);
	KUNIT_EXPECT_EQ(test, session_hook_error(s, CLEAVE_HOOK_HUGETLB_WP), -EPROTO);
	session_stop(s);
	kunit_deactivate_static_stub(test, hook_error);
	KUNIT_EXPECT_EQ(test, session_hook_error(s, CLEAVE_HOOK_HUGETLB_WP), -EPROTO);
	KUNIT_EXPECT_EQ(test, session_hook_error(s, CLEAVE_HOOK_WP_PAGE), 0);
	session_free(s);
}

/* As many address spaces as a box may have; what they take is bounded. */
static void session_hundred_thousand(struct kunit *test)
{
	struct cleave_start many = start;
	struct cleave_totals t = {};
	struct session *s;
	unsigned long i;
	u32 bad = 0;

	many.max_as = 100000;
	s = session_start(&many);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	kunit_info(test, "the ledger takes %zu bytes for each address space",
		   ledger_bytes / many.max_as);
	/* What Documentation/architecture.md states. */
	KUNIT_EXPECT_LE(test, ledger_bytes / many.max_as, (size_t)368);
	for (i = 1; i <= many.max_as + 10; i++) {
		preempt_disable();
		bad += !ledger_enter(&s->ledger, (struct mm_struct *)(i << 10),
				     CLEAVE_BY_CLONE, i, i);
		preempt_enable();
	}
	KUNIT_EXPECT_EQ(test, bad, 10U);
	for (i = 1; i <= many.max_as; i++) {
		preempt_disable();
		bad += ledger_find(&s->ledger, (struct mm_struct *)(i << 10)) != i;
		preempt_enable();
	}
	KUNIT_EXPECT_EQ(test, bad, 10U);
	ledger_live(&s->ledger, &t);
	KUNIT_EXPECT_EQ(test, t.live, 100000ULL);
	KUNIT_EXPECT_EQ(test, t.as_lost, 10ULL);
	end(s);
}

static struct kunit_case session_cases[] = {
	KUNIT_CASE(session_hooks_come_and_go),
	KUNIT_CASE(session_times_come_and_go),
	KUNIT_CASE(session_switches_come_and_go),
	KUNIT_CASE(session_found_by_probes),
	KUNIT_CASE(session_too_many),
	KUNIT_CASE(session_pretend_alone),
	KUNIT_CASE(session_no_memory),
	KUNIT_CASE(session_no_memory_for_times),
	KUNIT_CASE(session_roots),
	KUNIT_CASE(session_root_gone),
	KUNIT_CASE(session_root_ledger_full),
	KUNIT_CASE(session_ring),
	KUNIT_CASE(session_reset_keeps_processes),
	KUNIT_CASE(session_hooks_at_the_end),
	KUNIT_CASE(session_hundred_thousand),
	{}
};

static struct kunit_suite session_suite = {
	.name = "cleave_session",
	.init = session_setup,
	.test_cases = session_cases,
};

kunit_test_suite(session_suite);
