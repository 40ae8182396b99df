// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_recording.c - what is recorded is shown again, to the byte; what is cut off,
 * damaged, foreign or of another version is said, and shown as far as it goes.
 *
 * Build: with
 * user/core/{layout,replay,lane,tell_cgroups,looks,alive,model}.c,
 * user/core/{cgroups,start,schema,schema_json,known}.c,
 * user/core/{times,times_json,convert,flags,signals}.c,
 * user/core/{session,attaching,shots,left,closing}.c, user/target/last_signal.c,
 * user/sink/{recording,sink,json,text,text_page}.c,
 * user/sink/{text_totals,text_times,text_curves,text_tree}.c,
 * user/sink/{text_tries,text_attach,watch_view,watch_print}.c,
 * user/source/{cgroup,file,file_header,hooks,snaps}.c,
 * user/agg/{tree,fold,families,live,curves}.c,
 * user/lib/{sys,json,out,utf8,fmt,line,table,hash}.c and tests/played/played.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "core/convert.h"
#include "core/lane.h"
#include "core/layout.h"
#include "core/recording.h"
#include "core/replay.h"
#include "core/session.h"
#include "core/start.h"
#include "lib/clock.h"
#include "played.h"
#include "records.h"
#include "shim.h"
#include "sink/recording.h"
#include "source/file.h"

/**
 * struct fix - a trace that is recorded and shown at once
 * @live: what was shown then
 * @file: the recording
 * @shown: what a report shows
 */
struct fix {
	struct played *src;
	int fd;
	char *live, *shown;
	size_t live_len, shown_len;
	unsigned char *file;
	size_t len;
	char why[SOURCE_WHY];
	__u64 given_up;
};

/* How wide the terminal is; 0: there is none. */
static unsigned int columns;

/* In the place of the C library's: all that is asked for here is that. */
int ioctl(int fd, unsigned long request, ...)
{
	struct winsize *w;
	va_list ap;

	va_start(ap, request);
	w = va_arg(ap, struct winsize *);
	va_end(ap);
	if (request != TIOCGWINSZ || !columns)
		return -1;
	*w = (struct winsize) { .ws_col = columns };
	return 0;
}

/* Of @rec, where one in @losing is lost; 0: none. */
static void put(struct played *p, const void *rec, unsigned int losing)
{
	static unsigned int x;

	x = x * 1103515245 + 12345;
	if (!losing || (x >> 16) % losing)
		played_put(p, rec);
}

/* Processes of all kinds, some records of whom are lost, and who are then found gone. */
static void play_lossy(struct lane *l, int rounds)
{
	struct played *p = (struct played *)l->src;
	int n;

	for (n = 0; n < rounds; n++) {
		/* Above the largest pid: never there. */
		pid_t a = (1 << 23) + 2 * n, b = a + 1;
		__u64 as = 3 * n + 7;
		struct cleave_clone c = rec_clone(1, a, as), d = rec_vfork(a, b, as);
		struct cleave_exec x = rec_exec(b, as, as + 1, 0);
		struct cleave_exit e = rec_exit(a, as, 0), f = rec_exit(b, as + 1, 9);
		struct cleave_end end = rec_end(as, CLEAVE_HAS_FIGURES);

		x.error = n % 5 ? 0 : ENOENT;
		x.hdr.ts = n * 1000000ULL;
		put(p, &c, 5);
		put(p, &d, 5);
		put(p, &x, 5);
		put(p, &f, 5);
		put(p, &e, 5);
		put(p, &end, 5);
		lane_drain(l, 1000);
		if (n % 100)
			continue;
		lane_mark_gone(l);
		lane_sweep(l);
	}
}

static void play(struct lane *l, int rounds)
{
	struct played *p = (struct played *)l->src;
	int n;

	for (n = 0; n < rounds; n++) {
		struct cleave_clone c = rec_clone(1, 2, 2 * n + 7);
		struct cleave_exec x = rec_exec(2, 2 * n + 7, 2 * n + 8, CLEAVE_HAS_FIGURES);
		struct cleave_exit e = rec_exit(2, 2 * n + 8, n % 3 ? 9 : 3 << 8);
		struct own_gone g = {
			.hdr = { OWN_REC_GONE, sizeof(g), 0, 5000 }, .pid = 3,
		};

		memcpy(c.comm, "\xff\x1b\"\n\xc3\xa4xxxxxxxxxx", 16);
		played_put(p, &c);
		c = rec_clone(1, 3, 2 * n + 100007);
		played_put(p, &c);
		played_put(p, &x);
		played_put(p, &e);
		played_put(p, &g);
		lane_drain(l, 1000);
	}
}

