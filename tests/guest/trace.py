# SPDX-License-Identifier: GPL-2.0-only
"""Reads a JSON report, checks the form of every object, and what must hold
among them in any complete trace."""
import json
import re

from harness import check, equal

OUTCOMES = ("copied reused zero file ksm unshare huge_split huge_zero huge_reused "
            "hugetlb_copied hugetlb_reused file_first not_a_break").split()
RECORDS = "clone exec exit end break attach times".split()
RESOURCES = "memory files fs sighand sysvsem io".split()
PAGES = "anon anon_huge file swap hugetlb shmem shared".split()

# Kinds that are processes of their own: they end with an exit event.
PROCESSES = ("process", "vfork/posix_spawn child", "process in shared memory")


def number(o, name, where, low=0):
    v = o.get(name)
    check(isinstance(v, int) and not isinstance(v, bool) and v >= low,
          "%s.%s is %r, not a number of at least %d", where, name, v, low)
    return v


def text(o, name, where):
    check(isinstance(o.get(name), str), "%s.%s is %r, no string", where, name, o.get(name))
    return o[name]


def strings(o, name, where):
    v = o.get(name)
    check(isinstance(v, list) and all(isinstance(s, str) for s in v),
          "%s.%s is %r, not strings", where, name, v)
    return v


def member(o, name, where):
    check(isinstance(o.get(name), dict), "%s.%s is %r, no object", where, name, o.get(name))
    return o[name]


def outcomes(o, name, where):
    v = member(o, name, where)
    equal(sorted(v), sorted(OUTCOMES), "the members of %s.%s" % (where, name))
    for k in OUTCOMES:
        number(v, k, where + "." + name)


def figures(o, where):
    # Not known of an address space that was attached to.
    shared, saved = o.get("shared"), o.get("never_copied")
    if o.get("since_clone_ns") is not None:
        number(o, "since_clone_ns", where)
        shared, saved = number(o, "shared", where), number(o, "never_copied", where)
    outcomes(o, "cow", where)
    # All null where the creator had no room in the ledger.
    if set(member(o, "creator_cow", where).values()) != {None}:
        outcomes(o, "creator_cow", where)
    equal(saved, shared if shared is None else max(0, shared - o["cow"]["copied"]),
          where + ".never_copied")


def form_clone(o):
    parent = member(o, "parent", "clone")
    for k in ("pid", "tid"):
        number(parent, k, "clone.parent", 1)
    text(parent, "comm", "clone.parent")
    number(o, "error", "clone")
    if not o["error"]:
        child = member(o, "child", "clone")
        for k in ("pid", "tid"):
            number(child, k, "clone.child", 1)
    for name in strings(o, "flags", "clone"):
        check(name.startswith("CLONE_"), "clone.flags has %r", name)
    check(re.fullmatch(r"0x[0-9a-f]+", text(o, "flags_raw", "clone")),
          "clone.flags_raw is %r", o["flags_raw"])
    number(o, "exit_signal", "clone")
    text(o, "call", "clone")
    text(o, "kind", "clone")
    number(o, "duration_ns", "clone", 1)
    for name in RESOURCES:
        check(member(o, "resources", "clone").get(name) in ("shared", "copied", "new", "none"),
              "clone.resources.%s is %r", name, o["resources"].get(name))
    vm = "CLONE_VM" in o["flags"]
    equal("pages" in o, not vm and not o["error"], "clone has pages (CLONE_VM: %s)" % vm)
    if "pages" in o:
        pages = member(o, "pages", "clone")
        for k in PAGES:
            number(pages, k, "clone.pages")
        equal(pages["shared"], sum(pages[k] for k in
                                   ("anon", "anon_huge", "file", "swap", "hugetlb")),
              "clone.pages.shared")
    elif not o["error"]:
        number(o, "vm_pages", "clone", 1)


def form_exec(o):
    for k in ("pid", "tid"):
        number(o, k, "exec", 1)
    text(o, "comm", "exec")
    text(o, "filename", "exec")
    strings(o, "argv", "exec")
    number(o, "error", "exec")
    if "since_clone_ns" in o:
        figures(o, "exec")


def form_exit(o):
    number(o, "pid", "exit", 1)
    text(o, "comm", "exit")
    number(o, "exit_code", "exit")
    # All null where the record with the figures was lost.
    if o.get("since_clone_ns") is not None:
        figures(o, "exit")
    elif "since_clone_ns" in o:
        check(all(o[k] is None for k in ("shared", "never_copied")), "half-known: %r", o)


def form_start(o):
    for k in ("version", "backend", "kernel"):
        text(o, k, "start")
    # None: the whole system.
    if o.get("command", "") is not None:
        strings(o, "command", "start")
        number(o, "pid", "start", 1)
    member(o, "hooks", "start")


def form_lost(o, where="lost"):
    for k in RECORDS:
        number(member(o, "records", where), k, where + ".records")
    for k in ("address_spaces", "probes_missed", "malformed"):
        number(o, k, where)


def form_summary(o):
    text(o, "backend", "summary")
    t = member(o, "totals", "summary")
    for k in ("execs", "exec_errors", "exits", "clone_errors", "shared", "never_copied"):
        number(t, k, "summary.totals")
    for k, v in member(t, "clones", "summary.totals").items():
        check(isinstance(v, int), "summary.totals.clones.%s is %r", k, v)
    for k in ("before_exec", "cow"):
        outcomes(t, k, "summary.totals")
    form_lost(member(o, "lost", "summary"), "summary.lost")


def form_break(o):
    check(o.get("outcome") in OUTCOMES, "break.outcome is %r", o.get("outcome"))
    for k in ("pid", "tid"):
        number(o, k, "break", 1)


