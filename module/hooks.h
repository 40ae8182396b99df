/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_HOOKS_H
#define CLEAVE_HOOKS_H

#include <linux/ftrace.h>
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
 * @hot: the same for those called in every fault: ftrace's own callback
 * @enter: at entry, with @exit; nonzero: this call is of no interest
 * @exit: at return
 * @data: bytes that go from @enter to @exit
 * @tracepoint: probe of a tracepoint of that name instead of a function
 * @on_request: only while a session wants it: not by hooks_attach()
 */
struct probe_def {
	hook_entry_t entry;
	ftrace_func_t hot;
	kretprobe_handler_t enter;
	kretprobe_handler_t exit;
	size_t data;
	void *tracepoint;
	bool on_request;
};

extern const struct probe_def *const probe_defs[CLEAVE_NR_HOOKS];

void hooks_attach(u64 pretend_missing);
void hooks_detach(void);
void hooks_time(bool on);
void hooks_switch(bool on);
int hook_error(unsigned int hook);
void hook_unknown_args(unsigned int hook);
u64 hooks_missed(void);

#endif /* CLEAVE_HOOKS_H */
