// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "lib/fmt.h"
#include "lib/json.h"
#include "lib/need.h"
#include "lib/utf8.h"

#define SIZE_FIRST	4096

void json_grow(struct json *j, size_t n)
{
	size_t size = j->buf ? j->end - j->buf : SIZE_FIRST, len = json_len(j);

	while (size - len < n)
		size *= 2;
	j->buf = need(realloc(j->buf, size));
	j->at = j->buf + len;
	j->end = j->buf + size;
}

static void add(struct json *j, const char *s, size_t n)
{
	memcpy(json_room(j, n), s, n);
	j->at += n;
}

void json_digits(struct json *j, __u64 v)
{
	j->at = fmt_put_uint(json_room(j, JSON_NUMBER_LEN), v);
	*j->at++ = ',';
}

void json_hex(struct json *j, __u64 v)
{
	char buf[JSON_NUMBER_LEN], *p = buf + sizeof(buf);

	*--p = ',';
	*--p = '"';
	do {
		*--p = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v);
	*--p = 'x';
	*--p = '0';
	*--p = '"';
	add(j, p, buf + sizeof(buf) - p);
}

void json_word(struct json *j, const char *word)
{
	size_t len = strlen(word);
	char *p = json_room(j, len + 3);

	*p++ = '"';
	p = mempcpy(p, word, len);
	*p++ = '"';
	*p++ = ',';
	j->at = p;
}

/* Of ASCII, what stands for itself; of a word of ours that is all. */
static bool plain(unsigned char c)
{
	static const bool is[256] = {
		[' '] = true, ['!'] = true, ['#' ... '['] = true, [']' ... '~'] = true,
	};

	return is[c];
}

static void escape(struct json *j, unsigned int c)
{
	static const char shorts[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
	const char *s = c && c < 0x80 ? strchr(shorts, c) : NULL;
	char *p = json_room(j, 8);

	if (s) {
		p[0] = '\\';
		p[1] = letters[s - shorts];
		j->at += 2;
	} else {
		/* Nothing that is escaped lies above U+FFFF. */
		j->at += snprintf(p, 8, "\\u%04x", c & 0xffff);
	}
}

/* One character that is not plain; returns how many bytes it takes. */
static size_t foreign(struct json *j, const unsigned char *s, size_t max)
{
	unsigned int c;
	size_t n = utf8_get(s, max, &c);

	if (!n)
		add(j, "\xef\xbf\xbd", 3);
	else if (n == 1 || utf8_is_control(c))
		escape(j, c);
	else
		add(j, (const char *)s, n);
	return n ? n : 1;
}

void json_string(struct json *j, const char *str, size_t len)
{
	const unsigned char *s = (const unsigned char *)str, *end = s + len;
	char *p = json_room(j, len + 3);

	while (s < end && plain(*s))
		s++;
	*p++ = '"';
	p = mempcpy(p, str, s - (const unsigned char *)str);
	/* Mostly that is all: one copy, and no look for room but the one. */
	if (s == end) {
		*p++ = '"';
		*p++ = ',';
		j->at = p;
		return;
	}
	j->at = p;
	while (s < end) {
		const unsigned char *run = s;

		while (s < end && plain(*s))
			s++;
		add(j, (const char *)run, s - run);
		if (s < end)
			s += foreign(j, s, end - s);
	}
	add(j, "\",", 2);
}

void json_name(struct json *j, const char *s, size_t len)
{
	json_string(j, s, len);
	json_finish(j, ':');
}

void json_free(struct json *j)
{
	free(j->buf);
	*j = (struct json) { 0 };
}
