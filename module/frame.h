/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_FRAME_H
#define CLEAVE_FRAME_H

#include <linux/bitops.h>
#include <linux/list.h>
#include <linux/sched.h>

#include "cleave_rules.h"

/**
 * struct frame - a task is inside a traced function
 * @node: in the table of frames, found by @task
 * @task: that task; only it adds, reads or removes the frame
 * @gen: generation of the table in which it was added
 * @in: enum cleave_in; CLEAVE_IN_NONE once the outcome is booked or, for an
 *	execve(2), its failure reported
 * @fault: it is one of a fault, whatever @in says by now
 * @mm: that the fault is in; need not be the task's
 * @vma: of the fault; only to be compared, as it can go away in a fault that drops
 *	the mmap lock
 * @addr: of the fault
 *
 * Lives in the instance of the return probe, so it is there exactly as long as
 * the task is in the function.
 */
struct frame {
	struct hlist_node node;
	struct task_struct *task;
	u32 gen;
	u32 in;
	bool fault;
	struct mm_struct *mm;
	struct vm_area_struct *vma;
	unsigned long addr;
};

void frame_push(struct frame *f);
struct frame *frame_current(void);
void frame_pop(struct frame *f);
void frames_drop(void);
int frames_init(void);
void frames_free(void);
void frames_forget(void);

/*
 * One bit for each pid: is the last write fault of that task one for a pin
 * (FAULT_FLAG_UNSHARE)?  No call within do_wp_page() tells it.  Only the task
 * itself sets its bit and looks at it, and it sets it anew in each fault: so what
 * is left of one that came to nothing, or of a task of the same pid, counts for
 * nothing.
 */
extern unsigned long *marks;

/**
 * mark_fault() - the current task begins a write fault
 * @unshare: is it one for a pin?
 */
static inline void mark_fault(bool unshare)
{
	if (unlikely(test_bit(current->pid, marks) != unshare))
		assign_bit(current->pid, marks, unshare);
}

/**
 * mark_is_set() - is the current task's last write fault one for a pin?
 */
static inline bool mark_is_set(void)
{
	return test_bit(current->pid, marks);
}

#endif /* CLEAVE_FRAME_H */
