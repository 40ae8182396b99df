// SPDX-License-Identifier: GPL-2.0-only
/*
 * taskstats.c - delay accounting's count of copies on write, by netlink and in
 * shared memory only, so that asking breaks nothing.
 */
#define _GNU_SOURCE 1

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <sys/socket.h>

#include "truth.h"

struct message {
	struct nlmsghdr n;
	struct genlmsghdr g;
	char data[PG];
};

#define ALIGN4(n)	(((n) + 3) & ~3)

/* One request with one attribute; its answer is left in @m. */
static long ask(long fd, struct message *m, int family, int cmd, int type,
		const void *value, int len)
{
	struct nlattr *a = (struct nlattr *)m->data;
	int i;

	m->n = (struct nlmsghdr) {
		.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN + NLA_HDRLEN + ALIGN4(len),
		.nlmsg_type = family,
		.nlmsg_flags = NLM_F_REQUEST,
	};
	m->g = (struct genlmsghdr) { .cmd = cmd, .version = 1 };
	*a = (struct nlattr) { .nla_len = NLA_HDRLEN + len, .nla_type = type };
	for (i = 0; i < len; i++)
		((char *)(a + 1))[i] = ((const char *)value)[i];
	if (sys(SYS_sendto, fd, m, m->n.nlmsg_len, 0, 0, 0) < 0 ||
	    sys(SYS_recvfrom, fd, m, sizeof(*m), 0, 0, 0) <= 0)
		return -1;
	return m->n.nlmsg_type == NLMSG_ERROR ? -1 : 0;
}

/* The attribute of a type among those from @a to @end, or NULL. */
static struct nlattr *find(struct nlattr *a, const char *end, int type)
{
	while ((char *)a + NLA_HDRLEN <= end && a->nla_len >= NLA_HDRLEN) {
		if (a->nla_type == type)
			return a;
		a = (struct nlattr *)((char *)a + ALIGN4(a->nla_len));
	}
	return NULL;
}

static struct nlattr *answer(struct message *m, int type)
{
	return find((struct nlattr *)m->data, (char *)m + m->n.nlmsg_len, type);
}

static long stats_of(long fd, struct message *m, int family, int tid)
{
	struct nlattr *a;

	if (ask(fd, m, family, TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_PID, &tid, sizeof(tid)))
		return -1;
	a = answer(m, TASKSTATS_TYPE_AGGR_PID);
	if (a)
		a = find(a + 1, (char *)a + a->nla_len, TASKSTATS_TYPE_STATS);
	return a ? (long)((struct taskstats *)(a + 1))->wpcopy_count : -1;
}

/* Of the calling task: pages that wp_page_copy() was asked to copy; -1: unknown. */
long wpcopy_count(void)
{
	struct message *m = (struct message *)ctl->buf;
	long fd = sys(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_GENERIC), n = -1;
	struct nlattr *a = NULL;

	if (fd < 0)
		return -1;
	if (!ask(fd, m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME,
		 TASKSTATS_GENL_NAME, sizeof(TASKSTATS_GENL_NAME)))
		a = answer(m, CTRL_ATTR_FAMILY_ID);
	if (a)
		n = stats_of(fd, m, *(unsigned short *)(a + 1), (int)sys(SYS_gettid));
	sys(SYS_close, fd);
	return n;
}
