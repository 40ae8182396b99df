/* SPDX-License-Identifier: GPL-2.0-only */
/* The shim of user space, where kernel code is only pretended to be in the kernel. */
#undef __KERNEL__
#undef CLEAVE_KUNIT_H
#include "../../kunit.h"
#define __KERNEL__
