// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_doctor.c - what "cleave doctor" says of systems that are made up, and how the
 * module gets into the kernel there.
 *
 * Build: with user/cli/{doctor,options,tables}.c, user/core/{known,flags,layout}.c,
 * user/source/{kmod,hooks,snaps,selftest,reader}.c, user/lib/{sys,fmt,utf8}.c and
 * tests/played/{played,backends,cmd,sysroot}.c.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backends.h"
#include "cleave_version.h"
#include "cli/doctor.h"
#include "cmd.h"
#include "core/status.h"
#include "shim.h"
#include "source/kmod.h"
#include "sysroot.h"

#define SECURE_BOOT	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

struct fix {
	struct cmd c;
	struct sysroot t;
	struct utsname uts;
};

static int fix_init(struct kunit *test)
{
	struct fix *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -1;
	test->priv = f;
	plan = (struct plan) { .missing = -1 };
	uname(&f->uts);
	return cmd_init(&f->c, "doctor", doctor_main) | sysroot_init(&f->t);
}

static void fix_exit(struct kunit *test)
{
	struct fix *f = test->priv;

	sysroot_exit(&f->t);
	cmd_exit(&f->c);
}

/* Puts a file below /lib/modules of this kernel. */
static void put_module(struct fix *f, const char *name)
{
	char path[SYS_PATH];

	snprintf(path, sizeof(path), "/lib/modules/%s/%s", f->uts.release, name);
	sysroot_file(&f->t, path, "");
}

static const char *says(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, cmd_run(&f->c, ""), 0);
	return cmd_out(&f->c);
}

#define HAS(text, line)	KUNIT_EXPECT_NOT_NULL(test, strstr(text, line))

static void nothing_there(struct kunit *test)
{
	struct fix *f = test->priv;
	char line[512];

	HAS(says(test), "\nSecure Boot     not known: ");
	HAS(f->c.text, "\nlockdown        not known: ");
	HAS(f->c.text, "\nmodule          not installed for this kernel\n");
	snprintf(line, sizeof(line), "\nheaders         /lib/modules/%s/build is not there: to build the module, install linux-headers-%s\n",
		 f->uts.release, f->uts.release);
	HAS(f->c.text, line);
	snprintf(line, sizeof(line), "install cleave-dkms and linux-headers-%s,", f->uts.release);
	HAS(kmod_why_not(), line);
	sysroot_file(&f->t, "/usr/src/cleave-" CLEAVE_VERSION "/dkms.conf", "");
	snprintf(line, sizeof(line), "install linux-headers-%s, then dkms install cleave/%s",
		 f->uts.release, CLEAVE_VERSION);
	HAS(kmod_why_not(), line);
	put_module(f, "build");
	HAS(kmod_why_not(), "for this kernel: dkms install cleave/" CLEAVE_VERSION);
}

static void secure_boot(struct kunit *test)
{
	struct fix *f = test->priv;

	sysroot_bytes(&f->t, SECURE_BOOT, "\6\0\0\0\1", 5);
	sysroot_file(&f->t, "/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	HAS(says(test), "\nSecure Boot     on: ");
	HAS(f->c.text, "it has no key yet (/var/lib/dkms/mok.pub)\n");
	sysroot_file(&f->t, "/var/lib/dkms/mok.pub", "");
	HAS(says(test), "mokutil --import /var/lib/dkms/mok.pub, then reboot");
	HAS(f->c.text, "\nlockdown        integrity: no module that is not signed; BPF works\n");
	sysroot_file(&f->t, "/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	HAS(says(test), "\nlockdown        confidentiality: no BPF backend");
	sysroot_bytes(&f->t, SECURE_BOOT, "\6\0\0\0\0", 5);
	sysroot_file(&f->t, "/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	HAS(says(test), "\nSecure Boot     off\n");
	HAS(f->c.text, "\nlockdown        none\n");
}

static void installed(struct kunit *test)
{
	static const char *const where[] = {
		"updates/dkms/cleave.ko.xz", "updates/cleave.ko", "extra/cleave.ko.zst",
	};
	struct fix *f = test->priv;
	size_t i;

	for (i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		char line[512];

		put_module(f, where[i]);
		put_module(f, "build");
		snprintf(line, sizeof(line), "\nmodule          /lib/modules/%s/%s, not loaded: modprobe cleave\n",
			 f->uts.release, where[i]);
		HAS(says(test), line);
		KUNIT_EXPECT_NULL(test, strstr(f->c.text, "\nheaders "));
		HAS(kmod_why_not(), "modprobe cleave, or --load-module");
		sysroot_exit(&f->t);
		KUNIT_ASSERT_EQ(test, sysroot_init(&f->t), 0);
	}
}

static void loaded(struct kunit *test)
{
	struct fix *f = test->priv;

	sysroot_file(&f->t, "/sys/module/cleave/version", "0.0.1\n");
	sysroot_bytes(&f->t, SECURE_BOOT, "\6\0\0\0\1", 5);
	HAS(says(test), "\nmodule          loaded, version 0.0.1, where this cleave is "
	    CLEAVE_VERSION ": rmmod cleave, then modprobe cleave\n");
	KUNIT_EXPECT_NULL(test, strstr(f->c.text, "mokutil"));
	sysroot_file(&f->t, "/sys/module/cleave/version", CLEAVE_VERSION "\n");
	HAS(says(test), "\nmodule          loaded\n");
	KUNIT_EXPECT_EQ(test, kmod_load(), 0);
	HAS(kmod_why_not(), "the module is loaded");
}

static void put_modprobe(struct fix *f, const char *script)
{
	char path[SYS_PATH];

	sysroot_file(&f->t, "/sbin/modprobe", script);
	chmod(sys_path(path, "/sbin/modprobe"), 0755);
}

static void loading(struct kunit *test)
{
	struct fix *f = test->priv;
	char path[SYS_PATH];

	put_modprobe(f, "#!/bin/sh\n[ $1 = cleave ] && touch ${0%/*}/done\n");
	KUNIT_EXPECT_EQ(test, kmod_load(), 0);
	KUNIT_EXPECT_EQ(test, access(sys_path(path, "/sbin/done"), F_OK), 0);
}

/* One line, whatever modprobe says. */
static void not_loading(struct kunit *test)
{
	struct fix *f = test->priv;

	put_modprobe(f, "#!/bin/sh\necho \"ERROR: Key was rejected\" >&2\nyes | head -c 100000\nexit 1\n");
	KUNIT_EXPECT_LT(test, kmod_load(), 0);
	KUNIT_EXPECT_STREQ(test, backend_error(),
			   "the module cannot be loaded: ERROR: Key was rejected");
	sysroot_bytes(&f->t, SECURE_BOOT, "\6\0\0\0\1", 5);
	KUNIT_EXPECT_LT(test, kmod_load(), 0);
	KUNIT_EXPECT_STREQ(test, backend_error(),
			   "the module cannot be loaded: ERROR: Key was rejected (Secure Boot is on: see cleave doctor)");
	put_modprobe(f, "#!/nonexistent\n");
	KUNIT_EXPECT_LT(test, kmod_load(), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(backend_error(), "/sbin/modprobe: No such file"));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(nothing_there),
	KUNIT_CASE(secure_boot),
	KUNIT_CASE(installed),
	KUNIT_CASE(loaded),
	KUNIT_CASE(loading),
	KUNIT_CASE(not_loading),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_doctor",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
