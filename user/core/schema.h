/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * schema.h - the fields of every event, once: the JSON sink, the JSON Schema and
 * the table of fields in Documentation, and the comparison of two backends are all
 * driven by it.
 *
 * A new field is a member of the event and a line in schema.c; a new event a type in
 * event.h, a table and a line in the table of tables.
 */
#ifndef CLEAVE_SCHEMA_H
#define CLEAVE_SCHEMA_H

#include "core/event.h"
#include "lib/json.h"

/* Goes up when a field changes its meaning or goes; additions do not count. */
#define SCHEMA_VERSION	1

/* What a member is in C, and what it is in JSON. */
enum field_type {
	FIELD_END,		/* closes a table */
	FIELD_UINT,		/* any unsigned integer; number */
	FIELD_ID,		/* __u64, or a pid; number, null for 0 */
	FIELD_INT,		/* int; number */
	FIELD_BOOL,		/* bool; true or false */
	FIELD_HEX,		/* __u64; string, hexadecimal with 0x */
	FIELD_ENUM,		/* __u8, an index in names; string */
	FIELD_FLAGS,		/* __u64, clone flags; array of strings */
	FIELD_SIGNAL,		/* int, a signal's number; string */
	FIELD_RESOURCES,	/* struct ev_clone; object of FIELD_SHARING */
	FIELD_SHARING,		/* struct ev_clone, resource number @index; string */
	FIELD_WORD,		/* const char *, cleave's own; string */
	FIELD_STRING,		/* const char *, anybody's; string */
	FIELD_TEXT,		/* struct text; string */
	FIELD_NAME,		/* struct text, of nobody where it is NULL; string, null */
	FIELD_ARGS,		/* struct text, each with a final NUL; array of strings */
	FIELD_TEXTS,		/* const struct text *, @count of them; array of strings */
	FIELD_PIDS,		/* const pid_t *, @count of them; array of numbers */
	FIELD_HOOKS,		/* const struct ev_hook *, @count; object, a member each */
	FIELD_TIMES,		/* struct ev_times; object by side, of objects by outcome */
	FIELD_JSON,		/* const char *, a value that is JSON, or NULL; any */
	FIELD_OBJECT,		/* a struct, or some members of this one; object */
	FIELD_LIST,		/* const struct *, @count of them; array of objects */
	FIELD_GROUP,		/* as FIELD_OBJECT, but its members are this object's */
};

enum unit {
	UNIT_NONE,
	UNIT_PAGES,		/* base pages of 4 KiB */
	UNIT_BREAKS,		/* one a fault */
	UNIT_NS,		/* nanoseconds */
	UNIT_BYTES,
	UNIT_COUNT,
};

/* field.flags */
#define FIELD_NOT_COMPARED	1	/* each backend has its own: times, ids */
#define FIELD_NONE_BEFORE	2	/* a recording without it has none: 0 */
#define FIELD_SINCE_MADE	4	/* compared where the process's clone was seen */

/**
 * struct field - a field of an event, or of an object in it
 * @name: in JSON
 * @key: the same with quotes and colon
 * @key_len: its length
 * @type: what it is
 * @unit: of its number
 * @flags: FIELD_*
 * @offset: of the member in the struct
 * @size: of the member; of a FIELD_LIST, of one in it
 * @count: offset of the __u32 with the number of those in a list
 * @index: FIELD_SHARING: which
 * @present: 1 + offset of the bool without which the field is absent; 0: none
 * @arrived: 1 + offset of the bool without which it is unknown; 0: none
 * @known: offset in struct known of the bool without which it is unknown (null);
 *	of an object or group: without which all of it is
 * @names: FIELD_ENUM: by value; NULL: one that is never told
 * @sub: fields of FIELD_OBJECT, FIELD_LIST and FIELD_GROUP
 * @doc: one line
 */
struct field {
	const char *name;
	char key[JSON_KEY_LEN];
	__u8 key_len;
	__u8 type;
	__u8 unit;
	__u8 flags;
	__u16 offset;
	__u16 size;
	__u16 count;
	__u16 index;
	__u16 present;
	__u16 arrived;
	__u16 known;
	const char *const *names;
	const struct field *sub;
	const char *doc;
};

/**
 * struct schema - an event
 * @name: its type in JSON
 * @fields: without "type" and "ts", which all have; ends with FIELD_END
 * @doc: one line
 */
struct schema {
	const char *name;
	const struct field *fields;
	const char *doc;
};

extern const struct schema schemas[EVENT_NR];

/* The struct that the fields of an event lie in. */
static inline const void *event_base(const struct event *e)
{
	return &e->start;
}

/* The struct that the fields of a FIELD_OBJECT or FIELD_GROUP lie in. */
static inline const void *field_at(const struct field *f, const void *base)
{
	return (const char *)base + f->offset;
}

static inline bool field_flag(const void *base, __u16 offset)
{
	return *((const bool *)base + offset);
}

/**
 * field_is_present() - has an event this field?
 * @f: the field
 * @base: the struct that it lies in
 */
static inline bool field_is_present(const struct field *f, const void *base)
{
	return !f->present || field_flag(base, f->present - 1);
}

/**
 * field_is_known() - can its value be trusted?
 * @f: the field
 * @base: the struct that it lies in
 * @known: what can be; NULL: nothing can
 */
static inline bool field_is_known(const struct field *f, const void *base,
				  const struct known *known)
{
	return known && field_flag(known, f->known) &&
	       (!f->arrived || field_flag(base, f->arrived - 1));
}

/**
 * field_uint() - the value of a FIELD_UINT, FIELD_ID, FIELD_HEX, FIELD_ENUM or
 *	FIELD_FLAGS
 * @f: the field
 * @base: the struct that it lies in
 */
static inline __u64 field_uint(const struct field *f, const void *base)
{
	const void *p = field_at(f, base);

	switch (f->size) {
	case 1:
		return *(const __u8 *)p;
	case 2:
		return *(const __u16 *)p;
	case 4:
		return *(const __u32 *)p;
	default:
		return *(const __u64 *)p;
	}
}

/**
 * schema_json() - an event as a JSON object
 * @j: written to
 * @e: the event
 * @known: which figures can be trusted
 */
void schema_json(struct json *j, const struct event *e, const struct known *known);

/**
 * schema_json_value() - the value of one field
 * @j: written to
 * @f: the field, which is present and known
 * @base: the struct that it lies in
 * @known: which figures in it can be trusted, where it is an object
 */
void schema_json_value(struct json *j, const struct field *f, const void *base,
		       const struct known *known);

#endif /* CLEAVE_SCHEMA_H */
