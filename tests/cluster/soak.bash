#!/usr/bin/env bash
#
# Kills the primary at a random moment while voters vote, restarts it, waits
# for it to serve again; and again.  After each round every acknowledged vote
# must be counted once, nothing else, and both hosts be of one size and root.
#
#	tests/cluster/soak.bash [ROUNDS [SEED]]
#
# Hosts are network namespaces where these can be made, else ports.

set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib/space.bash
space_enter tests/cluster/soak.bash "$@"

rounds=${1:-100}
seed=${2:-$(date +%s)}
BATS_TEST_DIRNAME=$PWD/tests/cluster
BATS_SUITE_TMPDIR=$(mktemp -d /tmp/evote-soak.XXXXXX)
BATS_FILE_TMPDIR=$BATS_SUITE_TMPDIR
BATS_TEST_TMPDIR=$BATS_SUITE_TMPDIR/pair
. tests/cluster/setup_suite.bash
. tests/cluster/lib.bash
. scripts/lib/steps.bash

main() {
	local round
	trap leave EXIT
	trap 'exit 130' INT TERM
	echo "rounds=$rounds seed=$seed"
	RANDOM=$seed
	setup_suite
	setup_file
	pair_open "$BATS_TEST_TMPDIR"
	cluster_up people crowd >"$PAIR_DIR/up"
	for ((round = 1; round <= rounds; round++)); do
		step "soak: round $round of $rounds"
		one_round "$round"
	done
	echo "$rounds rounds: nothing lost, nothing counted twice"
}

one_round() {
	local election="round $1"

	election "$election" 6 >"$PAIR_DIR/created"
	start_voting "$election"
	more_votes 1
	# Any moment of the next second: the one wait that means a time.
	sleep "$(printf 0.%03d $((RANDOM % 1000)))"
	server_kill alpha
	more_votes 20
	server_start alpha
	wait_until 15 serves alpha
	more_votes 20
	check_books "$election" >"$PAIR_DIR/books"
	echo "round=$1 $(tail -n 1 "$PAIR_DIR/loop.out")"
}

leave() {
	local status=$?
	if ((status != 0)); then
		echo "soak: failed; seed=$seed; logs: $PAIR_DIR"
		tail -n 25 "$PAIR_DIR"/*.log "$PAIR_DIR/books" || true
	fi
	pair_down || true
	net_down || true
	((status != 0)) || rm -rf "$BATS_SUITE_TMPDIR"
}

main
