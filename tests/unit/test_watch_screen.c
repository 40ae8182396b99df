// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_watch_screen.c - the screen of cleave watch on a terminal of the test's own: what
 * is drawn, keys, sizes, and that the terminal is as it was whatever ends the program.
 *
 * Build: with user/sink/{watch,watch_view,watch_print,watch_screen,text_page}.c,
 * user/lib/{hash,fmt,line,table,utf8,out}.c.
 */

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "shim.h"
#include "records.h"
#include "sink/watch.h"

#define WAIT_MS	20000
#define SPACES	30
#define ENTER	"\033[?1049h"
#define LEAVE	"\033[?1049l"

/* What ncurses keeps of a terminal that it cannot use is not ours to free. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libtinfo.so\n";
}

/**
 * struct fix - a terminal and a program on it
 * @keeper: our side
 * @tty: its side, so that it stays there
 * @modes: at first
 * @pid: the program
 * @text: what it has written
 * @len: how much
 * @from: what comes from here on is waited for
 */
struct fix {
	int keeper;
	int tty;
	struct termios modes;
	pid_t pid;
	char text[1 << 18];
	size_t len;
	size_t from;
};

static int set_up(struct kunit *test)
{
	struct fix *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct winsize size = { .ws_row = 12, .ws_col = 100 };

	test->priv = f;
	if (!f || openpty(&f->keeper, &f->tty, NULL, NULL, &size))
		return -1;
	return tcgetattr(f->tty, &f->modes);
}

static void tear_down(struct kunit *test)
{
	struct fix *f = test->priv;

	close(f->keeper);
	close(f->tty);
}

/* What the program is to do once its screen has a snapshot. */
enum way {
	WAIT,			/* for keys and signals */
	EXIT,
	LET_SIGNALS,		/* these find it as it is without a session */
	SAY,			/* something on standard error, and then wait */
};

static void tell(struct sink *s, enum event_type type, __u64 ts)
{
	struct ev_space spaces[SPACES] = { 0 };
	struct event e = { .type = type, .ts = ts };
	size_t i;

	for (i = 0; i < SPACES; i++)
		spaces[i] = (struct ev_space) {
			.pid = (pid_t)(100 + i), .space = i + 1, .comm = { "row", 3 },
		};
	if (type == EVENT_START) {
		e.start.backend = "bpf";
	} else if (type == EVENT_SNAPSHOT) {
		e.snapshot.spaces = spaces;
		e.snapshot.nr_spaces = SPACES;
	} else {
		e.summary.backend = "bpf";
	}
	sink_event(s, &e);
}

static int program(enum way way)
{
	struct known known;
	struct pollfd fd;
	struct sink *s;
	struct out out;
	sigset_t none;

	known_all(&known);
	if (out_open(&out, "-"))
		return 1;
	s = sink_watch(&out, &known, WATCH_RATE, true);
	tell(s, EVENT_START, 1000);
	tell(s, EVENT_SNAPSHOT, 2000);
	if (way == EXIT)
		exit(3);
	sigemptyset(&none);
	if (way == LET_SIGNALS)
		sigprocmask(SIG_SETMASK, &none, NULL);
	if (way == SAY)
		fputs("cleave: something\n", stderr);
	fd = (struct pollfd) { .fd = sink_fd(s), .events = POLLIN };
	while (fd.fd >= 0 && (poll(&fd, 1, -1) < 0 || s->ops->ready(s)))
		;
	tell(s, EVENT_SUMMARY, 3000);
	s->ops->free(s);
	return out_close(&out);
}

static void begin(struct fix *f, enum way way, const char *term)
{
	f->pid = fork();
	if (f->pid)
		return;
	setenv("TERM", term, 1);
	unsetenv("NO_COLOR");
	close(f->keeper);
	login_tty(f->tty);
	exit(program(way));
}

/* Reads until it has written this; false: it does not within a long time. */
static bool wrote(struct fix *f, const char *what)
{
	struct pollfd fd = { .fd = f->keeper, .events = POLLIN };

	while (!memmem(f->text + f->from, f->len - f->from, what, strlen(what))) {
		ssize_t n;

		if (poll(&fd, 1, WAIT_MS) <= 0)
			return false;
		n = read(f->keeper, f->text + f->len, sizeof(f->text) - f->len);
		if (n <= 0)
			return false;
		f->len += n;
	}
	return true;
}

/* As waitpid() has it; all that was written is there. */
static int ended(struct fix *f)
{
	struct pollfd fd = { .fd = f->keeper, .events = POLLIN };
	int status = -1;

	while (poll(&fd, 1, 0) > 0 || !waitpid(f->pid, &status, WNOHANG)) {
		ssize_t n;

		if (poll(&fd, 1, 10) <= 0)
			continue;
		n = read(f->keeper, f->text + f->len, sizeof(f->text) - f->len);
		if (n <= 0)
			break;
		f->len += n;
	}
	return status;
}

static const char *find(const struct fix *f, const char *what)
{
	return memmem(f->text, f->len, what, strlen(what));
}

