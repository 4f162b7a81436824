#!/usr/bin/env bats
#
# An election's life: it is planned, opens, is extended or cancelled, and takes
# votes a while after its end; with a take-over in the middle of each.

load lib

export BATS_TEST_TIMEOUT=900

# planned NAME START END OPTION...: in so many seconds, of a quiet machine
planned() {
	as ada create "$1" --group members --choice yes --choice no \
	    --start "+$(($2 * $(slowness)))s" --end "+$(($3 * $(slowness)))s" \
	    "${@:4}"
}

phase() {
	[[ $(client --json show "$1" | jq -r .phase) == "$2" ]]
}

shows() {
	client --json show "$1" | jq -e "$2" >/dev/null || {
		client --json show "$1"
		return 1
	}
}

# What an audit of the host's directory, which is stopped, tells of it.
audited() {
	server_stop "$1"
	ended "$1"
	exits 0 "$PAIR_BIN/evote_server" audit --json --data "$PAIR_DIR/$1"
	jq -e --arg n "$2" ".elections[] | select(.name == \$n) | $3" \
	    <<<"$output"
	exits 0 "$PAIR_BIN/evote_server" audit --data "$PAIR_DIR/$1"
}

tokens() {
	(($(find "$PAIR_DIR" -name '*.token' | wc -l) == $1))
}

# Its end is past, and it is not closed.
in_grace() {
	run client result "$1"
	# shellcheck disable=SC2154 # bats sets it
	[[ $output == *" ended at "*"it takes votes of those who had logged in"* ]]
}

# A vote that has begun, and waits for the choice.
begin() {
	mkfifo "$PAIR_DIR/choice"
	as "$1" vote "$2" <"$PAIR_DIR/choice" >"$PAIR_DIR/late" 2>&1 3>&- &
	late=$!
	exec 9>"$PAIR_DIR/choice"
}

go_on() {
	echo "$1" >&9
	exec 9>&-
	wait "$late"
}

@test "planned: listed before, opens after a take-over, counts the roll then" {
	cluster_up people
	planned board 6 600 --freeze
	exits 0 client elections
	says planned
	phase board planned
	exits 1 as ada vote board yes
	says '"board" has not opened yet. It opens at'
	exits 1 client result board
	says "It opens at"
	exits 1 client report board
	exits 0 client turnout board
	says "which opens at"
	exits 0 as ada check
	says '"board" opens to you at'
	as ada create office --group nobodys --choice yes --start +1h \
	    --end +2h --empty-groups
	exits 1 as ada check office
	says 'You may not vote in "office"'
	admin alpha unregister bob
	server_kill alpha
	wait_until 10 serves beta
	wait_until 60 phase board open
	shows board '.opened_us >= .start_us and .created_us < .start_us and
	    .frozen and (.closed | not)'
	exits 0 as ada vote board yes
	# Who leaves after it may vote, and is told so.
	admin beta unregister carol
	exits 1 as carol check board
	says "1 thing is not right"
	says "carol is no longer on the roll, and may vote only in elections"
	exits 0 as carol vote board no
	exits 1 as carol check board
	says 'Your vote in "board" counts'
	# Who left before the start cannot vote, and who comes later neither.
	server_start alpha
	wait_until 15 level
	serves alpha || wait_until 15 serves alpha
	admin alpha register bob members \
	    "$(sed -n 's/^bob,members,//p' "$KEYS/people.csv")"
	exits 1 as bob vote board yes
	says "fixed when it opened"
	audited beta board '.start > 0 and .opened >= .start'
}

@test "who left the roll is told after the close that the vote counts" {
	cluster_up people
	as ada create board --group members --choice yes --choice no --freeze \
	    --end "+$((10 * $(slowness)))s"
	exits 0 as carol vote board yes
	admin alpha unregister carol
	admin alpha unregister bob
	wait_until 60 client result board
	exits 0 as carol check board
	says 'Your vote in "board" counts: it is record'
	says "carol is not on the roll any more"
	jq -e '[.checks[] | select(.what == "election") | .ok] == [true]' \
	    < <(as carol --json check board)
	# No vote of his is there.
	exits 1 as bob check board
	says "ask the operators"
	not says "counts"
	exits 1 as carol check
}

