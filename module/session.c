// SPDX-License-Identifier: GPL-2.0-only
/*
 * session.c - sessions: memory, roots, totals, and the array in which probes
 * find them.  The first one attaches the hooks, the last one detaches them.
 */
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "cleave_ioctl.h"
#include "hooks.h"
#include "leave.h"
#include "probes.h"
#include "session.h"
#include "stub.h"

static DEFINE_MUTEX(sessions_lock);	/* the array and the hooks */
/* Where the probes find them; a bit of sessions_live says which are there. */
struct session *sessions[MAX_SESSIONS];
unsigned long sessions_live;
/* How many of them want to know how long breaks take. */
unsigned int sessions_timed;
/* And how often tasks are switched to. */
unsigned int sessions_switched;
static u64 last_session_id;

static void wake_reader(struct irq_work *work)
{
	struct session *s = container_of(work, struct session, wake);

	wake_up_interruptible_all(&s->wait);
}

static struct page *ring_page(void)
{
	KUNIT_STATIC_STUB_REDIRECT(ring_page);
	return alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO |
			  __GFP_RETRY_MAYFAIL);
}

static void *ring_map(struct page **pages, unsigned int n)
{
	KUNIT_STATIC_STUB_REDIRECT(ring_map, pages, n);
	return vmap(pages, n, VM_MAP | VM_USERMAP, PAGE_KERNEL);
}

/* As bpf_ringbuf_area_alloc(): positions, then the data pages twice in a row. */
static int alloc_ring(struct session *s, size_t size)
{
	unsigned long data = size >> PAGE_SHIFT, i;

	s->ring_pages = 2 + data;
	s->pages = kvcalloc(2 + 2 * data, sizeof(*s->pages),
			    GFP_KERNEL_ACCOUNT);
	if (!s->pages)
		return -ENOMEM;
	for (i = 0; i < s->ring_pages; i++) {
		s->pages[i] = ring_page();
		if (!s->pages[i])
			return -ENOMEM;
		if (i >= 2)
			s->pages[data + i] = s->pages[i];
	}
	s->ring_mem = ring_map(s->pages, 2 + 2 * data);
	if (!s->ring_mem)
		return -ENOMEM;
	ring_init(&s->ring, s->ring_mem, s->ring_mem + PAGE_SIZE,
		  s->ring_mem + 2 * PAGE_SIZE, size);
	return 0;
}

static void free_ring(struct session *s)
{
	unsigned long i;

	vunmap(s->ring_mem);
	for (i = 0; s->pages && i < s->ring_pages; i++)
		if (s->pages[i])
			__free_page(s->pages[i]);
	kvfree(s->pages);
}

/**
 * session_free() - free a session that is not live; may sleep
 * @s: the session
 */
void session_free(struct session *s)
{
	irq_work_sync(&s->wake);
	leave_put(s->leaving);
	free_ring(s);
	ledger_destroy(&s->ledger);
	put_pid_ns(s->ns);
	kfree(s);
}

static struct session *session_alloc(const struct cleave_start *start)
{
	struct session *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return NULL;
	s->all = start->flags & CLEAVE_START_ALL;
	s->breaks = start->flags & CLEAVE_START_BREAKS;
	s->each = start->flags & (CLEAVE_START_BREAKS | CLEAVE_START_TIMES);
	s->no_args = start->flags & CLEAVE_START_NO_ARGS;
	s->by_uid = start->flags & CLEAVE_START_UID;
	s->uid = make_kuid(current_user_ns(), start->uid);
	s->cgroup = start->cgroup;
	s->picks = s->by_uid || s->cgroup;
	s->switches = start->flags & CLEAVE_START_SWITCHES;
	s->ns = get_pid_ns(task_active_pid_ns(current));
	init_waitqueue_head(&s->wait);
	init_irq_work(&s->wake, wake_reader);
	if (ledger_init(&s->ledger, start->max_as) ||
	    (start->flags & CLEAVE_START_TIMES &&
	     times_init(&s->ledger.times, start->max_as)) ||
	    (s->switches &&
	     table_counted(&s->ledger.procs, CLEAVE_NR_SWITCHES)) ||
	    alloc_ring(s, start->ring_size)) {
		session_free(s);
		return NULL;
	}
	return s;
}

/* Returns of faults and switches are seen only while somebody wants to know of them. */
static void want_more(const struct session *s)
{
	if (times_wanted(&s->ledger.times) && !sessions_timed++)
		hooks_time(true);
	if (s->switches && !sessions_switched++)
		hooks_switch(true);
}

static void want_less(const struct session *s)
{
	if (times_wanted(&s->ledger.times) && !--sessions_timed)
		hooks_time(false);
	if (s->switches && !--sessions_switched)
		hooks_switch(false);
}

static int session_publish(struct session *s, u64 pretend_missing)
{
	u32 i = ffz(sessions_live);

	if (i >= MAX_SESSIONS)
		return -EUSERS;
	if (sessions_live && pretend_missing)
		return -EBUSY;
	if (!sessions_live)
		hooks_attach(pretend_missing);
	want_more(s);
	s->index = i;
	s->id = ++last_session_id;
	s->missed_base = hooks_missed();
	s->live = true;
	sessions[i] = s;
	/* Pairs with sessions_now(): who sees the bit sees the session. */
	smp_store_release(&sessions_live, sessions_live | BIT(i));
	return 0;
}

/**
 * session_start() - a new session, live; may sleep
 * @start: what it is to do, checked
 *
 * Return: the session, or ERR_PTR of -ENOMEM, -EUSERS (too many sessions) or
 * -EBUSY (hooks to be pretended missing are in use).
 */
struct session *session_start(const struct cleave_start *start)
{
	struct session *s = session_alloc(start);
	int err;

