// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/tracing.h"
#include "compare/compare.h"
#include "core/session.h"
#include "core/status.h"
#include "sink/recording.h"
#include "sink/watch.h"
#include "source/cgroup.h"
#include "target/attach.h"
#include "target/spawn.h"
#include "target/system.h"

/**
 * struct trace - what a trace is made of
 * @o: options
 * @signals: held from the start
 * @sources: where records come from
 * @lanes: the same with where they go
 * @out: the report, or the recording
 * @view: what is shown of a recording while it is made
 * @sink: of the first source
 * @tap: the recording, where that is asked for
 * @cmp: with two sources
 * @as: whom it runs as, where that was said
 * @target: the command
 */
struct trace {
	const struct trace_opts *o;
	struct signals signals;
	struct sources sources;
	struct lane lanes[SOURCES_MAX];
	struct out out;
	struct out view;
	struct sink *sink;
	struct tap *tap;
	struct compare *cmp;
	struct run_as as;
	struct target *target;
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "cleave: %s: %s\n", what, strerror(-err));
	return -1;
}

/* What is shown beside a recording: standard error is not the file's. */
static int open_view(struct trace *t)
{
	int err = out_open(&t->view, NULL);

	if (err)
		return fail("standard error", err);
	t->sink = sink_filter(sink_new(option_sink(t->o->json, false), &t->view,
				       &t->sources.src[0]->known), &t->o->filter);
	if (!t->sink)
		return fail("cannot report", -ENOMEM);
	t->lanes[0].sink = t->sink;
	return 0;
}

static int open_recording(struct trace *t)
{
	const struct trace_opts *o = t->o;
	const struct recording_opts opts = {
		.all = o->sources.cfg.all,
		.breaks = o->sources.cfg.breaks,
		.pack = true,
	};
	struct source *src = t->sources.src[0];
	int err;

	err = out_open(&t->out, o->output);
	if (err)
		return fail(o->output, err);
	if (isatty(t->out.fd)) {
		fprintf(stderr, "cleave: a recording is not for a terminal: name a file, or redirect the output\n");
		return -1;
	}
	t->tap = recording_new(t->out.fd, src, &opts);
	if (!t->tap)
		return fail("cannot record", -ENOMEM);
	t->lanes[0] = (struct lane) { .src = src, .tap = t->tap };
	return o->view ? open_view(t) : 0;
}

/* Says what became of it. */
static int close_recording(struct trace *t)
{
	__u64 records;
	int err;

	if (!t->tap)
		return 0;
	err = recording_finish(t->tap, &records);
	if (!err)
		return 0;
	fprintf(stderr, "cleave: %s: %s: the recording ends after %llu records\n",
		t->o->output, strerror(-err), records);
	return -1;
}

/*
 * A command that has the terminal writes to it, and reads from it: then there are blocks
 * of text.
 */
static bool may_have_screen(const struct trace_opts *o)
{
	return !o->argv || !(isatty(STDIN_FILENO) || isatty(STDOUT_FILENO) ||
			     isatty(STDERR_FILENO));
}

static struct sink *make_sink(struct trace *t, const struct known *known)
{
	const struct trace_opts *o = t->o;

	if (!o->watch)
		return sink_new(option_sink(o->json, o->summary), &t->out, known);
	if (o->json)
		return sink_json_snapshots(&t->out, known);
	return sink_watch(&t->out, known, o->sort, may_have_screen(o));
}

static int open_report(struct trace *t)
{
	const struct trace_opts *o = t->o;
	const struct known *known[SOURCES_MAX] = { NULL };
	const char *name[SOURCES_MAX];
	unsigned int i;
	int err;

	err = out_open(&t->out, o->output);
	if (err)
		return fail(o->output ? o->output : "standard error", err);
	for (i = 0; i < t->sources.nr; i++) {
		known[i] = &t->sources.src[i]->known;
		name[i] = t->sources.src[i]->name;
	}
	t->sink = sink_filter(make_sink(t, known[0]), &o->filter);
	if (t->sink && t->sources.nr == 2)
		t->cmp = compare_new(name, known, t->sink);
	if (!t->sink || (t->sources.nr == 2 && !t->cmp)) {
		fprintf(stderr, "cleave: out of memory\n");
		return -1;
	}
	for (i = 0; i < t->sources.nr; i++)
		t->lanes[i] = (struct lane) {
			.src = t->sources.src[i],
			.sink = t->cmp ? compare_sink(t->cmp, i) : t->sink,
			.follows = o->interval_ns || o->nr_pids || o->sources.cfg.all,
		};
	return 0;
}

