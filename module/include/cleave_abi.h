/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cleave_abi.h - the record format: what the module and the BPF programs
 * write into a ring, and what the reader takes out of it.
 *
 * One header for three worlds (kernel, BPF, user space): fixed-width fields,
 * no pointers, no bit-fields, no padding that is not named.  All numbers are
 * host byte order: a ring never leaves the machine.
 */
#ifndef CLEAVE_ABI_H
#define CLEAVE_ABI_H

#ifndef CLEAVE_BPF		/* BPF has these from user/bpf/kernel_types.h */
#include <linux/types.h>
#endif

/* Goes up with every change of a layout below. */
#define CLEAVE_ABI_VERSION	5

#define CLEAVE_COMM_LEN		16	/* TASK_COMM_LEN */
#define CLEAVE_PATH_LEN		256	/* with the final NUL; longer: cut */
#define CLEAVE_ARGS_LEN		512	/* argv strings, each with its NUL */

/* struct bpf_ringbuf_hdr and the two bits of its length word. */
#define CLEAVE_RING_BUSY	(1U << 31)
#define CLEAVE_RING_DISCARD	(1U << 30)
#define CLEAVE_RING_HDR_SZ	8

/*
 * Outcomes of a write (or unshare) fault on a page that a private mapping
 * holds write-protected.  X(symbol, JSON name, what it means)
 */
#define CLEAVE_OUTCOMES(X)						\
	X(COPIED, "copied", "a shared anonymous page was copied")	\
	X(REUSED, "reused", "the page had become exclusive: made writable, no copy") \
	X(ZERO, "zero", "the zero page was replaced")			\
	X(FILE, "file", "a private file page became an anonymous one")	\
	X(KSM, "ksm", "a page merged by KSM was copied")		\
	X(UNSHARE, "unshare", "copied for a pin, nothing written")	\
	X(HUGE_SPLIT, "huge_split", "a huge mapping was split for base-page copies") \
	X(HUGE_ZERO, "huge_zero", "the huge zero page was replaced")	\
	X(HUGE_REUSED, "huge_reused", "a huge page was made writable, no copy") \
	X(HUGETLB_COPIED, "hugetlb_copied", "a hugetlb page was copied")	\
	X(HUGETLB_REUSED, "hugetlb_reused", "a hugetlb page was made writable, no copy") \
	X(FILE_FIRST, "file_first", "first write to a file page never mapped: no break") \
	X(NOT_A_BREAK, "not_a_break", "shared-file notice, PFN map, userfaultfd, lost race, retry")

enum cleave_outcome {
#define CLEAVE_X(sym, name, what) CLEAVE_##sym,
	CLEAVE_OUTCOMES(CLEAVE_X)
#undef CLEAVE_X
	CLEAVE_NR_OUTCOMES
};

/* The outcomes that are breaks come first: 0 to this. */
#define CLEAVE_NR_BREAKS	CLEAVE_FILE_FIRST

/*
 * Which part of the life of an address space a break falls into.  X(symbol, JSON
 * name, what it means)
 */
#define CLEAVE_SIDES(X)							\
	X(BEFORE_EXEC, "before_exec", "in an address space made by a clone, before its exec") \
	X(CREATOR, "creator", "in another, while a child of it was before exec") \
	X(AFTER, "after", "in another, with no such child")

enum cleave_side {
#define CLEAVE_X(sym, name, what) CLEAVE_SIDE_##sym,
	CLEAVE_SIDES(CLEAVE_X)
#undef CLEAVE_X
	CLEAVE_NR_SIDES
};

/*
 * What a task was switched to from: which memory was in use on its CPU before.
 * X(symbol, JSON name, what it means)
 */
#define CLEAVE_SWITCHES(X)						\
	X(SAME, "same_memory", "from a task in the same memory")	\
	X(OTHER, "other_memory", "from another memory, which had to be switched") \
	X(KERNEL, "kernel", "from a kernel thread, or a task at its end, that had kept the same memory")

enum cleave_switch {
#define CLEAVE_X(sym, name, what) CLEAVE_SWITCH_##sym,
	CLEAVE_SWITCHES(CLEAVE_X)
#undef CLEAVE_X
	CLEAVE_NR_SWITCHES
};

