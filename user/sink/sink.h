/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sink.h - where events go: one file and one line in sink.c's table each.
 */
#ifndef CLEAVE_SINK_H
#define CLEAVE_SINK_H

#include "core/event.h"
#include "lib/out.h"

struct sink;

/**
 * struct sink_ops - a sink
 * @event: take an event
 * @aside: take an event that is not to be shown, but adds to what is told of all; may be
 *	NULL
 * @flush: no more for now: write it out; may be NULL
 * @idle: it is that late, whatever comes or not: tell what has waited long enough;
 *	returns whether something still waits; may be NULL
 * @fd: a descriptor that is readable when @ready is to be called, from the start event
 *	on, or -1; may be NULL
 * @ready: somebody at the terminal wants something; false: that it ends
 * @free: free it; what it printed was flushed before
 */
struct sink_ops {
	void (*event)(struct sink *s, const struct event *e);
	void (*aside)(struct sink *s, const struct event *e);
	void (*flush)(struct sink *s);
	bool (*idle)(struct sink *s, __u64 now);
	int (*fd)(const struct sink *s);
	bool (*ready)(struct sink *s);
	void (*free)(struct sink *s);
};

/**
 * struct sink - base of every sink
 * @ops: what it does
 * @known: which figures can be trusted
 */
struct sink {
	const struct sink_ops *ops;
	const struct known *known;
};

static inline void sink_event(struct sink *s, const struct event *e)
{
	s->ops->event(s, e);
}

static inline void sink_flush(struct sink *s)
{
	if (s->ops->flush)
		s->ops->flush(s);
}

static inline bool sink_idle(struct sink *s, __u64 now)
{
	return s->ops->idle && s->ops->idle(s, now);
}

static inline int sink_fd(const struct sink *s)
{
	return s->ops->fd ? s->ops->fd(s) : -1;
}

/**
 * sink_new() - a sink that prints
 * @format: its name
 * @out: where to
 * @known: which figures can be trusted; kept
 *
 * Return: the sink, or NULL where there is no such, or without memory.
 */
struct sink *sink_new(const char *format, struct out *out, const struct known *known);

/**
 * sink_free() - free any sink; safe on NULL
 * @s: the sink
 */
void sink_free(struct sink *s);

/* Those that print.  Each returns NULL without memory. */
struct sink *sink_text(struct out *out, const struct known *known);
struct sink *sink_summary(struct out *out, const struct known *known);
struct sink *sink_json(struct out *out, const struct known *known);
struct sink *sink_json_summary(struct out *out, const struct known *known);
struct sink *sink_json_snapshots(struct out *out, const struct known *known);

#endif /* CLEAVE_SINK_H */
