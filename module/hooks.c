// SPDX-License-Identifier: GPL-2.0-only
/*
 * hooks.c - attach and detach the probes.
 *
 * Functions of which only the call matters share one ftrace_ops: a callback costs
 * a third of a kprobe, and all of them are attached and detached at once: each
 * ftrace_ops waits for grace periods of its own.  Where the return matters it is a
 * kretprobe.
 *
 * Order matters: the nested markers first, so that no fault is ever seen without
 * what tells its outcome.  Every function stands for itself: what cannot be
 * attached is reported by hook_error(), and the others go on.
 */
#include <linux/ftrace.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#undef pr_fmt
#define pr_fmt(fmt)	KBUILD_MODNAME ": " fmt

#include "caller.h"
#include "compat.h"
#include "frame.h"
#include "probes.h"
#include "stub.h"

#define CLEAVE_X(sym, name, figures, bpf) name,
static const char *const names[CLEAVE_NR_HOOKS] = { CLEAVE_HOOKS(CLEAVE_X) };
#undef CLEAVE_X

static struct hook {
	unsigned long addr;
	struct kretprobe rp;
	struct tracepoint *tp;
	int err;
	bool unknown;	/* called with arguments in no known form */
} hooks[CLEAVE_NR_HOOKS];

/* The return of do_wp_page(), not of CLEAVE_HOOKS: see hooks_time(). */
static struct hook wp_return = { .err = -ENODEV };

/* One that this backend does without has no probe. */
static const struct probe_def *def_of(int hook)
{
	static const struct probe_def none;

	return probe_defs[hook] ?: &none;
}

static u64 pretended;		/* hooks_attach()'s argument */
static u64 missed_before;	/* by probes that were detached since */
static atomic64_t nr_unknown = ATOMIC64_INIT(0);

/* ---- functions of which only the call matters ---- */

/* Where the fentry call may lie behind the symbol: after an endbr64. */
#define FENTRY_MAX	8

#define NR_HOT		3

/* What comes with every fault is asked for first; 0: not attached. */
static struct hot {
	unsigned long addr;
	ftrace_func_t func;
} hots[NR_HOT];

/* The others that are attached. */
static struct entry {
	unsigned long addr;
	hook_entry_t func;
} entries[CLEAVE_NR_HOOKS];

static unsigned int nr_entries;

static noinline void notrace entry_other(unsigned long ip,
					 unsigned long parent_ip,
					 struct ftrace_regs *fregs)
{
	const struct entry *e;

	preempt_disable_notrace();
	for (e = entries; e < entries + nr_entries; e++) {
		if (ip - e->addr > FENTRY_MAX)
			continue;
		e->func(compat_ftrace_arg(fregs, 0), compat_ftrace_arg(fregs, 1),
			compat_ftrace_arg(fregs, 2), parent_ip);
		break;
	}
	preempt_enable_notrace();
}

/*
 * Without FTRACE_OPS_FL_RECURSION, ftrace's guard (50 instructions a call): what
 * is attached to is called by tasks only, neither by interrupts nor by probes.
 */
static void notrace entry_callback(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *ops,
				   struct ftrace_regs *fregs)
{
	const struct hot *h;

	for (h = hots; h < hots + NR_HOT; h++) {
		if (ip - h->addr > FENTRY_MAX)
			continue;
		h->func(ip, parent_ip, ops, fregs);
		return;
	}
	entry_other(ip, parent_ip, fregs);
}

/*
 * FTRACE_OPS_FL_PERMANENT: kernel.ftrace_enabled cannot be switched off
 * underneath, after which every figure would silently stay as it is.
 */
static const struct ftrace_ops entry_ops_fresh = {
	.func = entry_callback,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static struct ftrace_ops entry_ops;
static bool entry_attached;

static bool is_entry(int hook)
{
	return def_of(hook)->entry || def_of(hook)->hot;
}

/* Registered by resolve(), to be unregistered all at once. */
static struct kprobe resolved[CLEAVE_NR_HOOKS];
static unsigned int nr_resolved;

/* A kprobe that is not armed: the exported way from a name to an address. */
static int resolve(const char *name, unsigned long *addr)
{
	struct kprobe *kp = &resolved[nr_resolved];
	int err;

	*kp = (struct kprobe) {
		.symbol_name = name,
		.flags = KPROBE_FLAG_DISABLED,
	};
	err = register_kprobe(kp);
	if (err)
		return err;
	*addr = (unsigned long)kp->addr;
	nr_resolved++;
	return 0;
}

/* Each by itself would wait for a grace period of its own. */
static void resolve_end(void)
{
	struct kprobe *kps[CLEAVE_NR_HOOKS];
	unsigned int i;

	for (i = 0; i < nr_resolved; i++)
		kps[i] = &resolved[i];
	if (nr_resolved)
		unregister_kprobes(kps, nr_resolved);
	nr_resolved = 0;
}

static int entry_add(struct hook *h, const char *name)
{
	const char *other = compat_other_name(name);
	unsigned long addr;
	int err;

	KUNIT_STATIC_STUB_REDIRECT(entry_add, h, name);
	err = resolve(name, &addr);
	if (err && other)
		err = resolve(other, &addr);
	if (err)
		return err;
	err = ftrace_set_filter_ip(&entry_ops, addr, 0, 0);
	if (!err)
		h->addr = addr;
	return err;
}

static int entry_register(void)
{
	KUNIT_STATIC_STUB_REDIRECT(entry_register);
	return register_ftrace_function(&entry_ops);
}

static void entry_unregister(void)
{
	KUNIT_STATIC_STUB_REDIRECT(entry_unregister);
	unregister_ftrace_function(&entry_ops);
}

static void entry_fail(int err)
{
	int i;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		if (hooks[i].addr)
			hooks[i].err = err;
		hooks[i].addr = 0;
	}
}

