/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * leave.h - when all have left a function that were in it: a wait that can be given up
 * and taken up again.
 */
#ifndef CLEAVE_LEAVE_H
#define CLEAVE_LEAVE_H

struct leave;

struct leave *leave_begin(void);
int leave_wait(struct leave *l, unsigned int ms);
void leave_put(struct leave *l);
void leave_exit(void);

#endif /* CLEAVE_LEAVE_H */
