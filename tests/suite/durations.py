# SPDX-License-Identifier: GPL-2.0-only
"""How long each job took last time, kept in the cache."""
import fcntl
import json
import os


def cache_dir():
    """As scripts/lib.sh has it."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME", "/root"),
                                                          ".cache")
    return os.environ.get("CLEAVE_CACHE") or os.path.join(base, "cleave")


class Durations:
    """A file of JSON: {name of the job: seconds}."""

    def __init__(self, path=None):
        self.path = path or os.path.join(cache_dir(), "durations.json")
        self.kept = self._read()
        self.new = {}

    def _read(self):
        try:
            with open(self.path, encoding="utf-8") as f:
                kept = json.load(f)
            return {str(k): float(v) for k, v in kept.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def get(self, name, otherwise):
        return self.kept.get(name, otherwise)

    def set(self, name, seconds):
        self.new[name] = round(seconds, 1)

    def save(self):
        """Another run may have written meanwhile: only what ran here is replaced."""
        try:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            with open(self.path + ".lock", "w", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                kept = dict(self._read(), **self.new)
                with open(self.path + ".new", "w", encoding="utf-8") as f:
                    json.dump(kept, f, indent=1, sort_keys=True)
                os.rename(self.path + ".new", self.path)
        except OSError:
            pass        # only the order depends on it
