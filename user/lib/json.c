// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/utf8.h"

#define SIZE_FIRST	4096

/* The longest number, with its sign, its quotes and a comma. */
#define NUMBER_LEN	24

static void grow(struct json *j, size_t more)
{
	size_t size = j->size ? j->size : SIZE_FIRST;

	while (size - j->len < more)
		size *= 2;
	j->buf = realloc(j->buf, size);
	if (!j->buf) {
		fprintf(stderr, "cleave: out of memory\n");
		abort();
	}
	j->size = size;
}

/* Where to write @n bytes. */
static inline char *room(struct json *j, size_t n)
{
	if (j->size - j->len < n)
		grow(j, n);
	return j->buf + j->len;
}

static inline void add(struct json *j, const char *s, size_t n)
{
	memcpy(room(j, n), s, n);
	j->len += n;
}

/* What comes before any value but that of a key. */
static inline char *value_room(struct json *j, size_t n)
{
	char *p = room(j, n + 1);

	if (j->comma) {
		*p++ = ',';
		j->len++;
	}
	j->comma = true;
	return p;
}

void json_open(struct json *j, char bracket)
{
	*value_room(j, 1) = bracket;
	j->len++;
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	*room(j, 1) = bracket;
	j->len++;
	j->comma = true;
}

void json_key(struct json *j, const char *name, size_t len)
{
	char *p = value_room(j, len + 3);

	*p++ = '"';
	memcpy(p, name, len);
	p += len;
	*p++ = '"';
	*p = ':';
	j->len += len + 3;
	j->comma = false;
}

void json_word(struct json *j, const char *word)
{
	size_t len = strlen(word);
	char *p = value_room(j, len + 2);

	*p++ = '"';
	memcpy(p, word, len);
	p[len] = '"';
	j->len += len + 2;
}

static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void escape(struct json *j, unsigned int c)
{
	static const char shorts[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
	const char *s = c && c < 0x80 ? strchr(shorts, c) : NULL;
	char *p = room(j, 8);

	if (s) {
		*p++ = '\\';
		*p = letters[s - shorts];
		j->len += 2;
	} else {
		/* Nothing that is escaped lies above U+FFFF. */
		j->len += snprintf(p, 8, "\\u%04x", c & 0xffff);
	}
}

void json_string(struct json *j, const char *str, size_t len)
{
	const unsigned char *s = (const unsigned char *)str, *end = s + len;

	*value_room(j, 1) = '"';
	j->len++;
	while (s < end) {
		const unsigned char *run = s;
		unsigned int c;
		size_t n;

		while (s < end && plain(*s))
			s++;
		if (s > run)
			add(j, (const char *)run, s - run);
		if (s == end)
			break;
		n = utf8_get(s, end - s, &c);
		if (!n)
			add(j, "\xef\xbf\xbd", 3);
		else if (n == 1 || utf8_is_control(c))
			escape(j, c);
		else
			add(j, (const char *)s, n);
		s += n ? n : 1;
	}
	*room(j, 1) = '"';
	j->len++;
}

void json_raw(struct json *j, const char *text)
{
	size_t len = strlen(text);

	memcpy(value_room(j, len), text, len);
	j->len += len;
}

static size_t digits(char *p, __u64 v)
{
	char buf[NUMBER_LEN];
	size_t n = 0, i;

	do {
		buf[n++] = '0' + v % 10;
		v /= 10;
	} while (v);
	for (i = 0; i < n; i++)
		p[i] = buf[n - 1 - i];
	return n;
}

void json_uint(struct json *j, __u64 v)
{
	char *p = value_room(j, NUMBER_LEN);

	j->len += digits(p, v);
}

void json_int(struct json *j, __s64 v)
{
	char *p = value_room(j, NUMBER_LEN);

	if (v < 0) {
		*p++ = '-';
		j->len++;
	}
	j->len += digits(p, v < 0 ? -(__u64)v : (__u64)v);
}

void json_hex(struct json *j, __u64 v)
{
	char *p = value_room(j, NUMBER_LEN);
	int shift = 60;
	size_t n = 0;

	while (shift && !(v >> shift))
		shift -= 4;
	p[n++] = '"';
	p[n++] = '0';
	p[n++] = 'x';
	for (; shift >= 0; shift -= 4)
		p[n++] = "0123456789abcdef"[v >> shift & 15];
	p[n++] = '"';
	j->len += n;
}

void json_bool(struct json *j, bool v)
{
	json_raw(j, v ? "true" : "false");
}

void json_null(struct json *j)
{
	json_raw(j, "null");
}

void json_newline(struct json *j)
{
	*room(j, 1) = '\n';
	j->len++;
	j->comma = false;
}

void json_free(struct json *j)
{
	free(j->buf);
	*j = (struct json) { 0 };
}
