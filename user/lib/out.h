/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * out.h - where the report goes: a buffered stream that remembers the first
 * error and writes only when it is told to.
 */
#ifndef CLEAVE_OUT_H
#define CLEAVE_OUT_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct out - the report's destination
 * @f: to print to
 * @fd: what is behind it, which fileno() does not tell; -1: none
 * @path: file name, "-" for standard output, or NULL for standard error
 * @error: the first errno of a failed write, or 0
 * @beside: file that is to take the place of another, or NULL
 * @place: the file whose place that is
 */
struct out {
	FILE *f;
	int fd;
	const char *path;
	int error;
	char *beside;
	char *place;
};

/**
 * out_put() - write to a descriptor, all of it
 * @fd: the descriptor
 * @data: bytes
 * @len: how many
 * @error: set to the errno where one cannot be written, if it was 0
 *
 * Return: how many were written.
 */
size_t out_put(int fd, const void *data, size_t len, int *error);

/**
 * out_create() - open a file to be written from its beginning
 * @path: its name; a new one is for its owner alone, under sudo for the user who
 *	called it (but not behind a link); what is no regular file is opened as it is
 *
 * Return: a file descriptor or a negative errno.
 */
int out_create(const char *path);

/**
 * out_open() - open (and empty) the file, or take a standard stream
 * @out: filled
 * @path: file name, "-" for standard output, or NULL for standard error
 *
 * Return: 0 or a negative errno.
 */
int out_open(struct out *out, const char *path);

/**
 * out_open_beside() - the same for what can be made again: a regular file is written
 * beside, and takes its place with out_close(), if all of it was written
 * @out: filled
 * @path: as for out_open()
 *
 * Interrupted, the program leaves the file as it was and nothing beside it.  What is
 * in /dev or /proc, in a folder in which nothing can be made, or made behind a link
 * that led to nothing, is opened as out_open() does.
 *
 * Return: 0 or a negative errno.
 */
int out_open_beside(struct out *out, const char *path);

/**
 * out_flush() - write what was printed; after an error, drop it
 * @out: the destination
 */
void out_flush(struct out *out);

/**
 * out_close() - flush and close
 * @out: the destination
 *
 * Return: 0, or the negative errno of the first failed write.
 */
int out_close(struct out *out);

/**
 * out_drop() - close what is of no use: what was written beside is taken away
 * @out: the destination
 */
void out_drop(struct out *out);

/**
 * out_colour() - is it a terminal whose user wants colours?
 * @out: the destination
 */
bool out_colour(const struct out *out);

/**
 * out_columns() - how wide the terminal is
 * @out: the destination
 *
 * Return: columns, or 0 where it is no terminal, or one that does not say.
 */
unsigned int out_columns(const struct out *out);

#endif /* CLEAVE_OUT_H */
