/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLEAVE_DEV_H
#define CLEAVE_DEV_H

int dev_register(void);
void dev_unregister(void);

#endif /* CLEAVE_DEV_H */
