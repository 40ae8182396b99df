// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "options.h"
#include "run.h"

void usage_error(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "cleave: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_USAGE);
}

const char *option_hook(const char *arg)
{
	const char *names[CLEAVE_NR_HOOKS + 1] = { NULL };
	const char *near;
	int i;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		if (!strcmp(arg, hook_names[i]))
			return arg;
		names[i] = hook_names[i];
	}
	near = suggest(arg, names);
	if (near)
		usage_error("unknown hook '%s': did you mean %s?", arg, near);
	usage_error("unknown hook '%s': 'cleave doctor' lists them", arg);
}

/* Levenshtein distance of two short words. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], i, j, la = strlen(a), lb = strlen(b);

	if (lb >= 64)
		return 64;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *suggest(const char *word, const char *const *names)
{
	const char *best = NULL;
	size_t least = strlen(word) / 2 + 1;

	for (; *names; names++) {
		size_t d = distance(word, *names);

		if (d < least) {
			least = d;
			best = *names;
		}
	}
	return best;
}
