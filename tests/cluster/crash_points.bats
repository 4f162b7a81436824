#!/usr/bin/env bats
#
# Every named point of the code at which a process may die: it does, on one
# host and on the other, and comes back; what was acknowledged is there, and
# the hosts are level.

load lib

points() {
	grep -ohE 'crash_at\("[a-z-]+"\)' server/*.c | cut -d'"' -f2 | sort -u
}

level_at_alpha() {
	level && serves alpha
}

level_or_dead() {
	not server_lives "$1" || level_at_alpha
}

# armed HOST POINT: it starts anew and is to die there.
armed() {
	EVOTE_CRASH_AT=$2 server_start "$1"
}

# Only so many refusals an hour are recorded of one voter.
voter() {
	local all=(ada bob carol)
	echo "${all[${1#e} % 3]}"
}

# May be lost with the host that was to take it; then nobody knows.
vote() {
	if as "$(voter "$1")" --timeout 5 vote "$1" yes; then
		echo "$1" >>"$PAIR_DIR/told"
	fi
}

# Joins, catches up, is handed the service if it is alpha, takes a vote, loses
# its peer, and gets it back.  It dies on the way, or not.
go_through() {
	local host=$1 other=beta
	[[ $host == alpha ]] || other=alpha
	server_kill "$host"
	vote "$3"
	armed "$host" "$2"
	wait_until 2 level_or_dead "$host" || true
	vote "$4"
	if server_lives "$host"; then
		server_kill "$other"
		vote "$5"
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
	vote "$2"
	armed alpha "$1"
	wait_until 10 ended alpha
	server_start alpha
	wait_until 15 level_at_alpha
}

elections() {
	local i
	for ((i = 0; i < $1; i++)); do
		election "e$i" 600
	done
}

# Who was told that it counts is told that it was cast before.
told_is_there() {
	local e
	while read -r e; do
		exits 1 as "$(voter "$e")" vote "$e" no
		says previous
	done <"$PAIR_DIR/told"
}

sweep() {
	local point n=0
	cluster_up people
	elections $((3 * $(points | wc -l)))
	: >"$PAIR_DIR/told"
	for point in $(points); do
		[[ $point != cut-* && $point != push-stored ]] || continue
		go_through "$1" "$point" "e$n" "e$((n + 1))" "e$((n + 2))"
		n=$((n + 3))
	done
	if [[ $1 == alpha ]]; then
		for point in $(points | grep ^cut-); do
			cut_off "$point" "e$n"
			n=$((n + 1))
		done
	fi
	told_is_there
	grep -ohE 'crash point=[a-z-]+' "$PAIR_DIR"/*.log |
		cut -d= -f2 >>"$BATS_FILE_TMPDIR/reached"
}

@test "the primary dies at every point" {
	sweep alpha
}

@test "the backup dies at every point" {
	sweep beta
}

@test "every point was reached" {
	diff <(points) <(sort -u "$BATS_FILE_TMPDIR/reached")
}
