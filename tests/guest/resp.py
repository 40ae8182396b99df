# SPDX-License-Identifier: GPL-2.0-only
"""A client of Redis, by the protocol of its own."""
import re
import socket


class Client:
    """A connection by a Unix socket."""

    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(path)
        self.f = self.s.makefile("rb")

    def send(self, *words):
        self.s.sendall(b"*%d\r\n" % len(words) + b"".join(
            b"$%d\r\n%s\r\n" % (len(w), w) for w in (str(w).encode() for w in words)))

    def answer(self):
        line = self.f.readline()
        if line[:1] == b"$":
            return self.f.read(int(line[1:]) + 2).decode()
        return line.decode().strip()

    def ask(self, *words):
        self.send(*words)
        return self.answer()

    def info(self, name):
        return int(re.search(r"^%s:(\d+)" % name, self.ask("INFO", "everything"), re.M)[1])

    def shut_down(self):
        self.send("SHUTDOWN", "NOSAVE")
