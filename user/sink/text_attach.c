// SPDX-License-Identifier: GPL-2.0-only
/* text_attach.c - those that were there before, gathered until all have come. */
#include <stdlib.h>
#include <string.h>

#include "lib/grow.h"
#include "sink/text.h"

static void keep(struct attachments *a, const struct event *e)
{
	const struct ev_attach *x = &e->attach;
	struct attached *to;

	a->list = grow(a->list, &a->room, a->nr + 1, sizeof(*a->list));
	to = &a->list[a->nr++];
	*to = (struct attached) {
		.ts = e->ts,
		.pid = x->pid,
		.parent_pid = x->parent_pid,
		.before_exec = x->before_exec,
		.just_made = x->just_made,
		.no_room = !x->space,
	};
	memcpy(to->comm, x->proc->comm, sizeof(to->comm));
	if (x->parent)
		memcpy(to->parent_comm, x->parent->comm, sizeof(to->parent_comm));
}

void attachments_add(struct attachments *a, const struct event *e, bool named)
{
	a->count++;
	a->before_exec += e->attach.before_exec;
	a->last = e->ts;
	if (named)
		keep(a, e);
}

void attachments_head(const struct attachments *a, struct line *l)
{
	line_str(l, "attached to ");
	line_uint(l, a->count);
	line_str(l, a->count == 1 ? " process, " : " processes, ");
	line_uint(l, a->before_exec);
	line_str(l, " before exec");
	line_str(l, a->nr ? ":" : "");
}

void attached_text(const struct attached *a, struct line *l)
{
	line_str(l, a->before_exec ? "before exec" : "after exec");
	if (a->parent_pid) {
		line_str(l, ", child of ");
		line_int(l, a->parent_pid);
	}
	if (*a->parent_comm) {
		line_str(l, " (");
		line_safe(l, a->parent_comm, sizeof(a->parent_comm));
		line_str(l, ")");
	}
	if (a->just_made)
		line_str(l, ", by a fork that was under way");
	if (a->no_room)
		line_str(l, "; no room for it: what it copies is unknown");
}

void attachments_clear(struct attachments *a)
{
	a->nr = 0;
	a->count = 0;
	a->before_exec = 0;
}

void attachments_free(struct attachments *a)
{
	free(a->list);
}
