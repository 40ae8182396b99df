// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "core/flags.h"
#include "core/known.h"

const char *const page_class_names[PAGES_NR] = {
#define CLEAVE_X(member, name) [PAGES_##member] = name,
	PAGE_CLASSES(CLEAVE_X)
#undef CLEAVE_X
};

__u64 page_class_get(const struct cleave_pages *p, enum page_class c)
{
	switch (c) {
	case PAGES_anon:
		return p->anon;
	case PAGES_anon_huge:
		return p->anon_huge;
	case PAGES_file:
		return p->file;
	case PAGES_swap:
		return p->swap;
	case PAGES_hugetlb:
		return p->hugetlb;
	case PAGES_shmem:
		return p->shmem;
	case PAGES_copied:
		return p->copied;
	case PAGES_NR:
		break;		/* no default: a class left out is a warning */
	}
	return 0;
}

bool hook_lists(const char *figures, const char *name)
{
	size_t len = strlen(name);

	while (*figures) {
		size_t n = strcspn(figures, ",");

		if (n == len && !memcmp(figures, name, len))
			return true;
		figures += n;
		figures += strspn(figures, ", ");
	}
	return false;
}

static bool hook_gives(const struct backend_hook *hook, int i, const char *name)
{
	return hook_lists(hook_figures[i], name) ||
	       (hook->also && hook_lists(hook->also, name));
}

/* A figure is unknown if some hook that is needed and missing lists it. */
static bool is_known(const struct backend_hook *hooks, const char *name)
{
	int i;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		if (hooks[i].needed && !hooks[i].attached &&
		    hook_gives(&hooks[i], i, name))
			return false;
	return true;
}

void known_follow(struct known *k)
{
	int i;

	for (i = 0; i < CLEAVE_NR_BREAKS; i++)
		k->snap_times = k->snap_times && k->outcome[i];
	k->never_copied = k->never_copied && k->shared && k->outcome[CLEAVE_COPIED];
	k->never_in_all = k->never_in_all && k->never_copied && k->before_exec;
	k->both_copied = k->outcome[CLEAVE_COPIED] && k->creator;
	k->both_never = k->never_copied && k->both_copied;
}

void known_init(struct known *k, const struct backend_hook *hooks)
{
	bool breaks = is_known(hooks, "breaks");
	char name[64];
	int i;

	k->always = true;
	k->args = true;
	k->totals = true;
	k->cgroups = true;
	k->clones = is_known(hooks, "clone events");
	k->exits = is_known(hooks, "exit events");
	k->ends = is_known(hooks, "the end of an address space");
	k->execs = is_known(hooks, "exec events");
	k->exec_errors = is_known(hooks, "failed exec events");
	k->creator = breaks && is_known(hooks, "creator_cow");
	k->shared = is_known(hooks, "pages shared");
	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++)
		k->outcome[i] = breaks && is_known(hooks, outcome_names[i]);
	for (i = 0; i < PAGES_NR; i++) {
		snprintf(name, sizeof(name), "pages.%s", page_class_names[i]);
		k->pages[i] = is_known(hooks, name);
		/* Shared mappings and copies at once are no part of the sum. */
		if (!k->pages[i] && i != PAGES_shmem && i != PAGES_copied)
			k->shared = false;
	}
	k->page_tables = k->clones;
	k->vfork_exec = k->execs && is_known(hooks, "vfork_wait_ns of execs");
	k->switches = is_known(hooks, "switches");
	k->before_exec = k->ends && is_known(hooks, "copies before exec");
	k->never_copied = true;
	k->never_in_all = true;
	k->snap_times = true;
	k->snap_all_times = true;
	known_follow(k);
}
