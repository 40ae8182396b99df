// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "target/run_as.h"

static struct passwd *find(const char *who)
{
	struct passwd *pw = getpwnam(who);
	unsigned long uid;
	char *end;

	if (pw)
		return pw;
	errno = 0;
	uid = strtoul(who, &end, 10);
	if (errno || *end || end == who || *who == '-' || uid != (uid_t)uid)
		return NULL;
	return getpwuid(uid);
}

int run_as_find(struct run_as *r, const char *who)
{
	struct passwd *pw = find(who);
	int n = 0;

	*r = (struct run_as) { .uid = 0 };
	if (!pw)
		return -ENOENT;
	snprintf(r->name, sizeof(r->name), "%s", pw->pw_name);
	r->uid = pw->pw_uid;
	r->gid = pw->pw_gid;
	/* The first call says how many there are. */
	getgrouplist(pw->pw_name, pw->pw_gid, NULL, &n);
	r->groups = calloc(n + 1, sizeof(*r->groups));
	if (!r->groups)
		return -ENOMEM;
	if (getgrouplist(pw->pw_name, pw->pw_gid, r->groups, &n) < 0)
		n = 0;
	r->nr_groups = n;
	return 0;
}

int run_as_become(const struct run_as *r)
{
	if (setgroups(r->nr_groups, r->groups) ||
	    setresgid(r->gid, r->gid, r->gid) || setresuid(r->uid, r->uid, r->uid))
		return -errno;
	return 0;
}

const char *run_as_self(char *buf, size_t len)
{
	struct passwd *pw = getpwuid(geteuid());

	if (pw)
		snprintf(buf, len, "%s", pw->pw_name);
	else
		snprintf(buf, len, "%u", geteuid());
	return buf;
}

void run_as_free(struct run_as *r)
{
	free(r->groups);
	r->groups = NULL;
}
