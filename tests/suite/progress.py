# SPDX-License-Identifier: GPL-2.0-only
"""What runs now: on a terminal a line that is rewritten, else a line a minute."""
import threading

EVERY = 60


def clock(seconds):
    return "%d:%02d" % divmod(int(seconds), 60)


def line(report, running, waiting):
    """@running: (name, seconds so far, seconds last time)"""
    jobs = ["%s %s of %s" % (name, clock(now), clock(last))
            for name, now, last in sorted(running, key=lambda r: -r[1])]
    return "%d passed, %d failed; %s; %d to come" % (
        report.count("ok"), report.count("FAILED"), ", ".join(jobs) or "nothing runs", waiting)


class Progress:
    """Tells while the jobs of a schedule run."""

    def __init__(self, report, schedule):
        self.report = report
        self.schedule = schedule
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.report.status_line("")

    def _tell(self):
        while not self.over.wait(1 if self.report.terminal else EVERY):
            text = line(self.report, *self.schedule.state())
            if self.report.terminal:
                self.report.status_line(text)
            else:
                self.report.note("        " + text)
