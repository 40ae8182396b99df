# SPDX-License-Identifier: GPL-2.0-only
"""System tests: real programs, on whose every record both backends must agree;
and what cleave says where a function cannot be probed."""
import json
import os
import re
import subprocess

from cases import EACH, case, trace
from harness import (CLEAVE, TASKS, TOP, WHOLE, Skip, argv_run, check, equal, sh, trace_file,
                     until)
from resp import Client

PIPELINE = "ls /usr/bin | sort | uniq -c | sort -rn | head -3"
REDIS = os.environ.get("CLEAVE_TEST_PACKAGE", "")


def agree(cmd, status=0, **kw):
    """Traces a program with both backends, which must agree; the trace."""
    p = trace_file("both", cmd, **kw)
    equal(p.returncode, status, "the exit status of %s; it said %s" % (cmd[0], p.stderr))
    t = trace()
    t.complete()
    c = t.one("compare")
    check(not c["nr_differences"], "the backends differ: %r", c["differences"])
    check(c["events"] > 2, "only %d events compared", c["events"])
    return t


def kinds(t):
    found = {}
    for o in t.clones:
        if not o["error"]:
            found[o["kind"]] = found.get(o["kind"], 0) + 1
    return found


@case("both", part="kernel")
def shells(backend):
    for shell in ("bash", "dash"):
        t = agree([shell, "-c", PIPELINE])
        equal(sum(kinds(t).values()), 5, "tasks that %s made" % shell)


@case("both", part="kernel")
def python_subprocess(backend):
    t = agree(["/usr/bin/python3", "-c", "import subprocess\n"
               "subprocess.run(['true'], close_fds=False)\nsubprocess.run(['true'])"])
    made = kinds(t)
    equal(made.get("vfork/posix_spawn child", 0) + made.get("process", 0), 2, "children")
    check(made.get("vfork/posix_spawn child"), "no posix_spawn or vfork: %r", made)


@case("both", part="kernel")
def python_multiprocessing(backend):
    code = ("import multiprocessing as m, sys\n"
            "def f(x): return x * x\n"
            "if __name__ == '__main__':\n"
            "    with m.get_context(sys.argv[1]).Pool(2) as p:\n"
            "        assert p.map(f, range(10)) == [x * x for x in range(10)]\n")
    with open("/tmp/pool.py", "w", encoding="ascii") as f:
        f.write(code)
    t = agree(["/usr/bin/python3", "/tmp/pool.py", "fork"])
    equal(kinds(t).get("process"), 2, "forked workers")
    check(kinds(t).get("thread", 0) >= 3, "the pool has threads: %r", kinds(t))
    forked = [o["pages"]["shared"] for o in t.clones if o["kind"] == "process"]
    check(min(forked) > 500, "python's pages shared: %r", forked)
    t = agree(["/usr/bin/python3", "/tmp/pool.py", "spawn"])
    # Two workers and the resource tracker, each by fork or vfork and exec.
    equal(len([o for o in t.execs if not o["error"]]), 4, "execs of the spawned pool")


@case("both", part="kernel")
def make_j2(backend):
    with open("/tmp/Makefile", "w", encoding="ascii") as f:
        f.write("all: a b c d\na b c d:\n\t@sleep 0.1; echo $@ >/tmp/made-$@\n")
    t = agree(["make", "-s", "-j2", "-f", "/tmp/Makefile"])
    shells_run = [o for o in t.execs if o["argv"][:1] == ["/bin/sh"]]
    equal(len(shells_run), 4, "recipes run")
    equal(len([o for o in t.execs if o["argv"][:1] == ["sleep"]]), 4, "sleeps")


@case("both", part="kernel")
def su(backend):
    t = agree(["su", "nobody", "-s", "/bin/sh", "-c", "true"])
    check(any(o["argv"][1:] == ["-c", "true"] for o in t.execs), "no shell: %r", t.execs)


# --- a snapshotting server ------------------------------------------------------------


