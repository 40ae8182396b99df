/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * known.h - which figures can be trusted, given the hooks that are in place.
 *
 * A figure that depends on a hook which could not be attached is unknown, and
 * must be printed so: it is not 0.
 */
#ifndef CLEAVE_KNOWN_H
#define CLEAVE_KNOWN_H

#include <stdbool.h>

#include "source/backend.h"

/* Classes of pages at a clone; X(member of struct cleave_pages, JSON name) */
#define PAGE_CLASSES(X)							\
	X(anon, "anon")							\
	X(anon_huge, "anon_huge")					\
	X(file, "file")							\
	X(swap, "swap")							\
	X(hugetlb, "hugetlb")						\
	X(shmem, "shmem")						\
	X(copied, "copied_at_clone")

enum page_class {
#define CLEAVE_X(member, name) PAGES_##member,
	PAGE_CLASSES(CLEAVE_X)
#undef CLEAVE_X
	PAGES_NR
};

extern const char *const page_class_names[PAGES_NR];

/**
 * page_class_get() - one class by its index
 * @p: the pages
 * @c: which class
 */
__u64 page_class_get(const struct cleave_pages *p, enum page_class c);

/**
 * struct known - what can be trusted; the schema says on which of these a field
 * depends
 * @always: true
 * @outcome: breaks, by outcome
 * @pages: pages at a clone, by class
 * @creator: the window of the creator's breaks
 * @shared: the sum of the classes that can break
 * @never_copied: @shared and copied
 * @never_in_all: @never_copied of all that have closed: @before_exec, too
 * @both_copied: what both sides have copied: copied and @creator
 * @both_never: of @shared, what neither side has: @never_copied and @creator
 * @args: the arguments of execs
 * @totals: what was counted and lost in all: not where a recording has no end
 * @clones: clones, failed ones too
 * @exits: ends of processes
 * @ends: ends of address spaces
 * @execs: execs that succeeded
 * @exec_errors: and those that failed
 * @page_tables: what page tables take that a clone has made
 * @vfork_exec: when a vfork child lets its creator go on by an exec
 * @cgroups: which cgroup a process is in
 * @switches: how often tasks are switched to
 * @snap_times: how long breaks took until a snapshot, of all outcomes together
 * @snap_all_times: the same by outcome, of all that there were
 * @before_exec: what is booked when an address space closes, by exec or end
 */
struct known {
	bool always;
	bool outcome[CLEAVE_NR_OUTCOMES];
	bool pages[PAGES_NR];
	bool creator;
	bool shared;
	bool never_copied;
	bool never_in_all;
	bool both_copied;
	bool both_never;
	bool args;
	bool totals;
	bool clones;
	bool exits;
	bool ends;
	bool execs;
	bool exec_errors;
	bool page_tables;
	bool vfork_exec;
	bool cgroups;
	bool switches;
	bool snap_times;
	bool snap_all_times;
	bool before_exec;
};

/**
 * known_init() - from the state of a backend's hooks
 * @k: filled
 * @hooks: struct backend.hooks
 */
void known_init(struct known *k, const struct backend_hook *hooks);

/**
 * known_follow() - what follows from the rest of it: a sum is known as its parts are
 * @k: the rest is filled; a figure that is unknown already stays so
 */
void known_follow(struct known *k);

/**
 * hook_lists() - does a hook's list of figures have this one?
 * @figures: comma-separated, as in CLEAVE_HOOKS
 * @name: the figure
 */
bool hook_lists(const char *figures, const char *name);

#endif /* CLEAVE_KNOWN_H */
