// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "core/convert.h"
#include "core/session.h"
#include "core/start.h"
#include "core/status.h"
#include "lib/clock.h"

/* Records taken from a source before signals and the others have a turn. */
#define TURN		1024

#define NS_PER_S	1000000000ULL

#define GATHER_MAX_NS	5000000
#define GATHER_MIN_ROOM	65536

/* While something waits to be told, the time is looked at this often. */
#define IDLE_MS		50

/* A record that was begun when we stopped is waited for, this often for 1 ms. */
#define LAST_LOOKS	1000

/**
 * struct loop - a session under way
 * @s: what the caller has asked for
 * @epfd: waits for all of it
 * @sigfd: signals
 * @timerfd: readable when the time is up
 * @start: when it began
 * @stop_signal: that ends it, or 0
 * @waits: a lane has something that it will tell in a while
 * @time_up: it is to end as so much time has gone by
 * @failed: it has ended as it could not wait
 */
struct loop {
	const struct session *s;
	int epfd;
	int sigfd;
	int timerfd;
	__u64 start;
	int stop_signal;
	bool waits;
	bool time_up;
	bool failed;
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "cleave: %s: %s\n", what, strerror(err < 0 ? -err : err));
	return err < 0 ? err : -err;
}

static void fail_source(const struct source *src)
{
	fprintf(stderr, "cleave: %s: %s\n", src->name, backend_error());
}

static int watch(struct loop *l, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

/* From the start event on. */
static int start_timer(struct loop *l)
{
	__u64 at = l->start + l->s->duration_ns;
	const struct itimerspec when = {
		.it_value = { .tv_sec = at / NS_PER_S, .tv_nsec = at % NS_PER_S },
	};

	if (!l->s->duration_ns)
		return 0;
	l->timerfd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (l->timerfd < 0 || timerfd_settime(l->timerfd, TFD_TIMER_ABSTIME, &when, NULL))
		return -errno;
	return watch(l, l->timerfd);
}

static int start_waiting(struct loop *l)
{
	const struct session *s = l->s;
	unsigned int i;
	int err;

	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	l->sigfd = signalfd(-1, &s->signals->ours, SFD_CLOEXEC | SFD_NONBLOCK);
	err = l->epfd < 0 || l->sigfd < 0 ? -errno : 0;
	if (!err)
		err = watch(l, l->sigfd);
	if (!err)
		err = watch(l, s->target->fd);
	if (!err)
		err = start_timer(l);
	for (i = 0; !err && i < s->nr_lanes; i++)
		err = watch(l, s->lanes[i].src->fd);
	return err ? fail("cannot wait for events", err) : 0;
}

static int open_lanes(const struct session *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_lanes; i++)
		if (lane_open(&s->lanes[i]))
			return fail("cannot begin", ENOMEM);
	return 0;
}

/* Returns the process to show as the first one, or NULL. */
static int add_roots(struct lane *lane, const struct target *t, struct proc_ref **root)
{
	size_t i;

	*root = NULL;
	for (i = 0; i < t->nr_roots; i++) {
		struct proc_ref *p;

		if (lane->src->ops->add_root(lane->src, t->roots[i])) {
			fail_source(lane->src);
			return -1;
		}
		p = lane_root(lane, t->roots[i]);
		if (!i)
			*root = p;
	}
	return 0;
}

static int tell_start(struct loop *l, struct proc_ref *const *root)
{
	const struct session *s = l->s;
	struct start start;
	unsigned int i;

	if (start_init(&start, s->backend, s->target->argv, s->target->user))
		return fail("cannot begin", ENOMEM);
	if (s->no_args && start.e.start.nr_words > 1)
		start.e.start.nr_words = 1;
	l->start = start.e.ts;
	for (i = 0; i < s->nr_lanes; i++)
		lane_start(&s->lanes[i],
			   start_of(&start, s->lanes[i].src->hooks, root[i],
				    s->target->nr_roots ? s->target->roots[0] : 0));
	start_free(&start);
	return 0;
}

