#!/usr/bin/env bats
#
# What --help, the manual pages, the completions and the configuration file
# name is the same.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	bin=${B:-build}
}

# The long options in a text, one a line, each once.
options() {
	grep -oE -- '--[a-z][a-z-]+' | sort -u
}

page_options() {
	mandoc -Tascii "$1" | col -bx | options
}

same() {
	diff <(echo "$1") <(echo "$2")
}

# For conditions; bats does not notice a bare `!`.
not() {
	! "$@"
}

client_help() {
	local command
	"$bin/evote_client" --help
	for command in $(commands); do
		"$bin/evote_client" "$command" --help
	done
}

commands() {
	"$bin/evote_client" --help | sed -n '/^  --/d; s/^  \([a-z][a-z]*\).*/\1/p'
}

# mistyped CMD...: it ends as such commands do; its words are in `output`.
mistyped() {
	run "$@"
	# shellcheck disable=SC2154 # bats sets it
	((status == 2))
}

@test "the server's options: help, manual page, completion" {
	local help
	help=$("$bin/evote_server" --help | options)
	same "$help" "$(page_options docs/man/evote_server.8)"
	same "$help" "$(options <dist/evote_server.bash)"
}

@test "the client's options: help, manual page, completion" {
	local help
	help=$(client_help | options)
	same "$help" "$(page_options docs/man/evote_client.1)"
	same "$help" "$(grep -v -- '--\*' dist/evote_client.bash | options)"
}

# As it is compared: in one line, in small letters.
plainly() {
	tr '[:upper:]\n' '[:lower:] ' | sed 's/  */ /g; s/ | /|/g'
}

# "[--hosts list] [--voter name] ..." of the options in --help.
global_synopsis() {
	"$bin/evote_client" --help | grep -vE -- '--(version|help) ' |
		sed -nE 's/^  (--[a-z-]+( [A-Z]+)?)  .*/[\1]/p' | plainly
}

@test "the synopses of the manual pages are those of the tables" {
	local page command usage
	page=$(mandoc -Tascii docs/man/evote_server.8 | col -bx | plainly)
	usage=$("$bin/evote_server" --help | sed -n '2,/^$/p' | plainly)
	[[ $usage == *"[--verbose]"* && $page == *"$usage"* ]]
	page=$(mandoc -Tascii docs/man/evote_client.1 | col -bx | plainly)
	usage=$(global_synopsis)
	echo "$usage"
	[[ $usage == "[--hosts list]"*"[--json]"* && $page == *"$usage"* ]]
	for command in $(commands | grep -vx hosts); do
		usage=$("$bin/evote_client" help "$command" |
			sed -n '1,/^      [A-Z]/{/^      [A-Z]/d;p}' | plainly)
		usage=${usage#*"...] "}
		echo "$usage"
		[[ $usage == "$command"* && $page == *" $usage"* ]]
	done
}

@test "what is mistyped is guessed" {
	mistyped "$bin/evote_client" vtoe
	[[ $output == "vtoe is not a command (did you mean vote?); see"* ]]
	mistyped "$bin/evote_client" help hlep
	[[ $output == "hlep is not a command (did you mean help?); see"* ]]
	mistyped "$bin/evote_client" zzz
	[[ $output == "zzz is not a command; see"* ]]
	mistyped "$bin/evote_client" --votre ada vote e
	[[ $output == "--votre is not an option (did you mean --voter?); see"* ]]
	mistyped "$bin/evote_client" promote --acept-loss
	[[ $output == *"(did you mean --accept-loss?); see evote_client promote"* ]]
	mistyped "$bin/evote_client" vote e --voter=ada
	[[ $output == "--voter goes before the command; see evote_client vote"* ]]
	mistyped "$bin/evote_server" --suspectms 9
	[[ ${lines[0]} == *"(did you mean --suspect-ms?)" ]]
}

@test "the client's commands: help, manual page, completion" {
	local command
	(($(commands | wc -l) > 10))
	same "$(commands | sort)" "$(sed -n '/commands="/,/"$/p' \
	    dist/evote_client.bash | sed 's/.*commands="//; s/"//' |
		tr -s ' \t' '\n' | grep . | sort)"
	for command in $(commands); do
		grep -qE "^(\.It )?\.?(It )?Cm $command( |$)" \
		    docs/man/evote_client.1
	done
}

