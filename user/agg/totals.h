/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * totals.h - the totals of a trace in text.
 */
#ifndef CLEAVE_TOTALS_H
#define CLEAVE_TOTALS_H

#include <stdio.h>

#include "core/event.h"

/**
 * totals_print() - clones, execs, exits; breaks by outcome with their meaning
 * @f: where to
 * @e: the event
 * @known: which figures can be trusted
 */
void totals_print(FILE *f, const struct ev_summary *e, const struct known *known);

/**
 * lost_print() - what was lost, zero included
 * @f: where to
 * @e: the event
 */
void lost_print(FILE *f, const struct ev_lost *e);

#endif /* CLEAVE_TOTALS_H */
