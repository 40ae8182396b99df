# SPDX-License-Identifier: GPL-2.0-only
"""Tests in virtual machines.  One guest for each kernel and group of tests; what
a guest that dies has not reported is reported as failed."""
import os
import subprocess
import sys
import time

from .coverage import Coverage
from .jobs import LIMIT, Job, command, forget, popen
from .tap import Tap
from .tiers import FIRST

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "guest"))

# pylint: disable=wrong-import-position
import cases  # noqa: E402

# "both" runs in the guest of the module.
BACKENDS = ("bpf", "module")
# Those with checkers, coverage and KUnit.
BUILT = ("debug", "kcsan")
SLOW = 8        # how much longer all may take on a debug kernel

SMALL = ["--sizes", "0,1,7"]
LONG = ["--full", "--repeat", "10", "--busy", "2"]
# Options of tests/truth/run by group.
TRUTH = {
    "truth": [],
    "truth-small": SMALL,
    "truth-long": LONG,
    "truth-one": ["--sizes", "1"],      # which every function that is hooked is needed for
    "truth-times": ["--times", "--sizes", "7"],
    "preempt": ["--backend", "bpf"],
}
# Where all takes longer.
LESS = ["--sizes", "0,7,100"]
# Groups of real servers, and the packages that they come from.
SERVERS = {"redis": ["redis-server"], "gunicorn": ["gunicorn"],
           "postgresql": ["postgresql-15", "dash"]}
# Of scripts/vm.  Leaks are searched for in a guest of their own, as that makes all slower.
OPTIONS = {
    "leaks": ["--append", "kmemleak=on"],
    "cost": ["--module", "--icount"],
    "thousand": ["--icount"],
    # And where mappings lie anywhere, as they do but in our guests.
    "preempt": ["--mem", "3G", "--append", "preempt=full sysctl.kernel.randomize_va_space=2"],
    **{g: ["--mem", "3G", "--module"] for g in TRUTH if g != "preempt"},
}
LIMITS = {"truth-long": 20000, "row": 7200}
# Seconds, roughly, where no earlier run has told.
SECONDS = {"bpf": 300, "module": 300, "stress": 800, "row": 1500, "truth-long": 7200,
           "kunit": 30, "cost": 60, "truth-one": 40, "redis": 60, "gunicorn": 150, "postgresql": 150}


class Guests:
    """The guests of one run."""

    def __init__(self, top, report, builds, args):
        self.top = top
        self.report = report
        self.builds = builds
        self.only = args.only
        # Much is the same on all kernels: all of it is on one, unless another is asked for.
        self.everywhere = args.tier == "all" or args.kernel
        self.first = None if args.tier == "check" else FIRST
        self.coverage = Coverage()

    def needs(self, kernel, group):
        """The jobs that come before a guest."""
        b = self.builds
        found = [b.cleave(), b.module(kernel)]
        if group in TRUTH:
            found.append(b.workload())
        elif group == "cost":
            found.append(b.bench())
        elif group in SERVERS:
            found.append(b.package(*SERVERS[group]))
        elif group != "kunit":
            found += [b.helper("tasks"), b.helper("attach"), b.helper("hostile"),
                      b.helper("switches"),
                      b.package("redis-server")]
        return found

    def argv(self, kernel, group):
        """What runs in a guest, and the names of its tests (None: it tells them itself)."""
        tests = os.path.join(self.top, "tests")
        if group == "kunit":
            # By KUnit where the kernel has it, else by the module's own runner.
            ko = "cleave-kunit.ko" if kernel in BUILT else "cleave-selftest.ko"
            return [tests + "/guest/kunit", os.path.join(self.top, "build", kernel, ko)], None
        if group == "cost":
            return [tests + "/bench/check", kernel], None
        if group in TRUTH:
            less = LESS if self.part(kernel) == "debug" else []
            return [tests + "/truth/run", *TRUTH[group], *less], None
        return [tests + "/guest/run", group, *self.only], \
            [c.name for c in cases.select(group, self.only, self.part(kernel))]

    def part(self, kernel):
        """Which of the system tests run there: of cases.PARTS."""
        if kernel == self.first or self.everywhere:
            return "all"
        return "debug" if kernel in BUILT else "kernel"

    def options(self, kernel, group):
        if group == "kunit":
            return ["--append", "kunit.enable=1"] if kernel in BUILT else []
        return OPTIONS.get(group, [])

    def environment(self, kernel, needs):
        """What the tests in a guest want to know."""
        names = [n.name for n in needs]
        env = {"CLEAVE_TEST_KO": self.builds.last_line("module/" + kernel),
               "CLEAVE_TEST_PACKAGE": "", "CLEAVE_TEST_GCOV": "",
               "CLEAVE_TEST_PART": self.part(kernel),
               "CLEAVE_TEST_WHOLE": "1" if self.everywhere else "",
               "CLEAVE_TEST_SLOW": str(SLOW if kernel in BUILT else 1)}
        packages = [n for n in names if n.startswith("package/")]
        if packages:
            env["CLEAVE_TEST_PACKAGE"] = self.builds.last_line(packages[0])
        if kernel in BUILT:
            # That of the compiler which the module is built with.
            tree = command(["scripts/kernel", "dir", kernel], cwd=self.top)[1].split("\n")[-2]
            env["CLEAVE_TEST_GCOV"] = os.path.join(tree, "../../roots/bookworm/usr/bin/gcov")
        return env

    def job(self, kernel, group):
        needs = self.needs(kernel, group)
        seconds = SECONDS.get(group, 100) * (4 if kernel in BUILT else 1)
        return Job("%s/%s" % (kernel, group), seconds,
                   lambda: self.run(kernel, group, needs), needs)

    def run(self, kernel, group, needs):
        """Boots a guest and reports its tests as KERNEL-GROUP/..."""
        name = "%s-%s" % (kernel, group)
        try:
            for n in needs:
                self.builds.output(n.name)
            env = self.environment(kernel, needs)
        except RuntimeError as e:
            self.report.result(name + "/build", "FAILED", None, str(e))
            return
        argv, expected = self.argv(kernel, group)
        if kernel in BUILT:
            argv = [os.path.join(self.top, "tests", "guest", "covered"), *argv]
        limit = LIMITS.get(group, LIMIT) * (4 if kernel in BUILT else 1)
        Guest(self, name, "--icount" in self.options(kernel, group)).run(
            ["--kernel", kernel, "--timeout", str(limit), *self.options(kernel, group)],
            argv, env, expected)


