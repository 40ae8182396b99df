/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trees.h - what tests of the tree of processes make it of.
 */
#ifndef CLEAVE_TEST_TREES_H
#define CLEAVE_TEST_TREES_H

#include <stdio.h>
#include <string.h>

#include "agg/tree.h"

static void clone_of(struct tree *t, struct proc_ref *parent,
		     struct proc_ref *child, pid_t pid, const char *comm)
{
	struct event e = {
		.type = EVENT_CLONE,
		.clone = {
			.parent = parent, .child = child, .made = true,
			.has_pages = true, .pages.shared = 75,
		},
	};

	memset(child, 0, sizeof(*child));
	child->pid = pid;
	snprintf(child->comm, sizeof(child->comm), "%s", comm);
	tree_clone(t, &e);
}

#endif /* CLEAVE_TEST_TREES_H */
