/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * adopt.bpf.h - a process that was there before is taken into the trace, with what
 * the kernel still knows of it.
 *
 * Nothing here holds a lock that keeps the process as it is, task_lock() least of
 * all.  So what was read is looked at again once the process is claimed: where it had
 * ended or exec'ed by then, it was never traced.  From there on all that comes finds
 * the claim, an exec and an exit as well, and is told behind the record that was begun
 * before.  Only the entry of an address space that may have ended before the entry was
 * there is taken back, if nobody has told of it: no end would.
 */
#ifndef CLEAVE_ADOPT_BPF_H
#define CLEAVE_ADOPT_BPF_H

#define PF_FORKNOEXEC	0x00000040

/* kin_of() */
#define KIN_FORKED	(1U << 0)	/* no exec since it was made */
#define KIN_CREATOR	(1U << 1)	/* made from what its parent is in */

/*
 * What the kernel still knows of the process that @of_mm is of.  (As the other
 * functions here that are not static, verified once and not at each call: so they
 * take numbers.)
 *
 * begin_new_exec() clears PF_FORKNOEXEC only some time after exec_mmap() has put the
 * new address space in place; setup_arg_pages() has not come to that then.  Fork
 * copies the old one's arguments.
 */
__noinline __u32 kin_of(__u64 of_leader, __u64 of_mm)
{
	struct task_struct *leader = (void *)of_leader;
	struct task_struct *parent = BPF_CORE_READ(leader, real_parent);
	struct mm_struct *mm = (void *)of_mm;
	struct signal_struct *sig = BPF_CORE_READ(parent, signal);
	struct cleave_kin k = {
		.forknoexec = read_field(leader, flags) & PF_FORKNOEXEC &&
			      read_field(mm, arg_start),
		.parent_exec_id = read_field(leader, parent_exec_id),
		.self_exec_id = read_field(parent, self_exec_id),
	};

	/* is_child_reaper(): the first of a pid namespace. */
	k.parent_reaps = own_pid(read_field(parent, group_leader)) == 1 ||
			 BPF_CORE_READ_BITFIELD_PROBED(sig, is_child_subreaper);
	return (cleave_kin_origin(&k) == CLEAVE_BY_FOUND_FORK ? KIN_FORKED : 0) |
	       (cleave_kin_creator(&k) ? KIN_CREATOR : 0);
}

#define GUESTS_MAX	8	/* in a row: each in vfork() */

/*
 * Leader of the process that an address space is of.  Until it execs, a child of
 * vfork() is a guest in its parent's, who goes on in it.
 */
__noinline __u64 host_of(__u64 of_leader, __u64 of_mm)
{
	struct task_struct *leader = (void *)of_leader, *parent;
	int i;

	for (i = 0; i < GUESTS_MAX; i++) {
		parent = BPF_CORE_READ(leader, real_parent);
		if ((__u64)BPF_CORE_READ(parent, mm) != of_mm)
			break;
		leader = BPF_CORE_READ(parent, group_leader);
	}
	return (__u64)leader;
}

/*
 * Slot + 1 of the address space that a task is in, with a reference to its entry; 0:
 * it is not traced.  It may end at any time, and its entry and even its address be
 * another's then: so what was found is looked at again with the reference.
 */
__noinline __u32 as_hold(__u64 of_task, __u64 of_mm)
{
	struct task_struct *task = (void *)of_task;
	struct mm_struct *mm = (void *)of_mm;
	__u32 slot1 = as_find(mm);
	struct cleave_as *as = as_at(slot1);

	if (!as || !as_get(as))
		return 0;
	if (BPF_CORE_READ(task, mm) == mm && as_find(mm) == slot1)
		return slot1;
	as_put(slot1);
	return 0;
}

/* Have @as follow the address space that @parent is in, if that is traced. */
static __always_inline void adopt_follow(struct cleave_as *as,
					 struct task_struct *parent)
{
	__u32 slot1 = as_hold((__u64)parent,
			      (__u64)BPF_CORE_READ(parent, mm));
	struct cleave_as *creator = as_at(slot1);

