/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * procs.bpf.h - the processes that are traced, found by thread group: a word for each,
 * the id of the address space that it is in.
 *
 * A word is taken away by the end of the process, and by none else while it lives: so
 * what several do to it at once, a claim, an exec and an exit, is done to the word.
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

/* In the place of the id: */
#define PROC_LOST_NOW	(~0ULL)	/* its space has been counted as lost just now */
#define PROC_CLAIMED	(~1ULL)	/* it is being adopted */
#define PROC_ENDED	(~2ULL)	/* it has ended, and somebody knows */
#define PROC_NONE	(~3ULL)	/* it is not traced after all */

/* A process that there is no room for is remembered: its exit will be lost. */
static __always_inline void proc_set(__u32 tgid, __u64 as)
{
	__u64 *word;

	if (!bpf_map_update_elem(&procs, &tgid, &as, BPF_ANY)) {
		proc_lost_ends(tgid);
		return;
	}
	word = lost_word(tgid);
	if (word)
		__sync_fetch_and_or(word, 1ULL << (tgid & 63));
	any_lost = true;
}

/* What is known of a process: the word in procs, or NULL. */
static __always_inline __u64 *proc_word(__u32 tgid)
{
	return bpf_map_lookup_elem(&procs, &tgid);
}

static __always_inline bool proc_known(__u32 tgid)
{
	__u64 *word = proc_word(tgid);

	return (word && *(volatile __u64 *)word != PROC_NONE) ||
	       proc_lost(tgid);
}

/* The same, and nobody is about to enter what it is in. */
static __always_inline bool proc_entered(__u32 tgid)
{
	__u64 *word = proc_word(tgid);

	return proc_known(tgid) &&
	       !(word && *(volatile __u64 *)word == PROC_CLAIMED);
}

enum claim {
	CLAIM_NONE,	/* it is traced already */
	CLAIM_OTHERS,	/* somebody else is adopting it */
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
 * it at once has the claim, and tells of it.  Then, proc_claimed().
 */
static __always_inline enum claim proc_claim(__u32 tgid)
{
	__u64 claimed = PROC_CLAIMED, was, *word;

	if (proc_lost(tgid))
		return CLAIM_NONE;
	if (!bpf_map_update_elem(&procs, &tgid, &claimed, BPF_NOEXIST))
		return CLAIM_OURS;
	word = proc_word(tgid);
	if (!word)
		return proc_claim_lost(tgid);
	was = __sync_val_compare_and_swap(word, PROC_NONE, PROC_CLAIMED);
	if (was == PROC_NONE)
		return CLAIM_OURS;
	return was == PROC_CLAIMED ? CLAIM_OTHERS : CLAIM_NONE;
}

/*
 * It is in the address space @as.  False where it has ended meanwhile: as nobody
 * could tell of that, it was never traced.  (Who has exec'ed is in another.)
 */
static __always_inline bool proc_claimed(__u32 tgid, __u64 as)
{
	__u64 *word = proc_word(tgid);

	if (!word || __sync_val_compare_and_swap(word, PROC_CLAIMED, as) !=
		     PROC_ENDED)
		return true;
	bpf_map_delete_elem(&procs, &tgid);
	return false;
}

/*
 * Take back proc_claimed(): it is @ended, and may be so since before the claim, or is
 * in another address space.  False where it was found and told of by then.
 */
static __always_inline bool proc_disclaim(__u32 tgid, __u64 as, bool ended)
{
	__u64 *word = proc_word(tgid);

	if (!word)
		return proc_lost_ends(tgid);
	if (__sync_val_compare_and_swap(word, as, PROC_NONE) != as)
		return false;
	/* An exec may come to it at any time, but not of what has ended. */
	if (ended)
		bpf_map_delete_elem(&procs, &tgid);
	return true;
}

/*
 * The process ends: for one caller only, and only where it is traced.  @as: the
 * address space that it was in.
 */
static __always_inline bool proc_ends(__u32 tgid, __u64 *as)
{
	__u64 *word = proc_word(tgid);

	if (!word)
		return false;
	*as = __sync_lock_test_and_set(word, PROC_ENDED);
	/* Who claims it comes to know. */
	if (*as == PROC_ENDED || *as == PROC_CLAIMED)
		return false;
	bpf_map_delete_elem(&procs, &tgid);
	if (*as == PROC_LOST_NOW)
		*as = 0;
	return *as != PROC_NONE;
}

#endif /* CLEAVE_PROCS_BPF_H */
