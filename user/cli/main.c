// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the command line: which subcommand.
 */
#include <argp.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/doctor.h"
#include "cli/filter_args.h"
#include "cli/flags.h"
#include "cli/options.h"
#include "cli/record.h"
#include "cli/report.h"
#include "cli/tables.h"
#include "cli/trace.h"
#include "cli/watch.h"
#include "core/flags.h"
#include "core/status.h"
#include "cleave_version.h"
#include "source/backend.h"
#include "lib/sigchld.h"
#include "lib/streams.h"
#include "sink/watch_columns.h"

const char *argp_program_version = "cleave " CLEAVE_VERSION;

/**
 * struct command - a subcommand
 * @name: what it is called by
 * @what: it does, in a few words
 * @main: with argv from the name on; returns an exit status
 */
struct command {
	const char *name;
	const char *what;
	int (*main)(int argc, char **argv);
};

static const struct command commands[] = {
	{ "trace", "trace a command and all that it makes", trace_main },
	{ "record", "trace a command into a file, to be looked at later", record_main },
	{ "report", "show what cleave record has traced, on any machine (no root needed)",
	  report_main },
	{ "watch", "show, once a second, who still shares how much, and what copies it",
	  watch_main },
	{ "flags", "explain a word of clone flags (no root needed)", flags_main },
	{ "doctor", "say what can be traced on this system, and what cannot, and why",
	  doctor_main },
};

#define NR_COMMANDS	(sizeof(commands) / sizeof(commands[0]))
#define LIST_LEN	256

/* "a, b or c" */
static const char *command_list(void)
{
	static char list[LIST_LEN];
	size_t i, len = 0;

	for (i = 0; i < NR_COMMANDS && len < sizeof(list); i++)
		len += snprintf(list + len, sizeof(list) - len, "%s%s",
				!i ? "" : i + 1 < NR_COMMANDS ? ", " : " or ",
				commands[i].name);
	return list;
}

static int dispatch(int argc, char **argv)
{
	const char *names[NR_COMMANDS + 1] = { NULL };
	const char *near;
	size_t i;

	for (i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(argv[0], commands[i].name))
			return commands[i].main(argc, argv);
		names[i] = commands[i].name;
	}
	near = suggest(argv[0], names);
	if (near)
		usage_error("unknown command '%s': did you mean %s?", argv[0], near);
	usage_error("unknown command '%s': use %s", argv[0], command_list());
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	int *status = state->input;
	int first = state->next - 1;

	(void)arg;
	switch (key) {
	case ARGP_KEY_ARG:
		state->next = state->argc;
		*status = dispatch(state->argc - first, state->argv + first);
		return 0;
	case ARGP_KEY_NO_ARGS:
		usage_error("no command: use %s, or --help", command_list());
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Puts the table into the help; argp frees what it gets. */
static char *help_filter(int key, const char *text, void *input)
{
	char *made = NULL;
	size_t i, len = 0;
	FILE *f;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	f = open_memstream(&made, &len);
	if (!f)
		return (char *)text;
	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(f, "%-8s %s\n", commands[i].name, commands[i].what);
	fprintf(f, "\n%s", text);
	fclose(f);
	return made;
}

/* What the tables of all commands have in common. */
static void print_tables(void)
{
	static const char *const flag_names[] = {
#define CLEAVE_X(bit, name, what) "CLONE_" #name,
		CLONE_FLAGS(CLEAVE_X)
#undef CLEAVE_X
	};
	size_t i;
	int n;

	printf("version\t%s\n", CLEAVE_VERSION);
	for (i = 0; i < NR_COMMANDS; i++)
		printf("command\t%s\t%s\n", commands[i].name, commands[i].what);
	for (n = 0; n < WATCH_NR; n++)
		printf("value\tCOLUMN\t%s\n", watch_names[n]);
	for (n = 0; n < CLEAVE_NR_KINDS; n++)
		printf("value\tKIND\t%s\n", kind_words[n]);
	for (n = 0; n < CLEAVE_NR_HOOKS; n++)
		printf("value\tHOOK\t%s\n", hook_names[n]);
	for (n = 0; n < (int)(sizeof(flag_names) / sizeof(flag_names[0])); n++)
		printf("value\tFLAGS\t%s\n", flag_names[n]);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "COMMAND [ARG...]",
		.doc = "Show what fork, clone, exec and copy-on-write really do and cost."
		       "\v"
		       "'cleave trace --help' tells more of a command.",
		.help_filter = help_filter,
	};
	int status = 0;

	streams_hold();
	sigchld_take();
	setlocale(LC_ALL, "");
	/* JSON and times must not depend on where one lives. */
	setlocale(LC_NUMERIC, "C");
	argp_err_exit_status = EXIT_CLEAVE;
	if (tables_wanted(argc, argv))
		print_tables();
	parse_args(&argp, argc, argv, ARGP_IN_ORDER, &status);
	return status;
}
