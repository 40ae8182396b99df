# SPDX-License-Identifier: GPL-2.0-only
"""System tests: of every type of record, what was made has been sent or is counted as lost,
and what was sent has arrived; and what becomes of processes that there was no room for."""
import collections
import ctypes
import errno
import json
import os
import signal
import struct
import subprocess
import time

from cases import EACH, case, trace
from harness import CLEAVE, SLOW, TASKS, Skip, argv_run, check, equal, sh, until
from trace import OUTCOMES, RECORDS

RECORDING = "/tmp/recording"
STORM = 300

# What is no break is in no record.
BREAKS = [name for name in OUTCOMES if name not in ("file_first", "not_a_break")]


def unpacked(data, length):
    """One frame of zstd."""
    lib = ctypes.CDLL("libzstd.so.1")
    lib.ZSTD_decompress.restype = ctypes.c_size_t
    lib.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p,
                                    ctypes.c_size_t]
    out = ctypes.create_string_buffer(length)
    equal(lib.ZSTD_decompress(out, length, data, len(data)), length, "bytes of a block")
    return out.raw


def blocks(path):
    """Kind and content of each block of a recording."""
    with open(path, "rb") as f:
        equal(f.read(16), b"cleave recording", "the magic word")
        while True:
            head = f.read(32)
            if not head:
                return
            _, _, kind, packing, _, stored, length, _, _ = struct.unpack("<IIHHIIIII", head)
            data = f.read(stored)
            yield kind, unpacked(data, length) if packing else data


def taken(path):
    """How many records of each type a recording has."""
    names, found = {}, collections.Counter()
    for kind, data in blocks(path):
        if kind == 1:
            names = {o["type"]: o["name"] for o in json.loads(data)["records"]}
        at = 0
        while kind == 2 and at < len(data):
            number, size = struct.unpack_from("<HH", data, at)
            # From 0x100 on they are cleave's own.
            if number < 0x100:
                found[names[number]] += 1
            at += (size + 7) & ~7
    return found


def pause(pid, seconds):
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


def never(p):
    p.stdin.write("go\n")
    p.stdin.flush()
    equal(p.stdout.readline(), "done\n", "the command's answer")


def all_the_time(p):
    os.kill(p.pid, signal.SIGSTOP)
    never(p)
    os.kill(p.pid, signal.SIGCONT)


def now_and_then(p):
    p.stdin.write("go\n")
    p.stdin.flush()
    for n in range(20):
        pause(p.pid, 0.02 * (n % 5 + 1))
        time.sleep(0.01 * (n % 3))
    equal(p.stdout.readline(), "done\n", "the command's answer")


def only_child(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as f:
        found = f.read().split()
    equal(len(found), 1, "cleave's children: %r" % found)
    return int(found[0])


def has_ended(pid):
    with open("/proc/%d/stat" % pid, encoding="latin-1") as f:
        return f.read().rpartition(")")[2].split()[0] == "Z"


def at_the_end(p):
    """Until there is nobody left who makes records."""
    never(p)
    root = only_child(p.pid)
    os.kill(p.pid, signal.SIGSTOP)
    p.stdin.write("go\n")
    p.stdin.flush()
    until("the command's end", 60, lambda: has_ended(root))
    os.kill(p.pid, signal.SIGCONT)


def recorded(backend, stop, size):
    """The trace, and what has arrived, of a storm recorded by a reader that is stopped."""
    storm = "%s storm %d; for i in 1 2 3 4 5 6 7 8 9 10; do /usr/bin/true; done" % (TASKS, STORM)
    script = "echo ready; read go; %s; echo done; read go; %s" % (storm, storm)
    # The self-test has records of its own, which do not all fit into a small ring either.
    cmd = [CLEAVE, "record", "--backend=" + backend, "--breaks", "--ring-size=" + size,
           "--no-selftest", "-o", RECORDING, "--", "sh", "-c", script + "; exit 4"]
    with subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          encoding="utf-8") as p:
        equal(p.stdout.readline(), "ready\n", "the command's answer")
        stop(p)
        p.stdin.close()
        equal(p.wait(), 4, "the exit status")
    p = sh(CLEAVE, "report", "-f", "json", "-o", "/tmp/report", RECORDING)
    equal((p.returncode, p.stderr), (0, ""), "cleave report")
    return trace(), taken(RECORDING)


def made(totals):
    """By the totals, which do not depend on records; of ends they do not say it."""
    return {"clone": sum(totals["clones"].values()) + totals["clone_errors"],
            "exec": totals["execs"] + totals["exec_errors"],
            "exit": totals["exits"],
            "break": sum(totals["cow"][name] for name in BREAKS)}


