// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/trace_args.h"
#include "lib/need.h"
#include "source/cgroup.h"

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

/* @what: of the option */
static __u64 parse_seconds(const char *what, const char *arg)
{
	char *end;
	double v = strtod(arg, &end);

	/* "inf", "nan" and "0x1p3" are numbers to strtod(). */
	if (arg[strspn(arg, "0123456789.")] || *end || end == arg || v * 1e9 < 1 ||
	    v > DURATION_MAX)
		usage_error("bad %s '%s': use seconds, as 10 or 0.5", what, arg);
	return (__u64)(v * 1e9);
}

/* A snapshot takes some time itself. */
#define INTERVAL_LEAST	1000000

static __u64 parse_interval(const char *arg)
{
	__u64 ns = parse_seconds("interval", arg);

	if (ns < INTERVAL_LEAST)
		usage_error("bad interval '%s': use 0.001 seconds or more", arg);
	return ns;
}

static bool has_pid(const struct trace_opts *o, pid_t pid)
{
	size_t i;

	for (i = 0; i < o->nr_pids; i++)
		if (o->pids[i] == pid)
			return true;
	return false;
}

#define BETWEEN_PIDS	", \t\n"

/* As "1,2" and "1 2", once or several times. */
static void parse_pids(struct trace_opts *o, const char *arg)
{
	size_t len;

	for (arg += strspn(arg, BETWEEN_PIDS); *arg; arg += strspn(arg, BETWEEN_PIDS)) {
		char *end;
		long pid;

		len = strcspn(arg, BETWEEN_PIDS);
		errno = 0;
		pid = strtol(arg, &end, 10);
		if (errno || end != arg + len || pid < 1 || pid > INT_MAX)
			usage_error("bad process id '%.*s': use numbers, as -p 17,18",
				    (int)len, arg);
		arg += len;
		if (has_pid(o, (pid_t)pid))
			continue;
		o->pids = need(realloc(o->pids, (o->nr_pids + 1) * sizeof(*o->pids)));
		o->pids[o->nr_pids++] = (pid_t)pid;
	}
	if (!o->nr_pids)
		usage_error("-p names no process: is there none that it was meant for?");
}

static void parse_trace_cgroup(struct trace_opts *o, char *arg)
{
	struct cgroup_fs fs = { .len = 0 };
	int err;

	o->trace_cgroup = option_cgroup(arg);
	err = cgroup_find(&fs, o->trace_cgroup, &o->sources.cfg.cgroup);
	cgroup_fs_close(&fs);
	if (err == -ENODEV)
		usage_error("cgroups (version 2) are not mounted: there is none to trace");
	if (err)
		usage_error("no cgroup '%s' to trace: %s", o->trace_cgroup, strerror(-err));
}

static void parse_trace_uid(struct backend_cfg *cfg, const char *arg)
{
	struct passwd *pw = getpwnam(arg);
	unsigned long uid = pw ? pw->pw_uid : 0;
	char *end = "";

	errno = 0;
	if (!pw)
		uid = strtoul(arg, &end, 10);
	/* (uid_t)-1 is nobody's. */
	if (!pw && (errno || *end || !*arg || arg[strspn(arg, "0123456789")] || uid >= UINT_MAX))
		usage_error("there is no user '%s'", arg);
	cfg->by_uid = true;
	cfg->uid = uid;
}

/* What stands before what is to be traced. */
static const char *usage_of(const struct trace_opts *o)
{
	if (o->watch)
		return "watch [options]";
	return o->record ? "record -o FILE [options]" : "trace [options]";
}

static void check_target(const struct trace_opts *o)
{
	if (o->nr_pids && o->argv)
		usage_error("-p traces what runs already: leave out the command, '%s'", o->argv[0]);
	if (o->nr_pids && o->sources.cfg.all)
		usage_error("-p traces some processes, -a all there are: leave one of the two out");
	if (!o->sources.cfg.all && (o->trace_cgroup || o->sources.cfg.by_uid))
		usage_error("--trace-%s chooses from the whole system: add --all",
			    o->trace_cgroup ? "cgroup" : "uid");
	if (o->argv)
		return;
	if (!o->sources.cfg.all && !o->nr_pids)
		usage_error("no command to trace: cleave %s -- CMD ..., -p PID for what runs, or -a for the whole system",
			    usage_of(o));
	if (o->user || o->exit_with_cmd)
		usage_error("-%c is for a command, and there is none", o->user ? 'u' : 'x');
}

static void check(const struct trace_opts *o)
{
	bool both = o->sources.choice == CHOOSE_BOTH;

	check_target(o);
	if (o->record && !o->output)
		usage_error("no file to record to: cleave record -o FILE -- CMD ...");
	if (o->record && !o->view && filter_is_set(&o->filter))
		usage_error("a recording has all there is: add --format to show some of it, or ask cleave report for that");
	if (o->watch && both)
		usage_error("a snapshot is of one backend: --backend=bpf or module");
	if (o->record && both)
		usage_error("a recording is of one backend: --backend=bpf or module");
	if (o->scan && !o->interval_ns)
		usage_error("--scan is for snapshots: say how often, by --interval");
	if (both && o->sources.cfg.all && o->argv)
		usage_error("--backend=both compares a command's own processes: leave out --all");
	if (both && o->duration_ns && o->argv)
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
		o->duration_ns = parse_seconds("duration", arg);
		break;
	case OPT_PID:
		parse_pids(o, arg);
		break;
	case OPT_INTERVAL:
		o->interval_ns = parse_interval(arg);
		break;
	case OPT_SCAN:
		o->scan = true;
		break;
	case OPT_TRACE_CGROUP:
		parse_trace_cgroup(o, arg);
		break;
	case OPT_TRACE_UID:
		parse_trace_uid(&o->sources.cfg, arg);
		break;
	case OPT_BREAKS:
		o->sources.cfg.breaks = true;
		break;
	case OPT_TIMES:
		o->sources.cfg.times = true;
		break;
	case OPT_SWITCHES:
		o->sources.cfg.switches = true;
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
		return filter_option(&o->filter, key, arg) ? 0 : ARGP_ERR_UNKNOWN;
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

void trace_args_free(struct trace_opts *o)
{
	free(o->pids);
	o->pids = NULL;
}
