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

/**
 * look_shared() - look at a process's page tables
 * @pid: of the process, or of one of its threads; a leader that has ended may have live ones
 * @l: filled where it returns 0
 *
 * The process is not stopped: each page is as it was at some time in between.  It needs some
 * 100 KiB of memory, however large the process is.
 *
 * Return: 0; -EACCES or -EPERM: its page tables, or the numbers of page frames
 * (CAP_SYS_ADMIN), may not be read; -ESRCH: it has no memory (any more), or has exec'ed
 * meanwhile; -E2BIG: far between its pages is too much that is empty to be searched (before
 * 6.7); -EOPNOTSUPP: the kernel has no pagemap; or another error.
 */
int look_shared(pid_t pid, struct look *l);

#endif /* CLEAVE_LOOK_H */
