# SPDX-License-Identifier: GPL-2.0-only
"""Jobs with what they need first, several at a time, and the programs that they run."""
import ctypes
import os
import signal
import subprocess
import threading
import time
import traceback

PR_SET_CHILD_SUBREAPER = 36

# Seconds for a program.  Only against what never ends: on a machine with a load of 20 all
# takes twenty times as long.
LIMIT = 3600

_children = set()
_lock = threading.Lock()
_stopping = False


class Job:
    """Something to do: @run is called without arguments.

    @seconds: roughly how long it takes, where no earlier run has told.
    @needs: jobs that come first.  One that fails keeps no other from its turn, which
    then says for itself what it lacks.
    @alone: of those with the same word here one runs at a time.
    """

    def __init__(self, name, seconds, run, needs=(), alone=None):
        self.name = name
        self.seconds = seconds
        self.run = run
        self.needs = list(needs)
        self.alone = alone
        self.started = None


def adopt():
    """Orphans of what runs here become children of this process: stop_all() finds them."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def popen(argv, **kw):
    """subprocess.Popen in a session of its own, ended by stop_all()."""
    kw.setdefault("stdin", subprocess.DEVNULL)
    with _lock:
        if _stopping:
            raise RuntimeError("stopping")
        p = subprocess.Popen(argv, start_new_session=True, **kw)
        _children.add(p)
    return p


def forget(p):
    with _lock:
        _children.discard(p)


def kill_group(p, sig):
    try:
        os.killpg(p.pid, sig)
    except OSError:
        pass


def command(argv, timeout=LIMIT, on_line=None, **kw):
    """Runs a program; returns its status (124: timeout) and all its output.

    @timeout: in seconds; None: no limit.  @on_line: called with each line as it comes.
    """
    p = popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
              encoding="utf-8", errors="replace", **kw)
    late = threading.Event()
    timer = threading.Timer(timeout or 0, lambda: (late.set(), kill_group(p, signal.SIGKILL)))
    timer.daemon = True
    if timeout:
        timer.start()
    try:
        out = []
        for line in p.stdout:
            out.append(line)
            if on_line:
                on_line(line.rstrip("\n"))
        status = p.wait()
    finally:
        timer.cancel()
        p.stdout.close()
        forget(p)
    if late.is_set():
        out.append("\ntimeout after %d s: %s\n" % (timeout, " ".join(argv)))
        status = 124
    return status, "".join(out)


def descendants():
    """Everything below this process, by /proc."""
    parents = {}
    for d in os.listdir("/proc"):
        if d.isdigit():
            try:
                with open("/proc/%s/stat" % d, encoding="latin-1") as f:
                    fields = f.read().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(d)] = int(fields[1])
    found, more = set(), {os.getpid()}
    while more:
        more = {p for p, q in parents.items() if q in more and p not in found}
        found |= more
    return found


def stop_all():
    """Ends whatever still runs; scripts/vm takes its guest along."""
    global _stopping  # pylint: disable=global-statement
    with _lock:
        _stopping = True
        left = list(_children)
    for p in left:
        kill_group(p, signal.SIGTERM)
    end = time.monotonic() + 5
    while descendants() and time.monotonic() < end and left:
        time.sleep(0.05)
    # Whoever made a session of its own, or does not listen.
    for _ in range(100):
        rest = descendants()
        for pid in rest:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        if not rest:
            break
        time.sleep(0.02)


class Schedule:
    """Which job is next: of those whose needs are met, the one at the head of the
    longest way to the end, by what each took last time."""

    def __init__(self, jobs, durations):
        self.cond = threading.Condition()
        self.jobs = jobs
        self.expected = {j: durations.get(j.name, j.seconds) for j in jobs}
        self.running = []
        self.waiting = set(jobs)
        self.finished = set()
        self.path = {}
        behind = {j: [] for j in jobs}
        for j in jobs:
            for n in j.needs:
                behind[n].append(j)
        for j in jobs:
            self._path(j, behind)

    def _path(self, job, behind):
        if job not in self.path:
            self.path[job] = self.expected[job] + max(
                [self._path(b, behind) for b in behind[job]], default=0)
        return self.path[job]

    def _next(self):
        busy = {j.alone for j in self.running if j.alone}
        ready = [j for j in self.waiting if j.alone not in busy and
                 self.finished.issuperset(j.needs)]
        return max(ready, key=lambda j: (self.path[j], j.name), default=None)

    def take(self):
        """The next job, as soon as there is one; None: there will be none."""
        with self.cond:
            while self.waiting and not _stopping:
                job = self._next()
                if job:
                    self.waiting.remove(job)
                    self.running.append(job)
                    job.started = time.monotonic()
                    return job
                self.cond.wait(1)
            return None

    def done(self, job):
        """Returns how long it took."""
        with self.cond:
            self.running.remove(job)
            self.finished.add(job)
            self.cond.notify_all()
        return time.monotonic() - job.started

    def print(self):
        """The jobs, those that would begin first first."""
        for j in sorted(self.jobs, key=lambda j: -self.path[j]):
            print("%6.0f s  %-24s %s" % (self.expected[j], j.name,
                                         " ".join(n.name for n in j.needs)))

    def state(self):
        """What runs: (name, seconds so far, as expected), and how many wait."""
        now = time.monotonic()
        with self.cond:
            return [(j.name, now - j.started, self.expected[j]) for j in self.running], \
                len(self.waiting)


def closed(jobs):
    """With all that they need, each once."""
    found = {}
    todo = list(jobs)
    while todo:
        j = todo.pop()
        if j not in found:
            found[j] = None
            todo += j.needs
    return list(found)


def run_jobs(schedule, workers, report, durations, on_done=lambda job: None):
    """Runs all; a job that raises is a failed test."""
    def work():
        while True:
            job = schedule.take()
            if not job:
                return
            try:
                with report.job(job.name):
                    job.run()
            except Exception:  # pylint: disable=broad-except
                report.result(job.name, "FAILED", None, traceback.format_exc())
            seconds = schedule.done(job)
            if not _stopping:
                if report.whole(job.name):
                    durations.set(job.name, seconds)
                on_done(job)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(workers)]
    for t in threads:
        t.start()
    for t in threads:
        while t.is_alive():
            t.join(0.2)
