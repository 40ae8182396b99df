// SPDX-License-Identifier: GPL-2.0-only
/*
 * cases_large.c - large folios that are mapped page by page, and base pages that
 * become a huge page between fork and write.
 *
 * Which page of a large folio is reused and which is copied is up to the kernel's
 * wp_can_reuse_anon_folio().  In 6.1 (do_wp_page() itself) it is reused if the folio has
 * one reference left: if the page is the last of the folio that is mapped anywhere.
 * In 6.12 it is never; the change is of 2024.  Since 6.15 it is if all references are
 * from the page tables of one address space, and there are at least two of them
 * (__wp_can_reuse_large_anon_folio()).
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "truth.h"

#define HAS_WHOLE_REUSE	(ctl->kernel >= 615)
#define HAS_LAST_REUSE	(ctl->kernel < 609)

/* Large folios of less than a huge page: the size is their number. */

#define FOLIO_PG	(64L << 10)
#define PER_FOLIO	(FOLIO_PG / PG)
#define FOLIO_ENABLED	"/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled"

/* Of "always inherit [never]", the word that is chosen. */
static void chosen(const char *path, char *word)
{
	const char *p = read_text(path);

	while (*p && *p++ != '[')
		;
	while (*p && *p != ']')
		*word++ = *p++;
	*word = 0;
}

static char *folios(void)
{
	char before[32], *m;
	long i;

	if (read_num(FOLIO_ENABLED) < 0)
		skip("no large folios but huge pages");
	chosen(FOLIO_ENABLED, before);
	must(write_str(FOLIO_ENABLED, "madvise"), "asking for large folios");
	sys(SYS_prctl, PR_SET_THP_DISABLE, 0, 0, 0, 0);
	m = aligned(N * PER_FOLIO, FOLIO_PG);
	if (N)
		must(sys(SYS_madvise, m, N * FOLIO_PG, MADV_HUGEPAGE), "MADV_HUGEPAGE");
	for (i = 0; i < N; i++)
		fill(m + i * FOLIO_PG, 1, 1);
	must(write_str(FOLIO_ENABLED, before), "asking for large folios no more");
	if (compound_pages(m, N * PER_FOLIO) < N * PER_FOLIO)
		skip("no large folios to be had");
	return m;
}

/* The outcome of a write to a folio that nobody else maps any more. */
static enum cleave_outcome when_exclusive(void)
{
	return HAS_WHOLE_REUSE ? CLEAVE_REUSED : CLEAVE_COPIED;
}

static void folio_child_then_parent(void)
{
	char *m = folios();
	int c = fork_task("child");

	if (c < 0) {
		fill(m, N * PER_FOLIO, 2);
		advance(1);
		await(2);
		finish(0);
	}
	await(1);
	fill(m, N * PER_FOLIO, 3);
	advance(2);
	join(c);
	forked(c, P_ANON, N * PER_FOLIO);
	cow(c, CLEAVE_COPIED, N * PER_FOLIO);
	both(0, c, when_exclusive(), N * PER_FOLIO);
}

static void folio_parent_after(void)
{
	char *m = folios();
	int c = fork_task("child");

	if (c < 0)
		finish(0);
	join(c);
	fill(m, N * PER_FOLIO, 3);
	forked(c, P_ANON, N * PER_FOLIO);
	cow(0, when_exclusive(), N * PER_FOLIO);
}

#define HALF	(PER_FOLIO / 2)

/*
 * The child copies half of each folio.  The parent, who still shares the other half,
 * copies all of it.  Then what the child has not written is the child's alone.
 */
static void folio_by_halves(void)
{
	char *m = folios();
	long i;
	int c = fork_task("child");

	if (c < 0) {
		for (i = 0; i < N; i++)
			fill(m + i * FOLIO_PG, HALF, 2);
		advance(1);
		await(2);
		fill(m, N * PER_FOLIO, 2);
		finish(0);
	}
	await(1);
	fill(m, N * PER_FOLIO, 3);
	advance(2);
	join(c);
	forked(c, P_ANON, N * PER_FOLIO);
	cow(c, CLEAVE_COPIED, N * HALF);
	both(0, c, CLEAVE_COPIED, N * PER_FOLIO);
	cow(c, when_exclusive(), N * HALF);
}

/* One page of each is all that is left of it: to give it back, the page is copied. */
static void folio_one_left(void)
{
	char *m = folios();
	long i;
	int c;

	for (i = 0; i < N; i++)
		must(sys(SYS_madvise, m + i * FOLIO_PG + PG, FOLIO_PG - PG, MADV_DONTNEED),
		     "MADV_DONTNEED");
	c = fork_task("child");
	if (c < 0)
		finish(0);
	join(c);
	fill_step(m, 0, N * PER_FOLIO, PER_FOLIO, 2);
	forked(c, P_ANON, N);
	cow(0, CLEAVE_COPIED, N);
}

/* Huge pages' worth: the size is their number. */