/*
 * ftrace_free_filter() leaves pointers to what it has freed in the ops and a second
 * use would free it again: begin afresh.
 */
static void entry_refresh(void)
{
	int i;

	entry_ops = entry_ops_fresh;
	nr_entries = 0;
	memset(hots, 0, sizeof(hots));
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		hooks[i].addr = 0;
}

/* Returns how many there are. */
static int list_entries(void)
{
	int i, nr_hot = 0;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		const struct probe_def *def = def_of(i);
		unsigned long addr = hooks[i].addr;

		if (addr && def->hot && nr_hot < NR_HOT)
			hots[nr_hot++] = (struct hot) { addr, def->hot };
		else if (addr)
			entries[nr_entries++] = (struct entry) { addr, def->entry };
	}
	return nr_hot + nr_entries;
}

static void entry_attach(u64 pretend_missing)
{
	int i, err;

	entry_refresh();
	callers_forget();
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		if (is_entry(i))
			hooks[i].err = pretend_missing & BIT_ULL(i) ?
				       -ENOENT : entry_add(&hooks[i], names[i]);
	resolve_end();
	if (!list_entries())
		return;	/* an empty filter would mean every function */
	err = entry_register();
	entry_attached = !err;
	if (err)
		entry_fail(err);
}

static void entry_detach(void)
{
	if (entry_attached)
		entry_unregister();
	entry_attached = false;
	ftrace_free_filter(&entry_ops);
	entry_fail(-ENODEV);
}

/* ---- tracepoints ---- */

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

	KUNIT_STATIC_STUB_REDIRECT(attach_tracepoint, h, name, probe);
	/* The __tracepoint_ structs are not exported; the list of them is. */
	for_each_kernel_tracepoint(match_tracepoint, &s);
	if (!s.found)
		return -ENOENT;
	err = tracepoint_probe_register(s.found, probe, NULL);
	if (!err)
		h->tp = s.found;
	return err;
}

static void detach_tracepoint(struct hook *h, void *probe)
{
	KUNIT_STATIC_STUB_REDIRECT(detach_tracepoint, h, probe);
	tracepoint_probe_unregister(h->tp, probe, NULL);
	tracepoint_synchronize_unregister();
}

/* ---- functions whose return matters ---- */

/*
 * Calls under way at a time: a fork or a fault can sleep for as long as reclaim
 * does.  What finds no instance is counted by the kernel and reported as missed.
 */
#define CALLS_MIN	256
#define CALLS_PER_CPU	32

static int attach_return(struct hook *h, const char *name,
			 const struct probe_def *def)
{
	KUNIT_STATIC_STUB_REDIRECT(attach_return, h, name, def);
	/* One that was registered before holds its old address. */
	memset(&h->rp, 0, sizeof(h->rp));
	h->rp.kp.symbol_name = name;
	h->rp.entry_handler = def->enter;
	h->rp.handler = def->exit;
	h->rp.data_size = def->data;
	h->rp.maxactive = max_t(int, CALLS_MIN, CALLS_PER_CPU * num_possible_cpus());
	return register_kretprobe(&h->rp);
}

/* All at once: each would wait for the others' readers again. */
static void detach_returns(struct kretprobe **rps, int n)
{
	KUNIT_STATIC_STUB_REDIRECT(detach_returns, rps, n);
	unregister_kretprobes(rps, n);
}

static u64 missed(const struct hook *h, const struct probe_def *def)
{
	if (h->err || !def->exit)
		return 0;
	return (u64)h->rp.nmissed + h->rp.kp.nmissed;
}

/* ---- all ---- */

static int attach(struct hook *h, const char *name, const struct probe_def *def)
{
	if (def->tracepoint)
		return attach_tracepoint(h, name, def->tracepoint);
	return attach_return(h, name, def);
}

/**
 * hooks_attach() - attach all; may sleep
 * @pretend_missing: one bit a hook that is to be treated as not there
 */
