/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - an open backend with its reader: where records come from.
 */
#ifndef CLEAVE_SOURCE_H
#define CLEAVE_SOURCE_H

#include "core/known.h"
#include "source/reader.h"

/**
 * struct source - an open backend
 * @b: the backend
 * @r: reader of its ring
 * @known: which of its figures can be trusted
 */
struct source {
	struct backend b;
	struct reader r;
	struct known known;
};

#define SOURCE_WHY	512

/**
 * source_open() - open a backend, map its ring, check that its probes fire
 * @s: filled
 * @ops: which backend
 * @cfg: what it is to do
 * @selftest: do the check
 * @why: at least SOURCE_WHY bytes; one line where it fails
 *
 * Return: 0 or a negative errno.
 */
int source_open(struct source *s, const struct backend_ops *ops,
		const struct backend_cfg *cfg, bool selftest, char *why);

/**
 * source_close() - undo source_open()
 * @s: the source
 */
void source_close(struct source *s);

#endif /* CLEAVE_SOURCE_H */
