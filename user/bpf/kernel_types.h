/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_types.h - the kernel's types as far as the BPF programs read them.
 *
 * Kept by hand instead of a generated vmlinux.h: it builds on a machine whose
 * own kernel has no BTF, it is the same in every clone, and it is the complete
 * list of what cleave depends on in the kernel.  Only names matter: libbpf
 * relocates every access to the kernel that runs (CO-RE).  A type with a
 * ___suffix is how another kernel release spells the same type.
 */
#ifndef CLEAVE_KERNEL_TYPES_H
#define CLEAVE_KERNEL_TYPES_H

/* Tells bpf_tracing.h that struct pt_regs is the kernel's, not user space's. */
#define __VMLINUX_H__

typedef unsigned char __u8;
typedef signed short __s16;
typedef unsigned short __u16;
typedef signed int __s32;
typedef unsigned int __u32;
typedef signed long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK = 23,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_EXIST = 2,
	BPF_F_NO_PREALLOC = 1U << 0,
	BPF_F_MMAPABLE = 1U << 10,
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	__s64 counter;
} atomic_long_t;

struct refcount_struct {
	atomic_t refs;
};

struct percpu_counter {
	__s64 count;
	__s32 *counters;
};

/* Up to 6.1; percpu counters since f1a7941243c1 (6.2). */
struct mm_rss_stat {
	atomic_long_t count[4];
};

struct mm_struct___atomic_rss {
	struct mm_rss_stat rss_stat;
};

struct mm_struct {
	struct percpu_counter rss_stat[4];
	atomic_long_t hugetlb_usage;
	unsigned long total_vm;
	unsigned long arg_start;
	atomic_long_t pgtables_bytes;
};

struct hstate {
	unsigned int order;
};

struct hugetlbfs_sb_info {
	struct hstate *hstate;
};

struct super_block {
	void *s_fs_info;
};

struct inode {
	struct super_block *i_sb;
};

struct file {
	struct inode *f_inode;
};

struct vm_area_struct {
	struct mm_struct *vm_mm;
	unsigned long vm_flags;
	const void *vm_ops;
	struct file *vm_file;
};

struct page {
	unsigned long compound_head;
	void *mapping;
};

/* Since 7.1: the same word, which may hold a mask instead of the head. */
struct page___compound_info {
	unsigned long compound_info;
};

enum fault_flag {
	FAULT_FLAG_WRITE = 1 << 0,
	FAULT_FLAG_UNSHARE = 1 << 10,
};

typedef struct {
	unsigned long pte;
} pte_t;

struct vm_fault {
	struct vm_area_struct *vma;
	unsigned long address;
	enum fault_flag flags;
	pte_t orig_pte;
	struct page *page;
};

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[];
};

struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
	unsigned int is_child_subreaper:1;
};

/* Of x86-64: the only member read is the number of the system call. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

struct thread_info {
	unsigned int status;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

typedef struct {
	__u32 val;
} kuid_t;

struct cred {
	kuid_t uid;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	struct mm_struct *mm;
	struct mm_struct *active_mm;
	unsigned long min_flt;
	unsigned long maj_flt;
	int exit_code;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	__u64 start_time;
	__u64 parent_exec_id;
	__u64 self_exec_id;
	struct pid *thread_pid;
	char comm[16];
	struct signal_struct *signal;
	struct css_set *cgroups;
	const struct cred *real_cred;
};

/* io_thread, kthread are ints up to 6.5 and bits of one word since. */
struct kernel_clone_args {
	__u64 flags;
	int exit_signal;
	__u32 kthread:1;
	__u32 io_thread:1;
	__u32 user_worker:1;
	int idle;
	int (*fn)(void *arg);
	int *set_tid;
	unsigned long set_tid_size;
	int cgroup;
};

struct linux_binprm {
	unsigned long p;
	int argc;
	const char *filename;
	unsigned long exec;
};

/* Only its address is taken. */
struct rq {
	unsigned int nr_running;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

#endif /* CLEAVE_KERNEL_TYPES_H */
