# SPDX-License-Identifier: GPL-2.0-only
"""System tests: signals, reports that nobody takes, tables that are full."""
import fcntl
import os
import signal
import subprocess
import time

from cases import EACH, Trace, any_child_is, case, trace
from harness import CLEAVE, TASKS, argv_run, check, equal, sh, trace_file, until

REPORT = "/tmp/report"


def pending(pid, number):
    """Has a signal been sent that it has not taken yet?"""
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        mask = [line.split()[1] for line in f if line.startswith("ShdPnd:")][0]
    return bool(int(mask, 16) & 1 << number - 1)


class Traced:
    """A shell script under cleave, in a session of its own; it has said "ready"."""

    def __init__(self, backend, script, *options):
        if os.path.exists(REPORT):
            os.unlink(REPORT)
        with open("/tmp/said", "wb") as err:
            # pylint: disable=consider-using-with
            self.p = subprocess.Popen(
                argv_run(backend, ["sh", "-c", script], "--format=json", "-o", REPORT,
                         "--no-selftest", *options),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err,
                encoding="utf-8", start_new_session=True)
        equal(self.p.stdout.readline(), "ready\n", "the command's answer")

    def end(self, status):
        """Waits for cleave; the trace, which must be whole."""
        equal(self.p.wait(60), status, "the exit status")
        # No pipe: what is left behind would hold it open.
        with open("/tmp/said", encoding="utf-8") as f:
            equal(f.read(), "", "standard error")
        return Trace(REPORT)

    def kill_rest(self):
        """What it has left behind, which is still of its session."""
        sh("pkill", "-KILL", "-s", str(self.p.pid))

    def pending(self, number):
        return pending(self.p.pid, number)

    def send(self, number):
        """To cleave alone, and until it has taken it."""
        self.p.send_signal(number)
        until("signal %d taken" % number, 20, lambda: not self.pending(number))


@case("module")
def interrupt_of_a_terminal(backend):
    """All in the foreground get it: the command ends by it, and cleave with it."""
    t = Traced(backend, "echo ready; exec sleep 100")
    until("the command", 20, lambda: any_child_is(t.p.pid, "sleep"))
    os.killpg(t.p.pid, signal.SIGINT)
    done = t.end(128 + signal.SIGINT)
    done.complete()
    equal(done.exits[-1]["exit_code"], 128 + signal.SIGINT, "the command's exit_code")


@case("module")
def interrupt_that_is_ignored(backend):
    """A command that goes on is traced on."""
    os.mkfifo("/tmp/go")
    t = Traced(backend, "trap '' INT; echo ready; read go </tmp/go; %s storm 5; exit 4" % TASKS)
    os.killpg(t.p.pid, signal.SIGINT)
    until("the interrupt taken", 20, lambda: not t.pending(signal.SIGINT))
    with open("/tmp/go", "w", encoding="ascii") as f:
        f.write("go\n")
    os.unlink("/tmp/go")
    done = t.end(4)
    done.complete()
    check(len(done.made()) >= 5, "only %d processes after the interrupt", len(done.made()))


@case(*EACH, part="all")
def terminate_is_passed_on(backend):
    t = Traced(backend, "trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done")
    t.send(signal.SIGTERM)
    t.end(3).complete()


@case("module")
def second_terminate_stops(backend):
    t = Traced(backend, "trap '' TERM; echo ready; exec sleep 100")
    until("the command", 20, lambda: any_child_is(t.p.pid, "sleep"))
    t.send(signal.SIGTERM)
    time.sleep(0.3)
    equal(t.p.poll(), None, "cleave after the first")
    t.p.send_signal(signal.SIGTERM)
    done = t.end(128 + signal.SIGTERM)
    equal(done.exits, [], "exits of a command that goes on")
    equal(len([e for e in done.execs if not e["error"]]), 2, "execs")
    t.kill_rest()


