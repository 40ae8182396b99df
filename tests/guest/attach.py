# SPDX-License-Identifier: GPL-2.0-only
"""System tests: processes that were there before cleave."""
import json
import os
import select
import signal
import statistics
import subprocess
import threading
import time

from cases import EACH, Trace, case, programs_left
from cgroups import Tracing
from harness import (CLEAVE, SLOW, TOP, WHOLE, amount, check, equal, load_by_call,
                     module_loaded, sh, stat_fields, unload_by_call, until)

HELPER = os.path.join(TOP, "build", "tests", "attach")
REPORT = "/tmp/report"


class There:
    """A process that is there before cleave; a line makes it go on."""

    def __init__(self, *argv, word="there"):
        # pylint: disable=consider-using-with
        self.p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  encoding="ascii")
        self.pid = self.p.pid
        equal(self.p.stdout.readline(), word + "\n", "what %s says" % argv[-1])

    def line(self):
        self.p.stdin.write("\n")
        self.p.stdin.flush()

    def end(self, status=0):
        self.p.stdin.close()
        equal(self.p.wait(60 * SLOW), status, "its exit status")


def helper(*argv, **kw):
    return There(HELPER, *argv, **kw)


def events(kind):
    """Of a report that is being written, as far as it goes now: it can grow faster than it
    is read."""
    if not os.path.exists(REPORT):
        return []
    with open(REPORT, encoding="utf-8") as f:
        lines = f.read(os.path.getsize(REPORT)).split("\n")[:-1]
    return [json.loads(line) for line in lines if line.startswith('{"type":"%s"' % kind)]


def attach_argv(backend, pids, *options, path=REPORT):
    return [CLEAVE, "trace", "--backend=" + backend, "-f", "json", "-o", path,
            "-p", ",".join(map(str, pids)), *options]


def waits(pid):
    """Is cleave attached to all, with every backend, and has it looked at them?  It sleeps in
    epoll_wait() or epoll_pwait() then, and does not only ask."""
    with open("/proc/%d/syscall" % pid, encoding="ascii") as f:
        words = f.read().split()
    return words[0] in ("232", "281") and int(words[4], 16) != 0


def attach_and_look(backend, pids, path):
    """cleave, attached to processes until it has looked at all."""
    if os.path.exists(path):
        os.unlink(path)
    # pylint: disable=consider-using-with
    p = subprocess.Popen(attach_argv(backend, pids, "--no-selftest", path=path),
                         stderr=subprocess.PIPE, encoding="utf-8")
    until("it waits", 600, lambda: os.path.exists(path) and waits(p.pid))
    p.send_signal(signal.SIGINT)
    said = p.communicate(timeout=60 * SLOW)[1]
    equal((p.returncode, said), (0, ""), "the exit status and standard error")


class Attached:
    """cleave, attached to processes: to all of those in @await_pids, when it is made."""

    def __init__(self, backend, pids, *options, await_pids=()):
        if os.path.exists(REPORT):
            os.unlink(REPORT)
        # pylint: disable=consider-using-with
        self.p = subprocess.Popen(attach_argv(backend, pids, *options), stderr=subprocess.PIPE,
                                  encoding="utf-8")
        want = set(pids) | set(await_pids)
        until("%r attached to" % want, 600, lambda: want <= {o["pid"] for o in events("attach")})

    def end(self):
        """By itself, as all that it traces has ended; the trace, which must be whole."""
        said = self.p.communicate(timeout=60 * SLOW)[1]
        for o in events("compare"):
            equal(o["differences"][:5], [], "the first of %d differences" % o["nr_differences"])
        equal((self.p.returncode, said), (0, ""), "the exit status and standard error")
        t = Trace(REPORT)
        t.complete()
        return t


def attachment(t, pid):
    found = [o for o in t.all("attach") if o["pid"] == pid]
    equal(len(found), 1, "attachments of %d" % pid)
    return found[0]


def children(pid):
    found = []
    for tid in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/children" % (pid, tid), encoding="ascii") as f:
            found += map(int, f.read().split())
    return found


