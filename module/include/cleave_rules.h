/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cleave_rules.h - the accounting rules: how an address space is entered into
 * the ledger, counted and closed.  Written once and compiled into the module,
 * the BPF programs and user space (which unit-tests it).
 *
 * Locking: counters are added to by any number of tasks at once, without a
 * lock.  So is the state: who sets a bit of it learns in the same step what was
 * set before, and that decides who closes the entry.  Everything else of an entry
 * is written by the one task that makes or closes it.
 */
#ifndef CLEAVE_RULES_H
#define CLEAVE_RULES_H

#include "cleave_abi.h"
#include "cleave_x86.h"

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/string.h>
/* atomic64_t is an aligned s64 with 64-bit atomics on all that cleave runs on. */
#define cleave_add(ctr, n)	atomic64_add((n), (atomic64_t *)(ctr))
#define cleave_get(ctr)		((__u64)atomic64_read((atomic64_t *)(ctr)))
#define cleave_dec(ctr)		((__u64)atomic64_dec_return((atomic64_t *)(ctr)))
/* Set or clear bits of a __u32; both return what it was before. */
#define cleave_set(word, bits)						\
	((__u32)atomic_fetch_or((bits), (atomic_t *)(word)))
#define cleave_clear(word, bits)					\
	((__u32)atomic_fetch_andnot((bits), (atomic_t *)(word)))
/* Set a __u64 to @new where it is @old; what it was before. */
#define cleave_swap_if(word, old, new)					\
	((__u64)atomic64_cmpxchg((atomic64_t *)(word), (old), (new)))
/* Set a __u64; what it was before. */
#define cleave_swap(word, new)						\
	((__u64)atomic64_xchg((atomic64_t *)(word), (new)))
/* As cleave_swap_if(), of a __u32. */
#define cleave_swap_if32(word, old, new)				\
	((__u32)atomic_cmpxchg((atomic_t *)(word), (old), (new)))
/* What they order, those say that use them. */
#define cleave_rmb()		smp_rmb()
/* As above. */
#define cleave_wmb()		smp_wmb()
#else
#define cleave_add(ctr, n)	((void)__sync_fetch_and_add((ctr), (__u64)(n)))
#define cleave_get(ctr)		(*(volatile __u64 *)(ctr))
#define cleave_dec(ctr)		(__sync_fetch_and_add((ctr), (__u64)-1) - 1)
#define cleave_set(word, bits)	__sync_fetch_and_or((word), (__u32)(bits))
#define cleave_clear(word, bits) __sync_fetch_and_and((word), ~(__u32)(bits))
#define cleave_swap_if(word, old, new)					\
	__sync_val_compare_and_swap((word), (old), (new))
#define cleave_swap(word, new)						\
	__sync_lock_test_and_set((word), (__u64)(new))
#define cleave_swap_if32(word, old, new)				\
	__sync_val_compare_and_swap((word), (__u32)(old), (__u32)(new))
#ifdef CLEAVE_BPF	/* has no fences; the processor keeps the order of stores */
#define cleave_rmb()		asm volatile("" : : : "memory")
#define cleave_wmb()		asm volatile("" : : : "memory")
#else
#include <stddef.h>
#define cleave_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define cleave_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#endif
#endif

/* The order that cleave_settle() builds on: breaks, then these two. */
CLEAVE_ASSERT(CLEAVE_FILE_FIRST + 1 == CLEAVE_NOT_A_BREAK &&
	      CLEAVE_NOT_A_BREAK + 1 == CLEAVE_NR_OUTCOMES);

/* How an address space came to be in the ledger. */
enum cleave_origin {
	CLEAVE_BY_FOUND,	/* was there before the session */
	CLEAVE_BY_CLONE,
	CLEAVE_BY_EXEC,
	CLEAVE_BY_FOUND_FORK,	/* was there, and has not exec'ed since its clone */
	CLEAVE_BY_MET,		/* was there; until a look has come to its process */
	CLEAVE_BY_CLAIMED,	/* the same: one of those that look has come to it */
};

/* cleave_as.state */
#define CLEAVE_AS_EXECING	(1U << 0)	/* its owner is in begin_new_exec() */
#define CLEAVE_AS_EXECED	(1U << 1)	/* reported by an exec */
#define CLEAVE_AS_CLOSED	(1U << 2)	/* exit_mmap() was seen */
#define CLEAVE_AS_TIMES_TOLD	(1U << 3)	/* it ends: records have its times, or will have */

