// SPDX-License-Identifier: GPL-2.0-only
/* times_json.c - how long breaks took, as JSON: one table would have a row for each. */
#include <string.h>

#include "core/flags.h"
#include "core/times.h"

#define NAME(j, name)	json_name(j, name, strlen(name))

static void number(struct json *j, const char *name, __u64 n)
{
	NAME(j, name);
	json_uint(j, n);
}

static void one(struct json *j, const struct cleave_time *t)
{
	int i;

	json_open(j, '{');
	number(j, "count", t->count);
	number(j, "untimed", times_untimed(t));
	number(j, "sum_ns", t->sum_ns);
	number(j, "max_ns", t->max_ns);
	NAME(j, "histogram");
	json_open(j, '[');
	for (i = 0; i < CLEAVE_TIME_BUCKETS; i++)
		json_uint(j, t->hist[i]);
	json_close(j, ']');
	json_close(j, '}');
}

void times_json(struct json *j, const struct cleave_times *t, const struct known *known)
{
	int side, o;

	json_open(j, '{');
	for (side = 0; side < CLEAVE_NR_SIDES; side++) {
		NAME(j, side_names[side]);
		json_open(j, '{');
		for (o = 0; o < CLEAVE_NR_BREAKS; o++) {
			if (known->outcome[o] && !t->of[side][o].breaks)
				continue;
			NAME(j, outcome_names[o]);
			if (known->outcome[o])
				one(j, &t->of[side][o]);
			else
				json_null(j);
		}
		json_close(j, '}');
	}
	json_close(j, '}');
}
