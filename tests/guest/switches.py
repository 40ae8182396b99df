# SPDX-License-Identifier: GPL-2.0-only
"""System tests: how often tasks were switched to (--switches), held against what the kernel
counts for each task, which tests/helpers/switches.c asks for."""
import os

from cases import EACH, case
from harness import CLEAVE, TOP, check, equal, sh, trace_file

from trace import Trace

SWITCHES = os.path.join(TOP, "build", "tests", "switches")
REPORT = "/tmp/report"
TRIPS = 2000
KINDS = ["same_memory", "other_memory", "kernel"]


class Run:
    """What a run of the helper has said of its processes, and what cleave has counted."""

    def __init__(self, backend, mode):
        p = trace_file(backend, [SWITCHES, mode, str(TRIPS)], "--switches")
        equal((p.returncode, p.stderr), (0, ""), "the exit status and standard error")
        self.trace = Trace()
        self.trace.complete()
        self.by_name = {}
        counted = {o["pid"]: o["switches"] for o in self.trace.exits}
        for line in p.stdout.splitlines():
            name, pid, least, most = line.split()
            got = counted[int(pid)]
            equal(list(got), KINDS, "the members of switches")
            check(int(least) <= sum(got.values()) <= int(most),
                  "%s: %r, of %s to %s", name, got, least, most)
            # A task that is about to end is switched to a few times more, at most.
            check(int(most) - int(least) < TRIPS / 4, "%s: %s to %s: no truth", name, least, most)
            self.by_name[name] = got
        # All of them together, the root too.
        for kind in KINDS:
            equal(sum(c[kind] for c in counted.values()),
                  self.trace.summary["switches"][kind], "the sum of " + kind)


@case(*EACH, "both", part="kernel")
def switches_of_threads(backend):
    """Each byte that is handed over is a switch, and most from one thread to the other."""
    got = Run(backend, "threads").by_name["threads"]
    check(sum(got.values()) >= 2 * TRIPS, "%r for %d trips", got, TRIPS)
    check(got["same_memory"] >= TRIPS, "%r for %d trips", got, TRIPS)


@case(*EACH, "both", part="kernel")
def switches_of_processes(backend):
    by_name = Run(backend, "processes").by_name
    for name in ("process", "answers"):
        got = by_name[name]
        check(sum(got.values()) >= TRIPS, "%s: %r for %d trips", name, got, TRIPS)
        check(got["other_memory"] >= TRIPS / 2, "%s: %r for %d trips", name, got, TRIPS)
        equal(got["same_memory"], 0, "switches in the memory of one thread: " + name)


@case(*EACH, part="all")
def switches_over_an_exec(backend):
    """They are the process's, whatever it has exec'ed."""
    got = Run(backend, "exec").by_name["execs"]
    # By turns with the other process, and then a nap for each trip.
    check(sum(got.values()) >= 2 * TRIPS, "%r for %d trips", got, TRIPS)


@case(*EACH, part="all")
def switches_unknown(backend):
    """Without its hook they are null, in a recording too; and not there without the option."""
    hidden = ["--pretend-missing=sched_switch", "--no-selftest"]
    p = trace_file(backend, ["true"], "--switches", *hidden)
    equal(p.returncode, 0, "the exit status")
    t = Trace()
    equal(t.exits[0]["switches"], dict.fromkeys(KINDS), "switches of an exit")
    equal(t.summary["switches"], dict.fromkeys(KINDS), "switches of the summary")
    p = sh(CLEAVE, "record", "--backend=" + backend, "--switches", "-o", "/tmp/recording", "--",
           SWITCHES, "threads", "10")
    equal((p.returncode, p.stderr), (0, ""), "the exit status and standard error")
    p = sh(CLEAVE, "report", "-f", "json", "-o", REPORT, "/tmp/recording")
    equal((p.returncode, p.stderr), (0, ""), "the exit status and standard error of report")
    t = Trace()
    check(t.summary["switches"]["same_memory"] > 0, "%r", t.summary["switches"])
    trace_file(backend, ["true"], *hidden)
    t = Trace()
    check("switches" not in t.exits[0] and "switches" not in t.summary, "%r", t.exits[0])
    equal(t.start["hooks"]["sched_switch"], "not needed", "the hook of who has not asked")
