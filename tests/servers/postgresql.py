# SPDX-License-Identifier: GPL-2.0-only
"""PostgreSQL, which forks for each connection: what a fork takes, and what that has to do with
the buffers that all share."""
import os
import re
import shutil
import signal
import statistics
import subprocess

from attach import children
from cases import case
from harness import check, equal, sh, until
from server import (LONG, Memory, Server, Traced, ended, go_on, huge_pages, inside, root,
                    stand_still, status_kib)

BIN = "/usr/lib/postgresql/15/bin/"
USER = 1000
BUFFERS_MIB = 128
CONNECTIONS = 50
# Nothing is forked but for connections.
QUIET = {"listen_addresses": "", "unix_socket_directories": "/tmp/postgresql", "autovacuum": "off",
         "max_logical_replication_workers": "0", "log_connections": "on", "log_statement": "all",
         "log_line_prefix": "%p ", "fsync": "off",
         "shared_buffers": "%dMB" % BUFFERS_MIB}
PORTS = {"base": 5432, "huge": 5433}
STAYS = "SELECT count(*) FROM pgbench_accounts;\nSELECT pg_sleep(1000000);\n"


def data(name):
    return "/tmp/postgresql/" + name


class Postgres(Server):
    """@huge: for the buffers that all share, of hugetlbfs."""

    def __init__(self, name, huge):
        self.name, self.port = name, PORTS[name]
        settings = dict(QUIET, port=self.port, huge_pages="on" if huge else "off")
        super().__init__(BIN + "postgres", "-D", data(name),
                         *(w for k, v in settings.items() for w in ("-c", "%s=%s" % (k, v))),
                         user=USER, log="/tmp/postgresql/%s.log" % name)
        self.ready(lambda: "ready to accept connections" in self.said())

    def pgbench(self, *options):
        return inside(BIN + "pgbench", "-h", "/tmp/postgresql", "-p", self.port, "-U", "postgres",
                      *options, "postgres")

    def connections(self):
        """Of which the server has told: the processes that it made for them."""
        received = re.compile(r"^(\d+) LOG:  connection received", re.M)
        return [int(pid) for pid in received.findall(self.said())]


    def stay(self):
        """A connection that reads a table, and then stays: pgbench, and the server's process."""
        # pylint: disable=consider-using-with
        client = subprocess.Popen(self.pgbench("-n", "-t", "1", "-f", script("stays", STAYS)),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sleeps = re.compile(r"^(\d+) .*SELECT pg_sleep", re.M)
        until("it sleeps", LONG, lambda: sleeps.search(self.said()))
        return client, int(sleeps.search(self.said())[1])


def script(name, text):
    path = "/tmp/postgresql/" + name
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    return path


def make_data():
    """The same for both."""
    root()
    os.mkdir("/tmp/postgresql")
    os.chown("/tmp/postgresql", USER, USER)
    p = sh(*inside(BIN + "initdb", "-D", data("base"), "-A", "trust", "-U", "postgres", "--no-sync",
                   "--locale=C", "-E", "UTF8", user=USER))
    equal(p.returncode, 0, "initdb: %s" % p.stderr)
    server = Postgres("base", False)
    p = sh(*server.pgbench("-i", "-q"))
    equal(p.returncode, 0, "pgbench -i: %s" % p.stderr)
    server.p.send_signal(signal.SIGINT)
    server.end()
    equal(sh("cp", "-a", data("base"), data("huge")).returncode, 0, "cp")
    with open("/proc/sys/vm/nr_hugepages", "w", encoding="ascii") as f:
        f.write(str(BUFFERS_MIB // 2 + 16))


class Load:
    """pgbench, which connects anew each time, and then a connection that stays, until that and
    the server stand still."""

    def __init__(self, server):
        self.server, self.pid = server, server.pid
        self.there = set(server.connections())
        p = sh(*server.pgbench("-n", "-C", "-t", CONNECTIONS, "-f", script("one", "SELECT 1;\n")))
        equal(p.returncode, 0, "pgbench: %s" % p.stderr)
        check("processed: %d/%d\n" % (CONNECTIONS, CONNECTIONS) in p.stdout, "it said: %s",
              p.stdout)
        # The last of them can still be ending.
        others = set(children(self.pid)) & set(server.connections())
        until("its end", LONG, lambda: not others & set(children(self.pid)))
        stand_still(self.pid)
        self.memory = Memory(self.pid)
        self.tables = status_kib(self.pid, "VmPTE")
        go_on(self.pid)
        self.stay()

    def stay(self):
        server = self.server
        client, self.backend = server.stay()
        stand_still(self.pid, self.backend)
        self.memory.look(self.backend)
        self.tables_then = status_kib(self.backend, "VmPTE")
        os.kill(self.backend, signal.SIGKILL)
        until("its end", LONG, lambda: ended(self.backend))
        # Before it has noticed: all others end with it.
        os.kill(self.pid, signal.SIGKILL)
        server.end(-signal.SIGKILL)
        check(client.wait(LONG), "pgbench has not noticed")
        self.made = set(server.connections()) - self.there

    def check(self, t):
        clones = [o for o in t.made() if o["parent"]["pid"] == self.pid]
        equal({o["child"]["pid"] for o in clones}, self.made, "processes for connections")
        for o in clones:
            self.check_fork(o)
        last, = (o for o in clones if o["child"]["pid"] == self.backend)
        self.memory.fresh(last)
        end, = (o for o in t.exits if o["pid"] == self.backend)
        server, _, own = self.memory.check(t, last, end)
        check(last["page_tables_bytes"] <= 1024 * self.tables_then, "page tables: %d, and then "
              "%d KiB", last["page_tables_bytes"], self.tables_then)
        print("%s: %d forks, %.2f ms and %d KiB of page tables (medians); of %d pages shared a "
              "backend copied %d, the server %d; with a table read, it has %d KiB of page tables, "
              "the server %d KiB"
              % (self.server.name, len(clones),
                 statistics.median(o["duration_ns"] for o in clones) / 1e6,
                 statistics.median(o["page_tables_bytes"] for o in clones) // 1024,
                 last["pages"]["shared"], len(own), len(server), self.tables_then, self.tables))

    def check_fork(self, clone):
        """The buffers are shared for good: nothing of them is copied, whatever pages they are
        made of.  What there is of page tables the server has, too."""
        equal([clone["pages"][k] for k in ("hugetlb", "shmem", "anon_huge")], [0] * 3,
              "pages of the buffers' kinds")
        check(0 < clone["page_tables_bytes"] <= 1024 * self.tables, "page tables of %d, the "
              "server's %d KiB", clone["page_tables_bytes"], self.tables)


@case("both", group="postgresql", timeout=3 * LONG)
def postgresql(backend):
    huge_pages("never")
    make_data()
    servers = [Postgres("base", False), Postgres("huge", True)]
    traced = Traced(backend, [s.pid for s in servers],
                    await_pids=[pid for s in servers for pid in children(s.pid)])
    loads = [Load(s) for s in servers]
    t = traced.agreed(sum(len(load.made) for load in loads), edges=True)
    for load in loads:
        load.check(t)
    check(loads[1].tables_then < loads[0].tables_then, "page tables of a backend: %d KiB, with "
          "huge pages %d KiB", loads[0].tables_then, loads[1].tables_then)