/*
 * Functions that cleave attaches to, innermost first: that is the order of
 * attaching (a copy must never be seen without its marker) and the reverse of
 * detaching.  X(symbol, kernel name, figures that are missing without it, figures
 * that BPF misses besides).  "breaks" are all outcomes.
 *
 * The backends do not all count by the same: a copy is marked for the module by
 * ptep_clear_flush(), for BPF by the new page's rmap, as its trampolines cannot
 * take a function that returns a struct (pte_t).
 */
#define CLEAVE_HOOKS(X)							\
	X(CLEAR_FLUSH, "ptep_clear_flush",				\
	  "copied, zero, file, ksm, unshare, hugetlb_copied, not_a_break", "") \
	X(NEW_RMAP, "folio_add_new_anon_rmap",				\
	  "huge_zero, file_first, pages.anon, pages.copied_at_clone",	\
	  "copied, zero, file, ksm, unshare, not_a_break")		\
	X(HUGETLB_RMAP, "hugetlb_add_new_anon_rmap",			\
	  "pages.hugetlb, pages.copied_at_clone",			\
	  "hugetlb_copied, not_a_break")				\
	X(SET_ACCESS, "ptep_set_access_flags",				\
	  "reused, hugetlb_reused, not_a_break", "")			\
	X(PMD_SET_ACCESS, "pmdp_set_access_flags", "huge_reused, not_a_break", "") \
	X(SPLIT_PMD, "__split_huge_pmd", "huge_split, not_a_break", "")	\
	X(DEPOSIT, "pgtable_trans_huge_deposit", "pages.anon, pages.anon_huge", "") \
	X(WP_PAGE, "do_wp_page",					\
	  "copied, reused, zero, file, ksm, unshare, file_first, not_a_break", "") \
	X(HUGE_WP, "do_huge_pmd_wp_page",				\
	  "huge_split, huge_zero, huge_reused, not_a_break", "")	\
	X(HUGETLB_WP, "hugetlb_wp", "hugetlb_copied, hugetlb_reused, not_a_break", "") \
	X(COPY_HUGE_PMD, "copy_huge_pmd", "pages.anon, pages.anon_huge", "") \
	X(COPY_RANGE, "copy_page_range",				\
	  "pages.file, pages.hugetlb, pages.shmem", "")			\
	X(DUP_MMAP, "uprobe_dup_mmap", "creator_cow", "")		\
	X(EXIT_MMAP, "exit_mmap", "the end of an address space, breaks", "") \
	X(SWITCH, "sched_switch", "switches", "")			\
	X(EXIT_TASK, "sched_process_exit", "exit events", "")		\
	X(FOLLOW_EXEC, "sched_process_exec", "what comes after an exec that begin_new_exec missed", "") \
	X(EXECVE, "__x64_sys_execve", "failed exec events", "")		\
	X(EXECVEAT, "__x64_sys_execveat", "failed exec events", "")	\
	X(NEW_EXEC, "begin_new_exec",					\
	  "exec events, failed exec events, copies before exec", "")	\
	X(EXEC_RELEASE, "exec_mm_release", "vfork_wait_ns of execs", "")	\
	X(WAKE, "wake_up_new_task", "what a fork under way at an attachment makes", "") \
	X(COPY_PROCESS, "copy_process", "clone events, pages shared, breaks", "")

enum cleave_hook {
#define CLEAVE_X(sym, name, figures, bpf) CLEAVE_HOOK_##sym,
	CLEAVE_HOOKS(CLEAVE_X)
#undef CLEAVE_X
	CLEAVE_NR_HOOKS
};

/* The call that made a task. */
enum cleave_call {
	CLEAVE_CALL_UNKNOWN,
	CLEAVE_CALL_FORK,
	CLEAVE_CALL_VFORK,
	CLEAVE_CALL_CLONE,
	CLEAVE_CALL_CLONE3,
	CLEAVE_CALL_KTHREAD,		/* kernel_thread(), by kthreadd */
	CLEAVE_CALL_IO_WORKER,		/* create_io_thread() */
	CLEAVE_CALL_USER_WORKER,	/* vhost_task_create() */
	CLEAVE_CALL_UMH,		/* user_mode_thread(), call_usermodehelper() */
	CLEAVE_CALL_IDLE,		/* fork_idle() */
	CLEAVE_NR_CALLS
};

