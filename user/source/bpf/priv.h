/* SPDX-License-Identifier: GPL-2.0-only */
/* priv.h - what the files of the BPF backend share. */
#ifndef CLEAVE_BPF_PRIV_H
#define CLEAVE_BPF_PRIV_H

#include <bpf/libbpf.h>

#include "source/backend.h"
#include "source/bpf/again.h"
#include "source/bpf/mapped.h"
#include "source/bpf/plan.h"
#include "cleave_rules.h"

struct cleave_bpf;

/**
 * struct bpf_priv - a session
 * @skel: the BPF object, loaded
 * @plan: which of its programs
 * @link: of each program that is attached
 * @adopt_link: of the task iterator, once it was asked for
 * @again: how long a look has had some left
 * @full_looks: looks in a row that found a full ring and nothing else
 * @pool: the ledger's entries, those that were ever taken
 * @slot_times: breaks of each of them, where they are timed
 * @cells: the cells of cleave_times.h, those that were ever taken
 * @max_as: entries of the ledger
 * @times: breaks are timed
 * @missed_base: skipped runs that are not this session's
 * @missed: skipped runs, as of the last look
 */
struct bpf_priv {
	struct cleave_bpf *skel;
	struct plan plan;
	struct bpf_link *link[NR_PROGS];
	struct bpf_link *adopt_link;
	struct again again;
	unsigned int full_looks;
	struct mapped pool;
	struct mapped slot_times;
	struct mapped cells;
	unsigned int max_as;
	bool times;
	unsigned long long missed_base;
	unsigned long long missed;
};

/* may.c: can BPF be used by us?  Cheap. */
int bpf_probe(void);

/* may.c: what of this system may be behind a "not permitted". */
const char *bpf_why_not(void);

/* load.c: from the object in this program to programs that can be attached. */
int bpf_load(struct bpf_priv *p, const struct backend_cfg *cfg);

/* attach.c */
void bpf_attach(struct bpf_priv *p, struct backend_hook *hooks);
void bpf_detach(struct bpf_priv *p);

/* adopt.c */
int bpf_add_root(struct backend *b, pid_t pid);
int bpf_adopt(struct backend *b, pid_t pid);
int bpf_look(struct backend *b);
bool bpf_met(const struct backend *b);

/* ledger.c: its entries, @used of them, mapped; and what they come to. */
int bpf_map_ledger(struct bpf_priv *p, unsigned int *used);
int bpf_snapshot(struct backend *b, struct snaps *to);

/* totals.c */
int bpf_totals(struct backend *b, struct cleave_totals *t);
int bpf_times(struct backend *b, struct cleave_times *times);
int bpf_reset(struct backend *b);
int bpf_stop(struct backend *b);

#endif /* CLEAVE_BPF_PRIV_H */
