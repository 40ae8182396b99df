# SPDX-License-Identifier: GPL-2.0-only
#
# Completion for a shell, out of the tables of "cleave COMMAND --tables": lines such as
# "@WORDS@" of a file with the rest become what the tables say.
#
#   awk -f completion.awk -v shell=bash|zsh|fish build/tables SHELL.in

BEGIN { FS = "\t" }

# What completes an argument, by its name in the help: one of these, or words.
function kind_of(arg) {
	if (arg ~ /\|/) {
		gsub(/\|/, " ", arg)
		return arg
	}
	if (arg ~ /^(FILE|USER|CMD)$/)
		return "<" tolower(arg) ">"
	return arg in values ? values[arg] : ""
}

# The last word of the usage that says what is to follow.
function operand(args) {
	if (args ~ /CMD/)
		return "<cmd>"
	if (args ~ /FILE$/)
		return "<file>"
	return args ~ /FLAGS/ ? values["FLAGS"] : ""
}

FILENAME != tables && tables {
	if ($0 ~ /^@[A-Z]+@$/)
		insert($0)
	else
		print filled($0)
	next
}

{ tables = FILENAME }

$2 == "value" { values[$3] = values[$3] (values[$3] ? " " : "") $4 }
$2 == "command" {
	name[++commands] = $3
	what[$3] = $4
}
# Of several usages, the first that has one.
$2 == "args" && $1 != "-" && !follows[$1] { follows[$1] = operand($3) }
$2 == "option" {
	n = ++options[$1]
	letter[$1, n] = $3
	long[$1, n] = $4
	takes[$1, n] = $5
	help[$1, n] = $6
}

# A line of its own in the file.
function insert(mark, i) {
	if (mark == "@FOLLOWS@" || mark == "@WORDS@" && shell == "bash")
		bash_cases(mark)
	else if (mark == "@TAKES@")
		for (i = 0; i <= commands; i++)
			bash_takes(i ? name[i] : "-")
	else if (shell == "zsh")
		zsh()
	else
		fish()
}

# Within a line.
function filled(line) {
	gsub(/@COMMANDS@/, quoted(command_words()), line)
	gsub(/@FLAGS@/, values["FLAGS"], line)
	gsub(/@TRACERS@/, tracers(), line)
	gsub(/@TAKES@/, fish_takes(), line)
	return line
}

