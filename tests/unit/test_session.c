// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_session.c - the loop, on a source that is played and a target that is a
 * script: statuses, signals, losses, who is waited for.
 *
 * Build: with user/agg/{families,live}.c,
 * user/core/{session,attaching,shots,left,closing}.c,
 * user/core/{start,lane,tell_cgroups,looks,alive,signals,model}.c,
 * user/core/{cgroups,convert,known,flags,times}.c,
 * user/lib/{hash,sys}.c, user/source/{cgroup,hooks,snaps}.c, user/target/last_signal.c and
 * tests/played/played.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/session.h"
#include "core/status.h"
#include "lib/clock.h"
#include "played.h"
#include "records.h"
#include "shim.h"

#define ROOT	1		/* always there, so never taken for gone */
#define NOBODY	(1 << 23)	/* above the largest pid: never there */
#define LOOK_MS	20

/**
 * struct fix - a session, and what it has told
 * @sink: notes events down in @text
 * @tap: notes records down there too, as "rN", where it is used
 * @tells_in: the sink has something to tell when it is asked so often, and all is over
 * @last: when it got the last event
 * @nr_looked: address spaces of the last snapshot that were looked at for it
 * @keys: readable all the while, as a sink's descriptor
 * @early: how often it was asked of a time from when it may not have had all
 */
struct fix {
	struct sink sink;
	struct tap tap;
	struct played *src[2];
	struct lane lanes[2];
	struct script target;
	struct signals signals;
	struct session s;
	char text[1024];
	__u64 unread;
	__u64 lost_clones;
	unsigned int flushes;
	unsigned int tells_in;
	__u64 last;
	unsigned int early;
	size_t most;
	struct ev_look last_look;
	struct ev_space last_space;
	unsigned int nr_looked;
	__u64 clones;
	struct ev_times last_times;
	__u64 last_hist;
	int keys;
};

#define NOTE(f, ...)							\
	do {								\
		struct fix *f_ = (f);					\
		size_t at_ = strlen(f_->text);				\
									\
		snprintf(f_->text + at_, sizeof(f_->text) - at_, __VA_ARGS__); \
	} while (0)

static struct fix *of_sink(struct sink *s)
{
	return (struct fix *)s;
}

static struct fix *of_tap(struct tap *t)
{
	return (struct fix *)((char *)t - offsetof(struct fix, tap));
}

static unsigned int nr_looked(const struct ev_snapshot *e)
{
	unsigned int i, nr = 0;

	for (i = 0; i < e->nr_spaces; i++)
		nr += e->spaces[i].looked;
	return nr;
}

static void on_event(struct sink *s, const struct event *e)
{
	struct fix *f = of_sink(s);

	f->last = now_ns();
	switch (e->type) {
	case EVENT_START:
		NOTE(f, "start %s %d ", e->start.backend,
		     e->start.has_attached ? e->start.attached[0] : e->start.pid);
		break;
	case EVENT_CLONE:
		NOTE(f, "clone %d ", e->clone.child_pid);
		break;
	case EVENT_EXEC:
		NOTE(f, "exec %d ", e->exec.pid);
		break;
	case EVENT_EXIT:
		NOTE(f, "exit %d ", e->exit.pid);
		break;
	case EVENT_BREAK:
		NOTE(f, "break %d ", e->brk.pid);
		break;
	case EVENT_ATTACH:
		NOTE(f, "attach %d ", e->attach.pid);
		break;
	case EVENT_LOOK:
		NOTE(f, "look %d%s ", e->look.pid, e->look.may ? "" : "?");
		f->last_look = e->look;
		break;
	case EVENT_SNAPSHOT:
		NOTE(f, "snapshot %u%s ", e->snapshot.nr_spaces,
		     e->snapshot.nr_spaces && e->snapshot.spaces[0].looked ? "+" : "");
		if (e->snapshot.nr_spaces)
			f->last_space = e->snapshot.spaces[0];
		f->clones = e->snapshot.clones;
		f->nr_looked = nr_looked(&e->snapshot);
		f->last_times = e->snapshot.times;
		if (f->last_times.known)
			f->last_hist = f->last_times.of->of[0][CLEAVE_COPIED].hist[6];
		break;
	case EVENT_LOST:
		NOTE(f, "lost ");
		f->unread = e->lost.unread;
		f->lost_clones = e->lost.records[CLEAVE_REC_CLONE];
		break;
	case EVENT_SUMMARY:
		NOTE(f, "summary");
		break;
	default:
		break;
	}
}

static void on_flush(struct sink *s)
{
	of_sink(s)->flushes++;
}

static bool on_idle(struct sink *s, __u64 now)
{
	struct fix *f = of_sink(s);

	/* More is there, or came after the time that we are told. */
	f->early += f->src[0]->s.ops->backlog(&f->src[0]->s) || (f->last && now > f->last);
	f->last = 0;
	if (f->tells_in && !--f->tells_in) {
		NOTE(f, "told ");
		kill(getpid(), SIGTERM);
	}
	return f->tells_in;
}

static const struct sink_ops sink_ops = {
	.event = on_event,
	.flush = on_flush,
	.idle = on_idle,
};

static void tap_start(struct tap *t, const struct event *e)
{
	NOTE(of_tap(t), "[%s ", e->start.kernel[0] ? "kernel" : "?");
}

static void tap_record(struct tap *t, const struct cleave_hdr *rec)
{
	NOTE(of_tap(t), "r%d ", rec->type);
}

static void tap_flush(struct tap *t)
{
	NOTE(of_tap(t), "f ");
}

static bool tap_idle(struct tap *t, __u64 now)
{
	return false;
}

