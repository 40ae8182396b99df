// SPDX-License-Identifier: GPL-2.0-only
/*
 * recording.c - anything at all as a recording, for libFuzzer: what reads it, makes
 * events of it and prints them must neither crash nor read what is not its own.
 *
 * Checksums are not looked at (FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION), or nothing
 * would get past them.  An input that begins with 'R' is the records alone, behind a
 * header as cleave writes it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/recording.h"
#include "core/replay.h"
#include "core/start.h"
#include "sink/recording.h"
#include "source/file.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct input {
	const unsigned char *part[3];
	size_t len[3];
	unsigned int at;
};

static unsigned char *header;
static size_t header_len;
static FILE *null;

/* What a recording of nothing begins with. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct recording_opts o;
	struct source src = { .name = "bpf" };
	struct tap *t;
	struct start s;
	__u64 records;
	int i, fd = memfd_create("header", MFD_CLOEXEC);

	(void)argc;
	(void)argv;
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		src.hooks[i] = (struct backend_hook) { true, true, 0, "" };
	known_init(&src.known, src.hooks);
	t = recording_new(fd, &src, &o);
	if (!t || start_init(&s, "bpf", (char *[]) { "sh", NULL }, NULL))
		abort();
	t->ops->start(t, start_of(&s, src.hooks, NULL, 1));
	recording_finish(t, &records);
	start_free(&s);
	header_len = lseek(fd, 0, SEEK_CUR);
	header = malloc(header_len);
	if (!header || pread(fd, header, header_len, 0) != (ssize_t)header_len)
		abort();
	close(fd);
	null = fopen("/dev/null", "w");
	return 0;
}

static ssize_t take(void *ctx, void *buf, size_t len)
{
	struct input *in = ctx;

	while (in->at < 3 && !in->len[in->at])
		in->at++;
	if (in->at == 3)
		return 0;
	if (len > in->len[in->at])
		len = in->len[in->at];
	memcpy(buf, in->part[in->at], len);
	in->part[in->at] += len;
	in->len[in->at] -= len;
	return len;
}

static void show(const struct input *from, const char *format)
{
	struct input in = *from;
	struct out out = { .f = null, .fd = -1 };
	char why[SOURCE_WHY];
	struct source *file = file_open_from(take, &in, why);
	struct sink *sink;
	__u64 given_up;

	if (!file)
		return;
	sink = sink_new(format, &out, &file->known);
	if (!sink || replay(file, sink, &given_up))
		abort();
	sink_free(sink);
	file->ops->close(file);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct block b = {
		.magic = BLOCK_MAGIC, .kind = BLOCK_RECORDS, .seq = 1,
		.stored = size ? size - 1 : 0, .length = size ? size - 1 : 0,
	};
	struct input in = { .part = { data }, .len = { size } };

	if (size && *data == 'R')
		in = (struct input) {
			.part = { header, (const unsigned char *)&b, data + 1 },
			.len = { header_len, sizeof(b), size - 1 },
		};
	show(&in, "json");
	show(&in, "text");
	return 0;
}
