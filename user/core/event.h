/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h - what happened, as the model tells it to sinks and aggregates.
 *
 * These are cleave's own types: nobody behind the model sees a record of the
 * kernel's.  Which members an event has for the user, under which names and in
 * which units, stands in schema.c; a member that is not listed there is for sinks
 * alone.  Only the enums of outcomes, kinds and calls are those of cleave_abi.h.
 *
 * Events come in the order of the ring, a parent's before its children's.  What
 * they point to is valid only during the call.
 */
#ifndef CLEAVE_EVENT_H
#define CLEAVE_EVENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "cleave_abi.h"
#include "core/flags.h"
#include "core/known.h"

/**
 * struct text - bytes that a traced program has chosen: any, and no final NUL
 * @s: the bytes
 * @len: how many
 */
struct text {
	const char *s;
	__u32 len;
};

/* One slot for each aggregate that keeps something of its own with a process. */
enum proc_slot {
	PROC_SLOT_TREE,
	PROC_SLOT_COMPARE,
	PROC_NR_SLOTS
};

/**
 * struct proc_ref - a process, as sinks know it
 * @id: not used again in the session
 * @space: address space that it is in, not used again either; 0: not known
 * @pid: thread group; can be used again once the process has ended
 * @comm: its name, with a final NUL
 * @cgroup: path of the cgroup that it was last seen in; NULL: not known
 * @made: its clone was seen
 * @kind: then: enum cleave_kind
 * @shared_known: @shared is
 * @shared: pages shared copy-on-write at its clone, or, of one that was attached to, when
 *	it was looked at first
 * @slot: NULL at first; each belongs to one aggregate alone
 */
struct proc_ref {
	__u64 id;
	__u64 space;
	pid_t pid;
	char comm[CLEAVE_COMM_LEN];
	struct text cgroup;
	bool made;
	bool shared_known;
	__u8 kind;
	__u64 shared;
	void *slot[PROC_NR_SLOTS];
};

enum event_type {
	EVENT_START,		/* tracing is about to begin */
	EVENT_CLONE,
	EVENT_EXEC,
	EVENT_EXIT,		/* a process has ended */
	EVENT_GONE,		/* a process is no longer there: its exit was lost */
	EVENT_BREAK,		/* one break, on request only */
	EVENT_ATTACH,		/* a process that was there before is traced */
	EVENT_LOOK,		/* what a process shares now, as its page tables tell */
	EVENT_SNAPSHOT,		/* the figures of all that are alive */
	EVENT_LOST,		/* what was lost; once, behind all of the above */
	EVENT_COMPARE,		/* in what two backends differ */
	EVENT_SUMMARY,		/* the last */
	EVENT_NR
};

/**
 * struct ev_hook - what became of one hook
 * @name: of the kernel's function
 * @state: "attached", "not needed", or why it is missing
 */
struct ev_hook {
	const char *name;
	const char *state;
};

/**
 * struct ev_start - tracing is about to begin
 * @schema: version of the schema
 * @version: of the cleave that traces or recorded
 * @wall_ns: CLOCK_REALTIME at the event's time, nanoseconds since 1970
 * @boot_id: of the system's boot, or ""
 * @backend: name; "both" where two are compared
 * @kernel: release
 * @hooks: of the backend that is shown
 * @nr_hooks: how many
 * @command: its words
 * @nr_words: how many
 * @has_command: a command is traced: @command, @pid and @id are there; else @command
 *	is NULL: it is the whole system, or what is in @attached
 * @has_attached: @attached is there
 * @has_user: @user is there
 * @has_cgroup: of the whole system only what is met in @cgroup
 * @has_uid: of the whole system only who is met as @uid
 * @user: whom the command runs as, where that was chosen or sudo is in the way
 * @cgroup: path of a cgroup
 * @uid: real user id
 * @attached: processes that were named
 * @nr_attached: how many
 * @root: the command's process; NULL without one
 * @pid: its
 * @id: its
 */