class Guest:
    """One guest, and what it tells."""

    def __init__(self, all_guests, name, virtual=False):
        """@virtual: its clock is not ours, and results have the time since the one before."""
        self.virtual = virtual
        self.last = time.monotonic()
        self.top = all_guests.top
        self.report = all_guests.report
        self.coverage = all_guests.coverage
        self.name = name
        self.tap = Tap()
        self.reported = set()

    def line(self, text):
        if self.coverage.line(self.name, text):
            return
        r = self.tap.line(text.rstrip("\n"))
        if r:
            name, status, seconds, output = r
            now = time.monotonic()
            if self.virtual:
                seconds = now - self.last
            self.last = now
            self.report.result("%s/%s" % (self.name, name), status, seconds, output)
            self.reported.add(name)

    def run(self, options, argv, env, expected):
        """@expected: names of the tests, or None: what the guest's plan says."""
        log = self.report.log_path(self.name + "-kernel")
        errors = self.report.log_path(self.name + "-stderr")
        start = time.monotonic()
        with open(errors, "wb") as err:
            p = popen([os.path.join(self.top, "scripts", "vm"), *options, "--log", log, "--",
                       *argv], stdout=subprocess.PIPE, stderr=err, cwd=self.top,
                      encoding="utf-8", errors="replace", env=dict(os.environ, **env))
            for text in p.stdout:
                self.line(text)
            status = p.wait()
        forget(p)
        with open(errors, encoding="utf-8", errors="replace") as f:
            rest = "\n".join(self.tap.output) + f.read()
        self.judge(expected, status, rest, time.monotonic() - start, log)

    def judge(self, expected, status, rest, seconds, log):
        tap, report = self.tap, self.report
        for n in expected or []:
            if n not in self.reported:
                report.result("%s/%s" % (self.name, n), "FAILED", None,
                              "the guest ended (status %d) before this test did\n%s"
                              % (status, rest))
        if expected is None and (tap.plan is None or tap.plan != tap.results):
            report.result(self.name + "/plan", "FAILED", None,
                          "%s tests planned, %d reported; status %d\n%s"
                          % (tap.plan, tap.results, status, rest))
        # 121 and up are scripts/vm's own: a kernel report, a timeout.
        bad = status not in (0, 1)
        report.result(self.name + "/guest", "FAILED" if bad else "ok", seconds,
                      "scripts/vm: status %d\n%s" % (status, rest) if bad else "",
                      log if bad else None)


def jobs(g, plan):
    """@plan: pairs of a kernel and a group; @g is asked for the coverage afterwards."""
    os.makedirs(os.path.join(g.top, "build", "tests"), exist_ok=True)
    return [g.job(kernel, group) for kernel, group in plan
            if group in TRUTH or group in ("kunit", "cost") or cases.select(group, g.only)]
