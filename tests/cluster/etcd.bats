#!/usr/bin/env bats
#
# A pair with a real etcd of three members as its arbiter, all of them on a
# host of their own.

load lib

# shellcheck disable=SC2034 # for etcd.bash
ETCD_HOST=arbiter ETCD_IP=$(address arbiter)
load ../../scripts/lib/etcd
ETCD=$(etcd_urls)

setup_file() {
	hosts_make arbiter 10.77.0.4
}

arbitrated_up() {
	# shellcheck disable=SC2034 # cluster_up reads it
	options=(--failback manual)
	cluster_up people crowd
	etcd_up
	admin alpha arbiter etcd "$ETCD"
	wait_until 10 arbiter_is etcd
}

teardown() {
	[[ -n ${PAIR_DIR-} ]] || return 0
	stop_voting || true
	kill -CONT "$(server_pid alpha)" 2>/dev/null || true
	net_heal
	pair_down
	server_kill witness
	etcd_kill
	[[ ${BATS_TEST_COMPLETED-} ]] || tail -n 25 "$PAIR_DIR"/*.log
	unharmed
}

@test "etcd is added to a running pair under load" {
	# shellcheck disable=SC2034 # cluster_up reads it
	options=(--failback manual)
	cluster_up people crowd
	etcd_up
	election board 6
	start_voting board
	more_votes 30
	admin alpha arbiter etcd "$ETCD"
	wait_until 10 arbiter_is etcd
	more_votes 30
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
	check_books board
}

@test "the hosts do not hear each other: one of them serves, and no vote is lost" {
	needs_net
	arbitrated_up
	election board 9
	start_voting board
	more_votes 30
	net_cut alpha beta
	wait_until 10 one_is_left
	more_votes 30
	net_heal
	wait_until 10 joined
	check_books board
}

# One serves alone; the other one says that it does not.
one_is_left() {
	(serves alpha && not in_sync beta && not serves beta) ||
		(serves beta && not in_sync alpha && not serves alpha)
}

@test "one member of etcd dies: the others decide" {
	arbitrated_up
	etcd_member_kill 3
	kill -KILL "$(server_pid alpha)"
	wait_until 15 serves beta
	wait_until 10 arbiter_away beta false
	server_start alpha --failback manual
	wait_until 15 level
}

@test "without etcd the pair goes on, and a primary that loses its backup waits" {
	arbitrated_up
	election board 600
	etcd_kill
	wait_until 10 arbiter_away alpha true
	wait_until 10 arbiter_away beta true
	as bob vote board yes
	kill -KILL "$(server_pid beta)"
	exits 4 as carol --timeout 3 vote board yes
	alarms alpha "Not confirmed as primary: beta does not answer"
	etcd_member_up 3
	etcd_member_up 4
	etcd_member_up 5
	wait_until 30 etcd_ready
	wait_until 15 alone alpha
	as carol vote board yes
}

@test "a dead etcd is replaced; an empty one grants nothing by itself" {
	arbitrated_up
	etcd_kill
	wait_until 10 arbiter_away alpha true
	rm -r "$PAIR_DIR"/e?
	etcd_up
	kill -STOP "$(server_pid alpha)"
	sleep 2
	not serves beta
	kill -CONT "$(server_pid alpha)"
	wait_until 10 level
	epoch=$(host_state beta epoch)
	# Its link to beta may be new, and beta has yet to say that it follows.
	wait_until 10 admin alpha arbiter etcd "$ETCD" --replace-dead
	wait_until 10 arbiter_away beta false
	wait_until 10 decided_twice "$epoch"
	kill -KILL "$(server_pid alpha)"
	wait_until 10 serves beta
}

@test "a pair moves from a witness to etcd and back" {
	# shellcheck disable=SC2034 # cluster_up reads it
	options=(--failback manual)
	cluster_up people crowd
	etcd_up
	witness_start arbiter
	admin alpha arbiter witness "$WITNESS"
	wait_until 10 arbiter_is witness
	admin alpha arbiter etcd "$ETCD" elections/board
	wait_until 10 arbiter_is etcd
	[[ $(host_state beta arbiter) == "etcd $ETCD elections/board" ]]
	wait_until 10 settled
	admin alpha arbiter witness "$WITNESS"
	wait_until 10 arbiter_is witness
	kill -KILL "$(server_pid alpha)"
	wait_until 10 serves beta
}

# The change before is in force everywhere, so that another may begin.
settled() {
	level && arbiter_away alpha false && arbiter_away beta false
}

@test "what names no etcd is refused" {
	cluster_up
	exits 1 admin alpha arbiter etcd 10.77.0.4:2379
	says "http://"
	exits 2 admin alpha arbiter etcd
}