/* Attached to, looked at, in a snapshot, and gone. */
static void play_attached(struct lane *l, int rounds)
{
	struct played *p = (struct played *)l->src;
	int n;

	for (n = 0; n < rounds; n++) {
		pid_t pid = 10 + n;
		__u64 as = 20 + n, creator = 19 + n;
		struct cleave_attach a = rec_attach(pid, pid - 1, as, creator);
		struct own_look base = rec_look(pid, as, 60, false);
		struct own_look now = rec_look(pid, as, 50, true);
		struct own_snap s = rec_timed(as, creator, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED,
					      (struct cleave_spent) { 9, 7, 800, 300 });
		struct own_took took = rec_took(CLEAVE_SIDE_AFTER, CLEAVE_COPIED, n);
		struct own_snapped end = rec_snapped(n, n % 2);
		struct cleave_exit e = rec_exit(pid - 1, creator, 0);

		base.may = n % 3 != 0;
		end.took = 2;
		played_put(p, &a);
		played_put(p, &base);
		played_put(p, &now);
		played_put(p, &s);
		played_put(p, &took);
		played_put(p, &end);
		played_put(p, &e);
		lane_drain(l, 1000);
	}
}

static void summary_of(struct event *e)
{
	struct cleave_totals t;
	unsigned int i;

	for (i = 0; i < sizeof(t) / 8; i++)
		((__u64 *)&t)[i] = 1000 + i;
	*e = (struct event) { .type = EVENT_SUMMARY, .ts = 90000 };
	e->summary.backend = "bpf";
	e->summary.duration_ns = 80000;
	e->summary.attach_ns = 17;
	convert_totals(&e->summary.totals, &t);
	convert_lost(&e->summary.lost, &t);
	e->summary.lost.unread = 3;
}

/* Record and show @rounds; the trace's end is recorded if @end. */
static void make_by(struct kunit *test, const char *format, int rounds, bool pack, bool end,
		    void (*player)(struct lane *l, int rounds))
{
	struct fix *f = test->priv;
	char *argv[] = { "sh", "-c", "echo \xff\x1b \xe2\x80\xae", NULL };
	const struct recording_opts o = { .breaks = true, .pack = pack };
	struct out out = { .f = open_memstream(&f->live, &f->live_len), .fd = -1 };
	struct lane l = { .src = &f->src->s };
	struct start s;
	struct event e;
	__u64 records;

	l.sink = sink_new(format, &out, &f->src->s.known);
	l.tap = recording_new(f->fd, l.src, &o);
	KUNIT_EXPECT_EQ(test, lane_open(&l) | start_init(&s, "bpf", argv, "nobody"), 0);
	lane_start(&l, start_of(&s, l.src->hooks, lane_root(&l, 1), 1));
	player(&l, rounds);
	summary_of(&e);
	e.summary.times = (struct ev_times) { l.src->times, true, &f->src->times };
	e.summary.switches = (struct ev_switches) { l.src->switches, { 7, 8, 9 } };
	if (end)
		lane_finish(&l, &e);
	lane_lost(&l, &e);
	lane_summary(&l, &e);
	lane_close(&l);
	start_free(&s);
	sink_free(l.sink);
	KUNIT_EXPECT_EQ(test, recording_finish(l.tap, &records), 0);
	fclose(out.f);
	f->len = lseek(f->fd, 0, SEEK_CUR);
	f->file = malloc(f->len);
	KUNIT_EXPECT_EQ(test, pread(f->fd, f->file, f->len, 0), (ssize_t)f->len);
}

static void make(struct kunit *test, const char *format, int rounds, bool pack, bool end)
{
	make_by(test, format, rounds, pack, end, play);
}

/* Reads @file again; returns what is wrong with it, or "". */
static const char *show(struct kunit *test, const char *format)
{
	struct fix *f = test->priv;
	struct source *file;
	struct out out = { 0 };
	struct sink *sink;

	free(f->shown);
	f->shown = NULL;
	KUNIT_EXPECT_EQ(test, ftruncate(f->fd, 0), 0);
	KUNIT_EXPECT_EQ(test, pwrite(f->fd, f->file, f->len, 0), (ssize_t)f->len);
	lseek(f->fd, 0, SEEK_SET);
	dup2(f->fd, 0);
	file = file_open("-", f->why);
	if (!file)
		return f->why;
	out = (struct out) { .f = open_memstream(&f->shown, &f->shown_len), .fd = -1 };
	sink = sink_new(format, &out, &file->known);
	KUNIT_EXPECT_EQ(test, replay(file, sink, &f->given_up), 0);
	sink_free(sink);
	fclose(out.f);
	snprintf(f->why, sizeof(f->why), "%s", file_trouble(file) ?: "");
	file->ops->close(file);
	return f->why;
}

static int fix_init(struct kunit *test)
{
	struct fix *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -1;
	test->priv = f;
	f->src = played_new("bpf");
	f->src->s.attach_ns = 17;
	f->src->s.hooks[CLEAVE_HOOK_SET_ACCESS].attached = false;
	f->src->s.hooks[CLEAVE_HOOK_SET_ACCESS].error = ENOENT;
	f->src->s.hooks[CLEAVE_HOOK_DEPOSIT].attached = false;
	f->src->s.hooks[CLEAVE_HOOK_DEPOSIT].needed = false;
	known_init(&f->src->s.known, f->src->s.hooks);
	f->fd = memfd_create("recording", MFD_CLOEXEC);
	return f->fd < 0 ? -1 : 0;
}

