// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_random.c - records in no order at all, of few processes and address spaces, so
 * that all of them meet: the model and the sinks that keep something must bear it.  And
 * what all of these allocate.
 *
 * Build: with user/core/{model,cgroups,convert,flags,known,schema,schema_json}.c,
 * user/core/{times,times_json}.c,
 * user/sink/{sink,json,text,text_page,text_tree,text_tries,text_attach,watch_view}.c,
 * user/sink/{watch_print,text_totals,text_times,text_curves}.c,
 * user/agg/{tree,fold,families,live,curves}.c,
 * user/source/hooks.c and user/lib/{fmt,line,table,utf8,out,hash,json}.c.
 */
#include <errno.h>

#include "allocations.h"
#include "shim.h"
#include "records.h"
#include "sink/sink.h"

#define SEEDS		150
#define RECORDS		2000

/* Of each: so few that any two records often have one in common. */
#define PIDS		6
#define SPACES		6
#define CGROUPS		3

/**
 * struct feed - what is fed, and what came of it
 * @sink: counts events; gives them to @shown
 * @x: state of the numbers
 * @exits: records
 * @ended: events, one for each exit
 */
struct feed {
	struct sink sink;
	struct sink *shown;
	struct model *m;
	unsigned int x;
	unsigned int exits;
	unsigned int ended;
};

static void on_event(struct sink *s, const struct event *e)
{
	struct feed *f = (struct feed *)s;

	f->ended += e->type == EVENT_EXIT;
	sink_event(f->shown, e);
}

static const struct sink_ops ops = { .event = on_event };

/* The same numbers on each run, whatever the C library. */
static unsigned int chance(struct feed *f, unsigned int of)
{
	f->x = f->x * 1103515245 + 12345;
	return (f->x >> 16) % of;
}

static pid_t some_pid(struct feed *f)
{
	return 1 + (pid_t)chance(f, PIDS);
}

static void feed_clone(struct feed *f)
{
	static const __u8 kinds[] = {
		CLEAVE_KIND_PROCESS, CLEAVE_KIND_VFORK, CLEAVE_KIND_THREAD,
		CLEAVE_KIND_VM_SHARER, CLEAVE_KIND_KTHREAD, CLEAVE_KIND_UMH,
	};
	struct cleave_clone c = rec_clone(some_pid(f), some_pid(f), chance(f, SPACES));

	c.parent_as = chance(f, SPACES);
	c.kind = kinds[chance(f, sizeof(kinds))];
	c.has_pages = chance(f, 2);
	c.cgroup = chance(f, CGROUPS);
	c.flags |= chance(f, 2) ? CLEAVE_F_INTO_CGROUP : 0;
	c.error = chance(f, 8) ? 0 : EAGAIN;
	if (c.kind == CLEAVE_KIND_THREAD)
		c.child_pid = c.parent_pid;
	FEED(f->m, c);
}

static void feed_exec(struct feed *f, __u64 ts)
{
	struct cleave_exec x = rec_exec(some_pid(f), chance(f, SPACES), chance(f, SPACES),
					chance(f, 2) ? CLEAVE_HAS_FIGURES : 0);

	x.hdr.ts = ts;
	x.tid = some_pid(f);
	x.cgroup = chance(f, CGROUPS);
	x.error = chance(f, 2) ? ENOENT : 0;
	x.path[5] = (char)('a' + chance(f, 3));
	FEED(f->m, x);
}

static void feed_break(struct feed *f)
{
	struct cleave_break b = {
		.hdr = { .type = CLEAVE_REC_BREAK, .size = sizeof(b) },
		.as = chance(f, SPACES),
		.pid = some_pid(f),
		.tid = some_pid(f),
	};

	FEED(f->m, b);
}

/* Up to its end it is passed over, where another record lay in the one that began before. */
static void feed_snapshot(struct feed *f)
{
	unsigned int nr = chance(f, SPACES);

	while (nr--)
		FEED(f->m, rec_snap(1 + chance(f, SPACES), chance(f, SPACES),
				    chance(f, 1 << 8)));
	FEED(f->m, rec_snapped(chance(f, 9), chance(f, 2)));
}