/**
 * struct cleave_as - the ledger entry of one address space
 * @id: never reused within a session; 0: the entry is free
 * @start_ns: when it was made
 * @shared: pages shared copy-on-write when it was cloned
 * @creator: entry of the address space it was cloned from, plus one; 0: none
 * @owner: thread group that it was made for; 0: nobody knows
 * @origin: enum cleave_origin
 * @state: CLEAVE_AS_*
 * @refs: one for being in the index, one for each open entry cloned from it,
 *	one for each exec under way; at 0 the entry is free
 * @clones: address spaces cloned from it
 * @children: of them, those before exec: breaks in it fall into their windows
 * @huge: pages that fork mapped by huge PMDs
 * @copied: pages that fork copied at once, because they were pinned
 * @copied_hugetlb: hugetlb ones of them, in base pages
 * @cow: breaks by outcome; at CLEAVE_NOT_A_BREAK, until cleave_settle(), all calls
 *	of the functions that handle write faults
 * @creator_base: the creator's @cow when it was cloned; what the creator breaks
 *	while this one lives is the difference, whatever the number of children
 */
struct cleave_as {
	__u64 id;
	__u64 start_ns;
	__u64 shared;
	__u32 creator;
	__s32 owner;
	__u32 origin;
	__u32 state;
	__u64 refs;
	__u64 clones;
	__u64 children;
	__u64 huge;
	__u64 copied;
	__u64 copied_hugetlb;
	__u64 cow[CLEAVE_NR_OUTCOMES];
	__u64 creator_base[CLEAVE_NR_OUTCOMES];
};

/**
 * cleave_shared() - pages that a clone's child shares and that can break
 * @p: what its page tables hold
 *
 * Shared mappings never break, and what was copied at once is not shared.
 */
static inline __u64 cleave_shared(const struct cleave_pages *p)
{
	return p->anon + p->anon_huge + p->file + p->swap + p->hugetlb;
}

/**
 * cleave_never_copied() - what copy-on-write saved
 * @f: figures of a closed address space
 *
 * A page that was shared and then unmapped, made again and shared once more by
 * a fork of the child's own can be copied twice: never below 0.
 */
static inline __u64 cleave_never_copied(const struct cleave_figures *f)
{
	__u64 copied = f->cow[CLEAVE_COPIED];

	return copied < f->shared ? f->shared - copied : 0;
}

/**
 * cleave_as_init() - a fresh entry with one reference, the index's
 * @as: the entry, not yet visible to others
 * @id: its id
 * @origin: enum cleave_origin
 * @owner: thread group
 * @now: time
 */
static inline void cleave_as_init(struct cleave_as *as, __u64 id, __u32 origin,
				  __s32 owner, __u64 now)
{
	__builtin_memset(as, 0, sizeof(*as));
	as->origin = origin;
	as->owner = owner;
	as->start_ns = now;
	as->refs = 1;
	/* For cleave_as_snap(), which looks at any entry at any time. */
	cleave_wmb();
	*(volatile __u64 *)&as->id = id;
}

/**
 * cleave_as_forked() - was it made by a clone, and so has a "before exec"?
 * @as: the entry
 */
static inline int cleave_as_forked(const struct cleave_as *as)
{
	return as->origin == CLEAVE_BY_CLONE ||
	       as->origin == CLEAVE_BY_FOUND_FORK;
}

/**
 * cleave_as_claim() - what an address space is that was met
 * @as: its entry; its creator and its owner are there, for those who see this
 * @origin: enum cleave_origin
 *
 * Return: false where that was settled before, by another, or by its end.
 */
static inline int cleave_as_claim(struct cleave_as *as, __u32 origin)
{
	return cleave_swap_if32(&as->origin, CLEAVE_BY_MET, origin) ==
	       CLEAVE_BY_MET;
}

/**
 * cleave_as_settle() - what an address space is that the caller has claimed before, as
 *	%CLEAVE_BY_CLAIMED
 * @as: its entry; its creator and its owner are there, for those who see this
 * @origin: enum cleave_origin
 *
 * Return: false where it was given up meanwhile.
 */
static inline int cleave_as_settle(struct cleave_as *as, __u32 origin)
{
	return cleave_swap_if32(&as->origin, CLEAVE_BY_CLAIMED, origin) ==
	       CLEAVE_BY_CLAIMED;
}

