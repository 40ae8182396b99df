/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_MM_TYPES_H
#define SHIM_MM_TYPES_H

struct mm_struct;

#endif /* SHIM_MM_TYPES_H */
