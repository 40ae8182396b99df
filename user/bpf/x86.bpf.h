/* SPDX-License-Identifier: GPL-2.0-only */
/* x86.bpf.h - what the programs know of x86-64. */
#ifndef CLEAVE_X86_BPF_H
#define CLEAVE_X86_BPF_H

/* Pages, and the entries of page tables. */
#define PAGE_SHIFT		12
#define HPAGE_PMD_NR		512
#define HPAGE_PMD_MASK		(~((unsigned long)(HPAGE_PMD_NR << PAGE_SHIFT) - 1))
#define PTE_PFN_MASK		0x000ffffffffff000ULL
#define PAGE_PRESENT		(1ULL << 0)
#define PAGE_RW			(1ULL << 1)
#define PAGE_SPECIAL		(1ULL << 9)	/* _PAGE_SPECIAL */

/* No address of a struct page has all of its high bits set. */
#define IS_HIGH_MASK(word)	((word) >> 40 == 0xffffff)

/* The system call that a task is in, by the registers it came with. */
#define SYSCALL_NR(regs)	read_field(regs, orig_ax)
#define SYSCALL_ARG0(regs)	((regs)->di)
#define SYSCALL_ARG1(regs)	((regs)->si)
#define TS_COMPAT		0x0002
#define IS_COMPAT(task)		(!!((task)->thread_info.status & TS_COMPAT))

/* A kernel function's sixth argument, which bpf_tracing.h of libbpf 1.1 lacks. */
#define PARM6(regs)		((regs)->r9)

#endif /* CLEAVE_X86_BPF_H */