@test "extended by the creator and an operator: both ends are shown everywhere" {
	local end
	cluster_up people
	election board 12
	as bob create other --group members --choice yes --end +1h
	end=$(client --json show board | jq .end_us)
	exits 1 as bob extend board --end +1h --reason "I want to" --yes
	says "only whoever created"
	exits 1 as ada extend board --end +1s --reason "too little" --yes
	says "only be extended"
	exits 2 as ada extend board --end +1h
	says "no --reason"
	exits 0 as ada extend board --end "+$((15 * $(slowness)))s" \
	    --reason "The mail came late." --yes
	server_kill alpha
	exits 0 as ada vote board yes
	exits 0 admin beta extend board --end "+$((17 * $(slowness)))s" \
	    --reason "So did the | other one" --yes
	shows board ".extended[0].from_us == $end and
	    .extended[0].to_us == .extended[1].from_us and
	    .extended[1].to_us == .end_us and .extended[0].by == \"ada\" and
	    .extended[1].by == \"\" and
	    .extended[0].reason == \"The mail came late.\""
	exits 0 client show board
	says "extended by ada"
	says "extended by an operator"
	wait_until 90 client result board
	exits 1 as ada extend board --end +1h --reason "Once more" --yes
	says "has ended"
	exits 0 client result board
	says "extended by an operator"
	says "The mail came late."
	exits 0 client report board
	says "by ada, from"
	says 'by an operator, from'
	says 'So did the \| other one'
	says "Planned end: $(date -u -d "@$((end / 1000000))" '+%F %T') UTC"
	jq -e ".extended[0].from_us == $end" < <(client --json report board)
	audited beta board ".extended[0].from == $end and
	    .extended[1].to == .end and .extended[0].by == \"ada\""
	says "extended by ada"
	# The same one as in the minutes.
	says "planned end $(date -u -d "@$((end / 1000000))" '+%F %T') UTC"
}

@test "cancelled: by the creator before the first vote, by an operator always" {
	cluster_up people
	election board 600
	planned later 300 600 --freeze --publish-sheet --show-times --grace 60
	exits 0 as ada extend later --end +5h --reason "The mail" --yes
	says 'Election "later" is extended. It now ends at'
	election voted 600
	exits 0 as bob vote voted yes
	exits 2 as ada cancel board --reason "A mistake"
	says "and its name cannot be used again; add --yes"
	phase board open
	exits 1 as bob cancel board --reason mine --yes
	says "only whoever created"
	exits 1 as ada cancel voted --reason "A mistake" --yes
	says "only an operator"
	server_kill alpha
	exits 0 as ada cancel board --reason "The wrong choices" --yes
	exits 0 as ada cancel later --reason "Not needed" --yes
	exits 0 admin beta cancel voted --reason "The roll was wrong" --yes
	phase board cancelled
	shows board '.cancelled_by == "ada" and .closed and
	    .cancelled_for == "The wrong choices"'
	exits 1 as ada vote board yes
	says '"board" was cancelled by ada'
	says "The wrong choices"
	exits 1 client result voted
	says "was cancelled by an operator"
	says "The roll was wrong"
	exits 1 client sheet voted
	exits 0 client turnout voted
	says "1 of "
	says "was cancelled at"
	exits 0 client elections
	at=$(client --json show voted | jq '.cancelled_at_us / 1000000 | floor')
	says "cancelled $(date -u -d "@$at" '+%F %T') UTC"
	jq -e --argjson at "$at" '.elections[] | select(.name == "voted") |
	    .cancelled_at_us / 1000000 | floor == $at' \
	    < <(client --json elections)
	# Of what never came, nothing is told as if it had.
	exits 0 client show later
	says "anybody was to get trackers and choices after the close"
	says "anybody was to see how many voted when"
	says "roll    was to be fixed at the opening"
	says "votes were to be taken until"
	(($(grep -c 'here, as planned$' <<<"$output") == 2))
	exits 1 client turnout later --times
	says '"later" was cancelled by ada'
	exits 0 client report voted
	says "There are no counts, since it was cancelled"
	says "Votes received and valid: 1; counted: 0"
	says "by an operator: The roll was wrong"
	says "the cancellation among them"
	says "and still when the election was opened"
	exits 0 client report later
	says "Planned start"
	says "The election was created by record"
	not says "opened"
	exits 0 client --json report later
	jq -e 'has("closed") and (has("opened") or has("opened_us") or
	    has("opened_record") | not)' <<<"$output"
	exits 1 as ada cancel board --reason "again" --yes
	exits 1 as bob check voted
	says '"voted" was cancelled at'
	server_start alpha
	wait_until 15 level
	audited beta voted '.cancelled and .cancelled_by == "" and
	    .cancelled_for == "The roll was wrong" and .received == 1 and
	    .counted == 0'
}

