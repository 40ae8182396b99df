// SPDX-License-Identifier: GPL-2.0-only
#include "core/schema.h"

#define OFF(type, member)	offsetof(struct type, member)
#define KNOWN(member)		offsetof(struct known, member)
#define ALWAYS			0	/* KNOWN(always) */
_Static_assert(KNOWN(always) == ALWAYS, "what is not said is always known");

#define BASE(field_name, field_type, text)				\
	.name = field_name, .key = JSON_KEY(field_name),		\
	.key_len = JSON_KEY_SIZE(field_name),				\
	.type = field_type, .doc = text

#define AT(struct_type, member)						\
	.offset = OFF(struct_type, member),				\
	.size = sizeof(((struct struct_type *)0)->member)

/* A field that is always there; the others say otherwise behind it. */
#define FIELD(name, type, struct_type, member, doc, ...)		\
	{ BASE(name, type, doc), AT(struct_type, member), __VA_ARGS__ }

/* An object made of members of the same struct. */
#define PART(name, fields, doc, ...)					\
	{ BASE(name, FIELD_OBJECT, doc), .sub = fields, __VA_ARGS__ }

#define IF(struct_type, member)	.present = OFF(struct_type, member) + 1
#define NEEDS(member)		.known = KNOWN(member)
#define OWN			.flags = FIELD_NOT_COMPARED
#define END			{ .type = FIELD_END }

/* Tables that several events have in them, as arrays of __u64. */

#define NTH(i)		.offset = (i) * sizeof(__u64), .size = sizeof(__u64)
#define NUMBER(nth, name, unit_, doc, known_)				\
	{ BASE(name, FIELD_UINT, doc), NTH(nth), .unit = unit_, .known = known_ }

