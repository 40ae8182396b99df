// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/recording.h"
#include "source/file.h"
#include "source/file_header.h"

struct file {
	struct source s;
	file_read read;
	void *ctx;
	int fd;				/* of file_open(), or -1 */
	struct file_header h;
	struct event end;
	__u64 last_ts;			/* of the records */
	bool ended;			/* @end has been read */
	bool over;			/* nothing more can be read */
	char trouble[SOURCE_WHY];
	__u32 seq;			/* of the next block */
	struct block b;			/* this one */
	unsigned char *stored;		/* with its head, as it lies in the file */
	size_t stored_size;
	unsigned char *data;		/* its contents */
	size_t data_size;
	size_t at, len;			/* of the records in it */
	ZSTD_DCtx *zstd;
	/* A record that had to be converted. */
	union {
		struct cleave_hdr hdr;
		unsigned char room[sizeof(struct own_cgroup)];
	} rec;
};

static struct file *file_of(struct source *s)
{
	return (struct file *)s;
}

static void trouble(struct file *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void trouble(struct file *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->trouble, sizeof(f->trouble), fmt, ap);
	va_end(ap);
	f->over = true;
}

/* Returns how much there was, less than @len only at the file's end. */
static size_t read_all(struct file *f, void *buf, size_t len)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = f->read(f->ctx, (char *)buf + got, len - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			trouble(f, "it cannot be read: %s", strerror(errno));
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got;
}

static bool cut_off(struct file *f)
{
	if (!f->over)
		trouble(f, "it is cut off, after %llu records", f->s.taken);
	return false;
}

static bool damaged(struct file *f)
{
	trouble(f, "it is damaged, after %llu records", f->s.taken);
	return false;
}

static bool room(struct file *f, unsigned char **buf, size_t *size, size_t want)
{
	unsigned char *larger;

	/* Of an empty block, too, there has to be a place. */
	want += 1;
	if (want <= *size)
		return true;
	larger = realloc(*buf, want);
	if (!larger) {
		trouble(f, "out of memory, after %llu records", f->s.taken);
		return false;
	}
	*buf = larger;
	*size = want;
	return true;
}

/* A fuzzer would never get past it. */
static bool checked(struct file *f)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	f->seq++;
	return true;
#else
	return crc32(crc32(0, NULL, 0), f->stored + BLOCK_CRC_FROM,
		     sizeof(f->b) - BLOCK_CRC_FROM + f->b.stored) == f->b.crc &&
	       f->b.seq == f->seq++;
#endif
}

/* One block as it lies in the file; false at its end, or with trouble. */
static bool read_stored(struct file *f)
{
	size_t got = read_all(f, &f->b, sizeof(f->b));

	if (f->over || got < sizeof(f->b))
		return cut_off(f);
	if (f->b.magic != BLOCK_MAGIC || f->b.stored > BLOCK_MAX ||
	    f->b.length > BLOCK_MAX)
		return damaged(f);
	if (!room(f, &f->stored, &f->stored_size, sizeof(f->b) + f->b.stored) ||
	    !room(f, &f->data, &f->data_size, f->b.length))
		return false;
	memcpy(f->stored, &f->b, sizeof(f->b));
	if (read_all(f, f->stored + sizeof(f->b), f->b.stored) < f->b.stored)
		return cut_off(f);
	return checked(f) || damaged(f);
}

static bool unpack(struct file *f)
{
	const unsigned char *from = f->stored + sizeof(f->b);
	size_t n;

	switch (f->b.packing) {
	case BLOCK_STORED:
		if (f->b.stored != f->b.length)
			return damaged(f);
		memcpy(f->data, from, f->b.stored);
		return true;
	case BLOCK_ZSTD:
		n = ZSTD_decompressDCtx(f->zstd, f->data, f->b.length, from, f->b.stored);
		return n == f->b.length || damaged(f);
	default:
		return damaged(f);
	}
}

static bool next_block(struct file *f)
{
	return read_stored(f) && unpack(f);
}

static void read_end(struct file *f)
{
	char more;

	if (f->ended || header_end(&f->h, &f->end, &f->s.known, (const char *)f->data,
				   f->b.length)) {
		damaged(f);
		return;
	}
	f->ended = true;
	f->over = true;
	if (read_all(f, &more, 1))
		trouble(f, "something follows its end");
}

/* The next block with records; false where there is none. */
static bool next_records(struct file *f)
{
	while (!f->over && next_block(f)) {
		switch (f->b.kind) {
		case BLOCK_RECORDS:
			f->at = 0;
			f->len = f->b.length;
			return true;
		case BLOCK_TRAILER:
			read_end(f);
			break;
		default:
			if (!(f->b.kind & BLOCK_OPTIONAL))
				damaged(f);
			break;
		}
	}
	return false;
}

