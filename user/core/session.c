// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "core/attaching.h"
#include "core/closing.h"
#include "core/left.h"
#include "core/session.h"
#include "core/shots.h"
#include "core/start.h"
#include "core/status.h"
#include "lib/clock.h"
#include "target/last_signal.h"

/* Records taken from a source before signals and the others have a turn. */
#define TURN		1024

#define NS_PER_S	1000000000ULL
#define NS_PER_MS	1000000ULL

#define GATHER_MAX_NS	5000000
#define GATHER_MIN_ROOM	65536

/* While something waits to be told, the time is looked at this often. */
#define IDLE_MS		50

/**
 * struct loop - a session under way
 * @s: what the caller has asked for
 * @epfd: waits for all of it
 * @sigfd: signals
 * @timerfd: readable when the time is up
 * @tickfd: readable when a snapshot is due
 * @sinkfd: readable when somebody at the terminal wants something of the first sink
 * @looks: who waits for a look, in the first lane
 * @shots: of the first lane
 * @at: when it came to what
 * @looking: somebody waits for a look
 * @came: when it was last asked who has been met
 * @more: there may be more of those
 * @quiet: since when nobody who is traced, nor the target, has told of anything
 * @signalled: one has come, whoever it was left to
 * @stop_signal: that ends it, or 0
 * @waits: a lane has something that it will tell in a while
 * @enough: it is to end, as so much time has gone by, or there were so many snapshots, or
 *	somebody at the terminal wants that
 * @failed: it has ended as it could not wait, or look
 */
struct loop {
	const struct session *s;
	int epfd;
	int sigfd;
	int timerfd;
	int tickfd;
	int sinkfd;
	struct looks looks;
	struct shots shots;
	struct marks at;
	__u64 quiet;
	bool signalled;
	int stop_signal;
	bool waits;
	bool looking;
	__u64 came;
	bool more;
	bool enough;
	bool failed;
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "cleave: %s: %s\n", what, strerror(err < 0 ? -err : err));
	return err < 0 ? err : -err;
}

