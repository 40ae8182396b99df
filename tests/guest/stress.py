# SPDX-License-Identifier: GPL-2.0-only
"""What no user should do, at length: hostile readers, no memory, storms."""
import collections
import json
import os
import signal
import subprocess
import time

from cases import EACH, Trace, case
from harness import (PART, SLOW, TASKS, TOP, WHOLE, Skip, amount, argv_run, check, equal, insmod,
                     load_by_call, module_loaded, often, prepare, public_tasks, sh, trace_file,
                     unload_by_call, until)

HOSTILE = os.path.join(TOP, "build", "tests", "hostile")
GROUP = "stress"


def exact(backend, what):
    """A trace as any other afterwards: nothing has been damaged."""
    prepare(backend)
    p = trace_file(backend, [TASKS, "fork", "400"], path="/tmp/after")
    equal((p.returncode, p.stderr), (0, ""), "a trace after " + what)
    t = Trace("/tmp/after")
    t.complete()
    equal(len(t.clones), 1, "clones of the trace after " + what)


def hostile(*args, timeout=2000):
    p = sh(HOSTILE, *args, timeout=timeout)
    print(p.stdout.rstrip())
    check(not p.returncode, "hostile %s: status %d\n%s%s", args[0], p.returncode, p.stdout,
          p.stderr)


def events_of(path="/tmp/report"):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


# --- a reader that lies ------------------------------------------------------------------


@case(None, group=GROUP)
def wrong_arguments():
    prepare("module")
    hostile("abi")
    exact("module", "wrong arguments")


@case(None, group=GROUP, timeout=600)
def fuzz():
    prepare("module")
    with subprocess.Popen([TASKS, "storm", "0"]) as storm:
        # A million, under KASAN too where there is time for it.
        calls = 1000000 if SLOW == 1 or PART == "all" else 100000
        hostile("fuzz", str(calls))
        storm.kill()
    exact("module", "%d random calls" % calls)


@case(None, group=GROUP, timeout=300)
def scribbling_reader():
    prepare("module")
    # An honest reader beside must not notice.
    with subprocess.Popen(argv_run("module", [TASKS, "storm", str(amount(500))],
                                   "--format=json", "-o", "/tmp/honest")) as honest:
        hostile("scribble", str(amount(2000)))
        equal(honest.wait(), 0, "the honest reader's end")
    t = Trace("/tmp/honest")
    t.complete()
    equal(len(t.made()), amount(500), "processes that the honest reader has seen")
    exact("module", "a scribbling reader")


@case(None, group=GROUP, timeout=900)
def readers_killed():
    prepare("module")
    with subprocess.Popen([TASKS, "mixed"]) as storm:
        hostile("readers", str(often(10000)))
        storm.kill()
    exact("module", "readers killed")


def words(data, since):
    """8-byte words at each 4 bytes that look like kernel addresses.

    @since: no record is older, by CLOCK_MONOTONIC in ns.  What begins in the middle of a word can
    have the lower half of a time above it, and one in 131,072 of those looks like the upper half
    of an address; or that of an address in a program's stack, as 0x7fffffffe000.
    """
    found, now = [], time.monotonic_ns()
    for at in range(0, len(data) - 7, 4):
        w = int.from_bytes(data[at:at + 8], "little")
        # Two small negative numbers in a row are no address.
        if w >> 47 != 0x1ffff or w >> 32 == 0xffffffff:
            continue
        whole = int.from_bytes(data[at + 4:at + 12], "little")
        if at % 8 and (since <= whole <= now or whole >> 32 == 0x7fff):
            continue
        found.append(hex(w))
    return found


def ring_of(pid):
    """All that a reader has mapped of rings."""
    data = b""
    with open("/proc/%d/maps" % pid, encoding="ascii") as f:
        maps = [line.split() for line in f]
    with open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for m in maps:
            if m[-1] != "/dev/cleave" and "bpf-map" not in m[-1]:
                continue
            start, end = (int(x, 16) for x in m[0].split("-"))
            mem.seek(start)
            data += mem.read(end - start)
    return data


