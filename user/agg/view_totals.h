/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view_totals.h - the totals of a trace in text.
 */
#ifndef CLEAVE_VIEW_TOTALS_H
#define CLEAVE_VIEW_TOTALS_H

#include <stdio.h>

#include "core/view.h"

/**
 * totals_print() - clones, execs, exits; breaks by outcome with their meaning
 * @f: where to
 * @e: the end event
 * @known: which figures can be trusted
 */
void totals_print(FILE *f, const struct ev_end *e, const struct known *known);

/**
 * lost_print() - what was lost, zero included
 * @f: where to
 * @e: the end event
 */
void lost_print(FILE *f, const struct ev_end *e);

#endif /* CLEAVE_VIEW_TOTALS_H */
