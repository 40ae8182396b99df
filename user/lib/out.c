// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/out.h"

#define BUFFER	(32 * 1024)

/* Under sudo what we make belongs to whom sudo was called by. */
static void give_away(int fd)
{
	const char *uid = getenv("SUDO_UID"), *gid = getenv("SUDO_GID");

	/* Where it cannot be given away, it stays root's, who can read it. */
	if (!geteuid() && uid && gid && fchown(fd, strtoul(uid, NULL, 10),
					       strtoul(gid, NULL, 10)))
		return;
}

int out_create(const char *path)
{
	struct stat st;
	int fd, err;

	/* Not with O_CREAT: root may not do that to a user's file in /tmp. */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			give_away(fd);
	}
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && (!S_ISREG(st.st_mode) || !ftruncate(fd, 0)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* A copy of a standard stream that can be written to: see streams_hold(). */
static int out_stream(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? -errno : fd;
}

int out_open(struct out *out, const char *path)
{
	int fd;

	memset(out, 0, sizeof(*out));
	out->path = path;
	if (path && strcmp(path, "-") != 0)
		fd = out_create(path);
	else
		fd = out_stream(path ? STDOUT_FILENO : STDERR_FILENO);
	if (fd < 0)
		return fd;
	out->f = fdopen(fd, "w");
	if (!out->f) {
		int err = -errno;

		close(fd);
		return err;
	}
	setvbuf(out->f, NULL, _IOFBF, BUFFER);
	return 0;
}

void out_flush(struct out *out)
{
	errno = 0;
	if (!fflush(out->f) && !ferror(out->f))
		return;
	if (!out->error)
		out->error = errno ? errno : EIO;
}

int out_close(struct out *out)
{
	if (!out->f)
		return 0;
	out_flush(out);
	errno = 0;
	if (fclose(out->f) && !out->error)
		out->error = errno ? errno : EIO;
	out->f = NULL;
	return -out->error;
}

bool out_colour(const struct out *out)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return !(no && *no) && term && strcmp(term, "dumb") &&
	       isatty(fileno(out->f));
}

unsigned int out_columns(const struct out *out)
{
	struct winsize w;

	return ioctl(fileno(out->f), TIOCGWINSZ, &w) ? 0 : w.ws_col;
}
