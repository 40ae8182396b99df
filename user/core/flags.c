// SPDX-License-Identifier: GPL-2.0-only
/*
 * flags.c - see flags.h.  What is shared follows clone(2) and the copy_*()
 * functions of kernel/fork.c; what is refused, copy_process() and
 * clone3_args_valid().
 */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/flags.h"

struct flag {
	const char *name;
	const char *what;
};

static const struct flag table[64] = {
#define CLEAVE_X(bit, name, what) [bit] = { "CLONE_" #name, what },
	CLONE_FLAGS(CLEAVE_X)
#undef CLEAVE_X
};

const char *const resource_names[RES_NR] = {
#define CLEAVE_X(sym, name, words) [RES_##sym] = name,
	RESOURCES(CLEAVE_X)
#undef CLEAVE_X
};

const char *const resource_words[RES_NR] = {
#define CLEAVE_X(sym, name, words) [RES_##sym] = words,
	RESOURCES(CLEAVE_X)
#undef CLEAVE_X
};

const char *const sharing_names[SHARING_NR] = {
	[SHARING_SHARED] = "shared",
	[SHARING_COPIED] = "copied",
	[SHARING_NEW] = "new",
	[SHARING_NONE] = "none",
};

const char *const kind_names[CLEAVE_NR_KINDS] = {
	[CLEAVE_KIND_PROCESS] = "process",
	[CLEAVE_KIND_THREAD] = "thread",
	[CLEAVE_KIND_VFORK] = "vfork/posix_spawn child",
	[CLEAVE_KIND_VM_SHARER] = "process in shared memory",
	[CLEAVE_KIND_KTHREAD] = "kernel thread",
	[CLEAVE_KIND_IO_WORKER] = "io_uring worker",
	[CLEAVE_KIND_USER_WORKER] = "vhost worker",
	[CLEAVE_KIND_UMH] = "user-mode helper",
	[CLEAVE_KIND_IDLE] = "idle task",
};

const char *const call_names[CLEAVE_NR_CALLS] = {
	[CLEAVE_CALL_UNKNOWN] = "unknown",
	[CLEAVE_CALL_FORK] = "fork",
	[CLEAVE_CALL_VFORK] = "vfork",
	[CLEAVE_CALL_CLONE] = "clone",
	[CLEAVE_CALL_CLONE3] = "clone3",
	[CLEAVE_CALL_KTHREAD] = "kernel_thread",
	[CLEAVE_CALL_IO_WORKER] = "create_io_thread",
	[CLEAVE_CALL_USER_WORKER] = "vhost_task_create",
	[CLEAVE_CALL_UMH] = "user_mode_thread",
	[CLEAVE_CALL_IDLE] = "fork_idle",
};

const char *const outcome_names[CLEAVE_NR_OUTCOMES] = {
#define CLEAVE_X(sym, name, what) [CLEAVE_##sym] = name,
	CLEAVE_OUTCOMES(CLEAVE_X)
#undef CLEAVE_X
};

const char *const side_names[CLEAVE_NR_SIDES] = {
#define CLEAVE_X(sym, name, what) [CLEAVE_SIDE_##sym] = name,
	CLEAVE_SIDES(CLEAVE_X)
#undef CLEAVE_X
};

const char *const outcome_words[CLEAVE_NR_OUTCOMES] = {
#define CLEAVE_X(sym, name, what) [CLEAVE_##sym] = what,
	CLEAVE_OUTCOMES(CLEAVE_X)
#undef CLEAVE_X
};

const char *flags_pop(__u64 *flags, char *buf)
{
	int bit;

	if (!*flags)
		return NULL;
	bit = __builtin_ctzll(*flags);
	*flags &= *flags - 1;
	if (table[bit].name)
		return table[bit].name;
	snprintf(buf, FLAG_NAME_LEN, "0x%llx", 1ULL << bit);
	return buf;
}

const char *flags_what(__u64 bit)
{
	return bit ? table[__builtin_ctzll(bit)].what : NULL;
}

char *flags_format(char *buf, size_t len, __u64 flags)
{
	char tmp[FLAG_NAME_LEN];
	const char *name;
	size_t at = 0;

	snprintf(buf, len, "0");
	while (at < len && (name = flags_pop(&flags, tmp)))
		at += snprintf(buf + at, len - at, "%s%s", at ? "|" : "", name);
	return buf;
}

