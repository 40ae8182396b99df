/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grow.h - arrays that are filled again and again: they grow to what they had in them
 * at most.
 */
#ifndef CLEAVE_GROW_H
#define CLEAVE_GROW_H

#include <stddef.h>

#include "lib/need.h"

#define GROW_FIRST	64

/**
 * grow() - have room in an array; ends the program without memory
 * @array: NULL at first
 * @room: for how many there is room; 0 at first
 * @nr: for how many there is to be
 * @size: of one
 *
 * Return: the array, which may have moved.
 */
static inline void *grow(void *array, size_t *room, size_t nr, size_t size)
{
	size_t want = *room ? *room : GROW_FIRST;

	if (array && nr <= *room)
		return array;
	while (want < nr)
		want *= 2;
	*room = want;
	return need(realloc(array, want * size));
}

#endif /* CLEAVE_GROW_H */
