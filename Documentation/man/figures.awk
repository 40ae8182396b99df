# SPDX-License-Identifier: GPL-2.0-only
#
# cleave-figures(7) in mdoc, out of Documentation/figures.md: headings, paragraphs,
# lists and tables are all the Markdown that it knows.
#
#   awk -f figures.awk -v date="November 25, 2026" -v version=0.1 figures.md

BEGIN {
	print ".\\\" Made by figures.awk of figures.md: do not edit."
	print ".Dd " date "\n.Dt CLEAVE-FIGURES 7\n.Os cleave " version
	print ".Sh NAME\n.Nm cleave-figures\n.Nd what every number that cleave prints means"
	print ".Sh DESCRIPTION"
	fresh = 1
}

# Of a link its text; where it leads to another file, which nobody installs, the file.
function linked(link, target) {
	target = link
	sub(/.*\]\(/, "", target)
	sub(/[#)].*/, "", target)
	sub(/\]\(.*/, "", link)
	return target ? "Documentation/" target " of the sources" : substr(link, 2)
}

# `code` and **strong** in bold.
function inline(s) {
	gsub(/\\\|/, "|", s)
	gsub(/\\/, "\\e", s)
	while (match(s, /\[[^]]*\]\([^)]*\)/))
		s = substr(s, 1, RSTART - 1) linked(substr(s, RSTART, RLENGTH)) \
			substr(s, RSTART + RLENGTH)
	s = pairs(s, "\\*\\*", 2, "\\fB", "\\fP")
	s = pairs(s, "\\*", 1, "\\fI", "\\fP")
	s = pairs(s, "`", 1, "\\fB", "\\fP")
	gsub(/--/, "\\-\\-", s)
	gsub(/[.] +/, ".\n", s)
	gsub(/[.] +/, ".\n", s)
	sub(/^[.']/, "\\\\\\&&", s)
	return s
}

function pairs(s, mark, len, open, close_, out, inside) {
	while (match(s, mark)) {
		out = out substr(s, 1, RSTART - 1) (inside ? close_ : open)
		s = substr(s, RSTART + len)
		inside = !inside
	}
	return out s
}

# What has been gathered of a paragraph or an item.
function flush() {
	if (kind == "item")
		print ".It\n" inline(held)
	else if (held)
		print (fresh ? "" : ".Pp\n") inline(held)
	if (held)
		fresh = 0
	held = kind = ""
}

function end_list() {
	if (list)
		print ".El"
	list = 0
}

function row(n, cell, i) {
	n = split($0, cell, / *\| */)
	if (!table) {
		table = 1
		for (i = 3; i < n; i++)
			head[i] = cell[i]
		print ".Bl -tag -width Ds"
		return
	}
	if (cell[2] ~ /^-+:?$/)
		return
	print ".It " inline(cell[2])
	for (i = 3; i < n; i++)
		print (i > 3 ? ".br\n" : "") (n > 4 && head[i] ? head[i] ": " : "") inline(cell[i])
}

# A comment of HTML's is for who writes the file.
/^<!--.*-->$/ { next }
/^\|/ {
	flush()
	row()
	next
}
table {
	print ".El"
	table = 0
}
/^# / { next }
/^##+ / {
	flush()
	end_list()
	print (/^### / ? ".Ss " : ".Sh ") inline(/^### / ? substr($0, 5) : toupper(substr($0, 4)))
	fresh = 1
	next
}
/^- / {
	flush()
	if (!list)
		print ".Bl -bullet"
	list = 1
	kind = "item"
	held = substr($0, 3)
	next
}
/^$/ {
	flush()
	next
}
{
	if (list && !/^ /)
		end_list()
	sub(/^ +/, "")
	held = held (held ? " " : "") $0
}
END {
	flush()
	end_list()
	if (table)
		print ".El"
	print ".Sh SEE ALSO\n.Xr cleave 1 ,\n.Xr cleave-trace 1"
}