function quoted(s) {
	gsub(/'/, "'\\''", s)
	return "'" s "'"
}

function command_words(i, out) {
	for (i = 1; i <= commands; i++)
		out = out (i > 1 ? " " : "") name[i]
	return out
}

# The commands that run another.
function tracers(i, out) {
	for (i = 1; i <= commands; i++)
		if (follows[name[i]] == "<cmd>")
			out = out (out ? " " : "") name[i]
	return out
}

# --- bash: lines of cases.

function bash_words(c, i, out) {
	for (i = 1; i <= options[c]; i++)
		out = out (letter[c, i] ? " -" letter[c, i] : "") \
			(long[c, i] ? " --" long[c, i] (takes[c, i] ? "=" : "") : "")
	return substr(out, 2)
}

# One for each option with an argument.
function bash_takes(c, i) {
	for (i = 1; i <= options[c]; i++)
		if (takes[c, i])
			printf "\t%s%s:--%s) arg=%s ;;\n",
				letter[c, i] ? c ":-" letter[c, i] " | " : "", c, long[c, i],
				quoted(kind_of(takes[c, i]) ? kind_of(takes[c, i]) : "<any>")
}

function bash_cases(mark, i, c) {
	for (i = mark == "@WORDS@" ? 0 : 1; i <= commands; i++) {
		c = i ? name[i] : "-"
		if (mark == "@WORDS@")
			printf "\t\t%s) _cleave_words %s '' \"$cur\" ;;\n", c, quoted(bash_words(c))
		else
			printf "\t\t\t%s) follows=%s ;;\n", c, quoted(follows[c])
	}
}

# --- zsh: _arguments.

function zsh_text(s) {
	gsub(/[\]\[:\\]/, "\\\\&", s)
	return s
}

function zsh_action(kind) {
	if (kind == "<file>")
		return "_files"
	if (kind == "<user>")
		return "_users"
	if (kind == values["FLAGS"])
		return "_cleave_flag_words"
	return kind ? "(" kind ")" : " "
}

function zsh_options(c, i, arg) {
	for (i = 1; i <= options[c]; i++) {
		arg = takes[c, i] ? ":" zsh_text(takes[c, i]) ":" zsh_action(kind_of(takes[c, i])) : ""
		if (letter[c, i])
			printf " \\\n\t\t%s", quoted("-" letter[c, i] (arg ? "+" : "") \
				"[" zsh_text(help[c, i]) "]" arg)
		if (long[c, i])
			printf " \\\n\t\t%s", quoted("--" long[c, i] (arg ? "=" : "") \
				"[" zsh_text(help[c, i]) "]" arg)
	}
}

function zsh(i, c) {
	print "_cleave() {\n\tlocal context state state_descr line\n\tlocal -A opt_args"
	# Not "commands": that is zsh's own table, which _command_names looks into.
	print "\tlocal -a cleave_commands\n\tcleave_commands=("
	for (i = 1; i <= commands; i++)
		printf "\t\t%s\n", quoted(name[i] ":" zsh_text(what[name[i]]))
	printf "\t)\n\t_arguments -C"
	zsh_options("-")
	print " \\\n\t\t'1:command:->command' '*::argument:->argument'"
	print "\tcase $state in\n\tcommand) _describe command cleave_commands ;;"
	print "\targument) (( $+functions[_cleave_$words[1]] )) && _cleave_$words[1] ;;\n\tesac\n}\n"
	for (i = 1; i <= commands; i++) {
		c = name[i]
		printf "_cleave_%s() {\n\t_arguments -s -S", c
		zsh_options(c)
		if (follows[c] == "<cmd>")
			print " \\\n\t\t'(-)1:command:_command_names -e' '*::argument:_cleave_traced'"
		else if (follows[c])
			print " \\\n\t\t" quoted("*:argument:" zsh_action(follows[c]))
		else
			print ""
		print "}\n"
	}
}

# --- fish: a line for each.

function fish_quoted(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/'/, "\\'", s)
	return "'" s "'"
}

function fish_takes(i, j, c, out) {
	for (i = 0; i <= commands; i++) {
		c = i ? name[i] : "-"
		for (j = 1; j <= options[c]; j++)
			if (takes[c, j])
				out = out (letter[c, j] ? " " c ":-" letter[c, j] : "") " " c ":--" long[c, j]
	}
	return substr(out, 2)
}

function fish_option(c, i, kind, out) {
	out = "complete -c cleave -n " fish_quoted("__cleave_options " c)
	out = out (letter[c, i] ? " -s " letter[c, i] : "") (long[c, i] ? " -l " long[c, i] : "")
	kind = kind_of(takes[c, i])
	if (kind == "<file>")
		out = out " -rF"
	else if (kind == "<user>")
		out = out " -x -a '(__fish_complete_users)'"
	else if (takes[c, i])
		out = out " -x" (kind ? " -a " fish_quoted(kind) : "")
	print out " -d " fish_quoted(help[c, i])
}

function fish_all(c, i) {
	for (i = 1; i <= options[c]; i++)
		fish_option(c, i)
}

function fish(i, c, on) {
	fish_all("-")
	for (i = 1; i <= commands; i++)
		printf "complete -c cleave -n '__cleave_operands -' -a %s -d %s\n", name[i],
			fish_quoted(what[name[i]])
	for (i = 1; i <= commands; i++) {
		c = name[i]
		fish_all(c)
		on = "complete -c cleave -n " fish_quoted("__cleave_operands " c)
		if (follows[c] == "<cmd>")
			print on " -a '(__cleave_traced)'"
		else if (follows[c] == "<file>")
			print on " -F"
		else if (follows[c] == values["FLAGS"] && follows[c])
			print on " -a " fish_quoted("(__cleave_flags " follows[c] ")")
	}
}
