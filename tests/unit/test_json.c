// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_json.c - the fields of the JSON sink, and which are null when a hook is
 * missing.
 *
 * Build: with user/agg/{families,live}.c, user/sink/json.c,
 * user/core/{known,flags,model,cgroups,times,convert,schema,schema_json,times_json}.c,
 * user/lib/{json,out,utf8,hash}.c, user/source/hooks.c and -ljson-c.
 */
#include <json-c/json.h>
#include <unistd.h>

#include "shim.h"
#include "core/convert.h"
#include "records.h"

struct fix {
	char *buf;
	size_t len;
	struct out out;
	struct backend_hook hooks[CLEAVE_NR_HOOKS];
	struct known known;
	struct sink *sink;
	struct model *m;
	struct json_object *o;		/* the last line, parsed */
};

static int fix_init(struct kunit *test)
{
	struct fix *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int i;

	if (!f)
		return -1;
	test->priv = f;
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		f->hooks[i] = (struct backend_hook) { true, true, 0, "" };
	known_init(&f->known, f->hooks);
	f->out = (struct out) { .f = open_memstream(&f->buf, &f->len), .fd = -1 };
	f->sink = sink_json(&f->out, &f->known);
	f->m = model_new(f->sink, &f->known);
	return f->m ? 0 : -1;
}

static void fix_exit(struct kunit *test)
{
	struct fix *f = test->priv;

	model_free(f->m);
	f->sink->ops->free(f->sink);
	json_object_put(f->o);
	fclose(f->out.f);
	free(f->buf);
}

static void missing(struct fix *f, enum cleave_hook h)
{
	f->hooks[h].attached = false;
	known_init(&f->known, f->hooks);
}

/* The last line that was printed. */
static struct json_object *last(struct fix *f)
{
	char *line;

	fflush(f->out.f);
	f->buf[f->len - 1] = '\0';
	line = strrchr(f->buf, '\n');
	json_object_put(f->o);
	f->o = json_tokener_parse(line ? line + 1 : f->buf);
	f->buf[f->len - 1] = '\n';
	return f->o;
}

/* The member at a path like "parent/pid" as text; "absent" where there is none. */
static const char *at(struct json_object *o, const char *path)
{
	char copy[128], *save, *part;

	snprintf(copy, sizeof(copy), "%s", path);
	for (part = strtok_r(copy, "/", &save); part;
	     part = strtok_r(NULL, "/", &save))
		if (!json_object_object_get_ex(o, part, &o))
			return "absent";
	return o ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
					JSON_C_TO_STRING_NOSLASHESCAPE) : "null";
}

#define HAS(t, o, path, want)	KUNIT_EXPECT_STREQ(t, at(o, path), want)

static void clone_fields(struct kunit *test)
{
	struct fix *f = test->priv;
	struct json_object *o;

	FEED(f->m, rec_clone(1, 2, 7));
	o = last(f);
	HAS(test, o, "type", "\"clone\"");
	HAS(test, o, "ts", "1000");
	HAS(test, o, "parent/pid", "1");
	HAS(test, o, "parent/tid", "1");
	HAS(test, o, "parent/comm", "\"parent\"");
	HAS(test, o, "child/pid", "2");
	HAS(test, o, "child/ns_pid", "2");
	HAS(test, o, "flags", "[\"CLONE_CHILD_CLEARTID\",\"CLONE_CHILD_SETTID\"]");
	HAS(test, o, "flags_raw", "\"0x1200000\"");
	HAS(test, o, "exit_signal", "17");
	HAS(test, o, "call", "\"clone\"");
	HAS(test, o, "kind", "\"process\"");
	HAS(test, o, "resources/memory", "\"copied\"");
	HAS(test, o, "resources/net", "\"shared\"");
	HAS(test, o, "pages/anon", "70");
	HAS(test, o, "pages/anon_huge", "0");
	HAS(test, o, "pages/file", "5");
	HAS(test, o, "pages/swap", "0");
	HAS(test, o, "pages/hugetlb", "0");
	HAS(test, o, "pages/shmem", "9");
	HAS(test, o, "pages/copied_at_clone", "1");
	HAS(test, o, "pages/shared", "75");
	HAS(test, o, "duration_ns", "5");
	HAS(test, o, "error", "0");
	HAS(test, o, "vm_pages", "absent");
}

