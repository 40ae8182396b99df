// SPDX-License-Identifier: GPL-2.0-only
/* may.c - can BPF be used here, by this user; and if not, why. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lib/sys.h"
#include "source/bpf/priv.h"

/* The number behind a name in /proc/self/status, 0 where it is not there. */
static unsigned long long status_field(const char *name, int base)
{
	unsigned long long n = 0;
	char line[128], path[SYS_PATH];
	FILE *f = fopen(sys_path(path, "/proc/self/status"), "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			n = strtoull(line + strlen(name), NULL, base);
	if (f)
		fclose(f);
	return n;
}

/*
 * Debian's kernels know a level 3 of this sysctl, at which perf_event_open(2), and
 * so every kprobe, is for CAP_SYS_ADMIN alone.
 */
static int check_paranoid(void)
{
	char buf[16];
	int level;

	sys_line("/proc/sys/kernel/perf_event_paranoid", buf, sizeof(buf));
	level = atoi(buf);
	if (level < 3)
		return 0;
	return backend_fail(-EPERM, "BPF may not be used: kernel.perf_event_paranoid is %d, which keeps kprobes for root; be root, or set it to 2",
			    level);
}

/* CAP_SYS_ADMIN stands for both, as in bpf_capable() and perfmon_capable(). */
static int check_capabilities(void)
{
	unsigned long long caps = status_field("CapEff:", 16);
	bool admin = caps & (1ULL << CAP_SYS_ADMIN);
	bool bpf = admin || caps & (1ULL << CAP_BPF);
	bool perfmon = admin || caps & (1ULL << CAP_PERFMON);
	static const char *const missing[2][2] = {
		{ "CAP_BPF and CAP_PERFMON are", "CAP_BPF is" },
		{ "CAP_PERFMON is", NULL },
	};

	if (bpf && perfmon)
		return admin ? 0 : check_paranoid();
	return backend_fail(-EPERM, "BPF may not be used: %s missing; be root, or have these two capabilities",
			    missing[bpf][perfmon]);
}

#define SAY(...) (at += snprintf(text + at, at < sizeof(text) ? sizeof(text) - at : 0, \
				 __VA_ARGS__))

/* Capabilities of a user namespace are none to the kernel. */
static bool in_user_ns(void)
{
	unsigned int inside, outside, n;
	char map[64];

	sys_line("/proc/self/uid_map", map, sizeof(map));
	return sscanf(map, "%u %u %u", &inside, &outside, &n) == 3 &&
	       (inside || outside || n != ~0U);
}

const char *bpf_why_not(void)
{
	static char text[512];
	char buf[256];
	size_t at = 0;

	text[0] = '\0';
	sys_lockdown(buf, sizeof(buf));
	if (*buf)
		SAY("; the kernel is locked down (%s)", buf);
	if (in_user_ns())
		SAY("; this is a user namespace (a container?), whose capabilities do not count here");
	if (status_field("Seccomp:", 10))
		SAY("; a seccomp filter is in force (a container?)");
	sys_line("/sys/kernel/security/lsm", buf, sizeof(buf));
	if (*buf)
		SAY("; security modules that may refuse it: %s", buf);
	if (!at)
		SAY("; lockdown, a security module (LSM) or a container may forbid it: the kernel does not say which");
	return text;
}

int bpf_probe(void)
{
	int err = check_capabilities();
	int fd;

	if (err)
		return err;
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return backend_fail(-ENOENT,
				    "this kernel has no BTF (/sys/kernel/btf/vmlinux): use the module");
	fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "cleave_probe", 0, 0,
			    getpagesize(), NULL);
	if (fd < 0) {
		err = -errno;
		return backend_fail(err, "BPF cannot be used here, though the capabilities are there: %s%s",
				    strerror(-err), bpf_why_not());
	}
	close(fd);
	return 0;
}
