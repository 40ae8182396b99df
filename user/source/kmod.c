// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleave_version.h"
#include "source/backend.h"
#include "source/kmod.h"

/* The variable's four bytes of attributes, then its value. */
#define SECURE_BOOT	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

bool kmod_loaded(void)
{
	return sys_there("/sys/module/cleave");
}

void kmod_version(char *buf, size_t len)
{
	sys_line("/sys/module/cleave/version", buf, len);
}

static const char *release(void)
{
	static struct utsname uts;

	return uname(&uts) ? "" : uts.release;
}

bool kmod_installed(char *path)
{
	static const char *const dirs[] = { "updates/dkms", "updates", "extra" };
	static const char *const ends[] = { "", ".xz", ".zst", ".gz" };
	size_t d, e;

	for (d = 0; d < sizeof(dirs) / sizeof(dirs[0]); d++) {
		for (e = 0; e < sizeof(ends) / sizeof(ends[0]); e++) {
			snprintf(path, SYS_PATH, "/lib/modules/%s/%s/cleave.ko%s",
				 release(), dirs[d], ends[e]);
			if (sys_there(path))
				return true;
		}
	}
	return false;
}

bool kmod_headers(char *path)
{
	snprintf(path, SYS_PATH, "/lib/modules/%s/build", release());
	return sys_there(path);
}

int kmod_secure_boot(void)
{
	unsigned char var[5];

	if (sys_read(SECURE_BOOT, var, sizeof(var)) != sizeof(var))
		return -1;
	return var[4] == 1;
}

const char *kmod_why_not(void)
{
	static char text[SYS_PATH];
	char path[SYS_PATH];
	const char *lacks;

	if (kmod_loaded())
		return "the module is loaded: is this a container, or a /dev of its own?";
	if (kmod_installed(path))
		return "the module is installed, and not loaded: modprobe cleave, or --load-module";
	/* The headers of which kernel. */
	lacks = kmod_headers(path) ? "" : release();
	if (sys_there("/usr/src/cleave-" CLEAVE_VERSION "/dkms.conf"))
		snprintf(text, sizeof(text), "DKMS has not built the module for this kernel: %s%s%sdkms install cleave/%s",
			 *lacks ? "install linux-headers-" : "", lacks, *lacks ? ", then " : "",
			 CLEAVE_VERSION);
	else
		snprintf(text, sizeof(text), "the module is not installed for this kernel: install cleave-dkms%s%s, or build it (make modules) and insmod cleave.ko",
			 *lacks ? " and linux-headers-" : "", lacks);
	return text;
}

/* In a child: what modprobe says goes to @fd. */
static void run_modprobe(int fd)
{
	char path[SYS_PATH];
	sigset_t none;

	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	/* What we hold back for ourselves can end modprobe. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execl(sys_path(path, "/sbin/modprobe"), "modprobe", "cleave", NULL);
	dprintf(STDERR_FILENO, "/sbin/modprobe: %s\n", strerror(errno));
	_exit(1);
}

/* Its first line in @said; the rest is read, too, so that it can end. */
static void listen_to(int fd, char *said, size_t len)
{
	size_t got = 0;
	char rest[256];
	ssize_t n;

	while (got < len - 1) {
		n = read(fd, said + got, len - 1 - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += n;
	}
	said[got] = '\0';
	said[strcspn(said, "\n")] = '\0';
	do {
		n = read(fd, rest, sizeof(rest));
	} while (n > 0 || (n < 0 && errno == EINTR));
}

int kmod_load(void)
{
	char said[256];
	int fd[2], status;
	pid_t pid;

	if (kmod_loaded())
		return 0;
	if (pipe2(fd, O_CLOEXEC))
		return backend_fail(-errno, "cannot run modprobe: %s", strerror(errno));
	pid = fork();
	if (!pid)
		run_modprobe(fd[1]);
	close(fd[1]);
	if (pid > 0)
		listen_to(fd[0], said, sizeof(said));
	close(fd[0]);
	if (pid < 0)
		return backend_fail(-errno, "cannot run modprobe: %s", strerror(errno));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return backend_fail(-ENOEXEC, "the module cannot be loaded: %s%s",
			    *said ? said : "modprobe does not say why",
			    kmod_secure_boot() == 1 ? " (Secure Boot is on: see cleave doctor)" : "");
}
