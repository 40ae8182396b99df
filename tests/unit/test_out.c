// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_out.c - where the report goes, with real files.
 *
 * Build: with user/lib/out.c and user/lib/streams.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/out.h"
#include "lib/streams.h"
#include "shim.h"

struct fix {
	char dir[32];
	char path[64];
	struct out out;
};

static int fix_init(struct kunit *test)
{
	struct fix *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -1;
	test->priv = f;
	strcpy(f->dir, "/tmp/cleave-out-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/report", f->dir);
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	return 0;
}

static void fix_exit(struct kunit *test)
{
	struct fix *f = test->priv;

	unlink(f->path);
	rmdir(f->dir);
}

static off_t size_of(struct fix *f, struct stat *st)
{
	return stat(f->path, st) ? -1 : st->st_size;
}

static void put(struct fix *f, const char *text)
{
	FILE *file = fopen(f->path, "w");

	fputs(text, file);
	fclose(file);
	chmod(f->path, 0644);
}

static void new_file_is_private(struct kunit *test)
{
	struct fix *f = test->priv;
	mode_t old = umask(0);
	struct stat st;

	KUNIT_ASSERT_EQ(test, out_open(&f->out, f->path), 0);
	fputs("hello", f->out.f);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), 0);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 5);
	KUNIT_EXPECT_EQ(test, st.st_mode & 07777, 0600);
	umask(old);
}

static void existing_file_is_emptied(struct kunit *test)
{
	struct fix *f = test->priv;
	struct stat st;

	put(f, "something longer");
	KUNIT_ASSERT_EQ(test, out_open(&f->out, f->path), 0);
	fputs("hello", f->out.f);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), 0);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 5);
	KUNIT_EXPECT_EQ(test, st.st_mode & 07777, 0644);
}

/* Only root can give a file away. */
static void under_sudo_it_is_the_users(struct kunit *test)
{
	struct fix *f = test->priv;
	struct stat st;

	if (geteuid()) {
		kunit_skip(test, "not root");
		return;
	}
	setenv("SUDO_UID", "1234", 1);
	setenv("SUDO_GID", "4321", 1);
	KUNIT_ASSERT_EQ(test, out_open(&f->out, f->path), 0);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), 0);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 0);
	KUNIT_EXPECT_EQ(test, st.st_uid, 1234U);
	KUNIT_EXPECT_EQ(test, st.st_gid, 4321U);
}

static void device_is_opened_as_it_is(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_ASSERT_EQ(test, out_open(&f->out, "/dev/full"), 0);
	fputs("hello", f->out.f);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), -ENOSPC);
}

/* More than the stream's buffer holds is written before anybody flushes. */
static void reason_is_kept(struct kunit *test)
{
	struct fix *f = test->priv;
	static const char much[3 * 32 * 1024] = "much";

	KUNIT_ASSERT_EQ(test, out_open(&f->out, "/dev/full"), 0);
	fwrite(much, 1, sizeof(much), f->out.f);
	out_flush(&f->out);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), -ENOSPC);
}

static void fifo_is_opened_as_it_is(struct kunit *test)
{
	struct fix *f = test->priv;
	char buf[8] = "";
	int fd;

	KUNIT_ASSERT_EQ(test, mkfifo(f->path, 0600), 0);
	fd = open(f->path, O_RDONLY | O_NONBLOCK);
	KUNIT_ASSERT_EQ(test, out_open(&f->out, f->path), 0);
	fputs("hello", f->out.f);
	out_flush(&f->out);
	KUNIT_EXPECT_EQ(test, read(fd, buf, sizeof(buf)), 5);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), 0);
	close(fd);
}

/* Until all is there, the file of before is; its mode stays. */
static void beside_takes_its_place(struct kunit *test)
{
	struct fix *f = test->priv;
	struct stat st, old;

	put(f, "something longer");
	KUNIT_ASSERT_EQ(test, size_of(f, &old), 16);
	KUNIT_ASSERT_EQ(test, out_open_beside(&f->out, f->path), 0);
	fputs("hello", f->out.f);
	out_flush(&f->out);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 16);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), 0);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 5);
	KUNIT_EXPECT_EQ(test, st.st_mode & 07777, 0644);
	KUNIT_EXPECT_NE(test, st.st_ino, old.st_ino);
}

