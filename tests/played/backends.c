// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "backends.h"
#include "records.h"
#include "source/live.h"

const struct backend_ops backend_bpf = { .name = "bpf" };
const struct backend_ops backend_module = { .name = "module" };

struct plan plan;

static void play_all(struct played *p, pid_t pid)
{
	int status = plan.differs && !strcmp(p->s.name, "module") ? plan.differs :
								    plan.status;
	struct cleave_clone clone = rec_clone(pid, pid + 1, 7);
	struct cleave_exec exec = rec_exec(pid, 0, 6, 0);
	struct cleave_exit child = rec_exit(pid + 1, 7, 0);
	struct cleave_end end = rec_end(7, CLEAVE_HAS_FIGURES);
	struct cleave_exit root = rec_exit(pid, 0, status);

	if (plan.exec)
		played_put(p, &exec);
	played_put(p, &clone);
	played_put(p, &child);
	played_put(p, &end);
	played_put(p, &root);
}

/* It does then what a command does. */
static void play_attached(struct played *p, pid_t pid)
{
	struct cleave_attach attach = rec_attach(pid, 0, 6, 0);

	if (!pid)
		return;
	attach.what = 0;
	played_put(p, &attach);
	play_all(p, pid);
}

struct source *live_open(const struct backend_ops *ops, const struct backend_cfg *cfg,
			 char *why)
{
	struct played *p;

	plan.cfg = *cfg;
	if (plan.cannot && !strcmp(plan.cannot, ops->name)) {
		snprintf(why, SOURCE_WHY, "it has a cold");
		return NULL;
	}
	p = played_new(ops->name);
	if (plan.missing >= 0)
		p->s.hooks[plan.missing].attached = false;
	known_init(&p->s.known, p->s.hooks);
	p->s.known.args = !cfg->no_args;
	p->s.times = cfg->times;
	p->totals.exits = 2;
	p->totals.lost[CLEAVE_REC_EXIT] = plan.lost;
	p->left = plan.left;
	p->snaps = plan.snaps;
	p->nr_snaps = plan.nr_snaps;
	p->on_root = play_all;
	p->on_attach = play_attached;
	if (cfg->all)
		play_all(p, 1 << 22);
	return &p->s;
}

int live_selftest(struct source *s, char *why)
{
	(void)s;
	(void)why;
	return 0;
}