static int run(struct trace *t)
{
	const struct trace_opts *o = t->o;
	struct session s = {
		.lanes = t->lanes,
		.nr_lanes = t->sources.nr,
		.signals = &t->signals,
		.backend = sources_name(&t->sources),
		.look_ms = SESSION_LOOK_MS,
		.all = o->sources.cfg.all,
		.cgroup = o->trace_cgroup,
		.by_uid = o->sources.cfg.by_uid,
		.uid = o->sources.cfg.uid,
		.scan = o->scan,
		.interval_ns = o->interval_ns,
		.nr_snapshots = o->nr_snapshots,
		.last = !o->watch,
		.duration_ns = o->duration_ns,
		.no_args = o->sources.cfg.no_args,
		.wait = !o->exit_with_cmd && !o->sources.cfg.all,
	};
	int sig, status;

	/* Loading can take a second: do not start the command after an interrupt. */
	sig = signals_pending(&t->signals);
	if (sig)
		return 128 + sig;
	if (o->record ? open_recording(t) : open_report(t))
		return EXIT_CLEAVE;
	t->target = o->argv ? target_spawn(o->argv, o->user ? &t->as : NULL) :
			      target_system();
	if (!t->target)
		return EXIT_CLEAVE;
	t->target->attached = o->pids;
	t->target->nr_attached = o->nr_pids;
	s.target = t->target;
	status = session_run(&s);
	if (o->argv && (o->duration_ns || o->nr_snapshots) && !status && !t->target->over)
		fprintf(stderr, "cleave: %s: %s goes on untraced, as process %d\n",
			o->duration_ns ? "the time is up" : "that was the last snapshot",
			o->argv[0], t->target->roots[0]);
	return status;
}

static int find_user(struct trace *t)
{
	int err;

	if (!t->o->user)
		return 0;
	if (geteuid()) {
		fprintf(stderr, "cleave: only root can run a command as another user\n");
		return -1;
	}
	err = run_as_find(&t->as, t->o->user);
	if (err == -ENOENT)
		fprintf(stderr, "cleave: there is no user '%s'\n", t->o->user);
	else if (err)
		fail("cannot find the groups of the user", err);
	return err;
}

/* Where no process has a cgroup that is known, none is in this one. */
static int check_cgroup(const struct filter *f)
{
	struct cgroup_fs fs = { .len = 0 };
	__u64 id;
	int err = f->cgroup ? cgroup_find(&fs, f->cgroup, &id) : 0;

	cgroup_fs_close(&fs);
	if (err != -ENODEV)
		return 0;
	fprintf(stderr, "cleave: cgroups (version 2) are not mounted: which one a process is in is not known\n");
	return -1;
}

static void free_all(struct trace *t)
{
	if (t->target)
		t->target->ops->free(t->target);
	compare_free(t->cmp);
	sink_free(t->sink);
	sources_close(&t->sources);
	run_as_free(&t->as);
}

/* Returns 0, or -1 after one line where one of them could not all be written. */
static int close_outs(struct trace *t)
{
	int view = out_close(&t->view), err = out_close(&t->out);

	if (!err)
		err = view;
	return err ? fail("the report could not be written", err) : 0;
}

int trace(const struct trace_opts *o)
{
	struct trace t = { .o = o };
	int status;

	if (find_user(&t) || check_cgroup(&o->filter) || attach_check(o->pids, o->nr_pids))
		return EXIT_CLEAVE;
	attach_order(o->pids, o->nr_pids);
	signals_block(&t.signals);
	if (sources_open(&t.sources, &o->sources))
		return EXIT_CLEAVE;
	status = run(&t);
	if (t.cmp && compare_differences(t.cmp))
		status = EXIT_CLEAVE;
	if (close_recording(&t))
		status = EXIT_CLEAVE;
	free_all(&t);
	return close_outs(&t) ? EXIT_CLEAVE : status;
}