static void vfork_has_no_pages(struct kunit *test)
{
	struct fix *f = test->priv;
	struct json_object *o;

	FEED(f->m, rec_vfork(1, 2, 7));
	o = last(f);
	HAS(test, o, "pages", "absent");
	HAS(test, o, "vm_pages", "800");
	HAS(test, o, "resources/memory", "\"shared\"");
}

static void failed_clone(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_clone c = rec_clone(1, 0, 0);
	struct json_object *o;

	c.error = 11;
	c.has_pages = 0;
	FEED(f->m, c);
	o = last(f);
	HAS(test, o, "error", "11");
	HAS(test, o, "child", "absent");
	HAS(test, o, "pages", "absent");
}

static void exec_fields(struct kunit *test)
{
	struct fix *f = test->priv;
	struct json_object *o;

	FEED(f->m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES));
	o = last(f);
	HAS(test, o, "type", "\"exec\"");
	HAS(test, o, "comm", "\"before\"");
	HAS(test, o, "filename", "\"/usr/bin/ls\"");
	HAS(test, o, "argv", "[\"ls\",\"-l\"]");
	HAS(test, o, "since_clone_ns", "1000");
	HAS(test, o, "shared", "75");
	HAS(test, o, "never_copied", "66");
	HAS(test, o, "cow/copied", "9");
	HAS(test, o, "cow/hugetlb_reused", "0");
	HAS(test, o, "creator_cow/not_a_break", "0");
	FEED(f->m, rec_exec(2, 8, 9, 0));
	HAS(test, last(f), "cow", "absent");
}

static void exit_fields(struct kunit *test)
{
	struct fix *f = test->priv;
	struct json_object *o;

	FEED(f->m, rec_clone(1, 2, 7));
	FEED(f->m, rec_exit(2, 7, 3 << 8));
	FEED(f->m, rec_end(7, CLEAVE_HAS_FIGURES));
	o = last(f);
	HAS(test, o, "type", "\"exit\"");
	HAS(test, o, "exit_code", "3");
	HAS(test, o, "signal", "absent");
	HAS(test, o, "cow/copied", "9");
	HAS(test, o, "creator_cow/copied", "3");
	FEED(f->m, rec_exit(1, 0, 9));
	o = last(f);
	HAS(test, o, "exit_code", "137");
	HAS(test, o, "signal", "\"SIGKILL\"");
	HAS(test, o, "cow", "absent");
}

static void lost_end_is_null(struct kunit *test)
{
	struct fix *f = test->priv;
	struct json_object *o;

	FEED(f->m, rec_clone(1, 2, 7));
	FEED(f->m, rec_exit(2, 7, 0));
	model_flush(f->m);
	o = last(f);
	HAS(test, o, "shared", "null");
	HAS(test, o, "cow/copied", "null");
	HAS(test, o, "creator_cow/file_first", "null");
}

/* The creator had no entry in the ledger: what it broke is unknown, the rest is not. */
static void lost_creator_is_null(struct kunit *test)
{
	struct fix *f = test->priv;
	struct json_object *o;

	FEED(f->m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES | CLEAVE_NO_CREATOR));
	o = last(f);
	HAS(test, o, "cow/copied", "9");
	HAS(test, o, "creator_cow/copied", "null");
	FEED(f->m, rec_clone(1, 3, 9));
	FEED(f->m, rec_exit(3, 9, 0));
	FEED(f->m, rec_end(9, CLEAVE_HAS_FIGURES | CLEAVE_NO_CREATOR));
	o = last(f);
	HAS(test, o, "type", "\"exit\"");
	HAS(test, o, "shared", "75");
	HAS(test, o, "creator_cow/file_first", "null");
	/* The end that comes first. */
	FEED(f->m, rec_clone(1, 4, 10));
	FEED(f->m, rec_end(10, CLEAVE_HAS_FIGURES | CLEAVE_NO_CREATOR));
	FEED(f->m, rec_exit(4, 10, 0));
	o = last(f);
	HAS(test, o, "shared", "75");
	HAS(test, o, "creator_cow/copied", "null");
	/* Nobody known is in it yet. */
	FEED(f->m, rec_end(11, CLEAVE_HAS_FIGURES | CLEAVE_NO_CREATOR));
	FEED(f->m, rec_exit(5, 11, 0));
	o = last(f);
	HAS(test, o, "shared", "75");
	HAS(test, o, "creator_cow/copied", "null");
}

