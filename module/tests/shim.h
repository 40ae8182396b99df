/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shim.h - what of KUnit the tests use, where there is none: in user space, and on
 * kernels without CONFIG_KUNIT (all of Debian's, and it cannot be added from
 * outside: it changes task_struct).
 *
 * A small runner with the same spelling, that prints KTAP.  In user space a test
 * is a program, whose exit status says whether all passed; in the kernel all of
 * them are one module, whose log tells (main.c).
 */
#ifndef CLEAVE_SHIM_H
#define CLEAVE_SHIM_H

#ifdef CLEAVE_SELFTEST

#include <linux/completion.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/string.h>

#define shim_print(fmt, ...)	printk(KERN_INFO fmt, ##__VA_ARGS__)
#define shim_alloc(n)		kzalloc(n, GFP_KERNEL)
#define shim_free(p)		kfree(p)
/* Each test is a thread, which an assertion ends. */
#define shim_abort(test)	kthread_complete_and_exit(&(test)->done, 0)

#else /* user space */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* At once: who reads takes the time of each test. */
#define shim_print(fmt, ...)	(printf(fmt, ##__VA_ARGS__), fflush(stdout))
#define shim_alloc(n)		calloc(1, n)
#define shim_free(p)		free(p)
#define shim_abort(test)	longjmp((test)->abort, 1)

#ifndef GFP_KERNEL
#define GFP_KERNEL	0
#endif

typedef unsigned int gfp_t;

#endif /* CLEAVE_SELFTEST */

#define KUNIT_PARAM_DESC_SIZE	128

enum kunit_status {
	KUNIT_SUCCESS,
	KUNIT_FAILURE,
	KUNIT_SKIPPED,
};

struct kunit_mem {
	struct kunit_mem *next;
	unsigned long long data[] __attribute__((aligned(16)));
};

struct kunit {
	const char *name;
	void *priv;
	const void *param_value;
	enum kunit_status status;
	struct kunit_mem *mem;
#ifdef CLEAVE_SELFTEST
	struct kunit_suite *suite;
	struct kunit_case *c;
	struct completion done;
#else
	jmp_buf abort;
#endif
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
		void (*describe_)(__typeof__(next), char *) = get_desc;	\
									\
		if (next - (array) >=					\
		    (long)(sizeof(array) / sizeof((array)[0])))		\
			return NULL;					\
		if (describe_)						\
			describe_(next, desc);				\
		return next;						\
	}

__attribute__((unused, format(printf, 4, 5)))
static void kunit_fail_(struct kunit *test, const char *file, int line,
			const char *fmt, ...)
{
	char text[160];
	va_list ap;

	test->status = KUNIT_FAILURE;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	shim_print("    # %s: FAILED at %s:%d: %s\n", test->name, file, line, text);
}

__attribute__((unused))
static void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	struct kunit_mem *m = shim_alloc(sizeof(*m) + size);

	(void)gfp;
	if (!m)
		return NULL;
	m->next = test->mem;
	test->mem = m;
	return m->data;
}

