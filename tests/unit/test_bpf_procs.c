// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_bpf_procs.c - the BPF programs' table of processes: who may tell of one, whatever
 * comes in between.
 *
 * The header itself is compiled.  Build: with -fno-strict-aliasing.
 */
#include "shim.h"

#include <stdbool.h>

#include "cleave_abi.h"

/* Maps with one process in each: what they are by is left out. */
#define __uint(name, val)	int (*(name))[val]
#define __type(name, val)	__typeof__(val) *(name)
#define SEC(name)
#define BPF_MAP_TYPE_HASH	1
#define BPF_MAP_TYPE_ARRAY	2
#define BPF_ANY			0
#define BPF_NOEXIST		1
#ifndef __always_inline
#define __always_inline		inline
#endif

#define TGID	70
#define AS	5

static __u64 word, bits;
static bool there, full;
static bool stale;	/* what is looked up is another's by now, and ours is gone */

static void *lookup(bool hash, const __u32 *key)
{
	if (!hash)
		return *key == TGID / 64 ? &bits : NULL;
	return there ? &word : NULL;
}

static int update(__u64 value, int flags)
{
	if (full || (there && flags == BPF_NOEXIST))
		return -1;
	there = true;
	word = value;
	return 0;
}

static int drop(void)
{
	bool was = there && !stale;

	there = false;
	return was ? 0 : -1;
}

#define bpf_map_lookup_elem(map, key)					\
	lookup((void *)(map) == (void *)&procs, key)
#define bpf_map_update_elem(map, key, value, flags) update(*(value), flags)
#define bpf_map_delete_elem(map, key)	drop()

/* What goes with a word, see switches.bpf.h, is not looked at. */
static void switches_begin(__u32 tgid)
{
}

static void switches_drop(__u32 tgid)
{
}

#include "../../user/bpf/procs.bpf.h"

static void fresh(bool no_room)
{
	there = false;
	any_lost = false;
	bits = 0;
	full = no_room;
}

/* What its end has to tell: the id, -1: nothing, -2: that its exit is lost. */
static long end_of(__u32 tgid)
{
	__u64 as;

	if (proc_ends(tgid, &as))
		return (long)as;
	return proc_lost_ends(tgid) ? -2 : -1;
}

static void one_has_the_claim(struct kunit *test)
{
	fresh(false);
	KUNIT_EXPECT_EQ(test, proc_claim(TGID), CLAIM_OURS);
	KUNIT_EXPECT_EQ(test, proc_claim(TGID), CLAIM_OTHERS);
	KUNIT_EXPECT_TRUE(test, proc_known(TGID));
	KUNIT_EXPECT_FALSE(test, proc_entered(TGID));
	KUNIT_EXPECT_TRUE(test, proc_claimed(TGID, AS));
	KUNIT_EXPECT_EQ(test, proc_claim(TGID), CLAIM_NONE);
	KUNIT_EXPECT_TRUE(test, proc_entered(TGID));
	KUNIT_EXPECT_EQ(test, end_of(TGID), AS);
	KUNIT_EXPECT_FALSE(test, there);
	KUNIT_EXPECT_EQ(test, end_of(TGID), -1);
}

static void no_room_and_one_claim(struct kunit *test)
{
	fresh(true);
	KUNIT_EXPECT_EQ(test, proc_claim(TGID), CLAIM_OURS);
	KUNIT_EXPECT_EQ(test, proc_claim(TGID), CLAIM_NONE);
	KUNIT_EXPECT_TRUE(test, proc_claimed(TGID, AS));
	KUNIT_EXPECT_EQ(test, end_of(TGID), -2);
	KUNIT_EXPECT_FALSE(test, proc_known(TGID));
	/* Taken back, or its end was counted before. */
	KUNIT_EXPECT_EQ(test, proc_claim(TGID), CLAIM_OURS);
	KUNIT_EXPECT_TRUE(test, proc_disclaim(TGID, true));
	KUNIT_EXPECT_EQ(test, end_of(TGID), -1);
	KUNIT_EXPECT_EQ(test, proc_claim(TGID), CLAIM_OURS);
	KUNIT_EXPECT_EQ(test, end_of(TGID), -2);
	KUNIT_EXPECT_FALSE(test, proc_disclaim(TGID, true));
}

