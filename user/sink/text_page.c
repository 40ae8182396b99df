// SPDX-License-Identifier: GPL-2.0-only
#include "sink/text.h"

const char *page_paint(const struct page *p, enum colour c)
{
	static const char *const codes[] = {
		[PLAIN] = "\033[0m", [GREEN] = "\033[32m", [CYAN] = "\033[36m",
		[YELLOW] = "\033[33m", [RED] = "\033[31m", [DIM] = "\033[2m",
		[BOLD] = "\033[1m",
	};

	return p->colour ? codes[c] : "";
}

const char *page_bar(const struct page *p, __u64 v, __u64 most)
{
	static const char *const bars[2][9] = {
		{ " ", ".", ":", "-", "=", "+", "*", "%", "#" },
		{ " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" },
	};
	/* 1 to 8, and 8 for the most alone: so that one of many shows, too. */
	__u64 high = v ? 1 + (__u64)(7.0 * (double)v / (double)most) : 0;

	return bars[p->utf8][high < 8 ? high : 8];
}

void page_heading(const struct page *p, const char *text)
{
	fprintf(p->f, "\n%s%s%s\n", page_paint(p, BOLD), text, page_paint(p, PLAIN));
}

/* Bytes of the colour that @s begins with, if it does. */
static size_t colour_len(const char *s, size_t len)
{
	const char *m = *s == '\033' ? memchr(s, 'm', len) : NULL;

	return m ? m + 1 - s : 0;
}

/* Bytes of the character that @s begins with. */
static size_t char_len(const char *s, size_t len)
{
	size_t n = 1;

	while (n < len && (s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* How much of @s goes into a line: all, or up to the last place to break that fits. */
static size_t fit(const char *s, size_t len, unsigned int columns)
{
	size_t at = 0, end = 0, width = 0;

	while (at < len) {
		size_t n = colour_len(s + at, len - at);

		if (!n) {
			n = char_len(s + at, len - at);
			width += fmt_width(s + at, n);
			if (width > columns)
				return end ? end : at;
			if (s[at] == ' ')
				end = at;
			else if (s[at] == '|')
				end = at + 1;
		}
		at += n;
	}
	return len;
}

/* Where @f is NULL, it is only counted. */
static unsigned int wrap(FILE *f, unsigned int columns, const char *s, size_t len,
			 unsigned int indent)
{
	unsigned int room = columns, lines = 1;
	size_t n;

	/* Rather to the left than a word a line. */
	if (indent > room / 2)
		indent = 4;
	while (room && (n = fit(s, len, room)) < len && n) {
		if (f)
			fwrite_unlocked(s, 1, n, f);
		s += n;
		len -= n;
		while (len && *s == ' ') {
			s++;
			len--;
		}
		if (f)
			fprintf(f, "\n%*s", (int)indent, "");
		room = columns - indent;
		lines++;
	}
	if (!f)
		return lines;
	fwrite_unlocked(s, 1, len, f);
	putc_unlocked('\n', f);
	return lines;
}

void page_wrap(const struct page *p, const char *s, size_t len, unsigned int indent)
{
	wrap(p->f, p->columns, s, len, indent);
}

unsigned int page_lines(const struct page *p, const char *s, size_t len, unsigned int indent)
{
	return wrap(NULL, p->columns, s, len, indent);
}
