// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/flags.h"
#include "core/recording.h"
#include "core/schema.h"
#include "source/file_header.h"

typedef struct json_object json;

static int refuse(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int refuse(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, SOURCE_WHY, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* All of the text has to be one object. */
static json *parse(const char *text, size_t len)
{
	json_tokener *tok = json_tokener_new();
	json *o = NULL;

	if (!tok || len > INT_MAX)
		return NULL;
	o = json_tokener_parse_ex(tok, text, (int)len);
	json_tokener_free(tok);
	if (o && json_object_is_type(o, json_type_object))
		return o;
	json_object_put(o);
	return NULL;
}

static json *member(json *o, const char *name, enum json_type type)
{
	json *v = NULL;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, name, &v) || !json_object_is_type(v, type))
		return NULL;
	return v;
}

static bool number(json *o, const char *name, __u64 *v)
{
	json *m = member(o, name, json_type_int);

	*v = m ? json_object_get_uint64(m) : 0;
	return m;
}

static bool flag(json *o, const char *name)
{
	return json_object_get_boolean(member(o, name, json_type_boolean));
}

/* Never NULL. */
static const char *word(json *o, const char *name)
{
	json *m = member(o, name, json_type_string);

	return m ? json_object_get_string(m) : "";
}

static size_t length(json *array)
{
	return array ? json_object_array_length(array) : 0;
}

/* A string of characters up to U+00FF as the bytes of these numbers, in its place. */
static struct text bytes(json *o)
{
	const char *from = json_object_get_string(o);
	char *s = (char *)from, *to = s;

	if (!from)
		return (struct text) { "", 0 };
	while (*from) {
		unsigned char c = *from++;

		if (c >= 0xc0 && *from)
			c = (unsigned char)(c << 6) | (*from++ & 0x3f);
		*to++ = (char)c;
	}
	return (struct text) { s, to - s };
}

#define VERSION_LEN	33

/* A version as it may be shown on a terminal, whoever has written it. */
static const char *version(char *buf, const char *from)
{
	size_t i;

	for (i = 0; i < VERSION_LEN - 1 && from[i]; i++)
		buf[i] = from[i] > ' ' && from[i] < 0x7f ? from[i] : '?';
	buf[i] = '\0';
	return buf;
}

static int read_versions(struct file_header *h, char *why)
{
	char by[VERSION_LEN], wants[VERSION_LEN];
	__u64 format, needs;

	if (!number(h->json, "format", &format) || !number(h->json, "needs", &needs))
		return refuse(why, "its header is damaged");
	if (needs > RECORDING_FORMAT)
		return refuse(why, "it was recorded by cleave %s and wants cleave %s or later",
			      version(by, word(h->json, "version")),
			      version(wants, word(h->json, "wants")));
	return 0;
}

static void unknown(struct known *k, __u16 offset)
{
	((bool *)k)[offset] = false;
}

static int read_members(json *o, const struct field *f, void *base, struct known *known);

static void read_time(json *o, struct cleave_time *t)
{
	json *a = member(o, "histogram", json_type_array);
	__u64 untimed;
	size_t i;

	number(o, "count", &t->count);
	number(o, "untimed", &untimed);
	number(o, "sum_ns", &t->sum_ns);
	number(o, "max_ns", &t->max_ns);
	t->breaks = t->count + untimed;
	for (i = 0; i < length(a) && i < CLEAVE_TIME_BUCKETS; i++)
		t->hist[i] = json_object_get_uint64(json_object_array_get_idx(a, i));
}

/* What times_json() has written; header_end() has put the place for it there. */
static int read_times(json *v, struct ev_times *to)
{
	struct cleave_times *t = (struct cleave_times *)to->of;
	int side, o;

	to->known = json_object_is_type(v, json_type_object);
	if (!to->known)
		return v ? -EINVAL : 0;
	for (side = 0; side < CLEAVE_NR_SIDES; side++)
		for (o = 0; o < CLEAVE_NR_BREAKS; o++)
			read_time(member(member(v, side_names[side], json_type_object),
					 outcome_names[o], json_type_object),
				  &t->of[side][o]);
	return 0;
}

