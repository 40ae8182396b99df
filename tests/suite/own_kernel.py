# SPDX-License-Identifier: GPL-2.0-only
"""scripts/vm --kernel-image, as for a kernel that one has just built: with the image, the
modules and the build's folder of one of Debian's kernels."""
import glob
import os
import re
import shutil
import time

from .jobs import Job, command

KERNEL = "6.12"
TRACED = "cleave trace --backend=module -c -- sh -c '/bin/true; exit 3'"
# What must have come of it.  Some shells make a process for this by vfork.
STATUS, SAID = 3, (r"with module", r"^clones +1 (process|vfork/posix_spawn child), 0 failed$",
                   r"^exits +2$")


def build_folder(kernel, where):
    """A copy of the headers that is like the folder of a build with O=: its makefile names the
    sources where they lie, and the compiler is this machine's.  Without a vmlinux the module
    gets no BTF, for which pahole would be needed."""
    headers = [h for h in glob.glob(kernel + "/tree/usr/src/linux-headers-*")
               if not h.endswith("-common")][0]
    shutil.rmtree(where, ignore_errors=True)
    shutil.copytree(headers, where, symlinks=True, ignore=shutil.ignore_patterns("vmlinux"))
    for link in ("scripts", "tools"):
        os.unlink(os.path.join(where, link))
        os.symlink(os.path.realpath(os.path.join(headers, link)), os.path.join(where, link))
    for name, pattern, text in (("Makefile", "/usr/src/", os.path.dirname(headers) + "/"),
                                (".kernelvariables", r"(?m)^CC = .*\n", "")):
        with open(os.path.join(where, name), "r+", encoding="utf-8") as f:
            changed = re.sub(pattern, lambda _, t=text: t, f.read())
            f.seek(0)
            f.write(changed)
            f.truncate()


def run(top, report, builds):
    builds.output("kernel/" + KERNEL)
    builds.output("build/cleave")
    start = time.monotonic()
    kernel = command(["scripts/kernel", "dir", KERNEL], cwd=top)[1].split("\n")[-2]
    where = os.path.join(top, "build", "tests", "own-kernel")
    build_folder(kernel, where)
    status, out = command(
        ["scripts/vm", "--kernel-image", kernel + "/vmlinuz", "--modules", kernel + "/tree",
         "--headers", where, "--module", "--log", report.log_path("own-kernel-kernel"), "--",
         "sh", "-c", TRACED], cwd=top)
    missing = [s for s in SAID if not re.search(s, out, re.M)]
    bad = status != STATUS or missing
    report.result("own-kernel/trace", "FAILED" if bad else "ok", time.monotonic() - start,
                  "%s\nstatus %d, not found: %s" % (out, status, missing) if bad else "")


def jobs(top, report, builds):
    return [Job("own-kernel/trace", 50, lambda: run(top, report, builds),
                [builds.cleave(), builds.kernel(KERNEL)])]
