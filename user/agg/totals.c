// SPDX-License-Identifier: GPL-2.0-only
#include "core/flags.h"
#include "lib/fmt.h"
#include "agg/totals.h"

static void failed(FILE *f, __u64 n, bool known)
{
	if (known)
		fprintf(f, ", %llu failed\n", n);
	else
		fprintf(f, ", an unknown number failed\n");
}

static void clones(FILE *f, const struct ev_totals *t)
{
	bool any = false;
	int i;

	fprintf(f, "clones          ");
	for (i = 0; i < CLEAVE_NR_KINDS; i++) {
		if (!t->clones[i])
			continue;
		fprintf(f, "%s%llu %s", any ? ", " : "", t->clones[i], kind_names[i]);
		any = true;
	}
	if (!any)
		fprintf(f, "0");
	failed(f, t->clone_errors, true);
}

static void counts(FILE *f, const struct ev_totals *t, const struct known *k)
{
	if (k->clones)
		clones(f, t);
	else
		fprintf(f, "clones          unknown\n");
	if (k->execs) {
		fprintf(f, "execs           %llu", t->execs);
		failed(f, t->exec_errors, k->exec_errors);
	} else {
		fprintf(f, "execs           unknown\n");
	}
	if (k->exits)
		fprintf(f, "exits           %llu\n", t->exits);
	else
		fprintf(f, "exits           unknown\n");
}

static void pages(FILE *f, const char *what, __u64 n, bool known)
{
	char buf[FMT_LEN];

	if (known)
		fprintf(f, "%-15s %llu pages (%s)\n", what, n, fmt_size(buf, n));
	else
		fprintf(f, "%-15s unknown\n", what);
}

static void number(FILE *f, __u64 n, bool known)
{
	if (known)
		fprintf(f, " %12llu", n);
	else
		fprintf(f, " %12s", "unknown");
}

static void outcomes(FILE *f, const struct ev_totals *t, const struct known *k)
{
	int i;

	fprintf(f, "\n%-15s %12s %12s  %s\n", "breaks", "before exec", "in all",
		"what it means");
	for (i = 0; i < CLEAVE_NR_OUTCOMES; i++) {
		bool always = i == CLEAVE_COPIED || i == CLEAVE_REUSED;

		if (k->outcome[i] && !always && !t->before_exec[i] && !t->cow[i])
			continue;
		fprintf(f, "%-15s", outcome_names[i]);
		number(f, t->before_exec[i], k->outcome[i] && k->before_exec);
		number(f, t->cow[i], k->outcome[i]);
		fprintf(f, "  %s\n", outcome_words[i]);
	}
}

void totals_print(FILE *f, const struct ev_summary *e, const struct known *known)
{
	const struct ev_totals *t = &e->totals;
	char buf[FMT_LEN];

	fprintf(f, "traced          %s with %s", fmt_time(buf, e->duration_ns),
		e->backend);
	fprintf(f, ", after %s of loading and attaching\n",
		fmt_time(buf, e->attach_ns));
	counts(f, t, known);
	pages(f, "shared", t->shared, known->shared);
	pages(f, "copied", t->before_exec[CLEAVE_COPIED],
	      known->outcome[CLEAVE_COPIED] && known->before_exec);
	pages(f, "never copied", t->never_copied,
	      known->never_in_all);
	outcomes(f, t, known);
}

void lost_print(FILE *f, const struct ev_lost *e)
{
	const __u64 *lost = e->records;

	fprintf(f, "records         %llu clone, %llu exec, %llu exit, %llu end, %llu break",
		lost[CLEAVE_REC_CLONE], lost[CLEAVE_REC_EXEC],
		lost[CLEAVE_REC_EXIT], lost[CLEAVE_REC_END],
		lost[CLEAVE_REC_BREAK]);
	fprintf(f, " (the ring was full: totals are exact all the same); %llu malformed, %llu unread\n",
		e->malformed, e->unread);
	fprintf(f, "address spaces  %llu (the ledger was full: not in the totals)\n",
		e->spaces);
	fprintf(f, "probes          %llu did not run\n", e->missed);
}
