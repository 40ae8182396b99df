// SPDX-License-Identifier: GPL-2.0-only
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grow.h"
#include "sink/filter.h"

/**
 * struct filter_sink - the sink
 * @s: what others see of it
 * @to: the one behind it
 * @f: what is to be shown
 * @left_out: events that were not
 * @spaces: what is left of a snapshot's
 * @families: the same
 * @creators: of @spaces
 * @room: how many there is room for in each
 */
struct filter_sink {
	struct sink s;
	struct sink *to;
	const struct filter *f;
	__u64 left_out;
	struct ev_space *spaces;
	struct ev_family *families;
	__u64 *creators;
	size_t room[3];
};

static struct filter_sink *of(struct sink *s)
{
	return (struct filter_sink *)s;
}

static bool fits_comm(const struct filter *f, struct text comm)
{
	char name[CLEAVE_COMM_LEN];

	if (!f->comm)
		return true;
	if (comm.len >= sizeof(name))
		return false;
	memcpy(name, comm.s, comm.len);
	name[comm.len] = '\0';
	return !fnmatch(f->comm, name, 0);
}

static bool fits_cgroup(const struct filter *f, struct text path)
{
	size_t len;

	if (!f->cgroup)
		return true;
	if (!path.s)
		return false;
	len = strlen(f->cgroup);
	/* All are below "/". */
	return path.len >= len && !memcmp(path.s, f->cgroup, len) &&
	       (len == 1 || path.len == len || path.s[len] == '/');
}

static bool is_named(const struct filter *f, const struct proc_ref *p)
{
	return p && fits_cgroup(f, p->cgroup) &&
	       fits_comm(f, (struct text) { p->comm, strnlen(p->comm, sizeof(p->comm)) });
}

static bool fits_pages(const struct filter_sink *x, __u64 pages, bool known)
{
	return !x->f->min_pages ||
	       (known && x->s.known->shared && pages >= x->f->min_pages);
}

static bool fits_kind(const struct filter *f, enum cleave_kind kind)
{
	return !f->kinds || f->kinds & 1U << kind;
}

/* By the clone that made it. */
static bool is_made_so(const struct filter_sink *x, const struct proc_ref *p)
{
	return (!x->f->kinds || (p->made && fits_kind(x->f, p->kind))) &&
	       fits_pages(x, p->shared, p->shared_known);
}

static bool is_chosen(const struct filter_sink *x, const struct proc_ref *p)
{
	return is_named(x->f, p) && is_made_so(x, p);
}

static bool clone_is_shown(const struct filter_sink *x, const struct ev_clone *c)
{
	return (is_named(x->f, c->parent) || is_named(x->f, c->child)) &&
	       fits_kind(x->f, c->kind) &&
	       fits_pages(x, c->has_pages ? c->pages.shared : 0, true);
}

static bool exec_is_shown(const struct filter_sink *x, const struct ev_exec *e)
{
	return is_chosen(x, e->proc) ||
	       (fits_comm(x->f, e->comm) && fits_cgroup(x->f, e->cgroup) &&
		is_made_so(x, e->proc));
}

static bool is_shown(const struct filter_sink *x, const struct event *e)
{
	switch (e->type) {
	case EVENT_CLONE:
		return clone_is_shown(x, &e->clone);
	case EVENT_EXEC:
		return exec_is_shown(x, &e->exec);
	case EVENT_EXIT:
		return is_chosen(x, e->exit.proc);
	case EVENT_GONE:
		return is_chosen(x, e->gone.proc);
	case EVENT_BREAK:
		return is_chosen(x, e->brk.proc);
	case EVENT_ATTACH:
		return is_chosen(x, e->attach.proc);
	case EVENT_LOOK:
		return is_chosen(x, e->look.proc);
	default:
		return true;
	}
}

static bool space_is_shown(const struct filter_sink *x, const struct ev_space *s)
{
	const struct proc_ref *p = s->proc;

	return is_named(x->f, p) && fits_pages(x, s->shared, s->base_known) &&
	       (!x->f->kinds || (p->made && fits_kind(x->f, p->kind)));
}

