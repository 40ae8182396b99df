# SPDX-License-Identifier: GPL-2.0-only
"""Sources that many tests are linked with, compiled once a run."""
import os
import shlex
import tempfile
import threading
from concurrent.futures import Future

from .jobs import command


class Objects:
    """What has been compiled in this run, in a folder below @above that ends with it."""

    def __init__(self, above):
        # pylint: disable=consider-using-with
        self.folder = tempfile.TemporaryDirectory(prefix="objects-", dir=above)
        self.made = {}
        self.lock = threading.Lock()

    def get(self, top, compiler, source):
        """Compiles @source (its path below @top) with the words of @compiler, or waits for who
        does; returns the object's path, or None and what the compiler said."""
        with self.lock:
            key = (source, *compiler)
            future = self.made.get(key)
            mine = future is None
            if mine:
                future = self.made[key] = Future()
                path = os.path.join(self.folder.name, "%d.o" % len(self.made))
        if mine:
            try:
                future.set_result(self.compile(top, compiler, source, path))
            except BaseException as e:
                future.set_exception(e)
                raise
        return future.result()

    @staticmethod
    def compile(top, compiler, source, path):
        argv = [*compiler, "-c", "-o", path, source]
        status, out = command(argv, cwd=top)
        out = shlex.join(argv) + "\n" + out
        return (None, out) if status else (path, out)
