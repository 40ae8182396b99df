// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"

#define LINE		512
#define WORDS		16

int cmd_init(struct cmd *c, const char *name, int (*main)(int argc, char **argv))
{
	c->name = name;
	c->main = main;
	strcpy(c->dir, "/tmp/cleave-cmd-XXXXXX");
	if (!mkdtemp(c->dir))
		return -1;
	snprintf(c->report, sizeof(c->report), "%s/report", c->dir);
	snprintf(c->stream[0], sizeof(c->stream[0]), "%s/out", c->dir);
	snprintf(c->stream[1], sizeof(c->stream[1]), "%s/err", c->dir);
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	return 0;
}

void cmd_exit(struct cmd *c)
{
	unlink(c->report);
	unlink(c->stream[0]);
	unlink(c->stream[1]);
	if (rmdir(c->dir))
		abort();
}

static int exec_line(struct cmd *c, const char *line)
{
	char buf[LINE], *argv[WORDS + 1] = { (char *)c->name }, *last, *at;
	int argc = 1;

	snprintf(buf, sizeof(buf), "%s", line);
	last = strstr(buf, "-- ");
	if (last)
		*last = '\0';
	for (at = strtok(buf, " "); at; at = strtok(NULL, " "))
		argv[argc++] = at;
	if (last) {
		argv[argc++] = "sh";
		argv[argc++] = "-c";
		argv[argc++] = last + 3;
	}
	return c->main(argc, argv);
}

pid_t cmd_begin(struct cmd *c, const char *line)
{
	pid_t pid;
	int i;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	for (i = 0; i < 2; i++) {
		int fd = open(c->stream[i], O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, i + 1);
		close(fd);
	}
	exit(exec_line(c, line));
}

int cmd_end(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int cmd_run(struct cmd *c, const char *line)
{
	return cmd_end(cmd_begin(c, line));
}

int cmd_runf(struct cmd *c, const char *fmt, ...)
{
	char line[LINE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return cmd_run(c, line);
}

const char *cmd_contents(struct cmd *c, const char *path)
{
	FILE *file = fopen(path, "r");

	c->len = file ? fread(c->text, 1, sizeof(c->text) - 1, file) : 0;
	c->text[c->len] = '\0';
	if (file)
		fclose(file);
	return c->text;
}

const char *cmd_out(struct cmd *c)
{
	return cmd_contents(c, c->stream[0]);
}

const char *cmd_err(struct cmd *c)
{
	return cmd_contents(c, c->stream[1]);
}

size_t cmd_lines(const char *s)
{
	size_t n = 0;

	while ((s = strchr(s, '\n'))) {
		s++;
		n++;
	}
	return n;
}

size_t cmd_files(const struct cmd *c)
{
	DIR *dir = opendir(c->dir);
	struct dirent *d;
	size_t n = 0;

	while (dir && (d = readdir(dir)))
		n += d->d_name[0] != '.' && strcmp(d->d_name, "out") != 0 &&
		     strcmp(d->d_name, "err") != 0;
	closedir(dir);
	return n;
}
