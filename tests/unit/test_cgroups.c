// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_cgroups.c - cgroups by id and by path, in a tree of folders, whose ids are the
 * numbers of their inodes, too; and who learns which of them when.
 *
 * Build: with user/core/{cgroups,tell_cgroups}.c, user/source/cgroup.c,
 * user/lib/{hash,sys}.c and tests/played/sysroot.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/cgroups.h"
#include "core/tell_cgroups.h"
#include "lib/sys.h"
#include "records.h"
#include "shim.h"
#include "sysroot.h"

#define PID	17
#define OTHER	18

/**
 * struct fix - a hierarchy of two cgroups, /a and /a/b
 * @t: all files
 * @fs: where it is mounted
 * @a: id of /a
 * @b: id of /a/b
 */
struct fix {
	struct sysroot t;
	struct cgroup_fs fs;
	struct cgroups_told told;
	__u64 a, b;
};

static __u64 id_of(const char *path)
{
	char full[SYS_PATH];
	struct stat st;

	return stat(sys_path(full, "%s", path), &st) ? 0 : st.st_ino;
}

static void process_in(struct fix *f, pid_t pid, const char *path)
{
	char file[64], text[128];

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	snprintf(text, sizeof(text), "2:cpu:/x\n0::%s\n", path);
	sysroot_file(&f->t, file, text);
}

static int fix_init(struct kunit *test)
{
	struct fix *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	char mounts[2 * SYS_PATH], full[SYS_PATH];

	test->priv = f;
	if (!f || sysroot_init(&f->t))
		return -1;
	sysroot_file(&f->t, "/cg/a/b/cgroup.procs", "");
	snprintf(mounts, sizeof(mounts), "tmpfs /tmp tmpfs rw 0 0\ncgroup2 %s cgroup2 rw 0 0\n",
		 sys_path(full, "/cg"));
	sysroot_file(&f->t, "/proc/self/mounts", mounts);
	process_in(f, PID, "/a/b");
	f->a = id_of("/cg/a");
	f->b = id_of("/cg/a/b");
	return 0;
}

static void fix_exit(struct kunit *test)
{
	struct fix *f = test->priv;

	cgroup_fs_close(&f->fs);
	cgroups_told_free(&f->told);
	sysroot_exit(&f->t);
}

static void path_by_process(struct kunit *test)
{
	struct fix *f = test->priv;
	char path[CGROUP_PATH_MAX];

	KUNIT_EXPECT_EQ(test, cgroup_path(&f->fs, f->b, PID, path), 0);
	KUNIT_EXPECT_STREQ(test, path, "/a/b");
	/* It has moved, or its pid is another's now. */
	KUNIT_EXPECT_LT(test, cgroup_path(&f->fs, f->a, PID, path), 0);
	process_in(f, OTHER, "/a");
	KUNIT_EXPECT_EQ(test, cgroup_path(&f->fs, f->a, OTHER, path), 0);
	KUNIT_EXPECT_STREQ(test, path, "/a");
	/* Who is outside of what is mounted here. */
	process_in(f, OTHER, "/../proc");
	KUNIT_EXPECT_LT(test, cgroup_path(&f->fs, f->a, OTHER, path), 0);
	process_in(f, OTHER, "/");
	KUNIT_EXPECT_EQ(test, cgroup_path(&f->fs, id_of("/cg"), OTHER, path), 0);
	KUNIT_EXPECT_STREQ(test, path, "/");
	KUNIT_EXPECT_LT(test, cgroup_path(&f->fs, f->a, 19, path), 0);
}

static void id_by_path(struct kunit *test)
{
	struct fix *f = test->priv;
	__u64 id = 0;

	KUNIT_EXPECT_EQ(test, cgroup_find(&f->fs, "/a/b", &id), 0);
	KUNIT_EXPECT_EQ(test, id, f->b);
	KUNIT_EXPECT_EQ(test, cgroup_find(&f->fs, "/", &id), 0);
	KUNIT_EXPECT_EQ(test, id, id_of("/cg"));
	KUNIT_EXPECT_EQ(test, cgroup_find(&f->fs, "/none", &id), -ENOENT);
	KUNIT_EXPECT_EQ(test, cgroup_find(&f->fs, "/a/b/cgroup.procs", &id), -ENOTDIR);
}

static void not_mounted(struct kunit *test)
{
	struct fix *f = test->priv;
	char path[CGROUP_PATH_MAX];
	__u64 id;

	sysroot_file(&f->t, "/proc/self/mounts", "cgroup /sys/fs/cgroup cgroup rw 0 0\n");
	KUNIT_EXPECT_EQ(test, cgroup_find(&f->fs, "/a", &id), -ENODEV);
	KUNIT_EXPECT_EQ(test, cgroup_path(&f->fs, f->b, PID, path), -ENODEV);
}

