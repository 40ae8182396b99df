// SPDX-License-Identifier: GPL-2.0-only
#include "cli/options.h"
#include "cli/trace.h"
#include "cli/trace_args.h"

static const struct argp_option options[] = {
	{ "format", OPT_FORMAT, "text|json", 0,
	  "text is the default; json is one object a line", 0 },
	{ "summary", OPT_SUMMARY, NULL, 0, "the summary alone", 0 },
	{ "output", OPT_OUTPUT, "FILE", 0,
	  "write the report to FILE instead of standard error; - is standard output", 0 },
	COMMON_OPTIONS
};

void trace_parse(struct trace_opts *o, int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = trace_args_parser,
		.args_doc = ARGS_DOC(""),
		.doc = "Trace CMD and all that it makes: forks, threads, execs, and the pages "
		       "that copy-on-write had to copy.  The report goes to standard error; "
		       "CMD's own input and output are left alone."
		       "\v" STATUS_DOC,
	};

	trace_args_defaults(o);
	argv[0] = "cleave trace";
	parse_args(&argp, argc, argv, ARGP_IN_ORDER, o);
}

int trace_main(int argc, char **argv)
{
	struct trace_opts o;
	int status;

	trace_parse(&o, argc, argv);
	status = trace(&o);
	trace_args_free(&o);
	return status;
}
