// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_model.c - which records become which events.
 *
 * Build: with user/agg/{families,live}.c,
 * user/core/{model,cgroups,times,convert,known,flags}.c,
 * user/lib/hash.c and user/source/hooks.c.
 */
#include "allocations.h"
#include "shim.h"
#include "records.h"

/* Remembers what it was told, in short. */
struct log {
	struct sink s;
	struct known known;
	struct model *m;
	char text[1024];
	struct ev_exit last_exit;
	struct ev_clone last_clone;
	struct ev_wait last_wait;
	struct ev_attach last_attach;
	struct ev_snapshot last_snapshot;
	struct ev_space last_space;
	__u64 last_ts;
	void *last_node;
};

#define LOG(l, fmt, ...)						\
	do {								\
		struct log *l_ = (struct log *)(l);			\
		size_t at_ = strlen(l_->text);				\
									\
		snprintf(l_->text + at_, sizeof(l_->text) - at_, fmt,	\
			 ##__VA_ARGS__);				\
	} while (0)

static void on_event(struct sink *s, const struct event *e)
{
	struct log *l = (struct log *)s;

	switch (e->type) {
	case EVENT_CLONE: {
		struct proc_ref *child = e->clone.child;

		LOG(s, "clone %d>%d ", e->clone.parent->pid, child ? child->pid : 0);
		l->last_clone = e->clone;
		if (child)
			child->slot[PROC_SLOT_TREE] = (void *)(long)child->pid;
		break;
	}
	case EVENT_EXEC:
		LOG(s, "exec %d %s ", e->exec.proc->pid, e->exec.proc->comm);
		l->last_wait = e->exec.wait;
		break;
	case EVENT_EXIT:
		LOG(s, "exit %d%s ", e->exit.pid, e->exit.fig.arrived ? "+fig" :
		    e->exit.closes ? "+lost" : "");
		l->last_exit = e->exit;
		l->last_wait = e->exit.wait;
		l->last_ts = e->ts;
		l->last_node = e->exit.proc->slot[PROC_SLOT_TREE];
		break;
	case EVENT_GONE:
		LOG(s, "gone %d ", e->gone.pid);
		break;
	case EVENT_BREAK:
		LOG(s, "break %d ", e->brk.tid);
		break;
	case EVENT_ATTACH:
		LOG(s, "attach %d<%d ", e->attach.proc->pid,
		    e->attach.parent ? e->attach.parent->pid : 0);
		l->last_attach = e->attach;
		break;
	case EVENT_LOOK:
		LOG(s, "look %d %llu ", e->look.proc->pid, e->look.shared);
		break;
	case EVENT_SNAPSHOT:
		LOG(s, "snapshot %u/%u ", e->snapshot.nr_spaces, e->snapshot.nr_families);
		l->last_snapshot = e->snapshot;
		if (e->snapshot.nr_spaces)
			l->last_space = e->snapshot.spaces[0];
		break;
	default:
		break;
	}
}

static const struct sink_ops ops = {
	.event = on_event,
};

static int log_init(struct kunit *test)
{
	struct log *l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);

	if (!l)
		return -1;
	test->priv = l;
	l->s.ops = &ops;
	known_all(&l->known);
	l->m = model_new(&l->s, &l->known);
	return l->m ? 0 : -1;
}

static void log_exit(struct kunit *test)
{
	struct log *l = test->priv;

	model_free(l->m);
}

