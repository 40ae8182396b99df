/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * steps.h - how much work something is, in basic blocks: exact and repeatable,
 * unlike time. For tests that are built with -fsanitize-coverage=trace-pc, by which
 * the compiler calls a function of ours in each.
 */
#ifndef CLEAVE_TEST_STEPS_H
#define CLEAVE_TEST_STEPS_H

static unsigned long steps;

void __sanitizer_cov_trace_pc(void);

__attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_pc(void)
{
	steps++;
}

#endif /* CLEAVE_TEST_STEPS_H */
