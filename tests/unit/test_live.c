// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_live.c - a source that is live, on a backend of the test's own; and the module's
 * backend, on ioctls of the test's own.
 *
 * Build: with user/source/{live,module,snaps,hooks,kmod,reader,selftest}.c,
 * user/core/{layout,flags,known}.c and user/lib/sys.c.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shim.h"
#include "cleave_ioctl.h"
#include "source/live.h"

#define PAGE	4096UL
#define ALIVE	1000

/*
 * What the kernel answers: @nr address spaces, at most @most of them at a time; in the
 * first call none yet.  @met: what poll() says.
 */
static struct {
	int err;
	__u32 found;
	__u32 nr;
	__u32 most;
	unsigned int calls;
	short met;
	struct cleave_get_attach attach;
} kernel;

static void answer_snap(struct cleave_get_snap *get)
{
	struct cleave_snap *to = (void *)(uintptr_t)get->snaps;
	__u32 i, n = kernel.calls == 1 ? 0 : kernel.most;
	__u32 at = get->first ? get->first - 1 : 0;

	if (n > get->nr)
		n = get->nr;
	if (n > kernel.nr - at)
		n = kernel.nr - at;
	for (i = 0; i < n; i++)
		to[i] = (struct cleave_snap) { .fig.as = at + i + 1 };
	get->nr = n;
	get->first = at + n < kernel.nr ? at + n + 1 : 0;
}

/* In the place of the C library's. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	(void)fd;
	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	kernel.calls++;
	if (kernel.err) {
		errno = kernel.err;
		return -1;
	}
	if (request == CLEAVE_IOC_ATTACH) {
		kernel.attach = *(struct cleave_get_attach *)arg;
		((struct cleave_get_attach *)arg)->found = kernel.found;
	} else if (request == CLEAVE_IOC_SNAPSHOT) {
		answer_snap(arg);
	}
	return 0;
}

int poll(struct pollfd *p, nfds_t nr, int timeout)
{
	(void)timeout;
	p->revents = kernel.met;
	return nr && kernel.met;
}

static void module_attaches(struct kunit *test)
{
	struct backend b = { .ops = &backend_module };

	memset(&kernel, 0, sizeof(kernel));
	kernel.found = 1;
	KUNIT_EXPECT_EQ(test, b.ops->attach(&b, 17), 1);
	KUNIT_EXPECT_EQ(test, kernel.attach.pid, 17);
	KUNIT_EXPECT_EQ(test, kernel.attach.size, (__u32)sizeof(kernel.attach));
	kernel.found = 0;
	KUNIT_EXPECT_EQ(test, b.ops->attach(&b, 17), 0);
	kernel.err = ESRCH;
	KUNIT_EXPECT_EQ(test, b.ops->attach(&b, 17), -ESRCH);
	KUNIT_EXPECT_STREQ(test, backend_error(), "no process 17 to trace");
	kernel.err = ENOTTY;
	KUNIT_EXPECT_EQ(test, b.ops->attach(&b, 17), -ENOTTY);
	KUNIT_EXPECT_STREQ(test, backend_error(),
			   "cannot attach to process 17: Inappropriate ioctl for device");
}

static void module_looks(struct kunit *test)
{
	struct backend b = { .ops = &backend_module };

	memset(&kernel, 0, sizeof(kernel));
	kernel.found = 300;
	KUNIT_EXPECT_EQ(test, b.ops->look(&b), 300);
	KUNIT_EXPECT_EQ(test, kernel.attach.pid, 0);
	/* It is full; to come again. */
	kernel.err = EAGAIN;
	KUNIT_EXPECT_GT(test, b.ops->look(&b), 0);
	/* Continued after a stop, say. */
	kernel.err = EINTR;
	KUNIT_EXPECT_GT(test, b.ops->look(&b), 0);
	kernel.err = EINVAL;
	KUNIT_EXPECT_EQ(test, b.ops->look(&b), -EINVAL);
	KUNIT_EXPECT_STREQ(test, backend_error(),
			   "cannot look for processes to trace: Invalid argument");
}

static void module_has_met(struct kunit *test)
{
	struct backend b = { .ops = &backend_module };

	memset(&kernel, 0, sizeof(kernel));
	KUNIT_EXPECT_FALSE(test, b.ops->met(&b));
	kernel.met = POLLERR;
	KUNIT_EXPECT_FALSE(test, b.ops->met(&b));
	kernel.met = POLLPRI;
	KUNIT_EXPECT_TRUE(test, b.ops->met(&b));
}

