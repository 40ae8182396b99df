// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "cli/sources.h"
#include "source/kmod.h"
#include "source/live.h"

static int open_one(struct sources *s, const struct backend_ops *ops,
		    const struct source_opts *o, char *why)
{
	struct source *src;

	if (o->load_module && ops == &backend_module && kmod_load()) {
		snprintf(why, SOURCE_WHY, "%s", backend_error());
		return -1;
	}
	src = live_open(ops, &o->cfg, why);
	if (!src)
		return -1;
	if (o->selftest && live_selftest(src, why)) {
		src->ops->close(src);
		return -1;
	}
	s->src[s->nr++] = src;
	return 0;
}

static int open_or_say(struct sources *s, const struct backend_ops *ops,
		       const struct source_opts *o)
{
	char why[SOURCE_WHY] = "";

	if (!open_one(s, ops, o, why))
		return 0;
	fprintf(stderr, "cleave: %s: %s\n", ops->name, why);
	return -1;
}

static int open_auto(struct sources *s, const struct source_opts *o)
{
	char bpf[SOURCE_WHY] = "", module[SOURCE_WHY] = "";

	if (!open_one(s, &backend_bpf, o, bpf) || !open_one(s, &backend_module, o, module))
		return 0;
	fprintf(stderr, "cleave: no backend can be used here: bpf: %s; module: %s\n",
		bpf, module);
	return -1;
}

int sources_open(struct sources *s, const struct source_opts *o)
{
	s->nr = 0;
	switch (o->choice) {
	case CHOOSE_BPF:
		return open_or_say(s, &backend_bpf, o);
	case CHOOSE_MODULE:
		return open_or_say(s, &backend_module, o);
	case CHOOSE_BOTH:
		if (open_or_say(s, &backend_bpf, o))
			return -1;
		if (!open_or_say(s, &backend_module, o))
			return 0;
		sources_close(s);
		return -1;
	default:
		return open_auto(s, o);
	}
}

const char *sources_name(const struct sources *s)
{
	return s->nr == 1 ? s->src[0]->name : "both";
}

void sources_close(struct sources *s)
{
	while (s->nr) {
		struct source *src = s->src[--s->nr];

		src->ops->close(src);
	}
}