/* A link stays one, to what is new. */
static void beside_what_a_link_leads_to(struct kunit *test)
{
	struct fix *f = test->priv;
	struct stat st;
	char link[80];

	put(f, "something longer");
	snprintf(link, sizeof(link), "%s/link", f->dir);
	KUNIT_ASSERT_EQ(test, symlink("report", link), 0);
	KUNIT_ASSERT_EQ(test, out_open_beside(&f->out, link), 0);
	fputs("hello", f->out.f);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), 0);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 5);
	KUNIT_EXPECT_EQ(test, lstat(link, &st), 0);
	KUNIT_EXPECT_EQ(test, st.st_mode & S_IFMT, S_IFLNK);
	unlink(link);
}

/* In a process of its own, of a user who is not root; its exit status. */
static int as_nobody(struct fix *f, int (*what)(struct fix *f))
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(!geteuid() && setuid(65534) ? 255 : what(f));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int write_beside(struct fix *f)
{
	int err = out_open_beside(&f->out, f->path);

	if (err)
		return -err;
	fputs("hello", f->out.f);
	return -out_close(&f->out);
}

/* Nothing can be made beside a file that can be written. */
static void folder_that_takes_nothing(struct kunit *test)
{
	struct fix *f = test->priv;
	struct stat st, old;

	put(f, "something longer");
	chmod(f->path, 0666);
	KUNIT_ASSERT_EQ(test, size_of(f, &old), 16);
	chmod(f->dir, 0555);
	KUNIT_EXPECT_EQ(test, as_nobody(f, write_beside), 0);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 5);
	KUNIT_EXPECT_EQ(test, st.st_ino, old.st_ino);
	chmod(f->path, 0444);
	KUNIT_EXPECT_EQ(test, as_nobody(f, write_beside), EACCES);
	chmod(f->dir, 0700);
}

/* It could be replaced, but it is not to be written. */
static void file_that_may_not_be_written(struct kunit *test)
{
	struct fix *f = test->priv;
	struct stat st;

	put(f, "something longer");
	chmod(f->path, 0444);
	chmod(f->dir, 0777);
	KUNIT_EXPECT_EQ(test, as_nobody(f, write_beside), EACCES);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 16);
}

/* It stays, and what it names is there. */
static void link_that_leads_to_nothing(struct kunit *test)
{
	struct fix *f = test->priv;
	struct stat st;
	char link[80];

	snprintf(link, sizeof(link), "%s/link", f->dir);
	KUNIT_ASSERT_EQ(test, symlink("report", link), 0);
	KUNIT_ASSERT_EQ(test, out_open_beside(&f->out, link), 0);
	fputs("hello", f->out.f);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), 0);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 5);
	KUNIT_EXPECT_EQ(test, st.st_mode & 07777, 0600);
	KUNIT_EXPECT_EQ(test, lstat(link, &st), 0);
	KUNIT_EXPECT_EQ(test, st.st_mode & S_IFMT, S_IFLNK);
	unlink(link);
}

/* Whoever else has it open goes on with the same file. */
static void descriptor_is_opened_as_it_is(struct kunit *test)
{
	struct fix *f = test->priv;
	struct stat st, old;
	char name[32];
	int fd;

	put(f, "something longer");
	KUNIT_ASSERT_EQ(test, size_of(f, &old), 16);
	fd = open(f->path, O_WRONLY);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	KUNIT_ASSERT_EQ(test, out_open_beside(&f->out, name), 0);
	fputs("hello", f->out.f);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), 0);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 5);
	KUNIT_EXPECT_EQ(test, st.st_ino, old.st_ino);
	close(fd);
}

/* As need() does it where there is no memory. */
static void end_in_the_middle_leaves_nothing(struct kunit *test)
{
	struct fix *f = test->priv;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		exit(out_open_beside(&f->out, f->path) ? 1 : 0);
	KUNIT_ASSERT_EQ(test, waitpid(pid, NULL, 0), pid);
	KUNIT_EXPECT_EQ(test, rmdir(f->dir), 0);
	mkdir(f->dir, 0700);
}

