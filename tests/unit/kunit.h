/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kunit.h - KUnit, or what of it the tests here use, where there is none.
 *
 * In the kernel this is <kunit/test.h>. In user space it is a small runner with
 * the same spelling: suites print KTAP, and the program's exit status says
 * whether all passed. So one test source serves both.
 */
#ifndef CLEAVE_KUNIT_H
#define CLEAVE_KUNIT_H

#ifdef __KERNEL__
#include <kunit/test.h>
#else

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KUNIT_PARAM_DESC_SIZE	128

enum kunit_status {
	KUNIT_SUCCESS,
	KUNIT_FAILURE,
	KUNIT_SKIPPED,
};

struct kunit_mem {
	struct kunit_mem *next;
	max_align_t data[];
};

struct kunit {
	const char *name;
	void *priv;
	const void *param_value;
	enum kunit_status status;
	struct kunit_mem *mem;
	jmp_buf abort;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char name[256];
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(fn)		{ .run_case = fn, .name = #fn }
#define KUNIT_CASE_PARAM(fn, gen)					\
	{ .run_case = fn, .name = #fn, .generate_params = gen }

#define KUNIT_ARRAY_PARAM(name, array, get_desc)			\
	static const void *name##_gen_params(const void *prev, char *desc) \
	{								\
		__typeof__((array)[0]) *next = prev ?			\
			(__typeof__(next))prev + 1 : (array);		\
		void (*describe)(__typeof__(next), char *) = get_desc;	\
									\
		if (next - (array) >=					\
		    (long)(sizeof(array) / sizeof((array)[0])))		\
			return NULL;					\
		if (describe)						\
			describe(next, desc);				\
		return next;						\
	}

__attribute__((unused, format(printf, 4, 5)))
static void kunit_fail_(struct kunit *test, const char *file, int line,
			const char *fmt, ...)
{
	va_list ap;

	test->status = KUNIT_FAILURE;
	printf("    # %s: FAILED at %s:%d: ", test->name, file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

__attribute__((unused))
static void *kunit_kzalloc(struct kunit *test, size_t size, int gfp)
{
	struct kunit_mem *m = calloc(1, sizeof(*m) + size);

	(void)gfp;
	if (!m)
		return NULL;
	m->next = test->mem;
	test->mem = m;
	return m->data;
}

#ifndef GFP_KERNEL
#define GFP_KERNEL	0
#endif

#define kunit_info(test, fmt, ...)					\
	printf("    # %s: " fmt "\n", (test)->name, ##__VA_ARGS__)

#define kunit_skip(test, fmt, ...)					\
	do {								\
		kunit_info(test, "SKIP " fmt, ##__VA_ARGS__);		\
		(test)->status = KUNIT_SKIPPED;				\
		longjmp((test)->abort, 1);				\
	} while (0)

#define KUNIT_FAIL(test, fmt, ...)					\
	kunit_fail_(test, __FILE__, __LINE__, fmt, ##__VA_ARGS__)

#define KUNIT_END_EXPECT_(test)	do { } while (0)
#define KUNIT_END_ASSERT_(test)	longjmp((test)->abort, 1)

#define KUNIT_BINARY_(end, test, l, op, r)				\
	do {								\
		__typeof__(l) l_ = (l);					\
		__typeof__(r) r_ = (r);					\
									\
		if (l_ op r_)						\
			break;						\
		kunit_fail_(test, __FILE__, __LINE__,			\
			    "%s %s %s, but they are %lld and %lld",	\
			    #l, #op, #r, (long long)l_, (long long)r_);	\
		end(test);						\
	} while (0)

#define KUNIT_BOOL_(end, test, cond, want)				\
	do {								\
		if (!!(cond) == (want))					\
			break;						\
		kunit_fail_(test, __FILE__, __LINE__, "%s is not %s",	\
			    #cond, (want) ? "true" : "false");		\
		end(test);						\
	} while (0)

#define KUNIT_PTR_(end, test, l, op, r)					\
	do {								\
		const void *l_ = (l);					\
		const void *r_ = (r);					\
									\
		if (l_ op r_)						\
			break;						\
		kunit_fail_(test, __FILE__, __LINE__,			\
			    "%s %s %s, but they are %p and %p",		\
			    #l, #op, #r, l_, r_);			\
		end(test);						\
	} while (0)

#define KUNIT_STR_(end, test, l, op, r)					\
	do {								\
		const char *l_ = (l);					\
		const char *r_ = (r);					\
									\
		if (l_ && r_ && strcmp(l_, r_) op 0)			\
			break;						\
		kunit_fail_(test, __FILE__, __LINE__,			\
			    "%s %s %s, but they are \"%s\" and \"%s\"",	\
			    #l, #op, #r, l_ ? l_ : "(null)",		\
			    r_ ? r_ : "(null)");			\
		end(test);						\
	} while (0)

#define E_	KUNIT_END_EXPECT_
#define A_	KUNIT_END_ASSERT_

#define KUNIT_EXPECT_EQ(t, l, r)	KUNIT_BINARY_(E_, t, l, ==, r)
#define KUNIT_EXPECT_NE(t, l, r)	KUNIT_BINARY_(E_, t, l, !=, r)
#define KUNIT_EXPECT_LT(t, l, r)	KUNIT_BINARY_(E_, t, l, <, r)
#define KUNIT_EXPECT_LE(t, l, r)	KUNIT_BINARY_(E_, t, l, <=, r)
#define KUNIT_EXPECT_GT(t, l, r)	KUNIT_BINARY_(E_, t, l, >, r)
#define KUNIT_EXPECT_GE(t, l, r)	KUNIT_BINARY_(E_, t, l, >=, r)
#define KUNIT_EXPECT_TRUE(t, c)		KUNIT_BOOL_(E_, t, c, true)
#define KUNIT_EXPECT_FALSE(t, c)	KUNIT_BOOL_(E_, t, c, false)
#define KUNIT_EXPECT_PTR_EQ(t, l, r)	KUNIT_PTR_(E_, t, l, ==, r)
#define KUNIT_EXPECT_PTR_NE(t, l, r)	KUNIT_PTR_(E_, t, l, !=, r)
#define KUNIT_EXPECT_NULL(t, p)		KUNIT_PTR_(E_, t, p, ==, NULL)
#define KUNIT_EXPECT_NOT_NULL(t, p)	KUNIT_PTR_(E_, t, p, !=, NULL)
#define KUNIT_EXPECT_STREQ(t, l, r)	KUNIT_STR_(E_, t, l, ==, r)
#define KUNIT_EXPECT_STRNEQ(t, l, r)	KUNIT_STR_(E_, t, l, !=, r)
#define KUNIT_ASSERT_EQ(t, l, r)	KUNIT_BINARY_(A_, t, l, ==, r)
#define KUNIT_ASSERT_NE(t, l, r)	KUNIT_BINARY_(A_, t, l, !=, r)
#define KUNIT_ASSERT_LT(t, l, r)	KUNIT_BINARY_(A_, t, l, <, r)
#define KUNIT_ASSERT_LE(t, l, r)	KUNIT_BINARY_(A_, t, l, <=, r)
#define KUNIT_ASSERT_GT(t, l, r)	KUNIT_BINARY_(A_, t, l, >, r)
#define KUNIT_ASSERT_GE(t, l, r)	KUNIT_BINARY_(A_, t, l, >=, r)
#define KUNIT_ASSERT_TRUE(t, c)		KUNIT_BOOL_(A_, t, c, true)
#define KUNIT_ASSERT_FALSE(t, c)	KUNIT_BOOL_(A_, t, c, false)
#define KUNIT_ASSERT_PTR_EQ(t, l, r)	KUNIT_PTR_(A_, t, l, ==, r)
#define KUNIT_ASSERT_PTR_NE(t, l, r)	KUNIT_PTR_(A_, t, l, !=, r)
#define KUNIT_ASSERT_NULL(t, p)		KUNIT_PTR_(A_, t, p, ==, NULL)
#define KUNIT_ASSERT_NOT_NULL(t, p)	KUNIT_PTR_(A_, t, p, !=, NULL)
#define KUNIT_ASSERT_STREQ(t, l, r)	KUNIT_STR_(A_, t, l, ==, r)
#define KUNIT_ASSERT_STRNEQ(t, l, r)	KUNIT_STR_(A_, t, l, !=, r)

static enum kunit_status kunit_run_once_(struct kunit_suite *s,
					 struct kunit_case *c, const void *param)
{
	struct kunit test = { .name = c->name, .param_value = param };

	if (!setjmp(test.abort)) {
		if (s->init && s->init(&test))
			KUNIT_FAIL(&test, "init failed");
		else
			c->run_case(&test);
	}
	if (s->exit)
		s->exit(&test);
	while (test.mem) {
		struct kunit_mem *m = test.mem;

		test.mem = m->next;
		free(m);
	}
	return test.status;
}

static enum kunit_status kunit_run_case_(struct kunit_suite *s,
					 struct kunit_case *c)
{
	char desc[KUNIT_PARAM_DESC_SIZE] = "";
	enum kunit_status all = KUNIT_SUCCESS, one;
	const void *param;
	int n = 0;

	if (!c->generate_params)
		return kunit_run_once_(s, c, NULL);
	printf("        KTAP version 1\n        # Subtest: %s\n", c->name);
	for (param = c->generate_params(NULL, desc); param;
	     param = c->generate_params(param, desc)) {
		one = kunit_run_once_(s, c, param);
		if (one == KUNIT_FAILURE)
			all = one;
		printf("        %sok %d %s\n", one == KUNIT_FAILURE ? "not " : "",
		       ++n, desc);
	}
	printf("        1..%d\n", n);
	return all;
}

static bool kunit_run_suite_(struct kunit_suite *s)
{
	struct kunit_case *c;
	bool good = true;
	int n = 0;

	printf("    KTAP version 1\n    # Subtest: %s\n", s->name);
	for (c = s->test_cases; c->run_case; c++)
		n++;
	printf("    1..%d\n", n);
	if (s->suite_init && s->suite_init(s))
		return false;
	n = 0;
	for (c = s->test_cases; c->run_case; c++) {
		enum kunit_status st = kunit_run_case_(s, c);

		good &= st != KUNIT_FAILURE;
		printf("    %sok %d %s%s\n", st == KUNIT_FAILURE ? "not " : "",
		       ++n, c->name, st == KUNIT_SKIPPED ? " # SKIP" : "");
		fflush(stdout);
	}
	if (s->suite_exit)
		s->suite_exit(s);
	return good;
}

static int kunit_main_(struct kunit_suite **suites, int n)
{
	bool all = true;
	int i;

	printf("KTAP version 1\n1..%d\n", n);
	for (i = 0; i < n; i++) {
		bool good = kunit_run_suite_(suites[i]);

		all &= good;
		printf("%sok %d %s\n", good ? "" : "not ", i + 1, suites[i]->name);
	}
	return all ? 0 : 1;
}

/* One per program: it makes main(). */
#define kunit_test_suites(...)						\
	int main(void)							\
	{								\
		struct kunit_suite *suites[] = { __VA_ARGS__ };		\
									\
		return kunit_main_(suites, sizeof(suites) / sizeof(suites[0])); \
	}								\
	struct kunit_suite

#define kunit_test_suite(suite)	kunit_test_suites(&(suite))

#endif /* __KERNEL__ */
#endif /* CLEAVE_KUNIT_H */
