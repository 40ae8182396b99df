/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * live.h - a source that is a backend of the running kernel.
 */
#ifndef CLEAVE_LIVE_H
#define CLEAVE_LIVE_H

#include <stdbool.h>

#include "source/source.h"

/**
 * live_open() - open a backend and map its ring
 * @ops: which backend
 * @cfg: what it is to do
 * @why: at least SOURCE_WHY bytes; one line where it fails
 *
 * Return: the source, or NULL.
 */
struct source *live_open(const struct backend_ops *ops, const struct backend_cfg *cfg,
			 char *why);

/**
 * live_selftest() - check that its probes fire, before anything is traced
 * @s: of live_open()
 * @why: at least SOURCE_WHY bytes; one line where it fails
 *
 * Return: 0 or a negative errno.
 */
int live_selftest(struct source *s, char *why);

#endif /* CLEAVE_LIVE_H */
