#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the workload under cleave and holds every figure against the truth.

The workload says what each task of each case must have been counted with, over
and above the run of the case with size 0 that precedes it in the same trace.
Every class of pages, every outcome and every task is compared, not only what the
case is about; what is not expected must not have been counted.
"""
import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial

OUTCOMES = ("copied reused zero file ksm unshare huge_split huge_zero huge_reused "
            "hugetlb_copied hugetlb_reused file_first not_a_break").split()
BREAKS = OUTCOMES[:11]
CLASSES = "anon anon_huge file swap hugetlb shmem copied_at_clone".split()
SHARED = "anon anon_huge file swap hugetlb".split()
LARGE = ["child_writes_all", "parent_then_child"]   # 100000 pages by default
ATTACH_CASES = 5
ATTACH_LIMIT = 300                                  # seconds
ATTACH_MAX = 1000                                   # pages, in these
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))


class Life:
    """One process from its clone to its exit, or one thread, or a failed clone."""

    def __init__(self, pid, clone, host):
        self.pid = pid
        self.clone = clone
        self.attach = self.look = None
        self.host = host or self
        self.execs = []
        self.failed_execs = []
        self.exit = None
        self.threads = []
        self.failed_clones = []         # of the host: those of all below it, too
        self.below = []

    def close(self):
        """The event that holds the figures of the address space fork gave it."""
        for event in self.execs:
            return event
        return self.exit


class Trace:
    """Events of one backend, as lives of processes."""

    def __init__(self, events):
        self.by_pid = {}
        self.hosts = []
        self.start = self.summary = self.compare = None
        self.lost = []
        self.root = None
        for event in events:
            handler = getattr(self, "on_" + event["type"], None)
            if handler:
                handler(event)

    def on_start(self, event):
        self.start = event
        if "pid" in event:
            self.root = Life(event["pid"], None, None)
            self.by_pid[event["pid"]] = [self.root]

    def on_attach(self, event):
        life = Life(event["pid"], None, None)
        life.attach = event
        self.by_pid.setdefault(event["pid"], []).append(life)

    def on_look(self, event):
        life = self.life(event["pid"])
        if life and not life.look:
            life.look = event

    def life(self, pid):
        lives = self.by_pid.get(pid, [])
        return lives[-1] if lives else None

    def on_clone(self, event):
        parent = self.life(event["parent"]["pid"])
        if event["error"]:
            if parent:
                (parent.host or parent).failed_clones.append(event)
            return
        child = event["child"]
        if child["pid"] != child["tid"]:
            if parent:
                parent.threads.append(event)
            return
        host = None if parent is self.root or not parent else parent.host
        life = Life(child["pid"], event, host)
        self.by_pid.setdefault(child["pid"], []).append(life)
        if host is None:
            self.hosts.append(life)
        else:
            host.below.append(life)

    def on_exec(self, event):
        life = self.life(event["pid"])
        if life:
            (life.failed_execs if event["error"] else life.execs).append(event)

    def on_exit(self, event):
        for life in self.by_pid.get(event["pid"], []):
            if not life.exit:
                life.exit = event
                return

    def on_summary(self, event):
        self.summary = event

    def on_compare(self, event):
        self.compare = event

    def on_lost(self, event):
        self.lost.append(event)


def time_errors(by_outcome, breaks):
    """What is wrong with how long the breaks of one side took, for so many of each outcome."""
    errors = []
    for name in set(by_outcome) | {n for n in BREAKS if breaks.get(n)}:
        t = by_outcome.get(name)
        if not t:
            errors.append(f"{name}: {breaks[name]} breaks, and {t} of them timed or not")
            continue
        hist = t["histogram"]
        top = max((i for i, n in enumerate(hist) if n), default=0)
        least = sum(n << i for i, n in enumerate(hist) if i)
        if t["count"] + t["untimed"] != breaks.get(name):
            errors.append(f"{name}: {t['count']} timed and {t['untimed']} not, "
                          f"of {breaks.get(name)}")
        if sum(hist) != t["count"]:
            errors.append(f"{name}: {sum(hist)} in the histogram, of {t['count']}")
        if not least <= t["sum_ns"] <= t["max_ns"] * t["count"]:
            errors.append(f"{name}: {t['sum_ns']} ns in all, the longest {t['max_ns']}, "
                          f"and by the histogram {least} at least")
        if t["count"] and max(t["max_ns"].bit_length() - 1, 0) != top:
            errors.append(f"{name}: the longest took {t['max_ns']} ns, and is in bucket {top}")
    return errors


class Checker:
    """Compares one run of a case with the run of size 0 before it."""

    def __init__(self, run, host, base, base_host, times):  # pylint: disable=too-many-arguments
        self.run, self.host, self.base, self.base_host = run, host, base, base_host
        self.times = times
        self.errors = []
        self.expected = []
        self.counted = []
        self.unexpected = list(host.failed_clones) if host else []

    def say(self, where, what, want, got):
        self.errors.append(f"{where}: {what}: expected {want}, counted {got}")

    @staticmethod
    def find(host, task):
        """The life of a task."""
        for life in host.below:
            if life.pid == task["pid"]:
                return life
        return None

    def number(self, where, what, want, got, base):
        """One figure, as a difference to the run of size 0."""
        if want == "any":
            self.note(where, what, "any", None if got is None else got - (base or 0))
            return
        diff = None if got is None or base is None else got - base
        if want or diff:
            self.note(where, what, want, diff)
        if diff != want:
            self.say(where, what, want, "unknown" if diff is None else diff)

    def note(self, where, what, want, got):
        self.expected.append(f"{where}.{what}={want}")
        self.counted.append(f"{where}.{what}={'unknown' if got is None else got}")

    def equal(self, where, what, want, got):
        if want != got:
            self.say(where, what, want, got)

    def groups(self, _task, _event):
        """Those of the figures that are known."""
        return "cow", "creator_cow"

    def figures(self, task, life, base_life):
        role = task["role"]
        event, base = life.close(), base_life.close()
        if not event or not base:
            self.say(role, "an event with figures", "there", "none")
            return
        if event["type"] != task["closes"]:
            self.say(role, "closed by", task["closes"], event["type"])
        if "cow" not in event or "cow" not in base:
            self.say(role, "figures in the " + event["type"], "there", "none")
            return
        for group in self.groups(task, event):
            for name in OUTCOMES:
                self.number(role, name if group == "cow" else "creator_" + name,
                            task[group].get(name, 0), event[group].get(name),
                            base[group].get(name))
            extra = set(event[group]) ^ set(OUTCOMES)
            if extra:
                self.say(role, group, "the known outcomes", sorted(extra))
        if self.times:
            self.took(role, event)
        self.equal(role, "clones", task["clones"], event["clones"])
        shared, copied = event["shared"], event["cow"]["copied"]
        if shared is not None and copied is not None:
            self.equal(role, "never_copied", max(0, shared - copied),
                       event["never_copied"])

    def took(self, role, event):
        """All was before exec, and as many as there were breaks."""
        sides = event.get("break_ns")
        if not sides:
            self.say(role, "break_ns", "there", sides)
            return
        self.errors += [f"{role}: break_ns: {text}"
                        for text in time_errors(sides["before_exec"], event["cow"])]
        for side in "creator", "after":
            self.equal(role, "break_ns." + side, {}, sides[side])

    def clone_pages(self, task, life, base_life):
        role, event = task["role"], life.clone
        pages = event.get("pages")
        base = base_life.clone.get("pages")
        if task["closes"] == "none" and not task["pages"] and not pages:
            return
        if pages is None and event["kind"] == "process in shared memory":
            return
        if pages is None or base is None:
            self.say(role, "pages in the clone", "there", "none")
            return
        for name in CLASSES:
            self.number(role, "pages." + name, task["pages"].get(name, 0),
                        pages.get(name), base.get(name))
        known = [pages[name] for name in SHARED]
        if None not in known:
            self.equal(role, "pages.shared", sum(known), pages["shared"])
        close = life.close()
        if close and "shared" in close:
            self.equal(role, "shared at its close", pages["shared"], close["shared"])

    def clone_side(self, task, event):
        role = task["role"]
        for key in ("call", "kind", "flags_raw", "exit_signal", "error", "set_tid",
                    "cgroup_fd"):
            if key in task:
                self.equal(role, key, task[key], event.get(key))
                if key in ("flags_raw", "error", "exit_signal"):
                    self.note(role, key, task[key], event.get(key))
        if "ns_pid" in task:
            self.equal(role, "child.ns_pid", task["ns_pid"], event["child"]["ns_pid"])
        if "parent_tid" in task:
            self.equal(role, "parent.tid", task["parent_tid"], event["parent"]["tid"])

    def failed(self, task):
        events = self.host.failed_clones
        match = [e for e in events if e["parent"]["pid"] == task["pid"] and
                 e["error"] == task["error"]]
        if not match:
            self.say(task["role"], "a clone that fails with", task["error"],
                     [e["error"] for e in events])
            return
        self.unexpected.remove(match[0])
        self.clone_side(task, match[0])
        if match[0].get("pages"):
            self.say(task["role"], "pages", "none", match[0]["pages"])

    def thread(self, task, life):
        for event in life.threads if life else []:
            if event["child"]["tid"] == task["tid"]:
                self.clone_side(task, event)
                return
        self.say(task["role"], "clone record", "there", "none")

    def task(self, task, base_task):
        life = self.find(self.host, task)
        if task["closes"] == "failed":
            self.failed(task)
            return
        if "tid" in task:
            lives = [self.host] + self.host.below
            self.thread(task, next((x for x in lives if x.pid == task["pid"]), None))
            return
        base_life = self.find(self.base_host, base_task)
        if not life or not base_life:
            self.say(task["role"], "clone record", "there", "none")
            return
        self.clone_side(task, life.clone)
        self.clone_pages(task, life, base_life)
        if task["closes"] != "none":
            self.figures(task, life, base_life)
        if "exit_code" in task:
            self.equal(task["role"], "exit_code", task["exit_code"],
                       life.exit and life.exit["exit_code"])
        self.equal(task["role"], "failed execs",
                   [task["exec_error"]] if "exec_error" in task else [],
                   [e["error"] for e in life.failed_execs])
        if "exec_error" in task:
            self.note(task["role"], "exec_error", task["exec_error"],
                      ", ".join(str(e["error"]) for e in life.failed_execs))
        if "exec_tid" in task:
            self.equal(task["role"], "exec tid", task["exec_tid"],
                       life.execs[0]["tid"] if life.execs else None)

    def event_sum(self, host, run, oracle, group):
        life = self.find(host, run["tasks"][oracle["task"]])
        if not life:
            return None
        figures = (life.clone.get("pages") if group == "pages" else
                   (life.close() or {}).get("cow"))
        if not figures or any(figures[name] is None for name in oracle["of"]):
            return None
        return sum(figures[name] for name in oracle["of"])

    def oracle(self, oracle, base):
        name, kind, value = oracle["name"], oracle["kind"], oracle["value"]
        if kind == "note":
            self.note("note", name, "-", value)
            return
        if kind in ("want", "delta", "least"):
            got = value - (base["value"] if kind == "delta" else 0)
            want = oracle["want"]
        elif kind == "cow_delta":
            got = value - base["value"]
            one = self.event_sum(self.host, self.run, oracle, "cow")
            two = self.event_sum(self.base_host, self.base, base, "cow")
            want = None if one is None or two is None else one - two
        else:
            got = value
            want = self.event_sum(self.host, self.run, oracle, kind)
        self.note("oracle", name, want, got)
        if got < want if kind == "least" else want != got:
            self.say("oracle", name, want, got)

    def check(self):
        for run in self.run, self.base:
            if "fail" in run:
                self.errors.append(f"the case did not work: {run['fail']}")
                return
        if not self.host or not self.base_host:
            self.errors.append("no clone record of the host process")
            return
        for task, base in zip(self.run["tasks"], self.base["tasks"]):
            self.task(task, base)
        if len(self.run["tasks"]) != len(self.base["tasks"]):
            self.errors.append("not the tasks of the run of size 0")
        for oracle, base in zip(self.run["oracles"], self.base["oracles"]):
            self.oracle(oracle, base)
        for event in self.unexpected:
            self.say("record", "a failed clone", "none", event["error"])
        known = {task["pid"] for task in self.run["tasks"]}
        for life in self.host.below:
            if life.pid not in known:
                self.say("record", "a clone", "none", life.pid)


class AttachChecker(Checker):
    """The same of a case that cleave was attached to in its middle."""

    def groups(self, task, event):
        if task.get("creator", 0) >= 0:
            return "cow", "creator_cow"
        self.equal(task["role"], "creator_cow", {None}, set(event["creator_cow"].values()))
        return ("cow",)

    def attached(self, task, life, base_life):
        role, event = task["role"], life.attach
        if task["before_exec"]:
            looks = [x.look["shared"] if x.look else None for x in (life, base_life)]
            self.number(role, "shared by a look", task["looked"], *looks)
        self.equal(role, "before_exec", task["before_exec"], event["before_exec"])
        space = None
        if task["creator"] >= 0:
            creator = self.find(self.host, self.run["tasks"][task["creator"]])
            space = creator.attach["space"] if creator and creator.attach else "that of its creator"
        self.equal(role, "creator_space", space, event["creator_space"])
        close = life.close()
        if task["closes"] != "none" and close:
            for name in "since_clone_ns", "shared", "never_copied":
                self.equal(role, name, None, close.get(name, "none"))

    def task(self, task, base_task):
        role = task["role"]
        life, base = self.find(self.host, task), self.find(self.base_host, base_task)
        if not life or not base:
            self.say(role, "a record", "there", "none")
            return
        self.equal(role, "attached", task.get("attached", False), life.attach is not None)
        if life.attach:
            self.attached(task, life, base)
        else:
            self.clone_pages(task, life, base)
        if task["closes"] != "none":
            self.figures(task, life, base)
        elif life.close():
            self.equal(role, "figures at its end", False, "cow" in life.close())


def attached_host(trace, run):
    """The processes of a run, whether cloned or attached to."""
    host = Life(None, None, None)
    for task in run["tasks"]:
        host.below += trace.by_pid.get(task["pid"], [])
    return host


def check_attached(trace, runs, _times):
    """As check_trace(), of cases that were attached to."""
    base = {run["case"]: run for run in runs if run["run"] == "base"}
    for run in sorted(runs, key=lambda run: (run["case"], run["size"])):
        if run["run"] == "base":
            continue
        host = attached_host(trace, run)
        check = AttachChecker(run, host, base[run["case"]],
                              attached_host(trace, base[run["case"]]), False)
        check.check()
        if len(host.below) != len({life.pid for life in host.below}):
            check.say("record", "processes", "each once", [life.pid for life in host.below])
        yield run, check.errors, check.expected, check.counted, differences(trace, run, host)


def differences(trace, run, host):
    """What the module counted otherwise for the tasks of a run."""
    if not trace.compare or not host:
        return []
    pids = {life.pid for life in [host] + host.below}
    pids |= {e["child"]["tid"] for x in [host] + host.below for e in x.threads}
    return [d for d in trace.compare["differences"] if d["pid"] in pids]


def check_trace(trace, runs, times):
    """Yields (run, errors, expected, counted, differences) for each run."""
    base = base_host = None
    for i, run in enumerate(runs):
        host = trace.hosts[i] if i < len(trace.hosts) else None
        if host and host.pid != run["host"]:
            host = None
        if run["run"] == "base":
            base, base_host = run, host
        checker = Checker(run, host, base, base_host, times)
        if "skip" not in run and "skip" not in base:
            checker.check()
        elif "skip" not in run:
            run["skip"] = base["skip"]
        if run["run"] == "base" and (not checker.errors or host):
            continue        # what is wrong with it, the run of size 0 shows
        yield (run, checker.errors, checker.expected, checker.counted,
               differences(trace, run, host))


def check_times(trace):
    """All sides together, and the first of them alone, are what the totals have."""
    totals, sides = trace.summary["totals"], trace.summary["break_ns"]
    errors = time_errors(sides["before_exec"], totals["before_exec"])
    for name in BREAKS:
        n = sum(t[name]["count"] + t[name]["untimed"] for t in sides.values() if name in t)
        if n != totals["cow"][name]:
            errors.append(f"{name}: {n} timed or not, of {totals['cow'][name]}")
    seen = sum(t["count"] for side in sides.values() for t in side.values())
    # By preemption a few returns may be skipped, but that is all.
    if 2 * seen < sum(totals["cow"][name] for name in BREAKS):
        errors.append(f"no more than {seen} breaks were timed")
    return ["break_ns of the summary: " + text for text in errors]


def check_whole(trace, backend):
    """What is wrong with the trace as a whole."""
    errors = []
    if not trace.summary:
        return ["the report has no summary"]
    lost = trace.summary["lost"]
    flat = dict(lost["records"], **{k: v for k, v in lost.items() if k != "records"})
    for name, n in flat.items():
        if n:
            errors.append(f"lost: {name}: {n}")
    if backend == "both":
        if not trace.compare:
            errors.append("the report has no comparison of the backends")
        elif trace.compare["nr_differences"]:
            errors.append(f"backends differ in {trace.compare['nr_differences']} fields")
            errors += [json.dumps(d) for d in trace.compare["differences"][:20]]
    return errors


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def runs_of(lines):
    """Each run with how long it took, which stands in the line behind it."""
    runs = []
    for line in lines:
        if "took" in line:
            runs[-1]["took"] = line["took"]
        else:
            runs.append(line)
    return runs


def run_once(opts, backend, cases):
    """One run of cleave over the workload: (trace, runs)."""
    with tempfile.TemporaryDirectory(prefix="truth-") as tmp:
        report, truth = os.path.join(tmp, "report"), os.path.join(tmp, "truth")
        cmd = [opts.cleave, "trace", "--backend=" + backend, "--format=json",
               "--ring-size=" + opts.ring_size, "-o", report,
               *(["--times"] if opts.times else []), "--", opts.workload, "-o", truth]
        for size in opts.sizes:
            cmd += ["--size", str(size)]
        if not opts.full and not opts.given:
            cmd += ["--large", ",".join(LARGE)]
        done = subprocess.run(cmd + cases, check=False, stdin=subprocess.DEVNULL)
        events = read_lines(report) if os.path.exists(report) else []
        if opts.keep:
            for name in report, truth:
                if os.path.exists(name):
                    shutil.copy(name, opts.keep)
        if not events or not os.path.exists(truth):
            sys.exit(f"cleave ended with status {done.returncode} and no report")
        return Trace(events), runs_of(read_lines(truth))


def looked_at(path):
    """Pids that have been attached to, and looked at where they are before exec, by a report
    that is being written."""
    if not os.path.exists(path):
        return set()
    with open(path, encoding="utf-8") as f:
        events = [json.loads(line) for line in f if line.endswith("\n")]
    return {event["pid"] for event in events if event["type"] == "look" or
            event["type"] == "attach" and not event["before_exec"]}


def attach_once(opts, backend):
    """One run of cleave that attaches to all cases for that at a time: (trace, runs)."""
    sizes = [min(size, ATTACH_MAX) for size in opts.sizes]
    # Each of them with size 0 first, which the others are compared with.
    families = ATTACH_CASES * (1 + len(dict.fromkeys(sizes)))
    with tempfile.TemporaryDirectory(prefix="truth-") as tmp:
        report, truth = os.path.join(tmp, "report"), os.path.join(tmp, "truth")
        work = [opts.workload, "--attach", "-o", truth]
        for size in dict.fromkeys(sizes):
            work += ["--size", str(size)]
        with subprocess.Popen(work, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              encoding="utf-8") as workload:
            there = [workload.stdout.readline().split() for _ in range(families)]
            pids = ",".join(pids[0] for pids in there)
            want = {int(pid) for pids in there for pid in pids}
            with subprocess.Popen([opts.cleave, "trace", "--backend=" + backend,
                                   "--format=json", "--ring-size=" + opts.ring_size,
                                   "-o", report, "-p", pids]) as cleave:
                end = time.monotonic() + ATTACH_LIMIT
                while cleave.poll() is None and not want <= looked_at(report):
                    if time.monotonic() > end:
                        cleave.kill()
                        sys.exit(f"not attached to: {sorted(want - looked_at(report))}")
                    time.sleep(0.1)
                workload.stdin.close()
                status = workload.wait()
                if cleave.wait() or status:
                    sys.exit(f"attached: cleave ended with status {cleave.returncode}, the "
                             f"workload with {status}")
        if opts.keep:
            shutil.copy(report, os.path.join(opts.keep, "attached"))
            shutil.copy(truth, os.path.join(opts.keep, "attached-truth"))
        return Trace(read_lines(report)), runs_of(read_lines(truth))


TABLE_HEAD = """\
# Truth on {kernel}

