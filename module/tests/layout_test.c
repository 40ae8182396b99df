// SPDX-License-Identifier: GPL-2.0-only
/*
 * layout_test.c - records as they lie in the ring: what user space and BPF of any
 * other build must find at the same place.
 */
#include "test.h"
#include "cleave_abi.h"
#include "cleave_ioctl.h"

struct place {
	const char *what;
	size_t is;
	size_t want;
};

#define AT(type, member, off)						\
	{ #type "." #member, offsetof(struct type, member), off }
#define SIZE(type, size)	{ "sizeof " #type, sizeof(struct type), size }

static const struct place places[] = {
	SIZE(cleave_hdr, 16),
	AT(cleave_hdr, type, 0),
	AT(cleave_hdr, size, 2),
	AT(cleave_hdr, cpu, 4),
	AT(cleave_hdr, ts, 8),
	SIZE(cleave_pages, 64),
	AT(cleave_pages, vm, 56),
	SIZE(cleave_clone, 192),
	AT(cleave_clone, flags, 16),
	AT(cleave_clone, as, 32),
	AT(cleave_clone, pages, 48),
	AT(cleave_clone, page_tables, 112),
	AT(cleave_clone, cgroup, 120),
	AT(cleave_clone, parent_pid, 128),
	AT(cleave_clone, exit_signal, 156),
	AT(cleave_clone, call, 160),
	AT(cleave_clone, set_tids, 163),
	AT(cleave_clone, set_tid, 168),
	AT(cleave_clone, cgroup_fd, 172),
	AT(cleave_clone, comm, 176),
	SIZE(cleave_figures, 240),
	AT(cleave_figures, cow, 32),
	AT(cleave_figures, creator_cow, 136),
	SIZE(cleave_exec, 1096),
	AT(cleave_exec, fig, 16),
	AT(cleave_exec, as, 256),
	AT(cleave_exec, released_ns, 272),
	AT(cleave_exec, cgroup, 280),
	AT(cleave_exec, what, 300),
	AT(cleave_exec, comm, 312),
	AT(cleave_exec, path, 328),
	AT(cleave_exec, args, 584),
	SIZE(cleave_exit, 72),
	AT(cleave_exit, status, 28),
	AT(cleave_exit, switches, 48),
	SIZE(cleave_end, 264),
	AT(cleave_end, what, 256),
	SIZE(cleave_break, 48),
	AT(cleave_break, outcome, 40),
	SIZE(cleave_attach, 88),
	AT(cleave_attach, cgroup, 48),
	AT(cleave_attach, pid, 56),
	AT(cleave_attach, what, 68),
	SIZE(cleave_took, 320),
	AT(cleave_took, time, 32),
	SIZE(cleave_snap, 352),
	AT(cleave_snap, what, 248),
	AT(cleave_snap, took, 256),
	SIZE(cleave_start, 48),
	AT(cleave_start, pretend_missing, 24),
	AT(cleave_start, cgroup, 32),
	AT(cleave_start, uid, 40),
	SIZE(cleave_get_totals, 520),
	SIZE(cleave_get_times, 9512),
	SIZE(cleave_get_attach, 16),
	AT(cleave_get_attach, found, 8),
	SIZE(cleave_get_snap, 24),
	AT(cleave_get_snap, snaps, 16),
};

static void describe(const struct place *p, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", p->what);
}

KUNIT_ARRAY_PARAM(places, places, describe);

static void layout_places(struct kunit *test)
{
	const struct place *p = test->param_value;

	KUNIT_EXPECT_EQ(test, p->is, p->want);
}

/* A record that is padded by the compiler would show the kernel's stack. */
static void layout_no_padding(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct cleave_clone),
			offsetof(struct cleave_clone, comm) + CLEAVE_COMM_LEN);
	KUNIT_EXPECT_EQ(test, sizeof(struct cleave_exec),
			offsetof(struct cleave_exec, args) + CLEAVE_ARGS_LEN);
	KUNIT_EXPECT_EQ(test, sizeof(struct cleave_exit),
			offsetof(struct cleave_exit, switches) +
			CLEAVE_NR_SWITCHES * sizeof(__u64));
	KUNIT_EXPECT_EQ(test, sizeof(struct cleave_end),
			offsetof(struct cleave_end, rsv) + sizeof(__u32));
	KUNIT_EXPECT_EQ(test, sizeof(struct cleave_break),
			offsetof(struct cleave_break, rsv) + sizeof(__u32));
	KUNIT_EXPECT_EQ(test, sizeof(struct cleave_attach),
			offsetof(struct cleave_attach, comm) + CLEAVE_COMM_LEN);
	KUNIT_EXPECT_EQ(test, sizeof(struct cleave_took),
			offsetof(struct cleave_took, time) + sizeof(struct cleave_time));
}

/* What a reader sizes its arrays by: in the totals, one number for each. */
static void layout_totals(struct kunit *test)
{
	size_t numbers = CLEAVE_NR_KINDS + 2 * CLEAVE_NR_OUTCOMES +
			 2 * CLEAVE_NR_RECS + CLEAVE_NR_SWITCHES + 10;

	KUNIT_EXPECT_EQ(test, sizeof(struct cleave_totals), numbers * 8);
	KUNIT_EXPECT_EQ(test, (int)CLEAVE_NR_HOOKS, 23);
}

static struct kunit_case layout_cases[] = {
	KUNIT_CASE_PARAM(layout_places, places_gen_params),
	KUNIT_CASE(layout_no_padding),
	KUNIT_CASE(layout_totals),
	{}
};

static struct kunit_suite layout_suite = {
	.name = "cleave_layout",
	.test_cases = layout_cases,
};

kunit_test_suite(layout_suite);
