/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json_events.h - events as JSON objects.  What is unknown is null.
 */
#ifndef CLEAVE_JSON_EVENTS_H
#define CLEAVE_JSON_EVENTS_H

#include <json-c/json_object.h>

#include "core/view.h"

/* Print plainly: no blanks, no escaped slashes, one line. */
#define JSON_STYLE	(JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/**
 * json_event() - an object with its two common members
 * @type: "clone", ...
 * @ts: CLOCK_MONOTONIC, nanoseconds
 */
struct json_object *json_event(const char *type, __u64 ts);

struct json_object *json_start(const struct ev_start *e);
struct json_object *json_clone(const struct ev_clone *e, const struct known *k);
struct json_object *json_exec(const struct ev_exec *e, const struct known *k);
struct json_object *json_exit(const struct ev_exit *e, const struct known *k);
struct json_object *json_break(const struct ev_break *e);
struct json_object *json_lost(const struct ev_end *e);
struct json_object *json_summary(const struct ev_end *e, const struct known *k);

#endif /* CLEAVE_JSON_EVENTS_H */
