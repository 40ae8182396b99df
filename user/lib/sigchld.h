/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sigchld.h - children that end must be there to be waited for.  Where SIGCHLD was
 * inherited as ignored, the kernel reaps them at once and nobody learns their status.
 */
#ifndef CLEAVE_SIGCHLD_H
#define CLEAVE_SIGCHLD_H

/**
 * sigchld_take() - have our children wait for us, however we were started
 *
 * To be called before the first fork.
 */
void sigchld_take(void);

/**
 * sigchld_give_back() - in a child, before its exec: as we were started
 */
void sigchld_give_back(void);

#endif /* CLEAVE_SIGCHLD_H */