@case(*EACH, group=GROUP, timeout=120)
def no_kernel_addresses(backend):
    """In all that the ring holds after a storm with every kind of record."""
    script = "echo ready; read go; %s fork 400; %s vfork; %s threads; nowhere; " \
             "%s storm 50; echo done; read go" % ((TASKS,) * 4)
    since = time.monotonic_ns()
    with subprocess.Popen(argv_run(backend, ["sh", "-c", script], "--breaks", "--format=json",
                                   "-o", "/tmp/report", "--ring-size=256K"),
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, encoding="utf-8") as p:
        equal(p.stdout.readline(), "ready\n", "the command's answer")
        p.stdin.write("go\n")
        p.stdin.flush()
        equal(p.stdout.readline(), "done\n", "the command's answer")
        data = ring_of(p.pid)
        p.stdin.close()
        p.wait()
    check(len(data) > 256 * 1024, "%d bytes of ring found", len(data))
    check(sum(b != 0 for b in data) > 10000, "the ring is empty")
    equal(words(data, since), [], "words that look like kernel addresses")
    print("%d bytes searched" % len(data))


# --- who may see what ---------------------------------------------------------------------


@case(*EACH, group=GROUP, timeout=120)
def container_sees_itself(backend):
    """The whole system, asked for by root of a pid namespace: its own tasks only."""
    with subprocess.Popen([TASKS, "mixed"]) as outside:
        p = sh("unshare", "--pid", "--fork", "--mount-proc", *argv_run(
            backend, ["sh", "-c", "%s fork 10; /usr/bin/true" % TASKS], "--all",
            "--exit-with-cmd", "--format=json", "-o", "/tmp/report"))
        outside.kill()
    equal(p.returncode, 0, "the exit status: %s" % p.stderr)
    events = events_of()
    clones = [o for o in events if o["type"] == "clone"]
    check(clones, "no clone inside")
    for o in events:
        for who in ("parent", "child"):
            if who in o:
                check(0 < o[who]["tid"] < 1000, "%s %r is not of the namespace", who, o)
        if "pid" in o:
            check(0 < o["pid"] < 1000, "%r is not of the namespace", o)
    execs = {o["filename"] for o in events if o["type"] == "exec"}
    check("/usr/bin/true" in execs, "the exec inside is not seen: %r", execs)
    made = sum(o["kind"] == "process" for o in clones)
    # sh's child, its child, and true's process.
    check(made <= 4, "%d processes: those of outside, too", made)


def with_capabilities(caps, *argv):
    return sh("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
              "--inh-caps=-all" + caps, "--ambient-caps=-all" + caps, "--bounding-set=-all" + caps,
              "--", *argv)


@case(None, group=GROUP)
def two_capabilities():
    """BPF without root: CAP_BPF and CAP_PERFMON do, and what is missing is named."""
    prepare("bpf")
    for caps, missing in (("", "CAP_BPF and CAP_PERFMON are"), (",+bpf", "CAP_PERFMON is"),
                          (",+perfmon", "CAP_BPF is")):
        p = with_capabilities(caps, *argv_run("bpf", ["true"]))
        lines = p.stderr.splitlines()
        check(p.returncode == 125 and len(lines) == 1 and missing + " missing" in lines[0],
              "with %r: status %d, %r", caps, p.returncode, lines)
    # Debian's kernels have one more wall, which is named as well.
    argv = argv_run("bpf", [public_tasks(), "fork", "100"], "--format=json")
    with open("/proc/sys/kernel/perf_event_paranoid", encoding="ascii") as f:
        before = f.read()
    if int(before) > 2:
        p = with_capabilities(",+bpf,+perfmon", *argv)
        check(p.returncode == 125 and "kernel.perf_event_paranoid is " + before.strip() in
              p.stderr, "status %d, %r", p.returncode, p.stderr)
    with open("/proc/sys/kernel/perf_event_paranoid", "w", encoding="ascii") as f:
        f.write("2")
    p = with_capabilities(",+bpf,+perfmon", *argv)
    with open("/proc/sys/kernel/perf_event_paranoid", "w", encoding="ascii") as f:
        f.write(before)
    equal(p.returncode, 0, "with both: %s" % p.stderr[-2000:])
    kinds = [json.loads(line)["type"] for line in p.stderr.splitlines()]
    check(kinds.count("clone") == 1 and kinds[-1] == "summary", "with both: %r", kinds)


