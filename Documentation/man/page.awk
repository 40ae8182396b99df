# SPDX-License-Identifier: GPL-2.0-only
#
# The manual page of a command in mdoc: what its --help says, out of the tables of
# "cleave COMMAND --tables", then the sections of a file of its own.
#
#   awk -f page.awk -v cmd=trace -v date="November 25, 2026" -v cost=cost-6.12.md \
#	-v reader=cost-reader.md build/tables FILE
#
# cmd=- is cleave itself.  A line "@COST@" in FILE becomes what tracing costs, "@COST
# untraced@" what the others pay that run beside it, and "@READER name ...@" what
# cleave's own process takes: those rows of the table.

BEGIN {
	FS = "\t"
	page = cmd == "-" ? "cleave" : "cleave-" cmd
}

# Text as it is: no macro, no escape, dashes of options; each sentence a line.
function text(s) {
	gsub(/\\/, "\\e", s)
	gsub(/--/, "\\-\\-", s)
	gsub(/[.] +/, ".\n", s)
	gsub(/\n[.]/, "\n\\\\\\&.", s)
	sub(/^[.']/, "\\\\\\&&", s)
	return s
}

# Of a table in @file the rows whose names match @rows, each as an item.
function table(file, rows, line, cell, head, n, i, out) {
	while ((getline line < file) > 0) {
		n = line ~ /^\|/ ? split(line, cell, / *\| */) : 0
		if (n && cell[2] == "" && !(3 in head))
			for (i = 3; i < n; i++)
				head[i] = cell[i]
		else if (n > 6 && cell[2] ~ rows) {
			out = out ".It " cell[2] "\n"
			for (i = 3; i < n; i++)
				out = out head[i] ": " cell[i] (i < n - 1 ? ";\n" : ".\n")
		}
	}
	close(file)
	gsub(/±/, "\\(+-", out)
	return ".Bl -tag -width Ds\n" out ".El\n"
}

# The two backends as they are used; @mark says whose part.
function costs(mark, kernel) {
	gsub(/^@COST ?|@$/, "", mark)
	kernel = cost
	gsub(/.*cost-|\.md$/, "", kernel)
	return "Instructions added, by the bench, on Linux " kernel \
		" (those that the reader takes are in it):\n" \
		table(cost, "^cleave (module|bpf)" (mark ? ", " mark : "") "$")
}

# @mark has the rows' names.
function readers(mark) {
	gsub(/^@READER |@$/, "", mark)
	gsub(/ /, "|", mark)
	return table(reader, "^(" mark ")$")
}

# Words after a macro: none is to be taken for one.
function words(s, n, part, i, out) {
	n = split(text(s), part, " ")
	for (i = 1; i <= n; i++)
		out = out " \\&" part[i]
	return out
}

function flag(letter, name, arg, out) {
	if (letter)
		out = "Fl " letter (name ? " , " : "")
	if (name)
		out = out "Fl \\-" name
	if (arg)
		out = out (name ? " Ns = Ns" : "") " Ar" words(arg)
	return out
}

FILENAME != tables && tables {
	extra = extra (/^@COST( [a-z]+)?@$/ ? costs($0) : /^@READER / ? readers($0) : $0 "\n")
	next
}

{ tables = FILENAME }

$1 == "-" && $2 == "version" { version = $3 }
$1 == "-" && $2 == "command" {
	command[++commands] = $3
	what[$3] = $4
}
$1 != cmd { next }
$2 == "args" { usage[++usages] = $3 }
$2 == "doc" { doc = doc ".Pp\n" text($3) "\n" }
$2 == "more" { more = more ".Pp\n" text($3) "\n" }
$2 == "option" { options = options ".It " flag($3, $4, $5) "\n" text($6) "\n" }

function synopsis(i) {
	print ".Sh SYNOPSIS"
	if (!usages)
		usage[++usages] = ""
	for (i = 1; i <= usages; i++) {
		print ".Nm cleave" (cmd == "-" ? "" : " " cmd)
		if (cmd != "-")
			print ".Op Ar OPTION ..."
		if (usage[i])
			print ".Ar" words(usage[i])
	}
}

function list_commands(i) {
	print ".Sh COMMANDS\n.Bl -tag -width Ds"
	for (i = 1; i <= commands; i++) {
		print ".It Xr cleave-" command[i] " 1"
		print text(what[command[i]])
	}
	print ".El"
}

function see_also(i, names, n) {
	print ".Sh SEE ALSO"
	# By section, then by name.
	if (cmd != "-")
		print ".Xr cleave 1 ,"
	n = split("doctor flags record report trace watch", names, " ")
	for (i = 1; i <= n; i++)
		if (names[i] != cmd && names[i] in what)
			print ".Xr cleave-" names[i] " 1 ,"
	print ".Xr cleave 4 ,\n.Xr cleave-figures 7"
}

END {
	print ".\\\" Made by page.awk: do not edit."
	print ".Dd " date "\n.Dt " toupper(page) " 1\n.Os cleave " version
	print ".Sh NAME\n.Nm " page
	print ".Nd " text(cmd == "-" ? "what fork, clone, exec and copy-on-write do and cost" : what[cmd])
	synopsis()
	sub(/^\.Pp\n/, "", doc)
	print ".Sh DESCRIPTION\n" doc (cmd == "-" ? "" : more) ".Sh OPTIONS"
	print ".Bl -tag -width Ds\n" options ".El"
	if (cmd == "-")
		list_commands()
	printf "%s", extra
	see_also()
}
