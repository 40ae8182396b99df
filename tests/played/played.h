/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * played.h - a source whose records come from a test's or a bench's own code, and a
 * target that is a script: sessions without a kernel.
 */
#ifndef CLEAVE_PLAYED_H
#define CLEAVE_PLAYED_H

#include "source/source.h"
#include "target/target.h"

#define PLAYED_LOOKS	8

/**
 * struct played - a source that hands out what is put into it
 * @s: what the session sees of it
 * @totals: what it is asked for
 * @times: the same, with source.times
 * @totals_error: what totals() returns
 * @root_error: what add_root() returns
 * @roots: how many there were
 * @left: records that cannot be taken; one less each time it is asked
 * @found: what the next look()s find, up to a 0; attach() always finds one
 * @mets: so often somebody has been met, and each time is looked for
 * @attach_error: what attach() returns instead
 * @attach_agains: so often it returns -EAGAIN before
 * @snaps: what snapshot() tells, of @nr_snaps address spaces
 * @stopped: stop() was called
 * @on_root: called with each root, where it is set
 * @on_attach: the same with each that is attached to; 0: a look
 */
struct played {
	struct source s;
	struct cleave_totals totals;
	struct cleave_times times;
	int totals_error;
	int root_error;
	unsigned int roots;
	__u64 left;
	int found[PLAYED_LOOKS];
	unsigned int mets;
	int attach_error;
	unsigned int attach_agains;
	const struct cleave_snap *snaps;
	size_t nr_snaps;
	bool stopped;
	void (*on_root)(struct played *p, pid_t pid);
	void (*on_attach)(struct played *p, pid_t pid);
	/* its own */
	size_t looks;
	unsigned char *buf;
	size_t len, room, at;
};

/* What look_step() returns in the end, and how often look_begin() was called. */
extern int played_look_error;
extern unsigned int played_looked;

/* Before that, steps that take a turn of the session each, and who is called in them. */
extern unsigned int played_look_steps;
extern void (*played_on_step)(void);

/**
 * played_new() - an empty one, with all hooks in place
 * @name: of the backend that it stands for
 */
struct played *played_new(const char *name);

/**
 * played_put() - one more record
 * @p: the source
 * @rec: copied
 */
void played_put(struct played *p, const void *rec);

/**
 * struct script - a target that does what it is told
 * @t: what the session sees of it
 * @step: called once tracing is on and as long as it returns true; sets @t.over
 * @at: how often it was called
 * @status: that it has at its end
 * @takes: signals that do not end the session, as a mask
 * @got: the last signal
 * @gone_on: it was let go
 * @ctx: the test's own
 */
struct script {
	struct target t;
	bool (*step)(struct script *s);
	unsigned int at;
	int status;
	unsigned long takes;
	int got;
	bool gone_on;
	void *ctx;
	pid_t root;
};

/**
 * script_init() - nothing has happened yet
 * @s: the target
 * @root: its process
 * @step: what it does
 * @ctx: for the test
 */
void script_init(struct script *s, pid_t root, bool (*step)(struct script *s), void *ctx);

#endif /* CLEAVE_PLAYED_H */