static void tap_end(struct tap *t, const struct event *e)
{
	NOTE(of_tap(t), "%llu] ", e->summary.lost.unread);
}

static const struct tap_ops tap_ops = {
	.start = tap_start,
	.record = tap_record,
	.flush = tap_flush,
	.idle = tap_idle,
	.end = tap_end,
};

static int fix_init(struct kunit *test)
{
	struct fix *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int i;

	if (!f)
		return -1;
	test->priv = f;
	f->sink.ops = &sink_ops;
	f->tap.ops = &tap_ops;
	for (i = 0; i < 2; i++) {
		f->src[i] = played_new(i ? "module" : "bpf");
		f->src[i]->totals.live = 1;
		f->lanes[i] = (struct lane) { .src = &f->src[i]->s, .sink = &f->sink };
	}
	signals_block(&f->signals);
	f->s = (struct session) {
		.target = &f->target.t,
		.lanes = f->lanes,
		.nr_lanes = 1,
		.signals = &f->signals,
		.backend = "bpf",
		.look_ms = LOOK_MS,
		.wait = true,
	};
	return 0;
}

static void fix_exit(struct kunit *test)
{
	struct fix *f = test->priv;
	int i;

	if (f->target.t.ops)
		f->target.t.ops->free(&f->target.t);
	for (i = 0; i < 2; i++)
		f->src[i]->s.ops->close(&f->src[i]->s);
	sigprocmask(SIG_SETMASK, &f->signals.old, NULL);
}

static int run(struct fix *f, bool (*step)(struct script *s))
{
	script_init(&f->target, ROOT, step, f);
	return session_run(&f->s);
}

#define PUT(f, rec)							\
	do {								\
		__typeof__(rec) rec_ = (rec);				\
									\
		played_put((f)->src[0], &rec_);				\
	} while (0)

static void root_ends(struct script *s, int status)
{
	struct fix *f = s->ctx;

	PUT(f, rec_exit(ROOT, 0, 0));
	s->t.over = true;
	s->status = status;
}

static bool ends_at_once(struct script *s)
{
	root_ends(s, 3);
	return false;
}

static void status_is_the_targets(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, run(f, ends_at_once), 3);
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 1 exit 1 lost summary");
	KUNIT_EXPECT_TRUE(test, f->src[0]->stopped);
	KUNIT_EXPECT_EQ(test, f->src[0]->roots, 1U);
	KUNIT_EXPECT_GE(test, f->flushes, 1U);
}

static bool leaves_one_behind(struct script *s)
{
	struct fix *f = s->ctx;

	if (!s->at) {
		PUT(f, rec_clone(ROOT, 2, 7));
		root_ends(s, 0);
	} else if (s->at == 5) {
		PUT(f, rec_exit(2, 7, 0));
		PUT(f, rec_end(7, CLEAVE_HAS_FIGURES));
	}
	return s->at < 5;
}

static void waits_for_what_is_left_behind(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, run(f, leaves_one_behind), 0);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "start bpf 1 clone 2 exit 1 exit 2 lost summary");
}

static void does_not_wait_if_told_so(struct kunit *test)
{
	struct fix *f = test->priv;

	f->s.wait = false;
	KUNIT_EXPECT_EQ(test, run(f, leaves_one_behind), 0);
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 1 clone 2 exit 1 lost summary");
}

static void without_exits_nobody_is_waited_for(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->s.known.exits = false;
	KUNIT_EXPECT_EQ(test, run(f, leaves_one_behind), 0);
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 1 clone 2 exit 1 lost summary");
}

/* Of a child that is not there any more, no exit comes. */
static bool exit_is_lost(struct script *s)
{
	PUT((struct fix *)s->ctx, rec_clone(ROOT, NOBODY, 7));
	root_ends(s, 0);
	return false;
}

static void lost_exit_is_not_waited_for(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, run(f, exit_is_lost), 0);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "start bpf 1 clone 8388608 exit 1 lost summary");
}

/* Somebody else has the pid by now: but nothing is traced any more. */
static bool pid_is_used_again(struct script *s)
{
	struct fix *f = s->ctx;

	PUT(f, rec_clone(ROOT, getpid(), 7));
	f->src[0]->totals.live = 0;
	root_ends(s, 0);
	return false;
}

static void pid_of_a_lost_exit_is_used_again(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, run(f, pid_is_used_again), 0);
}

/* A daemon whose clone was lost: it can be seen in the totals alone. */
static bool clone_is_lost(struct script *s)
{
	struct cleave_totals *t = &((struct fix *)s->ctx)->src[0]->totals;

	if (!s->at) {
		t->clones[CLEAVE_KIND_PROCESS] = 1;
		t->lost[CLEAVE_REC_CLONE] = 1;
		t->exits = 1;
		root_ends(s, 0);
	} else if (s->at == 5) {
		t->exits = 2;
	}
	return s->at < 5;
}

static void lost_clone_is_waited_for(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, run(f, clone_is_lost), 0);
	KUNIT_EXPECT_GT(test, f->target.at, 5U);
	KUNIT_EXPECT_EQ(test, f->lost_clones, 1ULL);
}

/* And its exit was not even counted. */
static bool all_is_lost(struct script *s)
{
	struct cleave_totals *t = &((struct fix *)s->ctx)->src[0]->totals;

	t->clones[CLEAVE_KIND_PROCESS] = 1;
	t->lost[CLEAVE_REC_CLONE] = 1;
	t->live = 0;
	root_ends(s, 0);
	return false;
}

static void uncounted_exit_is_not_waited_for(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, run(f, all_is_lost), 0);
}

