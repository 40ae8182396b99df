/* SPDX-License-Identifier: GPL-2.0-only */
/* entry.bpf.h - arguments of a function, whatever attaches to its entry. */
#ifndef CLEAVE_ENTRY_BPF_H
#define CLEAVE_ENTRY_BPF_H

/* Set by the loader: nothing preempts what runs in the kernel. */
const volatile bool no_preempt;

/* And: page table locks sleep (PREEMPT_RT). */
const volatile bool locks_sleep;

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

/* Of functions that are called with a page table lock held. */
#define locked_arg(ctx, n, parm) any_arg(ctx, n, parm, !locks_sleep)

#define locked_arg0(ctx) locked_arg(ctx, 0, PARM(ctx, 1))
#define locked_arg1(ctx) locked_arg(ctx, 1, PARM(ctx, 2))
#define locked_arg2(ctx) locked_arg(ctx, 2, PARM(ctx, 3))

/* A member of what such an argument points to: fentry's have a type. */
#define locked_field(p, member)						\
	(locks_sleep ? read_field(p, member) : (p)->member)

#endif /* CLEAVE_ENTRY_BPF_H */
