# SPDX-License-Identifier: GPL-2.0-only
"""System tests: cleave watch, of a server with a worker; both write when they are told."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

from cases import EACH, case
from harness import CLEAVE, SLOW, check, equal, sh, until

REPORT = "/tmp/snapshots"
PAGES = 2000
# What python writes to beside what it is told to.
NOISE = 250

# A line "w N" has the worker write to the first N pages, "s N" the server to the last, so that
# both share them still; each answers once it has.
SERVER = """
import mmap, os, sys
memory = mmap.mmap(-1, 4096 * %d, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for i in range(%d):
    memory[4096 * i] = 1
orders = os.pipe()

def write(first, n):
    for i in range(first, first + n):
        memory[4096 * i] = 2
    os.write(1, b"done\\n")

if not os.fork():
    os.close(orders[1])
    for line in os.fdopen(orders[0]):
        write(0, int(line))
    os._exit(0)
os.close(orders[0])
os.write(1, b"done\\n")
for line in sys.stdin:
    who, n = line.split()
    if who == "w":
        os.write(orders[1], n.encode() + b"\\n")
    else:
        write(%d - int(n), int(n))
""" % (PAGES, PAGES, PAGES)


class Server:
    """It ends with what uses it: cleave, which has been attached to it, does so, too."""

    def __init__(self):
        # pylint: disable=consider-using-with
        self.p = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, encoding="ascii")
        equal(self.p.stdout.readline(), "done\n", "the server")

    def write(self, who, n):
        self.p.stdin.write("%s %d\n" % (who, n))
        self.p.stdin.flush()
        equal(self.p.stdout.readline(), "done\n", "who is to write")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.p.stdin.close()
        self.p.stdout.close()
        self.p.wait(60 * SLOW)


def argv(backend, server, *options):
    return [CLEAVE, "watch", "--backend=" + backend, "-p", str(server.p.pid), *options]


def snapshots():
    if not os.path.exists(REPORT):
        return []
    with open(REPORT, encoding="utf-8") as f:
        found = [json.loads(line) for line in f if line.endswith("\n")]
    return [o for o in found if o["type"] == "snapshot"]


def another():
    """A snapshot that begins after this is called."""
    before = len(snapshots())
    until("a snapshot", 60, lambda: len(snapshots()) > before + 1)
    return snapshots()[-1]


@case(*EACH, part="kernel")
def watched(backend):
    """What is told of a worker while it and its creator write."""
    if os.path.exists(REPORT):
        os.unlink(REPORT)
    with Server() as server:
        # pylint: disable=consider-using-with
        p = subprocess.Popen(argv(backend, server, "-i", "0.2", "-f", "json", "-o", REPORT))
        first = another()["spaces"]
        equal(len(first), 1, "address spaces")
        server.write("w", 300)
        server.write("s", 400)
        s = another()
        space, family = s["spaces"][0], s["families"][0]
        copied, creator = space["cow"]["copied"], space["creator_cow"]["copied"]
        for name, n, wanted in (("the worker", copied - first[0]["cow"]["copied"], 300),
                                ("its creator", creator - first[0]["creator_cow"]["copied"], 400)):
            check(wanted <= n <= wanted + NOISE, "%s copied %d, of %d", name, n, wanted)
        equal((space["attached"], space["shared_from"], space["creator_pid"]),
              (True, "look", server.p.pid), "what it is")
        check(space["shared"] >= PAGES, "shared %d of %d", space["shared"], PAGES)
        equal(space["shared_most"], space["shared"] - copied, "shared at most")
        equal(space["shared_estimate"], space["shared"] - copied - creator, "by the estimate")
        equal((family["pid"], family["children"], family["extra_pages"]),
              (server.p.pid, 1, copied + creator), "the family")
        equal((s["extra_pages"], s["lost"]), (family["extra_pages"], 0), "in all")
    equal(p.wait(60 * SLOW), 0, "the exit status")
    last = snapshots()[-1]
    check(last["peak_pages"] >= family["extra_pages"], "peak %d of %d", last["peak_pages"],
          family["extra_pages"])


def breaks(cow):
    return sum(n for outcome, n in cow.items() if outcome not in ("file_first", "not_a_break"))


def timed(side):
    check(0 < side["max_ns"] <= side["sum_ns"] <= side["count"] * side["max_ns"],
          "no times of so many breaks: %r", side)
    return side["count"] + side["untimed"]


def spread(kinds):
    """Of one side, by outcome; returns all together."""
    for k in kinds.values():
        equal(sum(k["histogram"]), k["count"], "those in its histogram: %r" % k)
    total = {name: sum(k[name] for k in kinds.values()) for name in ("count", "untimed", "sum_ns")}
    return dict(total, max_ns=max((k["max_ns"] for k in kinds.values()), default=0))


@case(*EACH, part="kernel")
def times_live(backend):
    """All stand still, and as many breaks are timed, or untimed, as the ledger has."""
    if os.path.exists(REPORT):
        os.unlink(REPORT)
    with Server() as server:
        # pylint: disable=consider-using-with
        p = subprocess.Popen(argv(backend, server, "-i", "0.2", "-f", "json", "--times", "-o",
                                  REPORT))
        another()
        before = 0
        for who, n in ("w", 300), ("s", 400), ("w", 700):
            server.write(who, n)
            s = another()
            space, family = s["spaces"][0], s["families"][0]
            own, of = space["break_ns"]["before_exec"], family["break_ns"]
            equal(timed(own), breaks(space["cow"]), "breaks of the worker")
            equal(of["before_exec"], own, "the family's children, of which there is one")
            if who == "s":
                check(of["creator"]["count"] >= 400, "of its creator's: %r", of)
            else:
                check(own["count"] >= n, "of its own: %r", own)
            check(of["creator"]["sum_ns"] >= before, "times that go back: %r", of)
            before = of["creator"]["sum_ns"]
            equal(s["break_ns"], of, "in all, of which it is")
            # Nobody has ended, and so all that there were are alive.
            equal({side: spread(s["all_break_ns"][side]) for side in of}, of, "by outcome")
        equal(timed(of["creator"]), breaks(space["creator_cow"]), "breaks of the creator")
    equal(p.wait(60 * SLOW), 0, "the exit status")


@case(*EACH, part="all")
def watched_as_text(backend):
    with Server() as server:
        p = sh(*argv(backend, server, "-i", "0.2", "-n", "2", "--scan"))
    equal((p.returncode, p.stderr), (0, ""), "the exit status and standard error")
    rows = re.findall(r"^python3? \d+ +python3? %d .*\* .* 0$" % server.p.pid, p.stdout, re.M)
    equal(len(rows), 2, "rows in\n%s" % p.stdout)
    equal(len(re.findall("^all: extra .*; lost 0; ", p.stdout, re.M)), 2, "lines for all")


def shown(fd, said, what):
    """Reads from a terminal until it shows something."""
    end = time.time() + 60 * SLOW
    while what not in said and time.time() < end:
        if select.select([fd], [], [], 1)[0]:
            said += os.read(fd, 65536)
    check(what in said, "no %r in %r", what, said)
    return said


def on_a_terminal(backend, server, keeper, tty, leave):
    # pylint: disable=consider-using-with
    p = subprocess.Popen(argv(backend, server, "-i", "0.2"), stdin=tty, stdout=tty, stderr=tty,
                         env=dict(os.environ, TERM="xterm"), start_new_session=True)
    said = shown(keeper, b"", b"family of")
    leave(p)
    said = shown(keeper, said, b"watched ")
    equal(p.wait(60 * SLOW), 0, "the exit status")
    check(0 <= said.find(b"\x1b[?1049h") < said.find(b"\x1b[?1049l") < said.find(b"watched "),
          "the terminal is not given back: %r", said)


@case(*EACH, part="all")
def watched_on_a_terminal(backend):
    keeper, tty = pty.openpty()
    fcntl.ioctl(tty, termios.TIOCSWINSZ, struct.pack("4H", 24, 100, 0, 0))
    before = termios.tcgetattr(tty)
    with Server() as server:
        for leave in (lambda p: os.write(keeper, b"q"), lambda p: p.send_signal(signal.SIGTERM)):
            on_a_terminal(backend, server, keeper, tty, leave)
            equal(termios.tcgetattr(tty), before, "the terminal's modes")
    os.close(keeper)
    os.close(tty)
