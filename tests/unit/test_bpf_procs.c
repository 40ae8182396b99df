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

/* How often its counters were begun with, less where nobody asked for them. */
static int counting;

static void switches_begin(__u32 tgid)
{
	counting++;
}

static void switches_drop(__u32 tgid)
{
	counting--;
}

#include "../../user/bpf/procs.bpf.h"

static void fresh(bool no_room)
{
	there = false;
	any_lost = false;
	proc_met = false;
	counting = 0;
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

static __u64 met;

static enum claim claim(void)
{
	return proc_claim(TGID, &met);
}

static void one_has_the_claim(struct kunit *test)
{
	fresh(false);
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_OURS);
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_OTHERS);
	KUNIT_EXPECT_TRUE(test, proc_known(TGID));
	KUNIT_EXPECT_FALSE(test, proc_entered(TGID));
	KUNIT_EXPECT_TRUE(test, proc_claimed(TGID, AS));
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_NONE);
	KUNIT_EXPECT_TRUE(test, proc_entered(TGID));
	KUNIT_EXPECT_EQ(test, end_of(TGID), AS);
	KUNIT_EXPECT_FALSE(test, there);
	KUNIT_EXPECT_EQ(test, end_of(TGID), -1);
}

static void no_room_and_one_claim(struct kunit *test)
{
	fresh(true);
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_OURS);
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_NONE);
	KUNIT_EXPECT_TRUE(test, proc_claimed(TGID, AS));
	KUNIT_EXPECT_EQ(test, end_of(TGID), -2);
	KUNIT_EXPECT_FALSE(test, proc_known(TGID));
	/* Taken back, or its end was counted before. */
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_OURS);
	KUNIT_EXPECT_TRUE(test, proc_disclaim(TGID, true));
	KUNIT_EXPECT_EQ(test, end_of(TGID), -1);
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_OURS);
	KUNIT_EXPECT_EQ(test, end_of(TGID), -2);
	KUNIT_EXPECT_FALSE(test, proc_disclaim(TGID, true));
}

/* What it was in has no number yet: its end is told by the one with the claim. */
static void ends_while_it_is_claimed(struct kunit *test)
{
	fresh(false);
	claim();
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
	claim();
	KUNIT_EXPECT_TRUE(test, proc_disclaim(TGID, true));
	KUNIT_EXPECT_FALSE(test, there);
	KUNIT_EXPECT_EQ(test, end_of(TGID), -1);
}

/* It is found anew where it is by then. */
static void execed_before_the_claim(struct kunit *test)
{
	fresh(false);
	claim();
	KUNIT_EXPECT_TRUE(test, proc_disclaim(TGID, false));
	KUNIT_EXPECT_FALSE(test, proc_known(TGID));
	KUNIT_EXPECT_FALSE(test, proc_execs(TGID));
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_OURS);
	KUNIT_EXPECT_TRUE(test, proc_claimed(TGID, AS));
	KUNIT_EXPECT_EQ(test, end_of(TGID), AS);
}

/* The exec is told, so what was before it has to be as well. */
static void execs_while_it_is_claimed(struct kunit *test)
{
	__u64 *found;

	fresh(false);
	KUNIT_EXPECT_FALSE(test, proc_execs(TGID));
	claim();
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
	claim();
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
		PROC_MET | AS,
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

/* It is known, as its end is to be told; and a look comes to it as to any other. */
static void met_before_a_look(struct kunit *test)
{
	fresh(false);
	proc_meet(TGID, AS);
	KUNIT_EXPECT_TRUE(test, proc_met);
	KUNIT_EXPECT_TRUE(test, proc_known(TGID));
	KUNIT_EXPECT_FALSE(test, proc_entered(TGID));
	KUNIT_EXPECT_EQ(test, end_of(TGID), AS);
	KUNIT_EXPECT_FALSE(test, there);
	proc_meet(TGID, AS);
	KUNIT_EXPECT_EQ(test, counting, 2);
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_OURS);
	KUNIT_EXPECT_EQ(test, met, PROC_MET | AS);
	KUNIT_EXPECT_EQ(test, counting, 2);
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_OTHERS);
	KUNIT_EXPECT_EQ(test, met, 0ULL);
	KUNIT_EXPECT_TRUE(test, proc_claimed(TGID, AS));
	KUNIT_EXPECT_TRUE(test, proc_entered(TGID));
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_NONE);
	KUNIT_EXPECT_EQ(test, end_of(TGID), AS);
}

