// SPDX-License-Identifier: GPL-2.0-only
/* caller_test.c - functions as compilers make them, and addresses that collide. */
#include "test.h"
#include "../caller.c"

#define TEXT	0xffffffff81000000UL

static const char *name;
static int asked;

static void fake_symbol_at(char *text, unsigned long addr)
{
	asked++;
	snprintf(text, KSYM_SYMBOL_LEN, "%s", name);
}

static int caller_setup(struct kunit *test)
{
	callers_forget();
	asked = 0;
	kunit_activate_static_stub(test, symbol_at, fake_symbol_at);
	return 0;
}

static const struct symbol {
	const char *text;
	enum caller want;
} symbols[] = {
	{ "do_wp_page+0x1ab/0x650", CALLER_WP },
	{ "wp_page_copy+0x1/0x2", CALLER_WP },
	{ "wp_page_copy.isra.0+0x1/0x2", CALLER_WP },
	{ "wp_page_reuse.constprop.0+0x1/0x2", CALLER_WP },
	{ "do_wp_page.part.0.cold+0x1/0x2", CALLER_WP },
	{ "do_wp_page+0x1ab/0x650 [livepatch_fix]", CALLER_WP },
	{ "do_wp_page2+0x1/0x2", CALLER_OTHER },
	{ "do_wp+0x1/0x2", CALLER_OTHER },
	{ "wp_page_shared+0x1/0x2", CALLER_OTHER },
	{ "set_pte_range+0x1/0x2", CALLER_FILE },
	{ "do_set_pte.llvm.123+0x1/0x2", CALLER_FILE },
	{ "__handle_mm_fault+0x1/0x2", CALLER_FAULT },
	{ "do_swap_page+0x1/0x2", CALLER_OTHER },
	{ "try_to_unmap_one+0x1/0x2", CALLER_OTHER },
	{ "0xffffffff81234567", CALLER_OTHER },
};

static void symbol_name_(const struct symbol *s, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", s->text);
}

KUNIT_ARRAY_PARAM(symbols, symbols, symbol_name_);

static void caller_names(struct kunit *test)
{
	const struct symbol *s = test->param_value;

	name = s->text;
	KUNIT_EXPECT_EQ(test, (int)caller_of(TEXT + 0x123), (int)s->want);
	name = "gone";
	KUNIT_EXPECT_EQ(test, (int)caller_of(TEXT + 0x123), (int)s->want);
	KUNIT_EXPECT_EQ(test, asked, 1);
}

/* As many addresses as there are places, and more: each has its own answer. */
static void caller_collide(struct kunit *test)
{
	unsigned long ip[CALLER_PROBES + 2];
	int i, n = 0;

	for (i = 0; n < ARRAY_SIZE(ip); i++)
		if (hash_long(TEXT + i, CALLER_BITS) == hash_long(TEXT, CALLER_BITS))
			ip[n++] = TEXT + i;
	for (i = 0; i < n; i++) {
		name = i & 1 ? "do_wp_page+0x1/0x2" : "other+0x1/0x2";
		KUNIT_EXPECT_EQ(test, (int)caller_of(ip[i]),
				(int)(i & 1 ? CALLER_WP : CALLER_OTHER));
	}
	KUNIT_EXPECT_EQ(test, asked, n);
	for (i = 0; i < CALLER_PROBES - 1; i++)
		KUNIT_EXPECT_EQ(test, (int)caller_of(ip[i]),
				(int)(i & 1 ? CALLER_WP : CALLER_OTHER));
	KUNIT_EXPECT_EQ(test, asked, n);
}

static void caller_forgotten(struct kunit *test)
{
	name = "do_wp_page+0x1/0x2";
	KUNIT_EXPECT_EQ(test, (int)caller_of(TEXT), (int)CALLER_WP);
	callers_forget();
	name = "other+0x1/0x2";
	KUNIT_EXPECT_EQ(test, (int)caller_of(TEXT), (int)CALLER_OTHER);
}

static struct kunit_case caller_cases[] = {
	KUNIT_CASE_PARAM(caller_names, symbols_gen_params),
	KUNIT_CASE(caller_collide),
	KUNIT_CASE(caller_forgotten),
	{}
};

static struct kunit_suite caller_suite = {
	.name = "cleave_caller",
	.init = caller_setup,
	.test_cases = caller_cases,
};

kunit_test_suite(caller_suite);
