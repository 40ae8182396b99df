/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flags.h - clone flags, signals, kinds and calls by name, and what a child
 * shares with its creator.  The one place where these names are kept.
 */
#ifndef CLEAVE_FLAGS_H
#define CLEAVE_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cleave_abi.h"

/* X(bit, name without CLONE_, what it means) */
#define CLONE_FLAGS(X)							\
	X(7, NEWTIME, "new time namespace (clone3 and unshare only)")	\
	X(8, VM, "the child runs in the creator's memory: nothing is copied") \
	X(9, FS, "one root, working directory and umask for both")	\
	X(10, FILES, "one file descriptor table for both")		\
	X(11, SIGHAND, "one table of signal handlers for both")		\
	X(12, PIDFD, "give the creator a pidfd of the child")		\
	X(13, PTRACE, "if the creator is traced, trace the child too")	\
	X(14, VFORK, "the creator sleeps until the child execs or ends") \
	X(15, PARENT, "the creator's parent becomes the child's")	\
	X(16, THREAD, "a thread of the creator's process, not a process") \
	X(17, NEWNS, "new mount namespace")				\
	X(18, SYSVSEM, "one list of System V semaphore undos for both")	\
	X(19, SETTLS, "set the child's thread-local storage")		\
	X(20, PARENT_SETTID, "store the child's id in the creator's memory") \
	X(21, CHILD_CLEARTID, "clear the id in the child's memory when it ends") \
	X(22, DETACHED, "ignored (clone3 refuses it)")			\
	X(23, UNTRACED, "a tracer cannot force CLONE_PTRACE on the child") \
	X(24, CHILD_SETTID, "store the child's id in the child's memory") \
	X(25, NEWCGROUP, "new cgroup namespace")			\
	X(26, NEWUTS, "new UTS namespace (host name)")			\
	X(27, NEWIPC, "new IPC namespace")				\
	X(28, NEWUSER, "new user namespace")				\
	X(29, NEWPID, "new pid namespace, the child is its init")	\
	X(30, NEWNET, "new network namespace")				\
	X(31, IO, "one I/O context for both")				\
	X(32, CLEAR_SIGHAND, "all signal handlers back to default")	\
	X(33, INTO_CGROUP, "start in another cgroup than the creator's") \
	X(34, AUTOREAP, "the child needs no wait: it reaps itself")	\
	X(35, NNP, "the child starts with no_new_privs set")		\
	X(36, PIDFD_AUTOKILL, "the child is killed when its pidfd is closed") \
	X(37, EMPTY_MNTNS, "new mount namespace that starts empty")

enum clone_flag_bit {
#define CLEAVE_X(bit, name, what) F_##name##_BIT = (bit),
	CLONE_FLAGS(CLEAVE_X)
#undef CLEAVE_X
};

/* F(VM) is what sched.h calls CLONE_VM, on any system's headers. */
#define F(name)		(1ULL << F_##name##_BIT)

#define FLAG_NAME_LEN	32

/*
 * What clone(2) can share; X(symbol, JSON name, in words).  The namespaces come
 * last, the mount namespace first of them.
 */
#define RESOURCES(X)							\
	X(MEMORY, "memory", "memory")					\
	X(FILES, "files", "open files")					\
	X(FS, "fs", "root and working directory")			\
	X(SIGHAND, "sighand", "signal handlers")			\
	X(THREAD_GROUP, "thread_group", "process id (thread group)")	\
	X(PARENT, "parent", "parent process")				\
	X(TLS, "tls", "thread-local storage")				\
	X(SYSVSEM, "sysvsem", "SysV semaphore undo list")		\
	X(IO, "io", "I/O context")					\
	X(CGROUP, "cgroup", "cgroup")					\
	X(MNT_NS, "mnt", "mount namespace")				\
	X(UTS_NS, "uts", "UTS namespace")				\
	X(IPC_NS, "ipc", "IPC namespace")				\
	X(USER_NS, "user", "user namespace")				\
	X(PID_NS, "pid", "pid namespace")				\
	X(NET_NS, "net", "network namespace")				\
	X(CGROUP_NS, "cgroup_ns", "cgroup namespace")			\
	X(TIME_NS, "time", "time namespace")

