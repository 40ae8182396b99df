# SPDX-License-Identifier: GPL-2.0-only
"""Runs the unittest cases of a script and prints TAP."""
import sys
import time
import traceback
import unittest


class Tap(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.nr, self.start = 0, 0

    def startTest(self, test):
        super().startTest(test)
        self.start = time.monotonic()

    def _line(self, test, ok, err=None, directive=""):
        self.nr += 1
        if err:
            for text in "".join(traceback.format_exception(*err)).splitlines():
                print("# " + text)
        name = "%s/%s" % (type(test).__name__.lower(), test.id().rpartition(".test_")[2])
        print("%sok %d - %s # %s" % ("" if ok else "not ", self.nr, name.replace("_", "-"),
                                     directive or "time=%.2f" % (time.monotonic() - self.start)),
              flush=True)

    def addSuccess(self, test):
        self._line(test, True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._line(test, False, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self._line(test, False, err)

    def addSkip(self, test, reason):
        self._line(test, True, directive="SKIP " + reason)

    addError = addFailure


def main():
    """Of the script that is run; returns an exit status."""
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    print("1..%d" % tests.countTestCases(), flush=True)
    result = Tap()
    tests.run(result)
    return 0 if result.wasSuccessful() else 1
