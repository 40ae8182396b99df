# SPDX-License-Identifier: GPL-2.0-only
#
# Completion for a shell, out of the tables of "cleave COMMAND --tables".
#
#   awk -f completion.awk -v shell=bash|zsh|fish build/tables

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

$2 == "value" { values[$3] = values[$3] (values[$3] ? " " : "") $4 }
$2 == "command" {
	name[++commands] = $3
	what[$3] = $4
}
$2 == "args" && $1 != "-" { follows[$1] = operand($3) }
$2 == "option" {
	n = ++options[$1]
	letter[$1, n] = $3
	long[$1, n] = $4
	takes[$1, n] = $5
	help[$1, n] = $6
}

function quoted(s) {
	gsub(/'/, "'\\''", s)
	return "'" s "'"
}

# --- bash: a function with the words of each command in a case.

function bash_words(c, i, out) {
	for (i = 1; i <= options[c]; i++)
		out = out (letter[c, i] ? " -" letter[c, i] : "") \
			(long[c, i] ? " --" long[c, i] (takes[c, i] ? "=" : "") : "")
	return substr(out, 2)
}

# A line of a case for each option with an argument.
function bash_takes(c, i) {
	for (i = 1; i <= options[c]; i++)
		if (takes[c, i])
			printf "\t%s%s:--%s) arg=%s ;;\n",
				letter[c, i] ? c ":-" letter[c, i] " | " : "", c, long[c, i],
				quoted(kind_of(takes[c, i]) ? kind_of(takes[c, i]) : "<any>")
}

function bash(i) {
	print "# bash completion for cleave; made by completion.awk"
	print "_cleave_words() {\n\tlocal words=$1 cur=$2"
	print "\tcase $words in"
	print "\t'<file>') compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")) ;;"
	print "\t'<user>') COMPREPLY=($(compgen -u -- \"$cur\")) ;;"
	print "\t'<any>') COMPREPLY=() ;;"
	print "\t*) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n\tesac\n}\n"
	print "_cleave_takes() {\n\tcase $1:$2 in"
	bash_takes("-")
	for (i = 1; i <= commands; i++)
		bash_takes(name[i])
	print "\t*) arg= ;;\n\tesac\n}\n"
	print "# Where does the command that is traced begin?  Sets cmd, and first to its place."
	print "_cleave_look() {\n\tlocal i arg"
	print "\tcmd=- first=0"
	print "\tfor ((i = 1; i < COMP_CWORD; i++)); do"
	print "\t\tif [[ $cmd == - ]]; then\n\t\t\t[[ ${COMP_WORDS[i]} == -* ]] || cmd=${COMP_WORDS[i]}"
	print "\t\telif [[ ${COMP_WORDS[i]} == -- ]]; then\n\t\t\tfirst=$((i + 1))\n\t\t\treturn"
	print "\t\telif [[ ${COMP_WORDS[i]} == -* ]]; then"
	print "\t\t\t_cleave_takes \"$cmd\" \"${COMP_WORDS[i]}\""
	print "\t\t\t[[ ${COMP_WORDS[i + 1]} != = ]] || ((++i))"
	print "\t\t\t[[ -z $arg ]] || ((++i))"
	print "\t\telse\n\t\t\tfirst=$i\n\t\t\treturn\n\t\tfi\n\tdone\n}\n"
	print "_cleave() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}"
	print "\tlocal cmd first arg='' follows=''\n\tCOMPREPLY=()\n\t_cleave_look"
	print "\t# bash takes --name=value apart.\n\tif [[ $cur == = ]]; then\n\t\tcur=''"
	print "\telif [[ $prev == = ]]; then\n\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n\tfi"
	print "\t[[ $first -gt 0 ]] || _cleave_takes \"$cmd\" \"$prev\""
	print "\tif [[ -n $arg ]]; then\n\t\t_cleave_words \"$arg\" \"$cur\"\n\t\treturn\n\tfi"
	print "\tcase $cmd in"
	for (i = 1; i <= commands; i++)
		printf "\t%s) follows=%s ;;\n", name[i], quoted(follows[name[i]])
	print "\tesac"
	print "\tif [[ $follows == '<cmd>' && ($first -gt 0 || $cur != -*) ]]; then"
	print "\t\tif ((first == 0 || first == COMP_CWORD)); then"
	print "\t\t\tCOMPREPLY=($(compgen -c -- \"$cur\"))"
	print "\t\telif declare -F _command_offset >/dev/null; then\n\t\t\t_command_offset \"$first\""
	print "\t\telse\n\t\t\t_cleave_words '<file>' \"$cur\"\n\t\tfi\n\t\treturn\n\tfi"
	print "\tif [[ $cur != -* && -n $follows ]]; then\n\t\t_cleave_words \"$follows\" \"$cur\"\n\t\treturn\n\tfi"
	print "\tcase $cmd in"
	printf "\t-) COMPREPLY=($(compgen -W %s -- \"$cur\")) ;;\n", quoted(bash_words("-") command_words())
	for (i = 1; i <= commands; i++)
		printf "\t%s) COMPREPLY=($(compgen -W %s -- \"$cur\")) ;;\n", name[i], quoted(bash_words(name[i]))
	print "\tesac\n\t[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace\n}\n"
	print "complete -F _cleave cleave"
}

