/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * last_signal.h - a signal ends the session with its report; whoever does not want to
 * wait for that sends another.
 */
#ifndef CLEAVE_LAST_SIGNAL_H
#define CLEAVE_LAST_SIGNAL_H

/**
 * last_signal() - from here on another one ends the program at once, as it would without
 * cleave's handling, unless it is the same within 50 ms
 * @sig: the one that has come
 */
void last_signal(int sig);

#endif /* CLEAVE_LAST_SIGNAL_H */