char *signal_format(char *buf, size_t len, int sig)
{
	const char *name = sig > 0 ? sigabbrev_np(sig) : NULL;

	if (sig <= 0)
		snprintf(buf, len, "none");
	else if (name)
		snprintf(buf, len, "SIG%s", name);
	else if (sig == SIGRTMIN)
		snprintf(buf, len, "SIGRTMIN");
	else if (sig > SIGRTMIN && sig <= SIGRTMAX)
		snprintf(buf, len, "SIGRTMIN+%d", sig - SIGRTMIN);
	else
		snprintf(buf, len, "signal %d", sig);
	return buf;
}

/* One part of what the user typed: a number, a flag or a signal. */
static int parse_part(const char *part, __u64 *flags)
{
	const char *bare = strncasecmp(part, "CLONE_", 6) ? part : part + 6;
	char name[24];
	char *end;
	int i;

	if (isdigit((unsigned char)part[0])) {
		errno = 0;
		*flags |= strtoull(part, &end, 0);
		return errno || *end ? -EINVAL : 0;
	}
	for (i = 0; i < 64; i++) {
		if (table[i].name && !strcasecmp(bare, table[i].name + 6)) {
			*flags |= 1ULL << i;
			return 0;
		}
	}
	for (i = 1; i < NSIG; i++) {
		signal_format(name, sizeof(name), i);
		if (!strcasecmp(part, name)) {
			*flags |= i;
			return 0;
		}
	}
	return -EINVAL;
}

int flags_parse(const char *text, __u64 *flags, char **bad)
{
	char *copy = strdup(text);
	char *save, *part;
	int err = -EINVAL;

	*flags = 0;
	*bad = NULL;
	if (!copy)
		return -ENOMEM;
	for (part = strtok_r(copy, "|,+ \t\n", &save); part;
	     part = strtok_r(NULL, "|,+ \t\n", &save)) {
		err = parse_part(part, flags);
		if (err) {
			*bad = strdup(part);
			break;
		}
	}
	if (err && !*bad)
		*bad = strdup(text);
	free(copy);
	return err;
}

static enum sharing shared_if(bool cond, enum sharing otherwise)
{
	return cond ? SHARING_SHARED : otherwise;
}

static enum sharing memory_of(__u64 flags, enum cleave_kind kind)
{
	/* These have no user memory, whatever CLONE_VM says. */
	if (kind == CLEAVE_KIND_KTHREAD || kind == CLEAVE_KIND_UMH ||
	    kind == CLEAVE_KIND_IDLE)
		return SHARING_NONE;
	return shared_if(flags & F(VM), SHARING_COPIED);
}

static enum sharing sighand_of(__u64 flags)
{
	if (flags & F(SIGHAND))
		return SHARING_SHARED;
	return flags & F(CLEAR_SIGHAND) ? SHARING_NEW : SHARING_COPIED;
}

static __u64 new_ns_flags(enum resource res)
{
	switch (res) {
	case RES_MNT_NS:
		return F(NEWNS) | F(EMPTY_MNTNS);
	case RES_UTS_NS:
		return F(NEWUTS);
	case RES_IPC_NS:
		return F(NEWIPC);
	case RES_USER_NS:
		return F(NEWUSER);
	case RES_PID_NS:
		return F(NEWPID);
	case RES_NET_NS:
		return F(NEWNET);
	case RES_CGROUP_NS:
		return F(NEWCGROUP);
	case RES_TIME_NS:
		return F(NEWTIME);
	default:
		return 0;
	}
}

enum sharing flags_resource(enum resource res, __u64 flags, enum cleave_kind kind)
{
	switch (res) {
	case RES_MEMORY:
		return memory_of(flags, kind);
	case RES_FILES:
		/* A vhost worker has none (kernel_clone_args.no_files). */
		if (kind == CLEAVE_KIND_USER_WORKER && !(flags & F(FILES)))
			return SHARING_NONE;
		return shared_if(flags & F(FILES), SHARING_COPIED);
	case RES_FS:
		return shared_if(flags & F(FS), SHARING_COPIED);
	case RES_SIGHAND:
		return sighand_of(flags);
	case RES_THREAD_GROUP:
		return shared_if(flags & F(THREAD), SHARING_NEW);
	case RES_PARENT:
		return shared_if(flags & (F(PARENT) | F(THREAD)), SHARING_NEW);
	case RES_TLS:
		return flags & F(SETTLS) ? SHARING_NEW : SHARING_COPIED;
	case RES_SYSVSEM:
		return shared_if(flags & F(SYSVSEM), SHARING_NEW);
	case RES_IO:
		return shared_if(flags & F(IO), SHARING_NEW);
	case RES_CGROUP:
		return shared_if(!(flags & F(INTO_CGROUP)), SHARING_NEW);
	default:
		return shared_if(!(flags & new_ns_flags(res)), SHARING_NEW);
	}
}

