// SPDX-License-Identifier: GPL-2.0-only
/* fixture.c - what the tests of probes have in common. */
#include "test.h"
#include "fixture.h"
#include "frame.h"
#include "hooks.h"
#include "traced.h"
#include "../stub.h"

static void no_attach(u64 pretend_missing)
{
}

static void no_detach(void)
{
}

/* The address spaces of most tests are none. */
static void no_time(bool on)
{
}

static void no_switch(bool on)
{
}

struct session *fixture_session(u32 flags)
{
	struct cleave_start start = {
		.size = sizeof(start),
		.abi = CLEAVE_ABI_VERSION,
		.ring_size = 16 * PAGE_SIZE,
		.max_as = FIXTURE_SLOTS,
		.flags = flags,
	};

	return session_start(&start);
}

void fixture_end(struct session *s)
{
	session_stop(s);
	session_free(s);
}

static void known_caller(unsigned long ip, enum caller caller)
{
	unsigned long *at = &callers[hash_long(ip, CALLER_BITS)];

	while (*at)
		at++;
	*at = ip << CALLER_SHIFT | caller;
}

int fixture_setup(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	kunit_activate_static_stub(test, hooks_attach, no_attach);
	kunit_activate_static_stub(test, hooks_detach, no_detach);
	kunit_activate_static_stub(test, hooks_time, no_time);
	kunit_activate_static_stub(test, hooks_switch, no_switch);
	test->priv = f;
	if (!f)
		return -ENOMEM;
	callers_forget();
	known_caller(BY_WP, CALLER_WP);
	known_caller(BY_FILE, CALLER_FILE);
	known_caller(BY_FAULT, CALLER_FAULT);
	known_caller(BY_FAULT_TOO, CALLER_FAULT);
	known_caller(ELSEWHERE, CALLER_OTHER);
	if (frames_init())
		return -ENOMEM;
	f->vma = kunit_kzalloc(test, sizeof(*f->vma), GFP_KERNEL);
	f->ri = kunit_kzalloc(test, sizeof(*f->ri) + CALL_DATA, GFP_KERNEL);
	f->met = kunit_kzalloc(test, sizeof(*f->met), GFP_KERNEL);
	f->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	f->s = fixture_session(0);
	if (!f->vma || !f->ri || !f->met || !f->page || IS_ERR(f->s))
		return -ENOMEM;
	f->vma->vm_mm = TRACED;
	preempt_disable();
	ledger_enter(&f->s->ledger, TRACED, CLEAVE_BY_EXEC, 1, 1);
	preempt_enable();
	return 0;
}

void fixture_teardown(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	if (!IS_ERR_OR_NULL(f->s))
		fixture_end(f->s);
	if (f->page)
		__free_page(f->page);
	frames_free();
}

u64 fixture_counted(struct session *s, u32 outcome)
{
	u64 cow[CLEAVE_NR_OUTCOMES];
	struct cleave_as *as;
	u64 n;

	preempt_disable();
	as = ledger_at(&s->ledger, ledger_find(&s->ledger, TRACED));
	if (as)
		cleave_as_cow(as, cow);
	n = as ? cow[outcome] : ~0ULL;
	preempt_enable();
	return n;
}

void fixture_fill(struct session *s)
{
	preempt_disable();
	while (ledger_alloc(&s->ledger, CLEAVE_BY_EXEC, 1, 1))
		;
	preempt_enable();
	s->ledger.lost = 0;
}
