/* SPDX-License-Identifier: GPL-2.0-only */
/* need.h - memory without which there is nothing to go on with. */
#ifndef CLEAVE_NEED_H
#define CLEAVE_NEED_H

#include <stdio.h>
#include <stdlib.h>

#include "core/status.h"

/**
 * need() - what an allocation gave; ends the program where that is nothing, with one
 *	line and the exit status of cleave's own failures
 * @p: of malloc() or one of its like
 */
static inline void *need(void *p)
{
	if (!p) {
		fprintf(stderr, "cleave: out of memory\n");
		exit(EXIT_CLEAVE);
	}
	return p;
}

#endif /* CLEAVE_NEED_H */
