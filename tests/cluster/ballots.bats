#!/usr/bin/env bats
#
# Ballots: several choices, or a ranking; with a take-over in the middle.

load lib
# shellcheck source=tests/debian.bash
. "$BATS_TEST_DIRNAME/../debian.bash"

# opened NAME SECONDS OPTION...: an election of A to D among the members
opened() {
	as ada create "$1" --group members --choice A --choice B --choice C \
	    --choice D --end "+$(($2 * $(slowness)))s" "${@:3}"
}

# Ended, and counted.
counted() {
	wait_until 40 client result "$1"
	client --json result "$1" >"$PAIR_DIR/result"
}

counts() {
	jq -e "$1" "$PAIR_DIR/result" >/dev/null || {
		cat "$PAIR_DIR/result"
		return 1
	}
}

# debian YEAR SECONDS PRIMARY: all ballots, and that host dies in the middle.
debian() {
	debian_open "$1" "+$(($2 * $(slowness)))s"
	debian_cast "$1" --pace-ms 5
	wait_until 30 debian_cast_at_least 150
	server_kill "$3"
	debian_done
	server_start "$3"
	wait_until 20 level
	wait_until 60 client result "debian-$1"
	debian_agrees "$1"
}

@test "choose several: counted through a take-over; wrong ballots are refused" {
	cluster_up people
	opened board 8 --pick 1-2
	exits 0 as ada vote board A C
	exits 1 as bob vote board A B C
	says "more choices are chosen"
	exits 1 as bob --json vote board A A
	[[ $(jq -r .reason <<<"$output") == chosen-twice ]]
	exits 1 as bob vote board --blank
	says "fewer choices are chosen"
	exits 1 as bob vote board A E
	says '"E": that is not one of the choices'
	server_kill alpha
	exits 0 as bob vote board A
	# What was answered stays so, and one voter votes once.
	exits 1 as ada vote board B
	says "previous vote"
	printf 'C\nD\n' | exits 0 as carol vote board
	exits 1 as dave vote board A
	says "group may not vote"
	exits 0 client show board
	says "ballot  1 to 2 choices"
	server_start alpha
	counted board
	counts '[.counts[].votes] == [2, 0, 2, 1] and .votes == 3 and
	    .blank == 0 and .tie'
	exits 0 client result board --csv
	says "eligible,end,blank"
}

@test "rankings: ties, blank ballots, the default option, through a take-over" {
	cluster_up people
	opened chair 8 --ranked --none-choice D
	exits 0 as ada vote chair 'A > B = C > D'
	exits 1 as bob vote chair 'A > X'
	exits 1 as bob vote chair 'A > B > A'
	says "stands twice"
	exits 2 as bob vote chair A B
	exits 2 as bob vote chair '"A > B'
	exits 0 as bob vote chair --blank
	server_kill alpha
	printf 'A>D=B\n' | exits 0 as carol vote chair
	exits 0 as 王大明 vote chair 'D > B'
	exits 1 as ada vote chair A
	server_start alpha
	counted chair
	# Carol ties B and D, so it is 1 to 1: no defeat.
	counts '.pairs == [[0, 2, 2, 2], [1, 0, 2, 1], [0, 0, 0, 1],
	    [1, 1, 2, 0]]'
	counts '[.counts[].votes] == [2, 0, 0, 1] and .blank == 1 and
	    [.counts[].rank] == [1, 0, 0, 2] and (.tie | not)'
	exits 0 client result chair
	says '"A" has won'
	says "dropped: does not defeat the default option"
	says ", 1 of them blank"
}