class Redis:
    """A Redis server of Debian's, by its own loader."""

    def __init__(self, backend):
        lib = REDIS + "/usr/lib/x86_64-linux-gnu"
        os.makedirs("/tmp/redis", exist_ok=True)
        self.report = "/tmp/redis-report"
        self.p = subprocess.Popen(
            argv_run(backend, [lib + "/ld-linux-x86-64.so.2", "--library-path", lib,
                               REDIS + "/usr/bin/redis-server", "--port", "0", "--unixsocket",
                               "/tmp/redis/s", "--dir", "/tmp/redis", "--save", "",
                               "--appendonly", "no", "--rdb-key-save-delay", "200"],
                     "--format=json", "-o", self.report),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        until("the server listens", 60, lambda: os.path.exists("/tmp/redis/s"))
        self.client = Client("/tmp/redis/s")


@case("both")
def redis(backend):
    if not os.path.exists(REDIS + "/usr/bin/redis-server"):
        raise Skip("no redis-server")
    server = Redis(backend)
    r = server.client
    value = "x" * 2000
    for n in range(2000):
        r.ask("SET", "k%d" % n, value)
    check("tarted" in r.ask("BGSAVE"), "BGSAVE does not start")
    written = 0
    while r.info("rdb_bgsave_in_progress"):
        for n in range(20):
            r.ask("SETRANGE", "k%d" % ((written + n) * 7 % 2000), 0, "y" * 100)
        written += 20
        check(written < 20000, "the save does not end")
    size = r.info("rdb_last_cow_size")
    r.shut_down()
    equal(server.p.wait(timeout=60), 0, "the server's end: %s" % server.p.stderr.read())
    # pylint: disable=import-outside-toplevel
    from trace import Trace
    t = Trace(server.report)
    c = t.one("compare")
    equal(c["nr_differences"], 0, "differences: %r" % c["differences"])
    saves = [o for o in t.exits if "since_clone_ns" in o]
    equal(len(saves), 1, "processes that saved")
    creator, own = saves[0]["creator_cow"]["copied"], saves[0]["cow"]["copied"]
    print("%d writes while saving: the server copied %d pages, its child %d of %d shared; "
          "the server itself says %d KiB (%d pages)"
          % (written, creator, own, saves[0]["shared"], size // 1024, size // 4096))
    check(creator > 100, "the server copied %d pages only", creator)
    # It reads its child's private dirty pages: those that either of the two has
    # copied, and those that the child has made itself since.  It reads them
    # before the child has ended.
    fresh = sum(saves[0]["cow"][k] for k in ("zero", "file", "file_first"))
    check(abs(size // 4096 - creator - own) <= 300 + fresh,
          "far from the server's own figure")


# --- what cannot be probed ------------------------------------------------------------


def hook_table(backend):
    """Hook name -> figures, as the header has them."""
    with open(TOP + "/module/include/cleave_abi.h", encoding="ascii") as f:
        text = f.read()
    text = text[text.index("#define CLEAVE_HOOKS(X)"):]
    text = text[:text.index("\n\n")].replace("\\\n", " ")
    found = {}
    for name, all_miss, bpf_misses in re.findall(
            r'X\(\w+,\s*"(\w+)",\s*"([^"]*)",\s*"([^"]*)"\)', text):
        figures = all_miss + (", " + bpf_misses if backend == "bpf" and bpf_misses else "")
        found[name] = [w.strip() for w in figures.split(",")]
    return found


def check_outcomes(where, values, lost, figures):
    """@lost: all of them are to be null."""
    for k, v in values.items():
        equal(v is None, lost or k in figures, "%s.%s is %r" % (where, k, v))


def check_nulls(name, figures, events):
    """Each listed figure is null, each other one is a number."""
    where, breaks = "without %s: " % name, "breaks" in figures
    for o in events:
        # All is null where the record with the figures does not come.
        if o["type"] != "exit" or o.get("since_clone_ns") is None:
            continue
        check_outcomes(where + "cow", o["cow"], breaks, figures)
        check_outcomes(where + "creator_cow", o["creator_cow"],
                       breaks or "creator_cow" in figures, figures)
    for o in events:
        pages = o.get("pages", {}) if o["type"] == "clone" else {}
        for k, v in pages.items():
            if k != "shared":
                equal(v is None, "pages." + k in figures, "%spages.%s is %r" % (where, k, v))


# Without one of these there is little to be seen of the other figures.
BASES = {"breaks", "clone events", "exec events", "exit events"}


def together(table):
    """Groups of hooks: none misses what another of its group does, but for not_a_break."""
    groups = []
    for name, figures in table.items():
        mine = set(figures) - {"not_a_break"}
        place = None
        if not mine & BASES:
            place = next((g for g in groups if not (g[1] & (mine | BASES))), None)
        if not place:
            place = ([], set())
            groups.append(place)
        place[0].append(name)
        place[1].update(mine)
    return [g[0] for g in groups]


SUMS = {"pages." + k for k in ("anon", "anon_huge", "file", "swap", "hugetlb")}


def check_totals(name, figures, totals):
    """The same of the summary."""
    lost = {
        "clone_errors": "clone events" in figures,
        "exits": "exit events" in figures,
        "execs": "exec events" in figures,
        "exec_errors": "failed exec events" in figures,
        "shared": "pages shared" in figures or bool(SUMS & set(figures)),
        "address_spaces_closed": bool({"the end of an address space", "copies before exec"}
                                      & set(figures)),
    }
    copied = "copied" in figures or "breaks" in figures
    lost["never_copied"] = lost["shared"] or copied or lost["address_spaces_closed"]
    for k, null in lost.items():
        equal(totals[k] is None, null, "without %s: totals.%s is %r" % (name, k, totals[k]))
    for k, v in totals["clones"].items():
        equal(v is None, lost["clone_errors"], "without %s: totals.clones.%s is %r"
              % (name, k, v))
    where, breaks = "without %s: totals." % name, "breaks" in figures
    check_outcomes(where + "cow", totals["cow"], breaks, figures)
    check_outcomes(where + "before_exec", totals["before_exec"],
                   breaks or lost["address_spaces_closed"], figures)


@case(*EACH, part="kernel")
def pretend_missing(backend):
    table = hook_table(backend)
    check(len(table) > 15, "hooks: %r", table)
    tested = 0
    for names in [[name] for name in table] if WHOLE else together(table):
        name = ",".join(names)
        p = trace_file(backend, [TASKS, "fork", "10"], "--pretend-missing=" + name,
                       "--no-selftest", timeout=60)
        equal((p.returncode, p.stderr), (0, ""), "a run without " + name)
        with open("/tmp/report", encoding="utf-8") as f:
            events = [json.loads(line) for line in f]
        states = {n: events[0]["hooks"][n] for n in names}
        # Not needed: this backend counts by another function.
        missing = [n for n in names if states[n] != "not needed"]
        check("attached" not in states.values(), "attached: %r", states)
        figures = [f for n in missing for f in table[n]]
        tested += len(missing)
        if not missing:
            continue
        check_nulls(name, figures, events)
        check_totals(name, figures, [o for o in events if o["type"] == "summary"][0]["totals"])
        for kind, word in (("clone", "clone events"), ("exit", "exit events"),
                           ("exec", "exec events")):
            equal(any(o["type"] == kind for o in events), word not in figures,
                  "%s objects without %s" % (kind, name))
    name = "do_wp_page"
    doctor = sh(CLEAVE, "doctor", "--pretend-missing=" + name, timeout=60)
    check(re.search(r"%s +MISSING.*copied, reused" % name, doctor.stdout),
          "doctor does not tell of %s:\n%s", name, doctor.stdout)
    print("%d functions" % tested)
    check(tested >= len(table) * 3 // 4, "only %d functions", tested)


@case("bpf", part="kernel")
def program_not_taken(backend):
    """One that the kernel does not take is missing with its hook; the others go on."""
    for program, hook in (("set_access", "ptep_set_access_flags"), ("clone_failed", None)):
        env = dict(os.environ, CLEAVE_DEBUG_SPOIL=program)
        p = trace_file(backend, [TASKS, "fork", "40"], env=env)
        equal((p.returncode, p.stderr), (0, ""), "a run without " + program)
        with open("/tmp/report", encoding="utf-8") as f:
            events = [json.loads(line) for line in f]
        missing = [h for h, state in events[0]["hooks"].items()
                   if state not in ("attached", "not needed")]
        equal(missing, [hook] if hook else [], "hooks missing without " + program)
        equal(len([o for o in events if o["type"] == "clone"]), 1, "processes made")
        cow = [o for o in events if o["type"] == "summary"][0]["totals"]["cow"]
        equal(cow["reused"] is None, hook is not None, "reused is unknown")
        check(cow["copied"] >= 10, "copied: %r", cow)


# --- the whole system -------------------------------------------------------------------


@case(*EACH, part="kernel")
def user_mode_helper(backend):
    """A crash that core_pattern pipes to a program: the kernel makes a process."""
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as f:
        before = f.read()
    try:
        with open("/proc/sys/kernel/core_pattern", "w", encoding="ascii") as f:
            f.write("|/usr/bin/true helper")
        p = trace_file(backend, ["sh", "-c", "kill -SEGV $$"], "--all", "--exit-with-cmd")
        equal(p.returncode, 128 + 11, "the exit status: %s" % p.stderr)
    finally:
        with open("/proc/sys/kernel/core_pattern", "w", encoding="ascii") as f:
            f.write(before)
    with open("/tmp/report", encoding="utf-8") as f:
        events = [json.loads(line) for line in f]
    made = [o for o in events if o["type"] == "clone" and o["kind"] == "user-mode helper"]
    check(made, "no user-mode helper")
    equal(made[0]["call"], "user_mode_thread", "the call")
    pids = {o["child"]["pid"] for o in made}
    done = [o["argv"] for o in events if o["type"] == "exec" and o["pid"] in pids]
    check(["/usr/bin/true", "helper"] in done, "its execs are %r", done)


@case("bpf", timeout=300, part="kernel")
def failed_exec_after_the_kernels(backend):
    """The kernel itself runs a program, whose own exec then fails: that is told, too."""
    with open("/tmp/helper", "w", encoding="ascii") as f:
        f.write("#!/bin/sh\nexec /tmp/is-not-there\n")
    os.chmod("/tmp/helper", 0o755)
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as f:
        before = f.read()
    try:
        with open("/proc/sys/kernel/core_pattern", "w", encoding="ascii") as f:
            f.write("|/tmp/helper")
        p = trace_file(backend, ["sh", "-c", "sh -c 'kill -SEGV $$'; sleep 1"], "--all",
                       "--exit-with-cmd")
        equal(p.returncode, 0, "the exit status: %s" % p.stderr)
    finally:
        with open("/proc/sys/kernel/core_pattern", "w", encoding="ascii") as f:
            f.write(before)
    with open("/tmp/report", encoding="utf-8") as f:
        events = [json.loads(line) for line in f]
    failed = [o for o in events if o["type"] == "exec" and o["error"] and
              o["filename"] == "/tmp/is-not-there"]
    equal(len(failed), 1, "failed execs of the helper")
