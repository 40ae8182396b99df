/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd.h - subcommands run as from a shell: with words, streams and an exit status.
 */
#ifndef CLEAVE_CMD_H
#define CLEAVE_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct cmd - a folder for what the command writes
 * @main: the subcommand
 * @name: its name
 * @dir: the folder
 * @report: a file in it
 * @stream: what went to standard output and error
 * @text: of the file that was read last
 * @len: its length
 */
struct cmd {
	int (*main)(int argc, char **argv);
	const char *name;
	char dir[32];
	char report[64];
	char stream[2][64];
	char text[65536];
	size_t len;
};

/**
 * cmd_init() - make the folder
 * @c: the rest is zero
 * @name: of the subcommand
 * @main: what it does
 *
 * Return: 0, or -1 where it cannot.
 */
int cmd_init(struct cmd *c, const char *name, int (*main)(int argc, char **argv));

/**
 * cmd_exit() - take the folder away; fails where there is something else in it
 * @c: the command
 */
void cmd_exit(struct cmd *c);

/**
 * cmd_begin() - run it in a process of its own, as it ends the program where it is
 * called wrongly
 * @c: the command
 * @line: its words, parted by blanks, but for the last, behind "-- "
 *
 * Return: the process.
 */
pid_t cmd_begin(struct cmd *c, const char *line);

/**
 * cmd_end() - wait for it
 * @pid: of cmd_begin()
 *
 * Return: exit status; 1000 and the signal where it was killed.
 */
int cmd_end(pid_t pid);

/* Both. */
int cmd_run(struct cmd *c, const char *line);
int cmd_runf(struct cmd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What a file has, and the streams; until the next is read. */
const char *cmd_contents(struct cmd *c, const char *path);
const char *cmd_out(struct cmd *c);
const char *cmd_err(struct cmd *c);

/* How many lines a text has. */
size_t cmd_lines(const char *s);

/* How many files are in the folder, but for the streams. */
size_t cmd_files(const struct cmd *c);

#endif /* CLEAVE_CMD_H */
