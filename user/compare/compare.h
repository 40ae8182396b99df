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
 *
 * Return: the comparison, or NULL without memory.
 */
struct compare *compare_new(const char *const name[2],
			    const struct known *const known[2],
			    struct view *shown);

/**
 * compare_view() - the view to give to a model
 * @c: the comparison
 * @side: 0 or 1
 */
struct view *compare_view(struct compare *c, int side);

/**
 * compare_finish() - no further event will come; compare the totals
 * @c: the comparison
 * @end: the end events of the two
 */
void compare_finish(struct compare *c, const struct ev_end *const end[2]);

/**
 * compare_report() - the outcome, in text or as a JSON object
 * @c: the comparison
 * @out: where to
 * @json: as JSON
 * @ts: time for the JSON object
 */
void compare_report(struct compare *c, struct out *out, bool json, __u64 ts);

/**
 * compare_differences() - their number
 * @c: the comparison
 */
size_t compare_differences(const struct compare *c);

void compare_free(struct compare *c);

#endif /* CLEAVE_COMPARE_H */
