/* SPDX-License-Identifier: GPL-2.0-only */
/* record.bpf.h - records on their way to the reader. */
#ifndef CLEAVE_RECORD_BPF_H
#define CLEAVE_RECORD_BPF_H

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
} ring SEC(".maps");

static __always_inline void rec_begin(struct cleave_hdr *h, __u32 type,
				      __u32 size)
{
	h->type = type;
	h->size = size;
	h->cpu = bpf_get_smp_processor_id();
	h->ts = bpf_ktime_get_ns();
}

static __always_inline void *rec_reserve(__u32 type, __u32 size)
{
	struct cleave_hdr *h = bpf_ringbuf_reserve(&ring, size, 0);

	if (!h) {
		cleave_add(&totals.lost[type], 1);
		return NULL;
	}
	rec_begin(h, type, size);
	return h;
}

static __always_inline void rec_commit(void *rec, __u32 type)
{
	cleave_add(&totals.sent[type], 1);
	bpf_ringbuf_submit(rec, 0);
}

#endif /* CLEAVE_RECORD_BPF_H */
