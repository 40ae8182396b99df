/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter.h - what of all that happens is shown.  A sink in front of another: it stands
 * behind the model and the comparison, so that all of it is counted, recorded and
 * compared, whatever is left out.
 *
 * What is not known fits nothing that is asked for.
 */
#ifndef CLEAVE_FILTER_H
#define CLEAVE_FILTER_H

#include "sink/sink.h"

/**
 * struct filter - what is to be shown; all zero: everything
 * @comm: processes of such a name, as glob(7) has it; of a clone, creator or child, of an
 *	exec, before or after it
 * @cgroup: processes in this cgroup, or below it; of a clone, creator or child
 * @kinds: what clones of these kinds (a bit each) have made
 * @min_pages: what clones have made that shared so many pages copy-on-write; of those that
 *	were attached to, by the first look
 */
struct filter {
	const char *comm;
	const char *cgroup;
	__u32 kinds;
	__u64 min_pages;
};

static inline bool filter_is_set(const struct filter *f)
{
	return f->comm || f->cgroup || f->kinds || f->min_pages;
}

/**
 * sink_filter() - put a filter in front of a sink
 * @to: the sink, which is freed with the filter; NULL: there is none
 * @f: what is to be shown; kept
 *
 * Return: the filter, @to itself where there is nothing to filter, or NULL without memory or
 * @to.
 */
struct sink *sink_filter(struct sink *to, const struct filter *f);

#endif /* CLEAVE_FILTER_H */
