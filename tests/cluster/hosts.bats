#!/usr/bin/env bats
#
# Who the hosts are, and in what order: as the cluster says, not their lists.

load lib

setup_file() {
	hosts_make gamma 10.77.0.5
}

teardown() {
	server_kill gamma
	[[ -n ${PAIR_DIR-} ]] || return 0
	stop_voting || true
	pair_down
	net_heal
	compgen -G "$PAIR_DIR/*.log" >/dev/null || return 0
	[[ ${BATS_TEST_COMPLETED-} ]] || tail -n 25 "$PAIR_DIR"/*.log
	unharmed
}

# The voters' list, and gamma's; alpha and beta start with theirs.
GAMMA=gamma=$(place 10.77.0.5 2)

with_gamma() {
	EVOTE_HOSTS=$EVOTE_HOSTS,$GAMMA "$@"
}

host_of() {
	with_gamma client --json status 2>/dev/null | jq -r --arg n "$1" \
	    --arg f "$2" '.hosts[] | select(.name == $n) | .[$f]'
}

is() {
	[[ $(host_of "$1" "$2") == "$3" ]]
}

all_level() {
	with_gamma client --json status 2>/dev/null | jq -e '.hosts |
	    length == 3 and all(.reachable and .in_sync) and
	    ([.[].root] | unique | length) == 1'
}

# The same while people vote.
all_joined() {
	with_gamma client --json status 2>/dev/null | jq -e '.hosts |
	    length == 3 and all(.reachable and .in_sync)'
}

hosts_are() {
	[[ $(admin "$1" --json hosts | jq -r '[.hosts[].name] | join(" ")') == \
		"$2" ]]
}

one_primary() {
	pair_states | jq -e '[.hosts[] | select(.role == "primary")] | length == 1'
}

@test "lists in another order change nothing, also when both restart" {
	local epoch swapped
	cluster_up people
	swapped=${EVOTE_HOSTS#*,},${EVOTE_HOSTS%%,*}
	election poll 600
	as ada vote poll yes
	epoch=$(host_state alpha epoch)
	server_kill beta
	server_kill alpha
	EVOTE_HOSTS=$swapped server_start beta
	server_start alpha
	wait_until 20 level
	wait_until 20 serves alpha
	one_primary
	as bob vote poll no
	hosts_are alpha "alpha beta"
	hosts_are beta "alpha beta"
	# Neither of them numbers an epoch as the other one would.
	server_kill alpha
	wait_until 20 serves beta
	(($(host_state beta epoch) % 8 == 1))
	server_start alpha
	wait_until 20 level
	wait_until 20 serves alpha
	(($(host_state alpha epoch) > epoch))
	not logged alpha "different configurations|halt "
}

@test "hosts add: a third host joins, and is the backup's backup" {
	cluster_up people crowd
	election poll 25
	start_voting poll
	more_votes 5
	exits 0 admin alpha hosts add "$GAMMA"
	says "gamma is a host"
	hosts_are beta "alpha beta gamma"
	with_gamma server_start gamma
	wait_until 20 is gamma role backup
	more_votes 5
	wait_until 20 is gamma in_sync true
	server_kill alpha
	wait_until 20 is beta role primary
	wait_until 20 is gamma in_sync true
	EVOTE_HOSTS=$EVOTE_HOSTS,$GAMMA as ada vote poll yes
	echo "invoke ada yes" >>"$PAIR_DIR/votes"
	echo "ok ada yes" >>"$PAIR_DIR/votes"
	server_kill beta
	wait_until 20 is gamma role primary
	EVOTE_HOSTS=$EVOTE_HOSTS,$GAMMA as bob vote poll yes
	echo "invoke bob yes" >>"$PAIR_DIR/votes"
	echo "ok bob yes" >>"$PAIR_DIR/votes"
	# Their own lists name no gamma: they know it, or it finds them.
	server_start alpha
	server_start beta
	wait_until 30 all_joined
	wait_until 20 is alpha role primary
	check_books poll
}

@test "hosts: one that was not added is refused, and told so at both ends" {
	cluster_up people
	with_gamma server_start gamma
	wait_until 10 logged alpha "refused peer=gamma .*not a host of this cluster"
	wait_until 10 logged gamma "refused peer=alpha .*not a host of the cluster"
	[[ $(host_of gamma alarm) == *"hosts add"* ]]
	beta=$(listed beta)
	exits 1 admin alpha hosts add "delta=${beta#*=}"
	says "another host of the cluster has that address"
	exits 0 admin alpha hosts add "$GAMMA"
	wait_until 20 all_level
	[[ $(host_of alpha alarm) == "" ]]
	exits 0 admin alpha hosts add "$GAMMA"
	says "gamma was a host of the cluster already, at ${GAMMA#*=}; nothing"
	exits 0 admin alpha hosts add gamma=127.0.0.1:17900
	says "gamma is at 127.0.0.1, where every machine finds itself"
	says "its address was ${GAMMA#*=}, and is 127.0.0.1:17900 now"
}

# Nor a link to somebody who is no host any more.
has_no_alarm() {
	host_state "$1" alarm >&2
	[[ -z $(host_state "$1" alarm) ]]
}

# Whether the policy has a key of that host.
signs() {
	client trust | grep -q "^witness .*/$1[+ ]"
}

