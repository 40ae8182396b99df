/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tell_cgroups.h - records on their way from a source of this system: before the first
 * that names a cgroup comes one that has its path.
 */
#ifndef CLEAVE_TELL_CGROUPS_H
#define CLEAVE_TELL_CGROUPS_H

#include "core/layout.h"
#include "lib/hash.h"
#include "source/cgroup.h"

/**
 * struct cgroups_told - those that a lane has told of; all zero: none
 * @last: id of the one that was named last
 * @ids: which ones
 * @fs: where their paths are
 * @rec: the record that is being told
 */
struct cgroups_told {
	__u64 last;
	struct hash ids;
	struct cgroup_fs fs;
	struct own_cgroup rec;
};

/* The id that a record has, of which the process @pid is or was; 0: none. */
static inline __u64 cgroup_of(const struct cleave_hdr *rec, pid_t *pid)
{
	const struct cleave_clone *c = (const void *)rec;
	const struct cleave_exec *x = (const void *)rec;
	const struct cleave_attach *a = (const void *)rec;

	switch (rec->type) {
	case CLEAVE_REC_CLONE:
		*pid = c->child_tid;
		return c->cgroup;
	case CLEAVE_REC_EXEC:
		*pid = x->pid;
		return x->cgroup;
	case CLEAVE_REC_ATTACH:
		*pid = a->pid;
		return a->cgroup;
	default:
		return 0;
	}
}

const struct cleave_hdr *cgroups_look_up(struct cgroups_told *t, __u64 id, pid_t pid,
					 __u64 ts);

/**
 * cgroups_tell() - what has to be told before a record
 * @t: those told of
 * @rec: the record
 *
 * Return: a record of an OWN_REC_CGROUP, or NULL.
 */
static inline const struct cleave_hdr *cgroups_tell(struct cgroups_told *t,
						    const struct cleave_hdr *rec)
{
	pid_t pid;
	__u64 id = cgroup_of(rec, &pid);

	if (!id || id == t->last)
		return NULL;
	return cgroups_look_up(t, id, pid, rec->ts);
}

void cgroups_told_free(struct cgroups_told *t);

#endif /* CLEAVE_TELL_CGROUPS_H */