void hooks_attach(u64 pretend_missing)
{
	int i;

	KUNIT_STATIC_STUB_REDIRECT(hooks_attach, pretend_missing);
	pretended = pretend_missing;
	entry_attach(pretend_missing);
	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		const struct probe_def *def = def_of(i);

		if ((!is_entry(i) && !def->exit && !def->tracepoint) ||
		    def->on_request)
			hooks[i].err = -EOPNOTSUPP;
		else if (pretend_missing & BIT_ULL(i))
			hooks[i].err = -ENOENT;
		else if (!is_entry(i))
			hooks[i].err = attach(&hooks[i], names[i], def);
		if (hooks[i].err && hooks[i].err != -EOPNOTSUPP)
			pr_warn("%s: cannot attach: error %d\n", names[i],
				hooks[i].err);
	}
}

static int switch_return(bool on)
{
	KUNIT_STATIC_STUB_REDIRECT(switch_return, on);
	return on ? enable_kretprobe(&wp_return.rp) :
		    disable_kretprobe(&wp_return.rp);
}

/**
 * hooks_time() - have the durations of write faults seen, or no more; may sleep
 * @on: the first session that wants them has come; else the last has gone
 *
 * Between hooks_attach() and hooks_detach().  Switched off, it costs nothing, but
 * stays registered: tasks can be in the function, and their frames in its memory.
 *
 * What it misses, and all where it cannot be attached, is told as untimed.
 */
void hooks_time(bool on)
{
	const char *name = names[CLEAVE_HOOK_WP_PAGE];
	int err = 0;

	KUNIT_STATIC_STUB_REDIRECT(hooks_time, on);
	if (!wp_return.err)
		err = switch_return(on);
	else if (on)
		err = attach_return(&wp_return, name, &wp_return_probe);
	if (wp_return.err && on)
		wp_return.err = err;
	if (err)
		pr_warn("%s: cannot see it return: error %d\n", name, err);
}

/**
 * hooks_switch() - have switches from task to task seen, or no more; may sleep
 * @on: the first session that wants them has come; else the last has gone
 *
 * Between hooks_attach() and hooks_detach().  Nobody pays for it who has not asked.
 */
void hooks_switch(bool on)
{
	struct hook *h = &hooks[CLEAVE_HOOK_SWITCH];
	const char *name = names[CLEAVE_HOOK_SWITCH];
	void *probe = def_of(CLEAVE_HOOK_SWITCH)->tracepoint;

	KUNIT_STATIC_STUB_REDIRECT(hooks_switch, on);
	if (!on) {
		if (!h->err)
			detach_tracepoint(h, probe);
		h->err = -EOPNOTSUPP;
		return;
	}
	h->err = pretended & BIT_ULL(CLEAVE_HOOK_SWITCH) ?
		 -ENOENT : attach_tracepoint(h, name, probe);
	if (h->err)
		pr_warn("%s: cannot attach: error %d\n", name, h->err);
}

/* Those that are attached, in @rps; returns how many. */
static int return_probes(struct kretprobe **rps)
{
	int i, n = 0;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		if (def_of(i)->exit && !hooks[i].err)
			rps[n++] = &hooks[i].rp;
	if (!wp_return.err)
		rps[n++] = &wp_return.rp;
	return n;
}

/**
 * hooks_detach() - detach all; no session is left; may sleep
 *
 * Tasks that sleep inside a probed function return later without our handler:
 * the kretprobe's own memory outlives it by their reference count.
 */
void hooks_detach(void)
{
	struct kretprobe *rps[CLEAVE_NR_HOOKS + 1];
	int i, n;

	KUNIT_STATIC_STUB_REDIRECT(hooks_detach);
	n = return_probes(rps);
	frames_forget();
	missed_before = hooks_missed() - atomic64_read(&nr_unknown);
	if (n)
		detach_returns(rps, n);
	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		if (def_of(i)->tracepoint && !hooks[i].err)
			detach_tracepoint(&hooks[i], def_of(i)->tracepoint);
		hooks[i].err = -ENODEV;
	}
	wp_return.err = -ENODEV;
	entry_detach();
}

/**
 * hook_error() - 0 where the hook is attached, or the errno of the attempt
 * @hook: enum cleave_hook
 */
int hook_error(unsigned int hook)
{
	KUNIT_STATIC_STUB_REDIRECT(hook_error, hook);
	return hooks[hook].err ?: READ_ONCE(hooks[hook].unknown) ? -EPROTO : 0;
}

/**
 * hook_unknown_args() - a call that the probe cannot read: counted as missed
 * @hook: enum cleave_hook; in error from now on
 */
void hook_unknown_args(unsigned int hook)
{
	atomic64_inc(&nr_unknown);
	WRITE_ONCE(hooks[hook].unknown, true);
}

/**
 * hooks_missed() - calls that the probes did not see since the module is loaded
 *
 * Counted by the kernel: no instance free (kretprobe.nmissed), or another kprobe
 * was running on the CPU (kprobe.nmissed); and calls that could not be read.
 */
u64 hooks_missed(void)
{
	u64 sum = missed_before + atomic64_read(&nr_unknown);
	int i;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		sum += missed(&hooks[i], def_of(i));
	return sum;
}