	if (!creator)
		return;
	if (as_tell(creator))
		cleave_as_follow(as, creator, slot1 - 1);
	as_put(slot1);
}

/*
 * Enter the address space @mm of a process.  Returns slot + 1 of the entry that
 * stands, if that is ours with a reference for us.
 */
static __always_inline __u32 adopt_mm(struct task_struct *host,
				      struct task_struct *parent,
				      struct mm_struct *mm, __u32 kin,
				      bool *ours)
{
	struct cleave_as *as;
	__u32 slot1, stands;

	slot1 = as_alloc(kin & KIN_FORKED ? CLEAVE_BY_FOUND_FORK :
					    CLEAVE_BY_FOUND, 0);
	as = as_at(slot1);
	if (!as)
		return 0;
	cleave_add(&as->refs, 1);
	if (kin & KIN_CREATOR)
		adopt_follow(as, parent);
	/* Until then it is one that is being made, see cleave_as_snap(). */
	cleave_wmb();
	*(volatile __s32 *)&as->owner = read_field(host, tgid);
	stands = as_insert(mm, slot1, 0);
	*ours = stands == slot1;
	if (!*ours) {
		as_drop(slot1);
		as_put(slot1);
	}
	return stands;
}

/*
 * It was met before a look came to its process.  There is one look at a time, so nobody
 * else is about to do this; only an exec and an end can come in between.
 */
static __always_inline void adopt_claim(__u32 slot1, struct cleave_as *as,
					struct task_struct *host,
					struct task_struct *parent, __u32 kin)
{
	__u32 origin = kin & KIN_FORKED ? CLEAVE_BY_FOUND_FORK : CLEAVE_BY_FOUND;

	if (as->origin != CLEAVE_BY_MET)
		return;
	if (kin & KIN_CREATOR)
		adopt_follow(as, parent);
	*(volatile __s32 *)&as->owner = read_field(host, tgid);
	/* What has come in between did not see the creator. */
	if (!cleave_as_claim(as, origin))
		as_unfollow(as);
	else if (want_times && kin & KIN_FORKED)
		times_claimed(slot1);
}

/* Id of the address space that @as follows, which may give it up at any time. */
static __always_inline __u64 adopt_creator(struct cleave_as *as)
{
	__u32 slot1 = *(volatile __u32 *)&as->creator;
	struct cleave_as *creator = as_at(slot1);
	__u64 id = creator ? cleave_get(&creator->id) : 0;

	return *(volatile __u32 *)&as->creator == slot1 ? id : 0;
}

static __always_inline void adopt_fill(struct cleave_attach *a,
				       struct task_struct *leader,
				       struct mm_struct *mm, __u32 kin,
				       bool guest, struct cleave_as *as)
{
	/* As its entry has it, which others may have made. */
	bool forked = as && !guest ? cleave_as_forked(as) : kin & KIN_FORKED;

	a->what = forked ? CLEAVE_HAS_FIGURES : 0;
	a->as = as ? as->id : 0;
	a->creator_as = 0;
	if (kin & KIN_CREATOR && guest)
		a->creator_as = a->as;
	else if (kin & KIN_CREATOR && as)
		a->creator_as = adopt_creator(as);
	a->start_ns = read_field(leader, start_time);
	a->vm = read_field(mm, total_vm);
	a->cgroup = cgroup_of(leader);
	a->pid = seen_pid(leader);
	a->ns_pid = own_pid(leader);
	a->parent_pid = seen_pid(read_field(leader, real_parent));
	bpf_probe_read_kernel(a->comm, sizeof(a->comm), leader->comm);
}

/* Has the last task of the process begun to end? */
static __always_inline bool adopt_ended(struct task_struct *task)
{
	struct signal_struct *sig = read_field(task, signal);

	return !read_field(sig, live.counter);
}

/*
 * Is the process of @task, which was in @mm, going on in it?  A task of it that is:
 * any may end while others go on, the leader as well.  Else NULL.
 */
