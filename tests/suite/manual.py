# SPDX-License-Identifier: GPL-2.0-only
"""The manual pages, against the tables, figures and sources that they are made of."""
import glob
import os
import re

from .jobs import command

COMMON = {"help", "usage", "version"}
# Whose page has rows of which table, under OVERHEAD.
COST, READER = "Documentation/cost-6.12.md", "Documentation/cost-reader.md"
FIGURES = {
    "trace": ((COST, "cleave module"), (COST, "cleave bpf")),
    "doctor": ((COST, "cleave module, untraced"), (COST, "cleave bpf, untraced")),
    "record": ((READER, "record"), (READER, "zstd"), (READER, "text"), (READER, "json")),
    "report": ((READER, "text"), (READER, "json")),
}


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


def page_says(path):
    """As it is shown, without what overstrikes."""
    out = command(["mandoc", "-T", "utf8", "-O", "width=200", path])[1]
    return re.sub(".\b", "", out)


def without_blanks(text):
    """Lines are broken anywhere, and quotes curled."""
    return re.sub(r"\s+", "", text).replace("\u2010", "").replace("\u2019", "'")


def section(text, name):
    return re.search(r"^%s$(.*?)^(?=\S)" % name, text, re.M | re.S).group(1)


class Manual:
    """One test a method, which returns what is wrong."""

    def __init__(self, top):
        self.top = top
        self.pages = os.path.join(top, "build", "man")

    def page(self, command_name):
        return page_says("%s/cleave-%s.1" % (self.pages, command_name))

    def source(self, path):
        return text_of(os.path.join(self.top, path))

    def lint(self):
        pages = sorted(glob.glob(self.pages + "/*"))
        few = "" if len(pages) == len(commands(self.top)) + 3 else "pages: %s" % pages
        return few + "".join(command(["mandoc", "-T", "lint", "-W", "warning", p])[1] for p in pages)

    def options(self):
        """By name the help's, and in words those of the table."""
        wrong = ""
        for c in commands(self.top):
            page = self.page(c)
            told, helped = options(page), options(cleave(self.top, c, "--help"))
            if told != helped or not COMMON <= told:
                wrong += "%s: the help has %s, the page %s\n" % (c, sorted(helped), sorted(told))
            page = without_blanks(page)
            for row in re.findall(r"^option\t(.*)$", cleave(self.top, c, "--tables"), re.M):
                letter, name, arg, text = row.split("\t")
                wanted = (("-%s, " % letter if letter else "") + "--" + name
                          + ("=" + arg if arg else "") + text)
                if without_blanks(wanted) not in page:
                    wrong += "%s: not in the page: %s\n" % (c, wanted)
        return wrong

    def sections(self):
        wrong = ""
        for c in commands(self.top):
            page = self.page(c)
            wrong += "".join("%s: no %s\n" % (c, s) for s in ("OVERHEAD", "PRIVACY")
                             if not re.search("^%s$" % s, page, re.M))
            overhead = without_blanks(section(page, "OVERHEAD"))
            rows = FIGURES.get(c, ())
            wrong += "".join("%s: not under OVERHEAD: %s\n" % (c, cell)
                             for file, name in rows for cell in self.cells(file, name)
                             if without_blanks(cell) not in overhead)
            if not rows and re.search(r"\d,?\d\d|@", overhead):
                wrong += "%s: figures of no table\n" % c
        return wrong

    def cells(self, file, name):
        """"column: figure" of a row."""
        rows = [[c.strip() for c in line.strip("|").split("|")]
                for line in self.source(file).splitlines() if line.startswith("|")]
        row = next((r for r in rows if r[0] == name), None)
        if not row:
            return ["no row '%s' in %s" % (name, file)]
        return ["%s: %s" % pair for pair in zip(rows[0][1:], row[1:])]

    def figures(self):
        page = page_says(self.pages + "/cleave-figures.7")
        found = re.findall(r"^.*<!--.*$|^ *: .*$", page, re.M)
        # Nothing of Documentation/ is installed: each is said to be of the sources.
        found += re.findall(r"(?<![\w./-])[\w.-]+[.](?:md|json)\b.*", page)
        return "".join("in cleave-figures(7): %s\n" % t for t in found)

    def device(self):
        page = text_of(self.pages + "/cleave.4")
        header = self.source("module/include/cleave_ioctl.h")
        names = re.findall(r"#define (CLEAVE_(?:IOC|START)_\w+)", header)
        missing = [n for n in names if not re.search(r"Dv %s\b" % n, page)]
        errors = section(page_says(self.pages + "/cleave.4"), "ERRORS")
        returned = set()
        for file in ("module/dev.c", "module/session.c", "module/attach.c"):
            returned |= set(re.findall(r"(?:\breturn|=) -(E[A-Z0-9]+);|ERR_PTR\(-(E[A-Z0-9]+)\)",
                                       self.source(file)))
        returned = {n for pair in returned for n in pair if n}
        listed = set(re.findall(r"\[(E[A-Z0-9]+)\]", errors))
        wrong = "" if names and not missing else "cleave(4) lacks %s\n" % missing
        if returned != listed:
            wrong += "ERRORS has %s, the sources %s\n" % (sorted(listed), sorted(returned))
        return wrong

    def version(self):
        """In one place; what cannot take it from there says the same."""
        version = cleave(self.top, "--version").split()[-1]
        said = (
            ("Documentation/changelog.md", r"^## ([^,\n]+), "),
            ("debian/changelog", r"^cleave \(([^)]+)\)"),
            ("README.md", r"dkms install cleave/([^`]+)`"),
            ("module/include/cleave_version.h", r'CLEAVE_VERSION\s+"([^"]+)"'),
        )
        wrong = ""
        for file, pattern in said:
            found = re.search(pattern, self.source(file), re.M)
            if not found or found.group(1) != version:
                wrong += "%s: version %s, not %s\n" % (file, found and found.group(1), version)
        return wrong


def manual(top, report, check):
    tests = Manual(top)
    for name in ("lint", "options", "sections", "figures", "device", "version"):
        check(report, "manual/" + name, getattr(tests, name))