static int start(struct loop *l)
{
	const struct session *s = l->s;
	struct proc_ref *root[s->nr_lanes];
	unsigned int i;

	if (s->target->ops->start(s->target, &s->signals->old))
		return -1;
	for (i = 0; i < s->nr_lanes; i++)
		if (add_roots(&s->lanes[i], s->target, &root[i]))
			return -1;
	return tell_start(l, root);
}

/* One turn for each source; returns whether that was all there was. */
static bool drain(const struct session *s)
{
	unsigned int i;
	bool all = true;

	for (i = 0; i < s->nr_lanes; i++)
		all &= lane_drain(&s->lanes[i], TURN) < TURN;
	return all;
}

static void tidy(const struct session *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_lanes; i++)
		lane_tidy(&s->lanes[i]);
}

static void tell_the_time(struct loop *l, __u64 now)
{
	unsigned int i;

	l->waits = false;
	for (i = 0; i < l->s->nr_lanes; i++)
		l->waits |= lane_idle(&l->s->lanes[i], now);
}

/* For epoll_wait(); -1: as long as it takes. */
static int patience(const struct loop *l)
{
	int ms = l->s->target->over ? (int)l->s->look_ms : -1;

	return l->waits && (ms < 0 || ms > IDLE_MS) ? IDLE_MS : ms;
}

static void on_signal(struct loop *l)
{
	struct target *t = l->s->target;
	struct signalfd_siginfo si;

	while (read(l->sigfd, &si, sizeof(si)) == sizeof(si))
		if (!t->ops->signal(t, si.ssi_signo))
			l->stop_signal = si.ssi_signo;
}

/*
 * Can there be somebody of whom the lane does not know, as his clone was lost?
 * The totals say so, which no full ring can falsify.
 */
static bool none_unknown(const struct session *s)
{
	struct source *src = s->lanes[0].src;
	__u64 made = s->target->nr_roots;
	struct cleave_totals t;

	if (src->ops->totals(src, &t) || !t.lost[CLEAVE_REC_CLONE])
		return true;
	made += t.clones[CLEAVE_KIND_PROCESS] + t.clones[CLEAVE_KIND_VFORK] +
		t.clones[CLEAVE_KIND_VM_SHARER];
	return t.exits >= made;
}

/*
 * Nothing has come for a while, so exits may be missing.  Processes that are not
 * there any more must not be waited for, nor anybody where no address space is
 * traced any more: whoever may be there now under one of their pids is not ours.
 */
static bool none_left(const struct session *s)
{
	struct source *src = s->lanes[0].src;
	struct cleave_totals t;
	unsigned int i;

	if (!src->ops->totals(src, &t) && !t.live)
		return true;
	for (i = 0; i < s->nr_lanes; i++)
		lane_mark_gone(&s->lanes[i]);
	drain(s);
	for (i = 0; i < s->nr_lanes; i++)
		lane_sweep(&s->lanes[i]);
	return false;
}

