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

/* What argp adds to all, and -h, which is no option of its own but what most try first. */
static const struct argp_option helps[] = {
	{ "help", '?', NULL, 0, NULL, 0 },
	{ "help", 'h', NULL, 0, NULL, 0 },
	{ "usage", 256, NULL, 0, NULL, 0 },
	{ "version", 'V', NULL, 0, NULL, 0 },
	{ 0 }
};

/**
 * struct scan - a look at a command line before argp takes it
 * @argp: what there is
 * @argc: of main()
 * @argv: of main()
 * @at: the word that is looked at
 * @help: one of @helps is asked for
 */
struct scan {
	const struct argp *argp;
	int argc;
	char **argv;
	int at;
	bool help;
};

static bool is_help(const struct argp_option *o)
{
	return o >= helps && o < helps + sizeof(helps) / sizeof(helps[0]);
}

/*
 * The option of this name, or the only one that begins so; @n: how many do.  As
 * getopt_long(3) has it.
 */
static const struct argp_option *named(const struct argp_option *o, const char *name,
				       const struct argp_option *one, unsigned int *n)
{
	for (; o && o->name; o++) {
		if (strncmp(o->name, name, strlen(name)) != 0 ||
		    (one && !strcmp(o->name, one->name)))
			continue;
		if (!strcmp(o->name, name)) {
			*n = 1;
			return o;
		}
		/* An exact one of before stands. */
		if (one && !strcmp(one->name, name))
			continue;
		one = o;
		(*n)++;
	}
	return one;
}

static const char *near_option(const struct argp_option *o, const char *name)
{
	const char *names[OPTIONS_MAX + 1] = { NULL };
	size_t nr = 0;

	for (; o && o->name && nr < OPTIONS_MAX; o++)
		names[nr++] = o->name;
	return suggest(name, names);
}

/* Is there a word behind this one for the option's argument?  Then that is past, too. */
static bool next_word(struct scan *s)
{
	return ++s->at < s->argc;
}

/* @word: a long option, without its dashes. */
static void scan_long(struct scan *s, const char *word)
{
	size_t len = strcspn(word, "=");
	const struct argp_option *o;
	char name[OPTION_LEN];
	unsigned int n = 0;
	const char *near;

	snprintf(name, sizeof(name), "%.*s", (int)len, word);
	o = named(helps, name, named(s->argp->options, name, NULL, &n), &n);
	if (n > 1)
		usage_error("'--%s' can be more than one option: see %s --help", name,
			    s->argv[0]);
	if (!o) {
		near = near_option(s->argp->options, name);
		if (near)
			usage_error("no such option: '--%s': did you mean --%s?", name, near);
		usage_error("no such option: '--%s': see %s --help", name, s->argv[0]);
	}
	if (!o->arg && word[len])
		usage_error("--%s takes no argument", o->name);
	if (o->arg && !word[len] && !next_word(s))
		usage_error("--%s needs an argument, %s", o->name, o->arg);
	s->help |= is_help(o);
}

static const struct argp_option *lettered(const struct argp_option *o, char letter)
{
	while (o && o->name && o->key != letter)
		o++;
	return o && o->name ? o : NULL;
}

/* @word: short ones, one behind the other, without their dash. */
static void scan_short(struct scan *s, const char *word)
{
	for (; *word; word++) {
		const struct argp_option *o = lettered(s->argp->options, *word);

		if (!o)
			o = lettered(helps, *word);
		if (!o)
			usage_error("no such option: '-%c': see %s --help", *word, s->argv[0]);
		if (is_help(o)) {
			/* As argp spells it; it looks at nothing behind it. */
			if (*word == 'h')
				s->argv[s->at] = "--help";
			s->help = true;
			return;
		}
		if (!o->arg)
			continue;
		if (!word[1] && !next_word(s))
			usage_error("-%c needs an argument, %s", *word, o->arg);
		return;
	}
}

/*
 * Says what is wrong with the options, in one line, and ends the program; argp's own
 * words would be two, and it does not say which option it is that it blames.
 */
static void scan(struct scan *s, bool in_order)
{
	for (s->at = 1; s->at < s->argc && !s->help; s->at++) {
		const char *word = s->argv[s->at];

		if (!strcmp(word, "--"))
			return;
		if (!strncmp(word, "--", 2))
			scan_long(s, word + 2);
		else if (word[0] == '-' && word[1])
			scan_short(s, word + 1);
		else if (in_order)
			return;	/* the rest is a command's */
	}
}

void parse_args(const struct argp *argp, int argc, char **argv,
		unsigned int flags, void *input)
{
	struct scan s = { .argp = argp, .argc = argc, .argv = argv };

	if (tables_wanted(argc, argv)) {
		tables_print(argp);
		exit(fflush(stdout) ? EXIT_CLEAVE : 0);
	}
	scan(&s, flags & ARGP_IN_ORDER);
	/* With this, it would not show its helps either. */
	if (!s.help)
		flags |= ARGP_NO_ERRS;
	if (argp_parse(argp, argc, argv, flags, NULL, input))
		usage_error("bad options: see %s --help", argv[0]);
}

static int hook_of(const char *name)
{
	const char *names[CLEAVE_NR_HOOKS + 1] = { NULL };
	const char *near;
	int i;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		if (!strcmp(name, hook_names[i]))
			return i;
		names[i] = hook_names[i];
	}
	near = suggest(name, names);
	if (near)
		usage_error("unknown hook '%s': did you mean %s?", name, near);
	usage_error("unknown hook '%s': 'cleave doctor' lists them", name);
}

unsigned long long option_hooks(const char *arg)
{
	unsigned long long mask = 0;
	char name[64];

	for (;;) {
		size_t len = strcspn(arg, ",");

		snprintf(name, sizeof(name), "%.*s", (int)len, arg);
		mask |= 1ULL << hook_of(name);
		if (!arg[len])
			return mask;
		arg += len + 1;
	}
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
