# shellcheck shell=bash
# shellcheck disable=SC2154 # who sources this sets work and REDIS_PORT
#
# Redis: a primary and a replica, both with appendfsync always.  A client asks
# with WAIT that the replica have synced too.  To be sourced.
#
#	redis_there		whether it is installed
#	redis_up		primary at $REDIS_PORT, replica at the next port
#	redis_start N [PORT]	number 0 or 1, as a replica of the one at PORT
#	redis_down
#	redis_pid N

redis_there() {
	command -v redis-server >/dev/null && command -v redis-cli >/dev/null
}

redis_up() {
	redis_start 0
	redis_start 1 "$REDIS_PORT"
	wait_until 15 redis_level "$REDIS_PORT"
}

redis_start() {
	local dir=$work/redis$1
	local -a of=()

	[[ -z ${2-} ]] || of=(--replicaof "127.0.0.1 $2")
	mkdir -p "$dir"
	redis-server --port $((REDIS_PORT + $1)) --bind 127.0.0.1 \
	    --dir "$dir" --save '' --appendonly yes --appendfsync always \
	    --daemonize no "${of[@]}" >>"$dir.log" 2>&1 &
	disown
	echo $! >"$dir.pid"
}

redis_level() {
	redis-cli -p "$1" info replication | grep -q 'state=online'
}

redis_pid() {
	cat "$work/redis$1.pid"
}

redis_down() {
	local file
	for file in "$work"/redis*.pid; do
		[[ ! -e $file ]] || kill "$(<"$file")" 2>/dev/null || true
	done
}
