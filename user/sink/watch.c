// SPDX-License-Identifier: GPL-2.0-only
/* watch.c - see watch.h: the sink. */
#include <stdlib.h>
#include <unistd.h>

#include "sink/watch.h"

/**
 * struct watch_sink - the sink
 * @s: what others see of it
 * @out: where to
 * @page: for text
 * @view: what is shown
 * @may: the terminal may be taken
 * @screen: it is; else NULL
 */
struct watch_sink {
	struct sink s;
	struct out *out;
	struct page page;
	struct watch_view view;
	bool may;
	struct screen *screen;
};

static struct watch_sink *of(struct sink *s)
{
	return (struct watch_sink *)s;
}

static void on_start(struct watch_sink *w, const struct event *e)
{
	watch_start(&w->view, e);
	if (w->may)
		w->screen = screen_open(w->out);
	if (w->screen)
		screen_show(w->screen, &w->view);
}

/* Blocks are parted by an empty line, and each is to be seen at once. */
static void on_snapshot(struct watch_sink *w, const struct event *e)
{
	bool first = !w->view.round;

	watch_take(&w->view, e);
	if (w->screen) {
		screen_show(w->screen, &w->view);
		return;
	}
	if (!first)
		putc_unlocked('\n', w->page.f);
	w->page.columns = out_columns(w->out);
	watch_print(&w->view, &w->page, 0);
	out_flush(w->out);
}

static void leave_screen(struct watch_sink *w)
{
	screen_close(w->screen);
	w->screen = NULL;
}

static void on_summary(struct watch_sink *w, const struct event *e)
{
	bool apart = !w->screen && w->view.round;

	leave_screen(w);
	if (apart)
		putc_unlocked('\n', w->page.f);
	w->page.columns = out_columns(w->out);
	watch_end(&w->view, &w->page, e);
	out_flush(w->out);
}

static void watch_event(struct sink *s, const struct event *e)
{
	switch (e->type) {
	case EVENT_START:
		on_start(of(s), e);
		break;
	case EVENT_SNAPSHOT:
		on_snapshot(of(s), e);
		break;
	case EVENT_SUMMARY:
		on_summary(of(s), e);
		break;
	default:
		break;
	}
}

static int watch_fd(const struct sink *s)
{
	const struct watch_sink *w = (const struct watch_sink *)s;

	return w->screen ? screen_fd(w->screen) : -1;
}

static bool watch_ready(struct sink *s)
{
	struct watch_sink *w = of(s);

	return !w->screen || screen_ready(w->screen, &w->view);
}

static void watch_sink_free(struct sink *s)
{
	struct watch_sink *w = of(s);

	leave_screen(w);
	watch_free(&w->view);
	free(w);
}

static const struct sink_ops watch_ops = {
	.event = watch_event,
	.fd = watch_fd,
	.ready = watch_ready,
	.free = watch_sink_free,
};

struct sink *sink_watch(struct out *out, const struct known *known, enum watch_column sort,
			bool screen)
{
	struct watch_sink *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->s.ops = &watch_ops;
	w->s.known = known;
	w->out = out;
	w->may = screen && isatty(out->fd);
	w->page = (struct page) {
		.f = out->f,
		.known = known,
		.colour = out_colour(out),
		.utf8 = fmt_is_utf8(),
	};
	watch_init(&w->view, known, sort);
	return &w->s;
}