static bool is_interrupted(struct script *s)
{
	if (!s->at)
		kill(getpid(), SIGINT);
	else if (s->at == 1)
		kill(getpid(), SIGTERM);
	return s->at < 1;
}

static void signal_ends_it(struct kunit *test)
{
	struct fix *f = test->priv;

	script_init(&f->target, ROOT, is_interrupted, f);
	f->target.takes = 1UL << SIGINT;
	KUNIT_EXPECT_EQ(test, session_run(&f->s), 128 + SIGTERM);
	KUNIT_EXPECT_EQ(test, f->target.got, SIGTERM);
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 1 lost summary");
}

static void signal_before_the_start(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, signals_pending(&f->signals), 0);
	kill(getpid(), SIGHUP);
	KUNIT_EXPECT_EQ(test, signals_pending(&f->signals), SIGHUP);
	KUNIT_EXPECT_EQ(test, signals_pending(&f->signals), 0);
}

static void root_cannot_be_traced(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->root_error = -ESRCH;
	KUNIT_EXPECT_EQ(test, run(f, ends_at_once), EXIT_CLEAVE);
	KUNIT_EXPECT_STREQ(test, f->text, "");
	KUNIT_EXPECT_FALSE(test, f->target.gone_on);
}

static void two_sources(struct kunit *test)
{
	struct fix *f = test->priv;

	f->s.nr_lanes = 2;
	f->s.backend = "both";
	KUNIT_EXPECT_EQ(test, run(f, ends_at_once), 3);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "start both 1 start both 1 exit 1 lost lost summarysummary");
	KUNIT_EXPECT_TRUE(test, f->src[1]->stopped);
}

static void tap_gets_the_records(struct kunit *test)
{
	struct fix *f = test->priv;

	f->lanes[0].tap = &f->tap;
	KUNIT_EXPECT_EQ(test, run(f, leaves_one_behind), 0);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "[kernel start bpf 1 r1 clone 2 r3 exit 1 f r3 r4 exit 2 f 0] lost summary");
}

/* Still being written as we stop: waited for. */
static void late_record_is_taken(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->left = 3;
	KUNIT_EXPECT_EQ(test, run(f, ends_at_once), 3);
	KUNIT_EXPECT_EQ(test, f->unread, 0ULL);
}

static void unfinished_records_are_counted(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->left = 5000;
	KUNIT_EXPECT_EQ(test, run(f, ends_at_once), 3);
	KUNIT_EXPECT_GT(test, f->unread, 0ULL);
}

static void totals_that_fail(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->totals_error = -EIO;
	KUNIT_EXPECT_EQ(test, run(f, ends_at_once), 3);
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 1 exit 1 lost summary");
}

/* After these, nothing comes any more. */
static bool is_silent(struct script *s)
{
	struct fix *f = s->ctx;

	PUT(f, rec_clone(ROOT, 2, 7));
	PUT(f, rec_exit(2, 7, 0));
	PUT(f, rec_end(7, CLEAVE_HAS_FIGURES));
	return false;
}

static void what_waits_is_told_in_a_silence(struct kunit *test)
{
	struct fix *f = test->priv;

	f->tells_in = 5;
	script_init(&f->target, ROOT, is_silent, f);
	/* Were nobody to look at the clock, this would end the test. */
	alarm(20);
	KUNIT_EXPECT_EQ(test, session_run(&f->s), 128 + SIGTERM);
	alarm(0);
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 1 clone 2 exit 2 told lost summary");
}

/* More than one turn takes. */
static bool is_busy(struct script *s)
{
	struct fix *f = s->ctx;
	int i;

	for (i = 0; i < 5000; i++)
		PUT(f, rec_exit(NOBODY, 7, 0));
	return false;
}

static void clock_is_not_ahead_of_the_records(struct kunit *test)
{
	struct fix *f = test->priv;

	f->tells_in = 5;
	script_init(&f->target, ROOT, is_busy, f);
	KUNIT_EXPECT_EQ(test, session_run(&f->s), 128 + SIGTERM);
	KUNIT_EXPECT_EQ(test, f->early, 0U);
}

/* In the place of what the session waits by there is something else. */
static bool waiting_fails(struct script *s)
{
	char name[32], what[32];
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), fd;
	ssize_t n;

	for (fd = 3; fd < 1024; fd++) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		n = readlink(name, what, sizeof(what) - 1);
		what[n > 0 ? n : 0] = '\0';
		if (!strcmp(what, "anon_inode:[eventpoll]"))
			dup2(null, fd);
	}
	close(null);
	return false;
}

static void waiting_that_fails_is_told(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, run(f, waiting_fails), EXIT_CLEAVE);
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 1 lost summary");
}

/* Nobody's exit is seen: those that are gone must not pile up. */
static bool all_exits_are_lost(struct script *s)
{
	struct fix *f = s->ctx;
	int i;

	for (i = 0; i < 1000; i++)
		PUT(f, rec_clone(ROOT, NOBODY + 1000 * s->at + i, 100 + 1000 * s->at + i));
	f->text[0] = '\0';
	f->most = lane_live(&f->lanes[0]) > f->most ? lane_live(&f->lanes[0]) : f->most;
	if (s->at < 100)
		return true;
	f->src[0]->totals.live = 0;
	root_ends(s, 0);
	return false;
}

/* A recording alone: it makes no events, so there is no model. */
static void record_alone(struct fix *f)
{
	f->lanes[0].tap = &f->tap;
	f->lanes[0].sink = NULL;
}

static void recording_tells_who_is_gone(struct kunit *test)
{
	struct fix *f = test->priv;

	record_alone(f);
	KUNIT_EXPECT_EQ(test, run(f, exit_is_lost), 0);
	KUNIT_EXPECT_STREQ(test, f->text, "[kernel r1 r3 f r256 0] ");
}