/*
 * It is given up: who is told so has no figures, and nobody who comes to it later may
 * say that it had.
 */
static inline void cleave_as_left(struct cleave_as *as)
{
	__u32 origin = *(volatile __u32 *)&as->origin;

	if (origin != CLEAVE_BY_MET && origin != CLEAVE_BY_CLAIMED)
		return;
	if (!cleave_as_claim(as, CLEAVE_BY_FOUND))
		cleave_as_settle(as, CLEAVE_BY_FOUND);
}

/**
 * struct cleave_kin - what the kernel still knows of a process that is attached to
 * @forknoexec: its leader has PF_FORKNOEXEC: no exec since it was made
 * @parent_reaps: its parent is a reaper: init of a pid namespace or, by
 *	PR_SET_CHILD_SUBREAPER, of all below it; so need not have made it
 * @parent_exec_id: of its leader: the maker's self_exec_id when it was made
 * @self_exec_id: of its parent: one more with every exec
 *
 * Of threads all this is the same as of a process, but for PF_FORKNOEXEC, which
 * copy_process() sets for each of them: so it is the leader's that tells.
 */
struct cleave_kin {
	__u8 forknoexec;
	__u8 parent_reaps;
	__u64 parent_exec_id;
	__u64 self_exec_id;
};

/**
 * cleave_kin_origin() - what a process that is attached to is
 * @k: what is known of it
 */
static inline enum cleave_origin cleave_kin_origin(const struct cleave_kin *k)
{
	return k->forknoexec ? CLEAVE_BY_FOUND_FORK : CLEAVE_BY_FOUND;
}

/* In a row: each made by the one before, and none has exec'ed. */
#define CLEAVE_KIN_MAX	8

/**
 * cleave_kin_creator() - was it made from the address space that its parent is in?
 * @k: what is known of it
 *
 * An orphan is given to a reaper; and the parent may have exec'ed since.
 *
 * The look of a whole-system session comes to processes in any order.  So it enters
 * the parent first, where this is so and the parent is one for the session, and that
 * one's by the same rule, up to CLEAVE_KIN_MAX generations: then the creator is known,
 * and has an entry if there is room, whichever of them comes first.  (One that is met
 * before, in a fault say, is CLEAVE_BY_MET until then.)  A session of some processes
 * only knows a creator that is in its ledger.
 */
static inline int cleave_kin_creator(const struct cleave_kin *k)
{
	return k->forknoexec && !k->parent_reaps &&
	       k->parent_exec_id == k->self_exec_id;
}

/**
 * cleave_fault_begins() - a function that handles write faults is called
 * @as: of the fault
 *
 * What comes of it is told by a call that it makes, or by none: so that nothing
 * need run when it returns, "not a break" is what is left of all calls when
 * those with an outcome are taken off, see cleave_settle().
 */
static inline void cleave_fault_begins(struct cleave_as *as)
{
	cleave_add(&as->cow[CLEAVE_NOT_A_BREAK], 1);
}

/**
 * cleave_fault_outcome() - what came of it
 * @as: of the fault
 * @outcome: enum cleave_outcome
 *
 * Return: is it a break?
 */
static inline int cleave_fault_outcome(struct cleave_as *as, __u32 outcome)
{
	if (outcome >= CLEAVE_NOT_A_BREAK)
		return 0;
	cleave_add(&as->cow[outcome], 1);
	return outcome != CLEAVE_FILE_FIRST;
}

/**
 * cleave_settle() - from calls and outcomes to what was not a break
 * @cow: as counted, or what was counted in a window
 *
 * A call that is under way counts as none yet; one that began before the window
 * can have its outcome within: never below 0.
 */
static inline void cleave_settle(__u64 *cow)
{
	__u64 told = 0;
	int i;

	for (i = 0; i < CLEAVE_FILE_FIRST; i++)
		told += cow[i];
	if (told > cow[CLEAVE_NOT_A_BREAK])
		told = cow[CLEAVE_NOT_A_BREAK];
	cow[CLEAVE_NOT_A_BREAK] -= told;
}

/**
 * cleave_as_cow() - breaks of an address space by outcome, until now
 * @as: the entry
 * @cow: filled
 */
static inline void cleave_as_cow(struct cleave_as *as, __u64 *cow)
{
	int i;

	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++)
		cow[i] = cleave_get(&as->cow[i]);
	cleave_settle(cow);
}

