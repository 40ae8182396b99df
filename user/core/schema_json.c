// SPDX-License-Identifier: GPL-2.0-only
/* schema_json.c - an event as JSON, by the schema. */
#include <signal.h>
#include <string.h>

#include "core/schema.h"
#include "core/times.h"
#include "lib/json.h"

static void fields(struct json *j, const struct field *f, const void *base,
		   const struct known *known);

/*
 * Most tasks are made in one of a few ways, so what follows from the flags and the
 * kind alone is kept as text for some of them.
 */
struct memo {
	__u64 flags;
	__u8 kind;
	size_t len;
	char text[1024];
};

#define MEMOS	8

static struct memo *memo_of(struct memo *set, __u64 flags, __u8 kind)
{
	return &set[(flags ^ flags >> 8 ^ flags >> 16 ^ kind) % MEMOS];
}

static bool memo_put(struct json *j, const struct memo *m, __u64 flags, __u8 kind)
{
	if (!m->len || m->flags != flags || m->kind != kind)
		return false;
	json_raw(j, m->text, m->len);
	return true;
}

/* Keep what has been written from @from on. */
static void memo_keep(struct memo *m, const struct json *j, size_t from, __u64 flags,
		      __u8 kind)
{
	size_t len = json_len(j) - from - 1;	/* without the comma */

	if (len > sizeof(m->text))
		return;
	*m = (struct memo) { .flags = flags, .kind = kind, .len = len };
	memcpy(m->text, j->buf + from, len);
}

static void flags(struct json *j, __u64 word)
{
	static struct memo set[MEMOS];
	struct memo *m = memo_of(set, word, 0);
	size_t from = json_len(j);
	__u64 rest = word;
	char buf[FLAG_NAME_LEN];
	const char *name;

	if (memo_put(j, m, word, 0))
		return;
	json_open(j, '[');
	while ((name = flags_pop(&rest, buf)))
		json_word(j, name);
	json_close(j, ']');
	memo_keep(m, j, from, word, 0);
}

static void sharing(struct json *j, const struct field *f, const struct ev_clone *c)
{
	json_word(j, sharing_names[flags_resource(f->index, c->flags, c->kind)]);
}

static void resources(struct json *j, const struct field *f, const struct ev_clone *c)
{
	static struct memo set[MEMOS];
	struct memo *m = memo_of(set, c->flags, c->kind);
	size_t from = json_len(j);

	if (memo_put(j, m, c->flags, c->kind))
		return;
	json_open(j, '{');
	for (f = f->sub; f->type != FIELD_END; f++) {
		json_key(j, f->key, f->key_len);
		sharing(j, f, c);
	}
	json_close(j, '}');
	memo_keep(m, j, from, c->flags, c->kind);
}

static void args(struct json *j, const struct text *t)
{
	size_t at = 0;

	json_open(j, '[');
	while (at < t->len) {
		size_t n = strnlen(t->s + at, t->len - at);

		json_string(j, t->s + at, n);
		at += n + 1;
	}
	json_close(j, ']');
}

static void texts(struct json *j, const struct text *t, __u32 nr)
{
	__u32 i;

	if (!t) {
		json_null(j);
		return;
	}
	json_open(j, '[');
	for (i = 0; i < nr; i++)
		json_string(j, t[i].s, t[i].len);
	json_close(j, ']');
}

static void pids(struct json *j, const pid_t *pid, __u32 nr)
{
	__u32 i;

	json_open(j, '[');
	for (i = 0; i < nr; i++)
		json_int(j, pid[i]);
	json_close(j, ']');
}

static void name(struct json *j, const struct text *t)
{
	if (t->s)
		json_string(j, t->s, t->len);
	else
		json_null(j);
}

static void hooks(struct json *j, const struct ev_hook *h, __u32 nr)
{
	__u32 i;

	json_open(j, '{');
	for (i = 0; i < nr; i++) {
		json_name(j, h[i].name, strlen(h[i].name));
		json_string(j, h[i].state, strlen(h[i].state));
	}
	json_close(j, '}');
}