static bool next_record(struct file *f, source_cb cb, void *ctx)
{
	const struct cleave_hdr *rec = (const void *)(f->data + f->at);
	size_t there = f->len - f->at, room;

	room = there < sizeof(*rec) ? 0 : (rec->size + 7UL) & ~7UL;
	if (room < sizeof(*rec) || room > there)
		return damaged(f);
	f->at += room;
	rec = header_convert(&f->h, rec, &f->rec, sizeof(f->rec));
	if (rec) {
		f->s.taken++;
		f->last_ts = rec->ts;
		cb(ctx, rec);
	} else {
		f->s.malformed++;
	}
	return true;
}

static size_t file_next(struct source *s, size_t max, source_cb cb, void *ctx)
{
	struct file *f = file_of(s);
	size_t n = 0;

	while (n < max) {
		if (f->at == f->len && !next_records(f))
			break;
		/* Behind a record that is none, nothing can be found. */
		if (!next_record(f, cb, ctx)) {
			f->at = f->len;
			break;
		}
		n++;
	}
	return n;
}

static size_t file_backlog(const struct source *s)
{
	const struct file *f = (const struct file *)s;

	return f->len - f->at;
}

static int file_add_root(struct source *s, pid_t pid)
{
	(void)s;
	return backend_fail(-EOPNOTSUPP, "process %d cannot be traced by a recording", pid);
}

static int file_totals(struct source *s, struct cleave_totals *t)
{
	(void)s;
	(void)t;
	return backend_fail(-EOPNOTSUPP, "a recording has its totals at its end");
}

static int file_stop(struct source *s)
{
	(void)s;
	return 0;
}

static __u64 file_left(const struct source *s)
{
	(void)s;
	return 0;
}

static void file_close(struct source *s)
{
	struct file *f = file_of(s);

	header_free(&f->h);
	ZSTD_freeDCtx(f->zstd);
	free(f->stored);
	free(f->data);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

static const struct source_ops file_ops = {
	.next = file_next,
	.backlog = file_backlog,
	.add_root = file_add_root,
	.totals = file_totals,
	.stop = file_stop,
	.left = file_left,
	.close = file_close,
};

static int read_header(struct file *f, char *why)
{
	char magic[RECORDING_MAGIC_LEN];

	if (read_all(f, magic, sizeof(magic)) < sizeof(magic) ||
	    memcmp(magic, RECORDING_MAGIC, sizeof(magic)) != 0) {
		snprintf(why, SOURCE_WHY, "%s", f->over ? f->trouble :
			 "it is no recording of cleave's");
		return -EINVAL;
	}
	if (!next_block(f) || f->b.kind != BLOCK_HEADER) {
		snprintf(why, SOURCE_WHY, "%s", "its header is cut off or damaged");
		return -EINVAL;
	}
	return header_read(&f->h, &f->s, (const char *)f->data, f->b.length, why);
}

struct source *file_open_from(file_read read, void *ctx, char *why)
{
	struct file *f = calloc(1, sizeof(*f));

	if (!f)
		goto no_memory;
	f->s.ops = &file_ops;
	f->s.fd = -1;
	f->fd = -1;
	f->read = read;
	f->ctx = ctx;
	f->zstd = ZSTD_createDCtx();
	if (!f->zstd)
		goto no_memory;
	if (!read_header(f, why))
		return &f->s;
	file_close(&f->s);
	return NULL;

no_memory:
	snprintf(why, SOURCE_WHY, "out of memory");
	if (f)
		file_close(&f->s);
	return NULL;
}

static ssize_t read_fd(void *ctx, void *buf, size_t len)
{
	return read((int)(long)ctx, buf, len);
}

struct source *file_open(const char *path, char *why)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) :
				     fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	struct source *s;

	if (fd < 0) {
		snprintf(why, SOURCE_WHY, "%s", strerror(errno));
		return NULL;
	}
	s = file_open_from(read_fd, (void *)(long)fd, why);
	if (s)
		file_of(s)->fd = fd;
	else
		close(fd);
	return s;
}

void file_start(const struct source *s, struct event *e)
{
	*e = ((const struct file *)s)->h.start;
}

void file_end(struct source *s, struct event *e)
{
	struct file *f = file_of(s);

	if (f->ended) {
		*e = f->end;
	} else {
		*e = (struct event) {
			.type = EVENT_SUMMARY,
			.ts = f->last_ts,
			.summary = {
				.backend = f->h.start.start.backend,
				.attach_ns = s->attach_ns,
			},
		};
		s->known.totals = false;
	}
	e->summary.lost.malformed += s->malformed;
}

const char *file_trouble(const struct source *s)
{
	const struct file *f = (const struct file *)s;

	return *f->trouble ? f->trouble : NULL;
}
