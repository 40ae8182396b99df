/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - "cleave trace": trace a command and all that it makes.
 */
#ifndef CLEAVE_CLI_TRACE_H
#define CLEAVE_CLI_TRACE_H

#include "cli/tracing.h"

/**
 * trace_parse() - read the command line; ends the program where it is wrong
 * @o: filled
 * @argc: number of arguments
 * @argv: from the subcommand's name on
 */
void trace_parse(struct trace_opts *o, int argc, char **argv);

/**
 * trace_main() - the subcommand
 * @argc: number of arguments
 * @argv: from its name on
 *
 * Return: exit status.
 */
int trace_main(int argc, char **argv);

#endif /* CLEAVE_CLI_TRACE_H */