static __always_inline struct task_struct *adopt_in(struct task_struct *task,
						    struct mm_struct *mm)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	if (adopt_ended(task))
		return NULL;
	/* exit_mm() empties it before exit_mmap() can come. */
	if (BPF_CORE_READ(task, mm) == mm)
		return task;
	return BPF_CORE_READ(leader, mm) == mm ? leader : NULL;
}

/*
 * The entry of what @task is in: there already, or entered now.  Returns slot + 1,
 * with a reference for us.  One that stands can be taken back as we come to it: then
 * there is room for ours.
 */
static __always_inline __u32 adopt_entry(struct task_struct *task,
					 struct task_struct *host,
					 struct task_struct *parent,
					 struct mm_struct *mm, __u32 kin,
					 bool *ours)
{
	__u32 slot1 = as_hold((__u64)task, (__u64)mm);
	struct cleave_as *as;
	int i;

	for (i = 0; i < 2 && !slot1; i++) {
		slot1 = adopt_mm(host, parent, mm, kin, ours);
		if (!slot1 || *ours)
			return slot1;
		slot1 = as_hold((__u64)task, (__u64)mm);
	}
	as = as_at(slot1);
	if (as)
		adopt_claim(slot1, as, host, parent, kin);
	return slot1;
}

/* There is no room for it; with a guest in it, it has been counted with its host. */
static __always_inline void adopt_lose(struct task_struct *leader,
				       struct task_struct *host,
				       struct mm_struct *mm)
{
	if (!stopped &&
	    (host == leader || !proc_known(read_field(host, tgid))))
		as_lose(mm, false);
}

/*
 * Is the entry to stay that we have made?  If the address space was not given up before
 * that could be found, or if somebody tells of it.
 */
static __always_inline bool adopt_stays(__u32 slot1, struct task_struct *task,
					struct mm_struct *mm)
{
	return adopt_in(task, mm) || !as_undo(mm, slot1);
}

/* What comes of it. */
enum adopted {
	ADOPT_FAILED,	/* it has ended, or is about to exec, or be told of */
	ADOPT_DONE,
	ADOPT_ENDED,	/* the same, and it has ended since */
	ADOPT_KNOWN,	/* it was traced before */
};

/* What is said of a process that is traced from now on. */
static __always_inline void adopt_tell(struct cleave_attach *a, __u32 what,
				       struct task_struct *leader,
				       struct mm_struct *mm, __u32 kin,
				       bool guest, struct cleave_as *as)
{
	adopt_fill(a, leader, mm, kin, guest, as);
	a->what |= what;
	rec_commit(a, CLEAVE_REC_ATTACH);
}

/*
 * It has ended since it was claimed, or is about to exec: it is not traced then.  One
 * that was met is so still.  False where others have told of it meanwhile.
 */
static __always_inline bool adopt_missed(struct task_struct *task, __u64 met)
{
	__u32 tgid = read_field(task, tgid);

	if (!met)
		return proc_disclaim(tgid, adopt_ended(task));
	if (!proc_claimed(tgid, met))
		exit_send(task, met & ~PROC_MET);
	return true;
}

/* With slot + 1 of what it is in, what adopt_enter() says: enum adopted */
#define ADOPTED(how, slot1)	((__u64)(how) << 32 | (slot1))
#define ADOPTED_HOW(ret)	((__u32)((ret) >> 32))

/*
 * Claim the process of a task, and enter what it is in.  Returns ADOPTED(), with a
 * reference to the entry.
 */