static void exit_before_end(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_exit(2, 7, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 ");
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 exit 2+fig ");
	KUNIT_EXPECT_EQ(test, l->last_exit.fig.cow[CLEAVE_COPIED], 9ULL);
	KUNIT_EXPECT_EQ(test, l->last_ts, 3000ULL);
}

static void end_before_exit(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 ");
	FEED(l->m, rec_exit(2, 7, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 exit 2+fig ");
	KUNIT_EXPECT_EQ(test, l->last_exit.fig.shared, 75ULL);
}

static void exit_after_exec_waits_for_nothing(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_exit(2, 8, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 exec 2 ls exit 2 ");
	KUNIT_EXPECT_FALSE(test, l->last_exit.closes);
}

static void vfork_child_has_no_figures(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_vfork(2, 3, 7));
	FEED(l->m, rec_exec(3, 7, 8, 0));
	FEED(l->m, rec_exit(3, 8, 0));
	FEED(l->m, rec_exit(2, 7, 0));
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_STREQ(test, l->text,
			   "clone 1>2 clone 2>3 exec 3 ls exit 3 exit 2+fig ");
}

static void last_user_has_the_figures(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_vfork(2, 3, 7));
	FEED(l->m, rec_exit(2, 7, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 clone 2>3 exit 2 ");
	FEED(l->m, rec_exit(3, 7, 0));
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 clone 2>3 exit 2 exit 3+fig ");
}

/* The clone of 3 was lost, so 2 seemed to be the last one. */
static void another_last_user(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_exit(2, 7, 0));
	FEED(l->m, rec_exit(3, 7, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 exit 2 ");
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 exit 2 exit 3+fig ");
	model_flush(l->m);
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 exit 2 exit 3+fig ");
}

static void end_after_exec_has_none(struct kunit *test)
{
	struct log *l = test->priv;

	/* 3 lives on in 2's address space after 2 has exec'ed out of it. */
	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_vfork(2, 3, 7));
	FEED(l->m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_exit(3, 7, 0));
	FEED(l->m, rec_end(7, CLEAVE_AFTER_EXEC));
	KUNIT_EXPECT_STREQ(test, l->text,
			   "clone 1>2 clone 2>3 exec 2 ls exit 3 ");
}

static void lost_end_is_flushed(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_exit(2, 7, 0));
	model_flush(l->m);
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 exit 2+lost ");
}

static void lost_clone(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_exit(2, 8, 0));
	FEED(l->m, rec_end(9, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_exit(3, 9, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "exec 2 ls exit 2 exit 3+fig ");
	KUNIT_EXPECT_EQ(test, model_live(l->m), 0UL);
}

static void lost_exec(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_exit(2, 8, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 exit 2 ");
}

static void pid_reused_after_exit(struct kunit *test)
{
	struct log *l = test->priv;

	/* The first 2 is still held back when the second one is made. */
	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_exit(2, 7, 0));
	FEED(l->m, rec_clone(1, 2, 8));
	FEED(l->m, rec_exit(2, 8, 256));
	FEED(l->m, rec_end(8, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_EQ(test, l->last_exit.status, 256);
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_EQ(test, l->last_exit.status, 0);
	KUNIT_EXPECT_STREQ(test, l->text,
			   "clone 1>2 clone 1>2 exit 2+fig exit 2+fig ");
}

static void pid_reused_after_lost_exit(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_clone(1, 2, 8));
	KUNIT_EXPECT_EQ(test, model_live(l->m), 2UL);
	FEED(l->m, rec_exit(2, 8, 0));
	FEED(l->m, rec_end(8, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 gone 2 clone 1>2 exit 2+fig ");
}

static void threads_are_no_processes(struct kunit *test)
{
	struct log *l = test->priv;
	struct cleave_clone c = rec_vfork(2, 5, 7);

	FEED(l->m, rec_clone(1, 2, 7));
	c.kind = CLEAVE_KIND_THREAD;
	c.child_pid = 2;
	FEED(l->m, c);
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 clone 2>0 ");
	KUNIT_EXPECT_EQ(test, model_live(l->m), 2UL);
	FEED(l->m, rec_exit(2, 7, 0));
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_EQ(test, model_live(l->m), 1UL);
	KUNIT_EXPECT_TRUE(test, l->last_exit.fig.arrived);
}

static void failed_clone_makes_nothing(struct kunit *test)
{
	struct log *l = test->priv;
	struct cleave_clone c = rec_clone(1, 0, 0);

	c.error = 11;
	c.child_tid = 0;
	FEED(l->m, c);
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>0 ");
	KUNIT_EXPECT_EQ(test, model_live(l->m), 1UL);
}

static void failed_exec_changes_nothing(struct kunit *test)
{
	struct log *l = test->priv;
	struct cleave_exec x = rec_exec(2, 7, 0, 0);

	FEED(l->m, rec_clone(1, 2, 7));
	x.error = 8;
	FEED(l->m, x);
	FEED(l->m, rec_exit(2, 7, 0));
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 exec 2 parent exit 2+fig ");
}

static void without_ends_nothing_is_held(struct kunit *test)
{
	struct log *l = test->priv;

	l->known.ends = false;
	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_exit(2, 7, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 exit 2+lost ");
}

static void node_stays_with_its_process(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_exit(2, 8, 0));
	KUNIT_EXPECT_PTR_EQ(test, l->last_node, (void *)2);
}

static void held_do_not_pile_up(struct kunit *test)
{
	struct log *l = test->priv;
	int i;

	for (i = 0; i < 100000; i++) {
		FEED(l->m, rec_clone(1, 10 + i, 10 + i));
		FEED(l->m, rec_exit(10 + i, 10 + i, 0));
		l->text[0] = '\0';
	}
	model_flush(l->m);
	KUNIT_EXPECT_EQ(test, model_live(l->m), 1UL);
}

/* Of the end of a kernel thread there is no record: none must be kept. */
static void kernel_threads_are_not_kept(struct kunit *test)
{
	struct log *l = test->priv;
	struct cleave_clone c = rec_vfork(2, 0, 0);
	int i;

	c.call = CLEAVE_CALL_KTHREAD;
	c.kind = CLEAVE_KIND_KTHREAD;
	for (i = 0; i < 100000; i++) {
		c.child_pid = 10 + i;
		c.child_tid = 10 + i;
		FEED(l->m, c);
		l->text[0] = '\0';
	}
	KUNIT_EXPECT_EQ(test, model_live(l->m), 1UL);
	/* But each is somebody, of whom there is no other. */
	KUNIT_EXPECT_EQ(test, l->last_clone.child_id, 100001ULL);
	KUNIT_EXPECT_EQ(test, l->last_clone.parent_id, 1ULL);
}

/* A helper's program is a process, made by a kernel thread. */
static void user_mode_helper(struct kunit *test)
{
	struct log *l = test->priv;
	struct cleave_clone c = rec_vfork(2, 7, 0);

	c.call = CLEAVE_CALL_UMH;
	c.kind = CLEAVE_KIND_UMH;
	FEED(l->m, c);
	FEED(l->m, rec_exec(7, 0, 8, 0));
	FEED(l->m, rec_exit(7, 8, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 2>7 exec 7 ls exit 7 ");
	KUNIT_EXPECT_EQ(test, model_live(l->m), 1UL);
}

static struct own_gone rec_gone(pid_t pid)
{
	struct own_gone g = {
		.hdr = { .type = OWN_REC_GONE, .size = sizeof(g), .ts = 9000 },
		.pid = pid,
	};

	return g;
}

static void gone_is_forgotten(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_gone(2));
	FEED(l->m, rec_gone(3));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 gone 2 ");
	KUNIT_EXPECT_EQ(test, model_live(l->m), 1UL);
	/* The end comes all the same, and belongs to nobody. */
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 gone 2 ");
}

static void named(void *ctx, pid_t pid)
{
	struct log *l = ctx;

	LOG(l, "named %d ", pid);
	FEED(l->m, rec_gone(pid));
}

/* Marked, and ended or replaced before the sweep: only the rest is named. */
static void sweep(struct kunit *test)
{
	const pid_t none = 1 << 23;	/* above the largest pid */
	struct log *l = test->priv;
	int i;

	for (i = 0; i < 3; i++)
		FEED(l->m, rec_clone(1, none + i, 7 + i));
	model_mark_gone(l->m);
	FEED(l->m, rec_exit(none, 7, 0));
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_clone(1, none + 1, 20));
	l->text[0] = '\0';
	model_sweep_gone(l->m, named, l);
	KUNIT_EXPECT_STREQ(test, l->text, "named 8388610 gone 8388610 ");
	KUNIT_EXPECT_EQ(test, model_live(l->m), 2UL);
}

/* One of each, and what it allocates. */
static unsigned long cost_of(struct log *l, bool execs, bool end_first)
{
	unsigned long before = allocations;

	l->text[0] = '\0';
	FEED(l->m, rec_clone(1, 2, 7));
	if (execs) {
		FEED(l->m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES));
		FEED(l->m, rec_exit(2, 8, 0));
	} else if (end_first) {
		FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
		FEED(l->m, rec_exit(2, 7, 0));
	} else {
		FEED(l->m, rec_exit(2, 7, 0));
		FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	}
	return allocations - before;
}

/* What those took that were before is used again. */
static void nothing_is_allocated_per_event(struct kunit *test)
{
	struct log *l = test->priv;
	unsigned long first;

	KUNIT_ASSERT_TRUE(test, count_allocations());
	first = cost_of(l, true, false);
	KUNIT_EXPECT_GT(test, first, 0UL);
	KUNIT_EXPECT_EQ(test, cost_of(l, false, false), 0UL);
	KUNIT_EXPECT_EQ(test, cost_of(l, false, true), 0UL);
	KUNIT_EXPECT_EQ(test, cost_of(l, true, false), 0UL);
}

/* Whatever there is in the tables, all of it is found again. */
static void many_at_once(struct kunit *test)
{
	struct log *l = test->priv;
	int i, n = 100000;

	for (i = 0; i < n; i++) {
		FEED(l->m, rec_clone(1, 10 + i, 10 + i));
		l->text[0] = '\0';
	}
	KUNIT_EXPECT_EQ(test, model_live(l->m), n + 1UL);
	for (i = n - 1; i >= 0; i--) {
		FEED(l->m, rec_exit(10 + i, 10 + i, 0));
		FEED(l->m, rec_end(10 + i, CLEAVE_HAS_FIGURES));
		KUNIT_ASSERT_EQ(test, l->last_exit.pid, 10 + i);
		KUNIT_ASSERT_EQ(test, l->last_exit.id, 2ULL + i);
		KUNIT_ASSERT_TRUE(test, l->last_exit.fig.arrived);
		l->text[0] = '\0';
	}
	KUNIT_EXPECT_EQ(test, model_live(l->m), 1UL);
	/* The tables are small again. */
	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_exit(2, 7, 0));
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 exit 2+fig ");
}

static void names_are_cut(struct kunit *test)
{
	struct log *l = test->priv;
	struct cleave_exec x = rec_exec(2, 7, 8, 0);

	strcpy(x.path, "/usr/bin/a-name-that-is-too-long");
	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, x);
	strcpy(x.path, "b");
	FEED(l->m, x);
	strcpy(x.path, "ends-with/");
	FEED(l->m, x);
	KUNIT_EXPECT_STREQ(test, l->text,
			   "clone 1>2 exec 2 a-name-that-is- exec 2 b exec 2  ");
}

static struct cleave_attach rec_attach_after_exec(pid_t pid, pid_t parent, __u64 as)
{
	struct cleave_attach a = rec_attach(pid, parent, as, 0);

	a.what = 0;
	return a;
}

/* As of one whose clone was seen: its exit joins its end. */
static void attached_is_there(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_attach_after_exec(1, 0, 6));
	FEED(l->m, rec_attach(2, 1, 7, 6));
	KUNIT_EXPECT_STREQ(test, l->text, "attach 1<0 attach 2<1 ");
	KUNIT_EXPECT_TRUE(test, l->last_attach.before_exec);
	KUNIT_EXPECT_EQ(test, l->last_attach.id, 2ULL);
	KUNIT_EXPECT_EQ(test, l->last_attach.creator_space, 6ULL);
	KUNIT_EXPECT_STREQ(test, l->last_attach.proc->comm, "worker");
	KUNIT_EXPECT_EQ(test, model_live(l->m), 2UL);
	l->text[0] = '\0';
	FEED(l->m, rec_exit(2, 7, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "");
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	KUNIT_EXPECT_STREQ(test, l->text, "exit 2+fig ");
	KUNIT_EXPECT_FALSE(test, l->last_exit.fig.clone_seen);
	/* One that had exec'ed has none. */
	FEED(l->m, rec_exit(1, 6, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "exit 2+fig exit 1 ");
	KUNIT_EXPECT_EQ(test, model_live(l->m), 0UL);
}

/* The one that was there from the start has no space yet, until a record tells. */
static void attached_twice_is_one(struct kunit *test)
{
	struct log *l = test->priv;
	struct proc_ref *root = model_add_root(l->m, 1, "cleave");

	FEED(l->m, rec_attach_after_exec(1, 0, 6));
	FEED(l->m, rec_attach_after_exec(1, 0, 6));
	KUNIT_EXPECT_PTR_EQ(test, l->last_attach.proc, root);
	KUNIT_EXPECT_STREQ(test, l->text, "attach 1<0 attach 1<0 ");
	KUNIT_EXPECT_EQ(test, root->space, 6ULL);
	KUNIT_EXPECT_EQ(test, model_live(l->m), 1UL);
}

/* Who began since it was heard of is another, wherever that one was; and so on. */
static void attached_under_a_used_pid(struct kunit *test)
{
	struct log *l = test->priv;
	struct cleave_attach a = rec_attach(2, 2, 9, 0);

	a.start_ns = 1500;
	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, a);
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 gone 2 attach 2<0 ");
	KUNIT_EXPECT_EQ(test, model_live(l->m), 2UL);
	a.start_ns = 1501;
	FEED(l->m, a);
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 gone 2 attach 2<0 gone 2 attach 2<0 ");
	KUNIT_EXPECT_EQ(test, model_live(l->m), 2UL);
}

/* It was met, and has forked, and exec'ed just before it was attached to. */
static void attached_elsewhere(struct kunit *test)
{
	struct log *l = test->priv;
	struct cleave_attach a = rec_attach_after_exec(1, 0, 9);
	struct cleave_clone c = rec_clone(1, 2, 7);

	c.parent_as = 6;
	FEED(l->m, c);
	KUNIT_EXPECT_EQ(test, l->last_clone.parent->space, 6ULL);
	FEED(l->m, a);
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 attach 1<0 ");
	KUNIT_EXPECT_EQ(test, l->last_attach.id, 1ULL);
	KUNIT_EXPECT_EQ(test, l->last_attach.proc->space, 9ULL);
	/* And what it is in has no room. */
	a.as = 0;
	FEED(l->m, a);
	KUNIT_EXPECT_EQ(test, l->last_attach.proc->space, 0ULL);
	FEED(l->m, rec_exit(1, 0, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "clone 1>2 attach 1<0 attach 1<0 exit 1 ");
}

/* No room in the ledger: it is there all the same. */
static void attached_without_room(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_attach(2, 0, 0, 0));
	FEED(l->m, rec_exit(2, 0, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "attach 2<0 exit 2 ");
}

static void vfork_waits_for_an_exec(struct kunit *test)
{
	struct log *l = test->priv;
	struct cleave_exec x = rec_exec(3, 7, 8, 0), failed = x;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_vfork(2, 3, 7));
	failed.error = 2;
	FEED(l->m, failed);
	KUNIT_EXPECT_FALSE(test, l->last_wait.there);
	x.released_ns = 1900;
	FEED(l->m, x);
	KUNIT_EXPECT_TRUE(test, l->last_wait.there);
	KUNIT_EXPECT_TRUE(test, l->last_wait.known);
	KUNIT_EXPECT_EQ(test, l->last_wait.ns, 900ULL);
	/* He has gone on since. */
	FEED(l->m, rec_exec(3, 8, 9, 0));
	KUNIT_EXPECT_FALSE(test, l->last_wait.there);
	FEED(l->m, rec_exit(3, 9, 0));
	KUNIT_EXPECT_FALSE(test, l->last_wait.there);
}

static void vfork_waits_for_an_end(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_vfork(2, 3, 7));
	FEED(l->m, rec_exit(3, 7, 0));
	KUNIT_EXPECT_TRUE(test, l->last_wait.there);
	KUNIT_EXPECT_TRUE(test, l->last_wait.known);
	KUNIT_EXPECT_EQ(test, l->last_wait.ns, 2000ULL);
	/* An exec that nobody saw has let him go on, who knows when. */
	FEED(l->m, rec_vfork(2, 3, 7));
	FEED(l->m, rec_exit(3, 8, 0));
	KUNIT_EXPECT_FALSE(test, l->last_wait.there);
	FEED(l->m, rec_clone(2, 3, 9));
	FEED(l->m, rec_exit(3, 9, 0));
	FEED(l->m, rec_end(9, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_FALSE(test, l->last_wait.there);
}

static void vfork_wait_is_unknown(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_vfork(2, 3, 7));
	FEED(l->m, rec_exec(3, 7, 8, 0));
	KUNIT_EXPECT_TRUE(test, l->last_wait.there);
	KUNIT_EXPECT_FALSE(test, l->last_wait.known);
}

static void snapshot_names_the_processes(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_vfork(2, 3, 7));
	FEED(l->m, rec_exec(1, 0, 6, 0));
	l->text[0] = '\0';
	FEED(l->m, rec_snap(7, 6, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snap(6, 0, 0));
	KUNIT_EXPECT_STREQ(test, l->text, "");
	FEED(l->m, rec_snapped(11, true));
	KUNIT_EXPECT_STREQ(test, l->text, "snapshot 1/1 ");
	KUNIT_EXPECT_EQ(test, l->last_space.pid, 2);
	KUNIT_EXPECT_EQ(test, l->last_space.creator_pid, 1);
	KUNIT_EXPECT_EQ(test, l->last_space.shared, 75ULL);
	KUNIT_EXPECT_EQ(test, l->last_snapshot.clones, 11ULL);
	KUNIT_EXPECT_EQ(test, l->last_snapshot.lost, 3ULL);
	KUNIT_EXPECT_TRUE(test, l->last_snapshot.totals_known);
	/* The one that was longest in it has ended; then nobody is known. */
	FEED(l->m, rec_exit(2, 7, 0));
	FEED(l->m, rec_snap(7, 6, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snapped(11, false));
	KUNIT_EXPECT_EQ(test, l->last_space.pid, 3);
	KUNIT_EXPECT_EQ(test, l->last_space.creator_pid, 0);
	KUNIT_EXPECT_FALSE(test, l->last_snapshot.totals_known);
	FEED(l->m, rec_exec(3, 7, 8, 0));
	FEED(l->m, rec_snap(7, 6, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snapped(11, true));
	KUNIT_EXPECT_EQ(test, l->last_space.pid, 0);
}

/* As no cleave has written it: what its first row has of a process is there no more. */
static void snapshot_with_others_in_it(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_clone(1, 3, 8));
	FEED(l->m, rec_snap(7, 6, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_exit(2, 7, 0));
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_clone(1, 4, 9));
	l->text[0] = '\0';
	FEED(l->m, rec_snap(8, 6, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snapped(3, true));
	KUNIT_EXPECT_STREQ(test, l->text, "");
	/* The next one is whole; who was made since that one began need not be in it. */
	FEED(l->m, rec_snap(8, 6, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snapped(3, true));
	KUNIT_EXPECT_STREQ(test, l->text, "snapshot 1/1 ");
	KUNIT_EXPECT_EQ(test, l->last_space.pid, 3);
	KUNIT_EXPECT_EQ(test, model_spoilt(l->m), 1ULL);
}

static void snapshot_of_nobody(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_snapped(0, true));
	KUNIT_EXPECT_STREQ(test, l->text, "snapshot 0/0 ");
}

/* What a child came to that no snapshot has met is in the peak, by exec and by end. */
static void peaks_without_a_snapshot(struct kunit *test)
{
	struct log *l = test->priv;
	struct cleave_clone c = rec_clone(1, 2, 7);

	model_follow(l->m);
	c.parent_as = 6;
	FEED(l->m, c);
	FEED(l->m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snapped(1, true));
	KUNIT_EXPECT_EQ(test, l->last_snapshot.extra, 0ULL);
	KUNIT_EXPECT_EQ(test, l->last_snapshot.peak, 9ULL);
	c.child_pid = 3;
	c.child_tid = 3;
	c.as = 9;
	FEED(l->m, c);
	FEED(l->m, rec_exit(3, 9, 0));
	FEED(l->m, rec_end(9, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snapped(2, true));
	KUNIT_EXPECT_EQ(test, l->last_snapshot.extra, 0ULL);
	KUNIT_EXPECT_EQ(test, l->last_snapshot.peak, 9 + 3ULL);
	/* One that was attached to. */
	FEED(l->m, rec_attach(4, 1, 10, 6));
	FEED(l->m, rec_snap(10, 6, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	FEED(l->m, rec_snap(6, 0, 0));
	FEED(l->m, rec_snapped(2, true));
	KUNIT_EXPECT_EQ(test, l->last_snapshot.extra, 6ULL);
	c.as = 11;
	FEED(l->m, c);
	FEED(l->m, rec_end(11, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_exit(3, 11, 0));
	FEED(l->m, rec_snapped(3, true));
	KUNIT_EXPECT_EQ(test, l->last_snapshot.peak, 4 + 9 + 3ULL);
}

/* It has ended, or exec'ed, since the ledger was read: no row of nobody is made of it. */
static void ended_before_its_row(struct kunit *test)
{
	struct log *l = test->priv;

	model_follow(l->m);
	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_clone(1, 3, 8));
	FEED(l->m, rec_clone(1, 4, 9));
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_exit(2, 7, 0));
	FEED(l->m, rec_exec(3, 8, 10, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_end(9, CLEAVE_HAS_FIGURES));
	l->text[0] = '\0';
	FEED(l->m, rec_snap(7, 6, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snap(8, 6, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snap(9, 6, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snapped(3, true));
	KUNIT_EXPECT_STREQ(test, l->text, "snapshot 0/0 ");
}

/* As 7.x has it: its exit comes first, and waits. */
static void exited_but_not_ended(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_clone(1, 2, 7));
	FEED(l->m, rec_exit(2, 7, 0));
	l->text[0] = '\0';
	FEED(l->m, rec_snap(7, 6, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snapped(1, true));
	KUNIT_EXPECT_STREQ(test, l->text, "snapshot 1/1 ");
	KUNIT_EXPECT_EQ(test, l->last_space.pid, 2);
}

/* Its creator has exec'ed, so what that had copied is there no more. */
static void creator_execs(struct kunit *test)
{
	struct log *l = test->priv;
	struct cleave_clone c = rec_clone(1, 2, 7);

	model_follow(l->m);
	c.parent_as = 6;
	FEED(l->m, c);
	FEED(l->m, rec_exec(1, 6, 8, 0));
	/* The ledger was read before. */
	FEED(l->m, rec_snap(7, 6, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snap(6, 0, 0));
	FEED(l->m, rec_snapped(1, true));
	KUNIT_EXPECT_EQ(test, l->last_snapshot.extra, 4ULL);
	FEED(l->m, rec_exit(2, 7, 0));
	FEED(l->m, rec_end(7, CLEAVE_HAS_FIGURES));
	FEED(l->m, rec_snapped(1, true));
	KUNIT_EXPECT_EQ(test, l->last_snapshot.peak, 9ULL);
}

static void looks(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_attach(2, 1, 7, 0));
	FEED(l->m, rec_look(2, 7, 50, false));
	KUNIT_EXPECT_STREQ(test, l->text, "attach 2<0 look 2 50 ");
	FEED(l->m, rec_look(2, 7, 40, true));
	FEED(l->m, rec_snap(7, 0, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	FEED(l->m, rec_snapped(0, true));
	KUNIT_EXPECT_STREQ(test, l->text, "attach 2<0 look 2 50 snapshot 1/0 ");
	KUNIT_EXPECT_EQ(test, l->last_space.from, SHARED_LOOK);
	KUNIT_EXPECT_EQ(test, l->last_space.shared, 50ULL);
	KUNIT_EXPECT_EQ(test, l->last_space.shared_now, 40ULL);
	KUNIT_EXPECT_EQ(test, l->last_space.swap_now, 2ULL);
	KUNIT_EXPECT_EQ(test, l->last_space.age_ns, 1900ULL);
	/* What was looked up for one snapshot is not of the next. */
	FEED(l->m, rec_snap(7, 0, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	FEED(l->m, rec_snapped(0, true));
	KUNIT_EXPECT_FALSE(test, l->last_space.looked);
	KUNIT_EXPECT_TRUE(test, l->last_space.base_known);
}

static void look_that_may_not_be(struct kunit *test)
{
	struct log *l = test->priv;
	struct own_look none = rec_look(2, 7, 0, false);

	none.may = 0;
	FEED(l->m, rec_attach(2, 1, 7, 0));
	FEED(l->m, none);
	FEED(l->m, rec_snap(7, 0, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	FEED(l->m, rec_snapped(0, true));
	KUNIT_EXPECT_FALSE(test, l->last_space.base_known);
}

/* By the time that its look is told, it is in another memory, or has ended. */
static void look_comes_too_late(struct kunit *test)
{
	struct log *l = test->priv;

	FEED(l->m, rec_attach(2, 1, 7, 0));
	FEED(l->m, rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	FEED(l->m, rec_look(2, 7, 50, false));
	FEED(l->m, rec_exit(2, 8, 0));
	FEED(l->m, rec_look(2, 8, 50, false));
	KUNIT_EXPECT_STREQ(test, l->text, "attach 2<0 exec 2 ls exit 2 ");
}

static bool is_in(struct text cgroup, const char *path)
{
	return cgroup.s && cgroup.len == strlen(path) && !memcmp(cgroup.s, path, cgroup.len);
}

/* As the kernel does it: a child begins where its creator is, or where that puts it. */
static void cgroups(struct kunit *test)
{
	struct log *l = test->priv;
	struct cleave_clone c = rec_clone(1, 2, 7);
	struct cleave_attach a = rec_attach(5, 1, 9, 0);
	struct cleave_exec x = rec_exec(2, 7, 8, 0);

	FEED(l->m, rec_clone(1, 9, 6));
	KUNIT_EXPECT_NULL(test, l->last_clone.child_cgroup.s);
	KUNIT_EXPECT_NULL(test, l->last_clone.parent_cgroup.s);
	FEED(l->m, rec_cgroup(70, "/a"));
	FEED(l->m, rec_cgroup(71, "/b"));
	c.cgroup = 70;
	FEED(l->m, c);
	KUNIT_EXPECT_TRUE(test, is_in(l->last_clone.parent_cgroup, "/a"));
	KUNIT_EXPECT_TRUE(test, is_in(l->last_clone.child_cgroup, "/a"));
	/* Into another; and then one that nobody has told of. */
	c = rec_clone(1, 3, 10);
	c.flags |= CLEAVE_F_INTO_CGROUP;
	c.cgroup = 71;
	FEED(l->m, c);
	KUNIT_EXPECT_TRUE(test, is_in(l->last_clone.parent_cgroup, "/a"));
	KUNIT_EXPECT_TRUE(test, is_in(l->last_clone.child_cgroup, "/b"));
	FEED(l->m, rec_exit(3, 10, 0));
	FEED(l->m, rec_end(10, CLEAVE_HAS_FIGURES));
	KUNIT_EXPECT_TRUE(test, is_in(l->last_exit.cgroup, "/b"));
	x.cgroup = 72;
	FEED(l->m, x);
	FEED(l->m, rec_exit(2, 8, 0));
	KUNIT_EXPECT_NULL(test, l->last_exit.cgroup.s);
	a.cgroup = 71;
	FEED(l->m, a);
	KUNIT_EXPECT_TRUE(test, is_in(l->last_attach.cgroup, "/b"));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(exit_before_end),
	KUNIT_CASE(end_before_exit),
	KUNIT_CASE(exit_after_exec_waits_for_nothing),
	KUNIT_CASE(vfork_child_has_no_figures),
	KUNIT_CASE(last_user_has_the_figures),
	KUNIT_CASE(another_last_user),
	KUNIT_CASE(end_after_exec_has_none),
	KUNIT_CASE(lost_end_is_flushed),
	KUNIT_CASE(lost_clone),
	KUNIT_CASE(lost_exec),
	KUNIT_CASE(pid_reused_after_exit),
	KUNIT_CASE(pid_reused_after_lost_exit),
	KUNIT_CASE(threads_are_no_processes),
	KUNIT_CASE(failed_clone_makes_nothing),
	KUNIT_CASE(failed_exec_changes_nothing),
	KUNIT_CASE(without_ends_nothing_is_held),
	KUNIT_CASE(node_stays_with_its_process),
	KUNIT_CASE(held_do_not_pile_up),
	KUNIT_CASE(kernel_threads_are_not_kept),
	KUNIT_CASE(user_mode_helper),
	KUNIT_CASE(gone_is_forgotten),
	KUNIT_CASE(sweep),
	KUNIT_CASE(nothing_is_allocated_per_event),
	KUNIT_CASE(many_at_once),
	KUNIT_CASE(names_are_cut),
	KUNIT_CASE(attached_is_there),
	KUNIT_CASE(attached_twice_is_one),
	KUNIT_CASE(attached_under_a_used_pid),
	KUNIT_CASE(attached_elsewhere),
	KUNIT_CASE(attached_without_room),
	KUNIT_CASE(vfork_waits_for_an_exec),
	KUNIT_CASE(vfork_waits_for_an_end),
	KUNIT_CASE(vfork_wait_is_unknown),
	KUNIT_CASE(snapshot_names_the_processes),
	KUNIT_CASE(snapshot_with_others_in_it),
	KUNIT_CASE(snapshot_of_nobody),
	KUNIT_CASE(peaks_without_a_snapshot),
	KUNIT_CASE(ended_before_its_row),
	KUNIT_CASE(exited_but_not_ended),
	KUNIT_CASE(creator_execs),
	KUNIT_CASE(looks),
	KUNIT_CASE(look_that_may_not_be),
	KUNIT_CASE(look_comes_too_late),
	KUNIT_CASE(cgroups),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_model",
	.init = log_init,
	.exit = log_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
