// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace_args.c - the command lines of "cleave trace" and "cleave record".
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/trace.h"

enum {
	OPT_BACKEND = 'b',
	OPT_FORMAT = 'f',
	OPT_OUTPUT = 'o',
	OPT_SUMMARY = 'c',
	OPT_EXIT_WITH_CMD = 'x',
	OPT_USER = 'u',
	OPT_ALL = 256,
	OPT_BREAKS,
	OPT_NO_ARGS,
	OPT_RING_SIZE,
	OPT_MAX_SPACES,
	OPT_PRETEND_MISSING,
	OPT_NO_SELFTEST,
};

/* What both commands have. */
#define COMMON_OPTIONS							\
	{ "backend", OPT_BACKEND, "bpf|module|both|auto", 0,		\
	  "both compares every figure; auto, the default, is bpf or else module", 0 }, \
	{ "all", OPT_ALL, NULL, 0,					\
	  "trace the whole system for as long as CMD runs", 0 },	\
	{ "breaks", OPT_BREAKS, NULL, 0,				\
	  "report every single break, not only their number", 0 },	\
	{ "no-args", OPT_NO_ARGS, NULL, 0,				\
	  "leave arguments out, in the kernel already: only their number is told", 0 }, \
	{ "exit-with-cmd", OPT_EXIT_WITH_CMD, NULL, 0,			\
	  "stop when CMD ends, even if it leaves processes behind", 0 }, \
	{ "user", OPT_USER, "USER", 0,					\
	  "run CMD as this user, with his groups (root only)", 0 },	\
	{ "ring-size", OPT_RING_SIZE, "SIZE", 0,			\
	  "size of the buffer for records, a power of two, K and M understood (1M)", 0 }, \
	{ "max-spaces", OPT_MAX_SPACES, "N", 0,				\
	  "address spaces that can be alive at a time (16384)", 0 },	\
	{ "pretend-missing", OPT_PRETEND_MISSING, "HOOK", 0,		\
	  "treat a kernel function as not attachable, to see what is then unknown", 0 }, \
	{ "no-selftest", OPT_NO_SELFTEST, NULL, 0,			\
	  "do not check at start that the probes fire", 0 },		\
	{ 0 }

static const struct argp_option trace_options[] = {
	{ "format", OPT_FORMAT, "text|json", 0,
	  "text is the default; json is one object a line", 0 },
	{ "summary", OPT_SUMMARY, NULL, 0, "the summary alone", 0 },
	{ "output", OPT_OUTPUT, "FILE", 0,
	  "write the report to FILE instead of standard error; - is standard output", 0 },
	COMMON_OPTIONS
};

static const struct argp_option record_options[] = {
	{ "output", OPT_OUTPUT, "FILE", 0,
	  "write the recording to FILE; - is standard output", 0 },
	COMMON_OPTIONS
};

static enum source_choice parse_backend(const char *arg)
{
	static const char *const names[] = {
		[CHOOSE_AUTO] = "auto", [CHOOSE_BPF] = "bpf",
		[CHOOSE_MODULE] = "module", [CHOOSE_BOTH] = "both",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(arg, names[i]))
			return i;
	usage_error("unknown backend '%s': use bpf, module, both or auto", arg);
}

static size_t parse_ring_size(const char *arg)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(arg, &end, 0);
	if (*end == 'k' || *end == 'K')
		v <<= 10, end++;
	else if (*end == 'm' || *end == 'M')
		v <<= 20, end++;
	if (errno || *end || end == arg || (v & (v - 1)) ||
	    v < (unsigned long long)sysconf(_SC_PAGESIZE) || v > 1ULL << 30)
		usage_error("bad ring size '%s': use a power of two from 4K to 1024M",
			    arg);
	return v;
}

static unsigned int parse_max_spaces(const char *arg)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(arg, &end, 0);
	if (errno || *end || end == arg || *arg == '-' || !v || v > 1UL << 22)
		usage_error("bad number of address spaces '%s': use 1 to 4194304",
			    arg);
	return v;
}

