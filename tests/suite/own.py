# SPDX-License-Identifier: GPL-2.0-only
"""What cleave's own process costs: tests/bench/reader, which needs no kernel."""
import os
import time

from .jobs import Job, command
from .tap import Tap


def run(top, report):
    start = time.monotonic()
    status, out = command([os.path.join(top, "tests", "bench", "reader"), "--check"], cwd=top)
    tap, bad = Tap(), 0
    for line in out.split("\n"):
        r = tap.line(line)
        if r:
            bad += r[1] == "FAILED"
            report.result("cost/reader/" + r[0], *r[1:])
    if not tap.results or tap.results != tap.plan or (status and not bad):
        report.result("cost/reader", "FAILED", time.monotonic() - start, out)


def jobs(top, report, builds):
    return [Job("cost/reader", 90, lambda: run(top, report), [builds.cleave()])]