@case("module")
def interrupt_of_the_wait(backend):
    """For what the command left behind."""
    t = Traced(backend, "sleep 100 & echo ready; exit 6")
    until("the command's end", 20, lambda: not any_child_is(t.p.pid, "sh"))
    time.sleep(0.3)
    equal(t.p.poll(), None, "cleave while a process of the command's runs")
    t.p.send_signal(signal.SIGINT)
    done = t.end(6)
    equal(len(done.exits), 1, "exits")
    t.kill_rest()


@case("module")
def exit_with_the_command(backend):
    start = time.monotonic()
    t = Traced(backend, "sleep 100 & echo ready; exit 6", "-x")
    done = t.end(6)
    check(time.monotonic() - start < 50, "it waited for what is left behind")
    equal(len(done.exits), 1, "exits")
    equal(len(done.made()), 1, "processes")
    t.kill_rest()


@case("bpf", part="all")
def terminated_while_loading(backend):
    """Then there is no command to be run.  What libbpf tells of its work is more than a pipe
    holds, so loading goes on no further than we read."""
    room = 4096
    r, w = os.pipe()
    fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, room)
    with subprocess.Popen(argv_run(backend, ["touch", "/tmp/ran"], "-o", REPORT), stderr=w,
                          env=dict(os.environ, CLEAVE_DEBUG_LIBBPF="1")) as p:
        os.close(w)
        check(os.read(r, 1), "libbpf tells nothing")
        p.send_signal(signal.SIGTERM)
        until("SIGTERM sent", 20, lambda: pending(p.pid, signal.SIGTERM))
        with open(r, "rb") as rest:
            told = len(rest.read())
    check(told > 2 * room, "libbpf tells only %d bytes: all may have been loaded before", told)
    equal(p.returncode, 128 + signal.SIGTERM, "the exit status")
    check(not os.path.exists("/tmp/ran"), "the command ran")


# --- reports that nobody takes --------------------------------------------------------


def cannot_write(status, said, why):
    """The command has run; that its report is lost is said in a line."""
    equal(status, 125, "the exit status")
    equal(said, "cleave: the report could not be written: %s\n" % why, "standard error")
    check(os.path.exists("/tmp/ran"), "the command did not run")
    os.unlink("/tmp/ran")


TOUCH = ["touch", "/tmp/ran"]


@case("module")
def report_into_a_closed_pipe(backend):
    for options in ((), ("--format=json",)):
        r, w = os.pipe()
        os.close(r)
        p = subprocess.run(argv_run(backend, TOUCH, "-o", "-", *options), stdout=w,
                           stderr=subprocess.PIPE, encoding="utf-8", check=False)
        os.close(w)
        cannot_write(p.returncode, p.stderr, "Broken pipe")