def form_gone(o):
    number(o, "pid", "gone", 1)
    text(o, "comm", "gone")


def form_attach(o):
    number(o, "pid", "attach", 1)
    text(o, "comm", "attach")
    for k in ("before_exec", "just_made"):
        check(isinstance(o.get(k), bool), "attach.%s is %r", k, o.get(k))
    check(o["before_exec"] or o["creator_space"] is None, "a creator after exec: %r", o)


def form_look(o):
    number(o, "pid", "look", 1)
    if o["shared"] is not None:
        number(o, "shared", "look")
        number(o, "swap", "look")


def form_snapshot(o):
    for space in o["spaces"]:
        number(space, "space", "snapshot.spaces", 1)
        outcomes(space, "cow", "snapshot.spaces")
    for k in ("clones", "lost"):
        number(o, k, "snapshot")


FORMS = {"start": form_start, "attach": form_attach, "look": form_look, "snapshot": form_snapshot, "clone": form_clone, "exec": form_exec, "exit": form_exit,
         "gone": form_gone, "break": form_break, "lost": form_lost, "summary": form_summary,
         "compare": lambda o: number(o, "nr_differences", "compare")}


class Trace:
    """A report, its form checked."""

    def __init__(self, path="/tmp/report"):
        with open(path, encoding="utf-8") as f:
            lines = f.read().split("\n")
        equal(lines.pop(), "", "what comes behind the last newline")
        self.events = []
        for line in lines:
            o = json.loads(line)
            kind = o.get("type")
            check(kind in FORMS, "an object of type %r", kind)
            number(o, "ts", kind, 1)
            FORMS[kind](o)
            self.events.append(o)
        equal(self.events[0]["type"], "start", "the first object")
        self.start = self.events[0]
        self.summary = self.one("summary")
        self.totals = self.summary["totals"]
        self.lost = self.one("lost")
        self.clones = self.all("clone")
        self.execs = self.all("exec")
        self.exits = self.all("exit")

    def all(self, kind):
        return [o for o in self.events if o["type"] == kind]

    def one(self, kind):
        found = self.all(kind)
        equal(len(found), 1, "the number of %s objects" % kind)
        return found[0]

    def nothing_lost(self, missed=0):
        for o in (self.lost, self.summary["lost"]):
            equal(o["records"], dict.fromkeys(RECORDS, 0), "lost records")
            for k, n in (("address_spaces", 0), ("probes_missed", missed), ("malformed", 0)):
                equal(o[k], n, "lost " + k)

    def made(self):
        """Successful clones that are processes."""
        return [o for o in self.clones if not o["error"] and o["kind"] in PROCESSES]

    def complete(self, missed=0):
        """Holds for any trace that has lost nothing, but probes of failed calls."""
        self.nothing_lost(missed)
        alive, gone = {self.start["pid"]} if "pid" in self.start else set(), set()
        for o in self.events:
            if o["type"] == "clone" and not o["error"]:
                check(o["parent"]["pid"] in alive | gone,
                      "%d was cloned by %d, which was never seen",
                      o["child"]["pid"], o["parent"]["pid"])
                if o["kind"] in PROCESSES:
                    check(o["child"]["pid"] not in alive, "%d was cloned twice",
                          o["child"]["pid"])
                    alive.add(o["child"]["pid"])
                    gone.discard(o["child"]["pid"])
                else:
                    equal(o["child"]["pid"], o["parent"]["pid"], "a thread's process")
            elif o["type"] == "attach":
                check(o["pid"] not in alive, "%d is attached to twice", o["pid"])
                alive.add(o["pid"])
                gone.discard(o["pid"])
            elif o["type"] == "exec":
                check(o["pid"] in alive, "exec of %d, which is not alive", o["pid"])
            elif o["type"] == "exit":
                check(o["pid"] in alive, "exit of %d, which is not alive", o["pid"])
                alive.remove(o["pid"])
                gone.add(o["pid"])
        equal(alive, set(), "processes without an exit")
        attached = {o["pid"]: o for o in self.all("attach")}
        for o in self.execs + self.exits:
            there = attached.get(o["pid"])
            check(there or o.get("shared", 0) is not None, "figures unknown: %r", o)
            check(there and there["creator_space"] is None or
                  None not in o.get("creator_cow", {}).values(), "the creator's unknown: %r", o)
        self.agree()

    def agree(self):
        """The totals are those of the records."""
        t = self.totals
        for kind in set(o["kind"] for o in self.clones):
            equal(t["clones"][kind], sum(not o["error"] and o["kind"] == kind
                                         for o in self.clones), "clones of kind " + kind)
        equal(sum(t["clones"].values()), sum(not o["error"] for o in self.clones), "clones")
        equal(t["clone_errors"], sum(o["error"] != 0 for o in self.clones), "clone_errors")
        equal(t["execs"], sum(not o["error"] for o in self.execs), "execs")
        equal(t["exec_errors"], sum(o["error"] != 0 for o in self.execs), "exec_errors")
        equal(t["exits"], len(self.exits), "exits")
        equal(t["shared"], sum(o["pages"]["shared"] for o in self.clones if "pages" in o),
              "pages shared")
        closed = [o for o in self.execs + self.exits if "since_clone_ns" in o]
        equal(t["never_copied"], sum(o["never_copied"] or 0 for o in closed), "never_copied")
        for k in OUTCOMES:
            equal(t["before_exec"][k], sum(o["cow"][k] for o in closed), "before_exec." + k)
        equal(t["records"]["attach"], len(self.all("attach")), "attach records sent")
        equal(t["records"]["clone"], len(self.clones), "clone records sent")
        equal(t["records"]["exec"], len(self.execs), "exec records sent")
