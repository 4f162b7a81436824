#!/usr/bin/env bats
#
# That the benchmarks work; not how fast anything is.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	((EUID == 0)) || skip "needs root"
	export B=build
}

@test "bench: every system of ours answers, and nothing fails" {
	SECONDS_EACH=0.3 RUNS=1 CONNECTIONS="1 16" SYSTEMS="evote-token \
	    evote-signed evote-login evote-preauth null floor" tests/bench/run
	jq -e 'length == 12 and all(.rate > 0 and .p50_us > 0 and
	    .p99_us >= .p50_us and .failed == 0 and .runs == 1)' build/bench.json
}

@test "bench-failover: every case ends, and no call fails" {
	RUNS=1 MISSING=1000 tests/bench/failover
	jq -e 'map(.case) == ["fail-back", "hand-over", "killed", "silent"] and
	    all(.n == 1 and .max_ms > 0 and .failed_calls == 0)' \
	    build/failover.json
}

@test "bench-scale: a start, a join, votes and connections" {
	RECORDS=20000 OPEN=200 tests/bench/scale
	jq -e 'length == 13 and all(.value > 0 and .unit != "")' \
	    build/scale.json
}
