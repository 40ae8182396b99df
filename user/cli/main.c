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
#include "core/flags.h"
#include "cli/options.h"
#include "cli/report.h"
#include "cli/trace.h"
#include "core/status.h"
#include "cleave_version.h"
#include "lib/sigchld.h"
#include "lib/streams.h"

const char *argp_program_version = "cleave " CLEAVE_VERSION;

static error_t parse_flags(int key, char *arg, struct argp_state *state)
{
	char *bad;
	__u64 word;

	switch (key) {
	case ARGP_KEY_ARG:
		if (flags_parse(arg, &word, &bad))
			usage_error("'%s' is no clone flag, signal or number: try 0x1200011 or CLONE_VM|CLONE_VFORK|SIGCHLD",
				    bad ? bad : arg);
		if (state->arg_num)
			putchar('\n');
		flags_explain(stdout, word);
		return 0;
	case ARGP_KEY_NO_ARGS:
		usage_error("no flags to explain: try cleave flags 0x1200011");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int flags_main(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_flags,
		.args_doc = "FLAGS...",
		.doc = "Explain a word of clone flags: what each means, what comes of it, what child and creator share."
		       "\v"
		       "FLAGS is a number (0x1200011) or names joined by | or , (CLONE_VM|CLONE_VFORK|SIGCHLD). "
		       "As in clone(2), the low byte is the signal that the child's end sends.",
	};

	argv[0] = "cleave flags";
	parse_args(&argp, argc, argv, 0, NULL);
	return fflush(stdout) ? EXIT_CLEAVE : 0;
}

struct command {
	const char *name;
	int (*main)(int argc, char **argv);
};

static const struct command commands[] = {
	{ "trace", trace_main },
	{ "record", record_main },
	{ "report", report_main },
	{ "flags", flags_main },
	{ "doctor", doctor_main },
};

#define NR_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

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
	usage_error("unknown command '%s': use trace, record, report, flags or doctor", argv[0]);
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
		usage_error("no command: use trace, record, report, flags or doctor, or --help");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "trace [OPTION...] [--] CMD [ARG...]\nrecord -o FILE [OPTION...] [--] CMD [ARG...]\nreport [OPTION...] FILE\nflags FLAGS...\ndoctor",
		.doc = "Show what fork, clone, exec and copy-on-write really do and cost."
		       "\v"
		       "trace    trace a command and all that it makes\n"
		       "record   the same into a file, to be looked at later\n"
		       "report   show such a file, on any machine (no root needed)\n"
		       "flags    explain a word of clone flags (no root needed)\n"
		       "doctor   say what can be traced on this system, and what cannot, and why\n"
		       "\n"
		       "'cleave trace --help' tells more of a command.",
	};
	int status = 0;

	streams_hold();
	sigchld_take();
	setlocale(LC_ALL, "");
	/* JSON and times must not depend on where one lives. */
	setlocale(LC_NUMERIC, "C");
	argp_err_exit_status = EXIT_CLEAVE;
	parse_args(&argp, argc, argv, ARGP_IN_ORDER, &status);
	return status;
}
