// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/out.h"

#define BUFFER	(32 * 1024)

int out_open(struct out *out, const char *path)
{
	int fd;

	memset(out, 0, sizeof(*out));
	out->path = path;
	if (path)
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	else
		fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return -errno;
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
