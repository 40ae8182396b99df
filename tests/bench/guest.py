#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measures rows of the cost table in a guest: one line of JSON a row.

usage: tests/bench/guest.py WORKS ROW...	(WORKS with commas: break,clone,...)
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILT = os.path.join(TOP, "build", "tests", "bench")
WORK = "/tmp/work"
HELD = "## Held by make check"     # in the kept table: tests/bench/run writes, check reads
TRACING = "/sys/kernel/tracing/"
# What each tracer is asked to look at: the nearest that it can do.
FUNCTIONS = ("do_wp_page", "copy_process", "begin_new_exec")
KPROBE_SCRIPT = "kprobe:do_wp_page { @[pid] = count(); }"
KFUNC_SCRIPT = "kfunc:do_wp_page { @[pid] = count(); }"
AT_EXEC = " tracepoint:sched:sched_process_exec { print(@); clear(@); }"


class Cannot(Exception):
    """This row cannot be measured here."""


def cleave(backend, *options):
    return [os.path.join(TOP, "user", "cleave"), "trace", "--backend=" + backend,
            "--no-selftest", "-o", "/dev/null", *options, "--"]


def floor(kind):
    return [os.path.join(BUILT, "floor"), os.path.join(BUILT, "floor.bpf.o"), "on_" + kind,
            ",".join(FUNCTIONS)]


