# SPDX-License-Identifier: GPL-2.0-only
"""Static checks: each must find nothing."""
import glob
import os
import re
import shlex
import shutil
import time

from .jobs import Job, command
from .unit import pkg

KERNELS = ("6.1", "6.12", "7.3")

# sparse needs a script that the headers of Debian's 7.3 lack.
SPARSE = ("6.1", "6.12")

# A line that tells of nothing wrong.
HARMLESS = re.compile(r"^Skipping BTF generation|^kernel: |^$")

# Types of checkpatch's that do not hold here, each with why.  The first group
# that a file's path matches is its own.
EVERYWHERE = [
    "FILE_PATH_CHANGES",    # there is no MAINTAINERS here
    "SPDX_LICENSE_TAG",     # wants to know where in a kernel tree a file lies
    "LONG_LINE_STRING",     # what users see is not to be broken: SPLIT_STRING
]
NO_KERNEL_MACROS = [        # user space has none of these
    "ARRAY_SIZE", "BIT_MACRO", "PREFER_DEFINED_ATTRIBUTE_MACRO", "STRCPY", "STRNCPY",
    "STRLCPY", "SSCANF_TO_KSTRTO", "CONSIDER_KSTRTO", "USE_FUNC",
]
X_MACROS = [                # lists by X(...) are neither values nor statements
    "COMPLEX_MACRO", "MACRO_ARG_UNUSED", "MACRO_ARG_REUSE",
]
GROUPS = [
    # The module builds out of tree for several kernels; here is how.
    (r"module/compat\.h", ["LINUX_VERSION_CODE", "CONSTANT_COMPARISON"]),
    # Headers for user space and BPF, too.
    (r"module/include/", NO_KERNEL_MACROS + X_MACROS + [
        "CAMELCASE",            # _Static_assert
        "VOLATILE",             # READ_ONCE() where there is none
        "LONG_LINE"]),          # the texts of X-macros
    # KUnit's spelling, in user space, too.
    (r"module/tests/shim\.h", NO_KERNEL_MACROS + X_MACROS + [
        "MACRO_WITH_FLOW_CONTROL", "SPACING", "NEW_TYPEDEFS",
        "PREFER_PR_LEVEL"]),    # KTAP's lines want no prefix
    (r"module/tests/main\.c", X_MACROS + ["TRAILING_SEMICOLON"]),     # X() makes declarations
    (r"module/", X_MACROS),
    (r"user/bpf/", NO_KERNEL_MACROS + X_MACROS + [
        "CAMELCASE", "VOLATILE",
        "INITIALISED_STATIC",   # clang wants it for a section of its own
        "NEW_TYPEDEFS"]),       # the kernel's own, of which BPF has no header
    (r"user/", NO_KERNEL_MACROS + X_MACROS + [
        "EMBEDDED_FUNCTION_NAME",   # words that are functions' names, too
        "NEW_TYPEDEFS",             # of json-c's one word, and an array of cells
        "SPLIT_STRING",             # help texts of many lines
        "CAMELCASE",                # the C library's names
        "BRACKET_SPACE",            # designated initialisers by X-macros
        "VOLATILE"]),
    # Stand-ins for the kernel's own headers.
    (r"tests/unit/shim/", NO_KERNEL_MACROS + X_MACROS + [
        "NEW_TYPEDEFS", "MEMORY_BARRIER", "VOLATILE"]),
    # libFuzzer calls these by name, and declares them nowhere.
    (r"tests/fuzz/", NO_KERNEL_MACROS + X_MACROS + ["AVOID_EXTERNS", "CAMELCASE"]),
    # Programs for user space that do what programs should not.
    (r"tests/", NO_KERNEL_MACROS + X_MACROS + [
        "VOLATILE", "STATIC_CONST_CHAR_ARRAY", "UNNECESSARY_ELSE",
        "EMBEDDED_FUNCTION_NAME", "CAMELCASE",
        "REPEATED_WORD"]),      # in what a program must have printed
    (r"", NO_KERNEL_MACROS),
]


def user_sources(top):
    """The command's, without the BPF programs."""
    return [f for f in c_files(top, "user/**/*.c") if not f.startswith("user/bpf/")]


def c_files(top, *patterns):
    found = []
    for p in patterns or ("module/**/*.[ch]", "user/**/*.[ch]", "tests/**/*.[ch]"):
        found += glob.glob(os.path.join(top, p), recursive=True)
    return sorted(os.path.relpath(f, top) for f in found
                  if os.path.islink(f) is False and not f.endswith(".skel.h"))