static void fix_exit(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src->s.ops->close(&f->src->s);
	free(f->live);
	free(f->shown);
	free(f->file);
	close(f->fd);
}

static void same_text(struct kunit *test)
{
	struct fix *f = test->priv;

	make(test, "text", 20, true, true);
	KUNIT_EXPECT_STREQ(test, show(test, "text"), "");
	KUNIT_EXPECT_STREQ(test, f->shown, f->live);
}

static void same_json(struct kunit *test)
{
	struct fix *f = test->priv;

	make(test, "json", 1000, true, true);
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_STREQ(test, f->shown, f->live);
}

static struct cleave_took took(__u64 as, __u32 side, __u64 breaks)
{
	struct cleave_took t = {
		.hdr = { .type = CLEAVE_REC_TIMES, .size = sizeof(t) },
		.as = as, .side = side, .outcome = CLEAVE_COPIED,
		.time = { .breaks = breaks, .count = breaks - 1, .sum_ns = 100 * breaks,
			  .max_ns = 127 },
	};

	t.time.hist[6] = breaks - 1;
	return t;
}

static void play_timed(struct lane *l, int rounds)
{
	struct played *p = (struct played *)l->src;
	int n;

	for (n = 0; n < rounds; n++) {
		struct cleave_clone c = rec_clone(1, 2, 2 * n + 7);
		struct cleave_took before = took(2 * n + 7, CLEAVE_SIDE_BEFORE_EXEC, 8 + n % 2);
		struct cleave_exec x = rec_exec(2, 2 * n + 7, 2 * n + 8, CLEAVE_HAS_FIGURES);
		struct cleave_took after = took(2 * n + 8, CLEAVE_SIDE_AFTER, 9);
		struct cleave_exit e = rec_exit(2, 2 * n + 8, 0);
		struct cleave_end end = rec_end(2 * n + 8, 0);

		played_put(p, &c);
		played_put(p, &before);
		played_put(p, &x);
		played_put(p, &e);
		played_put(p, &after);
		played_put(p, &end);
		lane_drain(l, 1000);
	}
}

/* With how long breaks took, those that are unknown and those of the summary, too. */
static void same_times(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src->s.times = true;
	f->src->times.of[CLEAVE_SIDE_CREATOR][CLEAVE_COPIED] =
		took(0, CLEAVE_SIDE_CREATOR, 77).time;
	make_by(test, "json", 20, true, true, play_timed);
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_STREQ(test, f->shown, f->live);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"break_ns\":null"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"after\":{\"copied\":{\"count\":8,"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"creator\":{\"copied\":{\"count\":76,"));
}

static void play_switched(struct lane *l, int rounds)
{
	struct played *p = (struct played *)l->src;
	int n;

	for (n = 0; n < rounds; n++) {
		struct cleave_clone c = rec_clone(1, 2, 2 * n + 7);
		struct cleave_exec x = rec_exec(2, 2 * n + 7, 2 * n + 8, CLEAVE_HAS_FIGURES);
		struct cleave_exit e = rec_exit(2, 2 * n + 8, 0);

		e.switches[CLEAVE_SWITCH_SAME] = n;
		e.switches[CLEAVE_SWITCH_OTHER] = 1;
		e.switches[CLEAVE_SWITCH_KERNEL] = 2;
		played_put(p, &c);
		played_put(p, &x);
		played_put(p, &e);
		lane_drain(l, 1000);
	}
}

/* How often tasks were switched to: it was asked for, by the exits and in all. */
static void same_switches(struct kunit *test)
{
	struct fix *f = test->priv;

	f->src->s.switches = true;
	make_by(test, "json", 20, true, true, play_switched);
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_STREQ(test, f->shown, f->live);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"switches\":{\"same_memory\":19,"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"switches\":{\"same_memory\":7,"));
}

/* All views, with losses, at any width. */
static void same_of_attached(struct kunit *test)
{
	struct fix *f = test->priv;

	make_by(test, "json", 20, true, true, play_attached);
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_STREQ(test, f->shown, f->live);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"shared_now\":50"));
}

static void same_whatever_was_lost(struct kunit *test)
{
	static const char *const formats[] = { "text", "summary", "json", "json-summary" };
	static const unsigned int widths[] = { 0, 80, 132 };
	struct fix *f = test->priv;
	size_t i, w;

	for (i = 0; i < 4; i++) {
		for (w = 0; w < (i < 2 ? 3 : 1); w++) {
			columns = widths[w];
			lseek(f->fd, 0, SEEK_SET);
			KUNIT_EXPECT_EQ(test, ftruncate(f->fd, 0), 0);
			free(f->live);
			free(f->file);
			make_by(test, formats[i], 300, true, true, play_lossy);
			KUNIT_EXPECT_STREQ(test, show(test, formats[i]), "");
			KUNIT_EXPECT_STREQ(test, f->shown, f->live);
			if (i == 2)
				KUNIT_EXPECT_NOT_NULL(test, strstr(f->live, "{\"type\":\"gone\""));
			/* At another width it is another text: it is heard of at all. */
			columns = 60;
			show(test, formats[i]);
			KUNIT_EXPECT_EQ(test, !strcmp(f->shown, f->live), i >= 2);
		}
	}
	columns = 0;
}

