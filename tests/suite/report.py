# SPDX-License-Identifier: GPL-2.0-only
"""What is printed about tests, and counted."""
import os
import re
import shutil
import sys
import threading

COLOURS = {"ok": "32", "FAILED": "31;1", "skipped": "33"}


class Report:
    """Results as they come; from several threads."""

    def __init__(self, top, verbose=False):
        self.top = top
        self.verbose = verbose
        self.passed = self.failed = self.skipped = 0
        self.lock = threading.Lock()
        self.seen = set()
        self.bad = []
        self.colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self.dir = os.path.join(top, "build", "tests", "logs")
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)

    def log_path(self, name):
        return os.path.join(self.dir, re.sub(r"[^\w.-]+", "-", name) + ".log")

    def note(self, text):
        with self.lock:
            print(text, flush=True)

    def result(self, name, status, seconds=None, output="", log=None):
        """One test: status is "ok", "FAILED" or "skipped"."""
        with self.lock:
            if name in self.seen:
                status, output = "FAILED", "this test reported twice\n" + output
            self.seen.add(name)
            if status == "ok":
                self.passed += 1
            elif status == "skipped":
                self.skipped += 1
            else:
                self.failed += 1
                self.bad.append(name)
            self._print(name, status, seconds, output, log)

    def _print(self, name, status, seconds, output, log):
        word = "%-7s" % status
        if self.colour:
            word = "\033[%sm%s\033[0m" % (COLOURS[status], word)
        time = "" if seconds is None else "  %.1f s" % seconds
        print(word, name + time)
        output = output.rstrip("\n")
        if status == "FAILED":
            if log is None:
                log = self.log_path(name)
                with open(log, "w", encoding="utf-8", errors="replace") as f:
                    f.write(output + "\n")
            lines = output.split("\n")
            if len(lines) > 60:
                lines = lines[:25] + ["... (all of it is in the log)"] + lines[-30:]
            output = "\n".join(lines + ["log: " + os.path.relpath(log, os.getcwd())])
        if output and (status != "ok" or self.verbose):
            print("\n".join("    " + line for line in output.split("\n")))
        sys.stdout.flush()

    def close(self):
        """The last line and the exit status."""
        if len(self.bad) > 1:
            print("failed: " + ", ".join(self.bad))
        if not self.passed and not self.failed:
            print("no test ran")
        line = "%d passed, %d failed" % (self.passed, self.failed)
        if self.skipped:
            line += ", %d skipped" % self.skipped
        print(line, flush=True)
        return 1 if self.failed or not self.passed else 0
