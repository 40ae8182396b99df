// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/schema.h"
#include "core/start.h"
#include "cleave_version.h"
#include "lib/clock.h"

/* The kernel's id of this boot, or "". */
static void read_boot_id(char *buf)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f || !fgets(buf, BOOT_ID_LEN, f))
		*buf = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	if (f)
		fclose(f);
}

int start_init(struct start *s, const char *backend, char *const *argv,
	       const char *user)
{
	struct ev_start *e = &s->e.start;
	__u32 i;

	*s = (struct start) { .e = { .type = EVENT_START, .ts = now_ns() } };
	e->wall_ns = wall_ns();
	uname(&s->uts);
	read_boot_id(s->boot_id);
	e->schema = SCHEMA_VERSION;
	e->version = CLEAVE_VERSION;
	e->boot_id = s->boot_id;
	e->backend = backend;
	e->kernel = s->uts.release;
	e->hooks = s->hooks;
	e->nr_hooks = CLEAVE_NR_HOOKS;
	e->has_command = argv;
	e->user = user;
	e->has_user = user;
	while (argv && argv[e->nr_words])
		e->nr_words++;
	s->words = calloc(e->nr_words + 1, sizeof(*s->words));
	if (!s->words)
		return -ENOMEM;
	for (i = 0; argv && i < e->nr_words; i++)
		s->words[i] = (struct text) { argv[i], strlen(argv[i]) };
	e->command = argv ? s->words : NULL;
	return 0;
}

const struct event *start_of(struct start *s, const struct backend_hook *hooks,
			     struct proc_ref *root, pid_t pid)
{
	struct ev_start *e = &s->e.start;
	int i;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		s->hooks[i].name = hook_names[i];
		s->hooks[i].state = hook_state(&hooks[i]);
	}
	e->root = root;
	e->pid = root ? root->pid : pid;
	e->id = root ? root->id : 0;
	return &s->e;
}

void start_free(struct start *s)
{
	free(s->words);
	s->words = NULL;
}