static const char *told(struct fix *f, pid_t pid, __u64 cgroup)
{
	struct cleave_clone c = rec_clone(1, pid, 7);
	const struct cleave_hdr *rec;
	static char path[64];

	c.cgroup = cgroup;
	rec = cgroups_tell(&f->told, &c.hdr);
	if (!rec)
		return "";
	snprintf(path, sizeof(path), "%.*s",
		 (int)(rec->size - offsetof(struct own_cgroup, path)),
		 ((const struct own_cgroup *)rec)->path);
	return path;
}

/* Before the first record that names it, and not again. */
static void told_once(struct kunit *test)
{
	struct fix *f = test->priv;
	struct cleave_attach a = rec_attach(PID, 1, 7, 0);
	struct cleave_exec x = rec_exec(PID, 7, 8, 0);

	process_in(f, OTHER, "/a");
	KUNIT_EXPECT_STREQ(test, told(f, PID, 0), "");
	KUNIT_EXPECT_STREQ(test, told(f, PID, f->b), "/a/b");
	KUNIT_EXPECT_STREQ(test, told(f, PID, f->b), "");
	KUNIT_EXPECT_STREQ(test, told(f, OTHER, f->a), "/a");
	KUNIT_EXPECT_STREQ(test, told(f, PID, f->b), "");
	a.cgroup = f->b;
	x.cgroup = f->b;
	KUNIT_EXPECT_NULL(test, cgroups_tell(&f->told, &a.hdr));
	KUNIT_EXPECT_NULL(test, cgroups_tell(&f->told, &x.hdr));
	x.cgroup = id_of("/cg");
	process_in(f, PID, "/");
	KUNIT_EXPECT_NOT_NULL(test, cgroups_tell(&f->told, &x.hdr));
}

/* One process is not in it any more, another one still is: but not for ever. */
static void found_later(struct kunit *test)
{
	struct fix *f = test->priv;
	int i;

	KUNIT_EXPECT_STREQ(test, told(f, OTHER, f->b), "");
	KUNIT_EXPECT_STREQ(test, told(f, PID, f->b), "/a/b");
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_STREQ(test, told(f, PID, f->a), "");
	process_in(f, PID, "/a");
	KUNIT_EXPECT_STREQ(test, told(f, PID, f->a), "");
}

static void learn(struct cgroup_names *n, __u64 id, const char *path)
{
	struct own_cgroup c = rec_cgroup(id, path);

	cgroup_learn(n, &c);
}

static bool is(const struct cgroup_name *name, const char *path)
{
	struct text t = cgroup_text(name);

	return t.s && t.len == strlen(path) && !memcmp(t.s, path, t.len);
}

static void names(struct kunit *test)
{
	struct cgroup_names n = { .told = 0 };
	struct cgroup_name *held;
	int i;

	KUNIT_EXPECT_NULL(test, cgroup_hold(&n, 5));
	learn(&n, 5, "/five");
	learn(&n, 6, "");
	KUNIT_EXPECT_NULL(test, cgroup_hold(&n, 0));
	KUNIT_EXPECT_NULL(test, cgroup_hold(&n, 7));
	held = cgroup_hold(&n, 5);
	KUNIT_EXPECT_TRUE(test, is(held, "/five"));
	KUNIT_EXPECT_NULL(test, cgroup_text(NULL).s);
	/* Told anew: it is what it was. */
	learn(&n, 5, "/six");
	KUNIT_EXPECT_PTR_EQ(test, cgroup_hold(&n, 5), held);
	KUNIT_EXPECT_TRUE(test, is(held, "/five"));
	for (i = 0; i < 10 * CGROUPS_MAX; i++)
		learn(&n, 100 + i, "/many");
	/* What somebody is in stays, and what a lane takes for told; no more than that. */
	KUNIT_EXPECT_PTR_EQ(test, cgroup_hold(&n, 5), held);
	KUNIT_EXPECT_NULL(test, cgroup_hold(&n, 6));
	for (i = 0; i < CGROUPS_MAX; i++)
		KUNIT_EXPECT_NOT_NULL(test, cgroup_hold(&n, 99 + 10 * CGROUPS_MAX - i));
	KUNIT_EXPECT_LE(test, n.by_id.count, 3UL * CGROUPS_MAX);
	cgroup_names_free(&n);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(path_by_process),
	KUNIT_CASE(id_by_path),
	KUNIT_CASE(not_mounted),
	KUNIT_CASE(told_once),
	KUNIT_CASE(found_later),
	KUNIT_CASE(names),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_cgroups",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
