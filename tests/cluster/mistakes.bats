#!/usr/bin/env bats
#
# What people do to the hosts: copies, names, lists, clocks.

load lib

role_is() {
	[[ $(host_state "$1" role) == "$2" ]]
}

# clone FROM TO: neither runs.
clone() {
	rm -rf "${PAIR_DIR:?}/$2"
	cp -a "$PAIR_DIR/$1" "$PAIR_DIR/$2"
	rm -f "$PAIR_DIR/$2/lock"
}

# Alone, and with something to lose.
alpha_alone() {
	cluster_up people
	election board 3600
	server_kill beta
	wait_until 10 alone alpha
	as ada vote board yes
	server_kill alpha
}

@test "a clone of the other host serves nobody, and is told so" {
	alpha_alone
	clone alpha beta
	server_start beta
	wait_until 10 role_is beta halted
	alarms beta "belongs to alpha, and this host is called beta"
	server_start alpha
	wait_until 10 serves alpha
	wait_until 10 alarms alpha "Refusing beta: its data directory was copied"
	as bob vote board no
	role_is beta halted
	fails admin beta promote --force --epoch "$(host_state beta epoch)" \
	    --accept-loss

	# With an empty directory it is welcome.
	server_kill beta
	rm -rf "${PAIR_DIR:?}/beta"
	server_start beta
	wait_until 15 level
}

@test "a directory that runs in two places under one name halts there" {
	local portmap=()

	[[ -n ${NET_DIR-} ]] || portmap=(--no-portmap)
	alpha_alone
	clone alpha second
	server_start alpha
	wait_until 10 serves alpha
	server_start beta
	wait_until 15 level
	host_exec witness "$PAIR_BIN/evote_server" --data "$PAIR_DIR/second" \
	    --name alpha --hosts "alpha=$(place 10.77.0.4 2),$(listed beta)" \
	    --admin-socket "$PAIR_DIR/second.sock" "${portmap[@]}" \
	    </dev/null >>"$PAIR_DIR/second.log" 2>&1 3>&- &
	disown
	echo $! >"$PAIR_DIR/witness.pid"
	wait_until 20 logged second 'halt.*in use twice'
	wait_until 20 logged alpha 'halt.*in use twice'
	kill -KILL "$(<"$PAIR_DIR/witness.pid")"
	server_kill alpha
	server_start alpha
	wait_until 10 serves alpha
	as bob vote board no
	fails as ada vote board no
	says "previous vote"
}

@test "two hosts with one name say so at both ends" {
	local alpha beta

	alpha=$(listed alpha)
	beta=$(listed beta)
	pair_init
	server_start alpha
	wait_until 10 serves alpha
	server_start beta --name alpha \
	    --hosts "alpha=${beta#*=},beta=${alpha#*=}"
	wait_until 10 logged alpha 'refused peer=.*own name'
	wait_until 10 logged beta "refused peer=beta.*this host.s own name"
	wait_until 10 alarms alpha "own name"
	serves alpha
}

@test "a host that is not listed is told so, once" {
	pair_init
	server_start alpha --hosts "$(listed alpha)"
	wait_until 10 serves alpha
	server_start beta
	wait_until 10 logged beta 'refused peer=alpha.*not a host of the cluster'
	wait_until 10 logged alpha 'refused peer=beta.*not a host of this cluster'
	sleep 3
	(($(grep -c 'refused peer=' "$PAIR_DIR/alpha.log") == 1))
	(($(grep -c 'refused peer=' "$PAIR_DIR/beta.log") == 1))
}

@test "a link that is down says why in status" {
	cluster_up people
	[[ -z ${NET_DIR-} ]] || host_rpcbind beta stop
	server_kill beta
	wait_until 10 alarms alpha "No link to beta:"
	[[ -z ${NET_DIR-} ]] || host_rpcbind beta start
}