static char *fit_for_huge(void)
{
	if (read_num("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size") != HUGE_PG)
		skip("no transparent huge pages");
	return aligned(N * PER_HUGE, HUGE_PG);
}

static long huge_kib(void)
{
	return proc_field(0, "smaps_rollup", "AnonHugePages:");
}

/* Of a huge page that is mapped page by page all are written by the last owner. */
static void thp_split_after(void)
{
	char *m = fit_for_huge();
	long i;
	int c;

	sys(SYS_prctl, PR_SET_THP_DISABLE, 0, 0, 0, 0);
	if (N)
		must(sys(SYS_madvise, m, N * HUGE_PG, MADV_HUGEPAGE), "MADV_HUGEPAGE");
	fill_step(m, 0, N * PER_HUGE, PER_HUGE, 1);
	if (huge_kib() != N * HUGE_PG / 1024)
		skip("no huge pages to be had");
	for (i = 0; i < N; i++) {
		must(sys(SYS_mprotect, m + i * HUGE_PG, PG, PROT_READ), "mprotect");
		must(sys(SYS_mprotect, m + i * HUGE_PG, PG, PROT_READ | PROT_WRITE),
		     "mprotect");
	}
	c = fork_task("child");
	if (c < 0)
		finish(0);
	join(c);
	fill(m, N * PER_HUGE, 2);
	forked(c, P_ANON, N * PER_HUGE);
	if (HAS_LAST_REUSE) {
		cow(0, CLEAVE_COPIED, N * (PER_HUGE - 1));
		cow(0, CLEAVE_REUSED, N);
		return;
	}
	cow(0, when_exclusive(), N * PER_HUGE);
}

static char *base_pages(void)
{
	char *m = fit_for_huge();

	fill(m, N * PER_HUGE, 1);
	return m;
}

/*
 * What khugepaged does in its own time, once a page of each is written: up to 2025 it
 * left alone what has no writable entry (SCAN_PAGE_RO).  Where it does not come about
 * the case goes on to its end all the same: others wait for who has called this.
 */
static void collapse(char *m)
{
	int i;

	fill_step(m, 0, N * PER_HUGE, PER_HUGE, 2);
	sys(SYS_prctl, PR_SET_THP_DISABLE, 0, 0, 0, 0);
	for (i = 0; i < 50 && huge_kib() < N * HUGE_PG / 1024; i++)
		if (sys(SYS_madvise, m, N * HUGE_PG, 25 /* MADV_COLLAPSE */) == -EINVAL)
			ctl->skip = "no MADV_COLLAPSE";
	if (!ctl->skip && huge_kib() != N * HUGE_PG / 1024)
		ctl->skip = "the pages do not become huge ones";
}

/*
 * The copy that makes a huge page of base pages is no fault's: what the child shared
 * is copied without a break, and the parent is left alone with what it has.
 */
static void collapse_child(void)
{
	char *m = base_pages();
	int c = fork_task("child");

	if (c < 0) {
		collapse(m);
		fill(m, N * PER_HUGE, 2);
		advance(1);
		await(2);
		finish(0);
	}
	await(1);
	fill(m, N * PER_HUGE, 3);
	advance(2);
	join(c);
	forked(c, P_ANON, N * PER_HUGE);
	cow(c, CLEAVE_COPIED, N);
	both(0, c, CLEAVE_REUSED, N * PER_HUGE);
}

static void collapse_parent(void)
{
	char *m = base_pages();
	int c = fork_task("child");

	if (c < 0) {
		await(1);
		fill(m, N * PER_HUGE, 2);
		finish(0);
	}
	collapse(m);
	fill(m, N * PER_HUGE, 3);
	advance(1);
	join(c);
	forked(c, P_ANON, N * PER_HUGE);
	both(0, c, CLEAVE_COPIED, N);
	cow(c, CLEAVE_REUSED, N * PER_HUGE);
}

/* No room for a huge page among them, wherever they lie. */
#define FOLIO_CAP	16
#define HUGE_CAP	3

const struct truth_case large_cases[] = {
	{ "folio_child_then_parent", "large folios: the child writes, then the parent",
	  folio_child_then_parent, FOLIO_CAP },
	{ "folio_parent_after", "large folios: the child ends, then the parent writes",
	  folio_parent_after, FOLIO_CAP },
	{ "folio_by_halves", "large folios: the child writes half, the parent all, the child all",
	  folio_by_halves, FOLIO_CAP },
	{ "folio_one_left", "large folios of which one page is left: the last owner writes",
	  folio_one_left, FOLIO_CAP },
	{ "thp_split_after", "huge pages mapped by base pages: the child ends, the parent writes",
	  thp_split_after, HUGE_CAP },
	{ "collapse_child", "the child's pages become huge ones, then both write",
	  collapse_child, HUGE_CAP },
	{ "collapse_parent", "the parent's pages become huge ones, then both write",
	  collapse_parent, HUGE_CAP },
	{ .name = NULL }
};
