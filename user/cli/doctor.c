// SPDX-License-Identifier: GPL-2.0-only
#include <argp.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cleave_version.h"
#include "cli/doctor.h"
#include "lib/fmt.h"
#include "cli/options.h"
#include "core/status.h"
#include "source/kmod.h"
#include "source/live.h"
#include "source/selftest.h"

#define RING_SIZE	(64 * 1024)

enum {
	OPT_PRETEND_MISSING = 256,
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct backend_cfg *cfg = state->input;

	switch (key) {
	case OPT_PRETEND_MISSING:
		cfg->pretend_missing |= option_hooks(arg);
		return 0;
	case ARGP_KEY_ARG:
		usage_error("doctor takes no arguments, but got '%s'", arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "pretend-missing", OPT_PRETEND_MISSING, "HOOK", 0,
	  "treat kernel functions, by comma, as not attachable", 0 },
	{ 0 }
};

static void system_lines(void)
{
	struct utsname uts;
	int ftrace = ftrace_enabled();

	uname(&uts);
	printf("kernel          %s %s\n", uts.sysname, uts.release);
	printf("user            %s\n", geteuid() ? "not root" : "root");
	printf("BTF             %s\n", access("/sys/kernel/btf/vmlinux", R_OK) ?
	       "/sys/kernel/btf/vmlinux cannot be read: no BPF backend" :
	       "/sys/kernel/btf/vmlinux is there");
	if (ftrace < 0)
		printf("ftrace          no kernel.ftrace_enabled here: without ftrace no probes\n");
	else
		printf("ftrace          kernel.ftrace_enabled is %d%s\n", ftrace,
		       ftrace ? "" : ": no probe fires; set it to 1 with sysctl");
}

#define MOK "/var/lib/dkms/mok.pub"

/* What to do under Secure Boot, unless the module is there already. */
static const char *key_advice(void)
{
	if (kmod_loaded())
		return "";
	if (!sys_there(MOK))
		return ". DKMS signs what it builds where openssl is installed; it has no key yet ("
			MOK ")";
	return ". For one that DKMS has built: mokutil --import " MOK
		", then reboot and confirm";
}

/* What decides whether the kernel takes our programs and the module. */
static void trust_lines(void)
{
	int secure = kmod_secure_boot();
	char level[32];

	sys_lockdown(level, sizeof(level));
	if (secure < 0)
		printf("Secure Boot     not known: there are no EFI variables here\n");
	else if (!secure)
		printf("Secure Boot     off\n");
	else
		printf("Secure Boot     on: the kernel takes modules alone that are signed with a key it knows%s\n",
		       key_advice());
	if (!sys_there("/sys/kernel/security/lockdown"))
		printf("lockdown        not known: /sys/kernel/security does not tell\n");
	else if (!*level)
		printf("lockdown        none\n");
	else
		printf("lockdown        %s: %s\n", level, strcmp(level, "integrity") ?
		       "no BPF backend, and no module that is not signed" :
		       "no module that is not signed; BPF works");
}

static void module_lines(void)
{
	char path[SYS_PATH], build[SYS_PATH], version[32];
	struct utsname uts;

	uname(&uts);
	kmod_version(version, sizeof(version));
	if (*version && strcmp(version, CLEAVE_VERSION))
		printf("module          loaded, version %s, where this cleave is %s: rmmod cleave, then modprobe cleave\n",
		       version, CLEAVE_VERSION);
	else if (kmod_loaded())
		printf("module          loaded\n");
	else if (kmod_installed(path))
		printf("module          %s, not loaded: modprobe cleave\n", path);
	else
		printf("module          not installed for this kernel\n");
	if (!kmod_headers(build))
		printf("headers         %s is not there: to build the module, install linux-headers-%s\n",
		       build, uts.release);
}

static void hook_line(int i, const struct backend_hook *h)
{
	printf("  %-26s ", hook_names[i]);
	if (h->attached)
		printf("attached\n");
	else if (!h->needed)
		printf("not needed: this backend counts by another\n");
	else
		printf("MISSING (%s); unknown without it: %s%s%s\n",
		       strerror(h->error), hook_figures[i],
		       *h->also ? ", " : "", h->also);
}

/* What live_selftest() has looked for, as far as it can be known here. */
static void passed_line(const struct known *k)
{
	bool copy = k->clones && k->ends && k->outcome[CLEAVE_COPIED];
	const char *exits = k->exits ? k->clones ? "two exits" : "an exit" : NULL;
	const char *const seen[] = { k->clones ? "a clone" : NULL,
				     copy ? "a copy" : NULL, exits };
	const char *sep = "";
	size_t i;

	printf("  self-test passed; seen: ");
	for (i = 0; i < sizeof(seen) / sizeof(*seen); i++) {
		if (!seen[i])
			continue;
		printf("%s%s", sep, seen[i]);
		sep = ", ";
	}
	printf("%s\n", *sep ? "" : "nothing, as all of it is unknown here");
}

/* Returns whether the backend can be used. */
static bool examine(const struct backend_ops *ops, const struct backend_cfg *cfg)
{
	char why[SOURCE_WHY] = "", buf[FMT_LEN];
	struct source *s;
	int err, i;

	printf("\nbackend %s\n", ops->name);
	s = live_open(ops, cfg, why);
	if (!s) {
		printf("  cannot be used: %s\n", why);
		return false;
	}
	printf("  attached in %s\n", fmt_time(buf, s->attach_ns));
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		hook_line(i, &s->hooks[i]);
	err = live_selftest(s, why);
	if (err)
		printf("  %s\n", why);
	else
		passed_line(&s->known);
	s->ops->close(s);
	return !err;
}

int doctor_main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Say which backends can be used here, which probes are in place, and which figures are unknown without those that are not.",
	};
	struct backend_cfg cfg = {
		.ring_size = RING_SIZE,
		.max_as = 1024,
		/* Its hook, too: with all that can be asked for. */
		.switches = true,
	};
	bool usable;

	argv[0] = "cleave doctor";
	parse_args(&argp, argc, argv, 0, &cfg);
	system_lines();
	trust_lines();
	module_lines();
	usable = examine(&backend_bpf, &cfg);
	usable |= examine(&backend_module, &cfg);
	return usable ? 0 : EXIT_CLEAVE;
}
