/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * procs.bpf.h - the processes that are traced, found by thread group: a word for each,
 * the id of the address space that it is in.
 *
 * What several do to a process at once, a claim, an exec and an exit, is done to the
 * word, and in its place.  A word is taken away by the end of the process.  The map
 * gives it to another process at once, and not every thread that was about to tell of
 * the end has looked by then: so such a one only changes what says whose it is, and
 * who takes the word away tells.
 */
#ifndef CLEAVE_PROCS_BPF_H
#define CLEAVE_PROCS_BPF_H

/* By thread group, a bit each: processes that there was no room for in procs. */
#define PID_LIMIT	(1 << 22)	/* PID_MAX_LIMIT */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PID_LIMIT / 64);
	__type(key, __u32);
	__type(value, __u64);
} procs_lost SEC(".maps");

bool any_lost;		/* there was no room for something */
bool proc_met;		/* a process is noted that no look has come to */

/* Thread group -> id of the address space that it is in. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
} procs SEC(".maps");

static __always_inline __u64 *lost_word(__u32 tgid)
{
	__u32 i = tgid / 64;

	return bpf_map_lookup_elem(&procs_lost, &i);
}

static __always_inline bool proc_lost(__u32 tgid)
{
	__u64 *word = any_lost ? lost_word(tgid) : NULL;

	return word && *word & 1ULL << (tgid & 63);
}

/* The same, and no more from now on; true for one caller only. */
static __always_inline bool proc_lost_ends(__u32 tgid)
{
	__u64 *word = any_lost ? lost_word(tgid) : NULL;
	__u64 bit = 1ULL << (tgid & 63);

	return word && *word & bit && __sync_fetch_and_and(word, ~bit) & bit;
}

/* In the place of the id, most with the thread group: no id is as large. */
#define PROC_STATE(n, tgid)	(~0ULL << 40 | (__u64)(n) << 32 | (tgid))
#define PROC_CLAIMED(tgid)	PROC_STATE(0, tgid)	/* it is being adopted */
#define PROC_ENDED(tgid)	PROC_STATE(1, tgid)	/* and somebody knows */
#define PROC_NONE(tgid)		PROC_STATE(2, tgid)	/* not traced after all */
#define PROC_LOST_NOW	(~0ULL)	/* its space has been counted as lost just now */

/* With the id: a whole-system session has met it, and no look has come to it yet. */
#define PROC_MET	(1ULL << 62)

static __always_inline bool proc_is_met(__u64 word)
{
	return word >> 40 == PROC_MET >> 40;
}

/* What is known of a process: the word in procs, or NULL. */
static __always_inline __u64 *proc_word(__u32 tgid)
{
	return bpf_map_lookup_elem(&procs, &tgid);
}

/*
 * It is in the address space @as: who makes it says so, or it itself, which then
 * lives.  One that there is no room for is remembered: its exit will be lost.
 */
static __always_inline void proc_set(__u32 tgid, __u64 as)
{
	__u64 *word = proc_word(tgid);

	/* Not by an update: that puts another in the place of the word. */
	if (word) {
		*(volatile __u64 *)word = as;
	} else if (!bpf_map_update_elem(&procs, &tgid, &as, BPF_ANY)) {
		switches_begin(tgid);
	} else {
		word = lost_word(tgid);
		if (word)
			__sync_fetch_and_or(word, 1ULL << (tgid & 63));
		any_lost = true;
		return;
	}
	proc_lost_ends(tgid);
}

static __always_inline bool proc_known(__u32 tgid)
{
	__u64 *word = proc_word(tgid);

	return (word && *(volatile __u64 *)word != PROC_NONE(tgid)) ||
	       proc_lost(tgid);
}

/* The same, and it is told of, or need not be: no look has to come to it. */
static __always_inline bool proc_entered(__u32 tgid)
{
	__u64 *word = proc_word(tgid), is;

	if (!word)
		return proc_lost(tgid);
	is = *(volatile __u64 *)word;
	return is != PROC_NONE(tgid) && is != PROC_CLAIMED(tgid) &&
	       !proc_is_met(is);
}

/* It is met for the first time. */
static __always_inline void proc_noted(__u32 tgid)
{
	switches_begin(tgid);
	proc_met = true;
}

/*
 * The current process, which lives, is met in the address space @as, 0: there is no
 * room for that.  One that is claimed is told of by who has claimed it.  One that
 * there is no room for here is not noted: a look can claim it all the same.
 */
static __always_inline void proc_meet(__u32 tgid, __u64 as)
{
	__u64 met = PROC_MET | as, was, *word = proc_word(tgid);

	if (!word) {
		if (!proc_lost(tgid) &&
		    !bpf_map_update_elem(&procs, &tgid, &met, BPF_NOEXIST))
			proc_noted(tgid);
		return;
	}
	was = *(volatile __u64 *)word;
	if (was == PROC_NONE(tgid)) {
		if (__sync_val_compare_and_swap(word, was, met) == was)
			proc_noted(tgid);
		return;
	}
	/* Now there is. */
	if (as && proc_is_met(was))
		__sync_val_compare_and_swap(word, was, met);
	else if (as && (was < PROC_MET || was == PROC_LOST_NOW))
		__sync_val_compare_and_swap(word, was, as);
}

