/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fmt.h - numbers in a form for people.
 */
#ifndef CLEAVE_FMT_H
#define CLEAVE_FMT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cleave_abi.h"

#define FMT_LEN		32

#define CLEAVE_PAGE	4096ULL

/**
 * fmt_digits() - how many a number has
 * @v: the number
 */
static inline unsigned int fmt_digits(__u64 v)
{
	unsigned int n = 1;

	for (; v > 9999; v /= 10000)
		n += 4;
	return n + (v > 9) + (v > 99) + (v > 999);
}

#define FMT_TENS(d)	d "0" d "1" d "2" d "3" d "4" d "5" d "6" d "7" d "8" d "9"

/**
 * fmt_put_uint() - a number
 * @at: where to: at least FMT_LEN bytes; no final NUL is written
 * @v: the number
 *
 * Return: behind what was written.
 */
static inline char *fmt_put_uint(char *at, __u64 v)
{
	/* "00", "01" to "99". */
	static const char pairs[] =
		FMT_TENS("0") FMT_TENS("1") FMT_TENS("2") FMT_TENS("3") FMT_TENS("4")
		FMT_TENS("5") FMT_TENS("6") FMT_TENS("7") FMT_TENS("8") FMT_TENS("9");
	char *end = at + fmt_digits(v), *p = end;

	/* Two digits for each of the long divisions. */
	for (; v > 99; v /= 100) {
		p -= 2;
		memcpy(p, &pairs[2 * (v % 100)], 2);
	}
	if (v > 9)
		memcpy(at, &pairs[2 * v], 2);
	else
		*at = '0' + (char)v;
	return end;
}

/* As fmt_size() and fmt_time(), but like fmt_put_uint(). */
char *fmt_put_size(char *at, __u64 pages);
char *fmt_put_time(char *at, __u64 ns);

/**
 * fmt_size() - a number of pages as a size: "0", "4 KiB", "1.2 MiB"
 * @buf: at least FMT_LEN bytes
 * @pages: base pages
 *
 * Return: @buf.
 */
char *fmt_size(char *buf, __u64 pages);

/**
 * fmt_time() - a duration with three digits: "950 ns", "12.3 us", "1.25 s"
 * @buf: at least FMT_LEN bytes
 * @ns: nanoseconds
 *
 * Return: @buf.
 */
char *fmt_time(char *buf, __u64 ns);

/**
 * fmt_is_utf8() - does the terminal take UTF-8 (by the locale)?
 */
bool fmt_is_utf8(void);

/**
 * fmt_width() - columns that a string takes on a terminal
 * @s: the string
 * @len: its length in bytes
 */
size_t fmt_width(const char *s, size_t len);

/**
 * fmt_fit() - how much of a string goes into so many columns
 * @s: the string
 * @len: its length in bytes
 * @columns: that there are; less those that it takes
 *
 * Return: bytes, of whole characters.
 */
size_t fmt_fit(const char *s, size_t len, unsigned int *columns);

#endif /* CLEAVE_FMT_H */
