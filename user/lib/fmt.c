// SPDX-License-Identifier: GPL-2.0-only
#include <langinfo.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "lib/fmt.h"
#include "lib/utf8.h"

/*
 * @num / @den in three significant digits, as long as there is a fraction at all.
 * In integers: the C library takes 2,000 instructions for a floating point number,
 * and there is one in each line.
 */
static void digits(char *buf, __u64 num, __u64 den, const char *unit)
{
	unsigned int prec = 2, scale = 100;
	__u64 q = (num * scale + den / 2) / den;

	while (prec && q > 999) {
		prec--;
		scale /= 10;
		q = (num * scale + den / 2) / den;
	}
	if (prec)
		snprintf(buf, FMT_LEN, "%llu.%0*llu %s", q / scale, prec,
			 q % scale, unit);
	else
		snprintf(buf, FMT_LEN, "%llu %s", q, unit);
}

char *fmt_size(char *buf, __u64 pages)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB" };
	__u64 kib = pages * (CLEAVE_PAGE / 1024), den = 1;
	size_t i = 0;

	while (2 * kib >= 2047 * den &&
	       i + 1 < sizeof(units) / sizeof(units[0])) {
		den *= 1024;
		i++;
	}
	if (i)
		digits(buf, kib, den, units[i]);
	else
		snprintf(buf, FMT_LEN, pages ? "%llu KiB" : "%llu", kib);
	return buf;
}

char *fmt_time(char *buf, __u64 ns)
{
	if (ns < 1000)
		snprintf(buf, FMT_LEN, "%llu ns", ns);
	else if (ns < 999500)
		digits(buf, ns, 1000, "us");
	else if (ns < 999500000)
		digits(buf, ns, 1000000, "ms");
	else
		digits(buf, ns, 1000000000, "s");
	return buf;
}

char *fmt_safe(char *dst, size_t len, const char *src, size_t max)
{
	const unsigned char *s = (const unsigned char *)src;
	bool ascii = !fmt_is_utf8();
	size_t at = 0;

	while (max && *s) {
		unsigned int c;
		size_t n = utf8_get(s, max, &c);
		bool bad = !n || (ascii && n > 1) || utf8_is_control(c);
		size_t put = bad ? 1 : n;

		if (at + put + 1 > len)
			break;
		memcpy(dst + at, bad ? "?" : (const char *)s, put);
		at += put;
		n = n ? n : 1;
		s += n;
		max -= n;
	}
	dst[at] = '\0';
	return dst;
}

bool fmt_is_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

size_t fmt_width(const char *s)
{
	size_t width = 0;
	mbstate_t st = { 0 };
	wchar_t wc;

	while (*s) {
		size_t n = mbrtowc(&wc, s, MB_LEN_MAX, &st);
		int w;

		if (n == 0 || n > MB_LEN_MAX) {
			/* Not a character of this locale: one column a byte. */
			memset(&st, 0, sizeof(st));
			width++;
			s++;
			continue;
		}
		w = wcwidth(wc);
		width += w > 0 ? w : 0;
		s += n;
	}
	return width;
}
