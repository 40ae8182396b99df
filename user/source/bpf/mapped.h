/* SPDX-License-Identifier: GPL-2.0-only */
/* mapped.h - the programs' arrays, as far as they are in use, in our memory. */
#ifndef CLEAVE_BPF_MAPPED_H
#define CLEAVE_BPF_MAPPED_H

#include <stddef.h>

/**
 * struct mapped - the beginning of an array; all zero: nothing of it
 * @at: its elements, read-only
 * @len: bytes of them
 */
struct mapped {
	void *at;
	size_t len;
};

/**
 * struct array - of which that is
 * @fd: the map, with BPF_F_MMAPABLE
 * @size: of an element, a multiple of eight
 * @max: how many there are
 */
struct array {
	int fd;
	size_t size;
	unsigned int max;
};

/**
 * mapped_grow() - have the first elements mapped
 * @m: what is; can move
 * @a: the array
 * @used: how many are needed, a->max at most
 *
 * All that is mapped counts as resident with us, used or not: of the whole ledger that
 * would be 7 MiB by default.
 *
 * Return: 0 or a negative errno, with a line in backend_error().
 */
int mapped_grow(struct mapped *m, const struct array *a, unsigned int used);

/**
 * mapped_free() - no longer
 * @m: mapped or not
 */
void mapped_free(struct mapped *m);

#endif /* CLEAVE_BPF_MAPPED_H */
