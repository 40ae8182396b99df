/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86.h - what the module knows of x86-64, beside cleave_x86.h, which the BPF
 * programs know, too.
 */
#ifndef CLEAVE_MODULE_X86_H
#define CLEAVE_MODULE_X86_H

#include <linux/compat.h>
#include <linux/ptrace.h>
#include <linux/thread_info.h>

/* Is the current task in a system call of a 32-bit program's? */
static inline bool x86_compat_syscall(void)
{
	return in_ia32_syscall();
}

/* The first two arguments of a system call, by the registers it came with. */
static inline unsigned long x86_syscall_arg0(const struct pt_regs *user)
{
	return user->di;
}

static inline unsigned long x86_syscall_arg1(const struct pt_regs *user)
{
	return user->si;
}

#endif /* CLEAVE_MODULE_X86_H */
