// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_golden.c - JSON to the byte: tests/unit/golden.json is what these records became
 * when it was last looked at.  What is made here lies in build/tests/golden.json; if it
 * is what is wanted, copy it.  tests/unit/test_json_schema holds both against the schema.
 *
 * Build: with user/agg/{families,live}.c, user/sink/json.c,
 * user/core/{known,flags,model,cgroups,times,convert,schema,schema_json,times_json}.c,
 * user/lib/{json,out,utf8,hash}.c and user/source/hooks.c.
 */
#include <stdlib.h>

#include "core/convert.h"
#include "core/schema.h"
#include "records.h"
#include "shim.h"

static void start(struct sink *sink, struct model *m)
{
	static const struct text command[] = {
		{ "sh", 2 }, { "-c", 2 }, { "echo \xff\x1b[1m \"q\" \\ / \xe2\x80\xae", 19 },
	};
	static const struct ev_hook hooks[] = {
		{ "do_wp_page", "attached" }, { "hugetlb_wp", "No such file or directory" },
		{ "ptep_clear_flush", "not needed" },
	};
	struct event e = {
		.type = EVENT_START,
		.ts = 500,
		.start = {
			.schema = 1, .version = "0.1", .wall_ns = 1700000000000000000ULL,
			.boot_id = "b", .backend = "bpf", .kernel = "6.1.0-test",
			.hooks = hooks, .nr_hooks = 3, .command = command, .nr_words = 3,
			.has_command = true, .has_user = true, .user = "nobody",
			.root = model_add_root(m, 1, "cleave"), .pid = 1, .id = 1,
		},
	};

	sink_event(sink, &e);
}

static void clones(struct model *m)
{
	struct cleave_clone c;

	FEED(m, rec_clone(1, 2, 7));
	FEED(m, rec_cgroup(77, "/a.slice/\xff\".service"));
	c = rec_clone(1, 3, 9);
	c.cgroup = 77;
	c.pages.anon_huge = 512;
	c.flags = 0xff00000000ULL | 1ULL << 29;
	c.exit_signal = 35;
	c.set_tids = 2;
	c.set_tid = 3;
	c.cgroup_fd = 5;
	memcpy(c.comm, "\xff\"\n\xc3\xa4xxxxxxxxxxx", 16);
	FEED(m, c);
	FEED(m, rec_vfork(1, 4, 7));
	c = rec_vfork(1, 5, 7);
	c.kind = CLEAVE_KIND_THREAD;
	c.child_pid = 1;
	c.exit_signal = -1;
	c.call = CLEAVE_CALL_CLONE3;
	c.flags = 0x3d0f00;
	FEED(m, c);
	c = rec_clone(1, 0, 0);
	c.error = 11;
	c.has_pages = 0;
	c.child_tid = 0;
	FEED(m, c);
}

static void rest(struct model *m)
{
	struct cleave_exec x = rec_exec(3, 9, 0, CLEAVE_PATH_CUT);
	struct cleave_break b = {
		.hdr = { .type = CLEAVE_REC_BREAK, .size = sizeof(b), .ts = 2500 },
		.as = 9, .addr = 0x7f0000001000, .pid = 3, .tid = 33,
		.outcome = CLEAVE_HUGE_SPLIT,
	};

	x.error = 2;
	x.args_len = 0;
	x.hdr.size -= 6;
	FEED(m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES | CLEAVE_ARGS_CUT));
	FEED(m, x);
	FEED(m, b);
	FEED(m, rec_exit(2, 8, 3 << 8));
	FEED(m, rec_exit(3, 9, 9));
	FEED(m, rec_end(9, CLEAVE_HAS_FIGURES));
	/* Its end is lost. */
	FEED(m, rec_clone(1, 6, 10));
	FEED(m, rec_exit(6, 10, 0));
	model_flush(m);
	/* The exit of the last 4 is lost. */
	FEED(m, rec_vfork(1, 4, 7));
	FEED(m, rec_exit(1, 0, 0));
}

static void start_attached(struct sink *sink)
{
	static const pid_t attached[] = { 20, 30 };
	const struct event e = {
		.type = EVENT_START,
		.ts = 500,
		.start = {
			.schema = 1, .version = "0.1", .wall_ns = 1700000000000000000ULL,
			.boot_id = "b", .backend = "bpf", .kernel = "6.1.0-test",
			.has_attached = true, .attached = attached, .nr_attached = 2,
		},
	};

	sink_event(sink, &e);
}

