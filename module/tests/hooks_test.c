// SPDX-License-Identifier: GPL-2.0-only
/*
 * hooks_test.c - the order of attaching and detaching, and what becomes of the
 * others where one cannot be attached.  Nothing is attached for real.
 */
#include "test.h"
#include "../hooks.c"

#define ENTRIES	(-1)	/* all entry hooks, registered at once */
#define RETURN	(-2)	/* that of do_wp_page() */
#define LOG_MAX	(2 * CLEAVE_NR_HOOKS + 4)

/* @on: in the order of attaching; @off: of detaching */
static struct log {
	int on[LOG_MAX], nr_on;
	int off[LOG_MAX], nr_off;
	int switched;		/* on: 1, off: -1 */
	int fails;		/* this hook, ENTRIES, or LOG_MAX: none */
} log_;

static int hook_nr(const struct hook *h)
{
	return h == &wp_return ? RETURN : h - hooks;
}

static int attached(int hook)
{
	if (hook == log_.fails)
		return -EILSEQ;
	log_.on[log_.nr_on++] = hook;
	return 0;
}

static int fake_entry_add(struct hook *h, const char *name)
{
	if (hook_nr(h) == log_.fails)
		return -EILSEQ;
	h->addr = 1;
	return 0;
}

static int fake_entry_register(void)
{
	return attached(ENTRIES);
}

static void fake_entry_unregister(void)
{
	log_.off[log_.nr_off++] = ENTRIES;
}

static int fake_attach_tracepoint(struct hook *h, const char *name, void *probe)
{
	return attached(hook_nr(h));
}

static void fake_detach_tracepoint(struct hook *h, void *probe)
{
	log_.off[log_.nr_off++] = hook_nr(h);
}

static int fake_attach_return(struct hook *h, const char *name,
			      const struct probe_def *def)
{
	return attached(hook_nr(h));
}

static int fake_switch_return(bool on)
{
	log_.switched = on ? 1 : -1;
	return 0;
}

static void fake_detach_returns(struct kretprobe **rps, int n)
{
	int i;

	for (i = 0; i < n; i++)
		log_.off[log_.nr_off++] =
			hook_nr(container_of(rps[i], struct hook, rp));
}

static int hooks_setup(struct kunit *test)
{
	memset(&log_, 0, sizeof(log_));
	log_.fails = LOG_MAX;
	kunit_activate_static_stub(test, entry_add, fake_entry_add);
	kunit_activate_static_stub(test, entry_register, fake_entry_register);
	kunit_activate_static_stub(test, entry_unregister, fake_entry_unregister);
	kunit_activate_static_stub(test, attach_tracepoint, fake_attach_tracepoint);
	kunit_activate_static_stub(test, detach_tracepoint, fake_detach_tracepoint);
	kunit_activate_static_stub(test, attach_return, fake_attach_return);
	kunit_activate_static_stub(test, detach_returns, fake_detach_returns);
	kunit_activate_static_stub(test, switch_return, fake_switch_return);
	return 0;
}

static bool is_probed(int hook)
{
	return is_entry(hook) || def_of(hook)->exit ||
	       (def_of(hook)->tracepoint && !def_of(hook)->on_request);
}

static bool is_own(int hook)
{
	return is_probed(hook) && !is_entry(hook);
}

/* The markers first: no fault may be seen without what tells its outcome. */
static void hooks_order(struct kunit *test)
{
	int i, n = 0;

	hooks_attach(0);
	KUNIT_ASSERT_GT(test, log_.nr_on, 0);
	KUNIT_EXPECT_EQ(test, log_.on[n++], ENTRIES);
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		if (is_own(i))
			KUNIT_EXPECT_EQ(test, log_.on[n++], i);
	KUNIT_EXPECT_EQ(test, log_.nr_on, n);
	hooks_detach();
	/* And last. */
	KUNIT_ASSERT_EQ(test, log_.nr_off, n);
	KUNIT_EXPECT_EQ(test, log_.off[n - 1], ENTRIES);
}

static void hooks_state(struct kunit *test)
{
	int i;

	hooks_attach(0);
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		KUNIT_EXPECT_EQ(test, hook_error(i), is_probed(i) ? 0 : -EOPNOTSUPP);
	hooks_detach();
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		KUNIT_EXPECT_NE(test, hook_error(i), 0);
}

/* Each hook in turn, and all entry hooks at once. */
static const int each[] = {
	ENTRIES, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
	20, 21, 22,
};

static void each_name(const int *hook, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s",
		 *hook == ENTRIES ? "register_ftrace_function" : names[*hook]);
}

KUNIT_ARRAY_PARAM(each, each, each_name);

static int want_error(int hook, int bad)
{
	if (!is_probed(hook))
		return -EOPNOTSUPP;
	if (hook == bad || (bad == ENTRIES && is_entry(hook)))
		return -EILSEQ;
	return 0;
}

static void hooks_one_fails(struct kunit *test)
{
	int bad = *(const int *)test->param_value, i;

	log_.fails = bad;
	hooks_attach(0);
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		KUNIT_EXPECT_EQ(test, hook_error(i), want_error(i, bad));
	hooks_detach();
	/* What was attached is detached, once, and nothing else. */
	KUNIT_EXPECT_EQ(test, log_.nr_off, log_.nr_on);
	for (i = 0; i < log_.nr_off; i++)
		KUNIT_EXPECT_NE(test, log_.off[i], bad);
}

