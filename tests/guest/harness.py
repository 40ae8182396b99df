# SPDX-License-Identifier: GPL-2.0-only
"""What the system tests share: how to run cleave, and checks that say why."""
import ctypes
import os
import shutil
import subprocess
import time

KO = os.environ.get("CLEAVE_TEST_KO", "")
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
CLEAVE = os.path.join(TOP, "user", "cleave")
TASKS = os.path.join(TOP, "build", "tests", "tasks")

# Opened by each of a thousand processes.
HOT = ("/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6",
       "/etc/ld.so.cache", "/usr/bin/true", "/usr/bin/xargs", "/usr/bin/bash")


# How many times longer all takes than on a stock kernel.
SLOW = float(os.environ.get("CLEAVE_TEST_SLOW", "1"))


# Of cases.PARTS.
PART = os.environ.get("CLEAVE_TEST_PART", "all")
# No selection: what is only more of the same is done as often as it is promised.
WHOLE = bool(os.environ.get("CLEAVE_TEST_WHOLE", "1"))


def amount(n, less=10):
    """Less of it where all takes longer; @less: so much, where there is little time."""
    if SLOW == 1:
        return n
    return n // (10 if PART == "all" else less)


def often(n):
    """How often to do the same again: so often as is promised where there is time for all."""
    return amount(n if WHOLE or SLOW != 1 else n // 4, 25)


class Skip(Exception):
    """This test cannot run here."""


def check(cond, fmt, *args):
    if not cond:
        raise AssertionError(fmt % args if args else fmt)


def equal(got, want, what):
    check(got == want, "%s is %r, not %r", what, got, want)


def public_tasks():
    """A copy of TASKS where whoever may run it, and quickly: the checkout may lie in a home that
    only its owner can enter, and each exec of a file in it asks the host."""
    return shutil.copy(TASKS, "/tmp/tasks")


def settle_guest():
    """Makes the guest quick and the same whatever the host's environment.

    Files of the host's are opened by a request to it each time.  Touched, they
    are copied into the guest.
    """
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ["LC_ALL"] = "C"
    for path in HOT:
        try:
            os.utime(path)
        except OSError:
            pass


def sh(*argv, **kw):
    """Runs a program; its status and whole output."""
    kw.setdefault("stdin", subprocess.DEVNULL)
    if kw.get("timeout"):
        kw["timeout"] *= SLOW
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       encoding="utf-8", errors="replace", check=False, **kw)
    return p


def module_loaded():
    return os.path.exists("/sys/module/cleave")


def insmod():
    p = sh("insmod", KO)
    check(not p.returncode, "insmod: %s", p.stderr)


def rmmod():
    p = sh("rmmod", "cleave")
    check(not p.returncode, "rmmod: %s", p.stderr)


NR_DELETE_MODULE, NR_FINIT_MODULE = 176, 313
LIBC = ctypes.CDLL(None, use_errno=True)


def load_by_call():
    """insmod without the program, which is most of what it takes here."""
    fd = os.open(KO, os.O_RDONLY | os.O_CLOEXEC)
    err = LIBC.syscall(NR_FINIT_MODULE, fd, b"", 0)
    os.close(fd)
    check(not err, "finit_module: %s", os.strerror(ctypes.get_errno()))


def unload_by_call():
    err = LIBC.syscall(NR_DELETE_MODULE, b"cleave", os.O_NONBLOCK)
    check(not err, "delete_module: %s", os.strerror(ctypes.get_errno()))


def prepare(backend):
    """The module is loaded only where the backend is its."""
    want = backend in ("module", "both")
    if want and not module_loaded():
        insmod()
    elif not want and module_loaded():
        rmmod()


def argv_run(backend, cmd, *options):
    return [CLEAVE, "trace", "--backend=" + backend, *options, "--", *cmd]


def trace_file(backend, cmd, *options, path="/tmp/report", **kw):
    """cleave trace with a JSON report in a file; the finished process."""
    return sh(*argv_run(backend, cmd, "--format=json", "-o", path, *options), **kw)


def until(what, seconds, cond):
    """Waits for a condition; fails when it does not come."""
    end = time.monotonic() + seconds * SLOW
    while not cond():
        check(time.monotonic() < end, "not within %d s: %s", seconds, what)
        time.sleep(0.05)


def stat_fields(pid):
    with open("/proc/%d/stat" % pid, encoding="latin-1") as f:
        text = f.read()
    return text[text.rindex(")") + 2:].split()


def cpu_ticks(pid):
    """utime + stime."""
    fields = stat_fields(pid)
    return int(fields[11]) + int(fields[12])


def resident_kib(pid):
    """All of it, and that which is not of files."""
    with open("/proc/%d/status" % pid, encoding="latin-1") as f:
        fields = dict(line.split(":", 1) for line in f)
    return int(fields["VmRSS"].split()[0]), int(fields["RssAnon"].split()[0])
