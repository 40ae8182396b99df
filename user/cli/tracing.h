/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracing.h - what "cleave trace", "cleave record" and "cleave watch" have in common.
 */
#ifndef CLEAVE_TRACING_H
#define CLEAVE_TRACING_H

#include "cli/sources.h"
#include "sink/filter.h"
#include "sink/watch_columns.h"

/**
 * struct trace_opts - the command line
 * @sources: which backends, and what they are to do
 * @filter: what is to be shown
 * @trace_cgroup: path of @sources.cfg.cgroup; NULL
 * @json: report in JSON
 * @view: a recording is shown while it is made, on standard error
 * @summary: the summary alone
 * @record: no report, but a recording in @output
 * @watch: no report, but snapshots as they come
 * @sort: column by which their rows are sorted
 * @nr_snapshots: end after so many; 0: do not
 * @output: file for the report, "-" for standard output, or NULL for standard error
 * @pids: processes to attach to; allocated
 * @nr_pids: how many
 * @interval_ns: a snapshot so often; 0: none
 * @scan: with looks into page tables
 * @duration_ns: end after so long; 0: do not
 * @exit_with_cmd: do not wait for what the command leaves behind
 * @user: whom the command is to run as, or NULL: as cleave itself
 * @argv: the command, or NULL: @pids, or the whole system
 */
struct trace_opts {
	struct source_opts sources;
	struct filter filter;
	const char *trace_cgroup;
	bool json;
	bool view;
	bool summary;
	bool record;
	bool watch;
	enum watch_column sort;
	__u64 nr_snapshots;
	const char *output;
	pid_t *pids;
	size_t nr_pids;
	__u64 interval_ns;
	bool scan;
	__u64 duration_ns;
	bool exit_with_cmd;
	const char *user;
	char **argv;
};

/**
 * trace() - do it
 * @o: options
 *
 * Return: exit status: the command's, or EXIT_CLEAVE.
 */
int trace(const struct trace_opts *o);

#endif /* CLEAVE_TRACING_H */
