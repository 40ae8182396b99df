/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_CALLER_H
#define CLEAVE_CALLER_H

#include <linux/compiler.h>
#include <linux/hash.h>

/* Which function of the kernel's makes a call, as far as it matters. */
enum caller {
	CALLER_OTHER,
	CALLER_WP,	/* do_wp_page() and what it consists of */
	CALLER_FILE,	/* the first write to a private file page */
	CALLER_FAULT,	/* where do_anonymous_page() is, and maybe that, too */
};

#define CALLER_SHIFT	3
#define CALLER_BITS	8
#define CALLER_PROBES	4	/* places that an address may have */

extern unsigned long callers[(1 << CALLER_BITS) + CALLER_PROBES];
extern unsigned long caller_idle[2];

enum caller caller_learn(unsigned long ip);
void callers_forget(void);

/**
 * caller_of() - the function that makes a call
 * @ip: address that the call returns to
 *
 * The symbol is looked up once for each address, and its name compared up to the
 * first dot: the compiler may have made a wp_page_copy.isra.0 of it, or moved it
 * into another.  A word has the address, whose high bits are all set and can be
 * shifted out, and the answer.
 */
static inline enum caller caller_of(unsigned long ip)
{
	unsigned long word = READ_ONCE(callers[hash_long(ip, CALLER_BITS)]) ^
			     (ip << CALLER_SHIFT);

	return likely(word < 1 << CALLER_SHIFT) ? word : caller_learn(ip);
}

/**
 * caller_is() - is a call made by this function, as far as is known?
 * @ip: address that the call returns to
 * @caller: the function
 *
 * Return: false also where caller_of() has to find out.
 */
static inline bool caller_is(unsigned long ip, enum caller caller)
{
	return READ_ONCE(callers[hash_long(ip, CALLER_BITS)]) ==
	       (ip << CALLER_SHIFT | caller);
}

/* Calls that are of no interest and come by the million. */
enum { CALLER_IDLE_ANON, CALLER_IDLE_WP };

/**
 * caller_is_idle() - is this call one of those that are never of interest?
 * @ip: address that the call returns to
 */
static inline bool caller_is_idle(unsigned long ip)
{
	return ip == READ_ONCE(caller_idle[CALLER_IDLE_ANON]) ||
	       ip == READ_ONCE(caller_idle[CALLER_IDLE_WP]);
}

#endif /* CLEAVE_CALLER_H */
