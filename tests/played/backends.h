/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * backends.h - in the place of the two backends and of what opens them: sources that
 * are played, for tests of whole commands.
 */
#ifndef CLEAVE_BACKENDS_H
#define CLEAVE_BACKENDS_H

#include "played.h"

/**
 * struct plan - what the backends are to do in a test
 * @cannot: the name of one that cannot be opened
 * @missing: a hook that is not in place, or -1
 * @status: of the command, as wait(2) has it, in the records of all; it is traced as
 *	if it made one child
 * @differs: in the records of the module
 * @exec: the command execs in them
 * @left: records that cannot be taken at the end
 * @lost: exits that are counted as lost
 * @snaps: what a snapshot tells, of @nr_snaps address spaces
 * @cfg: what the last one was asked to do
 */
struct plan {
	const char *cannot;
	int missing;
	int status;
	int differs;
	bool exec;
	__u64 left;
	__u64 lost;
	const struct cleave_snap *snaps;
	size_t nr_snaps;
	struct backend_cfg cfg;
};

extern struct plan plan;

#endif /* CLEAVE_BACKENDS_H */