function command_words(i, out) {
	for (i = 1; i <= commands; i++)
		out = out " " name[i]
	return out
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
	print "#compdef cleave\n# zsh completion for cleave; made by completion.awk"
	print "_cleave() {\n\tlocal context state state_descr line\n\tlocal -A opt_args\n\tlocal -a commands"
	print "\tcommands=("
	for (i = 1; i <= commands; i++)
		printf "\t\t%s\n", quoted(name[i] ":" zsh_text(what[name[i]]))
	printf "\t)\n\t_arguments -C"
	zsh_options("-")
	print " \\\n\t\t'1:command:->command' '*::argument:->argument'"
	print "\tcase $state in\n\tcommand) _describe command commands ;;"
	print "\targument) (( $+functions[_cleave_$words[1]] )) && _cleave_$words[1] ;;\n\tesac\n}\n"
	for (i = 1; i <= commands; i++) {
		c = name[i]
		printf "_cleave_%s() {\n\t_arguments -S", c
		zsh_options(c)
		if (follows[c] == "<cmd>")
			print " \\\n\t\t'(-)1:command:_command_names -e' '*::argument:_normal'"
		else if (follows[c])
			print " \\\n\t\t" quoted("*:argument:" zsh_action(follows[c]))
		else
			print ""
		print "}\n"
	}
	print "_cleave \"$@\""
}

# --- fish: a line for each.

function fish_quoted(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/'/, "\\'", s)
	return "'" s "'"
}

function fish_option(c, i, kind, out) {
	out = "complete -c cleave -n " fish_quoted(c == "-" ? "__fish_use_subcommand" : \
		"__fish_seen_subcommand_from " c)
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
	print "# fish completion for cleave; made by completion.awk\ncomplete -c cleave -f"
	fish_all("-")
	for (i = 1; i <= commands; i++)
		printf "complete -c cleave -n __fish_use_subcommand -a %s -d %s\n", name[i],
			fish_quoted(what[name[i]])
	for (i = 1; i <= commands; i++) {
		c = name[i]
		fish_all(c)
		on = "complete -c cleave -n " fish_quoted("__fish_seen_subcommand_from " c)
		if (follows[c] == "<cmd>")
			print on " -a '(__fish_complete_subcommand --fcs-skip=2)'"
		else if (follows[c] == "<file>")
			print on " -F"
		else if (follows[c])
			print on " -a " fish_quoted(follows[c])
	}
}

END {
	if (shell == "bash")
		bash()
	else if (shell == "zsh")
		zsh()
	else
		fish()
}
