/* SPDX-License-Identifier: GPL-2.0-only */
/* entry.bpf.h - arguments of a function, whatever attaches to its entry. */
#ifndef CLEAVE_ENTRY_BPF_H
#define CLEAVE_ENTRY_BPF_H

/* Set by the loader: nothing preempts what runs in the kernel. */
const volatile bool no_preempt;

/*
 * Argument @n, in a kprobe @parm, of a function whose entry a program is attached
 * to, be it as a kprobe or as @fentry.  (In assembly, or the compiler
 * makes one load of two, at an offset that it chooses; the verifier wants both
 * to be constant.)
 */
#define any_arg(ctx, n, parm, fentry)					\
({									\
	void *__arg;							\
									\
	if (fentry)							\
		asm volatile("%0 = *(u64 *)(%1 + %2)"			\
			     : "=r"(__arg) : "r"(ctx), "i"((n) * 8));	\
	else								\
		__arg = (void *)(parm);					\
	__arg;								\
})

/* Of functions in which a task can be preempted unless no_preempt. */
#define entry_arg(ctx, n, parm) any_arg(ctx, n, parm, no_preempt)

#define PARM(ctx, n) PT_REGS_PARM##n((struct pt_regs *)(ctx))

#define entry_arg0(ctx) entry_arg(ctx, 0, PARM(ctx, 1))
#define entry_arg1(ctx) entry_arg(ctx, 1, PARM(ctx, 2))
#define entry_arg2(ctx) entry_arg(ctx, 2, PARM(ctx, 3))
#define entry_arg3(ctx) entry_arg(ctx, 3, PARM(ctx, 4))

/*
 * Of functions that are called with a page table lock held: a program for each
 * such is made twice out of one body, as fentry and, for kernels on which these
 * locks sleep (@rt), as a kprobe.  What fentry's arguments point to has a type.
 */
#define locked_arg0(ctx, rt) any_arg(ctx, 0, PARM(ctx, 1), !(rt))
#define locked_arg1(ctx, rt) any_arg(ctx, 1, PARM(ctx, 2), !(rt))
#define locked_arg2(ctx, rt) any_arg(ctx, 2, PARM(ctx, 3), !(rt))

#define locked_field(p, member, rt)					\
	((rt) ? read_field(p, member) : (p)->member)

#endif /* CLEAVE_ENTRY_BPF_H */