/* What came of it, in plain words. */
enum cleave_kind {
	CLEAVE_KIND_PROCESS,		/* own copy of the address space */
	CLEAVE_KIND_THREAD,		/* CLONE_THREAD */
	CLEAVE_KIND_VFORK,		/* CLONE_VM | CLONE_VFORK: runs in the creator's */
	CLEAVE_KIND_VM_SHARER,		/* CLONE_VM alone: a process in the creator's mm */
	CLEAVE_KIND_KTHREAD,
	CLEAVE_KIND_IO_WORKER,
	CLEAVE_KIND_USER_WORKER,
	CLEAVE_KIND_UMH,
	CLEAVE_KIND_IDLE,
	CLEAVE_NR_KINDS
};

enum cleave_rec_type {
	CLEAVE_REC_NONE,
	CLEAVE_REC_CLONE,
	CLEAVE_REC_EXEC,
	CLEAVE_REC_EXIT,		/* a process has ended */
	CLEAVE_REC_END,			/* an address space has ended */
	CLEAVE_REC_BREAK,		/* one break, on request only */
	CLEAVE_REC_ATTACH,		/* a process that was there before is traced */
	CLEAVE_REC_TIMES,		/* how long breaks took, on request only */
	CLEAVE_NR_RECS
};

/**
 * struct cleave_hdr - first member of every record
 * @type: enum cleave_rec_type
 * @size: of the whole record in bytes, as written; a reader takes no more
 * @cpu: on which it was written
 * @ts: nanoseconds of CLOCK_MONOTONIC
 */
struct cleave_hdr {
	__u16 type;
	__u16 size;
	__u32 cpu;
	__u64 ts;
};

/**
 * struct cleave_pages - mappings in the child's page tables after a clone
 * @anon: anonymous base pages, migration entries included
 * @anon_huge: anonymous pages mapped by huge PMDs, in base pages
 * @file: pages of private file mappings
 * @swap: swap entries
 * @hugetlb: hugetlb pages of private mappings, in base pages
 * @shmem: pages of shared mappings that fork copied the entries of; never break
 * @copied: pages that fork had to copy at once (pinned), part of none above
 * @vm: size of the address space (mm->total_vm), all that is mapped or not
 */
struct cleave_pages {
	__u64 anon;
	__u64 anon_huge;
	__u64 file;
	__u64 swap;
	__u64 hugetlb;
	__u64 shmem;
	__u64 copied;
	__u64 vm;
};

/**
 * struct cleave_clone - one return of copy_process()
 * @flags: kernel_clone_args.flags
 * @duration_ns: time in copy_process()
 * @as: the child's address space (an id, never reused); 0: it has none
 * @parent_as: the creator's; 0: none or not traced
 * @pages: what the child's page tables hold; all zero with CLONE_VM, but @vm
 * @page_tables: bytes of the child's page tables themselves; 0 with CLONE_VM
 * @cgroup: id of the child's cgroup in the unified hierarchy (version 2); 0: the clone
 *	failed, or the kernel has no cgroups
 * @parent_pid: thread group of the creator, as the reader sees it
 * @parent_tid: the creating task
 * @child_pid: thread group of the child; 0 where the clone failed
 * @child_tid: the child
 * @child_ns_pid: @child_pid as the child itself sees it
 * @child_ns_tid: @child_tid as the child itself sees it
 * @error: 0 or a positive errno
 * @exit_signal: sent to the parent when the child ends; -1: none (a thread)
 * @call: enum cleave_call
 * @kind: enum cleave_kind
 * @has_pages: 1: the child has page tables of its own, counted in @pages
 * @set_tids: pids that clone3() asked for, one for each namespace level; mostly 0
 * @rsv: 0
 * @set_tid: that of the innermost level, with @set_tids
 * @cgroup_fd: clone3()'s, with CLONE_INTO_CGROUP
 * @comm: of the creator
 */