static void recording_waits_for_what_is_left_behind(struct kunit *test)
{
	struct fix *f = test->priv;

	record_alone(f);
	KUNIT_EXPECT_EQ(test, run(f, leaves_one_behind), 0);
	KUNIT_EXPECT_STREQ(test, f->text, "[kernel r1 r3 f r3 r4 f 0] ");
}

/* Who has execed or made others is there, though nobody saw him made. */
static bool clone_was_lost(struct script *s)
{
	struct fix *f = s->ctx;

	if (!s->at) {
		PUT(f, rec_exec(NOBODY, 7, 8, 0));
		PUT(f, rec_clone(NOBODY + 1, NOBODY + 2, 9));
		PUT(f, rec_clone(ROOT, NOBODY + 2, 10));
		PUT(f, rec_exit(NOBODY + 2, 10, 0));
		root_ends(s, 0);
	} else {
		f->most = lane_live(&f->lanes[0]) > f->most ? lane_live(&f->lanes[0]) : f->most;
	}
	return s->at < 1;
}

static void recording_knows_whom_a_trace_knows(struct kunit *test)
{
	struct fix *f = test->priv;

	record_alone(f);
	KUNIT_EXPECT_EQ(test, run(f, clone_was_lost), 0);
	KUNIT_EXPECT_EQ(test, f->most, 2UL);
	KUNIT_EXPECT_STREQ(test, f->text, "[kernel r2 r1 r1 r3 r3 f r256 r256 0] ");
}

static void lost_exits_do_not_pile_up(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, run(f, all_exits_are_lost), 0);
	KUNIT_EXPECT_LT(test, f->most, 10000UL);
}

static void nor_in_a_recording(struct kunit *test)
{
	struct fix *f = test->priv;

	record_alone(f);
	KUNIT_EXPECT_EQ(test, run(f, all_exits_are_lost), 0);
	KUNIT_EXPECT_GT(test, f->most, 1000UL);
	KUNIT_EXPECT_LT(test, f->most, 10000UL);
}

static bool is_terminated(struct script *s)
{
	kill(getpid(), SIGTERM);
	return false;
}

static void play_attached(struct played *p, pid_t pid)
{
	const struct cleave_attach a = rec_attach(pid, 0, pid, 0);

	if (pid) {
		played_put(p, &a);
		p->totals.sent[CLEAVE_REC_ATTACH]++;
	}
}

/* What is named is there already; @step makes the rest. */
static int run_attached(struct fix *f, const pid_t *pids, size_t nr,
			bool (*step)(struct script *s))
{
	script_init(&f->target, 0, step, f);
	f->target.t.attached = pids;
	f->target.t.nr_attached = nr;
	f->src[0]->on_attach = play_attached;
	f->src[1]->on_attach = play_attached;
	/* The session before this has let them through, as it was ended by one. */
	sigprocmask(SIG_BLOCK, &f->signals.ours, NULL);
	/* Were it not to end by itself, this would end the test. */
	alarm(20);
	nr = session_run(&f->s);
	alarm(0);
	return nr;
}

static const pid_t two[] = { ROOT, 7 };

static bool both_end(struct script *s)
{
	struct fix *f = s->ctx;

	PUT(f, rec_exit(s->at ? 7 : ROOT, s->at ? 7 : ROOT, 0));
	PUT(f, rec_end(s->at ? 7 : ROOT, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	return !s->at;
}

/* It is over with the last of them. */
static void attached_until_they_end(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->snaps = NULL;
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 2, both_end), 0);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "start bpf 1 attach 1 attach 7 exit 1 exit 7 lost summary");
}

/* One that is changing as it is come to is asked for again. */
static void attached_once_it_gets_on(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->snaps = NULL;
	f->src[0]->attach_agains = 3;
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 2, both_end), 0);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "start bpf 1 attach 1 attach 7 exit 1 exit 7 lost summary");
	KUNIT_EXPECT_EQ(test, f->src[0]->attach_agains, 0U);
}

/* The ledger has both: then each is looked at, as it is not before. */
static const struct cleave_snap alive[] = {
	{ .fig = { .as = ROOT, .cow[CLEAVE_COPIED] = 4 },
	  .what = CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED },
	{ .fig = { .as = 7 }, .what = CLEAVE_ATTACHED },
};

static bool is_looked_at(struct script *s)
{
	struct fix *f = s->ctx;

	/* By the one with the number of its pid; and what it had copied by then. */
	if (!strstr(f->text, "look 7"))
		return true;
	kill(getpid(), SIGTERM);
	return false;
}

static void attached_are_looked_at(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->snaps = alive;
	f->src[0]->nr_snaps = 2;
	f->s.last = true;
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 2, is_looked_at), 128 + SIGTERM);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "start bpf 1 attach 1 attach 7 look 1 look 7 snapshot 1+ lost summary");
	KUNIT_EXPECT_EQ(test, f->last_space.shared, ROOT + 4ULL);
	KUNIT_EXPECT_EQ(test, f->last_space.shared_most, 1ULL * ROOT);
	KUNIT_EXPECT_EQ(test, f->last_space.shared_now, 1ULL * ROOT);
	KUNIT_EXPECT_EQ(test, f->last_space.swap_now, 1ULL);
	/* By the time that it was looked at, it was not in the ledger any more. */
	f->text[0] = '\0';
	f->src[0]->nr_snaps = 1;
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 2, is_terminated), 128 + SIGTERM);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "start bpf 1 attach 1 attach 7 look 1 snapshot 1+ lost summary");
}

