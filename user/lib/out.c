// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/out.h"

#define BUFFER	(32 * 1024)

size_t out_put(int fd, const void *data, size_t len, int *error)
{
	const char *p = data;
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, p + done, len - done);

		if (n > 0) {
			done += (size_t)n;
		} else if (!n || errno != EINTR) {
			if (!*error)
				*error = n ? errno : EIO;
			break;
		}
	}
	return done;
}

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
		/*
		 * A link that leads to nothing: what it names is made.  Not given away,
		 * as nobody says that it was not made by another meanwhile.
		 */
		if (fd < 0 && errno == EEXIST)
			fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		else if (fd >= 0)
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

static bool is_stream(const char *path)
{
	return !path || !strcmp(path, "-");
}

/*
 * A stream of our own: of one of the C library's, what does not fit into its buffer
 * is written at once, and who flushes it later learns only that this has failed.
 */
static ssize_t put(void *cookie, const char *buf, size_t len)
{
	struct out *out = cookie;

	return (ssize_t)out_put(out->fd, buf, len, &out->error);
}

static int put_away(void *cookie)
{
	struct out *out = cookie;
	int err = close(out->fd);

	if (err && !out->error)
		out->error = errno;
	out->fd = -1;
	return err;
}

/* @fd: a descriptor, or why there is none. */
static int begin(struct out *out, int fd)
{
	const cookie_io_functions_t io = { .write = put, .close = put_away };

	if (fd < 0)
		return fd;
	out->f = fopencookie(out, "w", io);
	if (!out->f) {
		int err = -errno;

		close(fd);
		return err;
	}
	out->fd = fd;
	setvbuf(out->f, NULL, _IOFBF, BUFFER);
	return 0;
}

int out_open(struct out *out, const char *path)
{
	memset(out, 0, sizeof(*out));
	out->path = path;
	if (!is_stream(path))
		return begin(out, out_create(path));
	return begin(out, out_stream(path ? STDOUT_FILENO : STDERR_FILENO));
}

/* What is written beside, for what ends us. */
static const char *unfinished;

static void drop_unfinished(int sig)
{
	unlink(unfinished);
	/* Once more, as it is without this handler. */
	raise(sig);
}

/* Where the program ends in the middle: need(). */
__attribute__((destructor)) static void drop_at_exit(void)
{
	if (unfinished)
		unlink(unfinished);
}

static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

#define NR_ENDS	(sizeof(ends) / sizeof(ends[0]))

static void keep_tidy(const char *beside)
{
	struct sigaction sa = { .sa_handler = drop_unfinished, .sa_flags = SA_RESETHAND };
	struct sigaction old;
	size_t i;

	unfinished = beside;
	if (!beside)
		sa = (struct sigaction) { .sa_handler = SIG_DFL };
	for (i = 0; i < NR_ENDS; i++)
		if (!sigaction(ends[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(ends[i], &sa, NULL);
}

static void forget_beside(struct out *out)
{
	keep_tidy(NULL);
	free(out->beside);
	free(out->place);
	out->beside = NULL;
	out->place = NULL;
}

/* As what is there already, or as out_create() makes a new one. */
static void dress(int fd, const struct stat *old)
{
	/* Where it cannot be the same owner's, it is ours, who can write here. */
	if (!old)
		give_away(fd);
	else if (fchmod(fd, old->st_mode & 0777) || fchown(fd, old->st_uid, old->st_gid))
		return;
}

static int make_tidily(char *beside)
{
	sigset_t set, old;
	size_t i;
	int fd;

	sigemptyset(&set);
	for (i = 0; i < NR_ENDS; i++)
		sigaddset(&set, ends[i]);
	sigprocmask(SIG_BLOCK, &set, &old);
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	else
		keep_tidy(beside);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return fd;
}

/* @old: what is in @place; NULL: nothing yet. */
static int create_beside(struct out *out, const struct stat *old)
{
	int fd;

	if (asprintf(&out->beside, "%s.XXXXXX", out->place) < 0) {
		out->beside = NULL;
		return -ENOMEM;
	}
	fd = make_tidily(out->beside);
	if (fd < 0) {
		free(out->beside);
		out->beside = NULL;
		return fd;
	}
	dress(fd, old);
	return fd;
}

/* Devices and descriptors, whatever they lead to: another may have it open. */
static bool as_it_is(const char *path)
{
	return is_stream(path) || !strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6);
}

static bool is_link(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISLNK(st.st_mode);
}

/* @place: taken; @old: what is in it; NULL: nothing yet. */
static int begin_beside(struct out *out, const char *path, char *place,
			const struct stat *old)
{
	int err;

	*out = (struct out) { .path = path, .place = place };
	err = begin(out, create_beside(out, old));
	if (err && out->beside)
		unlink(out->beside);
	if (err)
		forget_beside(out);
	return err;
}

int out_open_beside(struct out *out, const char *path)
{
	struct stat st;
	char *place;
	bool there;
	int err;

	*out = (struct out) { .path = path };
	if (as_it_is(path))
		return out_open(out, path);
	there = !stat(path, &st);
	if (!there && errno != ENOENT)
		return -errno;
	if (there ? !S_ISREG(st.st_mode) : is_link(path))
		return out_open(out, path);
	/* The folder's rights are not the file's. */
	if (there && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS))
		return -errno;
	/* Behind a link, its own place; what has none any more is opened as it is. */
	place = there ? realpath(path, NULL) : strdup(path);
	if (!place)
		return out_open(out, path);
	err = begin_beside(out, path, place, there ? &st : NULL);
	/* Nothing can be made in the folder, but the file can be written. */
	if (there && (err == -EACCES || err == -EPERM || err == -EROFS))
		return out_open(out, path);
	return err;
}

void out_flush(struct out *out)
{
	/* Why it fails, put() keeps. */
	fflush(out->f);
}

static void close_file(struct out *out)
{
	fclose(out->f);
	out->f = NULL;
}

int out_close(struct out *out)
{
	if (!out->f)
		return 0;
	close_file(out);
	if (out->beside) {
		if (!out->error && rename(out->beside, out->place))
			out->error = errno;
		if (out->error)
			unlink(out->beside);
		forget_beside(out);
	}
	return -out->error;
}

void out_drop(struct out *out)
{
	if (!out->f)
		return;
	close_file(out);
	if (out->beside) {
		unlink(out->beside);
		forget_beside(out);
	}
}

bool out_colour(const struct out *out)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return !(no && *no) && term && strcmp(term, "dumb") &&
	       isatty(out->fd);
}

unsigned int out_columns(const struct out *out)
{
	struct winsize w;

	return ioctl(out->fd, TIOCGWINSZ, &w) ? 0 : w.ws_col;
}