static void same_unpacked(struct kunit *test)
{
	struct fix *f = test->priv;

	make(test, "json", 1000, false, true);
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_STREQ(test, f->shown, f->live);
}

/* The records that are there, of one that is cut off; else 0. */
static unsigned long long cut_after(const char *why)
{
	static const char cut_off[] = "it is cut off, after ";
	const char *at = strstr(why, cut_off);

	return at ? strtoull(at + strlen(cut_off), NULL, 10) : 0;
}

static void no_end(struct kunit *test)
{
	struct fix *f = test->priv;
	unsigned long long said;

	make(test, "json", 1000, false, false);
	said = cut_after(show(test, "json"));
	/* Less than a block is missing. */
	KUNIT_EXPECT_GT(test, said, 4500ULL);
	KUNIT_EXPECT_LE(test, said, 5000ULL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"totals\":{\"clones\":{\"process\":null"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"unread\":null"));
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

/* Cut anywhere, it shows as many records as it says, and never more for less. */
static void cut_anywhere(struct kunit *test)
{
	struct fix *f = test->priv;
	size_t whole, len, last = 0, bad = 0, shown;
	unsigned long long said;

	make(test, "json", 200, false, true);
	whole = f->len;
	for (len = 1; len < whole; len += 2999) {
		f->len = len;
		show(test, "json");
		if (!f->shown) {
			bad += !*f->why;
			continue;
		}
		shown = count(f->shown, "\n") - 3;
		bad += sscanf(f->why, "it is cut off, after %llu records", &said) != 1 ||
		       said < shown || shown < last;
		last = shown;
	}
	KUNIT_EXPECT_EQ(test, bad, 0UL);
	KUNIT_EXPECT_GT(test, last, 500UL);
}

/* Of a recording that has no ends at all, only so many processes are kept. */
static void nobody_ends(struct kunit *test)
{
	struct fix *f = test->priv;
	const struct recording_opts o = { .pack = true };
	struct lane l = { .src = &f->src->s };
	__u64 records;
	struct event e;
	struct start s;
	int i;

	l.tap = recording_new(f->fd, l.src, &o);
	KUNIT_EXPECT_EQ(test, lane_open(&l) | start_init(&s, "bpf", NULL, NULL), 0);
	lane_start(&l, start_of(&s, l.src->hooks, NULL, 0));
	for (i = 0; i < REPLAY_PROCESSES + 1000; i++) {
		struct cleave_clone c = rec_clone(1, i + 2, i + 7);

		l.tap->ops->record(l.tap, &c.hdr);
	}
	summary_of(&e);
	lane_finish(&l, &e);
	recording_finish(l.tap, &records);
	lane_close(&l);
	start_free(&s);
	f->len = lseek(f->fd, 0, SEEK_CUR);
	f->file = malloc(f->len);
	KUNIT_EXPECT_EQ(test, pread(f->fd, f->file, f->len, 0), (ssize_t)f->len);
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	/* Not the creator of them all, of whom one hears again and again. */
	KUNIT_EXPECT_EQ(test, f->given_up, 1001ULL);
	KUNIT_EXPECT_EQ(test, count(f->shown, "{\"type\":\"gone\""), 1001UL);
	KUNIT_EXPECT_NULL(test, strstr(f->shown, "\"pid\":1,\"comm\":\"parent\",\"id\":1,"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown,
					   "\"pid\":1002,\"comm\":\"parent\",\"id\":1002,"));
	KUNIT_EXPECT_NULL(test, strstr(f->shown,
				       "\"pid\":1003,\"comm\":\"parent\",\"id\":1003,"));
}

/* What has come since the last block is written a while later, though nothing follows. */
static void silence(struct kunit *test)
{
	struct fix *f = test->priv;
	const struct recording_opts o = { 0 };
	struct tap *t = recording_new(f->fd, &f->src->s, &o);
	struct cleave_exit x = rec_exit(2, 7, 0);
	__u64 now = now_ns(), records;
	struct start s;
	off_t at;

	KUNIT_EXPECT_EQ(test, start_init(&s, "bpf", NULL, NULL), 0);
	t->ops->start(t, start_of(&s, f->src->s.hooks, NULL, 0));
	start_free(&s);
	KUNIT_EXPECT_FALSE(test, t->ops->idle(t, now));
	t->ops->record(t, &x.hdr);
	KUNIT_EXPECT_FALSE(test, t->ops->idle(t, now));
	at = lseek(f->fd, 0, SEEK_CUR);
	t->ops->record(t, &x.hdr);
	KUNIT_EXPECT_TRUE(test, t->ops->idle(t, now + 99999999));
	KUNIT_EXPECT_EQ(test, lseek(f->fd, 0, SEEK_CUR), at);
	KUNIT_EXPECT_FALSE(test, t->ops->idle(t, now + 100000000));
	KUNIT_EXPECT_GT(test, lseek(f->fd, 0, SEEK_CUR), at);
	KUNIT_EXPECT_EQ(test, recording_finish(t, &records), 0);
	KUNIT_EXPECT_EQ(test, records, 2ULL);
}

