#!/usr/bin/env bats
#
# Elections with a tally sheet.

load lib

# sheet_election NAME SECONDS: members vote yes or no, and the sheet is public.
sheet_election() {
	as ada create "$1" --publish-sheet --group members \
	    --choice yes --choice no --end "+$(($2 * $(slowness)))s"
}

# The tracker that a vote was told.
tracker() {
	sed -nE 's/.*Your tracker is ([0-9a-f]{16}):.*/\1/p' <<<"$1"
}

# As if another vote had been sent from here: SEEK bytes into what is kept of it.
alter() {
	printf 'elsewise' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# own_vote_wrong WHAT: by what ada has kept the sheet does not hold.
own_vote_wrong() {
	exits 3 client --voter ada sheet board
	says 'The tally sheet of "board" does not hold'
	says "$1"
	says "Keep what it printed, and your receipt if you voted"
	exits 3 client --voter ada --json sheet board
	jq -e '.reason == "service-changed" and (.lines | length) == 2 and
	    (has("own_checked") | not)' <<<"$output"
}

@test "a tally sheet: by key and by log-in, over a take-over; anybody recounts" {
	local mine yours
	cluster_up people crowd
	exits 0 sheet_election board 9
	says "whoever sees a tracker sees the choice"
	exits 0 client show board
	says "sheet   anybody gets trackers and choices"
	start_voting board
	more_votes 20
	exits 0 as ada vote board yes
	mine=$(tracker "$output")
	[[ -n $mine ]]
	server_kill alpha
	wait_until 10 alone beta
	exits 0 as bob --login vote board no
	yours=$(tracker "$output")
	[[ -n $yours ]]
	more_votes 20
	server_start alpha
	exits 1 client sheet board
	says "still going on"
	printf '%s\n' "invoke ada yes" "ok ada yes" "invoke bob no" \
	    "ok bob no" >>"$PAIR_DIR/votes"
	check_books board
	client sheet board >"$PAIR_DIR/sheet"
	LC_ALL=C sort -uc "$PAIR_DIR/sheet"
	cut -f 2 "$PAIR_DIR/sheet" | sort | uniq -c | awk '{ print $2, $1 }' |
		diff - <(jq -r '.counts | sort_by(.choice)[] |
		    "\(.choice) \(.votes)"' "$PAIR_DIR/result")
	grep -qx "$mine	yes" "$PAIR_DIR/sheet"
	grep -qx "$yours	no" "$PAIR_DIR/sheet"
	exits 0 client sheet board
	says "Your own vote was not looked for: no voter is named"
	exits 0 client --voter ada sheet board
	says "Your own line is $mine, with the choice that you sent"
	exits 0 client --voter bob --json sheet board
	jq -e --arg t "$yours" '.tracker == $t and .choice == "no" and
	    any(.lines[]; .tracker == $t and .choice == "no")' <<<"$output"
	server_kill beta
	wait_until 10 serves alpha
	client sheet board | cmp - "$PAIR_DIR/sheet"
	server_stop alpha
	ended alpha
	exits 0 "$PAIR_BIN/evote_server" audit --data "$PAIR_DIR/alpha"
	says "a tally sheet of trackers and choices is public"
}

@test "a sheet without the own vote, or with another choice: exit status 3" {
	local ballot mine
	cluster_up people
	sheet_election board 4
	exits 0 as ada vote board yes
	mine=$(tracker "$output")
	ballot=$(echo "$EVOTE_STATE"/*/*.ballot)
	cp "$ballot" "$PAIR_DIR/ballot"
	as bob vote board yes
	closed board
	# What hides the choice, and then what makes the tracker.
	alter "$ballot" 32
	own_vote_wrong "tracker, $mine, stands there with \"yes\", which you did"
	cp "$PAIR_DIR/ballot" "$ballot"
	alter "$ballot" 64
	own_vote_wrong "your vote is not on it, whose tracker is "
	cp "$PAIR_DIR/ballot" "$ballot"
	exits 0 client --voter ada --json sheet board
	jq -e '.own_checked and (has("own_problem") | not)' <<<"$output"
}

@test "a sheet on which no own vote is looked for: it says so, and why" {
	local mine
	cluster_up people
	sheet_election board 4
	exits 0 as ada vote board yes
	mine=$(tracker "$output")
	# As docs/VOTING.md has it of computers that are not one's own.
	exits 0 client --voter ada receipt board "$PAIR_DIR/board.tlog-proof"
	says "signed by alpha and beta"
	cp -r "$EVOTE_STATE" "$PAIR_DIR/taken"
	rm -r "$EVOTE_STATE"
	closed board
	exits 0 client --voter ada sheet board
	says "$mine	yes"
	says "Your own vote was not looked for: no tracker of a vote of ada"
	says "in \"board\" is kept in $EVOTE_STATE"
	exits 2 client --voter ada receipt board
	exits 0 client --voter ada --json sheet board
	jq -e '.own_checked == false and has("tracker") == false and
	    (.own_problem | contains("no tracker of a vote of ada"))' \
	    <<<"$output"
	exits 0 client --state "$PAIR_DIR/taken" --voter ada sheet board
	says "Your own line is $mine, with the choice that you sent"
	exits 0 client --state "$PAIR_DIR/taken" --voter ada receipt board
	client trust >"$PAIR_DIR/policy"
	exits 0 client --state "$PAIR_DIR/stranger" verify \
	    --policy "$PAIR_DIR/policy" "$PAIR_DIR/board.tlog-proof"
}

@test "who creates one is told what it means before it cannot be undone" {
	local means="a tracker shown is a choice shown" create=(create board
	    --publish-sheet --group members --choice yes --end +1h)
	cluster_up people
	exits 0 as ada "${create[@]}" --dry-run
	says "$means"
	exits 2 ada_types no "${create[@]}"
	[[ ${output%%Create it*} == *"$means"* ]]
	exits 0 admin alpha create ours --publish-sheet --group members \
	    --choice yes --end +1h --dry-run
	says "$means"
	exits 0 client help create
	says "whoever else sees it sees the choice"
	exits 0 as ada create plain --group members --choice yes --end +1h \
	    --dry-run
	not says "$means"
}

@test "without a sheet nothing of it is kept or shown" {
	cluster_up people
	election plain 4
	exits 0 as ada vote plain yes
	not says "tracker"
	not grep -rq tracker "$PAIR_DIR/state"
	exits 0 client show plain
	not says sheet
	closed plain
	exits 1 client sheet plain
	says "did not ask for a tally sheet; \`result\` shows the counts"
	exits 1 client sheet nothing
	says "no election of that name"
}
