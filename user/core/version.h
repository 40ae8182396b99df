/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_VERSION_H
#define CLEAVE_VERSION_H

#ifndef CLEAVE_VERSION
#define CLEAVE_VERSION	"0.1"
#endif

#endif /* CLEAVE_VERSION_H */
