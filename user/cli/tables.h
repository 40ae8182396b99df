/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables.h - the command lines as tables, of which the manual pages and the
 * completions are made.
 *
 * "cleave COMMAND --tables", which no help tells of, prints a line for each entry,
 * with tabs between the fields: "args" as in the usage, "doc" and "more" a paragraph
 * each, "option" its letter, name, argument and text (the first three can be empty).
 */
#ifndef CLEAVE_TABLES_H
#define CLEAVE_TABLES_H

#include <argp.h>
#include <stdbool.h>

/**
 * tables_wanted() - is it the tables that were asked for?
 * @argc: of main()
 * @argv: of main()
 */
bool tables_wanted(int argc, char **argv);

/**
 * tables_print() - what one parser takes, to stdout
 * @argp: the parser
 */
void tables_print(const struct argp *argp);

#endif /* CLEAVE_TABLES_H */
