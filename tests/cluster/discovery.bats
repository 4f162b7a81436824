#!/usr/bin/env bats
#
# How the service is found: portmappers, stale entries, wrong addresses.

load lib

answers() {
	host_run voters rpcinfo -t "$(address "$1")" $((16#${2:-$EVOTE})) 1
}

registered() {
	port "$1" "${2:-$EVOTE}"
}

# Its rpcbind answers, and does not name it.
unregistered() {
	local table
	table=$(host_run voters rpcinfo -p "$(address "$1")") &&
		[[ $table == *portmapper* ]] &&
		not grep -qw "$((16#${2:-$EVOTE}))" <<<"$table"
}

@test "rpcinfo shows the service on both hosts, by tcp and tcp6" {
	needs_net
	cluster_up
	for name in alpha beta; do
		wait_until 10 answers "$name"
		run host_run voters rpcinfo "$(address "$name")"
		[[ $output =~ $((16#$EVOTE))\ +1\ +tcp\  ]]
		[[ $output =~ $((16#$EVOTE))\ +1\ +tcp6\  ]]
	done
}

@test "the probe is registered where the election is served, and follows it" {
	needs_net
	cluster_up
	wait_until 10 answers alpha "$PROBE"
	wait_until 10 unregistered beta "$PROBE"
	server_kill alpha
	wait_until 10 answers beta "$PROBE"
	server_start alpha
	wait_until 15 answers alpha "$PROBE"
	wait_until 10 unregistered beta "$PROBE"
}

@test "a server that ends takes its registration with it" {
	needs_net
	cluster_up
	wait_until 10 registered beta
	server_stop beta
	wait_until 10 unregistered beta
}

@test "what a killed server left registered is replaced" {
	needs_net
	cluster_up
	wait_until 10 registered beta
	before=$(port beta)
	server_kill beta
	[[ $(port beta) == "$before" ]]
	server_start beta
	wait_until 10 answers beta
	wait_until 15 level
}

@test "a living server's registration is never replaced" {
	needs_net
	cluster_up
	wait_until 10 registered alpha
	before=$(port alpha)
	other=$BATS_TEST_TMPDIR/other
	"$PAIR_BIN/evote_server" init --data "$other"
	host_exec alpha "$PAIR_BIN/evote_server" --data "$other" --name alpha \
	    --hosts "alpha=10.77.0.1" </dev/null >"$PAIR_DIR/other.log" 2>&1 \
	    3>&- &
	pid=$!
	wait_until 10 logged other 'portmap'
	wait_until 10 logged other 'alarm.*portmap'
	[[ $(port alpha) == "$before" ]]
	answers alpha
	kill "$pid"
	wait_until 10 process_gone "$pid"
	[[ $(port alpha) == "$before" ]]
}

@test "a restarted rpcbind is told again" {
	needs_net
	cluster_up
	wait_until 10 registered alpha
	host_rpcbind alpha stop
	host_rpcbind alpha start
	unregistered alpha
	wait_until 10 answers alpha
	wait_until 10 answers alpha "$PROBE"
}

@test "servers without a portmapper come up once there is one" {
	needs_net
	host_rpcbind alpha stop
	pair_init
	server_start alpha
	wait_until 10 logged alpha 'alarm.*portmap'
	host_rpcbind alpha start
	wait_until 10 answers alpha
	wait_until 10 serves alpha
}

@test "nobody at the port, no such host, a portmapper without the service" {
	cluster_up people
	exits 4 host_run voters "$PAIR_BIN/evote_client" --timeout 1 \
	    --hosts "alpha=$(address alpha):9" elections
	says alpha
	if [[ -n ${NET_DIR-} ]]; then
		exits 4 host_run voters "$PAIR_BIN/evote_client" --timeout 1 \
		    --hosts gamma=10.77.0.99 elections
		says "gamma: its portmapper does not answer"
	fi
	exits 4 host_run voters "$PAIR_BIN/evote_client" --timeout 1 \
	    --hosts gamma=no.such.host.invalid elections
	says "gamma: no address is known for no.such.host.invalid"
	exits 2 host_run voters "$PAIR_BIN/evote_client" --hosts , elections
	server_stop alpha
	server_stop beta
	exits 4 client --timeout 1 elections
	says "${NET_DIR:+its portmapper knows no evote server}"
	exits 4 as ada --timeout 1 vote board yes
	says "NOT sent"
	says ". Nothing was done. Try again later."
}

# A place where nobody answers: no such host, or here a queue that is full.
silent_begin() {
	[[ -z ${NET_DIR-} ]] || return 0
	python3 -c 'import socket, sys, time
at = ("127.0.0.1", int(sys.argv[1]))
s = socket.socket(); s.bind(at); s.listen(0)
full = [socket.socket() for _ in range(4)]
for c in full:
    c.setblocking(False); c.connect_ex(at)
print("full", flush=True); time.sleep(60)' \
	    $((PAIR_PORT + 2)) >"$PAIR_DIR/silent" 3>&- &
	wait_until 5 test -s "$PAIR_DIR/silent"
}

@test "the second of two addresses is tried when the first is silent" {
	cluster_up people
	election board 3600
	silent_begin
	exits 0 host_run voters "$PAIR_BIN/evote_client" --timeout 10 \
	    --hosts "gamma=$(place 10.77.0.99 2),$EVOTE_HOSTS" elections
	says board
	[[ -n ${NET_DIR-} ]] || kill %1
}

# Voters do not hear it; without a net it is stopped, and the backup is patient.
@test "a server that is only silent: clients reach it when it is heard again" {
	# shellcheck disable=SC2034 # lib.bash's
	options=(--suspect-ms 20000)
	cluster_up people
	election board 5
	if [[ -n ${NET_DIR-} ]]; then
		net_cut_from voters alpha
	else
		kill -STOP "$(server_pid alpha)"
	fi
	exits 4 as ada --timeout 2 vote board yes
	[[ -n ${NET_DIR-} ]] || kill -CONT "$(server_pid alpha)"
	net_heal
	by_hand ada yes board
	check_books board
}
