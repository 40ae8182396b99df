// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "sink/text.h"

struct text try_name(struct text path)
{
	const char *slash = memrchr(path.s, '/', path.len);
	__u32 skip = slash ? slash + 1 - path.s : 0;

	return (struct text) { path.s + skip, path.len - skip };
}

struct text try_folder(const struct try *t)
{
	struct text name = try_name((struct text) { t->path, t->path_len });
	__u32 len = name.s - t->path;

	/* Without the slash, but for the one that is all. */
	return (struct text) { t->path, len > 1 ? len - 1 : len };
}

/* With these errors execvp(3) tries the next folder. */
static bool looks_on(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES ||
	       error == ESTALE || error == ENODEV || error == ETIMEDOUT;
}

bool try_begins(const struct ev_exec *x)
{
	return looks_on(x->error) && !x->path_cut && x->path.len && *x->path.s == '/';
}

bool try_goes_on(const struct try *t, const struct ev_exec *x)
{
	struct text name = try_name(x->path);
	struct text before = try_name((struct text) { t->path, t->path_len });

	return (!x->error || try_begins(x)) && name.len == before.len &&
	       x->path.len != name.len && !memcmp(name.s, before.s, name.len) &&
	       (x->path.len != t->path_len || memcmp(x->path.s, t->path, t->path_len) != 0);
}

void try_add(struct try *t, const struct ev_exec *x, __u64 ts)
{
	t->ts = ts;
	t->pid = x->pid;
	t->tid = x->tid;
	t->nr++;
	if (t->error != EACCES)
		t->error = x->error;
	t->comm_len = x->comm.len < sizeof(t->comm) ? x->comm.len : sizeof(t->comm);
	memcpy(t->comm, x->comm.s, t->comm_len);
	t->path_len = x->path.len < sizeof(t->path) ? x->path.len : sizeof(t->path);
	memcpy(t->path, x->path.s, t->path_len);
}

struct try *tries_find(struct tries *t, pid_t tid)
{
	unsigned int i;

	for (i = 0; i < t->nr; i++)
		if (t->list[i].tid == tid)
			return &t->list[i];
	return NULL;
}

void tries_drop(struct tries *t, struct try *try)
{
	unsigned int behind = &t->list[t->nr] - (try + 1);

	memmove(try, try + 1, behind * sizeof(*try));
	t->nr--;
}
