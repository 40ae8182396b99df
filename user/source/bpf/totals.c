// SPDX-License-Identifier: GPL-2.0-only
/* totals.c - the exact counters, and what was missed. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "source/bpf/priv.h"
#include "cleave.skel.h"

/* Runs that BPF itself skipped: the program was active on the CPU already. */
static unsigned long long recursion_misses(struct bpf_priv *p)
{
	unsigned long long n = 0;
	int i;

	for (i = 0; i < NR_PROGS; i++) {
		const struct prog_def *d = &prog_defs[i];
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		struct bpf_program *prog;

		if (!p->link[i] || d->flags & PROG_COVERED)
			continue;
		prog = bpf_object__find_program_by_name(p->skel->obj, d->name);
		if (!bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
			n += info.recursion_misses;
	}
	return n;
}

int bpf_totals(struct backend *b, struct cleave_totals *t)
{
	struct bpf_priv *p = b->priv;
	struct cleave_as *pool;
	unsigned int i, used;
	int err;

	*t = p->skel->bss->totals;
	if (!p->skel->bss->stopped)
		p->missed = recursion_misses(p) - p->missed_base;
	t->missed += p->missed;
	t->live = 0;
	err = bpf_map_ledger(p, &used);
	if (err)
		return err;
	pool = p->pool.at;
	for (i = 0; i < used; i++) {
		struct cleave_as *as = &pool[i];
		__u64 cow[CLEAVE_NR_OUTCOMES];
		int o;

		if (!as->id || as->state & CLEAVE_AS_CLOSED)
			continue;
		t->live++;
		cleave_as_cow(as, cow);
		for (o = 0; o < CLEAVE_NR_OUTCOMES; o++)
			t->cow[o] += cow[o];
	}
	return 0;
}

int bpf_times(struct backend *b, struct cleave_times *times)
{
	struct bpf_priv *p = b->priv;

	*times = p->skel->bss->times_total;
	return 0;
}

int bpf_reset(struct backend *b)
{
	struct bpf_priv *p = b->priv;

	memset(&p->skel->bss->totals, 0, sizeof(p->skel->bss->totals));
	memset(&p->skel->bss->times_total, 0, sizeof(p->skel->bss->times_total));
	p->missed_base = recursion_misses(p);
	return 0;
}

/*
 * Programs run under rcu_read_lock(), and whoever updates a map of maps is sent
 * back when all are done that may have seen its old value: after the
 * synchronize_rcu() of maybe_wait_bpf_programs().  (membarrier(2) has one, too, but
 * not with one CPU, nor with nohz_full.)
 */
static int wait_for_programs(struct bpf_priv *p)
{
	int inner = bpf_map__fd(p->skel->maps.procs_lost), fd, err = 0;
	struct bpf_map_create_opts opts = {
		.sz = sizeof(opts),
		.inner_map_fd = inner,
	};
	__u32 zero = 0;

	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "cleave_wait", sizeof(zero),
			    sizeof(inner), 1, &opts);
	if (fd < 0 || bpf_map_update_elem(fd, &zero, &inner, BPF_ANY))
		err = backend_fail(-errno, "cannot wait for the BPF programs: %s",
				   strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}

/* Those that see the flag do nothing more; detaching comes with close. */
int bpf_stop(struct backend *b)
{
	struct bpf_priv *p = b->priv;
	int err;

	p->skel->bss->stopped = true;
	err = wait_for_programs(p);
	p->missed = recursion_misses(p) - p->missed_base;
	return err;
}