def peer(name):
    """The path of a peer, from its Debian package."""
    for d in os.environ.get("CLEAVE_BENCH_PEERS", "").split(":"):
        for sub in ("usr/bin", "usr/sbin", "bin", "sbin"):
            path = os.path.join(d, sub, name)
            if d and os.path.exists(path):
                libs = ":".join(os.path.join(d, lib) for lib in
                                ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"))
                return ["env", "LD_LIBRARY_PATH=" + libs, path]
    raise Cannot("no " + name)


def kprobe_events():
    """Kprobe events of ftrace's on the same functions."""
    with open(TRACING + "kprobe_events", "w", encoding="ascii") as f:
        for name in FUNCTIONS:
            f.write("p:cost/%s %s\n" % (name, name))
            f.flush()


def no_kprobe_events():
    with open(TRACING + "kprobe_events", "w", encoding="ascii") as f:
        f.write("\n")


def bpftrace(script):
    return [*peer("bpftrace"), "-e", script + AT_EXEC, "-c"]


ROWS = {
    "nothing": lambda: [],
    "nothing, again": lambda: [],
    "module, idle": lambda: [],
    "empty fentry": lambda: floor("fentry"),
    "empty fexit": lambda: floor("fexit"),
    "empty kprobe": lambda: floor("kprobe"),
    "empty kretprobe": lambda: floor("kretprobe"),
    "empty fprobe": lambda: floor("fprobe"),
    "cleave bpf": lambda: cleave("bpf"),
    "cleave module": lambda: cleave("module"),
    "cleave bpf --breaks": lambda: cleave("bpf", "--breaks"),
    "cleave module --breaks": lambda: cleave("module", "--breaks"),
    "cleave bpf --times": lambda: cleave("bpf", "--times"),
    "cleave module --times": lambda: cleave("module", "--times"),
    "cleave bpf --switches": lambda: cleave("bpf", "--switches"),
    "cleave module --switches": lambda: cleave("module", "--switches"),
    "bpftrace, kprobe": lambda: bpftrace(KPROBE_SCRIPT),
    "bpftrace, kfunc": lambda: bpftrace(KFUNC_SCRIPT),
    "perf record": lambda: [*peer("perf"), "record", "-q", "-o", "/tmp/perf.data", "-e", "cost:*"],
    "trace-cmd record": lambda: [*peer("trace-cmd"), "record", "-q", "-o", "/tmp/trace.dat", "-e",
                                 "cost"],
    "strace -f": lambda: [*peer("strace"), "-f", "-qq", "-o", "/tmp/strace", "-e",
                          "trace=process"],
    # These look at all of the system, or at something else.
    "cleave bpf, untraced": lambda: [],
    "cleave module, untraced": lambda: [],
    "forkstat": lambda: [],
}


def start_beside(row):
    """What runs beside the work and is no parent of it, or None."""
    if row.endswith(", untraced"):
        ready = "/tmp/ready"
        argv = cleave(row.split(",")[0].split()[1]) + [
            "sh", "-c", "touch %s; exec sleep 100000" % ready]
    elif row == "forkstat":
        ready = None
        argv = [*peer("forkstat"), "-e", "all"]
    else:
        return None
    with open("/dev/null", "w", encoding="ascii") as null:
        p = subprocess.Popen(argv, stdout=null, stderr=null)
    while ready and not os.path.exists(ready) and p.poll() is None:
        time.sleep(0.1)
    time.sleep(1)
    if ready and os.path.exists(ready):
        os.unlink(ready)
    if p.poll() is not None:
        raise Cannot("%s ends at once" % argv[0])
    return p


# Of the work and its tracer.  What the caller's has lies on the work's stack, and how many
# pages that takes is copied and counted in each fork: 400 to 1,000 instructions a page.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


def same_pids():
    """What a new pid costs depends on its number: each row shall have the same ones."""
    try:
        with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as f:
            f.write("10000")
    except OSError:
        pass        # without CONFIG_CHECKPOINT_RESTORE


def measure(row, works, *options):
    same_pids()
    argv = ROWS[row]()
    work = [WORK, *options, *works]
    if argv and argv[-1] == "-c":
        work = [" ".join(work)]
    beside = start_beside(row)
    env = dict(ENVIRONMENT, COST_READER=str(beside.pid)) if beside else ENVIRONMENT
    try:
        p = subprocess.run(argv + work, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           encoding="utf-8", errors="replace", check=False, env=env)
    finally:
        if beside:
            beside.terminate()
            beside.wait()
    if row.startswith("cleave bpf"):
        time.sleep(5)   # cleave's programs are detached behind it
    found = {}
    for line in p.stdout.splitlines():
        words = line.split()
        if words and words[0] in works:
            found.setdefault(words[0], []).append([float(w) for w in words[1:]])
    if p.returncode or len(found) != len(works):
        said = [line.strip() for line in (p.stderr + p.stdout).splitlines() if line.strip(" ~")]
        raise Cannot("; ".join(said[:3]) or "status %d" % p.returncode)
    return found


def prepare(works, *options):
    # Where mappings happen to lie decides how many page tables a fork has to copy: 6,000
    # instructions to and fro between two runs of the same program.
    with open("/proc/sys/kernel/randomize_va_space", "w", encoding="ascii") as f:
        f.write("0")
    shutil.copy(os.path.join(BUILT, "work"), WORK)
    # Where the peers look.
    for kind, where in (("debugfs", "/sys/kernel/debug"), ("tracefs", TRACING)):
        if not os.path.ismount(where):
            subprocess.run(["mount", "-t", kind, "none", where], check=False)
    # A guest's first run of anything is slower than all others.
    subprocess.run([WORK, *options, *works], stdout=subprocess.DEVNULL, env=ENVIRONMENT,
                   check=True)


def summary(rounds):
    """Of one work: the median without the time in which the tracer's process ran; that time,
    on the average, as it comes all at once and in some rounds only; and the lower quartile
    without it, as the upper half depends on who runs first."""
    traced = [r[0] - r[1] for r in rounds]
    low, median, high = statistics.quantiles(traced, n=4)
    reader = statistics.mean([r[1] for r in rounds])
    return {"median": median + reader, "spread": (high - low) / 2, "reader": reader,
            "traced": low}


def main():
    works, rows = sys.argv[1].split(","), sys.argv[2:]
    prepare(works)
    events = [r for r in rows if r in ("perf record", "trace-cmd record")]
    for row in rows:
        out = {"row": row}
        try:
            if row in events:
                kprobe_events()
            for name, rounds in measure(row, works).items():
                out[name] = summary(rounds)
        except (Cannot, OSError) as e:
            out["cannot"] = str(e)
        finally:
            if row in events:
                no_kprobe_events()
        print(json.dumps(out), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
