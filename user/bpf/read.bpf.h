/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * read.bpf.h - reading what a pointer that the verifier does not know points to.
 */
#ifndef CLEAVE_READ_BPF_H
#define CLEAVE_READ_BPF_H

/* Set by the loader: the kernel has bpf_rdonly_cast(), a35b9af4ec2c (6.2). */
const volatile bool has_rdonly_cast;

void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

/**
 * read_field() - a member of what a pointer points to
 * @p: pointer to a structure of the kernel's
 * @member: the member, in it or in a structure within
 *
 * A load that may fault (then it is 0) where a program may cast a pointer, which
 * is a tenth of what the copy by a helper costs that older kernels need.  A member
 * that is a pointer is one for the verifier, too: where it is to be reckoned with,
 * BPF_CORE_READ() makes a number of it.
 */
#define read_field(p, member)						\
({									\
	__typeof__(p) __p = (p);					\
	__typeof__(BPF_CORE_READ(__p, member)) __v;			\
									\
	if (has_rdonly_cast) {						\
		__p = bpf_rdonly_cast(__p,				\
			bpf_core_type_id_kernel(__typeof__(*__p)));	\
		__v = __p->member;					\
	} else {							\
		__v = BPF_CORE_READ(__p, member);			\
	}								\
	__v;								\
})

/**
 * untrusted() - a task whose members that are pointers are to be read
 * @task: one that the verifier knows
 *
 * Of a task that it trusts, as bpf_get_current_task_btf() gives it, the verifier
 * wants to know whether such a member can be trusted, too, and looks through all
 * names of the kernel's BTF for that, up to three times for each load
 * (btf_nested_type_is_trusted()): a fifth of the time that loading took.  It does not
 * where the pointer has been cast; kernels that have no cast do not do it at all.
 */
static __always_inline struct task_struct *untrusted(struct task_struct *task)
{
	if (!has_rdonly_cast)
		return task;
	return bpf_rdonly_cast(task, bpf_core_type_id_kernel(struct task_struct));
}

/* A pointer as a number: functions that are verified once take no others. */
static __always_inline __u64 ptr_number(const void *p)
{
	__u64 n = 0;

	bpf_probe_read_kernel(&n, sizeof(n), &p);
	return n;
}

#endif /* CLEAVE_READ_BPF_H */