struct cleave_clone {
	struct cleave_hdr hdr;
	__u64 flags;
	__u64 duration_ns;
	__u64 as;
	__u64 parent_as;
	struct cleave_pages pages;
	__u64 page_tables;
	__u64 cgroup;
	__s32 parent_pid;
	__s32 parent_tid;
	__s32 child_pid;
	__s32 child_tid;
	__s32 child_ns_pid;
	__s32 child_ns_tid;
	__s32 error;
	__s32 exit_signal;
	__u8 call;
	__u8 kind;
	__u8 has_pages;
	__u8 set_tids;
	__u8 rsv[4];
	__s32 set_tid;
	__s32 cgroup_fd;
	char comm[CLEAVE_COMM_LEN];
};

/**
 * struct cleave_figures - what an address space made by a clone came to
 * @as: its id
 * @since_clone_ns: from the clone to here; with CLEAVE_ATTACHED, from the attachment,
 *	and so all other members
 * @shared: pages shared copy-on-write at the clone; with CLEAVE_ATTACHED nobody knows
 * @clones: address spaces cloned from this one meanwhile
 * @cow: breaks in it, by outcome
 * @creator_cow: breaks in its creator's meanwhile, by outcome; means nothing with
 *	CLEAVE_NO_CREATOR
 */
struct cleave_figures {
	__u64 as;
	__u64 since_clone_ns;
	__u64 shared;
	__u64 clones;
	__u64 cow[CLEAVE_NR_OUTCOMES];
	__u64 creator_cow[CLEAVE_NR_OUTCOMES];
};

/* cleave_exec.what, cleave_end.what, cleave_snap.what, cleave_attach.what */
#define CLEAVE_HAS_FIGURES	(1U << 0)	/* fig is about an address space before exec */
#define CLEAVE_ARGS_CUT		(1U << 1)	/* argv did not fit */
#define CLEAVE_PATH_CUT		(1U << 2)
#define CLEAVE_AFTER_EXEC	(1U << 3)	/* END: its clone had exec'ed before */
#define CLEAVE_ARGS_HIDDEN	(1U << 4)	/* argv was not asked for; argc is known */
#define CLEAVE_NO_CREATOR	(1U << 5)	/* fig.creator_cow is unknown: it had no entry */
#define CLEAVE_ATTACHED		(1U << 6)	/* was there before: fig begins with that */
#define CLEAVE_JUST_MADE	(1U << 7)	/* ATTACH: by a fork that was under way */

/**
 * struct cleave_exec - one return of begin_new_exec(), or a call that failed
 * @fig: of the address space that was given up, with CLEAVE_HAS_FIGURES; where breaks
 *	are timed, also of one that came from an exec itself or was found
 * @as: the new address space
 * @old_as: the one that was given up
 * @released_ns: when the task let go of it, in mm_release(): time, not a span; 0: not
 *	seen, or the exec has failed
 * @cgroup: as in struct cleave_clone, of the task, when the call has returned
 * @pid: thread group
 * @tid: the task that called exec (it has the id @pid afterwards)
 * @error: 0 or a positive errno
 * @what: CLEAVE_HAS_FIGURES and others
 * @argc: number of arguments
 * @args_len: bytes of @args in use
 * @comm: before the exec
 * @path: as given to the call
 * @args: strings with their final NULs, cut at args_len; the last member, sent
 *	only as far as used
 */
struct cleave_exec {
	struct cleave_hdr hdr;
	struct cleave_figures fig;
	__u64 as;
	__u64 old_as;
	__u64 released_ns;
	__u64 cgroup;
	__s32 pid;
	__s32 tid;
	__s32 error;
	__u32 what;
	__u32 argc;
	__u32 args_len;
	char comm[CLEAVE_COMM_LEN];
	char path[CLEAVE_PATH_LEN];
	char args[CLEAVE_ARGS_LEN];
};

/**
 * struct cleave_exit - the last task of a process has ended
 * @as: the address space it was in
 * @pid: thread group
 * @status: as wait(2) reports it
 * @comm: of the task
 * @switches: how often one of its tasks was switched to, on request only, by enum
 *	cleave_switch; from its clone or its attachment on, whatever it has exec'ed, and of
 *	each task until that begins to end (PF_EXITING)
 */
struct cleave_exit {
	struct cleave_hdr hdr;
	__u64 as;
	__s32 pid;
	__s32 status;
	char comm[CLEAVE_COMM_LEN];
	__u64 switches[CLEAVE_NR_SWITCHES];
};

