// SPDX-License-Identifier: GPL-2.0-only
#include "lib/line.h"
#include "lib/need.h"
#include "lib/utf8.h"

#define SIZE_FIRST	4096

void line_grow(struct line *l, size_t n)
{
	size_t size = l->size ? l->size : SIZE_FIRST;

	while (size - l->len <= n)
		size *= 2;
	l->buf = need(realloc(l->buf, size));
	l->size = size;
}

void line_int(struct line *l, __s64 v)
{
	if (v < 0)
		line_add(l, "-", 1);
	line_uint(l, v < 0 ? -(__u64)v : (__u64)v);
}

void line_hex(struct line *l, __u64 v)
{
	int shift = 60;

	line_str(l, "0x");
	while (shift && !(v >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		line_add(l, &"0123456789abcdef"[v >> shift & 15], 1);
}

size_t line_safe(struct line *l, const char *str, size_t max)
{
	const unsigned char *s = (const unsigned char *)str;
	char *start = line_room(l, max), *p = start;
	bool wide = false;

	/* No character gets longer. */
	while (max && *s) {
		unsigned int c;
		size_t n;

		if (*s >= 0x20 && *s < 0x7f) {
			*p++ = *s++;
			max--;
			continue;
		}
		n = utf8_get(s, max, &c);
		if (!n || (l->ascii && n > 1) || utf8_is_control(c)) {
			*p++ = '?';
			n = n ? n : 1;
		} else {
			memcpy(p, s, n);
			p += n;
			wide = true;
		}
		s += n;
		max -= n;
	}
	l->len += p - start;
	return wide ? fmt_width(start, p - start) : (size_t)(p - start);
}

void line_free(struct line *l)
{
	free(l->buf);
	*l = (struct line) { 0 };
}
