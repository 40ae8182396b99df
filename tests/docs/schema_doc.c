// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "core/schema.h"
#include "schema_doc.h"

#define KEY(j, name)	json_name(j, name, strlen(name))

static void put_word(struct json *j, const char *name, const char *word)
{
	KEY(j, name);
	json_word(j, word);
}

static const char *const json_types[] = {
	[FIELD_UINT] = "integer", [FIELD_INT] = "integer", [FIELD_BOOL] = "boolean",
	[FIELD_ID] = "integer", [FIELD_HEX] = "string", [FIELD_ENUM] = "string",
	[FIELD_FLAGS] = "array", [FIELD_SIGNAL] = "string", [FIELD_RESOURCES] = "object",
	[FIELD_SHARING] = "string", [FIELD_WORD] = "string", [FIELD_STRING] = "string",
	[FIELD_TEXT] = "string", [FIELD_ARGS] = "array", [FIELD_TEXTS] = "array",
	[FIELD_NAME] = "string", [FIELD_PIDS] = "array",
	[FIELD_HOOKS] = "object", [FIELD_JSON] = NULL, [FIELD_OBJECT] = "object",
	[FIELD_LIST] = "array", [FIELD_TIMES] = "object",
};

static const char *const units[] = {
	[UNIT_NONE] = "", [UNIT_PAGES] = "pages", [UNIT_BREAKS] = "breaks",
	[UNIT_NS] = "ns", [UNIT_BYTES] = "bytes", [UNIT_COUNT] = "",
};

static bool has_members(const struct field *f)
{
	return f->type == FIELD_OBJECT || f->type == FIELD_RESOURCES;
}

/* @null: all inside of what this is in can be unknown. */
static bool can_be_null(const struct field *f, bool null)
{
	return !has_members(f) && (null || f->known || f->arrived || f->type == FIELD_ID ||
				  f->type == FIELD_TEXTS || f->type == FIELD_NAME);
}

static void put_names(struct json *j, const struct field *f, bool null)
{
	int i, nr = f->type == FIELD_SHARING ? SHARING_NR :
		    f->names == call_names ? CLEAVE_NR_CALLS :
		    f->names == kind_names ? CLEAVE_NR_KINDS :
		    f->names == outcome_names ? CLEAVE_NR_OUTCOMES : SHARED_NR;

	KEY(j, "enum");
	json_open(j, '[');
	for (i = 0; i < nr; i++)
		if (f->names[i])
			json_word(j, f->names[i]);
	if (null)
		json_null(j);
	json_close(j, ']');
}

static void put_object(struct json *j, const struct field *f, bool null,
		       const struct schema *event);

static void put_type(struct json *j, const struct field *f, bool null)
{
	if (!json_types[f->type])
		return;
	KEY(j, "type");
	if (!null) {
		json_word(j, json_types[f->type]);
		return;
	}
	json_open(j, '[');
	json_word(j, json_types[f->type]);
	json_word(j, "null");
	json_close(j, ']');
}

static void put_count(struct json *j, const char *name)
{
	KEY(j, name);
	json_open(j, '{');
	put_word(j, "type", "integer");
	KEY(j, "minimum");
	json_uint(j, 0);
	json_close(j, '}');
}

static void put_required(struct json *j, const char *const *names, int nr)
{
	KEY(j, "required");
	json_open(j, '[');
	while (nr--)
		json_word(j, *names++);
	json_close(j, ']');
}

/* The breaks of one outcome on one side. */
static void put_time(struct json *j)
{
	static const char *const members[] = {
		"count", "untimed", "sum_ns", "max_ns", "histogram",
	};
	int i;

	json_open(j, '{');
	KEY(j, "type");
	json_open(j, '[');
	json_word(j, "object");
	json_word(j, "null");
	json_close(j, ']');
	KEY(j, "properties");
	json_open(j, '{');
	for (i = 0; i < 4; i++)
		put_count(j, members[i]);
	KEY(j, members[4]);
	json_open(j, '{');
	put_word(j, "type", "array");
	put_word(j, "description",
		 "how many took at least 2^i ns and less than twice that, from i = 0");
	KEY(j, "items");
	json_open(j, '{');
	put_word(j, "type", "integer");
	json_close(j, '}');
	json_close(j, '}');
	json_close(j, '}');
	put_required(j, members, 5);
	json_close(j, '}');
}