struct ev_start {
	__u32 schema;
	const char *version;
	__u64 wall_ns;
	const char *boot_id;
	const char *backend;
	const char *kernel;
	const struct ev_hook *hooks;
	__u32 nr_hooks;
	const struct text *command;
	__u32 nr_words;
	bool has_command;
	bool has_user;
	bool has_attached;
	bool has_cgroup;
	bool has_uid;
	const char *user;
	const char *cgroup;
	__u32 uid;
	const pid_t *attached;
	__u32 nr_attached;
	struct proc_ref *root;
	pid_t pid;
	__u64 id;
};

/**
 * struct ev_pages - mappings in the child's page tables after a clone
 * @class: by enum page_class
 * @shared: those of them that can break
 */
struct ev_pages {
	__u64 class[PAGES_NR];
	__u64 shared;
};

/**
 * struct ev_clone - a clone, successful or not
 * @parent: the creator's process
 * @child: the new process; NULL where none was made: a thread, a failure
 * @made: it succeeded
 * @has_pages: the child has page tables of its own
 * @has_vm: it succeeded, and the child has not
 * @has_set_tid: @set_tid and @set_tid_levels are there
 * @has_cgroup: @cgroup_fd is
 * @parent_pid: and others: as in struct cleave_clone
 * @parent_id: struct proc_ref.id
 * @child_id: of the child's process, for a thread that of its creator
 * @parent_space: 0: none, or not traced
 * @child_space: 0: none, or not traced
 * @comm: of the creator
 * @parent_cgroup: of the creator's process
 * @child_cgroup: of the child; NULL, as in all events: not known
 * @exit_signal: 0: none
 */
struct ev_clone {
	struct proc_ref *parent;
	struct proc_ref *child;
	bool made;
	bool has_pages;
	bool has_vm;
	bool has_set_tid;
	bool has_cgroup;
	__u8 call;
	__u8 kind;
	pid_t parent_pid;
	pid_t parent_tid;
	pid_t child_pid;
	pid_t child_tid;
	pid_t child_ns_pid;
	pid_t child_ns_tid;
	__u64 parent_id;
	__u64 child_id;
	__u64 parent_space;
	__u64 child_space;
	struct text comm;
	struct text parent_cgroup;
	struct text child_cgroup;
	__u64 flags;
	int exit_signal;
	int error;
	pid_t set_tid;
	__u32 set_tid_levels;
	int cgroup_fd;
	struct ev_pages pages;
	__u64 vm_pages;
	__u64 page_tables_bytes;
	__u64 duration_ns;
};

/**
 * struct ev_figures - what an address space made by a clone came to
 * @arrived: false: the record was lost, and all of this is unknown
 * @clone_seen: false: it was attached to, and what was before is unknown
 * @since_clone_ns: from the clone to here
 * @shared: pages shared copy-on-write at the clone
 * @never_copied: of them, those that were not copied
 * @clones: address spaces cloned from this one meanwhile
 * @cow: breaks in it, by outcome
 * @creator_known: false: its creator was not counted, and @creator_cow is unknown
 * @creator_cow: breaks in its creator's meanwhile, by outcome
 */
struct ev_figures {
	bool arrived;
	bool clone_seen;
	bool creator_known;
	__u64 since_clone_ns;
	__u64 shared;
	__u64 never_copied;
	__u64 clones;
	__u64 cow[CLEAVE_NR_OUTCOMES];
	__u64 creator_cow[CLEAVE_NR_OUTCOMES];
};

/**
 * struct ev_wait - how long a child that vfork() made has held its creator
 * @there: it was made so, and this is what let the creator go on
 * @known: @ns is
 * @ns: from the clone's return to the end of the child's use of the memory
 */
struct ev_wait {
	bool there;
	bool known;
	__u64 ns;
};

/**
 * struct ev_times - how long breaks took, with --times
 * @there: it was asked for, and an address space is told of, or the whole session
 * @known: @of is
 * @of: by side and outcome
 */
struct ev_times {
	bool there;
	bool known;
	const struct cleave_times *of;
};

/**
 * struct ev_switches - how often tasks were switched to, with --switches
 * @there: it was asked for
 * @of: by enum cleave_switch
 */
struct ev_switches {
	bool there;
	__u64 of[CLEAVE_NR_SWITCHES];
};

