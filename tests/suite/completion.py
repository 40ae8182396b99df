# SPDX-License-Identifier: GPL-2.0-only
"""What Tab makes of a line, in each shell: bash and zsh at a terminal, fish by asking."""
import os
import pty
import re
import select
import shutil
import tempfile
import time

from .jobs import command, forget, kill_group, popen

BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"
# A file that lies where the shells run, and a command with a completion of its own.
FILE = "my recording"
OURS = "cleave-ours"

# What is typed, and what that is to become.
TYPED = (
    ("cleave rec", "cleave record"),
    ("cleave trace --back", "cleave trace --backend="),
    ("cleave trace --backend=mod", "cleave trace --backend=module"),
    ("cleave trace -bmod", "cleave trace -bmodule"),
    ("cleave trace -cb mod", "cleave trace -cb module"),
    ("cleave trace -bbpf --no-s", "cleave trace -bbpf --no-selftest"),
    ("cleave report --format=js", "cleave report --format=json"),
    ("cleave watch -s KiB", "cleave watch -s KiB/s"),
    ("cleave flags CLONE_VF", "cleave flags CLONE_VFORK"),
    ("cleave flags CLONE_VM,CLONE_VF", "cleave flags CLONE_VM,CLONE_VFORK"),
    ("cleave flags CLONE_VM\\|CLONE_VF", "cleave flags CLONE_VM\\|CLONE_VFORK"),
    ("cleave flags 'CLONE_VM|CLONE_VF", "cleave flags 'CLONE_VM|CLONE_VFORK'"),
    ("cleave doctor --pretend-missing=do_wp", "cleave doctor --pretend-missing=do_wp_page"),
    ("cleave report my", "cleave report my\\ recording"),
    ("cleave report 'my r", "cleave report 'my recording'"),
    ("cleave trace -o my", "cleave trace -o my\\ recording"),
    ("cleave trace --output=my", "cleave trace --output=my\\ recording"),
    ("cleave trace cat my", "cleave trace cat my\\ recording"),
    ("cleave trace -o 'a b' -- cat my", "cleave trace -o 'a b' -- cat my\\ recording"),
    ("cleave trace cleave-ou", "cleave trace %s" % OURS),
    ("cleave trace -u root -- cleave-ou", "cleave trace -u root -- %s" % OURS),
    # What is behind CMD is CMD's.
    ("cleave trace %s --back" % OURS, "cleave trace %s --back" % OURS),
    ("cleave trace -- %s --back" % OURS, "cleave trace -- %s --back" % OURS),
)
# With what the shell knows of the traced command.
OWN = (
    ("cleave trace %s --colo" % OURS, "cleave trace %s --colour" % OURS),
    ("cleave trace -- %s --colo" % OURS, "cleave trace -- %s --colour" % OURS),
    ("cleave trace -u root -- %s --colo" % OURS, "cleave trace -u root -- %s --colour" % OURS),
    ("cleave record --output=x %s --colo" % OURS, "cleave record --output=x %s --colour" % OURS),
)

BASH = r"""bind 'set enable-bracketed-paste off' 'set show-all-if-ambiguous off'
_show() { printf '<%s>\n' "$READLINE_LINE"; READLINE_LINE=''; READLINE_POINT=0; }
bind -x '"\C-x": _show'
complete -W '--colour' OURS
source 'SCRIPT'
PS1=; printf '%s\n' rea''dy
""".replace("OURS", OURS)

ZSH = r"""unsetopt zle_bracketed_paste; unsetopt auto_remove_slash; fpath=($HOME $fpath)
autoload -Uz compinit; compinit -u -D
_ours() { compadd -- --colour }; compdef _ours OURS
_show() { zle -I; print -r -- "<$BUFFER>"; BUFFER='' }; zle -N _show; bindkey '^X' _show; print rea''dy
""".replace("OURS", OURS)