static bool finished(struct loop *l, bool idle)
{
	const struct session *s = l->s;

	if (l->stop_signal || l->time_up)
		return true;
	if (!s->target->over)
		return false;
	/* Without exit events nobody can tell who is left. */
	if (!s->wait || !s->target->nr_roots || !s->lanes[0].src->known.exits)
		return true;
	if (idle && none_left(s))
		return true;
	return !lane_live(&s->lanes[0]) && none_unknown(s);
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
	unsigned int i;

	for (i = 0; i < s->nr_lanes; i++) {
		const struct source *src = s->lanes[i].src;

		/* To sleep takes the timer's slack, in which a small one fills. */
		if (src->room < GATHER_MIN_ROOM ||
		    src->ops->backlog(src) > src->room / 8)
			return;
		if (ns > src->room * 5 / 2)
			ns = src->room * 5 / 2;
	}
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

static void loop(struct loop *l)
{
	const struct session *s = l->s;
	struct epoll_event ev[8];
	bool idle = false, woken;
	__u64 now;
	int i, n;

	while (!finished(l, idle)) {
		n = epoll_wait(l->epfd, ev, 8, patience(l));
		if (n < 0 && errno != EINTR) {
			fail("cannot wait for events", errno);
			l->failed = true;
			return;
		}
		idle = !n && !l->waits;
		woken = false;
		for (i = 0; i < n; i++) {
			if (ev[i].data.fd == l->sigfd)
				on_signal(l);
			else if (ev[i].data.fd == s->target->fd)
				s->target->ops->ready(s->target);
			else if (ev[i].data.fd == l->timerfd)
				l->time_up = true;
			else
				woken = true;
		}
		if (woken && !l->stop_signal && !l->time_up && !s->target->over)
			gather(s);
		/*
		 * After the signals: what led to an end is in the ring by then.  What
		 * waits is not too late as long as records of before can be in the ring.
		 */
		now = now_ns();
		if (drain(s))
			tell_the_time(l, now);
		else
			l->waits = true;
		tidy(s);
	}
}

/*
 * Stop the source and take what is still in it.  What lies behind a record that is
 * never finished stays there, and is counted.
 */
static __u64 stop(struct lane *lane)
{
	struct source *src = lane->src;
	unsigned int looks = 0;
	__u64 left;

	if (src->ops->stop(src))
		fail_source(src);
	for (;;) {
		/* A whole ring at most: one that could not be stopped goes on. */
		lane_drain(lane, src->room / sizeof(struct cleave_hdr));
		left = src->ops->left(src);
		if (!left || looks++ == LAST_LOOKS)
			return left;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}

static void summarise(const struct loop *l, struct source *src, __u64 left,
		      struct event *e)
{
	struct ev_summary *sum = &e->summary;
	struct cleave_totals totals = { 0 };

	if (src->ops->totals(src, &totals))
		fail_source(src);
	sum->backend = l->s->backend;
	sum->duration_ns = e->ts - l->start;
	sum->attach_ns = src->attach_ns;
	convert_totals(&sum->totals, &totals);
	convert_lost(&sum->lost, &totals);
	sum->lost.malformed = src->malformed;
	sum->lost.unread = left;
}

static void finish(struct loop *l)
{
	const struct session *s = l->s;
	struct event end[s->nr_lanes];
	__u64 left[s->nr_lanes], now;
	unsigned int i;

	for (i = 0; i < s->nr_lanes; i++)
		left[i] = stop(&s->lanes[i]);
	now = now_ns();
	for (i = 0; i < s->nr_lanes; i++) {
		end[i] = (struct event) { .type = EVENT_SUMMARY, .ts = now };
		summarise(l, s->lanes[i].src, left[i], &end[i]);
		lane_finish(&s->lanes[i], &end[i]);
	}
	for (i = 0; i < s->nr_lanes; i++)
		lane_lost(&s->lanes[i], &end[i]);
	for (i = 0; i < s->nr_lanes; i++)
		lane_summary(&s->lanes[i], &end[i]);
}

static int trace(struct loop *l)
{
	struct target *t = l->s->target;

	if (open_lanes(l->s) || start(l) || start_waiting(l))
		return EXIT_CLEAVE;
	t->ops->go(t);
	loop(l);
	finish(l);
	return l->failed ? EXIT_CLEAVE : t->ops->status(t, l->stop_signal);
}

int session_run(const struct session *s)
{
	struct loop l = { .s = s, .epfd = -1, .sigfd = -1, .timerfd = -1 };
	int status = trace(&l);
	unsigned int i;

	for (i = 0; i < s->nr_lanes; i++)
		lane_close(&s->lanes[i]);
	if (l.timerfd >= 0)
		close(l.timerfd);
	if (l.sigfd >= 0)
		close(l.sigfd);
	if (l.epfd >= 0)
		close(l.epfd);
	return status;
}
