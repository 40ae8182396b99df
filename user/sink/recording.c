// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/layout.h"
#include "core/recording.h"
#include "core/schema.h"
#include "cleave_version.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/need.h"
#include "lib/out.h"
#include "sink/recording.h"

#define LEVEL		1

/* Two blocks that are not full are so far apart. */
#define APART_NS	100000000ULL

struct recording {
	struct tap tap;
	const struct source *src;
	struct recording_opts o;
	int fd;
	int error;
	__u32 seq;
	__u32 in_block;		/* records that wait */
	__u64 records;		/* written */
	__u64 last;		/* when a block was last written that was not full */
	size_t half;		/* bytes of the block at hand that are in the file */
	size_t len;
	unsigned char *buf;	/* records that wait */
	unsigned char *packed;	/* a block with its head */
	size_t packed_size;
	ZSTD_CCtx *zstd;
};

/*
 * Half a block is of no use.  Where it cannot be taken away, or is not the end of the
 * file, a reader skips it; what was in the file before us is not ours to cut.
 */
static void cut_half(struct recording *r)
{
	off_t at = lseek(r->fd, 0, SEEK_CUR);
	struct stat st;

	if (at < (off_t)r->half || fstat(r->fd, &st) || st.st_size != at)
		return;
	if (ftruncate(r->fd, at - (off_t)r->half))
		return;
}

static void write_all(struct recording *r, const void *data, size_t len)
{
	r->half = out_put(r->fd, data, len, &r->error);
	if (r->half < len)
		cut_half(r);
}

static __u32 checksum(const unsigned char *block, size_t len)
{
	return crc32(crc32(0, NULL, 0), block + BLOCK_CRC_FROM, len - BLOCK_CRC_FROM);
}

/* The block's contents behind its head; returns their length. */
static size_t pack(struct recording *r, struct block *b, const void *data, size_t len)
{
	unsigned char *to = r->packed + sizeof(*b);
	size_t n;

	b->packing = BLOCK_STORED;
	if (r->zstd && b->kind == BLOCK_RECORDS) {
		n = ZSTD_compressCCtx(r->zstd, to, r->packed_size - sizeof(*b), data,
				      len, LEVEL);
		if (!ZSTD_isError(n) && n < len) {
			b->packing = BLOCK_ZSTD;
			return n;
		}
	}
	memcpy(to, data, len);
	return len;
}

static void put_block(struct recording *r, enum block_kind kind, const void *data,
		      size_t len, __u32 records)
{
	struct block b = {
		.magic = BLOCK_MAGIC, .kind = kind, .seq = r->seq++,
		.length = len, .records = records,
	};
	size_t all;

	if (r->error)
		return;
	if (len > BLOCK_MAX) {
		r->error = E2BIG;
		return;
	}
	b.stored = pack(r, &b, data, len);
	all = sizeof(b) + b.stored;
	memcpy(r->packed, &b, sizeof(b));
	b.crc = checksum(r->packed, all);
	memcpy(r->packed, &b, sizeof(b));
	write_all(r, r->packed, all);
	if (r->error)
		return;
	r->records += records;
}

static void put_records(struct recording *r)
{
	if (r->in_block)
		put_block(r, BLOCK_RECORDS, r->buf, r->len, r->in_block);
	r->len = 0;
	r->in_block = 0;
}

/* A member of the header that is a string of our own. */
#define KEY(j, name)	json_name(j, name, sizeof(name) - 1)

static void put_word(struct json *j, const char *name, const char *word)
{
	json_name(j, name, strlen(name));
	json_string(j, word, strlen(word));
}

static void put_number(struct json *j, const char *name, __u64 v)
{
	json_name(j, name, strlen(name));
	json_uint(j, v);
}

/* Any bytes: each becomes the character of that number. */
static void put_bytes(struct json *j, const struct text *t)
{
	char *buf = need(malloc(2 * (size_t)t->len + 1)), *p = buf;
	__u32 i;

	for (i = 0; i < t->len; i++) {
		unsigned char c = t->s[i];

		if (c < 0x80) {
			*p++ = (char)c;
		} else {
			*p++ = (char)(0xc0 | c >> 6);
			*p++ = (char)(0x80 | (c & 0x3f));
		}
	}
	json_string(j, buf, p - buf);
	free(buf);
}

