/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * raw.h - system calls without libc, which writes to memory of its own (errno,
 * thread descriptors, stdio) and so breaks shares that no case has asked for.
 */
#ifndef TRUTH_RAW_H
#define TRUTH_RAW_H

#include <linux/futex.h>
#include <sys/syscall.h>

static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define RAW_PAD(nr, a, b, c, d, e, f, ...)				\
	raw6((long)(nr), (long)(a), (long)(b), (long)(c), (long)(d),	\
	     (long)(e), (long)(f))

/* sys(SYS_xyz, arguments): the result or a negative errno. */
#define sys(...) RAW_PAD(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/**
 * raw_clone_held() - a clone whose child does not run before it is told to
 * @nr: SYS_clone, SYS_clone3, SYS_fork or SYS_vfork
 * @a: arguments
 * @go: a word in shared memory: the child sleeps until it is not 0
 *
 * Until then, the child writes to nothing, not even to its stack: what its
 * creator touches meanwhile, the creator copies, always.
 *
 * The child's thread group goes on with the creator's copy of the stack, so the
 * caller must not return to where the creator has already left in a CLONE_VM child.
 */
static inline long raw_clone_held(long nr, long a, long b, long c, long d, long e,
				  const volatile int *go)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register const volatile int *r12 __asm__("r12") = go;
	long ret = nr;

	__asm__ volatile("syscall\n\t"
			 "testq	%%rax, %%rax\n\t"
			 "jnz	2f\n"
			 "1:\tmovl	(%%r12), %%eax\n\t"
			 "testl	%%eax, %%eax\n\t"
			 "jnz	3f\n\t"
			 "movl	$202, %%eax\n\t"	/* futex(go, FUTEX_WAIT, 0, NULL) */
			 "movq	%%r12, %%rdi\n\t"
			 "xorl	%%esi, %%esi\n\t"
			 "xorl	%%edx, %%edx\n\t"
			 "xorl	%%r10d, %%r10d\n\t"
			 "syscall\n\t"
			 "jmp	1b\n"
			 "3:\txorl	%%eax, %%eax\n"
			 "2:\n"
			 : "+a"(ret), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8)
			 : "r"(r12)
			 : "rcx", "r11", "memory");
	return ret;
}

/**
 * raw_thread() - start a task on a stack of its own
 * @flags: of clone(2), with the exit signal
 * @top: end of the stack, 16-byte aligned
 * @fn: what to run there; the task exits when it returns
 * @arg: handed on to it
 * @ctid: for CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID
 */
static inline long raw_thread(long flags, char *top, void (*fn)(void *), void *arg,
			      int *ctid)
{
	register long r10 __asm__("r10") = (long)ctid;
	register long r8 __asm__("r8") = 0;
	void **frame = (void **)top - 2;
	long ret = SYS_clone;

	frame[0] = (void *)fn;
	frame[1] = arg;
	__asm__ volatile("syscall\n\t"
			 "testq	%%rax, %%rax\n\t"
			 "jnz	1f\n\t"
			 "xorl	%%ebp, %%ebp\n\t"
			 "popq	%%rax\n\t"
			 "popq	%%rdi\n\t"
			 "call	*%%rax\n\t"
			 "xorl	%%edi, %%edi\n\t"
			 "movl	$60, %%eax\n\t"		/* exit(0) */
			 "syscall\n\t"
			 "hlt\n"
			 "1:\n"
			 : "+a"(ret)
			 : "D"(flags), "S"(frame), "d"(0L), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

/**
 * raw_on_stack() - call a function on another stack
 * @top: end of the stack, 16-byte aligned
 * @fn: what to call
 * @arg: handed on to it
 */
static inline void raw_on_stack(char *top, void (*fn)(void *), void *arg)
{
	register char *rbx __asm__("rbx") = top;

	__asm__ volatile("xchgq	%%rsp, %%rbx\n\t"
			 "call	*%%rax\n\t"
			 "movq	%%rbx, %%rsp\n"
			 : "+r"(rbx), "+a"(fn), "+D"(arg)
			 :
			 : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "cc", "memory");
}

static inline void raw_futex_wait(const volatile int *word, int seen)
{
	sys(SYS_futex, word, FUTEX_WAIT, seen, 0);
}

static inline void raw_futex_wake(const volatile int *word)
{
	sys(SYS_futex, word, FUTEX_WAKE, 0x7fffffff);
}

#endif /* TRUTH_RAW_H */