static void looks_that_may_not_be(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->snaps = alive;
	f->src[0]->nr_snaps = 2;
	f->s.last = true;
	played_look_error = -EPERM;
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 2, is_terminated), 128 + SIGTERM);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "start bpf 1 attach 1 attach 7 look 1? look 7? snapshot 1 lost summary");
	played_look_error = -ESRCH;
	f->text[0] = '\0';
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 2, is_terminated), 128 + SIGTERM);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "start bpf 1 attach 1 attach 7 snapshot 1 lost summary");
	played_look_error = 0;
}

/* A recording alone has them, too, and knows who is where without a model. */
static void recording_has_looks(struct kunit *test)
{
	struct fix *f = test->priv;

	record_alone(f);
	f->src[0]->snaps = alive;
	f->src[0]->nr_snaps = 2;
	f->s.last = true;
	played_looked = 0;
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 2, is_terminated), 128 + SIGTERM);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "[kernel r6 f r6 f r257 r257 f r257 f r258 r258 r259 f 0] ");
	KUNIT_EXPECT_EQ(test, played_looked, 3U);
}

/* Until one finds nothing more, and in each of the two. */
static void looks_for_more(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->found[0] = 3;
	f->src[0]->found[1] = 1;
	f->src[1]->found[0] = 1;
	f->s.nr_lanes = 2;
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 2, is_terminated), 128 + SIGTERM);
	KUNIT_EXPECT_EQ(test, f->src[0]->looks, 2UL);
	KUNIT_EXPECT_EQ(test, f->src[1]->looks, 1UL);
}

static void all_there_is(struct kunit *test)
{
	struct fix *f = test->priv;

	f->s.all = true;
	f->src[0]->found[0] = 3;
	KUNIT_EXPECT_EQ(test, run(f, ends_at_once), 3);
	KUNIT_EXPECT_EQ(test, f->src[0]->looks, 1UL);
}

/* How often one came to look, and at the last time, or each, somebody is met anew. */
static unsigned int came, until_none;

static void comes_to_met(struct played *p, pid_t pid)
{
	came++;
	if (came == 2) {
		play_attached(p, 7);
		p->found[0] = 1;
	}
	p->mets = came < until_none;
}

/* The first look was in the beginning. */
static bool somebody_is_met(struct script *s)
{
	struct fix *f = s->ctx;

	if (!s->at)
		f->src[0]->mets = 1;
	if (came < until_none)
		return true;
	kill(getpid(), SIGTERM);
	return false;
}

static int run_met(struct fix *f, unsigned int looks)
{
	came = 0;
	until_none = looks;
	script_init(&f->target, 0, somebody_is_met, f);
	f->src[0]->on_attach = comes_to_met;
	f->s.all = true;
	return session_run(&f->s);
}

/* Until nobody is found, and once in a while, however often somebody is met. */
static void met_are_looked_for(struct kunit *test)
{
	struct fix *f = test->priv;
	__u64 start = now_ns();

	f->src[0]->snaps = alive;
	f->src[0]->nr_snaps = 2;
	KUNIT_EXPECT_EQ(test, run_met(f, 7), 128 + SIGTERM);
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 0 attach 7 look 7 lost summary");
	KUNIT_EXPECT_EQ(test, came, 7U);
	KUNIT_EXPECT_GE(test, now_ns() - start, 5ULL * LOOK_MS * 1000000);
}

static void no_more_are_looked_for(struct kunit *test)
{
	struct fix *f = test->priv;

	/* The second finds somebody, and so there is a third. */
	KUNIT_EXPECT_EQ(test, run_met(f, 3), 128 + SIGTERM);
	KUNIT_EXPECT_EQ(test, came, 3U);
}

static void looking_for_met_fails(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->found[1] = -EIO;
	KUNIT_EXPECT_EQ(test, run_met(f, 4), EXIT_CLEAVE);
	KUNIT_EXPECT_EQ(test, came, 3U);
}

static void nobody_is_left_to_attach_to(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->attach_error = -ESRCH;
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 2, both_end), EXIT_CLEAVE);
	f->src[0]->attach_error = -EIO;
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 2, both_end), EXIT_CLEAVE);
}

/* The record of the second found the ring full; it is there all the same. */
static void loses_one(struct played *p, pid_t pid)
{
	const struct cleave_attach a = rec_attach(pid, 0, pid, 0);

	if (pid == ROOT) {
		played_put(p, &a);
		p->totals.sent[CLEAVE_REC_ATTACH]++;
	} else if (pid) {
		p->totals.lost[CLEAVE_REC_ATTACH]++;
	}
}