/* No damage goes unnoticed. */
static void flipped_anywhere(struct kunit *test)
{
	struct fix *f = test->priv;
	size_t at, bad = 0;

	make(test, "json", 100, true, true);
	for (at = 0; at < f->len; at += 13) {
		f->file[at] ^= 0x10;
		bad += !*show(test, "json");
		f->file[at] ^= 0x10;
	}
	KUNIT_EXPECT_EQ(test, bad, 0UL);
}

static void something_behind(struct kunit *test)
{
	struct fix *f = test->priv;

	make(test, "json", 1, true, true);
	f->file = realloc(f->file, f->len + 1);
	f->file[f->len++] = 0;
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "something follows its end");
	KUNIT_EXPECT_STREQ(test, f->shown, f->live);
}

static void foreign(struct kunit *test)
{
	struct fix *f = test->priv;

	f->file = (unsigned char *)strdup("{\"type\":\"start\",\"ts\":5}\n");
	f->len = strlen((char *)f->file);
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "it is no recording of cleave's");
	f->len = 0;
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "it is no recording of cleave's");
}

/* The block at @at gets its checksum and number; returns where the next one is. */
static size_t seal(struct fix *f, size_t at, __u32 seq)
{
	unsigned char *head = f->file + at;
	struct block b;

	memcpy(&b, head, sizeof(b));
	b.seq = seq;
	memcpy(head, &b, sizeof(b));
	b.crc = crc32(crc32(0, NULL, 0), head + BLOCK_CRC_FROM,
		      sizeof(b) - BLOCK_CRC_FROM + b.stored);
	memcpy(head, &b, sizeof(b));
	return at + sizeof(b) + b.stored;
}

/* Other bytes for those at @at, in the file. */
static void replace(struct fix *f, size_t at, size_t len, const void *to, size_t to_len)
{
	size_t rest = f->len - at - len;

	f->file = realloc(f->file, f->len + to_len);
	memmove(f->file + at + to_len, f->file + at + len, rest);
	memcpy(f->file + at, to, to_len);
	f->len += to_len - len;
}

/* The block at @at with one word for another, wherever it has it; returns how often. */
static unsigned int patch_block(struct fix *f, size_t at, const char *from, const char *to)
{
	unsigned int n = 0;
	struct block b;
	size_t off = 0;

	memcpy(&b, f->file + at, sizeof(b));
	for (;;) {
		unsigned char *body = f->file + at + sizeof(b);
		unsigned char *found = memmem(body + off, b.stored - off, from, strlen(from));

		if (!found)
			break;
		off = found - body;
		replace(f, at + sizeof(b) + off, strlen(from), to, strlen(to));
		off += strlen(to);
		b.stored += strlen(to) - strlen(from);
		n++;
	}
	b.length = b.stored;
	memcpy(f->file + at, &b, sizeof(b));
	seal(f, at, b.seq);
	return n;
}

static void patch(struct kunit *test, const char *from, const char *to)
{
	KUNIT_EXPECT_GT(test, patch_block(test->priv, RECORDING_MAGIC_LEN, from, to), 0U);
}

/* Where the trailer is. */
static size_t trailer_at(const struct fix *f)
{
	size_t at = RECORDING_MAGIC_LEN;

	for (;;) {
		struct block b;

		memcpy(&b, f->file + at, sizeof(b));
		if (b.kind == BLOCK_TRAILER)
			return at;
		at += sizeof(b) + b.stored;
	}
}

static void later_version(struct kunit *test)
{
	make(test, "json", 1, true, true);
	patch(test, "\"needs\":1", "\"needs\":9");
	patch(test, "\"wants\":\"0.1\"", "\"wants\":\"7.5\"");
	KUNIT_EXPECT_STREQ(test, show(test, "json"),
			   "it was recorded by cleave 0.1 and wants cleave 7.5 or later");
}

/* Nothing of it reaches a terminal as it is. */
static void hostile_version(struct kunit *test)
{
	make(test, "json", 1, true, true);
	patch(test, "\"needs\":1", "\"needs\":9");
	patch(test, "\"version\":\"0.1\",\"abi\"",
	      "\"version\":\"1\\u001b]0;x\\u0007\\u009b2J\\u202e\",\"abi\"");
	patch(test, "\"wants\":\"0.1\"",
	      "\"wants\":\"7\\n\\u001b[31m and forty characters, of which not all are shown\"");
	KUNIT_EXPECT_STREQ(test, show(test, "json"),
			   "it was recorded by cleave 1?]0;x???2J??? and wants cleave 7??[31m?and?forty?characters,?of or later");
}

static void unknown_type_is_counted(struct kunit *test)
{
	struct fix *f = test->priv;

	make(test, "json", 1, true, true);
	patch(test, "{\"name\":\"exec\"", "{\"name\":\"hexe\"");
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_NULL(test, strstr(f->shown, "{\"type\":\"exec\""));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"malformed\":1,"));
}