@case(None, group=GROUP)
def device_of_a_group():
    """Root gives the device to a group; its members trace without being root."""
    prepare("module")
    argv = argv_run("module", [public_tasks(), "fork", "100"], "--format=json")
    who = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    equal(sh(*who, *argv).returncode, 125, "the exit status without the group")
    os.chown("/dev/cleave", 0, 65534)
    os.chmod("/dev/cleave", 0o660)
    p = sh(*who, *argv)
    os.chmod("/dev/cleave", 0o600)
    os.chown("/dev/cleave", 0, 0)
    equal(p.returncode, 0, "the exit status with it: %s" % p.stderr)


# --- no memory ------------------------------------------------------------------------------


FAULT = "/sys/kernel/debug/"


def fail_on_demand():
    if not os.path.exists("/proc/self/fail-nth"):
        raise Skip("this kernel cannot be made to run out of memory")
    for name, value in (("failslab/ignore-gfp-wait", "N"), ("failslab/verbose", "0"),
                        ("fail_page_alloc/ignore-gfp-wait", "N"),
                        ("fail_page_alloc/ignore-gfp-highmem", "N"),
                        ("fail_page_alloc/min-order", "0"), ("fail_page_alloc/verbose", "0"),
                        ("fail_usercopy/verbose", "0")):
        with open(FAULT + name, "w", encoding="ascii") as f:
            f.write(value)


@case(None, group=GROUP, timeout=900)
def no_memory_at_load():
    fail_on_demand()
    prepare("bpf")
    check(not module_loaded(), "the module is loaded")
    hostile("failload", "100")
    exact("module", "no memory at load")


@case(None, group=GROUP, timeout=900)
def no_memory_in_device():
    fail_on_demand()
    prepare("module")
    # Attaching makes some hundreds of allocations, most of them alike.
    hostile("faildevice", "5")
    exact("module", "no memory in the device")


@case(*EACH, group=GROUP, timeout=300)
def no_memory_in_fork(backend):
    fail_on_demand()
    p = trace_file(backend, [HOSTILE, "failfork"])
    equal(p.returncode, 0, "the exit status: %s" % p.stderr)
    tried, failed = (int(w.split()[0]) for w in p.stdout.split(","))
    events = events_of()
    clones = [o for o in events if o["type"] == "clone"]
    bad = [o for o in clones if o["error"]]
    missed = [o for o in events if o["type"] == "lost"][0]["probes_missed"]
    print("%d forks, of which %d failed; missed: %d" % (tried, failed, missed))
    check(failed > 20, "only %d failed", failed)
    if backend == "module":
        equal(missed, 0, "missed")
    # BPF keeps a task's state in memory of its own: what it misses, it counts.
    check(len(bad) <= failed <= len(bad) + missed, "%d failed, %d recorded, %d missed",
          failed, len(bad), missed)
    check(len(clones) <= tried <= len(clones) + missed, "%d tried, %d recorded", tried,
          len(clones))
    equal({o["error"] for o in bad} - {11, 12}, set(), "errors other than EAGAIN and ENOMEM")
    exact(backend, "no memory in fork")


@case(*EACH, group=GROUP, timeout=120)
def no_memory_in_faults(backend):
    """Each write finds no memory once, and is tried again: one copy each."""
    fail_on_demand()
    pages = 100
    p = trace_file(backend, [HOSTILE, "failwrite", str(pages)], "--breaks")
    equal(p.returncode, 0, "the exit status: %s" % p.stderr)
    first = int(p.stdout, 16)
    t = Trace("/tmp/report")
    t.complete()
    child = t.clones[0]["child"]["pid"]
    found = collections.Counter(
        o["outcome"] for o in events_of() if o["type"] == "break" and o["pid"] == child and
        first <= int(o["addr"], 16) < first + pages * 4096)
    equal(found, {"copied": pages}, "breaks where memory failed")
    exact(backend, "no memory in faults")


