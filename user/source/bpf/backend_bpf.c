// SPDX-License-Identifier: GPL-2.0-only
/* backend_bpf.c - the BPF programs of cleave.bpf.c as a backend. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lib/clock.h"
#include "source/bpf/priv.h"
#include "cleave.skel.h"

static void bpf_close(struct backend *b)
{
	struct bpf_priv *p = b->priv;

	bpf_link__destroy(p->adopt_link);
	bpf_detach(p);
	mapped_free(&p->pool);
	mapped_free(&p->slot_times);
	mapped_free(&p->cells);
	cleave_bpf__destroy(p->skel);
	free(p);
	b->priv = NULL;
}

static int bpf_open(struct backend *b, const struct backend_cfg *cfg)
{
	unsigned long long start = now_ns();
	struct bpf_priv *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return backend_fail(-ENOMEM, "out of memory");
	b->ops = &backend_bpf;
	b->priv = p;
	b->ring_fd = -1;
	err = bpf_load(p, cfg);
	if (err) {
		bpf_close(b);
		return err;
	}
	b->ring_fd = bpf_map__fd(p->skel->maps.ring);
	b->ring_size = cfg->ring_size;
	bpf_attach(p, b->hooks);
	/* Plans and libbpf had the kernel's BTF in the heap, some 5 MB each time. */
	malloc_trim(0);
	b->attach_ns = now_ns() - start;
	return 0;
}

const struct backend_ops backend_bpf = {
	.name = "bpf",
	.probe = bpf_probe,
	.open = bpf_open,
	.add_root = bpf_add_root,
	.attach = bpf_adopt,
	.look = bpf_look,
	.met = bpf_met,
	.snapshot = bpf_snapshot,
	.reset = bpf_reset,
	.totals = bpf_totals,
	.times = bpf_times,
	.stop = bpf_stop,
	.close = bpf_close,
};
