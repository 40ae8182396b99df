/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * table.h - rows and columns on a terminal.  The rows are gone through twice: to
 * find how wide the columns are, and to print them; so none is kept.
 */
#ifndef CLEAVE_TABLE_H
#define CLEAVE_TABLE_H

#include <stdio.h>

#include "lib/line.h"

#define TABLE_COLS	16

/**
 * struct table_col - a column
 * @title: its heading
 * @left: aligned on the left
 * @width: columns that it takes at least
 * @drop: where there is not room for all: 1 is left out first; 0: never
 */
struct table_col {
	const char *title;
	bool left;
	size_t width;
	unsigned int drop;
};

/**
 * struct table - a table being measured or printed
 * @cols: its columns
 * @nr: how many
 * @row: cells of the row at hand
 * @at: where each begins in @row
 * @cell: how many there are
 * @width: of each column
 * @hidden: columns that are left out
 * @f: where to print to; NULL while measuring
 */
struct table {
	const struct table_col *cols;
	unsigned int nr;
	struct line row;
	size_t at[TABLE_COLS + 1];
	unsigned int cell;
	size_t width[TABLE_COLS];
	bool hidden[TABLE_COLS];
	FILE *f;
};

/**
 * table_init() - begin to measure
 * @t: filled
 * @cols: the columns; kept
 * @nr: how many, TABLE_COLS at most
 */
void table_init(struct table *t, const struct table_col *cols, unsigned int nr);

/**
 * table_cell() - the next cell of a row, from left to right
 * @t: the table
 *
 * Return: to be filled.
 */
struct line *table_cell(struct table *t);

/**
 * table_row() - a row is complete
 * @t: the table
 */
void table_row(struct table *t);

/**
 * table_print() - all has been measured: leave out what has no room, print the headings
 * @t: the table; rows are printed from now on
 * @f: where to
 * @columns: of the terminal; 0: no matter how many
 * @on: before the headings, as a colour
 * @off: behind them
 */
void table_print(struct table *t, FILE *f, unsigned int columns, const char *on,
		 const char *off);

/**
 * table_free() - free what it has in memory
 * @t: the table
 */
void table_free(struct table *t);

#endif /* CLEAVE_TABLE_H */
