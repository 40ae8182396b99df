// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cgroups.h"
#include "core/tell_cgroups.h"

/* Processes that are asked for a cgroup's path, until nobody is asked any more. */
#define TRIES	8

/**
 * struct told - a cgroup that was named
 * @node: by its id
 * @tries: to find its path that have failed
 * @done: it was told, or is known to be not there any more
 */
struct told {
	struct hash_node node;
	unsigned int tries;
	bool done;
};

static struct told *get(struct cgroups_told *t, __u64 id)
{
	struct told *c = (struct told *)hash_find(&t->ids, id);

	if (c)
		return c;
	if (t->ids.count == CGROUPS_MAX)
		hash_free_all(&t->ids);
	c = need(calloc(1, sizeof(*c)));
	hash_add(&t->ids, &c->node, id);
	return c;
}

const struct cleave_hdr *cgroups_look_up(struct cgroups_told *t, __u64 id, pid_t pid,
					 __u64 ts)
{
	struct told *c = get(t, id);
	int err;

	t->last = c->done ? id : 0;
	if (c->done)
		return NULL;
	err = cgroup_path(&t->fs, id, pid, t->rec.path);
	c->done = !err || err == -ESTALE || err == -ENODEV || ++c->tries == TRIES;
	if (err)
		return NULL;
	t->last = id;
	t->rec.id = id;
	t->rec.hdr = (struct cleave_hdr) {
		.type = OWN_REC_CGROUP,
		.size = offsetof(struct own_cgroup, path) + strlen(t->rec.path),
		.ts = ts,
	};
	return &t->rec.hdr;
}

void cgroups_told_free(struct cgroups_told *t)
{
	hash_free_all(&t->ids);
	cgroup_fs_close(&t->fs);
}