/* What is known of it already is not forgotten, but it may be in another space. */
static void met_when_known(struct kunit *test)
{
	static const struct {
		__u64 was;
		__u64 as;
		__u64 is;
	} cases[] = {
		{ AS, AS + 1, AS + 1 },
		{ AS, 0, AS },
		{ 0, AS, AS },
		{ PROC_MET, AS, PROC_MET | AS },
		{ PROC_MET | AS, 0, PROC_MET | AS },
		{ PROC_LOST_NOW, AS, AS },
		{ PROC_LOST_NOW, 0, PROC_LOST_NOW },
		{ PROC_CLAIMED(TGID), AS, PROC_CLAIMED(TGID) },
		{ PROC_ENDED(TGID), AS, PROC_ENDED(TGID) },
		{ PROC_NONE(TGID), AS, PROC_MET | AS },
		{ PROC_NONE(TGID), 0, PROC_MET },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fresh(false);
		there = true;
		word = cases[i].was;
		proc_meet(TGID, cases[i].as);
		KUNIT_EXPECT_EQ(test, word, cases[i].is);
		/* One that was met before waits already, or has had its look. */
		KUNIT_EXPECT_EQ(test, proc_met, cases[i].was == PROC_NONE(TGID));
	}
}

/* It is left to the look; who is claimed without room for it stays so. */
static void met_without_room(struct kunit *test)
{
	fresh(true);
	proc_meet(TGID, AS);
	KUNIT_EXPECT_FALSE(test, proc_known(TGID));
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_OURS);
	full = false;
	proc_meet(TGID, AS);
	KUNIT_EXPECT_FALSE(test, there);
	KUNIT_EXPECT_EQ(test, end_of(TGID), -2);
}

/* The claim is taken back: it is one that was met, in what it was met in. */
static void met_and_missed(struct kunit *test)
{
	fresh(false);
	proc_meet(TGID, AS);
	claim();
	KUNIT_EXPECT_TRUE(test, proc_claimed(TGID, met));
	KUNIT_EXPECT_FALSE(test, proc_entered(TGID));
	KUNIT_EXPECT_EQ(test, end_of(TGID), AS);
	/* Its end came in between, and was left to the one with the claim. */
	proc_meet(TGID, AS);
	claim();
	KUNIT_EXPECT_EQ(test, end_of(TGID), -1);
	KUNIT_EXPECT_FALSE(test, proc_claimed(TGID, met));
	KUNIT_EXPECT_FALSE(test, there);
}

/* It is traced then, and all that is to be told of it is. */
static void execs_when_met(struct kunit *test)
{
	fresh(false);
	proc_meet(TGID, AS);
	KUNIT_EXPECT_TRUE(test, proc_execs(TGID));
	proc_set(TGID, AS + 1);
	KUNIT_EXPECT_TRUE(test, proc_entered(TGID));
	KUNIT_EXPECT_EQ(test, claim(), CLAIM_NONE);
	KUNIT_EXPECT_EQ(test, end_of(TGID), AS + 1);
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
	KUNIT_CASE(met_before_a_look),
	KUNIT_CASE(met_when_known),
	KUNIT_CASE(met_without_room),
	KUNIT_CASE(met_and_missed),
	KUNIT_CASE(execs_when_met),
	KUNIT_CASE(ends_in_what_was_lost),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_bpf_procs",
	.test_cases = cases,
};

kunit_test_suite(suite);
