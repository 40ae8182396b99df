/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_SESSION_H
#define CLEAVE_SESSION_H

#include <linux/bitops.h>
#include <linux/irq_work.h>
#include <linux/pid_namespace.h>
#include <linux/uidgid.h>
#include <linux/wait.h>

#include "cleave_abi.h"
#include "ledger.h"
#include "ring.h"

#define MAX_SESSIONS	8

struct cleave_start;
struct leave;

/**
 * struct session - one open of the device that has been started
 * @id: never reused; probes that left and come back check it
 * @index: in the array of sessions
 * @all: the whole system
 * @breaks: a record for each break
 * @each: more is done for each break than to count it: that, or its duration
 * @no_args: exec records without arguments
 * @picks: of the whole system not all: traced_picks()
 * @by_uid: those of @uid
 * @uid: real user id
 * @cgroup: those in this cgroup, or below it; 0: in any
 * @switches: how often tasks are switched to
 * @ns: the reader's pid namespace, in whose terms records give pids
 * @ledger: address spaces and processes
 * @totals: exact counters
 * @ring: records
 * @ring_mem: its pages, mapped in a row
 * @ring_pages: number of them, second mapping of the data included
 * @pages: the pages themselves
 * @missed_base: misses of the probes before the session
 * @missed: misses of the probes during the session, once it has stopped
 * @hook_errors: hook_error() of each hook, once it has stopped
 * @full_looks: looks for processes in a row that found a full ring and nothing else
 * @leaving: what a look for processes waits for that has given up meanwhile, or NULL
 * @live: probes see it
 * @wake: to wake the reader from a probe
 * @wait: the reader
 */
struct session {
	u64 id;
	u32 index;
	bool all;
	bool breaks;
	bool each;
	bool no_args;
	bool picks;
	bool by_uid;
	kuid_t uid;
	u64 cgroup;
	bool switches;
	struct pid_namespace *ns;
	struct ledger ledger;
	struct cleave_totals totals;
	struct ring ring;
	void *ring_mem;
	unsigned long ring_pages;
	struct page **pages;
	u64 missed_base;
	u64 missed;
	int hook_errors[CLEAVE_NR_HOOKS];
	u32 full_looks;
	struct leave *leaving;
	bool live;
	struct irq_work wake;
	wait_queue_head_t wait;
};

struct session *session_start(const struct cleave_start *start);
void session_stop(struct session *s);
void session_free(struct session *s);
int session_root(struct session *s, pid_t nr);
void session_totals(struct session *s, struct cleave_totals *t);
int session_times(struct session *s, struct cleave_times *t);
int session_hook_error(const struct session *s, unsigned int hook);
void session_reset(struct session *s);

/* For probes, preemption off. */
void *session_try_reserve(struct session *s, u32 type, u32 size);
void *session_reserve(struct session *s, u32 type, u32 size);
void session_commit(struct session *s, void *rec);
void session_discard(struct session *s, void *rec);

extern struct session *sessions[MAX_SESSIONS];
extern unsigned long sessions_live;
extern unsigned int sessions_timed;
extern unsigned int sessions_switched;

/* One bit for each live session, by its index in the array. */
static inline unsigned long sessions_now(void)
{
	/* Pairs with session_publish(): who sees the bit sees the session. */
	return smp_load_acquire(&sessions_live);
}

/**
 * session_next() - the next live session
 * @index: in the array, where to begin; set to its own
 *
 * Preemption off: session_stop() waits for it with synchronize_rcu().
 *
 * Return: the session, or NULL behind the last.
 */
static inline struct session *session_next(u32 *index)
{
	unsigned long live = sessions_now() >> *index;

	if (!live)
		return NULL;
	*index += __ffs(live);
	return sessions[*index];
}

#define for_each_session(s, i)						\
	for ((i) = 0; ((s) = session_next(&(i))); (i)++)

#endif /* CLEAVE_SESSION_H */