static bool known_one_ends(struct script *s)
{
	struct fix *f = s->ctx;

	if (!s->at) {
		PUT(f, rec_exit(ROOT, ROOT, 0));
		PUT(f, rec_end(ROOT, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
		f->src[0]->totals.exits = 1;
	} else if (s->at == 5) {
		f->src[0]->totals.exits = 2;
	}
	return s->at < 5;
}

static void lost_attachment_is_waited_for(struct kunit *test)
{
	struct fix *f = test->priv;

	script_init(&f->target, 0, known_one_ends, f);
	f->target.t.attached = two;
	f->target.t.nr_attached = 2;
	f->src[0]->on_attach = loses_one;
	KUNIT_EXPECT_EQ(test, session_run(&f->s), 0);
	KUNIT_EXPECT_GT(test, f->target.at, 5U);
}

/* An exit that was lost: nobody is there under that pid. */
static bool stays_still(struct script *s)
{
	return false;
}

static void attached_that_are_gone(struct kunit *test)
{
	static const pid_t nobody[] = { NOBODY };
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, run_attached(f, nobody, 1, stays_still), 0);
	f->src[0]->s.known.exits = false;
	KUNIT_EXPECT_EQ(test, run_attached(f, nobody, 1, stays_still), 0);
}

/* Snapshots in between tell of nobody. */
static void gone_between_snapshots(struct kunit *test)
{
	static const pid_t nobody[] = { NOBODY };
	struct fix *f = test->priv;

	f->s.interval_ns = LOOK_MS * 1000000 / 10;
	KUNIT_EXPECT_EQ(test, run_attached(f, nobody, 1, stays_still), 0);
}

/* Keys that are pressed all the while. */
static int keys_fd(const struct sink *s)
{
	return ((const struct fix *)s)->keys;
}

static bool keys_ready(struct sink *s)
{
	return true;
}

static const struct sink_ops keys_ops = {
	.event = on_event,
	.fd = keys_fd,
	.ready = keys_ready,
};

static void gone_between_keys(struct kunit *test)
{
	static const pid_t nobody[] = { NOBODY };
	struct fix *f = test->priv;

	f->sink.ops = &keys_ops;
	f->keys = eventfd(1, EFD_CLOEXEC);
	KUNIT_EXPECT_EQ(test, run_attached(f, nobody, 1, stays_still), 0);
	close(f->keys);
}

static bool until_three_snapshots(struct script *s)
{
	struct fix *f = s->ctx;
	const char *at = strstr(f->text, "snapshot");

	at = at ? strstr(at + 1, "snapshot") : NULL;
	if (!at || !strstr(at + 1, "snapshot"))
		return true;
	root_ends(s, 0);
	return false;
}

static void snapshots_by_the_clock(struct kunit *test)
{
	static const char three[] = "start bpf 1 snapshot 1 snapshot 1 snapshot 1 ";
	struct fix *f = test->priv;

	f->s.interval_ns = 5000000;
	f->s.last = true;
	f->src[0]->snaps = alive;
	f->src[0]->nr_snaps = 2;
	f->src[0]->totals.clones[CLEAVE_KIND_PROCESS] = 11;
	f->src[0]->totals.clones[CLEAVE_KIND_THREAD] = 5;
	KUNIT_EXPECT_EQ(test, run(f, until_three_snapshots), 0);
	KUNIT_EXPECT_EQ(test, strncmp(f->text, three, strlen(three)), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "snapshot 1 lost summary"));
	KUNIT_EXPECT_EQ(test, f->clones, 11ULL);
}

static bool over_at_once(struct script *s)
{
	((struct fix *)s->ctx)->s.target->over = true;
	return false;
}

/* With the last one, and a tap. */
static void snapshot_told_as(struct kunit *test, const char *want)
{
	struct fix *f = test->priv;

	f->s.interval_ns = 1000000000000;
	f->s.last = true;
	f->s.wait = false;
	f->lanes[0].tap = &f->tap;
	KUNIT_EXPECT_EQ(test, run(f, over_at_once), 0);
	KUNIT_EXPECT_STREQ(test, f->text, want);
}

static void snapshot_without_times(struct kunit *test)
{
	snapshot_told_as(test, "[kernel start bpf 1 r259 snapshot 0 f 0] lost summary");
	KUNIT_EXPECT_FALSE(test, ((struct fix *)test->priv)->last_times.there);
}

/* How long all breaks took until then, of those kinds that there were. */
static void snapshot_with_times(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->s.times = true;
	f->src[0]->times.of[CLEAVE_SIDE_BEFORE_EXEC][CLEAVE_COPIED] =
		rec_took(0, 0, 6).time;
	f->src[0]->times.of[CLEAVE_SIDE_AFTER][CLEAVE_HUGETLB_REUSED].breaks = 1;
	snapshot_told_as(test, "[kernel start bpf 1 r261 r261 r259 snapshot 0 f 0] lost summary");
	KUNIT_EXPECT_TRUE(test, f->last_times.known);
	KUNIT_EXPECT_EQ(test, f->last_hist, 6ULL);
}

static void snapshot_times_fail(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src[0]->s.times = true;
	f->src[0]->totals_error = -EIO;
	snapshot_told_as(test, "[kernel start bpf 1 r259 snapshot 0 f 0] lost summary");
	KUNIT_EXPECT_TRUE(test, f->last_times.there);
	KUNIT_EXPECT_FALSE(test, f->last_times.known);
}

/* Whoever was made before a snapshot is known in it. */
static bool one_is_forked(struct script *s)
{
	struct fix *f = s->ctx;

	if (!s->at) {
		PUT(f, rec_clone(ROOT, 2, ROOT));
		f->s.target->over = true;
	}
	return false;
}

static void snapshot_comes_after_the_ring(struct kunit *test)
{
	struct fix *f = test->priv;

	f->s.interval_ns = 1000000000000;
	f->s.last = true;
	f->s.wait = false;
	f->src[0]->snaps = alive;
	f->src[0]->nr_snaps = 1;
	KUNIT_EXPECT_EQ(test, run(f, one_is_forked), 0);
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 1 clone 2 snapshot 1+ lost summary");
	KUNIT_EXPECT_EQ(test, f->last_space.pid, 2);
	KUNIT_EXPECT_EQ(test, f->last_space.shared_now, 2ULL);
}

/* For played_on_step(), which is told of no one. */
static struct fix *looking;
static unsigned int steps;
static unsigned int left_in_rings;

