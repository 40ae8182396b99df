/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selftest.h - a clone of cleave's own that must be seen before anything else
 * is traced: attached probes need not fire (kernel.ftrace_enabled).
 */
#ifndef CLEAVE_SELFTEST_H
#define CLEAVE_SELFTEST_H

#include "core/known.h"
#include "source/backend.h"
#include "source/reader.h"

/**
 * selftest_run() - make a clone, a copy and two exits, and look for them
 * @b: an open backend; its totals are reset afterwards
 * @r: reader of its ring; the test's records are swallowed
 * @known: what cannot be seen for want of a hook is not asked for
 * @why: one line that says what was not seen, where it fails
 * @len: size of @why
 *
 * Return: 0 or a negative errno.
 */
int selftest_run(struct backend *b, struct reader *r, const struct known *known,
		 char *why, size_t len);

/**
 * ftrace_enabled() - the sysctl without which no probe fires
 *
 * Return: its value, or -1 where there is no such sysctl.
 */
int ftrace_enabled(void);

#endif /* CLEAVE_SELFTEST_H */