/**
 * cleave_as_window() - open the window in which the creator's breaks count
 * @as: entry of the address space that a clone is about to make
 * @creator: its creator's entry
 *
 * Opened once at the entry of copy_process() and again by dup_mmap(), when it
 * holds the creator's mmap_lock for writing and has not yet write-protected
 * anything.  What the creator breaks from then on, it breaks because of this clone
 * or of an older one.  Not only because of this: since 6.4 another thread may go
 * on in a vma that dup_mmap() has not come to yet, under that vma's own lock, and
 * break there what an older clone has left.
 */
static inline void cleave_as_window(struct cleave_as *as,
				    struct cleave_as *creator)
{
	int i;

	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++)
		as->creator_base[i] = cleave_get(&creator->cow[i]);
}

/**
 * cleave_as_follow() - tie an address space to its creator's
 * @as: entry of the address space that a clone is about to make
 * @creator: its creator's entry; takes a reference on it
 * @slot: index of @creator
 */
static inline void cleave_as_follow(struct cleave_as *as,
				    struct cleave_as *creator, __u32 slot)
{
	cleave_add(&creator->refs, 1);
	cleave_add(&creator->children, 1);
	cleave_as_window(as, creator);
	/* cleave_as_snap() takes who has a creator to have a window. */
	cleave_wmb();
	*(volatile __u32 *)&as->creator = slot + 1;
}

/**
 * cleave_as_unfollow() - an entry is closed: its window is, too
 * @creator: its creator's entry; the caller gives up the reference on it
 */
static inline void cleave_as_unfollow(struct cleave_as *creator)
{
	cleave_add(&creator->children, -1);
}

/**
 * cleave_as_side() - the side that a break in an address space is on
 * @as: the entry
 */
static inline enum cleave_side cleave_as_side(struct cleave_as *as)
{
	if (cleave_as_forked(as) &&
	    !(*(volatile __u32 *)&as->state & CLEAVE_AS_EXECED))
		return CLEAVE_SIDE_BEFORE_EXEC;
	return cleave_get(&as->children) ? CLEAVE_SIDE_CREATOR :
					   CLEAVE_SIDE_AFTER;
}

/* Take out of a class what belongs to another; never below 0. */
static inline __u64 cleave_move(__u64 *from, __u64 n)
{
	if (n > *from)
		n = *from;
	*from -= n;
	return n;
}

/**
 * struct cleave_range - what fork maps for shared mappings
 * @open: copy_page_range() is copying one of a shared mapping
 * @base_file: the child's file (and shmem) pages when it began
 * @base_hugetlb: and its hugetlb pages
 * @file: pages of shared mappings so far
 * @hugetlb: hugetlb ones of them, in base pages
 *
 * The kernel's counters do not tell shared mappings from private ones.  Most of
 * the shared are left for the child to fault in; copied are those with page
 * tables that a fault could not make again, see vma_needs_copy(): VM_MIXEDMAP
 * (a packet socket's ring) and userfaultfd's write protection.
 */
struct cleave_range {
	__u64 open;
	__u64 base_file;
	__u64 base_hugetlb;
	__u64 file;
	__u64 hugetlb;
};

/**
 * cleave_range_next() - copy_page_range() begins, or fork has done the last one
 * @r: of the clone
 * @shared: the vma that begins is VM_SHARED; false at the end
 * @file: the child's file (and shmem) pages now
 * @hugetlb: its hugetlb pages, in base pages
 *
 * To be asked only where @r->open or @shared: reading counters costs.
 */
static inline void cleave_range_next(struct cleave_range *r, int shared,
				     __u64 file, __u64 hugetlb)
{
	if (r->open) {
		r->file += file - r->base_file;
		r->hugetlb += hugetlb - r->base_hugetlb;
	}
	r->open = shared;
	r->base_file = file;
	r->base_hugetlb = hugetlb;
}

/**
 * cleave_range_apply() - tell shared mappings apart
 * @r: of the clone, closed
 * @pages: by the kernel's counters
 */
static inline void cleave_range_apply(const struct cleave_range *r,
				      struct cleave_pages *pages)
{
	pages->shmem = cleave_move(&pages->file, r->file) +
		       cleave_move(&pages->hugetlb, r->hugetlb);
}

/**
 * cleave_as_cloned() - the clone has succeeded
 * @as: the child's entry
 * @creator: its creator's or NULL
 * @owner: the child's thread group
 * @now: time: figures are "since the clone"
 * @pages: what the child's page tables hold by the kernel's counters: in @anon
 *	all anonymous pages, base and huge, shared and copied at once, which are
 *	told apart here, and so in @hugetlb
 */
