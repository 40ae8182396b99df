# SPDX-License-Identifier: GPL-2.0-only
"""What runs when: before a commit, before a merge, before an issue is called done."""
import os
import subprocess

STOCK = ("6.1", "6.12", "7.3")
# Where all runs before a commit; the other two get a selection.
FIRST = "6.12"
# Preempt themselves only if told so: BPF attaches by other means then.
PREEMPT = ("6.1", "6.12")
# A selection in check-full: kernels on which it passes.
SELECTION = ("6.12-rt",)

SYSTEM = ["bpf", "module"]
# Each in a guest of its own; the first is in check-full, too.
SERVERS = ["redis", "gunicorn", "postgresql"]
GROUPS = {              # of the suites that run in guests
    "kunit": ["kunit"],
    "system": SYSTEM,
    "stress": ["stress", "leaks", "row"],
    "truth": ["truth", "truth-times", "preempt"],
    "cost": ["cost", "thousand"],
    "servers": SERVERS,
}
TIERS = ("check", "full", "all")
KINDS = ("cloud", "rt", "generic")


def names(top):
    """Of all kernels that scripts/kernel knows: {name: kind}"""
    out = subprocess.run([os.path.join(top, "scripts", "kernel"), "names"], check=True,
                         stdout=subprocess.PIPE, encoding="utf-8").stdout
    return dict(line.split()[:2] for line in out.splitlines())


def of_kernel(kernel):
    """All groups that there are on a kernel."""
    found = list(SYSTEM) + ["kunit", "truth"]
    if kernel in ("6.12", "debug", "kcsan"):
        found.append("stress")
    if kernel == "debug":
        found.append("leaks")
    if kernel == "7.3":
        found.append("row")
    if kernel in STOCK:
        found += ["cost", "thousand", "truth-times", *SERVERS]
    if kernel in PREEMPT:
        found.append("preempt")
    return found


def check():
    yield from ((FIRST, g) for g in (*SYSTEM, "kunit", "cost", "truth-small"))
    yield from ((k, "truth-one") for k in STOCK if k != FIRST)


def full():
    yield from ((k, g) for k in (*STOCK, "debug") for g in of_kernel(k)
                if g not in (*SERVERS, "thousand", "row"))
    yield from ((FIRST, g) for g in ("thousand", SERVERS[0]))
    yield from ((k, g) for k in SELECTION for g in ("kunit", "truth-one"))


def everything(top):
    """Of kcsan's kernel what two CPUs do at once."""
    done = dict.fromkeys(full())
    for kernel, kind in names(top).items():
        if kind in KINDS:
            done.update(dict.fromkeys((kernel, g) for g in of_kernel(kernel)))
    done.update(dict.fromkeys(("kcsan", g) for g in (*SYSTEM, "stress")))
    done.update(dict.fromkeys((k, "truth-long") for k in STOCK))
    return done


def plan(top, tier, suites, kernels):
    """Pairs of a kernel and a group; @suites: those alone, of any kernel."""
    pairs = {"check": check, "full": full, "all": lambda: everything(top)}[tier]()
    if suites:
        wanted = {g for s in suites for g in GROUPS.get(s, ())}
        pairs = [(k, g) for k in kernels or (*STOCK, "debug") for g in of_kernel(k) if g in wanted]
    return [(k, g) for k, g in pairs if not kernels or k in kernels]
