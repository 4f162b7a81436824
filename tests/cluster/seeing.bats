#!/usr/bin/env bats
#
# What people and their monitors see: status, results, times.

load lib

METRIC='^# (HELP|TYPE) |^evote_[a-z_]+(\{host="[^"]*"\})? [-0-9.e]+$'

# metric NAME HOST: as the last output has it.
metric() {
	# shellcheck disable=SC2154 # bats sets it
	sed -n "s/^$1{host=\"$2\"} //p" <<<"$output"
}

@test "status --json: lag, clock, who serves; a dead host's lag is unknown" {
	cluster_up people
	exits 0 client --json status
	jq -e '.hosts | all(.lag == 0 and .waiting_for == [] and
	    (.clock_ahead_us | fabs) < 1e6 and .clock_within_us > 0)' \
	    <<<"$output"
	server_kill beta
	wait_until 10 alone alpha
	exits 5 client --json status
	[[ $(jq -r .reason <<<"$output") == needs-you ]]
	jq -e '.hosts[1] | .reachable == false and .lag == null and
	    (.problem | length) > 0' <<<"$output"
}

@test "status --prometheus: a value a host, and none of what is not known" {
	cluster_up people
	exits 0 client status --prometheus
	[[ $(metric evote_serving alpha) == 1 ]]
	[[ $(metric evote_serving beta) == 0 ]]
	[[ $(metric evote_role beta) == 2 ]]
	[[ $(metric evote_lag_records beta) == 0 ]]
	[[ $(metric evote_records alpha) -gt 2 ]]
	not grep -vE "$METRIC" <<<"$output"
	server_kill beta
	server_kill alpha
	# Standard error has the sentence; the collector still gets its text.
	exits 4 client status --prometheus
	[[ $(metric evote_up alpha) == 0 ]]
	[[ -z $(metric evote_role alpha) ]]
}

@test "status --watch: a screen a second, or a line of JSON each" {
	cluster_up people
	exits 0 client status --watch --count 2
	says "arbiter: none, for alpha, beta"
	says "every 1 s"
	says "records a second"
	[[ $output != *$'\033'* ]]
	exits 0 client --json status --watch --count 3
	[[ $(jq -c '.hosts | length' <<<"$output") == $'2\n2\n2' ]]
	[[ $(wc -l <<<"$output") == 3 ]]
	[[ $(jq -c '.records_per_s' <<<"$output" | head -1) == null ]]
	exits 2 client status --watch=0
	exits 2 client status --watch --prometheus
}

@test "a host that waits says for whom" {
	cluster_up people
	server_kill beta
	wait_until 10 alone alpha
	admin alpha register --shared-keys zoe members \
	    "$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")"
	server_kill alpha
	server_start beta
	wait_until 10 waits_for_alpha
	exits 4 client status
	says "beta waits for alpha"
	says "No host serves; 1 of 2 answered. See the lines above."
}

# An election that closes by itself; ada and bob choose each the other way.
tied_election() {
	cluster_up people
	as ada create "$1" --group members --group guests \
	    --choice 王大明 --choice 'O"Neill, Ann' --choice =1+1 --end +4s
	as ada vote "$1" 王大明
	as bob vote "$1" 'O"Neill, Ann'
	closed "$1"
}

@test "a result: places, ties, turnout; the same as CSV and JSON" {
	tied_election 學生會
	exits 0 client result 學生會
	says "a TIE, 2 choices have the most votes, 1 each"
	says "2 of 5 voters voted (40.0 %)"
	# The wide name takes six columns, and the longest twelve.
	says $'1=   王大明                1   50.0 %'
	says $'1=   O"Neill, Ann          1   50.0 %'
	says $'3    =1+1                  0    0.0 %'
	exits 0 client --json result 學生會
	jq -e '.tie and ([.counts[].rank] == [1, 1, 3]) and .turnout == 0.4 and
	    (.end | fromdateiso8601) == (.end_us / 1e6 | floor)' <<<"$output"
	exits 0 client result --csv 學生會
	[[ ${lines[0]} == $'\xef\xbb\xbfelection,choice,votes,rank,voted,eligible,end\r' ]]
	[[ ${lines[2]} =~ ^'"學生會","O""Neill, Ann",1,1,2,5,'[-0-9]{10}T[:0-9]{8}Z ]]
	# Not for a spreadsheet to calculate.
	[[ ${lines[3]} == "\"學生會\",\"'=1+1\",0,3,2,5,"* ]]
	exits 2 client --json result --csv 學生會
}

@test "times: with their zones, and how long it is until then" {
	cluster_up people
	exits 0 as ada create board --group members --choice yes --choice no \
	    --end +3d
	says UTC
	says "in 2 d 23 h"
	exits 0 client elections
	says "in 2 d 23 h"
	exits 1 client result board
	says "in 2 d 23 h"
}

@test "a host that is silent: its lag is not known, and why stands by its name" {
	cluster_up people
	kill -STOP "$(server_pid beta)"
	wait_until 15 alone alpha
	exits 5 client --json status
	jq -e '.hosts[1] | .reachable == false and .lag == null and
	    .problem == "no answer in time"' <<<"$output"
	says "(see \`hosts\`); 1 of 2"
	exits 5 client status
	kill -CONT "$(server_pid beta)"
	says "beta does not answer: no answer in time"
	says "alpha ALARM: No redundancy: new votes are not copied to beta. Start"
	says "need an operator (see above); 1 of 2 hosts answered."
	# The table fits on any terminal.
	not grep -E '^(host|alpha|beta)  .{75}' <<<"$output"
}

@test "who is asked for a choice reads the election, its end and the choices" {
	cluster_up people
	as ada create 理事 --group members --choice 王大明 --choice no --end +1h
	exits 0 ada_types $'1 2\n2\nno\n1\nyes' vote 理事
	says "理事, ends at 20"
	says "in 59 min"
	says "1  王大明"
	says "That is not a choice: type the number"
	says "Your choice: 王大明"
	says 'Your vote in "理事" counts'
}

@test "a vote says on which hosts' disks it is" {
	cluster_up people
	election board 3600
	exits 0 as ada vote board yes
	says 'Your vote in "board" counts; it is stored on alpha and beta,'
	exits 0 as bob --json vote board no
	[[ $(jq -c .stored_on <<<"$output") == '["alpha","beta"]' ]]
	server_kill beta
	wait_until 10 alone alpha
	exits 0 as carol vote board no
	says "stored on alpha alone, since no other host is in sync"
	exits 1 as carol vote board yes
	says "NOT counted"
	says "a previous vote of this voter has been cast"
}

waits_for_alpha() {
	[[ $(host_state beta waiting_for | jq -c .) == '["alpha"]' ]]
}
