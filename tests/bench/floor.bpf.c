// SPDX-License-Identifier: GPL-2.0-only
/* Programs that do nothing: what an attachment costs before any work. */
#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

SEC("fentry/do_wp_page") int on_fentry(void *ctx)
{
	return 0;
}

SEC("fexit/do_wp_page") int on_fexit(void *ctx)
{
	return 0;
}

SEC("kprobe") int on_kprobe(void *ctx)
{
	return 0;
}

SEC("kretprobe") int on_kretprobe(void *ctx)
{
	return 0;
}

SEC("kprobe.multi") int on_fprobe(void *ctx)
{
	return 0;
}
