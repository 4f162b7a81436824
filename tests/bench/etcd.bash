# shellcheck shell=bash
# shellcheck disable=SC2154 # who sources this sets work and ETCD_PORT
#
# etcd: three members on loopback, two of which have synced a put before it is
# answered.  To be sourced after outside.bash.
#
#	etcd_there		whether it and h2load are installed
#	etcd_up			clients at $ETCD_PORT and the two after it,
#				peers at the next three
#	etcd_down
#	etcd_pids
#	etcd_drive CLIENTS SECONDS
#
# h2load speaks gRPC well enough: a put is one POST of a body that is always
# the same.  It goes to the leader, without the gateway from JSON, which costs
# more than the put; so all puts are to one key.  Whether they were done is not
# in an HTTP status but in the revision, which each put raises by one.

etcd_there() {
	command -v etcd >/dev/null && command -v etcdctl >/dev/null &&
		command -v h2load >/dev/null
}

etcd_up() {
	local n all='' base=http://127.0.0.1

	for n in 0 1 2; do
		all+=,e$n=$base:$((ETCD_PORT + 3 + n))
	done
	for n in 0 1 2; do
		etcd --name "e$n" --data-dir "$work/etcd$n" --logger zap \
		    --listen-client-urls "$base:$((ETCD_PORT + n))" \
		    --advertise-client-urls "$base:$((ETCD_PORT + n))" \
		    --listen-peer-urls "$base:$((ETCD_PORT + 3 + n))" \
		    --initial-advertise-peer-urls \
		    "$base:$((ETCD_PORT + 3 + n))" \
		    --initial-cluster "${all#,}" >"$work/etcd$n.log" 2>&1 &
		disown
		etcd_members+=($!)
	done
	wait_until 20 etcd_leader
	etcd_body >"$work/put"
}

etcd_members=()

etcd_pids() {
	printf '%s\n' "${etcd_members[@]}"
}

etcd_down() {
	local pid
	for pid in "${etcd_members[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
}

etcd_status() {
	ETCDCTL_API=3 etcdctl -w json endpoint status --endpoints \
	    "127.0.0.1:$ETCD_PORT,127.0.0.1:$((ETCD_PORT + 1)),127.0.0.1:$((
		ETCD_PORT + 2))"
}

# The leader's address.
etcd_leader() {
	etcd_status 2>/dev/null | jq -er 'first(.[] |
	    select(.Status.leader == .Status.header.member_id) | .Endpoint)'
}

etcd_revision() {
	etcd_status | jq 'map(.Status.header.revision) | max'
}

# A PutRequest of 24 bytes of key (field 1) and 160 of value (field 2), with
# gRPC's five bytes before it: not compressed, and its length, 189.
etcd_body() {
	printf '\0\0\0\0\275\012\030%-24s\022\240\001%160s' vote v |
		tr ' ' v
}

etcd_drive() {
	local before answered puts seconds log=$work/h2load.log

	seconds=$(($(outside_seconds "$2") + 1))
	rm -f "$log"
	before=$(etcd_revision)
	h2load -c "$1" -m 1 -t 1 -D "$seconds" -d "$work/put" --log-file="$log" \
	    -H 'content-type: application/grpc' -H 'te: trailers' \
	    "http://$(etcd_leader)/etcdserverpb.KV/Put" \
	    >"$work/h2load.out" 2>&1 &
	sleep 0.3
	outside_watch "$2" etcd_pids
	wait "$!" || { cat "$work/h2load.out" >&2; return 1; }
	puts=$(($(etcd_revision) - before))
	answered=$(awk '$2 == 200' "$log" | wc -l)
	# Those under way at the end may be done without being answered.
	awk '{ printf "%.0f %d\n", $1 + $3, $3 }' "$log" |
		outside_result etcd "$1" \
		    $((answered > puts ? answered - puts : 0))
}
