# SPDX-License-Identifier: GPL-2.0-only
"""System tests: which cgroup a process is in, and what of the system is traced by that."""
import json
import os
import pwd
import signal
import subprocess
import sys

from cases import EACH, as_nobody, case
from harness import CLEAVE, SLOW, check, equal, sh, until

REPORT = "/tmp/report"
MOUNT = "/sys/fs/cgroup"
HOME = "/cleave-test"

# A process that does what it is told, line by line: "in PATH" moves it there, "fork N" makes
# so many children, each of which ends at once, "user UID" makes it another's, "exec" has it
# begin anew, "end" ends it.  It answers with the pids of whom it has made.
ACTOR = """
import os, sys
pids = []
def moved(path):
    with open("%s" + path + "/cgroup.procs", "w") as f:
        f.write("0")
def forked(n):
    for _ in range(int(n)):
        pid = os.fork()
        if not pid:
            os._exit(0)
        os.waitpid(pid, 0)
        pids.append(pid)
print("there", flush=True)
while True:
    line = os.read(0, 100).decode()
    word, _, arg = line.strip().partition(" ")
    pids.clear()
    if word == "in":
        moved(arg)
    elif word == "fork":
        forked(arg)
    elif word == "user":
        os.setresuid(int(arg), int(arg), int(arg))
    elif word == "exec":
        os.execv(sys.executable, [sys.executable, "-c", os.environ["ACTOR"]])
    else:
        break
    print(" ".join(map(str, pids)), flush=True)
""" % MOUNT


