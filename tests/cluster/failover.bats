#!/usr/bin/env bats
#
# Hosts die, come back, and die again; the books stay right.

load lib

waits_for() {
	[[ $(host_state "$1" role) == waiting &&
		$(host_state "$1" waiting_for) == *"$2"* ]]
}

crash_both() {
	kill -KILL "$(server_pid alpha)" "$(server_pid beta)"
	ended alpha
	ended beta
}

tell_pause() {
	echo "# $(grep -o 'longest_pause_ms=[0-9]*' "$PAIR_DIR/loop.out")" >&3
}

@test "the primary is killed under load: the backup goes on" {
	cluster_up people crowd
	election board 6
	start_voting board
	more_votes 50
	server_kill alpha
	more_votes 50
	serves beta
	stop_voting
	tell_pause
	server_start alpha
	check_books board
}

@test "the preferred host comes back under load and serves again" {
	cluster_up people crowd
	election board 9
	server_kill alpha
	wait_until 10 serves beta
	start_voting board
	more_votes 50
	server_start alpha
	wait_until 10 serves alpha
	more_votes 50
	stop_voting
	tell_pause
	no_failed_call
	grep -q 'last_host=alpha' "$PAIR_DIR/loop.out"
	check_books board
}

@test "the backup is killed under load: the primary goes on" {
	cluster_up people crowd
	election board 6
	start_voting board
	more_votes 50
	server_kill beta
	more_votes 50
	server_start beta
	wait_until 10 joined
	more_votes 50
	stop_voting
	tell_pause
	no_failed_call
	check_books board
}

@test "both crash under load; the primary is restarted first" {
	both_crash alpha beta
}

@test "both crash under load; the backup is restarted first" {
	both_crash beta alpha
}

both_crash() {
	cluster_up people crowd
	election board 8
	start_voting board
	more_votes 50
	crash_both
	server_start "$1"
	wait_until 5 waits_for "$1" "$2"
	server_start "$2"
	more_votes 50
	check_books board
}

@test "a backup that missed votes does not serve, and names whom it awaits" {
	cluster_up people
	election board 9
	by_hand ada yes board
	server_kill beta
	by_hand bob no board
	server_kill alpha
	server_start beta
	wait_until 10 waits_for beta alpha
	exits 4 as carol --timeout 1 vote board yes
	exits 4 client --timeout 1 result board
	exits 4 client status
	says alpha
	server_start alpha
	wait_until 10 level
	by_hand carol yes board
	check_books board
}

@test "a joiner is killed again and again; voting goes on" {
	cluster_up people crowd
	election board 8
	start_voting board
	for _ in 1 2 3; do
		server_kill beta
		more_votes 30
		server_start beta
		wait_until 5 logged beta 'role '
	done
	server_kill beta
	more_votes 30
	server_start beta
	wait_until 10 joined
	stop_voting
	tell_pause
	no_failed_call
	check_books board
}

@test "a host with an emptied disk joins anew and takes over later" {
	cluster_up people
	election board 8
	by_hand ada yes board
	server_kill beta
	rm -r "$PAIR_DIR/beta"
	server_start beta
	wait_until 10 level
	server_kill alpha
	by_hand bob no board
	server_start alpha
	check_books board
}

@test "where a tunnel may refuse, a refused connection proves no death" {
	# shellcheck disable=SC2034 # cluster_up reads it
	options=(--no-refused-proof --suspect-ms 60000)
	cluster_up people
	election board 3600
	server_kill alpha
	wait_until 10 logged beta \
	    'peer=alpha is=not-up why="connection (refused|reset by peer)"'
	sleep 1
	not serves beta
	server_start alpha
	wait_until 10 level
	as ada vote board yes
}

@test "hand-over on request: no call fails" {
	options=(--failback manual)
	cluster_up people crowd
	election board 7
	start_voting board
	more_votes 50
	admin alpha handover beta
	wait_until 5 serves beta
	more_votes 50
	admin beta handover alpha
	wait_until 5 serves alpha
	more_votes 50
	stop_voting
	tell_pause
	no_failed_call
	check_books board
}

disk_answers() {
	disk_release
	wait_until 10 server_let_go "$1"
}

# disk_hangs NAME OTHER: it gives its disk up, and the other one goes on.
disk_hangs() {
	cluster_up people crowd
	election board 12
	start_voting board
	more_votes 50
	disk_hang "$1"
	ended "$1"
	logged "$1" 'alarm disk doing=wait'
	wait_until 10 alone "$2"
	more_votes 50
	disk_answers "$1"
	server_start "$1"
	wait_until 10 joined
	check_books board
}

