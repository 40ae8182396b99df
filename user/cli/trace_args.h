/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_args.h - the options that "cleave trace", "cleave record" and "cleave watch" share.
 */
#ifndef CLEAVE_TRACE_ARGS_H
#define CLEAVE_TRACE_ARGS_H

#include <argp.h>

#include "cli/filter_args.h"
#include "cli/tracing.h"

enum {
	OPT_BACKEND = 'b',
	OPT_FORMAT = 'f',
	OPT_OUTPUT = 'o',
	OPT_SUMMARY = 'c',
	OPT_EXIT_WITH_CMD = 'x',
	OPT_USER = 'u',
	OPT_ALL = 'a',
	OPT_DURATION = 'd',
	OPT_PID = 'p',
	OPT_INTERVAL = 'i',
	OPT_BREAKS = 256,
	OPT_TIMES,
	OPT_SWITCHES,
	OPT_LOAD_MODULE,
	OPT_NO_ARGS,
	OPT_RING_SIZE,
	OPT_MAX_SPACES,
	OPT_PRETEND_MISSING,
	OPT_NO_SELFTEST,
	OPT_SCAN,
	OPT_TRACE_CGROUP,
	OPT_TRACE_UID,
};

/* What trace and record have; the last of their options. */
#define COMMON_OPTIONS							\
	{ "backend", OPT_BACKEND, "bpf|module|both|auto", 0,		\
	  "both compares every figure; auto, the default, is bpf or else module", 0 }, \
	{ "interval", OPT_INTERVAL, "SECONDS", 0,			\
	  "tell so often who still shares how much, of all that are alive", 0 }, \
	SCAN_OPTION,							\
	FILTER_OPTIONS,							\
	{ "breaks", OPT_BREAKS, NULL, 0,				\
	  "report every single break, not only their number", 0 },	\
	TIMES_OPTION,							\
	{ "switches", OPT_SWITCHES, NULL, 0,				\
	  "tell how often tasks were switched to, from the same memory and from another", 0 }, \
	{ "no-args", OPT_NO_ARGS, NULL, 0,				\
	  "leave arguments out, in the kernel already: only their number is told", 0 }, \
	SHARED_OPTIONS

#define TIMES_OPTION							\
	{ "times", OPT_TIMES, NULL, 0,					\
	  "tell how long breaks took, which makes each take longer", 0 }

#define SCAN_OPTION							\
	{ "scan", OPT_SCAN, NULL, 0,					\
	  "each time, look into their page tables, too (it takes time)", 0 }

/* What watch has, too; the last of its options. */
#define SHARED_OPTIONS							\
	{ "load-module", OPT_LOAD_MODULE, NULL, 0,			\
	  "have modprobe load the module where it is not, if it is to be used", 0 }, \
	{ "pid", OPT_PID, "PID[,PID...]", 0,				\
	  "trace these, which run already, and all that descends from them", 0 }, \
	{ "all", OPT_ALL, NULL, 0,					\
	  "trace the whole system: while CMD runs, or until a signal or --duration", 0 }, \
	{ "trace-cgroup", OPT_TRACE_CGROUP, "PATH", 0,			\
	  "with --all, only what is met in this cgroup or below it, and what that makes", 0 }, \
	{ "trace-uid", OPT_TRACE_UID, "USER", 0,			\
	  "with --all, only who is met as this user, by name or number, and what he makes", 0 }, \
	{ "duration", OPT_DURATION, "SECONDS", 0,			\
	  "end after so long (0.5 is half a second); CMD goes on, untraced", 0 }, \
	{ "exit-with-cmd", OPT_EXIT_WITH_CMD, NULL, 0,			\
	  "stop when CMD ends, even if it leaves processes behind", 0 }, \
	{ "user", OPT_USER, "USER", 0,					\
	  "run CMD as this user, with his groups (root only)", 0 },	\
	{ "ring-size", OPT_RING_SIZE, "SIZE", 0,			\
	  "size of the buffer for records, a power of two, K and M understood (1M)", 0 }, \
	{ "max-spaces", OPT_MAX_SPACES, "N", 0,				\
	  "address spaces that can be alive at a time (16384)", 0 },	\
	{ "pretend-missing", OPT_PRETEND_MISSING, "HOOK", 0,		\
	  "treat kernel functions, by comma, as not attachable, to see what is unknown", 0 }, \
	{ "no-selftest", OPT_NO_SELFTEST, NULL, 0,			\
	  "do not check at start that the probes fire", 0 },		\
	{ 0 }

#define ARGS_DOC(before)						\
	before "[--] CMD [ARG...]\n"					\
	before "-p PID[,PID...] [-d SECONDS]\n"			\
	before "-a [-d SECONDS]"

/* How all of them end. */
#define STATUS_DOC							\
	"cleave ends when CMD and all its descendants have ended, with CMD's exit " \
	"status (128+N for a signal N; 127 where CMD was not found, 126 where it " \
	"could not be run; 125 where cleave itself failed, was called wrongly, or " \
	"where --backend=both has found differences).  Interrupt and quit from " \
	"the terminal are left to CMD while it runs, and stop the wait for what it " \
	"left behind afterwards.  SIGTERM and SIGHUP are passed on to CMD; a second " \
	"one stops the tracing.  Without CMD, what runs already is traced, until one of " \
	"these four comes or the time is up, or, with -p, all of that has ended; cleave " \
	"ends with its report and status 0, and at once with a second signal.  What it has " \
	"attached to goes on as before."

/**
 * trace_args_parser() - for argp; its input is a struct trace_opts
 */
error_t trace_args_parser(int key, char *arg, struct argp_state *state);

/**
 * trace_args_defaults() - what holds without options
 * @o: filled
 */
void trace_args_defaults(struct trace_opts *o);

/**
 * trace_args_free() - free what the parser has allocated
 * @o: options
 */
void trace_args_free(struct trace_opts *o);

#endif /* CLEAVE_TRACE_ARGS_H */
