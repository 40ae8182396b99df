/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sources.h - which backends a subcommand takes its records from.
 */
#ifndef CLEAVE_SOURCES_H
#define CLEAVE_SOURCES_H

#include <stdbool.h>

#include "source/source.h"

enum source_choice {
	CHOOSE_AUTO,
	CHOOSE_BPF,
	CHOOSE_MODULE,
	CHOOSE_BOTH,
};

#define SOURCES_MAX	2

/**
 * struct source_opts - what the command line says of them
 * @choice: which
 * @load_module: have modprobe load the module where it is not
 * @selftest: check at start that the probes fire
 * @cfg: for each
 */
struct source_opts {
	enum source_choice choice;
	bool load_module;
	bool selftest;
	struct backend_cfg cfg;
};

/**
 * struct sources - those that are open
 * @src: the first is the one that is shown
 * @nr: how many
 */
struct sources {
	struct source *src[SOURCES_MAX];
	unsigned int nr;
};

/**
 * sources_open() - open what was chosen
 * @s: filled
 * @o: options
 *
 * Return: 0, or -1 after one line on stderr and with none of them open.
 */
int sources_open(struct sources *s, const struct source_opts *o);

/**
 * sources_name() - how to call them in a report
 * @s: the sources
 */
const char *sources_name(const struct sources *s);

/**
 * sources_close() - close all
 * @s: the sources
 */
void sources_close(struct sources *s);

#endif /* CLEAVE_SOURCES_H */
