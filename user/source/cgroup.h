/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup.h - cgroups of the unified hierarchy (version 2), by id and by path.
 *
 * An id is not given again while the system runs, and is the number of the inode of the
 * cgroup's folder.  A path is told as in /proc/PID/cgroup: from where the hierarchy is
 * mounted here, "/" for that itself.
 */
#ifndef CLEAVE_SOURCE_CGROUP_H
#define CLEAVE_SOURCE_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/layout.h"

/**
 * struct cgroup_fs - where the hierarchy is mounted; all zero: not looked for
 * @mount: its folder; "": not mounted
 * @len: length of that
 * @fd: of that
 */
struct cgroup_fs {
	char mount[CGROUP_PATH_MAX];
	size_t len;
	int fd;
	/* its own */
	int state;
	bool has_handles;
};

/**
 * cgroup_path() - the path of a cgroup
 * @fs: the hierarchy
 * @id: of the cgroup
 * @pid: a process that was in it a while ago
 * @path: filled, with a final NUL
 *
 * By the id, for which CAP_DAC_READ_SEARCH is needed; else, by what the process says that it
 * is in.  Either is believed only where the folder has that id.
 *
 * Return: 0; -ESTALE: it is not there any more; another negative errno: it could not be
 * found out, and may be by another process.
 */
int cgroup_path(struct cgroup_fs *fs, __u64 id, pid_t pid, char path[CGROUP_PATH_MAX]);

/**
 * cgroup_find() - the id of a cgroup
 * @fs: the hierarchy
 * @path: as it is told
 * @id: filled
 *
 * Return: 0; -ENODEV: the hierarchy is not mounted; another negative errno.
 */
int cgroup_find(struct cgroup_fs *fs, const char *path, __u64 *id);

void cgroup_fs_close(struct cgroup_fs *fs);

#endif /* CLEAVE_SOURCE_CGROUP_H */
