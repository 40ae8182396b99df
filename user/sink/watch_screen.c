// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch_screen.c - the terminal as a screen, by ncurses.
 *
 * Keys are read by hand: what ncurses reads it may wait for, and the session must not.
 */
#define NCURSES_NOMACROS
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "sink/watch.h"

#define KEY_ESC		27
#define KEY_CTRL_L	12

/* Colour pairs. */
#define PAIR_YELLOW	1

/**
 * struct screen - the terminal while it is taken
 * @scr: of ncurses
 * @page: where what is shown is printed first
 * @buf: that, page.f's
 * @size: of @buf
 * @epfd: readable when there is something to do
 * @winch_fd: the terminal's size has changed
 * @tty: its descriptor
 * @f: the same, for ncurses
 */
struct screen {
	SCREEN *scr;
	struct page page;
	char *buf;
	size_t size;
	int epfd;
	int winch_fd;
	int tty;
	FILE *f;
};

/**
 * struct before - the terminal as it was, for whatever ends the program
 * @taken: it is taken now
 * @tty: its descriptor
 * @modes: its modes
 * @leave: what has it show its other contents, and the cursor
 * @len: of @leave
 * @err_fd: standard error, or -1 where that is not held
 * @held_fd: what was written to it meanwhile
 * @actions: what was to be done about each of @ends
 */
struct before {
	volatile sig_atomic_t taken;
	int tty;
	struct termios modes;
	char leave[128];
	size_t len;
	int err_fd;
	int held_fd;
	struct sigaction actions[4];
};

static struct before before = { .err_fd = -1, .held_fd = -1 };

static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

#define NR_ENDS	(sizeof(ends) / sizeof(ends[0]))

static void write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		/* A terminal that is gone is as it was. */
		if (n <= 0)
			return;
		buf += n;
		len -= n;
	}
}

/* What was said while nobody could see it.  Nothing but system calls: see on_end(). */
static void say_held(void)
{
	char buf[512];
	off_t at = 0;
	ssize_t n;

	if (before.err_fd < 0)
		return;
	dup2(before.err_fd, STDERR_FILENO);
	while ((n = pread(before.held_fd, buf, sizeof(buf), at)) > 0) {
		write_all(STDERR_FILENO, buf, n);
		at += n;
	}
	close(before.err_fd);
	close(before.held_fd);
	before.err_fd = -1;
	before.held_fd = -1;
}

static void hold_stderr(void)
{
	if (!isatty(STDERR_FILENO))
		return;
	before.held_fd = memfd_create("cleave-stderr", MFD_CLOEXEC);
	before.err_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (before.held_fd >= 0 && before.err_fd >= 0 &&
	    dup2(before.held_fd, STDERR_FILENO) >= 0)
		return;
	/* It spoils the screen then, until that is drawn anew. */
	if (before.held_fd >= 0)
		close(before.held_fd);
	if (before.err_fd >= 0)
		close(before.err_fd);
	before.err_fd = -1;
	before.held_fd = -1;
}

static void give_back(void)
{
	if (!before.taken)
		return;
	before.taken = 0;
	write_all(before.tty, before.leave, before.len);
	tcsetattr(before.tty, TCSADRAIN, &before.modes);
	say_held();
}

static void on_end(int sig)
{
	give_back();
	/* Once more, as it is without this handler. */
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Where the program ends in the middle: need(). */
__attribute__((destructor)) static void give_back_at_exit(void)
{
	give_back();
}

/*
 * @name: of a capability that the terminal may have.  Without its delays, "$<5>":
 * nothing comes behind it that a slow terminal could miss.
 */
static void add_leave(const char *name)
{
	const char *s = tigetstr(name);

	if (!s || s == (const char *)-1)
		return;
	while (*s && before.len < sizeof(before.leave)) {
		if (s[0] == '$' && s[1] == '<' && strchr(s, '>'))
			s = strchr(s, '>') + 1;
		else
			before.leave[before.len++] = *s++;
	}
}

/* From here on whatever ends the program gives the terminal back. */
static void remember(int tty)
{
	struct sigaction sa = { .sa_handler = on_end };
	size_t i;

	before.tty = tty;
	before.len = 0;
	add_leave("sgr0");
	add_leave("op");
	add_leave("cnorm");
	add_leave("rmcup");
	hold_stderr();
	/* In the place of ncurses' own, which end the program with status 1. */
	for (i = 0; i < NR_ENDS; i++) {
		sigaction(ends[i], NULL, &before.actions[i]);
		if (before.actions[i].sa_handler != SIG_IGN)
			sigaction(ends[i], &sa, NULL);
	}
	before.taken = 1;
}

static void forget(void)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	struct sigaction now;
	size_t i;

	/* Not where somebody has put another in its place. */
	for (i = 0; i < NR_ENDS; i++)
		if (!sigaction(ends[i], NULL, &now) && now.sa_handler == on_end)
			sigaction(ends[i], &dfl, NULL);
}

static bool watch(struct screen *s, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return fd >= 0 && !epoll_ctl(s->epfd, EPOLL_CTL_ADD, fd, &ev);
}

static bool start_waiting(struct screen *s)
{
	sigset_t winch;

	sigemptyset(&winch);
	sigaddset(&winch, SIGWINCH);
	sigprocmask(SIG_BLOCK, &winch, NULL);
	s->winch_fd = signalfd(-1, &winch, SFD_CLOEXEC | SFD_NONBLOCK);
	s->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (!watch(s, s->winch_fd))
		return false;
	return !isatty(STDIN_FILENO) || watch(s, STDIN_FILENO);
}

