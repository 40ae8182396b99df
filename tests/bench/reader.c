// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader.c - what cleave's own process does for a record: a played source, the model
 * and a sink, without a kernel.  See tests/bench/reader.
 *
 * reader SINK WORK COUNT ALIVE
 *	SINK is a format, none or record: play WORK so often, while so many processes
 *	are alive beside it
 * reader --snapshots SINK COUNT SPACES
 *	SINK is none, a format, watch or screen (which is standard output, a terminal):
 *	take so many snapshots, of so many address spaces
 * reader --soak COUNT
 *	play so many records of all kinds, some of them lost, through the model and
 *	the text, and print how much memory it has after each tenth of them
 * reader --record COUNT FILE
 *	the same records into a recording
 */
#include <err.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/lane.h"
#include "core/start.h"
#include "played.h"
#include "records.h"
#include "sink/recording.h"
#include "sink/watch.h"

#define ROOT		1
#define FIRST_PID	2
#define PID_MAX		(1 << 22)
#define BATCH		64	/* records that a drain finds */
#define BETWEEN_NS	10000	/* from one record to the next */
#define INTERVAL_NS	1000000000	/* from one snapshot to the next */
#define CHILDREN	4	/* of each creator in these */

/**
 * struct bench - what is played, and to whom
 * @src: the source
 * @lane: with the model and the sink
 * @pid: of the next process; they go round, as a kernel's do
 * @busy: pids of processes that stay alive
 * @as: the last address space
 * @queued: records since the last drain
 * @tidies: whoever is not there is forgotten; else all that were made are taken for
 *	alive
 */
struct bench {
	struct played *src;
	struct lane lane;
	pid_t pid;
	__u64 busy;
	__u64 as;
	unsigned int queued;
	bool tidies;
};

static __u64 now = 1000000000;

/* In the place of the C library's: what is done by the clock is the same each time. */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
	(void)clock;
	*ts = (struct timespec) { .tv_sec = now / 1000000000, .tv_nsec = now % 1000000000 };
	return 0;
}

/* The sink for what the model alone costs. */
static void drop(struct sink *s, const struct event *e)
{
	(void)s;
	(void)e;
}

static void drop_free(struct sink *s)
{
	(void)s;
}

static struct sink *sink_none(void)
{
	static const struct sink_ops ops = { .event = drop, .free = drop_free };
	static struct sink none = { .ops = &ops };

	return &none;
}

static void drain(struct bench *b)
{
	while (lane_drain(&b->lane, 1024))
		;
	if (b->tidies)
		lane_tidy(&b->lane);
	b->queued = 0;
}

static void put(struct bench *b, const void *rec)
{
	played_put(b->src, rec);
	now += BETWEEN_NS;
	if (++b->queued == BATCH)
		drain(b);
}

static pid_t next_pid(struct bench *b)
{
	pid_t pid = b->pid++;

	if (b->pid == PID_MAX)
		b->pid = FIRST_PID + b->busy;
	return pid;
}

static void play_clone(struct bench *b, pid_t pid, __u64 as)
{
	struct cleave_clone c = rec_clone(ROOT, pid, as);

	put(b, &c);
}

static void play_end(struct bench *b, pid_t pid, __u64 as)
{
	struct cleave_exit x = rec_exit(pid, as, 0);
	struct cleave_end e = rec_end(as, CLEAVE_HAS_FIGURES);

	put(b, &x);
	put(b, &e);
}

static void work_clone(struct bench *b)
{
	pid_t pid = next_pid(b);
	__u64 as = ++b->as;

	play_clone(b, pid, as);
	play_end(b, pid, as);
}

/* As kernels before 7.x have it. */
static void work_clone_6(struct bench *b)
{
	pid_t pid = next_pid(b);
	__u64 as = ++b->as;
	struct cleave_exit x = rec_exit(pid, as, 0);
	struct cleave_end e = rec_end(as, CLEAVE_HAS_FIGURES);

	play_clone(b, pid, as);
	put(b, &e);
	put(b, &x);
}

static void work_exec(struct bench *b)
{
	pid_t pid = next_pid(b);
	__u64 as = ++b->as;
	struct cleave_exec x = rec_exec(pid, as, as + 1, CLEAVE_HAS_FIGURES);
	struct cleave_exit e = rec_exit(pid, as + 1, 0);

	b->as++;
	play_clone(b, pid, as);
	put(b, &x);
	put(b, &e);
}

