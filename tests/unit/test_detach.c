// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_detach.c - who holds BPF's links, and what else, when we are done; with pipes
 * in the place of links: such a one ends when nobody holds it.
 *
 * Build: with user/source/bpf/detach.c.
 */
#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim.h"
#include "source/bpf/detach.h"

/* Only against what never ends. */
#define LONG_MS		600000

/* Does nobody hold the other end any more, @ms from now at the latest? */
static bool ended(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1 && p.revents & POLLHUP;
}

static void output_ends_before_the_links(struct kunit *test)
{
	int out[2], link[2], other[2], links[2], done;

	if (pipe(out) || pipe(other) || pipe(link)) {
		KUNIT_FAIL(test, "no pipes");
		return;
	}
	/* Not in order, and with descriptors between them that are no links. */
	links[0] = link[1];
	links[1] = other[1];
	done = detach_behind(links, 2);
	KUNIT_ASSERT_GE(test, done, 0);
	close(out[1]);
	close(link[1]);
	close(other[1]);
	KUNIT_EXPECT_TRUE(test, ended(out[0], LONG_MS));
	/* Held until we are done, however long that takes. */
	KUNIT_EXPECT_FALSE(test, ended(link[0], 0));
	KUNIT_EXPECT_FALSE(test, ended(other[0], 0));
	close(done);
	KUNIT_EXPECT_TRUE(test, ended(link[0], LONG_MS));
	KUNIT_EXPECT_TRUE(test, ended(other[0], LONG_MS));
	KUNIT_EXPECT_GT(test, waitpid(-1, NULL, 0), 0);
	close(out[0]);
	close(link[0]);
	close(other[0]);
}

static void nobody_to_hold_nothing(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, detach_behind(NULL, 0), -1);
	KUNIT_EXPECT_EQ(test, waitpid(-1, NULL, 0), -1);
	KUNIT_EXPECT_EQ(test, errno, ECHILD);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(output_ends_before_the_links),
	KUNIT_CASE(nobody_to_hold_nothing),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_detach",
	.test_cases = cases,
};

kunit_test_suite(suite);
