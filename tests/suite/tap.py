# SPDX-License-Identifier: GPL-2.0-only
"""TAP and KTAP, line by line."""
import re

LINE = re.compile(r"^( *)(not )?ok\b *(\d*)(?: - | |$)(.*)$")
PLAN = re.compile(r"^( *)1\.\.(\d+)\b")


class Tap:
    """Parses one stream.

    Output belongs to the result that follows it.  @indent: of the results that
    count (KTAP puts a suite's cases four columns in).
    """

    def __init__(self, indent=0):
        self.indent = indent
        self.plan = None
        self.results = 0
        self.output = []

    def line(self, text):
        """Returns (name, status, seconds, output) for a result, else None."""
        m = LINE.match(text)
        if not m or len(m.group(1)) != self.indent:
            plan = PLAN.match(text)
            if plan and len(plan.group(1)) == self.indent:
                self.plan = (self.plan or 0) + int(plan.group(2))
            elif not (m and len(m.group(1)) < self.indent):
                self.output.append(text)
            return None
        name, _, directive = m.group(4).partition(" # ")
        status, seconds = "FAILED" if m.group(2) else "ok", None
        output = [re.sub(r"^ *# ?", "", t) for t in self.output
                  if not re.match(r" *(KTAP version|TAP version|# Subtest)", t)]
        self.output = []
        if directive.upper().startswith("SKIP"):
            status = "skipped"
            output.append(directive[4:].strip())
        elif re.match(r"time=[\d.]+$", directive):
            seconds = float(directive[5:])
        elif directive.upper().startswith("TODO") and status == "FAILED":
            status = "skipped"
            output.append(directive)
        self.results += 1
        return name.strip(), status, seconds, "\n".join(output)
