/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay.h - a recording from its start to its end.
 */
#ifndef CLEAVE_REPLAY_H
#define CLEAVE_REPLAY_H

#include "sink/sink.h"
#include "source/source.h"

/*
 * Processes that are kept at most.  A recording tells of lost exits as well, but one
 * can be made that does not, and its reader cannot look who is there.
 */
#define REPLAY_PROCESSES	131072

/**
 * replay() - tell a sink all that a recording has
 * @file: the recording; of file_open()
 * @sink: gets the events
 * @given_up: set to how many processes were taken for gone, as there were too many
 *
 * Return: 0, or -ENOMEM.  file_trouble() says whether it was all there.
 */
int replay(struct source *file, struct sink *sink, __u64 *given_up);

#endif /* CLEAVE_REPLAY_H */
