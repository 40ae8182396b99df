/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_FRAME_H
#define CLEAVE_FRAME_H

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
void frames_init(void);
void frames_forget(void);

bool mark_set(void);
bool mark_take(void);
u64 marks_missed(void);

#endif /* CLEAVE_FRAME_H */