__noinline __u64 adopt_enter(__u64 of_task, __u64 of_mm, __u64 of_host,
			     __u32 host_kin)
{
	struct task_struct *task = (void *)of_task, *host = (void *)of_host;
	struct task_struct *in;
	struct mm_struct *mm = (void *)of_mm;
	__u32 tgid = read_field(task, tgid), slot1 = 0;
	bool ours = false, goes_on;
	struct cleave_as *as;
	enum claim claim;
	__u64 met;

	claim = proc_claim(tgid, &met);
	if (claim != CLAIM_OURS)
		return ADOPTED(claim == CLAIM_NONE ? ADOPT_KNOWN : ADOPT_FAILED,
			       0);
	in = adopt_in(task, mm);
	if (!in && adopt_missed(task, met))
		return ADOPTED(ADOPT_FAILED, 0);
	if (in)
		slot1 = adopt_entry(in, host, BPF_CORE_READ(host, real_parent),
				    mm, host_kin, &ours);
	as = as_at(slot1);
	if (as && ours && !adopt_stays(slot1, task, mm)) {
		as_put(slot1);
		slot1 = 0;
		as = NULL;
	}
	if (!as && adopt_in(task, mm))
		adopt_lose(BPF_CORE_READ(task, group_leader), host, mm);
	goes_on = proc_claimed(tgid, as ? as->id : 0);
	return ADOPTED(goes_on ? ADOPT_DONE : ADOPT_ENDED, slot1);
}

/* Of a look: */
bool adopt_lossy;	/* without a record where there is no room for it */
__u32 adopt_told_of;	/* records that it has written */
bool adopt_full;	/* there is no room for more: it ends */

static __always_inline bool adopt_is_new(__u64 ret)
{
	return ADOPTED_HOW(ret) == ADOPT_DONE ||
	       ADOPTED_HOW(ret) == ADOPT_ENDED;
}

/* There is no room for a record. */
static __always_inline __u64 adopt_untold(struct task_struct *task,
					  struct task_struct *host,
					  struct mm_struct *mm, __u32 host_kin)
{
	__u64 ret;

	if (!adopt_lossy)
		return ADOPTED(ADOPT_FAILED, 0);
	ret = adopt_enter((__u64)task, (__u64)mm, (__u64)host, host_kin);
	if (adopt_is_new(ret))
		cleave_add(&totals.lost[CLEAVE_REC_ATTACH], 1);
	return ret;
}

/*
 * The same, and tell of it.  The record is begun before the process is claimed, so that
 * it comes before all that find the claim tell of.  Where there is no room for it, a
 * look comes again.
 */
static __always_inline __u64 adopt_told(struct task_struct *task,
					struct task_struct *leader,
					struct task_struct *host,
					struct mm_struct *mm)
{
	__u32 kin = kin_of((__u64)leader, (__u64)mm), host_kin = kin;
	struct cleave_attach *a;
	__u64 ret;

	if (host != leader)
		host_kin = kin_of((__u64)host, (__u64)mm);
	a = bpf_ringbuf_reserve(&ring, sizeof(*a), 0);
	if (!a) {
		adopt_full = true;
		return adopt_untold(task, host, mm, host_kin);
	}
	rec_begin(&a->hdr, CLEAVE_REC_ATTACH, sizeof(*a));
	ret = adopt_enter((__u64)task, (__u64)mm, (__u64)host, host_kin);
	if (adopt_is_new(ret)) {
		adopt_tell(a, 0, leader, mm, kin, host != leader,
			   as_at((__u32)ret));
		adopt_told_of++;
	} else {
		bpf_ringbuf_discard(a, 0);
	}
	return ret;
}

/**
 * adopt_task() - trace the process of a task that no clone has told of; for a look
 * @of_task: any of its tasks
 * @silent: it is the session's own child: no record, and its kin is not asked for
 *
 * Return: enum adopted
 */
__noinline int adopt_task(__u64 of_task, __u32 silent)
{
	struct task_struct *task = (void *)of_task, *host;
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct cleave_as *as;
	__u64 ret;

	if (stopped || !mm || read_field(task, flags) & PF_KTHREAD)
		return ADOPT_FAILED;
	host = (void *)host_of((__u64)leader, (__u64)mm);
	if (silent)
		ret = adopt_enter(of_task, (__u64)mm, (__u64)host, 0);
	else
		ret = adopt_told(task, leader, host, mm);
	as = as_at((__u32)ret);
	if (ADOPTED_HOW(ret) == ADOPT_ENDED)
		exit_send(task, as ? as->id : 0);
	as_put((__u32)ret);
	return ADOPTED_HOW(ret);
}

