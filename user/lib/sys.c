// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/sys.h"

const char *sys_root = "";

const char *sys_path(char *buf, const char *fmt, ...)
{
	int n = snprintf(buf, SYS_PATH, "%s", sys_root);
	va_list ap;

	if (n < 0 || n >= SYS_PATH)
		return buf;
	va_start(ap, fmt);
	vsnprintf(buf + n, SYS_PATH - n, fmt, ap);
	va_end(ap);
	return buf;
}

bool sys_there(const char *path)
{
	char buf[SYS_PATH];

	return !access(sys_path(buf, "%s", path), F_OK);
}

ssize_t sys_read(const char *path, void *buf, size_t len)
{
	char full[SYS_PATH];
	int fd = open(sys_path(full, "%s", path), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, len);
	close(fd);
	return n;
}

void sys_line(const char *path, char *buf, size_t len)
{
	ssize_t n = sys_read(path, buf, len - 1);

	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
}

/* "none [integrity] confidentiality" */
void sys_lockdown(char *buf, size_t len)
{
	char line[128], *level;

	sys_line("/sys/kernel/security/lockdown", line, sizeof(line));
	level = strchr(line, '[');
	level = level ? level + 1 : line + strlen(line);
	level[strcspn(level, "]")] = '\0';
	snprintf(buf, len, "%s", strcmp(level, "none") ? level : "");
}
