# SPDX-License-Identifier: GPL-2.0-only
"""What is installed: manual pages, completions, and the Debian packages."""
import glob
import hashlib
import os
import pty
import re
import select
import shutil
import tempfile
import time

from .jobs import Job, command, forget, kill_group, popen

COMMON = {"help", "usage", "version"}
SHELLS = ("bash", "zsh", "fish")
NOBODY = 65534


def check(report, name, run):
    """@run returns what is wrong, "" where nothing is."""
    start = time.monotonic()
    wrong = run()
    report.result("package/" + name, "FAILED" if wrong else "ok", time.monotonic() - start, wrong)


def text_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def cleave(top, *args):
    return command([os.path.join(top, "user", "cleave"), *args])[1]


def commands(top):
    """Of the command's own table."""
    return re.findall(r"^command\t(\w+)\t", cleave(top, "--tables"), re.M)


def options(text):
    """Long options that a text tells of in the place where they are explained."""
    return set(re.findall(r"^ *(?:-\w, )?(?:-\?, )?--([a-z][a-z-]*)", text, re.M))


# --- manual pages


def page_says(path):
    return command(["mandoc", "-T", "ascii", "-O", "width=200", path])[1].replace("\b", "\0")


def plain(text):
    """Without what overstrikes."""
    return re.sub(".\0", "", text)


def manual(top, report):
    man = os.path.join(top, "build", "man")

    def lint():
        pages = sorted(glob.glob(man + "/*"))
        few = "" if len(pages) == len(commands(top)) + 3 else "pages: %s" % pages
        return few + "".join(command(["mandoc", "-T", "lint", "-W", "warning", p])[1] for p in pages)

    def same_options():
        wrong = ""
        for c in commands(top):
            told = options(plain(page_says("%s/cleave-%s.1" % (man, c))))
            helped = options(cleave(top, c, "--help"))
            if told != helped or not COMMON <= told:
                wrong += "%s: the help has %s, the page %s\n" % (c, sorted(helped), sorted(told))
        return wrong

    def sections():
        wrong = ""
        for c in commands(top):
            text = plain(page_says("%s/cleave-%s.1" % (man, c)))
            wrong += "".join("%s: no %s\n" % (c, s) for s in ("OVERHEAD", "PRIVACY")
                             if not re.search("^%s$" % s, text, re.M))
            wrong += "%s: no figures\n" % c if "@COST@" in text else ""
        return wrong

    def device():
        page = text_of(man + "/cleave.4")
        header = text_of(os.path.join(top, "module/include/cleave_ioctl.h"))
        names = re.findall(r"#define (CLEAVE_(?:IOC|START)_\w+)", header)
        missing = [n for n in names if not re.search(r"Dv %s\b" % n, page)]
        return "" if names and not missing else "cleave(4) lacks %s" % missing

    check(report, "manual/lint", lint)
    check(report, "manual/options", same_options)
    check(report, "manual/sections", sections)
    check(report, "manual/device", device)


# --- completions: each shell is asked; what is typed, and what must come of it

ASKED = (
    ("cleave rec", "record"),
    ("cleave trace --back", "--backend"),
    ("cleave trace --backend=mod", "module"),
    ("cleave report --form", "--format"),
    ("cleave flags CLONE_VF", "CLONE_VFORK"),
    ("cleave doctor --pretend-missing=do_wp", "do_wp_page"),
)


def ask_bash(script, line):
    words = re.sub("=", " = ", line).split(" ")
    run = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _cleave; ' \
        'printf "%s\\n" "${COMPREPLY[@]}"'
    return command(["bash", "--norc", "-c", run, script, *words])[1]


def ask_fish(script, line):
    return command(["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]",
                    script, line])[1]


def read_until(fd, pattern, seconds):
    """All that a terminal says until it has said @pattern, or the time is over."""
    said, end = "", time.monotonic() + seconds
    while not re.search(pattern, said) and time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            said += os.read(fd, 4096).decode("utf-8", "replace")
    return said


def ask_zsh(script, line):
    """Types it at a terminal, with a TAB behind, and takes the line as it is then."""
    where = tempfile.mkdtemp()
    shutil.copy(script, os.path.join(where, "_cleave"))
    ours, theirs = pty.openpty()
    p = popen(["zsh", "-f", "-i"], stdin=theirs, stdout=theirs, stderr=theirs,
              env=dict(os.environ, TERM="dumb", PS1="", HOME=where, COLUMNS="200"))
    os.close(theirs)
    try:
        os.write(ours, b"unsetopt zle_bracketed_paste; fpath=(%s $fpath); autoload -Uz compinit; "
                 b"compinit -u -D; _show() { zle -I; print -r -- \"<$BUFFER>\" }; zle -N _show; "
                 b"bindkey '^X' _show; print rea''dy\n" % where.encode())
        read_until(ours, "ready", 60)
        os.write(ours, line.encode() + b"\t\x18")
        return read_until(ours, r"<cleave [^>]*>", 60).rpartition("<")[2]
    finally:
        kill_group(p, 9)
        p.wait()
        forget(p)
        os.close(ours)
        shutil.rmtree(where)


def completions(top, report):
    for shell in SHELLS:
        script = os.path.join(top, "build", "completion", shell)
        ask = {"bash": ask_bash, "zsh": ask_zsh, "fish": ask_fish}[shell]

        def run():
            wrong = ""
            for line, wanted in ASKED:
                said = ask(script, line)    # pylint: disable=cell-var-from-loop
                if wanted not in said:
                    wrong += "%s: no %s, but:\n%s\n" % (line, wanted, said)
            return wrong

        if shutil.which(shell):
            check(report, "completion/" + shell, run)
        else:
            report.result("package/completion/" + shell, "skipped", None, "not installed: " + shell)


# --- make install


def hashes(where):
    """{path: hash} of all files."""
    found = {}
    for d, _, files in os.walk(where):
        for f in files:
            path = os.path.join(d, f)
            with open(path, "rb") as fd:
                found[os.path.relpath(path, where)] = hashlib.sha256(fd.read()).hexdigest()
    return found


def install(top, report):
    scratch = os.path.join(top, "build", "tests", "install")
    shutil.rmtree(scratch, ignore_errors=True)
    here, other, copy = (os.path.join(scratch, d) for d in ("here", "an other", "copy"))

    def make(where, what, dest, **env):
        return command(["make", "-s", what, "DESTDIR=" + dest, "PREFIX=/usr"], cwd=where,
                       env=dict(os.environ, **env))

    def same():
        shutil.copytree(top, copy, symlinks=True,
                        ignore=shutil.ignore_patterns("build", ".git", "cleave", "*.o", "*.ko"))
        out = make(top, "install", here)[1]
        out += make(copy, "install", other, TZ="Asia/Tokyo", LC_ALL="C.UTF-8")[1]
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
    check(report, "install/same", same)
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
        manual(top, report)
        completions(top, report)
        install(top, report)

    # In one job what takes the tree's own build.
    return [Job("package/manual", 60, manual_and_all, [builds.cleave()]),
            Job("package/debian", 120, lambda: debian(top, report))]
