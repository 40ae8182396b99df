// SPDX-License-Identifier: GPL-2.0-only
#include <argp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/backend.h"
#include "cli/options.h"
#include "cli/tables.h"
#include "core/status.h"

/* More than any subcommand has, and longer. */
#define OPTIONS_MAX	64
#define OPTION_LEN	64

void usage_error(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "cleave: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_CLEAVE);
}

/*
 * Help that is asked for before the command begins, as argp spells it; -h, which is
 * no option of ours, is what most try first.
 */
static bool wants_help(int argc, char **argv)
{
	static const char *const words[] = {
		"--help", "-?", "--usage", "--version", "-V",
	};
	size_t i;
	int n;

	for (n = 1; n < argc && argv[n][0] == '-' && strcmp(argv[n], "--") != 0; n++) {
		if (!strcmp(argv[n], "-h"))
			argv[n] = "--help";
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strcmp(argv[n], words[i]) == 0)
				return true;
	}
	return false;
}

/* Says what is wrong about a long option, without its dashes. */
static void bad_long(const struct argp *argp, const char *word, const char *cmd)
{
	size_t len = strcspn(word, "="), nr = 0, n = 0;
	const char *names[OPTIONS_MAX + 1] = { NULL };
	const struct argp_option *o, *one = NULL;
	char name[OPTION_LEN];
	const char *near;

	snprintf(name, sizeof(name), "%.*s", (int)len, word);
	for (o = argp->options; o && o->name && nr < OPTIONS_MAX; o++) {
		names[nr++] = o->name;
		if (strncmp(o->name, name, strlen(name)))
			continue;
		one = o;
		n++;
	}
	if (n > 1)
		usage_error("'--%s' can be more than one option: see %s --help", name, cmd);
	if (one && !one->arg)
		usage_error("--%s takes no argument", one->name);
	if (one)
		usage_error("--%s needs an argument, %s", one->name, one->arg);
	near = suggest(name, names);
	if (near)
		usage_error("no such option: '--%s': did you mean --%s?", name, near);
	usage_error("no such option: '--%s': see %s --help", name, cmd);
}

/* The same of a word of short ones. */
static void bad_short(const struct argp *argp, const char *word, const char *cmd)
{
	for (; *word; word++) {
		const struct argp_option *o = argp->options;

		while (o && o->name && o->key != *word)
			o++;
		if (!o || !o->name)
			usage_error("no such option: '-%c': see %s --help", *word, cmd);
		if (o->arg)
			usage_error("-%c needs an argument, %s", *word, o->arg);
	}
}

void parse_args(const struct argp *argp, int argc, char **argv,
		unsigned int flags, void *input)
{
	const char *word;
	int next = 0;

	if (tables_wanted(argc, argv)) {
		tables_print(argp);
		exit(fflush(stdout) ? EXIT_CLEAVE : 0);
	}
	/* argp's own words for an error would be two lines; so are its helps. */
	if (!wants_help(argc, argv))
		flags |= ARGP_NO_ERRS;
	if (!argp_parse(argp, argc, argv, flags, &next, input))
		return;
	word = argv[next > 1 ? next - 1 : 1];
	if (!strncmp(word, "--", 2))
		bad_long(argp, word + 2, argv[0]);
	else
		bad_short(argp, word + 1, argv[0]);
	usage_error("no such option: '%s': see %s --help", word, argv[0]);
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

bool option_json(const char *arg)
{
	if (strcmp(arg, "json") && strcmp(arg, "text"))
		usage_error("unknown format '%s': use text or json", arg);
	return !strcmp(arg, "json");
}

const char *option_sink(bool json, bool summary)
{
	if (json)
		return summary ? "json-summary" : "json";
	return summary ? "summary" : "text";
}