# unanswered N ARG...: alpha carries that order of an operator out and dies with
# its Nth answer; the same at beta does nothing more.
unanswered() {
	local before
	answers_until "$1"
	exits 4 admin alpha "${@:2}"
	says "Run the same command again"
	wait_until 10 alone beta
	before=$(host_state beta size)
	exits 0 admin beta "${@:2}"
	(($(host_state beta size) == before))
	server_start alpha
	wait_until 15 level
}

# alpha serves, and dies with that answer.
answers_until() {
	server_kill alpha
	EVOTE_CRASH_AT=answer-before:$1 server_start alpha
	wait_until 15 level
	serves alpha || admin beta handover alpha
	wait_until 10 serves alpha
}

@test "an operator's order that got no answer is given again" {
	local day
	day=$(date -u -d "+2 days" +%F)
	cluster_up people
	# The first answer tells what would become of it.
	unanswered 4 create board --group members --choice yes \
	    --end "${day}T10:00:00Z"
	unanswered 1 extend board --end "${day}T11:00:00Z" \
	    --reason "The mail" --yes
	shows board '.extended | length == 1'
	unanswered 2 register gil members --shared-keys \
	    "$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")"
	says "already; nothing was changed"
	unanswered 1 cancel board --reason "The roll was wrong" --yes
	shows board '.cancelled_for == "The roll was wrong"'
	# Counted from now it would be another one.
	answers_until 4
	exits 4 admin alpha create club --group members --choice yes --end +2h
	says "show\` of the election tells"
	exits 0 client show club
	wait_until 10 alone beta
	exits 1 admin beta create club --group members --choice yes --end +2h
	says "\`show\` tells whether it is the one you meant"
}

@test "settings: who may create and how many; operators always may" {
	local members="who | may, create"
	cluster_up people
	exits 0 admin alpha settings
	says "anyone may create elections; each voter may create 100 at once"
	exits 1 admin alpha settings --group nobodys
	says "nobody on the roll"
	exits 2 admin alpha settings --create all
	admin alpha register zoe "$members" \
	    "$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")" --shared-keys
	exits 0 admin alpha settings --group "$members" --group nix --quota 1
	says 'Nobody on the roll is in group "nix"'
	not says "group \"$members\""
	exits 0 admin alpha settings --group "$members"
	exits 1 as ada create board --group members --choice yes --end +1h
	says "have decided who may create"
	exits 1 as ada create board --group members --choice yes --end +1h \
	    --dry-run
	says "the group $members may create"
	says "have decided who may create"
	server_kill alpha
	exits 0 client --voter zoe --key "$KEYS/people/ada.pem" create board \
	    --group members --choice yes --end +1h
	exits 1 client --voter zoe --key "$KEYS/people/ada.pem" create more \
	    --group members --choice yes --end +1h
	says "too many elections"
	# For good, however long ago the last one was.
	exits 0 admin beta settings --create anyone
	# shellcheck disable=SC2046 # words
	exits 1 as ada create large --group members --end +1h \
	    $(printf -- "--choice $(printf 'x%.0s' {1..200})%d " {1..60})
	says "this one is larger than the whole quota"
	exits 0 admin beta settings --create operators
	exits 1 as ada create mine --group members --choice yes --end +1h
	exits 0 admin beta create mine --group members --choice yes --end +1h
	exits 0 client show mine
	says "created by an operator"
	exits 0 admin beta --json settings --create anyone
	jq -e '.create == "anyone" and .quota == 1' <<<"$output"
	exits 0 as ada create free --group members --choice yes --end +1h
}

