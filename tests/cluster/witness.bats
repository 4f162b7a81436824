#!/usr/bin/env bats
#
# A pair with a witness: cuts and silent hosts, which a pair alone cannot stand.

load lib

arbitrated_up() {
	# shellcheck disable=SC2034 # cluster_up reads it
	options=(--failback manual "$@")
	cluster_up people crowd
	witness_start witness
	admin alpha arbiter witness "$WITNESS"
	wait_until 10 arbiter_is witness
}

teardown() {
	[[ -n ${PAIR_DIR-} ]] || return 0
	stop_voting || true
	disk_release || true
	kill -CONT "$(server_pid alpha)" 2>/dev/null || true
	net_heal
	pair_down
	server_kill witness
	[[ ${BATS_TEST_COMPLETED-} ]] || tail -n 25 "$PAIR_DIR"/*.log
	unharmed
}

@test "a witness is added to a running pair under load" {
	# shellcheck disable=SC2034 # cluster_up reads it
	options=(--failback manual)
	cluster_up people crowd
	witness_start witness
	election board 5
	start_voting board
	more_votes 30
	admin alpha arbiter witness "$WITNESS"
	wait_until 10 arbiter_is witness
	more_votes 30
	stop_voting
	serves alpha
	check_books board
}

@test "a stopped primary is replaced, and joins when it goes on" {
	arbitrated_up
	election board 8
	start_voting board
	more_votes 30
	kill -STOP "$(server_pid alpha)"
	wait_until 10 serves beta
	more_votes 30
	kill -CONT "$(server_pid alpha)"
	wait_until 10 joined
	serves beta
	stop_voting
	check_books board
}

copied_to() {
	(($(host_state "$1" size) > $2))
}

@test "an order that the backup has is not called refused" {
	local size order status
	arbitrated_up --hang-ms 60000
	size=$(host_state beta size)
	disk_hang alpha
	admin alpha unregister ada >"$PAIR_DIR/order.out" 2>&1 3>&- &
	order=$!
	wait_until 3 copied_to beta "$size"
	kill -STOP "$(server_pid alpha)"
	wait_until 10 serves beta
	kill -CONT "$(server_pid alpha)"
	status=0
	wait "$order" || status=$?
	((status == 4))
	run cat "$PAIR_DIR/order.out"
	says "No answer (this host ceased to serve before the others confirmed"
	says "The change may or may not have been made"
	exits 1 admin beta unregister ada
	disk_release
	wait_until 15 joined
}

@test "the hosts do not hear each other: one of them serves, and no vote is lost" {
	needs_net
	arbitrated_up
	election board 9
	start_voting board
	more_votes 30
	net_cut alpha beta
	wait_until 10 not in_sync beta
	more_votes 30
	[[ $(grep -c 'role from=establishing to=primary' "$PAIR_DIR/beta.log") -eq 0 ]] ||
		[[ $(host_state alpha role) != primary ]]
	net_heal
	wait_until 10 joined
	stop_voting
	check_books board
}

# CUT_SECONDS=60: TCP's own next try is the later the longer the cut was.
@test "cut off without a word, a host is back in sync soon after it is heard" {
	local healed seconds=${CUT_SECONDS:-5}
	needs_net
	arbitrated_up
	election board 3600
	by_hand ada yes board
	net_silence alpha
	sleep "$seconds"
	wait_until 10 serves beta
	by_hand bob no board
	logged beta 'peer=alpha is=down why="ended on this side"'
	net_heal
	healed=${EPOCHREALTIME/./}
	wait_until 15 level
	echo "# cut for $seconds s, in sync $(((${EPOCHREALTIME/./} - healed) / \
	    1000)) ms after it" >&3
}

@test "without its witness the pair goes on; a dead one is replaced" {
	arbitrated_up
	server_kill witness
	wait_until 10 arbiter_away alpha true
	exits 5 client status
	says "arbiter: witness $WITNESS, for alpha (does not hear it), beta"
	rm -r "$PAIR_DIR/witness" "$PAIR_DIR/witness.log"
	witness_start witness
	# It is empty, and grants nothing by itself.
	kill -STOP "$(server_pid alpha)"
	sleep 2
	not serves beta
	kill -CONT "$(server_pid alpha)"
	wait_until 10 level
	epoch=$(host_state beta epoch)
	# Its link to beta may be new, and beta has yet to say that it follows.
	wait_until 10 admin alpha arbiter witness "$WITNESS" --replace-dead
	wait_until 10 arbiter_away beta false
	wait_until 10 decided_twice "$epoch"
	kill -KILL "$(server_pid alpha)"
	wait_until 10 serves beta
}

@test "what an operator orders is told as done when it is" {
	arbitrated_up
	kill -STOP "$(server_pid witness)"
	fails admin alpha --timeout 3 handover beta
	says "was not"
	not serves beta
	fails admin alpha --timeout 3 arbiter none
	says "was not"
	arbiter_is witness
	kill -CONT "$(server_pid witness)"
	wait_until 15 level
	wait_until 10 arbiter_away alpha false
	now=alpha other=beta
	serves alpha || now=beta other=alpha
	wait_until 10 admin "$now" handover "$other"
	[[ $(host_state "$now" primary) == "$other" ]]
	exits 0 admin "$other" arbiter none
	[[ $(host_state "$other" arbiter) == none ]]
}

@test "a witness that cannot be taken: the order is refused, and says why" {
	local dead
	dead=w=$(address alpha):$((${PAIR_PORT:-17775} + 7))
	# shellcheck disable=SC2034 # cluster_up reads it
	options=(--failback manual)
	cluster_up people
	# An alarm of another kind, which is no reason.
	exits 0 admin alpha hosts prefer beta
	wait_until 10 alarms alpha "order of preference"
	exits 4 admin alpha --timeout 1 arbiter witness "$dead"
	says "was not changed yet. It was begun and may still happen. Check"
	wait_until 5 alarms alpha "The arbiter was not changed"
	exits 1 admin alpha arbiter witness "$dead"
	says "The arbiter was not changed: $dead does not answer. Start it, or"
	not says "may still happen"
	exits 5 client status
	says "ALARM: The arbiter was not changed: $dead does not answer."
	exits 1 admin alpha --json arbiter witness "$dead"
	jq -e '.code == 1 and .reason == "not-possible"' <<<"$output"
	pair_states | jq -e '.hosts[0].alarms | any(.kind == "order")'
	exits 1 admin alpha arbiter witness "alpha=$(address beta):1"
	says "that is a host of the cluster. A witness is a third server"
	exits 0 admin alpha hosts add "gamma=${dead#w=}"
	exits 1 admin alpha arbiter witness "$dead"
	says "that is a host of the cluster"
	[[ $(host_state alpha arbiter) == none ]]
}

@test "a witness that is dead for good: an order says how to do without it" {
	arbitrated_up
	server_kill witness
	fails admin alpha --timeout 3 arbiter none
	says "was not changed yet"
	says "If the old one never will, add --replace-dead"
	[[ $output != *..* ]]
	wait_until 10 arbiter_away alpha true
	fails admin alpha --timeout 3 arbiter none
	says "add --replace-dead"
	arbiter_is witness
	wait_until 15 admin alpha arbiter none --replace-dead
	arbiter_is none
}

@test "a witness that served another cluster is told of, and is not taken" {
	arbitrated_up
	pair_down
	rm -r "$PAIR_DIR/alpha" "$PAIR_DIR/beta"
	export EVOTE_STATE=$PAIR_DIR/anew
	cluster_up people
	exits 1 admin alpha arbiter witness "$WITNESS"
	says "The arbiter was not changed: $WITNESS does not answer"
	# shellcheck disable=SC2016 # a command's name
	says '`status` may say why'
	exits 5 client status
	says "No link to the witness: its certificate is of another service"
	says "If it serves another cluster, start one with an empty directory"
	server_kill witness
	witness_start witness || true
	wait_until 5 logged witness "is the key of another cluster than"
	# The right key alone is no help.
	server_kill witness
	cp "$PAIR_DIR/alpha/cluster.key" "$PAIR_DIR/witness/cluster.key"
	witness_start witness
	exits 1 admin alpha arbiter witness "$WITNESS"
	says "$WITNESS serves another cluster. Take one that is new"
	logged witness "refused for=alpha why=.* has decisions of another cluster"
	server_kill witness
	rm -r "$PAIR_DIR/witness"
	witness_start witness
	wait_until 10 admin alpha arbiter witness "$WITNESS"
	wait_until 10 arbiter_is witness
}

@test "the witness's own list names it: that is no alarm in status there" {
	arbitrated_up
	wait_until 15 level
	EVOTE_HOSTS=$EVOTE_HOSTS,$WITNESS exits 0 client status
	says "arbiter: witness $WITNESS"
	says "2 of 2 hosts answered"
}

@test "a witness in a list is told from a host that has no TLS" {
	arbitrated_up
	wait_until 15 level
	EVOTE_HOSTS=$WITNESS,$EVOTE_HOSTS exits 5 client status
	says "it is the witness, which holds no votes"
	# One that no host has named.
	admin alpha arbiter none
	wait_until 10 arbiter_is none
	EVOTE_HOSTS=$EVOTE_HOSTS,$WITNESS exits 5 client status
	says "it is a witness, its evote is too old, or"
}

@test "a file that names the witness is read where the command is given" {
	cluster_up people
	witness_start witness
	printf '\xef\xbb\xbf# ours\r\n%s\r\n' "$WITNESS" >"$PAIR_DIR/its.place"
	exits 0 admin alpha arbiter witness "@$PAIR_DIR/its.place"
	arbiter_is "witness $WITNESS"
	exits 2 admin alpha arbiter witness "@$PAIR_DIR/nothing"
	says nothing
	exits 2 admin alpha arbiter witness "@$PAIR_DIR/alpha.log"
	exits 1 admin alpha arbiter witness "w=@$PAIR_DIR/its.place"
	arbiter_is "witness $WITNESS"
}
