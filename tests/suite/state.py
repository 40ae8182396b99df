# SPDX-License-Identifier: GPL-2.0-only
"""What has been tested of this very tree: `tests/run all` goes on where it was."""
import hashlib
import json
import os
import re
import subprocess
import threading

# Where the results are kept, and so no part of what is tested.
KEPT = "Documentation/kernels.md"

# What builds leave beside the sources, as .gitignore has it.
MADE = re.compile(r"build/|.*__pycache__/|\.git(/|$)|user/cleave$|.*\.(o|ko|mod|mod\.c|cmd)$|"
                  r".*(modules\.order|Module\.symvers)$")


def by_git(top):
    """The files that git tracks or would; none where it cannot tell: an unpacked archive, or
    somebody else's checkout."""
    try:
        p = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=top,
                           check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return []
    return [] if p.returncode else p.stdout.decode(errors="surrogateescape").split("\0")[:-1]


def by_walk(top):
    """The same by their names alone."""
    found = [os.path.relpath(os.path.join(d, f), top) for d, _, files in os.walk(top)
             for f in files]
    return [path for path in found if not MADE.match(path)]


def tree_id(top):
    """A hash of all files of the tree, as they are now."""
    whole = hashlib.sha256()
    for path in sorted(set(by_git(top) or by_walk(top)) - {KEPT}):
        try:
            with open(os.path.join(top, path), "rb") as f:
                one = hashlib.sha256(f.read()).hexdigest()
        except OSError:
            continue        # deleted, or a link to nothing
        whole.update(("%s %s\n" % (one, path)).encode(errors="surrogateescape"))
    return whole.hexdigest()


class State:
    """What is over: {job: [[test, status, seconds, output], ...]}, and the coverage so far."""

    def __init__(self, top, path=None):
        self.path = path or os.path.join(top, "build", "tests", "all.json")
        self.lock = threading.Lock()
        self.tree = tree_id(top)
        self.jobs, self.coverage = {}, None
        try:
            with open(self.path, encoding="utf-8") as f:
                kept = json.load(f)
            if kept["tree"] == self.tree:
                self.jobs, self.coverage = kept["jobs"], kept["coverage"]
        except (OSError, ValueError, KeyError, TypeError):
            pass

    def forget(self, for_good=True):
        self.jobs, self.coverage = {}, None
        if for_good:
            self._save()

    def left(self, jobs):
        """Those that are not over."""
        return [j for j in jobs if j.name not in self.jobs]

    def repeat(self, jobs, report, coverage):
        """Reports again what is over: what has failed has failed."""
        if self.coverage:
            coverage.load(self.coverage)
        over = [j for j in jobs if j.name in self.jobs]
        if over:
            report.note("%d of %d jobs were done before with this tree" % (len(over), len(jobs)))
        for j in over:
            for name, status, seconds, output in self.jobs[j.name]:
                report.result(name, status, seconds, output)

    def done(self, job, report, coverage):
        with self.lock:
            self.jobs[job] = [[r.name, r.status, r.seconds, r.output] for r in report.results
                              if r.job == job]
            self.coverage = coverage.dump()
            self._save()

    def _save(self):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path + ".new", "w", encoding="utf-8") as f:
            json.dump({"tree": self.tree, "jobs": self.jobs, "coverage": self.coverage}, f)
        os.rename(self.path + ".new", self.path)
