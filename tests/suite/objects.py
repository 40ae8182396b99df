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

    def get(self, top, compiler, sources):
        """Compiles @sources (paths below @top) with the words of @compiler; those that others have
        begun are waited for at last.  Returns for each the object's path, or None, and what
        the compiler said."""
        futures = [self.begin(top, compiler, s) for s in sources]
        return [f.result() for f in futures]

    def begin(self, top, compiler, source):
        with self.lock:
            key = (source, *compiler)
            future = self.made.get(key)
            if future:
                return future
            future = self.made[key] = Future()
            path = os.path.join(self.folder.name, "%d.o" % len(self.made))
        try:
            future.set_result(self.compile(top, compiler, source, path))
        except BaseException as e:
            future.set_exception(e)
            raise
        return future

    @staticmethod
    def compile(top, compiler, source, path):
        argv = [*compiler, "-c", "-o", path, source]
        status, out = command(argv, cwd=top)
        out = shlex.join(argv) + "\n" + out
        return (None, out) if status else (path, out)
