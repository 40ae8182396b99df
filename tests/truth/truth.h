/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * truth.h - what the cases of the workload are made of.
 *
 * A case runs in a process "parent", forked off a host process that has just
 * been exec'ed and touches nothing more until all is over.  It makes tasks, has
 * them touch memory in an exact order, and states what each of the tasks must
 * then have been counted with, over and above what the same case counts with a
 * size of 0 (the writes to stack and data that go with any work at all).
 */
#ifndef TRUTH_H
#define TRUTH_H

#include <stddef.h>

#include "cleave_abi.h"
#include "raw.h"

#define PG		4096L
#define HUGE_PG		(2L << 20)
#define PER_HUGE	(HUGE_PG / PG)

/* Where a program that a case execs finds its ends of two pipes: see --held. */
#define HELD_UP		20
#define HELD_GO		21

#define TASKS_MAX	64
#define ORACLES_MAX	16

/* Of an expected figure: any will do. */
#define ANY		(-0x4000000000000000L)

enum page_class {
	P_ANON,
	P_ANON_HUGE,
	P_FILE,
	P_SWAP,
	P_HUGETLB,
	P_SHMEM,
	P_COPIED,	/* copied_at_clone */
	P_NR
};

enum closes {
	CLOSE_EXIT,
	CLOSE_EXEC,
	CLOSE_NONE,		/* no address space of its own: no figures */
	CLOSE_FAILED,		/* the clone fails: an error record is all there is */
};

/**
 * struct task - what is expected of one task
 * @role: its name in the case
 * @pid: process id; of a failed clone, the caller's
 * @tid: not 0 for a thread
 * @closes: how its ledger entry closes
 * @pages: of the clone record
 * @cow: breaks in its address space
 * @creator_cow: breaks in its creator's meanwhile
 * @clones: address spaces cloned from it
 * @call: of the clone record, NULL: not checked
 * @kind: of the clone record, NULL: not checked
 * @attached: it was there when cleave attached to it or to its creator
 * @before_exec: and had not exec'ed
 * @creator: then, of the task that made it, where that is known and traced; or -1
 * @looked: pages that it shared when it was attached to
 * @check: which of the following are checked
 */
struct task {
	const char *role;
	int pid;
	int tid;
	enum closes closes;
	long pages[P_NR];
	long cow[CLEAVE_NR_OUTCOMES];
	long creator_cow[CLEAVE_NR_OUTCOMES];
	long clones;
	const char *call;
	const char *kind;
	int attached;
	int before_exec;
	int creator;
	long looked;
	unsigned int check;
#define CHECK_FLAGS	(1U << 0)
#define CHECK_SIGNAL	(1U << 1)
#define CHECK_NS_PID	(1U << 2)
#define CHECK_STATUS	(1U << 3)
#define CHECK_EXEC_TID	(1U << 4)
#define CHECK_PARENT	(1U << 5)
#define CHECK_SET_TID	(1U << 6)
#define CHECK_CGROUP	(1U << 7)
	unsigned long flags;
	int exit_signal;
	int ns_pid;
	int status;		/* exit_code: 128 + N for a signal N */
	int exec_tid;
	int exec_error;		/* of an exec that fails; 0: none does */
	int error;		/* of the clone */
	int parent_tid;
	int set_tid;		/* arguments of clone3() */
	int cgroup_fd;
};

/* How an oracle's value is to be judged. */
enum oracle_kind {
	O_WANT,			/* value == want */
	O_DELTA,		/* value over the size 0 run's == want */
	O_LEAST,		/* value >= want */
	O_PAGES,		/* value == pages of the classes in the mask @want */
	O_COW,			/* value == breaks of the outcomes in the mask @want */
	O_COW_DELTA,		/* the same, both over the size 0 run's */
	O_NOTE,			/* shown, not judged */
};

struct oracle {
	const char *name;
	enum oracle_kind kind;
	int task;
	long want;
	long value;
};

/**
 * struct ctl - shared between all tasks of a case, so that writing to it breaks
 * nothing
 */
