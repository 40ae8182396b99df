// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_schema.c - JSON numbers and strings as they are written, and that the schema
 * lists every member of the tables that it describes.
 *
 * Build: with user/core/{schema,schema_json,times_json,flags,known}.c, user/lib/{json,utf8}.c
 * and user/source/hooks.c.
 */
#include "core/schema.h"
#include "shim.h"

static const char *text(struct json *j)
{
	json_finish(j, '\0');
	return j->buf;
}

static void numbers(struct kunit *test)
{
	struct json j = { 0 };
	__u64 v, want = 0;
	char buf[32];
	int i;

	json_open(&j, '[');
	json_uint(&j, 0);
	json_uint(&j, 9);
	json_uint(&j, 10);
	json_uint(&j, 99);
	json_uint(&j, 100);
	json_uint(&j, ~0ULL);
	json_int(&j, -1);
	json_int(&j, -9223372036854775807LL - 1);
	json_hex(&j, 0);
	json_hex(&j, ~0ULL);
	json_truth(&j, true);
	json_null(&j);
	json_close(&j, ']');
	KUNIT_EXPECT_STREQ(test, text(&j),
			   "[0,9,10,99,100,18446744073709551615,-1,-9223372036854775808,\"0x0\",\"0xffffffffffffffff\",true,null]");
	for (i = 0, v = 1; i < 64; i++, v = v * 3 + i) {
		json_clear(&j);
		json_uint(&j, v);
		snprintf(buf, sizeof(buf), "%llu", v);
		want += !strcmp(text(&j), buf);
	}
	KUNIT_EXPECT_EQ(test, want, 64ULL);
	json_free(&j);
}

static void empty(struct kunit *test)
{
	struct json j = { 0 };

	json_open(&j, '[');
	json_open(&j, '{');
	json_close(&j, '}');
	json_open(&j, '[');
	json_close(&j, ']');
	json_string(&j, "", 0);
	json_close(&j, ']');
	KUNIT_EXPECT_STREQ(test, text(&j), "[{},[],\"\"]");
	json_free(&j);
}

struct escape_case {
	const char *name;
	const char *in;
	const char *out;
};

static const struct escape_case escapes[] = {
	{ "plain", "a/b~", "a/b~" },
	{ "quotes", "\"\\", "\\\"\\\\" },
	{ "shorts", "\b\t\n\f\r", "\\b\\t\\n\\f\\r" },
	{ "c0", "\x01\x1f\x1b[1m", "\\u0001\\u001f\\u001b[1m" },
	{ "del", "\x7f", "\\u007f" },
	{ "c1", "\xc2\x80\xc2\x9b\xc2\x9f", "\\u0080\\u009b\\u009f" },
	{ "latin", "\xc2\xa0\xc3\xa4", "\xc2\xa0\xc3\xa4" },
	{ "bidi", "\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xaa\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9",
	  "\\u061c\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069" },
	{ "lines", "\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029" },
	{ "beside_bidi", "\xe2\x80\x8d\xe2\x81\xaa", "\xe2\x80\x8d\xe2\x81\xaa" },
	{ "astral", "\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7" },
	{ "bad", "a\xff\x80z", "a\xef\xbf\xbd\xef\xbf\xbdz" },
	{ "overlong", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
	{ "surrogate", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "cut", "\xe2\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
};

static void escape_desc(const struct escape_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", c->name);
}

KUNIT_ARRAY_PARAM(escape, escapes, escape_desc);

static void escaped(struct kunit *test)
{
	const struct escape_case *c = test->param_value;
	struct json j = { 0 };
	char want[128];

	json_string(&j, c->in, strlen(c->in));
	snprintf(want, sizeof(want), "\"%s\"", c->out);
	KUNIT_EXPECT_STREQ(test, text(&j), want);
	json_free(&j);
}

static size_t nr_fields(const struct field *f)
{
	size_t n = 0;

	while (f[n].type != FIELD_END)
		n++;
	return n;
}

static const struct field *find(const struct field *f, const char *name)
{
	for (; f->type != FIELD_END; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

/* Lists that are written out by hand have a line for each, under its own name. */
static void complete(struct kunit *test)
{
	const struct field *totals, *f;
	size_t i;

	totals = find(schemas[EVENT_SUMMARY].fields, "totals")->sub;
	f = find(totals, "clones")->sub;
	KUNIT_EXPECT_EQ(test, nr_fields(f), (size_t)CLEAVE_NR_KINDS);
	for (i = 0; i < nr_fields(f); i++)
		KUNIT_EXPECT_STREQ(test, f[i].name, kind_names[f[i].offset / 8]);
	f = find(totals, "records")->sub;
	KUNIT_EXPECT_EQ(test, nr_fields(f), (size_t)CLEAVE_NR_RECS - 1);
	f = find(schemas[EVENT_CLONE].fields, "pages")->sub;
	KUNIT_EXPECT_EQ(test, nr_fields(f), (size_t)PAGES_NR + 1);
	for (i = 0; i < PAGES_NR; i++)
		KUNIT_EXPECT_STREQ(test, f[i].name, page_class_names[f[i].offset / 8]);
}

static void walk(struct kunit *test, const struct field *f)
{
	for (; f->type != FIELD_END; f++) {
		KUNIT_EXPECT_EQ(test, strncmp(f->key + 1, f->name, f->key_len - 3), 0);
		KUNIT_EXPECT_LT(test, f->known, sizeof(struct known));
		KUNIT_EXPECT_EQ(test, f->type == FIELD_GROUP, !*f->doc);
		KUNIT_EXPECT_EQ(test, f->type == FIELD_ENUM || f->type == FIELD_SHARING,
				!!f->names);
		if (f->sub)
			walk(test, f->sub);
	}
}

static void sound(struct kunit *test)
{
	int i;

	for (i = 0; i < EVENT_NR; i++) {
		KUNIT_EXPECT_PTR_NE(test, schemas[i].name, NULL);
		KUNIT_EXPECT_NE(test, *schemas[i].doc, 0);
		walk(test, schemas[i].fields);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(numbers),
	KUNIT_CASE(empty),
	KUNIT_CASE_PARAM(escaped, escape_gen_params),
	KUNIT_CASE(complete),
	KUNIT_CASE(sound),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_schema",
	.test_cases = cases,
};

kunit_test_suite(suite);
