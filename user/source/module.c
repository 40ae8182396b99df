// SPDX-License-Identifier: GPL-2.0-only
/* module.c - the module behind /dev/cleave. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "source/backend.h"
#include "source/kmod.h"
#include "lib/clock.h"
#include "cleave_ioctl.h"

#define DEVICE	"/dev/" CLEAVE_DEVICE

static int open_device(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return backend_fail(-ENOENT, DEVICE " is not there: %s", kmod_why_not());
	if (errno == EACCES)
		return backend_fail(-EACCES,
				    DEVICE " may not be opened: be root, or in the group that owns it");
	return backend_fail(-errno, "cannot open " DEVICE ": %s",
			    strerror(errno));
}

static int module_probe(void)
{
	int fd = open_device();

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int start_failed(int err)
{
	switch (err) {
	case EPERM:
		return backend_fail(-err,
				    "the module traces the whole system for CAP_PERFMON (or CAP_SYS_ADMIN) only: be root");
	case EPROTO:
		return backend_fail(-err,
				    "the module loaded is of another version: rmmod cleave, then modprobe cleave (or insmod the cleave.ko that was built with this cleave)");
	case EUSERS:
		return backend_fail(-err, "the module has no room for another session");
	case EBUSY:
		return backend_fail(-err, "hooks cannot be pretended missing while another session runs");
	case EINVAL:
		return backend_fail(-err, "the module does not take this ring or ledger size, or is older than this cleave");
	default:
		return backend_fail(-err, "the module cannot start a session: %s",
				    strerror(err));
	}
}

static int read_hooks(struct backend *b)
{
	struct cleave_get_hooks get = { .size = sizeof(get) };
	int i;

	if (ioctl(b->ring_fd, CLEAVE_IOC_HOOKS, &get))
		return backend_fail(-errno, "cannot ask the module for its hooks: %s",
				    strerror(errno));
	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		b->hooks[i].needed = get.error[i] != EOPNOTSUPP;
		b->hooks[i].attached = !get.error[i];
		b->hooks[i].error = get.error[i];
		b->hooks[i].also = "";
	}
	return 0;
}

static int module_open(struct backend *b, const struct backend_cfg *cfg)
{
	unsigned long long start_ns = now_ns();
	struct cleave_start start = {
		.size = sizeof(start),
		.abi = CLEAVE_ABI_VERSION,
		.ring_size = cfg->ring_size,
		.max_as = cfg->max_as,
		.flags = (cfg->all ? CLEAVE_START_ALL : 0) |
			 (cfg->breaks ? CLEAVE_START_BREAKS : 0) |
			 (cfg->no_args ? CLEAVE_START_NO_ARGS : 0) |
			 (cfg->times ? CLEAVE_START_TIMES : 0) |
			 (cfg->by_uid ? CLEAVE_START_UID : 0) |
			 (cfg->switches ? CLEAVE_START_SWITCHES : 0),
		.pretend_missing = cfg->pretend_missing,
		.cgroup = cfg->cgroup,
		.uid = cfg->uid,
	};
	int err;

	b->ops = &backend_module;
	b->ring_size = cfg->ring_size;
	b->ring_fd = open_device();
	if (b->ring_fd < 0)
		return b->ring_fd;
	if (ioctl(b->ring_fd, CLEAVE_IOC_START, &start))
		err = start_failed(errno);
	else
		err = read_hooks(b);
	if (err)
		close(b->ring_fd);
	b->attach_ns = now_ns() - start_ns;
	return err;
}

static int module_add_root(struct backend *b, pid_t pid)
{
	__s32 nr = pid;

	if (!ioctl(b->ring_fd, CLEAVE_IOC_ROOT, &nr))
		return 0;
	if (errno == ESRCH)
		return backend_fail(-ESRCH, "no process %d to trace", pid);
	return backend_fail(-errno, "cannot trace process %d: %s", pid,
			    strerror(errno));
}

static int attach(struct backend *b, struct cleave_get_attach *get)
{
	get->size = sizeof(*get);
	if (ioctl(b->ring_fd, CLEAVE_IOC_ATTACH, get))
		return -errno;
	return get->found;
}

static int module_attach(struct backend *b, pid_t pid)
{
	struct cleave_get_attach get = { .pid = pid };
	int n = attach(b, &get);

	if (n == -ESRCH)
		return backend_fail(n, "no process %d to trace", pid);
	if (n < 0)
		return backend_fail(n, "cannot attach to process %d: %s", pid, strerror(-n));
	return n;
}

static int module_look(struct backend *b)
{
	struct cleave_get_attach get = { .pid = 0 };
	int n = attach(b, &get);

	/*
	 * The ring was full, or a fork is under way: there may be one that is yet to be told
	 * of.  A signal that is not ours changes nothing.
	 */
	if (n == -EAGAIN || n == -EINTR)
		return 1;
	if (n < 0)
		return backend_fail(n, "cannot look for processes to trace: %s",
				    strerror(-n));
	return n;
}

static bool module_met(const struct backend *b)
{
	struct pollfd p = { .fd = b->ring_fd, .events = POLLPRI };

	return poll(&p, 1, 0) > 0 && p.revents & POLLPRI;
}

static int module_snapshot(struct backend *b, struct snaps *to)
{
	struct cleave_get_snap get = { .size = sizeof(get) };
	int err;

	to->nr = 0;
	do {
		err = snaps_grow(to);
		if (err)
			return err;
		get.nr = to->room - to->nr;
		get.snaps = (uintptr_t)(to->list + to->nr);
		if (ioctl(b->ring_fd, CLEAVE_IOC_SNAPSHOT, &get))
			return backend_fail(-errno, "cannot read the module's ledger: %s",
					    strerror(errno));
		to->nr += get.nr;
	} while (get.first);
	return 0;
}

static int module_reset(struct backend *b)
{
	if (!ioctl(b->ring_fd, CLEAVE_IOC_RESET))
		return 0;
	return backend_fail(-errno, "cannot reset the module's totals: %s",
			    strerror(errno));
}

static int module_totals(struct backend *b, struct cleave_totals *totals)
{
	struct cleave_get_totals get = { .size = sizeof(get) };

	if (ioctl(b->ring_fd, CLEAVE_IOC_TOTALS, &get))
		return backend_fail(-errno, "cannot read the module's totals: %s",
				    strerror(errno));
	*totals = get.totals;
	/* One may have been called in a way that the module does not understand. */
	return read_hooks(b);
}

static int module_times(struct backend *b, struct cleave_times *times)
{
	struct cleave_get_times get = { .size = sizeof(get) };

	if (ioctl(b->ring_fd, CLEAVE_IOC_TIMES, &get))
		return backend_fail(-errno, "cannot read how long breaks took from the module: %s",
				    strerror(errno));
	*times = get.times;
	return 0;
}

static int module_stop(struct backend *b)
{
	if (!ioctl(b->ring_fd, CLEAVE_IOC_STOP))
		return 0;
	return backend_fail(-errno, "cannot stop the module's session: %s",
			    strerror(errno));
}

static void module_close(struct backend *b)
{
	close(b->ring_fd);
}

const struct backend_ops backend_module = {
	.name = "module",
	.probe = module_probe,
	.open = module_open,
	.add_root = module_add_root,
	.attach = module_attach,
	.look = module_look,
	.met = module_met,
	.snapshot = module_snapshot,
	.reset = module_reset,
	.totals = module_totals,
	.times = module_times,
	.stop = module_stop,
	.close = module_close,
};
