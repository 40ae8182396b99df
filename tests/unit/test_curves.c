// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_curves.c - how the sharing of families decays, as lines of text.
 *
 * Build: with user/agg/curves.c, user/sink/{text_curves,text_page}.c and
 * user/lib/{fmt,line,table,utf8}.c.
 */
#include <locale.h>
#include <stdlib.h>

#include "shim.h"
#include "sink/text.h"

#define MS	1000000ULL

/**
 * struct fix - what is shown
 * @known: all
 * @c: the curves
 * @p: a page in @text
 * @e: the snapshot that is being made
 * @spaces: of it
 * @families: of it
 * @text: what was printed
 */
struct fix {
	struct known known;
	struct curves c;
	struct page p;
	struct event e;
	struct ev_space spaces[8];
	struct ev_family families[2 * CURVES];
	char text[8192];
};

static int set_up(struct kunit *test)
{
	struct fix *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -1;
	setlocale(LC_ALL, "C.UTF-8");
	test->priv = f;
	memset(&f->known, true, sizeof(f->known));
	f->p.known = &f->known;
	f->e = (struct event) {
		.type = EVENT_SNAPSHOT, .ts = 5000 * MS,
		.snapshot = { .spaces = f->spaces, .families = f->families },
	};
	return 0;
}

static struct ev_family *family(struct fix *f, __u64 space, const char *comm, __u64 extra)
{
	struct ev_family *k = &f->families[f->e.snapshot.nr_families++];

	*k = (struct ev_family) {
		.space = space, .pid = (pid_t)(40 + space), .comm = { comm, strlen(comm) },
		.children = 1, .extra = extra, .peak = extra,
	};
	return k;
}

static struct ev_space *child(struct fix *f, __u64 of, __u64 shared)
{
	struct ev_space *s = &f->spaces[f->e.snapshot.nr_spaces++];

	*s = (struct ev_space) {
		.creator_space = of, .base_known = true, .estimate_known = true,
		.shared_estimate = shared,
	};
	return s;
}

/* What was put together, 250 ms later than the one before. */
static void take(struct fix *f)
{
	curves_take(&f->c, &f->e);
	f->e.ts += 250 * MS;
	f->e.snapshot.nr_spaces = 0;
	f->e.snapshot.nr_families = 0;
}

static const char *print(struct fix *f)
{
	memset(f->text, 0, sizeof(f->text));
	f->p.f = fmemopen(f->text, sizeof(f->text) - 1, "w");
	text_curves(&f->p, &f->c);
	fclose(f->p.f);
	return f->text;
}

static void nothing_of_one(struct kunit *test)
{
	struct fix *f = test->priv;

	KUNIT_EXPECT_STREQ(test, print(f), "");
	take(f);
	take(f);
	KUNIT_EXPECT_STREQ(test, print(f), "");
	f->c = (struct curves) { .nr = 0 };
	family(f, 1, "server", 10);
	take(f);
	KUNIT_EXPECT_STREQ(test, print(f), "");
}

/* One that decays, and one that comes later and goes, with two children. */
static void two_decay(struct fix *f)
{
	unsigned int i;

	for (i = 0; i < 8; i++) {
		family(f, 1, "server", 100 * i);
		child(f, 1, 700 - 100 * i);
		if (i >= 2 && i < 5) {
			family(f, 2, "other", 1000 * i);
			child(f, 2, 30);
			child(f, 2, 26);
		}
		take(f);
	}
}

static void decays(struct kunit *test)
{
	static const char ascii[] =
		"\nHow sharing decayed\n"
		"family of  still shared      most     last  extra memory      peak      last\n"
		"other 42     ###          224 KiB  224 KiB    =*#         15.6 MiB  15.6 MiB\n"
		"server 41  #%*+=-:_      2.73 MiB        0  _:-=+*%#      2.73 MiB  2.73 MiB\n"
		"8 snapshots in 1.75 s\n";
	static const char falls[] = "server 41  █▇▆▅▄▃▂_      2.73 MiB        0";
	static const char rises[] = "  0  _▂▃▄▅▆▇█      2.73 MiB  2.73 MiB\n";
	struct fix *f = test->priv;

	two_decay(f);
	KUNIT_EXPECT_STREQ(test, print(f), ascii);
	f->p.utf8 = true;
	KUNIT_EXPECT_NOT_NULL(test, strstr(print(f), falls));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, rises));
}

/* Columns are left out that can be spared, and both curves stay. */
static void narrow(struct kunit *test)
{
	struct fix *f = test->priv;
	const char *at, *end;

	two_decay(f);
	f->p.columns = 50;
	for (at = print(f); *at; at = end + 1) {
		end = strchr(at, '\n');
		KUNIT_EXPECT_LE(test, end - at, 50L);
	}
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "  #%*+=-:_  "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "  _:-=+*%#"));
	KUNIT_EXPECT_NULL(test, strstr(f->text, "most"));
}

