/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attaching.h - takes what was there before into a session.
 */
#ifndef CLEAVE_ATTACHING_H
#define CLEAVE_ATTACHING_H

#include "core/session.h"

/**
 * attaching_wanted() - is anything traced that was there before?
 * @s: the session
 */
static inline bool attaching_wanted(const struct session *s)
{
	return s->all || s->target->nr_attached;
}

/**
 * attaching() - attach to what is named, and to all that descends from it, or to all
 * there is
 * @s: the session
 * @between: called between two steps, which fill rings; false: that is enough
 * @ctx: for @between
 *
 * Where processes are made all the while, this can take as long as loading does.
 *
 * Return: 0, or -1 after one line on stderr.
 */
int attaching(const struct session *s, bool (*between)(void *ctx), void *ctx);

#endif /* CLEAVE_ATTACHING_H */
