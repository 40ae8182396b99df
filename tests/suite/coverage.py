# SPDX-License-Identifier: GPL-2.0-only
"""Which lines of the module have run in the guests of the debug kernel."""
import os
import threading
import time

LEAST = 90      # per cent of all lines
ROUNDS = 3      # guests that must have told, for a verdict to mean anything


class Coverage:
    """Collects the COVER lines of tests/guest/covered."""

    def __init__(self):
        self.lock = threading.Lock()
        self.files = {}
        self.guests = set()

    def line(self, guest, text):
        """Takes a line; False: it is none of ours."""
        if not text.startswith("COVER "):
            return False
        file, ran, not_ran = text.split()[1:]
        with self.lock:
            self.guests.add(guest)
            into = self.files.setdefault(file, {})
            for word, yes in ((ran, True), (not_ran, False)):
                for n in word[1:].split(","):
                    if n:
                        into[int(n)] = into.get(int(n), False) or yes
        return True

    def dump(self):
        """To go on with another time, see load()."""
        with self.lock:
            return {"files": {f: sorted(lines.items()) for f, lines in self.files.items()},
                    "guests": sorted(self.guests)}

    def load(self, kept):
        self.files = {f: dict(lines) for f, lines in kept["files"].items()}
        self.guests = set(kept["guests"])

    def table(self, top):
        """Lines to print, and the percentage."""
        out, ran, all_lines = [], 0, 0
        for file, lines in sorted(self.files.items()):
            hit = sum(lines.values())
            ran, all_lines = ran + hit, all_lines + len(lines)
            out.append("%-34s %4d of %4d lines %4d %%" % (file, hit, len(lines),
                                                        100 * hit // len(lines)))
            with open(os.path.join(top, file), encoding="utf-8") as f:
                text = f.read().split("\n")
            out += ["    %4d: %s" % (n, text[n - 1].strip()) for n, y in sorted(lines.items())
                    if not y]
        percent = 100 * ran / all_lines if all_lines else 0
        out.append("%-34s %4d of %4d lines %6.1f %%" % ("all", ran, all_lines, percent))
        return out, percent

    def judge(self, top, report):
        """One more test result, where enough guests have told."""
        if len(self.guests) < ROUNDS:
            return
        start = time.monotonic()
        out, percent = self.table(top)
        path = os.path.join(report.dir, "coverage.txt")
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(out) + "\n")
        report.result("coverage/module", "ok" if percent >= LEAST else "FAILED",
                      time.monotonic() - start, "\n".join(out))
        report.note("        module: %s; what has not run: %s" % (out[-1].strip(),
                                                            os.path.relpath(path, top)))