@test "grace: who had logged in before the end may vote after it" {
	local lasts="at most an hour before they vote"
	cluster_up people
	exits 0 as ada create board --group members --choice yes --choice no \
	    --end +9s --grace 1800 --dry-run
	says "$lasts"
	as ada create board --group members --choice yes --choice no \
	    --end "+$((8 * $(slowness)))s" --grace 1800
	exits 0 client show board
	says "$lasts"
	# Before the end it is signed as ever.
	as carol --json vote board no 2>/dev/null |
		jq -e .receipt.choice_compared
	begin ada board
	wait_until 10 tokens 2
	wait_until 60 in_grace board
	# Who looks after it meanwhile loses nothing.
	exits 0 as ada check board
	says "takes your vote until"
	# Nor who logs in again for another election.
	exits 0 admin alpha create other \
	    --group members --choice yes --end +59m --grace 1800
	exits 0 as ada check other
	exits 0 as ada check board
	says "takes your vote until"
	exits 1 as bob check board
	says "from here you did not"
	exits 1 as ada extend board --end +1h --reason "Too late" --yes
	says "ended at"
	says "$lasts"
	exits 1 admin alpha extend board --end +1h --reason "Too late" --yes
	says "\`result\` shows the outcome, or says when it will"
	server_kill alpha
	go_on yes || {
		cat "$PAIR_DIR/late"
		return 1
	}
	grep 'Your vote in "board" counts' "$PAIR_DIR/late"
	exits 1 as bob vote board yes
	says "only from those who logged in before its end"
	exits 1 as ada vote board no
	jq -e '.voted == 2 and (.closed | not)' < <(client --json turnout board)
	phase board open
	server_start alpha
	wait_until 15 level
	exits 2 as ada create x --group members --choice yes --end +1h \
	    --grace 2h
	exits 2 as ada create x --group members --choice yes --end +1h \
	    --grace 3601
}

# The log-in that is kept lasts that many seconds from now, at least.
lasts() {
	local until
	until=$(cat "$(find "$PAIR_DIR" -name '*.token')")
	((${until%% *} / 1000000 >= $(date +%s) + $1))
}

@test "grace: who looks in the hour before the end has logged in by it" {
	cluster_up people
	as ada create board --group members --choice yes --choice no \
	    --end +40m --grace 1800
	exits 0 as ada check board
	# As if that had been a while ago: it would not last through the grace.
	sed -i "s/^[0-9]*/$(($(date +%s) + 600))000000/" \
	    "$(find "$PAIR_DIR" -name '*.token')"
	fails lasts 3000
	exits 0 as ada check board
	lasts 3000
}

@test "grace: then it closes; a tally sheet has the late vote" {
	cluster_up people
	as ada create board --group members --choice yes --choice no \
	    --publish-sheet --end "+$((6 * $(slowness)))s" \
	    --grace "$((12 * $(slowness)))"
	begin ada board
	wait_until 10 tokens 1
	wait_until 60 in_grace board
	go_on yes || {
		cat "$PAIR_DIR/late"
		return 1
	}
	grep -i tracker "$PAIR_DIR/late"
	server_kill alpha
	wait_until 60 client result board
	exits 0 as ada sheet board
	says "Your own line is"
	audited beta board '.grace > 0 and .counted == 1 and
	    .closed >= .end + .grace'
}

@test "elections with names that look alike are told, and need a yes" {
	local more=(--group members --choice yes --end +1h)
	cluster_up people
	exits 0 as ada create "Board 2026" "${more[@]}"
	[[ $output != *"a name like this one"* ]]
	exits 2 as bob create "board 2026" "${more[@]}"
	says 'There is an election with a name like this one: "Board 2026" (open)'
	says "--yes"
	exits 2 admin alpha create "BOARD 2026" "${more[@]}"
	says "--yes"
	exits 1 client show "board 2026"
	exits 2 ada_types no create "board 2026" "${more[@]}"
	says 'a name like this one: "Board 2026"'
	says "Create it (yes/no)?"
	exits 1 client show "board 2026"
	exits 2 as bob create "board 2026" "${more[@]}" --dry-run
	says 'a name like this one: "Board 2026"'
	says "--yes"
	exits 0 as bob create "board 2026" "${more[@]}" --dry-run --yes
	says "would be created now"
	exits 0 as bob create "Board 2027" "${more[@]}"
	[[ $output != *"a name like this one"* ]]
	exits 0 as bob create "board 2026" "${more[@]}" --yes
	# One that may only be mistyped is told of.
	exits 0 admin alpha create "Baord 2026" "${more[@]}"
	says 'a name like this one: "Board 2026"'
	exits 0 client elections
	[[ $output == *"  by ada          Board 2026"* ]]
	[[ $output == *"  by bob          board 2026"* ]]
	[[ $output == *"  by an operator  Baord 2026"* ]]
	exits 0 client --json elections
	[[ $(jq -c '[.elections[].creator]' <<<"$output") == \
	    '["ada","bob","bob",""]' ]]
	# Nobody can vote in one that is over.
	exits 0 as ada create Treasurer "${more[@]}"
	exits 0 as ada cancel Treasurer --reason odd --yes
	exits 0 as ada create treasurer "${more[@]}"
	says '"Treasurer" (cancelled)'
	exits 0 client elections
	[[ $(grep Treasurer <<<"$output") != *"by ada"* ]]
}

