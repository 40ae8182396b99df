/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * closing.h - the end of a session: sources are stopped, and what they came to is told.
 */
#ifndef CLEAVE_CLOSING_H
#define CLEAVE_CLOSING_H

#include "core/session.h"

/**
 * struct marks - when a session came to what
 * @start: its start event
 * @attached: all lanes had attached to all that was there before; 0: there was nothing to
 *	attach to
 * @stopping: the first of them was about to be stopped
 */
struct marks {
	__u64 start;
	__u64 attached;
	__u64 stopping;
};

/**
 * closing() - stop all lanes, take what is still in them, tell the summary
 * @s: the session
 * @m: its marks
 */
void closing(const struct session *s, const struct marks *m);

#endif /* CLEAVE_CLOSING_H */
