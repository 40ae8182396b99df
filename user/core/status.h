/* SPDX-License-Identifier: GPL-2.0-only */
/* status.h - the exit statuses that are cleave's own. */
#ifndef CLEAVE_STATUS_H
#define CLEAVE_STATUS_H

#define EXIT_CLEAVE	1	/* cleave itself failed, before or after the command */
#define EXIT_USAGE	2	/* its own command line is wrong */
#define EXIT_CANNOT_RUN	126
#define EXIT_NOT_FOUND	127

#endif /* CLEAVE_STATUS_H */
