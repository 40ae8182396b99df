// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - "cleave report": a recording as cleave trace would have shown it.
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/filter_args.h"
#include "cli/options.h"
#include "cli/report.h"
#include "core/replay.h"
#include "core/status.h"
#include "sink/filter.h"
#include "source/file.h"

enum {
	OPT_SUMMARY = 'c',
	OPT_FORMAT = 'f',
	OPT_OUTPUT = 'o',
};

struct report_opts {
	struct filter filter;
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
	  "write the report to FILE, once all of it is there; - is standard output", 0 },
	FILTER_OPTIONS,
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
		return filter_option(&o->filter, key, arg) ? 0 : ARGP_ERR_UNKNOWN;
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
	struct sink *sink = sink_filter(sink_new(option_sink(o->json, o->summary), out,
						 &file->known), &o->filter);
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

/* Would the report take the place of the recording? */
static bool same_file(const char *recording, const char *report)
{
	struct stat a, b;

	if (strcmp(recording, "-") ? stat(recording, &a) : fstat(STDIN_FILENO, &a))
		return false;
	return !stat(report, &b) && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int write_report(const struct report_opts *o, struct source *file)
{
	struct out out = { 0 };
	int err = out_open_beside(&out, o->output);

	if (err)
		return fail(o->output, strerror(-err));
	if (show(o, file, &out)) {
		out_drop(&out);
		return EXIT_CLEAVE;
	}
	err = out_close(&out);
	return err ? fail("the report could not be written", strerror(-err)) : 0;
}

static int report(const struct report_opts *o)
{
	char why[SOURCE_WHY] = "";
	struct source *file;
	int status;

	if (same_file(o->file, o->output))
		return fail(o->output, "this is the recording itself: name another file for the report");
	file = file_open(o->file, why);
	if (!file)
		return fail(o->file, why);
	if (o->filter.cgroup && !file->known.cgroups)
		status = fail(o->file, "it does not tell of cgroups: it is from an earlier version of cleave");
	else
		status = write_report(o, file);
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