/* Two more records; those of the step before have been taken by now. */
static void records_come(void)
{
	const struct cleave_clone c = rec_clone(ROOT, NOBODY + steps, 1000 + steps);
	int i;

	for (i = 0; i < 2; i++) {
		left_in_rings += !!looking->src[i]->s.ops->backlog(&looking->src[i]->s);
		played_put(looking->src[i], &c);
	}
	steps++;
}

static void look_in_steps(struct fix *f, unsigned int nr, void (*on_step)(void))
{
	looking = f;
	steps = 0;
	left_in_rings = 0;
	played_look_steps = nr;
	played_on_step = on_step;
	f->src[0]->snaps = alive;
	f->src[0]->nr_snaps = 1;
	f->s.last = true;
}

static void look_at_once(void)
{
	played_look_steps = 0;
	played_on_step = NULL;
}

/* One process that is looked at takes many turns: all rings have theirs in between. */
static void rings_are_read_in_a_look(struct kunit *test)
{
	struct fix *f = test->priv;

	f->s.nr_lanes = 2;
	look_in_steps(f, 10, records_come);
	f->text[0] = '\0';
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 1, is_terminated), 128 + SIGTERM);
	look_at_once();
	KUNIT_EXPECT_GE(test, steps, 10U);
	KUNIT_EXPECT_EQ(test, left_in_rings, 0U);
}

static bool until_a_snapshot(struct script *s)
{
	struct fix *f = s->ctx;

	if (!s->at)
		PUT(f, rec_clone(ROOT, 2, ROOT));
	if (!strstr(f->text, "snapshot"))
		return true;
	s->t.over = true;
	return false;
}

static void rings_are_read_in_a_scan(struct kunit *test)
{
	struct fix *f = test->priv;

	f->s.nr_lanes = 2;
	f->s.wait = false;
	f->s.scan = true;
	f->s.interval_ns = 1000000;
	look_in_steps(f, 10, records_come);
	f->s.last = false;
	KUNIT_EXPECT_EQ(test, run(f, until_a_snapshot), 0);
	look_at_once();
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "snapshot"));
	KUNIT_EXPECT_EQ(test, left_in_rings, 0U);
}

static void is_interrupted_once(void)
{
	if (!steps++)
		kill(getpid(), SIGINT);
}

/* The last look, of one who is large: what there is comes without the rest. */
static void signal_cuts_the_last_look(struct kunit *test)
{
	struct fix *f = test->priv;

	f->s.interval_ns = 1000000000000;
	f->s.wait = false;
	look_in_steps(f, ~0U, is_interrupted_once);
	alarm(20);
	KUNIT_EXPECT_EQ(test, run(f, one_is_forked), 0);
	alarm(0);
	look_at_once();
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 1 clone 2 snapshot 1 lost summary");
}

#define MANY	(2 * LOOKS_TOLD)

static bool many_are_forked(struct script *s)
{
	int i;

	for (i = 0; i < MANY; i++)
		PUT((struct fix *)s->ctx, rec_clone(ROOT, NOBODY + i, 1000 + i));
	return false;
}

/* In a scan that has told of the first of them already; and in the one after that. */
static void ends_and_is_interrupted(void)
{
	steps++;
	if (steps == LOOKS_TOLD + 6)
		looking->target.t.over = true;
	else if (steps == LOOKS_TOLD + 12)
		kill(getpid(), SIGINT);
}

/* The last one has looks of its own, or none. */
static void scan_that_is_given_up(struct kunit *test)
{
	struct cleave_snap snaps[MANY] = { 0 };
	struct fix *f = test->priv;
	int i;

	for (i = 0; i < MANY; i++)
		snaps[i] = (struct cleave_snap) {
			.fig.as = 1000 + i, .what = CLEAVE_HAS_FIGURES,
		};
	f->s.interval_ns = 1000000;
	f->s.wait = false;
	f->s.scan = true;
	look_in_steps(f, 1, ends_and_is_interrupted);
	f->src[0]->snaps = snaps;
	f->src[0]->nr_snaps = MANY;
	alarm(20);
	KUNIT_EXPECT_EQ(test, run(f, many_are_forked), 0);
	alarm(0);
	look_at_once();
	KUNIT_EXPECT_EQ(test, f->last_space.space, 1000ULL);
	KUNIT_EXPECT_GE(test, f->nr_looked, 1U);
	KUNIT_EXPECT_LT(test, f->nr_looked, LOOKS_TOLD / 2U);
}

static bool is_forked_and_terminated(struct script *s)
{
	PUT((struct fix *)s->ctx, rec_clone(ROOT, 2, ROOT));
	kill(getpid(), SIGTERM);
	return false;
}

