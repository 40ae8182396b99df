/* SPDX-License-Identifier: GPL-2.0-only */
/* status.h - exit statuses that are not a command's own: those of env(1) and nice(1). */
#ifndef CLEAVE_STATUS_H
#define CLEAVE_STATUS_H

#define EXIT_CLEAVE	125	/* cleave itself failed, or was called wrongly */
#define EXIT_CANNOT_RUN	126
#define EXIT_NOT_FOUND	127

#endif /* CLEAVE_STATUS_H */