	if (!s)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&sessions_lock);
	err = session_publish(s, start->pretend_missing);
	mutex_unlock(&sessions_lock);
	if (!err)
		return s;
	session_free(s);
	return ERR_PTR(err);
}

/**
 * session_stop() - no probe writes into the session any more; may sleep
 * @s: the session; stopping it twice is harmless
 *
 * Ring, totals and ledger stay readable until session_free().
 */
void session_stop(struct session *s)
{
	int i;

	mutex_lock(&sessions_lock);
	if (s->live) {
		WRITE_ONCE(s->live, false);
		WRITE_ONCE(sessions_live, sessions_live & ~BIT(s->index));
		synchronize_rcu();
		sessions[s->index] = NULL;
		s->missed = hooks_missed() - s->missed_base;
		for (i = 0; i < CLEAVE_NR_HOOKS; i++)
			s->hook_errors[i] = hook_error(i);
		want_less(s);
		if (!sessions_live)
			hooks_detach();
	}
	mutex_unlock(&sessions_lock);
}

static int root_enter(struct session *s, struct task_struct *task,
		      struct mm_struct *mm)
{
	u32 slot = ledger_find(&s->ledger, mm);
	u64 as;

	if (!slot)
		slot = ledger_meet(&s->ledger, mm, task->tgid,
				   ktime_get_mono_fast_ns());
	if (!slot) {
		ledger_lost(&s->ledger);
		return -ENOSPC;
	}
	as = ledger_at(&s->ledger, slot)->id;
	if (!ledger_set_proc(&s->ledger, task->tgid, as))
		return -ENOSPC;
	/*
	 * Its exit comes after this and finds the process, or has come before
	 * and did not: then nobody else takes it out.
	 */
	smp_mb();
	if (is_dead(task) && ledger_end_proc(&s->ledger, task->tgid, &as, NULL))
		return -ESRCH;
	return 0;
}

/**
 * session_root() - trace a process and all that it will make; may sleep
 * @s: the session
 * @nr: its pid in the namespace of the caller
 *
 * Return: 0, -ESRCH (no such process, or one without an address space) or
 * -ENOSPC (the ledger is full).
 */
int session_root(struct session *s, pid_t nr)
{
	struct task_struct *task;
	struct mm_struct *mm;
	int err;

	rcu_read_lock();
	task = pid_task(find_vpid(nr), PIDTYPE_PID);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	if (!mm) {
		put_task_struct(task);
		return -ESRCH;
	}
	preempt_disable();
	err = root_enter(s, task, mm);
	preempt_enable();
	mmput(mm);
	put_task_struct(task);
	return err;
}

/**
 * session_totals() - the exact counters, live address spaces included
 * @s: the session
 * @t: filled
 */
void session_totals(struct session *s, struct cleave_totals *t)
{
	*t = s->totals;
	t->missed = s->missed;
	if (s->live)
		t->missed = hooks_missed() - s->missed_base;
	t->live = 0;
	ledger_live(&s->ledger, t);
}

/**
 * session_times() - how long breaks took, all until now
 * @s: the session
 * @t: filled
 *
 * Return: 0, or -ENODATA where it was not asked for.
 */
int session_times(struct session *s, struct cleave_times *t)
{
	if (!times_wanted(&s->ledger.times))
		return -ENODATA;
	*t = *s->ledger.times.total;
	return 0;
}

/**
 * session_hook_error() - hook_error() for a session
 * @s: the session
 * @hook: enum cleave_hook
 *
 * A hook can turn out not to be understood while the session runs; what it was
 * like at the end of it still tells.
 */
int session_hook_error(const struct session *s, unsigned int hook)
{
	return s->live ? hook_error(hook) : s->hook_errors[hook];
}

/**
 * session_reset() - zero the totals; no root may be alive
 * @s: the session
 */
void session_reset(struct session *s)
{
	memset(&s->totals, 0, sizeof(s->totals));
	times_reset(&s->ledger.times);
	s->ledger.lost = 0;
	s->missed_base = hooks_missed();
}

/**
 * session_try_reserve() - a record that is perhaps not to be sent; for probes
 * @s: the session
 * @type: enum cleave_rec_type
 * @size: bytes
 *
 * Return: as session_reserve(), but the caller counts it where it is lost.
 */
void *session_try_reserve(struct session *s, u32 type, u32 size)
{
	struct cleave_hdr *h = ring_reserve(&s->ring, size);

	if (!h)
		return NULL;
	memset(h, 0, size);
	h->type = type;
	h->size = size;
	h->cpu = smp_processor_id();
	h->ts = ktime_get_mono_fast_ns();
	return h;
}

/**
 * session_reserve() - a record in the ring, its header filled; for probes
 * @s: the session
 * @type: enum cleave_rec_type
 * @size: bytes
 *
 * Return: the record, to be committed without sleeping, or NULL: it is lost,
 * which is counted.
 */
void *session_reserve(struct session *s, u32 type, u32 size)
{
	void *rec = session_try_reserve(s, type, size);

	if (!rec)
		cleave_add(&s->totals.lost[type], 1);
	return rec;
}

/**
 * session_commit() - hand the record to the reader; for probes
 * @s: the session
 * @rec: from session_reserve()
 */
void session_commit(struct session *s, void *rec)
{
	struct cleave_hdr *h = rec;

	cleave_add(&s->totals.sent[h->type], 1);
	if (ring_commit(&s->ring, rec))
		irq_work_queue(&s->wake);
}

/**
 * session_discard() - take a record back; for probes
 * @s: the session
 * @rec: from session_reserve()
 */
void session_discard(struct session *s, void *rec)
{
	if (ring_discard(&s->ring, rec))
		irq_work_queue(&s->wake);
}
