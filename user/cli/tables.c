// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/tables.h"

bool tables_wanted(int argc, char **argv)
{
	return argc == 2 && !strcmp(argv[1], "--tables");
}

/* A line for each of @text's up to @end that is not empty. */
static void print_lines(const char *what, const char *text, const char *end)
{
	while (text < end) {
		size_t len = strcspn(text, "\n\v");

		if (len)
			printf("%s\t%.*s\n", what, (int)len, text);
		text += len + 1;
	}
}

static void print_option(int key, const char *name, const char *arg, const char *doc)
{
	char letter[2] = { key > 0 && key < 128 && isprint(key) ? key : '\0' };

	printf("option\t%s\t%s\t%s\t%s\n", letter, name ? name : "", arg ? arg : "",
	       doc ? doc : "");
}

static bool is_end(const struct argp_option *o)
{
	return !o->name && !o->key && !o->doc && !o->group;
}

static void print_options(const struct argp *argp)
{
	const struct argp_option *o;
	const struct argp_child *c;

	for (o = argp->options; o && !is_end(o); o++)
		if ((o->name || o->key) && !(o->flags & (OPTION_HIDDEN | OPTION_DOC)))
			print_option(o->key, o->name, o->arg, o->doc);
	for (c = argp->children; c && c->argp; c++)
		print_options(c->argp);
}

void tables_print(const struct argp *argp)
{
	const char *doc = argp->doc ? argp->doc : "";
	const char *more = doc + strcspn(doc, "\v");

	if (argp->args_doc)
		print_lines("args", argp->args_doc, argp->args_doc + strlen(argp->args_doc));
	print_lines("doc", doc, more);
	print_lines("more", more, more + strlen(more));
	print_options(argp);
	/* What argp adds to all; -h is taken as well. */
	print_option('h', "help", NULL, "print a help and exit");
	print_option(0, "usage", NULL, "print a short usage message and exit");
	print_option('V', "version", NULL, "print the version and exit");
}
