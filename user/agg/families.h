/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * families.h - who lives in memory that a creator gave him, and how many pages
 * there are because of that, as far as was last heard: followed from clone to exec or
 * end, so that what comes and goes between two snapshots is in the peaks.
 */
#ifndef CLEAVE_FAMILIES_H
#define CLEAVE_FAMILIES_H

#include <stdbool.h>

#include "core/event.h"
#include "lib/hash.h"
#include "lib/pool.h"

/**
 * struct member - an address space that is a child, a creator, or both
 * @node: by its identity
 * @creator: of a child that is before exec; else NULL
 * @below: in the heap of its creator's children: the first of some that are younger
 * @next: in there: another that is below the same one
 * @prev: the one before that, or, of the first, the one that it is below
 * @since: of a child: when it was made, or attached to
 * @copied: pages that it has copied since then, at least
 * @by_creator: pages that its creator has copied since then, at least
 * @oldest: of its own children: the top of their heap
 * @by_children: pages that they have copied
 * @counted: what of struct families.extra it stands for
 * @peak: the most that it and its children came to
 * @round: the last snapshot that it was in
 * @proc: in the snapshot that is being told: a process in it, or NULL
 * @told: in that: how many of its children
 * @in_children: in that: how long breaks in these took
 * @in_it: in that: how long those in it took, as a creator's
 * @fresh: it has come since the last one, and not by that
 * @lives: it has not ended, nor exec'ed
 */
struct member {
	struct hash_node node;
	struct member *creator;
	struct member *below, *next, *prev;
	__u64 since;
	__u64 copied;
	__u64 by_creator;
	struct member *oldest;
	__u64 by_children;
	__u64 counted;
	__u64 peak;
	__u64 round;
	struct proc_ref *proc;
	__u64 told;
	struct cleave_spent in_children;
	struct cleave_spent in_it;
	bool fresh;
	bool lives;
};

/**
 * struct families - all of them; all zero: none
 * @members: struct member
 * @spare: of these
 * @round: number of the snapshot
 * @telling: it is being told
 * @extra: pages that exist because sharing was broken: copied by children, and by
 *	creators that live since their oldest child was made; each page once
 * @peak: the most of it
 */
struct families {
	struct hash members;
	struct pool spare;
	__u64 round;
	bool telling;
	__u64 extra;
	__u64 peak;
};

/**
 * families_find() - by its identity
 * @f: all of them
 * @space: the identity
 *
 * Return: it, or NULL where it is neither a child nor a creator.
 */
static inline struct member *families_find(const struct families *f, __u64 space)
{
	return (struct member *)hash_find(&f->members, space);
}

/**
 * families_extra() - what a creator and its children come to
 * @m: the creator
 */
__u64 families_extra(const struct member *m);

/**
 * families_enter() - a child begins
 * @f: all of them
 * @space: the child
 * @creator: of whom; 0 or itself: nobody knows, and it is in no family
 * @since: when it was made, or attached to
 *
 * Of a new one there is nothing to add: what a family has come to by a clone is what was
 * last heard of the others.
 */
void families_enter(struct families *f, __u64 space, __u64 creator, __u64 since);

/**
 * families_heard() - what a child, and its creator meanwhile, have copied by now
 * @f: all of them
 * @space: the child
 * @copied: by it
 * @by_creator: by its creator; 0: not known
 */
void families_heard(struct families *f, __u64 space, __u64 copied, __u64 by_creator);

/**
 * families_leave() - a child has exec'ed or ended
 * @f: all of them
 * @space: the child
 * @copied: as of families_heard()
 * @by_creator: the same
 *
 * The moment before, its family can have come to more than ever.
 */
void families_leave(struct families *f, __u64 space, __u64 copied, __u64 by_creator);

/**
 * families_out() - it is no child any more, nobody knows since when
 * @f: all of them
 * @space: the child
 */
void families_out(struct families *f, __u64 space);

/**
 * families_gone() - an address space is there no more
 * @f: all of them
 * @space: child, creator, or neither
 */
void families_gone(struct families *f, __u64 space);

/**
 * families_begin() - a snapshot begins
 * @f: all of them
 */
void families_begin(struct families *f);

/**
 * families_drop() - it is not told in full, and nothing follows from it
 * @f: all of them
 */
static inline void families_drop(struct families *f)
{
	f->telling = false;
}

/**
 * families_met() - an address space is in it, a child or not
 * @f: all of them; its children have been entered
 * @space: the address space
 * @proc: a process in it, or NULL
 * @took: how long breaks in it took, as a creator's
 */
void families_met(struct families *f, __u64 space, struct proc_ref *proc,
		  const struct cleave_spent *took);

/**
 * families_is_met() - is it in the snapshot that is being told?
 * @f: all of them
 * @m: child or creator
 */
static inline bool families_is_met(const struct families *f, const struct member *m)
{
	return m->round == f->round;
}

/**
 * families_end() - it was told in full: whoever is not in it has ended unseen, and
 * what is left can have come to more than ever
 * @f: all of them
 *
 * Those that have come since the one before may have been made when this one had been
 * taken, and are given another.
 */
void families_end(struct families *f);

/**
 * families_free() - free what they have in memory
 * @f: all of them
 */
void families_free(struct families *f);

#endif /* CLEAVE_FAMILIES_H */
