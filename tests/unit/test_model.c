// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_model.c - which records become which events.
 *
 * Build: with user/core/{model,convert,known,flags}.c, user/lib/hash.c and
 * user/source/hooks.c.
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
		break;
	case EVENT_EXIT:
		LOG(s, "exit %d%s ", e->exit.pid, e->exit.fig.arrived ? "+fig" :
		    e->exit.closes ? "+lost" : "");
		l->last_exit = e->exit;
		l->last_ts = e->ts;
		l->last_node = e->exit.proc->slot[PROC_SLOT_TREE];
		break;
	case EVENT_GONE:
		LOG(s, "gone %d ", e->gone.pid);
		break;
	case EVENT_BREAK:
		LOG(s, "break %d ", e->brk.tid);
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
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_model",
	.init = log_init,
	.exit = log_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
