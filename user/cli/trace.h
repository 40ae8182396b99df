/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - "cleave trace": trace a command and all that it makes.
 */
#ifndef CLEAVE_TRACE_H
#define CLEAVE_TRACE_H

#include "cli/sources.h"

/**
 * struct trace_opts - the command line
 * @sources: which backends, and what they are to do
 * @json: report in JSON
 * @summary: the summary alone
 * @record: no report, but a recording in @output
 * @output: file for the report, "-" for standard output, or NULL for standard error
 * @exit_with_cmd: do not wait for what the command leaves behind
 * @user: whom the command is to run as, or NULL: as cleave itself
 * @argv: the command
 */
struct trace_opts {
	struct source_opts sources;
	bool json;
	bool summary;
	bool record;
	const char *output;
	bool exit_with_cmd;
	const char *user;
	char **argv;
};

/**
 * trace_parse() - read the command line; ends the program where it is wrong
 * @o: filled
 * @argc: number of arguments
 * @argv: from the subcommand's name on
 */
void trace_parse(struct trace_opts *o, int argc, char **argv);

/**
 * record_parse() - the same for "cleave record"
 * @o: filled
 * @argc: number of arguments
 * @argv: from the subcommand's name on
 */
void record_parse(struct trace_opts *o, int argc, char **argv);

/**
 * trace() - do it
 * @o: options
 *
 * Return: exit status: the command's, or EXIT_CLEAVE.
 */
int trace(const struct trace_opts *o);

/**
 * trace_main() - the subcommand
 * @argc: number of arguments
 * @argv: from its name on
 *
 * Return: exit status.
 */
int trace_main(int argc, char **argv);

/**
 * record_main() - "cleave record"
 * @argc: number of arguments
 * @argv: from its name on
 *
 * Return: exit status.
 */
int record_main(int argc, char **argv);

#endif /* CLEAVE_TRACE_H */