static inline void cleave_as_cloned(struct cleave_as *as,
				    struct cleave_as *creator, __s32 owner,
				    __u64 now, struct cleave_pages *pages)
{
	pages->anon_huge = cleave_move(&pages->anon, cleave_get(&as->huge));
	pages->copied = cleave_move(&pages->anon, cleave_get(&as->copied)) +
			cleave_move(&pages->hugetlb,
				    cleave_get(&as->copied_hugetlb));
	as->start_ns = now;
	as->shared = cleave_shared(pages);
	/* Until then it is one that is being made, see cleave_as_snap(). */
	cleave_wmb();
	*(volatile __s32 *)&as->owner = owner;
	if (creator)
		cleave_add(&creator->clones, 1);
}

/**
 * cleave_as_exec_begins() - a task enters begin_new_exec()
 * @as: the entry of its address space
 * @tgid: its thread group
 *
 * Return: is it the owner, whose exec it is that closes the entry?
 */
static inline int cleave_as_exec_begins(struct cleave_as *as, __s32 tgid)
{
	if (as->owner != tgid)
		return 0;
	cleave_set(&as->state, CLEAVE_AS_EXECING);
	return 1;
}

/**
 * cleave_as_exec_ends() - and leaves it
 * @as: the entry
 * @tgid: the thread group
 * @failed: the exec has failed
 *
 * The last user of the address space can be another task, a reader of /proc say,
 * that gives it up at this very moment; cleave_as_ends() is for that one.  One of
 * the two is told to close the entry, and only one, whichever comes first.
 *
 * An entry that was nobody's may have got its owner only after the exec began: then
 * an end within the exec has closed it already, as it knew of no exec.
 *
 * Only an address space made by a clone has a "before exec", and only one: if a
 * task that shares it without being of the owner's thread group lives on in it
 * after the owner's exec, that is no longer it.
 *
 * Return: true if the caller closes the entry, which has figures: it alone looks
 * at the creator's, and gives up the reference to it.
 */
static inline int cleave_as_exec_ends(struct cleave_as *as, __s32 tgid,
				      int failed)
{
	__u32 was;

	if (as->owner != tgid)
		return 0;
	if (!failed)
		cleave_as_left(as);
	if (cleave_as_forked(as) && !failed) {
		was = cleave_set(&as->state, CLEAVE_AS_EXECED);
		return !(was & CLEAVE_AS_EXECED) &&
		       (was & CLEAVE_AS_EXECING || !(was & CLEAVE_AS_CLOSED));
	}
	was = cleave_clear(&as->state, CLEAVE_AS_EXECING);
	return cleave_as_forked(as) && was & CLEAVE_AS_CLOSED &&
	       !(was & CLEAVE_AS_EXECED);
}

/**
 * cleave_as_gives_up() - does an exec give up an address space without figures, whose
 *	owner's exec it is?
 * @as: the entry
 * @tgid: the thread group
 * @failed: the exec has failed
 *
 * One that was made by an exec itself, or was found.  Its end can come within this
 * one, and is then CLEAVE_TOLD_BY_EXEC (6.x), or later (7.3).
 */
static inline int cleave_as_gives_up(struct cleave_as *as, __s32 tgid,
				     int failed)
{
	__u32 state = *(volatile __u32 *)&as->state;

	if (as->owner != tgid || (failed && !(state & CLEAVE_AS_CLOSED)))
		return 0;
	cleave_as_left(as);
	return !cleave_as_forked(as);
}

/* cleave_as_ends(): nothing to say, an exec does. */
#define CLEAVE_TOLD_BY_EXEC	(1U << 31)

/**
 * cleave_as_ends() - the address space is torn down
 * @as: its entry; the caller has taken it out of the index
 *
 * Return: cleave_end.what of the END that the caller sends; with
 * CLEAVE_HAS_FIGURES it closes the entry, as with cleave_as_exec_ends().
 * CLEAVE_TOLD_BY_EXEC if none is to be sent.
 */
static inline __u32 cleave_as_ends(struct cleave_as *as)
{
	__u32 was;

	cleave_as_left(as);
	was = cleave_set(&as->state, CLEAVE_AS_CLOSED);
	if (was & CLEAVE_AS_EXECED)
		return CLEAVE_AFTER_EXEC;
	if (was & CLEAVE_AS_EXECING)
		return CLEAVE_TOLD_BY_EXEC;
	return cleave_as_forked(as) ? CLEAVE_HAS_FIGURES : 0;
}

