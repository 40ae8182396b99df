/* SPDX-License-Identifier: GPL-2.0-only */
/* utf8.h - characters in strings that somebody else has chosen. */
#ifndef CLEAVE_UTF8_H
#define CLEAVE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/**
 * utf8_get() - the character that a string begins with
 * @s: the string, not empty
 * @max: its length
 * @c: set to the character
 *
 * Return: how many bytes it takes, or 0 where they are no valid UTF-8.
 */
size_t utf8_get(const unsigned char *s, size_t max, unsigned int *c);

/**
 * utf8_is_control() - can it change what a terminal shows of other characters?
 * @c: the character: a control character (C0, C1, DEL), a mark, embedding, override
 *	or isolate for bidirectional text, or one that ends a line or paragraph
 */
bool utf8_is_control(unsigned int c);

#endif /* CLEAVE_UTF8_H */