/* Numbers are little-endian here as in a recording. */
static int read_value(json *v, const struct field *f, void *base, struct known *known)
{
	void *p = (char *)base + f->offset;
	enum json_type type = json_object_get_type(v);
	const char *s;
	__u64 n;

	switch (f->type) {
	case FIELD_UINT:
	case FIELD_INT:
		n = f->type == FIELD_UINT ? json_object_get_uint64(v) :
					    (__u64)json_object_get_int64(v);
		memcpy(p, &n, f->size);
		return type == json_type_int ? 0 : -EINVAL;
	case FIELD_STRING:
	case FIELD_WORD:
		s = json_object_get_string(v);
		memcpy(p, &s, sizeof(s));
		return type == json_type_string ? 0 : -EINVAL;
	case FIELD_TIMES:
		return read_times(v, p);
	case FIELD_OBJECT:
		return type == json_type_object ?
		       read_members(v, f->sub, p, known) : -EINVAL;
	default:
		return 0;
	}
}

/* The numbers and strings of an event, back from its JSON. */
static int read_members(json *o, const struct field *f, void *base, struct known *known)
{
	for (; f->type != FIELD_END; f++) {
		json *v = NULL;
		bool there = json_object_object_get_ex(o, f->name, &v);

		if (f->present)
			((bool *)base)[f->present - 1] = there;
		if (there && read_value(v, f, base, known))
			return -EINVAL;
		if (there || f->present)
			continue;
		if (f->flags & FIELD_NONE_BEFORE)
			continue;
		if (!f->known)
			return -EINVAL;
		unknown(known, f->known);
	}
	return 0;
}

static int read_event(json *o, struct event *e, enum event_type type, struct known *known)
{
	e->type = type;
	if (!o || !number(o, "ts", &e->ts))
		return -EINVAL;
	return read_members(o, schemas[type].fields, &e->start, known);
}

static int read_start(struct file_header *h, struct source *s)
{
	struct ev_start *e = &h->start.start;

	if (read_event(member(h->json, "start", json_type_object), &h->start, EVENT_START,
		       &s->known))
		return -EINVAL;
	s->name = e->backend;
	if (!e->has_command)
		e->command = NULL;
	number(h->json, "attach_ns", &s->attach_ns);
	return 0;
}

static int read_command(struct file_header *h)
{
	struct ev_start *e = &h->start.start;
	json *a = member(h->json, "command", json_type_array);
	size_t i;

	h->command = calloc(length(a) + 1, sizeof(*h->command));
	if (!h->command)
		return -ENOMEM;
	for (i = 0; i < length(a); i++)
		h->command[i] = bytes(json_object_array_get_idx(a, i));
	/* read_start() leaves it alone: it has no place for what it points to. */
	e->command = h->command;
	e->nr_words = length(a);
	return 0;
}

static int read_attached(struct file_header *h)
{
	struct ev_start *e = &h->start.start;
	json *a = member(member(h->json, "start", json_type_object), "attached",
			 json_type_array);
	size_t i;

	h->attached = calloc(length(a) + 1, sizeof(*h->attached));
	if (!h->attached)
		return -ENOMEM;
	for (i = 0; i < length(a); i++)
		h->attached[i] = json_object_get_int(json_object_array_get_idx(a, i));
	e->attached = h->attached;
	e->nr_attached = length(a);
	return 0;
}

static int hook_nr(const char *name)
{
	int i;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		if (!strcmp(name, hook_names[i]))
			return i;
	return -1;
}

/* A hook that the recording does not know was not needed there. */
static int read_hooks(struct file_header *h, struct source *s)
{
	struct ev_start *e = &h->start.start;
	json *a = member(h->json, "hooks", json_type_array);
	size_t i;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		s->hooks[i] = (struct backend_hook) { .also = "" };
	h->hooks = calloc(length(a) + 1, sizeof(*h->hooks));
	if (!h->hooks)
		return -ENOMEM;
	for (i = 0; i < length(a); i++) {
		json *o = json_object_array_get_idx(a, i);
		struct backend_hook b = {
			.attached = flag(o, "attached"),
			.needed = flag(o, "needed"),
			.also = word(o, "also"),
		};
		int nr = hook_nr(word(o, "name"));
		__u64 error;

		number(o, "error", &error);
		b.error = (int)(error & 0xffff);
		h->hooks[i].name = word(o, "name");
		h->hooks[i].state = hook_state(&b);
		if (nr >= 0)
			s->hooks[nr] = b;
	}
	e->hooks = h->hooks;
	e->nr_hooks = length(a);
	known_init(&s->known, s->hooks);
	s->known.args = flag(h->json, "args");
	s->times = flag(h->json, "times");
	s->switches = flag(h->json, "switches");
	return 0;
}

