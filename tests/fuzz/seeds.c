// SPDX-License-Identifier: GPL-2.0-only
/*
 * seeds.c - writes what a fuzzer of recordings can begin with: a whole recording, and
 * records of each type alone.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/layout.h"
#include "core/model.h"
#include "core/start.h"
#include "records.h"
#include "sink/recording.h"

#define MAX	21

static unsigned char room[MAX][2048];
static int nr;

#define ADD(rec)							\
	do {								\
		__typeof__(rec) rec_ = (rec);				\
									\
		memcpy(room[nr++], &rec_, rec_.hdr.size);		\
	} while (0)

static void make(void)
{
	struct cleave_break b = {
		.hdr = { CLEAVE_REC_BREAK, sizeof(b), 0, 7000 }, .as = 7, .addr = 4096,
		.pid = 2, .tid = 3, .outcome = CLEAVE_HUGE_SPLIT,
	};
	struct own_gone g = { .hdr = { OWN_REC_GONE, sizeof(g), 0, 8000 }, .pid = 4 };
	struct cleave_clone failed = rec_clone(1, 0, 0), thread = rec_vfork(2, 5, 7);
	struct cleave_clone first = rec_clone(1, 2, 7);

	failed.error = 11;
	failed.child_tid = 0;
	thread.kind = CLEAVE_KIND_THREAD;
	thread.child_pid = 2;
	first.cgroup = 5;
	ADD(rec_cgroup(5, "/a/b.service"));
	ADD(first);
	ADD(thread);
	ADD(rec_vfork(2, 4, 7));
	ADD(rec_exec(2, 7, 8, CLEAVE_HAS_FIGURES));
	ADD(failed);
	ADD(b);
	ADD(g);
	ADD(rec_exit(2, 8, 3 << 8));
	ADD(rec_clone(1, 3, 9));
	ADD(rec_exit(3, 9, 9));
	ADD(rec_end(9, CLEAVE_HAS_FIGURES));
	ADD(rec_attach(6, 1, 10, 8));
	ADD(rec_look(6, 10, 50, false));
	ADD(rec_look(6, 10, 40, true));
	ADD(rec_snap(10, 8, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	ADD(rec_snapped(3, true));
	ADD(rec_snap(10, 8, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	ADD(rec_exit(6, 10, 0));
	ADD(rec_end(10, CLEAVE_HAS_FIGURES | CLEAVE_ATTACHED));
	ADD(rec_snapped(4, true));
}

static int create(const char *dir, const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

static void whole(const char *dir, const char *name, bool pack)
{
	const struct recording_opts o = { .pack = pack };
	struct source src = { .name = "bpf" };
	struct event end = { .type = EVENT_SUMMARY, .ts = 9000, .summary.backend = "bpf" };
	int i, fd = create(dir, name);
	struct start s;
	struct tap *t;
	__u64 records;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		src.hooks[i] = (struct backend_hook) { i != 3, i != 6, i, "" };
	known_init(&src.known, src.hooks);
	t = recording_new(fd, &src, &o);
	if (!t || start_init(&s, "bpf", (char *[]) { "sh", "-c", "\xff", NULL }, "root"))
		exit(1);
	t->ops->start(t, start_of(&s, src.hooks, NULL, 1));
	for (i = 0; i < nr; i++)
		t->ops->record(t, (const void *)room[i]);
	t->ops->end(t, &end);
	recording_finish(t, &records);
	start_free(&s);
	close(fd);
}

static void alone(const char *dir)
{
	int i, fd = create(dir, "records");
	static const unsigned char zero[8];

	dprintf(fd, "R");
	for (i = 0; i < nr; i++) {
		const struct cleave_hdr *h = (const void *)room[i];
		size_t pad = (8 - h->size % 8) % 8;

		if (write(fd, h, h->size) != h->size ||
		    write(fd, zero, pad) != (ssize_t)pad)
			exit(1);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	make();
	whole(argv[1], "stored", false);
	whole(argv[1], "packed", true);
	alone(argv[1]);
	return 0;
}
