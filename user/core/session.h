/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.h - the loop around a target and any number of sources.
 */
#ifndef CLEAVE_SESSION_H
#define CLEAVE_SESSION_H

#include "core/lane.h"
#include "core/signals.h"
#include "target/target.h"

/*
 * Once the target is over, the ends of what it has left behind wake us by their
 * records, unless these were lost: look at the totals this often.
 */
#define SESSION_LOOK_MS		1000

/**
 * struct session - what is to be traced, by whom, and who is told
 * @target: what
 * @lanes: sources and where their records go; the first is the one that is asked
 *	whether all have ended
 * @nr_lanes: how many
 * @signals: blocked already
 * @backend: name for the report
 * @look_ms: SESSION_LOOK_MS
 * @all: the whole system is traced: attach to all that there is
 * @cgroup: path of the cgroup that of it is traced alone, or NULL
 * @by_uid: of it is traced alone whose real user id is @uid
 * @uid: that
 * @scan: look at each address space of a snapshot, not only of the last one
 * @interval_ns: a snapshot so often, of the first lane; 0: none
 * @nr_snapshots: end after so many of them; 0: do not
 * @last: one more at the end, with looks, of those that are alive then
 * @duration_ns: end it after so long, whatever the target does; 0: do not
 * @no_args: of the command, tell the first word alone
 * @wait: once the target is over, wait for what it has left behind
 */
struct session {
	struct target *target;
	struct lane *lanes;
	unsigned int nr_lanes;
	const struct signals *signals;
	const char *backend;
	unsigned int look_ms;
	bool all;
	const char *cgroup;
	bool by_uid;
	__u32 uid;
	bool scan;
	__u64 interval_ns;
	__u64 nr_snapshots;
	__u64 duration_ns;
	bool last;
	bool no_args;
	bool wait;
};

/**
 * session_run() - trace until the target is over, or a signal ends it
 * @s: the session; lanes without their models
 *
 * Return: the exit status for cleave.
 */
int session_run(const struct session *s);

#endif /* CLEAVE_SESSION_H */