static void set_modes(struct screen *s, bool colour)
{
	cbreak();
	noecho();
	curs_set(0);
	nonl();
	s->page.colour = colour;
	if (colour && has_colors()) {
		start_color();
		use_default_colors();
		init_pair(PAIR_YELLOW, COLOR_YELLOW, -1);
	}
}

static void free_screen(struct screen *s)
{
	if (s->page.f)
		fclose(s->page.f);
	if (s->f)
		fclose(s->f);
	else if (s->tty >= 0)
		close(s->tty);
	free(s->buf);
	if (s->winch_fd >= 0)
		close(s->winch_fd);
	if (s->epfd >= 0)
		close(s->epfd);
	free(s);
}

struct screen *screen_open(const struct out *out)
{
	struct screen *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->tty = fcntl(out->fd, F_DUPFD_CLOEXEC, 3);
	s->f = s->tty < 0 ? NULL : fdopen(s->tty, "w");
	s->epfd = -1;
	s->winch_fd = -1;
	s->page.utf8 = fmt_is_utf8();
	s->page.f = open_memstream(&s->buf, &s->size);
	if (!s->f || !s->page.f || tcgetattr(s->tty, &before.modes) || !start_waiting(s)) {
		free_screen(s);
		return NULL;
	}
	s->scr = newterm(NULL, s->f, stdin);
	if (!s->scr || !tigetstr("cup")) {
		if (s->scr)
			endwin();
		free_screen(s);
		return NULL;
	}
	remember(s->tty);
	set_modes(s, out_colour(out));
	return s;
}

/* What page_paint() gives; returns its length. */
static size_t take_paint(const char *s, size_t len, attr_t *attr, short *pair)
{
	const char *m = memchr(s, 'm', len);

	if (!m)
		return 1;
	*attr = A_NORMAL;
	*pair = 0;
	switch (atoi(s + 2)) {
	case 1:
		*attr = A_BOLD;
		break;
	case 33:
		*pair = PAIR_YELLOW;
		break;
	}
	return m + 1 - s;
}

/* One line, as much of it as there are columns. */
static void draw_line(int y, const char *s, size_t len)
{
	unsigned int columns = COLS;
	attr_t attr = A_NORMAL;
	short pair = 0;

	move(y, 0);
	while (len) {
		const char *esc = memchr(s, '\033', len);
		size_t n = esc ? (size_t)(esc - s) : len;

		if (esc == s) {
			n = take_paint(s, len, &attr, &pair);
			attr_set(attr, pair, NULL);
		} else {
			addnstr(s, (int)fmt_fit(s, n, &columns));
		}
		s += n;
		len -= n;
	}
}

static void draw(const char *s, size_t len)
{
	int y;

	for (y = 0; len && y < LINES; y++) {
		const char *end = memchr(s, '\n', len);
		size_t n = end ? (size_t)(end - s) : len;

		draw_line(y, s, n);
		n += !!end;
		s += n;
		len -= n;
	}
}

/* The size can be another each time. */
static void set_size(struct screen *s)
{
	struct winsize w;

	if (!ioctl(s->tty, TIOCGWINSZ, &w) && w.ws_row && w.ws_col &&
	    (w.ws_row != LINES || w.ws_col != COLS))
		resize_term(w.ws_row, w.ws_col);
	s->page.columns = COLS;
}

void screen_show(struct screen *s, const struct watch_view *v)
{
	set_size(s);
	rewind(s->page.f);
	if (v->round)
		watch_print(v, &s->page, LINES);
	else
		fputs("the first snapshot is still to come; q quits\n", s->page.f);
	fflush(s->page.f);
	erase();
	attr_set(A_NORMAL, 0, NULL);
	draw(s->buf, ftello(s->page.f));
	refresh();
}

int screen_fd(const struct screen *s)
{
	return s->epfd;
}

/* Bytes that the key has sent which begins with ESC: "ESC O x", "ESC [ 1 ; 2 x", Alt-x. */
static size_t key_len(const char *s, size_t len)
{
	size_t n = 2;

	if (len > 2 && s[1] == 'O')
		n = 3;
	else if (len > 2 && s[1] == '[')
		while (n < len && (s[n++] & 0xc0) != 0x40)
			;
	return n < len ? n : len;
}

static bool read_keys(struct screen *s)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));
	ssize_t i = 0;

	/* Nobody is there any more. */
	if (!n || (n < 0 && errno != EINTR && errno != EAGAIN))
		epoll_ctl(s->epfd, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
	while (i < n) {
		switch (keys[i]) {
		case 'q':
		case 'Q':
			return false;
		case KEY_CTRL_L:
			clearok(curscr, TRUE);
			break;
		case KEY_ESC:
			i += (ssize_t)key_len(keys + i, n - i);
			continue;
		}
		i++;
	}
	return true;
}

bool screen_ready(struct screen *s, const struct watch_view *v)
{
	struct signalfd_siginfo si;
	struct epoll_event ev[2];
	int i, n = epoll_wait(s->epfd, ev, 2, 0);

	for (i = 0; i < n; i++) {
		if (ev[i].data.fd == STDIN_FILENO && !read_keys(s))
			return false;
		if (ev[i].data.fd == s->winch_fd)
			while (read(s->winch_fd, &si, sizeof(si)) == sizeof(si))
				;
	}
	screen_show(s, v);
	return true;
}

void screen_close(struct screen *s)
{
	if (!s)
		return;
	endwin();
	/* It has shown its other contents: not twice, as some keep them on a stack. */
	before.len = 0;
	give_back();
	forget();
	delscreen(s->scr);
	free_screen(s);
}
