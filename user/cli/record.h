/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h - "cleave record": the same into a file, to be looked at later.
 */
#ifndef CLEAVE_CLI_RECORD_H
#define CLEAVE_CLI_RECORD_H

/**
 * record_main() - the subcommand
 * @argc: number of arguments
 * @argv: from its name on
 *
 * Return: exit status.
 */
int record_main(int argc, char **argv);

#endif /* CLEAVE_CLI_RECORD_H */
