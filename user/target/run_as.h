/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run_as.h - whom a command is to run as.
 */
#ifndef CLEAVE_RUN_AS_H
#define CLEAVE_RUN_AS_H

#include <stddef.h>
#include <sys/types.h>

/**
 * struct run_as - a user, with all that a process needs to become him
 * @name: his name, or his number where he has none
 * @uid: user
 * @gid: group
 * @groups: all his groups
 * @nr_groups: how many
 */
struct run_as {
	char name[64];
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t nr_groups;
};

/**
 * run_as_find() - look a user up
 * @r: filled
 * @who: name or number
 *
 * Return: 0; -ENOENT where there is no such user; -ENOMEM.
 */
int run_as_find(struct run_as *r, const char *who);

/**
 * run_as_become() - in a child of root's: be that user, for good
 * @r: the user
 *
 * The environment stays as it is.
 *
 * Return: 0 or a negative errno.
 */
int run_as_become(const struct run_as *r);

/**
 * run_as_self() - the name of whom we run as
 * @buf: for a name that has to be made up
 * @len: its size
 */
const char *run_as_self(char *buf, size_t len);

/**
 * run_as_free() - free what run_as_find() has allocated
 * @r: the user
 */
void run_as_free(struct run_as *r);

#endif /* CLEAVE_RUN_AS_H */
