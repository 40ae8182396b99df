// SPDX-License-Identifier: GPL-2.0-only
/*
 * run.c - one session: backends, models and the view around a running command.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "compare/compare.h"
#include "core/model.h"
#include "core/run.h"
#include "source/source.h"
#include "target/spawn.h"

/* Records taken from a ring before signals and the other ring have a turn. */
#define TURN		1024

/*
 * Once the command has ended, its descendants' ends wake us through the ring,
 * unless their records were lost: look at the totals this often.
 */
#define LOOK_MS		1000

#define GATHER_MAX_NS	5000000
#define GATHER_MIN_RING	65536

struct session {
	const struct run_opts *o;
	struct source src[2];
	struct model *model[2];
	int nr;
	struct compare *cmp;
	struct view *view;
	struct out out;
	struct spawn cmd;
	sigset_t old_mask;
	int epfd;
	int sigfd;
	__u64 start;
	bool cmd_ended;
	bool forwarded;
	int stop_signal;
	int status;		/* exit status of cleave */
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "cleave: %s: %s\n", what, strerror(err < 0 ? -err : err));
	return -1;
}

static int open_one(struct session *s, const struct backend_ops *ops)
{
	char why[SOURCE_WHY] = "";

	if (source_open(&s->src[s->nr], ops, &s->o->cfg, s->o->selftest, why)) {
		fprintf(stderr, "cleave: %s: %s\n", ops->name, why);
		return -1;
	}
	s->nr++;
	return 0;
}

static int open_auto(struct session *s)
{
	char bpf[SOURCE_WHY] = "", module[SOURCE_WHY] = "";
	const struct run_opts *o = s->o;

	s->nr = 1;
	if (!source_open(&s->src[0], &backend_bpf, &o->cfg, o->selftest, bpf) ||
	    !source_open(&s->src[0], &backend_module, &o->cfg, o->selftest, module))
		return 0;
	s->nr = 0;
	fprintf(stderr, "cleave: no backend can be used here: bpf: %s; module: %s\n",
		bpf, module);
	return -1;
}

static int open_sources(struct session *s)
{
	switch (s->o->backend) {
	case CHOOSE_BPF:
		return open_one(s, &backend_bpf);
	case CHOOSE_MODULE:
		return open_one(s, &backend_module);
	case CHOOSE_BOTH:
		if (open_one(s, &backend_bpf))
			return -1;
		return open_one(s, &backend_module);
	default:
		return open_auto(s);
	}
}

static const char *backend_name(const struct session *s)
{
	return s->nr == 2 ? "both" : s->src[0].b.ops->name;
}

static int make_models(struct session *s)
{
	const struct known *known[2] = { &s->src[0].known, &s->src[1].known };
	const char *name[2] = { "bpf", "module" };
	int i;

	s->view = s->o->json ? view_json(&s->out, known[0]) :
			       view_text(&s->out, known[0]);
	if (s->view && s->nr == 2)
		s->cmp = compare_new(name, known, s->view);
	if (!s->view || (s->nr == 2 && !s->cmp))
		return fail("out of memory", ENOMEM);
	for (i = 0; i < s->nr && i < 2; i++) {
		struct view *v = s->cmp ? compare_view(s->cmp, i) : s->view;

		s->model[i] = model_new(v, known[i]);
		if (!s->model[i])
			return fail("out of memory", ENOMEM);
	}
	return 0;
}

static void watch(struct session *s, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(s->epfd, EPOLL_CTL_ADD, fd, &ev))
		fail("cannot wait for events", errno);
}

static void block_signals(struct session *s, sigset_t *ours)
{
	sigemptyset(ours);
	sigaddset(ours, SIGINT);
	sigaddset(ours, SIGQUIT);
	sigaddset(ours, SIGTERM);
	sigaddset(ours, SIGHUP);
	sigprocmask(SIG_BLOCK, ours, &s->old_mask);
	/*
	 * A report into a closed pipe must not kill us.  Blocked rather than
	 * ignored: the command gets the old mask back, and what is ignored
	 * would stay so over its exec.
	 */
	sigaddset(ours, SIGPIPE);
	sigprocmask(SIG_BLOCK, ours, NULL);
	sigdelset(ours, SIGPIPE);
}

static int start_waiting(struct session *s, const sigset_t *ours)
{
	int i;

	s->epfd = epoll_create1(EPOLL_CLOEXEC);
	s->sigfd = signalfd(-1, ours, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->epfd < 0 || s->sigfd < 0)
		return fail("cannot wait for events", errno);
	watch(s, s->sigfd);
	watch(s, s->cmd.pidfd);
	watch(s, s->cmd.err_fd);
	for (i = 0; i < s->nr; i++)
		watch(s, s->src[i].b.ring_fd);
	return 0;
}