/* Its end is of a type that nobody knows, and an exit follows. */
static void snapshot_without_an_end(struct kunit *test)
{
	struct fix *f = test->priv;

	make_by(test, "json", 1, true, true, play_attached);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->live, "{\"type\":\"snapshot\""));
	patch(test, "{\"name\":\"snapped\"", "{\"name\":\"deppans\"");
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_NULL(test, strstr(f->shown, "{\"type\":\"snapshot\""));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"malformed\":2,"));
}

static void needed_field_is_missing(struct kunit *test)
{
	make(test, "json", 1, true, true);
	patch(test, "[\"flags\"", "[\"glafs\"");
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "its records of type clone have no flags");
}

/* Live, and then the same from the recording. */
static void attached_tells(struct kunit *test, const char *told)
{
	struct fix *f = test->priv;

	make_by(test, "json", 3, true, true, play_attached);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->live, told));
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_STREQ(test, f->shown, f->live);
}

/* By a cleave that did not tell yet how long breaks took until a snapshot: not 0. */
static void times_of_snapshots(struct kunit *test)
{
	static const char told[] =
		"{\"before_exec\":{\"count\":7,\"untimed\":2,\"sum_ns\":800,\"max_ns\":300}}";
	static const char unknown[] =
		"\"break_ns\":{\"before_exec\":{\"count\":null,\"untimed\":null,";
	struct fix *f = test->priv;

	f->src->s.times = true;
	f->src->s.hooks[CLEAVE_HOOK_SET_ACCESS].attached = true;
	known_init(&f->src->s.known, f->src->s.hooks);
	attached_tells(test, told);
	patch(test, "[\"snap.took.before_exec.sum_ns\"", "[\"snap.took.before_exec.SUM_NS\"");
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, unknown));
	KUNIT_EXPECT_NULL(test, strstr(f->shown, "\"count\":7"));
	/* The summary's are known all the same. */
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"break_ns\":{\"before_exec\":{}"));
}

/* The same of all breaks until then. */
static void all_times_of_snapshots(struct kunit *test)
{
	static const char told[] =
		"\"after\":{\"copied\":{\"count\":2,\"untimed\":1,\"sum_ns\":140,";
	struct fix *f = test->priv;

	f->src->s.times = true;
	attached_tells(test, told);
	patch(test, "[\"took\"", "[\"TOOK\"");
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"all_break_ns\":null"));
	KUNIT_EXPECT_NULL(test, strstr(f->shown, told));
}

/* Fields that lie elsewhere are found by name: here two change places. */
static void moved_fields(struct kunit *test)
{
	struct fix *f = test->priv;

	make(test, "json", 1, true, true);
	patch(test, "[\"duration_ns\"", "[\"DURATION\"");
	patch(test, "[\"pages.anon\"", "[\"duration_ns\"");
	patch(test, "[\"DURATION\"", "[\"pages.anon\"");
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"duration_ns\":70,"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"anon\":5,"));
}

/* A narrower field is extended, by its sign where it has one. */
static void narrow_fields(struct kunit *test)
{
	struct fix *f = test->priv;

	make(test, "json", 1, true, true);
	patch(test, "[\"duration_ns\",24,8]", "[\"duration_ns\",24,1]");
	patch(test, "[\"exit_signal\",156,4]", "[\"exit_signal\",156,1]");
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_STREQ(test, f->shown, f->live);
}

/* Values have names, too: the number of a call may be another one elsewhere. */
static void renumbered_values(struct kunit *test)
{
	struct fix *f = test->priv;

	make(test, "json", 1, true, true);
	patch(test, "\"fork\",\"vfork\",\"clone\"", "\"clone\",\"vfork\",\"fork\"");
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"call\":\"fork\""));
	patch(test, "\"clone\",\"vfork\",\"fork\"", "\"clone\",\"vfork\",\"spoon\"");
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_NULL(test, strstr(f->shown, "{\"type\":\"clone\""));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"malformed\":2,"));
}

/* By a cleave that did not count one of the outcomes yet: how many there were is unknown. */
static void one_outcome_less(struct kunit *test)
{
	struct fix *f = test->priv;

	make(test, "json", 1, true, true);
	/* Ours under another name, which this reader does not know, is not there. */
	patch(test, "fig.cow.not_a_break\"", "fig.cow.older\"");
	patch(test, "fig.creator_cow.not_a_break\"", "fig.creator_cow.older\"");
	patch(test, "\"not_a_break\"", "\"older\"");
	KUNIT_EXPECT_GT(test, patch_block(f, trailer_at(f), "\"not_a_break\":", "\"older\":"),
			0U);
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_EQ(test, count(f->shown, "\n"), count(f->live, "\n"));
	KUNIT_EXPECT_EQ(test, count(f->shown, "\"not_a_break\":null"),
			count(f->live, "\"not_a_break\":"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"cow\":{\"copied\":9"));
	KUNIT_EXPECT_NULL(test, strstr(f->shown, "\"never_copied\":null"));
	/* What follows from one that is not there is unknown as well. */
	patch(test, "fig.cow.copied\"", "fig.cow.ours\"");
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"never_copied\":null"));
}

