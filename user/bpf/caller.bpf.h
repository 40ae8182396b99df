/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * caller.bpf.h - which function calls the one that a program is attached to: by
 * the address that the call returns to, as in module/caller.c.
 */
#ifndef CLEAVE_CALLER_BPF_H
#define CLEAVE_CALLER_BPF_H

/* Which function of the kernel's makes a call, as far as it matters. */
enum caller {
	CALLER_OTHER,
	CALLER_WP,	/* do_wp_page() and what it consists of */
	CALLER_FILE,	/* the first write to a private file page */
	CALLER_FAULT,	/* where do_anonymous_page() is, and maybe that, too */
	CALLER_SELF,	/* the function itself, see caller_ip() */
	CALLER_HIDDEN,	/* another tracer's trampoline, or no function at all */
};

#define CALLER_SHIFT	3
#define CALLER_BITS	8
#define CALLER_PROBES	4	/* places that an address may have */

/*
 * Secrets: with KASLR, where the kernel's code lies.  Two calls come by the
 * million, and are known by their address alone: caller_idle, the first touch of
 * anonymous memory, and caller_copy.
 */
static volatile __u64 callers[(1 << CALLER_BITS) + CALLER_PROBES]
	SEC(".data.secret") = {};
static volatile __u64 caller_idle SEC(".data.secret") = 0;
static volatile __u64 caller_copy SEC(".data.secret") = 0;
static volatile __u64 caller_self SEC(".data.secret") = 0;

/* A word of the kernel's stack; any structure that begins with such will do. */
static __always_inline __u64 stack_word(const void *at)
{
	return read_field((struct pt_regs *)at, r15);
}

/*
 * The address that the traced function returns to.  ctx is where the trampoline
 * has saved the arguments; behind them lie rbp, the address in the function that
 * it was called from, and the one looked for: arch_prepare_bpf_trampoline().
 * Where the trampoline serves an fexit, too, whoever's, a return value lies in
 * front of these (up to 6.12).  A kprobe has the registers.
 */
static __always_inline __u64 caller_ip(__u64 *ctx, const bool rt)
{
	__u64 *at, ip;

	if (rt)
		return stack_word((void *)PT_REGS_SP((struct pt_regs *)ctx));
	at = ctx + (bpf_get_func_arg_cnt(ctx) & 7) + 2;
	ip = stack_word(at);
	return ip == caller_self ? stack_word(at + 1) : ip;
}

#define NAME_LEN	32

/* The name of a symbol ends at its first dot, see caller_of(). */
static long cut_name(__u32 i, char *name)
{
	char *c = name + (i & (NAME_LEN - 1));

	if (*c == '.' || *c == ' ')
		*c = '\0';
	return 0;
}

#define IS(str)		(!bpf_strncmp(name, NAME_LEN, str))

static __noinline __u32 caller_look_up(__u64 ip)
{
	char name[NAME_LEN] = {};
	/* The call is the last that a function does, if it does not return. */
	__u64 arg = ip - 1;

	if (BPF_SNPRINTF(name, sizeof(name), "%ps", arg) < 0)
		return CALLER_HIDDEN;
	bpf_loop(NAME_LEN, cut_name, name, 0);
	if (IS("do_wp_page") || IS("wp_page_copy"))
		return CALLER_WP;
	if (IS("set_pte_range") || IS("do_set_pte") || IS("finish_fault") ||
	    IS("do_cow_fault") || IS("do_fault"))
		return CALLER_FILE;
	if (IS("do_anonymous_page") || IS("do_pte_missing") ||
	    IS("handle_pte_fault") || IS("__handle_mm_fault") ||
	    IS("handle_mm_fault"))
		return CALLER_FAULT;
	if (IS("folio_add_new_anon_rmap") || IS("page_add_new_anon_rmap"))
		return CALLER_SELF;
	/* A number has no symbol; those that follow return elsewhere for others. */
	if (name[0] == '0' || IS("arch_rethook_trampoline") ||
	    IS("return_to_handler") || IS("ftrace_stub"))
		return CALLER_HIDDEN;
	return CALLER_OTHER;
}

static __always_inline __u32 caller_hash(__u64 ip)
{
	return (__u32)ip * 0x9E3779B9U >> (32 - CALLER_BITS);
}

/* An address that is not in its first place. */
static __noinline __u32 caller_learn(__u64 ip)
{
	__u32 at = caller_hash(ip), i, caller;
	__u64 word;

	for (i = 1; i < CALLER_PROBES; i++) {
		word = callers[at + i] ^ (ip << CALLER_SHIFT);
		if (word < 1 << CALLER_SHIFT)
			return word;
	}
	caller = caller_look_up(ip);
	/* Stacks have many addresses; none of them is worth a place. */
	if (caller == CALLER_HIDDEN)
		return caller;
	word = ip << CALLER_SHIFT | caller;
	for (i = 0; i < CALLER_PROBES - 1 && callers[at + i]; i++)
		;
	callers[at + i] = word;
	return caller;
}

/**
 * caller_of() - the function that makes a call
 * @ip: address that the call returns to
 *
 * The symbol is looked up once for each address, and its name compared up to the
 * first dot: the compiler may have made a wp_page_copy.isra.0 of it.  A word of
 * callers[] has the address, whose high bits are all set and can be shifted out,
 * and the answer.  (Two tasks may learn one at once: then it has two places.)
 */
static __always_inline __u32 caller_of(__u64 ip)
{
	__u64 word = callers[caller_hash(ip)] ^ (ip << CALLER_SHIFT);

	return word < 1 << CALLER_SHIFT ? word : caller_learn(ip);
}

/*
 * The function that calls the traced one, to whose program @ctx is given, and the
 * address that the call returns to.
 */
static __always_inline __u32 caller_at(__u64 *ctx, __u64 *ip, const bool rt)
{
	__u32 caller;

	*ip = caller_ip(ctx, rt);
	caller = caller_of(*ip);
	if (caller != CALLER_SELF)
		return caller;
	caller_self = *ip;
	*ip = caller_ip(ctx, rt);
	return caller_of(*ip);
}

#endif /* CLEAVE_CALLER_BPF_H */