def check(report, name, run):
    """@run returns (failed, output)."""
    start = time.monotonic()
    bad, out = run()
    report.result("lint/" + name, "FAILED" if bad else "ok", time.monotonic() - start,
                  out if bad else "")


def without(program):
    return True, "not installed: %s; run scripts/setup as root" % program


def module_build(top, report, kernel):
    """A whole build of a copy of the sources, so that nothing is up to date and
    what guests use meanwhile stays as it is; W=1 is scripts/kernel's own."""
    def run():
        copy = os.path.join(top, "build", "tests", "lint-" + kernel)
        shutil.rmtree(copy, ignore_errors=True)
        os.makedirs(copy)
        shutil.copy(os.path.join(top, "Kbuild"), copy)
        for d in ("module", "scripts"):
            shutil.copytree(os.path.join(top, d), os.path.join(copy, d))
        if kernel in SPARSE:
            # Does sparse run at all?  One mistake that it alone sees.
            with open(os.path.join(copy, "module", "main.c"), "a", encoding="utf-8") as f:
                f.write("\nint cleave_lint_not_static;\n")
        argv = [os.path.join(copy, "scripts", "kernel"), "module", kernel]
        status, out = command(argv + (["C=2"] if kernel in SPARSE else []))
        lines = out.split("\n")
        found = [t for t in lines if not HARMLESS.match(t) and not t.endswith("/cleave.ko")]
        if kernel in SPARSE:
            mark = [t for t in found if "cleave_lint_not_static" in t]
            if not mark:
                return True, out + "\nsparse did not run"
            found = [t for t in found if t not in mark]
        shutil.rmtree(copy, ignore_errors=True)
        return bool(status or found), out

    check(report, "module-%s%s" % (kernel, "-sparse" if kernel in SPARSE else ""), run)


def checkpatch(top, report, builds):
    def run():
        script = builds.last_line("kernel/checkpatch")
        # Where it leaves files of its own, and finds no kernel's headers.
        scratch = os.path.join(top, "build", "tests", "checkpatch")
        os.makedirs(os.path.join(scratch, "include"), exist_ok=True)
        bad, all_out = False, ""
        groups = {}
        for f in c_files(top):
            n = [bool(re.match(g[0], f)) for g in GROUPS].index(True)
            groups.setdefault(n, []).append(f)
        for n, files in groups.items():
            status, out = command(
                [script, "--no-tree", "--root=" + scratch, "--strict", "--terse", "--show-types", "--no-summary",
                 "--max-line-length=100", "--ignore", ",".join(EVERYWHERE + GROUPS[n][1]),
                 "-f", *(os.path.join(top, f) for f in files)],
                cwd=scratch)
            bad |= bool(status or out.strip())
            all_out += out.replace(top + "/", "")
        return bad, all_out

    check(report, "checkpatch", run)


def user_flags(top, source):
    argv = ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wmissing-prototypes",
            "-Wstrict-prototypes"]
    if source.startswith("user/"):
        # bpftool's skeleton is not ours to mend.
        argv += ["-Imodule/include", "-Iuser", "-isystem", "build/user"] + pkg("--cflags")
    if source.startswith("tests/"):
        argv += ["-Imodule/include", "-Imodule/tests"]
    return argv


def compilers(top, report):
    def run_with(cc):
        if not shutil.which(cc):
            return without(cc)
        status, out = 0, ""
        for source in user_sources(top) + c_files(top, "tests/helpers/*.c", "tests/truth/*.c"):
            # -O2: some warnings come from what the optimiser finds.
            s, o = command([cc, "-O2", "-c", "-o", "/dev/null"] + user_flags(top, source) +
                           [source], cwd=top)
            status, out = status or s, out + o
        return bool(status or out.strip()), out

    for cc in ("gcc", "clang"):
        check(report, "warnings-" + cc, lambda cc=cc: run_with(cc))


def built_in(top, where, *variables):
    """Builds the command in a folder of its own; returns its bytes, None where that
    fails or says anything, and what was said."""
    shutil.rmtree(where, ignore_errors=True)
    shutil.copytree(os.path.join(top, "user"), os.path.join(where, "user"),
                    ignore=shutil.ignore_patterns("cleave"))
    shutil.copytree(os.path.join(top, "module/include"), os.path.join(where, "module/include"))
    shutil.copy(os.path.join(top, "Makefile"), where)
    status, out = command(["make", "-s", "all", *variables], cwd=where)
    if status or out.strip():
        return None, out
    with open(os.path.join(where, "user", "cleave"), "rb") as f:
        return f.read(), out