static int watch(struct loop *l, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static struct timespec time_of(__u64 ns)
{
	return (struct timespec) { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
}

/* @after: from the start event on; @every: then so often, or 0. */
static int start_timer(struct loop *l, int *fd, __u64 after, __u64 every)
{
	const struct itimerspec when = {
		.it_value = time_of(l->at.start + after), .it_interval = time_of(every),
	};

	if (!after)
		return 0;
	*fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (*fd < 0 || timerfd_settime(*fd, TFD_TIMER_ABSTIME, &when, NULL))
		return -errno;
	return watch(l, *fd);
}

/* Where it has one, it has it since the start event. */
static int wait_for_sink(struct loop *l)
{
	struct sink *sink = l->s->lanes[0].sink;

	l->sinkfd = sink ? sink_fd(sink) : -1;
	return l->sinkfd < 0 ? 0 : watch(l, l->sinkfd);
}

static int failed_to_wait(int err)
{
	return err ? fail("cannot wait for events", err) : 0;
}

/* Before the target is started: signals end what comes then. */
static int open_waiting(struct loop *l)
{
	int err;

	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	l->sigfd = signalfd(-1, &l->s->signals->ours, SFD_CLOEXEC | SFD_NONBLOCK);
	err = l->epfd < 0 || l->sigfd < 0 ? -errno : watch(l, l->sigfd);
	return failed_to_wait(err);
}

static int start_waiting(struct loop *l)
{
	const struct session *s = l->s;
	unsigned int i;
	int err;

	err = watch(l, s->target->fd);
	if (!err)
		err = start_timer(l, &l->timerfd, s->duration_ns, 0);
	if (!err)
		err = start_timer(l, &l->tickfd, s->interval_ns, s->interval_ns);
	if (!err)
		err = wait_for_sink(l);
	for (i = 0; !err && i < s->nr_lanes; i++)
		err = watch(l, s->lanes[i].src->fd);
	return failed_to_wait(err);
}

static int open_lanes(const struct session *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_lanes; i++) {
		if (lane_open(&s->lanes[i]))
			return fail("cannot begin", ENOMEM);
		lane_name_cgroups(&s->lanes[i]);
	}
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
			lane_failed(lane);
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
	start.e.start.has_cgroup = s->cgroup;
	start.e.start.cgroup = s->cgroup;
	start.e.start.has_uid = s->by_uid;
	start.e.start.uid = s->uid;
	start.e.start.has_attached = s->target->nr_attached;
	start.e.start.attached = s->target->attached;
	start.e.start.nr_attached = s->target->nr_attached;
	l->at.start = start.e.ts;
	for (i = 0; i < s->nr_lanes; i++)
		lane_start(&s->lanes[i],
			   start_of(&start, s->lanes[i].src->hooks, root[i],
				    s->target->nr_roots ? s->target->roots[0] : 0));
	start_free(&start);
	return 0;
}

static void on_signal(struct loop *l)
{
	struct target *t = l->s->target;
	struct signalfd_siginfo si;

	while (read(l->sigfd, &si, sizeof(si)) == sizeof(si)) {
		l->signalled = true;
		if (!t->ops->signal(t, si.ssi_signo))
			l->stop_signal = si.ssi_signo;
	}
	/* Whoever does not want to wait for the report sends one more. */
	if (l->stop_signal)
		last_signal(l->stop_signal);
}

static void on_sink(struct loop *l)
{
	struct sink *sink = l->s->lanes[0].sink;

	if (!sink->ops->ready(sink))
		l->enough = true;
}

/* What epoll tells later on: keys, and that the time is up. */
static void end_early(struct loop *l)
{
	const struct session *s = l->s;
	struct sink *sink = s->lanes[0].sink;
	struct pollfd p = { .fd = sink ? sink_fd(sink) : -1, .events = POLLIN };

	if (sink && poll(&p, 1, 0) > 0)
		on_sink(l);
	if (s->duration_ns && now_ns() - l->at.start >= s->duration_ns)
		l->enough = true;
}

/*
 * Between two steps of attaching.  Nothing waits by epoll yet, so that those that were
 * started on are seen ended here.  The command has signals blocked as long as it is held:
 * one that is left to it ends this, so that it is let go, and has it.
 */
static bool goes_on(void *ctx)
{
	struct loop *l = ctx;
	struct target *t = l->s->target;
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	unsigned int i;

	for (i = 0; i < l->s->nr_lanes; i++)
		lane_empty(&l->s->lanes[i]);
	on_signal(l);
	if (poll(&p, 1, 0) > 0)
		t->ops->ready(t);
	end_early(l);
	return !l->signalled && !l->enough && !t->over;
}

static int attach(struct loop *l)
{
	if (!attaching_wanted(l->s))
		return 0;
	if (attaching(l->s, goes_on, l))
		return -1;
	l->at.attached = now_ns();
	l->looking = looks_wait(&l->looks);
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
	if (tell_start(l, root))
		return -1;
	return attach(l);
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

/* Nothing more comes of the target itself: it ends with all that is traced. */
static bool ends_with_the_traced(const struct target *t)
{
	return t->over || t->nr_attached;
}

/* For epoll_wait(); -1: as long as it takes. */
static int patience(const struct loop *l)
{
	bool timed = l->s->all || ends_with_the_traced(l->s->target);
	int ms = timed ? (int)l->s->look_ms : -1;

	if (l->looking || l->shots.under_way)
		return 0;
	return l->waits && (ms < 0 || ms > IDLE_MS) ? IDLE_MS : ms;
}

/* Once in a while; snapshots by the clock and keys wake us, too, but end nobody. */
static bool is_idle(struct loop *l)
{
	__u64 now = now_ns();

	if (now - l->quiet < l->s->look_ms * NS_PER_MS)
		return false;
	l->quiet = now;
	return true;
}

static bool finished(struct loop *l)
{
	const struct session *s = l->s;

	if (l->stop_signal || l->enough)
		return true;
	if (!ends_with_the_traced(s->target))
		return false;
	/* Without exit events nobody can tell who is left behind. */
	if (s->target->over &&
	    (!s->wait || !s->target->nr_roots || !s->lanes[0].src->known.exits))
		return true;
	if (is_idle(l) && left_nobody(s))
		return true;
	return !lane_live(&s->lanes[0]) && !left_unknown(s);
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

static void on_tick(struct loop *l)
{
	__u64 ticks;

	if (read(l->tickfd, &ticks, sizeof(ticks)) != sizeof(ticks))
		return;
	/* One that is too early is passed over. */
	if (!l->shots.under_way)
		shots_begin(&l->shots, &l->s->lanes[0], l->s->scan);
}

/**
 * struct woken - by what
 * @news: any of them but the clock and keys
 * @records: a source
 * @tick: a snapshot is due
 */
struct woken {
	bool news;
	bool records;
	bool tick;
};

static void on_event(struct loop *l, int fd, struct woken *w)
{
	struct target *t = l->s->target;

	if (fd == l->tickfd) {
		w->tick = true;
		return;
	}
	if (fd == l->sinkfd) {
		on_sink(l);
		return;
	}
	w->news = true;
	if (fd == l->sigfd)
		on_signal(l);
	else if (fd == t->fd)
		t->ops->ready(t);
	else if (fd == l->timerfd)
		l->enough = true;
	else
		w->records = true;
}

static int wait(struct loop *l, struct woken *w)
{
	struct epoll_event ev[8];
	int i, n = epoll_wait(l->epfd, ev, 8, patience(l));

	*w = (struct woken) { .news = false };
	if (n < 0 && errno != EINTR)
		return failed_to_wait(-errno);
	for (i = 0; i < n; i++)
		on_event(l, ev[i].data.fd, w);
	return 0;
}

static bool is_ending(const struct loop *l)
{
	return l->stop_signal || l->enough;
}

/*
 * One can come to be of those that are traced long after the look in the beginning, as it
 * takes another user's id or comes into a cgroup.  What it does is counted from there on,
 * but what it is, a look finds out.  It goes through all processes, so one comes once in
 * a while, as long as there is somebody to be found.
 */
static int come_to_met(struct loop *l, __u64 now)
{
	const struct session *s = l->s;
	bool more = l->more;
	unsigned int i;
	int n;

	if (!s->all || now - l->came < s->look_ms * NS_PER_MS)
		return 0;
	l->came = now;
	/* All look, or none: what one knows of a process the others are to know, too. */
	for (i = 0; i < s->nr_lanes && !more; i++)
		more = s->lanes[i].src->ops->met(s->lanes[i].src);
	if (!more)
		return 0;
	more = false;
	for (i = 0; i < s->nr_lanes; i++) {
		n = s->lanes[i].src->ops->look(s->lanes[i].src);
		if (n < 0) {
			lane_failed(&s->lanes[i]);
			return n;
		}
		more |= n > 0;
	}
	l->more = more;
	return 0;
}

/* Returns 0, or a negative errno where it can tell no more. */
static int turn(struct loop *l, const struct woken *w)
{
	const struct session *s = l->s;
	int err = 0;
	__u64 now;

	if (w->records && !is_ending(l) && !s->target->over)
		gather(s);
	/*
	 * After the signals: what led to an end is in the ring by then.  What waits is
	 * not too late as long as records of before can be in the ring.
	 */
	now = now_ns();
	if (w->news)
		l->quiet = now;
	if (drain(s)) {
		tell_the_time(l, now);
		l->looking = s->lanes[0].looks && looks_turn(&l->looks, &s->lanes[0]);
	} else {
		l->waits = true;
	}
	tidy(s);
	if (!is_ending(l))
		err = come_to_met(l, now);
	if (l->shots.under_way)
		shots_turn(&l->shots, &s->lanes[0]);
	/* The last one comes at once. */
	if (w->tick && !is_ending(l))
		on_tick(l);
	if (s->nr_snapshots && l->shots.nr == s->nr_snapshots)
		l->enough = true;
	return err;
}

static void loop(struct loop *l)
{
	struct woken w;

	l->quiet = now_ns();
	while (!finished(l)) {
		if (wait(l, &w) || turn(l, &w)) {
			l->failed = true;
			return;
		}
	}
}

/* Has a signal come that is to cut it short?  Another ends the program. */
static bool cut_short(const struct loop *l)
{
	struct signalfd_siginfo si;

	if (read(l->sigfd, &si, sizeof(si)) != sizeof(si))
		return false;
	last_signal(si.ssi_signo);
	return true;
}

/* Looks at large processes take their time; records come all the while. */
static void last_snapshot(struct loop *l)
{
	const struct session *s = l->s;

	shots_drop(&l->shots, &s->lanes[0]);
	shots_begin(&l->shots, &s->lanes[0], true);
	while (l->shots.under_way) {
		drain(s);
		if (cut_short(l))
			shots_tell(&l->shots, &s->lanes[0]);
		else
			shots_turn(&l->shots, &s->lanes[0]);
	}
}

static void finish(struct loop *l)
{
	const struct session *s = l->s;

	if (s->last && (s->interval_ns || attaching_wanted(s)))
		last_snapshot(l);
	l->at.stopping = now_ns();
	closing(s, &l->at);
}

static int trace(struct loop *l)
{
	struct target *t = l->s->target;

	if (open_lanes(l->s) || open_waiting(l) || start(l) || start_waiting(l))
		return EXIT_CLEAVE;
	t->ops->go(t);
	loop(l);
	finish(l);
	return l->failed ? EXIT_CLEAVE : t->ops->status(t, l->stop_signal);
}

int session_run(const struct session *s)
{
	struct loop l = { .s = s, .epfd = -1, .sigfd = -1, .timerfd = -1, .tickfd = -1,
			  .sinkfd = -1 };
	unsigned int i;
	int status;

	s->lanes[0].looks = attaching_wanted(s) ? &l.looks : NULL;
	status = trace(&l);
	s->lanes[0].looks = NULL;
	looks_free(&l.looks);
	shots_free(&l.shots);
	for (i = 0; i < s->nr_lanes; i++)
		lane_close(&s->lanes[i]);
	if (l.tickfd >= 0)
		close(l.tickfd);
	if (l.timerfd >= 0)
		close(l.timerfd);
	if (l.sigfd >= 0)
		close(l.sigfd);
	if (l.epfd >= 0)
		close(l.epfd);
	return status;
}