def descendants(pid):
    found = []
    for child in children(pid):
        try:
            found += [child] + descendants(child)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def refused(pid, *words):
    """One line that says why, and status 125."""
    p = sh(CLEAVE, "trace", "-p", str(pid), "-o", REPORT)
    equal((p.returncode, p.stdout), (125, ""), "the exit status and standard output")
    lines = p.stderr.splitlines()
    check(len(lines) == 1 and lines[0].startswith("cleave: "), "not one line: %r", lines)
    for word in words:
        check(word in lines[0], "no '%s' in: %s", word, lines[0])
    print(lines[0])


@case("module")
def attach_refused(backend):
    """Whom there is nothing to be traced of."""
    gone = os.fork()
    if not gone:
        os._exit(0)
    until("a zombie", 20, lambda: stat_fields(gone)[0] == "Z")
    refused(gone, str(gone), "zombie")
    os.waitpid(gone, 0)
    refused(gone, str(gone))
    refused(2, "kernel thread")
    there = helper("leaderless")
    tid = [int(t) for t in os.listdir("/proc/%d/task" % there.pid) if int(t) != there.pid][0]
    refused(tid, str(tid), "thread", str(there.pid))
    p = sh("sh", "-c", 'exec "$0" trace --backend=%s -p $$' % backend, CLEAVE)
    equal((p.returncode, len(p.stderr.splitlines())), (125, 1), "of itself: %s" % p.stderr)
    there.line()
    there.end(3)


@case(*EACH, part="kernel")
def attach_each_kind(backend):
    """A leader that has ended before its thread; a shell and what it has made; one with a
    child in a pid namespace below; all in one session."""
    leaderless = helper("leaderless")
    shell = There("dash", "-c", "exec 3<&0; (read x <&3) & echo there; wait; exit 5")
    below = There("unshare", "--pid", "--fork", "dash", "-c", "echo there; read x; (exit 6); exit 7")
    until("the leader's end", 20, lambda: stat_fields(leaderless.pid)[0] == "Z")
    sub, inner = children(shell.pid)[0], children(below.pid)[0]
    a = Attached(backend, [leaderless.pid, shell.pid, below.pid], await_pids=[sub, inner])
    for there in leaderless, shell, below:
        there.line()
    leaderless.end(3)
    shell.end(5)
    below.end(7)
    t = a.end()
    space = attachment(t, shell.pid)["space"]
    o = attachment(t, sub)
    equal((o["before_exec"], o["creator_space"], o["parent_pid"], o["just_made"]),
          (True, space, shell.pid, False), "before exec, creator, parent of a subshell")
    o = attachment(t, inner)
    equal((o["before_exec"], o["creator_space"], o["ns_pid"]), (False, None, 1),
          "before exec, creator, and pid in its namespace")
    made = {o["parent"]["pid"]: o["child"] for o in t.made()}
    equal(made[inner]["ns_pid"], 2, "what it makes there")
    check(leaderless.pid in made, "a fork of a thread without a leader")
    ends = {o["pid"]: o for o in t.exits}
    equal([ends[p]["exit_code"] for p in (leaderless.pid, shell.pid, below.pid, inner)],
          [3, 5, 7, 7], "exit codes")
    equal([ends[sub][k] for k in ("since_clone_ns", "shared", "never_copied")], [None] * 3,
          "what of a subshell is not known")
    check(ends[sub]["cow"]["copied"] >= 0, "what it has copied since: %r", ends[sub])
    check("shared" not in ends[inner], "figures of one that had exec'ed: %r", ends[inner])


@case(*EACH, "both")
def attach_while_it_forks(backend):
    """Each that is there at the end is known, by its clone or by an attachment, and none by
    both."""
    forks = helper("grow")
    a = Attached(backend, [forks.pid])
    seen = len(events("clone"))
    until("clones after the attachments", 60, lambda: len(events("clone")) > seen + amount(200))
    forks.line()
    # It takes as long as the last forks do; who is made after this is not asked for.
    time.sleep(1)
    alive = [forks.pid] + descendants(forks.pid)
    forks.end()
    t = a.end()
    clones = [o["child"]["pid"] for o in t.made()]
    attached = [o["pid"] for o in t.all("attach")]
    known = set(clones + attached)
    equal([pid for pid in alive if pid not in known], [], "processes that are not known")
    print("%d attachments, %d clones, %d alive at the end" %
          (len(attached), len(clones), len(alive)))
    if backend == "both":
        equal(t.one("compare")["nr_differences"], 0, "differences")