static short name_here(int which, const char *name)
{
	int v;

	for (v = 0; v < layout_nr_names[which]; v++)
		if (!strcmp(name, layout_names[which][v]))
			return (short)v;
	return -1;
}

static void read_names(struct file_header *h)
{
	json *all = member(h->json, "names", json_type_object);
	size_t i, v;

	for (i = LAYOUT_PLAIN + 1; i < LAYOUT_NR_NAMES; i++) {
		json *a = member(all, layout_names_name[i], json_type_array);

		for (v = 0; v < HEADER_NAMES_MAX; v++) {
			json *o = v < length(a) ? json_object_array_get_idx(a, v) : NULL;
			const char *name = json_object_get_string(o);

			h->names[i][v] = name ? name_here((int)i, name) : -1;
			if (name && h->names[i][v] != (short)v)
				h->renamed[i] = true;
		}
	}
}

/* Where a field of ours lies in the recording: false where it does not. */
static bool find_field(json *fields, const struct layout_field *f, struct move *m)
{
	size_t i;

	for (i = 0; i < length(fields); i++) {
		json *a = json_object_array_get_idx(fields, i);
		const char *name;
		__u64 offset, size;

		if (!json_object_is_type(a, json_type_array) || length(a) != 3)
			continue;
		name = json_object_get_string(json_object_array_get_idx(a, 0));
		if (!name || strcmp(name, f->name) != 0)
			continue;
		offset = json_object_get_uint64(json_object_array_get_idx(a, 1));
		size = json_object_get_uint64(json_object_array_get_idx(a, 2));
		if (offset < sizeof(struct cleave_hdr) || offset > USHRT_MAX ||
		    !size || size > USHRT_MAX)
			return false;
		*m = (struct move) { f, (__u16)offset, (__u16)size };
		return true;
	}
	return false;
}

static int read_fields(struct file_header *h, struct conversion *c, json *fields,
		       struct known *known, char *why)
{
	const struct layout_field *f;
	unsigned int nr = 0;

	for (f = c->to->fields; f->kind != LAYOUT_END; f++)
		nr++;
	c->moves = calloc(nr + 1, sizeof(*c->moves));
	if (!c->moves)
		return refuse(why, "out of memory");
	for (f = c->to->fields; f->kind != LAYOUT_END; f++) {
		struct move *m = &c->moves[c->nr];

		if (find_field(fields, f, m)) {
			c->nr++;
			if (m->offset != f->offset || m->size != f->size ||
			    h->renamed[f->names])
				c->same = false;
		} else if (f->known) {
			unknown(known, f->known);
			c->same = false;
		} else {
			return refuse(why, "its records of type %s have no %s", c->to->name,
				      f->name);
		}
	}
	return 0;
}

static const struct layout *layout_named(const char *name)
{
	const struct layout *l;

	for (l = layouts; l->name; l++)
		if (!strcmp(l->name, name))
			return l;
	return NULL;
}

static bool is_there(const struct file_header *h, const struct layout *l)
{
	unsigned int i;

	for (i = 0; i < h->nr_conversions; i++)
		if (h->conversions[i].to == l)
			return true;
	return false;
}

static int read_layouts(struct file_header *h, struct source *s, char *why)
{
	json *a = member(h->json, "records", json_type_array);
	size_t i;

	h->conversions = calloc(length(a) + 1, sizeof(*h->conversions));
	if (!h->conversions)
		return refuse(why, "out of memory");
	for (i = 0; i < length(a); i++) {
		json *o = json_object_array_get_idx(a, i);
		struct conversion *c = &h->conversions[h->nr_conversions];
		__u64 type, size;
		int err;

		c->to = layout_named(word(o, "name"));
		/* One that we do not know: its records are counted. */
		if (!c->to || is_there(h, c->to) || !number(o, "type", &type) ||
		    !number(o, "size", &size))
			continue;
		h->nr_conversions++;
		c->type = (__u16)type;
		c->same = type == c->to->type && size == c->to->size;
		err = read_fields(h, c, member(o, "fields", json_type_array), &s->known, why);
		if (err)
			return err;
	}
	return h->nr_conversions ? 0 : refuse(why, "its header is damaged");
}