@case(*EACH, group="stress", timeout=900)
def records_add_up(backend):
    if SLOW != 1:
        raise Skip("some thousands of processes: on a stock kernel")
    ends = None
    for stop, size in ((never, "16M"), (all_the_time, "4096"), (now_and_then, "4096"),
                       (at_the_end, "4096"), (all_the_time, "64K")):
        what = "%s, %s" % (stop.__name__, size)
        t, got = recorded(backend, stop, size)
        sent, lost = t.totals["records"], t.lost["records"]
        print("%s: sent %r, lost %r, taken %r" % (what, sent, lost, dict(got)))
        equal(lost, t.summary["lost"]["records"], "lost and summary.lost: " + what)
        for kind, n in made(t.totals).items():
            equal(sent[kind] + lost[kind], n, "%s records sent and lost: %s" % (kind, what))
        # In all runs the same address spaces end.
        ends = ends or sent["end"]
        equal(sent["end"] + lost["end"], ends, "end records sent and lost: " + what)
        equal(t.lost["malformed"] + t.lost["unread"], 0, "malformed or unread: " + what)
        for kind in RECORDS:
            equal(got[kind], sent[kind], "%s records that arrived: %s" % (kind, what))
        equal(t.totals["exits"], 2 * (STORM + 11) + 1, "exits: " + what)
        if size == "16M":
            equal(sum(lost.values()), 0, "lost in a large ring")
        elif stop is not now_and_then:
            for kind in set(RECORDS) - {"attach", "times"}:    # not asked for
                check(lost[kind] > 0, "no %s record was lost: %s", kind, what)


# --- processes that there is no room for -------------------------------------------------

ROOM, FILLERS = 8, 12


def filled_ledger(backend):
    """Subshells fill the ledger.  One without room, "late", forks when they have ended."""
    for name in "hold", "late":
        path = "/tmp/" + name
        if os.path.exists(path):
            os.unlink(path)
        os.mkfifo(path)
    # Of dash, which finds a program by trying to exec it.
    script = ("p=; for i in $(seq %d); do (read x </tmp/hold) & p=\"$p $!\"; done; "
              "(read x </tmp/late; (exit 7); (exec /usr/bin/true); PATH=/tmp/none:/usr/bin; "
              "exec true) & echo $!; "
              "/usr/bin/true; echo ready; wait $p; echo free; wait" % FILLERS)
    with subprocess.Popen(argv_run(backend, ["dash", "-c", script], "--max-spaces=%d" % ROOM,
                                   "--format=json", "-o", "/tmp/report"),
                          stdout=subprocess.PIPE, encoding="utf-8") as p:
        late = int(p.stdout.readline())
        equal(p.stdout.readline(), "ready\n", "the command's answer")
        with open("/tmp/hold", "w", encoding="ascii") as f:
            f.write("\n" * FILLERS)
            f.flush()
            equal(p.stdout.readline(), "free\n", "the command's answer")
        with open("/tmp/late", "w", encoding="ascii") as f:
            f.write("\n")
        equal(p.wait(), 0, "the exit status")
    return late, trace()


@case(*EACH)
def lost_space_goes_on(backend):
    """What a process in an address space without an entry forks and execs is told; what it
    forks when there is room again has its figures."""
    late, t = filled_ledger(backend)
    check(FILLERS - ROOM + 2 < t.lost["address_spaces"], "%d lost", t.lost["address_spaces"])
    born = [o for o in t.made() if o["parent"]["pid"] == late]
    equal(len(born), 2, "processes that the one without room has made")
    child, other = (o["child"]["pid"] for o in born)
    check(born[0]["pages"]["shared"] > 0, "it shares nothing: %r", born[0])
    ends = {o["pid"]: o for o in t.exits}
    equal(ends[child]["exit_code"], 7, "its child's exit_code")
    equal(ends[child].get("shared"), born[0]["pages"]["shared"], "shared at its child's end")
    equal(set(ends[child]["creator_cow"].values()), {None}, "what its creator broke, uncounted")
    execs = [o for o in t.execs if o["pid"] == other]
    equal(len(execs), 1, "its other child's execs")
    equal(execs[0]["shared"], born[1]["pages"]["shared"], "shared at its exec")
    equal(set(execs[0]["creator_cow"].values()), {None}, "what its creator broke, uncounted")
    execs = [o for o in t.execs if o["pid"] == late]
    equal([(o["filename"], o["error"]) for o in execs],
          [("/tmp/none/true", errno.ENOENT), ("/usr/bin/true", 0)], "its execs")
    for o in execs:
        check(o.get("since_clone_ns") is None, "figures of what had no entry: %r", o)
    check(late in ends, "its exit is not told")
    # seq, true, and the one that is late with its children.
    equal(len(t.exits) + t.lost["records"]["exit"], 1 + FILLERS + 5, "exits told and lost")
    equal(len(t.made()), FILLERS + 5, "processes")