# --- storms -------------------------------------------------------------------------------


@case(None, group=GROUP, timeout=1500)
def thousand_reloads():
    if module_loaded():
        unload_by_call()
    storms = [subprocess.Popen([TASKS, "mixed"]) for _ in range(2)]
    times = often(1000)
    for n in range(times):
        load_by_call()
        if n % 50 == 0:
            # A reader that has just gone, and one that is there: it holds the module.
            equal(trace_file("module", ["true"]).returncode, 0, "cleave trace -- true")
            with subprocess.Popen(argv_run("module", ["sleep", "9"], "-o", "/tmp/r")) as p:
                until("the device to be in use", 20, lambda: sh(
                    "grep", "-q", "^cleave [0-9]* [1-9]", "/proc/modules").returncode == 0)
                equal(sh("rmmod", "cleave").returncode != 0, True, "rmmod in use is refused")
                p.kill()
            until("the reader's end", 20, lambda: sh(
                "grep", "-q", "^cleave [0-9]* 0", "/proc/modules").returncode == 0)
        unload_by_call()
    for s in storms:
        equal(s.poll(), None, "a storm's end")
        s.kill()
        s.wait()
    insmod()
    exact("module", "%d reloads" % times)


@case(*EACH, group=GROUP, timeout=300)
def fork_bomb(backend):
    path = "/sys/fs/cgroup/bomb"
    with open("/sys/fs/cgroup/cgroup.subtree_control", "w", encoding="ascii") as f:
        f.write("+pids")
    os.makedirs(path, exist_ok=True)
    with open(path + "/pids.max", "w", encoding="ascii") as f:
        f.write("150")
    p = trace_file(backend, ["sh", "-c", "echo 0 >%s/cgroup.procs; exec %s bomb" % (path, TASKS)])
    equal(p.returncode, 0, "the exit status: %s" % p.stderr)
    t = Trace("/tmp/report")
    made, bad = t.made(), [o for o in t.clones if o["error"]]
    # With a hundred tasks that are preempted in a probe, BPF skips what comes behind
    # them on that CPU, and has no frame for a new task: it tells how often.
    unseen, missed = int(p.stdout) - len(bad), t.lost["probes_missed"]
    if backend == "module" or SLOW == 1:
        equal(missed, 0, "missed")
    check(0 <= unseen <= missed, "%d failed forks unseen, %d probes missed", unseen, missed)
    t.complete(missed)
    equal({o["error"] for o in bad}, {11}, "errors of clones")
    equal(t.totals["clone_errors"], len(bad), "totals.clone_errors")
    equal(t.totals["exits"], len(made) + 1, "totals.exits")
    check(len(made) >= 100, "only %d processes", len(made))
    print("%d processes, %d forks failed, %d more unseen, %d probes missed" %
          (len(made), len(bad), unseen, missed))
    os.rmdir(path)


@case(*EACH, group=GROUP, timeout=600)
def many_at_once(backend):
    n = amount(5000)
    p = trace_file(backend, [TASKS, "many", str(n)], "--ring-size=4M")
    equal(p.returncode, 0, "the exit status: %s" % p.stderr)
    t = Trace("/tmp/report")
    t.complete()
    equal(len(t.made()), n, "processes")
    # All of them lived together.
    first_exit = min(o["ts"] for o in t.exits)
    equal(sum(o["ts"] < first_exit for o in t.made()), n, "processes before the first end")