@test "a command's help: its lines are whole, and set in alike" {
	local command
	for command in $(commands); do
		run "$bin/evote_client" "$command" --help
		[[ ${lines[0]} == "usage: evote_client [OPTION ...] $command"* ]]
		not grep -q ' $\|.\{80\}' <<<"$output"
		not grep -qv '^      ' <<<"${output#*$'\n'}"
		same "$output" "$("$bin/evote_client" help "$command")"
		run "$bin/evote_client" "$command" --no-such-option
		[[ $output == *"see evote_client $command --help." ]]
	done
}

@test "the configuration: every option in the file, its page, and taken" {
	local help conf=$BATS_TEST_TMPDIR/conf
	help=$("$bin/evote_server" --help | options |
	    grep -vxE -- '--(config|version|help|origin|checkpoint|policy|json)' | sed 's/^--//')
	same "$help" "$(sed -nE 's/^#?([a-z-]+) = .*/\1/p' dist/evote.conf |
	    sort -u)"
	same "$help" "$(sed -n 's/^\.It Cm //p' docs/man/evote.conf.5 |
	    grep -vx origin | sort -u)"
	sed -E 's/^#([a-z-]+ = )/\1/; s/^(hosts = ).*/\1vote1=127.0.0.1/
	    s,^(data = ).*,\1/nowhere,' dist/evote.conf >"$conf"
	run "$bin/evote_server" --config "$conf"
	echo "$output"
	((status == 1))
	[[ $output == *"/nowhere"* ]]
}

@test "a wrong line of the configuration is named" {
	local conf=$BATS_TEST_TMPDIR/conf
	printf '# first\nname = a\nsuspect-ms = soon\n' >"$conf"
	run "$bin/evote_server" --config "$conf"
	((status == 2))
	[[ $output == *"conf line 3: suspect-ms: \"soon\" is not a number of milliseconds from 300"* ]]
	printf 'colour = red\n' >"$conf"
	run "$bin/evote_server" --config "$conf"
	[[ $output == *'conf line 1: no option is named "colour"'* ]]
	printf 'no-portmap = yes\nname = a\nno-portmap = no\n' >"$conf"
	run "$bin/evote_server" --config "$conf"
	[[ $output == *'conf line 3: no-portmap stands here twice'* ]]
}

# What each of these beginnings of a command line is completed to, a line each.
completed() {
	bash -c '
		. /usr/share/bash-completion/bash_completion
		. dist/evote_client.bash
		while read -r -a COMP_WORDS; do
			[[ ${COMP_WORDS[-1]} != . ]] || COMP_WORDS[-1]=""
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			COMP_LINE="${COMP_WORDS[*]}" COMP_POINT=${#COMP_LINE}
			COMPREPLY=()
			_evote_client
			echo "${COMPREPLY[*]}"
		done'
}

@test "completion: options after a dash, commands before, own ones after" {
	run completed <<-end
		evote_client ha
		evote_client --js
		evote_client --voter vote cr
		evote_client --admin /run/x promote --e
		evote_client help stat
	end
	echo "$output"
	[[ ${lines[0]} == handover && ${lines[1]} == --json ]]
	[[ ${lines[2]} == create && ${lines[3]} == --epoch ]]
	[[ ${lines[4]} == status ]]
}

@test "completion: the options of each command, and which take a value" {
	local command option
	for command in $(commands); do
		same "$("$bin/evote_client" help "$command" |
			sed -n 's/^      \(--[a-z-]*\).*/\1/p' | cat - <(echo --help) |
			sort -u)" \
		    "$(completed <<<"evote_client $command --" |
			tr ' ' '\n' | sort)"
	done
	for option in $("$bin/evote_client" --help |
		sed -nE 's/^  (--[a-z-]+) [A-Z].*/\1/p'); do
		same handover "$(completed <<<"evote_client $option vote ha")"
	done
}

