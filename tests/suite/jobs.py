# SPDX-License-Identifier: GPL-2.0-only
"""Programs to run, several at a time."""
import heapq
import os
import signal
import subprocess
import threading
import time
import traceback

_children = set()
_lock = threading.Lock()
_stopping = False


class Job:
    """Something to do: @run is called without arguments.

    @weight: roughly how long it takes, in seconds; the longest start first.
    """

    def __init__(self, name, weight, run):
        self.name = name
        self.weight = weight
        self.run = run


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


def command(argv, timeout=600, **kw):
    """Runs a program; returns its status (124: timeout) and all its output."""
    p = popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
              encoding="utf-8", errors="replace", **kw)
    try:
        out, _ = p.communicate(timeout=timeout)
        return p.returncode, out
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        out, _ = p.communicate()
        return 124, "%s\ntimeout after %d s: %s\n" % (out, timeout, " ".join(argv))
    finally:
        forget(p)


def stop_all():
    """Ends whatever still runs; scripts/vm takes its guest along."""
    global _stopping  # pylint: disable=global-statement
    with _lock:
        _stopping = True
        left = list(_children)
    for p in left:
        try:
            os.killpg(p.pid, signal.SIGTERM)
        except OSError:
            pass
    end = time.monotonic() + 5
    for p in left:
        try:
            p.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)


def run_jobs(jobs, workers, report):
    """Runs all; a job that raises is a failed test."""
    queue = [(-j.weight, n, j) for n, j in enumerate(jobs)]
    heapq.heapify(queue)
    lock = threading.Lock()

    def work():
        while True:
            with lock:
                if not queue or _stopping:
                    return
                job = heapq.heappop(queue)[2]
            try:
                job.run()
            except Exception:  # pylint: disable=broad-except
                if not _stopping:
                    report.result(job.name, "FAILED", None, traceback.format_exc())

    threads = [threading.Thread(target=work, daemon=True) for _ in range(workers)]
    for t in threads:
        t.start()
    for t in threads:
        while t.is_alive():
            t.join(0.2)
