/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_VERSION_H
#define CLEAVE_VERSION_H

/* Of the command and the module alike. */
#define CLEAVE_VERSION	"0.1"

#endif /* CLEAVE_VERSION_H */
