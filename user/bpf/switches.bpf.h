/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switches.bpf.h - how often the tasks of each process were switched to.
 *
 * Where the session does not want to know, the verifier takes all of it out of the
 * programs, and the map has one entry.
 */
#ifndef CLEAVE_SWITCHES_BPF_H
#define CLEAVE_SWITCHES_BPF_H

/* Set by the loader. */
const volatile bool want_switches;

struct switches {
	__u64 of[CLEAVE_NR_SWITCHES];
};

/* By thread group, of those that have a word in procs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, struct switches);
} proc_switches SEC(".maps");

/* A process is about to be traced; nobody has counted for it yet. */
static __always_inline void switches_begin(__u32 tgid)
{
	struct switches none = {};

	if (want_switches)
		bpf_map_update_elem(&proc_switches, &tgid, &none, BPF_ANY);
}

/* It has ended, and nobody asks. */
static __always_inline void switches_drop(__u32 tgid)
{
	if (want_switches)
		bpf_map_delete_elem(&proc_switches, &tgid);
}

/* It has ended: @to gets what was counted. */
static __always_inline void switches_end(__u32 tgid, __u64 *to)
{
	struct switches *s = NULL;

	if (want_switches)
		s = bpf_map_lookup_elem(&proc_switches, &tgid);
	if (s)
		__builtin_memcpy(to, s->of, sizeof(s->of));
	else
		__builtin_memset(to, 0, sizeof(s->of));
	switches_drop(tgid);
}

#endif /* CLEAVE_SWITCHES_BPF_H */