/* All of them and in their order, however few the kernel tells at a time. */
static void module_snapshot_of(struct kunit *test, __u32 nr, __u32 most, struct snaps *to)
{
	struct backend b = { .ops = &backend_module };
	size_t i;

	memset(&kernel, 0, sizeof(kernel));
	kernel.nr = nr;
	kernel.most = most;
	KUNIT_ASSERT_EQ(test, b.ops->snapshot(&b, to), 0);
	KUNIT_ASSERT_EQ(test, to->nr, (size_t)nr);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, to->list[i].fig.as, (__u64)i + 1);
}

static void module_snapshots(struct kunit *test)
{
	struct backend b = { .ops = &backend_module };
	struct snaps to = { 0 };
	size_t room;

	module_snapshot_of(test, 0, 1, &to);
	module_snapshot_of(test, ALIVE, 7, &to);
	room = to.room;
	module_snapshot_of(test, ALIVE, ALIVE, &to);
	/* What was before is gone, its room is not. */
	module_snapshot_of(test, 3, ALIVE, &to);
	KUNIT_EXPECT_EQ(test, to.room, room);
	kernel.err = EFAULT;
	KUNIT_EXPECT_EQ(test, b.ops->snapshot(&b, &to), -EFAULT);
	KUNIT_EXPECT_STREQ(test, backend_error(),
			   "cannot read the module's ledger: Bad address");
	snaps_free(&to);
	KUNIT_EXPECT_EQ(test, to.nr, (size_t)0);
}

/* A backend that remembers what it was asked. */
static struct {
	pid_t pid;
	bool stopped;
} asked;

static int fake_probe(void)
{
	return 0;
}

static int fake_open(struct backend *b, const struct backend_cfg *cfg)
{
	b->ring_fd = memfd_create("ring", MFD_CLOEXEC);
	b->ring_size = cfg->ring_size;
	return ftruncate(b->ring_fd, 2 * PAGE + 2 * cfg->ring_size);
}

static int fake_attach(struct backend *b, pid_t pid)
{
	(void)b;
	asked.pid = pid;
	return 1;
}

static int fake_look(struct backend *b)
{
	(void)b;
	return 5;
}

static bool fake_met(const struct backend *b)
{
	return b->ring_fd >= 0;
}

static int fake_snapshot(struct backend *b, struct snaps *to)
{
	(void)b;
	to->nr = 0;
	if (snaps_grow(to))
		return -ENOMEM;
	to->list[to->nr++] = (struct cleave_snap) { .fig.as = 9 };
	return 0;
}

static int fake_stop(struct backend *b)
{
	(void)b;
	asked.stopped = true;
	return 0;
}

static void fake_close(struct backend *b)
{
	close(b->ring_fd);
}

static const struct backend_ops fake = {
	.name = "fake",
	.probe = fake_probe,
	.open = fake_open,
	.attach = fake_attach,
	.look = fake_look,
	.met = fake_met,
	.snapshot = fake_snapshot,
	.stop = fake_stop,
	.close = fake_close,
};

static void hands_on(struct kunit *test)
{
	struct backend_cfg cfg = { .ring_size = PAGE };
	struct snaps to = { 0 };
	char why[SOURCE_WHY];
	struct source *s = live_open(&fake, &cfg, why);

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_EQ(test, s->ops->attach(s, 17), 1);
	KUNIT_EXPECT_EQ(test, asked.pid, 17);
	KUNIT_EXPECT_EQ(test, s->ops->look(s), 5);
	KUNIT_EXPECT_TRUE(test, s->ops->met(s));
	KUNIT_EXPECT_EQ(test, s->ops->stop(s), 0);
	KUNIT_EXPECT_TRUE(test, asked.stopped);
	/* Answers after that, too. */
	KUNIT_EXPECT_EQ(test, s->ops->snapshot(s, &to), 0);
	KUNIT_ASSERT_EQ(test, to.nr, (size_t)1);
	KUNIT_EXPECT_EQ(test, to.list[0].fig.as, 9ULL);
	s->ops->close(s);
	snaps_free(&to);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(module_attaches),
	KUNIT_CASE(module_looks),
	KUNIT_CASE(module_has_met),
	KUNIT_CASE(module_snapshots),
	KUNIT_CASE(hands_on),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_live",
	.test_cases = cases,
};

kunit_test_suite(suite);