static void check(const struct trace_opts *o)
{
	bool both = o->sources.choice == CHOOSE_BOTH;

	if (!o->argv)
		usage_error("no command to trace: cleave %s -- CMD ...",
			    o->record ? "record -o FILE [options]" : "trace [options]");
	if (o->record && !o->output)
		usage_error("no file to record to: cleave record -o FILE -- CMD ...");
	if (o->record && both)
		usage_error("a recording is of one backend: --backend=bpf or module");
	if (both && o->sources.cfg.all)
		usage_error("--backend=both compares a command's own processes: leave out --all");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct trace_opts *o = state->input;

	switch (key) {
	case OPT_BACKEND:
		o->sources.choice = parse_backend(arg);
		break;
	case OPT_FORMAT:
		o->json = option_json(arg);
		break;
	case OPT_SUMMARY:
		o->summary = true;
		break;
	case OPT_OUTPUT:
		o->output = arg;
		break;
	case OPT_ALL:
		o->sources.cfg.all = true;
		break;
	case OPT_BREAKS:
		o->sources.cfg.breaks = true;
		break;
	case OPT_NO_ARGS:
		o->sources.cfg.no_args = true;
		break;
	case OPT_EXIT_WITH_CMD:
		o->exit_with_cmd = true;
		break;
	case OPT_USER:
		o->user = arg;
		break;
	case OPT_RING_SIZE:
		o->sources.cfg.ring_size = parse_ring_size(arg);
		break;
	case OPT_MAX_SPACES:
		o->sources.cfg.max_as = parse_max_spaces(arg);
		break;
	case OPT_PRETEND_MISSING:
		o->sources.cfg.pretend_missing = option_hook(arg);
		break;
	case OPT_NO_SELFTEST:
		o->sources.selftest = false;
		break;
	case ARGP_KEY_ARG:
		/* All from here on is the command's, options too. */
		o->argv = &state->argv[state->next - 1];
		state->next = state->argc;
		break;
	case ARGP_KEY_END:
		check(o);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

#define STATUS_DOC							\
	"cleave ends when CMD and all its descendants have ended, with CMD's exit " \
	"status (128+N for a signal N; 127 where CMD was not found, 126 where it " \
	"could not be run; 125 where cleave itself failed, was called wrongly, or " \
	"where --backend=both has found differences).  Interrupt and quit from " \
	"the terminal are left to CMD while it runs, and stop the wait for what it " \
	"left behind afterwards.  SIGTERM and SIGHUP are passed on to CMD; a second " \
	"one stops the tracing."

static void set_defaults(struct trace_opts *o)
{
	*o = (struct trace_opts) {
		.sources = {
			.choice = CHOOSE_AUTO,
			.selftest = true,
			.cfg = {
				.ring_size = BACKEND_RING_DEFAULT,
				.max_as = BACKEND_AS_DEFAULT,
			},
		},
	};
}

void trace_parse(struct trace_opts *o, int argc, char **argv)
{
	static const struct argp argp = {
		.options = trace_options,
		.parser = parse,
		.args_doc = "[--] CMD [ARG...]",
		.doc = "Trace CMD and all that it makes: forks, threads, execs, and the pages "
		       "that copy-on-write had to copy.  The report goes to standard error; "
		       "CMD's own input and output are left alone."
		       "\v" STATUS_DOC,
	};

	set_defaults(o);
	argv[0] = "cleave trace";
	parse_args(&argp, argc, argv, ARGP_IN_ORDER, o);
}

void record_parse(struct trace_opts *o, int argc, char **argv)
{
	static const struct argp argp = {
		.options = record_options,
		.parser = parse,
		.args_doc = "-o FILE [--] CMD [ARG...]",
		.doc = "Trace CMD and all that it makes as cleave trace does, and write what "
		       "happened to FILE, for cleave report.  FILE can be read while it is "
		       "written, and as far as it goes where cleave was killed or the disk was "
		       "full.  It has names, arguments and addresses of those who were traced: "
		       "a new one is readable by its owner alone."
		       "\v" STATUS_DOC,
	};

	set_defaults(o);
	o->record = true;
	argv[0] = "cleave record";
	parse_args(&argp, argc, argv, ARGP_IN_ORDER, o);
}