/**
 * struct ev_exec - an exec, successful or not
 * @proc: the process
 * @pid: thread group
 * @tid: the task that called exec
 * @id: of the process
 * @space: the new address space; the old one where the exec failed
 * @old_space: the one that was given up
 * @comm: the name before the exec
 * @cgroup: path of the cgroup that it is in
 * @path: as given to the call
 * @path_cut: there is more of it
 * @args: each with a final NUL
 * @argc: how many there were
 * @args_cut: there are more than @args has
 * @error: 0 or a positive errno
 * @closes: it has given up an address space that a clone had made: @fig is its
 * @wait: how long it held its creator, where that has ended by this
 * @fig: figures
 * @times: of the address space that was given up, where nobody else is in it
 */
struct ev_exec {
	struct proc_ref *proc;
	pid_t pid;
	pid_t tid;
	__u64 id;
	__u64 space;
	__u64 old_space;
	struct text comm;
	struct text cgroup;
	struct text path;
	bool path_cut;
	bool args_cut;
	bool closes;
	struct text args;
	__u32 argc;
	int error;
	struct ev_wait wait;
	struct ev_figures fig;
	struct ev_times times;
};

/**
 * struct ev_exit - the end of a process
 * @proc: the process; gone after the call
 * @pid: its
 * @id: its
 * @space: the address space that it was in
 * @comm: its name
 * @cgroup: path of the cgroup that it was last seen in
 * @status: as wait(2) has it
 * @exit_code: exit status, or 128 + @signal
 * @signal: that ended it, or 0
 * @signaled: a signal did
 * @closes: it was the last user of an address space that a clone made and that
 *	never exec'ed
 * @execed_unseen: it ended in another address space than it was last seen in:
 *	an exec was lost
 * @wait: how long it held its creator, where it was made by vfork() and had not exec'ed
 * @fig: those of the address space, with @closes
 * @times: the same, of that of the last process in it
 * @switches: of the process
 */
struct ev_exit {
	struct proc_ref *proc;
	pid_t pid;
	__u64 id;
	__u64 space;
	struct text comm;
	struct text cgroup;
	int status;
	int exit_code;
	int signal;
	bool signaled;
	bool closes;
	bool execed_unseen;
	struct ev_wait wait;
	struct ev_figures fig;
	struct ev_times times;
	struct ev_switches switches;
};

/**
 * struct ev_gone - a process that is no longer there, though no exit was seen
 * @proc: the process; gone after the call
 * @pid: its
 * @id: its
 * @comm: its name
 * @cgroup: path of the cgroup that it was last seen in
 */
struct ev_gone {
	struct proc_ref *proc;
	pid_t pid;
	__u64 id;
	struct text comm;
	struct text cgroup;
};

/**
 * struct ev_break - one break
 * @proc: the process; NULL where @id is 0
 * @outcome: enum cleave_outcome
 * @addr: page address
 * @space: address space in which it happened
 * @pid: thread group of the task that faulted
 * @tid: that task
 * @id: of the process; 0: no record has told of it, as of one that is not traced and
 *	writes by ptrace
 */
struct ev_break {
	struct proc_ref *proc;
	__u8 outcome;
	__u64 addr;
	__u64 space;
	pid_t pid;
	pid_t tid;
	__u64 id;
};

/**
 * struct ev_attach - a process that was there before is traced from here on
 * @proc: the process
 * @parent: its parent, where that is traced; NULL
 * @pid: thread group
 * @ns_pid: the same, as it sees itself
 * @parent_pid: thread group of its parent; 0: not to be seen from here
 * @id: of the process
 * @space: address space that it is in; 0: there was no room for it in the ledger
 * @creator_space: of its creator, where that is known and traced, too; else 0
 * @before_exec: it has not exec'ed since the clone that made it
 * @just_made: by a fork that was under way
 * @started_ns: when it began: CLOCK_MONOTONIC
 * @vm_pages: size of its address space
 * @comm: its name
 * @cgroup: path of the cgroup that it is in
 */
struct ev_attach {
	struct proc_ref *proc;
	struct proc_ref *parent;
	pid_t pid;
	pid_t ns_pid;
	pid_t parent_pid;
	__u64 id;
	__u64 space;
	__u64 creator_space;
	bool before_exec;
	bool just_made;
	__u64 started_ns;
	__u64 vm_pages;
	struct text comm;
	struct text cgroup;
};