static void missing_hook_is_null(struct kunit *test)
{
	struct fix *f = test->priv;
	struct json_object *o;

	missing(f, CLEAVE_HOOK_SET_ACCESS);
	FEED(f->m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES));
	o = last(f);
	HAS(test, o, "cow/reused", "null");
	HAS(test, o, "cow/copied", "9");
	HAS(test, o, "never_copied", "66");
	missing(f, CLEAVE_HOOK_CLEAR_FLUSH);
	FEED(f->m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES));
	o = last(f);
	HAS(test, o, "cow/copied", "null");
	HAS(test, o, "never_copied", "null");
	HAS(test, o, "shared", "75");
	missing(f, CLEAVE_HOOK_COPY_HUGE_PMD);
	FEED(f->m, rec_clone(1, 2, 7));
	o = last(f);
	HAS(test, o, "pages/anon", "null");
	HAS(test, o, "pages/file", "5");
}

static void hook_that_is_not_needed(struct kunit *test)
{
	struct fix *f = test->priv;

	f->hooks[CLEAVE_HOOK_CLEAR_FLUSH].needed = false;
	missing(f, CLEAVE_HOOK_CLEAR_FLUSH);
	FEED(f->m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES));
	HAS(test, last(f), "cow/copied", "9");
}

static void break_fields(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_break b = {
		.hdr = { .type = CLEAVE_REC_BREAK, .size = sizeof(b), .ts = 5 },
		.addr = 0x7f0000001000, .pid = 2, .tid = 3,
		.outcome = CLEAVE_HUGE_SPLIT,
	};
	struct json_object *o;

	FEED(f->m, b);
	o = last(f);
	HAS(test, o, "type", "\"break\"");
	HAS(test, o, "outcome", "\"huge_split\"");
	HAS(test, o, "addr", "\"0x7f0000001000\"");
	HAS(test, o, "tid", "3");
	/* Of whom nothing else has been told, he may not be traced: nobody waits for his end. */
	HAS(test, o, "id", "null");
	KUNIT_EXPECT_EQ(test, model_live(f->m), 0UL);
	FEED(f->m, rec_clone(1, 2, 7));
	FEED(f->m, b);
	HAS(test, last(f), "id", "2");
}

static void summary_fields(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_totals t = { .shared = 75, .as_lost = 2, .missed = 1 };
	struct event lost = { .type = EVENT_LOST, .ts = 9 };
	struct event e = { .type = EVENT_SUMMARY, .ts = 9, .summary.backend = "bpf" };
	struct json_object *o;

	t.lost[CLEAVE_REC_CLONE] = 4;
	convert_totals(&e.summary.totals, &t);
	convert_lost(&e.summary.lost, &t);
	e.summary.lost.malformed = 7;
	lost.lost = e.summary.lost;
	sink_event(f->sink, &lost);
	o = last(f);
	HAS(test, o, "type", "\"lost\"");
	HAS(test, o, "records/clone", "4");
	HAS(test, o, "records/break", "0");
	HAS(test, o, "address_spaces", "2");
	HAS(test, o, "probes_missed", "1");
	HAS(test, o, "malformed", "7");
	sink_event(f->sink, &e);
	o = last(f);
	HAS(test, o, "backend", "\"bpf\"");
	HAS(test, o, "totals/shared", "75");
	HAS(test, o, "totals/before_exec/copied", "0");
	HAS(test, o, "lost/records/clone", "4");
}

static void foreign_bytes(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_clone c = rec_clone(1, 2, 7);

	/* No final NUL, a bad byte, a quote and a control character. */
	memcpy(c.comm, "\xff\"\n\xc3\xa4xxxxxxxxxxx", 16);
	FEED(f->m, c);
	HAS(test, last(f), "parent/comm",
	    "\"\xef\xbf\xbd\\\"\\n\xc3\xa4xxxxxxxxxxx\"");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(clone_fields),
	KUNIT_CASE(vfork_has_no_pages),
	KUNIT_CASE(failed_clone),
	KUNIT_CASE(exec_fields),
	KUNIT_CASE(exit_fields),
	KUNIT_CASE(lost_end_is_null),
	KUNIT_CASE(lost_creator_is_null),
	KUNIT_CASE(missing_hook_is_null),
	KUNIT_CASE(hook_that_is_not_needed),
	KUNIT_CASE(break_fields),
	KUNIT_CASE(summary_fields),
	KUNIT_CASE(foreign_bytes),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_json",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