static int by_id(const void *a, const void *b)
{
	const __u64 *l = a, *r = b;

	return (*l > *r) - (*l < *r);
}

static void choose_spaces(struct filter_sink *x, struct ev_snapshot *s)
{
	__u32 i, nr = 0;

	x->spaces = grow(x->spaces, &x->room[0], s->nr_spaces, sizeof(*x->spaces));
	x->creators = grow(x->creators, &x->room[1], s->nr_spaces, sizeof(*x->creators));
	for (i = 0; i < s->nr_spaces; i++) {
		if (!space_is_shown(x, &s->spaces[i]))
			continue;
		x->creators[nr] = s->spaces[i].creator_space;
		x->spaces[nr++] = s->spaces[i];
	}
	qsort(x->creators, nr, sizeof(*x->creators), by_id);
	s->has_left_out = true;
	s->left_out = s->nr_spaces - nr;
	s->spaces = x->spaces;
	s->nr_spaces = nr;
}

/* Those of which a child is shown. */
static void choose_families(struct filter_sink *x, struct ev_snapshot *s)
{
	__u32 i, nr = 0;

	x->families = grow(x->families, &x->room[2], s->nr_families, sizeof(*x->families));
	for (i = 0; i < s->nr_families; i++)
		if (bsearch(&s->families[i].space, x->creators, s->nr_spaces,
			    sizeof(*x->creators), by_id))
			x->families[nr++] = s->families[i];
	s->families = x->families;
	s->nr_families = nr;
}

/* Its sums stay those of all. */
static void tell_snapshot(struct filter_sink *x, const struct event *e)
{
	struct event less = { .type = e->type, .ts = e->ts };

	less.snapshot = e->snapshot;
	choose_spaces(x, &less.snapshot);
	choose_families(x, &less.snapshot);
	sink_event(x->to, &less);
}

static void tell_summary(struct filter_sink *x, const struct event *e)
{
	struct event more = { .type = e->type, .ts = e->ts };

	more.summary = e->summary;
	more.summary.has_left_out = true;
	more.summary.left_out = x->left_out;
	sink_event(x->to, &more);
}

static void filter_event(struct sink *s, const struct event *e)
{
	struct filter_sink *x = of(s);

	if (e->type == EVENT_SNAPSHOT) {
		tell_snapshot(x, e);
	} else if (e->type == EVENT_SUMMARY) {
		tell_summary(x, e);
	} else if (is_shown(x, e)) {
		sink_event(x->to, e);
	} else {
		x->left_out++;
		if (x->to->ops->aside)
			x->to->ops->aside(x->to, e);
	}
}

static void filter_flush(struct sink *s)
{
	sink_flush(of(s)->to);
}

static bool filter_idle(struct sink *s, __u64 now)
{
	return sink_idle(of(s)->to, now);
}

static int filter_fd(const struct sink *s)
{
	return sink_fd(((const struct filter_sink *)s)->to);
}

static bool filter_ready(struct sink *s)
{
	struct sink *to = of(s)->to;

	return to->ops->ready(to);
}

static void filter_free(struct sink *s)
{
	struct filter_sink *x = of(s);

	x->to->ops->free(x->to);
	free(x->spaces);
	free(x->families);
	free(x->creators);
	free(x);
}

static const struct sink_ops filter_ops = {
	.event = filter_event,
	.flush = filter_flush,
	.idle = filter_idle,
	.fd = filter_fd,
	.ready = filter_ready,
	.free = filter_free,
};

struct sink *sink_filter(struct sink *to, const struct filter *f)
{
	struct filter_sink *x;

	if (!to || !filter_is_set(f))
		return to;
	x = calloc(1, sizeof(*x));
	if (!x) {
		to->ops->free(to);
		return NULL;
	}
	x->s.ops = &filter_ops;
	x->s.known = to->known;
	x->to = to;
	x->f = f;
	return &x->s;
}