/* By side, and in that by outcome: those that there were. */
static void put_times(struct json *j)
{
	int i;

	KEY(j, "properties");
	json_open(j, '{');
	for (i = 0; i < CLEAVE_NR_SIDES; i++) {
		KEY(j, side_names[i]);
		json_open(j, '{');
		put_word(j, "type", "object");
		KEY(j, "additionalProperties");
		put_time(j);
		json_close(j, '}');
	}
	json_close(j, '}');
	put_required(j, side_names, CLEAVE_NR_SIDES);
}

/* What an array is of, what a string or a number has to be like. */
static void put_more(struct json *j, const struct field *f)
{
	switch (f->type) {
	case FIELD_UINT:
	case FIELD_ID:
		KEY(j, "minimum");
		json_uint(j, f->type == FIELD_ID);
		break;
	case FIELD_HEX:
		put_word(j, "pattern", "^0x[0-9a-f]+$");
		break;
	case FIELD_FLAGS:
	case FIELD_ARGS:
	case FIELD_TEXTS:
	case FIELD_PIDS:
		KEY(j, "items");
		json_open(j, '{');
		put_word(j, "type", f->type == FIELD_PIDS ? "integer" : "string");
		json_close(j, '}');
		break;
	case FIELD_HOOKS:
		KEY(j, "additionalProperties");
		json_open(j, '{');
		put_word(j, "type", "string");
		json_close(j, '}');
		break;
	case FIELD_TIMES:
		put_times(j);
		break;
	case FIELD_LIST:
		KEY(j, "items");
		json_open(j, '{');
		put_word(j, "type", "object");
		put_object(j, f->sub, false, NULL);
		json_close(j, '}');
		break;
	}
}

static void put_field(struct json *j, const struct field *f, bool null)
{
	bool can = can_be_null(f, null);

	KEY(j, f->name);
	json_open(j, '{');
	put_type(j, f, can);
	if (f->names)
		put_names(j, f, can);
	put_word(j, "description", f->doc);
	put_more(j, f);
	if (has_members(f))
		put_object(j, f->sub, null || f->known || f->arrived, NULL);
	json_close(j, '}');
}

static void put_properties(struct json *j, const struct field *f, bool null)
{
	for (; f->type != FIELD_END; f++) {
		if (f->type == FIELD_GROUP)
			put_properties(j, f->sub, null || f->arrived);
		else
			put_field(j, f, null);
	}
}

static void put_object(struct json *j, const struct field *f, bool null,
		       const struct schema *event)
{
	KEY(j, "properties");
	json_open(j, '{');
	if (event) {
		KEY(j, "type");
		json_open(j, '{');
		put_word(j, "const", event->name);
		json_close(j, '}');
		KEY(j, "ts");
		json_open(j, '{');
		put_word(j, "type", "integer");
		put_word(j, "description", "CLOCK_MONOTONIC, in nanoseconds");
		json_close(j, '}');
	}
	put_properties(j, f, null);
	json_close(j, '}');
	KEY(j, "required");
	json_open(j, '[');
	if (event) {
		json_word(j, "type");
		json_word(j, "ts");
	}
	for (; f->type != FIELD_END; f++)
		if (!f->present)
			json_word(j, f->name);
	json_close(j, ']');
}

static void put_definitions(struct json *j)
{
	int i;

	KEY(j, "definitions");
	json_open(j, '{');
	for (i = 0; i < EVENT_NR; i++) {
		KEY(j, schemas[i].name);
		json_open(j, '{');
		put_word(j, "type", "object");
		put_word(j, "description", schemas[i].doc);
		put_object(j, schemas[i].fields, false, &schemas[i]);
		json_close(j, '}');
	}
	json_close(j, '}');
}