static const struct field outcome_fields[] = {
#define CLEAVE_X(sym, name, what)					\
	NUMBER(CLEAVE_##sym, name, UNIT_BREAKS, what, KNOWN(outcome[CLEAVE_##sym])),
	CLEAVE_OUTCOMES(CLEAVE_X)
#undef CLEAVE_X
	END
};

/* Of a type that a recording does not know yet, there was none. */
#define RECORD(sym, name, doc)						\
	{ BASE(name, FIELD_UINT, doc), NTH(CLEAVE_REC_##sym), .unit = UNIT_COUNT, \
	  .flags = FIELD_NONE_BEFORE }

static const struct field record_fields[] = {
	RECORD(CLONE, "clone", "of clones"),
	RECORD(EXEC, "exec", "of execs"),
	RECORD(EXIT, "exit", "of ends of processes"),
	RECORD(END, "end", "of ends of address spaces"),
	RECORD(BREAK, "break", "of breaks (--breaks)"),
	RECORD(ATTACH, "attach", "of processes that were there before"),
	RECORD(TIMES, "times", "of how long breaks took (--times)"),
	END
};

#define PAGES(member, name, doc)					\
	NUMBER(PAGES_##member, name, UNIT_PAGES, doc, KNOWN(pages[PAGES_##member]))

static const struct field page_fields[] = {
	PAGES(anon, "anon", "anonymous base pages, those under migration included"),
	PAGES(anon_huge, "anon_huge", "anonymous pages mapped by huge entries"),
	PAGES(file, "file", "pages of private mappings of files"),
	PAGES(swap, "swap", "swap entries"),
	PAGES(hugetlb, "hugetlb", "hugetlb pages of private mappings"),
	PAGES(shmem, "shmem", "pages of shared mappings whose entries fork copied"),
	PAGES(copied, "copied_at_clone", "pages that fork copied at once"),
	FIELD("shared", FIELD_UINT, ev_pages, shared,
	      "those of them that a write can break: anon, anon_huge, file, swap, hugetlb",
	      .unit = UNIT_PAGES, NEEDS(shared)),
	END
};

#define SEEN	.arrived = OFF(ev_figures, clone_seen) + 1

static const struct field figure_fields[] = {
	FIELD("since_clone_ns", FIELD_UINT, ev_figures, since_clone_ns,
	      "from the clone to here; null, as the next two, where that was not seen",
	      .unit = UNIT_NS, SEEN, OWN),
	FIELD("shared", FIELD_UINT, ev_figures, shared,
	      "as in the clone's pages.shared", .unit = UNIT_PAGES, SEEN, NEEDS(shared)),
	FIELD("never_copied", FIELD_UINT, ev_figures, never_copied,
	      "shared less cow.copied: what copy-on-write saved", .unit = UNIT_PAGES,
	      SEEN, NEEDS(never_copied)),
	FIELD("clones", FIELD_UINT, ev_figures, clones,
	      "address spaces cloned from this one meanwhile", .unit = UNIT_COUNT),
	FIELD("cow", FIELD_OBJECT, ev_figures, cow,
	      "breaks in this address space, by outcome", .sub = outcome_fields),
	FIELD("creator_cow", FIELD_OBJECT, ev_figures, creator_cow,
	      "breaks in its creator's meanwhile, by outcome", .sub = outcome_fields,
	      .arrived = OFF(ev_figures, creator_known) + 1, NEEDS(creator)),
	END
};

/* What lets a creator go on that sleeps in vfork(). */
#define WAIT(struct_type, known_)					\
	FIELD("vfork_wait_ns", FIELD_UINT, struct_type, wait.ns,	\
	      "of a child that vfork() made: how long its creator has slept for it", \
	      .unit = UNIT_NS, OWN, IF(struct_type, wait.there),	\
	      .arrived = OFF(struct_type, wait.known) + 1, .known = known_)

/* What an exec or exit has if it closes an address space that a clone made. */
#define FIGURES(struct_type)						\
	{ BASE("", FIELD_GROUP, ""), AT(struct_type, fig), .sub = figure_fields, \
	  IF(struct_type, closes), .arrived = OFF(struct_type, fig.arrived) + 1 }

static const struct field switch_fields[] = {
#define CLEAVE_X(sym, name, what)					\
	NUMBER(CLEAVE_SWITCH_##sym, name, UNIT_COUNT, what, KNOWN(switches)),
	CLEAVE_SWITCHES(CLEAVE_X)
#undef CLEAVE_X
	END
};

/* How often tasks were switched to, which not all sessions want to know. */
#define SWITCHES(struct_type, doc, how)					\
	FIELD("switches", FIELD_OBJECT, struct_type, switches.of, doc,	\
	      .sub = switch_fields, IF(struct_type, switches.there),	\
	      NEEDS(switches), .flags = how)

static const struct field start_fields[] = {
	FIELD("schema", FIELD_UINT, ev_start, schema, "version of this schema"),
	FIELD("version", FIELD_STRING, ev_start, version, "version of cleave that traced"),
	FIELD("wall_ns", FIELD_UINT, ev_start, wall_ns,
	      "CLOCK_REALTIME at ts, since 1970", .unit = UNIT_NS),
	FIELD("boot_id", FIELD_STRING, ev_start, boot_id,
	      "of the system's boot: ts of two traces can be compared where it is the same"),
	FIELD("backend", FIELD_STRING, ev_start, backend, "bpf, module or both"),
	FIELD("kernel", FIELD_STRING, ev_start, kernel, "release"),
	FIELD("hooks", FIELD_HOOKS, ev_start, hooks,
	      "kernel functions by name: attached, not needed, or why it is missing",
	      .count = OFF(ev_start, nr_hooks)),
	FIELD("command", FIELD_TEXTS, ev_start, command,
	      "the command's words; null: none, but the whole system, or what attached names",
	      .count = OFF(ev_start, nr_words)),
	FIELD("user", FIELD_STRING, ev_start, user,
	      "whom the command runs as: with -u, and under sudo", IF(ev_start, has_user)),
	FIELD("trace_cgroup", FIELD_STRING, ev_start, cgroup,
	      "of the whole system, what is met in this cgroup or below it, and what that makes",
	      IF(ev_start, has_cgroup)),
	FIELD("trace_uid", FIELD_UINT, ev_start, uid,
	      "of the whole system, who is met with this real user id, and what he makes",
	      IF(ev_start, has_uid)),
	FIELD("attached", FIELD_PIDS, ev_start, attached,
	      "processes that were named, to be traced with all that descends from them",
	      IF(ev_start, has_attached), .count = OFF(ev_start, nr_attached)),
	FIELD("pid", FIELD_INT, ev_start, pid, "its process", IF(ev_start, has_command)),
	FIELD("id", FIELD_UINT, ev_start, id, "its identity", IF(ev_start, has_command)),
	END
};

#define ID(struct_type, member)						\
	FIELD("id", FIELD_UINT, struct_type, member,			\
	      "identity of the process, not used again in the session", OWN)
#define SPACE(struct_type, member, ...)					\
	FIELD("space", FIELD_ID, struct_type, member,			\
	      "identity of its address space; null: it has none, or it is not traced", \
	      OWN, ##__VA_ARGS__)

/* As the one or the other backend's reader has found it still there. */
#define CGROUP(struct_type, member, ...)				\
	FIELD("cgroup", FIELD_NAME, struct_type, member,		\
	      "path of its cgroup (version 2), as last seen; null: not known", \
	      OWN, NEEDS(cgroups), ##__VA_ARGS__)

static const struct field parent_fields[] = {
	FIELD("pid", FIELD_INT, ev_clone, parent_pid, "thread group"),
	FIELD("tid", FIELD_INT, ev_clone, parent_tid, "the task that made the call"),
	FIELD("comm", FIELD_TEXT, ev_clone, comm, "its name"),
	ID(ev_clone, parent_id),
	SPACE(ev_clone, parent_space),
	CGROUP(ev_clone, parent_cgroup),
	END
};

static const struct field child_fields[] = {
	FIELD("pid", FIELD_INT, ev_clone, child_pid, "thread group"),
	FIELD("tid", FIELD_INT, ev_clone, child_tid, "the new task"),
	FIELD("ns_pid", FIELD_INT, ev_clone, child_ns_pid, "pid, as the child itself sees it"),
	FIELD("ns_tid", FIELD_INT, ev_clone, child_ns_tid, "tid, as the child itself sees it"),
	ID(ev_clone, child_id),
	SPACE(ev_clone, child_space),
	CGROUP(ev_clone, child_cgroup),
	END
};

static const struct field resource_fields[] = {
#define CLEAVE_X(sym, name, words)					\
	{ BASE(name, FIELD_SHARING, words), .index = RES_##sym,		\
	  .names = sharing_names },
	RESOURCES(CLEAVE_X)
#undef CLEAVE_X
	END
};

static const struct field clone_fields[] = {
	PART("parent", parent_fields, "the creator"),
	PART("child", child_fields, "absent if the clone failed", IF(ev_clone, made)),
	FIELD("flags", FIELD_FLAGS, ev_clone, flags,
	      "clone flags by name; in hexadecimal where it has none"),
	FIELD("flags_raw", FIELD_HEX, ev_clone, flags, "the same as one number"),
	FIELD("exit_signal", FIELD_INT, ev_clone, exit_signal,
	      "what the parent gets when the child ends; 0: nothing"),
	FIELD("exit_signal_name", FIELD_SIGNAL, ev_clone, exit_signal, "its name, or none"),
	FIELD("set_tid", FIELD_INT, ev_clone, set_tid,
	      "the pid that clone3() asked for, in the innermost namespace",
	      IF(ev_clone, has_set_tid)),
	FIELD("set_tid_levels", FIELD_UINT, ev_clone, set_tid_levels,
	      "namespaces for which it asked for one", IF(ev_clone, has_set_tid),
	      .unit = UNIT_COUNT),
	FIELD("cgroup_fd", FIELD_INT, ev_clone, cgroup_fd,
	      "clone3()'s, with CLONE_INTO_CGROUP", IF(ev_clone, has_cgroup)),
	FIELD("call", FIELD_ENUM, ev_clone, call, "what made it", .names = call_names),
	FIELD("kind", FIELD_ENUM, ev_clone, kind, "what came of it", .names = kind_names),
	{ BASE("resources", FIELD_RESOURCES,
	       "what the child shares with its creator, has a copy of, has new, or lacks"),
	  .sub = resource_fields },
	FIELD("pages", FIELD_OBJECT, ev_clone, pages,
	      "what the child's page tables hold, where it has its own",
	      .sub = page_fields, IF(ev_clone, has_pages)),
	FIELD("vm_pages", FIELD_UINT, ev_clone, vm_pages,
	      "otherwise: size of the address space that both are in", .unit = UNIT_PAGES,
	      IF(ev_clone, has_vm)),
	FIELD("page_tables_bytes", FIELD_UINT, ev_clone, page_tables_bytes,
	      "what the child's page tables take themselves", .unit = UNIT_BYTES,
	      IF(ev_clone, has_pages), NEEDS(page_tables)),
	FIELD("duration_ns", FIELD_UINT, ev_clone, duration_ns, "time inside copy_process()",
	      .unit = UNIT_NS, OWN),
	FIELD("error", FIELD_INT, ev_clone, error, "0, or the errno"),
	END
};

/* How long breaks took, by side and outcome, see times_json(). */
#define TIMES(name, struct_type, doc, ...)				\
	FIELD(name, FIELD_TIMES, struct_type, times, doc, OWN,		\
	      IF(struct_type, times.there), .arrived = OFF(struct_type, times.known) + 1, \
	      ##__VA_ARGS__)

static const struct field exec_fields[] = {
	FIELD("pid", FIELD_INT, ev_exec, pid, "thread group"),
	FIELD("tid", FIELD_INT, ev_exec, tid, "the task that called exec"),
	FIELD("comm", FIELD_TEXT, ev_exec, comm, "its name before the exec"),
	FIELD("filename", FIELD_TEXT, ev_exec, path, "path as given to the call"),
	FIELD("argv", FIELD_ARGS, ev_exec, args,
	      "arguments, the first 512 bytes; empty where the exec failed; null with --no-args",
	      NEEDS(args)),
	FIELD("argc", FIELD_UINT, ev_exec, argc, "how many there are", .unit = UNIT_COUNT),
	FIELD("argv_cut", FIELD_BOOL, ev_exec, args_cut, "argv has not all of them",
	      NEEDS(args)),
	FIELD("error", FIELD_INT, ev_exec, error, "0, or the errno"),
	WAIT(ev_exec, KNOWN(vfork_exec)),
	FIGURES(ev_exec),
	FIELD("filename_cut", FIELD_BOOL, ev_exec, path_cut, "filename is not all of it"),
	ID(ev_exec, id),
	SPACE(ev_exec, space),
	FIELD("old_space", FIELD_ID, ev_exec, old_space,
	      "identity of the address space that it gave up; null: none, or not traced",
	      OWN),
	CGROUP(ev_exec, cgroup),
	TIMES("break_ns", ev_exec,
	      "with --times: how long breaks took in the address space that it closed"),
	END
};

static const struct field exit_fields[] = {
	FIELD("pid", FIELD_INT, ev_exit, pid, "thread group"),
	FIELD("comm", FIELD_TEXT, ev_exit, comm, "its name"),
	FIELD("exit_code", FIELD_INT, ev_exit, exit_code,
	      "exit status, or 128 and the signal's number"),
	FIELD("signal", FIELD_SIGNAL, ev_exit, signal, "the signal that ended it",
	      IF(ev_exit, signaled)),
	WAIT(ev_exit, ALWAYS),
	FIGURES(ev_exit),
	ID(ev_exit, id),
	SPACE(ev_exit, space),
	CGROUP(ev_exit, cgroup),
	TIMES("break_ns", ev_exit,
	      "with --times: how long breaks took in the address space that it closed"),
	SWITCHES(ev_exit, "with --switches: how often one of its tasks was switched to",
		 FIELD_SINCE_MADE),
	END
};

static const struct field gone_fields[] = {
	FIELD("pid", FIELD_INT, ev_gone, pid, "thread group"),
	FIELD("comm", FIELD_TEXT, ev_gone, comm, "its name"),
	ID(ev_gone, id),
	CGROUP(ev_gone, cgroup),
	END
};

static const struct field break_fields[] = {
	FIELD("outcome", FIELD_ENUM, ev_break, outcome, "what happened",
	      .names = outcome_names),
	FIELD("addr", FIELD_HEX, ev_break, addr, "the page's address"),
	FIELD("pid", FIELD_INT, ev_break, pid, "thread group of the task that faulted"),
	FIELD("tid", FIELD_INT, ev_break, tid, "that task"),
	FIELD("id", FIELD_ID, ev_break, id,
	      "identity of the process; null: no record has told of it", OWN),
	FIELD("space", FIELD_ID, ev_break, space,
	      "identity of the address space in which it happened", OWN),
	END
};

static const struct field attach_fields[] = {
	FIELD("pid", FIELD_INT, ev_attach, pid, "thread group"),
	FIELD("ns_pid", FIELD_INT, ev_attach, ns_pid, "pid, as the process itself sees it"),
	FIELD("parent_pid", FIELD_ID, ev_attach, parent_pid,
	      "its parent's; null: not to be seen from here"),
	FIELD("comm", FIELD_TEXT, ev_attach, comm, "its name"),
	ID(ev_attach, id),
	SPACE(ev_attach, space),
	CGROUP(ev_attach, cgroup),
	FIELD("creator_space", FIELD_ID, ev_attach, creator_space,
	      "identity of its creator's, where it is before exec, and that is known and traced",
	      OWN),
	FIELD("before_exec", FIELD_BOOL, ev_attach, before_exec,
	      "it has not exec'ed since the clone that made it"),
	FIELD("just_made", FIELD_BOOL, ev_attach, just_made,
	      "by a clone that was under way as its creator was attached to"),
	FIELD("started_ns", FIELD_UINT, ev_attach, started_ns, "when it began, as ts",
	      .unit = UNIT_NS),
	FIELD("vm_pages", FIELD_UINT, ev_attach, vm_pages, "size of its address space",
	      .unit = UNIT_PAGES),
	END
};

static const struct field look_fields[] = {
	FIELD("pid", FIELD_INT, ev_look, pid, "thread group"),
	ID(ev_look, id),
	SPACE(ev_look, space),
	FIELD("shared", FIELD_UINT, ev_look, shared,
	      "anonymous pages that others map, too; null, as swap: they may not be read",
	      .unit = UNIT_PAGES, .arrived = OFF(ev_look, may) + 1),
	FIELD("swap", FIELD_UINT, ev_look, swap, "pages that are swapped out",
	      .unit = UNIT_PAGES, .arrived = OFF(ev_look, may) + 1),
	END
};

static const char *const shared_names[SHARED_NR] = {
	[SHARED_CLONE] = "clone", [SHARED_LOOK] = "look",
};

static const struct field spent_fields[] = {
	FIELD("count", FIELD_UINT, ev_spent, count, "breaks that were timed",
	      .unit = UNIT_BREAKS),
	FIELD("untimed", FIELD_UINT, ev_spent, untimed,
	      "breaks of which no return was seen: yet, or ever", .unit = UNIT_BREAKS),
	FIELD("sum_ns", FIELD_UINT, ev_spent, sum_ns, "how long the timed ones took",
	      .unit = UNIT_NS),
	FIELD("max_ns", FIELD_UINT, ev_spent, max_ns, "the longest of them", .unit = UNIT_NS),
	END
};

#define BEFORE_EXEC(doc)						\
	FIELD("before_exec", FIELD_OBJECT, ev_took, before_exec, doc,	\
	      .sub = spent_fields)

static const struct field space_took_fields[] = {
	BEFORE_EXEC("all of them are on that side"),
	END
};

static const struct field took_fields[] = {
	BEFORE_EXEC("in those of spaces"),
	FIELD("creator", FIELD_OBJECT, ev_took, creator,
	      "in creators that are on that side; null, of a family: it has ended",
	      .sub = spent_fields, .arrived = OFF(ev_took, creator_known) + 1),
	END
};

/* Without a histogram, and of all outcomes together: there are many of them. */
#define TOOK(struct_type, fields, doc)					\
	FIELD("break_ns", FIELD_OBJECT, struct_type, took, doc, .sub = fields, OWN, \
	      IF(struct_type, took.known), NEEDS(snap_times))

#define BASE_KNOWN	.arrived = OFF(ev_space, base_known) + 1
#define LOOKED		.arrived = OFF(ev_space, looked) + 1

static const struct field space_fields[] = {
	FIELD("pid", FIELD_ID, ev_space, pid,
	      "a process in it; null, as its name and id: no record has told of one"),
	FIELD("comm", FIELD_NAME, ev_space, comm, "its name"),
	FIELD("id", FIELD_ID, ev_space, id, "its identity", OWN),
	FIELD("space", FIELD_ID, ev_space, space, "identity of the address space", OWN),
	CGROUP(ev_space, cgroup),
	FIELD("creator_pid", FIELD_ID, ev_space, creator_pid,
	      "a process in its creator's, where one is known and alive"),
	FIELD("creator_space", FIELD_ID, ev_space, creator_space,
	      "identity of its creator's; null: not known, or not traced", OWN),
	FIELD("attached", FIELD_BOOL, ev_space, attached,
	      "it was there before: all that is counted begins with the attachment"),
	FIELD("age_ns", FIELD_UINT, ev_space, age_ns,
	      "since the clone; where it was attached to, since the process began",
	      .unit = UNIT_NS, .arrived = OFF(ev_space, aged) + 1),
	FIELD("shared", FIELD_UINT, ev_space, shared,
	      "pages shared at first; null, as the next three, where nobody knows",
	      .unit = UNIT_PAGES, BASE_KNOWN, NEEDS(shared)),
	FIELD("shared_from", FIELD_ENUM, ev_space, from,
	      "what that is from: the clone, or a look when it was attached to",
	      .names = shared_names, BASE_KNOWN),
	FIELD("shared_most", FIELD_UINT, ev_space, shared_most,
	      "of these, still shared at most", .unit = UNIT_PAGES, BASE_KNOWN,
	      NEEDS(never_copied)),
	FIELD("shared_estimate", FIELD_UINT, ev_space, shared_estimate,
	      "an estimate of that: less what both have copied; null if its creator is unknown",
	      .unit = UNIT_PAGES, .arrived = OFF(ev_space, estimate_known) + 1,
	      NEEDS(both_never)),
	FIELD("shared_now", FIELD_UINT, ev_space, shared_now,
	      "anonymous pages that others map, too, at this moment; null: nobody has looked",
	      .unit = UNIT_PAGES, LOOKED),
	FIELD("swap_now", FIELD_UINT, ev_space, swap_now,
	      "pages that are swapped out at this moment", .unit = UNIT_PAGES, LOOKED),
	FIELD("clones", FIELD_UINT, ev_space, clones, "address spaces cloned from it",
	      .unit = UNIT_COUNT),
	FIELD("cow", FIELD_OBJECT, ev_space, cow, "breaks in it until now, by outcome",
	      .sub = outcome_fields),
	FIELD("creator_cow", FIELD_OBJECT, ev_space, creator_cow,
	      "breaks in its creator's meanwhile, by outcome", .sub = outcome_fields,
	      .arrived = OFF(ev_space, creator_known) + 1, NEEDS(creator)),
	TOOK(ev_space, space_took_fields,
	     "with --times: how long breaks in it took until now"),
	END
};

static const struct field family_fields[] = {
	FIELD("pid", FIELD_ID, ev_family, pid,
	      "the creator; null, as its name and id: it has ended, or no record has told of it"),
	FIELD("comm", FIELD_NAME, ev_family, comm, "its name"),
	FIELD("id", FIELD_ID, ev_family, id, "its identity", OWN),
	FIELD("space", FIELD_ID, ev_family, space, "identity of its address space", OWN),
	FIELD("children", FIELD_UINT, ev_family, children,
	      "address spaces cloned from it that are alive and have not exec'ed",
	      .unit = UNIT_COUNT),
	FIELD("extra_pages", FIELD_UINT, ev_family, extra,
	      "an estimate: pages that are there as sharing was broken", .unit = UNIT_PAGES,
	      NEEDS(both_copied)),
	FIELD("peak_pages", FIELD_UINT, ev_family, peak, "the most of it that was seen",
	      .unit = UNIT_PAGES, NEEDS(both_copied)),
	TOOK(ev_family, took_fields,
	     "with --times: how long breaks in its children took until now, and in itself"),
	END
};

#define EACH(name, member, type, fields, doc)				\
	{ BASE(name, FIELD_LIST, doc), .offset = OFF(ev_snapshot, member), \
	  .size = sizeof(struct type), .count = OFF(ev_snapshot, nr_##member), \
	  .sub = fields }
#define TOTALS_KNOWN	.arrived = OFF(ev_snapshot, totals_known) + 1

static const struct field snapshot_fields[] = {
	EACH("spaces", spaces, ev_space, space_fields,
	     "address spaces that were cloned and have not exec'ed"),
	EACH("families", families, ev_family, family_fields,
	     "their creators, those that are known"),
	FIELD("extra_pages", FIELD_UINT, ev_snapshot, extra,
	      "the same of all families together, each page once",
	      .unit = UNIT_PAGES, NEEDS(both_copied)),
	FIELD("peak_pages", FIELD_UINT, ev_snapshot, peak, "the most of it that was seen",
	      .unit = UNIT_PAGES, NEEDS(both_copied)),
	TOOK(ev_snapshot, took_fields,
	     "with --times: how long breaks took until now in all that live"),
	TIMES("all_break_ns", ev_snapshot,
	      "with --times: how long all breaks took until now, in what has ended as well",
	      NEEDS(snap_all_times)),
	FIELD("clones", FIELD_UINT, ev_snapshot, clones,
	      "address spaces cloned since the start", .unit = UNIT_COUNT, TOTALS_KNOWN),
	FIELD("lost", FIELD_UINT, ev_snapshot, lost,
	      "records, address spaces and calls lost until now", .unit = UNIT_COUNT,
	      TOTALS_KNOWN),
	FIELD("left_out", FIELD_UINT, ev_snapshot, left_out,
	      "address spaces that a filter has left out: they are in the sums all the same",
	      .unit = UNIT_COUNT, OWN, IF(ev_snapshot, has_left_out)),
	END
};

static const struct field lost_fields[] = {
	FIELD("records", FIELD_OBJECT, ev_lost, records,
	      "records that found the ring full; the totals have them all the same",
	      .sub = record_fields, NEEDS(totals)),
	FIELD("address_spaces", FIELD_UINT, ev_lost, spaces,
	      "address spaces that found the ledger full", .unit = UNIT_COUNT,
	      NEEDS(totals)),
	FIELD("probes_missed", FIELD_UINT, ev_lost, missed,
	      "calls that a probe did not see", .unit = UNIT_COUNT, NEEDS(totals)),
	FIELD("malformed", FIELD_UINT, ev_lost, malformed,
	      "records that were not what their header says", .unit = UNIT_COUNT),
	FIELD("unread", FIELD_UINT, ev_lost, unread,
	      "records that were begun and never finished, and those behind them",
	      .unit = UNIT_COUNT, NEEDS(totals)),
	END
};

static const struct field diff_fields[] = {
	FIELD("event", FIELD_WORD, ev_diff, event, "type of the event"),
	FIELD("pid", FIELD_INT, ev_diff, pid, "its process or task"),
	FIELD("field", FIELD_WORD, ev_diff, field, "path of the field"),
	FIELD("bpf", FIELD_JSON, ev_diff, value[0], "what BPF says; null: nothing"),
	FIELD("module", FIELD_JSON, ev_diff, value[1], "what the module says; null: nothing"),
	END
};

#define DIFFS(name, member, doc)					\
	{ BASE(name, FIELD_LIST, doc), .offset = OFF(ev_compare, member), \
	  .size = sizeof(struct ev_diff), .count = OFF(ev_compare, nr_##member), \
	  .sub = diff_fields }

static const struct field compare_fields[] = {
	FIELD("events", FIELD_UINT, ev_compare, events, "pairs that were compared",
	      .unit = UNIT_COUNT),
	FIELD("nr_differences", FIELD_UINT, ev_compare, nr_differences, "all differences",
	      .unit = UNIT_COUNT),
	DIFFS("differences", list, "the first 1000 of them"),
	DIFFS("edges", edges, "differences at the edge of a creator's window: no error"),
	END
};

#define KIND(kind, name)						\
	NUMBER(CLEAVE_KIND_##kind, name, UNIT_COUNT, "of this kind", KNOWN(clones))

static const struct field kind_fields[] = {
	KIND(PROCESS, "process"),
	KIND(THREAD, "thread"),
	KIND(VFORK, "vfork/posix_spawn child"),
	KIND(VM_SHARER, "process in shared memory"),
	KIND(KTHREAD, "kernel thread"),
	KIND(IO_WORKER, "io_uring worker"),
	KIND(USER_WORKER, "vhost worker"),
	KIND(UMH, "user-mode helper"),
	KIND(IDLE, "idle task"),
	END
};

static const struct field total_fields[] = {
	FIELD("clones", FIELD_OBJECT, ev_totals, clones, "successful clones, by kind",
	      .sub = kind_fields),
	FIELD("clone_errors", FIELD_UINT, ev_totals, clone_errors, "failed ones",
	      .unit = UNIT_COUNT, NEEDS(clones)),
	FIELD("execs", FIELD_UINT, ev_totals, execs, "successful execs",
	      .unit = UNIT_COUNT, NEEDS(execs)),
	FIELD("exec_errors", FIELD_UINT, ev_totals, exec_errors, "failed ones",
	      .unit = UNIT_COUNT, NEEDS(exec_errors)),
	FIELD("exits", FIELD_UINT, ev_totals, exits, "processes that ended",
	      .unit = UNIT_COUNT, NEEDS(exits)),
	FIELD("address_spaces_closed", FIELD_UINT, ev_totals, spaces_closed,
	      "address spaces made by a clone that closed, by an exec or an end",
	      .unit = UNIT_COUNT, NEEDS(before_exec)),
	FIELD("shared", FIELD_UINT, ev_totals, shared,
	      "sum of pages.shared over all clones, closed or not", .unit = UNIT_PAGES,
	      NEEDS(shared)),
	FIELD("never_copied", FIELD_UINT, ev_totals, never_copied,
	      "sum over the closed ones", .unit = UNIT_PAGES, NEEDS(never_in_all)),
	FIELD("before_exec", FIELD_OBJECT, ev_totals, before_exec,
	      "breaks before exec, by outcome, sum over the closed ones",
	      .sub = outcome_fields, NEEDS(before_exec)),
	FIELD("cow", FIELD_OBJECT, ev_totals, cow,
	      "breaks by outcome, of all traced address spaces", .sub = outcome_fields),
	/* How many there were depends on what was lost. */
	FIELD("records", FIELD_OBJECT, ev_totals, records, "records written, by type",
	      .sub = record_fields, OWN),
	END
};

static const struct field summary_fields[] = {
	FIELD("backend", FIELD_STRING, ev_summary, backend, "as in start"),
	FIELD("duration_ns", FIELD_UINT, ev_summary, duration_ns,
	      "from the start to the summary", .unit = UNIT_NS, OWN, NEEDS(totals)),
	FIELD("attach_ns", FIELD_UINT, ev_summary, attach_ns,
	      "what loading and attaching took, before that", .unit = UNIT_NS, OWN),
	FIELD("totals", FIELD_OBJECT, ev_summary, totals,
	      "counted in the kernel: exact whatever records were lost",
	      .sub = total_fields, NEEDS(totals)),
	FIELD("lost", FIELD_OBJECT, ev_summary, lost, "as in lost", .sub = lost_fields,
	      OWN),
	FIELD("left_out", FIELD_UINT, ev_summary, left_out,
	      "events that a filter has left out: they are in totals all the same",
	      .unit = UNIT_COUNT, OWN, IF(ev_summary, has_left_out)),
	TIMES("break_ns", ev_summary,
	      "with --times: how long all breaks took, whatever records were lost"),
	SWITCHES(ev_summary, "with --switches: to tasks of all traced processes",
		 FIELD_NOT_COMPARED),
	END
};

const struct schema schemas[EVENT_NR] = {
	[EVENT_START] = { "start", start_fields, "tracing is about to begin: the first line" },
	[EVENT_CLONE] = { "clone", clone_fields, "a return of copy_process(), successful or not" },
	[EVENT_EXEC] = { "exec", exec_fields, "an exec, successful or not" },
	[EVENT_EXIT] = { "exit", exit_fields, "the end of a process: of its last thread" },
	[EVENT_GONE] = { "gone", gone_fields,
			 "a process that is no longer there, though its exit was not seen" },
	[EVENT_BREAK] = { "break", break_fields, "one break, with --breaks" },
	[EVENT_ATTACH] = { "attach", attach_fields,
			   "a process that was there before is traced from here on" },
	[EVENT_LOOK] = { "look", look_fields,
			 "what a process shares that was attached to, as its page tables tell" },
	[EVENT_SNAPSHOT] = { "snapshot", snapshot_fields,
			     "the figures of all that are alive, each of a time of its own" },
	[EVENT_LOST] = { "lost", lost_fields, "what was lost, zero included" },
	[EVENT_COMPARE] = { "compare", compare_fields,
			    "in what the two backends differ, with --backend=both" },
	[EVENT_SUMMARY] = { "summary", summary_fields, "the totals: the last line" },
};
