/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - processes that were there before: those that user space asks for, and
 * those that a fork under way still makes.
 */
#ifndef CLEAVE_ATTACH_H
#define CLEAVE_ATTACH_H

#include <linux/types.h>

#include "session.h"

int attach_one(struct session *s, pid_t nr, u32 *found);
int attach_look(struct session *s, u32 *found);

#endif /* CLEAVE_ATTACH_H */