/**
 * cleave_as_figures() - what it came to, until now
 * @as: the entry
 * @creator: its creator's entry (live or closed) or NULL
 * @now: time
 * @f: filled
 *
 * Return: what a record says of the figures.  For a creator that has no entry, as there
 * was no room for it or nobody knows who it is, nobody has counted.
 */
static inline __u32 cleave_as_figures(struct cleave_as *as,
				      struct cleave_as *creator, __u64 now,
				      struct cleave_figures *f)
{
	__u32 what = CLEAVE_HAS_FIGURES;
	int i;

	f->as = as->id;
	f->since_clone_ns = now - as->start_ns;
	f->shared = as->shared;
	f->clones = cleave_get(&as->clones);
	cleave_as_cow(as, f->cow);
	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++)
		f->creator_cow[i] = creator ? cleave_get(&creator->cow[i]) -
					      as->creator_base[i] : 0;
	cleave_settle(f->creator_cow);
	if (!creator)
		what |= CLEAVE_NO_CREATOR;
	if (as->origin != CLEAVE_BY_CLONE && as->origin != CLEAVE_BY_EXEC)
		what |= CLEAVE_ATTACHED;
	return what;
}

/**
 * cleave_as_snap() - its figures while it is alive
 * @pool: the ledger's entries
 * @max: how many there are
 * @i: which of them
 * @now: time
 * @snap: filled; how long breaks took, cleave_times_snap() says
 *
 * Takes no lock, and nobody waits for it: what it reads is thrown away where the
 * entry has become another's meanwhile, or has given up its creator, whose entry
 * may then be another's.
 *
 * Return: false if there is none alive in it.
 */
static inline int cleave_as_snap(struct cleave_as *pool, __u32 max, __u32 i,
				 __u64 now, struct cleave_snap *snap)
{
	struct cleave_as *as = &pool[i];
	__u64 id = cleave_get(&as->id);
	__u32 creator, state;

	if (!id)
		return 0;
	cleave_rmb();
	state = *(volatile __u32 *)&as->state;
	creator = *(volatile __u32 *)&as->creator;
	if (state & CLEAVE_AS_CLOSED || creator > max ||
	    (cleave_as_forked(as) && !*(volatile __s32 *)&as->owner))
		return 0;
	cleave_rmb();
	snap->creator = creator ? cleave_get(&pool[creator - 1].id) : 0;
	snap->what = cleave_as_figures(as, creator ? &pool[creator - 1] : (void *)0,
				       now, &snap->fig);
	if (snap->fig.since_clone_ns > now)
		snap->fig.since_clone_ns = 0;	/* made since @now was read */
	if (state & CLEAVE_AS_EXECED)
		snap->what = CLEAVE_AFTER_EXEC;
	else if (!cleave_as_forked(as))
		snap->what &= CLEAVE_ATTACHED;
	snap->rsv = 0;
	__builtin_memset(snap->took, 0, sizeof(snap->took));
	cleave_rmb();
	return cleave_get(&as->id) == id &&
	       *(volatile __u32 *)&as->creator == creator;
}

/**
 * cleave_total_figures() - book a close that has figures
 * @t: totals of the session
 * @f: the figures
 */
static inline void cleave_total_figures(struct cleave_totals *t,
					const struct cleave_figures *f)
{
	int i;

	cleave_add(&t->ends, 1);
	cleave_add(&t->never_copied, cleave_never_copied(f));
	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++)
		if (f->cow[i])
			cleave_add(&t->before_exec[i], f->cow[i]);
}

/**
 * cleave_total_cow() - book all breaks of an address space that has ended
 * @t: totals of the session
 * @as: the entry
 */
static inline void cleave_total_cow(struct cleave_totals *t,
				    struct cleave_as *as)
{
	__u64 cow[CLEAVE_NR_OUTCOMES];
	int i;

	cleave_as_cow(as, cow);
	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++)
		if (cow[i])
			cleave_add(&t->cow[i], cow[i]);
}

/* What kind of page a write fault found. */
enum cleave_source {
	CLEAVE_SRC_ANON,
	CLEAVE_SRC_ZERO,
	CLEAVE_SRC_FILE,
	CLEAVE_SRC_KSM,
	CLEAVE_SRC_PFN,
};