enum resource {
#define CLEAVE_X(sym, name, words) RES_##sym,
	RESOURCES(CLEAVE_X)
#undef CLEAVE_X
	RES_NR
};

enum sharing {
	SHARING_SHARED,
	SHARING_COPIED,
	SHARING_NEW,
	SHARING_NONE,		/* a kernel thread has no memory of a process */
	SHARING_NR
};

extern const char *const resource_names[RES_NR];
extern const char *const resource_words[RES_NR];
extern const char *const sharing_names[SHARING_NR];
extern const char *const kind_names[CLEAVE_NR_KINDS];
extern const char *const call_names[CLEAVE_NR_CALLS];
extern const char *const outcome_names[CLEAVE_NR_OUTCOMES];
extern const char *const side_names[CLEAVE_NR_SIDES];
extern const char *const outcome_words[CLEAVE_NR_OUTCOMES];

/**
 * flags_pop() - take the lowest flag out of a word
 * @flags: the word; the bit that is reported is cleared
 * @buf: at least FLAG_NAME_LEN bytes, used for a bit without a name
 *
 * Return: CLONE_..., or the bit in hex where cleave does not know it, or NULL
 * where no bit is left.
 */
const char *flags_pop(__u64 *flags, char *buf);

/**
 * flags_what() - what one flag means
 * @bit: a word with one bit set
 *
 * Return: a short text, or NULL for a bit that cleave does not know.
 */
const char *flags_what(__u64 bit);

/**
 * flags_format() - all flags of a word, joined by "|"
 * @buf: for the result; "0" where no bit is set
 * @len: its size; what does not fit is cut
 * @flags: the word
 *
 * Return: @buf.
 */
char *flags_format(char *buf, size_t len, __u64 flags);

/**
 * flags_parse() - read a flag word as a user types it
 * @text: hex, decimal or octal, or names (with CLONE_ or not, signals too)
 *	joined by "|", "," or "+"
 * @flags: filled
 * @bad: where it fails, a copy of the part that is not understood (to free)
 *
 * Return: 0, or -EINVAL or -ENOMEM.
 */
int flags_parse(const char *text, __u64 *flags, char **bad);

/**
 * flags_resource() - does the child share a resource?
 * @res: the resource
 * @flags: kernel_clone_args.flags
 * @kind: what came of the clone
 */
enum sharing flags_resource(enum resource res, __u64 flags, enum cleave_kind kind);

/**
 * flags_refused() - combinations that the kernel refuses
 * @flags: the flags
 * @exit_signal: the exit signal
 * @n: index, from 0 up
 *
 * Return: the reason number @n in words, or NULL where there is no further one.
 */
const char *flags_refused(__u64 flags, int exit_signal, unsigned int n);

/**
 * flags_idiom() - who passes exactly these flags
 * @flags: the flags
 * @exit_signal: the exit signal; not above 0: none
 *
 * Return: a text like "glibc's fork()", or NULL.
 */
const char *flags_idiom(__u64 flags, int exit_signal);

/**
 * signal_format() - a signal by name
 * @buf: for the result
 * @len: its size
 * @sig: the number
 *
 * Return: @buf: "SIGCHLD", "SIGRTMIN+2", "signal 77", "none" for 0 and -1.
 */
char *signal_format(char *buf, size_t len, int sig);

/**
 * flags_explain() - the text of "cleave flags"
 * @out: where to
 * @word: as for clone(2): flags, with the exit signal in the low byte
 */
void flags_explain(FILE *out, __u64 word);

#endif /* CLEAVE_FLAGS_H */
