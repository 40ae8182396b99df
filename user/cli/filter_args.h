/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter_args.h - the options that choose what is shown, of all that is counted.
 */
#ifndef CLEAVE_FILTER_ARGS_H
#define CLEAVE_FILTER_ARGS_H

#include <argp.h>
#include <stdbool.h>

#include "sink/filter.h"

enum {
	OPT_COMM = 512,
	OPT_CGROUP,
	OPT_KIND,
	OPT_MIN_PAGES,
};

#define KIND_DOC							\
	"show what clones of these kinds, by comma, made alone: process, thread, vfork, " \
	"shared (a process in shared memory), kernel, io_uring, vhost, helper, idle"

/* Of processes, and of address spaces. */
#define FILTER_NAME_OPTIONS						\
	{ "comm", OPT_COMM, "GLOB", 0,					\
	  "show those alone whose name fits, as 'gcc*'; all are counted", 0 }, \
	{ "cgroup", OPT_CGROUP, "PATH", 0,				\
	  "show those alone in this cgroup (version 2), or below it; all are counted", 0 }, \
	{ "min-pages", OPT_MIN_PAGES, "N", 0,				\
	  "show what forks made alone that shared so many pages; all is counted", 0 }

/* Of what is told of as it happens. */
#define FILTER_OPTIONS							\
	FILTER_NAME_OPTIONS,						\
	{ "kind", OPT_KIND, "KIND", 0, KIND_DOC, 0 }

/* The words for kinds, by enum cleave_kind. */
extern const char *const kind_words[CLEAVE_NR_KINDS];

/**
 * filter_option() - for an argp parser
 * @f: filled
 * @key: of the option
 * @arg: its argument; kept; ends the program where it is none
 *
 * Return: false where it is no option of these.
 */
bool filter_option(struct filter *f, int key, char *arg);

/**
 * option_cgroup() - the path of a cgroup
 * @arg: as in /proc/PID/cgroup, or the folder in /sys/fs/cgroup; written to
 *
 * Return: the path, as it is told; ends the program where it is none.
 */
const char *option_cgroup(char *arg);

#endif /* CLEAVE_FILTER_ARGS_H */