static void put_choice(struct json *j)
{
	char ref[64];
	int i;

	KEY(j, "oneOf");
	json_open(j, '[');
	for (i = 0; i < EVENT_NR; i++) {
		snprintf(ref, sizeof(ref), "#/definitions/%s", schemas[i].name);
		json_open(j, '{');
		put_word(j, "$ref", ref);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* One member or element a line. */
static void pretty(FILE *f, const char *s)
{
	unsigned int depth = 0;
	bool string = false;

	for (; *s; s++) {
		if (!string && (*s == '}' || *s == ']')) {
			if (s[-1] != '[' && s[-1] != '{')
				fprintf(f, "\n%*s", --depth, "");
			else
				depth--;
		}
		fputc(*s, f);
		if (*s == '\\' && string)
			fputc(*++s, f);
		else if (*s == '"')
			string = !string;
		else if (!string && *s == ':')
			fputc(' ', f);
		else if (!string && (*s == '{' || *s == '[') && ++depth && s[1] != '}' &&
			 s[1] != ']')
			fprintf(f, "\n%*s", depth, "");
		else if (!string && *s == ',')
			fprintf(f, "\n%*s", depth, "");
	}
	fputc('\n', f);
}

void doc_json_schema(FILE *f)
{
	struct json j = { 0 };
	char title[64];

	snprintf(title, sizeof(title), "A line of cleave's JSON, schema %d", SCHEMA_VERSION);
	json_open(&j, '{');
	put_word(&j, "$schema", "http://json-schema.org/draft-07/schema#");
	put_word(&j, "title", title);
	put_word(&j, "description",
		 "What is unknown is null. Members that are not listed can be added.");
	put_choice(&j);
	put_definitions(&j);
	json_close(&j, '}');
	json_finish(&j, '\0');
	pretty(f, j.buf);
	json_free(&j);
}

/* One row is enough for an object that is but numbers. */
static bool is_tally(const struct field *f)
{
	if (f->type == FIELD_RESOURCES)
		return true;
	for (f = f->type == FIELD_OBJECT ? f->sub : NULL; f; f++) {
		if (f->type == FIELD_END)
			return true;
		if (f->type != FIELD_UINT)
			return false;
	}
	return false;
}

static void list_members(FILE *f, const struct field *sub)
{
	const char *sep = ": ";

	for (; sub->type != FIELD_END; sub++, sep = ", ")
		fprintf(f, "%s`%s`", sep, sub->name);
}

static void row(FILE *f, const struct field *d, const char *path, bool null)
{
	const char *type = json_types[d->type] ? json_types[d->type] : "any";
	__u8 unit = is_tally(d) ? d->sub->unit : d->unit;
	bool unknown = can_be_null(d, null) ||
		       (is_tally(d) && (null || d->known || d->arrived || d->sub->known));

	fprintf(f, "| `%s%s` | %s%s%s | %s%s%s | %s", path, d->name, type,
		*units[unit] ? ", " : "", units[unit], d->present ? "absent" : "",
		d->present && unknown ? ", " : "",
		unknown ? "null" : d->present ? "" : "always", d->doc);
	if (is_tally(d))
		list_members(f, d->sub);
	fprintf(f, " |\n");
}

static void rows(FILE *f, const struct field *d, const char *path, bool null)
{
	for (; d->type != FIELD_END; d++) {
		char deeper[128];

		if (d->type == FIELD_GROUP) {
			rows(f, d->sub, path, null || d->arrived);
			continue;
		}
		row(f, d, path, null);
		snprintf(deeper, sizeof(deeper), "%s%s%s.", path, d->name,
			 d->type == FIELD_LIST ? "[]" : "");
		if (d->sub && !is_tally(d))
			rows(f, d->sub, deeper, null || d->known || d->arrived);
	}
}

void doc_tables(FILE *f)
{
	int i;

	for (i = 0; i < EVENT_NR; i++) {
		fprintf(f, "\n### `%s`\n\n%s.\n\n", schemas[i].name, schemas[i].doc);
		fprintf(f, "| field | type | | meaning |\n|---|---|---|---|\n");
		rows(f, schemas[i].fields, "", false);
	}
	fputc('\n', f);
}

#ifdef SCHEMA_DOC_MAIN

static char page[1 << 20];

static void slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t len = f ? fread(page, 1, sizeof(page), f) : 0;

	if (!f || len == sizeof(page)) {
		perror(path);
		exit(1);
	}
	page[len] = '\0';
	fclose(f);
}

static FILE *create(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

/* In Documentation/. */
int main(void)
{
	const char *begin, *end;
	FILE *f;

	slurp("figures.md");
	begin = strstr(page, DOC_BEGIN);
	end = strstr(page, DOC_END);
	f = create("cleave.schema.json");
	doc_json_schema(f);
	fclose(f);
	if (!begin || !end || end < begin) {
		fprintf(stderr, "figures.md: no place for the tables\n");
		return 1;
	}
	f = create("figures.md");
	fprintf(f, "%.*s" DOC_BEGIN, (int)(begin - page), page);
	doc_tables(f);
	fprintf(f, "%s", end);
	fclose(f);
	return 0;
}

#endif