int header_read(struct file_header *h, struct source *s, const char *text, size_t len,
		char *why)
{
	int err;

	h->json = parse(text, len);
	if (!h->json)
		return refuse(why, "its header is damaged");
	err = read_versions(h, why);
	if (err)
		return err;
	if (read_command(h) || read_attached(h) || read_hooks(h, s))
		return refuse(why, "out of memory");
	if (read_start(h, s))
		return refuse(why, "its header is damaged");
	read_names(h);
	err = read_layouts(h, s, why);
	known_follow(&s->known);
	return err;
}

void header_free(struct file_header *h)
{
	unsigned int i;

	for (i = 0; i < h->nr_conversions; i++)
		free(h->conversions[i].moves);
	free(h->conversions);
	free(h->command);
	free(h->attached);
	free(h->hooks);
	json_object_put(h->json);
	json_object_put(h->end);
}

/* Numbers are little-endian here as in a recording. */
int header_end(struct file_header *h, struct event *e, struct known *known,
	       const char *text, size_t len)
{
	int err;

	/* Strings of the event are in it. */
	h->end = parse(text, len);
	e->summary.times.of = &h->times;
	err = read_event(h->end, e, EVENT_SUMMARY, known);
	known_follow(known);
	return err;
}

static __u64 load(const unsigned char *p, __u16 size, bool is_signed)
{
	__u64 v = 0;
	int unused;

	memcpy(&v, p, size);
	if (!is_signed || !size || size >= sizeof(v))
		return v;
	/* The number's sign into all bits above it. */
	unused = 8 * (int)(sizeof(v) - size);
	return (__u64)((__s64)(v << unused) >> unused);
}

/* false: it does not fit, or there is no such value here. */
static bool move_number(const struct file_header *h, const struct move *m,
			const unsigned char *from, unsigned char *to)
{
	bool is_signed = m->to->kind == LAYOUT_INT;
	__u64 v;

	if (m->size > sizeof(v))
		return false;
	v = load(from, m->size, is_signed);
	if (m->to->names != LAYOUT_PLAIN) {
		if (v >= HEADER_NAMES_MAX || h->names[m->to->names][v] < 0)
			return false;
		v = (__u64)h->names[m->to->names][v];
	}
	memcpy(to, &v, m->to->size);
	return load(to, m->to->size, is_signed) == v;
}

static bool move_field(const struct file_header *h, const struct move *m,
		       const struct cleave_hdr *rec, struct cleave_hdr *out)
{
	const unsigned char *from = (const unsigned char *)rec + m->offset;
	unsigned char *to = (unsigned char *)out + m->to->offset;
	size_t there = rec->size > m->offset ? rec->size - m->offset : 0;
	size_t len = m->size < m->to->size ? m->size : m->to->size;

	if (m->to->kind == LAYOUT_REST) {
		len = there < len ? there : len;
		memcpy(to, from, len);
		out->size = (__u16)(m->to->offset + len);
		return true;
	}
	if (there < m->size)
		return false;
	if (m->to->kind != LAYOUT_BYTES)
		return move_number(h, m, from, to);
	memcpy(to, from, len);
	return true;
}

const struct cleave_hdr *header_convert(const struct file_header *h,
					const struct cleave_hdr *rec,
					void *room, size_t size)
{
	const struct conversion *c = h->conversions;
	const struct conversion *end = c + h->nr_conversions;
	struct cleave_hdr *out = room;
	unsigned int i;

	while (c < end && c->type != rec->type)
		c++;
	if (c == end)
		return NULL;
	if (c->same)
		return record_valid(rec, rec->size) ? rec : NULL;
	if (c->to->size > size)
		return NULL;
	memset(out, 0, c->to->size);
	*out = *rec;
	out->type = c->to->type;
	out->size = c->to->size;
	for (i = 0; i < c->nr; i++)
		if (!move_field(h, &c->moves[i], rec, out))
			return NULL;
	return record_valid(out, out->size) ? out : NULL;
}