static void as_it_was(struct kunit *test)
{
	struct fix *f = test->priv;
	struct termios now;

	KUNIT_ASSERT_EQ(test, tcgetattr(f->tty, &now), 0);
	KUNIT_EXPECT_EQ(test, now.c_lflag, f->modes.c_lflag);
	KUNIT_EXPECT_EQ(test, now.c_iflag, f->modes.c_iflag);
	KUNIT_EXPECT_EQ(test, now.c_oflag, f->modes.c_oflag);
	KUNIT_ASSERT_NOT_NULL(test, find(f, ENTER));
	KUNIT_ASSERT_NOT_NULL(test, find(f, LEAVE));
	KUNIT_EXPECT_GT(test, find(f, LEAVE), find(f, ENTER));
	KUNIT_EXPECT_NULL(test, memmem(find(f, LEAVE) + 1, f->text + f->len - find(f, LEAVE) - 1,
				       LEAVE, strlen(LEAVE)));
	/* The cursor, which was away. */
	KUNIT_EXPECT_NOT_NULL(test, find(f, "\033[?25h"));
}

static void quits(struct kunit *test)
{
	struct fix *f = test->priv;
	struct termios now;

	begin(f, WAIT, "xterm");
	KUNIT_ASSERT_TRUE(test, wrote(f, "lost"));
	KUNIT_EXPECT_NOT_NULL(test, find(f, "row 100"));
	KUNIT_EXPECT_NOT_NULL(test, find(f, "... 22 more"));
	KUNIT_ASSERT_EQ(test, tcgetattr(f->tty, &now), 0);
	KUNIT_EXPECT_EQ(test, now.c_lflag & (ECHO | ICANON), 0U);
	/* No key's code is taken for a letter; Ctrl-L has all of it drawn anew. */
	f->from = f->len;
	KUNIT_ASSERT_EQ(test, write(f->keeper, "x\033Oq\033[1;2q\014", 11), 11L);
	KUNIT_ASSERT_TRUE(test, wrote(f, "lost"));
	KUNIT_EXPECT_NULL(test, find(f, LEAVE));
	KUNIT_ASSERT_EQ(test, write(f->keeper, "q", 1), 1L);
	KUNIT_EXPECT_EQ(test, ended(f), 0);
	as_it_was(test);
	KUNIT_EXPECT_GT(test, find(f, "watched "), find(f, LEAVE));
}

static void exits(struct kunit *test)
{
	struct fix *f = test->priv;

	begin(f, EXIT, "xterm");
	KUNIT_EXPECT_EQ(test, WEXITSTATUS(ended(f)), 3);
	as_it_was(test);
}

static void is_killed(struct kunit *test)
{
	struct fix *f = test->priv;

	begin(f, LET_SIGNALS, "xterm");
	KUNIT_ASSERT_TRUE(test, wrote(f, "lost"));
	kill(f->pid, SIGTERM);
	KUNIT_EXPECT_EQ(test, WTERMSIG(ended(f)), SIGTERM);
	as_it_was(test);
}

/* Ctrl-C, which the terminal makes a signal of. */
static void is_interrupted(struct kunit *test)
{
	struct fix *f = test->priv;

	begin(f, LET_SIGNALS, "xterm");
	KUNIT_ASSERT_TRUE(test, wrote(f, "lost"));
	KUNIT_ASSERT_EQ(test, write(f->keeper, "\003", 1), 1L);
	KUNIT_EXPECT_EQ(test, WTERMSIG(ended(f)), SIGINT);
	as_it_was(test);
}

static void says_later(struct kunit *test)
{
	struct fix *f = test->priv;

	begin(f, SAY, "xterm");
	KUNIT_ASSERT_TRUE(test, wrote(f, "lost"));
	KUNIT_ASSERT_EQ(test, write(f->keeper, "q", 1), 1L);
	KUNIT_EXPECT_EQ(test, ended(f), 0);
	as_it_was(test);
	KUNIT_EXPECT_GT(test, find(f, "cleave: something"), find(f, LEAVE));
}

static void grows(struct kunit *test)
{
	struct fix *f = test->priv;
	struct winsize size = { .ws_row = 50, .ws_col = 100 };

	begin(f, WAIT, "xterm");
	KUNIT_ASSERT_TRUE(test, wrote(f, "lost"));
	KUNIT_EXPECT_NULL(test, find(f, "row 129"));
	KUNIT_ASSERT_EQ(test, ioctl(f->keeper, TIOCSWINSZ, &size), 0);
	KUNIT_EXPECT_TRUE(test, wrote(f, "row 129"));
	KUNIT_ASSERT_EQ(test, write(f->keeper, "q", 1), 1L);
	KUNIT_EXPECT_EQ(test, ended(f), 0);
	as_it_was(test);
}

/* A terminal that cannot be drawn on, or that nobody knows: blocks of text. */
static void cannot_draw(struct kunit *test)
{
	static const char *const terms[] = { "dumb", "no-such-terminal", "" };
	struct fix *f = test->priv;
	size_t i;

	for (i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		f->len = 0;
		begin(f, SAY, terms[i]);
		KUNIT_EXPECT_EQ(test, ended(f), 0);
		KUNIT_EXPECT_NULL(test, find(f, ENTER));
		KUNIT_EXPECT_NOT_NULL(test, find(f, "cleave: something"));
		KUNIT_EXPECT_NOT_NULL(test, find(f, "row 129"));
		KUNIT_EXPECT_NOT_NULL(test, find(f, "watched "));
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(quits),
	KUNIT_CASE(exits),
	KUNIT_CASE(is_killed),
	KUNIT_CASE(is_interrupted),
	KUNIT_CASE(says_later),
	KUNIT_CASE(grows),
	KUNIT_CASE(cannot_draw),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_watch_screen",
	.init = set_up,
	.exit = tear_down,
	.test_cases = cases,
};

kunit_test_suite(suite);
