/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroups.h - the cgroups that a model knows by their ids: records name these, and one of
 * cleave's own has told the path before.
 */
#ifndef CLEAVE_CGROUPS_H
#define CLEAVE_CGROUPS_H

#include "core/event.h"
#include "core/layout.h"
#include "lib/hash.h"

/* So many that were told last can be named without being told anew. */
#define CGROUPS_MAX	4096

/**
 * struct cgroup_name - a cgroup of which the path is known
 * @node: by its id
 * @users: how many hold it
 * @told: its place among all that were told
 * @path: its path
 */
struct cgroup_name {
	struct hash_node node;
	__u64 users;
	__u64 told;
	struct text path;
	char room[];
};

/**
 * struct cgroup_names - all of them; all zero: none
 * @by_id: those that are known
 * @told: how many were told
 * @tidy_at: how many are to be known when those that nobody needs go
 */
struct cgroup_names {
	struct hash by_id;
	__u64 told;
	size_t tidy_at;
};

/**
 * cgroup_learn() - take a record of a cgroup
 * @n: all of them
 * @rec: the record, already checked
 */
void cgroup_learn(struct cgroup_names *n, const struct own_cgroup *rec);

/**
 * cgroup_hold() - a cgroup by its id
 * @n: all of them
 * @id: the id, or 0
 *
 * Return: it stays until cgroup_put(); NULL: not known.
 */
struct cgroup_name *cgroup_hold(struct cgroup_names *n, __u64 id);

/* Safe on NULL. */
void cgroup_put(struct cgroup_name *name);

/* Its path; of NULL one without letters, which is unknown. */
static inline struct text cgroup_text(const struct cgroup_name *name)
{
	return name ? name->path : (struct text) { NULL, 0 };
}

void cgroup_names_free(struct cgroup_names *n);

#endif /* CLEAVE_CGROUPS_H */
