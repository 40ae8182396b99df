// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/options.h"
#include "cli/trace_args.h"
#include "cli/watch.h"
#include "sink/watch_columns.h"

enum {
	OPT_SORT = 's',
	OPT_COUNT = 'n',
};

#define INTERVAL_NS	1000000000ULL
#define NAMES_LEN	256

static const struct argp_option options[] = {
	{ "interval", OPT_INTERVAL, "SECONDS", 0, "a snapshot so often (1)", 0 },
	{ "count", OPT_COUNT, "N", 0, "end after so many snapshots", 0 },
	{ "sort", OPT_SORT, "COLUMN", 0,
	  "what is most by this column comes first (KiB/s, and then copied)", 0 },
	SCAN_OPTION,
	TIMES_OPTION,
	FILTER_NAME_OPTIONS,
	{ "format", OPT_FORMAT, "text|json", 0,
	  "text is the default; json is one object a line", 0 },
	{ "output", OPT_OUTPUT, "FILE", 0,
	  "write to FILE; without it, to standard output, or with CMD to standard error", 0 },
	{ "backend", OPT_BACKEND, "bpf|module|auto", 0,
	  "auto, the default, is bpf or else module", 0 },
	SHARED_OPTIONS
};

/* "a, b or c" */
static const char *column_list(void)
{
	static char list[NAMES_LEN];
	size_t i, len = 0;

	for (i = 0; i < WATCH_NR && len < sizeof(list); i++)
		len += snprintf(list + len, sizeof(list) - len, "%s%s",
				!i ? "" : i + 1 < WATCH_NR ? ", " : " or ", watch_names[i]);
	return list;
}

static enum watch_column parse_sort(const char *arg)
{
	int column = watch_column(arg);

	if (column < 0)
		usage_error("unknown column '%s': use %s", arg, column_list());
	return column;
}

static __u64 parse_count(const char *arg)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(arg, &end, 10);
	if (errno || *end || end == arg || *arg == '-' || !n)
		usage_error("bad number of snapshots '%s': use 1 or more", arg);
	return n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct trace_opts *o = state->input;

	switch (key) {
	case OPT_SORT:
		o->sort = parse_sort(arg);
		return 0;
	case OPT_COUNT:
		o->nr_snapshots = parse_count(arg);
		return 0;
	default:
		return trace_args_parser(key, arg, state);
	}
}

static void defaults(struct trace_opts *o)
{
	trace_args_defaults(o);
	o->watch = true;
	o->sort = WATCH_RATE;
	o->interval_ns = INTERVAL_NS;
	/* Nobody sees them. */
	o->sources.cfg.no_args = true;
}

int watch_main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = ARGS_DOC(""),
		.doc = "Show, once a second, each address space that was forked, has not "
		       "exec'ed and is alive: what it shared with its creator, what of that "
		       "is still shared, and what both have copied since.  Below them stands "
		       "what the copies of each family take in memory.  On a terminal it is a "
		       "screen, which q leaves; else, and where CMD has the terminal, a block "
		       "of text each time."
		       "\v" STATUS_DOC,
	};
	struct trace_opts o;
	int status;

	defaults(&o);
	argv[0] = "cleave watch";
	parse_args(&argp, argc, argv, ARGP_IN_ORDER, &o);
	if (o.sort == WATCH_TOOK && !o.sources.cfg.times)
		usage_error("to sort by %s, they have to be timed: --times",
			    watch_names[WATCH_TOOK]);
	/* A command's own output is not to be mixed up with what is told of it. */
	if (!o.output && !o.argv)
		o.output = "-";
	status = trace(&o);
	trace_args_free(&o);
	return status;
}
