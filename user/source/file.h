/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * file.h - a recording as a source.
 *
 * Nothing that is in the file is trusted.  What cannot be read ends the records, and
 * file_trouble() says why; what was read until then stands.
 */
#ifndef CLEAVE_FILE_H
#define CLEAVE_FILE_H

#include "core/event.h"
#include "source/source.h"

/* Reads like read(2). */
typedef ssize_t (*file_read)(void *ctx, void *buf, size_t len);

/**
 * file_open() - open a recording and read its header
 * @path: its name; "-" is standard input
 * @why: at least SOURCE_WHY bytes; one line where it fails
 *
 * Return: the source, or NULL.
 */
struct source *file_open(const char *path, char *why);

/**
 * file_open_from() - the same from anywhere
 * @read: gives the bytes
 * @ctx: for @read
 * @why: at least SOURCE_WHY bytes; one line where it fails
 *
 * Return: the source, or NULL.
 */
struct source *file_open_from(file_read read, void *ctx, char *why);

/**
 * file_start() - the start event as it was
 * @s: the source; the event points into it
 * @e: filled, but for the root
 */
void file_start(const struct source *s, struct event *e);

/**
 * file_end() - the summary as it was, once all records have been taken
 * @s: the source; where its end is missing, it knows no totals from now on
 * @e: filled
 */
void file_end(struct source *s, struct event *e);

/**
 * file_trouble() - what is wrong with the recording
 * @s: the source
 *
 * Return: a text like "cut off after 12 records", or NULL.
 */
const char *file_trouble(const struct source *s);

#endif /* CLEAVE_FILE_H */
