// SPDX-License-Identifier: GPL-2.0-only
/*
 * switch.c - how often the tasks of traced processes are switched to, and from which
 * memory.  Loaded only where the session wants to know.
 *
 * __schedule() calls it with interrupts off, so nothing preempts it, and lookups take
 * no lock.
 */
SEC("tp_btf/sched_switch")
int BPF_PROG(task_switch, bool preempt, struct task_struct *prev,
	     struct task_struct *next)
{
	__u32 tgid = next->tgid, from;
	struct switches *s;
	__u64 *word;

	if (stopped || !cleave_switch_counts(next->mm, next->flags))
		return 0;
	word = proc_word(tgid);
	if (!word || *(volatile __u64 *)word == PROC_NONE(tgid))
		return 0;
	s = bpf_map_lookup_elem(&proc_switches, &tgid);
	if (!s)
		return 0;
	from = cleave_switch_of(next->mm, prev->mm, prev->active_mm);
	if (from >= CLEAVE_NR_SWITCHES)
		return 0;
	cleave_add(&s->of[from], 1);
	cleave_add(&totals.switches[from], 1);
	return 0;
}
