// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_may.c - what is said where BPF is not permitted, on systems that are made up.
 *
 * Build: with user/source/bpf/may.c, user/source/hooks.c, user/lib/sys.c and
 * tests/played/sysroot.c.
 */
#include "shim.h"
#include "source/bpf/priv.h"
#include "sysroot.h"

static int fix_init(struct kunit *test)
{
	struct sysroot *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -1;
	test->priv = t;
	return sysroot_init(t);
}

static void fix_exit(struct kunit *test)
{
	sysroot_exit(test->priv);
}

/* As in many containers: no securityfs, and nothing else that tells. */
static void nothing_to_be_found(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, bpf_why_not(),
			   "; lockdown, a security module (LSM) or a container may forbid it: the kernel does not say which");
}

static void lockdown(struct kunit *test)
{
	struct sysroot *t = test->priv;

	sysroot_file(t, "/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	KUNIT_EXPECT_STREQ(test, bpf_why_not(), "; the kernel is locked down (confidentiality)");
	sysroot_file(t, "/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	sysroot_file(t, "/sys/kernel/security/lsm", "lockdown,yama,bpf");
	KUNIT_EXPECT_STREQ(test, bpf_why_not(),
			   "; security modules that may refuse it: lockdown,yama,bpf");
}

static void container(struct kunit *test)
{
	struct sysroot *t = test->priv;

	sysroot_file(t, "/proc/self/uid_map", "         0       1000          1\n");
	sysroot_file(t, "/proc/self/status", "Name:\tx\nSeccomp:\t2\n");
	KUNIT_EXPECT_STREQ(test, bpf_why_not(),
			   "; this is a user namespace (a container?), whose capabilities do not count here; a seccomp filter is in force (a container?)");
	sysroot_file(t, "/proc/self/uid_map", "         0          0 4294967295\n");
	KUNIT_EXPECT_STREQ(test, bpf_why_not(), "; a seccomp filter is in force (a container?)");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(nothing_to_be_found),
	KUNIT_CASE(lockdown),
	KUNIT_CASE(container),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_may",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
