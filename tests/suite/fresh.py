# SPDX-License-Identifier: GPL-2.0-only
"""The commands of the README on machines that have nothing yet: see tests/fresh/run."""
import os
import re
import time

from .jobs import Job, command
from .tiers import STOCK

# Name, options of tests/fresh/run, command, seconds, and whether check-full has it.
TRIES = (
    ("trixie-demo", ["trixie"], ["scripts/demo"], 200, True),
    ("bookworm-demo", ["--user", "bookworm"], ["scripts/demo"], 200, False),
    ("trixie-check", ["trixie"], ["scripts/check"], 1200, False),
    ("bookworm-check", ["bookworm"], ["scripts/check"], 1200, False),
    # He fetches two of the three kernels, too.
    ("trixie-check-user", ["--user", "trixie"], ["scripts/check"], 1500, False),
    ("trixie-package", ["trixie"], ["sh", "-c", "scripts/setup package && scripts/package"], 300, False),
)
DEMO = STOCK[-1]
WORKS = len(("pipeline", "fork", "vfork", "posix_spawn", "threads"))


def wrong(what, status, out):
    """Why an outcome is none that a newcomer should see; empty: there is no reason."""
    if status:
        return "status %d" % status
    warnings = [t for t in out.splitlines() if re.search(r"\bwarning\b", t, re.I)]
    if warnings:
        return "warnings:\n" + "\n".join(warnings)
    if what == "scripts/demo" and len(re.findall("backends agree:", out)) != WORKS:
        return "not %d times 'backends agree'" % WORKS
    if what == "scripts/check" and not re.search(r"^\d+ passed, 0 failed", out.splitlines()[-1]):
        return "the last line is not 'N passed, 0 failed'"
    return ""


def attempt(top, report, name, options, argv):
    start = time.monotonic()
    if os.geteuid():
        report.result("fresh/" + name, "skipped", None, "only root can enter another root")
        return
    # The network takes what it takes; what runs in there has limits of its own.
    status, out = command(["tests/fresh/run", *options, *argv], timeout=None, cwd=top)
    why = wrong(argv[0], status, out)
    report.result("fresh/" + name, "FAILED" if why else "ok", time.monotonic() - start,
                  out + "\n" + why if why else "")


def jobs(top, report, builds, tier):
    """@tier: "full" tries one, "all" all of them.  They share the cache, so that no two fetch a
    kernel at once."""
    return [Job("fresh/" + name, seconds,
                lambda n=name, o=options, a=argv: attempt(top, report, n, o, a),
                [builds.kernel(k) for k in ((DEMO,) if argv == ["scripts/demo"] else STOCK)])
            for name, options, argv, seconds, in_full in TRIES if in_full or tier == "all"]
