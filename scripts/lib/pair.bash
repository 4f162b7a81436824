# shellcheck shell=bash
#
# Two servers, alpha and beta in this order of preference, under one directory:
# NAME/ (data), NAME.log, NAME.sock (admin), NAME.pid, state/ (the client's).
# On the hosts alpha, beta and voters of netns.bash when it has a net open, else
# on loopback with free ports and no portmapper.  To be sourced.
#
#	pair_port [N]			a port for PAIR_PORT, the first of N (4)
#	pair_open DIR			sets the names below; starts nothing
#	pair_init [ARG...]		makes the cluster, on alpha
#	pair_up [ARG...]		starts both and waits until they are level
#	pair_down			ends both
#	server_start NAME [ARG...]	with any further arguments
#	server_kill NAME		kill -9
#	server_stop NAME		asks it to end
#	witness_start PLACE		WITNESS, which is NAME=ADDRESS:PORT
#	client ARG...			evote_client, at the voters' place
#	pair_key FILE			makes a voter's key; prints the public half
#	admin NAME ARG...		evote_client, at the admin socket of NAME
#	host_state NAME FIELD		as `status --json` shows it
#	serves NAME, in_sync NAME, level	conditions, for wait_until
#	arbiter_is KIND			to both hosts; likewise

# shellcheck source=scripts/lib/wait.bash
. "${BASH_SOURCE[0]%/*}/wait.bash"
# shellcheck source=scripts/lib/netns.bash
. "${BASH_SOURCE[0]%/*}/netns.bash"

# The first of N (4) that are free, from one that depends on where we are.
pair_port() {
	local port n=0
	port=$((17001 + 4 * ($(cksum <<<"$PWD" | cut -d' ' -f1) % 2500)))
	while ((n < ${1:-4})); do
		if port_taken $((port + n)); then
			port=$((port + 4))
			n=-1
		fi
		n=$((n + 1))
	done
	echo "$port"
}

port_taken() {
	(: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

pair_open() {
	local port alpha beta

	if [[ -n ${NET_DIR-} ]]; then
		alpha=$(<"$NET_DIR/alpha.ip")
		beta=$(<"$NET_DIR/beta.ip")
	else
		port=${PAIR_PORT:-$(pair_port 4)}
		alpha=127.0.0.1:$port beta=127.0.0.1:$((port + 1))
	fi
	mkdir -p "$1"
	export PAIR_DIR=$1 PAIR_BIN=${B:-build}
	export EVOTE_HOSTS=alpha=$alpha,beta=$beta
	export EVOTE_STATE=$PAIR_DIR/state
	[[ $PAIR_BIN == /* ]] || PAIR_BIN=$PWD/$PAIR_BIN
}

# shellcheck disable=SC2120 # the arguments are for those who have some
pair_init() {
	"$PAIR_BIN/evote_server" init --data "$PAIR_DIR/alpha" "$@"
}

# shellcheck disable=SC2120
pair_up() {
	server_start alpha "$@"
	server_start beta "$@"
	wait_until 15 level
}

pair_down() {
	server_kill alpha
	server_kill beta
}

server_start() {
	local name=$1 key=()

	if server_lives "$name"; then
		echo "$name is running already" >&2
		return 1
	fi
	[[ $name == alpha ]] ||
		key=(--cluster-key "$PAIR_DIR/alpha/cluster.key")
	[[ -n ${NET_DIR-} ]] || key+=(--no-portmap)
	mkdir -p "$PAIR_DIR/$name"
	host_exec "$name" "$PAIR_BIN/evote_server" \
	    --data "$PAIR_DIR/$name" --name "$name" --hosts "$EVOTE_HOSTS" \
	    --admin-socket "$PAIR_DIR/$name.sock" "${key[@]}" "${@:2}" \
	    </dev/null >>"$PAIR_DIR/$name.log" 2>&1 3>&- &
	disown
	echo $! >"$PAIR_DIR/$name.pid"
	wait_until 5 server_began "$name"
}

server_kill() {
	server_signal "$1" KILL
}

server_stop() {
	server_signal "$1" TERM
}

witness_start() {
	local place=$1

	mkdir -p "$PAIR_DIR/witness"
	host_exec "$place" "$PAIR_BIN/evote_server" --role witness \
	    --data "$PAIR_DIR/witness" --name "${WITNESS%%=*}" \
	    --hosts "$EVOTE_HOSTS,$WITNESS" \
	    --cluster-key "$PAIR_DIR/alpha/cluster.key" --no-portmap \
	    </dev/null >>"$PAIR_DIR/witness.log" 2>&1 3>&- &
	disown
	echo $! >"$PAIR_DIR/witness.pid"
	wait_until 5 witness_began "$place"
}

client() {
	host_run voters "$PAIR_BIN/evote_client" "$@"
}

# Without a passphrase, so that nobody is asked for one.
pair_key() {
	client keygen "$1" </dev/null | grep -oE '[A-Za-z0-9+/]{43}='
}

admin() {
	"$PAIR_BIN/evote_client" --admin "$PAIR_DIR/$1.sock" "${@:2}"
}

# ---- how they are --------------------------------------------------------------

host_state() {
	pair_states | jq -r --arg n "$1" --arg f "$2" \
	    '.hosts[] | select(.name == $n) | .[$f]'
}

serves() {
	[[ $(host_state "$1" role) == primary ]]
}

in_sync() {
	[[ $(host_state "$1" in_sync) == true ]]
}

arbiter_is() {
	[[ "$(host_state alpha arbiter) " == "$1 "* &&
		"$(host_state beta arbiter) " == "$1 "* ]]
}

# One primary, both in sync, of the same size and root.
level() {
	pair_states | jq -e '.hosts |
	    length == 2 and all(.reachable and .in_sync) and
	    ([.[] | select(.role == "primary")] | length) == 1 and
	    .[0].size == .[1].size and .[0].root == .[1].root'
}

# The same while people vote, when no two hosts have one size for long.
joined() {
	pair_states | jq -e '.hosts |
	    length == 2 and all(.reachable and .in_sync) and
	    ([.[] | select(.role == "primary")] | length) == 1'
}

# ---- inside ----------------------------------------------------------------------

# `status` says by its exit status whether anyone serves: not asked here.  It is
# asked again and again while tests wait: by the programs in PAIR_WATCH, if
# that is set, for they may be less dear to start.
pair_states() {
	PAIR_BIN=${PAIR_WATCH:-$PAIR_BIN} client --json status || true
}

server_pid() {
	cat "$PAIR_DIR/$1.pid" 2>/dev/null
}

# The number alone proves nothing: it may be another program's by now.
server_lives() {
	local pid
	pid=$(server_pid "$1") || return 1
	! process_gone "$pid" && tr '\0' ' ' <"/proc/$pid/cmdline" |
		grep -qF -- "--data $PAIR_DIR/$1 "
}

# No thread of it is left, not even one that waits for the disk.
server_let_go() {
	local threads
	threads=("/proc/$(server_pid "$1")/task"/*)
	((${#threads[@]} <= 1))
}

# It is the server by now, or was.
server_began() {
	server_lives "$1" || process_gone "$(server_pid "$1")"
}

# It listens, or is dead again already.
witness_began() {
	local at=${WITNESS#*=}
	host_run "$1" bash -c "true </dev/tcp/${at%:*}/${at#*:}" 2>/dev/null ||
		process_gone "$(server_pid witness)"
}

server_signal() {
	local pid
	server_lives "$1" || return 0
	pid=$(server_pid "$1")
	kill "-$2" "$pid"
	wait_until 10 process_gone "$pid"
}
