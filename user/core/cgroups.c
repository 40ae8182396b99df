// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "core/cgroups.h"

static void drop(struct cgroup_names *n, struct cgroup_name *name)
{
	hash_del(&n->by_id, &name->node);
	free(name);
}

static void drop_unused(struct hash_node *node, void *ctx)
{
	struct cgroup_name *name = (struct cgroup_name *)node;
	struct cgroup_names *n = ctx;

	if (!name->users && name->told + CGROUPS_MAX < n->told)
		drop(n, name);
}

/* As many as processes are in, and those that may be named again without being told. */
static void tidy(struct cgroup_names *n)
{
	if (n->by_id.count < n->tidy_at)
		return;
	hash_each(&n->by_id, drop_unused, n);
	n->tidy_at = 2 * (n->by_id.count > CGROUPS_MAX ? n->by_id.count : CGROUPS_MAX);
}

void cgroup_learn(struct cgroup_names *n, const struct own_cgroup *rec)
{
	struct cgroup_name *name = (struct cgroup_name *)hash_find(&n->by_id, rec->id);
	size_t len = rec->hdr.size - offsetof(struct own_cgroup, path);

	n->told++;
	if (!name) {
		tidy(n);
		name = need(malloc(sizeof(*name) + len));
		name->users = 0;
		memcpy(name->room, rec->path, len);
		name->path = (struct text) { name->room, len };
		hash_add(&n->by_id, &name->node, rec->id);
	}
	name->told = n->told;
}

struct cgroup_name *cgroup_hold(struct cgroup_names *n, __u64 id)
{
	struct cgroup_name *name;

	name = id ? (struct cgroup_name *)hash_find(&n->by_id, id) : NULL;
	if (name)
		name->users++;
	return name;
}

void cgroup_put(struct cgroup_name *name)
{
	if (name)
		name->users--;
}

void cgroup_names_free(struct cgroup_names *n)
{
	hash_free_all(&n->by_id);
}
