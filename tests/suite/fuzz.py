# SPDX-License-Identifier: GPL-2.0-only
"""Fuzzing what reads a recording: tests/fuzz/recording.c under clang's libFuzzer, with
the address and undefined-behaviour sanitizers.

It begins with what seeds.c writes and with tests/fuzz/corpus, which keeps the inputs that
have once found something.  An input that fails is left in build/tests/fuzz and named.
"""
import glob
import os
import shlex
import shutil
import time

from .jobs import LIMIT, Job, command

FOLDERS = ("sink", "agg", "lib")
SOURCES = ("core/layout core/replay core/lane core/tell_cgroups core/alive core/looks core/model core/cgroups core/times core/convert core/start "
           "core/schema core/schema_json core/times_json core/known core/flags source/file source/file_header "
           "source/cgroup source/hooks source/look source/snaps").split()
CFLAGS = ("-std=gnu11 -O1 -g -D_GNU_SOURCE -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION "
          "-fno-omit-frame-pointer -fno-sanitize-recover=all -Imodule/include -Iuser "
          "-Itests/unit").split()
MAX_LEN = 8192


def build(top, program, source, sanitizers):
    sources = ["user/%s.c" % s for s in SOURCES]
    for folder in FOLDERS:
        sources += sorted(os.path.relpath(s, top) for s in
                          glob.glob(os.path.join(top, "user", folder, "*.c")))
    status, libs = command(["pkg-config", "--cflags", "--libs", "json-c", "libzstd", "zlib", "ncursesw"])
    if status:
        return status, libs
    argv = ["clang"] + CFLAGS + ["-fsanitize=" + sanitizers, "-o", program, source] + sources
    return command(argv + shlex.split(libs), cwd=top)


def prepare(top, work):
    """Builds both programs and writes the seeds; returns what went wrong, or None."""
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(os.path.join(work, "start"))
    for name, sanitizers in (("recording", "fuzzer,address,undefined"),
                             ("seeds", "address,undefined")):
        status, out = build(top, os.path.join(work, name), "tests/fuzz/%s.c" % name,
                            sanitizers)
        if status:
            return out
    status, out = command([os.path.join(work, "seeds"), os.path.join(work, "start")])
    return out if status else None


def run(top, report, seconds):
    work = os.path.join(top, "build", "tests", "fuzz")
    start = time.monotonic()
    failed = prepare(top, work)
    if failed is not None:
        report.result("fuzz/build", "FAILED", time.monotonic() - start, failed)
        return
    found = os.path.join(work, "found")
    os.makedirs(found)
    start = time.monotonic()
    status, out = command(
        [os.path.join(work, "recording"), "-max_total_time=%d" % seconds, "-timeout=120",
         "-max_len=%d" % MAX_LEN, "-print_final_stats=1",
         "-artifact_prefix=%s/" % work, found, os.path.join(work, "start"),
         os.path.join(top, "tests", "fuzz", "corpus")], timeout=seconds + LIMIT, cwd=work)
    report.result("fuzz/recording", "FAILED" if status else "ok",
                  time.monotonic() - start, out if status else "")


def jobs(top, report, seconds):
    """Named after how long it looks, as are the durations that are kept."""
    return [Job("fuzz/recording-%ds" % seconds, seconds + 40,
                lambda: run(top, report, seconds))]