enum claim {
	CLAIM_NONE,	/* it is traced already */
	CLAIM_OTHERS,	/* somebody else is adopting it, or has met it just now */
	CLAIM_OURS,
};

/* There is no room for its word. */
static __always_inline enum claim proc_claim_lost(__u32 tgid)
{
	__u64 *word = lost_word(tgid);
	__u64 bit = 1ULL << (tgid & 63);

	any_lost = true;
	if (!word || __sync_fetch_and_or(word, bit) & bit)
		return CLAIM_NONE;
	return CLAIM_OURS;
}

/*
 * A process is to be traced that was there before: only one of those that come to
 * it at once has the claim, and tells of it.  Then, proc_claimed().  @met: what was
 * known of one that was met; else 0.
 */
static __always_inline enum claim proc_claim(__u32 tgid, __u64 *met)
{
	__u64 claimed = PROC_CLAIMED(tgid), was, *word;

	*met = 0;
	if (proc_lost(tgid))
		return CLAIM_NONE;
	if (!bpf_map_update_elem(&procs, &tgid, &claimed, BPF_NOEXIST)) {
		switches_begin(tgid);
		return CLAIM_OURS;
	}
	word = proc_word(tgid);
	if (!word)
		return proc_claim_lost(tgid);
	was = *(volatile __u64 *)word;
	if (was != PROC_NONE(tgid) && !proc_is_met(was))
		return was == claimed ? CLAIM_OTHERS : CLAIM_NONE;
	if (__sync_val_compare_and_swap(word, was, claimed) != was)
		return CLAIM_OTHERS;
	if (proc_is_met(was))
		*met = was;
	else
		switches_begin(tgid);
	return CLAIM_OURS;
}

/*
 * What was claimed is in the address space @as; or, taken back, it is one that was met
 * in that still.  False where it has ended since the claim: then who has claimed it
 * tells of that, too.  (Who has exec'ed is in another.)
 */
static __always_inline bool proc_claimed(__u32 tgid, __u64 as)
{
	__u64 *word = proc_word(tgid);

	if (!word || __sync_val_compare_and_swap(word, PROC_CLAIMED(tgid), as) !=
		     PROC_ENDED(tgid))
		return true;
	bpf_map_delete_elem(&procs, &tgid);
	return false;
}

/*
 * Take back a claim: by then it had @ended, or exec'ed.  False where that has been
 * told meanwhile, as of one that is traced, or is left to the one with the claim.
 */
static __always_inline bool proc_disclaim(__u32 tgid, bool ended)
{
	__u64 *word = proc_word(tgid), claimed = PROC_CLAIMED(tgid);

	if (!word)
		return proc_lost_ends(tgid);
	if (__sync_val_compare_and_swap(word, claimed,
					ended ? PROC_ENDED(tgid) :
						PROC_NONE(tgid)) != claimed)
		return false;
	/* One that goes on may be found anew, or tell of its end. */
	if (ended) {
		switches_drop(tgid);
		bpf_map_delete_elem(&procs, &tgid);
	}
	return true;
}

/* The process has exec'ed: is it traced?  Then its claim is not taken back any more. */
static __always_inline bool proc_execs(__u32 tgid)
{
	__u64 *word = proc_word(tgid);

	if (!word)
		return proc_lost(tgid);
	return __sync_val_compare_and_swap(word, PROC_CLAIMED(tgid), 0) !=
	       PROC_NONE(tgid);
}

/*
 * The process ends: for one caller only, and only where it is traced.  @as: the
 * address space that it was in.
 */
static __always_inline bool proc_ends(__u32 tgid, __u64 *as)
{
	__u64 *word = proc_word(tgid), ended = PROC_ENDED(tgid);

	if (!word)
		return false;
	*as = __sync_val_compare_and_swap(word, PROC_CLAIMED(tgid), ended);
	/* Who has claimed it comes to know. */
	if (*as == PROC_CLAIMED(tgid) || *as == ended)
		return false;
	/* Who claims it right now sees that it is ending. */
	if (*as == PROC_NONE(tgid) &&
	    __sync_val_compare_and_swap(word, *as, ended) != *as)
		return false;
	if (bpf_map_delete_elem(&procs, &tgid))
		return false;
	if (*as == PROC_NONE(tgid)) {
		switches_drop(tgid);
		return false;
	}
	*as = *as == PROC_LOST_NOW ? 0 : *as & ~PROC_MET;
	return true;
}

#endif /* CLEAVE_PROCS_BPF_H */