/* PAGE_MAPPING_ANON, PAGE_MAPPING_KSM (FOLIO_MAPPING_* since 6.17). */
#define CLEAVE_MAPPING_ANON	1UL
#define CLEAVE_MAPPING_KSM	3UL

/**
 * cleave_source_of() - classify the page that is being replaced
 * @has_page: vmf->page is set; do_wp_page() leaves it NULL for the zero page and
 *	for what has no struct page, as vm_normal_page() does
 * @pfnmap: the vma has VM_PFNMAP or VM_MIXEDMAP
 * @mapping: page->mapping of the head page; PageAnon(), PageKsm()
 *
 * To be asked under the PTE lock, where the old page is still mapped.
 */
static inline enum cleave_source cleave_source_of(int has_page, int pfnmap,
						  unsigned long mapping)
{
	if (!has_page)
		return pfnmap ? CLEAVE_SRC_PFN : CLEAVE_SRC_ZERO;
	if ((mapping & CLEAVE_MAPPING_KSM) == CLEAVE_MAPPING_KSM)
		return CLEAVE_SRC_KSM;
	return mapping & CLEAVE_MAPPING_ANON ? CLEAVE_SRC_ANON : CLEAVE_SRC_FILE;
}

/**
 * cleave_copy_outcome() - the outcome of a copy that wp_page_copy() installs
 * @src: what it copied from
 * @unshare: the fault has FAULT_FLAG_UNSHARE
 */
static inline enum cleave_outcome cleave_copy_outcome(enum cleave_source src,
						      int unshare)
{
	if (unshare)
		return CLEAVE_UNSHARE;
	switch (src) {
	case CLEAVE_SRC_ANON:
		return CLEAVE_COPIED;
	case CLEAVE_SRC_ZERO:
		return CLEAVE_ZERO;
	case CLEAVE_SRC_FILE:
		return CLEAVE_FILE;
	case CLEAVE_SRC_KSM:
		return CLEAVE_KSM;
	default:
		return CLEAVE_NOT_A_BREAK;
	}
}

/* Functions in which a task can be, that its nested markers are booked to. */
enum cleave_in {
	CLEAVE_IN_NONE,
	CLEAVE_IN_WP,		/* do_wp_page() */
	CLEAVE_IN_HUGE_WP,	/* do_huge_pmd_wp_page() */
	CLEAVE_IN_HUGETLB_WP,	/* hugetlb_wp() */
	CLEAVE_IN_CLONE,	/* copy_process() */
	CLEAVE_IN_EXECVE,	/* execve(2), execveat(2) */
	CLEAVE_IN_NEW_EXEC,	/* begin_new_exec() */
};

/**
 * cleave_is_file_first() - does a new anonymous page come of do_cow_fault()?
 * @in: function that the task is in
 * @has_ops: vma->vm_ops is set: !vma_is_anonymous()
 * @shared: the vma has VM_SHARED or VM_MAYSHARE
 *
 * A page that gets its rmap in a private file mapping outside of do_wp_page() is
 * the first write to a page that was never mapped.  (Or, at the edge of this
 * world: an uprobe put into it, or KSM's copy of one that was swapped in.)
 */
static inline int cleave_is_file_first(__u32 in, int has_ops, int shared)
{
	return in == CLEAVE_IN_NONE && has_ops && !shared;
}

/* PF_MEMALLOC: set by all that unmaps pages from within an allocation:
 * __perform_reclaim(), __alloc_pages_direct_compact() and
 * try_to_free_mem_cgroup_pages() call memalloc_noreclaim_save().
 */
#define CLEAVE_PF_MEMALLOC	0x00000800U

/**
 * cleave_marker_counts() - is a nested call the one that the fault itself makes?
 * @task_flags: current->flags
 * @frame_vma: of the fault
 * @frame_addr: of the fault
 * @vma: of the nested call
 * @addr: of the nested call
 * @mask: of the page size
 *
 * The fault's own allocation can enter reclaim or compaction, which unmaps
 * pages with the same ptep_clear_flush() - in theory the faulting page itself,
 * after which the fault finds a changed entry and copies nothing.  Those calls
 * are told by PF_MEMALLOC.
 */
static inline int cleave_marker_counts(unsigned int task_flags,
				       unsigned long frame_vma,
				       unsigned long frame_addr,
				       unsigned long vma, unsigned long addr,
				       unsigned long mask)
{
	return !(task_flags & CLEAVE_PF_MEMALLOC) && frame_vma == vma &&
	       (frame_addr & mask) == (addr & mask);
}