@test "each election takes its own kind of ballot" {
	local ballot before
	cluster_up people
	opened one 600
	opened some 600 --pick 0-4
	opened two 600 --pick 1-2
	opened all 600 --ranked
	# What is no vote in it is neither sent nor recorded.
	before=$(host_state alpha size)
	exits 1 as ada vote one A B
	says "more choices are chosen than"
	exits 1 as ada vote one A E
	says 'because of "E": that is not one of the choices'
	exits 1 as ada vote one --blank
	says "fewer choices are chosen than"
	exits 1 as ada vote one E
	says 'No vote was sent for "one", because of "E": that is not one of'
	exits 1 as ada --json vote one <<<E
	[[ $(jq -r .reason <<<"$output") == no-choice ]]
	# Where a name should be, there is none.
	for ballot in 'A > ' 'A >> B' '> A' ''; do
		exits 1 as ada vote all "$ballot"
		says "a name is missing; in a ranking"
		says "give --blank"
	done
	exits 1 as ada vote some ''
	says "an empty name is not one of the choices. For a blank"
	exits 1 as ada vote two <<<''
	says "an empty name is not one of the choices"
	not says "--blank"
	exits 2 as ada vote two </dev/null
	not says "--blank"
	exits 2 as ada vote some </dev/null
	says "--blank"
	((before == $(host_state alpha size)))
	# Of none that is there, no kind is known.
	exits 1 as ada vote none A B
	says 'Your vote in "none" was NOT counted: there is no election of that'
	exits 1 as ada vote none --blank
	says "there is no election of that name"
	opened "Board of  2026" 600
	exits 1 as ada vote Board of 2026 A
	says 'there is no election "Board", but there is "Board of 2026". Put'
	exits 1 as ada vote Board of 2026
	says "Put its whole name in quotes"
	# What stands on standard input is taken whole, or not at all.
	exits 2 as ada vote one <<<$'B\nC\n'
	says "No vote was sent: standard input has more than one line"
	exits 2 as ada vote all <<<$'B\n\nC'
	says "No vote was sent: standard input has more than one line"
	exits 0 as bob vote one <<<$'B\n\n'
	exits 0 as bob vote all <<<$'B > C\n\n'
	exits 0 as bob vote some <<<$'B\nC'
	exits 0 as ada vote "Board of 2026" A
	exits 0 as ada vote one A
	exits 0 as ada vote some --blank
	exits 0 as ada vote all --blank
	exits 2 as bob vote some A --blank
	exits 2 as bob create x --group members --choice A --end +1h --pick 1-2
	exits 2 as bob create x --group members --choice A --end +1h --pick 0-0
	exits 2 as bob create x --group members --choice A --end +1h --ranked \
	    --pick 1
	exits 2 as bob create x --group members --choice A --end +1h \
	    --ranked --none-choice B
	exits 2 as bob create x --group members --choice A --end +1h \
	    --none-choice A
}

@test "who is asked for a ballot types numbers, and is shown what they mean" {
	cluster_up people
	opened board 600 --pick 1-2
	exits 2 ada_types $'1 2 3\n\n' vote board
	says "That is not a ballot"
	says "No choice was made"
	exits 0 ada_types $'1 3\nno\n3 2\nyes' vote board
	says "Your ballot: B, C"
	# What is neither yes nor no is asked again, a few times.
	opened club 600 --pick 1-2
	exits 2 ada_types $'1\nyep\nsure\nok\n\n' vote club
	says "Type yes or no. Cast this ballot (yes/no)?"
	says "The vote was not confirmed, and was not sent"
	not says "No choice was made"
	exits 2 ada_types $'1\n No \n2\nN\n3\nno\n' vote club
	says "The vote was not confirmed, and was not sent"
	not says "Type yes or no"
	exits 0 ada_types $'1\n\n Yes \n' vote club
	opened vice 600 --pick 1-2
	exits 0 ada_types $'1\nY\n' vote vice
	not says "Type yes or no"
	opened chair 600 --ranked
	exits 0 ada_types $'2>4=1\nyes' vote chair
	says "Your ballot: B > A = D"
	says 'Your vote in "chair" counts'
	# The shell takes a > without quotes, and the rest of the ranking.
	local bob=(--voter bob --key "$KEYS/people/bob.pem" vote chair)
	exits 2 logged_to "$PAIR_DIR/B" "" "${bob[@]}" A
	says "Put the whole ranking in quotes"
	[[ $(client --json turnout chair | jq .voted) == 1 ]]
	exits 0 logged_to "$PAIR_DIR/B" "" "${bob[@]}" 'A > B'
}

@test "a ballot of long names is shown whole, with a line for each" {
	local i choices=()
	cluster_up people
	for i in {1..12}; do
		choices+=(--choice "$i$(printf 'x%.0s' {1..200})")
	done
	exits 0 as ada create chair --group members --ranked --end +10m \
	    "${choices[@]}"
	exits 0 ada_types $'12>11=10>9>8>7>6>5>4>3>2>1\nyes' vote chair
	says "  2.  10x"
	says "  2.  11x"
	says " 11.  1x"
}

@test "an unanswered ballot is kept, and sent again as it was" {
	cluster_up people
	opened chair 600 --ranked
	exits 0 as bob vote chair 'B > A'
	kill -STOP "$(server_pid alpha)" "$(server_pid beta)"
	exits 4 as ada --timeout 2 vote chair 'A > B'
	kill -CONT "$(server_pid alpha)" "$(server_pid beta)"
	wait_until 20 level
	exits 0 as ada vote chair 'A > B'
	exits 1 as ada vote chair 'A > B'
}

@test "Debian's leaders of 2002 and 2010: all ballots, a primary dies in each" {
	cluster_up
	debian 2002 15 alpha
	debian 2010 15 alpha
	server_stop alpha
	wait_until 10 process_gone "$(server_pid alpha)"
	exits 0 "$PAIR_BIN/evote_server" audit --json --data "$PAIR_DIR/alpha"
	jq -e '[.elections[].pairs | .[2][0]] == [291, 33]' <<<"$output"
}
