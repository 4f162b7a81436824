#!/usr/bin/env bats
#
# That the benchmarks work; not how fast anything is.  Other systems take part
# where they are installed.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export B=build
	steps=$BATS_TEST_TMPDIR/steps
}

long() {
	"$@" 2>"$steps" || { cat "$steps"; return 1; }
}

# said STEP: where it was, for whom it takes long.
said() {
	grep -F "] $1" "$steps"
}

@test "bench: every system answers, and nothing fails" {
	SECONDS_EACH=0.3 COUNT_SECONDS=0.3 RUNS=1 CONNECTIONS="1 16" \
	    long tests/bench/run
	said "bench: run 1 of 1, 16 clients"
	jq -e '(map(.system) | unique) - ["postgres-sync", "redis-wait",
	    "etcd"] == ["evote-login", "evote-preauth", "evote-signed",
		"evote-token", "floor", "null"] and
	    all(.rate > 0 and .p50_us > 0 and .p99_us >= .p50_us and
		.cpu_us > 0 and .failed == 0 and .runs == 1)' build/bench.json
	jq -e 'length == 12 and all(.met == null or .value > 0) and
	    (.[] | select(.goal | test("floor")) | select(.clients == 16) |
		.met != null)' build/bench-goals.json
}

@test "bench: other systems that are not there are left out, and said" {
	local dir=$BATS_TEST_TMPDIR/bin name
	mkdir "$dir"
	for name in $(compgen -c | grep -vE '^(etcd|h2load|redis-|perf$)'); do
		ln -s "$(type -P "$name")" "$dir/$name" 2>/dev/null || true
	done
	run env PATH="$dir" SECONDS_EACH=0.3 RUNS=1 CONNECTIONS=1 \
	    SYSTEMS="floor redis-wait etcd" tests/bench/run
	echo "$output"
	((status == 0))
	[[ $output == *"redis-wait: not installed"* ]]
	[[ $output == *"etcd: not installed"* ]]
	[[ $output == *"batch sizes: no perf"* ]]
	jq -e 'map(.system) == ["floor"] and .[0].per_sync == null' \
	    build/bench.json
}

@test "bench-failover: every case ends, and no call fails" {
	. scripts/lib/netns.bash
	net_possible || skip "$(net_lacks)"
	RUNS=1 PEER_RUNS=1 MISSING=1000 long tests/bench/failover
	said "failover: silent, 1 of 1"
	jq -e '(map(select(.system == "evote")) | map(.case) ==
	    ["fail-back", "hand-over", "killed", "returned", "silent"] and
		all(.failed_calls == 0)) and
	    all(.n == 1 and .max_ms > 0)' build/failover.json
	jq -e 'length == 6 and all(.met != null)' build/failover-goals.json
}

@test "bench-scale: starts, a join, votes and connections, three series" {
	RECORDS=20000 VOTERS=10000 ELECTIONS=1000 OPEN=200 RUNS=1 \
	    JOIN_SECONDS=5 long tests/bench/scale
	said "scale: an empty host joins"
	jq -e 'all(.value > 0 and .unit != "") and
	    (map(select(.n == null)) | length == 14) and
	    (map(select(.n != null)) | length == 48)' build/scale.json
	jq -e 'length == 4 and all(.value > 0)' build/scale-goals.json
}

@test "bench-tls: votes, handshakes, idle connections, and a crowd that comes back" {
	SECONDS_EACH=0.3 RUNS=1 CONNECTIONS="1 8" IDLE=100 CROWD=100 \
	    long tests/bench/tls
	said "tls: 8 clients, tls, 1 of 1"
	jq -e 'length == 7 and all(.value > 0)' build/tls.json
}

@test "bench-receipts: votes with and without what receipts need" {
	SECONDS_EACH=0.3 RUNS=1 CONNECTIONS=8 ASKERS="8 16" \
	    long tests/bench/receipts
	said "receipts: 1 of 1"
	jq -e 'length == 10 and all(.value > 0) and .[0].met != null' \
	    build/receipts.json
}

@test "bench-audit: votes once, often, and signed, beside openssl" {
	RECORDS=5000 SIGNED=1500 RUNS=1 long tests/bench/audit
	said "audit: 1 of 1"
	jq -e 'length == 8 and all(.value > 0) and
	    (map(select(.met != null)) | length == 4)' build/audit.json
}
