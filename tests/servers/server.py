# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of real servers share: a server of Debian's in a root of its own, and what
the kernel says of its memory while it stands still."""
import collections
import os
import re
import signal
import struct
import subprocess
import time

from attach import Attached, attach_and_look, waits
from cases import Trace
from harness import LIBC, Skip, check, equal, sh, stat_fields, until

# An unpacked package with all that it needs.
PACKAGE = os.environ.get("CLEAVE_TEST_PACKAGE", "")
ROOT = "/tmp/root"

# Of /proc/PID/pagemap.
PRESENT, SWAPPED, FILE, FRAME = 1 << 63, 1 << 62, 1 << 61, (1 << 55) - 1
PAGE = 4096

# Seconds, against what never ends.
LONG = 1200

THP = "/sys/kernel/mm/transparent_hugepage/"
PR_SET_THP_DISABLE = 41

USERS = "root:x:0:0::/:/bin/sh\nserver:x:1000:1000::/tmp:/bin/sh\n"


def bind(path, to):
    os.makedirs(to, exist_ok=True)
    equal(sh("mount", "--bind", path, to).returncode, 0, "mount --bind %s" % path)


def root():
    """A root with what the package has, its libraries before all: a server starts others of
    its programs by their paths.  /tmp is the same as outside."""
    if not os.path.exists(PACKAGE + "/usr/bin"):
        raise Skip("no package")
    if os.path.ismount(ROOT + "/proc"):
        return
    for name in ("usr", "var"):
        if os.path.isdir(PACKAGE + "/" + name):
            bind(PACKAGE + "/" + name, ROOT + "/" + name)
    for name in ("bin", "sbin", "lib", "lib64"):
        os.symlink("usr/" + name, ROOT + "/" + name)
    os.mkdir(ROOT + "/etc")
    with open(ROOT + "/etc/passwd", "w", encoding="ascii") as f:
        f.write(USERS)
    for name in ("dev", "proc", "sys", "tmp"):
        bind("/" + name, ROOT + "/" + name)


def inside(*argv, user=0):
    """The words that start a program there."""
    return ["chroot", "--userspec=%d:%d" % (user, user), ROOT, *map(str, argv)]


class Server:
    """A process that runs until it is told to end."""

    def __init__(self, *argv, log, user=0, env=None, before=None):
        root()
        self.log = log
        with open(log, "w", encoding="utf-8") as f:
            # pylint: disable=consider-using-with,subprocess-popen-preexec-fn
            self.p = subprocess.Popen(inside(*argv, user=user), stdin=subprocess.DEVNULL,
                                      stdout=f, stderr=f, preexec_fn=before,
                                      env=dict(os.environ, **(env or {})))
        self.pid = self.p.pid

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def ready(self, cond):
        until("the server is ready", LONG, lambda: self.p.poll() is not None or cond())
        equal(self.p.poll(), None, "the server's end; it said %s" % self.said())

    def end(self, status=0):
        equal(self.p.wait(timeout=LONG), status, "the server's end; it said %s" % self.said())


class Traced(Attached):
    """cleave, attached to servers by all that it has: it waits for what will come."""

    def __init__(self, backend, pids, *options, **kw):
        super().__init__(backend, pids, "--breaks", *options, **kw)
        until("it waits for records", LONG, lambda: waits(self.p.pid))

    def agreed(self, forks, edges=False):
        """The trace, when all servers have ended.  The two backends compared each fork, with its
        end and all that it broke, and there was no difference.  @edges: a creator may have gone
        on while a child ended, or another thread of it while it was made."""
        t = self.end()
        c = t.one("compare")
        equal((c["nr_differences"], c["differences"]), (0, []), "differences")
        check(edges or not c["edges"], "edges: %r", c["edges"])
        made = {o["child"]["pid"] for o in t.made()}
        equal((len(t.clones), len(made)), (forks, forks), "forks, each with a pid of its own")
        equal(c["events"], 2 * forks + sum(o["pid"] in made for o in t.all("break")),
              "events compared")
        return t


# --- processes that stand still ---------------------------------------------------------


def stand_still(*pids):
    """Stops processes, all threads of them."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    for pid in pids:
        for tid in os.listdir("/proc/%d/task" % pid):
            until("%s stops" % tid, LONG, lambda t=int(tid): stat_fields(t)[0] == "T")


def go_on(*pids):
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def ended(pid):
    """Before its parent has noticed."""
    return stat_fields(pid)[0] == "Z"


def faults(pid):
    """minor and major ones: all that its page tables have got came by one"""
    return int(stat_fields(pid)[7]) + int(stat_fields(pid)[9])


# --- their memory ----------------------------------------------------------------------


def mappings(pid):
    """(start, end) of each, but for those of the kernel's."""
    with open("/proc/%d/maps" % pid, encoding="utf-8", errors="replace") as f:
        for line in f:
            if not re.search(r"\[v(syscall|var|dso|var_vclock)\]$", line):
                yield tuple(int(x, 16) for x in line.split()[0].split("-"))


