/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - can it be traced what is there already?
 */
#ifndef CLEAVE_ATTACH_H
#define CLEAVE_ATTACH_H

#include <stddef.h>
#include <sys/types.h>

/**
 * attach_check() - say of each of some processes why it cannot be attached to
 * @pids: what was named
 * @nr: how many
 *
 * One that ends right after that is found out as it is attached to.
 *
 * Return: 0, or -1 after one line on stderr for each that cannot.
 */
int attach_check(const pid_t *pids, size_t nr);

/**
 * attach_order() - who has made another one comes before it
 * @pids: what was named; put in order, as named where that does not matter
 * @nr: how many
 *
 * Of whom a process shares memory with is only known if that one is attached to by then.
 * pidof(1) names the newest first, and a server and its workers can have begun in the same
 * tick of the clock: so it is the parents that tell.
 */
void attach_order(pid_t *pids, size_t nr);

#endif /* CLEAVE_ATTACH_H */
