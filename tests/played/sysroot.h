/* SPDX-License-Identifier: GPL-2.0-only */
/* sysroot.h - files of a system that is made up: what lib/sys.h reads. */
#ifndef CLEAVE_SYSROOT_H
#define CLEAVE_SYSROOT_H

#include <stddef.h>

/**
 * struct sysroot - a folder that is taken for /
 * @root: the folder
 */
struct sysroot {
	char root[32];
};

/**
 * sysroot_init() - make it, empty
 * @t: filled
 *
 * Return: 0, or -1 where it cannot.
 */
int sysroot_init(struct sysroot *t);

/**
 * sysroot_file() - put a file into it, in the place of one of this name
 * @t: the tree
 * @path: from its root on
 * @text: what is in the file
 */
void sysroot_file(struct sysroot *t, const char *path, const char *text);

/* The same with any bytes. */
void sysroot_bytes(struct sysroot *t, const char *path, const void *data, size_t len);

/**
 * sysroot_exit() - take all of it away
 * @t: the tree
 */
void sysroot_exit(struct sysroot *t);

#endif /* CLEAVE_SYSROOT_H */