What `tests/truth/run --table FILE` measured: {backend}; {runs} run(s) of all
cases; {all} results, of which {bad} wrong and {skipped} skipped.  Each figure is a
difference to the same case with size 0, the writes to stack and data that go with
any work; all figures that are not shown were expected and counted as 0.  `any`:
not known in advance.
"""


class Row:
    """Of the table: all runs of a case with a size."""

    def __init__(self):
        self.runs = self.exact = 0
        self.expected, self.counted, self.wrong = [], [], []
        self.skip = ""

    def cells(self):
        if self.skip:
            return ["", "", "skipped: " + self.skip]
        return [", ".join(self.expected) or "nothing",
                ", ".join(c.split("=", 1)[-1] for c in self.counted) or "nothing",
                f"exact, {self.exact} of {self.runs}" if not self.wrong else
                f"**WRONG**, {self.runs - self.exact} of {self.runs}: " +
                "; ".join(self.wrong)]


class Report:
    """TAP, and rows for the table."""

    def __init__(self, opts):
        self.opts = opts
        self.turn = 0                   # of --repeat
        self.backend = ""               # where there is one after the other
        self.nr = self.bad = self.skipped = 0
        self.rows = {}                  # by case and size
        self.whole = []                 # what was wrong with a trace as a whole
        self.tap = []

    def line(self, ok, name, details=(), directive=""):
        self.nr += 1
        self.bad += not ok
        # In front of the result that they belong to, as tests/run reads them.
        self.tap += [f"#   {text}" for text in details]
        if self.backend:
            name += ", " + self.backend
        if self.opts.repeat > 1:
            name += f", run {self.turn}"
        self.tap.append(f"{'ok' if ok else 'not ok'} {self.nr} - {name}{directive}")

    def case(self, run, errors, expected, counted, diffs):
        name = f"{run['case']} size {run['size']}"
        row = self.rows.setdefault((run["case"], run["size"]), Row())
        row.runs += 1
        if "skip" in run:
            self.skipped += 1
            self.line(True, name, (), f" # SKIP {run['skip']}")
            row.skip = run["skip"]
            return
        details = list(errors)
        details += ["backends differ: " + json.dumps(d) for d in diffs]
        ok = not details
        self.line(ok, name, details, f" # time={run['took']:.2f}" if "took" in run else "")
        if self.opts.verbose:
            for want, got in zip(expected, counted):
                self.tap.append(f"#   expected {want}, counted {got.split('=', 1)[-1]}")
        row.exact += ok
        if not row.wrong:               # else, the first that was wrong is shown
            row.expected, row.counted, row.wrong = expected, counted, details

    def print(self):
        print(f"1..{self.nr}")
        print("\n".join(self.tap))
        print(f"# {self.nr - self.bad - self.skipped} exact, {self.bad} wrong, "
              f"{self.skipped} skipped")

    def trace(self, name, errors, took):
        self.line(not errors, name, errors, f" # time={took:.2f}")
        self.whole += errors

    def table(self, kernel, runs):
        backend = {"both": "both backends at once, which agree in every field"}.get(
            self.opts.backend, f"the backend {self.opts.backend}")
        with open(self.opts.table, "w", encoding="utf-8") as f:
            f.write(TABLE_HEAD.format(kernel=kernel, backend=backend, runs=runs, all=self.nr,
                                      bad=self.bad, skipped=self.skipped))
            for text in self.whole:
                f.write(f"- **WRONG** as a whole: {text}\n")
            f.write("\n| case | size | expected | counted | verdict |\n")
            f.write("|---|---:|---|---|---|\n")
            for (case, size), row in self.rows.items():
                cells = [case, str(size)] + row.cells()
                f.write("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |\n")


def busy_loops(n):
    return [subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"]) for _ in range(n)]


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--backend", default="both", choices=["bpf", "module", "both"])
    p.add_argument("--times", action="store_true",
                   help="how long breaks take, too; of each backend by itself, instead of both")
    p.add_argument("--sizes", help="pages, by comma (0,1,7,1000, and 100000 in two cases)")
    p.add_argument("--full", action="store_true", help="100000 pages in all cases")
    p.add_argument("--repeat", type=int, default=1, metavar="N")
    p.add_argument("--busy", type=int, default=0, metavar="N",
                   help="N busy loops beside, to disturb")
    p.add_argument("--cases", default="", help="names, by comma; attach: those that are attached to; all")
    p.add_argument("--table", metavar="FILE", help="write a table in Markdown")
    p.add_argument("--verbose", action="store_true", help="show every figure")
    p.add_argument("--keep", metavar="DIR", help="keep the raw reports there")
    p.add_argument("--ring-size", default="16M")
    p.add_argument("--cleave", default="cleave")
    p.add_argument("--workload", default=os.path.join(TOP, "build/tests/workload"))
    opts = p.parse_args()
    opts.backends = [opts.backend]
    if opts.times and opts.backend == "both":
        opts.backends = ["bpf", "module"]
    opts.given = bool(opts.sizes)
    opts.sizes = [int(s) for s in (opts.sizes or "0,1,7,1000").split(",")]
    if opts.full:
        opts.sizes.append(100000)
    return opts


def hold(report, opts, backend, check, run, what=""):  # pylint: disable=too-many-arguments
    """One run of cleave, and what is wrong with it; its trace."""
    start = time.monotonic()
    trace, runs = run()
    took = time.monotonic() - start
    for result in check(trace, runs, opts.times):
        report.case(*result)
    errors = check_whole(trace, backend)
    if opts.times and trace.summary:
        errors += check_times(trace)
    report.trace(what + "nothing lost, backends agree", errors, took)
    return trace


def main():
    opts = arguments()
    report = Report(opts)
    loops = busy_loops(opts.busy)
    try:
        for report.turn, backend in itertools.product(range(1, opts.repeat + 1), opts.backends):
            report.backend = backend if len(opts.backends) > 1 else ""
            names = [c for c in opts.cases.split(",") if c]
            if names != ["attach"]:
                trace = hold(report, opts, backend, check_trace,
                             partial(run_once, opts, backend, [c for c in names if c != "attach"]))
            if "attach" in names or not (names or opts.times):
                trace = hold(report, opts, backend, check_attached,
                             partial(attach_once, opts, backend),
                             "attached to, ")
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    report.print()
    if opts.table:
        kernel = trace.start["kernel"] if trace.start else "unknown"
        report.table(kernel, opts.repeat)
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main())
