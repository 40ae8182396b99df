// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "source/backend.h"
#include "source/snaps.h"

#define FIRST_ROOM	256

int snaps_grow(struct snaps *s)
{
	size_t room = s->room ? 2 * s->room : FIRST_ROOM;
	struct cleave_snap *list;

	if (s->nr < s->room)
		return 0;
	list = realloc(s->list, room * sizeof(*list));
	if (!list)
		return backend_fail(-ENOMEM, "no memory for a snapshot of %zu address spaces",
				    room);
	s->list = list;
	s->room = room;
	return 0;
}

void snaps_free(struct snaps *s)
{
	free(s->list);
	*s = (struct snaps) { 0 };
}
