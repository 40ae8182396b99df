// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring.c - what it takes to drain a ring, with cleave's reader and with libbpf's.
 *
 * OBJECT drain READER TYPE: nanoseconds a record
 * OBJECT rate READER TYPE PRODUCERS PER_MS: for two seconds each producer writes
 *	PER_MS records and sleeps for a millisecond, or, with 0, as many as it can:
 *	records a second that were read, and that were lost
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "source/reader.h"

#define RING_SIZE	(4UL << 20)	/* as cleave trace's own */
#define ROUNDS		5

static const struct kind {
	const char *name;
	unsigned int type;
	size_t size;
} kinds[] = {
	{ "break", CLEAVE_REC_BREAK, sizeof(struct cleave_break) },
	{ "clone", CLEAVE_REC_CLONE, sizeof(struct cleave_clone) },
	{ "exec", CLEAVE_REC_EXEC, sizeof(struct cleave_exec) },
};

static struct {
	unsigned long long sent, lost;
} counts;

static int prog_fd, map_fd, counts_fd;
static bool use_libbpf;
static volatile bool stop;
static unsigned long long seen;
static struct reader reader;
static struct ring_buffer *libbpf_ring;

static void die(const char *what)
{
	fprintf(stderr, "ring: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void by_cleave(void *ctx, const struct cleave_hdr *rec)
{
	(void)ctx;
	seen += rec->size != 0;
}

static int by_libbpf(void *ctx, void *rec, size_t len)
{
	(void)ctx;
	(void)rec;
	seen += len != 0;
	return 0;
}

static void drain(void)
{
	if (use_libbpf)
		ring_buffer__consume(libbpf_ring);
	else
		reader_consume(&reader, ~0UL, by_cleave, NULL);
}

static void produce(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (bpf_prog_test_run_opts(prog_fd, &opts))
		die("running the producer");
}

static struct bpf_object *load(const char *path, const struct kind *k, unsigned int batch)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct cleave_hdr *rec = calloc(1, 2048);
	unsigned int zero = 0, *rodata;
	struct bpf_map *map;
	size_t len;

	if (!obj || !rec)
		die(path);
	map = bpf_object__find_map_by_name(obj, "ring");
	bpf_map__set_max_entries(map, RING_SIZE);
	map = bpf_object__find_map_by_name(obj, ".rodata");
	rodata = (unsigned int *)bpf_map__initial_value(map, &len);
	rodata[0] = k->size;
	rodata[1] = batch;
	if (bpf_object__load(obj))
		die("loading the producer");
	rec->type = k->type;
	rec->size = k->size;
	map = bpf_object__find_map_by_name(obj, "record");
	bpf_map_update_elem(bpf_map__fd(map), &zero, rec, 0);
	free(rec);
	map_fd = bpf_map__fd(bpf_object__find_map_by_name(obj, "ring"));
	prog_fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "produce"));
	counts_fd = bpf_map__fd(bpf_object__find_map_by_name(obj, ".bss"));
	return obj;
}

/* Ten thousand, or as many as there is room for. */
static void do_drain(void)
{
	int round, i;

	for (round = 0; round <= ROUNDS; round++) {
		long long took;

		for (i = 0; i < 40; i++)
			produce();
		seen = 0;
		took = -now_ns();
		drain();
		took += now_ns();
		if (round)
			printf("%.1f\n", (double)took / seen);
	}
}

static void *producer(void *arg)
{
	long per_ms = *(long *)arg;
	struct timespec ms = { .tv_nsec = 1000000 };

	while (!stop) {
		produce();
		if (per_ms)
			nanosleep(&ms, NULL);
	}
	return NULL;
}

static void do_rate(int producers, long per_ms)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC), i;
	unsigned int zero = 0;
	__u64 start = now_ns(), took;
	pthread_t threads[8];

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, map_fd, &ev))
		die("epoll");
	for (i = 0; i < producers && i < 8; i++)
		if (pthread_create(&threads[i], NULL, producer, &per_ms))
			die("pthread_create");
	while (now_ns() - start < 2000000000ULL) {
		epoll_wait(ep, &ev, 1, 100);
		drain();
	}
	stop = true;
	while (i--)
		pthread_join(threads[i], NULL);
	took = now_ns() - start;
	drain();
	if (bpf_map_lookup_elem(counts_fd, &zero, &counts))
		die("the counts");
	printf("%.0f %.0f\n", seen * 1e9 / took, counts.lost * 1e9 / took);
	if (seen != counts.sent) {
		fprintf(stderr, "ring: %llu were sent, %llu read\n", counts.sent, seen);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	const struct kind *k = kinds;
	struct bpf_object *obj;
	long per_ms = 0;

	if (argc < 5) {
		fprintf(stderr, "usage: ring OBJECT drain|rate cleave|libbpf break|clone|exec [PRODUCERS PER_MS]\n");
		return 2;
	}
	while (k < kinds + 2 && strcmp(k->name, argv[4]))
		k++;
	use_libbpf = !strcmp(argv[3], "libbpf");
	if (argc > 6)
		per_ms = atol(argv[6]);
	obj = load(argv[1], k, per_ms ? per_ms : 64);
	libbpf_ring = ring_buffer__new(map_fd, by_libbpf, NULL, NULL);
	if (!libbpf_ring || reader_open(&reader, map_fd, RING_SIZE))
		die("mapping the ring");
	if (!strcmp(argv[2], "drain"))
		do_drain();
	else
		do_rate(argc > 5 ? atoi(argv[5]) : 1, per_ms);
	reader_close(&reader);
	ring_buffer__free(libbpf_ring);
	bpf_object__close(obj);
	return 0;
}