/* By one that counts more than we do: of that we say nothing. */
static void one_outcome_more(struct kunit *test)
{
	struct fix *f = test->priv;

	make(test, "json", 3, true, true);
	patch(test, "[\"fig.as\",", "[\"fig.cow.newer\",24,8],[\"fig.as\",");
	patch(test, "\"outcomes\":[", "\"outcomes\":[\"newer\",");
	patch_block(f, trailer_at(f), "\"cow\":{", "\"cow\":{\"newer\":5,");
	patch_block(f, trailer_at(f), "\"clone\":", "\"newer\":5,\"clone\":");
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_STREQ(test, f->shown, f->live);
}

/* A type of record that there was not yet: none of them was written, and none lost. */
static void one_type_less(struct kunit *test)
{
	struct fix *f = test->priv;

	make(test, "json", 1, true, true);
	patch(test, "{\"name\":\"break\"", "{\"name\":\"older\"");
	KUNIT_EXPECT_GT(test, patch_block(f, trailer_at(f), "\"break\":", "\"older\":"), 0U);
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"break\":0,"));
}

/* A block of a kind that is not known yet, in front of each other but the first. */
static void with_blocks(struct kunit *test, __u16 kind)
{
	struct fix *f = test->priv;
	struct { struct block b; char body[8]; } extra = {
		.b = { .magic = BLOCK_MAGIC, .kind = kind, .stored = 8, .length = 8 },
		.body = "whatever",
	};
	size_t at = RECORDING_MAGIC_LEN;
	__u32 seq = 0;

	at = seal(f, at, seq++);
	while (at < f->len) {
		replace(f, at, 0, &extra, sizeof(extra));
		at = seal(f, at, seq++);
		at = seal(f, at, seq++);
	}
}

static void unknown_blocks_are_skipped(struct kunit *test)
{
	struct fix *f = test->priv;

	make(test, "json", 1000, false, true);
	with_blocks(test, BLOCK_OPTIONAL | 77);
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "");
	KUNIT_EXPECT_STREQ(test, f->shown, f->live);
}

/* Without the bit that says it may be skipped, it ends the recording. */
static void needed_blocks_are_not(struct kunit *test)
{
	make(test, "json", 1000, false, true);
	with_blocks(test, 77);
	KUNIT_EXPECT_STREQ(test, show(test, "json"), "it is damaged, after 0 records");
}

/* Each byte of a record belongs to a field, or is said to be none. */
static void layouts_are_complete(struct kunit *test)
{
	static const struct { __u16 type, spare; } spare[] = {
		{ CLEAVE_REC_CLONE, 4 }, { CLEAVE_REC_END, 4 }, { CLEAVE_REC_BREAK, 4 },
		{ OWN_REC_GONE, 4 }, { OWN_REC_LOOK, 4 }, { OWN_REC_SNAP, 4 },
	};
	const struct layout *l;

	for (l = layouts; l->name; l++) {
		const struct layout_field *f;
		size_t sum = sizeof(struct cleave_hdr), i;
		unsigned char seen[8192] = { 0 };

		for (f = l->fields; f->kind != LAYOUT_END; f++) {
			for (i = 0; i < f->size; i++)
				KUNIT_EXPECT_EQ(test, seen[f->offset + i]++, 0);
			sum += f->size;
		}
		for (i = 0; i < sizeof(spare) / sizeof(spare[0]); i++)
			if (spare[i].type == l->type)
				sum += spare[i].spare;
		KUNIT_EXPECT_EQ(test, sum, (size_t)l->size);
	}
}

/* Record rounds until there is no room in @fd; returns how many records there are. */
static __u64 until_full(struct kunit *test, int fd, int error)
{
	struct fix *f = test->priv;
	const struct recording_opts o = { 0 };
	struct lane l = { .src = &f->src->s };
	struct start s;
	struct event e;
	__u64 records;

	l.tap = recording_new(fd, l.src, &o);
	KUNIT_EXPECT_EQ(test, lane_open(&l) | start_init(&s, "bpf", NULL, NULL), 0);
	lane_start(&l, start_of(&s, l.src->hooks, lane_root(&l, 1), 1));
	play(&l, 1000);
	summary_of(&e);
	lane_finish(&l, &e);
	KUNIT_EXPECT_EQ(test, recording_finish(l.tap, &records), -error);
	KUNIT_EXPECT_NULL(test, l.model);
	lane_close(&l);
	start_free(&s);
	return records;
}

static void disk_full(struct kunit *test)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	KUNIT_EXPECT_EQ(test, until_full(test, fd, ENOSPC), 0ULL);
	close(fd);
}

/*
 * Some blocks find room, the next one in part: what was in the file before, as with
 * "record -o - >>FILE", is not cut, and the recording is whole up to there.
 */
