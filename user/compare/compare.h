/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compare.h - the two backends as each other's oracle: every field of every
 * event of one against those of the other.
 */
#ifndef CLEAVE_COMPARE_H
#define CLEAVE_COMPARE_H

#include "core/view.h"

struct compare;

/**
 * compare_new() - a comparison of two traces of the same thing
 * @name: of the two backends
 * @known: what each can know; a figure unknown to one is not compared
 * @shown: the view that gets the first one's events too
 * @out: where to report the outcome
 * @json: as a JSON object in front of the summary, else as text behind it
 *
 * Return: the comparison, or NULL without memory.
 */
struct compare *compare_new(const char *const name[2],
			    const struct known *const known[2],
			    struct view *shown, struct out *out, bool json);

/**
 * compare_view() - the view of one side
 * @c: the comparison
 * @side: 0 or 1; of the end events, that of side 1 is to come last
 */
struct view *compare_view(struct compare *c, int side);

/**
 * compare_differences() - their number
 * @c: the comparison
 */
size_t compare_differences(const struct compare *c);

void compare_free(struct compare *c);

#endif /* CLEAVE_COMPARE_H */
