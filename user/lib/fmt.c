// SPDX-License-Identifier: GPL-2.0-only
#include <langinfo.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "lib/fmt.h"

/* @num / @den in three significant digits, as long as there is a fraction at all. */
static char *digits(char *at, __u64 num, __u64 den, const char *unit)
{
	unsigned int scale = 100;
	__u64 q = (num * scale + den / 2) / den;

	while (scale > 1 && q > 999) {
		scale /= 10;
		q = (num * scale + den / 2) / den;
	}
	at = fmt_put_uint(at, q / scale);
	if (scale > 1)
		*at++ = '.';
	while (scale > 1) {
		scale /= 10;
		*at++ = '0' + q / scale % 10;
	}
	return stpcpy(at, unit);
}

char *fmt_put_size(char *at, __u64 pages)
{
	static const char *const units[] = { " KiB", " MiB", " GiB", " TiB", " PiB" };
	__u64 kib = pages * (CLEAVE_PAGE / 1024), den = 1;
	size_t i = 0;

	while (2 * kib >= 2047 * den &&
	       i + 1 < sizeof(units) / sizeof(units[0])) {
		den *= 1024;
		i++;
	}
	if (i)
		return digits(at, kib, den, units[i]);
	at = fmt_put_uint(at, kib);
	return kib ? stpcpy(at, units[0]) : at;
}

char *fmt_put_time(char *at, __u64 ns)
{
	if (ns < 1000)
		return stpcpy(fmt_put_uint(at, ns), " ns");
	if (ns < 999500)
		return digits(at, ns, 1000, " us");
	if (ns < 999500000)
		return digits(at, ns, 1000000, " ms");
	return digits(at, ns, 1000000000, " s");
}

char *fmt_size(char *buf, __u64 pages)
{
	*fmt_put_size(buf, pages) = '\0';
	return buf;
}

char *fmt_time(char *buf, __u64 ns)
{
	*fmt_put_time(buf, ns) = '\0';
	return buf;
}

bool fmt_is_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

#define EACH(byte)	((byte) * 0x0101010101010101ULL)

/* Are the eight bytes of @s printable ASCII, each? */
static bool eight_plain(const char *s)
{
	__u64 v;

	memcpy(&v, s, sizeof(v));
	/* None above 0x7f, none that is less than a blank, no 0x7f. */
	return !((v | (v - EACH(0x20)) | (v + EACH(1))) & EACH(0x80));
}

/* The character that @s begins with: its bytes, and the columns that it takes. */
static size_t one(const char *s, size_t len, mbstate_t *st, unsigned int *columns)
{
	wchar_t wc;
	size_t n;
	int w;

	*columns = 1;
	n = mbrtowc(&wc, s, len, st);
	if (n == 0 || n > MB_LEN_MAX) {
		/* Not a character of this locale: one column a byte. */
		memset(st, 0, sizeof(*st));
		return 1;
	}
	w = wcwidth(wc);
	*columns = w > 0 ? w : 0;
	return n;
}

size_t fmt_width(const char *s, size_t len)
{
	mbstate_t st = { 0 };
	size_t at = 0, width = 0;

	while (at < len) {
		unsigned int w;

		/* Nearly all are. */
		if (len - at >= 8 && eight_plain(s + at)) {
			width += 8;
			at += 8;
			continue;
		}
		if (s[at] >= 0x20 && s[at] < 0x7f) {
			width++;
			at++;
			continue;
		}
		at += one(s + at, len - at, &st, &w);
		width += w;
	}
	return width;
}

size_t fmt_fit(const char *s, size_t len, unsigned int *columns)
{
	mbstate_t st = { 0 };
	size_t at = 0;

	while (at < len) {
		unsigned int w;
		size_t n = one(s + at, len - at, &st, &w);

		if (w > *columns)
			break;
		*columns -= w;
		at += n;
	}
	return at;
}
