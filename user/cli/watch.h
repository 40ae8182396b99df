/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch.h - "cleave watch": snapshots of all that are alive, as they come.
 */
#ifndef CLEAVE_CLI_WATCH_H
#define CLEAVE_CLI_WATCH_H

/**
 * watch_main() - the subcommand
 * @argc: number of arguments
 * @argv: from its name on
 *
 * Return: exit status.
 */
int watch_main(int argc, char **argv);

#endif /* CLEAVE_CLI_WATCH_H */
