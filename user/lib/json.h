/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.h - writes JSON into a buffer that is used again and again.
 *
 * What is foreign is escaped: no byte of it can do anything to a terminal, and
 * bytes that are no UTF-8 become U+FFFD.
 */
#ifndef CLEAVE_JSON_H
#define CLEAVE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "cleave_abi.h"

/**
 * struct json - JSON being written; all zero is an empty one
 * @buf: what has been written; no final NUL
 * @len: how much
 * @size: of @buf
 * @comma: the next value or key is not the first of its object or array
 */
struct json {
	char *buf;
	size_t len;
	size_t size;
	bool comma;
};

/**
 * json_open() - begin an object or an array
 * @j: the JSON
 * @bracket: '{' or '['
 */
void json_open(struct json *j, char bracket);

/**
 * json_close() - end it
 * @j: the JSON
 * @bracket: '}' or ']'
 */
void json_close(struct json *j, char bracket);

/**
 * json_key() - the name of a member, its value to follow
 * @j: the JSON
 * @name: the name: nothing in it wants escaping
 * @len: its length
 */
void json_key(struct json *j, const char *name, size_t len);

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
 * json_raw() - a value that is JSON already
 * @j: the JSON
 * @text: the value
 */
void json_raw(struct json *j, const char *text);

void json_uint(struct json *j, __u64 v);
void json_int(struct json *j, __s64 v);
void json_hex(struct json *j, __u64 v);
void json_bool(struct json *j, bool v);
void json_null(struct json *j);

/**
 * json_newline() - end of a line; what follows is no part of what was before
 * @j: the JSON
 */
void json_newline(struct json *j);

/**
 * json_free() - free the buffer
 * @j: the JSON
 */
void json_free(struct json *j);

#endif /* CLEAVE_JSON_H */