/**
 * struct ev_look - what a process shares at this moment, read from its page tables
 * @proc: the process
 * @pid: thread group
 * @id: of the process
 * @space: that was looked at
 * @may: false: they may not be read, and the rest is unknown
 * @shared: anonymous pages of private mappings that others map, too, without zero pages
 * @swap: swapped out pages of private mappings
 */
struct ev_look {
	struct proc_ref *proc;
	pid_t pid;
	__u64 id;
	__u64 space;
	bool may;
	__u64 shared;
	__u64 swap;
};

/**
 * struct ev_spent - how long breaks took until a snapshot, of all outcomes together
 * @count: those that were timed
 * @untimed: those of which no return was seen yet, or none ever
 * @sum_ns: how long the timed ones took
 * @max_ns: the longest of them
 */
struct ev_spent {
	__u64 count;
	__u64 untimed;
	__u64 sum_ns;
	__u64 max_ns;
};

/**
 * struct ev_took - the same by side, as far as it is of those that live
 * @known: it is, with --times
 * @creator_known: @creator is
 * @before_exec: in address spaces that were cloned and have not exec'ed
 * @creator: of others, while they had such children
 */
struct ev_took {
	bool known;
	bool creator_known;
	struct ev_spent before_exec;
	struct ev_spent creator;
};

/* Where ev_space.shared comes from. */
enum shared_from {
	SHARED_UNKNOWN,
	SHARED_CLONE,		/* counted at the clone */
	SHARED_LOOK,		/* looked up when it was attached to */
	SHARED_NR
};

/**
 * struct ev_space - an address space that was cloned and has not exec'ed, alive
 * @proc: a process in it; NULL: no record has told of one
 * @pid: its; 0
 * @id: its; 0
 * @space: identity of the address space
 * @comm: name of the process; empty
 * @cgroup: path of the cgroup that it was last seen in
 * @creator_pid: thread group of the creator, if that is alive and known; 0
 * @creator_space: identity of its address space, 0: not known
 * @attached: it was there before
 * @aged: @age_ns is known
 * @age_ns: since its clone; if attached, since it began
 * @from: enum shared_from
 * @base_known: @shared is, and with it @shared_most
 * @estimate_known: @shared_estimate is: @base_known and @creator_known
 * @shared: pages shared when it was cloned or attached to
 * @shared_most: of these, still shared at most
 * @shared_estimate: an estimate of that: less what both sides have copied
 * @looked: @shared_now and @swap_now are there
 * @shared_now: as in struct ev_look
 * @swap_now: the same
 * @clones: address spaces cloned from it
 * @creator_known: @creator_cow is
 * @cow: breaks in it, by outcome
 * @creator_cow: breaks in its creator's meanwhile, by outcome
 * @took: how long those in it took
 */
struct ev_space {
	struct proc_ref *proc;
	pid_t pid;
	__u64 id;
	__u64 space;
	struct text comm;
	struct text cgroup;
	pid_t creator_pid;
	__u64 creator_space;
	bool attached;
	bool aged;
	bool base_known;
	bool estimate_known;
	bool looked;
	bool creator_known;
	__u8 from;
	__u64 age_ns;
	__u64 shared;
	__u64 shared_most;
	__u64 shared_estimate;
	__u64 shared_now;
	__u64 swap_now;
	__u64 clones;
	__u64 cow[CLEAVE_NR_OUTCOMES];
	__u64 creator_cow[CLEAVE_NR_OUTCOMES];
	struct ev_took took;
};

/**
 * struct ev_family - a creator and the children that live in the memory it gave them
 * @pid: of the creator; 0: it has ended, or no record has told of it
 * @id: its; 0
 * @space: identity of its address space
 * @comm: its name; empty
 * @children: how many
 * @extra: pages that exist because sharing was broken, an estimate: copied by the
 *	children, and by the creator, if it lives, since the oldest of them was made
 * @peak: the most of it that was seen
 * @took: how long breaks in the children took, and in the creator, if it lives
 */
struct ev_family {
	pid_t pid;
	__u64 id;
	__u64 space;
	struct text comm;
	__u64 children;
	__u64 extra;
	__u64 peak;
	struct ev_took took;
};

