/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.h - writes JSON into a buffer that is used again and again.
 *
 * What is foreign is escaped: no byte of it can do anything to a terminal, and
 * bytes that are no UTF-8 become U+FFFD.
 *
 * Every value is written with a comma behind it, which the end of the object, array
 * or line around it takes away: so nobody has to know whether he is the first.
 */
#ifndef CLEAVE_JSON_H
#define CLEAVE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cleave_abi.h"

/**
 * struct json - JSON being written; all zero is an empty one
 * @buf: what has been written; no final NUL
 * @at: where to go on
 * @end: of the buffer
 */
struct json {
	char *buf;
	char *at;
	char *end;
};

/* A key with its quotes and colon, in an array that is always copied whole. */
#define JSON_KEY_LEN	32
#define JSON_KEY(name)		"\"" name "\":"
#define JSON_KEY_SIZE(name)	(sizeof(JSON_KEY(name)) - 1)

/* The longest number, with its sign, its quotes and a comma. */
#define JSON_NUMBER_LEN	24

/**
 * json_grow() - make the buffer larger
 * @j: the JSON
 * @n: so much must have room behind what has been written
 */
void json_grow(struct json *j, size_t n);

/* Where to write @n bytes. */
static inline char *json_room(struct json *j, size_t n)
{
	if (__builtin_expect((size_t)(j->end - j->at) < n, 0))
		json_grow(j, n);
	return j->at;
}

/**
 * json_clear() - begin anew
 * @j: the JSON
 */
static inline void json_clear(struct json *j)
{
	j->at = j->buf;
}

static inline size_t json_len(const struct json *j)
{
	return j->at - j->buf;
}

/**
 * json_open() - begin an object or an array
 * @j: the JSON
 * @bracket: '{' or '['
 */
static inline void json_open(struct json *j, char bracket)
{
	*json_room(j, 1) = bracket;
	j->at++;
}

/**
 * json_close() - end it
 * @j: the JSON
 * @bracket: '}' or ']'
 */
static inline void json_close(struct json *j, char bracket)
{
	char *p = json_room(j, 2);

	if (p[-1] == ',')
		p--;
	p[0] = bracket;
	p[1] = ',';
	j->at = p + 2;
}

/**
 * json_key() - the name of a member, its value to follow
 * @j: the JSON
 * @key: JSON_KEY(name), JSON_KEY_LEN bytes long
 * @len: JSON_KEY_SIZE(name)
 */
static inline void json_key(struct json *j, const char *key, size_t len)
{
	memcpy(json_room(j, JSON_KEY_LEN), key, JSON_KEY_LEN);
	j->at += len;
}

/**
 * json_raw() - a value that is JSON already
 * @j: the JSON
 * @text: the value
 * @len: its length
 */
static inline void json_raw(struct json *j, const char *text, size_t len)
{
	char *p = json_room(j, len + 1);

	memcpy(p, text, len);
	p[len] = ',';
	j->at = p + len + 1;
}

/* A number of two digits or more. */
void json_digits(struct json *j, __u64 v);

static inline void json_uint(struct json *j, __u64 v)
{
	char *p;

	if (v > 9) {
		json_digits(j, v);
		return;
	}
	p = json_room(j, 2);
	p[0] = '0' + v;
	p[1] = ',';
	j->at = p + 2;
}

static inline void json_int(struct json *j, __s64 v)
{
	if (v < 0) {
		*json_room(j, 1) = '-';
		j->at++;
	}
	json_uint(j, v < 0 ? -(__u64)v : (__u64)v);
}

static inline void json_truth(struct json *j, bool v)
{
	json_raw(j, v ? "true" : "false", v ? 4 : 5);
}

static inline void json_null(struct json *j)
{
	json_raw(j, "null", 4);
}

/**
 * json_hex() - a string with a hexadecimal number
 * @j: the JSON
 * @v: the number
 */
void json_hex(struct json *j, __u64 v);

/**
 * json_word() - a string of our own: nothing in it wants escaping
 * @j: the JSON
 * @word: the string
 */
void json_word(struct json *j, const char *word);

/**
 * json_string() - any string
 * @j: the JSON
 * @s: the string; not necessarily with a final NUL
 * @len: its length
 */
void json_string(struct json *j, const char *s, size_t len);

/**
 * json_name() - the name of a member that is any string, its value to follow
 * @j: the JSON
 * @s: the name
 * @len: its length
 */
void json_name(struct json *j, const char *s, size_t len);

/**
 * json_finish() - no value follows: put something else in the place of the comma
 * @j: the JSON; not empty
 * @c: a newline, or NUL
 */
static inline void json_finish(struct json *j, char c)
{
	j->at[-1] = c;
}

/**
 * json_free() - free the buffer
 * @j: the JSON
 */
void json_free(struct json *j);

#endif /* CLEAVE_JSON_H */