@case(*EACH, part="kernel")
def attach_in_a_fork(backend):
    """What comes out of a copy_process() that began before: adopted when it wakes."""
    held = helper("held", word="held")
    a = Attached(backend, [held.pid])
    equal(len(events("attach")), 1, "attachments while the fork is held")
    held.line()
    until("the child", 20, lambda: children(held.pid))
    child = children(held.pid)[0]
    until("it is attached to", 20, lambda: len(events("attach")) == 2)
    held.line()
    held.end(4)
    t = a.end()
    equal(t.made(), [], "clones seen")
    o = attachment(t, child)
    equal((o["just_made"], o["before_exec"], o["creator_space"]),
          (True, True, attachment(t, held.pid)["space"]), "just made, before exec, its creator")
    ends = [o for o in t.exits if o["pid"] == child]
    equal([(o["exit_code"], o["since_clone_ns"], o["shared"]) for o in ends], [(4, None, None)],
          "its end")
    check(ends[0]["cow"]["copied"] > 0, "it copied nothing: %r", ends[0])


@case(*EACH, part="kernel")
def attach_in_an_exec(backend):
    """One whose begin_new_exec() began before, and that has not given its memory up yet."""
    held = helper("exec", word="held")
    pid = children(held.pid)[0]
    a = Attached(backend, [pid])
    held.line()
    held.end()
    t = a.end()
    o = attachment(t, pid)
    equal([(e["pid"], e["comm"], e["old_space"], e["space"] != o["space"])
           for e in t.all("exec")], [(pid, o["comm"], None, True)], "execs")
    equal([(e["pid"], e["exit_code"], e["comm"]) for e in t.exits], [(pid, 0, "true")], "exits")


@case(*EACH)
def attach_all_child_first(backend):
    """A whole-system session comes to a child before the parent that it was made from."""
    there = helper("lower")
    child = children(there.pid)[0]
    check(child < there.pid, "the child's pid %d is not lower than %d", child, there.pid)
    equal(sh(CLEAVE, "trace", "--backend=" + backend, "-a", "-f", "json", "-o", REPORT,
             "-d", "0.5").returncode, 0, "the exit status")
    there.end(5)
    t = Trace(REPORT)
    o = attachment(t, child)
    equal((o["before_exec"], o["creator_space"]), (True, attachment(t, there.pid)["space"]),
          "before exec, and its creator")


def breaks_shares(shared):
    """A process that copies page by page, for a minute and a half at least; ends with 6 at a byte
    into what is returned."""
    out, into = os.pipe()
    pid = os.fork()
    if pid:
        os.close(out)
        return pid, into
    for at in range(0, len(shared), 4096):
        shared[at] = 1
        if select.select([out], [], [], 0.005)[0]:
            os._exit(6)
    os._exit(7)


