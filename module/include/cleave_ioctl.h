/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cleave_ioctl.h - what /dev/cleave understands.
 *
 * One open is one session: START it, name its ROOTs, mmap the ring and poll.
 * The mapping is that of a BPF ring buffer: a writable page with the consumer
 * position at offset 0; behind it, read-only, a page with the producer position
 * and twice the data pages.
 *
 * Structs grow at their ends.  Their first word is the size that user space was
 * built with.  Of a struct that goes in, a kernel that knows less takes it if the
 * rest is zero and answers E2BIG if not (copy_struct_from_user()), as openat2(2)
 * does; one that comes out is filled as far as the kernel knows it, which its first
 * word tells.
 */
#ifndef CLEAVE_IOCTL_H
#define CLEAVE_IOCTL_H

#include <linux/ioctl.h>
#include "cleave_abi.h"

#define CLEAVE_DEVICE		"cleave"

#define CLEAVE_RING_MAX		(64U << 20)	/* bytes */
#define CLEAVE_AS_MAX		(1U << 20)	/* address spaces */

/* cleave_start.flags */
#define CLEAVE_START_ALL	(1U << 0)	/* the whole system, no roots */
#define CLEAVE_START_BREAKS	(1U << 1)	/* a record for each break */
#define CLEAVE_START_NO_ARGS	(1U << 2)	/* exec records without arguments */
#define CLEAVE_START_TIMES	(1U << 3)	/* how long breaks took */
#define CLEAVE_START_UID	(1U << 4)	/* of the whole system, this user's */
#define CLEAVE_START_SWITCHES	(1U << 5)	/* how often tasks are switched to */

/**
 * struct cleave_start - CLEAVE_IOC_START
 * @size: sizeof(struct cleave_start)
 * @abi: CLEAVE_ABI_VERSION
 * @ring_size: bytes of record data, a power of two of at least a page
 * @max_as: size of the ledger, in address spaces
 * @flags: CLEAVE_START_*
 * @pretend_missing: one bit a hook: do not attach it (a test); EBUSY where
 *	other sessions have hooks attached
 * @cgroup: with CLEAVE_START_ALL, 0: any; else the id of a cgroup of the unified hierarchy:
 *	of the whole system only what is in it, or below it, as it is met, and what that
 *	makes
 * @uid: with CLEAVE_START_UID: only of whom this is the real user id, as it is met, and what
 *	that makes; with @cgroup both have to be so
 * @rsv: 0
 */
struct cleave_start {
	__u32 size;
	__u32 abi;
	__u64 ring_size;
	__u32 max_as;
	__u32 flags;
	__u64 pretend_missing;
	__u64 cgroup;
	__u32 uid;
	__u32 rsv;
};

/**
 * struct cleave_get_totals - CLEAVE_IOC_TOTALS
 * @size: sizeof(struct cleave_get_totals)
 * @rsv: 0
 * @totals: filled
 */
struct cleave_get_totals {
	__u32 size;
	__u32 rsv;
	struct cleave_totals totals;
};

/**
 * struct cleave_get_hooks - CLEAVE_IOC_HOOKS
 * @size: sizeof(struct cleave_get_hooks)
 * @nr: filled with the number of hooks that the module knows
 * @error: 0 where attached, EOPNOTSUPP where the module counts by another hook,
 *	EPROTO once it was called with arguments in no known form, or the errno of
 *	the attempt; in a session that has stopped, what it was until then
 */
struct cleave_get_hooks {
	__u32 size;
	__u32 nr;
	__s32 error[CLEAVE_NR_HOOKS];
};

/**
 * struct cleave_get_attach - CLEAVE_IOC_ATTACH
 * @size: sizeof(struct cleave_get_attach)
 * @pid: trace this process, which is there already, and tell of it by a record: ESRCH
 *	where it has no address space (any more). 0: look through all processes for
 *	those that descend from traced ones; for all, in a whole-system session.
 *	What is traced already, or is about to be made by a clone, is passed over.
 * @found: filled with the number of those that were not traced before
 * @rsv: 0
 *
 * A fork that is under way can be missed by one look, and what it makes is then seen
 * by the next.  And a look finds no more than half a ring has room to tell of; it ends
 * with what it has where that is full, with EAGAIN if that is none: look until none is
 * found, and empty the ring in between.  One that has to wait for a fork ends with
 * EAGAIN, too, after 0.1 s, and with EINTR where a signal has come that does not have it
 * taken up again (sigaction(2), SA_RESTART); the next goes on waiting.  If the ring is
 * full all the same, look after look, records are lost, as any others.
 *
 * A whole-system session can meet a process later on that no look has come to, as it
 * comes to be of those that are traced: poll() says so with POLLPRI, which wakes nobody,
 * until the next look begins.
 *
 * Neither this nor ROOT asks whose process it is: a group that may open the device
 * may have any process that its pid namespace has told of, with what it execs and
 * the arguments of that, and where in it pages break.  Only the whole system at once
 * wants CAP_PERFMON.  A session that has stopped attaches to nothing: EINVAL.
 */
struct cleave_get_attach {
	__u32 size;
	__s32 pid;
	__u32 found;
	__u32 rsv;
};

/**
 * struct cleave_get_snap - CLEAVE_IOC_SNAPSHOT
 * @size: sizeof(struct cleave_get_snap)
 * @first: where to begin: 0, or as the call before has left it; filled with where to
 *	go on, 0: these were the last
 * @nr: how many there is room for; filled with how many there are
 * @rsv: 0
 * @snaps: address of an array of struct cleave_snap
 */
struct cleave_get_snap {
	__u32 size;
	__u32 first;
	__u32 nr;
	__u32 rsv;
	__u64 snaps;
};

/**
 * struct cleave_get_times - CLEAVE_IOC_TIMES
 * @size: sizeof(struct cleave_get_times)
 * @rsv: 0
 * @times: filled: of all breaks since the start or the last reset; ENODATA without
 *	CLEAVE_START_TIMES
 */
struct cleave_get_times {
	__u32 size;
	__u32 rsv;
	struct cleave_times times;
};

#define CLEAVE_IOC_START	_IOW('c', 0x40, struct cleave_start)
#define CLEAVE_IOC_ROOT		_IOW('c', 0x41, __s32)
#define CLEAVE_IOC_TOTALS	_IOWR('c', 0x42, struct cleave_get_totals)
#define CLEAVE_IOC_HOOKS	_IOWR('c', 0x43, struct cleave_get_hooks)
#define CLEAVE_IOC_RESET	_IO('c', 0x44)
#define CLEAVE_IOC_STOP		_IO('c', 0x45)
#define CLEAVE_IOC_ATTACH	_IOWR('c', 0x46, struct cleave_get_attach)
#define CLEAVE_IOC_SNAPSHOT	_IOWR('c', 0x47, struct cleave_get_snap)
#define CLEAVE_IOC_TIMES	_IOWR('c', 0x48, struct cleave_get_times)

CLEAVE_ASSERT(sizeof(struct cleave_start) == 48);
CLEAVE_ASSERT(sizeof(struct cleave_get_attach) == 16);
CLEAVE_ASSERT(sizeof(struct cleave_get_snap) == 24);
CLEAVE_ASSERT(sizeof(struct cleave_get_times) ==
	      8 + sizeof(struct cleave_times));
CLEAVE_ASSERT(sizeof(struct cleave_get_totals) ==
	      8 + sizeof(struct cleave_totals));

#endif /* CLEAVE_IOCTL_H */
