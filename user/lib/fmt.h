/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fmt.h - numbers and foreign strings in a form for people.
 */
#ifndef CLEAVE_FMT_H
#define CLEAVE_FMT_H

#include <stdbool.h>
#include <stddef.h>

#include "cleave_abi.h"

#define FMT_LEN		32

#define CLEAVE_PAGE	4096ULL

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
 * fmt_safe() - make a string safe to print on a terminal
 * @dst: for the result; control characters are replaced with "?", and all that
 *	is not ASCII too where the locale has no UTF-8
 * @len: its size
 * @src: the string; not necessarily with a final NUL
 * @max: bytes of @src to look at
 *
 * Return: @dst.
 */
char *fmt_safe(char *dst, size_t len, const char *src, size_t max);

/**
 * fmt_is_utf8() - does the terminal take UTF-8 (by the locale)?
 */
bool fmt_is_utf8(void);

/**
 * fmt_width() - columns that a string takes on a terminal
 * @s: the string
 */
size_t fmt_width(const char *s);

#endif /* CLEAVE_FMT_H */
