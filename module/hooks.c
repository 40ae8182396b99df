// SPDX-License-Identifier: GPL-2.0-only
/*
 * hooks.c - attach and detach the probes.
 *
 * Order matters: innermost first, so that no fault is ever seen without the
 * nested marker that tells its outcome; detaching goes the other way.  Every
 * function stands for itself: what cannot be attached is reported by
 * hook_error(), and the others go on.
 */
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "frame.h"
#include "hooks.h"

#define CLEAVE_X(sym, name, figures) name,
static const char *const names[CLEAVE_NR_HOOKS] = { CLEAVE_HOOKS(CLEAVE_X) };
#undef CLEAVE_X

static struct hook {
	struct kprobe kp;
	struct kretprobe rp;
	struct tracepoint *tp;
	int err;
} hooks[CLEAVE_NR_HOOKS];

static u64 missed_before;	/* by probes that were detached since */

struct tp_search {
	const char *name;
	struct tracepoint *found;
};

static void match_tracepoint(struct tracepoint *tp, void *data)
{
	struct tp_search *s = data;

	if (!strcmp(tp->name, s->name))
		s->found = tp;
}

static int attach_tracepoint(struct hook *h, const char *name, void *probe)
{
	struct tp_search s = { .name = name };
	int err;

	/* The __tracepoint_ structs are not exported; the list of them is. */
	for_each_kernel_tracepoint(match_tracepoint, &s);
	if (!s.found)
		return -ENOENT;
	err = tracepoint_probe_register(s.found, probe, NULL);
	if (!err)
		h->tp = s.found;
	return err;
}

static int attach(struct hook *h, const char *name, const struct probe_def *def)
{
	if (def->tracepoint)
		return attach_tracepoint(h, name, def->tracepoint);
	if (!def->entry && !def->exit)
		return -EOPNOTSUPP;
	/* A probe that was registered before holds its old address. */
	memset(&h->kp, 0, sizeof(h->kp));
	memset(&h->rp, 0, sizeof(h->rp));
	if (def->entry) {
		h->kp.symbol_name = name;
		h->kp.pre_handler = def->entry;
		return register_kprobe(&h->kp);
	}
	h->rp.kp.symbol_name = name;
	h->rp.entry_handler = def->enter;
	h->rp.handler = def->exit;
	h->rp.data_size = def->data;
	h->rp.maxactive = def->maxactive;
	return register_kretprobe(&h->rp);
}

static u64 missed(const struct hook *h, const struct probe_def *def)
{
	if (h->err || def->tracepoint)
		return 0;
	if (def->entry)
		return h->kp.nmissed;
	return (u64)h->rp.nmissed + h->rp.kp.nmissed;
}

static void detach(struct hook *h, const struct probe_def *def)
{
	if (h->err)
		return;
	if (def->tracepoint) {
		tracepoint_probe_unregister(h->tp, def->tracepoint, NULL);
		tracepoint_synchronize_unregister();
	} else if (def->entry) {
		unregister_kprobe(&h->kp);
	} else {
		unregister_kretprobe(&h->rp);
	}
	missed_before += missed(h, def);
	h->err = -ENODEV;
}

/**
 * hooks_attach() - attach all; may sleep
 * @pretend_missing: one bit a hook that is to be treated as not there
 */
void hooks_attach(u64 pretend_missing)
{
	int i;

	frames_init();
	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		if (pretend_missing & BIT_ULL(i))
			hooks[i].err = -ENOENT;
		else
			hooks[i].err = attach(&hooks[i], names[i],
					      &probe_defs[i]);
		if (hooks[i].err && hooks[i].err != -EOPNOTSUPP)
			pr_warn("%s: cannot attach: error %d\n", names[i],
				hooks[i].err);
	}
}

/**
 * hooks_detach() - detach all; may sleep
 *
 * Tasks that sleep inside a probed function return later without our handler:
 * the kretprobe's own memory outlives it by their reference count.
 */
void hooks_detach(void)
{
	int i;

	for (i = CLEAVE_NR_HOOKS - 1; i >= 0; i--)
		detach(&hooks[i], &probe_defs[i]);
	frames_init();
}

/**
 * hook_error() - 0 where the hook is attached, or the errno of the attempt
 * @hook: enum cleave_hook
 */
int hook_error(unsigned int hook)
{
	return hooks[hook].err;
}

/**
 * hooks_missed() - calls that the probes did not see since the module is loaded
 *
 * Counted by the kernel: no instance free (kretprobe.nmissed), or another kprobe
 * was running on the CPU (kprobe.nmissed).
 */
u64 hooks_missed(void)
{
	u64 sum = missed_before;
	int i;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		sum += missed(&hooks[i], &probe_defs[i]);
	return sum;
}