@case(*EACH)
def attach_all_times(backend):
    """What one breaks before the look comes to it is timed with its other figures."""
    shared = bytearray(64 << 20)
    shared[::4096] = b"x" * (len(shared) // 4096)
    pid, into = breaks_shares(shared)
    t = Tracing(backend, pid, "--times")
    os.write(into, b"x")
    os.close(into)
    equal(os.waitpid(pid, 0)[1], 6 << 8, "its status")
    found = t.end()
    end = [o for o in found if o["type"] == "exit" and o["pid"] == pid][0]
    check(end["break_ns"], "how long its breaks took is not known: %r", end)
    times = end["break_ns"]["before_exec"]
    timed = {o: n["count"] + n["untimed"] for o, n in times.items() if n}
    equal(timed, {o: end["cow"][o] for o in timed}, "breaks by outcome")
    copied = times["copied"]
    check(copied and copied["count"] > 10 * copied["untimed"], "timed of its copies: %r", copied)
    equal(sum(copied["histogram"]), copied["count"], "copies in the histogram")
    check(copied["max_ns"] <= copied["sum_ns"], "the longest of its copies: %r", copied)


@case(*EACH)
def attach_small_ring(backend):
    """More processes than the ring has room for: it is emptied between two looks."""
    shell = There("dash", "-c", "exec 3<&0; for i in $(seq 60); do (read x <&3) & done; "
                  "echo there; wait; exit 5")
    pids = [shell.pid] + children(shell.pid)
    equal(len(pids), 61, "processes")
    p = sh(*attach_argv(backend, [shell.pid], "--ring-size=4096",
                        "-d", str(3 * SLOW)))
    equal((p.returncode, p.stderr), (0, ""), "the exit status and standard error")
    shell.end(5)
    t = Trace(REPORT)
    equal(sorted(o["pid"] for o in t.all("attach")), sorted(pids), "the attachments")
    equal(t.summary["lost"]["records"]["attach"], 0, "those that are lost")


def attach_seconds(backend, there, processes):
    """From when all is loaded, to when all are attached to and the first can be looked at."""
    attach_and_look(backend, [there.pid], REPORT)
    equal((len(events("attach")), len(events("look"))), (processes, processes - 1),
          "attachments and looks")
    return (events("look")[0]["ts"] - events("start")[0]["ts"]) / 1e9


@case(*EACH, group="thousand", part="all")
def attach_to_a_thousand(backend):
    """In a guest where each instruction takes a nanosecond: they take two seconds longer than one
    at most, and four times what a quarter of them takes; a look at each for each would be sixteen
    times."""
    took = {}
    for n in 1, 250, 1000:
        there = helper("many", str(n))
        took[n] = statistics.median(attach_seconds(backend, there, n + 1) for _ in range(3))
        there.end()
    quarter, longer = took[250] - took[1], took[1000] - took[1]
    print("for one %.3f s, for 250 %.3f s more, for 1,000 %.3f s more"
          % (took[1], quarter, longer))
    check(longer < 2, "%.2f s longer", longer)
    # What is less than that is no matter whatever it grows with.
    check(longer < max(6 * quarter, 0.2), "%.3f s longer, and for a quarter of them %.3f s", longer,
          quarter)


class Client:
    """Asks a server all the while, in a thread."""

    def __init__(self, server):
        self.server = server
        self.answers = {}
        self.over = False
        self.thread = threading.Thread(target=self.ask)
        self.thread.start()

    def ask(self):
        while not self.over:
            self.server.line()
            word = self.server.p.stdout.readline()
            self.answers[word] = self.answers.get(word, 0) + 1

    def end(self):
        self.over = True
        self.thread.join()
        equal(list(self.answers), ["right\n"], "the server's answers")
        return self.answers["right\n"]


@case(*EACH, group="stress", timeout=1800)
def attach_and_leave(backend):
    """A server goes on unharmed; cleave leaves by a signal, and is gone with all it had."""
    times = {"module": 1000, "bpf": 50}[backend]
    times = max(2, amount(times if WHOLE else times // 25))
    server = helper("serve")
    client = Client(server)
    for _ in range(times):
        p = sh(*attach_argv(backend, [server.pid], "-d", "0.01", "--no-selftest"))
        equal((p.returncode, p.stderr), (0, ""), "the end of cleave")
        check(server.pid in [o["pid"] for o in events("attach")], "it was not attached to")
    answers = client.end()
    print("attached to and left %d times, in %d answers" % (times, answers))
    server.end()
    if backend == "bpf":
        until("no program of cleave's", 20, lambda: not programs_left())
    elif module_loaded():
        unload_by_call()
        load_by_call()


@case(*EACH)
def attach_until_a_signal(backend):
    """The report has figures of those that are alive; they go on."""
    server = helper("serve")
    a = Attached(backend, [server.pid])
    server.line()
    equal(server.p.stdout.readline(), "right\n", "the server's answer")
    a.p.send_signal(signal.SIGINT)
    said = a.p.communicate(timeout=60 * SLOW)[1]
    equal((a.p.returncode, said), (0, ""), "the exit status and standard error")
    t = Trace(REPORT)
    t.nothing_lost()
    equal(len(t.made()), 1, "processes made meanwhile")
    server.line()
    equal(server.p.stdout.readline(), "right\n", "the server's answer when cleave has left")
    server.end()