static void put_hooks(struct json *j, const struct backend_hook *h)
{
	int i;

	KEY(j, "hooks");
	json_open(j, '[');
	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		json_open(j, '{');
		put_word(j, "name", hook_names[i]);
		KEY(j, "attached");
		json_truth(j, h[i].attached);
		KEY(j, "needed");
		json_truth(j, h[i].needed);
		put_number(j, "error", h[i].error < 0 ? 0 : h[i].error);
		put_word(j, "also", h[i].also ? h[i].also : "");
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void put_names(struct json *j)
{
	int i, v;

	KEY(j, "names");
	json_open(j, '{');
	for (i = LAYOUT_PLAIN + 1; i < LAYOUT_NR_NAMES; i++) {
		json_name(j, layout_names_name[i], strlen(layout_names_name[i]));
		json_open(j, '[');
		for (v = 0; v < layout_nr_names[i]; v++)
			json_string(j, layout_names[i][v], strlen(layout_names[i][v]));
		json_close(j, ']');
	}
	json_close(j, '}');
}

static void put_layouts(struct json *j)
{
	const struct layout_field *f;
	const struct layout *l;

	KEY(j, "records");
	json_open(j, '[');
	for (l = layouts; l->name; l++) {
		json_open(j, '{');
		put_word(j, "name", l->name);
		put_number(j, "type", l->type);
		put_number(j, "size", l->size);
		KEY(j, "fields");
		json_open(j, '[');
		for (f = l->fields; f->kind != LAYOUT_END; f++) {
			json_open(j, '[');
			json_string(j, f->name, strlen(f->name));
			json_uint(j, f->offset);
			json_uint(j, f->size);
			json_close(j, ']');
		}
		json_close(j, ']');
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* The start event has the words too, but as characters. */
static void put_command(struct json *j, const struct ev_start *s)
{
	__u32 i;

	KEY(j, "command");
	json_open(j, '[');
	for (i = 0; i < s->nr_words; i++)
		put_bytes(j, &s->command[i]);
	json_close(j, ']');
}

static void put_general(struct recording *r, struct json *j)
{
	struct utsname uts;

	uname(&uts);
	put_number(j, "format", RECORDING_FORMAT);
	put_number(j, "needs", RECORDING_FORMAT);
	put_word(j, "wants", CLEAVE_VERSION);
	put_word(j, "version", CLEAVE_VERSION);
	put_number(j, "abi", CLEAVE_ABI_VERSION);
	put_word(j, "machine", uts.machine);
	put_number(j, "attach_ns", r->src->attach_ns);
	KEY(j, "all");
	json_truth(j, r->o.all);
	KEY(j, "breaks");
	json_truth(j, r->o.breaks);
	KEY(j, "args");
	json_truth(j, r->src->known.args);
	KEY(j, "times");
	json_truth(j, r->src->times);
	KEY(j, "switches");
	json_truth(j, r->src->switches);
}

static void on_start(struct tap *t, const struct event *e)
{
	struct recording *r = (struct recording *)t;
	struct known all;
	struct json j = { 0 };

	memset(&all, true, sizeof(all));
	write_all(r, RECORDING_MAGIC, RECORDING_MAGIC_LEN);
	json_open(&j, '{');
	put_general(r, &j);
	KEY(&j, "start");
	schema_json(&j, e, &all);
	put_command(&j, &e->start);
	put_hooks(&j, r->src->hooks);
	put_names(&j);
	put_layouts(&j);
	json_close(&j, '}');
	json_finish(&j, '\n');
	put_block(r, BLOCK_HEADER, j.buf, json_len(&j), 0);
	json_free(&j);
}

static void on_record(struct tap *t, const struct cleave_hdr *rec)
{
	struct recording *r = (struct recording *)t;
	size_t room = (rec->size + 7UL) & ~7UL;

	if (r->len + room > BLOCK_SIZE)
		put_records(r);
	memcpy(r->buf + r->len, rec, rec->size);
	if (room > rec->size)
		memset(r->buf + r->len + rec->size, 0, room - rec->size);
	r->len += room;
	r->in_block++;
}

/* Records that wait are written, if that was not done just before. */
static bool on_idle(struct tap *t, __u64 now)
{
	struct recording *r = (struct recording *)t;

	if (r->in_block && now >= r->last + APART_NS) {
		r->last = now;
		put_records(r);
	}
	return r->in_block;
}

static void on_flush(struct tap *t)
{
	if (((struct recording *)t)->in_block)
		on_idle(t, now_ns());
}

static void on_end(struct tap *t, const struct event *e)
{
	struct recording *r = (struct recording *)t;
	struct known all;
	struct json j = { 0 };

	put_records(r);
	/* As it was counted; what of it can be trusted follows from the hooks. */
	memset(&all, true, sizeof(all));
	schema_json(&j, e, &all);
	json_finish(&j, '\n');
	put_block(r, BLOCK_TRAILER, j.buf, json_len(&j), 0);
	json_free(&j);
}

static const struct tap_ops recording_ops = {
	.start = on_start,
	.record = on_record,
	.flush = on_flush,
	.idle = on_idle,
	.end = on_end,
};

static void recording_free(struct recording *r)
{
	ZSTD_freeCCtx(r->zstd);
	free(r->packed);
	free(r->buf);
	free(r);
}

struct tap *recording_new(int fd, const struct source *src, const struct recording_opts *o)
{
	struct recording *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->tap.ops = &recording_ops;
	r->src = src;
	r->o = *o;
	r->fd = fd;
	r->packed_size = sizeof(struct block) + ZSTD_compressBound(BLOCK_MAX);
	r->buf = malloc(BLOCK_SIZE);
	r->packed = malloc(r->packed_size);
	r->zstd = o->pack ? ZSTD_createCCtx() : NULL;
	if (r->buf && r->packed && (r->zstd || !o->pack))
		return &r->tap;
	recording_free(r);
	return NULL;
}

int recording_finish(struct tap *t, __u64 *records)
{
	struct recording *r = (struct recording *)t;
	int err = r->error;

	*records = r->records;
	recording_free(r);
	return -err;
}
