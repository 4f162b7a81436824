#!/usr/bin/env bats
#
# The audit of what a real pair has left behind.

load lib

# audits STATUS HOST [OPTION...]: it ends so; the page is kept.
audits() {
	exits "$1" "$PAIR_BIN/evote_server" audit --data "$PAIR_DIR/$2" "${@:3}"
}

# Votes of two kinds, a take-over in the middle, refusals, a close.
an_election() {
	cluster_up people crowd
	election board 6
	start_voting board
	by_hand ada yes board
	fails as ada vote board no
	fails as bob vote nothing no
	more_votes 20
	server_kill alpha
	wait_until 10 alone beta
	by_hand bob no board --login
	more_votes 20
	server_start alpha
	check_books board
}

stop_both() {
	server_stop alpha
	server_stop beta
	ended alpha
	ended beta
}

# The page has each host's key as the policy has it.
keys_listed() {
	local word name key
	while read -r word name key; do
		[[ $word != witness ]] || says "${key#*+}  $name" || return
	done <"$PAIR_DIR/policy"
	(($(grep -c '^witness ' "$PAIR_DIR/policy") == 2))
}

@test "after votes, refusals and a take-over, both hosts' ledgers hold" {
	local votes host
	an_election
	votes=$(jq .votes "$PAIR_DIR/result")
	audits 1 beta
	says "is in use by process"
	says "make a copy with export"
	client trust >"$PAIR_DIR/policy"
	stop_both
	cp -r "$PAIR_DIR/alpha" "$PAIR_DIR/before"
	for host in alpha beta; do
		audits 0 "$host"
		says "All holds"
		says "votes received $votes, valid $votes, counted $votes"
		says "a previous vote had been cast"
		says "no such election"
		[[ $output == *" alpha, after "*" beta, after "* ]]
		keys_listed
	done
	diff -r "$PAIR_DIR/alpha" "$PAIR_DIR/before"
	audits 0 alpha --json
	jq -e --slurpfile r "$PAIR_DIR/result" '.ok and
	    (.elections[0].counts | sort_by(.choice)) == ([$r[0].counts[] |
	    {choice, votes}] | sort_by(.choice)) and
	    .refused.voted == 1 and .elections[0].signed < .elections[0].received
	    and .elections[0].eligible == $r[0].eligible' <<<"$output"
	# Nothing of it keeps a server from starting.
	server_start alpha
	server_start beta
	wait_until 15 level
}

# Each "no" becomes a "yes", as somebody would do it who only has the disk.
turn_votes() {
	python3 - "$1" <<-'end'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		rows = db.execute("SELECT seq, opening FROM record WHERE "
		    "opening IS NOT NULL").fetchall()
		for seq, opening in rows:
		    db.execute("UPDATE record SET opening = ? WHERE seq = ?",
			(opening.replace(b"\0\0\0\2no\0\0", b"\0\0\0\3yes\0"), seq))
		db.commit()
	end
}

@test "what was changed on the disk is found; the other host's still holds" {
	cluster_up people
	election board 3
	by_hand ada yes board
	by_hand bob no board
	closed board
	stop_both
	turn_votes "$PAIR_DIR/alpha/ledger.db"
	audits 1 alpha
	says "its private part does not open its commitment"
	says "does NOT hold"
	# A copy says so, too, while there is another host to make one from.
	exits 1 "$PAIR_BIN/evote_server" export --data "$PAIR_DIR/alpha" \
	    "$PAIR_DIR/copy"
	says "is damaged"
	# Each vote is faulty once, whatever else is wrong with it.
	cp -r "$PAIR_DIR/beta" "$PAIR_DIR/worse"
	sqlite3 "$PAIR_DIR/worse/ledger.db" "UPDATE record SET
	    leaf = substr(leaf, 1, length(leaf) - 9) || x'ffffffffffffffffff'
	    WHERE opening IS NOT NULL"
	audits 1 worse
	says "votes received 2, valid 0"
	# What cannot be read at all is told as well.
	sqlite3 "$PAIR_DIR/worse/ledger.db" "UPDATE record SET leaf = x'00'"
	audits 1 worse
	says "it is unreadable"
	says "does NOT hold"
	audits 0 beta
	audits 0 "/beta"
}

# audit_seen ARG...: as somebody sees it who sits at a terminal.
audit_seen() {
	SHELL=/bin/bash script -qec "$(printf '%q ' "$PAIR_BIN/evote_server" \
	    audit --data "$PAIR_DIR/alpha" "$@")" /dev/null </dev/null
}

@test "an audit's progress: on a terminal, not in a file or before JSON" {
	local wipe=$'\r\e[K'
	pair_init --origin "$ORIGIN"
	"$PAIR_BIN/fill_ledger" "$PAIR_DIR/alpha" 3000
	exits 0 audit_seen
	says "${wipe}auditing [##########---"
	# Nothing is left of it before the page.
	[[ ${output##*auditing} == *"$wipe"* ]]
	exits 0 audit_seen --json
	not says "auditing"
	audits 0 alpha
	not says "auditing"
}