static void hooks_pretend(struct kunit *test)
{
	int hook = *(const int *)test->param_value, i;
	u64 mask = hook == ENTRIES ? ~0ULL : BIT_ULL(hook);

	hooks_attach(mask);
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		KUNIT_EXPECT_EQ(test, hook_error(i),
				!is_probed(i) ? -EOPNOTSUPP :
				mask & BIT_ULL(i) ? -ENOENT : 0);
	/* An empty filter would be one of all functions: never registered. */
	if (hook == ENTRIES)
		KUNIT_EXPECT_EQ(test, log_.nr_on, 0);
	hooks_detach();
	KUNIT_EXPECT_EQ(test, log_.nr_off, log_.nr_on);
}

static void hooks_misses(struct kunit *test)
{
	u64 before = hooks_missed();

	hooks_attach(0);
	hooks[CLEAVE_HOOK_COPY_PROCESS].rp.nmissed = 3;
	hooks[CLEAVE_HOOK_NEW_EXEC].rp.kp.nmissed = 4;
	KUNIT_EXPECT_EQ(test, hooks_missed() - before, 7ULL);
	/* What was missed is not forgotten with the probes. */
	hooks_detach();
	KUNIT_EXPECT_EQ(test, hooks_missed() - before, 7ULL);
	hooks[CLEAVE_HOOK_COPY_PROCESS].rp.nmissed = 0;
	hooks[CLEAVE_HOOK_NEW_EXEC].rp.kp.nmissed = 0;
}

/* Only when asked for; from then on it is switched, and detached with the others. */
static void hooks_time_again(struct kunit *test)
{
	int i, found = 0;

	hooks_attach(0);
	hooks_time(true);
	KUNIT_EXPECT_EQ(test, log_.on[log_.nr_on - 1], RETURN);
	KUNIT_EXPECT_EQ(test, log_.switched, 0);
	hooks_time(false);
	KUNIT_EXPECT_EQ(test, log_.switched, -1);
	hooks_time(true);
	KUNIT_EXPECT_EQ(test, log_.switched, 1);
	hooks_time(false);
	hooks_detach();
	KUNIT_EXPECT_EQ(test, log_.nr_off, log_.nr_on);
	for (i = 0; i < log_.nr_off; i++)
		found += log_.off[i] == RETURN;
	KUNIT_EXPECT_EQ(test, found, 1);
	/* One that is not there is not switched either. */
	log_.switched = 0;
	hooks_time(false);
	KUNIT_EXPECT_EQ(test, log_.switched, 0);
}

static void hooks_time_fails(struct kunit *test)
{
	u64 before = hooks_missed();

	log_.fails = RETURN;
	hooks_attach(0);
	hooks_time(true);
	hooks_time(false);
	hooks_detach();
	KUNIT_EXPECT_EQ(test, log_.switched, 0);
	KUNIT_EXPECT_EQ(test, log_.nr_off, log_.nr_on);
	/* What it misses is told as untimed. */
	wp_return.rp.nmissed = 3;
	KUNIT_EXPECT_EQ(test, hooks_missed(), before);
	wp_return.rp.nmissed = 0;
}

/* Only while asked for, and never where it is pretended missing. */
static void hooks_switch_again(struct kunit *test)
{
	int n, i;

	hooks_attach(0);
	KUNIT_EXPECT_EQ(test, hook_error(CLEAVE_HOOK_SWITCH), -EOPNOTSUPP);
	n = log_.nr_on;
	for (i = 0; i < 2; i++) {
		hooks_switch(true);
		KUNIT_EXPECT_EQ(test, log_.on[n + i], CLEAVE_HOOK_SWITCH);
		KUNIT_EXPECT_EQ(test, hook_error(CLEAVE_HOOK_SWITCH), 0);
		hooks_switch(false);
		KUNIT_EXPECT_EQ(test, log_.off[i], CLEAVE_HOOK_SWITCH);
		KUNIT_EXPECT_EQ(test, hook_error(CLEAVE_HOOK_SWITCH), -EOPNOTSUPP);
	}
	log_.fails = CLEAVE_HOOK_SWITCH;
	hooks_switch(true);
	KUNIT_EXPECT_EQ(test, hook_error(CLEAVE_HOOK_SWITCH), -EILSEQ);
	hooks_switch(false);
	hooks_detach();
	KUNIT_EXPECT_EQ(test, log_.nr_off, log_.nr_on);

	log_.fails = LOG_MAX;
	hooks_attach(BIT_ULL(CLEAVE_HOOK_SWITCH));
	n = log_.nr_on;
	hooks_switch(true);
	KUNIT_EXPECT_EQ(test, hook_error(CLEAVE_HOOK_SWITCH), -ENOENT);
	KUNIT_EXPECT_EQ(test, log_.nr_on, n);
	hooks_switch(false);
	hooks_detach();
	KUNIT_EXPECT_EQ(test, log_.nr_off, log_.nr_on);
}

static struct kunit_case hooks_cases[] = {
	KUNIT_CASE(hooks_order),
	KUNIT_CASE(hooks_state),
	KUNIT_CASE_PARAM(hooks_one_fails, each_gen_params),
	KUNIT_CASE_PARAM(hooks_pretend, each_gen_params),
	KUNIT_CASE(hooks_misses),
	KUNIT_CASE(hooks_time_again),
	KUNIT_CASE(hooks_time_fails),
	KUNIT_CASE(hooks_switch_again),
	{}
};

static struct kunit_suite hooks_suite = {
	.name = "cleave_hooks",
	.init = hooks_setup,
	.test_cases = hooks_cases,
};

kunit_test_suite(hooks_suite);
