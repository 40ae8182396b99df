// SPDX-License-Identifier: GPL-2.0-only
/* main.c - load and unload. */
#include <linux/module.h>

#include "cleave_version.h"
#include "dev.h"
#include "frame.h"
#include "leave.h"

static int __init cleave_init(void)
{
	int err = frames_init();

	if (err)
		return err;
	err = dev_register();
	if (err)
		frames_free();
	return err;
}

/* No session is open any more: each holds a reference on the module. */
static void __exit cleave_exit(void)
{
	dev_unregister();
	leave_exit();
	frames_free();
}

module_init(cleave_init);
module_exit(cleave_exit);

MODULE_DESCRIPTION("cleave: what fork, clone, exec and copy-on-write cost");
MODULE_AUTHOR("The authors of cleave");
MODULE_VERSION(CLEAVE_VERSION);
MODULE_LICENSE("GPL");
