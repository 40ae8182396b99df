/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * signals.h - signals as something to read, from before the first source is opened.
 */
#ifndef CLEAVE_SIGNALS_H
#define CLEAVE_SIGNALS_H

#include <signal.h>

/**
 * struct signals - those that end or steer a session
 * @ours: interrupt, quit, terminate, hangup
 * @old: the mask as we found it, for the command
 */
struct signals {
	sigset_t ours;
	sigset_t old;
};

/**
 * signals_block() - hold them, and the one of a closed pipe
 * @s: filled
 */
void signals_block(struct signals *s);

/**
 * signals_pending() - take the next that has come
 * @s: the signals
 *
 * Return: its number, or 0.
 */
int signals_pending(const struct signals *s);

#endif /* CLEAVE_SIGNALS_H */