@test "create shows what it understood, asks on a terminal, or does nothing" {
	local before create=(create club --group members --choice yes --end +1h)
	cluster_up people
	before=$(host_state alpha size)
	exits 0 as ada "${create[@]}" --start +10m --grace 60 --dry-run
	says "group    members, "
	says "opens  "
	says "which is "
	says "would be created now"
	exits 1 as ada create club --group members --choice a --choice A \
	    --end +1h --dry-run
	says "look alike"
	exits 1 as ada "${create[@]}" --start +2h --dry-run
	says "starts after the present time and before its end"
	as ada --json "${create[@]}" --dry-run 2>/dev/null |
		jq -e '.dry_run and .groups[0].voters >= 3'
	[[ $(host_state alpha size) == "$before" ]]
	exits 2 ada_types no "${create[@]}"
	says "Create it (yes/no)?"
	exits 1 client show club
	server_kill alpha
	exits 0 ada_types yes "${create[@]}"
	exits 0 client show club
	exits 0 ada_types "" create next --group members --choice yes \
	    --end +1h --yes
	exits 2 ada_types no cancel next --reason odd
	says "Its name stays taken: another election needs another name"
	says "Cancel it (yes/no)?"
	phase next open
	exits 0 ada_types yes cancel next --reason odd
	exits 1 as ada create next --group members --choice yes --end +1h
	says "choose another name"
	exits 0 admin beta create ours --group members --choice yes \
	    --start +1h --end +2h --dry-run
	exits 1 client show ours
	exits 0 admin beta create ours --group members --choice yes \
	    --start +1h --end +2h
	phase ours planned
	exits 1 admin beta create ours --group members --choice yes --end +2h
}

@test "extend shows both ends and asks on a terminal, or does nothing" {
	local old extend=(extend board --reason "The mail" --end)
	cluster_up people
	as ada create board --group members --choice yes --end 2031-05-04T10:00Z
	old=$(client --json show board | jq .end_us)
	exits 2 ada_types no "${extend[@]}" 2032-05-04T10:00Z
	says "closes   2031-05-04 10:00:00 UTC, which is 2031-05-04 "
	says "then     2032-05-04 10:00:00 UTC, which is 2032-05-04 "
	says "later by 366 d"
	says "An extension cannot be taken back"
	says "Extend it (yes/no)?"
	exits 2 as ada "${extend[@]}" 2032-05-04T10:00Z
	says "Add --yes"
	exits 2 admin alpha "${extend[@]}" 2032-05-04T10:00Z
	says "Add --yes"
	# What is asked is seen, wherever the output goes.
	exits 2 ada_types_logged no "${extend[@]}" 2032-05-04T10:00Z
	says "later by 366 d"
	says "Extend it (yes/no)?"
	exits 2 ada_types_logged no create kept --group members --choice yes \
	    --end 2031-05-04T10:00Z
	says "closes   2031-05-04"
	says "Create it (yes/no)?"
	fails client show kept
	exits 0 as ada "${extend[@]}" 2032-05-04T10:00Z --dry-run
	says "later by 366 d"
	says "Nothing was done"
	exits 1 as ada "${extend[@]}" 2030-05-04T10:00Z --dry-run
	says "only be extended"
	exits 1 ada_types yes "${extend[@]}" 2030-05-04T10:00Z
	not says "Extend it"
	exits 2 on_terminal no --admin "$PAIR_DIR/alpha.sock" \
	    "${extend[@]}" 2032-05-04T10:00Z
	says "later by 366 d"
	exits 0 admin alpha "${extend[@]}" 2032-05-04T10:00Z --dry-run
	exits 1 admin alpha "${extend[@]}" 2030-05-04T10:00Z --dry-run
	exits 1 admin alpha extend none --reason no --end +1h --dry-run
	shows board ".end_us == $old and .extended == []"
	exits 0 ada_types yes "${extend[@]}" 2031-05-04T11:00Z
	says "later by 1 h"
	exits 0 ada_types "" "${extend[@]}" 2031-05-04T12:00Z --yes
	not says "Extend it"
	exits 0 on_terminal yes --admin "$PAIR_DIR/alpha.sock" \
	    "${extend[@]}" 2031-05-04T13:00Z
	shows board '.extended | length == 3'
	as ada create short --group members --choice yes --end +1h
	exits 0 ada_types yes extend short --reason "The mail" --end +2h
	shows short '.extended | length == 1'
	# What was sent and got no answer is not asked about.
	kill -STOP "$(server_pid beta)"
	exits 4 as ada --timeout 1 extend short --end +3h --reason Late --yes
	kill -CONT "$(server_pid beta)"
	wait_until 20 level
	exits 0 ada_types "" extend short --end +3h --reason Late
	shows short '.extended | length == 2'
}

