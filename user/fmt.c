// SPDX-License-Identifier: GPL-2.0-only
#include <langinfo.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "fmt.h"

/* Three significant digits, as long as there is a fraction at all. */
static void digits(char *buf, double v, const char *unit)
{
	int prec = v < 9.995 ? 2 : v < 99.95 ? 1 : 0;

	snprintf(buf, FMT_LEN, "%.*f %s", prec, v, unit);
}

char *fmt_size(char *buf, __u64 pages)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB" };
	double v = (double)pages * CLEAVE_PAGE / 1024;
	size_t i = 0;

	while (v >= 1023.5 && i + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1024;
		i++;
	}
	if (!pages)
		snprintf(buf, FMT_LEN, "0");
	else if (i == 0)
		snprintf(buf, FMT_LEN, "%.0f KiB", v);
	else
		digits(buf, v, units[i]);
	return buf;
}

char *fmt_time(char *buf, __u64 ns)
{
	if (ns < 1000)
		snprintf(buf, FMT_LEN, "%llu ns", ns);
	else if (ns < 999500)
		digits(buf, ns / 1e3, "us");
	else if (ns < 999500000)
		digits(buf, ns / 1e6, "ms");
	else
		digits(buf, ns / 1e9, "s");
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
