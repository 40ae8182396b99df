# SPDX-License-Identifier: GPL-2.0-only
"""What several tests need, each built once, by a job of its own."""
import glob
import os

from .jobs import LIMIT, Job, command

GCC = ["gcc", "-O2", "-Wall", "-Wextra", "-Imodule/include"]
STATIC = GCC + ["-static", "-D_GNU_SOURCE", "-pthread"]


class Builds:
    """Jobs by name, and what came out of them."""

    def __init__(self, top, report):
        self.top = top
        self.report = report
        self.jobs = {}
        self.done = {}

    def output(self, name):
        """What a build has printed; raises where it has failed."""
        status, out = self.done[name]
        if status:
            raise RuntimeError("%s has failed" % name)
        return out

    def last_line(self, name):
        return self.output(name).rstrip("\n").rpartition("\n")[2]

    def _job(self, name, seconds, argv, needs=(), alone=None, timeout=LIMIT):
        def run():
            for n in needs:
                self.output(n.name)
            status, out = command(argv, cwd=self.top, timeout=timeout)
            self.done[name] = status, out
            if status:
                self.report.result(name, "FAILED", None, "%s: status %d\n%s"
                                   % (" ".join(argv), status, out))

        if name not in self.jobs:
            self.done[name] = 1, ""
            self.jobs[name] = Job(name, seconds, run, needs, alone)
        return self.jobs[name]

    def cleave(self):
        return self._job("build/cleave", 20, ["make", "-s", "all"])

    def helper(self, name):
        out = os.path.join(self.top, "build", "tests", name)
        return self._job("build/" + name, 2, STATIC + ["-Imodule/tests", "-o", out,
                                                       "tests/helpers/%s.c" % name])

    def workload(self):
        out = os.path.join(self.top, "build", "tests", "workload")
        sources = sorted(glob.glob("tests/truth/*.c", root_dir=self.top))
        return self._job("build/workload", 5, GCC + ["-static", "-Itests/truth", *sources, "-o", out])

    def bench(self):
        out = os.path.join(self.top, "build", "tests", "bench", "work")
        os.makedirs(os.path.dirname(out), exist_ok=True)
        return self._job("build/work", 2, STATIC + ["-Iuser", "tests/bench/work.c", "-o", out])

    # The network and a kernel's build take what they take: no limit.

    def kernel(self, name):
        """apt fetches one at a time."""
        argv = ["scripts/kernel", "fetch", name]
        if name in ("debug", "kcsan"):
            # With the compiler of that one.
            return self._job("kernel/" + name, 1800, argv,
                             [self.kernel("6.12"), self.source(name)], timeout=None)
        return self._job("kernel/" + name, 20, argv, timeout=None, alone="apt")

    def source(self, name):
        """Apart from the build, which keeps no other from apt.  After the kernel that most
        tests wait for."""
        return self._job("source/" + name, 60, ["scripts/kernel", "source", name],
                         [self.kernel("6.12")], timeout=None, alone="apt")

    def module(self, name):
        return self._job("module/" + name, 15, ["scripts/kernel", "module", name],
                         [self.kernel(name)])

    def package(self, name, *more):
        return self._job("package/" + name, 5, ["scripts/kernel", "package", name, *more],
                         timeout=None, alone="apt")

    def checkpatch(self):
        return self._job("kernel/checkpatch", 5, ["scripts/kernel", "checkpatch"],
                         timeout=None, alone="apt")