struct ctl {
	long size;
	int kernel;		/* 601, 612, 703 */
	int cpus;
	int nr_tasks;
	int nr_oracles;
	volatile int step;
	volatile int go[TASKS_MAX];
	volatile int scratch[16];
	long value[16];
	const char *skip;
	const char *note;
	const char *fail;	/* a step that did not work: the case is void */
	long fail_code;
	struct task task[TASKS_MAX];
	struct oracle oracle[ORACLES_MAX];
	char buf[4 * PG];
};

struct truth_case {
	const char *name;
	const char *what;
	void (*run)(void);
	long cap;		/* the largest size that makes sense, 0: none */
};

extern struct ctl *ctl;
extern const char *self_path;
extern const char *disk_dir;	/* a folder on a file system with write notices */
extern const char *tmp_dir;
extern char *main_stack;	/* the one that grows; cases run on another */
extern const struct truth_case anon_cases[], exec_cases[], page_cases[],
	kernel_cases[], clone_cases[], swap_cases[], uffd_cases[],
	large_cases[], attach_cases[];

/* The size of the run. */
#define N		(ctl->size)

/*
 * Memory: n pages, of which none is touched, and one more that never is; filled():
 * N pages, all written.
 */
void read_by_pin(int pid, char *m, long n);
char *anon(long n);
char *anon_flags(long n, int flags);
char *filled(void);
char *aligned(long n, long align);
void fill(char *m, long n, int value);
void fill_step(char *m, long first, long n, long step, int value);
int peek(const char *m, long n);
int tmp_file(const char *dir, long n);
char *map_file(int fd, long n, int prot, int flags);

/* Tasks. */
#define THREAD	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | \
		 CLONE_SYSVSEM)

typedef void (*task_fn)(void *arg);

int task_add(const char *role);
int fork_task(const char *role);
int fork_held(const char *role, long nr, long a, long b, long c, long d, long e);
void fork_release(int t);
int thread_task(const char *role, long flags, task_fn fn, void *arg);
void own_init(void);
void any_cpu(void);
void touch_own(void);
void stop_for_attach(int child);
void await(int step);
void advance(int step);
void join(int t);
__attribute__((noreturn)) void exec_true(void);
__attribute__((noreturn)) void finish(int code);
__attribute__((noreturn)) void skip(const char *why);
void must(long ret, const char *what);

#define T(t)		(&ctl->task[t])

static inline void cow(int t, enum cleave_outcome o, long n)
{
	T(t)->cow[o] += n;
}

static inline void creator_cow(int t, enum cleave_outcome o, long n)
{
	T(t)->creator_cow[o] += n;
}

/* Breaks by the creator @c while @t lives: in both figures. */
static inline void both(int c, int t, enum cleave_outcome o, long n)
{
	cow(c, o, n);
	creator_cow(t, o, n);
}

static inline void pages(int t, enum page_class p, long n)
{
	T(t)->pages[p] += n;
}

/* A child of the parent's that shares n pages of a class. */
static inline void forked(int t, enum page_class p, long n)
{
	pages(t, p, n);
	T(0)->clones++;
}

/* Oracles. */
void oracle(const char *name, enum oracle_kind kind, int task, long want, long value);
long proc_field(int pid, const char *file, const char *field);
long pagemap_differ(int pid_a, int pid_b, const char *m, long n);
long pagemap_count(const char *m, long n, unsigned long mask);
long mapped_by(const char *m, long n, long count);
long compound_pages(const char *m, long n);
long minor_faults(void);
long wpcopy_count(void);
char *read_text(const char *path);
long read_num(const char *path);
int write_str(const char *path, const char *s);
char *new_cgroup(const char *controller, char *path);
void cgroup_write(const char *path, const char *file, const char *value);
char *put_num(char *p, long n);
char *put_str(char *p, const char *s);
int has_prefix(const char *s, const char *prefix);

#define PM_SWAP		(1UL << 62)
#define PM_PRESENT	(1UL << 63)

#endif /* TRUTH_H */