@test "completion: no option where a command's option takes a value" {
	local command
	for command in $(commands); do
		same "" "$("$bin/evote_client" help "$command" |
			sed -nE "s/^      (--[a-z-]+) [A-Z].*/evote_client $command \1 --/p" |
			completed | grep .)"
	done
}

@test "completion of the server: files of export and import" {
	run bash -c '
		. /usr/share/bash-completion/bash_completion
		. dist/evote_server.bash
		while read -r -a COMP_WORDS; do
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			COMP_LINE="${COMP_WORDS[*]}" COMP_POINT=${#COMP_LINE}
			COMPREPLY=()
			_evote_server
			echo "${COMPREPLY[*]}"
		done' <<-end
		evote_server export dist/evote.c
		evote_server import --data /x dist/evote.c
		evote_server import --da
		evote_server dist/evote.c
	end
	echo "$output"
	[[ $output == $'dist/evote.conf\ndist/evote.conf\n--data' ]]
}

@test "wrong arguments: how it is written" {
	run "$bin/evote_client" help help
	((status == 0))
	[[ $output == "usage: evote_client [OPTION ...] COMMAND"* ]]
	mistyped "$bin/evote_client" status --watch 5
	[[ $output == 'status takes no argument "5"; write --watch=5.' ]]
	mistyped "$bin/evote_client" elections all
	[[ $output == 'elections takes no argument "all"; see evote_client elections --help.' ]]
	mistyped "$bin/evote_client" cancel a b --reason x
	[[ $output == "cancel ELECTION"*": too many arguments." ]]
	mistyped "$bin/evote_client" vote
	[[ $output == "vote ELECTION"*": an argument is missing." ]]
	mistyped "$bin/evote_client" vote Board -1
	[[ $output == "-1 is not an option; write \`--\` before a choice that begins with a dash; see"* ]]
	mistyped "$bin/evote_client" --admin /nowhere hosts add
	[[ $output == "usage: evote_client [OPTION ...] hosts [add"* ]]
	mistyped "$bin/evote_client" --hosts "" elections
	[[ $output == "--hosts lacks its value; see evote_client --help." ]]
	echo "# none yet" >"$BATS_TEST_TMPDIR/hosts"
	mistyped "$bin/evote_client" --hosts "@$BATS_TEST_TMPDIR/hosts" elections
	[[ $output == "$BATS_TEST_TMPDIR/hosts lists no host." ]]
}

@test "an operator's command where no server listens says what it takes" {
	run "$bin/evote_client" --admin "$BATS_TEST_TMPDIR/none.sock" voters
	echo "$output"
	((status == 4))
	[[ $output == "Nothing was done: "*"Run this on the server's host"*"with its admin-socket." ]]
	# One that died, or was killed, has left its socket behind.
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$BATS_TEST_TMPDIR/left.sock"
	run "$bin/evote_client" --admin "$BATS_TEST_TMPDIR/left.sock" voters
	((status == 4))
	[[ $output == *"The server does not run or does not answer; look at"* ]]
	run "$bin/evote_client" --hosts a=127.0.0.1:1 extend e --end +1h \
	    --reason late
	((status == 2))
	[[ $output == "no voter is given; "*"--admin /run/evote/admin.sock." ]]
}

@test "a reason without a sentence does not compile" {
	local flags with
	read -ra flags < <(pkg-config --cflags libtirpc)
	with=(gcc -std=c11 -Wall -Werror -fsyntax-only -I"$BATS_TEST_TMPDIR"
	    -I. -I"$bin/gen" "${flags[@]}" client/lib/reason.c)
	mkdir -p "$BATS_TEST_TMPDIR/client/lib"
	cp client/lib/reasons.def "$BATS_TEST_TMPDIR/client/lib"
	"${with[@]}"
	sed -i '/^REASON(KEY,/,$d' "$BATS_TEST_TMPDIR/client/lib/reasons.def"
	run "${with[@]}"
	((status != 0))
	[[ $output == *EVOTE_R_KEY* ]]
}
