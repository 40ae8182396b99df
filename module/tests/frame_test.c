// SPDX-License-Identifier: GPL-2.0-only
/* frame_test.c - finding the function that a task is in. */
#include "test.h"
#include "../frame.c"

static int frame_setup(struct kunit *test)
{
	frames_init();
	return 0;
}

static void frame_innermost(struct kunit *test)
{
	struct frame outer = { .in = CLEAVE_IN_CLONE };
	struct frame inner = { .in = CLEAVE_IN_WP };

	KUNIT_EXPECT_NULL(test, frame_current());
	frame_push(&outer);
	KUNIT_EXPECT_PTR_EQ(test, frame_current(), &outer);
	frame_push(&inner);
	KUNIT_EXPECT_PTR_EQ(test, frame_current(), &inner);
	frame_pop(&inner);
	KUNIT_EXPECT_PTR_EQ(test, frame_current(), &outer);
	frame_pop(&outer);
	KUNIT_EXPECT_NULL(test, frame_current());
}

/* Tasks whose frames lie in the same bucket do not see each other's. */
static void frame_of_others(struct kunit *test)
{
	u32 b = hash_ptr(current, FRAME_BITS);
	struct frame other = { .task = NULL }, mine = {};

	raw_spin_lock(&buckets[b].lock);
	hlist_add_head(&other.node, &buckets[b].head);
	raw_spin_unlock(&buckets[b].lock);
	KUNIT_EXPECT_NULL(test, frame_current());
	frame_push(&mine);
	KUNIT_EXPECT_PTR_EQ(test, frame_current(), &mine);
	frame_pop(&mine);
	raw_spin_lock(&buckets[b].lock);
	hlist_del(&other.node);
	raw_spin_unlock(&buckets[b].lock);
}

/* A task asleep in a function that is not probed any more when it returns. */
static void frame_forgotten(struct kunit *test)
{
	struct frame *old = kunit_kzalloc(test, sizeof(*old), GFP_KERNEL);
	struct frame new = {};

	KUNIT_ASSERT_NOT_NULL(test, old);
	frame_push(old);
	frames_forget();
	KUNIT_EXPECT_NULL(test, frame_current());
	frame_push(&new);
	/* Its memory may have been used again: popping it must touch no list. */
	memset(&old->node, 0xff, sizeof(old->node));
	frame_pop(old);
	KUNIT_EXPECT_PTR_EQ(test, frame_current(), &new);
	frame_pop(&new);
	KUNIT_EXPECT_NULL(test, frame_current());
}

static void frame_marks(struct kunit *test)
{
	int i;

	KUNIT_EXPECT_FALSE(test, mark_take());
	KUNIT_EXPECT_TRUE(test, mark_set());
	KUNIT_EXPECT_TRUE(test, mark_set());
	KUNIT_EXPECT_TRUE(test, mark_take());
	KUNIT_EXPECT_FALSE(test, mark_take());
	/* Marks of others are not ours, and take room. */
	for (i = 0; i < MARKS; i++)
		marks[i] = (struct task_struct *)(i + 1UL);
	atomic_set(&nr_marks, MARKS);
	KUNIT_EXPECT_FALSE(test, mark_take());
	KUNIT_EXPECT_FALSE(test, mark_set());
	KUNIT_EXPECT_EQ(test, marks_missed(), 1ULL);
	frames_forget();
	KUNIT_EXPECT_TRUE(test, mark_set());
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_marks), 1);
	KUNIT_EXPECT_TRUE(test, mark_take());
	atomic64_set(&nr_marks_missed, 0);
}

static struct kunit_case frame_cases[] = {
	KUNIT_CASE(frame_innermost),
	KUNIT_CASE(frame_of_others),
	KUNIT_CASE(frame_forgotten),
	KUNIT_CASE(frame_marks),
	{}
};

static struct kunit_suite frame_suite = {
	.name = "cleave_frame",
	.init = frame_setup,
	.test_cases = frame_cases,
};

kunit_test_suite(frame_suite);
