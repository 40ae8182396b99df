# SPDX-License-Identifier: GPL-2.0-only
"""Tests in virtual machines.  One guest for each kernel and group of tests; what
a guest that dies has not reported is reported as failed."""
import glob
import os
import subprocess
import sys
import threading
import time

from .coverage import Coverage
from .jobs import Job, command, forget, popen
from .tap import Tap

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "guest"))

# pylint: disable=wrong-import-position
import cases  # noqa: E402

# "both" runs in the guest of the module.
BACKENDS = ("bpf", "module")
STOCK = ("6.1", "6.12", "7.3")
# Those with checkers, coverage and KUnit.
BUILT = ("debug", "kcsan")
# Those that preempt themselves only if told so: BPF attaches by other means then.
PREEMPT = ("6.1", "6.12")
LIMIT = 900
SLOW = 8        # how much longer all may take on a debug kernel


class Guests:
    """The guests of one run."""

    def __init__(self, top, report, args):
        self.top = top
        self.report = report
        self.args = args
        self.lock = threading.Lock()
        self.built = {}
        self.redis = ""
        self.gcov = ""
        self.coverage = Coverage()

    def build(self, what, argv):
        """Builds something once; raises where that fails."""
        with self.lock:
            if what not in self.built:
                self.built[what] = command(argv, cwd=self.top, timeout=1800)
            status, out = self.built[what]
        if status:
            raise RuntimeError("%s fails with status %d:\n%s" % (" ".join(argv), status, out))
        return out

    def prepare(self, kernel):
        """All that a guest runs; returns the path of the module."""
        self.build("cleave", ["make", "-s", "all"])
        for helper in ("tasks", "hostile"):
            self.build(helper, ["gcc", "-O2", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-static",
                                "-pthread", "-Imodule/include", "-Imodule/tests", "-o",
                                os.path.join(self.top, "build", "tests", helper),
                                "tests/helpers/%s.c" % helper])
        self.redis = self.build("redis", ["scripts/kernel", "package", "redis-server"]) \
            .split("\n")[-2]
        if kernel in BUILT and not self.gcov:
            # That of the compiler which the module is built with.
            tree = self.build("dir " + kernel, ["scripts/kernel", "dir", kernel]).split("\n")[-2]
            self.gcov = os.path.join(tree, "../../roots/bookworm/usr/bin/gcov")
        out = self.build("module " + kernel, ["scripts/kernel", "module", kernel])
        return out.split("\n")[-2]

    def compiled(self, name, program, *args):
        """Makes a program of a test's own; reports where that fails."""
        out = os.path.join(self.top, "build", "tests", program)
        os.makedirs(os.path.dirname(out), exist_ok=True)
        try:
            self.build(program, ["gcc", "-O2", "-Wall", "-Wextra", "-static", "-Imodule/include",
                                 *args, "-o", out])
        except RuntimeError as e:
            self.report.result(name + "/build", "FAILED", None, str(e))
            return False
        return True

    def truth(self, kernel, group, argv, options):
        name = "%s-%s" % (kernel, group)
        if not self.compiled(name, "workload", "-Itests/truth",
                             *sorted(glob.glob("tests/truth/*.c", root_dir=self.top))):
            return
        self.run(name, kernel, argv, None, ["--mem", "3G", *options])

    def cost(self, kernel, program):
        name = kernel + "-cost"
        if not self.compiled(name, "bench/work", "-D_GNU_SOURCE", "-pthread", "-Iuser",
                             "tests/bench/work.c"):
            return
        self.run(name, kernel, [program, kernel], None, ["--module", "--icount"])

    def kunit(self, kernel, program):
        """By KUnit where the kernel has it, else by the module's own runner."""
        debug = kernel in BUILT
        ko = os.path.join(self.top, "build", kernel,
                          "cleave-kunit.ko" if debug else "cleave-selftest.ko")
        self.run(kernel + "-kunit", kernel, [program, ko], None,
                 ["--append", "kunit.enable=1"] if debug else [])

    def run(self, name, kernel, argv, expected, options=()):
        """Boots a guest and reports its tests as NAME/...

        @expected: names of the tests, or None: what the guest's plan says.
        """
        try:
            ko = self.prepare(kernel)
        except RuntimeError as e:
            for n in expected or ["build"]:
                self.report.result("%s/%s" % (name, n), "FAILED", None, str(e))
            return
        log = self.report.log_path(name + "-kernel")
        errors = self.report.log_path(name + "-stderr")
        slow = SLOW if kernel in BUILT else 1
        limit = LIMITS.get(name.rpartition("-")[2], LIMIT)
        if kernel in BUILT:
            argv = [os.path.join(self.top, "tests", "guest", "covered"), *argv]
        start = time.monotonic()
        tap, missing = Tap(), list(expected or [])
        rest = []
        with open(errors, "wb") as err:
            p = popen([os.path.join(self.top, "scripts", "vm"), "--kernel", kernel,
                       "--timeout", str(limit * slow), "--log", log, *options, "--", *argv],
                      stdout=subprocess.PIPE, stderr=err, cwd=self.top, encoding="utf-8",
                      errors="replace", env=dict(os.environ, CLEAVE_TEST_KO=ko,
                                  CLEAVE_TEST_REDIS=self.redis, CLEAVE_TEST_GCOV=self.gcov,
                                  CLEAVE_TEST_SLOW=str(slow)))
            for line in p.stdout:
                if self.coverage.line(name, line):
                    continue
                r = tap.line(line.rstrip("\n"))
                if r:
                    self.report.result("%s/%s" % (name, r[0]), *r[1:])
                    if r[0] in missing:
                        missing.remove(r[0])
            status = p.wait()
        forget(p)
        with open(errors, encoding="utf-8", errors="replace") as f:
            rest = "\n".join(tap.output) + f.read()
        for n in missing:
            self.report.result("%s/%s" % (name, n), "FAILED", None,
                               "the guest ended (status %d) before this test did\n%s"
                               % (status, rest))
        if expected is None and (tap.plan is None or tap.plan != tap.results):
            self.report.result(name + "/plan", "FAILED", None,
                               "%s tests planned, %d reported; status %d\n%s"
                               % (tap.plan, tap.results, status, rest))
        # 121 and up are scripts/vm's own: a kernel report, a timeout.
        bad = status not in (0, 1)
        self.report.result(name + "/guest", "FAILED" if bad else "ok",
                           time.monotonic() - start,
                           "scripts/vm: status %d\n%s" % (status, rest) if bad else "",
                           log if bad else None)


