/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cleave.skel.h - in the place of the one that is made of the BPF programs: what of these
 * user/source/bpf/adopt.c sees.
 */
#ifndef CLEAVE_TEST_SKEL_H
#define CLEAVE_TEST_SKEL_H

#include "cleave_abi.h"

struct skel_bss {
	__s32 adopt_pid;
	bool adopt_silent;
	bool adopt_lossy;
	__u32 adopt_enough;
	__u32 adopt_told_of;
	bool adopt_full;
	bool proc_met;
	__u64 adopt_since;
	__u32 adopt_found;
	bool adopt_there;
	__u32 adopt_left;
	__u32 adopt_stuck;
	struct cleave_totals totals;
};

struct cleave_bpf {
	struct {
		struct bpf_program *adopt;
	} progs;
	struct skel_bss *bss;
};

#endif /* CLEAVE_TEST_SKEL_H */
