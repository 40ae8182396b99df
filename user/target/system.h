/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * system.h - a target that is the whole system: nothing is made, and a signal ends it.
 */
#ifndef CLEAVE_SYSTEM_H
#define CLEAVE_SYSTEM_H

#include "target/target.h"

/**
 * target_system() - the system as a target
 *
 * The first signal makes it over, and its status is 0; a second one ends the program
 * at once, as it would without cleave's handling, unless it is the same within 50 ms.
 *
 * Return: the target, or NULL after one line on stderr.
 */
struct target *target_system(void);

#endif /* CLEAVE_SYSTEM_H */
