/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * file_header.h - the header of a recording: what was traced, by whom, and where the
 * fields of its records lie.
 */
#ifndef CLEAVE_FILE_HEADER_H
#define CLEAVE_FILE_HEADER_H

#include "core/event.h"
#include "core/layout.h"
#include "source/source.h"

struct json_object;

#define HEADER_NAMES_MAX	256	/* values of a field that has names */

/**
 * struct move - how a field of ours is filled
 * @to: the field
 * @offset: where it lies in the recording's record
 * @size: how long it is there
 */
struct move {
	const struct layout_field *to;
	__u16 offset;
	__u16 size;
};

/**
 * struct conversion - how a record of one type becomes ours
 * @type: in the recording
 * @to: what it is here
 * @same: it is that already
 * @moves: else: its fields
 * @nr: how many
 */
struct conversion {
	__u16 type;
	const struct layout *to;
	bool same;
	struct move *moves;
	unsigned int nr;
};

/**
 * struct file_header - what the header says
 * @json: the header; strings below are in it
 * @end: the trailer, or NULL
 * @times: of the summary
 * @start: the start event, but for its root
 * @conversions: by type in the recording
 * @nr_conversions: how many
 * @names: value here of each value there, or -1
 */
struct file_header {
	struct json_object *json;
	struct json_object *end;
	struct cleave_times times;
	struct event start;
	struct conversion *conversions;
	unsigned int nr_conversions;
	short names[LAYOUT_NR_NAMES][HEADER_NAMES_MAX];
	/* its own */
	struct ev_hook *hooks;
	struct text *command;
	pid_t *attached;
	bool renamed[LAYOUT_NR_NAMES];
};

/**
 * header_read() - take a header apart
 * @h: zeroed; filled
 * @s: its name, hooks, known and attach_ns are filled
 * @text: the header
 * @len: its length
 * @why: at least SOURCE_WHY bytes; one line where it fails
 *
 * Return: 0 or a negative errno; header_free() in any case.
 */
int header_read(struct file_header *h, struct source *s, const char *text, size_t len,
		char *why);

void header_free(struct file_header *h);

/**
 * header_end() - take a trailer apart
 * @h: the header; keeps what the event points to
 * @e: the summary event; filled
 * @known: what the trailer does not have is taken out
 * @text: the trailer
 * @len: its length
 *
 * Return: 0, or -EINVAL where it is none.
 */
int header_end(struct file_header *h, struct event *e, struct known *known,
	       const char *text, size_t len);

/**
 * header_convert() - a record of the recording as one of ours
 * @h: the header
 * @rec: the record, of which hdr.size bytes are there
 * @room: for a record that has to be converted
 * @size: of @room
 *
 * Return: the record, valid; or NULL where it is malformed or of an unknown type.
 */
const struct cleave_hdr *header_convert(const struct file_header *h,
					const struct cleave_hdr *rec,
					void *room, size_t size);

#endif /* CLEAVE_FILE_HEADER_H */