@test "an unanswered extension or cancellation is kept, and done once" {
	cluster_up people
	as ada create board --group members --choice yes --end +1h
	kill -STOP "$(server_pid beta)"
	exits 4 as ada --timeout 1 extend board --end +3h --reason "More time" --yes
	kill -CONT "$(server_pid beta)"
	wait_until 20 level
	exits 0 as ada pending
	says "extension"
	exits 0 as ada extend board --end +3h --reason "More time"
	shows board '(.extended | length) == 1'
	kill -STOP "$(server_pid beta)"
	exits 4 as ada --timeout 1 cancel board --reason "No need" --yes
	kill -CONT "$(server_pid beta)"
	server_kill alpha
	wait_until 10 serves beta
	# Another request settles it first.
	exits 1 as ada extend board --end +4h --reason "Even more" --yes
	says "unanswered cancellation of"
	phase board cancelled
}

# ---- crash points ----------------------------------------------------------------

# each_deed HOST POINTS: it dies with the record, before it or after it, the
# first time it passes there, or the second and so on.
each_deed() {
	local host=$1 point pass kind
	points | grep -E "^($2)-" >"$PAIR_DIR/points"
	for point in $(<"$PAIR_DIR/points"); do
		for pass in 1 2 3; do
			deeds "$host" "$point:$pass"
		done
	done
	diff "$PAIR_DIR/points" <(grep -oh 'crash point=.*' \
	    "$PAIR_DIR/$host.log" | cut -d= -f2 | sort -u)
	for kind in e x s c; do
		(($(grep -c "^$kind" "$PAIR_DIR/told") > deeds / 2))
	done
}

# One record of each kind; what was told is so afterwards, and done once.
deeds() {
	local host=$1 other=beta n
	[[ $host == alpha ]] || other=alpha
	n=$((++deeds))
	server_kill "$host"
	EVOTE_CRASH_AT=$2 server_start "$host"
	wait_until 3 level_or_dead "$host" || true
	told=()
	deed "e$n" as ada --timeout 2 create "e$n" --group members \
	    --choice yes --start +30m --end +1h
	deed "x$n" as ada --timeout 2 extend "e$n" --end +2h --reason "R $n" --yes
	deed "s$n" admin_any settings --quota "$((200 + n))"
	deed "c$n" as ada --timeout 2 cancel "e$n" --reason "C $n" --yes
	server_kill "$host"
	server_lives "$other" || server_start "$other"
	server_start "$host"
	wait_until 20 level
	deeds_hold "$n"
}

deed() {
	if "${@:2}" >/dev/null 2>&1; then
		told+=("$1")
		echo "$1" >>"$PAIR_DIR/told"
	fi
}

admin_any() {
	admin alpha --timeout 2 "$@" || admin beta --timeout 2 "$@"
}

level_or_dead() {
	not server_lives "$1" || level
}

# What is kept is settled, and the same again does nothing twice.
deeds_hold() {
	local n=$1 word
	as ada pending --settle
	client --json show "e$n" >"$PAIR_DIR/shown" || true
	for word in "${told[@]}"; do
		case $word in
		e*) jq -e '.name' "$PAIR_DIR/shown" ;;
		x*) jq -e '(.extended | length) == 1' "$PAIR_DIR/shown" ;;
		c*) jq -e '.phase == "cancelled"' "$PAIR_DIR/shown" ;;
		s*) admin_any --json settings |
			jq -e ".quota == $((200 + n))" ;;
		esac
	done
	jq -e '(.extended // []) | length <= 1' "$PAIR_DIR/shown"
}

@test "the primary dies at every point of the new records" {
	cluster_up people
	deeds=0
	each_deed alpha 'store|push|ack|answer'
	audited beta e1 '.created > 0'
}

@test "the backup dies at every point of the new records" {
	cluster_up people
	deeds=0
	each_deed beta 'store|ack'
	audited beta e1 '.created > 0'
}
