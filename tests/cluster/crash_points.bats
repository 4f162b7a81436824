#!/usr/bin/env bats
#
# Every named point of the code at which a process may die: it does, the first
# time it passes there, the second, and so on until it passes there no more or
# CRASH_PASSES (2) are done; on one host and on the other, and on the witness.
# Each comes back; what was acknowledged is there, and the hosts are level.

load lib

: "${CRASH_PASSES:=2}"
export BATS_TEST_TIMEOUT=900

# Those of the two servers without an arbiter, but those of a truncation.
points_of_a_host() {
	points | grep -vE '^(truncate|witness|decide)-|^push-stored$'
}

level_at_alpha() {
	level && serves alpha
}

level_or_dead() {
	not server_lives "$1" || level_at_alpha
}

# armed NAME POINT:PASS: it starts anew and is to die there.
armed() {
	EVOTE_CRASH_AT=$2 up "$1"
}

up() {
	if [[ $1 == witness ]]; then
		witness_start witness
	else
		server_start "$1"
	fi
}

# each_pass NAME POINT CMD...: does CMD NAME POINT:PASS for each.
each_pass() {
	local pass before
	for ((pass = 1; pass <= CRASH_PASSES; pass++)); do
		before=$(crashes "$1" "$2")
		"${@:3}" "$1" "$2:$pass"
		(($(crashes "$1" "$2") > before)) || break
	done
}

crashes() {
	grep -c "crash point=$2\$" "$PAIR_DIR/$1.log" || true
}

# The next of the crowd votes.  May be lost with the host that was to take it;
# then nobody knows.
vote() {
	local name
	printf -v name 'v%04d' $((++voters))
	if as_crowd "$name" --timeout 2 vote board yes; then
		echo "$name" >>"$PAIR_DIR/told"
	fi
	prove
}

# Somebody wants a checkpoint, of the host that serves.
prove() {
	local host
	for host in alpha beta; do
		prover "$host" checkpoint >/dev/null || true
	done
}

as_crowd() {
	client --voter "$1" --key "$KEYS/one.pem" "${@:2}"
}

# Joins, catches up, is handed the service if it is alpha, takes a vote, loses
# its peer, and gets it back.  It dies on the way, or not.
go_through() {
	local host=$1 other=beta
	[[ $host == alpha ]] || other=alpha
	server_kill "$host"
	vote
	armed "$host" "$2"
	wait_until 2 level_or_dead "$host" || true
	vote
	if server_lives "$host"; then
		server_kill "$other"
		vote
		server_start "$other"
		wait_until 2 level_or_dead "$host" || true
	fi
	server_kill "$host"
	server_lives "$other" || server_start "$other"
	server_start "$host"
	wait_until 15 level_at_alpha
}

# What alpha has alone is cut off when beta went on without it.
cut_off() {
	server_kill alpha
	armed alpha push-stored
	wait_until 10 ended alpha
	vote
	armed alpha "$2"
	wait_until 10 level_or_dead alpha
	server_kill alpha
	server_start alpha
	wait_until 15 level_at_alpha
}

# All that an arbiter decides: a host starts, goes, joins, hands over and is
# handed the service; there is no arbiter any more, and there is one again.
decisions() {
	local victim=$1 other=beta
	[[ $victim != beta ]] || other=alpha
	server_kill "$victim"
	armed "$victim" "$2"
	wait_until 2 level_or_dead "$victim" || true
	server_kill "$other"
	vote
	server_start "$other"
	wait_until 2 level_or_dead "$victim" || true
	for order in "handover beta" "arbiter none" \
	    "arbiter witness $WITNESS"; do
		# shellcheck disable=SC2086 # words
		! server_lives "$victim" || admin_serving $order || true
		wait_until 2 over_or_dead "$victim" || true
	done
	server_kill "$victim"
	up "$victim"
	wait_until 15 level
	# Whom it was handed to on purpose keeps it.
	serves alpha || admin beta handover alpha || true
	wait_until 15 level_at_alpha
	wait_until 10 witnessed_again
}

# Whoever serves is given the order.
admin_serving() {
	if serves alpha; then
		admin alpha "$@"
	else
		admin beta "$@"
	fi
}

# Whoever serves by now.
over_or_dead() {
	not server_lives "$1" || level
}

witnessed_again() {
	arbiter_is witness ||
	    { admin alpha arbiter witness "$WITNESS" && arbiter_is witness; }
}

vote_begins() {
	voters=0
	cluster_up people crowd
	election board 600
	: >"$PAIR_DIR/told"
}

# Who was told that it counts is told that it was cast before.
vote_ends() {
	local name
	while read -r name; do
		exits 1 as_crowd "$name" vote board no
		says previous
	done <"$PAIR_DIR/told"
	grep -ohE 'crash point=[a-z-]+' "$PAIR_DIR"/*.log |
		cut -d= -f2 >>"$BATS_FILE_TMPDIR/reached"
}

@test "the primary dies at every point" {
	vote_begins
	for point in $(points_of_a_host); do
		each_pass alpha "$point" go_through
	done
	for point in $(points | grep ^truncate-); do
		each_pass alpha "$point" cut_off
	done
	vote_ends
}

@test "the backup dies at every point" {
	vote_begins
	for point in $(points_of_a_host); do
		each_pass beta "$point" go_through
	done
	vote_ends
}

@test "with a witness: who asks dies, and who is asked" {
	vote_begins
	witness_start witness
	wait_until 10 witnessed_again
	for point in $(points | grep ^decide-); do
		each_pass alpha "$point" decisions
		each_pass beta "$point" decisions
	done
	for point in $(points witness_daemon.c datadir.c); do
		each_pass witness "$point" decisions
	done
	vote_ends
}

@test "every point was reached" {
	diff <(points) <(sort -u "$BATS_FILE_TMPDIR/reached")
}
