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
# A version older than any, and the folder of this one's packages.
BEFORE, NOW = "0.0.1", "now"
RELEASES = ("bookworm", "trixie")


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
    status, said = command(git)
    if status:
        return ""       # an archive that was unpacked: there is nothing to compare with
    wanted = {p for p in said.splitlines() if os.path.lexists(os.path.join(top, p))}
    packed = set()
    for tar in glob.glob(out + "/*.tar.xz"):
        packed |= {p.partition("/")[2] for p in command(["tar", "-tf", tar])[1].splitlines()
                   if not p.endswith("/")}
    return "".join("the source package %s %s\n" % ("has" if p in packed else "lacks", p)
                   for p in sorted(wanted ^ packed))


def packages(top):
    """Where those lie that are made: a folder each of the versions below."""
    return os.path.join(top, "build", "tests", "packages")


def make_packages(argv, out):
    """By nobody, where that is possible; returns what it said and what is wrong."""
    scratch = tempfile.mkdtemp()
    as_nobody = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups"]
    # A checkout in a home folder is for its owner's eyes alone.
    if not os.geteuid() and not command([*as_nobody, "test", "-r", argv[0]])[0]:
        os.chown(scratch, NOBODY, NOBODY)
        argv = [*as_nobody, "env", "HOME=" + scratch, *argv]
    status, said = command([*argv, scratch])
    made = sorted(re.sub("_.*[.]", ".", p) for p in os.listdir(scratch))
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(scratch, out)
    shutil.rmtree(scratch, ignore_errors=True)
    if status or not {"cleave.deb", "cleave-dkms.deb", "cleave.dsc"} <= set(made):
        return said, "status %d, packages: %s\n" % (status, made)
    return said, ""


def debian(top, report):
    def run():
        out = os.path.join(packages(top), NOW)
        said, wrong = make_packages([os.path.join(top, "scripts", "package")], out)
        wrong += source_package(top, out)
        return said + wrong if wrong else ""

    check(report, "debian", run)


def debian_before(top, report):
    """A version before this one, of the same sources, which are not git's there."""
    copy = os.path.join(packages(top), "sources")

    def run():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(top, copy, symlinks=True,
                        ignore=shutil.ignore_patterns("build", ".git", "cleave", "*.o", "*.ko"))
        for file, pattern, version in (
                ("module/include/cleave_version.h", r'"[^"]*"$', '"%s"' % BEFORE),
                ("debian/changelog", r"\A(\w+) \([^)]*\)", r"\1 (%s)" % BEFORE)):
            path = os.path.join(copy, file)
            with open(path, encoding="utf-8") as f:
                text = f.read()
            with open(path, "w", encoding="utf-8") as f:
                f.write(re.sub(pattern, version, text, flags=re.M))
        said, wrong = make_packages([os.path.join(copy, "scripts", "package")],
                                    os.path.join(packages(top), BEFORE))
        if "no checkout of git's" not in said:
            wrong += "it does not say that git knows nothing of what it packs\n"
        shutil.rmtree(copy, ignore_errors=True)
        return said + wrong if wrong else ""

    check(report, "debian-before", run)


# --- installed, upgraded and purged: in a root of its own, and in a guest with that root


def releases():
    """Those of Debian on which packages made here can be installed: this and later ones."""
    here = platform_release()
    return RELEASES[RELEASES.index(here):] if here in RELEASES else ()


def platform_release():
    with open("/etc/os-release", encoding="utf-8") as f:
        found = re.search(r"^VERSION_CODENAME=(\w+)$", f.read(), re.M)
    return found and found.group(1)


def in_root(top, report, name, release, options, argv):
    """@argv: a program of tests/package, which is given the folders of both versions."""
    if os.geteuid() or release not in releases():
        why = "only root can enter another root" if os.geteuid() else \
            "packages made here are not for Debian " + release
        report.result("package/" + name, "skipped", None, why)
        return

    def run():
        # The network takes what it takes.
        status, out = command(
            ["tests/fresh/run", "--add", packages(top), *options, release, argv,
             "/srv/added/" + BEFORE, "/srv/added/" + NOW], timeout=None, cwd=top)
        said = out.rstrip().rpartition("\n")[2]
        return "" if not status and said == "as it was" else "%s\nstatus %d" % (out, status)

    check(report, name, run)


def root_jobs(top, report, builds, made):
    """@made: the jobs that make the packages."""
    program = "tests/package/installed"
    options = ["--kernel", "6.1", "--then", os.path.join(top, "tests/package/in-guest")]
    return [*(Job("package/" + r, 300, lambda r=r: in_root(top, report, r, r, [], program), made)
              for r in RELEASES),
            Job("package/guest", 900,
                lambda: in_root(top, report, "guest", "bookworm", options,
                                "tests/package/prepared"),
                made + [builds.kernel("6.1")])]


def jobs(top, report, builds, tier):
    """@tier: "full" makes packages, "all" also installs, upgrades and purges them."""
    def manual_and_all():
        status, out = command(["make", "-s", "manual"], cwd=top)
        if status:
            report.result("package/manual", "FAILED", None, out)
            return
        manual.manual(top, report, check)
        completion.completions(top, report, check)
        install(top, report)

    # In one job what takes the tree's own build.
    found = [Job("package/manual", 60, manual_and_all, [builds.cleave()]),
             Job("package/debian", 120, lambda: debian(top, report))]
    if tier != "all":
        return found
    before = Job("package/debian-before", 120, lambda: debian_before(top, report))
    return [*found, before, *root_jobs(top, report, builds, [found[-1], before])]
