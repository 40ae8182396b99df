/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flags.h - "cleave flags": explain a word of clone flags.
 */
#ifndef CLEAVE_CLI_FLAGS_H
#define CLEAVE_CLI_FLAGS_H

/**
 * flags_main() - the subcommand
 * @argc: number of arguments
 * @argv: from its name on
 *
 * Return: exit status.
 */
int flags_main(int argc, char **argv);

#endif /* CLEAVE_CLI_FLAGS_H */