/* One has ended the session already. */
static void second_signal_ends_the_program(struct kunit *test)
{
	struct fix *f = test->priv;
	int status = 0;
	pid_t pid;

	f->s.interval_ns = 1000000000000;
	look_in_steps(f, ~0U, is_interrupted_once);
	pid = fork();
	if (!pid) {
		alarm(20);
		run(f, is_forked_and_terminated);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	look_at_once();
	KUNIT_EXPECT_EQ(test, WIFSIGNALED(status) ? WTERMSIG(status) : 0, SIGINT);
}

static void is_told_to_end(struct played *p, pid_t pid)
{
	play_attached(p, pid);
	kill(getpid(), SIGTERM);
}

/* There is always one more to be found. */
static void signal_ends_attaching(struct kunit *test)
{
	struct fix *f = test->priv;
	int i;

	for (i = 0; i < PLAYED_LOOKS; i++)
		f->src[0]->found[i] = 1;
	script_init(&f->target, 0, stays_still, f);
	f->target.t.attached = two;
	f->target.t.nr_attached = 2;
	f->src[0]->on_attach = is_told_to_end;
	f->s.nr_lanes = 2;
	KUNIT_EXPECT_EQ(test, session_run(&f->s), 128 + SIGTERM);
	KUNIT_EXPECT_STREQ(test, f->text,
			   "start bpf 1 start bpf 1 attach 1 lost lost summarysummary");
	KUNIT_EXPECT_EQ(test, f->src[0]->looks, 0UL);
}

static void interrupts(struct played *p, pid_t pid)
{
	kill(getpid(), SIGINT);
}

/* It is left to the command, which has it only once it is let go. */
static void signal_of_the_command_ends_attaching(struct kunit *test)
{
	struct fix *f = test->priv;
	int i;

	for (i = 0; i < PLAYED_LOOKS; i++)
		f->src[0]->found[i] = 1;
	script_init(&f->target, ROOT, ends_at_once, f);
	f->target.takes = 1UL << SIGINT;
	f->src[0]->on_attach = interrupts;
	f->s.all = true;
	KUNIT_EXPECT_EQ(test, session_run(&f->s), 3);
	KUNIT_EXPECT_TRUE(test, f->target.gone_on);
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 1 exit 1 lost summary");
	KUNIT_EXPECT_EQ(test, f->src[0]->looks, 1UL);
}

/* Somebody leaves at the first key. */
static bool leaves(struct sink *s)
{
	return false;
}

static const struct sink_ops leaves_ops = {
	.event = on_event,
	.fd = keys_fd,
	.ready = leaves,
};

static void key_ends_attaching(struct kunit *test)
{
	struct fix *f = test->priv;
	int i;

	for (i = 0; i < PLAYED_LOOKS; i++)
		f->src[0]->found[i] = 1;
	f->sink.ops = &leaves_ops;
	f->keys = eventfd(1, EFD_CLOEXEC);
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 2, stays_still), 0);
	close(f->keys);
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 1 attach 1 lost summary");
	KUNIT_EXPECT_EQ(test, f->src[0]->looks, 0UL);
}

static void time_is_up_while_attaching(struct kunit *test)
{
	struct fix *f = test->priv;
	int i;

	for (i = 0; i < PLAYED_LOOKS; i++)
		f->src[0]->found[i] = 1;
	f->s.duration_ns = 1;
	KUNIT_EXPECT_EQ(test, run_attached(f, two, 2, stays_still), 0);
	KUNIT_EXPECT_STREQ(test, f->text, "start bpf 1 attach 1 lost summary");
	KUNIT_EXPECT_EQ(test, f->src[0]->looks, 0UL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(status_is_the_targets),
	KUNIT_CASE(waits_for_what_is_left_behind),
	KUNIT_CASE(does_not_wait_if_told_so),
	KUNIT_CASE(without_exits_nobody_is_waited_for),
	KUNIT_CASE(lost_exit_is_not_waited_for),
	KUNIT_CASE(pid_of_a_lost_exit_is_used_again),
	KUNIT_CASE(lost_clone_is_waited_for),
	KUNIT_CASE(uncounted_exit_is_not_waited_for),
	KUNIT_CASE(signal_ends_it),
	KUNIT_CASE(signal_before_the_start),
	KUNIT_CASE(root_cannot_be_traced),
	KUNIT_CASE(two_sources),
	KUNIT_CASE(tap_gets_the_records),
	KUNIT_CASE(late_record_is_taken),
	KUNIT_CASE(unfinished_records_are_counted),
	KUNIT_CASE(totals_that_fail),
	KUNIT_CASE(waiting_that_fails_is_told),
	KUNIT_CASE(recording_tells_who_is_gone),
	KUNIT_CASE(recording_waits_for_what_is_left_behind),
	KUNIT_CASE(recording_knows_whom_a_trace_knows),
	KUNIT_CASE(what_waits_is_told_in_a_silence),
	KUNIT_CASE(clock_is_not_ahead_of_the_records),
	KUNIT_CASE(lost_exits_do_not_pile_up),
	KUNIT_CASE(nor_in_a_recording),
	KUNIT_CASE(attached_until_they_end),
	KUNIT_CASE(attached_once_it_gets_on),
	KUNIT_CASE(attached_are_looked_at),
	KUNIT_CASE(looks_that_may_not_be),
	KUNIT_CASE(recording_has_looks),
	KUNIT_CASE(looks_for_more),
	KUNIT_CASE(all_there_is),
	KUNIT_CASE(met_are_looked_for),
	KUNIT_CASE(no_more_are_looked_for),
	KUNIT_CASE(looking_for_met_fails),
	KUNIT_CASE(nobody_is_left_to_attach_to),
	KUNIT_CASE(lost_attachment_is_waited_for),
	KUNIT_CASE(attached_that_are_gone),
	KUNIT_CASE(gone_between_snapshots),
	KUNIT_CASE(gone_between_keys),
	KUNIT_CASE(snapshots_by_the_clock),
	KUNIT_CASE(snapshot_without_times),
	KUNIT_CASE(snapshot_with_times),
	KUNIT_CASE(snapshot_times_fail),
	KUNIT_CASE(snapshot_comes_after_the_ring),
	KUNIT_CASE(rings_are_read_in_a_look),
	KUNIT_CASE(rings_are_read_in_a_scan),
	KUNIT_CASE(signal_cuts_the_last_look),
	KUNIT_CASE(scan_that_is_given_up),
	KUNIT_CASE(second_signal_ends_the_program),
	KUNIT_CASE(signal_ends_attaching),
	KUNIT_CASE(signal_of_the_command_ends_attaching),
	KUNIT_CASE(key_ends_attaching),
	KUNIT_CASE(time_is_up_while_attaching),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_session",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
