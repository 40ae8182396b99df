/* SPDX-License-Identifier: GPL-2.0-only */
/* entry.bpf.h - arguments of a function, whatever attaches to its entry. */
#ifndef CLEAVE_ENTRY_BPF_H
#define CLEAVE_ENTRY_BPF_H

/* Set by the loader: nothing preempts what runs in the kernel. */
const volatile bool no_preempt;

/*
 * Argument @n, in a kprobe @parm, of a function whose entry a program is attached
 * to, be it as a kprobe or as fentry.  (In assembly, or the compiler
 * makes one load of two, at an offset that it chooses; the verifier wants both
 * to be constant.)
 */
#define entry_arg(ctx, n, parm)						\
({									\
	void *__arg;							\
									\
	if (no_preempt)							\
		asm volatile("%0 = *(u64 *)(%1 + %2)"			\
			     : "=r"(__arg) : "r"(ctx), "i"((n) * 8));	\
	else								\
		__arg = (void *)(parm);					\
	__arg;								\
})

#define entry_arg0(ctx) entry_arg(ctx, 0, PT_REGS_PARM1((struct pt_regs *)(ctx)))
#define entry_arg1(ctx) entry_arg(ctx, 1, PT_REGS_PARM2((struct pt_regs *)(ctx)))
#define entry_arg2(ctx) entry_arg(ctx, 2, PT_REGS_PARM3((struct pt_regs *)(ctx)))
#define entry_arg3(ctx) entry_arg(ctx, 3, PT_REGS_PARM4((struct pt_regs *)(ctx)))

#endif /* CLEAVE_ENTRY_BPF_H */
