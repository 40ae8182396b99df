# SPDX-License-Identifier: GPL-2.0-only
"""Writes what `tests/run all` said to Documentation/kernels.md."""
import os
import subprocess
import time

from . import tiers

FILE = "Documentation/kernels.md"
HEAD = "## What check-all said"


def release(top, kernel):
    """As `uname -r` there."""
    p = subprocess.run([os.path.join(top, "scripts", "kernel"), "dir", kernel],
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", check=False)
    try:
        with open(os.path.join(p.stdout.strip(), "release"), encoding="ascii") as f:
            return f.read().strip()
    except OSError:
        return ""


def table(top, jobs, kernels):
    """Lines of Markdown: a row for each kernel, one for what needs none; then what failed."""
    rows = {k: [] for k in ["", *kernels]}
    for job, results in jobs.items():
        kernel = job.partition("/")[0]
        rows[kernel if kernel in kernels else ""] += results
    out = ["| kernel | release | passed | failed | skipped |", "|---|---|---:|---:|---:|"]
    for kernel, results in rows.items():
        if results:
            n = [sum(r[1] == s for r in results) for s in ("ok", "FAILED", "skipped")]
            out.append("| %s | %s | %s |" % (kernel or "none", release(top, kernel) if kernel else "",
                                             " | ".join("{:,}".format(x) for x in n)))
    bad = [r[0] for results in rows.values() for r in results if r[1] == "FAILED"]
    return out + (["", "Failed: %s." % ", ".join("`%s`" % b for b in bad)] if bad else [])


def commit(top):
    """What the tree is."""
    try:
        p = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=top, check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")
    except OSError:
        return "no commit"
    return "no commit" if p.returncode else p.stdout.strip()


def write(top, state):
    """Returns an exit status."""
    if not state.jobs:
        print("tests/run: nothing of this tree has been tested: run 'tests/run all' first")
        return 1
    path = os.path.join(top, FILE)
    with open(path, encoding="utf-8") as f:
        text = f.read().partition("\n" + HEAD)[0].rstrip("\n")
    lines = [HEAD, "", "%s, %s; `make check-all`, kept by `tests/run all --keep`."
             % (time.strftime("%Y-%m-%d"), commit(top)), "",
             *table(top, state.jobs, tiers.names(top))]
    with open(path, "w", encoding="utf-8") as f:
        f.write(text + "\n\n" + "\n".join(lines) + "\n")
    return 0
