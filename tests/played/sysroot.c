// SPDX-License-Identifier: GPL-2.0-only
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/sys.h"
#include "sysroot.h"

int sysroot_init(struct sysroot *t)
{
	strcpy(t->root, "/tmp/cleave-tree-XXXXXX");
	if (!mkdtemp(t->root))
		return -1;
	sys_root = t->root;
	return 0;
}

void sysroot_bytes(struct sysroot *t, const char *path, const void *data, size_t len)
{
	char full[SYS_PATH], *at;
	FILE *f;

	sys_path(full, "%s", path);
	for (at = full + strlen(t->root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(full, 0700);
		*at = '/';
	}
	f = fopen(full, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		abort();
}

void sysroot_file(struct sysroot *t, const char *path, const char *text)
{
	sysroot_bytes(t, path, text, strlen(text));
}

static int take_away(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void sysroot_exit(struct sysroot *t)
{
	nftw(t->root, take_away, 8, FTW_DEPTH | FTW_PHYS);
	sys_root = "";
}
