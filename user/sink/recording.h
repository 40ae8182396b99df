/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recording.h - writes the records of a source into a file, as they come.
 *
 * A sink gets events; this gets the records themselves, so it is the tap of a lane.
 */
#ifndef CLEAVE_SINK_RECORDING_H
#define CLEAVE_SINK_RECORDING_H

#include "core/tap.h"
#include "source/source.h"

/**
 * struct recording_opts - what a report must know of the options
 * @all: the whole system was traced
 * @breaks: each break has a record
 * @pack: pack blocks by zstd
 */
struct recording_opts {
	bool all;
	bool breaks;
	bool pack;
};

/**
 * recording_new() - the tap that writes a file
 * @fd: the file, to be written from where it stands; the caller's to close
 * @src: whose records they are; for its hooks
 * @o: options
 *
 * Return: the tap, or NULL without memory.
 */
struct tap *recording_new(int fd, const struct source *src, const struct recording_opts *o);

/**
 * recording_finish() - after the tap's end: free it
 * @t: the tap
 * @records: set to how many are in the file
 *
 * Return: 0, or the negative errno of the first write that failed: what is there up
 * to then can be read.
 */
int recording_finish(struct tap *t, __u64 *records);

#endif /* CLEAVE_SINK_RECORDING_H */
