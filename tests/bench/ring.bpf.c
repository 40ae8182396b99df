// SPDX-License-Identifier: GPL-2.0-only
/* ring.bpf.c - fills a ring with records as cleave's, as many and as large as asked. */
#define CLEAVE_BPF
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "cleave_abi.h"

char LICENSE[] SEC("license") = "GPL";

#define MAX_SIZE	2048

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
} ring SEC(".maps");

/* What is written: made by user space, one for all. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[MAX_SIZE]);
} record SEC(".maps");

const volatile __u32 size = 64;
const volatile __u32 batch = 64;

struct {
	__u64 sent;
	__u64 lost;
} counts;

static long one(__u32 i, void *ctx)
{
	__u32 key = 0, n = size;
	char *rec = bpf_map_lookup_elem(&record, &key);

	if (!rec || n > MAX_SIZE)
		return 1;
	if (bpf_ringbuf_output(&ring, rec, n, 0))
		__sync_fetch_and_add(&counts.lost, 1);
	else
		__sync_fetch_and_add(&counts.sent, 1);
	return 0;
}

SEC("syscall")
int produce(void *ctx)
{
	bpf_loop(batch, one, NULL, 0);
	return 0;
}