@case("module")
def reader_of_the_report_goes(backend):
    """After the first line, as head(1) does: the command must not notice."""
    with subprocess.Popen(argv_run(backend, ["sh", "-c", TASKS + " storm 300 && touch /tmp/ran"],
                                   "--format=json", "-o", "-"),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as p:
        check('"start"' in p.stdout.readline(), "no start")
        p.stdout.close()
        p.stdout = None
        said = p.communicate(timeout=200)[1]
    cannot_write(p.returncode, said, "Broken pipe")


@case("module")
def standard_error_is_a_closed_pipe(backend):
    """Nobody can be told, but by the status."""
    r, w = os.pipe()
    os.close(r)
    p = subprocess.run(argv_run(backend, TOUCH), stdout=subprocess.PIPE, stderr=w, check=False)
    os.close(w)
    equal((p.returncode, p.stdout), (125, b""), "status and output")
    os.unlink("/tmp/ran")


@case("module")
def no_space(backend):
    for options in ((), ("--format=json",)):
        p = sh(*argv_run(backend, TOUCH, "-o", "/dev/full", *options))
        cannot_write(p.returncode, p.stderr, "No space left on device")
    os.mkdir("/tmp/small")
    equal(sh("mount", "-t", "tmpfs", "-o", "size=64k", "small", "/tmp/small").returncode, 0,
          "mount")
    try:
        p = trace_file(backend, ["sh", "-c", TASKS + " storm 300; touch /tmp/ran"],
                       path="/tmp/small/report")
        cannot_write(p.returncode, p.stderr, "No space left on device")
        with open("/tmp/small/report", encoding="utf-8") as f:
            check(f.readline().startswith('{"type"'), "what there was room for is not there")
    finally:
        sh("umount", "/tmp/small")


def closed_stderr(*argv):
    """Runs a program without descriptor 2."""
    return subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", *argv], stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, check=False).returncode


@case(*EACH, part="all")
def closed_standard_error(backend):
    """Nothing else may be opened in its place, to get the messages."""
    cmd = ["sh", "-c", "ls -l /proc/$$/fd >/tmp/fds; /tmp/is-not-there; exit 3"]
    equal(closed_stderr(*argv_run(backend, cmd, "--format=json", "-o", REPORT)), 3,
          "the exit status")
    t = trace()
    t.complete()
    with open("/tmp/fds", encoding="utf-8") as f:
        fds = [line.split(" -> ")[0].split()[-1] for line in f if " -> " in line]
    check("2" not in fds, "the command has a standard error: %r", fds)
    # A report to nowhere: not begun at all.
    equal(closed_stderr(*argv_run(backend, TOUCH)), 125, "the exit status without a report")
    check(not os.path.exists("/tmp/ran"), "the command ran without a report")


# --- full tables --------------------------------------------------------------------------

def at_a_time(n):
    """A script of so many processes at a time, however slow all is: each reads a byte, and none
    is written before the last is made."""
    return "mkfifo /tmp/go; exec 3<>/tmp/go; rm /tmp/go; for i in $(seq %d); do " \
        "head -c1 <&3 >/dev/null & done; printf %%%ds >&3; wait" % (n, n)


@case(*EACH)
def full_ledger(backend):
    """Address spaces without an entry are counted, and said; events come all the same."""
    script = at_a_time(8) + "; exit 5"
    p = trace_file(backend, ["sh", "-c", script], "--max-spaces=4")
    equal((p.returncode, p.stderr), (5, ""), "the end")
    t = trace()
    lost = t.lost["address_spaces"]
    check(lost > 0, "8 at a time in a table of 4, and none lost")
    for k in ("probes_missed", "malformed"):
        equal(t.lost[k], 0, "lost " + k)
    # A process that found no room there either ends without an event.
    exits = t.lost["records"]["exit"]
    equal(sum(t.lost["records"].values()), exits, "records lost")
    # Those of the shell, its eight, and mkfifo, rm and seq before.
    equal(len(t.exits) + exits, 12, "exits told and lost")
    equal(len(t.made()), 11, "processes")
    # Each space is lost once, by a fork or by an exec, and its process followed all the same.
    spaces = [o["child"]["space"] for o in t.made()] + [o["space"] for o in t.execs if not o["error"]]
    equal(lost, spaces.count(None), "spaces lost, and processes that were told to have none")
    equal(len([o for o in t.execs if o["argv"][:1] == ["head"]]), 8, "execs")
    equal(t.totals["exits"], 12, "exits counted")
    p = sh(*argv_run(backend, ["sh", "-c", script], "--max-spaces=4"))
    check("(the ledger was full" in p.stderr, "the text does not tell:\n%s", p.stderr)
    equal(sh(CLEAVE, "trace", "--max-spaces=0", "true").returncode, 125, "a table of none")


@case(*EACH)
def full_process_table(backend):
    """A process that there is no room for ends without an event: that is counted."""
    script = at_a_time(40)
    p = trace_file(backend, ["sh", "-c", script], "--max-spaces=4")
    equal((p.returncode, p.stderr), (0, ""), "the end")
    t = trace()
    lost = t.lost["records"]["exit"]
    check(lost > 0, "41 processes, and none lost")
    # With mkfifo, rm and seq.
    equal(len(t.exits) + lost, 44, "exits told and lost")
    equal(t.totals["exits"], 44, "exits counted")
