/* SPDX-License-Identifier: GPL-2.0-only */
/* watch_columns.h - what stands in a row of a snapshot. */
#ifndef CLEAVE_WATCH_COLUMNS_H
#define CLEAVE_WATCH_COLUMNS_H

/* X(sym, heading, which is also what it is called in the command line) */
#define WATCH_COLUMNS(X)						\
	X(PROCESS, "process")						\
	X(OF, "of")							\
	X(AGE, "age")							\
	X(SHARED, "shared")						\
	X(MOST, "most")							\
	X(ESTIMATE, "estimate")						\
	X(NOW, "now")							\
	X(COPIED, "copied")						\
	X(CREATOR, "creator")						\
	X(RATE, "KiB/s")						\
	X(CLONES, "clones")

enum watch_column {
#define CLEAVE_X(sym, name) WATCH_##sym,
	WATCH_COLUMNS(CLEAVE_X)
#undef CLEAVE_X
	WATCH_NR
};

extern const char *const watch_names[WATCH_NR + 1];

/**
 * watch_column() - by its name
 * @name: the name
 *
 * Return: enum watch_column, or -1.
 */
int watch_column(const char *name);

#endif /* CLEAVE_WATCH_COLUMNS_H */
