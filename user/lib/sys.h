/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sys.h - what files of the kernel and of the system say about this machine.
 */
#ifndef CLEAVE_SYS_H
#define CLEAVE_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SYS_PATH	512

/* In front of every path: "", but for tests, which make a tree of their own. */
extern const char *sys_root;

/**
 * sys_path() - a path below sys_root
 * @buf: at least SYS_PATH bytes
 * @fmt: of the path
 *
 * Return: @buf.
 */
const char *sys_path(char *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * sys_there() - is there such a file?
 * @path: its name
 */
bool sys_there(const char *path);

/**
 * sys_read() - the first bytes of a file
 * @path: its name
 * @buf: filled
 * @len: its size
 *
 * Return: how many there are, or -1 where there is no such file.
 */
ssize_t sys_read(const char *path, void *buf, size_t len);

/**
 * sys_line() - the first line of a file
 * @path: its name
 * @buf: filled; "" where there is none
 * @len: its size
 */
void sys_line(const char *path, char *buf, size_t len);

/**
 * sys_lockdown() - how far the kernel is locked down
 * @buf: filled: "integrity", "confidentiality", or "" where it is not, or does not say
 * @len: its size
 */
void sys_lockdown(char *buf, size_t len);

#endif /* CLEAVE_SYS_H */