/**
 * struct cleave_end - the end of an address space that no exec has reported
 * @fig: its figures, complete
 * @what: CLEAVE_HAS_FIGURES, CLEAVE_AFTER_EXEC, CLEAVE_NO_CREATOR, CLEAVE_ATTACHED
 * @rsv: 0
 */
struct cleave_end {
	struct cleave_hdr hdr;
	struct cleave_figures fig;
	__u32 what;
	__u32 rsv;
};

/**
 * struct cleave_break - one break
 * @as: address space in which it happened
 * @addr: page address in it
 * @pid: thread group of the task that faulted
 * @tid: that task; need not be one of @as (ptrace, /proc/PID/mem)
 * @outcome: enum cleave_outcome
 * @rsv: 0
 */
struct cleave_break {
	struct cleave_hdr hdr;
	__u64 as;
	__u64 addr;
	__s32 pid;
	__s32 tid;
	__u32 outcome;
	__u32 rsv;
};

/**
 * struct cleave_attach - a process that was there before is traced from here on
 * @as: the address space that it is in; 0: there was no room for it
 * @creator_as: that of its creator, where it is before exec and the kernel still knows
 *	who that is, and traces it; else 0
 * @start_ns: when the process began: task_struct.start_time of its leader
 * @vm: size of the address space in pages (mm->total_vm)
 * @cgroup: as in struct cleave_clone, of its leader
 * @pid: thread group, as the reader sees it
 * @ns_pid: as it sees itself
 * @parent_pid: thread group of its parent, as the reader sees it; 0: it cannot
 * @what: CLEAVE_HAS_FIGURES: it is before exec; CLEAVE_JUST_MADE
 * @comm: of its leader
 */
struct cleave_attach {
	struct cleave_hdr hdr;
	__u64 as;
	__u64 creator_as;
	__u64 start_ns;
	__u64 vm;
	__u64 cgroup;
	__s32 pid;
	__s32 ns_pid;
	__s32 parent_pid;
	__u32 what;
	char comm[CLEAVE_COMM_LEN];
};

/* Of durations, one for each power of two; the last has all that are longer. */
#define CLEAVE_TIME_BUCKETS	32

/**
 * struct cleave_time - how long breaks of one kind took
 * @breaks: how many there were
 * @count: of how many of them the fault was seen to return
 * @sum_ns: how long these took, from entry to return
 * @max_ns: the longest of them
 * @hist: how many took at least 2^i nanoseconds, and less than twice that; the first
 *	has 0, too
 */
struct cleave_time {
	__u64 breaks;
	__u64 count;
	__u64 sum_ns;
	__u64 max_ns;
	__u64 hist[CLEAVE_TIME_BUCKETS];
};

/**
 * struct cleave_times - the same by side and outcome, of a session
 * @of: by enum cleave_side and, of enum cleave_outcome, the breaks; each on the side that
 *	it was on as it came: of one that is met, not before exec until a look has come
 */
struct cleave_times {
	struct cleave_time of[CLEAVE_NR_SIDES][CLEAVE_NR_BREAKS];
};

/**
 * struct cleave_took - how long breaks of one kind took in an address space
 * @as: the address space
 * @side: enum cleave_side
 * @outcome: enum cleave_outcome, a break
 * @time: what has not been told yet: of the side before exec just before the EXEC or
 *	END that has the figures, of the others before the owner's next EXEC, or the END.
 *	Not written where there was no break.
 */
struct cleave_took {
	struct cleave_hdr hdr;
	__u64 as;
	__u32 side;
	__u32 outcome;
	struct cleave_time time;
};

/**
 * struct cleave_spent - how long breaks took, of all kinds together
 * @breaks: as in struct cleave_time, the sum of its kinds, and so the next two
 * @count: of how many the fault was seen to return
 * @sum_ns: how long these took
 * @max_ns: the longest of them
 */
struct cleave_spent {
	__u64 breaks;
	__u64 count;
	__u64 sum_ns;
	__u64 max_ns;
};