/* What it was in has no number yet: its end is told by the one with the claim. */
static void ends_while_it_is_claimed(struct kunit *test)
{
	fresh(false);
	proc_claim(TGID);
	KUNIT_EXPECT_EQ(test, end_of(TGID), -1);
	KUNIT_EXPECT_FALSE(test, proc_disclaim(TGID, true));
	KUNIT_EXPECT_EQ(test, end_of(TGID), -1);
	KUNIT_EXPECT_FALSE(test, proc_claimed(TGID, AS));
	KUNIT_EXPECT_FALSE(test, there);
	KUNIT_EXPECT_EQ(test, end_of(TGID), -1);
}

static void ended_before_the_claim(struct kunit *test)
{
	fresh(false);
	proc_claim(TGID);
	KUNIT_EXPECT_TRUE(test, proc_disclaim(TGID, true));
	KUNIT_EXPECT_FALSE(test, there);
	KUNIT_EXPECT_EQ(test, end_of(TGID), -1);
}

/* It is found anew where it is by then. */
static void execed_before_the_claim(struct kunit *test)
{
	fresh(false);
	proc_claim(TGID);
	KUNIT_EXPECT_TRUE(test, proc_disclaim(TGID, false));
	KUNIT_EXPECT_FALSE(test, proc_known(TGID));
	KUNIT_EXPECT_FALSE(test, proc_execs(TGID));
	KUNIT_EXPECT_EQ(test, proc_claim(TGID), CLAIM_OURS);
	KUNIT_EXPECT_TRUE(test, proc_claimed(TGID, AS));
	KUNIT_EXPECT_EQ(test, end_of(TGID), AS);
}

/* The exec is told, so what was before it has to be as well. */
static void execs_while_it_is_claimed(struct kunit *test)
{
	__u64 *found;

	fresh(false);
	KUNIT_EXPECT_FALSE(test, proc_execs(TGID));
	proc_claim(TGID);
	found = proc_word(TGID);
	KUNIT_EXPECT_TRUE(test, proc_execs(TGID));
	KUNIT_EXPECT_TRUE(test, proc_entered(TGID));
	KUNIT_EXPECT_FALSE(test, proc_disclaim(TGID, false));
	proc_set(TGID, AS + 1);
	KUNIT_EXPECT_EQ(test, *found, AS + 1ULL);
	KUNIT_EXPECT_TRUE(test, proc_claimed(TGID, AS));
	KUNIT_EXPECT_EQ(test, end_of(TGID), AS + 1);
}

static void ends_after_it_was_taken_back(struct kunit *test)
{
	fresh(false);
	proc_claim(TGID);
	KUNIT_EXPECT_TRUE(test, proc_disclaim(TGID, false));
	KUNIT_EXPECT_EQ(test, end_of(TGID), -1);
	KUNIT_EXPECT_FALSE(test, there);
}

/*
 * Two of its threads come to its end, and the map gives its word to another process
 * before the second has looked what it says.
 */
static void ends_while_its_word_is_anothers(struct kunit *test)
{
	static const __u64 of_another[] = {
		AS, PROC_CLAIMED(TGID + 1), PROC_NONE(TGID + 1), PROC_LOST_NOW,
	};
	unsigned int i;
	__u64 as;

	for (i = 0; i < sizeof(of_another) / sizeof(of_another[0]); i++) {
		fresh(false);
		proc_set(TGID, AS);
		stale = true;
		word = of_another[i];
		KUNIT_EXPECT_FALSE(test, proc_ends(TGID, &as));
		KUNIT_EXPECT_EQ(test, word, of_another[i]);
		stale = false;
	}
}

/* Of whose space was lost just now, it is not known which it was. */
static void ends_in_what_was_lost(struct kunit *test)
{
	fresh(false);
	proc_set(TGID, PROC_LOST_NOW);
	KUNIT_EXPECT_TRUE(test, proc_entered(TGID));
	KUNIT_EXPECT_EQ(test, end_of(TGID), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(one_has_the_claim),
	KUNIT_CASE(no_room_and_one_claim),
	KUNIT_CASE(ends_while_it_is_claimed),
	KUNIT_CASE(ended_before_the_claim),
	KUNIT_CASE(execed_before_the_claim),
	KUNIT_CASE(execs_while_it_is_claimed),
	KUNIT_CASE(ends_after_it_was_taken_back),
	KUNIT_CASE(ends_while_its_word_is_anothers),
	KUNIT_CASE(ends_in_what_was_lost),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_bpf_procs",
	.test_cases = cases,
};

kunit_test_suite(suite);
