# SPDX-License-Identifier: GPL-2.0-only
"""Unit tests: tests/unit/*.c, each a program that speaks KTAP; scripts there that
print TAP; and those of module/tests that ask for nothing but logic.

A test of user/ names in its first comment the sources that it is linked with, and
flags of the compiler's if it needs any: "Build: with user/a.c, user/b.c and -fflag."
One of module/ includes what it tests and is
compiled as kernel code, with the headers in tests/unit/shim in the place of the
kernel's.
"""
import glob
import os
import re
import shlex
import time

from .jobs import Job, command
from .objects import Objects
from .tap import Tap

CFLAGS = ("-std=gnu11 -O1 -g -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter "
          "-Wno-sign-compare -Werror -fno-omit-frame-pointer "
          "-fsanitize=address,undefined -fno-sanitize-recover=all").split()


def sources_of(text):
    """What the first comment names, {a,b}.c expanded, and flags."""
    comment = re.search(r"/\*.*?\*/", text[text.find("\n"):], re.S)
    words = re.sub(r"\n \*/?", " ", comment.group(0)) if comment else ""
    m = re.search(r"(?:Build: with|SOURCES:)(.*)", words)
    found = []
    for word in re.findall(r"[\w/.{},-]+\.c\b|(?<= )-f[\w=-]+", m.group(1)) if m else []:
        brace = re.fullmatch(r"(.*)\{(.*)\}(.*)", word)
        found += [brace[1] + part + brace[3] for part in brace[2].split(",")] \
            if brace else [word]
    return found


def pkg(what):
    status, out = command(["pkg-config", what, "json-c", "libbpf", "libelf", "libzstd", "zlib", "ncursesw"])
    return shlex.split(out) if not status else []


# Of module/tests; the others need a kernel.
LOGIC = ("layout", "ledger", "ring", "rules", "table", "times")


def build(top, test, program, objects):
    """@objects: what the tests before were linked with."""
    argv = [os.environ.get("CC", "gcc")] + CFLAGS
    rel = os.path.relpath(test, top)
    sources = [rel]
    if rel.startswith("module/"):
        argv += ["-Itests/unit/shim", "-D__KERNEL__", "-DCLEAVE_USER", "-Wno-pointer-arith"]
    else:
        with open(test, encoding="utf-8") as f:
            named = sources_of(f.read())
        if not named:
            return 1, "%s does not say which sources it is to be linked with " \
                "(Build: with ...)\n" % rel
        argv += [w for w in named if w.startswith("-f")]
        sources += [w for w in named if not w.startswith("-f")]
    argv += ["-Imodule/include", "-Imodule", "-Imodule/tests", "-Iuser", "-Itests/unit", "-Itests/played"]
    argv += pkg("--cflags")
    linked = []
    for path, out in objects.get(top, argv, sources):
        if not path:
            return 1, out
        linked.append(path)
    argv += ["-o", program, *linked, *pkg("--libs"), "-lpthread"]
    status, out = command(argv, cwd=top)
    return status, shlex.join(argv) + "\n" + out


class Ktap:
    """Reports the results of a test's program as they come."""

    def __init__(self, report, name, indent):
        self.report = report
        self.name = name
        self.tap = Tap(indent=indent)
        self.failed = 0
        self.last = time.monotonic()

    def line(self, text):
        r = self.tap.line(text)
        if r:
            now = time.monotonic()
            self.failed += r[1] == "FAILED"
            seconds = now - self.last if r[2] is None else r[2]
            self.report.result("%s/%s" % (self.name, r[0]), r[1], seconds, r[3])
            self.last = now


def run_test(top, report, test, objects):
    base = os.path.splitext(os.path.basename(test))[0]
    name = "unit/" + base.replace("test_", "").replace("_test", "")
    program, indent = test, 0
    if test.endswith(".c"):
        program, indent = os.path.join(top, "build", "tests", "unit", base), 4
        start = time.monotonic()
        status, out = build(top, test, program, objects)
        if status:
            report.result(name + "/build", "FAILED", time.monotonic() - start, out)
            return
    start = time.monotonic()
    env = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1",
               ASAN_OPTIONS="detect_leaks=1:abort_on_error=0")
    ktap = Ktap(report, name, indent)
    status, out = command([program], on_line=ktap.line, cwd=top, env=env)
    tap = ktap.tap
    if tap.results != (tap.plan or 0) or not tap.results or (status and not ktap.failed):
        report.result(name + "/program", "FAILED", time.monotonic() - start,
                      out + "\nstatus %d, %d of %s results" % (status, tap.results, tap.plan))


def jobs(top, report):
    folder = os.path.join(top, "build", "tests", "unit")
    os.makedirs(folder, exist_ok=True)
    objects = Objects(folder)
    tests = glob.glob(os.path.join(top, "tests/unit/test_*.c"))
    tests += [t for t in glob.glob(os.path.join(top, "tests/unit/test_*"))
              if os.access(t, os.X_OK)]
    tests += [os.path.join(top, "module/tests/%s_test.c" % n) for n in LOGIC]
    return [Job("unit/" + os.path.basename(t), 3, lambda t=t: run_test(top, report, t, objects))
            for t in sorted(tests)]
