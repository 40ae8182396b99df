// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/trace_args.h"

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

#define DURATION_MAX	1e9	/* 31 years */

static __u64 parse_duration(const char *arg)
{
	char *end;
	double v = strtod(arg, &end);

	/* "inf", "nan" and "0x1p3" are numbers to strtod(). */
	if (arg[strspn(arg, "0123456789.")] || *end || end == arg || v * 1e9 < 1 ||
	    v > DURATION_MAX)
		usage_error("bad duration '%s': use seconds, as 10 or 0.5", arg);
	return (__u64)(v * 1e9);
}

static void check_target(const struct trace_opts *o)
{
	if (o->argv)
		return;
	if (!o->sources.cfg.all)
		usage_error("no command to trace: cleave %s -- CMD ..., or -a for the whole system",
			    o->record ? "record -o FILE [options]" : "trace [options]");
	if (o->user || o->exit_with_cmd)
		usage_error("-%c is for a command, and there is none", o->user ? 'u' : 'x');
}

static void check(const struct trace_opts *o)
{
	bool both = o->sources.choice == CHOOSE_BOTH;

	check_target(o);
	if (o->record && !o->output)
		usage_error("no file to record to: cleave record -o FILE -- CMD ...");
	if (o->record && both)
		usage_error("a recording is of one backend: --backend=bpf or module");
	if (both && o->sources.cfg.all)
		usage_error("--backend=both compares a command's own processes: leave out --all");
	if (both && o->duration_ns)
		usage_error("--backend=both compares processes up to their ends: leave out --duration");
}

error_t trace_args_parser(int key, char *arg, struct argp_state *state)
{
	struct trace_opts *o = state->input;

	switch (key) {
	case OPT_BACKEND:
		o->sources.choice = parse_backend(arg);
		break;
	case OPT_FORMAT:
		o->json = option_json(arg);
		o->view = true;
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
	case OPT_LOAD_MODULE:
		o->sources.load_module = true;
		break;
	case OPT_DURATION:
		o->duration_ns = parse_duration(arg);
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
		o->sources.cfg.pretend_missing |= option_hooks(arg);
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

void trace_args_defaults(struct trace_opts *o)
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