@test "the primary's disk hangs: it ends, and the backup goes on" {
	options=(--hang-ms 600)
	disk_hangs alpha beta
}

@test "the backup's disk hangs: it ends, and the primary goes on" {
	options=(--hang-ms 600)
	disk_hangs beta alpha
}

@test "a host that is alone waits for its disk" {
	options=(--hang-ms 600)
	cluster_up people
	election board 12
	server_kill beta
	wait_until 10 alone alpha
	disk_hang alpha
	as ada vote board yes >"$PAIR_DIR/vote" 2>&1 3>&- &
	voting=$!
	wait_until 10 host_waits alpha
	sleep 1
	server_lives alpha
	disk_release
	wait "$voting"
}

# Its answers wait, for its own disk.
host_waits() {
	alarms "$1" "have been waiting"
}

@test "without fail-back by itself the backup keeps what it took over" {
	options=(--failback manual)
	cluster_up people
	election board 6
	server_kill alpha
	by_hand ada yes board
	server_start alpha "${options[@]}"
	wait_until 10 level
	serves beta
	by_hand bob yes board
	check_books board
	serves beta
}

@test "promotion by force: clients that saw more say so; no way back" {
	local epoch
	cluster_up people
	election board 5
	by_hand ada yes board
	server_kill beta
	wait_until 10 alone alpha
	by_hand bob yes board
	server_kill alpha
	server_start beta
	wait_until 10 waits_for beta alpha
	epoch=$(host_state beta epoch)
	# None serves: that is no refusal, and may be tried again.
	exits 4 admin beta unregister ada
	says "no host serves now. Start alpha if it is down"
	exits 1 admin beta handover alpha
	says "this host is not the primary, and knows of none now; see"
	exits 1 admin beta promote --force --epoch $((epoch + 9)) --accept-loss
	run admin beta promote --force --epoch "$epoch"
	((status == 1))
	[[ $output == *"alpha was in sync"*"not been heard of since"* ]]
	says "to proceed. Votes that other hosts accepted beyond the"
	[[ $output == "This host was not made primary: votes accepted "* ]]
	[[ $(host_state beta epoch) == "$epoch" ]]
	waits_for beta alpha
	run admin beta promote --force --epoch "$epoch" --accept-loss
	((status == 0))
	says "This host is now primary by force. Votes that other hosts"
	[[ $output == *"beyond the "*" records on this host are no longer"* ]]
	wait_until 10 serves beta
	exits 3 client --timeout 5 result board
	server_start alpha
	wait_until 10 halted alpha
	serves beta
	# As long as beta's ledger or longer, and not level with it.
	[[ $(host_state alpha lag) == null ]]
	export EVOTE_STATE=$PAIR_DIR/newcomer
	wait_until 15 client result board
	client --json result board | jq -e '.counts[0].votes == 1'
}

@test "a promotion that has begun is not told as done" {
	local epoch
	cluster_up people
	server_kill beta
	wait_until 10 alone alpha
	server_kill alpha
	server_start beta
	wait_until 10 waits_for beta alpha
	epoch=$(host_state beta epoch)
	disk_hang beta
	exits 4 admin beta --timeout 3 promote --force --epoch "$epoch" \
	    --accept-loss
	says "This host was not made primary yet. It was begun"
	not serves beta
	disk_release
	wait_until 10 serves beta
}

@test "a change of the hosts: begun and open, or not begun at all" {
	# shellcheck disable=SC2034 # cluster_up reads it
	options=(--failback manual --hang-ms 60000)
	cluster_up people
	disk_hang alpha
	admin alpha --timeout 4 hosts prefer beta >"$PAIR_DIR/begun" 2>&1 3>&- &
	sleep 1
	begun=$SECONDS
	exits 4 admin alpha --timeout 1 hosts add "gamma=$(address beta):1"
	((SECONDS < begun + 8))
	says "The hosts were not changed (the set of hosts is being changed just"
	wait_until 5 grep -q "It was begun and may still happen" \
	    "$PAIR_DIR/begun"
	disk_release
	wait_until 10 prefers_beta
}

prefers_beta() {
	[[ $(admin alpha hosts) == beta=* ]]
}

halted() {
	[[ $(host_state "$1" role) == halted ]]
}
