/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h - what the command lines of several subcommands have in common.
 */
#ifndef CLEAVE_OPTIONS_H
#define CLEAVE_OPTIONS_H

#include <stdbool.h>
#include <argp.h>

/**
 * usage_error() - one line about a wrong command line, then exit
 */
void usage_error(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/**
 * option_hooks() - names of hooks by comma, for --pretend-missing
 * @arg: as given
 *
 * Return: a bit for each, 1 << CLEAVE_HOOK_...; ends the program where there is no such hook.
 */
unsigned long long option_hooks(const char *arg);

/**
 * option_json() - is it JSON, and not text, that --format asks for?
 * @arg: as given; ends the program where it is neither
 */
bool option_json(const char *arg);

/**
 * option_sink() - which sink is meant
 * @json: in JSON
 * @summary: the summary alone
 *
 * Return: its name, for sink_new().
 */
const char *option_sink(bool json, bool summary);

/**
 * suggest() - the candidate that a mistyped word is nearest to
 * @word: what was typed
 * @names: candidates, ends with NULL
 *
 * Return: one of @names, or NULL where none is near.
 */
const char *suggest(const char *word, const char *const *names);

/**
 * parse_args() - argp_parse(), with one line for what it does not know
 * @argp: the parser
 * @argc: of main()
 * @argv: of main(); argv[0] is what to ask for --help
 * @flags: of argp_parse()
 * @input: for the parser
 *
 * Does not return where the command line is wrong.
 */
void parse_args(const struct argp *argp, int argc, char **argv,
		unsigned int flags, void *input);

#endif /* CLEAVE_OPTIONS_H */
