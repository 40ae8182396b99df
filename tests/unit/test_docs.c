// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_docs.c - what Documentation has of the schema is what is made from it: else
 * "make docs" is to be run.
 *
 * Build: with tests/docs/schema_doc.c, user/core/{schema,flags,known}.c,
 * user/lib/{json,utf8}.c and user/source/hooks.c.
 */
#include <stdlib.h>

#include "../docs/schema_doc.h"
#include "shim.h"

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t len = 0;
	char *text = NULL;

	if (f && getdelim(&text, &len, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

static void json_schema(struct kunit *test)
{
	char *file = slurp("Documentation/cleave.schema.json"), *made;
	size_t len;
	FILE *f = open_memstream(&made, &len);

	doc_json_schema(f);
	fclose(f);
	KUNIT_EXPECT_NOT_NULL(test, file);
	if (file)
		KUNIT_EXPECT_EQ(test, strcmp(file, made), 0);
	free(file);
	free(made);
}

static void tables(struct kunit *test)
{
	char *file = slurp("Documentation/figures.md"), *made, *at;
	size_t len;
	FILE *f = open_memstream(&made, &len);

	fputs(DOC_BEGIN, f);
	doc_tables(f);
	fputs(DOC_END, f);
	fclose(f);
	at = file ? strstr(file, DOC_BEGIN) : NULL;
	KUNIT_EXPECT_NOT_NULL(test, at);
	if (at)
		KUNIT_EXPECT_EQ(test, strncmp(at, made, len), 0);
	free(file);
	free(made);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(json_schema),
	KUNIT_CASE(tables),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_docs",
	.test_cases = cases,
};

kunit_test_suite(suite);
