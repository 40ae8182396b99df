/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * convert.h - what a record says, as an event: all but who is who.
 *
 * An event is filled as far as its type goes; the rest of it may be anything.
 */
#ifndef CLEAVE_CONVERT_H
#define CLEAVE_CONVERT_H

#include "core/event.h"

/**
 * convert_clone() - fill an event from a record
 * @e: all but @parent, @parent_id, @child and @child_id
 * @c: the record
 */
void convert_clone(struct event *e, const struct cleave_clone *c);

/**
 * convert_exec() - the same
 * @e: all but @proc and @id
 * @x: the record
 */
void convert_exec(struct event *e, const struct cleave_exec *x);

/**
 * convert_attach() - the same
 * @e: all but @proc, @parent and @id
 * @x: the record
 */
void convert_attach(struct event *e, const struct cleave_attach *x);

/**
 * convert_break() - the same
 * @e: all but @id
 * @b: the record
 */
void convert_break(struct event *e, const struct cleave_break *b);

/**
 * convert_status() - how a process has ended
 * @e: those members
 * @status: as wait(2) has it
 */
void convert_status(struct ev_exit *e, int status);

/**
 * convert_figures() - the figures of an address space
 * @to: filled
 * @f: those of a record
 * @what: the record's, cleave_end.what
 */
void convert_figures(struct ev_figures *to, const struct cleave_figures *f, __u32 what);

/**
 * convert_totals() - the totals of a backend
 * @to: filled
 * @t: the totals
 */
void convert_totals(struct ev_totals *to, const struct cleave_totals *t);

/**
 * convert_lost() - what was lost; what the reader has lost is the caller's to add
 * @to: filled
 * @t: the totals of a backend
 */
void convert_lost(struct ev_lost *to, const struct cleave_totals *t);

/**
 * convert_text() - text of a record, which may fill its array
 * @s: the array
 * @size: its size
 */
struct text convert_text(const char *s, size_t size);

#endif /* CLEAVE_CONVERT_H */