@case(*EACH, group=GROUP, timeout=300)
def reader_stopped(backend):
    """The ring stays full for a minute, or a part of it; totals are exact, records are counted."""
    script = "echo ready; read go; timeout %d %s storm 0; echo done" % (60 if WHOLE else 15, TASKS)
    with subprocess.Popen(argv_run(backend, ["sh", "-c", script], "--format=json", "-o",
                                   "/tmp/report", "--ring-size=16K"),
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          encoding="utf-8") as p:
        equal(p.stdout.readline(), "ready\n", "the command's answer")
        p.send_signal(signal.SIGSTOP)
        p.stdin.write("go\n")
        p.stdin.flush()
        equal(p.stdout.readline(), "done\n", "the command's answer")
        p.send_signal(signal.SIGCONT)
        p.stdin.close()
        p.wait()
    t = Trace("/tmp/report")
    lost, sent = t.lost["records"], t.totals["records"]
    made = sum(t.totals["clones"].values())
    equal(sent["clone"] + lost["clone"], made + t.totals["clone_errors"],
          "clones sent and lost")
    equal(sent["exit"] + lost["exit"], t.totals["exits"], "exits sent and lost")
    equal(len(t.clones), sent["clone"], "clones that arrived")
    # The last one is killed, perhaps in a fork, which then fails to be tried again.
    equal(made + 1, t.totals["exits"], "clones and exits")
    check(lost["clone"] > 100, "little was lost: %r", lost)
    print("%d clones, of which %d records were lost" % (made, lost["clone"]))


@case(None, group=GROUP, timeout=120)
def unload_while_asleep():
    """A task sleeps in do_wp_page() while its probe goes, and the module."""
    prepare("module")
    with subprocess.Popen(argv_run("module", [TASKS, "uffd"], "-o", "/tmp/report"),
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          encoding="utf-8") as p:
        equal(p.stdout.readline(), "asleep\n", "the command's answer")
        p.kill()
        p.wait()
        until("rmmod", 20, lambda: not sh("rmmod", "cleave").returncode)
        # Another one in its place, with frames of its own.
        insmod()
        exact("module", "an unload with a task asleep")
        p.stdin.write("go\n")
        p.stdin.close()
        until("the task's end", 20, lambda: not sh("pgrep", "-f", "tasks uffd").stdout)
    exact("module", "its return")


@case(*EACH, group=GROUP, timeout=300)
def cpu_hotplug(backend):
    online = "/sys/devices/system/cpu/cpu1/online"
    if not os.path.exists(online):
        raise Skip("no CPU that can go")
    with subprocess.Popen(argv_run(backend, [TASKS, "storm", str(amount(1000))],
                                   "--format=json", "-o", "/tmp/report")) as p:
        n = 0
        while p.poll() is None:
            with open(online, "w", encoding="ascii") as f:
                f.write(str(n % 2))
            n += 1
            time.sleep(0.3)
        with open(online, "w", encoding="ascii") as f:
            f.write("1")
        equal(p.returncode, 0, "the exit status")
    t = Trace("/tmp/report")
    t.complete()
    equal(len(t.made()), amount(1000), "processes")
    print("CPU 1 went and came %d times" % n)
    check(n > 3, "it came and went %d times only", n)


# --- leaks ----------------------------------------------------------------------------------


@case(None, group="leaks", timeout=300)
def kmemleak_clean():
    scan = FAULT + "kmemleak"

    def tell(word):
        with open(scan, "w", encoding="ascii") as f:
            f.write(word)

    try:
        tell("clear")
    except OSError:
        raise Skip("no kmemleak") from None
    for n in range(5):
        load_by_call()
        exact("module", "load %d" % n)
        with subprocess.Popen(argv_run("module", [TASKS, "storm", "0"], "-o", "/tmp/r")) as p:
            time.sleep(2)
            p.kill()
        until("unload", 20, lambda: not sh("rmmod", "cleave").returncode)
    sh("pkill", "-9", "tasks")
    exact("bpf", "the module")
    # What is freed by RCU needs a while; an object is a leak when two scans say so.
    for _ in range(2):
        time.sleep(6)
        tell("scan")
    with open(scan, encoding="ascii") as f:
        leaks = f.read()
    equal(leaks, "", "what kmemleak has found")
