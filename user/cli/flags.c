// SPDX-License-Identifier: GPL-2.0-only
#include <argp.h>
#include <stdio.h>

#include "cli/flags.h"
#include "cli/options.h"
#include "core/flags.h"
#include "core/status.h"

static error_t parse(int key, char *arg, struct argp_state *state)
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

int flags_main(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
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