@test "lists that spell a host differently: both ends say so" {
	local beta

	beta=$(listed beta)
	pair_init
	server_start alpha
	wait_until 10 serves alpha
	server_start beta --name vote2 \
	    --hosts "$(listed alpha),vote2=${beta#*=}"
	wait_until 10 alarms alpha \
	    "Refused by beta: the address that this host has for it leads to a host with another name"
	wait_until 10 alarms alpha \
	    "Refusing vote2: it is not a host of this cluster"
	serves alpha
	EVOTE_HOSTS=$(listed alpha),vote2=${beta#*=} wait_until 10 \
	    alarms vote2 "Refused by alpha: this host is not a host of the cluster"
}

# connection_reset A PORT: what A hears from there is answered by a reset.
connection_reset() {
	host_run "$1" nft -f - <<-NFT
		table inet resets {
			chain in {
				type filter hook input priority 0; policy accept;
				tcp sport $2 reject with tcp reset
			}
		}
	NFT
}

@test "a wrong port of the primary in a list is no death of it, and is told" {
	needs_net
	local wrong
	wrong=$(address alpha):1
	cluster_up people
	server_kill beta
	server_start beta --hosts "alpha=$wrong,$(listed beta)"
	wait_until 15 level
	wait_until 10 alarms beta "list has alpha at $wrong, the cluster has it at"
	alarms beta "No link to alpha: connection refused. It runs, and calls this"
	# Alpha's connection to it ends.
	connection_reset alpha "$(port beta)"
	sleep 1
	net_heal
	wait_until 10 level
	sleep 1
	serves alpha
	not logged beta to=claiming
}

# no_portmap A B: A's portmapper does not hear B.
no_portmap() {
	host_run "$1" nft -f - <<-NFT
		table inet portmap {
			chain in {
				type filter hook input priority 0; policy accept;
				ip saddr $(address "$2") udp dport 111 drop
			}
		}
	NFT
}

@test "UDP 111 is closed between them: each waits, and says why" {
	needs_net
	cluster_up people
	# Neither is seen to be gone.
	kill -STOP "$(server_pid alpha)"
	server_kill beta
	server_kill alpha
	no_portmap alpha beta
	no_portmap beta alpha
	server_start alpha
	server_start beta
	wait_until 20 alarms alpha "No link to beta: its portmapper is silent"
	wait_until 20 alarms beta "No link to alpha: its portmapper is silent"
	alarms alpha "Not serving: beta may hold votes"
	alarms alpha "Start beta, or mend the link to it."
	alarms beta "Not serving: alpha may hold votes"
	alarms beta "Start alpha, or mend the link to it."
	net_heal
	wait_until 15 level
}

@test "lists in another order, and another suspect-ms, are told" {
	local straight=$EVOTE_HOSTS
	cluster_up
	server_kill beta
	EVOTE_HOSTS=${straight#*,},${straight%,*}
	server_start beta --suspect-ms 4000
	EVOTE_HOSTS=$straight
	wait_until 10 alarms beta "than the cluster's, which counts: alpha, beta"
	wait_until 10 alarms alpha "suspect-ms is 3000 here and 4000 on beta"
	alarms beta "suspect-ms is 4000 here and 3000 on alpha"
	not alarms alpha "another order"
	[[ $(grep -c 'hosts order=differs' "$PAIR_DIR/beta.log") -eq 1 ]]
	wait_until 15 level
	serves alpha
}

@test "two primaries are the worst alarm, with an exit status of its own" {
	needs_net
	cluster_up people
	election board 3600
	net_cut alpha beta
	# Without an arbiter that is outside the promise: each goes on.
	wait_until 20 both_serve
	exits 3 client status
	says "TWO PRIMARIES: alpha and beta both serve. Stop one now and keep"
	exits 3 client status --prometheus
	says "evote_two_primaries 1"
	# One that the other lacks: it can neither be dropped nor merged.  Who
	# has seen the later epoch takes no answer from alpha any more.
	EVOTE_STATE=$PAIR_DIR/ada as ada vote board yes
	net_heal
	wait_until 10 role_is alpha halted
	exits 4 client status
}

both_serve() {
	serves alpha && serves beta
}

@test "a primary that may have been replaced does not say it serves" {
	needs_net
	cluster_up people
	witness_start witness
	admin alpha arbiter witness "$WITNESS"
	wait_until 10 arbiter_is witness
	# First from the witness, which could else grant that beta is left out.
	net_cut alpha witness
	net_cut alpha beta
	wait_until 10 serves beta
	wait_until 10 alarms alpha "Another host may serve"
	[[ $(host_state alpha standing) == not-serving ]]
	exits 5 client status
	says "Host beta serves"
}
