/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_SLAB_H
#define SHIM_SLAB_H

#include <linux/kernel.h>
#include <stdlib.h>

#define GFP_KERNEL		0
#define GFP_KERNEL_ACCOUNT	0

#define kvcalloc(n, size, gfp)	calloc((n), (size))
#define kvfree(p)		free(p)

#endif /* SHIM_SLAB_H */
