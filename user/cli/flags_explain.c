// SPDX-License-Identifier: GPL-2.0-only
/*
 * flags_explain.c - what "cleave flags" prints about a flag word.
 */
#include "cleave_rules.h"
#include "core/flags.h"

/* No signal has a number above 64, so this bit of the low byte is a flag. */
#define SIGNAL_MASK	0x7fULL

static void explain_names(FILE *out, __u64 flags)
{
	char buf[FLAG_NAME_LEN];

	if (!flags)
		fprintf(out, "  no flags: the child gets a copy of everything\n");
	while (flags) {
		__u64 bit = flags & -flags;
		const char *name = flags_pop(&flags, buf);
		const char *what = flags_what(bit);

		fprintf(out, "  %-20s  0x%-10llx  %s\n", name, bit,
			what ? what : "not known to this version of cleave");
	}
}

static void explain_signal(FILE *out, __u64 flags, int sig)
{
	char buf[FLAG_NAME_LEN];

	if (!sig)
		fprintf(out, "  exit signal: none\n");
	else if (flags & F(THREAD))
		fprintf(out, "  exit signal: none, %s is ignored for a thread\n",
			signal_format(buf, sizeof(buf), sig));
	else
		fprintf(out, "  exit signal: %s (%d), sent to the parent when the child ends\n",
			signal_format(buf, sizeof(buf), sig), sig);
	if (flags & F(NEWTIME))
		fprintf(out, "  CLONE_NEWTIME lies where clone(2) has the exit signal: only clone3 and unshare take it\n");
	if (flags >> 32)
		fprintf(out, "  flags above 32 bits: only clone3 takes them\n");
}

static void explain_result(FILE *out, __u64 flags, int sig, enum cleave_kind kind)
{
	const char *who = flags_idiom(flags, sig);
	const char *why;
	unsigned int n;

	if (who)
		fprintf(out, "\nThis is what these pass: %s\n", who);
	for (n = 0; (why = flags_refused(flags, sig, n)); n++)
		fprintf(out, "%sThe kernel refuses this with EINVAL: %s\n",
			n ? "" : "\n", why);
	if (!n)
		fprintf(out, "\nWhat comes of it: a %s\n", kind_names[kind]);
}

static void explain_resources(FILE *out, __u64 flags, enum cleave_kind kind)
{
	int i;

	fprintf(out, "\nWhat the child has of its creator's\n");
	for (i = 0; i < RES_NR; i++) {
		enum sharing s = flags_resource(i, flags, kind);

		fprintf(out, "  %-28s %s%s\n", resource_words[i], sharing_names[s],
			i == RES_MEMORY && s == SHARING_COPIED ?
			" (copy-on-write: page by page, when one of the two writes)" : "");
	}
}

void flags_explain(FILE *out, __u64 word)
{
	int sig = word & SIGNAL_MASK;
	__u64 flags = word & ~SIGNAL_MASK;
	enum cleave_kind kind = cleave_kind_of(flags, CLEAVE_CALL_CLONE);

	fprintf(out, "0x%llx\n", word);
	explain_names(out, flags);
	explain_signal(out, flags, sig);
	explain_result(out, flags, sig, kind);
	explain_resources(out, flags, kind);
}
