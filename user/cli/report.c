// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - "cleave report": a recording as cleave trace would have shown it.
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/report.h"
#include "core/replay.h"
#include "core/status.h"
#include "source/file.h"

enum {
	OPT_SUMMARY = 'c',
	OPT_FORMAT = 'f',
	OPT_OUTPUT = 'o',
};

struct report_opts {
	bool summary;
	bool json;
	const char *output;
	const char *file;
};

static const struct argp_option options[] = {
	{ "summary", OPT_SUMMARY, NULL, 0, "the summary alone", 0 },
	{ "format", OPT_FORMAT, "text|json", 0,
	  "text is the default; json is one object a line", 0 },
	{ "output", OPT_OUTPUT, "FILE", 0,
	  "write the report to FILE instead of standard output", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report_opts *o = state->input;

	switch (key) {
	case OPT_SUMMARY:
		o->summary = true;
		break;
	case OPT_FORMAT:
		o->json = option_json(arg);
		break;
	case OPT_OUTPUT:
		o->output = arg;
		break;
	case ARGP_KEY_ARG:
		if (o->file)
			usage_error("report shows one recording, but got '%s' as well", arg);
		o->file = arg;
		break;
	case ARGP_KEY_END:
		if (!o->file)
			usage_error("no recording to show: cleave report [options] FILE");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "cleave: %s: %s\n", what, why);
	return EXIT_CLEAVE;
}

static int show(const struct report_opts *o, struct source *file, struct out *out)
{
	struct sink *sink = sink_new(option_sink(o->json, o->summary), out, &file->known);
	__u64 given_up = 0;
	int err;

	if (!sink)
		return fail("cannot report", strerror(ENOMEM));
	err = replay(file, sink, &given_up);
	sink_free(sink);
	if (err)
		return fail("cannot report", strerror(-err));
	if (given_up)
		fprintf(stderr,
			"cleave: %s: more than %d processes without an end: %llu were taken for gone\n",
			o->file, REPLAY_PROCESSES, given_up);
	return 0;
}

static int report(const struct report_opts *o)
{
	char why[SOURCE_WHY] = "";
	struct source *file = file_open(o->file, why);
	struct out out = { 0 };
	int status, err;

	if (!file)
		return fail(o->file, why);
	err = out_open(&out, o->output);
	if (err) {
		status = fail(o->output, strerror(-err));
	} else {
		status = show(o, file, &out);
		err = out_close(&out);
		if (err)
			status = fail("the report could not be written", strerror(-err));
	}
	if (file_trouble(file))
		status = fail(o->file, file_trouble(file));
	file->ops->close(file);
	return status;
}

int report_main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "FILE",
		.doc = "Show a recording that cleave record has made, as cleave trace would have "
		       "shown it.  It needs no root, and neither the machine nor the kernel that "
		       "was traced.  FILE can be - for standard input."
		       "\v"
		       "Where the recording is cut off or damaged, what can be read is shown, a "
		       "line says so, and the exit status is 125.",
	};
	struct report_opts o = { .output = "-" };

	argv[0] = "cleave report";
	parse_args(&argp, argc, argv, 0, &o);
	return report(&o);
}
