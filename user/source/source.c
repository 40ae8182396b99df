// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "source/selftest.h"
#include "source/source.h"

int source_open(struct source *s, const struct backend_ops *ops,
		const struct backend_cfg *cfg, bool selftest, char *why)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->b.ops = ops;
	s->b.ring_fd = -1;
	err = ops->probe();
	if (!err)
		err = ops->open(&s->b, cfg);
	if (err) {
		snprintf(why, SOURCE_WHY, "%s", backend_error());
		return err;
	}
	known_init(&s->known, s->b.hooks);
	err = reader_open(&s->r, s->b.ring_fd, s->b.ring_size);
	if (err)
		snprintf(why, SOURCE_WHY, "cannot map the ring: %s",
			 strerror(-err));
	else if (selftest)
		err = selftest_run(&s->b, &s->r, &s->known, why, SOURCE_WHY);
	if (err)
		source_close(s);
	return err;
}

void source_close(struct source *s)
{
	reader_close(&s->r);
	s->b.ops->close(&s->b);
}