@test "hosts remove: it halts, is left out, and does not come back by itself" {
	cluster_up people
	exits 0 admin alpha hosts add "$GAMMA"
	# Also to one that only the cluster names, not its own list.
	wait_until 10 alarms alpha "No link to gamma: connection refused."
	with_gamma server_start gamma
	wait_until 20 all_level
	exits 1 admin alpha hosts remove alpha
	says "it is the primary"
	exits 1 admin alpha hosts remove delta
	says "no host of that name"
	exits 1 admin beta hosts remove gamma
	says "this host is not the primary. Run it on alpha"
	exits 1 admin beta handover beta
	says "this host is not the primary. Run it on alpha"
	exits 1 admin beta arbiter none
	says "this host is not the primary. Run it on alpha"
	exits 0 admin alpha hosts remove gamma
	says "no host of the cluster any more"
	hosts_are beta "alpha beta"
	logged gamma "removed this host from the cluster"
	exits 1 admin alpha hosts remove beta
	says "the only other host in sync"
	[[ $(host_state alpha alarm) != *redundancy* ]]
	server_kill gamma
	with_gamma server_start gamma
	wait_until 10 logged alpha "refused peer=gamma"
	wait_until 10 is gamma role waiting
	[[ $(host_of gamma alarm) == *"host"*"cluster"* ]]
	# Who is down can be removed as well.
	server_kill gamma
	server_kill beta
	wait_until 10 alone alpha
	exits 0 admin alpha hosts remove beta
	wait_until 10 has_no_alarm alpha
	server_start beta
	wait_until 10 logged beta "refused peer=alpha"
	# Its key ended with it, and counts again.
	not signs beta
	exits 0 admin alpha hosts add "$(listed beta)"
	wait_until 20 level
	signs beta
}

@test "hosts prefer: the service moves under load, and no call fails" {
	cluster_up people crowd
	election poll 30
	start_voting poll
	more_votes 10
	exits 2 admin alpha hosts prefer beta,alpha,beta
	says "beta stands in the list twice"
	exits 0 admin alpha hosts prefer beta
	says "beta is the preferred host"
	says "each host's own list into the same order"
	wait_until 20 serves beta
	more_votes 10
	exits 0 admin beta hosts prefer alpha,beta
	wait_until 20 serves alpha
	exits 0 admin alpha hosts prefer alpha
	says "The hosts were in that order already; nothing was changed."
	more_votes 10
	stop_voting
	not grep -qE '^(unknown|refused)' "$PAIR_DIR/votes"
	hosts_are beta "alpha beta"
	# It is kept, whatever the lists say.
	exits 0 admin alpha hosts prefer beta,alpha
	wait_until 20 serves beta
	server_kill alpha
	server_kill beta
	server_start alpha
	server_start beta
	wait_until 20 serves beta
	check_books poll
}