class Actor:
    """Each of its own cgroup, and with a list of whom it has made."""

    def __init__(self, path=None):
        # pylint: disable=consider-using-with
        self.p = subprocess.Popen([sys.executable, "-c", ACTOR], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, encoding="ascii", bufsize=0,
                                  env=dict(os.environ, ACTOR=ACTOR))
        self.pid = self.p.pid
        self.made = []
        self.hear("there")
        if path:
            self.tell("in " + path)

    def hear(self, want=None):
        line = self.p.stdout.readline()
        check(line.endswith("\n"), "process %d has ended: %r", self.pid, line)
        if want:
            equal(line, want + "\n", "what process %d says" % self.pid)
        return [int(w) for w in line.split()] if not want else []

    def tell(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        made = self.hear("there" if line == "exec" else None)
        self.made += made
        return made

    def end(self):
        self.p.stdin.write("end\n")
        self.p.stdin.flush()
        equal(self.p.wait(60 * SLOW), 0, "the exit status of process %d" % self.pid)


class Cgroups:
    """Below HOME: in, with a deep one in it; inner, whose name begins so; out."""

    PATHS = ("", "/in", "/in/deep", "/inner", "/out")

    def __enter__(self):
        for path in self.PATHS:
            os.makedirs(MOUNT + HOME + path, exist_ok=True)
        return self

    def __exit__(self, kind, *why):
        if kind:
            return
        for path in reversed(self.PATHS):
            until("nobody in %s" % path, 60, lambda p=path: empty(p))
            os.rmdir(MOUNT + HOME + path)


def empty(path):
    with open(MOUNT + HOME + path + "/cgroup.procs", encoding="ascii") as f:
        return not f.read()


def objects():
    if not os.path.exists(REPORT):
        return []
    with open(REPORT, encoding="utf-8") as f:
        return [json.loads(line) for line in f.read().split("\n")[:-1]]


class Tracing:
    """cleave of the whole system, or of what the options leave of it, once it is in place."""

    def __init__(self, backend, ready, *options):
        if os.path.exists(REPORT):
            os.unlink(REPORT)
        # pylint: disable=consider-using-with
        self.p = subprocess.Popen([CLEAVE, "trace", "--backend=" + backend, "-a", "-f", "json",
                                   "-o", REPORT, *options], stderr=subprocess.PIPE,
                                  encoding="utf-8")
        until("process %d attached to" % ready, 180, lambda: self.has(ready))

    def has(self, pid):
        if self.p.poll() is not None:
            raise AssertionError("cleave has ended: " + self.p.stderr.read())
        return pid in {o["pid"] for o in objects() if o["type"] == "attach"}

    def end(self):
        self.p.send_signal(signal.SIGINT)
        said = self.p.communicate(timeout=120 * SLOW)[1]
        equal((self.p.returncode, said), (0, ""), "the exit status and standard error")
        return objects()


def of_process(o):
    """The processes that an event is about."""
    if o["type"] == "clone":
        return {o["parent"]["pid"]} | ({o["child"]["pid"]} if "child" in o else set())
    return {o["pid"]} if "pid" in o and o["type"] != "start" else set()


def told_of(found):
    pids = set()
    for o in found:
        pids |= of_process(o)
    return pids


def made_by(found, pid):
    return [o["child"]["pid"] for o in found
            if o["type"] == "clone" and o["parent"]["pid"] == pid]


def all_told(found, actor):
    """Each clone of its, in their order."""
    equal(made_by(found, actor.pid), actor.made, "whom process %d has made" % actor.pid)


@case(*EACH, "both", part="kernel")
def trace_cgroup(backend):
    """Exactly what is met in it, or below it, and what that makes."""
    with Cgroups():
        before, below = Actor(HOME + "/in"), Actor(HOME + "/in/deep")
        outside, beside = Actor(HOME + "/out"), Actor(HOME + "/inner")
        later = Actor()
        t = Tracing(backend, below.pid, "--trace-cgroup", HOME + "/in/")
        actors = (before, below, outside, beside, later)
        for a in actors:
            a.tell("fork 3")
        missed = later.made
        later.made = []
        # What was met in it stays traced; what has come into it is met as it makes another.
        before.tell("in " + HOME + "/out")
        before.tell("fork 2")
        later.tell("in " + HOME + "/in/deep")
        later.tell("fork 2")
        later.tell("exec")
        for a in actors:
            a.end()
        found = t.end()
    picked = (before, below, later)
    for a in picked:
        all_told(found, a)
    want = {a.pid for a in picked} | {p for a in picked for p in a.made}
    equal(told_of(found), want, "the processes that are told of")
    check(not told_of(found) & set(missed), "told of what was made outside")
    equal(found[0]["trace_cgroup"], HOME + "/in", "start.trace_cgroup")
    for o in found:
        if o["type"] == "clone" and o["parent"]["pid"] == below.pid:
            equal((o["parent"]["cgroup"], o["child"]["cgroup"]), (HOME + "/in/deep",) * 2,
                  "cgroups of a clone")
    clones = [o for o in found if o["type"] == "clone"]
    equal([o["child"]["cgroup"] for o in clones if o["parent"]["pid"] == before.pid],
          3 * [HOME + "/in"] + 2 * [HOME + "/out"], "where its children begin")
    equal({o["cgroup"] for o in found if o["type"] == "attach"},
          {HOME + "/in", HOME + "/in/deep"}, "where they were attached to")
    equal([o["cgroup"] for o in found if o["type"] == "exec"], [HOME + "/in/deep"],
          "where it has exec'ed")


@case(*EACH, part="kernel")
def trace_uid(backend):
    """By the real user id that a process has as it is met."""
    nobody = pwd.getpwnam("nobody").pw_uid
    before, root, later = Actor(), Actor(), Actor()
    before.tell("user %d" % nobody)
    t = Tracing(backend, before.pid, "--trace-uid", "nobody")
    for a in (before, root):
        a.tell("fork 2")
    later.tell("fork 2")
    later.made = []
    later.tell("user %d" % nobody)
    later.tell("exec")
    later.tell("fork 1")
    for a in (before, root, later):
        a.end()
    found = t.end()
    all_told(found, before)
    all_told(found, later)
    equal(told_of(found), {before.pid, later.pid, *before.made, *later.made},
          "the processes that are told of")
    equal(found[0]["trace_uid"], nobody, "start.trace_uid")
    equal({o["pid"] for o in found if o["type"] == "exec"}, {later.pid}, "who has exec'ed")


def worker(uid):
    """Forked by root, which is not picked; it takes another id, and writes to what it shares.
    Ends at a byte into what is returned."""
    out, into = os.pipe()
    pid = os.fork()
    if not pid:
        os.setresuid(uid, uid, uid)
        buf = bytearray(1 << 20)
        buf[::4096] = b"x" * 256
        os.read(out, 1)
        os._exit(6)
    os.close(out)
    return pid, into


@case(*EACH, part="kernel")
def trace_uid_of_workers(backend):
    """Made and met long after the look in the beginning, they are looked at as well."""
    nobody = pwd.getpwnam("nobody").pw_uid
    before = Actor()
    before.tell("user %d" % nobody)
    t = Tracing(backend, before.pid, "--trace-uid", "nobody")
    workers = [worker(nobody) for _ in range(2)]
    for pid, _ in workers:
        until("worker %d attached to" % pid, 60, lambda p=pid: t.has(p))
    for pid, into in workers:
        os.write(into, b"x")
        os.close(into)
        equal(os.waitpid(pid, 0)[1], 6 << 8, "its status")
    before.end()
    found = t.end()
    for pid, _ in workers:
        told = {o["type"]: o for o in found if o.get("pid") == pid}
        equal((told["attach"]["before_exec"], told["attach"]["creator_space"]), (True, None),
              "before exec, and its creator")
        end = told["exit"]
        equal((end["exit_code"], end["since_clone_ns"], end["shared"]), (6, None, None), "its end")
        check(end["cow"]["copied"] > 0, "it copied nothing: %r", end)
    equal(told_of(found), {before.pid} | {pid for pid, _ in workers},
          "the processes that are told of")


SCRIPT = """
one() { echo $$ >%s$1/cgroup.procs; exec sh -c "$2"; }
export -f one
bash -c 'one %s/in "true; true"'
bash -c 'one %s/out "true"'
""" % (MOUNT, HOME, HOME)


@case(*EACH, part="kernel")
def cgroup_shown(backend):
    """A recording carries it to where there is no such cgroup; nothing less is counted."""
    with Cgroups():
        if os.path.exists("/tmp/recording"):
            os.unlink("/tmp/recording")
        p = sh(CLEAVE, "record", "--backend=" + backend, "-o", "/tmp/recording", "--", "bash", "-c",
               SCRIPT)
        equal((p.returncode, p.stderr), (0, ""), "cleave record")
    os.chmod("/tmp/recording", 0o644)

    def report(*options):
        p = as_nobody(CLEAVE, "report", "-f", "json", *options, "/tmp/recording")
        equal((p.returncode, p.stderr), (0, ""), "cleave report")
        return [json.loads(line) for line in p.stdout.splitlines()]

    everything, some = report(), report("--cgroup", HOME + "/in")
    equal({o["cgroup"] for o in everything if o["type"] == "exec"},
          {"/", HOME + "/in", HOME + "/out"}, "where they have exec'ed")
    inside = [o for o in everything if o["type"] == "exec" and o["cgroup"] == HOME + "/in"]
    check(inside, "nobody has exec'ed in the cgroup")
    equal([o for o in some if o["type"] == "exec"], inside, "execs that are shown")
    equal(some[-1].pop("left_out"), len(everything) - len(some), "how much is left out")
    equal(some[-1], everything[-1], "the summary")
    text = as_nobody(CLEAVE, "report", "--cgroup", HOME + "/out", "/tmp/recording").stdout
    check(" events are left out" in text, "nothing is left out:\n%s", text)


@case(None, group="module", part="kernel")
def cgroups_refused():
    """One line that says why."""
    for options, word in ((("-a", "--trace-cgroup=/not/there"), "/not/there"),
                          (("-a", "--trace-uid=nobody-at-all"), "nobody-at-all"),
                          (("--trace-uid=root", "true"), "--all"),
                          (("--trace-cgroup=/", "-p", "1"), "--all")):
        p = sh(CLEAVE, "trace", *options)
        equal((p.returncode, p.stdout), (125, ""), "the exit status and standard output")
        check(p.stderr.count("\n") == 1 and word in p.stderr, "what it says: %r", p.stderr)
