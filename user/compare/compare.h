/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compare.h - the two backends as each other's oracle: every field of every
 * event of one against those of the other.
 */
#ifndef CLEAVE_COMPARE_H
#define CLEAVE_COMPARE_H

#include "sink/sink.h"

struct compare;

/**
 * compare_new() - a comparison of two traces of the same thing
 * @name: of the two backends
 * @known: what each can know; a figure unknown to one is not compared
 * @shown: the sink that gets the first one's events too
 *
 * Return: the comparison, or NULL without memory.
 */
struct compare *compare_new(const char *const name[2],
			    const struct known *const known[2],
			    struct sink *shown);

/**
 * compare_sink() - the sink of one side
 * @c: the comparison
 * @side: 0 or 1; of the summaries, that of side 1 is to come last
 */
struct sink *compare_sink(struct compare *c, int side);

/**
 * compare_differences() - how many there were, once both summaries are there
 * @c: the comparison
 */
__u64 compare_differences(const struct compare *c);

void compare_free(struct compare *c);

#endif /* CLEAVE_COMPARE_H */
