# SPDX-License-Identifier: GPL-2.0-only
"""Redis, which forks to save what it has: how long the fork takes, and what server and child
copy while it is written to."""
import os
import signal

from attach import children
from cases import case
from harness import check, equal, until
from resp import Client
from server import (LONG, Memory, Server, Traced, ended, faults, go_on, huge_pages,
                    no_huge_pages, smaps, stand_still)

KEYS, VALUE = 16000, 2000
WRITES = 1200
# Base pages that a fault can bring.
HUGE = 512


class Redis(Server):
    """@huge: it gets huge pages.  To both they are there, or the one without would have its
    child give memory back that is not needed for the save: MADV_DONTNEED is no break."""

    def __init__(self, name, huge):
        self.name, self.huge = name, huge
        place = "/tmp/" + name
        # What is freed stays in its page tables, and no thread is there to give it back.
        super().__init__(
            "/usr/bin/redis-server", "--port", "0", "--unixsocket", place + ".socket",
            "--dir", "/tmp", "--dbfilename", name + ".rdb", "--save", "", "--rdbcompression", "no",
            "--jemalloc-bg-thread", "no", "--disable-thp", "no", "--enable-debug-command", "yes",
            log=place + ".log", env={"MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1"},
            before=None if huge else no_huge_pages)
        self.ready(lambda: "eady to accept connections" in self.said())
        self.client = Client(place + ".socket")
        equal(self.client.ask("DEBUG", "POPULATE", KEYS, "key", VALUE), "+OK", "DEBUG POPULATE")

    def write(self, n, first=0):
        """To so many values, all over; each twice, of which the second can copy nothing."""
        for what in "xy":
            for i in range(first, first + n):
                self.client.send("SETRANGE", "key:%d" % (i * 7 % KEYS), 0, what)
            for _ in range(n):
                equal(self.client.answer(), ":%d" % VALUE, "SETRANGE")

    def saving(self):
        return self.client.info("rdb_bgsave_in_progress")


class Save:
    """A BGSAVE, from before its fork to a moment when both have stood still."""

    def __init__(self, redis, delay):
        """@delay: how long the child waits at each key, in microseconds."""
        self.redis, self.pid = redis, redis.pid
        equal(redis.client.ask("CONFIG", "SET", "rdb-key-save-delay", delay), "+OK", "CONFIG SET")
        stand_still(self.pid)
        self.memory = Memory(self.pid)
        self.huge = smaps(self.pid, "AnonHugePages")
        go_on(self.pid)
        equal(redis.client.ask("BGSAVE"), "+Background saving started", "BGSAVE")
        self.child = children(self.pid)[0]
        self.fork_us = redis.client.info("latest_fork_usec")
        self.cow_size = None
        self.later = 0

    def look(self):
        """What the kernel says of both, which stand still."""
        self.memory.look(self.child)
        self.private = smaps(self.child, "Private_Dirty")

    def check(self, t):
        clone, = (o for o in t.made() if o["child"]["pid"] == self.child)
        end, = (o for o in t.exits if o["pid"] == self.child)
        self.check_fork(clone)
        self.check_private(*self.memory.check(t, clone, end))
        if self.cow_size is not None:
            self.check_cow_size(end)

    def check_fork(self, clone):
        pages, ns = clone["pages"], clone["duration_ns"]
        equal(clone["parent"]["pid"], self.pid, "who forked")
        # The server measures all of fork(), of which this is a part, in whole microseconds.
        check(ns <= 1000 * (self.fork_us + 1), "a fork of %d ns, by the server %d us", ns,
              self.fork_us)
        fresh = self.memory.fresh(clone)
        check(self.huge <= pages["anon_huge"] <= self.huge + fresh, "%d pages in huge ones, by "
              "smaps %d", pages["anon_huge"], self.huge)
        equal(bool(self.huge), self.redis.huge, "that there are huge pages")
        print("%s: fork of %d pages, %d of them in huge ones: %.2f ms, %d KiB of page tables; by "
              "latest_fork_usec %.2f ms"
              % (self.redis.name, pages["shared"], pages["anon_huge"], ns / 1e6,
                 clone["page_tables_bytes"] // 1024, self.fork_us / 1e3))

    def check_private(self, server, during, own):
        """What is the child's alone, as it says itself: page by page what one of the two has
        copied, and what the child has made for itself.  Both copy a page where they write at the
        same time, or where it is of a huge one, which is nobody's alone."""
        m = self.memory
        shared, now = m.others(self.child), m.now[self.child]
        alone = {a for a, f in now.items() if f not in shared}
        equal(self.private, len(alone), "Private_Dirty")
        gone = m.before.keys() - m.now[self.pid].keys()
        copied = {a for a in server + own if a in m.before and a in now}
        alone &= m.before.keys()
        check(copied <= alone <= copied.union(during, gone), "alone and not copied: %d, copied and "
              "not alone: %d", len(alone - copied), len(copied - alone))
        print("%s: the server copied %d pages, the child %d, together %d; Private_Dirty %d pages"
              % (self.redis.name, len(server), len(own), len(set(server + own)), self.private))

    def check_cow_size(self, end):
        """The server's own figure: the child looks last, when all is saved.  The server stands
        still since, and what the child has got by then came by faults."""
        most = self.private + self.later * (HUGE if self.redis.huge else 1)
        check(self.private <= self.cow_size <= most, "rdb_last_cow_size is of %d pages, "
              "Private_Dirty was %d, before %d faults", self.cow_size, self.private, self.later)
        print("%s: at its end the server had copied %d pages, the child %d; rdb_last_cow_size is "
              "of %d" % (self.redis.name, end["creator_cow"]["copied"], end["cow"]["copied"],
                         self.cow_size))


def killed(redis):
    """A child that is killed where it stands: all that is counted of it is from before."""
    save = Save(redis, 1000000)
    redis.write(WRITES)
    stand_still(save.pid, save.child)
    save.look()
    os.kill(save.child, signal.SIGKILL)
    until("its end", LONG, lambda: ended(save.child))
    go_on(save.pid)
    until("the server has noticed", LONG, lambda: not redis.saving())
    return save


def saved(redis):
    """A child that saves all while the server stands still.  It waits at each key, or it could
    have ended before it is stopped."""
    save = Save(redis, 50)
    stand_still(save.child)
    redis.write(WRITES)
    stand_still(save.pid)
    save.look()
    before = faults(save.child)
    go_on(save.child)
    until("its end", LONG, lambda: ended(save.child))
    save.later = faults(save.child) - before
    go_on(save.pid)
    until("the server has noticed", LONG, lambda: not redis.saving())
    save.cow_size = redis.client.info("rdb_last_cow_size") // 4096
    return save


@case("both", group="redis", timeout=3 * LONG)
def redis(backend):
    huge_pages("always")
    servers = [Redis("base", False), Redis("huge", True)]
    traced = Traced(backend, [r.pid for r in servers])
    saves = []
    for r in servers:
        saves += [killed(r), saved(r)]
        equal(r.client.info("total_forks"), 2, "forks by the server's own count")
        r.client.shut_down()
        r.end()
    t = traced.agreed(len(saves), edges=True)
    for s in saves:
        s.check(t)