/**
 * struct ev_snapshot - the figures of all that are alive
 * @spaces: those that were cloned and have not exec'ed
 * @nr_spaces: how many
 * @families: of whom
 * @nr_families: how many
 * @extra: the same of all families together, each page once
 * @peak: the most of it that was seen
 * @took: how long breaks took in all that live
 * @times: how long all breaks took since tracing began
 * @clones: address spaces cloned since tracing began
 * @lost: records, address spaces and calls that were lost until now, in all
 * @totals_known: @clones and @lost are
 * @has_left_out: not all are to be shown
 * @left_out: how many are not, of @spaces
 */
struct ev_snapshot {
	const struct ev_space *spaces;
	__u32 nr_spaces;
	const struct ev_family *families;
	__u32 nr_families;
	__u64 extra;
	__u64 peak;
	struct ev_took took;
	struct ev_times times;
	bool totals_known;
	bool has_left_out;
	__u64 clones;
	__u64 lost;
	__u64 left_out;
};

/**
 * struct ev_lost - what was lost
 * @records: that found the ring full, by enum cleave_rec_type
 * @spaces: address spaces that found the ledger full
 * @missed: probes that did not run
 * @malformed: records that the reader refused
 * @unread: records that were begun and never finished, and those behind them
 */
struct ev_lost {
	__u64 records[CLEAVE_NR_RECS];
	__u64 spaces;
	__u64 missed;
	__u64 malformed;
	__u64 unread;
};

/* One field in which two backends differ; the values as JSON, or NULL. */
struct ev_diff {
	const char *event;
	pid_t pid;
	const char *field;
	const char *value[2];
};

/**
 * struct ev_compare - in what two backends differ
 * @name: of the two
 * @events: pairs that were compared
 * @nr_differences: all, listed or not
 * @list: the first of them
 * @nr_list: how many
 * @edges: differences at the edge of a creator's window: no error
 * @nr_edges: how many
 */
struct ev_compare {
	const char *name[2];
	__u64 events;
	__u64 nr_differences;
	const struct ev_diff *list;
	__u32 nr_list;
	const struct ev_diff *edges;
	__u32 nr_edges;
};

/**
 * struct ev_totals - counters of the session, as in struct cleave_totals
 */
struct ev_totals {
	__u64 clones[CLEAVE_NR_KINDS];
	__u64 clone_errors;
	__u64 execs;
	__u64 exec_errors;
	__u64 exits;
	__u64 spaces_closed;
	__u64 shared;
	__u64 never_copied;
	__u64 before_exec[CLEAVE_NR_OUTCOMES];
	__u64 cow[CLEAVE_NR_OUTCOMES];
	__u64 records[CLEAVE_NR_RECS];
};

/**
 * struct ev_summary - the trace has ended
 * @backend: as in the start event
 * @duration_ns: from the start event to here
 * @attach_ns: what loading and attaching took, before that
 * @attached_at: when all sources had attached to all that was there before; 0: to nothing
 * @stopping_at: when the first of them was about to be stopped
 * @totals: of the backend that is shown
 * @lost: what was lost, as in the event before
 * @times: of all breaks
 * @has_left_out: not all is to be shown
 * @left_out: events that were not
 * @switches: of all traced processes
 * @compare: as in its event; NULL with one backend
 */
struct ev_summary {
	const char *backend;
	__u64 duration_ns;
	__u64 attach_ns;
	__u64 attached_at;
	__u64 stopping_at;
	struct ev_totals totals;
	struct ev_lost lost;
	struct ev_times times;
	bool has_left_out;
	__u64 left_out;
	struct ev_switches switches;
	const struct ev_compare *compare;
};

/**
 * struct event - something that happened
 * @type: which member is there
 * @ts: when: CLOCK_MONOTONIC, nanoseconds
 */
struct event {
	enum event_type type;
	__u64 ts;
	union {
		struct ev_start start;
		struct ev_clone clone;
		struct ev_exec exec;
		struct ev_exit exit;
		struct ev_gone gone;
		struct ev_break brk;
		struct ev_attach attach;
		struct ev_look look;
		struct ev_snapshot snapshot;
		struct ev_lost lost;
		struct ev_compare compare;
		struct ev_summary summary;
	};
};

#endif /* CLEAVE_EVENT_H */
