/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan.h - which BPF programs are for this kernel: the one list of them, and
 * what the kernel's BTF says of the functions that they are put on.
 */
#ifndef CLEAVE_PLAN_H
#define CLEAVE_PLAN_H

#include <bpf/btf.h>
#include <stdbool.h>

#include "cleave_abi.h"

/* A kprobe that can be attached as fentry as well. */
#define PROG_EITHER	(1U << 0)
/* Makes up for skipped runs of the hook's others; done without where it must. */
#define PROG_NET	(1U << 1)
/* Its skipped runs lose nothing: a net makes up for them, and counts what it
 * cannot; or the task's next fault or its end does.
 */
#define PROG_COVERED	(1U << 2)
/* Runs under a page table lock: fentry; or the same where such locks sleep. */
#define PROG_LOCKED	(1U << 3)
#define PROG_RT		(1U << 4)
/* For how long breaks take; done without where it must. */
#define PROG_TIMES	(1U << 5)

/**
 * struct prog_def - one BPF program
 * @hook: what it is part of
 * @form: 0 to 3: ways to attach the hook; the first is taken that can be
 * @flags: PROG_*
 * @name: in cleave.bpf.c
 * @func: kernel function, where it is not the hook's name; of a tracepoint the
 *	typedef of its arguments
 * @args: the arguments that the program knows how to find.  "*" is any one,
 *	"long" an integer of 64 bits, "..." any further ones; else the name of the
 *	structure that it points to.  Several lists are divided by "|".
 */
struct prog_def {
	unsigned char hook;
	unsigned char form;
	unsigned char flags;
	const char *name;
	const char *func;
	const char *args;
};

#define NR_PROGS	46
#define NR_FORMS	4

/* In order of attaching within a hook: first what a later one must not run without. */
extern const struct prog_def prog_defs[NR_PROGS];

/**
 * struct plan - what to load
 * @load: of prog_defs
 * @needed: by hook: the backend counts by it; false where it has another way
 * @error: by hook: 0, or why none of its forms can be tried: ENOENT where the
 *	kernel has no such function, EPROTO where it has other arguments
 * @has_rdonly_cast: the kernel has bpf_rdonly_cast()
 * @too_old: kernel_clone_args does not tell who starts in the kernel, @fn
 * @hugetlb_args: how many arguments hugetlb_wp() has; 0: it is not there
 */
struct plan {
	bool load[NR_PROGS];
	bool needed[CLEAVE_NR_HOOKS];
	int error[CLEAVE_NR_HOOKS];
	bool has_rdonly_cast;
	bool too_old;
	unsigned int hugetlb_args;
};

/* What there can be none of on this kernel: its hooks are not needed. */
#define NO_THP		(1U << 0)	/* transparent huge pages */
#define NO_HUGETLB	(1U << 1)
#define NO_TIMES	(1U << 3)	/* nobody who wants to know how long breaks take */
#define NO_SWITCHES	(1U << 4)	/* nor how often tasks are switched to */
#define LOCKS_SLEEP	(1U << 2)	/* nothing that page table locks keep from sleeping */

/**
 * plan_make() - choose by what the kernel has
 * @p: filled
 * @btf: the kernel's; read once
 * @absent: NO_*, LOCKS_SLEEP
 * @pretend: hooks to treat as missing, a bit each
 */
void plan_make(struct plan *p, const struct btf *btf, unsigned int absent,
	       unsigned long long pretend);

/**
 * plan_drop() - go on without a program that cannot be loaded
 * @p: the plan
 * @name: of the program
 * @err: errno
 *
 * Return: false where it is in no plan.
 */
bool plan_drop(struct plan *p, const char *name, int err);

#endif /* CLEAVE_PLAN_H */
