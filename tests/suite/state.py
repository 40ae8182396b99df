# SPDX-License-Identifier: GPL-2.0-only
"""What has been tested of this very tree: `tests/run all` goes on where it was."""
import hashlib
import json
import os
import subprocess
import threading

# Where the results are kept, and so no part of what is tested.
KEPT = "Documentation/kernels.md"


def tree_id(top):
    """A hash of all files that git tracks or would, as they are now."""
    out = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=top,
                         check=True, stdout=subprocess.PIPE).stdout.decode()
    whole = hashlib.sha256()
    for path in sorted(set(out.split("\0")) - {"", KEPT}):
        try:
            with open(os.path.join(top, path), "rb") as f:
                one = hashlib.sha256(f.read()).hexdigest()
        except OSError:
            continue        # deleted, or a link to nothing
        whole.update(("%s %s\n" % (one, path)).encode())
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

    def forget(self):
        self.jobs, self.coverage = {}, None
        self._save()

    def left(self, jobs, report, coverage):
        """Those of @jobs that are not over; the results of the others are reported again:
        what has failed has failed."""
        if self.coverage:
            coverage.load(self.coverage)
        over = [j for j in jobs if j.name in self.jobs]
        if over:
            report.note("%d of %d jobs were done before with this tree" % (len(over), len(jobs)))
        for j in over:
            for name, status, seconds, output in self.jobs[j.name]:
                report.result(name, status, seconds, output)
        return [j for j in jobs if j not in over]

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