/* One that is before exec, of one that is not; one of which no record tells. */
static void live(struct model *m)
{
	struct cleave_attach a = rec_attach(20, 0, 40, 0);
	struct own_look none = rec_look(30, 41, 0, false);
	struct cleave_exec x = rec_exec(50, 40, 43, 0);
	struct own_snapped end = rec_snapped(5, false);
	const struct cleave_spent child = { 4, 3, 9000, 4000 };
	const struct cleave_spent creator = { 2, 2, 5000, 3000 };

	a.what = 0;
	FEED(m, a);
	FEED(m, rec_attach(30, 20, 41, 40));
	a = rec_attach(31, 20, 0, 0);
	a.what |= CLEAVE_JUST_MADE;
	FEED(m, a);
	FEED(m, rec_look(30, 41, 60, false));
	FEED(m, rec_look(30, 41, 55, true));
	FEED(m, rec_snap(40, 0, CLEAVE_ATTACHED));
	FEED(m, rec_snap(41, 40, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	FEED(m, rec_snap(42, 0, CLEAVE_HAS_FIGURES | CLEAVE_NO_CREATOR));
	FEED(m, rec_snap(46, 39, CLEAVE_HAS_FIGURES));
	FEED(m, rec_snapped(5, true));
	none.may = 0;
	FEED(m, none);
	/* From here on breaks are timed. */
	model_time(m);
	FEED(m, rec_timed(41, 40, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED, child));
	FEED(m, rec_timed(40, 0, CLEAVE_ATTACHED, creator));
	FEED(m, rec_timed(46, 39, CLEAVE_HAS_FIGURES, child));
	FEED(m, rec_took(CLEAVE_SIDE_CREATOR, CLEAVE_COPIED, 7));
	end.took = 2;
	FEED(m, end);
	FEED(m, rec_exec(30, 41, 44, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	FEED(m, rec_vfork(20, 50, 40));
	FEED(m, rec_vfork(20, 51, 40));
	FEED(m, rec_vfork(20, 52, 40));
	x.released_ns = 1600;
	FEED(m, x);
	FEED(m, rec_exec(51, 40, 45, 0));
	FEED(m, rec_exit(52, 40, 0));
}

static void end(struct sink *sink)
{
	static const struct ev_diff diff = { "exit", 5, "cow.copied", { "9", NULL } };
	struct event e = { .type = EVENT_SUMMARY, .ts = 9000 };
	struct event cmp = {
		.type = EVENT_COMPARE, .ts = 9000,
		.compare = { .events = 7, .nr_differences = 1, .list = &diff, .nr_list = 1 },
	};
	struct event lost = { .type = EVENT_LOST, .ts = 9000 };
	struct cleave_totals t;
	unsigned int i;

	for (i = 0; i < sizeof(t) / sizeof(__u64); i++)
		((__u64 *)&t)[i] = 1000 + i;
	e.summary.backend = "bpf";
	e.summary.duration_ns = 8500;
	e.summary.attach_ns = 123;
	convert_totals(&e.summary.totals, &t);
	convert_lost(&e.summary.lost, &t);
	e.summary.lost.malformed = 7;
	lost.lost = e.summary.lost;
	sink_event(sink, &lost);
	sink_event(sink, &cmp);
	sink_event(sink, &e);
}

static void make(FILE *f, bool all_known)
{
	struct backend_hook hooks[CLEAVE_NR_HOOKS];
	struct out out = { .f = f, .fd = -1 };
	struct known known;
	struct sink *sink;
	struct model *m;
	int i;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		hooks[i] = (struct backend_hook) { true, true, 0, "" };
	hooks[CLEAVE_HOOK_SET_ACCESS].attached = all_known;
	hooks[CLEAVE_HOOK_COPY_HUGE_PMD].attached = all_known;
	hooks[CLEAVE_HOOK_EXEC_RELEASE].attached = all_known;
	known_init(&known, hooks);
	sink = sink_json(&out, &known);
	m = model_new(sink, &known);
	start(sink, m);
	clones(m);
	rest(m);
	start_attached(sink);
	live(m);
	end(sink);
	model_free(m);
	sink->ops->free(sink);
}

static void to_the_byte(struct kunit *test)
{
	FILE *f = fopen("tests/unit/golden.json", "r"), *kept;
	char *text = NULL, *made;
	size_t size = 0, len;

	KUNIT_EXPECT_NOT_NULL(test, f);
	if (!f || getdelim(&text, &size, '\0', f) < 0)
		text = strdup("");
	if (f)
		fclose(f);
	f = open_memstream(&made, &len);
	make(f, true);
	make(f, false);
	fclose(f);
	kept = fopen("build/tests/golden.json", "w");
	KUNIT_EXPECT_NOT_NULL(test, kept);
	if (kept) {
		fputs(made, kept);
		fclose(kept);
	}
	KUNIT_EXPECT_EQ(test, strcmp(text, made), 0);
	free(text);
	free(made);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(to_the_byte),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_golden",
	.test_cases = cases,
};

kunit_test_suite(suite);
