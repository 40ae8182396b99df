/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spawn.h - a target that is a command: made, held until tracing is on, let go.
 */
#ifndef CLEAVE_SPAWN_H
#define CLEAVE_SPAWN_H

#include "target/run_as.h"
#include "target/target.h"

/**
 * target_spawn() - the command as a target
 * @argv: command and arguments; kept
 * @as: whom it is to run as; kept; NULL: as we do
 *
 * Its status is the command's as a shell has it. SIGTERM and SIGHUP are passed on
 * to it once, interrupt and quit left to it while it runs.  A session that ends before
 * it leaves it running.
 *
 * Return: the target, or NULL after one line on stderr.
 */
struct target *target_spawn(char **argv, const struct run_as *as);

#endif /* CLEAVE_SPAWN_H */
