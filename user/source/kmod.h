/* SPDX-License-Identifier: GPL-2.0-only */
/* kmod.h - is the module on this system, and would the kernel take it? */
#ifndef CLEAVE_KMOD_H
#define CLEAVE_KMOD_H

#include <stdbool.h>

#include "lib/sys.h"

/**
 * kmod_loaded() - is it in the kernel?
 */
bool kmod_loaded(void);

/**
 * kmod_version() - of the one in the kernel
 * @buf: filled; "" where there is none
 * @len: its size
 */
void kmod_version(char *buf, size_t len);

/**
 * kmod_installed() - is it there for modprobe(8), for the kernel that runs?
 * @path: at least SYS_PATH bytes; set to where, if it is
 */
bool kmod_installed(char *path);

/**
 * kmod_headers() - can it be built for the kernel that runs?
 * @path: at least SYS_PATH bytes; set to where its headers are, or would be
 */
bool kmod_headers(char *path);

/**
 * kmod_secure_boot() - did the firmware check what it has started?
 *
 * Return: 1 or 0, or -1 where there is no such firmware, or it does not say.
 */
int kmod_secure_boot(void);

/**
 * kmod_why_not() - why there is no /dev/cleave, and what to do
 *
 * Return: the end of a sentence.
 */
const char *kmod_why_not(void);

/**
 * kmod_load() - have modprobe(8) load it, unless it is loaded
 *
 * Return: 0, or a negative errno with one line in backend_error().
 */
int kmod_load(void);

#endif /* CLEAVE_KMOD_H */