def packaging(top, report):
    """As packagers do: with flags of theirs, anywhere, by another compiler."""
    scratch = os.path.join(top, "build", "tests", "builds")
    flags = ["CPPFLAGS=-DNOTHING", "CFLAGS=-O1 -g", "LDFLAGS=-Wl,-z,now"]

    def same():
        one, out = built_in(top, os.path.join(scratch, "one"), *flags)
        two, more = built_in(top, os.path.join(scratch, "another"), *flags)
        if one and one != two:
            out += "two folders, two different commands"
        dynamic = command(["readelf", "-d", os.path.join(scratch, "one", "user", "cleave")])[1]
        if "NOW" not in dynamic:
            out += "LDFLAGS are not heard"
        return bool(out.strip()), out + more

    def clang():
        made, out = built_in(top, os.path.join(scratch, "clang"), "CC=clang")
        return not made, out

    check(report, "reproducible", same)
    check(report, "build-clang", clang)
    shutil.rmtree(scratch, ignore_errors=True)


DIAGNOSTIC = re.compile(r"^(\S+?):\d+:\d+: (?:error|warning): ")


def not_generated(out):
    """clang-tidy's diagnostics, each with the notes that follow it, without those
    about bpftool's skeleton; and how many there were in all."""
    found = [[]]
    # It puts no newline behind the last of a file.
    for line in re.sub(r"(?<!\n)(?=/\S+:\d+:\d+: (?:error|warning): )", "\n", out).split("\n"):
        if DIAGNOSTIC.match(line):
            found.append([])
        found[-1].append(line)
    ours = [d for d in found[1:] if not d[0].split(":")[0].endswith(".skel.h")]
    return "\n".join("\n".join(d) for d in ours), len(found) - 1


def clang_tidy(top, report):
    def run():
        all_out = ""
        for source in user_sources(top):
            status, out = command(["clang-tidy", "--quiet", source, "--"] +
                                  user_flags(top, source), cwd=top)
            ours, n = not_generated(out)
            # Failed without a diagnostic: show what there is.
            all_out += ours if n or not status else out
        return bool(all_out.strip()), all_out

    if not shutil.which("clang-tidy"):
        report.result("lint/clang-tidy", "skipped", None, "not installed: clang-tidy")
    else:
        check(report, "clang-tidy", run)


CLANG_KERNEL = (
    "clang -nostdinc -O2 -std=gnu11 -fshort-wchar -funsigned-char -fno-strict-aliasing -m64 "
    "-mno-sse -mno-mmx -mno-80387 -mcmodel=kernel -mno-red-zone -fno-PIE "
    "-fno-delete-null-pointer-checks -Wall -Wextra -Wmissing-prototypes -Wno-sign-compare "
    "-Wno-unused-parameter -Wno-missing-field-initializers -c -o /dev/null").split()


def clang_argv(cmd_file, headers):
    """kbuild's call of gcc for one object, as one of clang: gcc's own flags left out,
    and the kernel's headers, which lie in the cache, none of ours to mend."""
    with open(cmd_file, encoding="utf-8") as f:
        words = iter(shlex.split(f.readline().split(":= ", 1)[1].split(";")[0]))
    argv, last = list(CLANG_KERNEL), None
    for last in words:
        if last == "-include":
            argv += [last, next(words).replace("/usr/src/", headers + "/")]
        elif last.startswith("-I") and ("/usr/src/" in last or last.startswith("-I.")):
            argv += ["-isystem", last[2:].replace("/usr/src/", headers + "/")]
        elif re.match("-[ID]", last):
            argv.append(last)
    return argv + [last]


def clang_module(top, report, builds):
    """The module's objects by the other compiler."""
    def run():
        builds.output("module/6.12")
        tree = command(["scripts/kernel", "dir", "6.12"], cwd=top)[1].split()[-1]
        headers = tree + "/tree/usr/src"
        cwd = [h for h in glob.glob(headers + "/linux-headers-*") if not h.endswith("-common")][0]
        objects = glob.glob(os.path.join(top, "build/6.12/module/.*.o.cmd")) + \
            glob.glob(os.path.join(top, "build/6.12/module/tests/.*.o.cmd"))
        all_out = "" if len(objects) > 15 else "only %d objects found" % len(objects)
        for o in sorted(objects):
            status, out = command(clang_argv(o, headers), cwd=cwd)
            all_out += out
        return bool(all_out.strip()), all_out

    check(report, "module-clang", run)