/**
 * struct cleave_maker - what is known of a call of copy_process()
 * @kthread: kernel_clone_args.kthread
 * @io_thread: kernel_clone_args.io_thread
 * @user_worker: kernel_clone_args.user_worker (since 6.4)
 * @idle: kernel_clone_args.idle
 * @fn: kernel_clone_args.fn is set: the child starts in the kernel
 * @compat: the system call was a 32-bit one
 * @syscall: its number
 */
struct cleave_maker {
	__u8 kthread;
	__u8 io_thread;
	__u8 user_worker;
	__u8 idle;
	__u8 fn;
	__u8 compat;
	__s32 syscall;
};

/**
 * cleave_call_of() - which call makes a task
 * @m: what is known of it
 *
 * user_mode_thread() is the one that starts in the kernel (fn) and is neither a
 * kernel thread nor a worker: call_usermodehelper() and, at boot, init.
 */
static inline enum cleave_call cleave_call_of(const struct cleave_maker *m)
{
	if (m->idle)
		return CLEAVE_CALL_IDLE;
	if (m->kthread)
		return CLEAVE_CALL_KTHREAD;
	if (m->io_thread)
		return CLEAVE_CALL_IO_WORKER;
	if (m->user_worker)
		return CLEAVE_CALL_USER_WORKER;
	if (m->fn)
		return CLEAVE_CALL_UMH;
	return cleave_syscall_call(m->syscall, m->compat);
}

#define CLEAVE_PF_EXITING	0x00000004U	/* PF_EXITING */

/**
 * cleave_switch_counts() - is a switch to this task one of its process's?
 * @mm: task_struct.mm; a kernel thread has none
 * @flags: task_struct.flags
 *
 * Not when it ends: exit_signals() sets the flag before do_exit() takes it out of
 * signal_struct.live, so that all is counted once that says that the last one ends.
 */
static inline int cleave_switch_counts(const void *mm, unsigned int flags)
{
	return mm && !(flags & CLEAVE_PF_EXITING);
}

/**
 * cleave_switch_of() - what is a task switched to from?
 * @mm: its mm
 * @from_mm: that of the one before
 * @from_active: active_mm of that one: what context_switch() left in place when it came
 *	to a task without an mm, a kernel thread or one that has passed exit_mm()
 */
static inline enum cleave_switch cleave_switch_of(const void *mm,
						  const void *from_mm,
						  const void *from_active)
{
	if (from_mm == mm)
		return CLEAVE_SWITCH_SAME;
	return !from_mm && from_active == mm ? CLEAVE_SWITCH_KERNEL :
					       CLEAVE_SWITCH_OTHER;
}

#define CLEAVE_F_VM		0x00000100ULL	/* CLONE_VM */
#define CLEAVE_F_VFORK		0x00004000ULL	/* CLONE_VFORK */
#define CLEAVE_F_THREAD		0x00010000ULL	/* CLONE_THREAD */
#define CLEAVE_F_INTO_CGROUP	0x200000000ULL	/* CLONE_INTO_CGROUP */

/**
 * cleave_kind_of() - what comes of it
 * @flags: kernel_clone_args.flags
 * @call: cleave_call_of()
 */
static inline enum cleave_kind cleave_kind_of(__u64 flags, enum cleave_call call)
{
	switch (call) {
	case CLEAVE_CALL_IDLE:
		return CLEAVE_KIND_IDLE;
	case CLEAVE_CALL_KTHREAD:
		return CLEAVE_KIND_KTHREAD;
	case CLEAVE_CALL_IO_WORKER:
		return CLEAVE_KIND_IO_WORKER;
	case CLEAVE_CALL_USER_WORKER:
		return CLEAVE_KIND_USER_WORKER;
	case CLEAVE_CALL_UMH:
		return CLEAVE_KIND_UMH;
	default:
		break;
	}
	if (flags & CLEAVE_F_THREAD)
		return CLEAVE_KIND_THREAD;
	if (!(flags & CLEAVE_F_VM))
		return CLEAVE_KIND_PROCESS;
	return flags & CLEAVE_F_VFORK ? CLEAVE_KIND_VFORK :
					CLEAVE_KIND_VM_SHARER;
}

#endif /* CLEAVE_RULES_H */
