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

#endif /* CLEAVE_ATTACH_H */
