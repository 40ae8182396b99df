/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - "cleave report": show a recording.
 */
#ifndef CLEAVE_REPORT_H
#define CLEAVE_REPORT_H

/**
 * report_main() - the subcommand
 * @argc: number of arguments
 * @argv: from its name on
 *
 * Return: exit status.
 */
int report_main(int argc, char **argv);

#endif /* CLEAVE_REPORT_H */