/* As wide however many there are: each point is the last of several. */
static void many(struct kunit *test)
{
	struct fix *f = test->priv;
	unsigned int i;

	for (i = 0; i < 2 * CURVE_POINTS; i++) {
		family(f, 1, "server", i);
		child(f, 1, 2 * CURVE_POINTS + 99 - i);
		take(f);
	}
	KUNIT_EXPECT_EQ(test, f->c.step, 2ULL);
	KUNIT_EXPECT_EQ(test, curves_points(&f->c), 1U * CURVE_POINTS);
	for (i = 0; i < CURVE_POINTS; i++)
		KUNIT_EXPECT_EQ(test, f->c.list[0].at[i].extra, 2ULL * i + 1);
	print(f);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "\n48 snapshots in 11.8 s; "
						    "one character for 2 of them\n"));
	/* The first one has no point any more. */
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "  588 KiB  400 KiB  "));
	family(f, 1, "server", 77);
	take(f);
	KUNIT_EXPECT_EQ(test, f->c.step, 4ULL);
	KUNIT_EXPECT_EQ(test, curves_points(&f->c), CURVE_POINTS / 2 + 1U);
	KUNIT_EXPECT_EQ(test, f->c.list[0].at[11].extra, 47ULL);
	KUNIT_EXPECT_EQ(test, f->c.list[0].at[12].extra, 77ULL);
	KUNIT_EXPECT_FALSE(test, f->c.list[0].at[13].there);
}

/* What nobody knows is not none, nor is it what others come to. */
static void unknown(struct kunit *test)
{
	struct fix *f = test->priv;

	family(f, 1, "server", 10);
	child(f, 1, 50);
	take(f);
	family(f, 1, "server", 10)->pid = 0;
	child(f, 1, 50);
	child(f, 1, 60)->estimate_known = false;
	take(f);
	KUNIT_EXPECT_NOT_NULL(test, strstr(print(f),
					   "\nserver 41  #?            200 KiB     ?  ##"));
	f->known.both_never = false;
	f->known.both_copied = false;
	print(f);
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "\nserver 41  ?                ?     ?  ?  "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "  ?     ?  ?                ?     ?\n"));
}

static void never_known(struct kunit *test)
{
	struct fix *f = test->priv;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		family(f, 1, "server", 10);
		child(f, 1, 0)->estimate_known = false;
		take(f);
	}
	KUNIT_EXPECT_NOT_NULL(test, strstr(print(f),
					   "\nserver 41  ??               ?     ?  ##"));
}

/* Those are kept that come to most, in whatever order they come. */
static void too_many(struct kunit *test)
{
	struct fix *f = test->priv;
	unsigned int i;

	for (i = 1; i <= CURVES; i++)
		family(f, i, "a", 100 + i);
	take(f);
	KUNIT_EXPECT_FALSE(test, f->c.others);
	family(f, 50, "small", 100);
	family(f, 51, "large", 200);
	take(f);
	KUNIT_EXPECT_NOT_NULL(test, strstr(print(f), "\nlarge 91 "));
	KUNIT_EXPECT_NULL(test, strstr(f->text, "small"));
	KUNIT_EXPECT_NULL(test, strstr(f->text, "\na 41 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "\na 42 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(f->text, "; other families had less extra memory\n"));
}

/* One that is new, and comes to more than the others did before, comes first. */
static void kept_are_whole(struct kunit *test)
{
	struct fix *f = test->priv;
	unsigned int i;

	for (i = 1; i <= CURVES; i++)
		family(f, i, "a", 100 + i);
	take(f);
	family(f, 51, "new", 150);
	for (i = 1; i <= CURVES; i++)
		family(f, i, "a", 200 + i);
	take(f);
	KUNIT_EXPECT_EQ(test, f->c.nr_list, 1U * CURVES);
	for (i = 0; i < CURVES; i++) {
		const struct curve *k = &f->c.list[i];

		KUNIT_EXPECT_EQ(test, k->space, 1ULL + i);
		KUNIT_EXPECT_TRUE(test, k->at[0].there);
		KUNIT_EXPECT_EQ(test, k->at[0].extra, 101ULL + i);
		KUNIT_EXPECT_EQ(test, k->at[1].extra, 201ULL + i);
	}
	KUNIT_EXPECT_TRUE(test, f->c.others);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(nothing_of_one),
	KUNIT_CASE(decays),
	KUNIT_CASE(narrow),
	KUNIT_CASE(many),
	KUNIT_CASE(unknown),
	KUNIT_CASE(never_known),
	KUNIT_CASE(too_many),
	KUNIT_CASE(kept_are_whole),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_curves",
	.init = set_up,
	.test_cases = cases,
};

kunit_test_suite(suite);