static void work_thread(struct bench *b)
{
	struct cleave_clone c = rec_vfork(ROOT, ROOT, 1);

	c.kind = CLEAVE_KIND_THREAD;
	c.child_tid = next_pid(b);
	put(b, &c);
}

static void work_break(struct bench *b)
{
	struct cleave_break k = {
		.hdr = { .type = CLEAVE_REC_BREAK, .size = sizeof(k) },
		.as = 1,
		.addr = 0x7f0000001000,
		.pid = ROOT,
		.tid = ROOT,
	};

	put(b, &k);
}

static const struct {
	const char *name;
	void (*play)(struct bench *b);
} works[] = {
	{ "clone", work_clone },
	{ "clone6", work_clone_6 },
	{ "exec", work_exec },
	{ "thread", work_thread },
	{ "break", work_break },
};

/* Small and repeatable; how good it is does not matter. */
static unsigned int chance(void)
{
	static unsigned int x = 1;

	x = x * 1103515245 + 12345;
	return x >> 16;
}

/* One process of any kind, one record in a hundred of which is lost. */
static void soak_one(struct bench *b)
{
	unsigned int kind = chance() % 8;
	pid_t pid = next_pid(b);
	__u64 as = ++b->as;

	if (kind == 0) {
		struct cleave_clone c = rec_clone(ROOT, pid, 0);

		/* No exit comes of a kernel thread. */
		c.kind = CLEAVE_KIND_KTHREAD;
		c.call = CLEAVE_CALL_KTHREAD;
		c.has_pages = 0;
		put(b, &c);
		return;
	}
	if (kind == 1) {
		work_thread(b);
		return;
	}
	if (chance() % 100)
		play_clone(b, pid, as);
	if (kind < 5) {
		struct cleave_exec x = rec_exec(pid, as, as + 1, CLEAVE_HAS_FIGURES);

		b->as++;
		if (chance() % 100)
			put(b, &x);
		as++;
	}
	if (chance() % 100) {
		struct cleave_exit x = rec_exit(pid, as, 0);

		put(b, &x);
	}
	if (kind >= 5 && chance() % 100) {
		struct cleave_end e = rec_end(as, CLEAVE_HAS_FIGURES);

		put(b, &e);
	}
}

static long resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (!f || fscanf(f, "%*d %ld", &pages) != 1)
		err(1, "/proc/self/statm");
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void soak(struct bench *b, unsigned long count, bool say)
{
	unsigned long done = 0;
	int tenth;

	b->tidies = true;

	for (tenth = 1; tenth <= 10; tenth++) {
		while (done < count / 10 * tenth) {
			__u64 before = b->src->s.taken;

			soak_one(b);
			done += b->src->s.taken - before;
		}
		if (say)
			printf("%lu records, %zu processes known, %ld KiB\n", done,
			       lane_live(&b->lane), resident_kib());
	}
}

static void play(struct bench *b, const char *work, unsigned long count,
		 unsigned long alive)
{
	unsigned long i;
	size_t w = 0;

	while (strcmp(works[w].name, work) != 0)
		if (++w == sizeof(works) / sizeof(works[0]))
			errx(2, "no such work: %s", work);
	for (i = 0; i < alive; i++)
		play_clone(b, next_pid(b), ++b->as);
	b->busy = alive;
	drain(b);
	if (lane_live(&b->lane) < alive)
		errx(1, "%lu are not alive", alive);
	for (i = 0; i < count; i++)
		works[w].play(b);
	drain(b);
}

static void tell_start(struct bench *b)
{
	struct start s;

	if (start_init(&s, "bpf", NULL, NULL))
		errx(1, "out of memory");
	lane_start(&b->lane, start_of(&s, b->src->s.hooks, NULL, 0));
	start_free(&s);
}

/* Not inlined: what is in it is counted. */
static void __attribute__((noinline)) snapshot(struct bench *b, const struct own_snap *snaps,
					       unsigned long nr)
{
	struct own_snapped end = rec_snapped(nr, true);
	unsigned long i;

	for (i = 0; i < nr; i++)
		model_record(b->lane.model, &snaps[i].hdr);
	end.hdr.ts = now;
	model_record(b->lane.model, &end.hdr);
	sink_flush(b->lane.sink);
}

