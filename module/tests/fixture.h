/* SPDX-License-Identifier: GPL-2.0-only */
/* fixture.h - a session and made-up faults and calls, for the tests of probes. */
#ifndef CLEAVE_FIXTURE_H
#define CLEAVE_FIXTURE_H

#include <linux/kprobes.h>
#include <linux/mm.h>

#include "caller.h"
#include "cleave_ioctl.h"
#include "session.h"

#define ADDR	0x7000000000UL
#define TRACED	((struct mm_struct *)0x1000UL)
#define OTHER	((struct mm_struct *)0x2000UL)
/* Return addresses: into do_wp_page(), and into what is none of the fault's. */
#define BY_WP		0xffffffff81001010UL
#define BY_FILE		0xffffffff81002020UL
#define BY_FAULT	0xffffffff81003030UL
#define BY_FAULT_TOO	0xffffffff81003040UL
#define ELSEWHERE	0xffffffff81004040UL

/* What a probed call brings along is at its end; none brings more. */
#define CALL_DATA	1024

/**
 * struct fixture - what the tests of probes have
 * @s: a session, in which the address space TRACED is
 * @met: an address space in none
 * @vma: of a fault
 * @page: that it finds
 * @regs: of a call
 * @ri: of the same
 */
struct fixture {
	struct session *s;
	struct mm_struct *met;
	struct vm_area_struct *vma;
	struct page *page;
	struct pt_regs regs;
	struct kretprobe_instance *ri;
};

#define FIXTURE_SLOTS	16

int fixture_setup(struct kunit *test);
void fixture_teardown(struct kunit *test);
struct session *fixture_session(u32 flags);
void fixture_end(struct session *s);
void fixture_fill(struct session *s);
u64 fixture_counted(struct session *s, u32 outcome);

/* The first record of a session. */
static inline void *first_record(struct session *s)
{
	return s->ring.data + CLEAVE_RING_HDR_SZ;
}

#endif /* CLEAVE_FIXTURE_H */
