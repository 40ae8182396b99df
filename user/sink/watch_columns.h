/* SPDX-License-Identifier: GPL-2.0-only */
/* watch_columns.h - what stands in a row of a snapshot. */
#ifndef CLEAVE_WATCH_COLUMNS_H
#define CLEAVE_WATCH_COLUMNS_H

/* X(sym, what it is called in the command line, heading) */
#define WATCH_COLUMNS(X)						\
	X(PROCESS, "process", "process")				\
	X(OF, "of", "of")						\
	X(AGE, "age", "age")						\
	X(SHARED, "shared", "shared")					\
	X(MOST, "most", "most")						\
	X(ESTIMATE, "estimate", "estimate")				\
	X(NOW, "now", "now")						\
	X(COPIED, "copied", "copied")					\
	X(CREATOR, "creator", "creator")				\
	X(RATE, "KiB/s", "KiB/s")					\
	X(TOOK, "in-breaks", "in breaks")				\
	X(CLONES, "clones", "clones")

enum watch_column {
#define CLEAVE_X(sym, name, title) WATCH_##sym,
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
