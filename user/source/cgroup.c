// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/sys.h"
#include "source/cgroup.h"

/* include/linux/exportfs.h: what a handle of kernfs is: the id alone. */
#define FILEID_KERNFS	0xfe

/* cgroup_fs.state */
enum {
	FS_UNKNOWN,
	FS_MOUNTED,
	FS_NONE,
};

/* The first: of several they all show the same, but where one shows a part. */
static bool find_mount(struct cgroup_fs *fs)
{
	char path[SYS_PATH], buf[2 * CGROUP_PATH_MAX];
	struct mntent m;
	bool found = false;
	FILE *f;

	f = setmntent(sys_path(path, "/proc/self/mounts"), "re");
	if (!f)
		return false;
	while (!found && getmntent_r(f, &m, buf, sizeof(buf)))
		found = !strcmp(m.mnt_type, "cgroup2") &&
			strlen(m.mnt_dir) < sizeof(fs->mount);
	if (found)
		snprintf(fs->mount, sizeof(fs->mount), "%s", m.mnt_dir);
	endmntent(f);
	return found;
}

static bool mounted(struct cgroup_fs *fs)
{
	struct statfs st;

	if (fs->state != FS_UNKNOWN)
		return fs->state == FS_MOUNTED;
	fs->state = FS_NONE;
	if (!find_mount(fs))
		return false;
	fs->len = strlen(fs->mount);
	fs->fd = open(fs->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs->fd < 0)
		return false;
	fs->state = FS_MOUNTED;
	/* A test has a tree of another kind. */
	fs->has_handles = !fstatfs(fs->fd, &st) && st.f_type == CGROUP2_SUPER_MAGIC;
	return true;
}

/* Is this folder that cgroup? */
static bool is_cgroup(const char *folder, __u64 id)
{
	struct stat st;

	return !stat(folder, &st) && st.st_ino == id;
}

/* The folder's path from the mount on, if it is below that, and that cgroup's. */
static int told(const struct cgroup_fs *fs, const char *folder, __u64 id,
		char path[CGROUP_PATH_MAX])
{
	const char *below = folder + fs->len;

	if (strncmp(folder, fs->mount, fs->len) || (*below && *below != '/') ||
	    !is_cgroup(folder, id))
		return -ENOENT;
	snprintf(path, CGROUP_PATH_MAX, "%s", *below ? below : "/");
	return 0;
}

static int by_handle(const struct cgroup_fs *fs, __u64 id, char path[CGROUP_PATH_MAX])
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + sizeof(id)];
	} handle = { .h = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };
	char link[64], folder[CGROUP_PATH_MAX];
	ssize_t n;
	int fd;

	if (!fs->has_handles)
		return -EOPNOTSUPP;
	memcpy(handle.h.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(fs->fd, &handle.h, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, folder, sizeof(folder) - 1);
	close(fd);
	if (n < 0)
		return -errno;
	folder[n] = '\0';
	return told(fs, folder, id, path);
}

/* "0::" and the path, in a line of its own. */
static int by_process(const struct cgroup_fs *fs, __u64 id, pid_t pid,
		      char path[CGROUP_PATH_MAX])
{
	char file[64], text[4 * CGROUP_PATH_MAX], folder[2 * CGROUP_PATH_MAX];
	const char *line;
	ssize_t n;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	n = sys_read(file, text, sizeof(text) - 1);
	if (n <= 0)
		return -ENOENT;
	text[n] = '\0';
	line = !strncmp(text, "0::", 3) ? text : strstr(text, "\n0::");
	if (!line)
		return -ENOENT;
	line += strcspn(line, "/");
	n = (ssize_t)strcspn(line, "\n");
	if (n >= CGROUP_PATH_MAX)
		return -ENAMETOOLONG;
	snprintf(folder, sizeof(folder), "%s%.*s", fs->mount, n > 1 ? (int)n : 0, line);
	return told(fs, folder, id, path);
}

int cgroup_path(struct cgroup_fs *fs, __u64 id, pid_t pid, char path[CGROUP_PATH_MAX])
{
	int err;

	if (!mounted(fs))
		return -ENODEV;
	err = by_handle(fs, id, path);
	return !err || err == -ESTALE ? err : by_process(fs, id, pid, path);
}

int cgroup_find(struct cgroup_fs *fs, const char *path, __u64 *id)
{
	char folder[2 * CGROUP_PATH_MAX];
	struct stat st;

	if (!mounted(fs))
		return -ENODEV;
	snprintf(folder, sizeof(folder), "%s%s", fs->mount, path);
	if (stat(folder, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	*id = st.st_ino;
	return 0;
}

void cgroup_fs_close(struct cgroup_fs *fs)
{
	if (fs->state == FS_MOUNTED)
		close(fs->fd);
	*fs = (struct cgroup_fs) { .state = FS_UNKNOWN };
}
