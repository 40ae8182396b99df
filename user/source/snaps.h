/* SPDX-License-Identifier: GPL-2.0-only */
/* snaps.h - the address spaces that are alive, as a backend tells of them. */
#ifndef CLEAVE_SNAPS_H
#define CLEAVE_SNAPS_H

#include <stddef.h>

#include "cleave_abi.h"

/**
 * struct snaps - one snapshot; all zero: an empty one
 * @list: of each, in the order of the ledger's slots
 * @nr: how many
 * @room: how many there is room for; kept from one snapshot to the next
 */
struct snaps {
	struct cleave_snap *list;
	size_t nr;
	size_t room;
};

/**
 * snaps_grow() - make room for one more at least
 * @s: the snapshot
 *
 * Return: 0, or -ENOMEM, with a line in backend_error().
 */
int snaps_grow(struct snaps *s);

/**
 * snaps_free() - and empty it
 * @s: the snapshot
 */
void snaps_free(struct snaps *s);

#endif /* CLEAVE_SNAPS_H */
