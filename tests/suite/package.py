# SPDX-License-Identifier: GPL-2.0-only
"""What is installed: manual pages, completions, and the Debian packages."""
import glob
import hashlib
import os
import re
import shutil
import tempfile
import time

from . import completion, manual
from .jobs import Job, command

NOBODY = 65534


def check(report, name, run):
    """@run returns what is wrong, "" where nothing is."""
    start = time.monotonic()
    wrong = run()
    report.result("package/" + name, "FAILED" if wrong else "ok", time.monotonic() - start, wrong)


# --- make install


def hashes(where):
    """{path: mode and hash} of all files."""
    found = {}
    for d, _, files in os.walk(where):
        for f in files:
            path = os.path.join(d, f)
            with open(path, "rb") as fd:
                found[os.path.relpath(path, where)] = "%o %s" % (
                    os.fstat(fd.fileno()).st_mode, hashlib.sha256(fd.read()).hexdigest())
    return found


def install(top, report):
    scratch = os.path.join(top, "build", "tests", "install")
    shutil.rmtree(scratch, ignore_errors=True)
    here, other, copy = (os.path.join(scratch, d) for d in ("here", "an other", "copy"))

    def make(where, what, dest, before=(), umask=0o022, **env):
        return command([*before, "make", "-s", what, "DESTDIR=" + dest, "PREFIX=/usr"], cwd=where,
                       env=dict(os.environ, **env), umask=umask)

    def same():
        """In another directory, at another time and place, by somebody who keeps to himself."""
        shutil.copytree(top, copy, symlinks=True,
                        ignore=shutil.ignore_patterns("build", ".git", "cleave", "*.o", "*.ko"))
        out = make(top, "install", here)[1]
        out += make(copy, "install", other, ["faketime", "-f", "+2500d"], 0o077,
                    TZ="Asia/Tokyo", LC_ALL="C.UTF-8")[1]
        one, two = hashes(here), hashes(other)
        differ = [p for p in sorted(set(one) | set(two)) if one.get(p) != two.get(p)]
        few = "only %s\n" % sorted(one) if len(one) < 30 else ""
        few += "".join("no %s in the documentation's folder\n" % d for d in ("COPYING", "changelog.md")
                       if "usr/share/doc/cleave/" + d not in one)
        return out + few + "".join("differs: %s\n" % p for p in differ)

    def nothing_made():
        """By "make install" of what "make all manual" has made: root leaves nothing in build/."""
        run = command(["make", "-n", "install", "DESTDIR=" + here], cwd=top)[1].splitlines()
        return "".join("runs: %s\n" % t for t in run
                       if not re.match(r"install -D|sed .*dkms[.]conf|chmod 644|$", t))

    def arrives():
        """What a user has for the compiler is added to what it needs, for each file."""
        run = command(["make", "-n", "-B", "user/cleave", "CPPFLAGS=-DOURS", "CFLAGS=-O1 -gours",
                       "LDFLAGS=-Lours", "CC=ourcc"], cwd=top)[1].replace("\\\n", " ")
        lines = [t for t in run.splitlines() if t.startswith("ourcc ")]
        few = "only %d lines of the compiler\n" % len(lines) if len(lines) < 30 else ""
        return few + "".join(
            "lacks what is the user's: %s\n" % t for t in lines
            if not re.search("-O1 -gours", t)
            or not re.search(r"-std=gnu11.* -Wall .*-DOURS.* -c " if " -c " in t else "-Lours", t))

    def nothing_left():
        # Sources of an older version are cleave's as well; others are not.
        for name, package in (("cleave-0.0.1", "cleave"), ("cleave-ours", "ours")):
            os.makedirs(os.path.join(here, "usr/src", name, "module"))
            with open(os.path.join(here, "usr/src", name, "dkms.conf"), "w", encoding="ascii") as f:
                f.write('PACKAGE_NAME="%s"\n' % package)
        out = make(top, "uninstall", here)[1]
        if not os.path.exists(os.path.join(here, "usr/src/cleave-ours/dkms.conf")):
            out += "what is another's has gone\n"
        shutil.rmtree(os.path.join(here, "usr/src/cleave-ours"), ignore_errors=True)
        left = sorted(hashes(here)) + [d for d, _, _ in os.walk(here) if "cleave" in d[len(here):]]
        return out + "".join("left: %s\n" % p for p in left)

    check(report, "install/nothing-made", nothing_made)
    check(report, "install/arrives", arrives)
    if shutil.which("faketime"):
        check(report, "install/same", same)
    else:
        report.result("package/install/same", "skipped", None, "not installed: faketime")
    check(report, "install/uninstall", nothing_left)
    shutil.rmtree(scratch, ignore_errors=True)


# --- Debian packages


def source_package(top, out):
    """What is wrong about it: it has what git tracks or would, and nothing else."""
    git = ["git", "-c", "safe.directory=*", "-C", top, "ls-files", "-co", "--exclude-standard"]
    wanted = {p for p in command(git)[1].splitlines() if os.path.lexists(os.path.join(top, p))}
    packed = set()
    for tar in glob.glob(out + "/*.tar.xz"):
        packed |= {p.partition("/")[2] for p in command(["tar", "-tf", tar])[1].splitlines()
                   if not p.endswith("/")}
    return "".join("the source package %s %s\n" % ("has" if p in packed else "lacks", p)
                   for p in sorted(wanted ^ packed))


def debian(top, report):
    def run():
        out = tempfile.mkdtemp()
        argv = [os.path.join(top, "scripts", "package"), out]
        if not os.geteuid():
            os.chown(out, NOBODY, NOBODY)
            argv = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups",
                    "env", "HOME=" + out, *argv]
        status, said = command(argv)
        made = sorted(re.sub("_.*[.]", ".", p) for p in os.listdir(out))
        wrong = source_package(top, out)
        shutil.rmtree(out, ignore_errors=True)
        if status or not {"cleave.deb", "cleave-dkms.deb", "cleave.dsc"} <= set(made):
            wrong += "%s\nstatus %d, packages: %s" % (said, status, made)
        return wrong

    check(report, "debian", run)


def jobs(top, report, builds):
    def manual_and_all():
        status, out = command(["make", "-s", "manual"], cwd=top)
        if status:
            report.result("package/manual", "FAILED", None, out)
            return
        manual.manual(top, report, check)
        completion.completions(top, report, check)
        install(top, report)

    # In one job what takes the tree's own build.
    return [Job("package/manual", 60, manual_and_all, [builds.cleave()]),
            Job("package/debian", 120, lambda: debian(top, report))]
