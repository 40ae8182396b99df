// SPDX-License-Identifier: GPL-2.0-only
#include <langinfo.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "lib/fmt.h"

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

/* Length of the valid UTF-8 sequence at the start of s, or 0. */
static size_t utf8_len(const unsigned char *s, size_t max)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int c = s[0];
	size_t i, len;

	if (c < 0x80)
		return 1;
	len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || len > max)
		return 0;
	c &= 0x7f >> len;
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return len;
}

static char *clean(char *dst, size_t len, const char *src, size_t max,
		   const char *bad, bool controls, bool ascii)
{
	const unsigned char *s = (const unsigned char *)src;
	size_t at = 0;

	while (max && *s) {
		size_t n = utf8_len(s, max);
		const char *put = (const char *)s;
		size_t put_len = n;

		if (!n || (ascii && n > 1) ||
		    (!controls && (*s < 0x20 || *s == 0x7f ||
				   (n == 2 && s[0] == 0xc2 && s[1] < 0xa0)))) {
			put = bad;
			put_len = strlen(bad);
		}
		if (at + put_len + 1 > len)
			break;
		memcpy(dst + at, put, put_len);
		at += put_len;
		n = n ? n : 1;
		s += n;
		max -= n;
	}
	dst[at] = '\0';
	return dst;
}

char *fmt_utf8(char *dst, size_t len, const char *src, size_t max)
{
	return clean(dst, len, src, max, "\xef\xbf\xbd", true, false);
}

char *fmt_safe(char *dst, size_t len, const char *src, size_t max)
{
	return clean(dst, len, src, max, "?", false, !fmt_is_utf8());
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
