// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_need.c - where there is no memory: one line, and cleave's own exit status.
 *
 * Build: with user/lib/{line,json,hash,fmt,utf8}.c.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "core/status.h"
#include "lib/hash.h"
#include "lib/json.h"
#include "lib/line.h"
#include "lib/pool.h"
#include "shim.h"

/* More than AddressSanitizer gives. */
#define TOO_MUCH	(1UL << 44)

/* Asked by AddressSanitizer, which would end the program itself. */
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void nothing(void)
{
	need(NULL);
}

static void line(void)
{
	struct line l = { 0 };

	line_grow(&l, TOO_MUCH);
}

static void json(void)
{
	struct json j = { 0 };

	json_grow(&j, TOO_MUCH);
}

static void pool(void)
{
	struct pool p = { 0 };

	pool_get(&p, TOO_MUCH);
}

static void hash(void)
{
	struct hash h = { 0 };

	hash_resize(&h, 41);
}

/* In a process of its own: its exit status, and what it says. */
static int fails(void (*f)(void), char *said, size_t size)
{
	int p[2], status;
	char *line;
	ssize_t n;
	pid_t pid;

	if (pipe(p))
		return -1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(p[1], STDERR_FILENO);
		f();
		_exit(0);
	}
	close(p[1]);
	waitpid(pid, &status, 0);
	n = read(p[0], said, size - 1);
	close(p[0]);
	said[n > 0 ? n : 0] = '\0';
	/* AddressSanitizer says something of its own before. */
	line = strstr(said, "cleave: ");
	if (line)
		memmove(said, line, strlen(line) + 1);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void out_of_memory(struct kunit *test)
{
	static void (*const ways[])(void) = { nothing, line, json, pool, hash };
	char said[4096];
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		KUNIT_EXPECT_EQ(test, fails(ways[i], said, sizeof(said)), EXIT_CLEAVE);
		KUNIT_EXPECT_STREQ(test, said, "cleave: out of memory\n");
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(out_of_memory),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_need",
	.test_cases = cases,
};

kunit_test_suite(suite);
