/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_DETACH_H
#define CLEAVE_DETACH_H

/*
 * detach_behind() - have the last references to links dropped by a child
 * @links: descriptors of the links; sorted on return
 * @n: how many
 *
 * Returns a descriptor to be closed when the caller has closed the links itself,
 * or -1: then there is no child, and closing takes its time.
 */
int detach_behind(int *links, int n);

#endif /* CLEAVE_DETACH_H */