# Leaks are searched for in a guest of their own, as that makes all slower.
OPTIONS = {"leaks": ["--append", "kmemleak=on"]}
LIMITS = {"stress": 2400}


def groups(kernel, suites):
    """What runs in a guest of its own on a kernel."""
    found = list(BACKENDS) if "system" in suites else []
    if "stress" in suites:
        found += ["stress"] if kernel in ("6.12", "debug", "kcsan") else []
        found += ["leaks"] if kernel == "debug" else []
    return found


def weight(kernel, group):
    """Seconds, roughly: the longest begin first."""
    return {"module": 101, "stress": 300}.get(group, 100) * (4 if kernel in BUILT else 1)


def jobs(g, top, args):
    """All that run in guests; @g is asked for the coverage afterwards."""
    os.makedirs(os.path.join(top, "build", "tests"), exist_ok=True)
    found = []
    for kernel in args.kernel:
        for group in groups(kernel, args.suites):
            names = [c.name for c in cases.select(group, args.only)]
            if not names or (args.backend and group not in args.backend):
                continue
            argv = [os.path.join(top, "tests", "guest", "run"), group, *args.only]
            found.append(Job("%s/%s" % (kernel, group), weight(kernel, group),
                             lambda k=kernel, a=argv, n=names, gr=group:
                             g.run("%s-%s" % (k, gr), k, a, n, OPTIONS.get(gr, ()))))
        kunit = os.path.join(top, "tests", "guest", "kunit")
        if "kunit" in args.suites:
            found.append(Job("%s/kunit" % kernel, 30, lambda k=kernel: g.kunit(k, kunit)))
        cost = os.path.join(top, "tests", "bench", "check")
        if "cost" in args.suites and kernel in STOCK:
            found.append(Job("%s/cost" % kernel, 60, lambda k=kernel: g.cost(k, cost)))
        truth = os.path.join(top, "tests", "truth", "run")
        if "truth" in args.suites:
            found.append(Job("%s/truth" % kernel, weight(kernel, "truth"),
                             lambda k=kernel: g.truth(k, "truth", [truth], ["--module"])))
        if "truth" in args.suites and kernel in PREEMPT:
            found.append(Job("%s/preempt" % kernel, weight(kernel, "preempt"),
                             lambda k=kernel: g.truth(k, "preempt", [truth, "--backend", "bpf"],
                                                      ["--append", "preempt=full"])))
    return found