static void full_on_the_way(struct kunit *test, const char *before, int flags)
{
	struct fix *f = test->priv;
	struct rlimit old, few;
	unsigned long long said;
	__u64 records;

	KUNIT_EXPECT_EQ(test, ftruncate(f->fd, 0), 0);
	KUNIT_EXPECT_EQ(test, pwrite(f->fd, before, strlen(before), 0), (ssize_t)strlen(before));
	fcntl(f->fd, F_SETFL, flags);
	getrlimit(RLIMIT_FSIZE, &old);
	few = (struct rlimit) { 300000, old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &few);
	records = until_full(test, f->fd, EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_DFL);
	fcntl(f->fd, F_SETFL, 0);
	KUNIT_EXPECT_GT(test, records, 500ULL);
	free(f->file);
	f->len = lseek(f->fd, 0, SEEK_END);
	KUNIT_EXPECT_LT(test, f->len, 300000UL);
	f->file = malloc(f->len);
	KUNIT_EXPECT_EQ(test, pread(f->fd, f->file, f->len, 0), (ssize_t)f->len);
	KUNIT_EXPECT_EQ(test, memcmp(f->file, before, strlen(before)), 0);
	f->len -= strlen(before);
	memmove(f->file, f->file + strlen(before), f->len);
	said = cut_after(show(test, "json"));
	KUNIT_EXPECT_EQ(test, said, records);
}

static void disk_full_on_the_way(struct kunit *test)
{
	struct fix *f = test->priv;

	full_on_the_way(test, "", 0);
	lseek(f->fd, 0, SEEK_SET);
	full_on_the_way(test, "of yesterday\n", O_APPEND);
	lseek(f->fd, 13, SEEK_SET);
	full_on_the_way(test, "of yesterday\n", 0);
}

/* Goes on for ever. */
static bool goes_on(struct script *s)
{
	struct lane *l = s->ctx;
	struct cleave_clone c = rec_clone(1, 100 + (pid_t)s->at, 7 + s->at);
	struct cleave_exit x = rec_exit(100 + (pid_t)s->at, 7 + s->at, 0);

	played_put((struct played *)l->src, &c);
	played_put((struct played *)l->src, &x);
	return true;
}

static void record_for_ever(struct fix *f)
{
	const struct recording_opts o = { .pack = true };
	struct lane l = { .src = &f->src->s };
	struct signals signals;
	struct script target;
	struct session s = {
		.target = &target.t, .lanes = &l, .nr_lanes = 1, .signals = &signals,
		.backend = "bpf", .look_ms = SESSION_LOOK_MS, .wait = true,
	};

	l.tap = recording_new(f->fd, l.src, &o);
	signals_block(&signals);
	script_init(&target, 1, goes_on, &l);
	session_run(&s);
}

/* What a session was recording as it was killed can be read up to its last block. */
static void killed(struct kunit *test)
{
	struct fix *f = test->priv;
	unsigned long long said;
	struct stat st;
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		record_for_ever(f);
		_exit(1);
	}
	do {
		usleep(1000);
	} while (!fstat(f->fd, &st) && st.st_size < 14000 && !waitpid(pid, &status, WNOHANG));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	KUNIT_EXPECT_EQ(test, WTERMSIG(status), SIGKILL);
	fstat(f->fd, &st);
	f->len = st.st_size;
	f->file = malloc(f->len);
	KUNIT_EXPECT_EQ(test, pread(f->fd, f->file, f->len, 0), (ssize_t)f->len);
	said = cut_after(show(test, "json"));
	KUNIT_EXPECT_GT(test, said, 100ULL);
	/* All of them in their order; no exit has its end. */
	KUNIT_EXPECT_EQ(test, count(f->shown, "{\"type\":\"clone\"") +
			count(f->shown, "{\"type\":\"exit\""), (size_t)said);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->shown, "\"totals\":{\"clones\":{\"process\":null"));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(same_text),
	KUNIT_CASE(same_json),
	KUNIT_CASE(same_times),
	KUNIT_CASE(same_switches),
	KUNIT_CASE(same_of_attached),
	KUNIT_CASE(same_whatever_was_lost),
	KUNIT_CASE(same_unpacked),
	KUNIT_CASE(killed),
	KUNIT_CASE(no_end),
	KUNIT_CASE(cut_anywhere),
	KUNIT_CASE(nobody_ends),
	KUNIT_CASE(silence),
	KUNIT_CASE(flipped_anywhere),
	KUNIT_CASE(something_behind),
	KUNIT_CASE(foreign),
	KUNIT_CASE(later_version),
	KUNIT_CASE(hostile_version),
	KUNIT_CASE(unknown_type_is_counted),
	KUNIT_CASE(snapshot_without_an_end),
	KUNIT_CASE(times_of_snapshots),
	KUNIT_CASE(all_times_of_snapshots),
	KUNIT_CASE(needed_field_is_missing),
	KUNIT_CASE(moved_fields),
	KUNIT_CASE(narrow_fields),
	KUNIT_CASE(renumbered_values),
	KUNIT_CASE(one_outcome_less),
	KUNIT_CASE(one_outcome_more),
	KUNIT_CASE(one_type_less),
	KUNIT_CASE(unknown_blocks_are_skipped),
	KUNIT_CASE(needed_blocks_are_not),
	KUNIT_CASE(layouts_are_complete),
	KUNIT_CASE(disk_full),
	KUNIT_CASE(disk_full_on_the_way),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_recording",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
