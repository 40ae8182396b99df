/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * start.h - the start event of a trace that begins now, on this machine.
 */
#ifndef CLEAVE_START_H
#define CLEAVE_START_H

#include <sys/utsname.h>

#include "core/event.h"
#include "source/source.h"

#define BOOT_ID_LEN	37

/**
 * struct start - a start event with all that it points to
 * @e: the event
 */
struct start {
	struct event e;
	/* its own */
	struct utsname uts;
	char boot_id[BOOT_ID_LEN];
	struct ev_hook hooks[CLEAVE_NR_HOOKS];
	struct text *words;
};

/**
 * start_init() - fill it, all but the backend's hooks and the first process
 * @s: filled
 * @backend: name
 * @argv: the command, or NULL
 * @user: whom it runs as, where that is to be told, or NULL
 *
 * Return: 0, or -ENOMEM.
 */
int start_init(struct start *s, const char *backend, char *const *argv,
	       const char *user);

/**
 * start_of() - the event for one source
 * @s: start_init() has filled it
 * @hooks: struct source.hooks
 * @root: the first process, as the source's model has it, or NULL
 * @pid: its pid, where there is no model
 *
 * Return: the event; changed by the next call.
 */
const struct event *start_of(struct start *s, const struct backend_hook *hooks,
			     struct proc_ref *root, pid_t pid);

/**
 * start_free() - free what start_init() has allocated
 * @s: the event
 */
void start_free(struct start *s);

#endif /* CLEAVE_START_H */
