# SPDX-License-Identifier: GPL-2.0-only
"""What is printed about tests, and counted."""
import contextlib
import fcntl
import os
import re
import shutil
import sys
import threading
import xml.etree.ElementTree as ET

COLOURS = {"ok": "32", "FAILED": "31;1", "skipped": "33"}
SLOWEST = 20


def logs(where):
    """An empty folder for logs, and what keeps other runs in the same checkout off it."""
    os.makedirs(where, exist_ok=True)
    for n in range(1, 100):
        path = os.path.join(where, "logs" if n == 1 else "logs-%d" % n)
        # pylint: disable=consider-using-with
        lock = open(path + ".lock", "w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path, lock
    raise RuntimeError("too many runs in " + where)


class Result:
    """Of one test."""

    def __init__(self, job, name, status, seconds, output):
        self.job = job
        self.name = name
        self.status = status
        self.seconds = seconds
        self.output = output


class Report:
    """Results as they come; from several threads."""

    def __init__(self, top, verbose=False, out=sys.stdout, logged=True):
        """@logged: there will be results; the logs of the last run make place for theirs."""
        self.top = top
        self.verbose = verbose
        self.out = out
        self.lock = threading.Lock()
        self.results = []
        self.seen = set()
        self.muted = False
        self.current = threading.local()
        self.terminal = out.isatty()
        self.colour = self.terminal and not os.environ.get("NO_COLOR")
        self.below = ""         # the line under all others, rewritten
        self.dir = self.dir_lock = None
        if logged:
            self.dir, self.dir_lock = logs(os.path.join(top, "build", "tests"))

    @contextlib.contextmanager
    def job(self, name):
        """What is reported within, by this thread, is the job's."""
        self.current.job = name
        yield
        self.current.job = ""

    def log_path(self, name):
        return os.path.join(self.dir, re.sub(r"[^\w.-]+", "-", name) + ".log")

    def _write(self, text):
        if self.below:
            self.out.write("\r\033[K")
        self.out.write(text + "\n")
        if self.below:
            self.out.write(self.below)
        self.out.flush()

    def note(self, text):
        with self.lock:
            self._write(text)

    def status_line(self, text):
        """Only on a terminal: what stands under all that has been written."""
        if not self.terminal:
            return
        with self.lock:
            text = text[:shutil.get_terminal_size().columns - 1]
            self.out.write("\r\033[K" + text)
            self.out.flush()
            self.below = text

    def mute(self):
        """What is killed from now on has not failed."""
        with self.lock:
            self.muted = True

    def result(self, name, status, seconds=None, output="", log=None):
        """One test: status is "ok", "FAILED" or "skipped"."""
        with self.lock:
            if self.muted:
                return
            if name in self.seen:
                status, output = "FAILED", "this test reported twice\n" + output
            self.seen.add(name)
            self.results.append(Result(getattr(self.current, "job", ""), name, status, seconds, output))
            self._result(name, status, seconds, output, log)

    def _result(self, name, status, seconds, output, log):
        word = "%-7s" % status
        if self.colour:
            word = "\033[%sm%s\033[0m" % (COLOURS[status], word)
        lines = ["%s %s  %s" % (word, duration(seconds), name)]
        output = output.rstrip("\n")
        if status == "FAILED":
            output = self._logged(name, output, log)
        if output and (status != "ok" or self.verbose):
            lines += ["    " + line for line in output.split("\n")]
        self._write("\n".join(lines))

    def _logged(self, name, output, log):
        """The gist of what a failed test said; all of it goes to a file."""
        if log is None:
            log = self.log_path(name)
            with open(log, "w", encoding="utf-8", errors="replace") as f:
                f.write(output + "\n")
        lines = output.split("\n")
        if len(lines) > 60:
            lines = lines[:25] + ["... (all of it is in the log)"] + lines[-30:]
        return "\n".join(lines + ["log: " + os.path.relpath(log, os.getcwd())])

    def count(self, status):
        return sum(r.status == status for r in self.results)

    def whole(self, job):
        """Has the job done all that it does?  One that fails or skips may end early."""
        found = [r.status for r in self.results if r.job == job]
        return "FAILED" not in found and (not found or "ok" in found)

    def slowest(self):
        """Lines that say which tests took longest; a guest is no test."""
        timed = [r for r in self.results if r.seconds and not r.name.endswith("/guest")]
        timed.sort(key=lambda r: -r.seconds)
        if not timed:
            return []
        return ["the slowest tests:"] + ["        %s  %s" % (duration(r.seconds), r.name)
                                         for r in timed[:SLOWEST]]

    def junit(self, path):
        """The results as JUnit's XML, which CI systems read."""
        suites = ET.Element("testsuites")
        groups = {}
        for r in self.results:
            groups.setdefault(r.name.partition("/")[0], []).append(r)
        for group, results in groups.items():
            suite = ET.SubElement(
                suites, "testsuite", name=group, tests=str(len(results)),
                failures=str(sum(r.status == "FAILED" for r in results)),
                skipped=str(sum(r.status == "skipped" for r in results)),
                time="%.2f" % sum(r.seconds or 0 for r in results))
            for r in results:
                suite.append(testcase(group, r))
        ET.indent(suites)
        ET.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)

    def close(self):
        """The last line and the exit status."""
        self.status_line("")
        bad = [r.name for r in self.results if r.status == "FAILED"]
        passed, skipped = self.count("ok"), self.count("skipped")
        if len(bad) > 1:
            print("failed: " + ", ".join(bad), file=self.out)
        if not passed and not bad:
            print("no test ran", file=self.out)
        line = "%d passed, %d failed" % (passed, len(bad))
        if skipped:
            line += ", %d skipped" % skipped
        print(line, file=self.out, flush=True)
        return 1 if bad or not passed else 0


def duration(seconds):
    """In a column of its own."""
    if seconds is None:
        return " " * 10
    return "%8.*f s" % (1 if seconds >= 10 else 2, seconds)


# XML has no place for these, escaped or not.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def testcase(group, r):
    case = ET.Element("testcase", classname=group, name=r.name.partition("/")[2] or r.name,
                      time="%.2f" % (r.seconds or 0))
    text = NO_XML.sub("?", r.output)
    if r.status == "FAILED":
        ET.SubElement(case, "failure", message=text.partition("\n")[0][:200]).text = text
    elif r.status == "skipped":
        ET.SubElement(case, "skipped", message=text.partition("\n")[0][:200])
    return case
