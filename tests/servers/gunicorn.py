# SPDX-License-Identifier: GPL-2.0-only
"""gunicorn, whose workers share what was loaded before their fork, and write to it without
meaning to: with each reference that they count, and each time they look for garbage."""
import os
import signal
import socket

from attach import children
from cases import EACH, case
from harness import check, equal, until
from server import (LONG, Memory, Server, Traced, ended, go_on, huge_pages, looks_of,
                    shared_by_smaps, stand_still)

WORKERS = 2
REQUESTS = 1000

# A request looks three things up.  Garbage is looked for after each hundredth request, as
# services do which want to choose when.
APP = """
import gc

catalogue = [{"id": i, "tags": [str(i)], "name": "thing %%d" %% i} for i in range(%d)]
gc.disable()
if %r:
    gc.collect()
    gc.freeze()
served = 0


def application(environ, start_response):
    global served
    served += 1
    first = int(environ["QUERY_STRING"])
    found = [catalogue[(first + n) * 7919 %% len(catalogue)] for n in range(3)]
    if served %% 100 == 0:
        gc.collect()
    body = "".join(thing["name"] + "\\n" for thing in found).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
THINGS = 20000


class Gunicorn(Server):
    """@freeze: what was loaded is left alone when garbage is looked for."""

    def __init__(self, name, freeze):
        self.name, self.place = name, "/tmp/" + name
        os.mkdir(self.place)
        with open(self.place + "/app.py", "w", encoding="ascii") as f:
            f.write(APP % (THINGS, freeze))
        # What is freed stays in the page tables.
        super().__init__(
            "/usr/bin/python3", "/usr/bin/gunicorn", "--preload", "--workers", str(WORKERS),
            "--chdir", self.place, "--bind", "unix:%s/socket" % self.place, "--timeout", "0", "app",
            log=self.place + "/log", env={"MALLOC_TRIM_THRESHOLD_": "1000000000",
                                          "PYTHONPYCACHEPREFIX": "/tmp/compiled"})
        self.ready(lambda: self.booted() == WORKERS)

    def booted(self):
        """Workers, by its own count."""
        return self.said().count("Booting worker with pid")

    def request(self, n):
        """Returns the body of the answer."""
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.place + "/socket")
            s.sendall(b"GET /?%d HTTP/1.0\r\n\r\n" % n)
            answer = s.makefile("rb").read()
        head, _, body = answer.partition(b"\r\n\r\n")
        check(head.startswith(b"HTTP/1.0 200 OK\r\n"), "an answer: %r", answer)
        return body.decode()

    def ask(self, times):
        for n in range(times):
            want = "".join("thing %d\n" % ((n + k) * 7919 % THINGS) for k in range(3))
            equal(self.request(n), want, "what is answered")


class Work:
    """New workers, from before their forks to when all stand still."""

    def __init__(self, server):
        self.server, self.pid = server, server.pid
        old, booted = children(self.pid), server.booted()
        stand_still(self.pid, *old)
        self.kill(old)
        self.memory = Memory(self.pid)
        go_on(self.pid)
        until("new workers", LONG, lambda: server.booted() == booted + WORKERS)
        server.ask(REQUESTS)
        self.workers = children(self.pid)
        equal(len(self.workers), WORKERS, "workers that live")
        stand_still(self.pid, *self.workers)
        self.memory.look(*self.workers)
        for pid in self.workers:
            where, pages = shared_by_smaps(pid)
            equal(pages, self.shared(pid, where), "shared in anonymous mappings, by smaps")

    def kill(self, pids):
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            until("its end", LONG, lambda p=pid: ended(p))

    def end(self):
        """While the server stands still: it makes no new ones."""
        self.kill(self.workers)
        os.kill(self.pid, signal.SIGKILL)
        self.server.end(-signal.SIGKILL)

    def shared(self, pid, where=None):
        """Pages that another one has, too; @where: in these mappings."""
        others = self.memory.others(pid)
        return sum(f in others for a, f in self.memory.now[pid].items()
                   if where is None or any(start <= a < end for start, end in where))

    def check(self, t):
        """Returns the most that a worker copied."""
        ends = {o["pid"]: o for o in t.exits}
        clones = [o for o in t.made() if o["parent"]["pid"] == self.pid]
        equal({o["child"]["pid"] for o in clones}, set(self.workers), "who was forked")
        return max(self.check_worker(t, o, ends[o["child"]["pid"]]) for o in clones)

    def check_worker(self, t, clone, end):
        server, _, own = self.memory.check(t, clone, end)
        self.memory.fresh(clone)
        shared = self.shared(end["pid"])
        check(shared <= end["never_copied"], "%d pages are shared still, of at most %d", shared,
              end["never_copied"])
        print("%s: a worker shared %d pages, and shares %d; it copied %d, the server %d"
              % (self.server.name, end["shared"], shared, len(own), len(server)))
        return len(own)


@case("both", group="gunicorn", timeout=3 * LONG)
def gunicorn(backend):
    huge_pages("never")
    servers = [Gunicorn("usual", False), Gunicorn("frozen", True)]
    first = [pid for s in servers for pid in children(s.pid)]
    traced = Traced(backend, [s.pid for s in servers], await_pids=first)
    works = []
    for s in servers:
        work = Work(s)
        for b in EACH:
            equal(looks_of(b, s.pid, work.workers), [work.shared(w) for w in work.workers],
                  "pages shared, by a look with " + b)
        work.end()
        works.append(work)
    t = traced.agreed(WORKERS * len(works))
    most = [w.check(t) for w in works]
    check(most[1] < most[0], "copied with gc.freeze(), and without: %r", most[::-1])