static void dropped_leaves_what_was_there(struct kunit *test)
{
	struct fix *f = test->priv;
	struct stat st;

	put(f, "something longer");
	KUNIT_ASSERT_EQ(test, out_open_beside(&f->out, f->path), 0);
	fputs("hello", f->out.f);
	out_drop(&f->out);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 16);
	/* A new one is not there at all; fix_exit() would fail with one beside. */
	unlink(f->path);
	KUNIT_ASSERT_EQ(test, out_open_beside(&f->out, f->path), 0);
	out_drop(&f->out);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), -1);
	KUNIT_EXPECT_EQ(test, rmdir(f->dir), 0);
	mkdir(f->dir, 0700);
}

static void beside_belongs_to_the_user(struct kunit *test)
{
	struct fix *f = test->priv;
	struct stat st;

	if (geteuid()) {
		kunit_skip(test, "not root");
		return;
	}
	setenv("SUDO_UID", "1234", 1);
	setenv("SUDO_GID", "4321", 1);
	KUNIT_ASSERT_EQ(test, out_open_beside(&f->out, f->path), 0);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), 0);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 0);
	KUNIT_EXPECT_EQ(test, st.st_uid, 1234U);
	/* That of another is his as before. */
	KUNIT_EXPECT_EQ(test, chown(f->path, 77, 78), 0);
	KUNIT_ASSERT_EQ(test, out_open_beside(&f->out, f->path), 0);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), 0);
	KUNIT_EXPECT_EQ(test, size_of(f, &st), 0);
	KUNIT_EXPECT_EQ(test, st.st_uid, 77U);
	KUNIT_EXPECT_EQ(test, st.st_gid, 78U);
}

static void dash_is_standard_output(struct kunit *test)
{
	struct fix *f = test->priv;
	int old = dup(STDOUT_FILENO), fd = open(f->path, O_RDWR | O_CREAT, 0600);
	char buf[8] = "";

	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	KUNIT_EXPECT_EQ(test, out_open(&f->out, "-"), 0);
	fputs("hello", f->out.f);
	KUNIT_EXPECT_EQ(test, out_close(&f->out), 0);
	dup2(old, STDOUT_FILENO);
	KUNIT_EXPECT_EQ(test, pread(fd, buf, sizeof(buf), 0), 5);
	close(old);
	close(fd);
	KUNIT_EXPECT_NE(test, access("-", F_OK), 0);
}

/* What streams_hold() has put in the place of a closed one. */
static void closed_stream(struct kunit *test)
{
	struct fix *f = test->priv;
	int old = dup(STDOUT_FILENO), fd;

	fflush(stdout);
	close(STDOUT_FILENO);
	streams_hold();
	fd = open("/dev/null", O_RDONLY);
	KUNIT_EXPECT_NE(test, fd, STDOUT_FILENO);
	close(fd);
	KUNIT_EXPECT_EQ(test, out_open(&f->out, "-"), -EBADF);
	dup2(old, STDOUT_FILENO);
	close(old);
}

static void no_such_directory(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_EQ(test, out_open(&f->out, "/nonexistent/report"), -ENOENT);
	KUNIT_EXPECT_EQ(test, out_open_beside(&f->out, "/nonexistent/report"), -ENOENT);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(new_file_is_private),
	KUNIT_CASE(existing_file_is_emptied),
	KUNIT_CASE(under_sudo_it_is_the_users),
	KUNIT_CASE(device_is_opened_as_it_is),
	KUNIT_CASE(reason_is_kept),
	KUNIT_CASE(fifo_is_opened_as_it_is),
	KUNIT_CASE(beside_takes_its_place),
	KUNIT_CASE(beside_what_a_link_leads_to),
	KUNIT_CASE(folder_that_takes_nothing),
	KUNIT_CASE(file_that_may_not_be_written),
	KUNIT_CASE(link_that_leads_to_nothing),
	KUNIT_CASE(descriptor_is_opened_as_it_is),
	KUNIT_CASE(end_in_the_middle_leaves_nothing),
	KUNIT_CASE(dropped_leaves_what_was_there),
	KUNIT_CASE(beside_belongs_to_the_user),
	KUNIT_CASE(dash_is_standard_output),
	KUNIT_CASE(closed_stream),
	KUNIT_CASE(no_such_directory),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_out",
	.init = fix_init,
	.exit = fix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
