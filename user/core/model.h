/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model.h - turns records into events: who is who, and which figures belong to
 * which exit.
 *
 * It keeps live processes and live address spaces only, and assumes of no
 * record that it is there: any may have found the ring full.
 */
#ifndef CLEAVE_MODEL_H
#define CLEAVE_MODEL_H

#include "core/layout.h"
#include "sink/sink.h"

struct model;

/**
 * model_new() - an empty model
 * @sink: gets the events
 * @known: which figures can be trusted; kept
 *
 * Return: the model, or NULL without memory.
 */
struct model *model_new(struct sink *sink, const struct known *known);

/**
 * model_time() - there are records of how long breaks took
 * @m: the model
 *
 * So that the exit of every address space's last process waits for its end.
 */
void model_time(struct model *m);

/**
 * model_follow() - there will be snapshots
 * @m: the model
 *
 * So that what families come to before the first of them is in their peaks.
 */
void model_follow(struct model *m);

/**
 * model_switches() - how often tasks are switched to was asked for
 * @m: the model
 */
void model_switches(struct model *m);

/**
 * model_bound() - keep no more than so many processes
 * @m: the model
 * @most: beyond, the one that nothing has been heard of for longest is taken for gone
 *
 * For records that tell of no lost exits: nobody can be asked who is there.
 */
void model_bound(struct model *m, size_t most);

/**
 * model_given_up() - processes that were taken for gone, as there were too many
 * @m: the model
 */
__u64 model_given_up(const struct model *m);

/**
 * model_spoilt() - snapshots that were passed over, as other records lay in them
 * @m: the model
 */
__u64 model_spoilt(const struct model *m);

/**
 * model_add_root() - a process that is there before any record of it
 * @m: the model
 * @pid: the process
 * @comm: its name
 *
 * Return: the process, for the start event.
 */
struct proc_ref *model_add_root(struct model *m, pid_t pid, const char *comm);

/**
 * model_record() - take a record, already checked by the reader
 * @m: the model
 * @rec: the record
 */
void model_record(struct model *m, const struct cleave_hdr *rec);

/**
 * model_live() - processes that have not ended, as far as records tell
 * @m: the model
 */
size_t model_live(const struct model *m);

/**
 * model_each() - all processes that have not ended
 * @m: the model
 * @each: called with each, and the address space that it is in, or 0
 * @ctx: for @each
 */
void model_each(const struct model *m, void (*each)(void *ctx, pid_t pid, __u64 as), void *ctx);

/**
 * model_mark_gone() - mark the processes that do not exist any more
 * @m: the model
 *
 * Their exits are in the ring, or were lost. To be followed by draining the
 * ring, which takes away the former, and by model_sweep_gone().
 */
void model_mark_gone(struct model *m);

/**
 * model_sweep_gone() - name those that are still marked
 * @m: the model
 * @gone: called with each; is to make an OWN_REC_GONE of it, which forgets it
 * @ctx: for @gone
 */
void model_sweep_gone(struct model *m, void (*gone)(void *ctx, pid_t pid), void *ctx);

/**
 * clone_makes_process() - does a record tell of a process whose end will be told, too?
 * @c: the record
 *
 * Threads live in a process that is there already, and of a kernel thread's end there
 * is no record.
 */
static inline bool clone_makes_process(const struct cleave_clone *c)
{
	return !c->error && c->child_tid && c->child_pid == c->child_tid &&
	       c->child_pid != c->parent_pid &&
	       c->kind != CLEAVE_KIND_KTHREAD && c->kind != CLEAVE_KIND_IDLE;
}

/**
 * model_flush() - report what was held back: no further record will come
 * @m: the model
 */
void model_flush(struct model *m);

/**
 * model_free() - free it and all that it keeps
 * @m: the model or NULL
 */
void model_free(struct model *m);

#endif /* CLEAVE_MODEL_H */