/*
 * A rule holds where all of @all are set, one of @any (if there is any), and
 * the one bit @not is clear.
 */
struct rule {
	__u64 all;
	__u64 any;
	__u64 not;
	const char *why;
};

static const struct rule rules[] = {
	{ F(THREAD), 0, F(SIGHAND),
	  "CLONE_THREAD needs CLONE_SIGHAND: threads of a process share its signal handlers" },
	{ F(SIGHAND), 0, F(VM),
	  "CLONE_SIGHAND needs CLONE_VM: a handler is an address in memory" },
	{ F(FS), F(NEWNS) | F(EMPTY_MNTNS), 0,
	  "a new mount namespace cannot share root and working directory (CLONE_FS)" },
	{ F(NEWUSER) | F(FS), 0, 0,
	  "CLONE_NEWUSER with CLONE_FS: a chroot of the child would be the creator's" },
	{ F(THREAD), F(NEWUSER) | F(NEWPID), 0,
	  "a thread lives in the user and pid namespace of its process" },
	{ F(NEWIPC) | F(SYSVSEM), 0, 0,
	  "CLONE_NEWIPC with CLONE_SYSVSEM: semaphores of the old namespace are out of reach" },
	{ F(CLEAR_SIGHAND) | F(SIGHAND), 0, 0,
	  "CLONE_CLEAR_SIGHAND with CLONE_SIGHAND: it would clear the creator's handlers" },
	{ F(PIDFD) | F(DETACHED), 0, 0,
	  "CLONE_PIDFD with CLONE_DETACHED" },
	{ F(AUTOREAP), F(THREAD) | F(PARENT), 0,
	  "CLONE_AUTOREAP is for a child process of the creator's own" },
	{ F(NNP) | F(THREAD), 0, 0,
	  "CLONE_NNP with CLONE_THREAD: threads share their credentials" },
	{ F(PIDFD_AUTOKILL), 0, F(PIDFD),
	  "CLONE_PIDFD_AUTOKILL needs CLONE_PIDFD" },
	{ F(PIDFD_AUTOKILL), 0, F(AUTOREAP),
	  "CLONE_PIDFD_AUTOKILL needs CLONE_AUTOREAP" },
	{ F(PIDFD_AUTOKILL) | F(THREAD), 0, 0,
	  "CLONE_PIDFD_AUTOKILL with CLONE_THREAD" },
};

static bool rule_holds(const struct rule *r, __u64 flags)
{
	return (flags & r->all) == r->all && (!r->any || (flags & r->any)) &&
	       !(flags & r->not);
}

const char *flags_refused(__u64 flags, int exit_signal, unsigned int n)
{
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rule_holds(&rules[i], flags) && n-- == 0)
			return rules[i].why;
	if ((flags & F(AUTOREAP)) && exit_signal > 0 && n-- == 0)
		return "CLONE_AUTOREAP with an exit signal: nobody is to be told";
	if (exit_signal > 64 && n-- == 0)
		return "there is no such exit signal (clone3 refuses it)";
	return NULL;
}

struct idiom {
	__u64 flags;
	int exit_signal;
	const char *who;
};

static const struct idiom idioms[] = {
	{ 0, SIGCHLD, "fork(2) itself" },
	{ F(CHILD_CLEARTID) | F(CHILD_SETTID), SIGCHLD, "glibc's fork()" },
	{ F(VM) | F(VFORK), SIGCHLD, "vfork() and glibc's posix_spawn()" },
	{ F(VM) | F(VFORK) | F(CLEAR_SIGHAND), SIGCHLD,
	  "posix_spawn() of glibc 2.38 and later" },
	{ 0x3d0f00, 0, "glibc's pthread_create()" },
	{ 0x7d0f00, 0, "musl's pthread_create()" },
	{ 0x50f00, 0, "a thread of the Go runtime" },
	{ 0x80810f00, 0, "the kernel's io_uring workers" },
	{ 0x800700, SIGCHLD, "the kernel's kernel_thread()" },
};

const char *flags_idiom(__u64 flags, int exit_signal)
{
	size_t i;

	for (i = 0; i < sizeof(idioms) / sizeof(idioms[0]); i++) {
		const struct idiom *id = &idioms[i];

		if (flags == id->flags &&
		    (exit_signal > 0 ? exit_signal : 0) == id->exit_signal)
			return id->who;
	}
	return NULL;
}