static int start_command(struct session *s)
{
	struct utsname uts;
	struct ev_start e = { .argv = s->o->argv, .kernel = uts.release };
	int i, err;

	err = spawn_start(&s->cmd, s->o->argv, &s->old_mask);
	if (err)
		return fail("cannot make a process for the command", err);
	for (i = 0; i < s->nr; i++) {
		const struct backend_ops *ops = s->src[i].b.ops;
		struct proc_ref *root;

		if (ops->add_root(&s->src[i].b, s->cmd.pid)) {
			fprintf(stderr, "cleave: %s: %s\n", ops->name,
				backend_error());
			spawn_abort(&s->cmd);
			return -1;
		}
		root = model_add_root(s->model[i], s->cmd.pid, "cleave");
		if (!i)
			e.root = root;
	}
	uname(&uts);
	s->start = now_ns();
	e.ts = s->start;
	e.backend = backend_name(s);
	e.hooks = s->src[0].b.hooks;
	s->view->ops->start(s->view, &e);
	out_flush(&s->out);
	return 0;
}

static void on_record(void *ctx, const struct cleave_hdr *rec)
{
	model_record(ctx, rec);
}

/* One turn for each ring; returns how many records there were. */
static size_t drain(struct session *s)
{
	size_t n = 0;
	int i;

	for (i = 0; i < s->nr; i++)
		n += reader_consume(&s->src[i].r, TURN, on_record, s->model[i]);
	if (n)
		out_flush(&s->out);
	return n;
}

static void command_ended(struct session *s)
{
	int status = spawn_wait(&s->cmd);

	s->cmd_ended = true;
	s->status = status;
	if (status < 0) {
		fail("cannot tell how the command ended", status);
		s->status = EXIT_CLEAVE;
	}
	epoll_ctl(s->epfd, EPOLL_CTL_DEL, s->cmd.pidfd, NULL);
}

static void exec_done(struct session *s)
{
	int fd = s->cmd.err_fd, err;

	epoll_ctl(s->epfd, EPOLL_CTL_DEL, fd, NULL);
	err = spawn_exec_error(&s->cmd);
	if (err)
		fprintf(stderr, "cleave: cannot run '%s': %s\n", s->o->argv[0],
			strerror(err));
}

static void on_signal(struct session *s)
{
	struct signalfd_siginfo si;

	while (read(s->sigfd, &si, sizeof(si)) == sizeof(si)) {
		int sig = si.ssi_signo;

		if (s->cmd_ended || (s->forwarded && sig != SIGINT && sig != SIGQUIT)) {
			s->stop_signal = sig;
		} else if (sig == SIGTERM || sig == SIGHUP) {
			kill(s->cmd.pid, sig);
			s->forwarded = true;
		}
	}
}

/*
 * The model knows of no live process. Is there one whose clone was lost?  The
 * totals say so, which no full ring can falsify.
 */
static bool none_unknown(struct session *s)
{
	struct source *src = &s->src[0];
	struct cleave_totals t;
	__u64 made = 1;		/* the command */

	if (src->b.ops->totals(&src->b, &t) || !t.lost[CLEAVE_REC_CLONE])
		return true;
	made += t.clones[CLEAVE_KIND_PROCESS] + t.clones[CLEAVE_KIND_VFORK] +
		t.clones[CLEAVE_KIND_VM_SHARER];
	return t.exits >= made;
}

/* Processes whose exits were lost must not be waited for. */
static void forget_gone(struct session *s)
{
	int i;

	for (i = 0; i < s->nr; i++)
		model_mark_gone(s->model[i]);
	drain(s);
	for (i = 0; i < s->nr; i++)
		model_sweep_gone(s->model[i]);
}

/* @idle: nothing has come for a while, so records may be missing. */
static bool finished(struct session *s, bool idle)
{
	if (s->stop_signal)
		return true;
	if (!s->cmd_ended)
		return false;
	/* Without exit events nobody can tell who is left. */
	if (s->o->exit_with_cmd || s->o->cfg.all ||
	    !s->src[0].b.hooks[CLEAVE_HOOK_EXIT_TASK].attached)
		return true;
	if (idle)
		forget_gone(s);
	return !model_live(s->model[0]) && none_unknown(s);
}

/*
 * Woken by a first record, let more of them gather.  Nobody wakes us again as long
 * as we have not caught up, and to be woken for each record would cost those that
 * we trace, and ourselves, more than the record.  A quarter of the ring takes that
 * long to fill at 100 MB/s.
 */
