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

@test "without a sheet nothing of it is kept or shown" {
	cluster_up people
	election plain 4
	exits 0 as ada vote plain yes
	not says "tracker"
	not grep -rq tracker "$PAIR_DIR/state"
	exits 0 client show plain
	not says sheet
	wait_until 30 client result plain
	exits 1 client sheet plain
	says "did not ask for a tally sheet; \`result\` shows the counts"
	exits 1 client sheet nothing
	says "no election of that name"
}
