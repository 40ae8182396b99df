/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cleave_x86.h - rules that are about x86-64: for the module, the BPF programs and
 * user space alike.
 */
#ifndef CLEAVE_X86_H
#define CLEAVE_X86_H

#include "cleave_abi.h"

/* System call numbers of x86-64 and, with compat, of i386. */
static inline enum cleave_call cleave_syscall_call(__s32 nr, int compat)
{
	switch (nr) {
	case 435:
		return CLEAVE_CALL_CLONE3;
	case 56:
		return compat ? CLEAVE_CALL_UNKNOWN : CLEAVE_CALL_CLONE;
	case 57:
		return compat ? CLEAVE_CALL_UNKNOWN : CLEAVE_CALL_FORK;
	case 58:
		return compat ? CLEAVE_CALL_UNKNOWN : CLEAVE_CALL_VFORK;
	case 2:
		return compat ? CLEAVE_CALL_FORK : CLEAVE_CALL_UNKNOWN;
	case 120:
		return compat ? CLEAVE_CALL_CLONE : CLEAVE_CALL_UNKNOWN;
	case 190:
		return compat ? CLEAVE_CALL_VFORK : CLEAVE_CALL_UNKNOWN;
	default:
		return CLEAVE_CALL_UNKNOWN;
	}
}

#endif /* CLEAVE_X86_H */
