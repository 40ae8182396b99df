/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay.h - a recording from its start to its end.
 */
#ifndef CLEAVE_REPLAY_H
#define CLEAVE_REPLAY_H

#include "sink/sink.h"
#include "source/source.h"

/**
 * replay() - tell a sink all that a recording has
 * @file: the recording; of file_open()
 * @sink: gets the events
 *
 * Return: 0, or -ENOMEM.  file_trouble() says whether it was all there.
 */
int replay(struct source *file, struct sink *sink);

#endif /* CLEAVE_REPLAY_H */
