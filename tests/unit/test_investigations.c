// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_investigations.c - what Documentation/investigations.md shows is what is printed: by
 * "cleave report", of the recordings in Documentation/examples, and by what else was typed
 * when they were made, which is kept beside them (NAME.said).
 *
 * In the page's blocks of code a line "$ COMMAND" is followed by lines of what that prints;
 * one with "..." stands for any that are left out.
 *
 * Build: with user/cli/{report,record,tracing,trace_args,filter_args,options,tables,sources}.c,
 * user/core/{session,attaching,shots,left,closing}.c,
 * user/core/{start,lane,tell_cgroups,looks,alive,signals,model}.c,
 * user/core/{cgroups,convert,known,flags,layout}.c,
 * user/core/{replay,times,schema,schema_json,times_json}.c,
 * user/sink/{filter,json,sink,recording,text,text_page}.c,
 * user/sink/{text_totals,text_times,text_curves,text_tree}.c,
 * user/sink/{text_tries,text_attach,watch,watch_view,watch_print,watch_screen}.c,
 * user/agg/{tree,fold,families,live,curves}.c, user/compare/compare.c,
 * user/target/{spawn,run_as,system,attach,last_signal}.c,
 * user/lib/{fmt,utf8,json,line,out,table,hash,sigchld,sys}.c,
 * user/source/{cgroup,hooks,snaps,kmod,file,file_header}.c and
 * tests/played/{played,backends,cmd}.c.
 */
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/report.h"
#include "cmd.h"
#include "shim.h"

#define EXAMPLES "Documentation/examples"
#define PAGE	"../investigations.md"
#define RECORD	"cleave record "
#define OUTPUT	"-o "
#define REPORT	"cleave report "
#define PIPE	" | "
#define LINE	512

/* Shows that the page is read at all. */
#define LINES	60

/**
 * struct page - the page as it is read, and what its last command has printed
 * @c: the report
 * @said: what was typed when the recording was made, with what it printed
 * @inside: a block of code
 * @left: of what was printed, behind the line that was found last; NULL: no command
 * @skips: lines are left out here
 * @lines: that were found in all
 */
struct page {
	struct cmd c;
	char said[65536 + 1];
	bool inside;
	char *left;
	bool skips;
	size_t lines;
};

/* What was typed when a recording was made: from here to where the page makes another. */
static void read_said(struct kunit *test, struct page *p, const char *record)
{
	const char *name = strstr(record, OUTPUT);
	char path[64];

	KUNIT_ASSERT_NOT_NULL(test, name);
	name += strlen(OUTPUT);
	snprintf(path, sizeof(path), "%.*s.said", (int)strcspn(name, "."), name);
	cmd_contents(&p->c, path);
	snprintf(p->said, sizeof(p->said), "\n%s", p->c.text);
}

/* Of a command: what it has printed. */
static char *said(struct page *p, const char *typed)
{
	char line[LINE + 8], *at, *end;

	snprintf(line, sizeof(line), "\n$ %s\n", typed);
	at = strstr(p->said, line);
	if (!at)
		return NULL;
	/* The end of the line before is that of one without output, too. */
	snprintf(p->c.text, sizeof(p->c.text), "%s", at + strlen(line) - 1);
	end = strstr(p->c.text, "\n$ ");
	if (end)
		end[1] = '\0';
	return p->c.text + 1;
}

/* What the rest of a pipeline makes of it takes its place. */
static void pipe_through(struct kunit *test, struct page *p, const char *rest)
{
	char line[LINE];

	snprintf(line, sizeof(line), "cat %s | %s >%s", p->c.stream[0], rest, p->c.report);
	KUNIT_EXPECT_EQ(test, system(line), 0);
	cmd_contents(&p->c, p->c.report);
	KUNIT_EXPECT_EQ(test, unlink(p->c.report), 0);
}

static char *report(struct kunit *test, struct page *p, char *words)
{
	char *rest = strstr(words, PIPE);

	if (rest)
		*rest = '\0';
	KUNIT_EXPECT_EQ(test, cmd_run(&p->c, words), 0);
	if (rest)
		pipe_through(test, p, rest + strlen(PIPE));
	else
		cmd_out(&p->c);
	return p->c.text;
}

/* The page has all that was printed, or says by "..." that it has not. */
static void ends(struct kunit *test, struct page *p)
{
	if (p->left && *p->left && !p->skips)
		KUNIT_FAIL(test, "printed, and not on the page: %s", p->left);
	p->left = NULL;
	p->skips = false;
}

/* The page has no blanks at the end of a line. */
static void cut_blanks(char *text)
{
	const char *from = text, *begin = text;

	for (; *from; from++) {
		while (*from == '\n' && text > begin && text[-1] == ' ')
			text--;
		*text++ = *from;
	}
	*text = '\0';
}

static void command(struct kunit *test, struct page *p, char *words)
{
	ends(test, p);
	if (!strncmp(words, RECORD, strlen(RECORD)))
		read_said(test, p, words);
	if (!strncmp(words, REPORT, strlen(REPORT)))
		p->left = report(test, p, words + strlen(REPORT));
	else
		p->left = said(p, words);
	if (p->left)
		cut_blanks(p->left);
	else
		KUNIT_FAIL(test, "never typed: %s", words);
}

/* Is the next line that is left this one?  Takes it. */
static bool next_is(struct page *p, const char *line)
{
	char *end = strchr(p->left, '\n');
	bool same;

	if (!end)
		return false;
	same = strlen(line) == (size_t)(end - p->left) && !memcmp(p->left, line, strlen(line));
	if (same || p->skips)
		p->left = end + 1;
	return same;
}

static void printed(struct kunit *test, struct page *p, const char *line)
{
	char *from = p->left;
	bool found;

	if (!strcmp(line, "...")) {
		p->skips = true;
		return;
	}
	do {
		found = next_is(p, line);
	} while (!found && p->skips && *p->left);
	if (!found) {
		KUNIT_FAIL(test, "not what is printed: %s", line);
		p->left = from;
	}
	p->skips = false;
	p->lines++;
}

static void on_line(struct kunit *test, struct page *p, char *line)
{
	if (!strncmp(line, "```", 3)) {
		ends(test, p);
		p->inside = !p->inside;
	} else if (p->inside && !strncmp(line, "$ ", 2)) {
		command(test, p, line + 2);
	} else if (p->left) {
		printed(test, p, line);
	}
}

/* All at once: a report that is forked would move the place where a file is read. */
static char *read_page(void)
{
	FILE *f = fopen(PAGE, "r");
	size_t len = 0;
	char *text = NULL;

	if (f && getdelim(&text, &len, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

static void what_is_printed(struct kunit *test)
{
	struct page *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	char *text, *line, *next;

	KUNIT_ASSERT_NOT_NULL(test, p);
	setlocale(LC_ALL, "C.UTF-8");
	KUNIT_ASSERT_EQ(test, chdir(EXAMPLES), 0);
	KUNIT_ASSERT_EQ(test, cmd_init(&p->c, "report", report_main), 0);
	text = read_page();
	KUNIT_EXPECT_NOT_NULL(test, text);
	for (line = text; line && *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		on_line(test, p, line);
	}
	KUNIT_EXPECT_FALSE(test, p->inside);
	KUNIT_EXPECT_GT(test, p->lines, LINES);
	free(text);
	cmd_exit(&p->c);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(what_is_printed),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_investigations",
	.test_cases = cases,
};

kunit_test_suite(suite);
