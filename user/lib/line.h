/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * line.h - text being put together in a buffer that is used again and again.  What
 * is printed for each event is made by this: printf takes ten times as long.
 */
#ifndef CLEAVE_LINE_H
#define CLEAVE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "lib/fmt.h"

/**
 * struct line - the text; all zero is an empty one
 * @buf: no final NUL
 * @len: how much there is
 * @size: of @buf
 * @ascii: what is foreign may have no other characters: see line_safe()
 */
struct line {
	char *buf;
	size_t len;
	size_t size;
	bool ascii;
};

/**
 * line_grow() - make room; ends the program without memory
 * @l: the text
 * @n: bytes more than there are
 */
void line_grow(struct line *l, size_t n);

/* Where to write @n bytes; @l->len is the caller's to set. */
static inline char *line_room(struct line *l, size_t n)
{
	if (l->size - l->len <= n)
		line_grow(l, n);
	return l->buf + l->len;
}

static inline void line_add(struct line *l, const char *s, size_t n)
{
	memcpy(line_room(l, n), s, n);
	l->len += n;
}

/**
 * line_str() - a string of our own; of a literal, the compiler knows the length
 * @l: the text
 * @s: the string
 */
static inline void line_str(struct line *l, const char *s)
{
	line_add(l, s, strlen(s));
}

static inline void line_uint(struct line *l, __u64 v)
{
	l->len = fmt_put_uint(line_room(l, FMT_LEN), v) - l->buf;
}

static inline void line_size(struct line *l, __u64 pages)
{
	l->len = fmt_put_size(line_room(l, FMT_LEN), pages) - l->buf;
}

static inline void line_time(struct line *l, __u64 ns)
{
	l->len = fmt_put_time(line_room(l, FMT_LEN), ns) - l->buf;
}

void line_int(struct line *l, __s64 v);
void line_hex(struct line *l, __u64 v);

/**
 * line_fill() - the same character several times
 * @l: the text
 * @c: the character
 * @n: how often; not above 0: not at all
 */
static inline void line_fill(struct line *l, char c, int n)
{
	char *p;

	if (n <= 0)
		return;
	p = line_room(l, n);
	l->len += n;
	/* Most are short: not worth a call. */
	while (n--)
		*p++ = c;
}

/**
 * line_right() - a number, aligned on the right
 * @l: the text
 * @v: the number
 * @width: columns that it takes at least
 */
static inline void line_right(struct line *l, __u64 v, int width)
{
	line_fill(l, ' ', width - (int)fmt_digits(v));
	line_uint(l, v);
}

/**
 * line_safe() - a foreign string, made safe to print on a terminal
 * @l: the text; what is a control character, sets the direction of text, is no valid
 *	UTF-8, or not ASCII with @l->ascii, becomes "?"
 * @s: the string, up to a NUL if there is one
 * @max: its length at most
 *
 * Return: columns that it takes.
 */
size_t line_safe(struct line *l, const char *s, size_t max);

/**
 * line_free() - free the buffer
 * @l: the text
 */
void line_free(struct line *l);

#endif /* CLEAVE_LINE_H */