/* All of them copy something all the time, each at a rate of its own. */
static void snapshots(struct bench *b, unsigned long count, unsigned long nr)
{
	struct own_snap *snaps = calloc(nr, sizeof(*snaps));
	unsigned long i, k;

	if (!snaps)
		errx(1, "out of memory");
	tell_start(b);
	for (i = 0; i < nr; i++) {
		play_clone(b, next_pid(b), i + 2);
		snaps[i] = rec_snap(i + 2, 2 + i - i % CHILDREN, CLEAVE_HAS_FIGURES);
		snaps[i].snap.fig.shared = 100 * i;
	}
	drain(b);
	for (k = 0; k < count; k++) {
		now += INTERVAL_NS;
		for (i = 0; i < nr; i++) {
			snaps[i].hdr.ts = now;
			snaps[i].snap.fig.since_clone_ns = k * INTERVAL_NS;
			snaps[i].snap.fig.cow[CLEAVE_COPIED] += chance() % 64;
		}
		snapshot(b, snaps, nr);
	}
	free(snaps);
}

static struct sink *sink_of(const char *name, struct out *out, const struct known *known)
{
	if (!strcmp(name, "none"))
		return sink_none();
	if (!strcmp(name, "watch") || !strcmp(name, "screen"))
		return sink_watch(out, known, WATCH_RATE, !strcmp(name, "screen"));
	return sink_new(name, out, known);
}

static void open_bench(struct bench *b, const char *sink, struct out *out)
{
	*b = (struct bench) { .pid = FIRST_PID, .as = 1 };
	b->src = played_new("bpf");
	b->lane.src = &b->src->s;
	if (!strcmp(sink, "record")) {
		const struct recording_opts opts = { .pack = true };

		b->lane.tap = recording_new(out->fd, &b->src->s, &opts);
	} else {
		b->lane.sink = sink_of(sink, out, &b->src->s.known);
	}
	if (!b->lane.sink && !b->lane.tap)
		errx(2, "no such sink: %s", sink);
	if (lane_open(&b->lane))
		errx(1, "out of memory");
	lane_root(&b->lane, ROOT);
}

/* The frame around the records, where there is to be a whole recording. */
static void frame(struct bench *b, unsigned long count)
{
	struct event end = { .type = EVENT_SUMMARY, .summary.backend = "bpf" };

	tell_start(b);
	soak(b, count, false);
	drain(b);
	end.ts = now;
	lane_finish(&b->lane, &end);
}

static void usage(void)
{
	errx(2, "usage: reader SINK WORK COUNT ALIVE | --snapshots SINK COUNT SPACES | --soak COUNT | --record COUNT FILE");
}

int main(int argc, char **argv)
{
	bool soaks = argc == 3 && !strcmp(argv[1], "--soak");
	bool records = argc == 4 && !strcmp(argv[1], "--record");
	bool snaps = argc == 5 && !strcmp(argv[1], "--snapshots");
	const char *sink = soaks ? "text" : records ? "record" : snaps ? argv[2] : argv[1];
	const char *path = records ? argv[3] : strcmp(sink, "screen") ? "/dev/null" : "-";
	struct out out;
	struct bench b;
	__u64 nr;

	if (!soaks && !records && argc != 5)
		usage();
	if (out_open(&out, path))
		err(1, "%s", path);
	/* As the command does; not for the others, whose figures are kept. */
	if (snaps)
		setlocale(LC_ALL, "");
	open_bench(&b, sink, &out);
	if (soaks)
		soak(&b, strtoul(argv[2], NULL, 0), true);
	else if (records)
		frame(&b, strtoul(argv[2], NULL, 0));
	else if (snaps)
		snapshots(&b, strtoul(argv[3], NULL, 0), strtoul(argv[4], NULL, 0));
	else
		play(&b, argv[2], strtoul(argv[3], NULL, 0), strtoul(argv[4], NULL, 0));
	lane_close(&b.lane);
	if (b.lane.tap)
		recording_finish(b.lane.tap, &nr);
	sink_free(b.lane.sink);
	b.src->s.ops->close(&b.src->s);
	return -out_close(&out);
}
