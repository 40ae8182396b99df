/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run.h - "cleave run": trace a command and all that it makes.
 */
#ifndef CLEAVE_RUN_H
#define CLEAVE_RUN_H

#include <stdbool.h>

#include "source/backend.h"

/* The exit status where cleave itself fails, before or after the command. */
#define EXIT_CLEAVE	1
/* ... and where its own command line is wrong. */
#define EXIT_USAGE	2

enum backend_choice {
	CHOOSE_AUTO,
	CHOOSE_BPF,
	CHOOSE_MODULE,
	CHOOSE_BOTH,
};

/**
 * struct run_opts - the command line of "cleave run"
 * @backend: which one
 * @json: report in JSON
 * @output: file for the report, or NULL for standard error
 * @exit_with_cmd: do not wait for what the command leaves behind
 * @selftest: check at start that the probes fire
 * @cfg: for the backends
 * @argv: the command
 */
struct run_opts {
	enum backend_choice backend;
	bool json;
	const char *output;
	bool exit_with_cmd;
	bool selftest;
	struct backend_cfg cfg;
	char **argv;
};

/**
 * run_parse() - read the command line; ends the program where it is wrong
 * @o: filled
 * @argc: number of arguments
 * @argv: from "run" on
 */
void run_parse(struct run_opts *o, int argc, char **argv);

/**
 * run() - do it
 * @o: options
 *
 * Return: exit status: the command's, or EXIT_CLEAVE.
 */
int run(const struct run_opts *o);

#endif /* CLEAVE_RUN_H */