#define kunit_info(test, fmt, ...)					\
	shim_print("    # %s: " fmt "\n", (test)->name, ##__VA_ARGS__)

#define kunit_skip(test, fmt, ...)					\
	do {								\
		kunit_info(test, "SKIP " fmt, ##__VA_ARGS__);		\
		(test)->status = KUNIT_SKIPPED;				\
		shim_abort(test);					\
	} while (0)

/*
 * Static stubs: KUNIT_STATIC_STUB_REDIRECT() in a function hands its calls on to
 * what a test has put in its place.
 */
#define SHIM_STUBS	16

extern struct shim_stub {
	void *real;
	void *fake;
} shim_stubs[SHIM_STUBS];

__attribute__((unused))
static void *shim_stub_find(void *real)
{
	int i;

	for (i = 0; i < SHIM_STUBS; i++)
		if (shim_stubs[i].real == real)
			return shim_stubs[i].fake;
	return NULL;
}

__attribute__((unused))
static void shim_stub_set(void *real, void *fake)
{
	int i;

	for (i = 0; i < SHIM_STUBS; i++) {
		if (shim_stubs[i].real && shim_stubs[i].real != real)
			continue;
		shim_stubs[i].real = fake ? real : NULL;
		shim_stubs[i].fake = fake;
		return;
	}
}

#define KUNIT_STATIC_STUB_REDIRECT(fn, ...)				\
	do {								\
		__typeof__(&(fn)) fake_ = shim_stub_find((void *)&(fn)); \
									\
		if (fake_)						\
			return fake_(__VA_ARGS__);			\
	} while (0)

#define kunit_activate_static_stub(test, fn, with)			\
	do {								\
		__typeof__(&(fn)) with_ = (with);			\
									\
		shim_stub_set((void *)&(fn), (void *)with_);		\
	} while (0)

#define kunit_deactivate_static_stub(test, fn)				\
	shim_stub_set((void *)&(fn), NULL)

#define KUNIT_FAIL(test, fmt, ...)					\
	kunit_fail_(test, __FILE__, __LINE__, fmt, ##__VA_ARGS__)

#define KUNIT_END_EXPECT_(test)	do { } while (0)
#define KUNIT_END_ASSERT_(test)	shim_abort(test)

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

#if !defined(CLEAVE_SELFTEST) || defined(CLEAVE_SELFTEST_MAIN)

struct shim_stub shim_stubs[SHIM_STUBS];

static void shim_body(struct kunit *test, struct kunit_suite *s,
		      struct kunit_case *c)
{
	if (s->init && s->init(test))
		KUNIT_FAIL(test, "init failed");
	else
		c->run_case(test);
}

#ifdef CLEAVE_SELFTEST
static int shim_thread(void *data)
{
	struct kunit *test = data;

	shim_body(test, test->suite, test->c);
	kthread_complete_and_exit(&test->done, 0);
	return 0;
}

static void shim_run(struct kunit *test, struct kunit_suite *s,
		     struct kunit_case *c)
{
	struct task_struct *task;

	test->suite = s;
	test->c = c;
	init_completion(&test->done);
	task = kthread_run(shim_thread, test, "cleave-selftest");
	if (IS_ERR(task))
		KUNIT_FAIL(test, "no thread for it");
	else
		wait_for_completion(&test->done);
}
#else
static void shim_run(struct kunit *test, struct kunit_suite *s,
		     struct kunit_case *c)
{
	if (!setjmp(test->abort))
		shim_body(test, s, c);
}
#endif

static enum kunit_status kunit_run_once_(struct kunit_suite *s,
					 struct kunit_case *c, const void *param)
{
	struct kunit test = { .name = c->name, .param_value = param };

	shim_run(&test, s, c);
	if (s->exit)
		s->exit(&test);
	memset(shim_stubs, 0, sizeof(shim_stubs));
	while (test.mem) {
		struct kunit_mem *m = test.mem;

		test.mem = m->next;
		shim_free(m);
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
	shim_print("        KTAP version 1\n");
	shim_print("        # Subtest: %s\n", c->name);
	for (param = c->generate_params(NULL, desc); param;
	     param = c->generate_params(param, desc)) {
		one = kunit_run_once_(s, c, param);
		if (one == KUNIT_FAILURE)
			all = one;
		shim_print("        %sok %d %s\n",
			   one == KUNIT_FAILURE ? "not " : "", ++n, desc);
	}
	shim_print("        1..%d\n", n);
	return all;
}

static bool kunit_run_suite_(struct kunit_suite *s)
{
	struct kunit_case *c;
	bool good = true;
	int n = 0;

	shim_print("    KTAP version 1\n");
	shim_print("    # Subtest: %s\n", s->name);
	for (c = s->test_cases; c->run_case; c++)
		n++;
	shim_print("    1..%d\n", n);
	if (s->suite_init && s->suite_init(s))
		return false;
	n = 0;
	for (c = s->test_cases; c->run_case; c++) {
		enum kunit_status st = kunit_run_case_(s, c);

		good &= st != KUNIT_FAILURE;
		shim_print("    %sok %d %s%s\n", st == KUNIT_FAILURE ? "not " : "",
			   ++n, c->name, st == KUNIT_SKIPPED ? " # SKIP" : "");
	}
	if (s->suite_exit)
		s->suite_exit(s);
	return good;
}

static int kunit_main_(struct kunit_suite **suites, int n)
{
	bool all = true;
	int i;

	shim_print("KTAP version 1\n");
	shim_print("1..%d\n", n);
	for (i = 0; i < n; i++) {
		bool good = kunit_run_suite_(suites[i]);

		all &= good;
		shim_print("%sok %d %s\n", good ? "" : "not ", i + 1,
			   suites[i]->name);
	}
	return all ? 0 : 1;
}

#endif

#ifdef CLEAVE_SELFTEST
/* main.c runs those that it finds by these names. */
#define kunit_test_suite(suite)						\
	extern struct kunit_suite *const suite##_ptr;			\
	struct kunit_suite *const suite##_ptr = &(suite)
#else
/* One per program: it makes main(). */
#define kunit_test_suite(suite)						\
	int main(void)							\
	{								\
		struct kunit_suite *suites[] = { &(suite) };		\
									\
		setvbuf(stdout, NULL, _IOLBF, 0);			\
		return kunit_main_(suites, 1);				\
	}								\
	struct kunit_suite
#endif

#endif /* CLEAVE_SHIM_H */
