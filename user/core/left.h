/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * left.h - who is left of those that a session traces, where records were lost.
 */
#ifndef CLEAVE_LEFT_H
#define CLEAVE_LEFT_H

#include "core/session.h"

/**
 * left_unknown() - can there be somebody of whom the first lane does not know, as his
 * clone was lost, or the record of his attachment?
 * @s: the session
 */
bool left_unknown(const struct session *s);

/**
 * left_nobody() - have all ended, whoever's exit was lost?
 * @s: the session, of which nothing has come for a while
 *
 * Those who are not there any more are forgotten.
 *
 * Return: true: no address space is traced any more.
 */
bool left_nobody(const struct session *s);

#endif /* CLEAVE_LEFT_H */
