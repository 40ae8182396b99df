/* SPDX-License-Identifier: GPL-2.0-only */
/* streams.h - standard streams that the caller has closed. */
#ifndef CLEAVE_STREAMS_H
#define CLEAVE_STREAMS_H

/**
 * streams_hold - let nothing else be opened as a standard stream
 *
 * Where one of the three is closed, the next file that is opened takes its number,
 * and messages go into a report or a map of BPF's.  What is put there instead
 * fails as a closed one does, and is closed when a command is run.
 */
void streams_hold(void);

#endif /* CLEAVE_STREAMS_H */
