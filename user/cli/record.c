// SPDX-License-Identifier: GPL-2.0-only
#include "cli/options.h"
#include "cli/record.h"
#include "cli/trace_args.h"

static const struct argp_option options[] = {
	{ "format", OPT_FORMAT, "text|json", 0,
	  "show what happens meanwhile, on standard error; without it, nothing is shown", 0 },
	{ "output", OPT_OUTPUT, "FILE", 0,
	  "write the recording to FILE; - is standard output", 0 },
	COMMON_OPTIONS
};

static void parse(struct trace_opts *o, int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = trace_args_parser,
		.args_doc = ARGS_DOC("-o FILE "),
		.doc = "Trace CMD and all that it makes as cleave trace does, and write what "
		       "happened to FILE, for cleave report.  FILE can be read while it is "
		       "written, and as far as it goes where cleave was killed or the disk was "
		       "full.  It has names, arguments and addresses of those who were traced: "
		       "a new one is readable by its owner alone."
		       "\v" STATUS_DOC,
	};

	trace_args_defaults(o);
	o->record = true;
	argv[0] = "cleave record";
	parse_args(&argp, argc, argv, ARGP_IN_ORDER, o);
}

int record_main(int argc, char **argv)
{
	struct trace_opts o;
	int status;

	parse(&o, argc, argv);
	status = trace(&o);
	trace_args_free(&o);
	return status;
}
