/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - processes that were there before: those that user space asks for, those
 * that a whole-system session meets, and those that a fork under way still makes.
 */
#ifndef CLEAVE_ATTACH_H
#define CLEAVE_ATTACH_H

#include <linux/mm_types.h>
#include <linux/sched.h>

#include "session.h"

int attach_one(struct session *s, pid_t nr, u32 *found);
int attach_look(struct session *s, u32 *found);
void attach_exit(void);

/* For probes, preemption off. */
void attach_met(struct session *s, struct task_struct *task,
		struct mm_struct *mm);

#endif /* CLEAVE_ATTACH_H */
