// SPDX-License-Identifier: GPL-2.0-only
/*
 * frame.c - finds, for a nested probe, the fault that its task is in.  A fault
 * can sleep and move to another CPU, so nothing here is per CPU.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "frame.h"

#define FRAME_BITS	8

static struct {
	raw_spinlock_t lock;
	struct hlist_head head;
} buckets[1 << FRAME_BITS];

static u32 generation;

unsigned long *marks;

/**
 * frames_init() - an empty table; once, at load
 *
 * Return: 0 or -ENOMEM.
 */
int frames_init(void)
{
	int i;

	marks = vzalloc(BITS_TO_LONGS(PID_MAX_LIMIT) * sizeof(*marks));
	if (!marks)
		return -ENOMEM;

	for (i = 0; i < ARRAY_SIZE(buckets); i++)
		raw_spin_lock_init(&buckets[i].lock);
	return 0;
}

/**
 * frames_free() - once, at unload
 */
void frames_free(void)
{
	vfree(marks);
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

/**
 * frames_drop() - the current task ends
 *
 * One that an oops kills inside a traced function never leaves it.
 */
void frames_drop(void)
{
	u32 b = hash_ptr(current, FRAME_BITS);
	struct hlist_node *next;
	struct frame *f;

	if (hlist_empty(&buckets[b].head))
		return;
	raw_spin_lock(&buckets[b].lock);
	hlist_for_each_entry_safe(f, next, &buckets[b].head, node)
		if (f->task == current)
			hlist_del(&f->node);
	raw_spin_unlock(&buckets[b].lock);
}