static void gather(const struct session *s)
{
	size_t ns = GATHER_MAX_NS;
	int i;

	for (i = 0; i < s->nr; i++) {
		const struct reader *r = &s->src[i].r;

		/* To sleep takes the timer's slack, in which a small one fills. */
		if (r->size < GATHER_MIN_RING || reader_backlog(r) > r->size / 8)
			return;
		if (ns > r->size * 5 / 2)
			ns = r->size * 5 / 2;
	}
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

static void loop(struct session *s)
{
	struct epoll_event ev[8];
	bool idle = false, woken;
	int i, n;

	while (!finished(s, idle)) {
		n = epoll_wait(s->epfd, ev, 8, s->cmd_ended ? LOOK_MS : -1);
		if (n < 0 && errno != EINTR) {
			fail("cannot wait for events", errno);
			return;
		}
		idle = !n;
		woken = false;
		for (i = 0; i < n; i++) {
			if (ev[i].data.fd == s->sigfd)
				on_signal(s);
			else if (ev[i].data.fd == s->cmd.pidfd)
				command_ended(s);
			else if (ev[i].data.fd == s->cmd.err_fd)
				exec_done(s);
			else
				woken = true;
		}
		if (woken && !s->stop_signal && !s->cmd_ended)
			gather(s);
		/* After the signals: what led to an end is in the ring by then. */
		drain(s);
	}
}

static void report_end(struct session *s)
{
	struct cleave_totals totals[2] = { 0 };
	struct ev_end end[2];
	const struct ev_end *ends[2] = { &end[0], &end[1] };
	__u64 now = now_ns();
	int i;

	for (i = 0; i < s->nr; i++) {
		struct source *src = &s->src[i];

		if (src->b.ops->totals(&src->b, &totals[i]))
			fprintf(stderr, "cleave: %s: %s\n", src->b.ops->name,
				backend_error());
		end[i] = (struct ev_end) {
			.ts = now,
			.duration_ns = now - s->start,
			.attach_ns = src->b.attach_ns,
			.backend = backend_name(s),
			.totals = &totals[i],
			.malformed = src->r.malformed,
		};
	}
	s->view->ops->lost(s->view, &end[0]);
	if (s->cmp) {
		compare_finish(s->cmp, ends);
		if (s->o->json)
			compare_report(s->cmp, &s->out, true, now);
	}
	s->view->ops->summary(s->view, &end[0]);
	if (s->cmp && !s->o->json)
		compare_report(s->cmp, &s->out, false, now);
}

static void stop(struct session *s)
{
	int i;

	for (i = 0; i < s->nr; i++)
		if (s->src[i].b.ops->stop(&s->src[i].b))
			fprintf(stderr, "cleave: %s: %s\n",
				s->src[i].b.ops->name, backend_error());
	while (drain(s))
		;
	for (i = 0; i < s->nr; i++)
		model_flush(s->model[i]);
	report_end(s);
	if (!s->cmd_ended)
		s->status = 128 + s->stop_signal;
}

/* Loading can take a second: do not start the command after an interrupt. */
static int interrupted(const sigset_t *ours)
{
	struct timespec now = { 0 };
	int sig = sigtimedwait(ours, NULL, &now);

	return sig > 0 ? sig : 0;
}

static int trace(struct session *s)
{
	sigset_t ours;
	int sig;

	block_signals(s, &ours);
	if (open_sources(s) || make_models(s))
		return EXIT_CLEAVE;
	sig = interrupted(&ours);
	if (sig)
		return 128 + sig;
	if (start_command(s))
		return EXIT_CLEAVE;
	if (start_waiting(s, &ours)) {
		spawn_abort(&s->cmd);
		return EXIT_CLEAVE;
	}
	spawn_release(&s->cmd);
	loop(s);
	stop(s);
	return s->status;
}

static void free_all(struct session *s)
{
	int i;

	for (i = 0; i < s->nr; i++) {
		model_free(s->model[i]);
		source_close(&s->src[i]);
	}
	compare_free(s->cmp);
	if (s->view)
		s->view->ops->free(s->view);
}

int run(const struct run_opts *o)
{
	struct session s = { .o = o, .epfd = -1, .sigfd = -1 };
	int status, err;

	err = out_open(&s.out, o->output);
	if (err) {
		fail(o->output ? o->output : "standard error", err);
		return EXIT_CLEAVE;
	}
	status = trace(&s);
	free_all(&s);
	err = out_close(&s.out);
	if (err) {
		fail("the report could not be written", err);
		return EXIT_CLEAVE;
	}
	return status;
}