/**
 * struct cleave_snap - an address space that is alive, at some time
 * @fig: its figures until now
 * @creator: id of the one that it was cloned from, if that is known; 0
 * @what: CLEAVE_HAS_FIGURES: it was cloned and is before exec; CLEAVE_AFTER_EXEC: it
 *	was, its owner has exec'ed, and another task is in it still; CLEAVE_NO_CREATOR;
 *	CLEAVE_ATTACHED
 * @rsv: 0
 * @took: how long its breaks took until now, by enum cleave_side, what records have told
 *	of it already left out; on request only, else 0.  Not by outcome, and without
 *	a histogram: of all kinds that would be 9 KiB for each address space
 *
 * All of it is of one address space, but each counter is as it was at a time of its
 * own.
 */
struct cleave_snap {
	struct cleave_figures fig;
	__u64 creator;
	__u32 what;
	__u32 rsv;
	struct cleave_spent took[CLEAVE_NR_SIDES];
};

/**
 * struct cleave_totals - counters of a session; exact whatever the ring loses
 * @clones: successful clones by kind
 * @clone_errors: failed ones
 * @execs: successful execs
 * @exec_errors: failed ones
 * @exits: processes ended
 * @ends: address spaces made by a clone that have closed (by exec or end)
 * @shared: sum of pages shared at clone, over all clones
 * @never_copied: sum of shared minus copied, over the closed ones
 * @before_exec: breaks before exec, by outcome, over the closed ones
 * @cow: breaks by outcome, of all address spaces
 * @sent: records written, by type
 * @lost: records that found the ring full, by type
 * @as_lost: address spaces that found the ledger full: not counted at all
 * @missed: probes that did not run (no instance, recursion)
 * @live: address spaces in the ledger now
 * @switches: to tasks of traced processes, on request only, by enum cleave_switch
 */
struct cleave_totals {
	__u64 clones[CLEAVE_NR_KINDS];
	__u64 clone_errors;
	__u64 execs;
	__u64 exec_errors;
	__u64 exits;
	__u64 ends;
	__u64 shared;
	__u64 never_copied;
	__u64 before_exec[CLEAVE_NR_OUTCOMES];
	__u64 cow[CLEAVE_NR_OUTCOMES];
	__u64 sent[CLEAVE_NR_RECS];
	__u64 lost[CLEAVE_NR_RECS];
	__u64 as_lost;
	__u64 missed;
	__u64 live;
	__u64 switches[CLEAVE_NR_SWITCHES];
};

#define CLEAVE_ASSERT(cond)	_Static_assert(cond, #cond)
#define CLEAVE_AT(type, member, off)					\
	CLEAVE_ASSERT(__builtin_offsetof(struct type, member) == (off))

CLEAVE_ASSERT(CLEAVE_NR_OUTCOMES == 13);
CLEAVE_ASSERT(sizeof(struct cleave_hdr) == 16);
CLEAVE_ASSERT(sizeof(struct cleave_pages) == 64);
CLEAVE_ASSERT(sizeof(struct cleave_clone) == 192);
CLEAVE_AT(cleave_clone, pages, 48);
CLEAVE_AT(cleave_clone, parent_pid, 128);
CLEAVE_AT(cleave_clone, call, 160);
CLEAVE_AT(cleave_clone, comm, 176);
CLEAVE_ASSERT(sizeof(struct cleave_figures) == 240);
CLEAVE_ASSERT(sizeof(struct cleave_exec) == 1096);
CLEAVE_AT(cleave_exec, as, 256);
CLEAVE_AT(cleave_exec, pid, 288);
CLEAVE_AT(cleave_exec, args, 584);
CLEAVE_ASSERT(sizeof(struct cleave_exit) == 72);
CLEAVE_ASSERT(sizeof(struct cleave_end) == 264);
CLEAVE_ASSERT(sizeof(struct cleave_break) == 48);
CLEAVE_ASSERT(sizeof(struct cleave_attach) == 88);
CLEAVE_ASSERT(sizeof(struct cleave_snap) == 352);
CLEAVE_ASSERT(sizeof(struct cleave_time) == 36 * 8);
CLEAVE_ASSERT(sizeof(struct cleave_times) == 33 * sizeof(struct cleave_time));
CLEAVE_ASSERT(sizeof(struct cleave_took) == 320);
CLEAVE_ASSERT(sizeof(struct cleave_totals) == 64 * 8);

#endif /* CLEAVE_ABI_H */