/*
 * Claim a process that the current task has just made, and enter what it is in: its own,
 * or what the current task is in, who is traced.  It can neither end nor exec meanwhile.
 * Returns ADOPTED(), as above.
 */
__noinline __u64 adopt_made(__u64 of_child, __u64 of_mm)
{
	struct task_struct *child = (void *)of_child;
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = (void *)of_mm;
	__u32 tgid = read_field(child, tgid), slot1;
	bool ours = false;
	struct cleave_as *as;
	__u64 met;

	if (proc_claim(tgid, &met) != CLAIM_OURS)
		return ADOPTED(ADOPT_KNOWN, 0);
	if (BPF_CORE_READ(task, mm) == mm) {
		slot1 = as_hold((__u64)task, of_mm);
	} else {
		slot1 = adopt_entry(child, child, task, mm,
				    KIN_FORKED | KIN_CREATOR, &ours);
		if (!slot1)
			as_lose(mm, false);
	}
	as = as_at(slot1);
	proc_claimed(tgid, as ? as->id : 0);
	return ADOPTED(ADOPT_DONE, slot1);
}

/*
 * Trace what the current task has just made and is about to let run.  All is known of
 * it, so its kin is not asked for; and no look need have been there yet.
 */
static __always_inline void adopt_child(__u64 of_child)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *child = (void *)of_child;
	struct mm_struct *mm = BPF_CORE_READ(child, mm);
	struct cleave_attach *a;
	__u64 ret;

	a = bpf_ringbuf_reserve(&ring, sizeof(*a), 0);
	if (!a) {
		ret = adopt_made(of_child, (__u64)mm);
		if (ADOPTED_HOW(ret) == ADOPT_DONE)
			cleave_add(&totals.lost[CLEAVE_REC_ATTACH], 1);
		as_put((__u32)ret);
		return;
	}
	rec_begin(&a->hdr, CLEAVE_REC_ATTACH, sizeof(*a));
	ret = adopt_made(of_child, (__u64)mm);
	if (ADOPTED_HOW(ret) == ADOPT_DONE)
		adopt_tell(a, CLEAVE_JUST_MADE, child, mm,
			   KIN_FORKED | KIN_CREATOR,
			   BPF_CORE_READ(task, mm) == mm, as_at((__u32)ret));
	else
		bpf_ringbuf_discard(a, 0);
	as_put((__u32)ret);
}

/*
 * Who made a process, where that is to be entered before it, see
 * cleave_kin_creator(); else 0.
 */
__noinline __u64 maker_of(__u64 of_task)
{
	struct task_struct *task = (void *)of_task, *leader, *maker;

	leader = BPF_CORE_READ(task, group_leader);
	maker = BPF_CORE_READ(leader, real_parent);
	if (!sees(maker) || proc_entered(read_field(maker, tgid)))
		return 0;
	if (!(kin_of((__u64)leader, (__u64)BPF_CORE_READ(task, mm)) &
	      KIN_CREATOR))
		return 0;
	return (__u64)maker;
}

/* The eldest of those, 0: there is none. */
__noinline __u64 eldest_of(__u64 of_task)
{
	__u64 eldest = 0;
	int i;

	for (i = 0; i < CLEAVE_KIN_MAX; i++) {
		of_task = maker_of(of_task);
		if (!of_task)
			break;
		eldest = of_task;
	}
	return eldest;
}

/* adopt_task(), and before it, the eldest first, those that made it. */
__noinline int adopt_line(__u64 of_task)
{
	__u64 eldest;
	int i;

	for (i = 0; i < CLEAVE_KIN_MAX; i++) {
		eldest = eldest_of(of_task);
		if (!eldest || adopt_task(eldest, false) == ADOPT_FAILED)
			break;
	}
	/* Then it comes once there is room for those that made it. */
	if (adopt_full && !adopt_lossy)
		return ADOPT_FAILED;
	return adopt_task(of_task, false);
}

#endif /* CLEAVE_ADOPT_BPF_H */