def frames(pid):
    """Of each anonymous page that is present: {address: frame}"""
    found = {}
    with open("/proc/%d/pagemap" % pid, "rb", buffering=0) as f:
        for start, end in mappings(pid):
            entries = os.pread(f.fileno(), (end - start) // PAGE * 8, start // PAGE * 8)
            for n, (e,) in enumerate(struct.iter_unpack("Q", entries)):
                check(not e & SWAPPED, "a page of %d is swapped out", pid)
                if e & PRESENT and not e & FILE:
                    found[start + n * PAGE] = e & FRAME
    return found


def without_zero(found):
    """Without what was read and never written, which is nobody's memory; huge pages of it as
    well.  KPF_ZERO_PAGE is bit 24 of the word that there is for each frame."""
    with open("/proc/kpageflags", "rb", buffering=0) as f:
        third = b"".join(iter(lambda: f.read(1 << 20), b""))[3::8]
    return {a: f for a, f in found.items() if not third[f] & 1}


class Memory:
    """Anonymous pages of a server and its children, from one time when all stand still to
    another: what cleave tells of each copy, against the frames that the kernel tells of."""

    def __init__(self, pid):
        """Of a server that stands still, before its forks."""
        self.pid, self.began = pid, time.monotonic_ns()
        self.before = without_zero(frames(pid))

    def look(self, *children):
        """When all stand still."""
        self.ended = time.monotonic_ns()
        self.now = {pid: without_zero(frames(pid)) for pid in (self.pid, *children)}

    def moved(self, pid):
        """Pages of before that are in another frame now."""
        now = self.now[pid]
        return {a for a, f in self.before.items() if a in now and now[a] != f}

    def others(self, pid):
        """The frames of all but one."""
        return {f for p, now in self.now.items() if p != pid for f in now.values()}

    def fresh(self, clone):
        """Pages that the server has touched for the first time between the look and the fork."""
        n = clone["pages"]["anon"] + clone["pages"]["anon_huge"] - len(self.before)
        check(n >= 0, "%r shared of %d", clone["pages"], len(self.before))
        return n

    def copies(self, t, pid, since, until):
        """Addresses of the pages that a process copied in a time, by cleave."""
        return [int(o["addr"], 16) for o in t.all("break")
                if o["pid"] == pid and o["outcome"] == "copied" and since < o["ts"] < until]

    def check(self, t, clone, end):
        """A child that was made in that time, and was alive at its end.  Returns what the server
        copied between the fork and that, what other threads of it copied in the fork, so that
        the child may have got it or not, and what the child did."""
        pid, forked = clone["child"]["pid"], (clone["ts"] - clone["duration_ns"], clone["ts"])
        before = self.copies(t, self.pid, self.began, forked[0])
        during = self.copies(t, self.pid, *forked)
        server = self.copies(t, self.pid, forked[1], self.ended)
        own = self.copies(t, pid, forked[0], self.ended)
        self.check_pages(self.pid, before + during + server)
        self.check_pages(pid, before + own, during)
        equal(end["cow"]["copied"], len(self.copies(t, pid, forked[0], end["ts"])), "copies")
        later = len(self.copies(t, self.pid, forked[1], end["ts"]))
        check(later <= end["creator_cow"]["copied"] <= later + len(during), "%d copies by its "
              "creator, and not from %d to %d", end["creator_cow"]["copied"], later,
              later + len(during))
        return server, during, own

    def check_pages(self, pid, sure, unsure=()):
        """A page is in another frame if it was copied; if twice, it can be where it was."""
        times = collections.Counter([*sure, *unsure])
        here = {a for a in times if a in self.before and a in self.now[pid]}
        moved, once = self.moved(pid), {a for a in here.intersection(sure) if times[a] == 1}
        check(once <= moved <= here, "%d: copied, and where they were: %r; moved, and not copied: "
              "%r", pid, sorted(map(hex, once - moved)), sorted(map(hex, moved - here)))


def smaps(pid, name):
    """Pages of all mappings together, as servers read it themselves."""
    with open("/proc/%d/smaps" % pid, encoding="utf-8", errors="replace") as f:
        return sum(int(line.split()[1]) for line in f if line.startswith(name + ":")) // 4


def status_kib(pid, name):
    with open("/proc/%d/status" % pid, encoding="latin-1") as f:
        return int(re.search("^%s:\\s*(\\d+) kB" % name, f.read(), re.M)[1])


def shared_by_smaps(pid):
    """Of the mappings without a file: where they are, and how many pages others map, too."""
    where, kib, file = [], 0, True
    with open("/proc/%d/smaps" % pid, encoding="utf-8", errors="replace") as f:
        for line in f:
            words = line.split()
            if re.match("[0-9a-f]+-", line):
                file = words[4] != "0" or words[-1].startswith("[v")
                if not file:
                    where.append(tuple(int(x, 16) for x in words[0].split("-")))
            elif not file and words[0] in ("Shared_Clean:", "Shared_Dirty:"):
                kib += int(words[1])
    return where, kib // 4


def looks_of(backend, pid, workers):
    """What cleave says, attached to a server that stands still, of what workers share."""
    path = "/tmp/looks"
    attach_and_look(backend, [pid], path)
    found = {o["pid"]: o["shared_now"] for o in Trace(path).all("snapshot")[-1]["spaces"]}
    return [found[w] for w in workers]


def huge_pages(mode):
    """Of those that are transparent.  None is made later of base pages: frames stay what they
    are."""
    if not os.path.exists(THP):
        raise Skip("a kernel without transparent huge pages")
    for path, value in ((THP + "khugepaged/scan_sleep_millisecs", "3600000"),
                        (THP + "enabled", mode), ("/proc/sys/vm/compaction_proactiveness", "0")):
        with open(path, "w", encoding="ascii") as f:
            f.write(value)


def no_huge_pages():
    """For this process, and the program that it becomes."""
    check(not LIBC.prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), "PR_SET_THP_DISABLE")
