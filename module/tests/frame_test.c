// SPDX-License-Identifier: GPL-2.0-only
/* frame_test.c - finding the function that a task is in. */
#include "test.h"
#include "../frame.c"

static int frame_setup(struct kunit *test)
{
	return frames_init();
}

static void frame_teardown(struct kunit *test)
{
	frames_free();
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

/* A task that an oops kills inside of a function: its frames go, no other's. */
static void frame_dropped(struct kunit *test)
{
	u32 b = hash_ptr(current, FRAME_BITS);
	struct frame other = { .task = NULL }, outer = {}, inner = {};

	frames_drop();
	raw_spin_lock(&buckets[b].lock);
	hlist_add_head(&other.node, &buckets[b].head);
	raw_spin_unlock(&buckets[b].lock);
	frame_push(&outer);
	frame_push(&inner);
	frames_drop();
	KUNIT_EXPECT_NULL(test, frame_current());
	KUNIT_EXPECT_PTR_EQ(test, buckets[b].head.first, &other.node);
	raw_spin_lock(&buckets[b].lock);
	hlist_del(&other.node);
	raw_spin_unlock(&buckets[b].lock);
}

static void frame_marks(struct kunit *test)
{
	mark_fault(false);
	KUNIT_EXPECT_FALSE(test, mark_is_set());
	mark_fault(true);
	KUNIT_EXPECT_TRUE(test, mark_is_set());
	mark_fault(true);
	KUNIT_EXPECT_TRUE(test, mark_is_set());
	/* However many others there are that came to nothing. */
	bitmap_fill(marks, PID_MAX_LIMIT);
	mark_fault(false);
	KUNIT_EXPECT_FALSE(test, mark_is_set());
	KUNIT_EXPECT_EQ(test, bitmap_weight(marks, PID_MAX_LIMIT), PID_MAX_LIMIT - 1);
}

static struct kunit_case frame_cases[] = {
	KUNIT_CASE(frame_innermost),
	KUNIT_CASE(frame_of_others),
	KUNIT_CASE(frame_forgotten),
	KUNIT_CASE(frame_dropped),
	KUNIT_CASE(frame_marks),
	{}
};

static struct kunit_suite frame_suite = {
	.name = "cleave_frame",
	.init = frame_setup,
	.exit = frame_teardown,
	.test_cases = frame_cases,
};

kunit_test_suite(frame_suite);
