// SPDX-License-Identifier: GPL-2.0-only
/*
 * caller.c - learns which function makes a call, by the address it returns to.
 *
 * Neither the name nor the number of the functions that a source file's function
 * became is known before: compilers split, clone and inline them, each in its own
 * way, and a livepatch brings them along in a module.  What is not inlined away
 * has a symbol.
 */
#include <linux/atomic.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "caller.h"
#include "stub.h"

unsigned long callers[(1 << CALLER_BITS) + CALLER_PROBES];
unsigned long caller_idle[2];

static const struct {
	const char *name;
	enum caller caller;
} known[] = {
	{ "do_wp_page", CALLER_WP },
	{ "wp_page_copy", CALLER_WP },
	{ "wp_page_reuse", CALLER_WP },
	{ "set_pte_range", CALLER_FILE },	/* since 6.6 */
	{ "do_set_pte", CALLER_FILE },
	{ "finish_fault", CALLER_FILE },
	{ "do_cow_fault", CALLER_FILE },
	{ "do_fault", CALLER_FILE },
	{ "do_anonymous_page", CALLER_FAULT },
	{ "do_pte_missing", CALLER_FAULT },
	{ "handle_pte_fault", CALLER_FAULT },
	{ "__handle_mm_fault", CALLER_FAULT },
	{ "handle_mm_fault", CALLER_FAULT },
};

/* "name+offset/size", and more behind it; the exported way to a name. */
static void symbol_at(char *text, unsigned long addr)
{
	KUNIT_STATIC_STUB_REDIRECT(symbol_at, text, addr);
	sprint_symbol(text, addr);
}

static enum caller look_up(unsigned long ip)
{
	char text[KSYM_SYMBOL_LEN];
	size_t len;
	int i;

	/* The call is the last that a function does, if it does not return. */
	symbol_at(text, ip - 1);
	len = strcspn(text, ".+");
	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!strncmp(text, known[i].name, len) && !known[i].name[len])
			return known[i].caller;
	return CALLER_OTHER;
}

/**
 * caller_learn() - look a caller up that is not in its first place; for probes
 * @ip: address that the call returns to
 *
 * Return: the function that makes the call.
 */
noinline enum caller caller_learn(unsigned long ip)
{
	unsigned long *at = &callers[hash_long(ip, CALLER_BITS)];
	unsigned long word;
	enum caller caller;
	int i;

	for (i = 1; i < CALLER_PROBES; i++) {
		word = READ_ONCE(at[i]) ^ (ip << CALLER_SHIFT);
		if (word < 1 << CALLER_SHIFT)
			return word;
	}
	caller = look_up(ip);
	word = ip << CALLER_SHIFT | caller;
	for (i = 0; i < CALLER_PROBES; i++)
		if (!READ_ONCE(at[i]) && !cmpxchg(&at[i], 0, word))
			return caller;
	/* So many in a row there are not; the last place is the last one's. */
	WRITE_ONCE(at[CALLER_PROBES - 1], word);
	return caller;
}

/**
 * callers_forget() - forget all; no probe is attached
 *
 * A module's code, a livepatch, say, may have gone and other come in its place.
 */
void callers_forget(void)
{
	memset(callers, 0, sizeof(callers));
	memset(caller_idle, 0, sizeof(caller_idle));
}
