// SPDX-License-Identifier: GPL-2.0-only
/* totals.c - the exact counters, and what was missed. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lib/clock.h"
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

/*
 * Have the first @used of the ledger's entries mapped.  All that is mapped counts as
 * resident with us, used or not: of the whole that would be 7 MiB by default.
 */
static int map_pool(struct bpf_priv *p, unsigned int used)
{
	size_t page = getpagesize(), size = sizeof(*p->pool);
	size_t len = (used * size + page - 1) / page * page;
	size_t all = (p->max_as * size + page - 1) / page * page;
	void *pool;

	if (len <= p->pool_len)
		return 0;
	/* Not for each few that come. */
	if (len < 2 * p->pool_len)
		len = 2 * p->pool_len < all ? 2 * p->pool_len : all;
	pool = mmap(NULL, len, PROT_READ, MAP_SHARED, bpf_map__fd(p->skel->maps.as_pool), 0);
	if (pool == MAP_FAILED)
		return backend_fail(-errno, "cannot map the ledger: %s", strerror(errno));
	if (p->pool)
		munmap(p->pool, p->pool_len);
	p->pool = pool;
	p->pool_len = len;
	return 0;
}

/* The same of all that were ever taken: @used of them. */
static int map_used(struct bpf_priv *p, unsigned int *used)
{
	*used = p->skel->bss->as_used;
	if (*used > p->max_as)
		*used = p->max_as;
	return map_pool(p, *used);
}

int bpf_totals(struct backend *b, struct cleave_totals *t)
{
	struct bpf_priv *p = b->priv;
	unsigned int i, used;
	int err;

	*t = p->skel->bss->totals;
	if (!p->skel->bss->stopped)
		p->missed = recursion_misses(p) - p->missed_base;
	t->missed += p->missed;
	t->live = 0;
	err = map_used(p, &used);
	if (err)
		return err;
	for (i = 0; i < used; i++) {
		struct cleave_as *as = &p->pool[i];
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

/* An entry may follow one that was not taken yet when we looked how many there are. */
static int map_creator(struct bpf_priv *p, unsigned int i, unsigned int *used)
{
	if (*(volatile __u32 *)&p->pool[i].creator <= *used)
		return 0;
	return map_used(p, used);
}

int bpf_snapshot(struct backend *b, struct snaps *to)
{
	struct bpf_priv *p = b->priv;
	__u64 now = now_ns();
	unsigned int i, used;
	int err = map_used(p, &used);

	to->nr = 0;
	for (i = 0; i < used && !err; i++) {
		err = snaps_grow(to);
		if (!err)
			err = map_creator(p, i, &used);
		if (!err && cleave_as_snap(p->pool, used, i, now, to->list + to->nr))
			to->nr++;
	}
	return err;
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

