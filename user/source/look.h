/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * look.h - what a process shares now, as its page tables tell: a look, not a count.
 */
#ifndef CLEAVE_LOOK_H
#define CLEAVE_LOOK_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

/**
 * struct look - pages of a process's private mappings
 * @shared: anonymous and present ones that are mapped elsewhere, too, by anybody: merged
 *	ones (KSM) as well; without zero pages
 * @swap: swapped out ones, shared or not: that is not told
 */
struct look {
	__u64 shared;
	__u64 swap;
};

/* Tests alone clear it: then all is done as before 6.7, where there is no PAGEMAP_SCAN. */
extern bool look_scans;

struct eyes;

/**
 * look_begin() - begin a look at a process's page tables
 * @pid: of the process, or of one of its threads; a leader that has ended may have live ones
 *
 * The process is not stopped: each page is as it was at some time in between.  It needs some
 * 100 KiB of memory, however large the process is.
 *
 * Return: what look_step() needs.
 */
struct eyes *look_begin(pid_t pid);

/**
 * look_step() - look at no more than what takes a short while
 * @e: of look_begin()
 *
 * Before 6.7 that is what smaps needs for a mapping or a few.  PAGEMAP_SCAN walks through the
 * page tables of files, too, which it finds nothing in, without a stop.
 *
 * Return: 1: there is more to be looked at; 0: that was all; -EACCES or -EPERM: its page
 * tables, or the numbers of page frames (CAP_SYS_ADMIN), may not be read; -ESRCH: it has no
 * memory (any more), or has exec'ed meanwhile; -E2BIG: far between its pages is too much that is
 * empty to be searched (before 6.7); -EOPNOTSUPP: the kernel has no pagemap; or another error.
 */
int look_step(struct eyes *e);

/**
 * look_end() - end a look, at any time
 * @e: of look_begin(); gone
 *
 * Return: what was found: all there is where look_step() has returned 0.
 */
struct look look_end(struct eyes *e);

#endif /* CLEAVE_LOOK_H */
