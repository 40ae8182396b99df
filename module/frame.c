// SPDX-License-Identifier: GPL-2.0-only
/*
 * frame.c - finds, for a nested probe, the fault that its task is in.  A fault
 * can sleep and move to another CPU, so nothing here is per CPU.
 */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>

#include "frame.h"

#define FRAME_BITS	8

static struct {
	raw_spinlock_t lock;
	struct hlist_head head;
} buckets[1 << FRAME_BITS];

static u32 generation;

/*
 * Tasks whose write fault is one for a pin (FAULT_FLAG_UNSHARE): no call within
 * do_wp_page() tells it, and it is too rare to keep a frame for all that are not.
 */
#define MARKS	64

static struct task_struct *marks[MARKS];
static atomic_t nr_marks = ATOMIC_INIT(0);
static atomic64_t nr_marks_missed = ATOMIC64_INIT(0);

/**
 * frames_init() - an empty table; once, at load
 */
void frames_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(buckets); i++)
		raw_spin_lock_init(&buckets[i].lock);
}

/**
 * frames_forget() - forget all frames; may sleep
 *
 * To be called when no session is left, so that none is added, and before the
 * probes are unregistered: a task that sleeps in a traced function then returns
 * without its return probe, and its frame's memory goes with the probe.  Those
 * that still come to frame_pop() find the generation changed.
 */
void frames_forget(void)
{
	int i;

	WRITE_ONCE(generation, generation + 1);
	for (i = 0; i < ARRAY_SIZE(buckets); i++) {
		raw_spin_lock(&buckets[i].lock);
		INIT_HLIST_HEAD(&buckets[i].head);
		raw_spin_unlock(&buckets[i].lock);
	}
	for (i = 0; i < MARKS; i++)
		WRITE_ONCE(marks[i], NULL);
	atomic_set(&nr_marks, 0);
}

/**
 * frame_push() - the current task enters a traced function
 * @f: filled but for @node and @task
 */
void frame_push(struct frame *f)
{
	u32 b = hash_ptr(current, FRAME_BITS);

	f->task = current;
	f->gen = READ_ONCE(generation);
	raw_spin_lock(&buckets[b].lock);
	hlist_add_head(&f->node, &buckets[b].head);
	raw_spin_unlock(&buckets[b].lock);
}

/**
 * frame_current() - the innermost frame of the current task, or NULL
 */
struct frame *frame_current(void)
{
	u32 b = hash_ptr(current, FRAME_BITS);
	struct frame *f, *found = NULL;

	/* Untraced tasks pay this one load. */
	if (hlist_empty(&buckets[b].head))
		return NULL;
	raw_spin_lock(&buckets[b].lock);
	hlist_for_each_entry(f, &buckets[b].head, node) {
		if (f->task == current) {
			found = f;
			break;
		}
	}
	raw_spin_unlock(&buckets[b].lock);
	return found;
}

/**
 * frame_pop() - the current task leaves the function
 * @f: its frame
 */
void frame_pop(struct frame *f)
{
	u32 b = hash_ptr(f->task, FRAME_BITS);

	raw_spin_lock(&buckets[b].lock);
	if (f->gen == READ_ONCE(generation))
		hlist_del(&f->node);
	raw_spin_unlock(&buckets[b].lock);
}

static struct task_struct **mark_find(const struct task_struct *task)
{
	int i;

	for (i = 0; i < MARKS; i++)
		if (READ_ONCE(marks[i]) == task)
			return &marks[i];
	return NULL;
}

/**
 * mark_set() - mark the current task
 *
 * Return: false if there is no room, which is counted.
 */
bool mark_set(void)
{
	int i;

	if (mark_find(current))
		return true;
	for (i = 0; i < MARKS; i++) {
		if (!READ_ONCE(marks[i]) && !cmpxchg(&marks[i], NULL, current)) {
			atomic_inc(&nr_marks);
			return true;
		}
	}
	atomic64_inc(&nr_marks_missed);
	return false;
}

/**
 * mark_take() - was the current task marked?  It is no more.
 */
bool mark_take(void)
{
	struct task_struct **m;

	/* All but a few faults pay this one load. */
	if (!atomic_read(&nr_marks))
		return false;
	m = mark_find(current);
	if (!m)
		return false;
	WRITE_ONCE(*m, NULL);
	atomic_dec(&nr_marks);
	return true;
}

/**
 * marks_missed() - tasks that could not be marked since the module is loaded
 */
u64 marks_missed(void)
{
	return atomic64_read(&nr_marks_missed);
}