/* Some snapshots begin, and others come in between. */
static void feed_live(struct feed *f)
{
	struct cleave_attach a = rec_attach(some_pid(f), some_pid(f), chance(f, SPACES),
					    chance(f, SPACES));
	struct own_look look = rec_look(some_pid(f), chance(f, SPACES), 50, chance(f, 2));

	a.what = chance(f, 4) ? CLEAVE_HAS_FIGURES : chance(f, 2) * CLEAVE_JUST_MADE;
	look.may = chance(f, 4);
	a.cgroup = chance(f, CGROUPS);
	switch (chance(f, 7)) {
	case 0 ... 1:
		FEED(f->m, a);
		break;
	case 2:
		FEED(f->m, look);
		break;
	case 3:
		FEED(f->m, rec_snap(1 + chance(f, SPACES), chance(f, SPACES),
				    chance(f, 1 << 8)));
		break;
	case 5:
		FEED(f->m, rec_cgroup(chance(f, CGROUPS), "/a/cgroup" + chance(f, 10)));
		break;
	default:
		feed_snapshot(f);
		break;
	}
}

static void feed_one(struct feed *f, __u64 ts)
{
	struct own_gone g = { .hdr = { OWN_REC_GONE, sizeof(g), 0, ts } };

	switch (chance(f, 17)) {
	case 0 ... 3:
		feed_clone(f);
		break;
	case 4 ... 5:
		feed_exec(f, ts);
		break;
	case 6 ... 8:
		f->exits++;
		FEED(f->m, rec_exit(some_pid(f), chance(f, SPACES), chance(f, 300)));
		break;
	case 9 ... 10:
		FEED(f->m, rec_end(chance(f, SPACES), chance(f, 4) ? CLEAVE_HAS_FIGURES : 0));
		break;
	case 11:
		feed_break(f);
		break;
	case 12 ... 15:
		feed_live(f);
		break;
	default:
		g.pid = some_pid(f);
		FEED(f->m, g);
		break;
	}
}

static void feed(struct kunit *test, unsigned int seed, struct sink *shown, struct known *known)
{
	struct event end = { .type = EVENT_SUMMARY, .ts = 9000, .summary.backend = "bpf" };
	static const pid_t named[] = { 1, 2 };
	const struct event start = {
		.type = EVENT_START,
		.start = {
			.version = "0.1", .boot_id = "b", .backend = "bpf", .kernel = "6.1",
			.has_attached = seed % 3, .attached = named,
			.nr_attached = seed % 3 ? 2 : 0,
		},
	};
	struct feed f = { .sink.ops = &ops, .shown = shown, .x = seed };
	int i;

	known->ends = seed % 4;
	sink_event(shown, &start);
	f.m = model_new(&f.sink, known);
	for (i = 0; i < RECORDS; i++)
		feed_one(&f, i * 1000000ULL);
	model_flush(f.m);
	/* Nobody is left that has ended, and nobody has ended twice. */
	KUNIT_EXPECT_EQ(test, f.ended, f.exits);
	KUNIT_EXPECT_LE(test, model_live(f.m), 1UL * PIDS);
	sink_event(shown, &end);
	model_free(f.m);
}

static void any_order(struct kunit *test)
{
	struct out out = { .f = fopen("/dev/null", "w"), .fd = -1 };
	unsigned int seed;

	for (seed = 0; seed < SEEDS; seed++) {
		struct known known;
		struct sink *shown;

		known_all(&known);
		shown = sink_new(seed % 2 ? "text" : "json", &out, &known);
		KUNIT_ASSERT_NOT_NULL(test, shown);
		feed(test, seed, shown, &known);
		sink_free(shown);
	}
	fclose(out.f);
}

static void feed_alike(struct model *m, int rounds)
{
	for (; rounds; rounds--) {
		FEED(m, rec_clone(1, 2, 7));
		FEED(m, rec_clone(1, 3, 9));
		FEED(m, rec_exec(3, 9, 10, CLEAVE_HAS_FIGURES));
		FEED(m, rec_exit(2, 7, 0));
		FEED(m, rec_end(7, CLEAVE_HAS_FIGURES));
		FEED(m, rec_exit(3, 10, 0));
	}
}

/* What processes took that have ended is used again, by the sinks, too. */
static void nothing_is_allocated_per_event(struct kunit *test)
{
	struct out out = { .f = fopen("/dev/null", "w"), .fd = -1 };
	static const char *const names[] = { "text", "json" };
	int i;

	KUNIT_ASSERT_TRUE(test, count_allocations());
	for (i = 0; i < 2; i++) {
		unsigned long before;
		struct known known;
		struct sink *shown;
		struct model *m;

		known_all(&known);
		shown = sink_new(names[i], &out, &known);
		m = model_new(shown, &known);
		feed_alike(m, 100);
		before = allocations;
		KUNIT_EXPECT_GT(test, before, 0UL);
		feed_alike(m, 1000);
		KUNIT_EXPECT_EQ(test, allocations, before);
		model_free(m);
		sink_free(shown);
	}
	fclose(out.f);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(any_order),
	KUNIT_CASE(nothing_is_allocated_per_event),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_random",
	.test_cases = cases,
};

kunit_test_suite(suite);
