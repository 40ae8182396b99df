/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor.h - "cleave doctor": what can be traced here, and if not, why.
 */
#ifndef CLEAVE_DOCTOR_H
#define CLEAVE_DOCTOR_H

/**
 * doctor_main() - the subcommand
 * @argc: number of arguments
 * @argv: from "doctor" on
 *
 * Return: exit status: 0 where at least one backend can be used.
 */
int doctor_main(int argc, char **argv);

#endif /* CLEAVE_DOCTOR_H */
