// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/filter_args.h"
#include "cli/options.h"

#define MOUNT	"/sys/fs/cgroup"

const char *const kind_words[CLEAVE_NR_KINDS] = {
	[CLEAVE_KIND_PROCESS] = "process",
	[CLEAVE_KIND_THREAD] = "thread",
	[CLEAVE_KIND_VFORK] = "vfork",
	[CLEAVE_KIND_VM_SHARER] = "shared",
	[CLEAVE_KIND_KTHREAD] = "kernel",
	[CLEAVE_KIND_IO_WORKER] = "io_uring",
	[CLEAVE_KIND_USER_WORKER] = "vhost",
	[CLEAVE_KIND_UMH] = "helper",
	[CLEAVE_KIND_IDLE] = "idle",
};

static int kind_of(const char *name)
{
	const char *names[CLEAVE_NR_KINDS + 1] = { NULL };
	const char *near;
	int i;

	for (i = 0; i < CLEAVE_NR_KINDS; i++) {
		if (!strcmp(name, kind_words[i]))
			return i;
		names[i] = kind_words[i];
	}
	near = suggest(name, names);
	if (near)
		usage_error("unknown kind '%s': did you mean %s?", name, near);
	usage_error("unknown kind '%s': use process, thread, vfork, shared, kernel, io_uring, vhost, helper or idle",
		    name);
}

static __u32 parse_kinds(const char *arg)
{
	__u32 kinds = 0;
	char name[64];

	for (;; arg++) {
		size_t len = strcspn(arg, ",");

		snprintf(name, sizeof(name), "%.*s", (int)len, arg);
		kinds |= 1U << kind_of(name);
		arg += len;
		if (!*arg)
			return kinds;
	}
}

static __u64 parse_pages(const char *arg)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(arg, &end, 10);
	if (errno || *end || arg[strspn(arg, "0123456789")] || !n)
		usage_error("bad number of pages '%s': use 1 or more", arg);
	return n;
}

static const char *parse_glob(const char *arg)
{
	if (!*arg)
		usage_error("--comm needs a name, as 'gcc*'");
	return arg;
}

const char *option_cgroup(char *arg)
{
	const char *path = arg;
	size_t len;

	if (!strncmp(arg, MOUNT, strlen(MOUNT)) &&
	    (!arg[strlen(MOUNT)] || arg[strlen(MOUNT)] == '/'))
		path += strlen(MOUNT);
	else if (*arg != '/')
		usage_error("bad cgroup '%s': use its path, as /system.slice/ssh.service", arg);
	len = strlen(path);
	while (len && path[len - 1] == '/')
		len--;
	if (!len)
		return "/";
	arg[path - arg + len] = '\0';
	return path;
}

bool filter_option(struct filter *f, int key, char *arg)
{
	switch (key) {
	case OPT_COMM:
		f->comm = parse_glob(arg);
		return true;
	case OPT_CGROUP:
		f->cgroup = option_cgroup(arg);
		return true;
	case OPT_KIND:
		f->kinds |= parse_kinds(arg);
		return true;
	case OPT_MIN_PAGES:
		f->min_pages = parse_pages(arg);
		return true;
	default:
		return false;
	}
}
