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
 * @path: file name, or NULL for standard error
 * @error: the first errno of a failed write, or 0
 */
struct out {
	FILE *f;
	const char *path;
	int error;
};

/**
 * out_open() - open (and empty) the file, or take standard error
 * @out: filled
 * @path: file name or NULL
 *
 * Return: 0 or a negative errno.
 */
int out_open(struct out *out, const char *path);

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
 * out_colour() - is it a terminal whose user wants colours?
 * @out: the destination
 */
bool out_colour(const struct out *out);

#endif /* CLEAVE_OUT_H */