static void list(struct json *j, const struct field *f, const char *first, __u32 nr,
		 const struct known *known)
{
	__u32 i;

	json_open(j, '[');
	for (i = 0; i < nr; i++) {
		json_open(j, '{');
		fields(j, f->sub, first + i * f->size, known);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void id(struct json *j, __u64 v)
{
	if (v)
		json_uint(j, v);
	else
		json_null(j);
}

static void raw(struct json *j, const char *v)
{
	if (v)
		json_raw(j, v, strlen(v));
	else
		json_null(j);
}

/* Names are kept: to make one takes longer than all the rest of an exit. */
static void signal_name(struct json *j, int sig)
{
	static char names[NSIG][FLAG_NAME_LEN];
	char buf[FLAG_NAME_LEN], *name = buf;

	if (sig >= 0 && sig < NSIG)
		name = names[sig];
	else
		*name = '\0';
	if (!*name)
		signal_format(name, FLAG_NAME_LEN, sig);
	json_word(j, name);
}

static __u32 count(const struct field *f, const void *base)
{
	return *(const __u32 *)((const char *)base + f->count);
}

void schema_json_value(struct json *j, const struct field *f, const void *base,
		       const struct known *known)
{
	const void *p = field_at(f, base);

	switch (f->type) {
	case FIELD_UINT:
		json_uint(j, field_uint(f, base));
		break;
	case FIELD_INT:
		json_int(j, *(const int *)p);
		break;
	case FIELD_BOOL:
		json_truth(j, *(const bool *)p);
		break;
	case FIELD_ID:
		id(j, field_uint(f, base));
		break;
	case FIELD_HEX:
		json_hex(j, field_uint(f, base));
		break;
	case FIELD_ENUM:
		json_word(j, f->names[field_uint(f, base)]);
		break;
	case FIELD_FLAGS:
		flags(j, field_uint(f, base));
		break;
	case FIELD_SIGNAL:
		signal_name(j, *(const int *)p);
		break;
	case FIELD_RESOURCES:
		resources(j, f, base);
		break;
	case FIELD_SHARING:
		sharing(j, f, base);
		break;
	case FIELD_WORD:
		json_word(j, *(const char *const *)p);
		break;
	case FIELD_STRING:
		json_string(j, *(const char *const *)p, strlen(*(const char *const *)p));
		break;
	case FIELD_TEXT:
		json_string(j, ((const struct text *)p)->s, ((const struct text *)p)->len);
		break;
	case FIELD_NAME:
		name(j, p);
		break;
	case FIELD_ARGS:
		args(j, p);
		break;
	case FIELD_PIDS:
		pids(j, *(const pid_t *const *)p, count(f, base));
		break;
	case FIELD_TEXTS:
		texts(j, *(const struct text *const *)p, count(f, base));
		break;
	case FIELD_HOOKS:
		hooks(j, *(const struct ev_hook *const *)p, count(f, base));
		break;
	case FIELD_TIMES:
		times_json(j, ((const struct ev_times *)p)->of, known);
		break;
	case FIELD_JSON:
		raw(j, *(const char *const *)p);
		break;
	case FIELD_OBJECT:
		json_open(j, '{');
		fields(j, f->sub, p, known);
		json_close(j, '}');
		break;
	case FIELD_LIST:
		list(j, f, *(const char *const *)p, count(f, base), known);
		break;
	}
}

static bool is_container(const struct field *f)
{
	return f->type == FIELD_OBJECT || f->type == FIELD_GROUP;
}

static void fields(struct json *j, const struct field *f, const void *base,
		   const struct known *known)
{
	for (; f->type != FIELD_END; f++) {
		bool ok;

		if (!field_is_present(f, base))
			continue;
		ok = field_is_known(f, base, known);
		/* More than half of all fields: spare them the way through. */
		if (f->type <= FIELD_ID && ok) {
			__u64 v = field_uint(f, base);

			json_key(j, f->key, f->key_len);
			if (v || f->type != FIELD_ID)
				json_uint(j, v);
			else
				json_null(j);
			continue;
		}
		if (f->type == FIELD_GROUP) {
			fields(j, f->sub, field_at(f, base), ok ? known : NULL);
			continue;
		}
		json_key(j, f->key, f->key_len);
		if (ok || is_container(f))
			schema_json_value(j, f, base, ok ? known : NULL);
		else
			json_null(j);
	}
}

void schema_json(struct json *j, const struct event *e, const struct known *known)
{
	static const char type[JSON_KEY_LEN] = JSON_KEY("type");
	static const char ts[JSON_KEY_LEN] = JSON_KEY("ts");
	const struct schema *s = &schemas[e->type];

	json_open(j, '{');
	json_key(j, type, JSON_KEY_SIZE("type"));
	json_word(j, s->name);
	json_key(j, ts, JSON_KEY_SIZE("ts"));
	json_uint(j, e->ts);
	fields(j, s->fields, event_base(e), known);
	json_close(j, '}');
}
