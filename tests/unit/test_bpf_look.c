// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_bpf_look.c - looks by the task iterator, of which some end early: a made-up one is
 * in the place of the kernel's.
 *
 * Build: with user/source/bpf/{adopt,again}.c and user/source/hooks.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "shim.h"
#include "source/bpf/priv.h"
#include "cleave.skel.h"

/**
 * struct fix - a session, and the iterator's next reads
 * @skel: what the programs have
 * @bss: the same
 * @p: the session
 * @b: the same
 * @never: nothing ever comes of this
 * @found: by the next look
 * @full: it has no room for more
 * @error: the read fails
 */
static struct fix {
	struct cleave_bpf skel;
	struct skel_bss bss;
	struct bpf_priv p;
	struct backend b;
	int never[2];
	unsigned int found;
	bool full;
	bool error;
} fix;

/* As the kernel's with what a program returns: 1 has its read end with EAGAIN. */
struct bpf_link *bpf_program__attach_iter(const struct bpf_program *prog,
					  const struct bpf_iter_attach_opts *opts)
{
	return (struct bpf_link *)&fix;
}

int bpf_link__fd(const struct bpf_link *link)
{
	return 0;
}

int bpf_iter_create(int link_fd)
{
	fix.bss.adopt_found = fix.found;
	fix.bss.adopt_full = fix.full;
	if (fix.error)
		return open("/", O_RDONLY | O_CLOEXEC);
	if (fix.full && !fix.bss.adopt_lossy)
		return fcntl(fix.never[0], F_DUPFD_CLOEXEC, 3);
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int set_up(struct kunit *test)
{
	memset(&fix, 0, sizeof(fix));
	fix.skel.bss = &fix.bss;
	fix.p.skel = &fix.skel;
	fix.b.priv = &fix.p;
	fix.b.ring_size = 4096;
	return pipe2(fix.never, O_CLOEXEC | O_NONBLOCK);
}

static void tear_down(struct kunit *test)
{
	close(fix.never[0]);
	close(fix.never[1]);
}

static int look(unsigned int found, bool full)
{
	fix.found = found;
	fix.full = full;
	return bpf_look(&fix.b);
}

/* Half a ring at a time, and the next goes on. */
static void ends_early(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, look(21, true), 21);
	KUNIT_EXPECT_EQ(test, fix.bss.adopt_enough, 21U);
	KUNIT_EXPECT_EQ(test, look(3, false), 3);
	KUNIT_EXPECT_EQ(test, look(0, false), 0);
	KUNIT_EXPECT_EQ(test, fix.bss.totals.lost[CLEAVE_REC_ATTACH], 0ULL);
	fix.b.ring_size = 1 << 20;
	look(0, false);
	KUNIT_EXPECT_EQ(test, fix.bss.adopt_enough, (1U << 19) / 96);
}

/* Look after look finds a full ring: then it goes on without records, and only then. */
static void full_all_the_while(struct kunit *test)
{
	int i;

	for (i = 0; i < 99; i++)
		KUNIT_ASSERT_EQ(test, look(0, true), 1);
	/* One that found something begins anew. */
	KUNIT_EXPECT_EQ(test, look(1, true), 1);
	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, look(0, true), 1);
		KUNIT_ASSERT_FALSE(test, fix.bss.adopt_lossy);
	}
	KUNIT_EXPECT_EQ(test, look(60, true), 60);
	KUNIT_EXPECT_TRUE(test, fix.bss.adopt_lossy);
	KUNIT_EXPECT_EQ(test, fix.bss.adopt_enough, UINT_MAX);
	KUNIT_EXPECT_EQ(test, look(0, false), 0);
	KUNIT_EXPECT_FALSE(test, fix.bss.adopt_lossy);
}

/* A process that is named, or our own, is not for a look: it comes again as it is. */
static void one_by_one(struct kunit *test)
{
	fix.found = 1;
	KUNIT_EXPECT_EQ(test, bpf_adopt(&fix.b, 7), 1);
	KUNIT_EXPECT_EQ(test, fix.bss.adopt_enough, UINT_MAX);
	KUNIT_EXPECT_EQ(test, fix.bss.adopt_pid, 7);
	fix.found = 0;
	fix.full = true;
	KUNIT_EXPECT_EQ(test, bpf_adopt(&fix.b, 7), -ESRCH);
}

static void read_fails(struct kunit *test)
{
	fix.error = true;
	KUNIT_EXPECT_EQ(test, look(0, false), -EISDIR);
	KUNIT_EXPECT_STREQ(test, backend_error(),
			   "cannot read the task iterator: Is a directory");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(ends_early),
	KUNIT_CASE(full_all_the_while),
	KUNIT_CASE(one_by_one),
	KUNIT_CASE(read_fails),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_bpf_look",
	.init = set_up,
	.exit = tear_down,
	.test_cases = cases,
};

kunit_test_suite(suite);