def read_until(fd, pattern, seconds):
    """All that a terminal says until it has said @pattern, or the time is over."""
    said, end = "", time.monotonic() + seconds
    while not re.search(pattern, said) and time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            said += os.read(fd, 4096).decode("utf-8", "replace")
    return said


def environment(where):
    return dict(os.environ, HOME=where, PATH=where + ":" + os.environ["PATH"])


class Terminal:
    """A shell at one, which shows its line, in "<>", at a ^X, and empties it."""

    def __init__(self, argv, setup, where):
        ours, theirs = pty.openpty()
        self.fd = ours
        self.shell = popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, cwd=where,
                           env=dict(environment(where), TERM="dumb", PS1="", COLUMNS="200",
                                    HISTFILE="/dev/null", INPUTRC="/dev/null"))
        os.close(theirs)
        for line in setup.splitlines():
            os.write(ours, line.encode() + b"\n")
        self.said = read_until(ours, "ready", 60)

    def line(self, typed):
        """What a TAB makes of it."""
        os.write(self.fd, typed.encode() + b"\t\x18")
        said = read_until(self.fd, r"<cleave [^>]*>", 60)
        found = re.findall(r"<(cleave [^>]*)>", said)
        return found[-1].rstrip() if found else "nothing: " + repr(self.said + said)

    def close(self):
        kill_group(self.shell, 9)
        self.shell.wait()
        forget(self.shell)
        os.close(self.fd)


def type_all(argv, setup, where, lines):
    """What is wrong."""
    terminal, wrong = Terminal(argv, setup, where), ""
    try:
        for typed, wanted in lines:
            got = terminal.line(typed)
            if got != wanted:
                wrong += "%s<TAB>: not %s, but\n%s\n" % (typed, wanted, got)
        return wrong
    finally:
        terminal.close()


def bash(script, where):
    """And what shellcheck says of it, which runs on no template."""
    wrong = command(["shellcheck", "-s", "bash", script])[1]
    return wrong + type_all(["bash", "--norc", "--noprofile", "-i"], BASH.replace("SCRIPT", script), where, TYPED)


def bash_completion(script, where):
    setup = "source %s\n" % BASH_COMPLETION + BASH.replace("SCRIPT", script)
    return type_all(["bash", "--norc", "--noprofile", "-i"], setup, where, TYPED + OWN)


def zsh(script, where):
    shutil.copy(script, os.path.join(where, "_cleave"))
    return type_all(["zsh", "-f", "-i"], ZSH, where, TYPED + OWN)


def fish(script, where):
    """It says words without quotes, a line each, with what they mean behind a TAB."""
    wrong = ""
    run = "source $argv[1]; complete -c %s -l colour; complete -C $argv[2]" % OURS
    for typed, wanted in TYPED + OWN:
        said = command(["fish", "--no-config", "-c", run, script, typed], cwd=where,
                       env=environment(where))[1]
        words = {w.partition("\t")[0] for w in said.splitlines()}
        word = re.sub(r"[\\']|=$", "", re.split(r"(?<!\\) (?!recording)", wanted)[-1])
        if not (word in words if typed != wanted else not words):
            wrong += "%s<TAB>: not %s, but\n%s\n" % (typed, word, said)
    return wrong


def completions(top, report, check):
    for name, ask in (("bash", bash), ("bash-completion", bash_completion), ("zsh", zsh),
                      ("fish", fish)):
        shell = name.partition("-")[0]

        def run():
            where = tempfile.mkdtemp()
            for name in (FILE, OURS):
                with open(os.path.join(where, name), "w", encoding="ascii") as f:
                    os.fchmod(f.fileno(), 0o755 if name == OURS else 0o644)
            try:
                # pylint: disable=cell-var-from-loop
                return ask(os.path.join(top, "build", "completion", shell), where)
            finally:
                shutil.rmtree(where)

        if shutil.which(shell) and (name == shell or os.path.exists(BASH_COMPLETION)):
            check(report, "completion/" + name, run)
        else:
            report.result("package/completion/" + name, "skipped", None, "not installed: " + name)
