/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_HOOKS_H
#define CLEAVE_HOOKS_H

#include <linux/kprobes.h>

#include "cleave_abi.h"

/*
 * The first three arguments of the function, and the address that it returns to.
 * Preemption is off.
 */
typedef void (*hook_entry_t)(unsigned long a0, unsigned long a1,
			     unsigned long a2, unsigned long caller);

/**
 * struct probe_def - how a hook of CLEAVE_HOOKS is probed
 * @entry: for functions of which only the call matters
 * @hot: with @entry: called in every fault, to be found first
 * @enter: at entry, with @exit; nonzero: this call is of no interest
 * @exit: at return
 * @data: bytes that go from @enter to @exit
 * @maxactive: calls that may be under way (asleep, too) at a time
 * @tracepoint: probe of a tracepoint of that name instead of a function
 */
struct probe_def {
	hook_entry_t entry;
	bool hot;
	kretprobe_handler_t enter;
	kretprobe_handler_t exit;
	size_t data;
	int maxactive;
	void *tracepoint;
};

extern const struct probe_def probe_defs[CLEAVE_NR_HOOKS];

void hooks_attach(u64 pretend_missing);
void hooks_detach(void);
int hook_error(unsigned int hook);
void hook_unknown_args(unsigned int hook);
u64 hooks_missed(void);

/**
 * struct hook_range - the code of a function
 * @start: its first byte
 * @size: 0: it was inlined
 */
struct hook_range {
	unsigned long start;
	unsigned long size;
};

/* do_wp_page() and those of what it calls that are functions of their own. */
extern struct hook_range hook_wp[3];

/**
 * hook_by_wp() - does do_wp_page() make this call?
 * @caller: return address of the call
 *
 * What it calls for the fault itself it calls from its own code, and reclaim,
 * compaction or KSM from theirs, though they may run within it.
 */
static inline bool hook_by_wp(unsigned long caller)
{
	return caller - hook_wp[0].start < hook_wp[0].size ||
	       caller - hook_wp[1].start < hook_wp[1].size ||
	       caller - hook_wp[2].start < hook_wp[2].size;
}

#endif /* CLEAVE_HOOKS_H */