def cppcheck(top, report):
    def run_on(files):
        return command(["cppcheck", "-q", "--enable=warning,performance,portability",
                        # How deep it looks is no finding (said from 2.11 on).
                        "--suppress=normalCheckLevelMaxBranches",
                        "--std=c11", "--error-exitcode=1", "-D_GNU_SOURCE", "-Imodule/include",
                        "-Iuser", *files], cwd=top)

    def run():
        if not shutil.which("cppcheck"):
            return without("cppcheck")
        # Does it look at all?
        bad = os.path.join(top, "build", "tests", "cppcheck.c")
        with open(bad, "w", encoding="ascii") as f:
            f.write("int main(void)\n{\n\tint a[2];\n\n\treturn a[2];\n}\n")
        if not run_on([bad])[0]:
            return True, "cppcheck does not find what it should"
        status, out = run_on(user_sources(top) + c_files(top, "tests/helpers/*.c"))
        return bool(status or out.strip()), out

    check(report, "cppcheck", run)


# Of coccinelle's scripts for the kernel those that do not run here: their checks
# are written in OCaml, and want its compiler.
OCAML = ("check_bq27xxx_data.cocci", "badzero.cocci")


def coccinelle(top, report, builds):
    def run_script(script, files):
        status, out = command(["spatch", "--sp-file", script, "-D", "report", "--very-quiet",
                               "--no-includes", "--include-headers", *files], cwd=top)
        lines = [t for t in out.split("\n") if t.strip() and not t.startswith("warning: line")]
        return ["%s: %s" % (os.path.basename(script), t) for t in lines] + \
            (["%s: status %d" % (script, status)] if status else [])

    def run():
        if not shutil.which("spatch"):
            return without("coccinelle")
        where = os.path.join(os.path.dirname(builds.last_line("kernel/checkpatch")),
                             "coccinelle")
        scripts = [s for s in glob.glob(where + "/**/*.cocci", recursive=True)
                   if os.path.basename(s) not in OCAML]
        files = c_files(top, "module/*.c", "module/tests/*.c")
        found = [] if len(scripts) > 60 else ["only %d scripts" % len(scripts)]
        for s in sorted(scripts):
            found += run_script(s, files)
        return bool(found), "\n".join(found)

    check(report, "coccinelle", run)


def shellcheck(top, report):
    def scripts():
        for f in sorted(glob.glob(os.path.join(top, "scripts", "**"), recursive=True) +
                        glob.glob(os.path.join(top, "tests", "**"), recursive=True) +
                        glob.glob(os.path.join(top, "debian", "**"), recursive=True) +
                        [os.path.join(top, ".ci", "run")]):
            if os.path.isfile(f):
                with open(f, "rb") as fd:
                    first = fd.readline()
                if re.match(rb"#!.*\b(ba|da)?sh\b", first) or f.endswith(".sh"):
                    yield os.path.relpath(f, top)

    def run():
        if not shutil.which("shellcheck"):
            return without("shellcheck")
        status, out = command(["shellcheck", "-x", *scripts()], cwd=top)
        return bool(status), out

    check(report, "shellcheck", run)


def python(top, report):
    def run():
        out, files = "", []
        for f in glob.glob(os.path.join(top, "tests", "**", "*.py"), recursive=True):
            files.append(f)
        for f in files + [os.path.join(top, "tests", "run"),
                          os.path.join(top, "tests", "guest", "run")]:
            with open(f, encoding="utf-8") as fd:
                try:
                    compile(fd.read(), f, "exec")
                except SyntaxError as e:
                    out += "%s\n" % e
        return bool(out), out

    check(report, "python-syntax", run)


def quick(top, report):
    shellcheck(top, report)
    python(top, report)


def jobs(top, report, builds, fast=False):
    """@fast: without those that take minutes, and the module by one kernel alone."""
    os.makedirs(os.path.join(top, "build", "tests"), exist_ok=True)
    cleave, scripts, module = builds.cleave(), builds.checkpatch(), builds.module("6.12")
    found = [Job("lint/module-" + k, 20, lambda k=k: module_build(top, report, k),
                 [builds.kernel(k)]) for k in (KERNELS if not fast else ("6.12",))]
    found += [
        Job("lint/scripts", 5, lambda: quick(top, report)),
        Job("lint/checkpatch", 10, lambda: checkpatch(top, report, builds), [scripts]),
        Job("lint/compilers", 15, lambda: compilers(top, report), [cleave]),
        Job("lint/cppcheck", 10, lambda: cppcheck(top, report)),
        Job("lint/module-clang", 20, lambda: clang_module(top, report, builds), [module]),
    ]
    if not fast:
        found += [
            Job("lint/packaging", 30, lambda: packaging(top, report)),
            Job("lint/clang-tidy", 30, lambda: clang_tidy(top, report), [cleave]),
            Job("lint/coccinelle", 80, lambda: coccinelle(top, report, builds), [scripts]),
        ]
    return found
