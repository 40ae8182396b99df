// SPDX-License-Identifier: GPL-2.0-only
#include "core/lane.h"
#include "core/replay.h"
#include "source/file.h"

/* Records between two writes of what has been printed. */
#define TURN	4096

static void start(struct lane *l)
{
	struct event e;

	file_start(l->src, &e);
	if (e.start.has_command) {
		e.start.root = lane_root(l, e.start.pid);
		e.start.id = e.start.root->id;
	}
	lane_start(l, &e);
}

int replay(struct source *file, struct sink *sink, __u64 *given_up)
{
	struct lane l = { .src = file, .sink = sink, .follows = true };
	int err = lane_open(&l);
	struct event end;

	if (err)
		return err;
	model_bound(l.model, REPLAY_PROCESSES);
	start(&l);
	while (lane_drain(&l, TURN))
		;
	file_end(file, &end);
	end.summary.lost.malformed += model_spoilt(l.model);
	lane_finish(&l, &end);
	lane_lost(&l, &end);
	lane_summary(&l, &end);
	*given_up = model_given_up(l.model);
	lane_close(&l);
	return 0;
}
