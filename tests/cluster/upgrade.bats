#!/usr/bin/env bats
#
# The version before and this one, one host after the other, while people vote.

load lib

# Both hosts, with people, in the version before hosts had keys.
older_pair() {
	older_than evote.x EVOTE_REPLICA_SIGN
	pair_init --origin "$ORIGIN" >/dev/null
	rm "$PAIR_DIR/alpha/host.key"
	older server_start alpha
	older server_start beta
	wait_until 15 level
	older admin alpha import "$KEYS/people.csv"
}

# One host is stopped and comes back with this version.
upgraded() {
	server_stop "$1"
	server_start "$1"
	wait_until 20 level
}

@test "an election runs through an upgrade of both hosts; what is new comes last" {
	older_pair
	older admin alpha import --shared-keys "$KEYS/crowd.csv"
	election board 12
	exits 4 client turnout board
	says "older version"
	start_voting board
	wait_until 10 test -s "$PAIR_DIR/votes"
	upgraded beta
	exits 0 admin alpha handover beta
	wait_until 10 serves beta
	# Readings are answered by this version; new records wait for both.
	exits 0 client turnout board
	exits 1 as ada create secret --publish-sheet --group members \
	    --choice yes --choice no --end +1h
	upgraded alpha
	wait_until 20 as ada create secret --publish-sheet --group members \
	    --choice yes --choice no --end +1h
	check_books board
	exits 0 client report board
	says "- beta from"
	not logged alpha 'role .*to=halted'
	not logged beta 'role .*to=halted'
}

@test "a pair is upgraded: keys once both are new, and no host minds" {
	older_pair
	server_stop beta
	server_start beta
	wait_until 15 level
	# It is new, follows, and has a key that nobody asks for.
	[[ -s $PAIR_DIR/beta/host.key ]]
	older election board 600
	by_hand ada yes board
	# It takes over, and still none is on record: alpha may come back.
	server_kill alpha
	wait_until 15 serves beta
	by_hand bob no board
	signed_by - beta
	older server_start alpha
	wait_until 15 level
	wait_until 15 serves alpha
	server_stop alpha
	server_start alpha
	wait_until 15 level
	wait_until 15 serves alpha
	wait_until 10 signed_by alpha,beta
	signed_by alpha,beta
	exits 0 extended
	not logged alpha 'role .*to=halted'
	not logged beta 'role .*to=halted'
	not logged beta 'forged, damaged'
	not logged alpha 'forged, damaged'
}
