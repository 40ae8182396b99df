/* SPDX-License-Identifier: GPL-2.0-only */
/* tree.h - files of a system that is made up: what lib/sys.h reads. */
#ifndef CLEAVE_TEST_TREE_H
#define CLEAVE_TEST_TREE_H

#include <stddef.h>

/**
 * struct tree - a folder that is taken for /
 * @root: the folder
 */
struct tree {
	char root[32];
};

/**
 * tree_init() - make it, empty
 * @t: filled
 *
 * Return: 0, or -1 where it cannot.
 */
int tree_init(struct tree *t);

/**
 * tree_file() - put a file into it, in the place of one of this name
 * @t: the tree
 * @path: from its root on
 * @text: what is in the file
 */
void tree_file(struct tree *t, const char *path, const char *text);

/* The same with any bytes. */
void tree_bytes(struct tree *t, const char *path, const void *data, size_t len);

/**
 * tree_exit() - take all of it away
 * @t: the tree
 */
void tree_exit(struct tree *t);

#endif /* CLEAVE_TEST_TREE_H */
